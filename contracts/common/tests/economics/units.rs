use super::{any_u256, big, bps};
use fomo_common::units::WAD;
use fomo_common::{Bps, Error, U256, Wad};
use proptest::prelude::*;

#[test]
fn basis_points_stop_at_one() {
    assert_eq!(Bps::new(10_000), Ok(Bps::ONE));
    assert_eq!(Bps::new(10_001), Err(Error::BpsOverOne));
    assert_eq!(bps(6_000).plus(bps(4_001)), Err(Error::BpsOverOne));
    assert_eq!(bps(u16::MAX / 7).rest().get(), 10_000 - u16::MAX / 7);
    assert_eq!(Bps::ONE.of(U256::MAX), Ok(U256::MAX));
    assert_eq!(Bps::ONE.of_up(U256::MAX), Ok(U256::MAX));
    assert_eq!(bps(1).of(U256::ONE), Ok(U256::ZERO));
    assert_eq!(bps(1).of_up(U256::ONE), Ok(U256::ONE));
}

#[test]
fn a_wad_of_an_amount_overflows_with_an_error() {
    assert_eq!(Wad::ONE.of(U256::MAX), Ok(U256::MAX));
    assert_eq!(Wad(Wad::ONE.0 + 1).of(U256::MAX), Err(Error::Overflow));
    assert_eq!(Wad::try_from(WAD), Ok(Wad::ONE));
    assert_eq!(Wad::try_from(U256::from(u64::MAX) + U256::ONE), Err(Error::Overflow));
}

#[test]
fn every_error_says_something_of_its_own() {
    assert_eq!(Error::Overflow.to_string(), "a number is too large");
    assert_ne!(Error::SoldOut.to_string(), Error::OverTarget.to_string());
}

proptest! {
    #[test]
    fn a_share_and_the_rest_miss_at_most_one_unit(amount in any_u256(), share in 0_u16..=10_000) {
        let share = bps(share);
        let (part, rest) = (share.of(amount).unwrap(), share.rest().of(amount).unwrap());
        prop_assert!(amount - part - rest <= U256::ONE);
        prop_assert_eq!(share.of_up(amount).unwrap(), amount - rest);
        prop_assert_eq!(big(part), big(amount) * share.get() / 10_000_u32);
    }
}
