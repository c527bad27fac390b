//! What ArbOS's precompiles answer, refuse, charge and emit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, address, hex, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use fomo_chain::precompiles::{ARB_GAS_INFO, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM, ARB_WASM_CACHE, ARBOS_PRECOMPILES};
use fomo_chain::programs::{ARBOS, NETWORK_FEE_ACCOUNT};
use fomo_chain::{Config, Execution, Outcome};
use fomo_tests::{GAS, Harness, IArbWasm, assemble};
use fomo_wasm::code;

const DAY: u64 = 86_400;
const ETHER: u64 = 1_000_000_000_000_000_000;

const PROGRAM: &str = r#"(module
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

/// Call data from a signature and its encoded arguments.
fn call_data(signature: &str, arguments: impl AsRef<[u8]>) -> Vec<u8> {
    [&keccak256(signature)[..4], arguments.as_ref()].concat()
}

/// The data of an error: its selector and its arguments.
fn error(signature: &str, arguments: impl AsRef<[u8]>) -> Bytes {
    call_data(signature, arguments).into()
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).abi_encode()
}

/// EVM code that calls `target` with its call data and, where the opcode can, its value; gives back what comes back.
fn caller(target: Address, opcode: u8) -> Vec<u8> {
    let takes_value = matches!(opcode, CALL | CALLCODE);
    let mut code = hex!("365f5f375f5f365f").to_vec();
    code.extend(takes_value.then_some(0x34));
    code.push(0x73);
    code.extend(target);
    code.extend([0x5A, opcode]);
    code.extend(hex!("3d5f5f3e"));
    code.extend([0x60, code.len() as u8 + 6, 0x57]);
    code.extend(hex!("3d5ffd5b3d5ff3"));
    code
}

const CALL: u8 = 0xF1;
const CALLCODE: u8 = 0xF2;
const DELEGATECALL: u8 = 0xF4;
const STATICCALL: u8 = 0xFA;

fn deploy_program(h: &mut Harness) -> (Address, B256) {
    let program = h.deploy_code(&code::encode(&assemble(PROGRAM)).unwrap());
    (program, h.chain.head_state().code_hash(program))
}

fn activate_data(program: Address) -> Vec<u8> {
    IArbWasm::activateProgramCall { program }.abi_encode()
}

fn keepalive_data(code_hash: B256) -> Vec<u8> {
    call_data("codehashKeepalive(bytes32)", code_hash)
}

/// It reverts with exactly this data and leaves gas.
fn assert_reverts(execution: &Execution, data: &Bytes, what: &str) {
    assert_eq!(execution.outcome, Outcome::Revert, "{what}");
    assert_eq!(&execution.output, data, "{what}");
    assert!(execution.gas_used < GAS, "{what}: all gas is gone");
}

/// It fails without data and takes all gas, as Nitro does for what is no call of a method.
fn assert_rejected(execution: &Execution, what: &str) {
    assert_eq!(execution.outcome, Outcome::Revert, "{what}");
    assert!(execution.output.is_empty(), "{what}: {}", execution.output);
    assert!(execution.gas_used >= GAS - 1_000, "{what}: {} gas", execution.gas_used);
}

// ---- ArbWasm ----

#[test]
fn every_parameter_of_arb_wasm_is_that_of_arbos_51() {
    let h = Harness::default();
    let table: &[(&str, Vec<u8>)] = &[
        ("stylusVersion()", word(2)),
        ("inkPrice()", word(10_000)),
        ("maxStackDepth()", word(22_000)),
        ("freePages()", word(2)),
        ("pageGas()", word(1_000)),
        ("pageRamp()", word(620_674_314)),
        ("pageLimit()", word(128)),
        ("minInitGas()", [word(8_832), word(352)].concat()),
        ("initCostScalar()", word(100)),
        ("expiryDays()", word(365)),
        ("keepaliveDays()", word(31)),
        ("blockCacheSize()", word(32)),
    ];
    for (signature, answer) in table {
        let execution = h.call(ARB_WASM, call_data(signature, []));
        assert!(execution.success(), "{signature}: {execution:?}");
        assert_eq!(execution.output, Bytes::from(answer.clone()), "{signature}");
    }
}

