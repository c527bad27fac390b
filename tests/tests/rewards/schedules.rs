//! Phases, tranches, seasons and model ids over days.

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::SolEvent;
use fomo_common::Epoch;
use fomo_common::emission::{Phase, Shape, Tranche};
use fomo_tests::suite::{DAY, IAccess, IFomoERC20, tokens};

use crate::common::*;

/// Goes on to the next day and pays Alice's usage of A on the day before.
fn alice_uses(world: &mut World, spend: u64) -> u64 {
    world.next_day();
    let epoch = world.today() - 1;
    world.pay(&usage(key(world.a), &[(world.alice, spend)]));
    epoch
}

fn day(world: &World, mt: Address, epoch: u64) -> R::dayOfReturn {
    world.ask(R::dayOfCall { mt, epoch })
}

#[test]
fn a_phase_pays_its_schedule_and_what_a_day_leaves_lengthens_it() {
    let mut world = World::new();
    let (admin, second) = (world.suite.admin, world.ask(R::phaseKeyCall { number: 2 }));
    // From the third day on; a tenth less after every second day; funds for three days and a bit.
    let start = START + 2;
    let value = phase(start, 6, tokens(1_000), 1_000, 2);
    world.does(admin, IAccess::initializeParameterCall { key: second, value });
    world.next_day();
    world.does(admin, R::fundPhaseCall { phase: U256::from(2), amount: tokens(3_500) });
    let schedule = |epoch| {
        let decay = fomo_common::Bps::new(1_000).unwrap();
        let phase = Phase::new(Epoch::new(start).unwrap(), 6, tokens(1_000), decay, 2).unwrap();
        phase.scheduled(Epoch::new(epoch).unwrap()).unwrap()
    };
    world.pay(&usage(key(world.a), &[(world.alice, 1)]));
    let mut left = tokens(3_500);
    for index in 0..8 {
        // One day in the middle pays nobody.
        let spend = if index == 3 { 0 } else { 7 };
        let epoch = alice_uses(&mut world, spend);
        let pool = day(&world, world.a, epoch).globalPool;
        let second = schedule(epoch).min(left);
        let expected = if spend == 0 { U256::ZERO } else { tokens(DAILY) + second };
        assert_eq!(pool, expected, "day {index}");
        left -= expected.saturating_sub(tokens(DAILY));
        let funds = world.ask(R::phaseCall { number: U256::from(2) });
        assert_eq!(funds.funded - funds.paid, left);
    }
    assert_eq!(left, U256::ZERO, "its funds were paid, and no more");
    assert_eq!(world.ask(R::phaseCall { number: U256::ONE }).paid, tokens(DAILY) * U256::from(8));
    world.verified(&[world.alice]);
}

/// Money that arrives on a day counts from the next, however late the day is sealed.
#[test]
fn funds_of_a_day_do_not_pay_that_day() {
    let mut world = World::new();
    let (admin, second) = (world.suite.admin, world.ask(R::phaseKeyCall { number: 2 }));
    let value = phase(START, 300, tokens(1_000), 0, 0);
    world.does(admin, IAccess::initializeParameterCall { key: second, value });
    world.next_day();
    world.does(admin, R::fundPhaseCall { phase: U256::from(2), amount: tokens(5_000) });
    world.next_day();
    for epoch in [START, START + 1] {
        world.report(epoch, &usage(key(world.a), &[(world.alice, 1)]), 9);
    }
    world.next_day();
    world.report(START + 2, &usage(key(world.a), &[(world.alice, 1)]), 9);
    world.pass(DAY / 2);
    for (epoch, second) in [(START, 0), (START + 1, 0), (START + 2, 1_000)] {
        world.seal(epoch, 9);
        assert_eq!(day(&world, world.a, epoch).globalPool, tokens(DAILY + second));
    }
}

