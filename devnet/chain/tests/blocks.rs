//! Blocks that have left memory are as they were, for each of the chains that share the file they are in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256, bytes};
use fomo_chain::{Block, Chain, ChainError, Config, KEPT_STATES};

/// Emits its call data.
const EMITTER: Bytes = bytes!("365f5f37365fa0");
const CONTRACT: Address = Address::repeat_byte(0xC0);
/// Several times what stays in memory.
const BLOCKS: u64 = 3_000;

fn chain() -> Chain {
    let mut chain = Chain::new(Config { accounts: 2, genesis_time: Some(1_700_000_000), ..Config::default() });
    chain.set_code(CONTRACT, EMITTER);
    chain
}

/// Mines a block with one transaction, which is `tag`'s.
fn send(chain: &mut Chain, tag: u64) -> B256 {
    let request = TransactionRequest {
        to: Some(CONTRACT.into()),
        gas: Some(50_000),
        input: Bytes::copy_from_slice(&tag.to_be_bytes()).into(),
        ..Default::default()
    };
    chain.submit_request(request).unwrap()
}

/// What can be seen of a block, with the hashes of its transactions, which are only computed when they are asked for.
fn seen(block: &Block) -> String {
    let hashes: Vec<_> = block.transactions.iter().map(|mined| mined.transaction.tx_hash()).collect();
    format!("{hashes:?} {block:?}")
}

#[test]
fn old_blocks_transactions_and_receipts_are_as_they_were() {
    let mut chain = chain();
    let mut told = vec![(seen(&chain.block(0).unwrap()), B256::ZERO)];
    for tag in 0..BLOCKS {
        let hash = send(&mut chain, tag);
        told.push((seen(&chain.block(chain.head()).unwrap()), hash));
    }
    assert_eq!(chain.head(), BLOCKS);
    for (number, (block, hash)) in (0..).zip(&told) {
        let found = chain.block(number).unwrap();
        assert_eq!(&seen(&found), block);
        assert_eq!(chain.header_of(number).unwrap(), found.header);
        assert_eq!(chain.hashes()[usize::try_from(number).unwrap()], found.hash);
        assert_eq!(chain.block_number_by_hash(found.hash), Some(number));
        if number > 0 {
            let (inside, index) = chain.transaction(*hash).unwrap();
            assert_eq!((inside.header.number, index), (number, 0));
            let receipt = chain.receipt(*hash).unwrap();
            assert_eq!(receipt.execution.logs[0].data.data[..], (number - 1).to_be_bytes());
        }
    }
    assert!(chain.block(BLOCKS + 1).is_none() && chain.header_of(BLOCKS + 1).is_none());
    assert!(chain.block_number_by_hash(B256::repeat_byte(1)).is_none() && chain.receipt(B256::ZERO).is_none());
    // State is another matter: that of old blocks is gone, and said to be.
    assert_eq!(
        chain.state(BLOCKS - KEPT_STATES).err(),
        Some(ChainError::PrunedState(BLOCKS - KEPT_STATES, KEPT_STATES))
    );
}

#[test]
fn a_transaction_that_was_mined_long_ago_is_known() {
    let mut chain = chain();
    let hash = send(&mut chain, 0);
    let transaction = chain.receipt(hash).unwrap().transaction;
    chain.mine(BLOCKS, None);
    // Not even where its nonce would be the next one again.
    chain.set_nonce(transaction.signer(), 0);
    let error = chain.submit(transaction.into_inner()).unwrap_err();
    assert_eq!(error.to_string(), "already known");
}

#[test]
fn going_back_forgets_what_came_after_and_other_blocks_take_its_place() {
    let mut chain = chain();
    let kept: Vec<B256> = (0..700).map(|tag| send(&mut chain, tag)).collect();
    let snapshot = chain.snapshot();
    let head = chain.block(chain.head()).unwrap();
    let gone: Vec<B256> = (0..BLOCKS).map(|tag| send(&mut chain, 1_000_000 + tag)).collect();
    let gone_block = chain.block(1_500).unwrap().hash;
    assert!(chain.revert_to(snapshot));
    assert_eq!((chain.head(), chain.block(700).unwrap().hash, chain.block(701).is_none()), (700, head.hash, true));
    assert!(kept.iter().all(|hash| chain.receipt(*hash).is_some()));
    assert!(gone.iter().all(|hash| chain.receipt(*hash).is_none()));
    assert_eq!(chain.block_number_by_hash(gone_block), None);
    // The same transactions in other blocks, then, and others after them.
    chain.increase_time(60);
    for tag in 0..BLOCKS {
        send(&mut chain, 1_000_000 + tag);
    }
    assert_eq!(chain.head(), 700 + BLOCKS);
    assert_ne!(chain.block(1_500).unwrap().hash, gone_block);
    assert_eq!(chain.block_number_by_hash(gone_block), None);
    for (number, hash) in (701..).zip(&gone) {
        assert_eq!(chain.transaction(*hash).unwrap().0.header.number, number);
    }
    for number in 1..=chain.head() {
        assert_eq!(chain.block(number).unwrap().header.parent_hash, chain.block(number - 1).unwrap().hash);
    }
}

#[test]
fn copies_share_the_past_and_not_the_future() {
    let mut one = chain();
    for tag in 0..1_500 {
        send(&mut one, tag);
    }
    let mut other = one.clone();
    other.increase_time(1_000);
    let [ones, others] = [&mut one, &mut other].map(|chain| (0..1_500).map(|tag| send(chain, tag)).collect::<Vec<_>>());
    assert_eq!(ones, others, "the same transactions");
    for number in 1_501..=3_000 {
        let [here, there] = [&one, &other].map(|chain| chain.block(number).unwrap());
        assert_ne!(here.hash, there.hash);
        assert_eq!((one.block_number_by_hash(here.hash), other.block_number_by_hash(here.hash)), (Some(number), None));
    }
    for (number, hash) in (1_501..).zip(&ones) {
        for chain in [&one, &other] {
            let (block, index) = chain.transaction(*hash).unwrap();
            assert_eq!((block.header.number, index), (number, 0));
            assert_eq!(block.hash, chain.block(number).unwrap().hash);
        }
    }
}

#[test]
fn a_dump_has_the_old_blocks_too() {
    let mut chain = chain();
    for tag in 0..BLOCKS {
        send(&mut chain, tag);
    }
    let dump = chain.dump();
    let mut again = Chain::new(Config::default());
    again.load(&dump).unwrap();
    for number in 0..=chain.head() {
        assert_eq!(seen(&again.block(number).unwrap()), seen(&chain.block(number).unwrap()));
    }
    assert_eq!(again.head_state().balance(chain.owner()), chain.head_state().balance(chain.owner()));
    send(&mut again, 1);
    assert!(again.head_state().balance(chain.owner()) < U256::MAX);
}