#[test]
fn every_view_of_an_active_program_answers() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    let record = h.chain.program(code_hash);
    let by_address = |signature| call_data(signature, program.abi_encode());
    let by_hash = |signature| call_data(signature, code_hash);
    for (data, answer) in [
        (by_address("programVersion(address)"), word(2)),
        (by_hash("codehashVersion(bytes32)"), word(2)),
        (by_address("programMemoryFootprint(address)"), word(1)),
        (by_hash("codehashAsmSize(bytes32)"), word(u64::from(record.asm_kib) * 1_024)),
        (
            by_address("programInitGas(address)"),
            [
                word(8_832 + u64::from(record.init_cost) + 352 + u64::from(record.cached_cost)),
                word(352 + u64::from(record.cached_cost)),
            ]
            .concat(),
        ),
    ] {
        let execution = h.call(ARB_WASM, data);
        assert!(execution.success(), "{execution:?}");
        assert_eq!(execution.output, Bytes::from(answer));
    }
    // Activation counts from the full hour.
    let left = h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program });
    assert!(left <= 365 * DAY && left > 365 * DAY - 3_700, "{left}");
}

#[test]
fn views_of_a_program_that_is_not_active_say_so() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    let not_activated = error("ProgramNotActivated()", []);
    let views = |program: Address, code_hash: B256| {
        [
            ("programVersion(address)", program.abi_encode()),
            ("programMemoryFootprint(address)", program.abi_encode()),
            ("programInitGas(address)", program.abi_encode()),
            ("programTimeLeft(address)", program.abi_encode()),
            ("codehashVersion(bytes32)", code_hash.abi_encode()),
            ("codehashAsmSize(bytes32)", code_hash.abi_encode()),
        ]
    };
    for (signature, arguments) in views(program, code_hash) {
        assert_reverts(&h.call(ARB_WASM, call_data(signature, arguments)), &not_activated, signature);
    }
    for (signature, arguments) in views(Address::ZERO, KECCAK256_EMPTY) {
        assert_reverts(&h.call(ARB_WASM, call_data(signature, arguments)), &not_activated, signature);
    }
    assert_reverts(&h.send(ARB_WASM, keepalive_data(code_hash)).execution, &not_activated, "keepalive");

    assert!(h.activate(program).execution.success());
    let record = h.chain.program(code_hash);
    let activated = h.chain.timestamp() - record.age(h.chain.timestamp());
    h.chain.set_next_timestamp(activated + 365 * DAY + 1).unwrap();
    let expired = error("ProgramExpired(uint64)", word(365 * DAY + 1));
    let mined = h.send(ARB_WASM, keepalive_data(code_hash));
    assert_reverts(&mined.execution, &expired, "keepalive of what has expired");
    for (signature, arguments) in views(program, code_hash) {
        let execution = h.call(ARB_WASM, call_data(signature, arguments));
        assert_eq!(execution.output[..4], expired[..4], "{signature}");
    }
}

#[test]
fn a_program_of_an_older_stylus_needs_an_upgrade() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    // The version is in the first two bytes of the only word that ArbOS keeps.
    let (slot, value) = h
        .chain
        .head_state()
        .account(ARBOS)
        .unwrap()
        .storage
        .iter()
        .map(|(slot, value)| (*slot, *value))
        .next()
        .unwrap();
    let mut word_of_1 = value.to_be_bytes::<32>();
    word_of_1[..2].copy_from_slice(&[0, 1]);
    h.chain.set_storage(ARBOS, slot, U256::from_be_bytes(word_of_1));
    let needs = error("ProgramNeedsUpgrade(uint16,uint16)", [word(1), word(2)].concat());
    assert_reverts(&h.call(ARB_WASM, call_data("programVersion(address)", program.abi_encode())), &needs, "a view");
    assert_reverts(&h.send(ARB_WASM, keepalive_data(code_hash)).execution, &needs, "keepalive");
    let execution = h.send(program, []).execution;
    assert_eq!(execution.outcome, Outcome::Halt("error ProgramNeedsUpgrade(1, 2)".into()));
    assert!(h.activate(program).execution.success(), "it can be activated again");
    assert!(h.send(program, []).execution.success());
}

