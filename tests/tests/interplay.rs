//! Programs and EVM code call, create and re-enter one another as on Arbitrum.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use fomo_chain::Outcome;
use fomo_tests::{Harness, init_code};

/// A program from its body, with every import that the tests use.
fn program(body: &str) -> String {
    format!(
        r#"(module
          (import "vm_hooks" "pay_for_memory_grow" (func $pay_for_memory_grow (param i32)))
          (import "vm_hooks" "read_args" (func $read_args (param i32)))
          (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
          (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
          (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
          (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
          (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
          (import "vm_hooks" "static_call_contract" (func $static (param i32 i32 i32 i64 i32) (result i32)))
          (import "vm_hooks" "delegate_call_contract" (func $delegate (param i32 i32 i32 i64 i32) (result i32)))
          (import "vm_hooks" "transient_load_bytes32" (func $tload (param i32 i32)))
          (import "vm_hooks" "transient_store_bytes32" (func $tstore (param i32 i32)))
          (import "vm_hooks" "msg_value" (func $value (param i32)))
          (import "vm_hooks" "return_data_size" (func $returned_size (result i32)))
          (import "vm_hooks" "read_return_data" (func $returned (param i32 i32 i32) (result i32)))
          (import "vm_hooks" "create1" (func $create1 (param i32 i32 i32 i32 i32)))
          (import "vm_hooks" "create2" (func $create2 (param i32 i32 i32 i32 i32 i32)))
          (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
          (import "vm_hooks" "msg_reentrant" (func $reentrant (result i32)))
          (import "vm_hooks" "msg_sender" (func $sender (param i32)))
          (import "vm_hooks" "contract_address" (func $self (param i32)))
          (import "vm_hooks" "evm_gas_left" (func $gas (result i64)))
          (memory (export "memory") 1)
          (func $recurse (param i32) (result i32) (call $recurse (i32.add (local.get 0) (i32.const 1))))
          (func (export "user_entrypoint") (param $len i32) (result i32) (local $i i32)
            (call $read_args (i32.const 0))
            {body}))"#
    )
}

/// Calls the address in bytes 0-19 with the rest, gives back its data, and its status as its own.
const FORWARD: &str = r#"
    (local.set $i (call $call (i32.const 0) (i32.const 20) (i32.sub (local.get $len) (i32.const 20))
      (i32.const 60000) (i64.const -1) (i32.const 50000)))
    (drop (call $returned (i32.const 51000) (i32.const 0) (i32.load (i32.const 50000))))
    (call $write_result (i32.const 51000) (i32.load (i32.const 50000)))
    (i32.ne (local.get $i) (i32.const 0))"#;

/// EVM code that calls the address in its first 20 bytes of call data with the rest, and gives back its data.
fn evm_forward(opcode: u8) -> Vec<u8> {
    // The rest of the call data to memory 0, and [retSize 0, retOffset 0, argsSize, argsOffset 0] on the stack.
    let arguments = hex!("60143603 80 6014 5f 37 5f 5f 91 5f");
    let value: &[u8] = if matches!(opcode, 0xF1 | 0xF2) { &[0x5F] } else { &[] };
    let address_and_gas = hex!("5f35 60601c 5a");
    let copy_result = hex!("3d5f5f3e");
    let mut code = [&arguments[..], value, &address_and_gas, &[opcode], &copy_result].concat();
    // The status is left: jump over the revert where the call succeeded.
    let target = u8::try_from(code.len() + 6).unwrap();
    code.extend([0x60, target, 0x57, 0x3D, 0x5F, 0xFD, 0x5B, 0x3D, 0x5F, 0xF3]);
    code
}

fn to(target: Address, rest: &[u8]) -> Vec<u8> {
    [target.as_slice(), rest].concat()
}

/// The minimal proxy of ERC-1167.
fn clone_of(implementation: Address) -> Vec<u8> {
    let before = hex!("363d3d373d3d3d363d73");
    let after = hex!("5af43d82803e903d91602b57fd5bf3");
    [before.as_slice(), implementation.as_slice(), after.as_slice()].concat()
}

const COUNTER: &str = r#"
    (call $load (i32.const 1000) (i32.const 1100))
    (i32.store8 (i32.const 1131) (i32.add (i32.load8_u (i32.const 1131)) (i32.const 1)))
    (call $cache (i32.const 1000) (i32.const 1100))
    (call $flush (i32.const 1))
    (call $write_result (i32.const 1100) (i32.const 32))
    (i32.const 0)"#;

fn slot0(harness: &Harness, account: Address) -> U256 {
    harness.chain.head_state().storage(account, U256::ZERO)
}

#[test]
fn evm_code_and_programs_call_one_another_through_any_number_of_hands() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    let forward = h.deploy_wat(&program(FORWARD));
    let evm = h.deploy_code(&evm_forward(0xF1));
    let data = to(evm, &to(forward, &to(evm, &to(counter, &[]))));
    let mined = h.send(forward, data);
    assert!(mined.execution.success(), "{:?}", mined.execution);
    assert_eq!(mined.execution.output, Bytes::from(B256::with_last_byte(1).to_vec()));
    assert_eq!(slot0(&h, counter), U256::from(1));
}

#[test]
fn a_delegate_call_of_either_kind_uses_the_callers_storage() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    let evm = h.deploy_code(&evm_forward(0xF4));
    assert!(h.send(evm, to(counter, &[])).execution.success());
    assert_eq!((slot0(&h, evm), slot0(&h, counter)), (U256::from(1), U256::ZERO));
}

#[test]
fn clones_share_code_and_nothing_else() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    let (a, b) = (h.deploy_code(&clone_of(counter)), h.deploy_code(&clone_of(counter)));
    for _ in 0..3 {
        assert!(h.send(a, vec![]).execution.success());
    }
    assert!(h.send(b, vec![]).execution.success());
    assert_eq!((slot0(&h, a), slot0(&h, b), slot0(&h, counter)), (U256::from(3), U256::from(1), U256::ZERO));
}

#[test]
fn nothing_is_written_in_a_static_call_and_the_gas_left_comes_back() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    let through_program = h.deploy_wat(&program(FORWARD));
    let log = h.deploy_wat(&program("(call $log (i32.const 0) (i32.const 32) (i32.const 1)) (i32.const 0)"));
    let create = h.deploy_wat(&program(
        "(call $create1 (i32.const 0) (i32.const 0) (i32.const 900) (i32.const 900) (i32.const 950)) (i32.const 0)",
    ));
    let evm = h.deploy_code(&evm_forward(0xFA));
    for target in [counter, log, create] {
        for data in [to(target, &[]), to(through_program, &to(target, &[]))] {
            let mined = h.send(evm, data);
            assert_eq!(mined.execution.outcome, Outcome::Revert);
            assert!(mined.execution.output.is_empty() && mined.execution.logs.is_empty());
            assert!(mined.execution.gas_used < 200_000, "{}", mined.execution.gas_used);
        }
        assert!(h.send(target, vec![]).execution.success(), "it writes where it may");
    }
    assert_eq!(slot0(&h, counter), U256::from(1));
}

#[test]
fn revert_data_comes_through_and_state_and_logs_go() {
    let mut h = Harness::default();
    let fails = h.deploy_wat(&program(
        r#"(call $cache (i32.const 1000) (i32.const 0)) (call $flush (i32.const 1))
           (call $log (i32.const 0) (i32.const 32) (i32.const 1))
           (call $write_result (i32.const 0) (i32.const 4)) (i32.const 1)"#,
    ));
    let forward = h.deploy_wat(&program(FORWARD));
    let evm = h.deploy_code(&evm_forward(0xF1));
    for data in [to(fails, &hex!("deadbeef")), to(forward, &to(fails, &hex!("deadbeef")))] {
        let mined = h.send(evm, data);
        assert_eq!(mined.execution.outcome, Outcome::Revert);
        assert_eq!(mined.execution.output, Bytes::from_static(&hex!("deadbeef")));
        assert!(mined.execution.logs.is_empty());
        assert_eq!(slot0(&h, fails), U256::ZERO);
    }
}

#[test]
fn logs_keep_their_order_over_both_kinds_of_code() {
    let mut h = Harness::default();
    let log = h.deploy_wat(&program("(call $log (i32.const 0) (i32.const 32) (i32.const 1)) (i32.const 0)"));
    // Logs before and after the call that it forwards.
    let around = h.deploy_wat(&program(&format!(
        "(call $log (i32.const 20) (i32.const 32) (i32.const 1))
         (if (result i32) (block (result i32) {FORWARD}) (then (i32.const 1))
           (else (call $log (i32.const 20) (i32.const 32) (i32.const 1)) (i32.const 0)))"
    )));
    let evm = h.deploy_code(&evm_forward(0xF1));
    let topic = B256::repeat_byte(7);
    let mined = h.send(around, to(evm, &to(log, topic.as_slice())));
    assert!(mined.execution.success(), "{:?}", mined.execution);
    let who: Vec<Address> = mined.execution.logs.iter().map(|log| log.address).collect();
    assert_eq!(who, [around, log, around]);
    assert_eq!(mined.execution.logs[1].topics(), [topic]);
}

#[test]
fn re_entry_is_reported_for_the_same_account_and_not_for_clones_or_delegates() {
    let mut h = Harness::default();
    let answer = "(i32.store8 (i32.const 2031) (call $reentrant)) (call $write_result (i32.const 2000) (i32.const 32)) (i32.const 0)";
    // Without call data it answers, with it it forwards.
    let asks = h.deploy_wat(&program(&format!(
        "(if (result i32) (i32.eqz (local.get $len)) (then {answer}) (else {FORWARD}))"
    )));
    let evm = h.deploy_code(&evm_forward(0xF1));
    let lends = h.deploy_code(&evm_forward(0xF4));
    let clone = h.deploy_code(&clone_of(asks));
    let mut reported = |account: Address, data: Vec<u8>| {
        let mined = h.send(account, data);
        assert!(mined.execution.success(), "{:?}", mined.execution);
        U256::from_be_slice(&mined.execution.output) == U256::from(1)
    };
    assert!(!reported(asks, vec![]), "a first entry");
    assert!(reported(asks, to(asks, &[])), "directly");
    assert!(reported(asks, to(evm, &to(asks, &[]))), "through EVM code");
    assert!(!reported(asks, to(clone, &[])), "a clone is another account");
    assert!(!reported(clone, vec![]), "a clone's first entry is one span");
    assert!(reported(clone, to(clone, &[])), "a clone re-entered");
    assert!(!reported(lends, to(asks, &[])), "a delegate call lends the context");
}

#[test]
fn a_program_creates_contracts_at_the_addresses_of_the_evm() {
    let mut h = Harness::default();
    let create = |function: &str, salt: &str| {
        program(&format!(
            "(call ${function} (i32.const 0) (local.get $len) (i32.const 60000) {salt} (i32.const 61012) (i32.const 62000))
             (call $write_result (i32.const 61000) (i32.const 32)) (i32.const 0)"
        ))
    };
    let create1 = h.deploy_wat(&create("create1", ""));
    let create2 = h.deploy_wat(&create("create2", "(i32.const 60100)"));
    let init = init_code(&hex!("5f5ff3"));
    let nonce = h.chain.head_state().nonce(create1);
    let made = h.send(create1, init.clone()).execution;
    assert_eq!(Address::from_word(B256::from_slice(&made.output)), create1.create(nonce));
    assert_eq!(h.chain.head_state().code(create1.create(nonce)), Bytes::from_static(&hex!("5f5ff3")));
    let expected = create2.create2(B256::ZERO, keccak256(&init));
    let made = h.send(create2, init.clone()).execution;
    assert_eq!(Address::from_word(B256::from_slice(&made.output)), expected);
    let again = h.send(create2, init).execution;
    assert!(again.success());
    assert_eq!(Address::from_word(B256::from_slice(&again.output)), Address::ZERO, "the address is taken");
}

#[test]
fn code_that_starts_with_ef_is_refused_unless_it_is_a_program() {
    let mut h = Harness::default();
    for (code, accepted) in [
        (&hex!("ef")[..], false),
        (&hex!("ef0100")[..], false),
        (&hex!("eff1")[..], false),
        (&hex!("eff00000")[..], true),
        (&hex!("fe")[..], true),
    ] {
        let mut request = alloy::rpc::types::TransactionRequest { from: Some(h.sender()), ..Default::default() }
            .input(Bytes::from(init_code(code)).into());
        request.to = Some(alloy_primitives::TxKind::Create);
        let mined = h.submit(request);
        assert_eq!(mined.execution.success(), accepted, "{code:02x?}");
    }
}

#[test]
fn a_callee_gets_63_64ths_and_no_more_than_asked() {
    let mut h = Harness::default();
    let gas = h.deploy_wat(&program(
        "(i64.store (i32.const 2000) (call $gas)) (call $write_result (i32.const 2000) (i32.const 8)) (i32.const 0)",
    ));
    let forward = h.deploy_wat(&program(FORWARD));
    let left = |output: &Bytes| u64::from_le_bytes(output[..8].try_into().unwrap());
    let direct = left(&h.send(gas, vec![]).execution.output);
    let forwarded = left(&h.send(forward, to(gas, &[])).execution.output);
    assert!(forwarded < direct * 63 / 64 && forwarded > direct * 63 / 64 - 10_000, "{forwarded} of {direct}");
}

#[test]
fn running_out_of_ink_or_stack_takes_all_gas_and_a_trap_does_not() {
    let mut h = Harness::default();
    let endless = h.deploy_wat(&program("(loop $l (br $l)) (i32.const 0)"));
    let deep = h.deploy_wat(&program("(call $recurse (i32.const 0))"));
    let trap = h.deploy_wat(&program("(unreachable)"));
    let outside = h.deploy_wat(&program("(i32.load (i32.const -1))"));
    let float = h.deploy_wat(&program("(drop (f64.load (i32.const 0))) (i32.const 0)"));
    for (target, outcome, all) in [
        (endless, Outcome::Halt("out of gas".into()), true),
        (float, Outcome::Halt("out of gas".into()), true),
        (deep, Outcome::Halt("stack limit reached".into()), true),
        (trap, Outcome::Revert, false),
        (outside, Outcome::Revert, false),
    ] {
        let mined = h.send(target, vec![]);
        assert_eq!(mined.execution.outcome, outcome);
        assert_eq!(mined.execution.gas_used == fomo_tests::GAS, all, "{}", mined.execution.gas_used);
        assert!(mined.execution.output.is_empty());
    }
    assert!(h.send(h.sender(), vec![]).execution.success(), "the chain goes on");
}

#[test]
fn calls_nest_until_gas_or_depth_ends_them_without_native_stack() {
    let mut h = Harness::default();
    let forward = h.deploy_wat(&program(FORWARD));
    let evm = h.deploy_code(&evm_forward(0xF1));
    // Each hand takes 20 bytes off the data: 600 programs and 600 EVM frames in turns, more than gas or depth allow.
    let chain: Vec<u8> = (0..600).flat_map(|_| [evm, forward]).flat_map(|hand| hand.to_vec()).collect();
    let mined = h.send(forward, chain);
    assert_ne!(mined.execution.outcome, Outcome::Success);
    assert!(mined.execution.gas_used <= fomo_tests::GAS);
    // A self-call without end.
    let own = h.deploy_wat(&program(
        "(call $self (i32.const 0))
         (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 900) (i64.const -1) (i32.const 950)))
         (i32.const 0)",
    ));
    assert!(h.send(own, vec![]).execution.gas_used <= fomo_tests::GAS);
    assert!(h.send(h.sender(), vec![]).execution.success(), "the chain goes on");
}

