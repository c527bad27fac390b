//! Every refusal, by its typed error, with nothing changed.

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use fomo_chain::Outcome;
use fomo_tests::suite::*;

fn create(change: impl Fn(&mut ILaunchpad::createLaunchCall)) -> ILaunchpad::createLaunchCall {
    let mut order = Suite::order(VENUES[0]);
    change(&mut order);
    order
}

#[test]
fn a_launch_out_of_bounds_is_refused() {
    let mut suite = Suite::new();
    let (issuer, launchpad, now) = (suite.issuer, suite.at.launchpad, suite.now());
    let mut no = |order, error: &[u8]| {
        let before = suite.storage(launchpad);
        let execution = suite.run(issuer, launchpad, order);
        assert!(!execution.success());
        assert_eq!(execution.output.as_ref(), error);
        assert_eq!(suite.storage(launchpad), before);
    };
    let texts = ILaunchpad::TextOutOfRange::SELECTOR;
    no(create(|order| order.name = String::new()), &texts);
    no(create(|order| order.name = "n".repeat(32)), &texts);
    no(create(|order| order.symbol = String::new()), &texts);
    no(create(|order| order.symbol = "s".repeat(32)), &texts);
    no(create(|order| order.metadataUri = "u".repeat(257)), &texts);
    let duration = ILaunchpad::DurationOutOfRange::SELECTOR;
    no(create(|order| order.duration = 3_599), &duration);
    no(create(|order| order.duration = 30 * DAY + 1), &duration);
    no(create(|order| (order.duration, order.surcharge) = (3 * 3_600 - 1, true)), &duration);
    no(create(|order| order.saleStart = now + 31 * DAY), &ILaunchpad::StartOutOfRange::SELECTOR);
    no(create(|order| order.modelTypeId = name("none")), &ILaunchpad::UnknownModelType::SELECTOR);
    no(create(|order| order.venue = name("NOWHERE")), &ILaunchpad::UnknownVenue::SELECTOR);
    no(create(|order| order.bundledOffer = tokens(61_000)), &IEconomicsErrors::BundleTooLarge::SELECTOR);
    no(create(|order| order.bundledOffer = U256::ONE), &IEconomicsErrors::NothingBought::SELECTOR);
    no(
        create(|order| (order.bundledOffer, order.bundledMinOut) = (tokens(10), tokens(79))),
        &IEconomicsErrors::BelowMinimumOut::SELECTOR,
    );
}

/// On the steep curve of φ = 1 a quarter of the supply comes before any minimum; on a flat one the minimum comes first.
#[test]
fn a_bundle_may_not_reach_the_minimum() {
    let mut suite = Suite::new();
    let (admin, launchpad, key) = (suite.admin, suite.at.launchpad, name("PHI"));
    suite.must(admin, launchpad, IAccess::proposeParameterCall { key, value: U256::from(5_100) });
    suite.pass(2 * DAY);
    suite.must(admin, launchpad, IAccess::executeParameterCall { key });
    let order = create(|order| order.bundledOffer = tokens(61_000));
    suite.refused(suite.issuer, launchpad, order, IEconomicsErrors::BundleReachesMinimum {});
    suite.launch(create(|order| order.bundledOffer = tokens(60_000)));
}

#[test]
fn a_buy_out_of_bounds_is_refused() {
    let mut suite = Suite::new();
    let (user, launchpad) = (suite.users[0], suite.at.launchpad);
    let token = suite.launch(Suite::order(VENUES[0]));
    let buy = |token, offered, min_out, deadline| ILaunchpad::buyCall { token, offered, minOut: min_out, deadline };
    let now = suite.now();
    let unknown = buy(user, tokens(1), U256::ZERO, NEVER);
    suite.refused(user, launchpad, unknown, ILaunchpad::UnknownLaunch {});
    suite.at_time(now + 100);
    let late = buy(token, tokens(1), U256::ZERO, now + 99);
    suite.refused(user, launchpad, late, ILaunchpad::DeadlinePassed {});
    let none = buy(token, U256::ONE, U256::ZERO, NEVER);
    suite.refused(user, launchpad, none, IEconomicsErrors::NothingBought {});
    let greedy = buy(token, tokens(1), tokens(8), NEVER);
    suite.refused(user, launchpad, greedy, IEconomicsErrors::BelowMinimumOut {});
    let exact = ILaunchpad::buyExactCall { token, mt: U256::ZERO, maxIn: U256::MAX, deadline: NEVER };
    suite.refused(user, launchpad, exact, IEconomicsErrors::NothingBought {});
    // What FLOCK says comes through: the treasury has none and approved nothing.
    let execution = suite.run(suite.treasury, launchpad, buy(token, tokens(1), U256::ZERO, NEVER));
    assert!(!execution.success() && execution.output.len() > 4, "{execution:?}");
}