#[test]
fn a_record_that_was_tampered_with_does_no_harm() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    let (slot, value) = h
        .chain
        .head_state()
        .account(ARBOS)
        .unwrap()
        .storage
        .iter()
        .map(|(slot, value)| (*slot, *value))
        .next()
        .unwrap();
    let mut word = [0xFF; 32];
    word[..2].copy_from_slice(&value.to_be_bytes::<32>()[..2]);
    h.chain.set_storage(ARBOS, slot, U256::from_be_bytes(word));
    for (signature, argument) in [
        ("codehashAsmSize(bytes32)", code_hash.abi_encode()),
        ("programInitGas(address)", program.abi_encode()),
        ("programMemoryFootprint(address)", program.abi_encode()),
        ("programTimeLeft(address)", program.abi_encode()),
    ] {
        assert!(h.call(ARB_WASM, call_data(signature, argument)).gas_used <= GAS);
    }
    assert!(!h.send(program, []).execution.success(), "65,535 pages cannot be paid for");
}

#[test]
fn activation_pays_the_fee_on_and_gives_the_rest_back() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    let sender = h.sender();
    let before = h.chain.head_state();
    let mined = h.activate(program);
    assert!(mined.execution.success());
    let after = h.chain.head_state();
    let fee = after.balance(NETWORK_FEE_ACCOUNT) - before.balance(NETWORK_FEE_ACCOUNT);
    assert_eq!(mined.execution.output, Bytes::from((2u16, fee).abi_encode()));
    assert!(fee > U256::ZERO && fee < U256::from(ETHER / 1_000), "{fee}");
    let gas = U256::from(mined.execution.gas_used) * U256::from(mined.gas_price);
    assert_eq!(before.balance(sender) - after.balance(sender), fee + gas);
    assert_eq!(after.balance(ARB_WASM), U256::ZERO);

    let [log] = &mined.execution.logs[..] else { panic!("{:?}", mined.execution.logs) };
    assert_eq!(log.address, ARB_WASM);
    let topic = keccak256("ProgramActivated(bytes32,bytes32,address,uint256,uint16)");
    assert_eq!(log.topics(), [topic, code_hash]);
    let (_, logged, logged_fee, version) = <(B256, Address, U256, u16)>::abi_decode(&log.data.data).unwrap();
    assert_eq!((logged, logged_fee, version), (program, fee, 2));
}

#[test]
fn activation_through_a_contract_pays_the_contract_back() {
    let mut h = Harness::default();
    let (program, _) = deploy_program(&mut h);
    let through = h.deploy_code(&caller(ARB_WASM, CALL));
    let mined = h.send_value(through, activate_data(program), U256::from(ETHER));
    assert!(mined.execution.success(), "{:?}", mined.execution);
    let state = h.chain.head_state();
    assert_eq!(state.balance(through) + state.balance(NETWORK_FEE_ACCOUNT), U256::from(ETHER));
}

#[test]
fn activation_wants_its_fee_and_says_how_much() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    let snapshot = h.chain.snapshot();
    h.activate(program);
    let fee = h.chain.head_state().balance(NETWORK_FEE_ACCOUNT);
    assert!(h.chain.revert_to(snapshot));
    for have in [U256::ZERO, U256::from(1), fee - U256::from(1)] {
        let insufficient = error("ProgramInsufficientValue(uint256,uint256)", (have, fee).abi_encode());
        let mined = h.send_value(ARB_WASM, activate_data(program), have);
        assert_reverts(&mined.execution, &insufficient, "activation");
        assert_eq!(h.chain.program(code_hash).version, 0, "it is not active");
    }
    assert!(h.send_value(ARB_WASM, activate_data(program), fee).execution.success(), "the exact fee does");
}

