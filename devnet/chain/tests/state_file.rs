//! A chain in a file is the chain that it was, wherever its process was killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::PathBuf;

use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, Bytes, U256, address, bytes};
use fomo_chain::{Chain, Config, KEPT_STATES, StateError, StateFile};
use proptest::prelude::*;
use tempfile::TempDir;

const STRANGER: Address = address!("00000000000000000000000000000000005742a6");
const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
/// Adds one to slot 0, emits an event with it, and destroys itself if it is sent anything: with a storage of its own for
/// as long as it lasts.
const COUNTER: Bytes = bytes!("346015575f5460010180 5f55 5f52 600760205f a1 00 5b33ff");

fn chain() -> Chain {
    Chain::new(Config { genesis_time: Some(1_700_000_000), accounts: 1, ..Config::default() })
}

struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("chain")
    }

    fn open(&self) -> Chain {
        StateFile::open(self.path()).unwrap().1.unwrap()
    }
}

fn request(to: Address, value: u64) -> TransactionRequest {
    TransactionRequest::default().with_to(to).with_value(U256::from(value)).with_gas_limit(100_000)
}

/// Sends from the first account, whose nonce need not be the next.
fn send(chain: &mut Chain, request: TransactionRequest) {
    let from = chain.accounts()[0];
    chain.submit_request(request.with_from(from)).unwrap();
}

fn assert_same(left: &Chain, right: &Chain) {
    assert_eq!(left.head(), right.head());
    for number in 0..=left.head() {
        let (one, other) = (left.block(number).unwrap(), right.block(number).unwrap());
        assert_eq!((one.hash, &one.header, one.l1_number), (other.hash, &other.header, other.l1_number));
        assert_eq!(one.transactions.len(), other.transactions.len());
        for (one, other) in one.transactions.iter().zip(&other.transactions) {
            assert_eq!(one.transaction, other.transaction);
            assert_eq!(one.execution, other.execution);
            let rest = |mined: &fomo_chain::Mined| (mined.cumulative_gas, mined.first_log, mined.gas_price);
            assert_eq!(rest(one), rest(other));
            assert!(right.receipt(*one.transaction.tx_hash()).is_some());
        }
        assert_eq!(right.block_number_by_hash(one.hash), Some(number));
    }
    assert_eq!(left.pending(), right.pending());
    assert_eq!((left.base_fee(), left.auto_mine()), (right.base_fee(), right.auto_mine()));
    assert!(left.timestamp().abs_diff(right.timestamp()) <= 5);
    assert_same_state(left, right, left.head());
}

fn assert_same_state(left: &Chain, right: &Chain, block: u64) {
    let (one, other) = (left.state(block).unwrap(), right.state(block).unwrap());
    assert_eq!(one.addresses().count(), other.addresses().count());
    for address in one.addresses() {
        assert_eq!(one.account(address), other.account(address), "{address} at {block}");
        assert_eq!(one.code(address), other.code(address));
    }
}

/// A chain with something of everything.
fn eventful(chain: &mut Chain) {
    chain.set_code(CONTRACT, COUNTER);
    send(chain, request(STRANGER, 5));
    send(chain, request(CONTRACT, 0));
    send(chain, request(CONTRACT, 0));
    chain.impersonate(CONTRACT);
    chain.submit_request(request(STRANGER, 0).with_from(CONTRACT).with_gas_price(100_000_000)).unwrap_err();
    chain.set_balance(CONTRACT, U256::from(10).pow(U256::from(18)));
    chain.submit_request(request(STRANGER, 1).with_from(CONTRACT)).unwrap();
    // Reverts, then halts.
    send(chain, TransactionRequest::default().with_deploy_code(bytes!("60016000fd")).with_gas_limit(100_000));
    send(chain, TransactionRequest::default().with_deploy_code(bytes!("fe")).with_gas_limit(100_000));
    chain.set_base_fee(7);
    chain.increase_time(1_000);
    chain.mine(2, Some(60));
    // Waits behind a gap.
    let nonce = chain.pending_nonce(chain.accounts()[0]) + 1;
    send(chain, request(STRANGER, 1).with_nonce(nonce));
}

