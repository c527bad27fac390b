use super::{amount, bps, tokens};
use fomo_common::emission::*;
use fomo_common::{Bps, Epoch, Error, U256};
use proptest::prelude::*;

fn epoch(number: u64) -> Epoch {
    Epoch::new(number).unwrap()
}

fn phase(days: u32, daily: u64, decay: u16, every: u32) -> Phase {
    Phase::new(epoch(100), days, U256::from(daily), bps(decay), every).unwrap()
}

fn tranche(funded: U256, shape: Shape) -> Tranche {
    Tranche::new(funded, TRANCHE_DAYS, shape).unwrap()
}

#[test]
fn a_phase_decays_by_iterated_floors_and_keeps_its_last_amount() {
    let phase = phase(6, 1_001, 1_000, 2);
    let at = |day: u64| u64::try_from(phase.scheduled(epoch(100 + day)).unwrap()).unwrap();
    assert_eq!(phase.scheduled(epoch(99)), Ok(U256::ZERO));
    // 1001, 900.9 → 900, 810.
    assert_eq!([at(0), at(1), at(2), at(3), at(4), at(5)], [1_001, 1_001, 900, 900, 810, 810]);
    assert_eq!([at(6), at(7), at(1_000_000)], [810, 810, 810]);
    assert_eq!(phase.budget(), Ok(U256::from(2 * (1_001 + 900 + 810))));
}

#[test]
fn a_phase_without_decay_is_level() {
    let level = phase(30, 5, 0, 0);
    assert_eq!(level.scheduled(epoch(129)), Ok(U256::from(5)));
    assert_eq!(level.budget(), Ok(U256::from(150)));
    let idle = phase(u32::MAX, 5, 0, 7);
    assert_eq!(idle.scheduled(epoch(5_000_000_000)), Ok(U256::from(5)));
    assert_eq!(idle.budget(), Ok(U256::from(5) * U256::from(u32::MAX)));
}

#[test]
fn a_phase_that_decays_to_nothing_stays_there() {
    let gone = phase(u32::MAX, 3, 9_999, 1);
    assert_eq!(gone.scheduled(epoch(5_000_000_000)), Ok(U256::ZERO));
    assert_eq!(gone.budget(), Ok(U256::from(3)));
    let at_once = phase(10, 3, 10_000, 5);
    assert_eq!(at_once.budget(), Ok(U256::from(15)));
}

#[test]
fn a_phase_of_no_days_or_no_interval_is_an_error() {
    let new = |days, decay, every| Phase::new(epoch(1), days, U256::ONE, bps(decay), every);
    assert_eq!(new(0, 0, 1), Err(Error::PhaseInvalid));
    assert_eq!(new(1, 1, 0), Err(Error::PhaseInvalid));
    assert!(new(1, 0, 0).is_ok());
    let vast = Phase::new(epoch(1), 2, U256::MAX, Bps::ZERO, 1).unwrap();
    assert_eq!(vast.budget(), Err(Error::Overflow));
    let vast = Phase::new(epoch(1), 2, U256::MAX, bps(1), 1).unwrap();
    assert_eq!(vast.budget(), Err(Error::Overflow));
}

#[test]
fn a_days_pool_is_at_most_the_uncommitted_funds() {
    let phase = phase(6, 1_001, 1_000, 2);
    assert_eq!(phase.pool(epoch(100), U256::from(1_000)), Ok(U256::from(1_000)));
    assert_eq!(phase.pool(epoch(100), U256::from(5_000)), Ok(U256::from(1_001)));
    assert_eq!(phase.pool(epoch(99), U256::from(5_000)), Ok(U256::ZERO));
}

#[test]
fn the_global_pool_splits_by_spend() {
    assert_eq!(global_part(tokens(100), 1, 3), Ok(tokens(100) / U256::from(3)));
    assert_eq!(global_part(tokens(100), 0, 3), Ok(U256::ZERO));
    assert_eq!(global_part(tokens(100), 4, 3), Err(Error::PartOverTotal));
    assert_eq!(global_part(tokens(100), 0, 0), Err(Error::ZeroTotal));
}

