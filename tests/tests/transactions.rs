//! Transactions, blocks, the clock and the pool, as clients know them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy::consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy};
use alloy::eips::eip7702::Authorization;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use fomo_chain::{Chain, ChainError, Config, KEPT_STATES};
use fomo_tests::Harness;

const ID: u64 = 412_346;
const FEE: u128 = 100_000_000;
const PAYEE: Address = Address::repeat_byte(0x77);

fn sign<T: SignableTransaction<alloy_primitives::Signature>>(chain: &Chain, tx: T) -> TxEnvelope
where
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signature = chain.development_keys()[0].sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature).into()
}

fn payment(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: FEE * 3,
        max_priority_fee_per_gas: FEE,
        to: TxKind::Call(PAYEE),
        value: U256::from(5),
        ..Default::default()
    }
}

#[test]
fn types_0_1_2_and_4_are_mined_and_pay_the_base_fee_and_no_tip() {
    let mut chain = Chain::new(Config::default());
    let sender = chain.accounts()[0];
    let legacy = TxLegacy {
        chain_id: Some(ID),
        nonce: 0,
        gas_price: FEE * 2,
        gas_limit: 21_000,
        to: TxKind::Call(PAYEE),
        value: U256::from(5),
        input: Bytes::new(),
    };
    let access = TxEip2930 {
        chain_id: ID,
        nonce: 1,
        gas_price: FEE * 2,
        gas_limit: 30_000,
        to: TxKind::Call(PAYEE),
        value: U256::from(5),
        ..Default::default()
    };
    let delegate = chain.development_keys()[1].clone();
    let authorization = Authorization { chain_id: U256::from(ID), address: PAYEE, nonce: 0 };
    let signature = delegate.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let delegation = TxEip7702 {
        chain_id: ID,
        nonce: 3,
        gas_limit: 100_000,
        max_fee_per_gas: FEE,
        max_priority_fee_per_gas: 0,
        to: PAYEE,
        value: U256::from(5),
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    };
    let all = [
        (sign(&chain, legacy), 21_000),
        (sign(&chain, access), 21_000),
        (sign(&chain, payment(2)), 21_000),
        (sign(&chain, delegation), 21_000 + 25_000 - 2_500),
    ];
    for (tx, _) in all {
        let before = chain.head_state().balance(sender);
        let hash = chain.submit(tx).unwrap();
        let mined = chain.receipt(hash).unwrap();
        assert!(mined.execution.success());
        assert_eq!(mined.gas_price, FEE);
        let spent = U256::from(mined.execution.gas_used) * U256::from(FEE) + U256::from(5);
        assert_eq!(before - chain.head_state().balance(sender), spent);
    }
    assert_eq!(chain.head_state().balance(PAYEE), U256::from(20));
    let code = [hex!("ef0100").as_slice(), PAYEE.as_slice()].concat();
    assert_eq!(chain.head_state().code(delegate.address()), Bytes::from(code));
}

#[test]
fn what_can_never_be_included_is_refused_with_a_reason() {
    let mut chain = Chain::new(Config::default());
    chain.submit(sign(&chain.clone(), payment(0))).unwrap();
    let blob = TxEip4844 { chain_id: ID, ..Default::default() };
    let cases: Vec<(TxEnvelope, &str)> = vec![
        (sign(&chain, blob), "blobs (type 3)"),
        (sign(&chain, TxEip1559 { chain_id: 1, ..payment(1) }), "invalid chain id for signer: have 1 want 412346"),
        (sign(&chain, payment(0)), "already known"),
        (sign(&chain, TxEip1559 { gas_limit: 22_000, ..payment(0) }), "nonce too low: next nonce 1, tx nonce 0"),
        (sign(&chain, TxEip1559 { gas_limit: 20_999, ..payment(1) }), "intrinsic gas too low: have 20999, want 21000"),
        (sign(&chain, TxEip1559 { gas_limit: 32_000_001, ..payment(1) }), "exceeds block gas limit"),
        (
            sign(&chain, TxEip1559 { max_fee_per_gas: FEE - 1, max_priority_fee_per_gas: 0, ..payment(1) }),
            "max fee per gas less than block base fee",
        ),
        (sign(&chain, TxEip1559 { max_priority_fee_per_gas: FEE * 4, ..payment(1) }), "max priority fee"),
        (sign(&chain, TxEip1559 { value: U256::MAX, ..payment(1) }), "insufficient funds for gas * price + value"),
    ];
    for (tx, reason) in cases {
        let error = chain.submit(tx).unwrap_err().to_string();
        assert!(error.contains(reason), "{error} is not {reason}");
    }
    assert_eq!(chain.head(), 1);
}