#[test]
fn what_is_cached_and_not_flushed_is_seen_by_nobody_else() {
    let mut h = Harness::default();
    let read = "(call $load (i32.const 1000) (i32.const 1100)) (call $write_result (i32.const 1100) (i32.const 32)) (i32.const 0)";
    // Without data it reads slot 0; with data it writes 7 without a flush and forwards.
    let asks = h.deploy_wat(&program(&format!(
        "(if (result i32) (i32.eqz (local.get $len)) (then {read})
           (else (i32.store8 (i32.const 1231) (i32.const 7)) (call $cache (i32.const 1000) (i32.const 1200)) {FORWARD}))"
    )));
    let mined = h.send(asks, to(asks, &[]));
    assert_eq!(mined.execution.output, Bytes::from(vec![0; 32]));
    assert_eq!(slot0(&h, asks), U256::ZERO, "what was never flushed is gone");
}

#[test]
fn no_program_gets_more_pages_than_gas_can_buy() {
    let mut h = Harness::default();
    for pages in [65_535u32, 65_536, 65_537, u32::MAX] {
        let greedy = h.deploy_wat(&format!(
            r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 0)
              (func (export "user_entrypoint") (param i32) (result i32) (drop (memory.grow (i32.const {pages}))) (i32.const 0)))"#
        ));
        let mined = h.send(greedy, vec![]);
        assert_eq!(mined.execution.outcome, Outcome::Halt("out of gas".into()), "{pages}");
    }
}

