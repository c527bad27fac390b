//! A profile accounts for all ink of a run, and the run is the one that was mined.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use alloy_primitives::{Address, Bytes, U256, bytes};
use fomo_chain::Mined;
use fomo_chain::profile::{CallTree, Profile, Site};
use fomo_chain::trace::Frame;
use fomo_tests::{GAS, Harness};

const INK: u64 = 10_000;
/// Answers 42.
const ANSWER: Bytes = bytes!("602a5f5260205ff3");

/// Function 4 counts down by calling itself, function 5 calls it twice through the table and once not, and stores; what the
/// first byte of the call data says happens at the end: 0 returns, 1 traps, 2 spends all ink, 3 overflows the stack, 4 exits
/// early, 5 calls the address in the next 20 bytes.
const PROGRAM: &str = r#"(module
    (import "vm_hooks" "read_args" (func $args (param i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "exit_early" (func $exit (param i32)))
    (import "vm_hooks" "static_call_contract" (func $call (param i32 i32 i32 i64 i32) (result i32)))
    (memory (export "memory") 1 1)
    (table 1 1 funcref)
    (elem (i32.const 0) $down)
    (type $t (func (param i32)))
    (func $down (param i32)
      (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
    (func $work
      (call_indirect (type $t) (i32.const 5) (i32.const 0))
      (call_indirect (type $t) (i32.const 5) (i32.const 0))
      (call $down (i32.const 2))
      (call $load (i32.const 32) (i32.const 64)))
    (func $forever (loop $l (br $l)))
    (func $deep (call $deep))
    (func (export "user_entrypoint") (param $len i32) (result i32)
      (call $args (i32.const 0))
      (call $work)
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 1)) (then unreachable))
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 2)) (then (call $forever)))
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 3)) (then (call $deep)))
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 4)) (then (call $exit (i32.const 0))))
      (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 5))
        (then (drop (call $call (i32.const 1) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 512)))))
      (i32.const 0)))"#;

fn profile(h: &Harness, mined: &Mined) -> Profile {
    h.chain.profile_transaction(*mined.transaction.tx_hash()).unwrap().unwrap()
}

/// The nodes of a function or a host call: how often it was entered, and the ink spent in it alone.
fn of(tree: &CallTree, site: Site) -> (u64, u64) {
    let nodes = tree.nodes.iter().filter(|node| node.site == site);
    nodes.fold((0, 0), |(calls, ink), node| (calls + node.calls, ink + node.ink))
}

/// What the functions of a program and entering it come to is the gas of its frame, whole gas for begun ones.
#[track_caller]
fn adds_up(h: &Harness, frame: &Frame) {
    let tree = frame.profile.as_ref().expect("a program ran");
    let record = h.chain.program(tree.code_hash);
    let entry = h.chain.rules().cached_gas(record.cached_cost)
        + if record.cached { 0 } else { h.chain.rules().init_gas(record.init_cost) };
    let gas = entry + tree.total().div_ceil(INK);
    assert_eq!(gas, frame.gas_used, "{tree:#?}");
}

#[test]
fn functions_and_host_calls_add_up_to_the_gas_that_was_charged() {
    let mut h = Harness::default();
    let program = h.deploy_wat(PROGRAM);
    let mined = h.send(program, bytes!("00"));
    let profile = profile(&h, &mined);
    assert_eq!(profile.gas_used, mined.execution.gas_used);
    assert_eq!(profile.gas_used, profile.intrinsic_gas + profile.frame.gas_used - profile.refund());
    assert_eq!((profile.intrinsic_gas, profile.refund()), (21_004, 0));
    adds_up(&h, &profile.frame);
    let tree = profile.frame.profile.as_ref().unwrap();
    // The entry point is function 8, behind four imports.
    let calls = |index| of(tree, Site::Function(index)).0;
    assert_eq!([4, 5, 6, 7, 8].map(calls), [6 + 6 + 3, 1, 0, 0, 1]);
    // A cold slot, at what a host call with two pointers costs, and a value written to memory.
    let (count, ink) = of(tree, Site::HostCall("storage_load_bytes32"));
    let base = fomo_wasm::hooks::find("storage_load_bytes32").unwrap().base_ink;
    assert_eq!(count, 1);
    assert!(ink >= 2_100 * INK + base && ink < 2_110 * INK + base, "{ink}");
    // A level is a header and what is in its three blocks; each is exact.
    let (entered, down) = of(tree, Site::Function(4));
    let leaf = down / entered;
    assert!((2 * 2_450..5 * 2_450 + 20_000).contains(&leaf), "{leaf}");
}

