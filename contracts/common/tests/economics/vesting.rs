use super::{any_u256, tokens};
use fomo_common::vesting::*;
use fomo_common::{Error, Seconds, Timestamp, U256};
use proptest::prelude::*;

const START: Timestamp = Timestamp(1_800_000_000);

fn after(days: u16) -> Timestamp {
    START.after(Seconds::days(days)).unwrap()
}

#[test]
fn nothing_is_released_before_the_cliff_and_a_quarter_at_it() {
    let vesting = Vesting::new(tokens(365), START, DEFAULT_CLIFF, DEFAULT_LENGTH).unwrap();
    assert_eq!(vesting.vested(Timestamp(0)), Ok(U256::ZERO));
    assert_eq!(vesting.vested(START), Ok(U256::ZERO));
    assert_eq!(vesting.vested(Timestamp(after(90).0 - 1)), Ok(U256::ZERO));
    assert_eq!(vesting.vested(after(90)), Ok(tokens(90)));
    assert_eq!(vesting.vested(after(364)), Ok(tokens(364)));
    assert_eq!(vesting.vested(after(365)), Ok(tokens(365)));
    assert_eq!(vesting.vested(Timestamp(u64::MAX)), Ok(tokens(365)));
}

#[test]
fn what_can_be_released_is_what_has_vested_less_what_was() {
    let vesting = Vesting::new(tokens(365), START, DEFAULT_CLIFF, DEFAULT_LENGTH).unwrap();
    assert_eq!(vesting.releasable(after(100), tokens(90)), Ok(tokens(10)));
    assert_eq!(vesting.releasable(after(100), tokens(101)), Err(Error::PartOverTotal));
}

#[test]
fn a_vesting_of_no_length_or_with_a_late_cliff_is_an_error() {
    let new = |cliff, length| Vesting::new(tokens(1), START, Seconds(cliff), Seconds(length));
    assert_eq!(new(0, 0), Err(Error::VestingInvalid));
    assert_eq!(new(11, 10), Err(Error::VestingInvalid));
    assert!(new(10, 10).is_ok() && new(0, 1).is_ok());
}

proptest! {
    #[test]
    fn vesting_never_falls_and_never_exceeds_the_total(
        total in any_u256(), cliff in 0_u64..1_000_000, more in 1_u64..1_000_000, a in 0_u64..3_000_000, b in 0_u64..3_000_000
    ) {
        let vesting = Vesting::new(total, Timestamp(500_000), Seconds(cliff), Seconds(cliff + more)).unwrap();
        let (early, late) = (vesting.vested(Timestamp(a.min(b))).unwrap(), vesting.vested(Timestamp(a.max(b))).unwrap());
        prop_assert!(early <= late && late <= total);
    }
}