// ---- with the status of each call as data ----

/// Calls the address in bytes 0-19 with the value in 20-51, the gas in 52-59 and the rest; gives back the status in a
/// byte and what came back.
const CALL_WITH: &str = r#"
    (i32.store8 (i32.const 50999) (call $call (i32.const 0) (i32.const 60) (i32.sub (local.get $len) (i32.const 60))
      (i32.const 20) (i64.load (i32.const 52)) (i32.const 50000)))
    (drop (call $returned (i32.const 51000) (i32.const 0) (i32.load (i32.const 50000))))
    (call $write_result (i32.const 50999) (i32.add (i32.load (i32.const 50000)) (i32.const 1)))
    (i32.const 0)"#;

/// The same by a delegate or static call, which takes no value.
fn call_by(function: &str) -> String {
    format!(
        r#"(i32.store8 (i32.const 50999) (call ${function} (i32.const 0) (i32.const 60)
             (i32.sub (local.get $len) (i32.const 60)) (i64.load (i32.const 52)) (i32.const 50000)))
           (drop (call $returned (i32.const 51000) (i32.const 0) (i32.load (i32.const 50000))))
           (call $write_result (i32.const 50999) (i32.add (i32.load (i32.const 50000)) (i32.const 1)))
           (i32.const 0)"#
    )
}

