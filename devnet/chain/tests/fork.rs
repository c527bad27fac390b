//! A forked chain is the chain that it was forked from, going on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256, address, bytes, keccak256};
use fomo_chain::{
    Chain, ChainError, Config, ForkPoint, Source, SourceAccount, SourceProgram, StateError, StateFile, Unread,
};
use proptest::prelude::*;

const STRANGER: Address = address!("00000000000000000000000000000000005742a6");
const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
const MAKER: Address = address!("00000000000000000000000000000000000c0de2");
/// Adds one to slot 0, emits an event with it, and destroys itself if it is sent anything.
const COUNTER: Bytes = bytes!("346015575f54600101805f555f52600760205fa1005b33ff");
/// Creates, always at the same address, what `CHILD` makes.
const MAKES: Bytes = bytes!("6009600d5f395f60095f5ff500 60015f5560015ff300");
/// Writes slot 0 and has one byte of code, a stop.
const CHILD: Bytes = bytes!("60015f5560015ff300");

/// A chain of this process as another one.
#[derive(Debug)]
struct Twin(Chain);

impl Source for Twin {
    fn account(&self, address: Address) -> Result<SourceAccount, Unread> {
        let state = self.0.head_state();
        let (nonce, balance, code) = (state.nonce(address), state.balance(address), state.code(address));
        Ok(SourceAccount { nonce, balance, code })
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Unread> {
        Ok(self.0.head_state().storage(address, slot))
    }

    fn program(&self, _: Address, _: B256) -> Result<SourceProgram, Unread> {
        Ok(SourceProgram::Inactive)
    }
}

fn config() -> Config {
    Config { genesis_time: Some(1_700_000_000), accounts: 1, ..Config::default() }
}

fn point(chain: &Chain) -> ForkPoint {
    let head = chain.block(chain.head()).unwrap();
    ForkPoint {
        upstream: "twin".into(),
        chain_id: chain.config().chain_id,
        header: head.header.clone(),
        hash: head.hash,
        l1_number: head.l1_number,
        arbos: Some(51),
    }
}

fn fork(chain: &Chain) -> Chain {
    Chain::forked(config(), point(chain), Arc::new(Twin(chain.clone())))
}

/// Sends from the only account, in the second of the head.
fn send(chain: &mut Chain, to: Address, value: u64) {
    let time = chain.block(chain.head()).unwrap().header.timestamp;
    chain.set_next_timestamp(time).unwrap();
    let request = TransactionRequest::default().with_to(to).with_value(U256::from(value)).with_gas_limit(200_000);
    chain.submit_request(request.with_from(chain.accounts()[0])).unwrap();
}

fn child() -> Address {
    MAKER.create2(B256::ZERO, keccak256(&CHILD))
}

#[derive(Debug, Clone)]
enum Step {
    Send(Address, u64),
    Code(Address, bool),
    Store(u64, u64),
    Balance(Address, u64),
    Mine,
    Snapshot,
    Revert(u64),
    Reload,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let account = || prop_oneof![Just(STRANGER), Just(CONTRACT), Just(MAKER), Just(child())];
    prop_oneof![
        8 => (account(), 0..2_u64).prop_map(|(to, value)| Step::Send(to, value)),
        3 => (account(), any::<bool>()).prop_map(|(account, some)| Step::Code(account, some)),
        3 => (0..3_u64, 0..2_u64).prop_map(|(slot, value)| Step::Store(slot, value)),
        3 => (account(), 0..3_u64).prop_map(|(account, wei)| Step::Balance(account, wei)),
        1 => Just(Step::Mine),
        2 => Just(Step::Snapshot),
        2 => (0..4_u64).prop_map(Step::Revert),
        1 => Just(Step::Reload),
        2 => Just(Step::Reopen),
    ]
}

fn code(account: Address, some: bool) -> Bytes {
    match account {
        _ if !some => Bytes::new(),
        MAKER => MAKES,
        _ => COUNTER,
    }
}

fn apply(chain: &mut Chain, step: &Step) {
    match *step {
        Step::Send(to, value) => send(chain, to, value),
        Step::Code(account, some) => chain.set_code(account, code(account, some)),
        Step::Store(slot, value) => chain.set_storage(CONTRACT, U256::from(slot), U256::from(value)),
        Step::Balance(account, wei) => chain.set_balance(account, U256::from(wei)),
        Step::Mine => {
            let time = chain.block(chain.head()).unwrap().header.timestamp;
            chain.set_next_timestamp(time).unwrap();
            chain.mine(1, None);
        }
        Step::Snapshot => {
            chain.snapshot();
        }
        Step::Revert(id) => {
            chain.revert_to(id);
        }
        // Snapshots are of one process, and a dump has none.
        Step::Reload | Step::Reopen => {
            let dump = chain.dump();
            chain.load(&dump).unwrap();
        }
    }
}

fn assert_same(fork: &Chain, chain: &Chain) {
    assert_eq!(fork.head(), chain.head());
    assert_eq!(fork.block(fork.head()).unwrap().hash, chain.block(chain.head()).unwrap().hash);
    let (one, other) = (fork.head_state(), chain.head_state());
    for account in [STRANGER, CONTRACT, MAKER, child(), fork.accounts()[0]] {
        assert_eq!(one.balance(account), other.balance(account), "balance of {account}");
        assert_eq!(one.nonce(account), other.nonce(account), "nonce of {account}");
        assert_eq!(one.code(account), other.code(account), "code of {account}");
        for slot in (0..3).map(U256::from) {
            assert_eq!(one.storage(account, slot), other.storage(account, slot), "{account} slot {slot}");
        }
    }
}

#[test]
fn the_maker_makes_a_child() {
    let mut chain = Chain::new(config());
    chain.set_code(MAKER, MAKES);
    send(&mut chain, MAKER, 0);
    assert_eq!(chain.head_state().code(child()), bytes!("00"));
    assert_eq!(chain.head_state().storage(child(), U256::ZERO), U256::ONE);
}

#[test]
fn only_what_it_was_forked_from_can_be_attached() {
    let mut origin = Chain::new(config());
    send(&mut origin, STRANGER, 1);
    let mut fork = fork(&origin);
    send(&mut fork, STRANGER, 1);
    let dump = fork.dump();
    let mut own = Chain::new(config());
    assert!(matches!(own.load(&dump), Err(StateError::OtherFork(..))));
    let mut later = origin.clone();
    send(&mut later, STRANGER, 1);
    let mut other = self::fork(&later);
    assert!(matches!(other.load(&dump), Err(StateError::OtherFork(..))));
    assert!(matches!(fork.load(&origin.dump()), Err(StateError::OtherFork(..))));
    assert!(matches!(fork.state(0), Err(ChainError::BeforeFork(0, 1))));
    assert!(matches!(fork.state(3), Err(ChainError::UnknownBlock(3, 2))));
    assert_eq!((fork.head(), fork.first()), (2, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever was done before and after, block for block and slot for slot.
    #[test]
    fn a_fork_goes_on_as_the_chain_would(
        before in prop::collection::vec(step(), 0..12),
        after in prop::collection::vec(step(), 1..24),
    ) {
        let mut chain = Chain::new(config());
        for account in [CONTRACT, MAKER] {
            chain.set_code(account, code(account, true));
        }
        before.iter().for_each(|step| apply(&mut chain, step));
        // Snapshots are of one chain, and the fork begins with all that its account can have.
        let dump = chain.dump();
        chain.load(&dump).unwrap();
        let origin = chain.clone();
        chain.set_balance(chain.accounts()[0], config().balance);
        let mut fork = fork(&origin);
        assert_same(&fork, &chain);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chain");
        let mut file = StateFile::open(&path).unwrap().0;
        file.save(&mut fork).unwrap();
        for step in &after {
            apply(&mut chain, step);
            if matches!(step, Step::Reopen) {
                file.save(&mut fork).unwrap();
                drop(file);
                let opened = StateFile::open(&path).unwrap();
                (file, fork) = (opened.0, opened.1.unwrap());
                fork.attach(point(&origin), Arc::new(Twin(origin.clone()))).unwrap();
            } else {
                apply(&mut fork, step);
                file.save(&mut fork).unwrap();
            }
            assert_same(&fork, &chain);
        }
    }
}
