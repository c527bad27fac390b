//! Activation, its price, its end and its extension; the cache; and what each ArbOS version changes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use fomo_chain::precompiles::{ARB_GAS_INFO, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM, ARB_WASM_CACHE, ARBOS_PRECOMPILES};
use fomo_chain::programs::NETWORK_FEE_ACCOUNT;
use fomo_chain::{Config, Outcome};
use fomo_tests::{Harness, IArbWasm, IArbWasmCache, assemble};
use fomo_wasm::{Module, Rules, code};

sol! {
    error ProgramNotWasm();
    error ProgramNotActivated();
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramUpToDate();
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error ProgramInsufficientValue(uint256 have, uint256 want);
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error InvalidBlockNumber(uint256 requested, uint256 current);
    event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
    event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);
    event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);

    interface Getters {
        function stylusVersion() external view returns (uint16);
        function inkPrice() external view returns (uint32);
        function maxStackDepth() external view returns (uint32);
        function freePages() external view returns (uint16);
        function pageGas() external view returns (uint16);
        function pageRamp() external view returns (uint64);
        function pageLimit() external view returns (uint16);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64);
        function expiryDays() external view returns (uint16);
        function keepaliveDays() external view returns (uint16);
        function blockCacheSize() external view returns (uint16);
        function codehashVersion(bytes32 codehash) external view returns (uint16);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32);
        function programVersion(address program) external view returns (uint16);
        function programMemoryFootprint(address program) external view returns (uint16);
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory);
        function evictCodehash(bytes32 codehash) external;
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 number) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function isChainOwner(address addr) external view returns (bool);
        function getNetworkFeeAccount() external view returns (address);
    }
}

const DAY: u64 = 86_400;

/// A program that adds one to slot 0.
const COUNTER: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
    (import "vm_hooks" "storage_cache_bytes32" (func $cache (param i32 i32)))
    (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
    (memory (export "memory") 1)
    (func (export "user_entrypoint") (param i32) (result i32)
      (call $load (i32.const 0) (i32.const 32))
      (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
      (call $cache (i32.const 0) (i32.const 32)) (call $flush (i32.const 1)) (i32.const 0)))"#;

fn counter_code() -> Vec<u8> {
    code::encode(&assemble(COUNTER)).unwrap()
}

fn count(h: &Harness, account: Address) -> U256 {
    h.chain.head_state().storage(account, U256::ZERO)
}

fn reverts_with(execution: &fomo_chain::Execution, error: &impl SolError) {
    assert_eq!(execution.outcome, Outcome::Revert);
    assert_eq!(execution.output, Bytes::from(error.abi_encode()));
}

#[test]
fn a_program_cannot_be_entered_before_it_is_activated() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter_code());
    let mined = h.send(program, vec![]);
    assert_eq!(mined.execution.outcome, Outcome::Halt("error ProgramNotActivated()".into()));
    assert_eq!(mined.execution.gas_used, fomo_tests::GAS);
    let view = h.call(ARB_WASM, Getters::programVersionCall { program }.abi_encode());
    reverts_with(&view, &ProgramNotActivated {});
    assert!(h.activate(program).execution.success());
    assert!(h.send(program, vec![]).execution.success());
    assert_eq!(count(&h, program), U256::from(1));
}

#[test]
fn activation_is_per_code_says_what_it_cost_and_gives_the_rest_back() {
    let mut h = Harness::default();
    let (first, second) = (h.deploy_code(&counter_code()), h.deploy_code(&counter_code()));
    let before = h.chain.head_state();
    let mined = h.activate(first);
    let after = h.chain.head_state();
    let log = &mined.execution.logs[0];
    assert_eq!((mined.execution.logs.len(), log.address), (1, ARB_WASM));
    let event = ProgramActivated::decode_log_data(&log.data).unwrap();
    assert_eq!((event.codehash, event.program, event.version), (keccak256(counter_code()), first, 2));
    let fee = |state: &fomo_chain::State| state.balance(NETWORK_FEE_ACCOUNT);
    assert_eq!(fee(&after) - fee(&before), event.dataFee);
    assert!(event.dataFee > U256::ZERO);
    let gas = U256::from(mined.execution.gas_used) * U256::from(mined.gas_price);
    assert_eq!(before.balance(h.sender()) - after.balance(h.sender()), event.dataFee + gas);
    // The same code elsewhere is active too, and cannot be activated again.
    assert!(h.send(second, vec![]).execution.success());
    reverts_with(&h.activate(second).execution, &ProgramUpToDate {});
}

