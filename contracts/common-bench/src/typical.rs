//! What the functions are measured with.

use fomo_common::U256;

use crate::{ARGUMENTS, Arguments};

fn arguments(values: &[u128]) -> Arguments {
    let mut arguments = [U256::ZERO; ARGUMENTS];
    for (argument, value) in arguments.iter_mut().zip(values) {
        *argument = U256::from(*value);
    }
    arguments
}

const ONE: u128 = 1_000_000_000_000_000_000;
const NOW: u128 = 1_800_000_000;
const DAY: u128 = 86_400;

/// Arguments like those of a contract, for every function of [`OPS`](crate::OPS), in its order.
#[must_use]
pub fn typical() -> Vec<Arguments> {
    let curve = [100_000 * ONE, 10_000, 800_000 * ONE, 100_000 * ONE];
    let on_curve = |rest: &[u128]| arguments(&[&curve[..], rest].concat());
    let mut wide = arguments(&[0, 0, 12_345]);
    (wide[0], wide[1], wide[2]) = (U256::MAX - U256::from(98), U256::MAX / U256::from(7), U256::MAX / U256::from(3));
    vec![
        arguments(&[7]),
        arguments(&[123_456 * ONE, 654_321 * ONE, 777 * ONE]),
        wide,
        arguments(&[ONE * ONE / 3]),
        arguments(&[5_123_456, 1_234 * ONE * DAY, 400_000 * ONE * DAY, ONE / 10 * 9, 5_000 * ONE, ONE, 10_000 * ONE]),
        arguments(&[100_000 * ONE, 4 * ONE * ONE / 100_000, ONE * ONE]),
        arguments(&[ONE / 10 * 9, ONE / 2, 33, 90]),
        on_curve(&[]),
        on_curve(&[1_000 * ONE, 150]),
        on_curve(&[1_000 * ONE, 150]),
        on_curve(&[]),
        arguments(&[100 * ONE, 300 * DAY, 2_190_000_000_000_000_000]),
        arguments(&[100 * ONE, 200 * ONE, NOW + 100 * DAY, NOW, NOW + 200 * DAY, 2_190_000_000_000_000_000]),
        arguments(&[100 * ONE, 200 * ONE, NOW + 100 * DAY, NOW]),
        arguments(&[20_000 * DAY, ONE, 0, 20_000 * DAY + 500, 3 * ONE, 500 * ONE, 20_000]),
        arguments(&[1_234_567_890, 500_000_000]),
        arguments(&[1_234 * ONE, 30, 100]),
        arguments(&[20_000, 365, 100_000 * ONE, 100, 7, 20_100]),
        arguments(&[10_000 * ONE, 9_000 * ONE, 12]),
        arguments(&[100_000 * ONE, NOW, 90 * DAY, 365 * DAY, NOW + 200 * DAY]),
    ]
}