/// Call data for these.
fn with(target: Address, value: u64, gas: u64, rest: &[u8]) -> Vec<u8> {
    [target.as_slice(), &U256::from(value).to_be_bytes::<32>(), &gas.to_le_bytes(), rest].concat()
}

const ALL: u64 = u64::MAX;
const SUCCEEDED: u8 = 0;
const FAILED: u8 = 2;

/// Writes its first word to slot 0.
const STORE: &str = "(call $cache (i32.const 1000) (i32.const 0)) (call $flush (i32.const 0)) (i32.const 0)";
/// EVM code that does the same.
const EVM_STORE: [u8; 5] = hex!("5f355f5500");
/// EVM code that returns the gas that it has after one instruction of 2 gas.
const EVM_GAS: [u8; 7] = hex!("5a5f5260205ff3");

fn status_and_data(execution: &fomo_chain::Execution) -> (u8, &[u8]) {
    assert!(execution.success(), "{execution:?}");
    (execution.output[0], &execution.output[1..])
}

#[test]
fn storage_is_shared_by_every_kind_of_delegation_in_both_directions() {
    let mut h = Harness::default();
    let store = h.deploy_wat(&program(STORE));
    let evm_store = h.deploy_code(&EVM_STORE);
    let lends = h.deploy_wat(&program(&call_by("delegate")));
    let value = U256::from(0xABCD).to_be_bytes::<32>();
    for target in [store, evm_store] {
        // From EVM code by DELEGATECALL and CALLCODE.
        for opcode in [0xF4, 0xF2] {
            let evm = h.deploy_code(&evm_forward(opcode));
            assert!(h.send(evm, to(target, &value)).execution.success());
            assert_eq!((slot0(&h, evm), slot0(&h, target)), (U256::from(0xABCD), U256::ZERO));
        }
        // From a program.
        let mined = h.send(lends, with(target, 0, ALL, &value));
        assert_eq!(status_and_data(&mined.execution), (SUCCEEDED, &[][..]));
        assert_eq!((slot0(&h, lends), slot0(&h, target)), (U256::from(0xABCD), U256::ZERO));
        h.chain.set_storage(lends, U256::ZERO, U256::ZERO);
    }
}

#[test]
fn a_delegate_call_keeps_sender_and_value() {
    let mut h = Harness::default();
    // Sender, value and own address, each in a word.
    let tells = h.deploy_wat(&program(
        "(call $sender (i32.const 2012)) (call $value (i32.const 2032)) (call $self (i32.const 2076))
         (call $write_result (i32.const 2000) (i32.const 96)) (i32.const 0)",
    ));
    let clone = h.deploy_code(&clone_of(tells));
    let lends = h.deploy_wat(&program(&call_by("delegate")));
    for (account, data, skip) in [(tells, vec![], 0), (clone, vec![], 0), (lends, with(tells, 0, ALL, &[]), 1)] {
        let mined = h.send_value(account, data, U256::from(5));
        let output = &mined.execution.output[skip..];
        assert_eq!(Address::from_slice(&output[12..32]), h.sender());
        assert_eq!(U256::from_be_slice(&output[32..64]), U256::from(5));
        assert_eq!(Address::from_slice(&output[76..96]), account);
    }
}

#[test]
fn a_failed_creation_gives_no_address_and_only_a_revert_gives_data() {
    let mut h = Harness::default();
    // Endowment in 0-31, then the init code; gives back the address and what the creation returned.
    let creates = h.deploy_wat(&program(
        r#"(call $create1 (i32.const 32) (i32.sub (local.get $len) (i32.const 32)) (i32.const 0)
             (i32.const 61012) (i32.const 50000))
           (drop (call $returned (i32.const 61032) (i32.const 0) (i32.load (i32.const 50000))))
           (call $write_result (i32.const 61000) (i32.add (i32.const 32) (call $returned_size))) (i32.const 0)"#,
    ));
    let program_code = fomo_wasm::code::encode(&fomo_tests::assemble(&program(COUNTER))).unwrap();
    let mut create = |endowment: u64, init: &[u8]| {
        let data = [&U256::from(endowment).to_be_bytes::<32>(), init].concat();
        let mined = h.send_value(creates, data, U256::from(endowment.min(10)));
        assert!(mined.execution.success(), "{:?}", mined.execution);
        assert!(mined.execution.gas_used < fomo_tests::GAS);
        let output = mined.execution.output;
        (Address::from_slice(&output[12..32]), output[32..].to_vec(), h.chain.head_state().nonce(creates))
    };
    // mstore8(0, 0xAB), revert(0, 1)
    let reverts = hex!("60ab5f5360015ffd");
    let (address, data, nonce) = create(0, &reverts);
    assert_eq!((address, data), (Address::ZERO, vec![0xAB]));
    for init in [&init_code(&hex!("ef00"))[..], &hex!("fe"), &hex!("5b5f56")] {
        let (address, data, _) = create(0, init);
        assert_eq!((address, data), (Address::ZERO, vec![]), "{init:02x?}");
    }
    let (_, _, later) = create(0, &[]);
    assert_eq!(later, nonce + 4, "each that was tried took a nonce");
    let (address, data, after) = create(1_000, &init_code(&hex!("00")));
    assert_eq!((address, data, after), (Address::ZERO, vec![], later), "without the money it was not even tried");

    let (address, data, _) = create(7, &init_code(&program_code));
    assert!(data.is_empty(), "a creation that succeeds returns nothing");
    assert_ne!(address, Address::ZERO);
    assert_eq!(h.chain.head_state().code(address), Bytes::from(program_code));
    assert_eq!(h.chain.head_state().balance(address), U256::from(7));
    assert!(h.activate(address).execution.success());
    assert!(h.send(address, []).execution.success(), "a program made by a program");
}