#[test]
fn what_is_no_program_or_pays_too_little_is_not_activated() {
    let mut h = Harness::default();
    let evm = h.deploy_code(&hex!("00"));
    assert_eq!(h.activate(evm).execution.outcome, Outcome::Revert);
    reverts_with(&h.activate(Address::repeat_byte(9)).execution, &ProgramNotWasm {});
    let program = h.deploy_code(&counter_code());
    let data = IArbWasm::activateProgramCall { program }.abi_encode();
    let mined = h.send_value(ARB_WASM, data, U256::from(1));
    let want = ProgramInsufficientValue::abi_decode(&mined.execution.output).unwrap();
    assert_eq!(want.have, U256::from(1));
    assert_eq!(h.call(ARB_WASM, Getters::programVersionCall { program }.abi_encode()).outcome, Outcome::Revert);
    let refused = h.deploy_code(&code::encode(&assemble("(module)")).unwrap());
    let mined = h.activate(refused);
    assert_eq!((mined.execution.outcome, mined.execution.gas_used), (Outcome::Revert, fomo_tests::GAS));
    assert!(mined.execution.note.unwrap().contains("program activation failed"));
}

#[test]
fn a_program_expires_and_a_stranger_brings_it_back_as_it_was() {
    let mut h = Harness::default();
    let program = h.deploy_wat(COUNTER);
    assert!(h.send(program, vec![]).execution.success());
    let left = h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program });
    assert!(left <= 365 * DAY && left > 364 * DAY);
    h.chain.increase_time(left);
    assert!(h.send(program, vec![]).execution.success(), "to the last second");
    h.chain.increase_time(1);
    let mined = h.send(program, vec![]);
    let expired = format!("error ProgramExpired({})", 365 * DAY + 1);
    assert_eq!((mined.execution.outcome, mined.execution.gas_used), (Outcome::Halt(expired), fomo_tests::GAS));
    let view = h.call(ARB_WASM, IArbWasm::programTimeLeftCall { program }.abi_encode());
    reverts_with(&view, &ProgramExpired { ageInSeconds: 365 * DAY + 1 });
    let stranger = h.chain.accounts()[5];
    let request = alloy::rpc::types::TransactionRequest {
        from: Some(stranger),
        value: Some(U256::from(10).pow(U256::from(18))),
        ..Default::default()
    };
    let data = IArbWasm::activateProgramCall { program }.abi_encode();
    assert!(h.submit(request.to(ARB_WASM).input(Bytes::from(data).into())).execution.success());
    assert!(h.send(program, vec![]).execution.success());
    assert_eq!(count(&h, program), U256::from(3));
}

#[test]
fn anybody_extends_a_program_after_31_days() {
    let mut h = Harness::default();
    let program = h.deploy_wat(COUNTER);
    let codehash = keccak256(counter_code());
    let extend = IArbWasm::codehashKeepaliveCall { codehash }.abi_encode();
    let one = U256::from(10).pow(U256::from(18));
    let early = h.send_value(ARB_WASM, extend.clone(), one);
    assert_eq!(early.execution.output[..4], ProgramKeepaliveTooSoon::SELECTOR);
    h.chain.increase_time(31 * DAY);
    let mined = h.send_value(ARB_WASM, extend, one);
    assert!(mined.execution.success(), "{:?}", mined.execution);
    assert!(ProgramLifetimeExtended::decode_log_data(&mined.execution.logs[0].data).unwrap().dataFee > U256::ZERO);
    assert!(h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }) > 364 * DAY);
}

