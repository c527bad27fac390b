use super::{amount, any_u256, tokens, wad};
use fomo_common::lock::*;
use fomo_common::{Error, Seconds, Timestamp, U256, Wad};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn in_days(days: u16) -> Timestamp {
    NOW.after(Seconds::days(days)).unwrap()
}

fn lock(amount: U256, days: u16) -> Lock {
    Lock::open(amount, NOW, Seconds::days(days), DEFAULT_EPSILON).unwrap()
}

/// A lock of up to a billion FLOCK, some of its time gone: the lock and the time.
fn running() -> impl Strategy<Value = (Lock, Timestamp)> {
    (amount(tokens(1_000_000_000)), 86_400_u64..=31_536_000, any::<u64>()).prop_map(|(amount, period, gone)| {
        let lock = Lock::open(amount, NOW, Seconds(period), DEFAULT_EPSILON).unwrap();
        (lock, Timestamp(NOW.0 + gone % period))
    })
}

#[test]
fn a_lock_gets_no_bonus_for_thirty_days_and_201_percent_for_a_year() {
    let gm = |days| preview(tokens(365), Seconds::days(days), DEFAULT_EPSILON).unwrap();
    assert_eq!([gm(1), gm(30)], [tokens(365), tokens(365)]);
    // 2.19·1/365 of 365 a day.
    assert_eq!(gm(31), tokens(365) + wad(2.19).raw());
    // 2.19·335/365 = 2.01.
    assert_eq!(gm(365), tokens(365) + tokens(201) * U256::from(365) / U256::from(100));
}

#[test]
fn a_part_of_a_day_counts_in_the_bonus() {
    let half = preview(tokens(365), Seconds(30 * 86_400 + 43_200), DEFAULT_EPSILON).unwrap();
    assert_eq!(half, tokens(365) + wad(1.095).raw());
}

#[test]
fn a_lock_period_outside_1_to_365_days_is_an_error() {
    let open = |seconds| Lock::open(tokens(1), NOW, Seconds(seconds), DEFAULT_EPSILON);
    assert_eq!(open(86_399), Err(Error::LockPeriodOutOfRange));
    assert!(open(86_400).is_ok() && open(31_536_000).is_ok());
    assert_eq!(open(31_536_001), Err(Error::LockPeriodOutOfRange));
    assert_eq!(open(u64::MAX), Err(Error::LockPeriodOutOfRange));
    assert_eq!(preview(tokens(1), Seconds(0), DEFAULT_EPSILON), Err(Error::LockPeriodOutOfRange));
    assert_eq!(preview(U256::MAX, Seconds::days(31), DEFAULT_EPSILON), Err(Error::Overflow));
    let late = Timestamp(u64::MAX);
    assert_eq!(Lock::open(tokens(1), late, Seconds::days(1), DEFAULT_EPSILON), Err(Error::Overflow));
}

#[test]
fn a_hundred_gm_for_a_year_weigh_what_two_hundred_for_half_a_year_weigh() {
    let year = Lock { amount: tokens(100), gm: tokens(100), unlock: in_days(365) };
    let half = Seconds(365 * 43_200);
    let half_year = Lock { amount: tokens(200), gm: tokens(200), unlock: NOW.after(half).unwrap() };
    assert_eq!(effective_balance(&[year], NOW), effective_balance(&[half_year], NOW));
    assert_eq!(effective_balance(&[year], NOW), Ok(tokens(100)));
}

#[test]
fn an_unlocked_lock_weighs_nothing_and_cannot_change() {
    let lock = lock(tokens(5), 10);
    for now in [in_days(10), in_days(11), Timestamp(u64::MAX)] {
        assert_eq!(effective_balance(&[lock], now), Ok(U256::ZERO));
        assert_eq!(lock.extend(now, Timestamp(u64::MAX), DEFAULT_EPSILON), Err(Error::LockExpired));
        assert_eq!(lock.increase(now, tokens(1), DEFAULT_EPSILON), Err(Error::LockExpired));
        assert_eq!(lock.merge(&lock, now, DEFAULT_EPSILON), Err(Error::LockExpired));
    }
    assert_eq!(lock.remaining(Timestamp(in_days(10).0 - 1)), Ok(Seconds(1)));
}

#[test]
fn effective_balance_is_summed_first_and_floored_once() {
    // Two halves of a gm-wei: each alone floors to 0.
    let half = Lock { amount: U256::ONE, gm: U256::ONE, unlock: Timestamp(NOW.0 + 365 * 43_200) };
    assert_eq!(effective_balance(&[half], NOW), Ok(U256::ZERO));
    assert_eq!(effective_balance(&[half, half], NOW), Ok(U256::ONE));
    assert_eq!(effective_balance(&[], NOW), Ok(U256::ZERO));
}