#[test]
fn a_declining_tranche_pays_180_parts_of_16_290_on_its_first_day_and_one_on_its_last() {
    let tranche = tranche(tokens(16_290), Shape::Declining);
    assert_eq!(tranche.scheduled(0), Ok(tokens(180)));
    assert_eq!(tranche.scheduled(90), Ok(tokens(90)));
    assert_eq!(tranche.scheduled(179), Ok(tokens(1)));
    assert_eq!(tranche.scheduled(180), Ok(U256::ZERO));
    assert_eq!(tranche.scheduled(u32::MAX), Ok(U256::ZERO));
    assert_eq!(tranche.pool(0, tokens(16_290)), Ok(tokens(180)));
}

#[test]
fn a_level_tranche_pays_the_same_every_day() {
    let tranche = tranche(tokens(1_800), Shape::Level);
    assert_eq!([0, 100, 179].map(|day| tranche.scheduled(day).unwrap()), [tokens(10); 3]);
    assert_eq!(tranche.scheduled(180), Ok(U256::ZERO));
}

#[test]
fn a_day_that_pays_nobody_leaves_its_part_to_the_days_after_which_at_most_double() {
    let level = tranche(tokens(1_800), Shape::Level);
    // After one empty day: 1800/179. After 179: everything is left, twice the schedule is paid.
    assert_eq!(level.pool(1, tokens(1_800)), Ok(tokens(1_800) / U256::from(179)));
    assert_eq!(level.pool(179, tokens(1_800)), Ok(tokens(20)));
    let declining = tranche(tokens(16_290), Shape::Declining);
    assert_eq!(declining.pool(1, tokens(16_290)), Ok(tokens(16_290 * 2) / U256::from(180)));
    assert_eq!(declining.pool(179, tokens(16_290)), Ok(tokens(2)));
}

#[test]
fn after_its_last_day_a_tranche_pays_at_most_a_level_day_until_twice_its_length() {
    let tranche = tranche(tokens(1_800), Shape::Declining);
    assert_eq!(tranche.pool(180, tokens(500)), Ok(tokens(10)));
    assert_eq!(tranche.pool(359, tokens(3)), Ok(tokens(3)));
    assert!(!tranche.is_over(359));
    assert_eq!(tranche.pool(360, tokens(3)), Ok(U256::ZERO));
    assert!(tranche.is_over(360) && tranche.is_over(u32::MAX));
}

#[test]
fn more_remaining_than_was_funded_is_an_error() {
    let tranche = tranche(tokens(1_800), Shape::Declining);
    assert_eq!(tranche.pool(0, tokens(1_800) + U256::ONE), Err(Error::PartOverTotal));
    assert_eq!(Tranche::new(tokens(1), 0, Shape::Level), Err(Error::TrancheInvalid));
}

#[test]
fn fundings_of_one_day_merge_when_they_spread_alike() {
    let (one, two) = (tranche(tokens(1_000), Shape::Level), tranche(tokens(2_000), Shape::Level));
    assert_eq!(one.merge(&two), Ok(tranche(tokens(3_000), Shape::Level)));
    assert_eq!(one.merge(&tranche(tokens(1), Shape::Declining)), Err(Error::TranchesDiffer));
    assert_eq!(one.merge(&Tranche { days: 90, ..two }), Err(Error::TranchesDiffer));
    assert_eq!(one.merge(&Tranche { funded: U256::MAX, ..two }), Err(Error::Overflow));
}

#[test]
fn a_funding_is_at_least_a_thousand_flock() {
    assert_eq!(check_funding(tokens(1_000)), Ok(()));
    assert_eq!(check_funding(tokens(1_000) - U256::ONE), Err(Error::FundingTooSmall));
}

fn any_tranche() -> impl Strategy<Value = Tranche> {
    let funded = amount(tokens(1_000_000_000)).prop_map(|funded| funded.max(LEAST_FUNDING));
    (funded, prop_oneof![Just(180_u16), 1_u16..=400], any::<bool>()).prop_map(|(funded, days, level)| {
        Tranche::new(funded, days, if level { Shape::Level } else { Shape::Declining }).unwrap()
    })
}