#[test]
fn a_constructor_calls_a_program() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    // Calls the counter and returns what it returned as its code.
    let init = [&hex!("60205f5f5f5f73")[..], counter.as_slice(), &hex!("5af15060205ff3")].concat();
    let request = alloy::rpc::types::TransactionRequest { from: Some(h.sender()), ..Default::default() };
    let mut request = request.input(Bytes::from(init).into());
    request.to = Some(alloy_primitives::TxKind::Create);
    let created = h.submit(request).execution.created.unwrap();
    assert_eq!(slot0(&h, counter), U256::from(1));
    assert_eq!(h.chain.head_state().code(created), Bytes::from(B256::with_last_byte(1).to_vec()));
}

#[test]
fn refunds_of_programs_count_up_to_a_fifth_and_go_with_a_revert() {
    let mut h = Harness::default();
    // Clears as many slots as byte 1 says and ends with the status in byte 0, less one.
    let clears = h.deploy_wat(&program(
        r#"(loop $l
             (i32.store8 (i32.const 1031) (local.get $i))
             (call $cache (i32.const 1000) (i32.const 1100))
             (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $l (i32.lt_u (local.get $i) (i32.load8_u (i32.const 1)))))
           (call $flush (i32.const 0)) (i32.sub (i32.load8_u (i32.const 0)) (i32.const 1))"#,
    ));
    let outer = h.deploy_wat(&program(CALL_WITH));
    let fill = |h: &mut Harness| (0..8).for_each(|n| h.chain.set_storage(clears, U256::from(n), U256::from(n + 1)));
    for slots in [1, 2, 8] {
        fill(&mut h);
        let spent = h.send(clears, [2, slots]).execution;
        assert_eq!(spent.outcome, Outcome::Revert);
        assert_eq!(slot0(&h, clears), U256::from(1), "a revert brings them back");
        let used = h.send(clears, [1, slots]).execution;
        assert!(used.success());
        let refund = (4_800 * u64::from(slots)).min(spent.gas_used / 5);
        assert_eq!(used.gas_used, spent.gas_used - refund, "{slots} slots");
        assert_eq!(slot0(&h, clears), U256::ZERO);
    }
    // An inner call's refund counts, unless it reverts.
    fill(&mut h);
    let reverted = h.send(outer, with(clears, 0, ALL, &[2, 1])).execution;
    assert_eq!(status_and_data(&reverted).0, FAILED);
    let kept = h.send(outer, with(clears, 0, ALL, &[1, 1])).execution;
    assert_eq!(status_and_data(&kept).0, SUCCEEDED);
    assert_eq!(kept.gas_used, reverted.gas_used - 4_800);
}

#[test]
fn value_comes_with_a_stipend_and_only_where_there_is_enough() {
    let mut h = Harness::default();
    let pays = h.deploy_wat(&program(CALL_WITH));
    let gas = h.deploy_code(&EVM_GAS);
    let evm = h.deploy_code(&evm_forward(0xF1));
    h.chain.set_balance(pays, U256::from(100));
    let number = |data: &[u8]| U256::from_be_slice(data).to::<u64>();
    for (value, wanted, given) in [(10, 0, 2_298), (10, 10_000, 12_298), (0, 10_000, 9_998)] {
        let mined = h.send(pays, with(gas, value, wanted, &[]));
        let (status, data) = status_and_data(&mined.execution);
        assert_eq!((status, number(data)), (SUCCEEDED, given));
    }
    assert_eq!(h.chain.head_state().balance(gas), U256::from(20));
    let mined = h.send(pays, with(gas, 81, ALL, &[]));
    assert_eq!(status_and_data(&mined.execution), (FAILED, &[][..]));
    assert!(mined.execution.gas_used < 100_000, "the gas came back: {}", mined.execution.gas_used);
    assert_eq!(h.chain.head_state().balance(pays), U256::from(80));
    // No gas and no value: not even one instruction.
    let mined = h.send(pays, with(gas, 0, 0, &[]));
    assert_eq!(status_and_data(&mined.execution), (FAILED, &[][..]));
    // To an account that does not exist yet, which costs more.
    let nobody = Address::repeat_byte(0x99);
    let new = h.send(pays, with(nobody, 1, 0, &[])).execution;
    let known = h.send(pays, with(nobody, 1, 0, &[])).execution;
    assert_eq!(new.gas_used - known.gas_used, 25_000);
    assert_eq!(h.chain.head_state().balance(nobody), U256::from(2));
    let mined = h.send(evm, to(pays, &with(gas, 1_000_000, ALL, &[])));
    assert_eq!(status_and_data(&mined.execution).0, FAILED, "through EVM code");
}

#[test]
fn an_explicit_gas_limit_holds_and_at_most_63_64ths_are_given() {
    let mut h = Harness::default();
    let calls = h.deploy_wat(&program(CALL_WITH));
    let gas = h.deploy_code(&EVM_GAS);
    // The program's own gas right before its call, and that of its callee.
    let measures = h.deploy_wat(&program(
        r#"(drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 900) (i64.const -1) (i32.const 950)))
           (i64.store (i32.const 2000) (call $gas))
           (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 900) (i64.const -1) (i32.const 950)))
           (drop (call $returned (i32.const 2008) (i32.const 0) (i32.const 32)))
           (call $write_result (i32.const 2000) (i32.const 40)) (i32.const 0)"#,
    ));
    for wanted in [100, 5_000, 1_000_000] {
        let mined = h.send(calls, with(gas, 0, wanted, &[]));
        let (status, data) = status_and_data(&mined.execution);
        assert_eq!((status, U256::from_be_slice(data)), (SUCCEEDED, U256::from(wanted - 2)));
    }
    let output = h.send(measures, gas.to_vec()).execution.output;
    let before = u64::from_le_bytes(output[..8].try_into().unwrap());
    let given = U256::from_be_slice(&output[8..40]).to::<u64>() + 2;
    // Between the two it pays for the call's host function (three pointers, leaving the program, reading nothing
    // twice), the account that is warm by now, and a few instructions.
    let after_host = before - (8_400 + 3 * 5_040 + 59_673 + 2 * 16_381) / 10_000 - 100;
    let most = after_host * 63 / 64;
    assert!(given <= most && given >= most - 3, "{given}, at most {most}");
}

