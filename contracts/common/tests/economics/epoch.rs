use fomo_common::{Epoch, Error, Seconds, Timestamp};
use proptest::prelude::*;

#[test]
fn midnight_belongs_to_the_new_day() {
    let of = |time| Epoch::of(Timestamp(time)).unwrap().number();
    assert_eq!([of(0), of(86_399), of(86_400), of(172_799)], [0, 0, 1, 1]);
    let day = Epoch::new(20_000).unwrap();
    assert_eq!((day.start(), day.end()), (Timestamp(1_728_000_000), Timestamp(1_728_086_400)));
    assert_eq!(day.next().unwrap().start(), day.end());
}

#[test]
fn an_epoch_whose_end_is_no_timestamp_is_an_error() {
    assert!(Epoch::LAST.end().0 > u64::MAX - 86_400);
    assert_eq!(Epoch::LAST.end().0 % 86_400, 0);
    assert_eq!(Epoch::LAST.next(), Err(Error::EpochOutOfRange));
    assert_eq!(Epoch::of(Timestamp(u64::MAX)), Err(Error::EpochOutOfRange));
    assert_eq!(Epoch::of(Timestamp(Epoch::LAST.end().0 - 1)), Ok(Epoch::LAST));
}

#[test]
fn time_does_not_run_backwards() {
    assert_eq!(Timestamp(5).since(Timestamp(6)), Err(Error::TimeBackwards));
    assert_eq!(Timestamp(6).since(Timestamp(6)), Ok(Seconds(0)));
    assert_eq!(Timestamp(u64::MAX).after(Seconds(1)), Err(Error::Overflow));
    let (one, two) = (Epoch::new(1).unwrap(), Epoch::new(2).unwrap());
    assert_eq!((two.since(one), one.since(two)), (Ok(1), Err(Error::TimeBackwards)));
}

proptest! {
    #[test]
    fn every_second_is_in_exactly_the_epoch_that_it_is_of(time in 0..Epoch::LAST.end().0) {
        let epoch = Epoch::of(Timestamp(time)).unwrap();
        prop_assert!(epoch.start().0 <= time && time < epoch.end().0);
        prop_assert_eq!(epoch.end().0 - epoch.start().0, 86_400);
    }
}