#[test]
fn recursion_is_told_level_by_level() {
    let mut h = Harness::default();
    let program = h.deploy_wat(PROGRAM);
    let mined = h.send(program, bytes!("00"));
    let profile = profile(&h, &mined);
    let tree = profile.frame.profile.as_ref().unwrap();
    let work = tree.nodes.iter().find(|node| node.site == Site::Function(5)).unwrap();
    let mut levels = Vec::new();
    let mut node = &tree.nodes[work.children[0]];
    loop {
        assert_eq!(node.site, Site::Function(4));
        levels.push(node.calls);
        match node.children.first() {
            Some(next) => node = &tree.nodes[*next],
            None => break,
        }
    }
    assert_eq!(levels, [3, 3, 3, 2, 2, 2]);
}

#[test]
fn whatever_ends_a_program_its_ink_is_accounted_for() {
    let mut h = Harness::default();
    let program = h.deploy_wat(PROGRAM);
    for (end, function) in [(1_u8, 8_u32), (2, 6), (3, 7), (4, 8)] {
        let mined = h.send(program, vec![end]);
        assert_eq!(mined.execution.success(), end == 4, "{end}");
        let profile = profile(&h, &mined);
        assert_eq!(profile.gas_used, mined.execution.gas_used, "{end}");
        let tree = profile.frame.profile.as_ref().unwrap();
        assert!(of(tree, Site::Function(function)).0 > 0, "{end}: {tree:#?}");
        match end {
            // All gas of the frame is gone, of which the program had what entering left.
            2 | 3 => assert_eq!(profile.frame.gas_used, GAS - profile.intrinsic_gas),
            _ => adds_up(&h, &profile.frame),
        }
        if end == 2 {
            assert!(of(tree, Site::Function(6)).1 > (GAS - 100_000) * INK, "it is where the ink went");
        }
    }
}

#[test]
fn frames_hang_under_the_host_calls_that_ran_them() {
    let mut h = Harness::default();
    let program = h.deploy_wat(PROGRAM);
    let answer = Address::repeat_byte(0xA1);
    h.chain.set_code(answer, ANSWER);
    for callee in [answer, program, Address::with_last_byte(0x71), Address::repeat_byte(0xEE)] {
        let mined = h.send(program, [&[5], callee.as_slice()].concat());
        assert!(mined.execution.success());
        let profile = profile(&h, &mined);
        assert_eq!(profile.gas_used, mined.execution.gas_used);
        adds_up(&h, &profile.frame);
        let tree = profile.frame.profile.as_ref().unwrap();
        let call = tree.nodes.iter().find(|node| node.site == Site::HostCall("static_call_contract")).unwrap();
        assert_eq!((&call.frames[..], profile.frame.calls.len()), (&[0][..], 1), "{callee}");
        let inner = &profile.frame.calls[0];
        assert_eq!(inner.to, Some(callee));
        assert!(call.ink >= inner.gas_used * INK);
        assert_eq!(inner.profile.is_some(), callee == program);
        if callee == program {
            adds_up(&h, inner);
        }
    }
}

#[test]
fn a_call_is_profiled_like_a_transaction() {
    let mut h = Harness::default();
    let program = h.deploy_wat(PROGRAM);
    let request = alloy::rpc::types::TransactionRequest {
        from: Some(h.sender()),
        to: Some(program.into()),
        gas: Some(1_000_000),
        value: Some(U256::ONE),
        ..Default::default()
    };
    let (head, none) = (h.chain.head(), Default::default());
    let profile = h.chain.profile_call(&request, head, &none, &Default::default()).unwrap();
    let ran = h.chain.call(&request, head, &none, &Default::default()).unwrap();
    assert_eq!((profile.gas_used, profile.intrinsic_gas), (ran.gas_used, 21_000));
    adds_up(&h, &profile.frame);
}

#[derive(Debug, clap::Parser)]
struct Line {
    #[command(flatten)]
    options: fomo::profile::Options,
}

#[test]
fn the_command_names_the_functions_of_the_suite_and_draws_them() {
    use fomo_tests::suite::{Suite, VENUES, tokens};

    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let buyer = suite.users[0];
    suite.buy(buyer, token, tokens(100));
    let head = suite.harness.chain.block(suite.harness.chain.head()).unwrap();
    let buy = *head.transactions[0].transaction.tx_hash();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(fomo_rpc::Server::start(suite.harness.chain, ([127, 0, 0, 1], 0).into())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graphs/buy.svg");
    let line = |hash: &str| {
        let words = ["profile", hash, "--network", &server.url(), "--out", file.to_str().unwrap()];
        let options = <Line as clap::Parser>::try_parse_from(words).unwrap().options;
        runtime.block_on(fomo::profile::run(&options)).map_err(|error| format!("{error:#}"))
    };
    line(&buy.to_string()).unwrap();
    let graph = std::fs::read_to_string(&file).unwrap();
    for name in
        ["launchpad: call: buy", "flock: call: transferFrom", "storage_flush_cache", "fomo_common::math::mul_div"]
    {
        assert!(graph.contains(name), "{name}");
    }
    let unknown = line(&alloy_primitives::B256::ZERO.to_string()).unwrap_err();
    assert!(unknown.contains("transaction not found"), "{unknown}");
}