#[test]
fn the_global_pool_is_split_by_spend_and_the_rest_goes_back() {
    let mut world = World::new();
    world.next_day();
    let (a, b, epoch) = (world.a, world.b, world.today() - 1);
    let unknown = Address::repeat_byte(0x99);
    let mut used = usage(key(a), &[(world.alice, 1), (world.bob, 1)]);
    used.extend(usage(key(b), &[(world.alice, 1)]));
    used.extend(usage(key(unknown), &[(world.carol, 1_000_000)]));
    world.pay(&used);
    let pool = tokens(DAILY);
    assert_eq!(day(&world, a, epoch).globalPool, pool * U256::from(2) / U256::from(3));
    assert_eq!(day(&world, b, epoch).globalPool, pool / U256::from(3));
    assert!(world.flock_of(world.carol).is_zero());
    // What splitting left returned to the phase.
    let funds = world.ask(R::phaseCall { number: U256::ONE });
    assert_eq!(funds.paid, pool * U256::from(2) / U256::from(3) + pool / U256::from(3));
    let left_out = world.logs().into_iter().find_map(|log| R::UsageLeftOut::decode_log_data(&log.data).ok()).unwrap();
    assert_eq!((left_out.key, left_out.spend, left_out.leftOut), (key(unknown), 1_000_000, 1_000_000));
    world.verified(&[world.alice, world.bob, world.carol]);
}

#[test]
fn an_unsupported_token_earns_nothing_and_its_clocks_pause() {
    let mut world = World::new();
    let (admin, a) = (world.suite.admin, world.a);
    world.stake(world.alice, a, tokens(5));
    world.does(admin, R::setSupportedCall { mt: a, supported: false });
    let first = alice_uses(&mut world, 9);
    let before = world.ask(R::mtRewardCall { mt: a });
    assert!(!day(&world, a, first).mtPool.is_zero(), "a change counts from the day after it");
    for _ in 0..3 {
        let epoch = alice_uses(&mut world, 9);
        assert_eq!(world.ask(R::reportOfCall { epoch }).eligible, 0);
        assert!(day(&world, a, epoch).globalPool.is_zero());
    }
    let after = world.ask(R::mtRewardCall { mt: a });
    assert_eq!((before.remaining, before.elapsed), (after.remaining, after.elapsed));
    world.does(admin, R::setSupportedCall { mt: a, supported: true });
    alice_uses(&mut world, 9);
    let epoch = alice_uses(&mut world, 9);
    assert!(!day(&world, a, epoch).mtPool.is_zero());
    assert_eq!(world.ask(R::mtRewardCall { mt: a }).elapsed, after.elapsed + 1);
    world.verified(&[world.alice]);
}