/// `min_out` is for the whole offer: of the buy that fills the launch only the part that was taken counts.
#[test]
fn a_minimum_is_pro_rated_when_the_launch_fills() {
    let mut suite = Suite::new();
    let (user, launchpad) = (suite.users[0], suite.at.launchpad);
    let token = suite.launch(Suite::order(VENUES[0]));
    // 400,000 MT for 101,523 of 1,015,230 FLOCK: ten times as many would be asked of all.
    let call =
        |min_out| ILaunchpad::buyCall { token, offered: tokens(1_015_230), minOut: tokens(min_out), deadline: NEVER };
    suite.refused(user, launchpad, call(4_000_100), IEconomicsErrors::BelowMinimumOut {});
    suite.must(user, launchpad, call(3_999_900));
}

#[test]
fn calls_that_no_function_takes_are_refused_by_name() {
    let mut suite = Suite::new();
    let user = suite.users[0];
    let at = suite.at;
    let rewarding = [at.rewards, at.rewards_desk, at.rewards_office];
    let others = [at.launchpad, at.desk, at.office, at.vesting, at.adapters[0], at.adapters[1]];
    for contract in rewarding.into_iter().chain(others) {
        let raw = |suite: &mut Suite, data: Vec<u8>, value: u64| {
            let request = alloy::rpc::types::TransactionRequest {
                from: Some(user),
                value: Some(U256::from(value)),
                gas: Some(10_000_000),
                ..Default::default()
            };
            suite.harness.submit(request.to(contract).input(alloy_primitives::Bytes::from(data).into())).execution
        };
        let paused = IAccess::pausedUntilCall {}.abi_encode();
        let with_ether = raw(&mut suite, paused, 1);
        assert!(!with_ether.success());
        assert_eq!(with_ether.output.as_ref(), IAccess::NotPayable::SELECTOR, "{contract}");
        if contract == at.desk || contract == at.rewards_desk {
            // A desk alone has no office to ask.
            continue;
        }
        let unknown = raw(&mut suite, vec![1, 2, 3, 4], 0);
        assert_eq!(unknown.output.as_ref(), IAccess::UnknownFunction::SELECTOR, "{contract}");
        let empty = raw(&mut suite, Vec::new(), 0);
        assert_eq!(empty.output.as_ref(), IAccess::UnknownFunction::SELECTOR, "{contract}");
    }
    // An argument that is missing, or out of its type's range.
    let mut dirty = ILaunchpad::claimCall { token: user }.abi_encode();
    dirty[4] = 1;
    for data in [dirty, ILaunchpad::claimCall::SELECTOR.to_vec()] {
        let execution = suite.harness.call(at.launchpad, data);
        assert_eq!(execution.output.as_ref(), IAccess::InvalidCallData::SELECTOR);
    }
    // Bytes behind the arguments are ignored, as Solidity does.
    let longer = [ILaunchpad::stateCall { token: user }.abi_encode(), vec![1; 40]].concat();
    assert!(suite.harness.call(at.launchpad, longer).success());
}