#[test]
fn no_lock_weighs_more_than_its_gm() {
    let far = Lock { amount: tokens(1), gm: tokens(3), unlock: Timestamp(u64::MAX) };
    assert_eq!(effective_balance(&[far], NOW), Ok(tokens(3)));
    let vast = Lock { gm: U256::MAX, ..far };
    assert_eq!(effective_balance(&[vast], NOW), Err(Error::Overflow));
    let large = Lock { gm: U256::MAX / U256::from(31_536_000), ..far };
    assert_eq!(effective_balance(&[large, large], NOW), Err(Error::Overflow));
}

#[test]
fn an_extension_goes_forward_and_no_further_than_365_days() {
    let lock = lock(tokens(5), 100);
    let extend = |unlock| lock.extend(in_days(10), unlock, DEFAULT_EPSILON);
    assert_eq!(extend(in_days(100)), Err(Error::NotAnExtension));
    assert_eq!(extend(in_days(50)), Err(Error::NotAnExtension));
    assert_eq!(extend(Timestamp(in_days(375).0 + 1)), Err(Error::LockPeriodOutOfRange));
    assert!(extend(in_days(375)).is_ok());
}

#[test]
fn an_extension_gives_the_fresh_value_or_keeps_the_weight_whichever_is_more() {
    let year = lock(tokens(100), 365);
    assert_eq!(year.gm, tokens(301));
    // With a day left, a day more: preview gives 100, half the weight is 150.5.
    let now = in_days(364);
    let extended = year.extend(now, in_days(366), DEFAULT_EPSILON).unwrap();
    assert_eq!(extended.gm, tokens(301) / U256::from(2));
    // Rolling it on day by day keeps no bonus: after another day it is 100 again.
    let again = extended.extend(in_days(365), in_days(367), DEFAULT_EPSILON).unwrap();
    assert_eq!(again.gm, tokens(100));
    // A short lock extended to a year is a year's lock.
    let fresh = lock(tokens(100), 1).extend(NOW, in_days(365), DEFAULT_EPSILON).unwrap();
    assert_eq!(fresh, year);
}

#[test]
fn an_increase_adds_the_preview_of_what_remains() {
    let increased = lock(tokens(100), 365).increase(in_days(335), tokens(50), DEFAULT_EPSILON).unwrap();
    assert_eq!((increased.amount, increased.gm), (tokens(150), tokens(351)));
    assert_eq!(lock(U256::MAX, 1).increase(NOW, U256::ONE, DEFAULT_EPSILON), Err(Error::Overflow));
    // A record of over 365 days can only come from elsewhere.
    let far = Lock { amount: tokens(1), gm: tokens(3), unlock: Timestamp(u64::MAX) };
    assert_eq!(far.increase(NOW, tokens(1), DEFAULT_EPSILON), Err(Error::LockPeriodOutOfRange));
}

#[test]
fn a_merge_extends_the_earlier_and_sums() {
    let (short, long) = (lock(tokens(10), 30), lock(tokens(100), 365));
    let merged = short.merge(&long, NOW, DEFAULT_EPSILON).unwrap();
    assert_eq!(merged, Lock { amount: tokens(110), gm: tokens(3_311) / U256::from(10), unlock: in_days(365) });
    assert_eq!(long.merge(&short, NOW, DEFAULT_EPSILON), Ok(merged));
    let twin = long.merge(&long, NOW, DEFAULT_EPSILON).unwrap();
    assert_eq!((twin.amount, twin.gm), (tokens(200), tokens(602)));
    assert_eq!(short.merge(&long, in_days(30), DEFAULT_EPSILON), Err(Error::LockExpired));
}

#[test]
fn the_multiplier_is_one_at_zero_and_halfway_at_h() {
    let m = |effective, lambda| multiplier(effective, lambda, tokens(1_000)).unwrap();
    assert_eq!(m(U256::ZERO, Wad::ONE), Wad::ONE);
    assert_eq!(m(tokens(1_000), Wad::ONE), wad(1.5));
    assert_eq!(m(tokens(1_000), wad(0.5)), wad(1.25));
    assert_eq!(m(tokens(3_000), Wad::ONE), wad(1.75));
    assert_eq!(m(tokens(3_000), Wad::ZERO), Wad::ONE);
}

