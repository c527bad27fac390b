use super::{amount, bps, tokens};
use fomo_common::stake::*;
use fomo_common::{Bps, Epoch, Error, Seconds, Timestamp, U256};
use proptest::prelude::*;

fn epoch(number: u64) -> Epoch {
    Epoch::new(number).unwrap()
}

/// Checkpoints of a history of (seconds since the last change, new stake) from the start of epoch 100 on.
fn history(changes: &[(u64, U256)]) -> Vec<Checkpoint> {
    let mut last = Checkpoint { at: epoch(100).start(), ..Checkpoint::default() };
    changes
        .iter()
        .map(|(wait, stake)| {
            last = last.changed(last.at.after(Seconds(*wait)).unwrap(), *stake).unwrap();
            last
        })
        .collect()
}

#[test]
fn a_stake_held_for_one_second_weighs_an_86_400th_of_a_days() {
    let whole = history(&[(0, tokens(7))]);
    let second = history(&[(86_399, tokens(7))]);
    let day = stake_seconds_in(&whole, epoch(100)).unwrap();
    assert_eq!(day, held(tokens(7), Seconds(86_400)).unwrap());
    assert_eq!(stake_seconds_in(&second, epoch(100)).unwrap() * U256::from(86_400), day);
    assert_eq!(average(day), Ok(tokens(7)));
}

#[test]
fn a_stake_made_at_midnight_belongs_to_the_new_day() {
    let midnight = history(&[(86_400, tokens(7))]);
    assert_eq!(stake_seconds_in(&midnight, epoch(100)), Ok(U256::ZERO));
    assert_eq!(stake_seconds_in(&midnight, epoch(101)), held(tokens(7), Seconds(86_400)));
}

#[test]
fn an_epoch_before_any_stake_has_none_and_one_long_after_still_counts_it() {
    let changes = history(&[(10, tokens(3))]);
    assert_eq!(stake_seconds_in(&changes, epoch(99)), Ok(U256::ZERO));
    assert_eq!(stake_seconds_in(&changes, epoch(5_000)), held(tokens(3), Seconds(86_400)));
    assert_eq!(stake_seconds_in(&[], epoch(5_000)), Ok(U256::ZERO));
}

#[test]
fn a_request_to_unstake_stops_counting_that_second() {
    let changes = history(&[(0, tokens(10)), (43_200, tokens(4))]);
    assert_eq!(average(stake_seconds_in(&changes, epoch(100)).unwrap()), Ok(tokens(7)));
}

#[test]
fn checkpoints_out_of_order_are_errors() {
    let checkpoint = Checkpoint { at: Timestamp(86_500), stake: tokens(1), accrued: U256::ZERO };
    assert_eq!(checkpoint.accrued_by(Timestamp(86_499)), Err(Error::TimeBackwards));
    assert_eq!(checkpoint.changed(Timestamp(86_499), tokens(2)), Err(Error::TimeBackwards));
    assert_eq!(stake_seconds(Some(&checkpoint), Some(&checkpoint), epoch(1)), Err(Error::TimeBackwards));
    let vast = Checkpoint { stake: U256::MAX, ..checkpoint };
    assert_eq!(vast.accrued_by(Timestamp(86_502)), Err(Error::Overflow));
    // A history that lost stake-seconds is noticed.
    let lost = Checkpoint { at: epoch(2).start(), ..Checkpoint::default() };
    assert_eq!(
        stake_seconds(Some(&Checkpoint { at: Timestamp(0), ..vast }), Some(&lost), epoch(1)),
        Err(Error::Overflow)
    );
    let before = Checkpoint { at: Timestamp(0), stake: tokens(1), accrued: U256::ZERO };
    assert_eq!(stake_seconds(Some(&before), Some(&lost), epoch(1)), Err(Error::Overflow));
}

#[test]
fn a_discount_is_that_of_the_highest_tier_reached() {
    let tier = |stake, discount| Tier { min_stake: tokens(stake), discount: bps(discount) };
    let tiers = [tier(100, 500), tier(1_000, 1_000), tier(10_000, 2_000)];
    assert_eq!(check_tiers(&tiers), Ok(()));
    assert_eq!(discount(&tiers, tokens(100) - U256::ONE), Bps::ZERO);
    assert_eq!(discount(&tiers, tokens(100)), bps(500));
    assert_eq!(discount(&tiers, tokens(9_999)), bps(1_000));
    assert_eq!(discount(&tiers, U256::MAX), bps(2_000));
    assert_eq!(discount(&[], U256::MAX), Bps::ZERO);
    for wrong in
        [[tier(2, 1), tier(1, 2)], [tier(1, 2), tier(2, 1)], [tier(1, 1), tier(1, 2)], [tier(1, 1), tier(2, 1)]]
    {
        assert_eq!(check_tiers(&wrong), Err(Error::TiersOutOfOrder));
    }
    assert_eq!(check_tiers(&[]), Ok(()));
}

proptest! {
    #[test]
    fn stake_seconds_are_the_sum_over_every_second(changes in prop::collection::vec((0_u64..60_000, amount(tokens(1_000_000))), 0..8)) {
        let history = history(&changes);
        for day in 99..104 {
            let (start, end) = (epoch(day).start().0, epoch(day).end().0);
            // Segments between changes, cut to the day.
            let ends = history.iter().skip(1).map(|next| next.at.0).chain([u64::MAX]);
            let direct: U256 = history.iter().zip(ends).map(|(from, to)| {
                let seconds = to.min(end).saturating_sub(from.at.0.max(start));
                from.stake * U256::from(seconds)
            }).sum();
            prop_assert_eq!(stake_seconds_in(&history, epoch(day)), Ok(direct));
        }
    }

    #[test]
    fn an_average_is_never_over_the_largest_stake(changes in prop::collection::vec((0_u64..60_000, amount(tokens(1_000_000))), 1..8)) {
        let most = changes.iter().map(|(_, stake)| *stake).max().unwrap();
        let seconds = stake_seconds_in(&history(&changes), epoch(101)).unwrap();
        prop_assert!(average(seconds).unwrap() <= most);
    }

    #[test]
    fn what_happens_after_an_epoch_never_changes_it(
        changes in prop::collection::vec((0_u64..60_000, amount(tokens(1_000_000))), 1..8), wait in 0_u64..1_000_000, stake in amount(tokens(1_000_000))
    ) {
        let mut history = history(&changes);
        let ended = Epoch::new(Epoch::of(history.last().unwrap().at).unwrap().number()).unwrap();
        let before = stake_seconds_in(&history, ended);
        let last = *history.last().unwrap();
        history.push(last.changed(ended.end().after(Seconds(wait)).unwrap(), stake).unwrap());
        prop_assert_eq!(stake_seconds_in(&history, ended), before);
    }
}