#[test]
fn it_is_the_chain_that_it_was() {
    let home = Home::new();
    let mut chain = chain();
    let (mut file, there) = StateFile::open(home.path()).unwrap();
    assert!(there.is_none());
    file.save(&mut chain).unwrap();
    eventful(&mut chain);
    file.save(&mut chain).unwrap();
    drop(file);
    let (mut file, again) = StateFile::open(home.path()).unwrap();
    let mut again = again.unwrap();
    assert_same(&chain, &again);
    for block in 0..=chain.head() {
        assert_same_state(&chain, &again, block);
    }
    // It goes on, in the same file.
    for chain in [&mut chain, &mut again] {
        chain.set_next_timestamp(1_700_100_000).unwrap();
        send(chain, request(CONTRACT, 1));
    }
    assert_eq!(again.pending().len(), 0, "the gap is filled");
    file.save(&mut again).unwrap();
    drop(file);
    assert_eq!(chain.block(chain.head()).unwrap().hash, again.block(again.head()).unwrap().hash);
    assert_same(&again, &home.open());
}

#[test]
fn states_of_the_last_blocks_are_callable_and_older_ones_say_that_they_are_not() {
    let home = Home::new();
    let mut chain = chain();
    let mut file = StateFile::open(home.path()).unwrap().0;
    chain.set_code(CONTRACT, COUNTER);
    for _ in 0..200 {
        send(&mut chain, request(CONTRACT, 0));
        file.save(&mut chain).unwrap();
    }
    drop(file);
    let again = home.open();
    for block in 201 - KEPT_STATES..=200 {
        assert_eq!(again.state(block).unwrap().storage(CONTRACT, U256::ZERO), U256::from(block));
    }
    let error = again.state(200 - KEPT_STATES).unwrap_err();
    assert_eq!(error.to_string(), "the state of block 72 is no longer kept, only that of the last 128 blocks");
    let first = again.block(1).unwrap();
    assert_eq!(U256::from_be_slice(&first.transactions[0].execution.logs[0].data.data), U256::ONE);
}

#[test]
fn a_kill_in_the_middle_of_a_write_loses_only_what_nobody_was_told() {
    let home = Home::new();
    let mut chain = chain();
    let mut file = StateFile::open(home.path()).unwrap().0;
    eventful(&mut chain);
    file.save(&mut chain).unwrap();
    let (before, told) = (fs::read(home.path()).unwrap(), chain.clone());
    chain.set_balance(STRANGER, U256::from(1_000));
    send(&mut chain, request(CONTRACT, 0));
    file.save(&mut chain).unwrap();
    drop(file);
    let after = fs::read(home.path()).unwrap();
    assert!(after.starts_with(&before), "what is there is only appended to");
    for length in (before.len()..after.len()).step_by(3) {
        fs::write(home.path(), &after[..length]).unwrap();
        let again = home.open();
        assert!(again.head() >= told.head());
        if again.head() == told.head() && again.state(again.head()).unwrap().balance(STRANGER) != U256::from(1_000) {
            assert_same(&told, &again);
        }
        let kept = fs::metadata(home.path()).unwrap().len();
        assert!(kept <= length as u64 && kept >= before.len() as u64, "it is cut after the last whole frame");
    }
}

#[test]
fn a_file_that_is_damaged_taken_or_something_else_is_refused_and_left_alone() {
    let home = Home::new();
    let mut chain = chain();
    let mut file = StateFile::open(home.path()).unwrap().0;
    eventful(&mut chain);
    file.save(&mut chain).unwrap();
    assert!(matches!(StateFile::open(home.path()), Err(StateError::InUse)));
    drop(file);
    let whole = fs::read(home.path()).unwrap();
    for at in [0, 5, 20, 30, 200, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(home.path(), &damaged).unwrap();
        match StateFile::open(home.path()) {
            Err(StateError::NotAState | StateError::Damaged(_)) => {
                assert_eq!(fs::read(home.path()).unwrap(), damaged, "byte {at}");
            }
            other => panic!("byte {at}: {other:?}"),
        }
    }
    fs::write(home.path(), "{\"accounts\":{}}").unwrap();
    assert!(matches!(StateFile::open(home.path()), Err(StateError::NotAState)));
    assert!(matches!(chain.load(b"{}"), Err(StateError::NotAState)));
    // An empty file is a chain that has yet to begin.
    fs::write(home.path(), "").unwrap();
    assert!(StateFile::open(home.path()).unwrap().1.is_none());
}