#[test]
fn contracts_are_constructed_once_and_with_contracts() {
    let mut suite = Suite::new();
    let at = suite.at;
    let (user, zero) = (suite.users[0], Address::ZERO);
    let arguments =
        (at.desk, at.office, user, user, at.flock, at.implementation, at.vesting, at.rewards, user).abi_encode();
    let constructor = |arguments: &[u8]| [alloy_primitives::hex!("5585258d").as_slice(), arguments].concat();
    let execution = suite.harness.send(at.launchpad, constructor(&arguments)).execution;
    assert_eq!(execution.output.as_ref(), IAccess::AlreadyInitialized::SELECTOR);
    let arguments = (at.rewards_desk, at.rewards_office, user, user, at.flock).abi_encode();
    let execution = suite.harness.send(at.rewards, constructor(&arguments)).execution;
    assert_eq!(execution.output.as_ref(), IAccess::AlreadyInitialized::SELECTOR);
    for flock in [zero, user] {
        let arguments = (at.rewards_desk, at.rewards_office, user, user, flock).abi_encode();
        assert!(!suite.try_program("reward-distributor", &arguments).success());
        let arguments = (user, user, flock, at.factories[0], user).abi_encode();
        assert!(!suite.try_program("adapter-uniswap-v2", &arguments).success());
    }
    let arguments = (at.rewards_desk, at.rewards_office, zero, user, at.flock).abi_encode();
    assert!(!suite.try_program("reward-distributor", &arguments).success(), "no admin");
}

#[test]
fn vestings_out_of_bounds_are_refused() {
    let mut suite = Suite::new();
    let (user, vesting, flock) = (suite.users[0], suite.at.vesting, suite.at.flock);
    let open = |change: fn(&mut IVesting::openCall)| {
        let mut call =
            IVesting::openCall { token: flock, beneficiary: user, amount: tokens(1), start: 0, cliff: 1, length: 2 };
        change(&mut call);
        call
    };
    suite.must(user, flock, IFomoERC20::approveCall { spender: vesting, value: U256::MAX });
    suite.refused(user, vesting, open(|call| call.beneficiary = Address::ZERO), IVesting::ZeroAddress {});
    suite.refused(user, vesting, open(|call| call.amount = U256::ZERO), IVesting::NothingToVest {});
    suite.refused(user, vesting, open(|call| call.amount = U256::MAX), IVesting::TooLarge {});
    suite.refused(user, vesting, open(|call| call.length = 0), IEconomicsErrors::VestingInvalid {});
    suite.refused(user, vesting, open(|call| call.cliff = 3), IEconomicsErrors::VestingInvalid {});
    suite.refused(user, vesting, open(|call| call.length = 1 << 32), IVesting::TooLarge {});
    suite.refused(user, vesting, open(|call| call.token = call.beneficiary), IVesting::TokenCallFailed {});
    let id = U256::ZERO;
    suite.refused(user, vesting, IVesting::releaseCall { id }, IVesting::UnknownVesting {});
    suite.refused(user, vesting, IVesting::proposeBeneficiaryCall { id, account: user }, IVesting::UnknownVesting {});
    suite.refused(user, vesting, IVesting::acceptBeneficiaryCall { id }, IVesting::UnknownVesting {});
}

#[test]
fn adapters_refuse_what_they_cannot_do() {
    let mut suite = Suite::new();
    let (user, flock) = (suite.users[0], suite.at.flock);
    for adapter in suite.at.adapters {
        let swap = |route: Vec<Address>, min_out, deadline| ILiquidityAdapter::swapCall {
            route,
            amountIn: tokens(1),
            minOut: min_out,
            to: user,
            deadline,
        };
        let same = ILiquidityAdapter::seedCall { tokenA: flock, tokenB: flock, amountA: U256::ONE, amountB: U256::ONE };
        suite.refused(user, adapter, same, ILiquidityAdapter::SameToken {});
        let now = suite.now();
        suite.refused(
            user,
            adapter,
            swap(vec![flock, user], U256::ZERO, now - 1),
            ILiquidityAdapter::DeadlinePassed {},
        );
        for route in [vec![], vec![flock], vec![flock; 10]] {
            suite.refused(user, adapter, swap(route, U256::ZERO, NEVER), ILiquidityAdapter::RouteOutOfRange {});
        }
        suite.refused(user, adapter, swap(vec![flock, user], U256::ZERO, NEVER), ILiquidityAdapter::NoPool {});
        suite.refused(user, adapter, ILiquidityAdapter::collectFeesCall { mt: user }, ILiquidityAdapter::NoPool {});
        suite.refused(user, adapter, ILiquidityAdapter::collectFeesCall { mt: flock }, ILiquidityAdapter::SameToken {});
    }
}

