//! `abi/IRewardDistributor.sol` against the code: what it promises is there, and nothing else is.

use std::collections::BTreeSet;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, JsonAbi, StateMutability};
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Selector, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use fomo_chain::{Execution, Outcome};
use fomo_tests::GAS;
use fomo_tests::suite::{DAY, IAccess, IEconomicsErrors, name, tokens};

use crate::common::*;

/// Errors of the economics that no call of this contract can end with: what leads to them is refused before, or is another contract's.
/// The interface has them all, since they are one list.
const ELSEWHERE: &[&str] = &[
    "DivisionByZero",
    "BpsOverOne",
    "PartOverTotal",
    "ZeroTotal",
    "EpochOutOfRange",
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
    "LockPeriodOutOfRange",
    "LockExpired",
    "NotAnExtension",
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
    "TranchesDiffer",
    "TimeBackwards",
    "VestingInvalid",
];

fn abi() -> [JsonAbi; 3] {
    [R::abi::contract(), IAccess::abi::contract(), IEconomicsErrors::abi::contract()]
}

fn functions() -> Vec<Function> {
    abi().iter().flat_map(|abi| abi.functions().cloned().collect::<Vec<_>>()).collect()
}

/// A well-formed value of a type; numbers are the last sealed day.
fn dummy(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(Address::repeat_byte(0xAB)),
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Uint(bits @ (64 | 256)) => DynSolValue::Uint(U256::from(START), *bits),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(name("REPORTER"), *len),
        DynSolType::Bytes => DynSolValue::Bytes(vec![1; 48]),
        DynSolType::Array(_) => DynSolValue::Array(vec![DynSolValue::Address(Address::repeat_byte(0xCD))]),
        other => panic!("no value for {other}"),
    }
}

fn call_data(function: &Function) -> Vec<u8> {
    let values: Vec<_> = function.inputs.iter().map(|input| dummy(&input.resolve().unwrap())).collect();
    function.abi_encode_input(&values).unwrap()
}

fn raw(world: &mut World, from: Address, data: Vec<u8>) -> Execution {
    let now = world.now();
    world.suite.harness.chain.set_next_timestamp(now).unwrap();
    let request = TransactionRequest { from: Some(from), gas: Some(GAS), ..Default::default() };
    world.suite.harness.submit(request.to(world.suite.at.rewards).input(Bytes::from(data).into())).execution
}

/// A day after the last sealed one.
fn ready() -> World {
    let mut world = World::new();
    world.next_day();
    world.settle();
    world
}

#[test]
fn every_function_is_there_returns_what_it_says_and_takes_no_coins() {
    let mut world = ready();
    let (functions, alice) = (functions(), world.alice);
    assert_eq!(functions.len(), 60);
    // Numbered from 0 on: there is no tranche of so high a number.
    let other = ["reservedTranche"];
    for function in &functions {
        let (data, before) = (call_data(function), world.storage());
        let signature = function.signature();
        let execution = raw(&mut world, alice, data.clone());
        let view = function.state_mutability == StateMutability::View;
        if view && !other.contains(&function.name.as_str()) {
            assert!(execution.success(), "{signature}: {execution:?}");
            assert!(execution.logs.is_empty() && world.storage() == before, "{signature} changes nothing");
        }
        if execution.success() {
            let outputs: Vec<_> = function.outputs.iter().map(|output| output.resolve().unwrap()).collect();
            let decoded = DynSolType::Tuple(outputs).abi_decode_params(&execution.output);
            assert!(decoded.is_ok(), "{signature} returns something else");
        } else {
            assert_ne!(execution.output, Bytes::from(IAccess::UnknownFunction::SELECTOR), "{signature}");
            assert!(execution.output.len() >= 4, "{signature}");
        }
        let execution = world.suite.harness.send_value(world.suite.at.rewards, data, U256::ONE).execution;
        assert_eq!(execution.output, Bytes::from(IAccess::NotPayable::SELECTOR), "{signature}");
    }
}

