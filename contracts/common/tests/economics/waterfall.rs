use super::{amount, any_u256, bps, tokens};
use fomo_common::waterfall::*;
use fomo_common::{Bps, Error, U256};
use proptest::prelude::*;

#[test]
fn net_revenue_splits_thirty_thirty_thirty_ten() {
    let buckets = split(U256::from(1_500), U256::from(500), DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES).unwrap();
    let n = U256::from;
    assert_eq!(
        buckets,
        Buckets { compute: n(500), flock_buyback: n(300), treasury: n(300), mt_buyback: n(300), issuer: n(100) }
    );
}

#[test]
fn the_treasury_takes_the_rounding_remainder() {
    let buckets = split(U256::from(9), U256::ZERO, DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES).unwrap();
    let n = U256::from;
    assert_eq!([buckets.flock_buyback, buckets.mt_buyback, buckets.issuer, buckets.treasury], [n(2), n(2), n(0), n(5)]);
    let nothing = split(U256::ZERO, U256::ZERO, DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES).unwrap();
    assert_eq!(nothing.treasury, U256::ZERO);
}

#[test]
fn compute_is_at_most_its_limit_of_gross() {
    let at = |gross: u64, compute: u64| {
        split(U256::from(gross), U256::from(compute), DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES).is_ok()
    };
    assert!(at(1_000, 900) && !at(1_000, 901));
    assert!(at(11, 9) && !at(11, 10)); // 9.9
    assert!(!at(0, 1));
    assert_eq!(split(U256::ZERO, U256::ONE, Bps::ONE, &DEFAULT_SHARES), Err(Error::ComputeOverLimit));
}

#[test]
fn shares_that_are_not_a_whole_are_an_error() {
    assert_eq!(Shares::new(bps(3_000), bps(3_000), bps(3_000), bps(999)), Err(Error::SharesNotWhole));
    assert_eq!(Shares::new(bps(3_000), bps(3_000), bps(3_000), bps(1_001)), Err(Error::SharesNotWhole));
    assert_eq!(Shares::new(Bps::ONE, Bps::ONE, Bps::ZERO, Bps::ZERO), Err(Error::SharesNotWhole));
    assert_eq!(Shares::new(bps(3_000), bps(3_000), bps(3_000), bps(1_000)), Ok(DEFAULT_SHARES));
}

#[test]
fn a_buyback_spends_the_least_of_bucket_cap_and_half_a_percent_of_the_reserve() {
    let spend = |bucket, cap, reserve| buyback_amount(tokens(bucket), tokens(cap), tokens(reserve)).unwrap();
    assert_eq!(spend(10, 20, 10_000), tokens(10));
    assert_eq!(spend(30, 20, 10_000), tokens(20));
    assert_eq!(spend(30, 20, 2_000), tokens(10));
    assert_eq!(spend(30, 20, 0), U256::ZERO);
    assert_eq!(buyback_amount(U256::MAX, U256::MAX, U256::MAX).unwrap(), U256::MAX / U256::from(200));
}

#[test]
fn the_least_out_is_97_percent_of_the_price_net_of_every_pools_fee() {
    assert_eq!(min_out(tokens(1_000), &[bps(30)]), Ok(tokens(967_090) / U256::from(1_000)));
    assert_eq!(min_out(tokens(1_000), &[bps(30), bps(100)]).unwrap(), tokens(9_574_191) / U256::from(10_000));
    assert_eq!(min_out(tokens(1_000), &[Bps::ZERO]), Ok(tokens(970)));
    assert_eq!(min_out(tokens(1_000), &[Bps::ONE]), Ok(U256::ZERO));
    assert_eq!(min_out(tokens(1), &[]), Err(Error::RouteLength));
    assert_eq!(min_out(tokens(1), &[Bps::ZERO; 9]), Err(Error::RouteLength));
    assert!(min_out(U256::MAX, &[bps(30); 8]).is_ok());
}

proptest! {
    #[test]
    fn invariant_8_waterfall_buckets_sum_to_net_exactly(
        gross in any_u256(), part in 0_u64..=9_000, a in 0_u16..=5_000, b in 0_u16..=3_000, c in 0_u16..=2_000
    ) {
        let compute = (gross / U256::from(10_000)) * U256::from(part);
        let shares = Shares::new(bps(a), bps(b), bps(c), bps(10_000 - a - b - c)).unwrap();
        let buckets = split(gross, compute, DEFAULT_COMPUTE_LIMIT, &shares).unwrap();
        let net = gross - compute;
        prop_assert_eq!(buckets.flock_buyback + buckets.treasury + buckets.mt_buyback + buckets.issuer, net);
        prop_assert_eq!(buckets.compute, compute);
        let treasury = bps(b).of(net).unwrap();
        prop_assert!(buckets.treasury >= treasury && buckets.treasury - treasury <= U256::from(3));
    }

    #[test]
    fn a_buyback_never_spends_more_than_its_bucket(bucket in any_u256(), cap in any_u256(), reserve in amount(tokens(1_000_000_000))) {
        let spend = buyback_amount(bucket, cap, reserve).unwrap();
        prop_assert!(spend <= bucket && spend <= cap && spend <= reserve / U256::from(200));
    }
}