#[test]
fn only_the_launchpad_funds_streams_and_anyone_adds_reserved_flock() {
    let mut suite = Suite::new();
    let (user, rewards, admin) = (suite.users[0], suite.at.rewards, suite.admin);
    let token = suite.launch(Suite::order(VENUES[0]));
    let supported = IRewardDistributor::setSupportedCall { mt: token, supported: true };
    suite.refused(user, rewards, supported.clone(), IRewardDistributor::NotLaunchpad {});
    suite.refused(admin, rewards, supported.clone(), IRewardDistributor::UnknownToken {});
    let fund = IRewardDistributor::fundMtRewardCall { mt: token, amount: tokens(1) };
    suite.refused(admin, rewards, fund, IRewardDistributor::NotLaunchpad {});
    let reserve = |amount, level| IRewardDistributor::fundReservedCall { mt: token, amount: tokens(amount), level };
    suite.refused(user, rewards, reserve(1_000, false), IRewardDistributor::UnknownToken {});
    suite.buy(user, token, tokens(1_000_000));
    suite.graduate(token);
    suite.must(user, suite.at.flock, IFomoERC20::approveCall { spender: rewards, value: U256::MAX });
    suite.refused(user, rewards, reserve(999, false), IEconomicsErrors::FundingTooSmall {});
    // Fundings of one day and shape are one tranche; the ninth live tranche is refused.
    for day in 0..4 {
        for level in [false, true] {
            suite.must(user, rewards, reserve(1_000, level));
            suite.must(user, rewards, reserve(2_000, level));
            let index = U256::from(day * 2 + u64::from(level));
            let tranche = suite.view(rewards, IRewardDistributor::reservedTrancheCall { mt: token, index });
            assert_eq!((tranche.funded, tranche.epoch), (tokens(3_000), suite.now() / DAY + 1));
        }
        suite.pass(DAY);
    }
    suite.refused(user, rewards, reserve(1_000, false), IRewardDistributor::TooManyTranches {});
    let index = U256::from(8);
    let call = IRewardDistributor::reservedTrancheCall { mt: token, index };
    assert_eq!(
        suite.harness.call(rewards, call.abi_encode()).output.as_ref(),
        IRewardDistributor::UnknownTranche::SELECTOR
    );
    // The admin takes a token out and back, from the next day on.
    suite.must(admin, rewards, IRewardDistributor::setSupportedCall { mt: token, supported: false });
    let tomorrow = suite.now() / DAY + 1;
    let at = |epoch| IRewardDistributor::supportedAtCall { mt: token, epoch };
    assert!(suite.view(rewards, at(tomorrow - 1)) && !suite.view(rewards, at(tomorrow)));
}