#[test]
fn what_is_active_cannot_be_activated_again() {
    let mut h = Harness::default();
    let (program, _) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    let up_to_date = error("ProgramUpToDate()", []);
    assert_reverts(&h.activate(program).execution, &up_to_date, "the same account");
    let (twin, _) = deploy_program(&mut h);
    assert_reverts(&h.activate(twin).execution, &up_to_date, "the same code at another account");
}

#[test]
fn what_is_no_program_cannot_be_activated() {
    for arbos in [51, 60] {
        let mut h = Harness::new(Config { arbos, ..Config::default() });
        let not_wasm = error("ProgramNotWasm()", []);
        let nobody = Address::repeat_byte(0x77);
        for target in [nobody, h.sender()] {
            assert_reverts(&h.activate(target).execution, &not_wasm, "an account without code");
        }
        let evm = h.deploy_code(&hex!("5f5ff3"));
        // Before ArbOS 60 this was no Solidity error.
        let data = if arbos < 60 { Bytes::new() } else { not_wasm };
        assert_reverts(&h.activate(evm).execution, &data, "EVM code");
    }
}

#[test]
fn activation_of_a_refused_program_takes_all_gas_unless_it_does_not_even_decompress() {
    let mut h = Harness::default();
    let no_entry = assemble(r#"(module (memory (export "memory") 1 1))"#);
    let refused = h.deploy_code(&code::encode(&no_entry).unwrap());
    let garbage = h.deploy_code(&hex!("eff00000ffffffff"));
    let execution = h.activate(refused).execution;
    assert_eq!((execution.success(), execution.gas_used), (false, GAS));
    assert!(execution.note.unwrap().starts_with("program activation failed: "));
    let execution = h.activate(garbage).execution;
    assert!(!execution.success() && execution.gas_used < 2_000_000, "{}", execution.gas_used);
    assert_eq!(h.chain.head_state().balance(ARB_WASM), U256::ZERO, "the value went back");
}

#[test]
fn an_activation_that_is_reverted_leaves_nothing() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    // Calls ArbWasm with its data and value, then reverts.
    let reverts = h.deploy_code(&hex!("365f5f375f5f365f3460715af15f5ffd"));
    let mined = h.send_value(reverts, activate_data(program), U256::from(ETHER));
    assert_eq!(mined.execution.outcome, Outcome::Revert);
    assert!(mined.execution.gas_used > 1_659_168, "it was activated first");
    assert!(mined.execution.logs.is_empty());
    let state = h.chain.head_state();
    assert_eq!(h.chain.program(code_hash), Default::default());
    assert_eq!((state.balance(NETWORK_FEE_ACCOUNT), state.balance(reverts)), (U256::ZERO, U256::ZERO));
    assert!(!h.send(program, []).execution.success());
}

