//! A program's life: deployed, activated, cached, expired, activated again; and what differs between ArbOS versions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256};
use alloy_sol_types::SolValue;
use fomo_chain::precompiles::{ARB_SYS, ARB_WASM};
use fomo_chain::{Config, Mined, Outcome};
use fomo_tests::{GAS, Harness, IArbWasm, assemble, init_code};
use fomo_wasm::code;

const DAY: u64 = 86_400;
const ETHER: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Adds one to slot 0 and returns it; `tag` makes the code another one.
fn counter(tag: u32) -> Vec<u8> {
    let text = format!(
        r#"(module
          (import "vm_hooks" "write_result" (func $result (param i32 i32)))
          (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
          (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
          (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32)
            (drop (i32.const {tag}))
            (call $load (i32.const 0) (i32.const 32))
            (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
            (call $cache (i32.const 0) (i32.const 32)) (call $flush (i32.const 0))
            (call $result (i32.const 32) (i32.const 32)) (i32.const 0)))"#
    );
    code::encode(&assemble(&text)).unwrap()
}

/// A program that does nothing at all.
fn idle(tag: u32) -> Vec<u8> {
    let text = format!(
        r#"(module (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32) (i32.sub (i32.const {tag}) (i32.const {tag}))))"#
    );
    code::encode(&assemble(&text)).unwrap()
}

fn count(mined: &Mined) -> u64 {
    assert!(mined.execution.success(), "{:?}", mined.execution);
    U256::from_be_slice(&mined.execution.output).to()
}

fn code_hash(h: &Harness, account: Address) -> B256 {
    h.chain.head_state().code_hash(account)
}

/// When a program was activated, in whole hours.
fn activated_at(h: &Harness, account: Address) -> u64 {
    let time = h.chain.timestamp();
    time - h.chain.program(code_hash(h, account)).age(time)
}

fn activate_data(program: Address) -> Vec<u8> {
    [&keccak256("activateProgram(address)")[..4], &program.abi_encode()].concat()
}

fn assert_not_entered(mined: &Mined, why: &str) {
    assert_eq!(mined.execution.outcome, Outcome::Halt(why.into()));
    assert_eq!(mined.execution.gas_used, GAS, "all gas is gone");
    assert!(mined.execution.output.is_empty());
    assert_eq!(mined.execution.note.as_deref(), Some(why));
}

#[test]
fn what_was_never_activated_cannot_be_entered() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter(0));
    assert_not_entered(&h.send(program, []), "error ProgramNotActivated()");
    assert_eq!(h.chain.head_state().storage(program, U256::ZERO), U256::ZERO);
    // A contract that calls it goes on with the 64th that it kept, and returns the status.
    let through = h.deploy_code(&[&hex!("5f5f5f5f5f73")[..], program.as_slice(), &hex!("5af15f5260205ff3")].concat());
    let mined = h.send(through, []);
    assert!(mined.execution.success());
    assert_eq!(mined.execution.output, Bytes::from(vec![0; 32]), "the call failed");
    assert!(mined.execution.gas_used > GAS * 62 / 64);
    // What follows the prefix does not matter: nothing is decompressed.
    let garbage = h.deploy_code(&hex!("eff00000"));
    assert_not_entered(&h.send(garbage, []), "error ProgramNotActivated()");
}

#[test]
fn value_for_a_program_that_cannot_be_entered_stays_with_its_sender() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter(0));
    let mined = h.send_value(program, [], ETHER);
    assert!(!mined.execution.success());
    assert_eq!(h.chain.head_state().balance(program), U256::ZERO);
}