#[test]
fn a_dump_is_a_chain_and_a_file() {
    let (mut chain, mut other) = (chain(), Chain::new(Config { chain_id: 7, ..Config::default() }));
    eventful(&mut chain);
    other.load(&chain.dump()).unwrap();
    assert_same(&chain, &other);
    assert_eq!(other.config().chain_id, chain.config().chain_id);
    assert!(other.state(0).is_err(), "of the states it has only the head's");
    let home = Home::new();
    fs::write(home.path(), chain.dump()).unwrap();
    assert_same(&chain, &home.open());
    assert!(other.load(&chain.dump()[..chain.dump().len() - 1]).is_err());
    assert_same(&chain, &other);
}

#[derive(Debug, Clone)]
enum Step {
    Transfer(u64),
    Count,
    Destroy,
    Deploy,
    Store(u64, u64),
    Balance(u64),
    Mine(u64),
    AutoMine(bool),
    Snapshot,
    Revert(u64),
    Reset,
    Reload,
    Save,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..3_u64).prop_map(Step::Transfer),
        4 => Just(Step::Count),
        1 => Just(Step::Destroy),
        2 => Just(Step::Deploy),
        2 => (0..3_u64, 0..2_u64).prop_map(|(slot, value)| Step::Store(slot, value)),
        1 => (0..3_u64).prop_map(Step::Balance),
        2 => (1..140_u64).prop_map(Step::Mine),
        1 => any::<bool>().prop_map(Step::AutoMine),
        3 => Just(Step::Snapshot),
        3 => (0..6_u64).prop_map(Step::Revert),
        1 => Just(Step::Reset),
        1 => Just(Step::Reload),
        4 => Just(Step::Save),
        2 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was done, in whatever order it was saved: opened again, it is the same.
    #[test]
    fn any_history_is_kept(steps in steps()) {
        let home = Home::new();
        let mut chain = chain();
        let mut file = StateFile::open(home.path()).unwrap().0;
        for step in steps {
            match step {
                Step::Transfer(value) => send(&mut chain, request(STRANGER, value)),
                Step::Count => send(&mut chain, request(CONTRACT, 0)),
                Step::Destroy => send(&mut chain, request(CONTRACT, 1)),
                Step::Deploy => chain.set_code(CONTRACT, COUNTER),
                Step::Store(slot, value) => chain.set_storage(CONTRACT, U256::from(slot), U256::from(value)),
                Step::Balance(wei) => chain.set_balance(STRANGER, U256::from(wei)),
                Step::Mine(blocks) => chain.mine(blocks, None),
                Step::AutoMine(on) => chain.set_auto_mine(on),
                Step::Snapshot => { chain.snapshot(); }
                Step::Revert(id) => { chain.revert_to(id); }
                Step::Reset => chain.reset(),
                Step::Reload => { let dump = chain.dump(); chain.load(&dump).unwrap(); }
                Step::Save => file.save(&mut chain).unwrap(),
                Step::Reopen => {
                    file.save(&mut chain).unwrap();
                    drop(file);
                    let opened = StateFile::open(home.path()).unwrap();
                    assert_same(&chain, opened.1.as_ref().unwrap());
                    (file, chain) = (opened.0, opened.1.unwrap());
                }
            }
        }
        file.save(&mut chain).unwrap();
        drop(file);
        let again = home.open();
        assert_same(&chain, &again);
        for block in 0..=chain.head() {
            if again.state(block).is_ok() {
                assert_same_state(&chain, &again, block);
            }
        }
    }
}