#[test]
fn the_cache_lowers_the_price_and_only_the_owner_fills_it() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter_code());
    h.activate(program);
    h.send(program, vec![]);
    let wasm = assemble(COUNTER);
    let rules = Rules::default();
    let entry = fomo_wasm::EntryCost::of(&Module::parse(&wasm, &rules).unwrap(), &rules);
    let init = h.view(ARB_WASM, IArbWasm::programInitGasCall { program });
    assert_eq!((init.gas, init.gasWhenCached), (entry.uncached_gas(&rules), entry.cached_gas(&rules)));
    let uncached = h.send(program, vec![]).execution.gas_used;
    let codehash = keccak256(counter_code());
    let stranger = h.chain.accounts()[3];
    let request = alloy::rpc::types::TransactionRequest { from: Some(stranger), ..Default::default() };
    let data = IArbWasmCache::cacheProgramCall { program }.abi_encode();
    let refused = h.submit(request.to(ARB_WASM_CACHE).input(Bytes::from(data.clone()).into()));
    assert_eq!(refused.execution.outcome, Outcome::Revert);
    let mined = h.send(ARB_WASM_CACHE, data);
    let event = UpdateProgramCache::decode_log_data(&mined.execution.logs[0].data).unwrap();
    assert_eq!((event.manager, event.codehash, event.cached), (h.sender(), codehash, true));
    assert!(h.view(ARB_WASM_CACHE, IArbWasmCache::codehashIsCachedCall { codehash }));
    let cached = h.send(program, vec![]).execution.gas_used;
    assert_eq!(uncached - cached, init.gas - init.gasWhenCached);
    h.send(ARB_WASM_CACHE, Getters::evictCodehashCall { codehash }.abi_encode());
    assert_eq!(h.send(program, vec![]).execution.gas_used, uncached);
    let unknown = IArbWasmCache::cacheProgramCall { program: Address::repeat_byte(7) }.abi_encode();
    let mined = h.send(ARB_WASM_CACHE, unknown);
    reverts_with(&mined.execution, &ProgramNeedsUpgrade { version: 0, stylusVersion: 2 });
}

#[test]
fn activation_in_a_call_that_reverts_leaves_nothing() {
    let mut h = Harness::default();
    let program = h.deploy_code(&counter_code());
    // Calls ArbWasm with its call data and all of its value, then reverts with what came back.
    let reverter = h.deploy_code(&hex!("365f5f375f5f365f3460715af1503d5f5f3e3d5ffd"));
    let data = IArbWasm::activateProgramCall { program }.abi_encode();
    let mined = h.send_value(reverter, data, U256::from(10).pow(U256::from(18)));
    assert_eq!(mined.execution.outcome, Outcome::Revert);
    assert_eq!(U256::from_be_slice(&mined.execution.output[..32]), U256::from(2), "it had been activated");
    let version = h.call(ARB_WASM, Getters::programVersionCall { program }.abi_encode());
    reverts_with(&version, &ProgramNotActivated {});
}

#[test]
fn each_arbos_version_has_its_parameters() {
    for (arbos, depth, min_init) in
        [(32, 262_144, 8_832), (40, 262_144, 8_832), (51, 22_000, 8_832), (60, 22_000, 8_832)]
    {
        let h = Harness::new(Config { arbos, ..Config::default() });
        assert_eq!(h.view(ARB_WASM, Getters::maxStackDepthCall {}), depth);
        assert_eq!(h.view(ARB_WASM, Getters::stylusVersionCall {}), 2);
        let least = h.view(ARB_WASM, Getters::minInitGasCall {});
        assert_eq!((least.gas, least.cached), (min_init, 352));
        assert_eq!(h.view(ARB_SYS, Getters::arbOSVersionCall {}), U256::from(55 + arbos));
    }
}

