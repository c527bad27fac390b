//! `fomo-common` as a program of its own: runs one function and says what it cost and what it gave.
//!
//! Call data is one byte, an [`Op`], and its 256-bit arguments. Output is the ink that the function took as 8 bytes, then its
//! 256-bit results; none where it gave an error. The functions see arguments that no compiler knows, so that what is
//! measured is what a contract pays. [`run`] is the same natively: a test compares the bits.

#[cfg(not(target_arch = "wasm32"))]
pub mod typical;

use core::hint::black_box;

use fomo_common::curve::{Curve, Reserves, TradingFee};
use fomo_common::emission::{Phase, Shape, Tranche};
use fomo_common::lock::{self, Lock};
use fomo_common::score::{self, Activity};
use fomo_common::stake::{self, Checkpoint};
use fomo_common::vesting::Vesting;
use fomo_common::waterfall::{self, DEFAULT_COMPUTE_LIMIT, DEFAULT_SHARES};
use fomo_common::{Bps, Epoch, Error, Seconds, Timestamp, U256, Wad, math};

/// Most arguments of a function.
pub const ARGUMENTS: usize = 8;
/// Most results of a function.
pub const RESULTS: usize = 4;

/// Arguments of a function; what is not given is zero.
pub type Arguments = [U256; ARGUMENTS];
/// Results of a function; what it does not give is zero.
pub type Results = [U256; RESULTS];

fn one(value: U256) -> Results {
    [value, U256::ZERO, U256::ZERO, U256::ZERO]
}

fn short(value: U256) -> Result<u64, Error> {
    u64::try_from(value).map_err(|_| Error::Overflow)
}

fn bps(value: U256) -> Result<Bps, Error> {
    Bps::new(u16::try_from(value).map_err(|_| Error::BpsOverOne)?)
}

fn time(value: U256) -> Result<Timestamp, Error> {
    short(value).map(Timestamp)
}

/// A function as the bench calls it.
pub type Function = fn(&Arguments) -> Result<Results, Error>;

/// The functions, in the order of their byte: name and what it does with its arguments.
pub const OPS: &[(&str, Function)] = &[
    ("nothing", |a| Ok(one(a[0]))),
    ("math::mul_div", |a| math::mul_div(a[0], a[1], a[2]).map(one)),
    ("math::mul_div_up", |a| math::mul_div_up(a[0], a[1], a[2]).map(one)),
    ("math::isqrt", |a| Ok(one(math::isqrt(a[0])))),
    ("score::scores and lock::multiplier", |a| {
        let [spend, stake, total, alpha, effective, lambda, half, _] = *a;
        let multiplier = lock::multiplier(effective, Wad::try_from(lambda)?, half)?;
        let user = Activity { spend: short(spend)?, stake, multiplier };
        let scores = score::scores(&user, total, Wad::try_from(alpha)?)?;
        Ok([scores.global, scores.incentive, multiplier.raw(), U256::ZERO])
    }),
    ("score::payout", |a| score::payout(a[0], a[1], a[2]).map(one)),
    ("score::alpha", |a| {
        let alpha = score::alpha(Wad::try_from(a[0])?, Wad::try_from(a[1])?, short(a[2])?, short(a[3])?)?;
        Ok(one(alpha.raw()))
    }),
    ("Curve::new", |a| {
        let opening = Curve::new(a[0], bps(a[1])?)?.opening();
        Ok([opening.mt, opening.flock, U256::ZERO, U256::ZERO])
    }),
    ("Curve::new and buy", |a| {
        let curve = Curve::new(a[0], bps(a[1])?)?;
        let from = Reserves { mt: a[2], flock: a[3] };
        let buy = curve.buy(&from, a[4], &TradingFee::DEFAULT, bps(a[5])?)?;
        Ok([buy.flock_in, buy.net_used, buy.mt, buy.surcharge])
    }),
    ("Curve::new and buy_exact", |a| {
        let curve = Curve::new(a[0], bps(a[1])?)?;
        let from = Reserves { mt: a[2], flock: a[3] };
        let buy = curve.buy_exact(&from, a[4], &TradingFee::DEFAULT, bps(a[5])?)?;
        Ok([buy.flock_in, buy.net_used, buy.mt, buy.surcharge])
    }),
    ("Curve::new and graduation", |a| {
        let curve = Curve::new(a[0], bps(a[1])?)?;
        let end = curve.graduation(&Reserves { mt: a[2], flock: a[3] })?;
        Ok([end.flock_liquidity, end.mt_liquidity, end.mt_issuer, end.mt_burned])
    }),
    ("lock::preview", |a| lock::preview(a[0], Seconds(short(a[1])?), Wad::try_from(a[2])?).map(one)),
    ("Lock::extend", |a| {
        let lock = Lock { amount: a[0], gm: a[1], unlock: time(a[2])? };
        let extended = lock.extend(time(a[3])?, time(a[4])?, Wad::try_from(a[5])?)?;
        Ok(one(extended.gm))
    }),
    ("lock::effective_balance of 16", |a| {
        let lock = Lock { amount: a[0], gm: a[1], unlock: time(a[2])? };
        lock::effective_balance(&[lock; 16], time(a[3])?).map(one)
    }),
    ("stake::stake_seconds", |a| {
        let first = Checkpoint { at: time(a[0])?, stake: a[1], accrued: a[2] };
        let last = Checkpoint { at: time(a[3])?, stake: a[4], accrued: a[5] };
        stake::stake_seconds(Some(&first), Some(&last), Epoch::new(short(a[6])?)?).map(one)
    }),
    ("waterfall::split", |a| {
        let buckets = waterfall::split(a[0], a[1], DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES)?;
        Ok([buckets.flock_buyback, buckets.treasury, buckets.mt_buyback, buckets.issuer])
    }),
    ("waterfall::min_out of two pools", |a| waterfall::min_out(a[0], &[bps(a[1])?, bps(a[2])?]).map(one)),
    ("Phase::scheduled", |a| {
        let number = |value| u32::try_from(value).map_err(|_| Error::Overflow);
        let phase = Phase::new(Epoch::new(short(a[0])?)?, number(a[1])?, a[2], bps(a[3])?, number(a[4])?)?;
        phase.scheduled(Epoch::new(short(a[5])?)?).map(one)
    }),
    ("Tranche::pool, declining", |a| {
        let day = u32::try_from(a[2]).map_err(|_| Error::Overflow)?;
        Tranche::new(a[0], 180, Shape::Declining)?.pool(day, a[1]).map(one)
    }),
    ("Vesting::vested", |a| {
        let vesting = Vesting::new(a[0], time(a[1])?, Seconds(short(a[2])?), Seconds(short(a[3])?))?;
        vesting.vested(time(a[4])?).map(one)
    }),
];