#[test]
fn a_program_is_extended_after_31_days_by_anyone() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    let time = h.chain.timestamp();
    let activated = time - h.chain.program(code_hash).age(time);
    let at = |h: &mut Harness, time, from, value| {
        h.chain.set_next_timestamp(time).unwrap();
        let request = TransactionRequest { from: Some(from), value: Some(value), ..Default::default() };
        h.submit(request.to(ARB_WASM).input(Bytes::from(keepalive_data(code_hash)).into()))
    };
    let (sender, stranger) = (h.sender(), h.chain.accounts()[5]);
    let mined = at(&mut h, activated + 31 * DAY - 1, sender, U256::from(ETHER));
    let too_soon = error("ProgramKeepaliveTooSoon(uint64)", word(31 * DAY - 1));
    assert_reverts(&mined.execution, &too_soon, "a second too soon");

    let fee = h.chain.head_state().balance(NETWORK_FEE_ACCOUNT);
    let mined = at(&mut h, activated + 31 * DAY, stranger, U256::ZERO);
    let insufficient = error("ProgramInsufficientValue(uint256,uint256)", (U256::ZERO, fee).abi_encode());
    assert_reverts(&mined.execution, &insufficient, "without the fee");

    let before = h.chain.head_state();
    let mined = at(&mut h, activated + 31 * DAY + 60, stranger, U256::from(ETHER));
    assert!(mined.execution.success(), "{:?}", mined.execution);
    assert!(mined.execution.output.is_empty());
    let after = h.chain.head_state();
    let [log] = &mined.execution.logs[..] else { panic!("{:?}", mined.execution.logs) };
    assert_eq!(log.address, ARB_WASM);
    assert_eq!(log.topics(), [keccak256("ProgramLifetimeExtended(bytes32,uint256)"), code_hash]);
    assert_eq!(log.data.data, Bytes::from(fee.abi_encode()));
    assert_eq!(after.balance(NETWORK_FEE_ACCOUNT) - before.balance(NETWORK_FEE_ACCOUNT), fee);
    let gas = U256::from(mined.execution.gas_used) * U256::from(mined.gas_price);
    assert_eq!(before.balance(stranger) - after.balance(stranger), fee + gas);
    let left = h.view(ARB_WASM, IArbWasm::programTimeLeftCall { program });
    assert!(left > 365 * DAY - 3_700, "{left}");
}

// ---- ArbWasmCache ----

#[test]
fn only_the_owner_changes_the_cache() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    let (owner, stranger) = (h.sender(), h.chain.accounts()[1]);
    let cache = call_data("cacheProgram(address)", program.abi_encode());
    let cache_hash = call_data("cacheCodehash(bytes32)", code_hash);
    let evict = call_data("evictCodehash(bytes32)", code_hash);
    let is_cached = |h: &Harness| h.call(ARB_WASM_CACHE, call_data("codehashIsCached(bytes32)", code_hash)).output;
    let needs = error("ProgramNeedsUpgrade(uint16,uint16)", [word(0), word(2)].concat());
    for data in [&cache, &cache_hash] {
        assert_reverts(&h.send(ARB_WASM_CACHE, data.clone()).execution, &needs, "what is not active");
    }
    assert!(h.send(ARB_WASM_CACHE, evict.clone()).execution.success(), "nothing to do");

    assert!(h.activate(program).execution.success());
    for data in [&cache, &cache_hash, &evict] {
        let request = TransactionRequest { from: Some(stranger), ..Default::default() };
        let mined = h.submit(request.to(ARB_WASM_CACHE).input(Bytes::from(data.clone()).into()));
        assert_rejected(&mined.execution, "a stranger");
    }
    let topic = keccak256("UpdateProgramCache(address,bytes32,bool)");
    for (data, cached, changes) in
        [(&cache, true, true), (&cache_hash, true, false), (&evict, false, true), (&cache_hash, true, true)]
    {
        let mined = h.send(ARB_WASM_CACHE, data.clone());
        assert!(mined.execution.success(), "{:?}", mined.execution);
        assert_eq!(mined.execution.logs.len(), usize::from(changes));
        for log in &mined.execution.logs {
            assert_eq!(log.address, ARB_WASM_CACHE);
            assert_eq!(log.topics(), [topic, owner.into_word(), code_hash]);
            assert_eq!(log.data.data, Bytes::from(cached.abi_encode()));
        }
        assert_eq!(is_cached(&h), Bytes::from(cached.abi_encode()));
    }
    for (who, answer) in [(owner, true), (stranger, false)] {
        let execution = h.call(ARB_WASM_CACHE, call_data("isCacheManager(address)", who.abi_encode()));
        assert_eq!(execution.output, Bytes::from(answer.abi_encode()));
    }
    let execution = h.call(ARB_WASM_CACHE, call_data("allCacheManagers()", []));
    assert_eq!(execution.output, Bytes::from(vec![owner].abi_encode()));
}

