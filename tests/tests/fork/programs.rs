//! Programs of an Arbitrum chain that is forked: as active, as long and at the same price as there.

use alloy::primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use fomo_chain::StateFile;
use fomo_chain::precompiles::{ARB_WASM, ARB_WASM_CACHE};
use fomo_chain::{Config, Execution};
use fomo_rpc::{Upstream, UpstreamOptions};
use fomo_tests::suite::{DAY, GENESIS, IFomoERC20, Suite, tokens};
use fomo_tests::{Harness, IArbWasm, IArbWasmCache, assemble};
use fomo_wasm::code;
use std::sync::Arc;

use crate::common::{Remote, align, assert_same_history, fork};

sol! {
    interface IArbWasmViews {
        function programVersion(address program) external view returns (uint16 version);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
    }
}

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

/// Every view of a program, at the time of the head.
fn views(h: &Harness, program: Address) -> Vec<Execution> {
    let hash = h.chain.head_state().code_hash(program);
    let time = h.chain.block(h.chain.head()).unwrap().header.timestamp;
    let overrides = alloy::rpc::types::BlockOverrides { time: Some(time), ..Default::default() };
    let calls = [
        (ARB_WASM, IArbWasm::programTimeLeftCall { program }.abi_encode()),
        (ARB_WASM, IArbWasm::programInitGasCall { program }.abi_encode()),
        (ARB_WASM, IArbWasmViews::programVersionCall { program }.abi_encode()),
        (ARB_WASM, IArbWasmViews::programMemoryFootprintCall { program }.abi_encode()),
        (ARB_WASM, IArbWasmViews::codehashAsmSizeCall { codehash: hash }.abi_encode()),
        (ARB_WASM_CACHE, IArbWasmCache::codehashIsCachedCall { codehash: hash }.abi_encode()),
    ];
    calls
        .into_iter()
        .map(|(to, data)| {
            let request = alloy::rpc::types::TransactionRequest { from: Some(h.sender()), ..Default::default() };
            let request = request.to(to).input(Bytes::from(data).into());
            h.chain.call(&request, h.chain.head(), &Default::default(), &overrides).unwrap()
        })
        .collect()
}

#[test]
fn programs_are_as_they_are_there() {
    let mut h = Harness::new(Config { genesis_time: Some(GENESIS), ..Config::default() });
    let [expired, old, fresh, never] = [0, 1, 2, 3].map(|tag| h.deploy_code(&counter(tag)));
    assert!(h.activate(expired).execution.success());
    h.chain.set_next_timestamp(GENESIS + 100 * DAY + 1_234).unwrap();
    assert!(h.activate(old).execution.success());
    h.cache(old);
    h.chain.set_next_timestamp(GENESIS + 366 * DAY + 3_588).unwrap();
    assert!(h.activate(fresh).execution.success());
    let all = [expired, old, fresh, never];
    let there: Vec<_> = all.iter().map(|program| views(&h, *program)).collect();
    assert!(there[1][0].success() && !there[0][0].success() && !there[3][0].success());

    let remote = Remote::serve(h.chain.clone());
    let (mut fork, upstream) = fork(&remote.url);
    assert_eq!(upstream.point().arbos, Some(51));
    for (program, there) in all.iter().zip(&there) {
        let before = upstream.requests();
        let here = views(&fork, *program);
        println!("a program: {} requests", upstream.requests() - before);
        assert_eq!(&here, there, "{program}");
    }
    for (program, active) in [(expired, false), (old, true), (fresh, true), (never, false)] {
        assert_eq!(fork.send(program, []).execution.success(), active, "{program}");
    }
    // Whoever pays brings the expired one back, here alone.
    assert!(fork.activate(expired).execution.success());
    assert!(fork.send(expired, []).execution.success());
    assert!(!fork.activate(fresh).execution.success(), "it is up to date");
    let original = assert_same_history(&fork.chain, h.chain.clone());
    for program in all {
        assert_eq!(views(&fork, program), views(&Harness { chain: original.clone() }, program));
    }
    let untouched = Harness { chain: remote.chain() };
    assert_eq!(untouched.chain.head(), h.chain.head());
    assert!(!views(&untouched, expired)[0].success());
}