/// Season 2: usage is named by model ids, and only a mapping that is active at the end of the day counts.
#[test]
fn from_the_second_season_on_usage_is_by_model_id() {
    let mut world = World::new();
    let admin = world.suite.admin;
    let word = |mt: Address| U256::from_be_bytes(mt.into_word().0);
    let season_key = world.ask(R::seasonKeyCall { number: 2 });
    let value = season(START + 3, 2, 100, 100);
    world.does(admin, IAccess::initializeParameterCall { key: season_key, value });
    assert_eq!(world.ask(R::alphaAtCall { epoch: START + 2 }).season, 1);
    assert_eq!(world.ask(R::alphaAtCall { epoch: START + 3 }).season, 2);
    let ids = ["one", "two", "three"].map(keccak256);
    let keys = ids.map(|id| world.ask(R::modelKeyCall { id }));
    for (key, mt) in [(keys[0], world.a), (keys[1], world.a)] {
        world.does(admin, IAccess::initializeParameterCall { key, value: word(mt) });
    }
    let all = |world: &World| {
        let mut usage = Usage::new();
        for id in ids {
            usage.insert(id, [(world.alice, 10), (world.bob, 20)].into());
        }
        // In this season an address is no model id.
        usage.insert(key(world.a), [(world.alice, 1_000)].into());
        usage
    };
    // The first season still goes by the token.
    for epoch in START..START + 3 {
        world.next_day();
        world.pay(&all(&world));
        assert_eq!(world.ask(R::reportOfCall { epoch }).eligible, 1_000);
    }
    world.next_day();
    let used = all(&world);
    world.pay(&used);
    assert_eq!(world.ask(R::reportOfCall { epoch: START + 3 }).eligible, 60, "the ids of one token add up");
    assert_eq!(day(&world, world.a, START + 3).spend, 60);
    // One id moves to B, another one retires, the third appears: from the day after.
    for (key, value) in [(keys[0], word(world.b)), (keys[1], U256::ZERO)] {
        world.does(admin, IAccess::proposeParameterCall { key, value });
    }
    world.pass(2 * DAY);
    world.does(admin, IAccess::initializeParameterCall { key: keys[2], value: word(world.b) });
    for key in &keys[..2] {
        world.does(world.carol, IAccess::executeParameterCall { key: *key });
    }
    let today = world.today();
    assert_eq!(world.ask(R::tokenAtCall { key: ids[0], epoch: today }), world.a);
    assert_eq!(world.ask(R::tokenAtCall { key: ids[0], epoch: today + 1 }), world.b);
    assert!(world.ask(R::tokenAtCall { key: ids[1], epoch: today + 1 }).is_zero());
    world.go((today + 2) * DAY);
    for epoch in START + 4..=today + 1 {
        let used = all(&world);
        world.report(epoch, &used, 2);
    }
    world.pass(DAY / 2);
    for epoch in START + 4..=today + 1 {
        world.seal(epoch, 9);
        world.accrue(epoch);
    }
    assert_eq!((day(&world, world.a, today).spend, day(&world, world.b, today).spend), (60, 30));
    assert_eq!((day(&world, world.a, today + 1).spend, day(&world, world.b, today + 1).spend), (0, 60));
    world.verified(&[world.alice, world.bob]);
}

/// A thief of the reporter's key reports all usage as its own, after days that paid nobody: at most twice the day's schedule is gone.
#[test]
fn a_stolen_reporter_key_misdirects_at_most_twice_a_days_schedule() {
    let mut world = World::new();
    let (a, thief) = (world.a, world.dave);
    world.does(world.alice, R::fundReservedCall { mt: a, amount: tokens(100_000), level: false });
    world.stake(thief, a, U256::ONE);
    world.lock(thief, tokens(1_000_000), 365);
    world.go((START + 60) * DAY);
    world.settle();
    world.next_day();
    let epoch = world.today() - 1;
    let before = world.ask(R::phaseCall { number: U256::ONE });
    world.pay(&usage(key(a), &[(thief, u64::MAX >> 16)]));
    let taken = day(&world, a, epoch);
    let schedule = |funded, day| {
        let tranche = Tranche { funded, days: 180, shape: Shape::Declining };
        tranche.scheduled(day).unwrap()
    };
    let elapsed = world.ask(R::mtRewardCall { mt: a }).elapsed;
    let most = schedule(tokens(200_000), u32::from(elapsed) - 1) * U256::from(2);
    assert!(taken.mtPool <= most && taken.mtPool > most / U256::from(2));
    let elapsed = world.ask(R::reservedTrancheCall { mt: a, index: U256::ZERO }).elapsed;
    let most = schedule(tokens(100_000), u32::from(elapsed) - 1) * U256::from(2);
    assert!(taken.reservedPool <= most && taken.reservedPool > most / U256::from(2));
    let after = world.ask(R::phaseCall { number: U256::ONE });
    assert_eq!(after.paid - before.paid, tokens(DAILY));
    assert_eq!(taken.globalPool, tokens(DAILY), "however long nobody was paid before");
}

