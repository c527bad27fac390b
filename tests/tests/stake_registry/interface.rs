//! `abi/IStakeRegistry.sol` against the code: what it promises is there, and nothing else is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, JsonAbi, StateMutability};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Selector, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use fomo_chain::{Execution, Outcome};

use crate::common::{DAY, IAccess, IEconomicsErrors, IStakeRegistry, ONE, World, YEAR, key, tokens};
use IStakeRegistry as R;

/// Errors of the economics that no call of this contract can end with: what leads to them is refused before, or is another contract's.
/// The interface has them all, since they are one list.
const ELSEWHERE: &[&str] = &[
    "DivisionByZero",
    "BpsOverOne",
    "PartOverTotal",
    "ZeroTotal",
    "TimeBackwards",
    "TargetsOutOfOrder",
    "PhiTooLow",
    "FeeTooHigh",
    "TaxOutOfRange",
    "BadReserves",
    "SoldOut",
    "NothingBought",
    "OverTarget",
    "BelowMinimumOut",
    "BundleTooLarge",
    "BundleReachesMinimum",
    "LambdaOverOne",
    "ZeroHalf",
    "AlphaOutOfRange",
    "AlphaScheduleInvalid",
    "TiersOutOfOrder",
    "ComputeOverLimit",
    "SharesNotWhole",
    "RouteLength",
    "PhaseInvalid",
    "TrancheInvalid",
    "FundingTooSmall",
    "TranchesDiffer",
    "VestingInvalid",
];

fn abi() -> [JsonAbi; 3] {
    [R::abi::contract(), IAccess::abi::contract(), IEconomicsErrors::abi::contract()]
}

fn functions() -> Vec<Function> {
    abi().iter().flat_map(|abi| abi.functions().cloned().collect::<Vec<_>>()).collect()
}

/// A well-formed value of a type.
fn dummy(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(Address::repeat_byte(0xAB)),
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(key("COOLDOWN"), *len),
        DynSolType::Array(_) => DynSolValue::Array(vec![DynSolValue::Address(Address::repeat_byte(0xCD))]),
        other => panic!("no value for {other}"),
    }
}

fn call_data(function: &Function) -> Vec<u8> {
    let values: Vec<_> = function.inputs.iter().map(|input| dummy(&input.resolve().unwrap())).collect();
    function.abi_encode_input(&values).unwrap()
}

#[test]
fn every_function_of_the_interface_is_there_and_returns_what_it_says() {
    let mut world = World::new();
    world.next_day().next_day();
    let functions = functions();
    assert_eq!(functions.len(), 45);
    for function in &functions {
        let mut data = call_data(function);
        // A dummy of 1 is an epoch before the contract, and too short a lock.
        let last = match function.name.as_str() {
            "multiplierAt" | "parameterAt" => Some(world.today() - 1),
            "previewLock" => Some(DAY),
            _ => None,
        };
        if let Some(last) = last {
            let at = data.len() - 32;
            data[at..].copy_from_slice(&U256::from(last).to_be_bytes::<32>());
        }
        let execution = world.call(data);
        let view = function.state_mutability == StateMutability::View;
        if view {
            assert!(execution.success(), "{}: {execution:?}", function.signature());
        }
        if execution.success() {
            let outputs: Vec<_> = function.outputs.iter().map(|output| output.resolve().unwrap()).collect();
            let decoded = DynSolType::Tuple(outputs).abi_decode_params(&execution.output);
            assert!(decoded.is_ok(), "{} returns something else", function.signature());
        } else {
            assert_ne!(execution.output, Bytes::from(IAccess::UnknownFunction::SELECTOR), "{}", function.signature());
            assert!(execution.output.len() >= 4, "{}", function.signature());
        }
    }
}