#[test]
fn what_has_expired_can_leave_the_cache_and_not_enter_it() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    assert!(h.activate(program).execution.success());
    h.cache(program);
    let time = h.chain.timestamp();
    let activated = time - h.chain.program(code_hash).age(time);
    h.chain.set_next_timestamp(activated + 366 * DAY).unwrap();
    let mined = h.send(ARB_WASM_CACHE, call_data("cacheCodehash(bytes32)", code_hash));
    assert_reverts(&mined.execution, &error("ProgramExpired(uint64)", word(366 * DAY)), "to cache");
    assert!(h.send(ARB_WASM_CACHE, call_data("evictCodehash(bytes32)", code_hash)).execution.success());
    assert!(!h.chain.program(code_hash).cached);
}

// ---- ArbSys, ArbGasInfo, ArbOwnerPublic ----

#[test]
fn arb_sys_describes_the_chain() {
    let h = Harness::default();
    let next = h.chain.head() + 1;
    for (signature, answer) in [
        ("arbBlockNumber()", next),
        ("arbChainID()", 412_346),
        ("arbOSVersion()", 55 + 51),
        ("getStorageGasAvailable()", 0),
        ("wasMyCallersAddressAliased()", 0),
    ] {
        let execution = h.call(ARB_SYS, call_data(signature, []));
        assert_eq!(execution.output, Bytes::from(word(answer)), "{signature}: {execution:?}");
    }
    for (sender, alias) in [
        (Address::ZERO, address!("1111000000000000000000000000000000001111")),
        (Address::repeat_byte(0xFF), address!("1111000000000000000000000000000000001110")),
    ] {
        let data =
            call_data("mapL1SenderContractAddressToL2Alias(address,address)", (sender, Address::ZERO).abi_encode());
        assert_eq!(h.call(ARB_SYS, data).output, Bytes::from(alias.abi_encode()));
    }
}

#[test]
fn arb_sys_gives_the_hashes_of_the_last_256_blocks() {
    let mut h = Harness::default();
    h.chain.mine(300, None);
    let next = h.chain.head() + 1;
    let hash = |h: &Harness, number: U256| h.call(ARB_SYS, call_data("arbBlockHash(uint256)", number.abi_encode()));
    for number in [next - 1, next - 256] {
        let execution = hash(&h, U256::from(number));
        assert!(execution.success() && execution.output.len() == 32 && execution.output[..] != [0; 32]);
    }
    for number in [U256::from(next), U256::from(next + 1), U256::from(next - 257), U256::ZERO, U256::MAX] {
        let data = (number, U256::from(next)).abi_encode();
        assert_reverts(&hash(&h, number), &error("InvalidBlockNumber(uint256,uint256)", data), "out of range");
    }
}

#[test]
fn arb_sys_tells_a_contract_who_called_it() {
    let mut h = Harness::default();
    let sender = h.sender();
    let one = h.deploy_code(&caller(ARB_SYS, CALL));
    let two = h.deploy_code(&caller(one, CALL));
    for (target, top_level, callers_caller) in [(ARB_SYS, true, Address::ZERO), (one, true, sender), (two, false, two)]
    {
        let execution = h.call(target, call_data("isTopLevelCall()", []));
        assert_eq!(execution.output, Bytes::from(top_level.abi_encode()), "{target}");
        let execution = h.call(target, call_data("myCallersAddressWithoutAliasing()", []));
        assert_eq!(execution.output, Bytes::from(callers_caller.abi_encode()), "{target}");
    }
}