#[test]
fn a_multiplier_with_lambda_over_one_or_h_zero_is_an_error() {
    let over = Wad(Wad::ONE.0 + 1);
    assert_eq!(multiplier(tokens(1), over, tokens(1)), Err(Error::LambdaOverOne));
    assert_eq!(multiplier(tokens(1), Wad::ONE, U256::ZERO), Err(Error::ZeroHalf));
    assert_eq!(multiplier(U256::ZERO, Wad::ONE, U256::ZERO), Err(Error::ZeroHalf));
    assert_eq!(multiplier(U256::MAX, Wad::ONE, U256::ONE), Err(Error::Overflow));
    assert_eq!(multiplier(U256::MAX - U256::ONE, Wad::ONE, U256::ONE), Ok(Wad(2 * Wad::ONE.0 - 1)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn invariant_6_a_multiplier_is_at_least_one_and_below_two(effective in any_u256(), lambda in 0..=Wad::ONE.0, half in any_u256()) {
        if let Ok(m) = multiplier(effective, Wad(lambda), half) {
            prop_assert!(m >= Wad::ONE && m < Wad(2 * Wad::ONE.0));
        }
    }

    #[test]
    fn a_multiplier_never_falls_with_the_balance_and_is_concave(
        a in amount(tokens(1_000_000_000)), step in amount(tokens(1_000_000_000)), lambda in 0..=Wad::ONE.0, half in amount(tokens(1_000_000))
    ) {
        prop_assume!(!half.is_zero());
        let m = |effective| multiplier(effective, Wad(lambda), half).unwrap().0;
        let (low, mid, high) = (m(a), m(a + step), m(a + step + step));
        prop_assert!(low <= mid && mid <= high);
        // Up to the last digit, which each of the three rounds.
        prop_assert!(high - mid <= mid - low + 2);
    }

    #[test]
    fn a_longer_lock_never_gets_less(amount in amount(tokens(1_000_000_000)), a in 1_u64..=31_536_000, b in 1_u64..=31_536_000, epsilon in any::<u64>()) {
        let gm = |period| preview(amount, Seconds(period), Wad(epsilon)).unwrap();
        prop_assert!(gm(a.min(b)) <= gm(a.max(b)));
        prop_assert!(gm(a) >= amount);
    }

    #[test]
    fn an_extension_never_lowers_the_balance_at_any_later_time_by_a_wei_or_more(
        (lock, now) in running(), by in 1_u64..=31_536_000, later in 0_u64..=31_536_000
    ) {
        let unlock = Timestamp(lock.unlock.0 + by);
        let Ok(extended) = lock.extend(now, unlock, DEFAULT_EPSILON) else { return Ok(()) };
        let at = Timestamp(now.0 + later);
        let (before, after) = (lock.weight(at).unwrap(), extended.weight(at).unwrap());
        prop_assert!(after + LONGEST.raw() > before);
        let (before, after) = (effective_of(before).unwrap(), effective_of(after).unwrap());
        prop_assert!(after + U256::ONE >= before);
        prop_assert_eq!(extended.amount, lock.amount);
    }

    #[test]
    fn a_merge_never_lowers_the_balance_by_a_wei_or_more(((a, now), (b, _)) in (running(), running())) {
        let Ok(merged) = a.merge(&b, now, DEFAULT_EPSILON) else { return Ok(()) };
        let (before, after) = (effective_balance(&[a, b], now).unwrap(), effective_balance(&[merged], now).unwrap());
        prop_assert!(after + U256::ONE >= before);
        prop_assert_eq!(merged.amount, a.amount + b.amount);
    }

    #[test]
    fn an_increase_never_lowers_the_balance((lock, now) in running(), added in amount(tokens(1_000_000_000))) {
        let increased = lock.increase(now, added, DEFAULT_EPSILON).unwrap();
        prop_assert!(increased.weight(now).unwrap() >= lock.weight(now).unwrap());
    }

    #[test]
    fn rolling_a_lock_in_small_steps_never_beats_one_long_extension((lock, now) in running(), steps in prop::collection::vec(1_u64..=2_000_000, 1..6)) {
        let rolled = steps.iter().try_fold(lock, |lock, step| lock.extend(now, Timestamp(lock.unlock.0 + step), DEFAULT_EPSILON));
        let Ok(rolled) = rolled else { return Ok(()) };
        let once = lock.extend(now, rolled.unlock, DEFAULT_EPSILON).unwrap();
        prop_assert!(rolled.gm <= once.gm.max(preview(lock.amount, rolled.remaining(now).unwrap(), DEFAULT_EPSILON).unwrap()));
    }

    #[test]
    fn a_balance_only_falls_until_something_is_done((lock, now) in running(), later in 0_u64..=40_000_000) {
        prop_assert!(lock.weight(Timestamp(now.0 + later)).unwrap() <= lock.weight(now).unwrap());
    }
}