#[test]
fn a_token_of_the_suite_goes_on() {
    let mut suite = Suite::new();
    align(&mut suite);
    let remote = Remote::serve(suite.harness.chain.clone());
    let (harness, upstream) = fork(&remote.url);
    let mut forked = Suite { harness, ..suite.clone() };
    let (flock, one, other) = (suite.at.flock, suite.users[0], suite.users[1]);
    let mut asked = Vec::new();
    for amount in [5, 6, 7] {
        let before = upstream.requests();
        forked.must(one, flock, IFomoERC20::transferCall { to: other, value: tokens(amount) });
        asked.push(upstream.requests() - before);
    }
    println!("requests of three transfers: {asked:?}");
    assert_eq!(asked[1..], [0, 0]);
    assert_eq!(forked.flock(other), suite.flock(other) + tokens(18));
    assert_same_history(&forked.harness.chain, suite.harness.chain.clone());
    assert_eq!(remote.chain().head(), suite.harness.chain.head());
}

#[test]
fn a_fork_in_a_file_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chain");
    let suite = Suite::new();
    let remote = Remote::serve(suite.harness.chain.clone());
    let (harness, upstream) = fork(&remote.url);
    let mut forked = Suite { harness, ..suite.clone() };
    let (flock, one, other) = (suite.at.flock, suite.users[0], suite.users[1]);
    let (mut file, none) = StateFile::open(&path).unwrap();
    assert!(none.is_none());
    file.save(&mut forked.harness.chain).unwrap();
    forked.must(one, flock, IFomoERC20::transferCall { to: other, value: tokens(5) });
    let slot = U256::from(77);
    forked.harness.chain.set_storage(other, slot, U256::ONE);
    forked.harness.chain.set_storage(flock, slot, U256::ONE);
    forked.harness.chain.set_storage(flock, slot, U256::ZERO);
    file.save(&mut forked.harness.chain).unwrap();
    drop(file);

    let (mut file, chain) = StateFile::open(&path).unwrap();
    let mut chain = chain.unwrap();
    assert_eq!(chain.fork_point(), Some(upstream.point()));
    // Without the chain that it was forked from, what is not in the file is unknown.
    let state = chain.head_state();
    assert_eq!(state.try_storage(flock, slot), Ok(U256::ZERO));
    let error = state.try_balance(Address::repeat_byte(5)).unwrap_err().to_string();
    assert!(error.contains("not connected") && error.contains(&remote.url), "{error}");
    // Another block of it will not do.
    let at_zero = UpstreamOptions { block: Some(0), ..UpstreamOptions::new(&remote.url) };
    let other_fork = Upstream::connect(&at_zero).unwrap();
    let error = chain.attach(other_fork.point().clone(), Arc::new(other_fork)).unwrap_err().to_string();
    assert!(error.contains("made from block"), "{error}");
    chain.attach(upstream.point().clone(), Arc::new(upstream.clone())).unwrap();

    assert_eq!((chain.head(), chain.head_state().storage(flock, slot)), (forked.harness.chain.head(), U256::ZERO));
    let mut again = Suite { harness: Harness { chain }, ..suite.clone() };
    assert_eq!(again.flock(other), forked.flock(other));
    again.must(one, flock, IFomoERC20::transferCall { to: other, value: tokens(5) });
    assert_eq!(again.flock(other), suite.flock(other) + tokens(10));
    file.save(&mut again.harness.chain).unwrap();
    drop(file);
    let (_, third) = StateFile::open(&path).unwrap();
    let mut third = third.unwrap();
    third.attach(upstream.point().clone(), Arc::new(upstream)).unwrap();
    assert_eq!(third.head(), again.harness.chain.head());
    assert_eq!(Suite { harness: Harness { chain: third }, ..suite.clone() }.flock(other), again.flock(other));

    // A chain of its own has nothing to attach.
    let (_, upstream) = fork(&remote.url);
    let mut own = suite.harness.chain;
    assert!(
        own.attach(upstream.point().clone(), Arc::new(upstream)).unwrap_err().to_string().contains("no other chain")
    );
}