#[test]
fn an_activation_lasts_365_days_and_storage_outlives_it() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter(0));
    assert!(h.activate(program).execution.success());
    let activated = activated_at(&h, program);
    assert_eq!(count(&h.send(program, [])), 1);
    h.chain.set_next_timestamp(activated + 365 * DAY).unwrap();
    assert_eq!(count(&h.send(program, [])), 2, "to the last second");
    h.chain.set_next_timestamp(activated + 365 * DAY + 1).unwrap();
    assert_not_entered(&h.send(program, []), &format!("error ProgramExpired({})", 365 * DAY + 1));

    let stranger = Some(h.chain.accounts()[7]);
    let request = TransactionRequest { from: stranger, value: Some(ETHER), ..Default::default() };
    let mined = h.submit(request.to(ARB_WASM).input(Bytes::from(activate_data(program)).into()));
    assert!(mined.execution.success(), "{:?}", mined.execution);
    assert_eq!(count(&h.send(program, [])), 3, "it goes on where it was");
    assert!(h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }) > 364 * DAY);
}

#[test]
fn a_cached_program_that_expired_is_cached_again_with_its_activation() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter(0));
    assert!(h.activate(program).execution.success());
    h.cache(program);
    h.chain.increase_time(366 * DAY);
    assert!(!h.send(program, []).execution.success(), "the cache does not keep it alive");
    assert!(h.activate(program).execution.success());
    assert!(h.chain.program(code_hash(&h, program)).cached);
}

#[test]
fn an_extension_counts_from_its_own_time() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter(0));
    assert!(h.activate(program).execution.success());
    let activated = activated_at(&h, program);
    let hash = code_hash(&h, program);
    let keepalive = [&keccak256("codehashKeepalive(bytes32)")[..4], hash.as_slice()].concat();
    for (time, extends) in
        [(31 * DAY - 1, false), (300 * DAY, true), (300 * DAY + 31 * DAY - 1, false), (665 * DAY + 1, false)]
    {
        if !extends && time > 600 * DAY {
            h.chain.set_next_timestamp(activated + 600 * DAY).unwrap();
            assert_eq!(count(&h.send(program, [])), 1, "long after the first year");
        }
        h.chain.set_next_timestamp(activated + time).unwrap();
        let mined = h.send_value(ARB_WASM, keepalive.clone(), ETHER);
        assert_eq!(mined.execution.success(), extends, "after {time} seconds");
    }
    assert!(!h.send(program, []).execution.success(), "what has expired is not extended");
}

#[test]
fn an_activation_is_of_the_code_wherever_it_lies() {
    let mut h = Harness::default();
    let first = h.deploy_code(&counter(0));
    assert!(h.activate(first).execution.success());
    let second = h.deploy_code(&counter(0));
    assert_eq!(count(&h.send(second, [])), 1, "the same code needs no activation");
    assert_eq!(count(&h.send(second, [])), 2);
    assert_eq!(count(&h.send(first, [])), 1, "storage is the account's");
    let other = h.deploy_code(&counter(1));
    assert!(!h.send(other, []).execution.success(), "other code needs its own");
}

#[test]
fn a_program_is_deployed_activated_and_called_in_one_transaction() {
    let mut h = Harness::default();
    // Creates what its call data says, activates it with its value and calls it; returns what that returns.
    let code = [
        &hex!("365f5f37365f5ff0")[..], // calldatacopy, create
        &[0x63],                       // PUSH4 selector
        &keccak256("activateProgram(address)")[..4],
        &hex!("60e01b5f52"),                         // mstore(0, selector << 224)
        &hex!("80600452"),                           // mstore(4, program)
        &hex!("5f5f60245f3460715af150"),             // call ArbWasm with the value
        &hex!("60205f5f5f5f855af1503d5f5f3e3d5ff3"), // call the program, return its data
    ]
    .concat();
    let deployer = h.deploy_code(&code);
    assert_eq!(count(&h.send_value(deployer, init_code(&counter(0)), ETHER)), 1);
}

#[test]
fn auto_cache_caches_at_activation() {
    let entry = |auto_cache| {
        let mut h = Harness::new(Config { auto_cache, ..Config::default() });
        let program = h.deploy_code(&idle(3));
        assert!(h.activate(program).execution.success());
        let record = h.chain.program(code_hash(&h, program));
        assert_eq!(record.cached, auto_cache);
        (h.send(program, []).execution.gas_used, 8_832 + u64::from(record.init_cost))
    };
    let ((dear, init), (cheap, _)) = (entry(false), entry(true));
    assert_eq!(dear - cheap, init);
}