#[test]
fn arb_gas_info_has_a_price_for_gas_and_none_for_l1() {
    let h = Harness::default();
    let fee = h.chain.base_fee();
    let none = Address::ZERO.abi_encode();
    let in_wei = [word(0), word(0), word(fee * 20_000), word(fee), word(0), word(fee)].concat();
    let in_gas = [word(0), word(0), word(20_000)].concat();
    let limit = h.chain.config().block_gas_limit;
    let table: &[(&str, &[u8], Vec<u8>)] = &[
        ("getPricesInWei()", &[], in_wei.clone()),
        ("getPricesInWeiWithAggregator(address)", &none, in_wei),
        ("getPricesInArbGas()", &[], in_gas.clone()),
        ("getPricesInArbGasWithAggregator(address)", &none, in_gas),
        ("getGasAccountingParams()", &[], [word(7_000_000), word(limit), word(limit)].concat()),
        ("getMinimumGasPrice()", &[], word(fee)),
        ("getPricingInertia()", &[], word(102)),
        ("getGasBacklogTolerance()", &[], word(10)),
        ("getL1BaseFeeEstimateInertia()", &[], word(10)),
        ("getL1BaseFeeEstimate()", &[], word(0)),
        ("getL1GasPriceEstimate()", &[], word(0)),
        ("getCurrentTxL1GasFees()", &[], word(0)),
        ("getGasBacklog()", &[], word(0)),
        ("getL1PricingSurplus()", &[], word(0)),
        ("getPerBatchGasCharge()", &[], word(0)),
        ("getAmortizedCostCapBips()", &[], word(0)),
        ("getL1FeesAvailable()", &[], word(0)),
        ("getL1RewardRate()", &[], word(0)),
        ("getL1RewardRecipient()", &[], word(0)),
        ("getL1PricingEquilibrationUnits()", &[], word(0)),
        ("getLastL1PricingUpdateTime()", &[], word(0)),
        ("getL1PricingFundsDueForRewards()", &[], word(0)),
        ("getL1PricingUnitsSinceUpdate()", &[], word(0)),
        ("getLastL1PricingSurplus()", &[], word(0)),
    ];
    for (signature, arguments, answer) in table {
        // With a price: a call without one runs at a base fee of zero.
        let request = TransactionRequest {
            from: Some(h.sender()),
            gas_price: Some(u128::from(fee)),
            gas: Some(GAS),
            ..Default::default()
        };
        let request = request.to(ARB_GAS_INFO).input(Bytes::from(call_data(signature, arguments)).into());
        let execution = h.chain.call(&request, h.chain.head(), &Default::default(), &Default::default()).unwrap();
        assert_eq!(execution.output, Bytes::from(answer.clone()), "{signature}: {execution:?}");
    }
}

#[test]
fn arb_owner_public_knows_the_owner_and_the_fee_account() {
    let h = Harness::default();
    let (owner, stranger) = (h.chain.owner(), h.chain.accounts()[1]);
    let table: &[(&str, Vec<u8>, Vec<u8>)] = &[
        ("isChainOwner(address)", owner.abi_encode(), word(1)),
        ("isChainOwner(address)", stranger.abi_encode(), word(0)),
        ("getAllChainOwners()", vec![], vec![owner].abi_encode()),
        ("getNetworkFeeAccount()", vec![], NETWORK_FEE_ACCOUNT.abi_encode()),
        ("getInfraFeeAccount()", vec![], word(0)),
        ("getBrotliCompressionLevel()", vec![], word(1)),
        ("getScheduledUpgrade()", vec![], [word(0), word(0)].concat()),
        ("isCalldataPriceIncreaseEnabled()", vec![], word(0)),
    ];
    for (signature, arguments, answer) in table {
        let execution = h.call(ARB_OWNER_PUBLIC, call_data(signature, arguments.clone()));
        assert_eq!(execution.output, Bytes::from(answer.clone()), "{signature}: {execution:?}");
    }
}

// ---- all of them ----

#[test]
fn precompiles_have_code() {
    let h = Harness::default();
    for address in ARBOS_PRECOMPILES {
        assert_eq!(h.chain.head_state().code(address), Bytes::from_static(&[0xFE]), "{address}");
    }
}