#[test]
fn parameters_change_in_two_steps_and_never_for_a_launch_that_has_begun() {
    let mut suite = Suite::new();
    let (admin, anyone, launchpad) = (suite.admin, suite.users[0], suite.at.launchpad);
    let old = suite.launch(Suite::order(VENUES[0]));
    let key = name("TRADING_FEE");
    let fee = |protocol: u64, issuer: u64| U256::from(protocol | issuer << 16);
    let propose = |value| IAccess::proposeParameterCall { key, value };
    let execute = IAccess::executeParameterCall { key };
    suite.refused(anyone, launchpad, propose(fee(200, 100)), IAccess::Unauthorized {});
    suite.refused(admin, launchpad, propose(fee(400, 101)), IAccess::ParameterOutOfRange {});
    suite.refused(anyone, launchpad, execute.clone(), IAccess::NotProposed {});
    suite.must(admin, launchpad, propose(fee(200, 100)));
    suite.pass(2 * DAY - 60);
    suite.refused(anyone, launchpad, execute.clone(), IAccess::TooEarly {});
    // A new proposal restarts the delay.
    suite.must(admin, launchpad, propose(fee(300, 100)));
    suite.pass(DAY);
    suite.refused(anyone, launchpad, execute.clone(), IAccess::TooEarly {});
    suite.pass(DAY);
    suite.must(anyone, launchpad, execute.clone());
    suite.refused(anyone, launchpad, execute.clone(), IAccess::NotProposed {});
    let epoch = suite.now() / DAY;
    let at = |epoch| IAccess::parameterAtCall { key, epoch };
    assert_eq!(suite.view(launchpad, at(epoch)), fee(100, 50), "executed today, it counts from tomorrow for epochs");
    assert_eq!(suite.view(launchpad, at(epoch + 1)), fee(300, 100));
    // A proposal lapses after 14 days, and can be taken back.
    suite.must(admin, launchpad, propose(fee(1, 1)));
    suite.pass(16 * DAY + 60);
    suite.refused(anyone, launchpad, execute.clone(), IAccess::ProposalExpired {});
    suite.must(admin, launchpad, propose(fee(1, 1)));
    suite.refused(anyone, launchpad, IAccess::cancelParameterCall { key }, IAccess::Unauthorized {});
    suite.must(admin, launchpad, IAccess::cancelParameterCall { key });
    suite.refused(anyone, launchpad, execute, IAccess::NotProposed {});
    let new = suite.launch(Suite::order(VENUES[0]));
    let [old, new] = [old, new].map(|token| suite.view(launchpad, ILaunchpad::launchCall { token }));
    assert_eq!((old.protocolFeeBps, old.creatorFeeBps), (100, 50));
    assert_eq!((new.protocolFeeBps, new.creatorFeeBps), (300, 100));
}

#[test]
fn parameters_have_bounds() {
    let mut suite = Suite::new();
    let (admin, launchpad) = (suite.admin, suite.at.launchpad);
    let model_type = suite.view(launchpad, ILaunchpad::modelTypeKeyCall { modelTypeId: name("new") });
    let venue = suite.view(launchpad, ILaunchpad::venueKeyCall { venue: name("NEW") });
    let targets = |min: u64, max: u64| tokens(min) | tokens(max) << 96;
    let word = |address: Address| U256::from_be_bytes(address.into_word().0);
    let vesting = |cliff: u64, length: u64| U256::from(cliff) | U256::from(length) << 32;
    let cases: Vec<(B256, U256, bool)> = vec![
        (name("PHI"), U256::from(5_000), false),
        (name("PHI"), U256::from(5_001), true),
        (name("PHI"), U256::from(10_001), false),
        (name("LAUNCH_FEE"), U256::ONE << 96, false),
        (name("LAUNCH_FEE"), U256::ZERO, true),
        (name("TRADING_FEE"), U256::ONE << 32, false),
        (name("VESTING"), vesting(2, 1), false),
        (name("VESTING"), vesting(0, 0), false),
        (name("VESTING"), vesting(1, 1), true),
        (name("TREASURY"), U256::ZERO, false),
        (name("TREASURY"), U256::ONE << 160, false),
        (model_type, targets(999, 999), false),
        (model_type, targets(1_000, 2_001), false),
        (model_type, targets(1_000, 2_000), true),
        (model_type, targets(2_000, 1_000), false),
        (model_type, U256::ZERO, true),
        (venue, word(admin), false),
        (venue, word(suite.at.vesting), true),
        (name("DELAY"), U256::from(DAY - 1), false),
        (name("DELAY"), U256::from(DAY), true),
        (name("DELAY"), U256::from(30 * DAY + 1), false),
        (name("NONSENSE"), U256::ONE, false),
    ];
    for (key, value, allowed) in cases {
        let call = IAccess::proposeParameterCall { key, value };
        if allowed {
            suite.must(admin, launchpad, call);
        } else {
            suite.refused(admin, launchpad, call, IAccess::ParameterOutOfRange {});
        }
    }
    let set = IAccess::initializeParameterCall { key: name("PHI"), value: U256::from(6_000) };
    suite.refused(admin, launchpad, set, IAccess::AlreadyInitialized {});
    let set = IAccess::initializeParameterCall { key: model_type, value: targets(1_000, 1_000) };
    suite.refused(suite.users[0], launchpad, set, IAccess::Unauthorized {});
}

