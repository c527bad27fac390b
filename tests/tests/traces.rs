//! What a trace tells is what ran.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256, address, bytes};
use fomo_chain::trace::{Frame, FrameKind, MAX_HOST_CALLS};
use fomo_chain::{ChainError, KEPT_STATES};
use fomo_tests::{GAS, Harness};

/// Answers 42.
const ANSWER: Bytes = bytes!("602a5f5260205ff3");
/// Reverts with its call data.
const REVERTER: Bytes = bytes!("365f5f37365ffd");
/// Calls itself until gas is short, with a word of data each time.
const DEEP: Bytes = bytes!("5f5f60205f5f305af100");
/// Adds one to slot 0 and answers it.
const COUNTER: Bytes = bytes!("5f5460010180 5f55 5f52 60205ff3");
/// Delegates to the address in its call data.
const DELEGATOR: Bytes = bytes!("5f5f5f5f5f355af400");

const STRANGER: Address = address!("00000000000000000000000000000000005742a6");

/// Stores 7, then calls the address in the first word of its call data with the rest of it, and ends as that did.
const CALLER: &str = r#"(module
    (import "vm_hooks" "read_args" (func $args (param i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
    (import "vm_hooks" "read_return_data" (func $data (param i32 i32 i32) (result i32)))
    (import "vm_hooks" "write_result" (func $result (param i32 i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param $len i32) (result i32)
      (local $status i32)
      (call $args (i32.const 0))
      (i32.store8 (i32.const 127) (i32.const 7))
      (call $store (i32.const 64) (i32.const 96))
      (call $flush (i32.const 1))
      (local.set $status (call $call (i32.const 12) (i32.const 32) (i32.sub (local.get $len) (i32.const 32))
        (i32.const 256) (i64.const -1) (i32.const 512)))
      (drop (call $data (i32.const 1024) (i32.const 0) (i32.load (i32.const 512))))
      (call $result (i32.const 1024) (i32.load (i32.const 512)))
      (local.get $status)))"#;

fn word(address: Address) -> Bytes {
    address.into_word().to_vec().into()
}

fn with_code(h: &mut Harness, at: u8, code: Bytes) -> Address {
    let address = Address::repeat_byte(at);
    h.chain.set_code(address, code);
    address
}

fn trace(h: &Harness, hash: B256) -> Frame {
    h.chain.trace_transaction(hash).unwrap().unwrap()
}

fn names(frame: &Frame) -> Vec<&'static str> {
    frame.host_calls.as_ref().unwrap().iter().map(|call| call.name).collect()
}

#[test]
fn a_program_shows_its_host_calls_and_the_frames_that_it_called() {
    let mut h = Harness::default();
    let program = h.deploy_wat(CALLER);
    let answer = with_code(&mut h, 0xa1, ANSWER);
    let mined = h.send(program, word(answer));
    assert!(mined.execution.success());
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!((frame.kind, frame.from, frame.to), (FrameKind::Call, h.sender(), Some(program)));
    assert_eq!((frame.gas, frame.gas_used, &frame.output), (GAS, mined.execution.gas_used, &mined.execution.output));
    assert_eq!((frame.input.clone(), frame.error.clone()), (word(answer), None));
    assert_eq!(
        names(&frame),
        [
            "read_args",
            "storage_cache_bytes32",
            "storage_flush_cache",
            "call_contract",
            "read_return_data",
            "write_result"
        ]
    );
    let calls = frame.host_calls.as_ref().unwrap();
    assert!(calls.iter().all(|call| call.end_ink < call.start_ink), "{calls:?}");
    assert!(calls.is_sorted_by(|one, next| one.end_ink >= next.start_ink), "{calls:?}");
    // The 22,100 gas of writing a fresh slot are those of the flush, with what any host call costs.
    let flush = calls[2];
    let base = fomo_wasm::hooks::find(flush.name).unwrap().base_ink;
    assert_eq!(flush.start_ink - flush.end_ink, 22_100 * 10_000 + base);
    let [inner] = &frame.calls[..] else { panic!("{:?}", frame.calls) };
    assert_eq!((inner.kind, inner.from, inner.to), (FrameKind::Call, program, Some(answer)));
    assert_eq!(U256::from_be_slice(&inner.output), U256::from(42));
    assert_eq!((inner.error.as_ref(), inner.host_calls.as_ref()), (None, None));
    // Three pushes, a store with a word of memory, two more pushes.
    assert_eq!(inner.gas_used, 3 + 2 + 3 + 3 + 3 + 2);
    // What the callee used is within the host call, with the 2,600 gas of reaching it.
    let call = calls[3];
    assert!((call.start_ink - call.end_ink) / 10_000 >= inner.gas_used + 2_600);
}

#[test]
fn failures_are_told_where_they_happened() {
    let mut h = Harness::default();
    let program = h.deploy_wat(CALLER);
    let reverter = with_code(&mut h, 0xa1, REVERTER);
    let mined = h.send(program, [word(reverter), bytes!("c0ffee")].concat());
    assert!(!mined.execution.success());
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!(frame.error.as_deref(), Some("execution reverted"));
    let inner = &frame.calls[0];
    assert_eq!((inner.error.as_deref(), &inner.output), (Some("execution reverted"), &bytes!("c0ffee")));

    // A program that is not active is no reason for its caller to fail in the same way.
    let inactive = h.deploy_code(&fomo_wasm::code::encode(&fomo_tests::assemble("(module)")).unwrap());
    let mined = h.send(program, word(inactive));
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!(frame.error.as_deref(), Some("execution reverted"));
    assert_eq!(frame.calls[0].error.as_deref(), Some("error ProgramNotActivated()"));
    assert_eq!(frame.calls[0].gas_used, frame.calls[0].gas);

    let halter = with_code(&mut h, 0xa2, bytes!("fe"));
    let mined = h.send(halter, Bytes::new());
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!((frame.error.as_deref(), frame.gas_used), (Some("invalid opcode"), GAS));
    let mined = h.send_value(STRANGER, Bytes::new(), U256::from(5));
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!((frame.value, frame.gas_used, frame.calls.len()), (U256::from(5), 21_000, 0));
}

#[test]
fn frames_of_the_evm_are_of_their_kind() {
    let mut h = Harness::default();
    let frames = with_code(&mut h, 0xa1, DELEGATOR);
    let answer = with_code(&mut h, 0xa2, ANSWER);
    let mined = h.send(frames, word(answer));
    let frame = trace(&h, *mined.transaction.tx_hash());
    let delegate = &frame.calls[0];
    assert_eq!((delegate.kind, delegate.from, delegate.to), (FrameKind::DelegateCall, frames, Some(answer)));
    let request = TransactionRequest::default().with_from(h.sender()).with_deploy_code(bytes!("602a5f52600160 1ff3"));
    let mined = h.submit(request);
    let frame = trace(&h, *mined.transaction.tx_hash());
    assert_eq!((frame.kind, frame.to), (FrameKind::Create, mined.execution.created));
    assert_eq!((frame.output, frame.input), (bytes!("2a"), bytes!("602a5f52600160 1ff3")));
}

#[test]
fn the_frames_are_those_of_the_moment() {
    let mut h = Harness::default();
    let counter = with_code(&mut h, 0xa1, COUNTER);
    h.chain.set_auto_mine(false);
    let from = h.sender();
    let first = h.chain.pending_nonce(from);
    let hashes: Vec<B256> = (0..3)
        .map(|index| {
            let request = TransactionRequest::default().with_from(from).with_to(counter).with_gas_limit(100_000);
            h.chain.submit_request(request.with_nonce(first + index)).unwrap()
        })
        .collect();
    h.chain.mine(1, None);
    // Later changes do not reach back, and tracing changes nothing.
    h.chain.mine(1, None);
    h.chain.set_storage(counter, U256::ZERO, U256::from(9));
    for (index, hash) in hashes.iter().enumerate() {
        assert_eq!(U256::from_be_slice(&trace(&h, *hash).output), U256::from(index + 1));
    }
    let call = TransactionRequest::default().with_to(counter);
    let traced = h.chain.trace_call(&call, h.chain.head(), &Default::default(), &Default::default()).unwrap();
    assert_eq!(U256::from_be_slice(&traced.output), U256::from(10));
    assert_eq!(h.chain.head_state().storage(counter, U256::ZERO), U256::from(9));

    // A contract that was impersonated then is traced as it ran, impersonated or not.
    h.chain.set_auto_mine(true);
    h.chain.impersonate(counter);
    h.chain.set_balance(counter, U256::from(10).pow(U256::from(18)));
    let hash = h.chain.submit_request(call.clone().with_from(counter)).unwrap();
    h.chain.stop_impersonating(counter);
    assert_eq!(trace(&h, hash).from, counter);

    assert_eq!(h.chain.trace_transaction(B256::ZERO), Ok(None));
    h.chain.mine(KEPT_STATES, None);
    assert!(matches!(h.chain.trace_transaction(hashes[0]), Err(ChainError::PrunedState(..))));
}

#[test]
fn no_trace_is_without_bound() {
    let mut h = Harness::default();
    let deep = with_code(&mut h, 0xa1, DEEP);
    let mined = h.send(deep, Bytes::new());
    let (frame, mut depth) = (trace(&h, *mined.transaction.tx_hash()), 0);
    let mut innermost = &frame;
    while let Some(inner) = innermost.calls.first() {
        (innermost, depth) = (inner, depth + 1);
    }
    assert!(depth > 300, "{depth}");

    let busy = h.deploy_wat(
        r#"(module (import "vm_hooks" "msg_reentrant" (func $f (result i32)))
            (memory (export "memory") 0 0)
            (func (export "user_entrypoint") (param i32) (result i32) (local $n i32)
              (loop $again (drop (call $f)) (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $n) (i32.const 20000))))
              (i32.const 0)))"#,
    );
    let mined = h.send(busy, Bytes::new());
    assert!(mined.execution.success());
    assert_eq!(trace(&h, *mined.transaction.tx_hash()).host_calls.unwrap().len(), MAX_HOST_CALLS);

    // Calls a stranger with 64 KiB, again and again.
    let loud = with_code(&mut h, 0xa2, bytes!("5b5f5f620100005f5f61dead5af1505f56"));
    let mined = h.send(loud, Bytes::new());
    let error = h.chain.trace_transaction(*mined.transaction.tx_hash()).unwrap_err();
    assert_eq!(error.to_string(), "the trace has more than 33554432 bytes");
}