#[test]
fn the_getters_say_what_is_charged() {
    let mut h = Harness::default();
    let program = h.deploy_wat(COUNTER);
    let codehash = keccak256(counter_code());
    assert_eq!(h.view(ARB_WASM, Getters::inkPriceCall {}), 10_000);
    assert_eq!(h.view(ARB_WASM, Getters::freePagesCall {}), 2);
    assert_eq!(h.view(ARB_WASM, Getters::pageGasCall {}), 1_000);
    assert_eq!(h.view(ARB_WASM, Getters::pageRampCall {}), 620_674_314);
    assert_eq!(h.view(ARB_WASM, Getters::pageLimitCall {}), 128);
    assert_eq!(h.view(ARB_WASM, Getters::initCostScalarCall {}), 100);
    assert_eq!(h.view(ARB_WASM, Getters::expiryDaysCall {}), 365);
    assert_eq!(h.view(ARB_WASM, Getters::keepaliveDaysCall {}), 31);
    assert_eq!(h.view(ARB_WASM, Getters::blockCacheSizeCall {}), 32);
    assert_eq!(h.view(ARB_WASM, Getters::codehashVersionCall { codehash }), 2);
    assert!(h.view(ARB_WASM, Getters::codehashAsmSizeCall { codehash }) >= 512_000);
    assert_eq!(h.view(ARB_WASM, Getters::programVersionCall { program }), 2);
    assert_eq!(h.view(ARB_WASM, Getters::programMemoryFootprintCall { program }), 1);
    assert!(h.view(ARB_WASM_CACHE, Getters::isCacheManagerCall { manager: h.sender() }));
    assert_eq!(h.view(ARB_WASM_CACHE, Getters::allCacheManagersCall {}), [h.sender()]);
}

#[test]
fn the_chain_tells_contracts_about_itself() {
    let mut h = Harness::default();
    h.chain.mine(3, Some(12));
    let next = U256::from(h.chain.head() + 1);
    assert_eq!(h.view(ARB_SYS, Getters::arbBlockNumberCall {}), next);
    assert_eq!(h.view(ARB_SYS, Getters::arbChainIDCall {}), U256::from(412_346));
    assert!(h.view(ARB_SYS, Getters::isTopLevelCallCall {}));
    assert_ne!(h.view(ARB_SYS, Getters::arbBlockHashCall { number: next - U256::from(1) }), B256::ZERO);
    let ahead = h.call(ARB_SYS, Getters::arbBlockHashCall { number: next }.abi_encode());
    reverts_with(&ahead, &InvalidBlockNumber { requested: next, current: next });
    let alias = Getters::mapL1SenderContractAddressToL2AliasCall { sender: Address::ZERO, unused: Address::ZERO };
    assert_eq!(h.view(ARB_SYS, alias), Address::new(hex!("1111000000000000000000000000000000001111")));
    let fee = U256::from(h.chain.base_fee());
    assert_eq!(h.view(ARB_GAS_INFO, Getters::getMinimumGasPriceCall {}), fee);
    assert_eq!(h.view(ARB_GAS_INFO, Getters::getCurrentTxL1GasFeesCall {}), U256::ZERO);
    assert!(h.view(ARB_OWNER_PUBLIC, Getters::isChainOwnerCall { addr: h.sender() }));
    assert_eq!(h.view(ARB_OWNER_PUBLIC, Getters::getNetworkFeeAccountCall {}), NETWORK_FEE_ACCOUNT);
}

#[test]
fn what_is_no_call_of_a_method_reverts() {
    let mut h = Harness::default();
    for address in ARBOS_PRECOMPILES {
        assert_eq!(h.chain.head_state().code(address), Bytes::from_static(&[0xFE]));
        for data in [vec![], vec![1, 2, 3], vec![0xFF; 4], vec![0xFF; 100]] {
            let mined = h.send(address, data);
            assert_eq!(mined.execution.outcome, Outcome::Revert);
            assert!(mined.execution.output.is_empty());
        }
    }
}
