//! A fork of Foundry's anvil: a chain that knows nothing of Stylus, and that this project did not write.

use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256, address, bytes, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use fomo::npm;
use fomo_chain::precompiles::ARB_WASM;
use fomo_rpc::{Upstream, UpstreamOptions};
use fomo_tests::anvil::Anvil;
use fomo_tests::suite::DAY;
use fomo_tests::{GAS, Harness, IArbWasm, assemble};
use fomo_wasm::code;
use serde_json::{Value, json};

use crate::common::{Remote, fork};

sol! {
    interface IFactory {
        function createPair(address a, address b) external returns (address pair);
        function getPair(address a, address b) external view returns (address pair);
        function allPairsLength() external view returns (uint256);
        function setFeeTo(address to) external;
        function feeToSetter() external view returns (address);
    }
}

const COUNTER: Address = address!("00000000000000000000000000000000000c0de1");
const PROGRAM: Address = address!("00000000000000000000000000000000000c0de2");
const BROKEN: Address = address!("00000000000000000000000000000000000c0de3");
/// Adds one to slot 0 and emits an event.
const COUNTS: Bytes = bytes!("600160005401600055600760206000a100");

fn word(number: u64) -> Value {
    json!(B256::from(U256::from(number)))
}

/// Adds one to slot 0 and returns it.
fn counting_program() -> Bytes {
    let text = r#"(module
      (import "vm_hooks" "write_result" (func $result (param i32 i32)))
      (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
      (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
      (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $load (i32.const 0) (i32.const 32))
        (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
        (call $cache (i32.const 0) (i32.const 32)) (call $flush (i32.const 0))
        (call $result (i32.const 32) (i32.const 32)) (i32.const 0)))"#;
    code::encode(&assemble(text)).unwrap().into()
}

/// An anvil with an EVM contract, a program, the factory of Uniswap V2 and a few blocks.
fn prepared() -> (Anvil, Remote, Address) {
    let anvil = Anvil::start(&[["--chain-id", "31337"], ["--hardfork", "osaka"]]);
    let remote = Remote::at(&anvil.url);
    remote.ask("anvil_setCode", json!([COUNTER, COUNTS]));
    remote.ask("anvil_setCode", json!([PROGRAM, counting_program()]));
    remote.ask("anvil_setStorageAt", json!([PROGRAM, "0x0", word(6)]));
    remote.ask("anvil_setCode", json!([BROKEN, "0xeff00000ff"]));
    let from = remote.ask("eth_accounts", json!([]))[0].clone();
    let send = |mut request: Value| {
        request["from"] = from.clone();
        let hash = remote.ask("eth_sendTransaction", json!([request]));
        // It mines in the background.
        let receipt = loop {
            let receipt = remote.ask("eth_getTransactionReceipt", json!([hash]));
            if !receipt.is_null() {
                break receipt;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    };
    for _ in 0..3 {
        send(json!({ "to": COUNTER, "gas": "0x186a0" }));
    }
    let sender: Address = from.as_str().unwrap().parse().unwrap();
    let init = [npm::uniswap_v2().unwrap().factory.to_vec(), sender.abi_encode()].concat();
    let created = send(json!({ "data": Bytes::from(init), "gas": "0x4c4b40" }));
    let factory = created["contractAddress"].as_str().unwrap().parse().unwrap();
    (anvil, remote, factory)
}

#[test]
fn contracts_of_anvil_go_on_here() {
    let (anvil, remote, factory) = prepared();
    let (mut h, upstream) = fork(&anvil.url);
    let point = upstream.point().clone();
    assert_eq!((point.chain_id, point.number(), point.arbos), (31_337, 4, None));
    assert_eq!((h.chain.config().chain_id, h.chain.head()), (31_337, 4));

    // What is there is as it is there, block and time included.
    let state = h.chain.head_state();
    assert_eq!(state.storage(COUNTER, U256::ZERO), U256::from(3));
    assert_eq!(state.code(COUNTER), COUNTS);
    assert_eq!(h.chain.pending_nonce(h.sender()), 4, "the sender goes on where it was");
    let head = remote.ask("eth_getBlockByNumber", json!(["0x4", false]));
    assert_eq!(json!(point.hash), head["hash"]);
    assert!(h.chain.timestamp() - point.header.timestamp < 60);

    let before = upstream.requests();
    let mined = h.send(COUNTER, []);
    println!("the first call of a contract: {} requests", upstream.requests() - before);
    assert!(mined.execution.success(), "{:?}", mined.execution);
    assert_eq!(h.chain.head_state().storage(COUNTER, U256::ZERO), U256::from(4));
    assert_eq!(h.chain.block(5).unwrap().header.parent_hash, point.hash);

    // A factory that was deployed there makes pairs here.
    assert_eq!(h.view(factory, IFactory::feeToSetterCall {}), h.sender());
    let [a, b] = [Address::repeat_byte(1), Address::repeat_byte(2)];
    let before = upstream.requests();
    let created = h.send(factory, IFactory::createPairCall { a, b }.abi_encode());
    println!("a pair of Uniswap V2: {} requests", upstream.requests() - before);
    assert!(created.execution.success(), "{:?}", created.execution);
    let pair = h.view(factory, IFactory::getPairCall { a, b });
    assert!(h.chain.head_state().code(pair).len() > 5_000);
    let before = upstream.requests();
    assert_eq!(h.view(factory, IFactory::allPairsLengthCall {}), U256::ONE);
    assert_eq!(upstream.requests(), before, "what was read or written is known");

    // And anvil knows nothing of it, now or later.
    assert_eq!(remote.ask("eth_blockNumber", json!([])), "0x4");
    assert_eq!(remote.ask("eth_getStorageAt", json!([COUNTER, "0x0", "latest"])), word(3));
    assert_eq!(remote.ask("eth_getCode", json!([pair, "latest"])), "0x");
    remote.ask("anvil_mine", json!(["0x1"]));
    remote.ask("anvil_setStorageAt", json!([COUNTER, "0x7", word(7)]));
    remote.ask("anvil_mine", json!(["0x20"]));
    assert_eq!(h.chain.head_state().storage(COUNTER, U256::from(7)), U256::ZERO, "it is read at the fork's block");
}

#[test]
fn programs_of_a_chain_without_stylus_are_active_from_the_fork_on() {
    let (anvil, _remote, _) = prepared();
    let (mut h, upstream) = fork(&anvil.url);
    let left = h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program: PROGRAM });
    assert!((365 * DAY - 3_600 - 60..=365 * DAY).contains(&left), "{left}");

    // It costs what its own activation would find out.
    let mut own = Harness::default();
    let program = own.deploy_code(&counting_program());
    assert!(own.activate(program).execution.success());
    let gas = |h: &Harness, program| h.view(ARB_WASM, IArbWasm::programInitGasCall { program });
    let (here, there) = (gas(&h, PROGRAM), gas(&own, program));
    assert_eq!((here.gas, here.gasWhenCached), (there.gas, there.gasWhenCached));

    let before = upstream.requests();
    let mined = h.send(PROGRAM, []);
    println!("the first call of a program: {} requests", upstream.requests() - before);
    assert_eq!(mined.execution.output, Bytes::from(B256::with_last_byte(7).to_vec()), "{:?}", mined.execution);
    assert_eq!(h.send(PROGRAM, []).execution.output, Bytes::from(B256::with_last_byte(8).to_vec()));

    // It expires and is activated again like any other.
    h.chain.increase_time(366 * DAY);
    assert!(!h.send(PROGRAM, []).execution.success());
    assert!(h.activate(PROGRAM).execution.success());
    assert_eq!(h.send(PROGRAM, []).execution.output, Bytes::from(B256::with_last_byte(9).to_vec()));

    // What no chain could activate is not active.
    let mined = h.send(BROKEN, []);
    assert_eq!(mined.execution.note.as_deref(), Some("error ProgramNotActivated()"));
    assert_eq!(mined.execution.gas_used, GAS);
}

#[test]
fn a_contract_calls_a_program_over_the_fork() {
    let (anvil, remote, _) = prepared();
    // Calls the program and returns what it returned.
    let calls = [&hex!("60205f5f5f5f73")[..], PROGRAM.as_slice(), &hex!("5af15060205ff3")].concat();
    let caller = Address::repeat_byte(9);
    remote.ask("anvil_setCode", json!([caller, Bytes::from(calls)]));
    let (mut h, _) = fork(&anvil.url);
    let mined = h.send(caller, []);
    assert_eq!(mined.execution.output, Bytes::from(B256::with_last_byte(7).to_vec()), "{:?}", mined.execution);
    // And a program that was deployed here reads what is there.
    let hash = keccak256(COUNTS);
    let text = format!(
        r#"(module
          (import "vm_hooks" "write_result" (func $result (param i32 i32)))
          (import "vm_hooks" "account_codehash" (func $hash (param i32 i32)))
          (memory (export "memory") 1 1)
          (data (i32.const 0) "{}")
          (func (export "user_entrypoint") (param i32) (result i32)
            (call $hash (i32.const 0) (i32.const 32))
            (call $result (i32.const 32) (i32.const 32)) (i32.const 0)))"#,
        COUNTER.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>()
    );
    let asks = h.deploy_wat(&text);
    assert_eq!(h.send(asks, []).execution.output, Bytes::from(hash.to_vec()));
}

#[test]
fn an_older_block_is_forked_as_it_was() {
    let (anvil, remote, _) = prepared();
    let options = UpstreamOptions { block: Some(2), ..UpstreamOptions::new(&anvil.url) };
    let upstream = Upstream::connect(&options).unwrap();
    let block = remote.ask("eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!(json!(upstream.point().hash), block["hash"]);
    let (point, source) = (upstream.point().clone(), std::sync::Arc::new(upstream));
    let mut h = Harness { chain: fomo_chain::Chain::forked(point.config(), point, source) };
    assert_eq!(h.chain.head_state().storage(COUNTER, U256::ZERO), U256::from(2));
    assert!(h.send(COUNTER, []).execution.success());
    assert_eq!((h.chain.head(), h.chain.head_state().storage(COUNTER, U256::ZERO)), (3, U256::from(3)));
    let missing = UpstreamOptions { block: Some(1_000), ..options };
    assert!(Upstream::connect(&missing).unwrap_err().to_string().contains("no such block"));
}