#[test]
fn the_cache_lowers_the_price_and_leaving_it_raises_it_again() {
    let mut h = Harness::default();
    let program = h.deploy_code(&idle(3));
    assert!(h.activate(program).execution.success());
    let hash = code_hash(&h, program);
    let dear = h.send(program, []).execution.gas_used;
    h.chain.set_cached(hash, true);
    let cheap = h.send(program, []).execution.gas_used;
    h.chain.set_cached(hash, false);
    assert_eq!(dear - cheap, 8_832 + u64::from(h.chain.program(hash).init_cost));
    assert_eq!(h.send(program, []).execution.gas_used, dear);
    h.cache(program);
    assert_eq!(h.send(program, []).execution.gas_used, cheap, "through ArbWasmCache it is the same");
}

/// Gas of calls that are all in one block.
fn gas_in_one_block(h: &mut Harness, programs: &[Address]) -> Vec<u64> {
    h.chain.set_auto_mine(false);
    for program in programs {
        let request = TransactionRequest { from: Some(h.sender()), gas: Some(100_000), ..Default::default() };
        h.chain.submit_request(request.to(*program)).unwrap();
    }
    h.chain.mine(1, None);
    h.chain.set_auto_mine(true);
    let block = h.chain.block(h.chain.head()).unwrap();
    assert_eq!(block.transactions.len(), programs.len());
    assert!(block.transactions.iter().all(|mined| mined.execution.success()));
    block.transactions.iter().map(|mined| mined.execution.gas_used).collect()
}

#[test]
fn from_arbos_60_the_last_32_programs_of_a_block_start_as_cached() {
    for arbos in [51, 60] {
        let mut h = Harness::new(Config { arbos, ..Config::default() });
        let programs: Vec<Address> = (100..133).map(|tag| h.deploy_code(&idle(tag))).collect();
        for program in &programs {
            assert!(h.activate(*program).execution.success());
        }
        let init = 8_832 + u64::from(h.chain.program(code_hash(&h, programs[0])).init_cost);
        let [a, b] = [programs[0], programs[1]];
        let gas = gas_in_one_block(&mut h, &[a, b, a, a, b]);
        let saved = if arbos < 60 { 0 } else { init };
        assert_eq!(gas[0] - gas[2], saved, "{arbos}");
        assert_eq!((gas[2], gas[1] - gas[4]), (gas[3], saved), "{arbos}");
        assert_eq!(gas_in_one_block(&mut h, &[a])[0], gas[0], "{arbos}: the next block begins without any");
        // The 33rd program pushes out the first; the second is still there.
        let all: Vec<Address> = programs.iter().copied().chain([programs[1], programs[0]]).collect();
        let gas = gas_in_one_block(&mut h, &all);
        assert_eq!(gas[0], gas[34], "{arbos}: pushed out");
        assert_eq!(gas[1] - gas[33], saved, "{arbos}: still there");
    }
}