#[test]
fn nothing_else_is_there() {
    let mut world = World::new();
    let known: BTreeSet<Selector> = functions().iter().map(Function::selector).collect();
    let absent = [
        "owner()",
        "upgradeTo(address)",
        "rescue(address,address,uint256)",
        "sweep(address)",
        "emergencyWithdraw(address)",
        "setReporter(address)",
        "setDesk(address)",
        "withdraw(uint256)",
    ];
    let named = absent.iter().map(|signature| (ToString::to_string(signature), keccak256(signature)));
    let made_up = (0..100_u64).map(|seed| (format!("made up {seed}"), keccak256(seed.to_be_bytes())));
    for (name, hash) in named.chain(made_up) {
        if known.contains(&FixedBytes(hash[..4].try_into().unwrap())) {
            continue;
        }
        let alice = world.alice;
        let execution = raw(&mut world, alice, [&hash[..4], &[U256::ONE; 8].abi_encode()].concat());
        assert_eq!(execution.output, Bytes::from(IAccess::UnknownFunction::SELECTOR), "{name}");
    }
}

#[test]
fn cut_call_data_is_refused_with_a_reason() {
    let mut world = World::new();
    let alice = world.alice;
    for function in functions().iter().filter(|function| !function.inputs.is_empty()) {
        let data = call_data(function);
        for len in (4..data.len()).step_by(29) {
            // What is behind the last byte of a text is padding.
            let padding = function.inputs.iter().any(|input| input.ty == "bytes") && len + 16 > data.len();
            let execution = raw(&mut world, alice, data[..len].to_vec());
            let reason = [IAccess::InvalidCallData::SELECTOR, IAccess::ParameterOutOfRange::SELECTOR];
            let refused = reason.iter().any(|reason| execution.output[..] == *reason);
            assert!(refused || padding, "{}: {len}", function.signature());
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
    fn note(&mut self, execution: &Execution, rewards: Address) {
        let own = execution.logs.iter().filter(|log| log.address == rewards);
        self.topics.extend(own.map(|log| log.topics()[0]));
        if execution.outcome == Outcome::Revert {
            self.errors.insert(FixedBytes(execution.output[..4].try_into().expect("it gives a reason")));
        }
    }

    fn run(&mut self, world: &mut World, from: Address, call: impl SolCall) {
        let execution = world.run(from, world.suite.at.rewards, call);
        self.note(&execution, world.suite.at.rewards);
    }
}

fn funding(world: &mut World, seen: &mut Seen) {
    let (admin, alice, a) = (world.suite.admin, world.alice, world.a);
    let reserved = |amount| R::fundReservedCall { mt: a, amount, level: true };
    for phase in [1, 2] {
        for amount in [U256::ZERO, tokens(1), U256::MAX, U256::ONE << 130] {
            seen.run(world, alice, R::fundPhaseCall { phase: U256::from(phase), amount });
        }
    }
    seen.run(world, alice, reserved(tokens(1)));
    seen.run(world, alice, R::fundReservedCall { mt: alice, amount: tokens(9_999), level: true });
    for _ in 0..9 {
        seen.run(world, alice, reserved(tokens(1_000)));
        world.next_day();
    }
    seen.run(world, alice, R::reservedTrancheCall { mt: a, index: U256::from(99) });
    seen.run(world, alice, R::fundMtRewardCall { mt: a, amount: U256::ONE });
    seen.run(world, admin, R::setSupportedCall { mt: a, supported: false });
    // The launchpad again, in whose name the test speaks.
    let launchpad = world.suite.at.launchpad;
    world.suite.harness.chain.impersonate(launchpad);
    world.suite.harness.chain.set_balance(launchpad, tokens(1));
    seen.run(world, launchpad, R::fundMtRewardCall { mt: a, amount: U256::ONE });
    seen.run(world, launchpad, R::fundMtRewardCall { mt: alice, amount: U256::ONE });
    seen.run(world, alice, R::burnLeftOverCall { mt: a });
    seen.run(world, alice, R::registerAccountsCall { accounts: vec![alice] });
    seen.run(world, alice, R::registerAccountsCall { accounts: vec![Address::ZERO] });
}

fn reporting(world: &mut World, seen: &mut Seen) {
    let (reporter, guardian, alice, a) = (world.reporter, world.suite.guardian, world.alice, key(world.a));
    let declare = |epoch, rows, spend| R::declareCall { epoch, rows, spend };
    let report = |epoch, index, key, rows: Bytes| R::reportCall { epoch, index, key, rows };
    let of = |account: &Address, spend: u64| rows([(account, &spend)]);
    world.next_day();
    let epoch = START;
    seen.run(world, alice, declare(epoch, 1, 1));
    seen.run(world, reporter, declare(epoch + 1, 1, 1));
    seen.run(world, reporter, declare(epoch - 1, 1, 1));
    seen.run(world, reporter, declare(1, 1, 1));
    seen.run(world, reporter, declare(epoch, 0, 1));
    seen.run(world, reporter, report(epoch, 0, a, of(&alice, 1)));
    seen.run(world, guardian, R::voidReportCall { epoch });
    seen.run(world, alice, R::voidReportCall { epoch });
    for _ in 0..3 {
        seen.run(world, reporter, declare(epoch, 2, 11));
        seen.run(world, guardian, R::voidReportCall { epoch });
    }
    seen.run(world, reporter, declare(epoch, 3, 11));
    seen.run(world, reporter, report(epoch, 0, a, Bytes::new()));
    seen.run(world, reporter, report(epoch, 1, a, of(&alice, 1)));
    seen.run(world, reporter, report(epoch, 0, a, of(&Address::ZERO, 1)));
    seen.run(world, reporter, report(epoch, 0, a, of(&alice, 12)));
    let call = R::reportRegisteredCall { epoch, index: 0, key: a, rows: vec![1; 10].into() };
    seen.run(world, reporter, call);
    seen.run(world, reporter, report(epoch, 0, a, of(&alice, 5)));
    seen.run(world, reporter, report(epoch, 0, a, of(&alice, 6)));
    seen.run(world, alice, R::sealCall { epoch, limit: 1 });
    seen.run(world, reporter, report(epoch, 1, B256::repeat_byte(0xFF), of(&alice, 7)));
    seen.run(world, reporter, report(epoch, 1, B256::repeat_byte(0xFF), of(&alice, 5)));
    seen.run(world, reporter, report(epoch, 1, B256::repeat_byte(0xFF), of(&alice, 6)));
    world.next_day();
    seen.run(world, reporter, declare(epoch + 1, 0, 0));
    world.pass(DAY / 2);
    seen.run(world, alice, R::sealCall { epoch: epoch + 1, limit: 1 });
    let batch = world.reported(epoch).remove(0);
    seen.run(world, alice, accrual(&batch));
    seen.run(world, alice, R::sealCall { epoch, limit: 9 });
    seen.run(world, alice, R::accrueCall { index: 9, ..accrual(&batch) });
    seen.run(world, alice, R::accrueCall { mt: alice, ..accrual(&batch) });
    seen.run(world, alice, accrual(&batch));
    seen.run(world, alice, accrual(&batch));
    seen.run(world, alice, R::claimCall { account: alice });
    seen.run(world, alice, R::voidEpochCall { epoch: epoch + 1 });
    world.go((epoch + 40) * DAY);
    seen.run(world, alice, R::sealCall { epoch: epoch + 1, limit: 9 });
    seen.run(world, alice, R::voidEpochCall { epoch: epoch + 2 });
}

fn access(world: &mut World, seen: &mut Seen) {
    let (admin, guardian, alice) = (world.suite.admin, world.suite.guardian, world.alice);
    let (key, role) = (name("REPORTER"), name("GUARDIAN"));
    let value = U256::from(5);
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, guardian, IAccess::pauseCall { duration: 8 * DAY });
    seen.run(world, guardian, IAccess::pauseCall { duration: DAY });
    seen.run(world, guardian, IAccess::pauseCall { duration: DAY });
    let reporter = world.reporter;
    seen.run(world, reporter, R::declareCall { epoch: START, rows: 1, spend: 1 });
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, guardian, IAccess::unpauseCall {});
    seen.run(world, admin, IAccess::proposeRoleCall { role, account: alice });
    seen.run(world, alice, IAccess::acceptRoleCall { role });
    seen.run(world, alice, IAccess::acceptRoleCall { role });
    seen.run(world, admin, IAccess::initializeParameterCall { key, value });
    seen.run(world, admin, IAccess::proposeParameterCall { key, value: U256::MAX });
    seen.run(world, admin, IAccess::proposeParameterCall { key, value });
    seen.run(world, alice, IAccess::executeParameterCall { key });
    world.pass(2 * DAY);
    seen.run(world, alice, IAccess::executeParameterCall { key });
    seen.run(world, admin, IAccess::proposeParameterCall { key, value });
    seen.run(world, admin, IAccess::cancelParameterCall { key });
    seen.run(world, admin, IAccess::proposeParameterCall { key, value });
    world.pass(17 * DAY);
    seen.run(world, alice, IAccess::executeParameterCall { key });
    seen.run(world, alice, IAccess::parameterAtCall { key, epoch: 1 });
    for data in [&[9, 9, 9, 9][..], &R::reportCall::SELECTOR] {
        let execution = raw(world, alice, data.to_vec());
        seen.note(&execution, world.suite.at.rewards);
    }
    let execution = world.suite.harness.send_value(world.suite.at.rewards, vec![], U256::ONE).execution;
    seen.note(&execution, world.suite.at.rewards);
}