#[test]
fn a_gap_in_the_nonces_waits_and_a_better_price_replaces() {
    let mut chain = Chain::new(Config::default());
    let late = chain.submit(sign(&chain.clone(), payment(1))).unwrap();
    assert!(chain.receipt(late).is_none() && chain.pending_transaction(late).is_some());
    let cheaper = sign(&chain, TxEip1559 { max_fee_per_gas: FEE * 2, ..payment(1) });
    assert!(chain.submit(cheaper).unwrap_err().to_string().contains("replacement transaction underpriced"));
    let better = chain.submit(sign(&chain.clone(), TxEip1559 { max_fee_per_gas: FEE * 4, ..payment(1) })).unwrap();
    let first = chain.submit(sign(&chain.clone(), payment(0))).unwrap();
    assert!(chain.receipt(first).is_some() && chain.receipt(better).is_some() && chain.receipt(late).is_none());
    assert!(chain.pending().is_empty());
}

#[test]
fn blocks_take_what_waits_in_order_and_know_their_parents() {
    let mut chain = Chain::new(Config { auto_mine: false, ..Config::default() });
    for nonce in [2, 0, 1] {
        chain.submit(sign(&chain.clone(), payment(nonce))).unwrap();
    }
    assert_eq!((chain.head(), chain.pending_nonce(chain.accounts()[0])), (0, 3));
    chain.mine(2, Some(60));
    let (genesis, first, second) =
        (chain.block(0).unwrap().clone(), chain.block(1).unwrap().clone(), chain.block(2).unwrap().clone());
    assert_eq!(first.transactions.len(), 3);
    assert_eq!(first.transactions[2].cumulative_gas, 63_000);
    assert_eq!((first.header.parent_hash, second.header.parent_hash), (genesis.hash, first.hash));
    assert_eq!(second.header.timestamp, first.header.timestamp + 60);
    assert_eq!(second.l1_number, first.l1_number + 5);
    assert_eq!(first.header.hash_slow(), first.hash);
}

#[test]
fn two_chains_with_the_same_past_are_the_same() {
    let run = || {
        let mut chain = Chain::new(Config { genesis_time: Some(1_700_000_000), ..Config::default() });
        for nonce in 0..3 {
            chain.set_next_timestamp(1_700_000_100 + nonce * 10).unwrap();
            chain.submit(sign(&chain.clone(), payment(nonce))).unwrap();
        }
        chain.block(3).unwrap().hash
    };
    assert_eq!(run(), run());
}

#[test]
fn a_snapshot_brings_everything_back_once() {
    let mut chain = Chain::new(Config::default());
    chain.submit(sign(&chain.clone(), payment(0))).unwrap();
    let outer = chain.snapshot();
    chain.set_balance(PAYEE, U256::from(1));
    let inner = chain.snapshot();
    chain.increase_time(1_000_000);
    let gone = chain.submit(sign(&chain.clone(), payment(1))).unwrap();
    let block = chain.block(2).unwrap().hash;
    assert!(chain.revert_to(inner));
    assert_eq!((chain.head(), chain.head_state().balance(PAYEE)), (1, U256::from(1)));
    assert!(chain.receipt(gone).is_none() && chain.block_number_by_hash(block).is_none());
    assert!(chain.revert_to(outer));
    assert_eq!(chain.head_state().balance(PAYEE), U256::from(5));
    assert!(!chain.revert_to(inner) && !chain.revert_to(outer));
    assert!(chain.timestamp() < chain.block(1).unwrap().header.timestamp + 1_000);
}

#[test]
fn old_states_answer_until_they_are_pruned() {
    let mut chain = Chain::new(Config::default());
    chain.submit(sign(&chain.clone(), payment(0))).unwrap();
    assert_eq!(chain.state(0).unwrap().balance(PAYEE), U256::ZERO);
    chain.mine(KEPT_STATES, None);
    assert_eq!(chain.state(0).unwrap_err(), ChainError::PrunedState(0, KEPT_STATES));
    assert!(chain.state(1).is_ok() || chain.state(2).is_ok());
    let head = chain.head();
    assert_eq!(chain.state(head + 1).unwrap_err(), ChainError::UnknownBlock(head + 1, head));
    assert!(chain.block(0).is_some(), "blocks stay");
}