#[test]
fn calls_nest_1024_deep_over_both_kinds_of_code() {
    let config = fomo_chain::Config { block_gas_limit: 10_000_000_000_000, ..Default::default() };
    let mut h = Harness::new(config);
    let forward = h.deploy_wat(&program(FORWARD));
    let evm = h.deploy_code(&evm_forward(0xF1));
    let counter = h.deploy_wat(&program(COUNTER));
    let mut nested = |frames: usize| {
        // One in 16 is a program: no more than 128 pages can be open at once.
        let hands = (1..frames - 1).map(|n| if n % 16 == 0 { forward } else { evm });
        let data: Vec<u8> = hands.chain([counter]).flat_map(|hand| hand.to_vec()).collect();
        let request = alloy::rpc::types::TransactionRequest {
            from: Some(h.sender()),
            gas: Some(9_000_000_000_000),
            ..Default::default()
        };
        h.submit(request.to(evm).input(Bytes::from(data).into())).execution
    };
    let deepest = nested(1_025);
    assert!(deepest.success(), "{:?}", deepest.outcome);
    let too_deep = nested(1_026);
    assert_eq!((too_deep.outcome, too_deep.output), (Outcome::Revert, Bytes::new()));
    assert!(too_deep.gas_used < 1_000_000_000, "what was not used came back");
    assert_eq!(slot0(&h, counter), U256::from(1));
}

#[test]
fn programs_of_one_page_nest_until_128_pages_are_open() {
    let config = fomo_chain::Config { block_gas_limit: 10_000_000_000_000, ..Default::default() };
    let mut h = Harness::new(config);
    // Adds one to slot 0 and calls itself with all gas, whatever becomes of that.
    let own = h.deploy_wat(&program(
        r#"(call $load (i32.const 1000) (i32.const 1100))
           (i32.store8 (i32.const 1131) (i32.add (i32.load8_u (i32.const 1131)) (i32.const 1)))
           (call $cache (i32.const 1000) (i32.const 1100)) (call $flush (i32.const 1))
           (call $self (i32.const 0))
           (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 900) (i64.const -1) (i32.const 950)))
           (i32.const 0)"#,
    ));
    let request = alloy::rpc::types::TransactionRequest {
        from: Some(h.sender()),
        gas: Some(9_000_000_000_000),
        ..Default::default()
    };
    let mined = h.submit(request.to(own));
    assert!(mined.execution.success());
    assert_eq!(slot0(&h, own), U256::from(128));
    // The pages came back: it goes again in the same way.
    let again = h.send(own, []);
    assert!(again.execution.success());
    assert!(slot0(&h, own) > U256::from(130));
}

#[test]
fn a_static_call_is_inherited_whoever_made_it() {
    let mut h = Harness::default();
    let statically = h.deploy_wat(&program(&call_by("static")));
    let evm_static = h.deploy_code(&evm_forward(0xFA));
    let through = h.deploy_wat(&program(FORWARD));
    let pays = h.deploy_wat(&program(CALL_WITH));
    h.chain.set_balance(pays, U256::from(100));
    let nobody = Address::repeat_byte(0x99);
    let writers = [
        STORE,
        "(call $log (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0)",
        "(call $tstore (i32.const 1000) (i32.const 0)) (i32.const 0)",
        "(call $create1 (i32.const 0) (i32.const 0) (i32.const 900) (i32.const 900) (i32.const 950)) (i32.const 0)",
        "(call $create2 (i32.const 0) (i32.const 0) (i32.const 900) (i32.const 900) (i32.const 900) (i32.const 950))
         (i32.const 0)",
    ];
    let mut writers: Vec<Address> = writers.iter().map(|body| h.deploy_wat(&program(body))).collect();
    writers.push(h.deploy_code(&EVM_STORE));
    let one = [1; 32];
    for (index, writer) in writers.into_iter().enumerate() {
        let is_program = index < 5;
        for data in [to(writer, &one), to(through, &to(writer, &one))] {
            let mined = h.send(evm_static, data.clone());
            assert!(!mined.execution.success() && mined.execution.output.is_empty());
            let (target, rest) = data.split_at(20);
            let mined = h.send(statically, with(Address::from_slice(target), 0, ALL, rest));
            assert_eq!(status_and_data(&mined.execution), (FAILED, &[][..]));
            // A program that may not write fails and keeps its gas; the EVM takes it all.
            assert_eq!(mined.execution.gas_used < 200_000, is_program, "{index}: {}", mined.execution.gas_used);
            assert!(mined.execution.logs.is_empty());
        }
        assert_eq!(slot0(&h, writer), U256::ZERO);
        assert!(h.send(writer, one).execution.success(), "{index}: it writes where it may");
    }
    // A call with value fails for the program that makes it, which goes on; one without value does not.
    for (value, status) in [(1, FAILED), (0, SUCCEEDED)] {
        let mined = h.send(evm_static, to(pays, &with(nobody, value, ALL, &[])));
        assert_eq!(status_and_data(&mined.execution), (status, &[][..]));
        assert!(mined.execution.gas_used < 200_000);
    }
    // A flush of nothing is no write.
    let idle = h.deploy_wat(&program(
        "(call $load (i32.const 1000) (i32.const 1100)) (call $cache (i32.const 1000) (i32.const 1100))
         (call $flush (i32.const 1)) (i32.const 0)",
    ));
    assert!(h.send(evm_static, to(idle, &[])).execution.success());
}

