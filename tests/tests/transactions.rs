//! Transactions from their signature to their receipt, and what a development chain does with blocks, time and state.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy::consensus::{
    SignableTransaction, Signed, Transaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy,
    Typed2718,
};
use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::eips::eip7702::Authorization;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use fomo_chain::{Chain, ChainError, Config, KEPT_STATES, Outcome};
use fomo_tests::{GAS, Harness, init_code};

const CHAIN_ID: u64 = 412_346;
const BASE_FEE: u128 = 100_000_000;
const TRANSFER: u64 = 21_000;

/// EVM code that writes the first word of its call data to slot 0.
const STORE: [u8; 5] = hex!("5f355f5500");
/// EVM code that returns the timestamp, the number and the price that it sees, its caller and its value.
const SEES: [u8; 23] = hex!("425f5243602052" "3a604052" "33606052" "34608052" "60a05ff3");

fn sign<T>(key: &PrivateKeySigner, tx: T) -> TxEnvelope
where
    T: SignableTransaction<Signature>,
    TxEnvelope: From<Signed<T>>,
{
    let signature = key.sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature).into()
}

/// A transfer of nothing, of type 2, that changes may be made to.
fn plain(nonce: u64, to: Address) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: TRANSFER,
        max_fee_per_gas: BASE_FEE,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(to),
        ..Default::default()
    }
}

fn key(chain: &Chain, index: usize) -> PrivateKeySigner {
    chain.development_keys()[index].clone()
}