/// After twice its days a stream is over: what is left of MT is burned, of Reserved FLOCK joins the global emission.
#[test]
fn what_a_finished_stream_leaves_is_burned_or_joins_the_emission() {
    let mut world = World::new();
    let (a, alice) = (world.a, world.alice);
    world.does(alice, R::fundReservedCall { mt: a, amount: tokens(1_000), level: true });
    world.stake(alice, a, tokens(1));
    // Five months in which nobody uses it, some days on which she does, and nobody again until the end.
    world.go((START + 150) * DAY);
    world.settle();
    for _ in 0..5 {
        alice_uses(&mut world, 1);
    }
    world.go((START + 361) * DAY);
    world.settle();
    let left = world.ask(R::leftOverOfCall { mt: a });
    let supply = world.suite.view(a, IFomoERC20::totalSupplyCall {});
    assert!(left > U256::ZERO && world.ask(R::mtRewardCall { mt: a }).remaining.is_zero());
    assert_eq!(world.does(world.carol, R::burnLeftOverCall { mt: a }), left);
    assert_eq!(world.suite.view(a, IFomoERC20::totalSupplyCall {}), supply - left);
    assert!(world.ask(R::leftOverOfCall { mt: a }).is_zero());
    let joined = world.ask(R::phaseCall { number: U256::ONE }).joined;
    let ended = world.logs().into_iter().find_map(|log| R::ReservedEnded::decode_log_data(&log.data).ok()).unwrap();
    assert_eq!((ended.mt, ended.index, ended.left), (a, U256::ZERO, joined));
    let paid = world.flock_of(alice);
    assert!(joined > U256::ZERO && joined < tokens(1_000) && paid > U256::ZERO, "what she earned is hers");
    let mt = world.mt_of(alice, a);
    assert_eq!(world.does(alice, R::claimMtCall { account: alice, mt: a }), mt);
    let burned = world.logs().iter().any(|log| R::LeftOverBurned::decode_log_data(&log.data).is_ok());
    assert!(burned && world.ask(R::earnedTokensCall { account: alice }) == vec![a]);
}

/// A tranche that waited for users outlives younger ones. Each leaves its place when it has paid all, whichever are before it.
#[test]
fn a_tranche_that_has_paid_all_leaves_its_place() {
    let mut world = World::new();
    let (a, alice) = (world.a, world.alice);
    let fund = R::fundReservedCall { mt: a, amount: tokens(1_000), level: false };
    world.does(alice, fund.clone());
    // Nobody uses it for half a year, then every day.
    let first = START + 170;
    world.go(first * DAY);
    world.settle();
    world.stake(alice, a, tokens(1));
    world.does(alice, fund.clone());
    let last = first + 180;
    for today in last - 5..=last {
        world.go(today * DAY);
        world.does(alice, fund.clone());
    }
    world.next_day();
    world.refused(alice, fund.clone(), R::TooManyTranches {});
    for epoch in first..=last {
        world.report(epoch, &usage(key(a), &[(alice, 1)]), 9);
    }
    world.pass(DAY / 2);
    for epoch in first..=last {
        world.seal(epoch, 9);
    }
    let remaining =
        |world: &World, index| world.ask(R::reservedTrancheCall { mt: a, index: U256::from(index) }).remaining;
    assert!(
        !remaining(&world, 0).is_zero() && remaining(&world, 1).is_zero(),
        "the second has paid all, the first not"
    );
    world.does(alice, fund.clone());
    assert_eq!(world.ask(R::reservedCountCall { mt: a }), U256::from(9));
    world.next_day();
    world.refused(alice, fund, R::TooManyTranches {});
    world.verified(&[]);
}

#[test]
fn donations_change_nothing() {
    let (mut world, mut plain) = (World::new(), World::new());
    let rewards = world.suite.at.rewards;
    for token in [world.suite.at.flock, world.a] {
        let call = IFomoERC20::transferCall { to: rewards, value: tokens(9_999) };
        assert!(world.run(world.alice, token, call).success());
    }
    for world in [&mut world, &mut plain] {
        world.stake(world.bob, world.a, tokens(1));
        world.next_day();
        world.pay(&usage(key(world.a), &[(world.bob, 9)]));
    }
    assert_eq!(world.storage(), plain.storage());
}