#[test]
fn what_was_read_stays_as_it_was_until_the_cache_is_cleared() {
    let mut h = Harness::default();
    // With one byte it writes that to slot 0; without it reads, has itself write 7, and reads again.
    let asks = |clear: i32| {
        program(&format!(
            r#"(if (result i32) (local.get $len)
                 (then
                   (i32.store8 (i32.const 1131) (i32.load8_u (i32.const 0)))
                   (call $cache (i32.const 1000) (i32.const 1100)) (call $flush (i32.const 0)) (i32.const 0))
                 (else
                   (call $load (i32.const 1000) (i32.const 1100))
                   (call $self (i32.const 200)) (i32.store8 (i32.const 300) (i32.const 7))
                   (drop (call $call (i32.const 200) (i32.const 300) (i32.const 1) (i32.const 900) (i64.const -1)
                     (i32.const 950)))
                   (if (i32.const {clear}) (then (call $flush (i32.const 1))))
                   (call $load (i32.const 1000) (i32.const 1100))
                   (call $write_result (i32.const 1100) (i32.const 32)) (i32.const 0)))"#
        ))
    };
    for (clear, read) in [(0, 0), (1, 7)] {
        let account = h.deploy_wat(&asks(clear));
        let mined = h.send(account, []);
        assert!(mined.execution.success());
        assert_eq!(U256::from_be_slice(&mined.execution.output), U256::from(read));
        assert_eq!(slot0(&h, account), U256::from(7), "it was written all the same");
    }
}

#[test]
fn transient_storage_is_shared_by_delegation_and_gone_after_the_transaction() {
    let mut h = Harness::default();
    // Reads transient slot 0, lends itself to the callee, reads again.
    let reads_around = h.deploy_wat(&program(
        r#"(call $tload (i32.const 1000) (i32.const 2000))
           (drop (call $delegate (i32.const 0) (i32.const 20) (i32.sub (local.get $len) (i32.const 20))
             (i64.const -1) (i32.const 50000)))
           (call $tload (i32.const 1000) (i32.const 2032))
           (call $write_result (i32.const 2000) (i32.const 64)) (i32.const 0)"#,
    ));
    let stores = h.deploy_wat(&program("(call $tstore (i32.const 1000) (i32.const 0)) (i32.const 0)"));
    let evm_stores = h.deploy_code(&hex!("5f355f5d00"));
    let nine = B256::with_last_byte(9);
    for target in [stores, evm_stores, stores] {
        let output = h.send(reads_around, to(target, nine.as_slice())).execution.output;
        assert_eq!(output[..], [[0; 32], nine.0].concat()[..], "nothing before, nine after");
    }
    assert_eq!(slot0(&h, stores), U256::ZERO);
}

#[test]
fn a_caller_may_destroy_itself_in_favour_of_the_program_that_it_called() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    // Calls the counter, then SELFDESTRUCT to it.
    let dies =
        [&hex!("5f5f5f5f5f73")[..], counter.as_slice(), &hex!("5af15073"), counter.as_slice(), &hex!("ff")].concat();
    let account = h.deploy_code(&dies);
    let mined = h.send_value(account, [], U256::from(11));
    assert!(mined.execution.success());
    let state = h.chain.head_state();
    assert_eq!((slot0(&h, counter), state.balance(counter)), (U256::from(1), U256::from(11)));
    assert_eq!(state.code(account), Bytes::from(dies.clone()), "since Cancun it stays");
    // One that is made and destroyed in one transaction does not.
    let gone = h.sender().create(h.chain.pending_nonce(h.sender()));
    let request = alloy::rpc::types::TransactionRequest { from: Some(h.sender()), ..Default::default() };
    let mut request = request.input(Bytes::from(dies).into());
    (request.to, request.value) = (Some(alloy_primitives::TxKind::Create), Some(U256::from(3)));
    assert!(h.submit(request).execution.success());
    assert!(h.chain.head_state().account(gone).is_none());
    assert_eq!((slot0(&h, counter), h.chain.head_state().balance(counter)), (U256::from(2), U256::from(14)));
}

#[test]
fn a_program_that_lends_itself_to_a_self_destruction_loses_its_balance_only() {
    let mut h = Harness::default();
    let lends = h.deploy_wat(&program(&call_by("delegate")));
    let heir = Address::repeat_byte(0x55);
    let dies = h.deploy_code(&[&hex!("73")[..], heir.as_slice(), &hex!("ff")].concat());
    let mined = h.send_value(lends, with(dies, 0, ALL, &[]), U256::from(9));
    assert_eq!(status_and_data(&mined.execution).0, SUCCEEDED);
    let state = h.chain.head_state();
    assert_eq!((state.balance(lends), state.balance(heir)), (U256::ZERO, U256::from(9)));
    assert!(h.send(lends, with(heir, 0, ALL, &[])).execution.success(), "the program is still there");
}