proptest! {
    #[test]
    fn a_tranche_that_pays_every_day_pays_all_of_its_funding_on_schedule(tranche in any_tranche()) {
        let mut remaining = tranche.funded;
        for day in 0..u32::from(tranche.days) {
            let (pool, schedule) = (tranche.pool(day, remaining).unwrap(), tranche.scheduled(day).unwrap());
            // The remainders of the days before are spread over the days that are left.
            prop_assert!(pool >= schedule && pool - schedule <= U256::from(2), "day {}", day);
            remaining -= pool;
        }
        prop_assert!(remaining.is_zero());
    }

    #[test]
    fn a_tranche_never_pays_more_than_it_has_nor_more_than_twice_its_schedule(
        tranche in any_tranche(), paying in prop::collection::vec(0_u8..=10, 800)
    ) {
        let mut remaining = tranche.funded;
        for (day, tenths) in (0_u32..).zip(paying) {
            let pool = tranche.pool(day, remaining).unwrap();
            prop_assert!(pool <= remaining);
            if day < u32::from(tranche.days) {
                prop_assert!(pool <= tranche.scheduled(day).unwrap() * U256::from(2));
            } else {
                prop_assert!(pool <= tranche.funded / U256::from(tranche.days));
            }
            prop_assert!(!tranche.is_over(day) || pool.is_zero());
            remaining -= pool * U256::from(tenths) / U256::from(10);
        }
    }

    #[test]
    fn a_schedule_never_rises_and_adds_up_to_the_funding_less_a_wei_a_day(tranche in any_tranche()) {
        let schedule: Vec<U256> = (0..u32::from(tranche.days)).map(|day| tranche.scheduled(day).unwrap()).collect();
        prop_assert!(schedule.windows(2).all(|pair| pair[0] >= pair[1]));
        let sum: U256 = schedule.iter().copied().sum();
        prop_assert!(sum <= tranche.funded && tranche.funded - sum < U256::from(tranche.days));
    }

    #[test]
    fn a_phase_that_pays_its_schedule_spends_its_budget_on_its_last_day(
        days in 1_u32..400, daily in amount(tokens(1_000_000)), decay in 0_u16..=10_000, every in 1_u32..100
    ) {
        let phase = Phase::new(epoch(7), days, daily, bps(decay), every).unwrap();
        let mut left = phase.budget().unwrap();
        let mut before = daily;
        for day in 0..u64::from(days) {
            let pool = phase.pool(epoch(7 + day), left).unwrap();
            prop_assert_eq!(pool, phase.scheduled(epoch(7 + day)).unwrap());
            prop_assert!(pool <= before);
            before = pool;
            left -= pool;
        }
        prop_assert!(left.is_zero());
    }

    #[test]
    fn what_a_phase_does_not_pay_lengthens_it_at_the_last_amount(skipped in 0_u64..10, daily in 100_u64..10_000) {
        let phase = phase(10, daily, 500, 3);
        let mut left = phase.budget().unwrap();
        for day in skipped..10 {
            left -= phase.pool(epoch(100 + day), left).unwrap();
        }
        let last = phase.scheduled(epoch(109)).unwrap();
        let mut day = 110;
        while !left.is_zero() {
            let pool = phase.pool(epoch(day), left).unwrap();
            prop_assert!(pool == last.min(left) && !pool.is_zero());
            left -= pool;
            day += 1;
        }
    }

    #[test]
    fn parts_of_the_global_pool_add_up_to_it_less_a_wei_each(pool in amount(tokens(1_000_000)), spends in prop::collection::vec(0_u64..1 << 50, 1..30)) {
        let total: u64 = spends.iter().sum();
        prop_assume!(total > 0);
        let sum: U256 = spends.iter().map(|spend| global_part(pool, *spend, total).unwrap()).sum();
        prop_assert!(sum <= pool && pool - sum < U256::from(spends.len()));
    }
}