fn refusal(chain: &mut Chain, tx: TxEnvelope) -> String {
    let head = chain.head();
    let refused = chain.submit(tx);
    assert_eq!(chain.head(), head, "no block for what is refused");
    assert!(chain.pending().is_empty(), "it does not wait either");
    match refused {
        Err(ChainError::InvalidTransaction(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn word(number: u64) -> Bytes {
    U256::from(number).to_be_bytes::<32>().into()
}

fn request(from: Address, to: Address, data: impl Into<Bytes>) -> TransactionRequest {
    TransactionRequest { from: Some(from), ..Default::default() }.to(to).input(data.into().into())
}

// ---- types and prices ----

#[test]
fn each_type_is_mined_at_the_base_fee_without_a_tip() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    let access_list = AccessList(vec![AccessListItem { address: store, storage_keys: vec![B256::ZERO] }]);
    let signer = key(&h.chain, 1);
    let delegator = key(&h.chain, 2);
    let authorization = Authorization { chain_id: U256::from(CHAIN_ID), address: store, nonce: 0 };
    let signature = delegator.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let authorization = authorization.into_signed(signature);
    let (to, value, gas_limit, price) = (TxKind::Call(store), U256::from(7), 200_000, 5 * BASE_FEE);
    let input = |number| word(number);
    let envelopes = [
        sign(
            &signer,
            TxLegacy { chain_id: Some(CHAIN_ID), nonce: 0, gas_price: price, gas_limit, to, value, input: input(1) },
        ),
        sign(
            &signer,
            TxEip2930 {
                chain_id: CHAIN_ID,
                nonce: 1,
                gas_price: price,
                gas_limit,
                to,
                value,
                access_list: access_list.clone(),
                input: input(2),
            },
        ),
        sign(
            &signer,
            TxEip1559 {
                chain_id: CHAIN_ID,
                nonce: 2,
                gas_limit,
                max_fee_per_gas: price,
                max_priority_fee_per_gas: price,
                to,
                value,
                access_list: AccessList::default(),
                input: input(3),
            },
        ),
        sign(
            &signer,
            TxEip7702 {
                chain_id: CHAIN_ID,
                nonce: 3,
                gas_limit,
                max_fee_per_gas: price,
                max_priority_fee_per_gas: 1,
                to: store,
                value,
                access_list: AccessList::default(),
                authorization_list: vec![authorization],
                input: input(4),
            },
        ),
    ];
    for (index, (envelope, ty)) in envelopes.into_iter().zip([0, 1, 2, 4]).enumerate() {
        let before = h.chain.head_state();
        let hash = h.chain.submit(envelope).unwrap();
        let mined = h.chain.receipt(hash).unwrap().clone();
        let after = h.chain.head_state();
        assert!(mined.execution.success(), "type {ty}: {:?}", mined.execution);
        assert_eq!(mined.transaction.ty(), ty);
        assert_eq!(mined.transaction.signer(), signer.address());
        assert_eq!(mined.gas_price, BASE_FEE);
        let paid = U256::from(mined.execution.gas_used) * U256::from(BASE_FEE) + value;
        assert_eq!(before.balance(signer.address()) - after.balance(signer.address()), paid, "type {ty}");
        assert_eq!(after.balance(store) - before.balance(store), value);
        assert_eq!(after.storage(store, U256::ZERO), U256::from(index + 1));
        assert_eq!(after.nonce(signer.address()), index as u64 + 1);
    }
    let delegation = [&hex!("ef0100")[..], store.as_slice()].concat();
    assert_eq!(h.chain.head_state().code(delegator.address()), Bytes::from(delegation));
}

#[test]
fn the_price_that_a_contract_sees_is_the_base_fee() {
    let mut h = Harness::default();
    let sees = h.deploy_code(&SEES);
    let signer = key(&h.chain, 0);
    let nonce = h.chain.pending_nonce(signer.address());
    let tx = TxEip1559 {
        gas_limit: 100_000,
        max_fee_per_gas: 9 * BASE_FEE,
        max_priority_fee_per_gas: 8 * BASE_FEE,
        ..plain(nonce, sees)
    };
    let hash = h.chain.submit(sign(&signer, tx)).unwrap();
    let output = &h.chain.receipt(hash).unwrap().execution.output;
    assert_eq!(U256::from_be_slice(&output[64..96]), U256::from(BASE_FEE));
}

#[test]
fn transactions_with_blobs_are_refused() {
    let mut h = Harness::default();
    let (signer, to) = (key(&h.chain, 0), h.sender());
    let tx = TxEip4844 {
        chain_id: CHAIN_ID,
        gas_limit: TRANSFER,
        max_fee_per_gas: BASE_FEE,
        to,
        blob_versioned_hashes: vec![B256::with_last_byte(1)],
        max_fee_per_blob_gas: 1,
        ..Default::default()
    };
    assert!(refusal(&mut h.chain, sign(&signer, tx)).contains("type 3"));
    let request = TransactionRequest {
        blob_versioned_hashes: Some(vec![B256::with_last_byte(1)]),
        max_fee_per_blob_gas: Some(1),
        gas: Some(TRANSFER),
        ..request(to, to, [])
    };
    h.chain.set_auto_mine(false);
    assert!(matches!(h.chain.submit_request(request), Err(ChainError::InvalidTransaction(_))));
    assert!(h.chain.pending().is_empty());
}

#[test]
fn what_can_never_be_included_is_refused_with_the_words_of_geth() {
    for auto_mine in [true, false] {
        let mut h = Harness::new(Config { auto_mine, ..Config::default() });
        let (signer, to) = (key(&h.chain, 0), Address::repeat_byte(9));
        h.chain.set_nonce(signer.address(), 5);
        let rich = h.chain.head_state().balance(signer.address());
        let good = plain(5, to);
        let table = [
            (TxEip1559 { chain_id: 1, ..good.clone() }, "invalid chain id for signer: have 1 want 412346"),
            (TxEip1559 { nonce: 4, ..good.clone() }, "nonce too low: next nonce 5, tx nonce 4"),
            (TxEip1559 { gas_limit: 20_999, ..good.clone() }, "intrinsic gas too low: have 20999, want 21000"),
            (TxEip1559 { gas_limit: 32_000_001, ..good.clone() }, "exceeds block gas limit"),
            (TxEip1559 { max_fee_per_gas: BASE_FEE - 1, ..good.clone() }, "max fee per gas less than block base fee"),
            (
                TxEip1559 { max_priority_fee_per_gas: BASE_FEE + 1, ..good.clone() },
                "max priority fee per gas higher than max fee per gas",
            ),
            (TxEip1559 { value: rich, ..good.clone() }, "insufficient funds for gas * price + value"),
            // The cap has to be covered, not only what will be paid.
            (TxEip1559 { max_fee_per_gas: u128::MAX, ..good.clone() }, "insufficient funds for gas * price + value"),
            (
                TxEip1559 { to: TxKind::Create, gas_limit: 10_000_000, input: vec![0; 49_153].into(), ..good.clone() },
                "initcode",
            ),
        ];
        for (tx, why) in table {
            let said = refusal(&mut h.chain, sign(&signer, tx));
            assert!(said.to_lowercase().contains(why), "auto mine {auto_mine}: said {said:?}, not {why:?}");
        }
        let good = sign(&signer, good);
        h.chain.submit(good.clone()).unwrap();
        match h.chain.submit(good) {
            Err(ChainError::InvalidTransaction(why)) => {
                assert!(why.contains("already known") || why.contains("nonce too low"), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_nonce_too_high_waits_until_the_gap_closes() {
    let mut h = Harness::default();
    let (signer, to) = (key(&h.chain, 0), Address::repeat_byte(9));
    let later: Vec<B256> = [3, 1, 2]
        .map(|nonce| h.chain.submit(sign(&signer, TxEip1559 { value: U256::from(1), ..plain(nonce, to) })).unwrap())
        .to_vec();
    assert_eq!((h.chain.head(), h.chain.pending().len()), (0, 3));
    assert!(later.iter().all(|hash| h.chain.receipt(*hash).is_none() && h.chain.pending_transaction(*hash).is_some()));
    assert_eq!(h.chain.pending_nonce(signer.address()), 0, "the gap is what comes next");
    h.chain.submit(sign(&signer, plain(0, to))).unwrap();
    assert!(h.chain.pending().is_empty());
    assert!(later.iter().all(|hash| h.chain.receipt(*hash).is_some()));
    assert_eq!(h.chain.head_state().balance(to), U256::from(3));
    assert_eq!(h.chain.pending_nonce(signer.address()), 4);
}

#[test]
fn the_last_nonce_there_is_breaks_nothing() {
    let mut h = Harness::default();
    let signer = key(&h.chain, 0);
    h.chain.set_auto_mine(false);
    for nonce in [u64::MAX - 1, u64::MAX] {
        h.chain.set_nonce(signer.address(), nonce);
        let _ = h.chain.submit(sign(&signer, plain(nonce, h.sender())));
        assert_eq!(h.chain.pending_nonce(signer.address()), u64::MAX);
        h.chain.mine(1, None);
        assert_eq!(h.chain.head_state().nonce(signer.address()), u64::MAX);
    }
}

#[test]
fn settings_at_their_limits_break_nothing() {
    let limits = Config {
        chain_id: u64::MAX,
        base_fee: u64::MAX,
        block_gas_limit: u64::MAX,
        balance: U256::MAX,
        genesis_time: Some(u64::MAX),
        ..Config::default()
    };
    for config in [
        Config { genesis_time: Some(1 << 63), ..limits.clone() },
        Config { genesis_time: Some(0), base_fee: 0, ..limits.clone() },
        Config { accounts: 0, block_gas_limit: 0, balance: U256::ZERO, ..Config::default() },
        limits,
    ] {
        let mut chain = Chain::new(config);
        let from = chain.owner();
        // Wants most of its gas for a call that needs little of it.
        chain.set_code(Address::repeat_byte(8), hex!("62030d405a11600c575f5ffd5b00").into());
        let request = request(from, Address::repeat_byte(8), []);
        let _ = chain.estimate_gas(&request, 0, &Default::default());
        let _ = chain.submit_request(request);
        chain.mine(2, Some(u64::MAX));
        assert!(chain.head() >= 2);
    }
}

#[test]
fn a_waiting_transaction_is_replaced_only_by_one_that_pays_more() {
    let mut h = Harness::default();
    h.chain.set_auto_mine(false);
    let (signer, to) = (key(&h.chain, 0), Address::repeat_byte(9));
    let at = |price: u128, value: u64| {
        sign(&signer, TxEip1559 { max_fee_per_gas: price, value: U256::from(value), ..plain(0, to) })
    };
    let first = h.chain.submit(at(2 * BASE_FEE, 1)).unwrap();
    for price in [BASE_FEE, 2 * BASE_FEE] {
        let refused = h.chain.submit(at(price, 2)).unwrap_err();
        assert!(refused.to_string().contains("replacement transaction underpriced"), "{refused}");
    }
    let second = h.chain.submit(at(3 * BASE_FEE, 3)).unwrap();
    assert_eq!(h.chain.pending().len(), 1);
    h.chain.mine(1, None);
    assert!(h.chain.receipt(first).is_none() && h.chain.receipt(second).is_some());
    assert_eq!(h.chain.head_state().balance(to), U256::from(3));
}

#[test]
fn a_waiting_transaction_goes_when_another_takes_its_nonce() {
    let mut h = Harness::default();
    let (signer, to) = (key(&h.chain, 0), Address::repeat_byte(9));
    h.chain.set_auto_mine(false);
    let waits = h.chain.submit(sign(&signer, TxEip1559 { value: U256::from(1), ..plain(0, to) })).unwrap();
    h.chain.set_auto_mine(true);
    let tx = TxEip1559 { value: U256::from(2), max_fee_per_gas: 2 * BASE_FEE, ..plain(0, to) };
    h.chain.submit(sign(&signer, tx)).unwrap();
    assert_eq!(h.chain.head_state().balance(to), U256::from(2));
    assert!(h.chain.pending_transaction(waits).is_none(), "it can never be mined");
}

#[test]
fn a_waiting_transaction_can_be_dropped() {
    let mut h = Harness::default();
    h.chain.set_auto_mine(false);
    let hash = h.chain.submit(sign(&key(&h.chain, 0), plain(0, h.sender()))).unwrap();
    assert!(h.chain.drop_transaction(hash));
    assert!(!h.chain.drop_transaction(hash));
    h.chain.mine(1, None);
    assert!(h.chain.receipt(hash).is_none());
}

// ---- blocks ----

#[test]
fn without_auto_mine_a_block_takes_what_waits_in_the_order_of_nonces() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    let (one, two) = (key(&h.chain, 1), key(&h.chain, 2));
    h.chain.set_auto_mine(false);
    let head = h.chain.head();
    let tx = |nonce, number| TxEip1559 { gas_limit: 100_000, input: word(number), ..plain(nonce, store) };
    let hashes = [
        h.chain.submit(sign(&one, tx(1, 11))).unwrap(),
        h.chain.submit(sign(&two, tx(0, 20))).unwrap(),
        h.chain.submit(sign(&one, tx(0, 10))).unwrap(),
        h.chain.submit(sign(&one, tx(3, 13))).unwrap(),
    ];
    assert_eq!(h.chain.head(), head);
    h.chain.mine(1, None);
    let block = h.chain.block(head + 1).unwrap().clone();
    assert_eq!(block.transactions.len(), 3);
    let mut gas = 0;
    for (index, mined) in block.transactions.iter().enumerate() {
        gas += mined.execution.gas_used;
        assert_eq!(mined.cumulative_gas, gas);
        let (found, at) = h.chain.transaction(*mined.transaction.tx_hash()).unwrap();
        assert_eq!((found.hash, at), (block.hash, index));
    }
    assert_eq!(block.header.gas_used, gas);
    let of_one = block.transactions.iter().filter(|mined| mined.transaction.signer() == one.address());
    assert_eq!(of_one.map(|mined| mined.transaction.nonce()).collect::<Vec<_>>(), [0, 1]);
    assert!(h.chain.pending_transaction(hashes[3]).is_some(), "its gap is still open");
}

#[test]
fn a_full_block_leaves_the_rest_to_the_next() {
    let mut h = Harness::new(Config { auto_mine: false, block_gas_limit: 100_000, ..Config::default() });
    for index in 0..5 {
        let signer = key(&h.chain, index);
        h.chain.submit(sign(&signer, TxEip1559 { gas_limit: 45_000, ..plain(0, signer.address()) })).unwrap();
    }
    h.chain.mine(3, None);
    let counts: Vec<usize> = (1..=3).map(|n| h.chain.block(n).unwrap().transactions.len()).collect();
    // What counts is the gas limit of what comes and the gas used by what is there: 21,000 + 21,000 + 45,000.
    assert_eq!(counts, [3, 2, 0]);
}

#[test]
fn blocks_are_chained_by_their_hashes() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    for number in 1..20 {
        h.send(store, word(number));
    }
    h.chain.mine(3, Some(5));
    for number in 1..=h.chain.head() {
        let (parent, block) = (h.chain.block(number - 1).unwrap(), h.chain.block(number).unwrap());
        assert_eq!(block.header.number, number);
        assert_eq!(block.header.parent_hash, parent.hash);
        assert_eq!(block.hash, block.header.hash_slow());
        assert_eq!(h.chain.block_number_by_hash(block.hash), Some(number));
        assert!(block.header.timestamp >= parent.header.timestamp);
        assert!(block.l1_number >= parent.l1_number && block.l1_number > 1_000_000);
    }
    assert!(h.chain.block(h.chain.head() + 1).is_none());
    assert!(h.chain.block(u64::MAX).is_none());
}

/// A chain's whole life: deploy, activate, call, fail, travel, mine.
fn history() -> Vec<B256> {
    let start = 1_800_000_000;
    let mut h = Harness::new(Config { genesis_time: Some(start), ..Config::default() });
    let mut time = start;
    let mut next = |h: &mut Harness| {
        time += 7;
        h.chain.set_next_timestamp(time).unwrap();
    };
    next(&mut h);
    let store = h.deploy_code(&STORE);
    next(&mut h);
    let wasm = fomo_tests::assemble(
        r#"(module
          (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32)
            (call $log (i32.const 0) (i32.const 32) (i32.const 1)) (i32.const 0)))"#,
    );
    let program = h.deploy_code(&fomo_wasm::code::encode(&wasm).unwrap());
    next(&mut h);
    assert!(h.activate(program).execution.success());
    for number in 0..5 {
        next(&mut h);
        h.send(store, word(number));
        next(&mut h);
        assert_eq!(h.send(program, []).execution.logs.len(), 1);
    }
    next(&mut h);
    h.chain.mine(4, Some(11));
    (0..=h.chain.head()).map(|number| h.chain.block(number).unwrap().hash).collect()
}

#[test]
fn the_same_transactions_at_the_same_times_make_the_same_blocks() {
    let (one, other) = (history(), history());
    assert!(one.len() > 15);
    assert_eq!(one, other);
}

// ---- time ----

#[test]
fn time_goes_where_it_is_told_to() {
    let start = 1_800_000_000;
    let mut h = Harness::new(Config { genesis_time: Some(start), ..Config::default() });
    let sees = h.deploy_code(&SEES);
    let seen = |h: &mut Harness| {
        let output = h.send(sees, []).execution.output;
        (U256::from_be_slice(&output[..32]).to::<u64>(), U256::from_be_slice(&output[32..64]).to::<u64>())
    };
    h.chain.set_next_timestamp(start + 1_000).unwrap();
    let (time, l1) = seen(&mut h);
    assert_eq!(time, start + 1_000, "exactly");
    h.chain.set_next_timestamp(start + 1_000 + 120).unwrap();
    assert_eq!(seen(&mut h), (start + 1_120, l1 + 10), "an L1 block is 12 seconds");
    let past = h.chain.set_next_timestamp(start).unwrap_err();
    assert_eq!(past, ChainError::TimestampInPast(start, start + 1_120));
    h.chain.increase_time(10_000);
    let (time, _) = seen(&mut h);
    assert!((start + 11_120..start + 11_180).contains(&time), "{time}");
    h.chain.set_time(start + 50_000).unwrap();
    let (time, _) = seen(&mut h);
    assert!((start + 50_000..start + 50_060).contains(&time), "{time}");
}

#[test]
fn empty_blocks_are_mined_at_an_interval() {
    let mut h = Harness::new(Config { genesis_time: Some(1_800_000_000), ..Config::default() });
    h.chain.set_next_timestamp(1_800_000_100).unwrap();
    h.chain.mine(10, Some(60));
    let times: Vec<u64> = (1..=10).map(|number| h.chain.block(number).unwrap().header.timestamp).collect();
    assert_eq!(times, (0..10).map(|index| 1_800_000_100 + 60 * index).collect::<Vec<_>>());
    h.chain.mine(0, None);
    assert_eq!(h.chain.head(), 10);
}

#[test]
fn no_time_however_far_breaks_the_chain() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    for seconds in [u64::from(u32::MAX), 1 << 40, u64::MAX, u64::MAX] {
        h.chain.increase_time(seconds);
        assert!(h.send(store, word(1)).execution.success());
        h.chain.mine(1, Some(u64::MAX));
    }
    assert!(h.chain.set_time(u64::MAX).is_err());
    assert!(h.send(store, word(2)).execution.success());
}

// ---- snapshots ----

#[test]
fn snapshots_nest_and_bring_everything_back() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    let slot = |h: &Harness| h.chain.head_state().storage(store, U256::ZERO);
    h.send(store, word(1));
    let (head, nonce) = (h.chain.head(), h.chain.pending_nonce(h.sender()));
    let hash_of_head = h.chain.block(head).unwrap().hash;
    let outer = h.chain.snapshot();
    let second = h.send(store, word(2));
    let inner = h.chain.snapshot();
    h.send(store, word(3));
    h.chain.set_balance(store, U256::from(5));
    h.chain.set_base_fee(1);
    h.chain.increase_time(1_000_000);
    assert!(h.chain.revert_to(inner));
    assert_eq!(slot(&h), U256::from(2));
    assert_eq!((h.chain.base_fee(), h.chain.head_state().balance(store)), (BASE_FEE as u64, U256::ZERO));
    assert!(!h.chain.revert_to(inner), "it is gone once used");

    let inner = h.chain.snapshot();
    let gone = h.chain.head() + 1;
    let third = h.send(store, word(4));
    let gone_hash = h.chain.block(gone).unwrap().hash;
    assert!(h.chain.revert_to(outer));
    assert!(!h.chain.revert_to(inner), "later ones go with it");
    assert_eq!(slot(&h), U256::from(1));
    assert_eq!((h.chain.head(), h.chain.pending_nonce(h.sender())), (head, nonce));
    assert_eq!(h.chain.block(head).unwrap().hash, hash_of_head);
    for mined in [&second, &third] {
        assert!(h.chain.receipt(*mined.transaction.tx_hash()).is_none());
    }
    assert!(h.chain.block(gone).is_none() && h.chain.block_number_by_hash(gone_hash).is_none());
    assert_eq!(h.chain.state(gone).unwrap_err(), ChainError::UnknownBlock(gone, head));
    assert!(!h.chain.revert_to(99), "never made");
    // The same transaction can be mined again.
    let again = h.send(store, word(2));
    assert_eq!(again.transaction.tx_hash(), second.transaction.tx_hash());
}

#[test]
fn what_is_set_directly_survives_a_snapshot_of_it() {
    let mut h = Harness::default();
    let account = Address::repeat_byte(0x44);
    h.chain.set_balance(account, U256::from(9));
    h.chain.set_code(account, STORE.to_vec().into());
    h.chain.set_storage(account, U256::from(3), U256::from(4));
    let id = h.chain.snapshot();
    h.chain.set_balance(account, U256::ZERO);
    h.chain.set_code(account, Bytes::new());
    h.chain.set_storage(account, U256::from(3), U256::ZERO);
    assert!(h.chain.revert_to(id));
    let state = h.chain.head_state();
    assert_eq!(state.balance(account), U256::from(9));
    assert_eq!(state.code(account), Bytes::from_static(&STORE));
    assert_eq!(state.storage(account, U256::from(3)), U256::from(4));
}

#[test]
fn the_states_kept_at_a_snapshot_are_there_again_after_it() {
    let mut h = Harness::default();
    h.chain.mine(10, None);
    let id = h.chain.snapshot();
    h.chain.mine(2 * KEPT_STATES, None);
    assert!(h.chain.state(10).is_err());
    assert!(h.chain.revert_to(id));
    assert!((0..=10).all(|number| h.chain.state(number).is_ok()));
    let paid = h.send_value(Address::repeat_byte(9), [], U256::from(5));
    assert!(paid.execution.success());
    assert_eq!(h.chain.state(11).unwrap().balance(Address::repeat_byte(9)), U256::from(5));
}

#[test]
fn a_reset_starts_over() {
    let mut h = Harness::new(Config { genesis_time: Some(1_800_000_000), ..Config::default() });
    let genesis = h.chain.block(0).unwrap().hash;
    let store = h.deploy_code(&STORE);
    h.chain.reset();
    assert_eq!((h.chain.head(), h.chain.block(0).unwrap().hash), (0, genesis));
    assert!(h.chain.head_state().account(store).is_none());
}

// ---- senders ----

#[test]
fn only_development_accounts_and_impersonated_ones_send_without_a_signature() {
    let mut h = Harness::default();
    let (to, stranger) = (Address::repeat_byte(9), Address::repeat_byte(8));
    let sees = h.deploy_code(&SEES);
    let send = |h: &mut Harness, from| {
        let request = TransactionRequest { gas: Some(100_000), ..request(from, sees, []) };
        h.chain.submit_request(request).map(|hash| h.chain.receipt(hash).unwrap().clone())
    };
    assert_eq!(send(&mut h, stranger).unwrap_err(), ChainError::UnknownSender(stranger));
    h.chain.impersonate(stranger);
    assert!(send(&mut h, stranger).unwrap_err().to_string().contains("insufficient funds"));
    let mut hashes = Vec::new();
    // A contract may be impersonated too.
    for account in [stranger, sees, fomo_chain::precompiles::ARB_WASM] {
        h.chain.set_balance(account, U256::from(10).pow(U256::from(18)));
        h.chain.impersonate(account);
        let before = h.chain.head_state().nonce(account);
        for _ in 0..2 {
            let mined = send(&mut h, account).unwrap();
            assert!(mined.execution.success());
            assert_eq!(Address::from_slice(&mined.execution.output[108..128]), account);
            hashes.push(*mined.transaction.tx_hash());
        }
        assert_eq!(h.chain.head_state().nonce(account), before + 2);
        h.chain.stop_impersonating(account);
        assert_eq!(send(&mut h, account).unwrap_err(), ChainError::UnknownSender(account));
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 6, "each has a hash of its own");
    h.chain.set_auto_impersonate(true);
    h.chain.set_balance(to, U256::from(10).pow(U256::from(18)));
    assert!(send(&mut h, to).unwrap().execution.success());
}

#[test]
fn an_account_with_code_cannot_sign() {
    let mut h = Harness::default();
    let signer = key(&h.chain, 3);
    h.chain.set_code(signer.address(), STORE.to_vec().into());
    assert!(h.chain.submit(sign(&signer, plain(0, h.sender()))).is_err());
    // One that only delegates can.
    let delegation = [&hex!("ef0100")[..], Address::repeat_byte(5).as_slice()].concat();
    h.chain.set_code(signer.address(), delegation.into());
    assert!(h.chain.submit(sign(&signer, plain(0, h.sender()))).is_ok());
}

// ---- states and calls ----

#[test]
fn calls_run_on_the_state_of_any_block_that_is_kept() {
    let mut h = Harness::default();
    // Returns slot 0 without data, else writes it.
    let store = h.deploy_code(&hex!("36600c575f545f5260205ff35b5f355f5500"));
    let first = h.chain.head();
    for number in 1..=5 {
        h.send(store, word(number));
    }
    let read = |h: &Harness, block| {
        h.chain.call(&request(h.sender(), store, []), block, &Default::default(), &Default::default())
    };
    for number in 0..=5 {
        assert_eq!(read(&h, first + number).unwrap().output, word(number));
        assert_eq!(h.chain.state(first + number).unwrap().storage(store, U256::ZERO), U256::from(number));
    }
    let head = h.chain.head();
    assert_eq!(read(&h, head + 1).unwrap_err(), ChainError::UnknownBlock(head + 1, head));
    h.chain.mine(KEPT_STATES, None);
    let head = h.chain.head();
    assert!(read(&h, head - KEPT_STATES + 1).is_ok(), "the last that is kept");
    let pruned = head - KEPT_STATES;
    assert_eq!(read(&h, pruned).unwrap_err(), ChainError::PrunedState(pruned, KEPT_STATES));
    assert_eq!(read(&h, 0).unwrap_err(), ChainError::PrunedState(0, KEPT_STATES));
    assert!(h.chain.block(0).is_some(), "blocks stay");
}

#[test]
fn a_call_changes_nothing() {
    let mut h = Harness::default();
    let store = h.deploy_code(&STORE);
    let before = h.chain.head_state();
    assert!(h.call(store, word(5)).success());
    let after = h.chain.head_state();
    assert_eq!(after.storage(store, U256::ZERO), U256::ZERO);
    assert_eq!(after.account(h.sender()), before.account(h.sender()));
}

#[test]
fn overrides_hold_for_one_call() {
    let mut h = Harness::default();
    let sees = h.deploy_code(&SEES);
    let poor = Address::repeat_byte(0x31);
    // Returns slots 0 and 1 and the caller's balance.
    let reads = hex!("5f545f52600154602052333160405260605ff3");
    let account = Address::repeat_byte(0x32);
    let call = |h: &Harness, request: &TransactionRequest, state: &StateOverride, block: &BlockOverrides| {
        h.chain.call(request, h.chain.head(), state, block)
    };
    let overrides: StateOverride = [
        (poor, AccountOverride { balance: Some(U256::from(77)), nonce: Some(3), ..Default::default() }),
        (
            account,
            AccountOverride {
                code: Some(reads.to_vec().into()),
                state: Some([(B256::ZERO, B256::with_last_byte(8))].into_iter().collect()),
                ..Default::default()
            },
        ),
    ]
    .into_iter()
    .collect();
    let none = BlockOverrides::default();
    let execution = call(&h, &request(poor, account, []), &overrides, &none).unwrap();
    let words = |numbers: &[u64]| numbers.iter().flat_map(|n| word(*n).to_vec()).collect::<Vec<u8>>();
    assert_eq!(execution.output, Bytes::from(words(&[8, 0, 77])));

    // A diff keeps the other slots, a whole state does not.
    h.chain.set_code(account, reads.to_vec().into());
    h.chain.set_storage(account, U256::from(1), U256::from(6));
    let slots = Some([(B256::ZERO, B256::with_last_byte(9))].into_iter().collect());
    for (entry, second) in [
        (AccountOverride { state: slots.clone(), ..Default::default() }, 0),
        (AccountOverride { state_diff: slots, ..Default::default() }, 6),
    ] {
        let overrides: StateOverride = [(account, entry)].into_iter().collect();
        let execution = call(&h, &request(poor, account, []), &overrides, &none).unwrap();
        assert_eq!(execution.output, Bytes::from(words(&[9, second, 0])));
    }

    let block = BlockOverrides { number: Some(U256::from(123)), time: Some(456), ..Default::default() };
    let execution = call(&h, &request(poor, sees, []), &Default::default(), &block).unwrap();
    assert_eq!(execution.output[..64], words(&[456, 123])[..]);
    assert!(h.chain.head_state().account(poor).is_none());
}

#[test]
fn a_call_without_a_price_is_free_and_one_with_a_price_is_not() {
    let mut h = Harness::default();
    let sees = h.deploy_code(&SEES);
    let poor = Address::repeat_byte(0x31);
    let run =
        |request: TransactionRequest| h.chain.call(&request, h.chain.head(), &Default::default(), &Default::default());
    assert!(run(request(poor, sees, [])).unwrap().success());
    let priced = TransactionRequest { gas_price: Some(BASE_FEE), ..request(poor, sees, []) };
    assert!(run(priced).unwrap_err().to_string().contains("insufficient funds"));
    let cheap = TransactionRequest { gas_price: Some(1), ..request(h.sender(), sees, []) };
    assert!(run(cheap).is_err(), "under the base fee");
    let value = TransactionRequest { value: Some(U256::from(1)), ..request(poor, sees, []) };
    assert!(run(value).unwrap_err().to_string().contains("insufficient funds"));
}

#[test]
fn a_call_sees_the_gas_limit_of_the_block_however_much_gas_it_has() {
    let mut h = Harness::default();
    // GASLIMIT, returned.
    let code = h.deploy_code(&hex!("455f5260205ff3"));
    for gas in [None, Some(30_000), Some(50_000_000)] {
        let request = TransactionRequest { gas, ..request(h.sender(), code, []) };
        let execution = h.chain.call(&request, h.chain.head(), &Default::default(), &Default::default()).unwrap();
        assert_eq!(execution.output, word(32_000_000));
    }
    assert_eq!(h.send(code, []).execution.output, word(32_000_000));
}

// ---- estimates ----

/// The least gas at which a request succeeds, found the slow way.
fn least_gas(h: &Harness, request: &TransactionRequest) -> u64 {
    let succeeds = |gas| {
        let request = TransactionRequest { gas: Some(gas), ..request.clone() };
        h.chain
            .call(&request, h.chain.head(), &Default::default(), &Default::default())
            .is_ok_and(|execution| execution.success())
    };
    let (mut fails, mut works) = (20_999, GAS);
    while fails + 1 < works {
        let middle = fails + (works - fails) / 2;
        if succeeds(middle) { works = middle } else { fails = middle }
    }
    works
}

#[test]
fn an_estimate_is_enough_and_not_much_more() {
    let mut h = Harness::default();
    let sender = h.sender();
    let store = h.deploy_code(&STORE);
    h.send(store, word(1));
    // Passes its call data on to the store, ten times over itself.
    let nested = (0..10).fold(store, |target, _| {
        let mut code = hex!("365f5f375f5f365f5f73").to_vec();
        code.extend(target);
        code.extend(hex!("5af1"));
        // Fails where the callee does.
        code.extend([0x60, code.len() as u8 + 6, 0x57, 0x5F, 0x5F, 0xFD, 0x5B, 0x00]);
        h.deploy_code(&code)
    });
    // Wants most of its gas for a call that needs little of it.
    let greedy = h.deploy_code(&hex!("62030d405a11600c575f5ffd5b00"));
    let program = h.deploy_wat(
        r#"(module
          (import "vm_hooks" "read_args" (func $args (param i32)))
          (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
          (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32)
            (call $args (i32.const 0)) (call $cache (i32.const 100) (i32.const 0))
            (call $flush (i32.const 0)) (i32.const 0)))"#,
    );
    let create = TransactionRequest { from: Some(sender), to: Some(TxKind::Create), ..Default::default() };
    let access_list = AccessList(vec![AccessListItem { address: store, storage_keys: vec![B256::ZERO; 4] }]);
    let table = [
        ("a transfer", request(sender, Address::repeat_byte(3), [])),
        ("a write", request(sender, store, word(2))),
        ("a refund", request(sender, store, word(0))),
        ("calls ten deep", request(sender, nested, word(3))),
        ("a demand on the gas left", request(sender, greedy, [])),
        ("a program that writes", request(sender, program, word(4))),
        ("a creation", create.input(Bytes::from(init_code(&[0; 500])).into())),
        ("an access list", TransactionRequest { access_list: Some(access_list), ..request(sender, store, word(5)) }),
        ("value", TransactionRequest { value: Some(U256::from(1)), ..request(sender, store, word(6)) }),
        ("a price", TransactionRequest { max_fee_per_gas: Some(2 * BASE_FEE), ..request(sender, store, word(7)) }),
        (
            "a call of ArbWasm",
            request(sender, fomo_chain::precompiles::ARB_WASM, keccak256("stylusVersion()")[..4].to_vec()),
        ),
    ];
    for (what, request) in table {
        let estimate = h.chain.estimate_gas(&request, h.chain.head(), &StateOverride::default()).unwrap();
        let need = least_gas(&h, &request);
        assert!(estimate >= need, "{what}: {estimate} is not enough, {need} is");
        assert!(estimate as f64 <= need as f64 * 1.03, "{what}: {estimate} for {need}");
        let snapshot = h.chain.snapshot();
        let mined = h.submit(TransactionRequest { gas: Some(estimate), ..request });
        assert!(mined.execution.success(), "{what}: {:?}", mined.execution);
        assert!(h.chain.revert_to(snapshot));
    }
}

#[test]
fn what_fails_at_any_gas_has_no_estimate_but_its_revert_data() {
    let mut h = Harness::default();
    // Reverts with the four bytes that it was called with.
    let reverts = h.deploy_code(&hex!("365f5f37365ffd"));
    let request = request(h.sender(), reverts, hex!("08c379a0"));
    let Err(ChainError::NotEstimable(run)) = h.chain.estimate_gas(&request, h.chain.head(), &Default::default()) else {
        panic!("it has no estimate")
    };
    assert_eq!((run.outcome, run.output), (Outcome::Revert, Bytes::from_static(&hex!("08c379a0"))));
}

#[test]
fn mined_time_stays_and_the_clock_goes_on_from_there() {
    let mut chain = Chain::new(Config::default());
    chain.mine(100, Some(3_600));
    let head = chain.block(chain.head()).unwrap().header.timestamp;
    chain.increase_time(60);
    assert!(chain.timestamp() >= head + 60);
}

#[test]
fn what_no_longer_pays_waits() {
    let mut chain = Chain::new(Config { auto_mine: false, ..Config::default() });
    let request = TransactionRequest { from: chain.accounts().first().copied(), ..Default::default() };
    let hash = chain.submit_request(request.to(Address::repeat_byte(7))).unwrap();
    chain.set_base_fee(1_000_000_000);
    chain.mine(1, None);
    assert!(chain.receipt(hash).is_none() && chain.pending_transaction(hash).is_some());
    chain.set_base_fee(100_000_000);
    chain.mine(1, None);
    assert!(chain.receipt(hash).is_some());
}