#[test]
fn memory_is_bounded_by_128_pages_over_the_call_stack_and_given_back() {
    let mut h = Harness::default();
    // Grows by as many pages as byte 0 says, then calls the address in 1-20 with what follows.
    let grows = h.deploy_wat(&program(
        r#"(if (i32.eq (memory.grow (i32.load8_u (i32.const 0))) (i32.const -1)) (then (unreachable)))
           (if (i32.gt_u (local.get $len) (i32.const 1)) (then
             (local.set $i (call $call (i32.const 1) (i32.const 21) (i32.sub (local.get $len) (i32.const 21))
               (i32.const 60000) (i64.const -1) (i32.const 50000)))))
           (local.get $i)"#,
    ));
    let from = Some(h.sender());
    let request = |target: Address, data: Vec<u8>| {
        let request = alloy::rpc::types::TransactionRequest { from, gas: Some(32_000_000), ..Default::default() };
        request.to(target).input(Bytes::from(data).into())
    };
    let nested = |first: u8, second: u8| [&[first], grows.as_slice(), &[second]].concat();
    for (data, outcome) in [
        (vec![100], Outcome::Success),
        (vec![128], Outcome::Halt("out of gas".into())),
        (vec![255], Outcome::Halt("out of gas".into())),
        (nested(50, 50), Outcome::Success),
        (nested(70, 70), Outcome::Revert),
    ] {
        let mined = h.submit(request(grows, data.clone()));
        assert_eq!(mined.execution.outcome, outcome, "{data:?}");
        if matches!(outcome, Outcome::Halt(_)) {
            assert_eq!(mined.execution.gas_used, 32_000_000);
        }
    }
    // One after the other, each gives its pages back; the ramp is paid once, the pages each time.
    let first = [&hex!("60645f53" "5f5f60015f5f73")[..], grows.as_slice(), &hex!("5af1")].concat();
    let second = [&hex!("5f5f60015f5f73")[..], grows.as_slice(), &hex!("5af1" "025f5260205ff3")].concat();
    let both = h.deploy_code(&[first, second].concat());
    let mined = h.submit(request(both, vec![]));
    assert_eq!(mined.execution.output, Bytes::from(B256::with_last_byte(1).to_vec()), "both succeeded");
    let once = h.submit(request(grows, vec![100])).execution.gas_used;
    assert!(mined.execution.gas_used < 2 * once - 500_000, "{} and {once}", mined.execution.gas_used);
    assert!(mined.execution.gas_used > once + 99_000);
}

#[test]
fn code_over_24576_bytes_is_refused_for_programs_as_for_others() {
    let mut h = Harness::default();
    for (size, accepted) in [(24_576, true), (24_577, false)] {
        for prefix in [&hex!("eff00000")[..], &hex!("00")] {
            let mut code = prefix.to_vec();
            code.resize(size, 7);
            let request = alloy::rpc::types::TransactionRequest { from: Some(h.sender()), ..Default::default() };
            let mut request = request.input(Bytes::from(init_code(&code)).into());
            request.to = Some(alloy_primitives::TxKind::Create);
            let mined = h.submit(request);
            assert_eq!(mined.execution.success(), accepted, "{size}");
            if !accepted {
                assert_eq!(mined.execution.outcome, Outcome::Halt("max code size exceeded".into()));
            }
        }
    }
}

#[test]
fn an_account_delegates_to_a_program() {
    let mut h = Harness::default();
    let counter = h.deploy_wat(&program(COUNTER));
    let account = h.chain.accounts()[4];
    h.chain.set_code(account, [&hex!("ef0100")[..], counter.as_slice()].concat().into());
    let forward = h.deploy_wat(&program(FORWARD));
    let evm = h.deploy_code(&evm_forward(0xF1));
    let lends = h.deploy_code(&evm_forward(0xF4));
    let ways = [
        (account, vec![]),
        (evm, to(account, &[])),
        (forward, to(account, &[])),
        (evm, to(forward, &to(account, &[]))),
    ];
    for (index, (target, data)) in ways.into_iter().enumerate() {
        let mined = h.send(target, data);
        assert!(mined.execution.success(), "{:?}", mined.execution);
        assert_eq!(U256::from_be_slice(&mined.execution.output), U256::from(index + 1));
    }
    assert_eq!((slot0(&h, account), slot0(&h, counter)), (U256::from(4), U256::ZERO));
    assert!(h.send(lends, to(account, &[])).execution.success());
    assert_eq!((slot0(&h, account), slot0(&h, lends)), (U256::from(4), U256::from(1)));
    // The account goes on sending, to itself too.
    let request = alloy::rpc::types::TransactionRequest { from: Some(account), ..Default::default() }.to(account);
    assert!(h.submit(request).execution.success());
    assert_eq!(slot0(&h, account), U256::from(5));
    // Not to a program that is not active.
    let other = h.deploy_code(&hex!("eff00000"));
    h.chain.set_code(account, [&hex!("ef0100")[..], other.as_slice()].concat().into());
    assert!(!h.send(account, []).execution.success());
}

#[test]
fn precompiles_and_accounts_without_code_answer_programs_too() {
    let mut h = Harness::default();
    let callers = [CALL_WITH.to_owned(), call_by("delegate"), call_by("static")];
    let callers = callers.map(|body| h.deploy_wat(&program(&body)));
    let (identity, sha256) = (Address::with_last_byte(4), Address::with_last_byte(2));
    for caller in callers {
        let mined = h.send(caller, with(identity, 0, ALL, &hex!("c0ffee")));
        assert_eq!(status_and_data(&mined.execution), (SUCCEEDED, &hex!("c0ffee")[..]));
        let mined = h.send(caller, with(sha256, 0, ALL, b"abc"));
        let digest = hex!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(status_and_data(&mined.execution), (SUCCEEDED, &digest[..]));
        let mined = h.send(caller, with(Address::repeat_byte(0x98), 0, ALL, &[1]));
        assert_eq!(status_and_data(&mined.execution), (SUCCEEDED, &[][..]));
        // A precompile without the gas that it wants fails and takes what it was given.
        let mined = h.send(caller, with(sha256, 0, 10, b"abc"));
        assert_eq!(status_and_data(&mined.execution), (FAILED, &[][..]));
    }
}

#[test]
fn logs_of_a_call_that_reverts_go_and_those_around_it_stay() {
    let mut h = Harness::default();
    let log_and_revert = h.deploy_wat(&program("(call $log (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 1)"));
    let calls = h.deploy_wat(&program(&format!("(call $log (i32.const 0) (i32.const 20) (i32.const 0)) {CALL_WITH}")));
    let mined = h.send(calls, with(log_and_revert, 0, ALL, &[]));
    assert_eq!(status_and_data(&mined.execution).0, FAILED);
    let [log] = &mined.execution.logs[..] else { panic!("{:?}", mined.execution.logs) };
    assert_eq!((log.address, &log.data.data[..]), (calls, log_and_revert.as_slice()));
}