#[test]
fn each_arbos_version_has_its_parameters() {
    // ArbOS, the stack depth, whether multi-value is accepted, whether type 4 exists, whether CLZ does.
    for (arbos, depth, multi_value, type_4, clz) in [
        (32, 262_144, true, false, false),
        (40, 262_144, true, true, false),
        (50, 22_000, true, true, true),
        (51, 22_000, true, true, true),
        (60, 22_000, false, true, true),
    ] {
        let mut h = Harness::new(Config { arbos, ..Config::default() });
        let word = |number: u64| Bytes::from(U256::from(number).abi_encode());
        let ask = |h: &Harness, to, signature: &str| h.call(to, keccak256(signature)[..4].to_vec()).output;
        assert_eq!(ask(&h, ARB_SYS, "arbOSVersion()"), word(55 + arbos), "{arbos}");
        assert_eq!(ask(&h, ARB_WASM, "stylusVersion()"), word(2), "{arbos}");
        assert_eq!(ask(&h, ARB_WASM, "maxStackDepth()"), word(depth), "{arbos}");

        let program = h.deploy_code(&counter(0));
        assert!(h.activate(program).execution.success(), "{arbos}");
        assert_eq!(count(&h.send(program, [])), 1, "{arbos}");

        let two = assemble(
            r#"(module (memory (export "memory") 1 1)
              (func $two (result i32 i32) (i32.const 1) (i32.const 1))
              (func (export "user_entrypoint") (param i32) (result i32) (i32.sub (call $two))))"#,
        );
        let program = h.deploy_code(&code::encode(&two).unwrap());
        assert_eq!(h.activate(program).execution.success(), multi_value, "{arbos}: multi-value");

        let authorization = alloy::eips::eip7702::Authorization { chain_id: U256::ZERO, address: program, nonce: 0 };
        let request = TransactionRequest {
            from: Some(h.sender()),
            gas: Some(100_000),
            authorization_list: Some(vec![authorization.into_signed(alloy_primitives::Signature::test_signature())]),
            ..Default::default()
        };
        assert_eq!(h.chain.submit_request(request.to(h.sender())).is_ok(), type_4, "{arbos}: type 4");

        let request = TransactionRequest { from: Some(h.sender()), to: Some(TxKind::Create), ..Default::default() };
        let mined = h.submit(request.input(Bytes::from_static(&hex!("60011e00")).into()));
        assert_eq!(mined.execution.success(), clz, "{arbos}: CLZ");
    }
}

#[test]
fn a_write_that_cannot_be_paid_for_takes_all_gas_from_arbos_50_on() {
    for (arbos, takes_all) in [(32, false), (40, false), (50, true), (51, true), (60, true)] {
        let mut h = Harness::new(Config { arbos, ..Config::default() });
        let program = h.deploy_code(&counter(0));
        assert!(h.activate(program).execution.success());
        // Enough to enter and to read, not for a new slot.
        let request = TransactionRequest { from: Some(h.sender()), gas: Some(45_000), ..Default::default() };
        let execution = h.submit(request.to(program)).execution;
        let outcome = if takes_all { Outcome::Halt("out of gas".into()) } else { Outcome::Revert };
        assert_eq!(execution.outcome, outcome, "{arbos}");
        assert_eq!(execution.gas_used == 45_000, takes_all, "{arbos}: {}", execution.gas_used);
        assert_eq!(h.chain.head_state().storage(program, U256::ZERO), U256::ZERO, "{arbos}");
    }
}

#[test]
fn the_depth_of_the_stack_is_that_of_the_version() {
    // Recurses as often as the first word of its call data says; a frame is a few words.
    let text = r#"(module
        (import "vm_hooks" "read_args" (func $args (param i32)))
        (memory (export "memory") 1 1)
        (func $down (param $n i32) (result i32)
          (if (result i32) (local.get $n)
            (then (call $down (i32.sub (local.get $n) (i32.const 1)))) (else (i32.const 0))))
        (func (export "user_entrypoint") (param i32) (result i32)
          (call $args (i32.const 0)) (call $down (i32.load (i32.const 0)))))"#;
    for (arbos, deep) in [(40, true), (51, false)] {
        let mut h = Harness::new(Config { arbos, ..Config::default() });
        let program = h.deploy_wat(text);
        assert!(h.send(program, 1_000u32.to_le_bytes()).execution.success(), "{arbos}");
        let mined = h.send(program, 10_000u32.to_le_bytes());
        assert_eq!(mined.execution.success(), deep, "{arbos}: {:?}", mined.execution.outcome);
        let mined = h.send(program, 1_000_000u32.to_le_bytes());
        assert_eq!(mined.execution.outcome, Outcome::Halt("stack limit reached".into()), "{arbos}");
        assert_eq!(mined.execution.gas_used, GAS);
    }
}