#[test]
fn after_a_revert_to_an_old_snapshot_recent_states_are_there_again_as_the_chain_grows() {
    let mut chain = Chain::new(Config::default());
    let id = chain.snapshot();
    chain.mine(KEPT_STATES * 2, None);
    assert!(chain.revert_to(id));
    assert_eq!(chain.head(), 0);
    assert!(chain.state(0).is_ok());
    chain.submit(sign(&chain.clone(), payment(0))).unwrap();
    assert_eq!(chain.state(1).unwrap().balance(PAYEE), U256::from(5));
}

#[test]
fn time_goes_forward_only() {
    let mut chain = Chain::new(Config::default());
    let start = chain.block(0).unwrap().header.timestamp;
    chain.increase_time(1_000);
    chain.mine(1, None);
    let head = chain.block(1).unwrap().header.timestamp;
    assert!(head >= start + 1_000);
    assert_eq!(chain.set_time(head - 1).unwrap_err(), ChainError::TimestampInPast(head - 1, head));
    chain.set_next_timestamp(head + 5_000).unwrap();
    chain.mine(1, None);
    assert_eq!(chain.block(2).unwrap().header.timestamp, head + 5_000);
}

#[test]
fn unsigned_transactions_are_for_known_senders_contracts_included() {
    let mut h = Harness::default();
    let contract = h.deploy_code(&hex!("00"));
    h.chain.set_balance(contract, U256::from(10).pow(U256::from(18)));
    let request = TransactionRequest { from: Some(contract), value: Some(U256::from(9)), ..Default::default() };
    let request = request.to(PAYEE);
    assert_eq!(h.chain.submit_request(request.clone()).unwrap_err(), ChainError::UnknownSender(contract));
    h.chain.impersonate(contract);
    let hash = h.chain.submit_request(request.clone()).unwrap();
    assert!(h.chain.receipt(hash).unwrap().execution.success());
    h.chain.stop_impersonating(contract);
    assert!(h.chain.submit_request(request).is_err());
    assert_eq!(h.chain.head_state().balance(PAYEE), U256::from(9));
}

#[test]
fn calls_see_their_overrides_and_change_nothing() {
    let h = Harness::default();
    let mut overrides = StateOverride::default();
    // Returns slot 0 and the timestamp.
    let code = Bytes::from_static(&hex!("5f545f524260205260405ff3"));
    let slots = [(B256::ZERO, B256::with_last_byte(9))].into_iter().collect();
    overrides.insert(PAYEE, AccountOverride { code: Some(code), state_diff: Some(slots), ..Default::default() });
    let block = BlockOverrides { time: Some(123), ..Default::default() };
    let request = TransactionRequest::default().to(PAYEE);
    let execution = h.chain.call(&request, 0, &overrides, &block).unwrap();
    assert_eq!(U256::from_be_slice(&execution.output[..32]), U256::from(9));
    assert_eq!(U256::from_be_slice(&execution.output[32..]), U256::from(123));
    assert!(h.chain.head_state().code(PAYEE).is_empty());
}

#[test]
fn an_estimate_is_enough_and_hardly_more() {
    let mut h = Harness::default();
    // Sets and clears slot 0, which refunds, after a call that keeps back a 64th of its gas.
    let inner = h.deploy_code(&hex!("60015f555f5f5500"));
    let outer = h.deploy_code(&[&hex!("5f5f5f5f5f73")[..], inner.as_slice(), &hex!("5af115601f57005b5f5ffd")].concat());
    for target in [inner, outer, PAYEE] {
        let request = TransactionRequest { from: Some(h.sender()), ..Default::default() }.to(target);
        let estimate = h.chain.estimate_gas(&request, h.chain.head(), &Default::default()).unwrap();
        let run = |h: &Harness, gas| {
            let request = TransactionRequest { gas: Some(gas), ..request.clone() };
            h.chain.call(&request, h.chain.head(), &Default::default(), &Default::default())
        };
        assert!(run(&h, estimate).unwrap().success());
        assert!(!run(&h, estimate * 97 / 100).is_ok_and(|run| run.success()), "{estimate} is too much");
        assert!(h.submit(TransactionRequest { gas: Some(estimate), ..request }).execution.success());
    }
    let fails = h.deploy_code(&hex!("5f5ffd"));
    let request = TransactionRequest { from: Some(h.sender()), ..Default::default() }.to(fails);
    assert!(matches!(
        h.chain.estimate_gas(&request, h.chain.head(), &Default::default()),
        Err(ChainError::NotEstimable(_))
    ));
}