#[test]
fn roles_change_hands_in_two_steps() {
    let mut suite = Suite::new();
    let (admin, guardian, launchpad) = (suite.admin, suite.guardian, suite.at.launchpad);
    let (heir, stranger) = (suite.users[0], suite.users[1]);
    let role = name("ADMIN");
    let propose = |role, account| IAccess::proposeRoleCall { role, account };
    suite.refused(stranger, launchpad, propose(role, stranger), IAccess::Unauthorized {});
    suite.refused(guardian, launchpad, propose(role, guardian), IAccess::Unauthorized {});
    suite.must(admin, launchpad, propose(role, heir));
    assert_eq!(suite.view(launchpad, IAccess::proposedRoleHolderCall { role }), heir);
    assert_eq!(suite.view(launchpad, IAccess::roleHolderCall { role }), admin, "not before it is accepted");
    suite.refused(stranger, launchpad, IAccess::acceptRoleCall { role }, IAccess::NotProposed {});
    suite.must(heir, launchpad, IAccess::acceptRoleCall { role });
    suite.refused(heir, launchpad, IAccess::acceptRoleCall { role }, IAccess::NotProposed {});
    suite.refused(admin, launchpad, propose(role, admin), IAccess::Unauthorized {});
    // The admin's role cannot be given away to nobody; another can be taken.
    suite.must(heir, launchpad, propose(role, Address::ZERO));
    assert_eq!(suite.view(launchpad, IAccess::roleHolderCall { role }), heir);
    let role = name("GUARDIAN");
    suite.must(heir, launchpad, propose(role, Address::ZERO));
    suite.refused(guardian, launchpad, IAccess::pauseCall { duration: 1 }, IAccess::Unauthorized {});
}

#[test]
fn pauses_have_bounds() {
    let mut suite = Suite::new();
    let (admin, guardian, launchpad) = (suite.admin, suite.guardian, suite.at.launchpad);
    let pause = |duration| IAccess::pauseCall { duration };
    suite.refused(suite.users[0], launchpad, pause(1), IAccess::Unauthorized {});
    suite.refused(suite.users[0], launchpad, IAccess::unpauseCall {}, IAccess::Unauthorized {});
    for duration in [0, 7 * DAY + 1] {
        suite.refused(guardian, launchpad, pause(duration), IAccess::PauseTooLong {});
    }
    suite.refused(guardian, launchpad, IAccess::unpauseCall {}, IAccess::Unauthorized {});
    suite.must(guardian, launchpad, pause(7 * DAY));
    suite.refused(guardian, launchpad, pause(DAY), IAccess::PauseSpent {});
    // It ends by itself.
    suite.pass(7 * DAY);
    assert!(suite.view(launchpad, IAccess::pausedUntilCall {}) <= suite.now());
    suite.refused(guardian, launchpad, pause(DAY), IAccess::PauseSpent {});
    // The admin renews as often as it has to.
    for _ in 0..3 {
        suite.must(admin, launchpad, pause(7 * DAY));
        suite.pass(7 * DAY);
    }
    suite.must(guardian, launchpad, pause(DAY));
    suite.must(guardian, launchpad, IAccess::unpauseCall {});
    suite.refused(guardian, launchpad, IAccess::unpauseCall {}, IAccess::ExpectedPause {});
}