/// Compiles the interfaces as Solidity does, with what they inherit.
const COMPILE: &str = "
    const solc = require('solc'), fs = require('fs');
    const sources = {};
    for (const name of process.argv.slice(1)) sources[name] = { content: fs.readFileSync(name, 'utf8') };
    const settings = { outputSelection: { '*': { '*': ['abi'] } } };
    console.log(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
";

#[test]
fn solidity_reads_the_interface_as_these_tests_do() {
    let output = Command::new("node")
        .args(["-e", COMPILE, "--", "IStakeRegistry.sol", "IAccess.sol", "IEconomicsErrors.sol"])
        .env("NODE_PATH", fomo::npm::solc().unwrap().parent().unwrap())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi"))
        .output()
        .expect("Node.js is installed");
    let compiled: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(compiled["errors"].is_null(), "{}", compiled["errors"]);
    let compiled = &compiled["contracts"]["IStakeRegistry.sol"]["IStakeRegistry"]["abi"];
    let compiled: JsonAbi = serde_json::from_value(compiled.clone()).unwrap();
    let signatures = |functions: Vec<&Function>| -> BTreeSet<String> {
        functions.into_iter().map(|function| function.selector().to_string()).collect()
    };
    assert_eq!(signatures(compiled.functions().collect()), signatures(functions().iter().collect()));
    assert_eq!(topics(std::slice::from_ref(&compiled)), topics(&abi()));
    assert_eq!(errors(&[compiled]), errors(&abi()));
}

fn topics(abi: &[JsonAbi]) -> BTreeSet<B256> {
    abi.iter().flat_map(JsonAbi::events).map(alloy::json_abi::Event::selector).collect()
}

fn errors(abi: &[JsonAbi]) -> BTreeSet<Selector> {
    abi.iter().flat_map(JsonAbi::errors).map(alloy::json_abi::Error::selector).collect()
}

#[test]
fn the_entry_point_is_that_of_the_system_that_runs_today() {
    assert_eq!(R::exchangeFlockCall::SIGNATURE, "exchangeFlock(uint256,uint256,address)");
}

#[test]
fn nothing_else_is_there() {
    let world = World::new();
    let known: BTreeSet<Selector> = functions().iter().map(Function::selector).collect();
    let absent = [
        "owner()",
        "transferOwnership(address)",
        "upgradeTo(address)",
        "initialize(address)",
        "rescue(address,address,uint256)",
        "sweep(address)",
        "emergencyWithdraw(address)",
        "setDesk(address)",
        "transfer(address,uint256)",
        "balanceOf(address)",
    ];
    let named = absent.iter().map(|signature| (ToString::to_string(signature), keccak256(signature)));
    let made_up = (0..200_u64).map(|seed| (format!("made up {seed}"), keccak256(seed.to_be_bytes())));
    for (name, hash) in named.chain(made_up) {
        if known.contains(&FixedBytes(hash[..4].try_into().unwrap())) {
            continue;
        }
        let execution = world.call([&hash[..4], &[U256::ONE; 8].abi_encode()].concat());
        assert_eq!(execution.outcome, Outcome::Revert, "{name}");
        assert_eq!(execution.output, Bytes::from(IAccess::UnknownFunction::SELECTOR), "{name}");
    }
}

#[test]
fn views_change_nothing_and_no_function_takes_coins() {
    let mut world = World::new();
    let (alice, registry) = (world.alice, world.registry);
    for function in functions() {
        let (data, before) = (call_data(&function), world.storage());
        if function.state_mutability == StateMutability::View {
            let execution = world.run(alice, registry, data.clone());
            assert!(execution.logs.is_empty(), "{}", function.signature());
            assert_eq!(world.storage(), before, "{}", function.signature());
        }
        let execution = world.harness.send_value(registry, data, U256::ONE).execution;
        assert_eq!(execution.output, Bytes::from(IAccess::NotPayable::SELECTOR), "{}", function.signature());
        assert_eq!(world.storage(), before, "{}", function.signature());
    }
}

#[test]
fn cut_call_data_is_refused_with_a_reason() {
    let world = World::new();
    for function in functions().iter().filter(|function| !function.inputs.is_empty()) {
        let data = call_data(function);
        for len in (4..data.len()).step_by(13) {
            let execution = world.call(data[..len].to_vec());
            assert_eq!(execution.outcome, Outcome::Revert, "{}", function.signature());
            let reason = [IAccess::InvalidCallData::SELECTOR, IAccess::ParameterOutOfRange::SELECTOR];
            assert!(reason.iter().any(|reason| execution.output[..] == *reason), "{}: {len}", function.signature());
        }
    }
}

/// What a scenario brought to light.
#[derive(Default)]
struct Seen {
    topics: BTreeSet<B256>,
    errors: BTreeSet<Selector>,
}

impl Seen {
    fn note(&mut self, execution: &Execution, registry: Address) {
        let own = execution.logs.iter().filter(|log| log.address == registry);
        self.topics.extend(own.map(|log| log.topics()[0]));
        if execution.outcome == Outcome::Revert {
            self.errors.insert(FixedBytes(execution.output[..4].try_into().expect("it gives a reason")));
        }
    }

    fn run(&mut self, world: &mut World, from: Address, call: impl SolCall) {
        let registry = world.registry;
        let execution = world.run(from, registry, call.abi_encode());
        self.note(&execution, registry);
    }

    fn ask(&mut self, world: &World, call: impl SolCall) {
        self.note(&world.call(call.abi_encode()), world.registry);
    }
}

fn stakes(world: &mut World, seen: &mut Seen) {
    let (admin, alice, bob, mt) = (world.admin, world.alice, world.bob, world.mt);
    let (amount, nothing) = (ONE, U256::ZERO);
    seen.run(world, alice, R::stakeCall { mt, amount: tokens(100) });
    seen.run(world, alice, R::stakeCall { mt, amount: nothing });
    seen.run(world, alice, R::stakeCall { mt, amount: U256::MAX });
    seen.run(world, alice, R::stakeForCall { mt, account: Address::ZERO, amount });
    seen.run(world, bob, R::requestUnstakeCall { mt, amount });
    seen.run(world, bob, R::withdrawCall { mt });
    for _ in 0..9 {
        seen.run(world, alice, R::requestUnstakeCall { mt, amount });
    }
    world.pass(DAY);
    seen.run(world, alice, R::withdrawCall { mt });
    seen.run(world, admin, R::registerTokenCall { mt });
    seen.run(world, admin, R::registerTokenCall { mt: alice });
    seen.run(world, bob, R::registerTokenCall { mt });
    seen.run(world, admin, R::unregisterTokenCall { mt });
    seen.run(world, alice, R::stakeCall { mt, amount });
}

fn locks(world: &mut World, seen: &mut Seen) {
    let (alice, bob) = (world.alice, world.bob);
    let lock =
        |days: u64, beneficiary| R::exchangeFlockCall { amount: ONE, lockPeriod: U256::from(days * DAY), beneficiary };
    seen.run(world, bob, lock(5, alice));
    seen.run(world, alice, R::setOperatorCall { operator: bob, approved: true });
    seen.run(world, bob, lock(400, alice));
    for days in 1..=17 {
        seen.run(world, alice, lock(days, alice));
    }
    let [a, b] = [0, 1].map(|index| world.locks(alice)[index].id);
    seen.run(world, alice, R::increaseLockCall { id: b, amount: ONE });
    seen.run(world, alice, R::increaseLockCall { id: b, amount: U256::MAX });
    let unlock = world.locks(alice)[1].unlock;
    seen.run(world, alice, R::extendLockCall { id: b, newUnlock: unlock });
    seen.run(world, alice, R::extendLockCall { id: b, newUnlock: unlock + 1 });
    let c = world.locks(alice)[2].id;
    seen.run(world, alice, R::mergeLocksCall { a: b, b });
    seen.run(world, alice, R::mergeLocksCall { a: b, b: c });
    seen.run(world, alice, R::withdrawLockCall { id: a });
    seen.run(world, alice, R::withdrawLockCall { id: b });
    world.pass(DAY);
    seen.run(world, alice, R::extendLockCall { id: a, newUnlock: unlock + YEAR / 2 });
    seen.run(world, alice, R::withdrawLockCall { id: a });
    let epoch = world.today();
    seen.ask(world, R::totalStakeSecondsCall { mt: world.mt, epoch });
    seen.ask(world, R::totalStakeSecondsCall { mt: world.mt, epoch: u64::MAX });
    seen.ask(world, R::effectiveBalanceAtCall { account: alice, time: world.now() + 1 });
    seen.ask(world, R::multiplierAtCall { account: alice, epoch: 0 });
}

fn access(world: &mut World, seen: &mut Seen) {
    let (admin, guardian, bob) = (world.admin, world.guardian, world.bob);
    let (lambda, role) = (key("LAMBDA"), key("GUARDIAN"));
    let value = U256::from(5);
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, guardian, IAccess::pauseCall { duration: 8 * DAY });
    seen.run(world, guardian, IAccess::pauseCall { duration: DAY });
    seen.run(world, guardian, IAccess::pauseCall { duration: DAY });
    let mt = world.mt;
    seen.run(world, bob, R::stakeCall { mt, amount: ONE });
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, admin, IAccess::proposeRoleCall { role, account: bob });
    seen.run(world, bob, IAccess::acceptRoleCall { role });
    seen.run(world, bob, IAccess::acceptRoleCall { role });
    seen.run(world, admin, IAccess::initializeParameterCall { key: lambda, value });
    seen.run(world, admin, IAccess::proposeParameterCall { key: lambda, value: U256::MAX });
    seen.run(world, admin, IAccess::proposeParameterCall { key: lambda, value });
    seen.run(world, bob, IAccess::executeParameterCall { key: lambda });
    world.pass(2 * DAY);
    seen.run(world, bob, IAccess::executeParameterCall { key: lambda });
    seen.run(world, admin, IAccess::proposeParameterCall { key: lambda, value });
    seen.run(world, admin, IAccess::cancelParameterCall { key: lambda });
    seen.run(world, admin, IAccess::proposeParameterCall { key: lambda, value });
    world.pass(17 * DAY);
    seen.run(world, bob, IAccess::executeParameterCall { key: lambda });
    let registry = world.registry;
    for data in [&[9, 9, 9, 9][..], &R::stakeCall::SELECTOR] {
        let execution = world.run(bob, registry, data.to_vec());
        seen.note(&execution, registry);
    }
    let execution = world.harness.send_value(registry, vec![], U256::ONE).execution;
    seen.note(&execution, registry);
}

/// Every event and error that the interface declares comes up, and no other. The contract that calls back is in `exits`.
#[test]
fn events_and_errors_are_those_of_the_interface() {
    let mut seen = Seen::default();
    stakes(&mut World::new(), &mut seen);
    locks(&mut World::new(), &mut seen);
    access(&mut World::new(), &mut seen);
    seen.errors.insert(FixedBytes(IAccess::Reentered::SELECTOR));
    assert_eq!(seen.topics, topics(&abi()), "events");
    let elsewhere: BTreeSet<Selector> =
        ELSEWHERE.iter().map(|name| FixedBytes(keccak256(format!("{name}()"))[..4].try_into().unwrap())).collect();
    assert!(seen.errors.is_disjoint(&elsewhere));
    let expected: BTreeSet<Selector> = errors(&abi()).difference(&elsewhere).copied().collect();
    let missing: Vec<_> = expected.symmetric_difference(&seen.errors).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
