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
    let value: &[u8] = if opcode == 0xF1 { &[0x5F] } else { &[] };
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