/// A stolen guardian key neither lifts nor shortens what the admin paused.
#[test]
fn the_admins_pause_is_not_the_guardians_to_change() {
    let mut suite = Suite::new();
    let (admin, guardian, launchpad) = (suite.admin, suite.guardian, suite.at.launchpad);
    suite.must(admin, launchpad, IAccess::pauseCall { duration: 7 * DAY });
    let until = suite.view(launchpad, IAccess::pausedUntilCall {});
    suite.refused(guardian, launchpad, IAccess::unpauseCall {}, IAccess::Unauthorized {});
    suite.refused(guardian, launchpad, IAccess::pauseCall { duration: 1 }, IAccess::EnforcedPause {});
    assert_eq!(suite.view(launchpad, IAccess::pausedUntilCall {}), until);
    // The admin may: it goes on for another seven days, and ends when it says so.
    suite.must(admin, launchpad, IAccess::pauseCall { duration: 7 * DAY });
    suite.must(admin, launchpad, IAccess::unpauseCall {});
    assert_eq!(suite.view(launchpad, IAccess::pausedUntilCall {}), suite.now());
}

/// Giving the guardian its right back without a pause is announced like any other change.
#[test]
fn the_guardians_right_is_renewed_with_an_event() {
    let mut suite = Suite::new();
    let (admin, guardian, launchpad) = (suite.admin, suite.guardian, suite.at.launchpad);
    suite.must(guardian, launchpad, IAccess::pauseCall { duration: 1 });
    suite.pass(1);
    suite.refused(guardian, launchpad, IAccess::pauseCall { duration: 1 }, IAccess::PauseSpent {});
    let execution = suite.run(admin, launchpad, IAccess::unpauseCall {});
    let unpaused = IAccess::Unpaused::decode_log_data(&execution.logs[0].data).unwrap();
    assert_eq!((unpaused.by, unpaused.at), (admin, suite.now()));
    suite.must(guardian, launchpad, IAccess::pauseCall { duration: 1 });
}

#[test]
fn a_launch_costs_no_more_and_comes_no_later_than_its_issuer_says() {
    let mut suite = Suite::new();
    let (issuer, launchpad) = (suite.issuer, suite.at.launchpad);
    let fee = tokens(32_768);
    let dear = create(|order| order.maxLaunchFee = fee - U256::ONE);
    suite.refused(issuer, launchpad, dear, ILaunchpad::AboveMaximumIn {});
    let late = suite.now() - 1;
    suite.refused(issuer, launchpad, create(|order| order.deadline = late), ILaunchpad::DeadlinePassed {});
    suite.must(issuer, launchpad, create(|order| order.maxLaunchFee = fee));
}

/// Names that no reader of events could decode.
#[test]
fn a_text_that_is_no_utf8_is_refused() {
    let mut suite = Suite::new();
    let (issuer, launchpad) = (suite.issuer, suite.at.launchpad);
    for field in ["Chat Model", "CHAT", "ipfs://chat"] {
        let mut data = create(|_| ()).abi_encode();
        let at = data.windows(field.len()).position(|bytes| bytes == field.as_bytes()).unwrap();
        data[at] = 0xFF;
        let request = TransactionRequest { from: Some(issuer), ..Default::default() };
        let execution = suite.harness.submit(request.to(launchpad).input(Bytes::from(data).into())).execution;
        assert_eq!(execution.outcome, Outcome::Revert);
        assert_eq!(execution.output.as_ref(), ILaunchpad::TextOutOfRange::SELECTOR);
    }
    suite.must(issuer, launchpad, create(|order| order.name = "模型 ✓".into()));
}

/// Desk and office are programs of the launchpad's storage. Called by themselves they are nobody's.
#[test]
fn desk_and_office_cannot_be_set_up_by_themselves() {
    let mut suite = Suite::new();
    let Addresses { desk, office, flock, implementation, vesting, rewards, .. } = suite.at;
    let me = suite.users[0];
    let arguments = (desk, office, me, me, flock, implementation, vesting, rewards, me).abi_encode();
    let data = [CONSTRUCTOR.as_slice(), &arguments].concat();
    for (program, error) in [(office, IAccess::Unauthorized::SELECTOR), (desk, IAccess::TokenCallFailed::SELECTOR)] {
        let execution = suite.harness.send(program, data.clone()).execution;
        assert_eq!((execution.outcome, execution.output.as_ref()), (Outcome::Revert, error.as_slice()));
        assert!(suite.storage(program).is_empty());
    }
}