#[test]
fn what_is_no_call_of_a_method_is_rejected_with_all_gas() {
    let mut h = Harness::default();
    for address in ARBOS_PRECOMPILES {
        for data in [&[][..], &[0], &hex!("a996e0"), &hex!("deadbeef"), &hex!("00000000")] {
            let mined = h.send(address, data.to_vec());
            assert_rejected(&mined.execution, &format!("{address} {data:02x?}"));
        }
    }
    for (address, signature) in [
        (ARB_WASM, "activateProgram(address)"),
        (ARB_WASM, "codehashVersion(bytes32)"),
        (ARB_WASM_CACHE, "cacheProgram(address)"),
        (ARB_SYS, "arbBlockHash(uint256)"),
        (ARB_OWNER_PUBLIC, "isChainOwner(address)"),
    ] {
        for arguments in [&[][..], &[0; 31]] {
            let mined = h.send(address, call_data(signature, arguments));
            assert_rejected(&mined.execution, &format!("{signature} with {} bytes", arguments.len()));
        }
    }
    for (address, signature) in [
        (ARB_WASM, "stylusVersion()"),
        (ARB_WASM_CACHE, "allCacheManagers()"),
        (ARB_SYS, "arbBlockNumber()"),
        (ARB_GAS_INFO, "getMinimumGasPrice()"),
        (ARB_OWNER_PUBLIC, "getAllChainOwners()"),
    ] {
        let mined = h.send_value(address, call_data(signature, []), U256::from(1));
        assert_rejected(&mined.execution, &format!("value for {signature}"));
        assert_eq!(h.chain.head_state().balance(address), U256::ZERO);
    }
}

#[test]
fn methods_are_called_in_the_precompiles_own_context_and_writes_not_statically() {
    let mut h = Harness::default();
    let (program, code_hash) = deploy_program(&mut h);
    let owner = h.sender();
    let alias = call_data("mapL1SenderContractAddressToL2Alias(address,address)", (owner, Address::ZERO).abi_encode());
    let table: &[(Address, Vec<u8>, &[u8])] = &[
        (ARB_WASM, call_data("stylusVersion()", []), &[CALL, STATICCALL]),
        (ARB_SYS, call_data("arbBlockNumber()", []), &[CALL, STATICCALL]),
        (ARB_GAS_INFO, call_data("getMinimumGasPrice()", []), &[CALL, STATICCALL]),
        (ARB_OWNER_PUBLIC, call_data("getAllChainOwners()", []), &[CALL, STATICCALL]),
        (ARB_WASM_CACHE, call_data("allCacheManagers()", []), &[CALL, STATICCALL]),
        // The one method that looks at no state.
        (ARB_SYS, alias, &[CALL, STATICCALL, DELEGATECALL, CALLCODE]),
        (ARB_WASM, activate_data(program), &[]),
        (ARB_WASM, keepalive_data(code_hash), &[]),
        (ARB_WASM_CACHE, call_data("cacheProgram(address)", program.abi_encode()), &[]),
    ];
    for opcode in [CALL, STATICCALL, DELEGATECALL, CALLCODE] {
        for (target, data, allowed) in table {
            if opcode == CALL && allowed.is_empty() {
                continue;
            }
            let through = h.deploy_code(&caller(*target, opcode));
            let mined = h.send(through, data.clone());
            assert_eq!(mined.execution.success(), allowed.contains(&opcode), "{target} {opcode:x} {:02x?}", &data[..4]);
            if !mined.execution.success() {
                assert!(mined.execution.output.is_empty());
                assert!(mined.execution.gas_used > GAS - GAS / 60, "all that was passed on is gone");
            }
        }
    }
    assert_eq!(h.chain.program(code_hash).version, 0);
}

#[test]
fn arguments_results_and_error_data_cost_three_gas_a_word() {
    let mut h = Harness::default();
    let intrinsic = |data: &[u8]| -> u64 { 21_000 + data.iter().map(|b| if *b == 0 { 4 } else { 16 }).sum::<u64>() };
    // One word out; one word in and two words with four bytes out, that is three.
    for (to, data, gas) in [
        (ARB_WASM, call_data("stylusVersion()", []), 800 + 100 + 3),
        (ARB_SYS, call_data("arbBlockHash(uint256)", word(9_999)), 800 + 3 + 3 * 3),
    ] {
        let mined = h.send(to, data.clone());
        assert_eq!(mined.execution.gas_used, intrinsic(&data) + gas);
    }
}