/// Runs a function natively or on the chain; nothing for a byte that is no function.
#[must_use]
pub fn run(op: u8, arguments: &Arguments) -> Option<Result<Results, Error>> {
    let (_, function) = OPS.get(usize::from(op))?;
    Some(black_box(function)(black_box(arguments)))
}

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod program {
    use super::{ARGUMENTS, RESULTS, U256, run};

    /// Call data and output at their longest.
    const INPUT: usize = 1 + 32 * ARGUMENTS;
    const OUTPUT: usize = 8 + 32 * RESULTS;

    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn read_args(to: *mut u8);
        fn write_result(data: *const u8, len: usize);
        fn evm_ink_left() -> u64;
        fn pay_for_memory_grow(pages: u16);
    }

    /// Nitro asks for the import in every program.
    #[unsafe(no_mangle)]
    pub extern "C" fn mark_used() {
        // SAFETY: no page is bought.
        unsafe { pay_for_memory_grow(0) }
    }

    /// The program's entry: 0 with the output, 1 for call data that is not one byte and up to eight words.
    #[unsafe(no_mangle)]
    pub extern "C" fn user_entrypoint(len: usize) -> usize {
        let mut input = [0; INPUT];
        if len > INPUT || len % 32 != 1 {
            return 1;
        }
        // SAFETY: the host writes `len` bytes, no more than the input has.
        unsafe { read_args(input.as_mut_ptr()) };
        let [op, words @ ..] = input;
        let mut arguments = [U256::ZERO; ARGUMENTS];
        for (argument, word) in arguments.iter_mut().zip(words.chunks_exact(32)) {
            *argument = word.try_into().map_or(U256::ZERO, U256::from_be_bytes::<32>);
        }
        // SAFETY: the host only returns a number.
        let before = unsafe { evm_ink_left() };
        let Some(results) = run(op, &arguments) else { return 1 };
        // SAFETY: as above.
        let ink = before.saturating_sub(unsafe { evm_ink_left() });
        let mut output = [0; OUTPUT];
        let (head, tail) = output.split_at_mut(8);
        head.copy_from_slice(&ink.to_be_bytes());
        let words = results.iter().flatten();
        for (bytes, word) in tail.chunks_exact_mut(32).zip(words) {
            bytes.copy_from_slice(&word.to_be_bytes::<32>());
        }
        let given = if results.is_ok() { OUTPUT } else { 8 };
        // SAFETY: the output has `given` bytes.
        unsafe { write_result(output.as_ptr(), given) };
        0
    }
}