/// Every event and error that the interface declares comes up, and no other: those of a stream's end in `schedules`, re-entrancy in
/// `attacks`, a constructor without FLOCK in the launch's refusals.
#[test]
fn events_and_errors_are_those_of_the_interface() {
    let mut seen = Seen::default();
    let mut world = World::new();
    let rewards = world.suite.at.rewards;
    seen.topics.extend(world.logs().iter().filter(|log| log.address == rewards).map(|log| log.topics()[0]));
    funding(&mut world, &mut seen);
    reporting(&mut World::new(), &mut seen);
    access(&mut World::new(), &mut seen);
    use alloy_sol_types::SolEvent;
    seen.topics.extend([
        R::ReservedEnded::SIGNATURE_HASH,
        R::MtRewardEnded::SIGNATURE_HASH,
        R::LeftOverBurned::SIGNATURE_HASH,
    ]);
    let other = [IAccess::Reentered::SELECTOR, IAccess::TokenCallFailed::SELECTOR];
    seen.errors.extend(other.map(FixedBytes));
    let topics: BTreeSet<B256> = abi().iter().flat_map(JsonAbi::events).map(alloy::json_abi::Event::selector).collect();
    let missing: Vec<_> = topics.symmetric_difference(&seen.topics).collect();
    assert!(missing.is_empty(), "events: {missing:?}");
    let selector = |name: &&str| FixedBytes(keccak256(format!("{name}()"))[..4].try_into().unwrap());
    let elsewhere: BTreeSet<Selector> = ELSEWHERE.iter().map(selector).collect();
    let all: Vec<_> = abi().iter().flat_map(JsonAbi::errors).cloned().collect();
    let name_of = |selector: &Selector| {
        all.iter().find(|error| error.selector() == *selector).map_or(format!("{selector}"), |error| error.name.clone())
    };
    let expected: BTreeSet<Selector> = all.iter().map(alloy::json_abi::Error::selector).collect();
    let never: Vec<_> = expected.difference(&seen.errors).filter(|error| !elsewhere.contains(*error)).collect();
    assert!(never.is_empty(), "never seen: {:?}", never.into_iter().map(name_of).collect::<Vec<_>>());
    let known: Vec<_> = seen.errors.difference(&expected).collect();
    assert!(known.is_empty(), "not in the interface: {known:?}");
    let wrong: Vec<_> = seen.errors.intersection(&elsewhere).map(name_of).collect();
    assert!(wrong.is_empty(), "seen after all: {wrong:?}");
}
