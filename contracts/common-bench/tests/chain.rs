//! The economics as WASM with the host's arithmetic, on the embedded chain: the bits of the native crate, and the price.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use alloy_primitives::Address;
use common_bench::typical::typical;
use common_bench::{ARGUMENTS, Arguments, OPS, run};
use fomo_common::U256;
use fomo_tests::Harness;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Most gas of scoring one user for both streams.
const SCORING_GAS: u64 = 1_500;

struct Bench {
    harness: Harness,
    program: Address,
}

impl Bench {
    fn new() -> Self {
        let mut harness = Harness::default();
        let program = harness.deploy_code(&fomo::build::code("common-bench").unwrap());
        assert!(harness.activate(program).execution.success());
        harness.cache(program);
        Self { harness, program }
    }

    /// Ink and results on the chain.
    fn call(&self, op: u8, arguments: &Arguments) -> (u64, Option<Vec<U256>>) {
        let mut data = vec![op];
        for argument in arguments {
            data.extend(argument.to_be_bytes::<32>());
        }
        let execution = self.harness.call(self.program, data);
        assert!(execution.success(), "{}: {execution:?}", OPS[usize::from(op)].0);
        let (ink, words) = execution.output.split_at(8);
        let words = words.chunks(32).map(|word| U256::from_be_slice(word)).collect::<Vec<_>>();
        (u64::from_be_bytes(ink.try_into().unwrap()), (!words.is_empty()).then_some(words))
    }

    /// Ink of a function that gives on the chain what it gives here.
    fn compare(&self, op: u8, arguments: &Arguments) -> u64 {
        let (ink, there) = self.call(op, arguments);
        let here = run(op, arguments).unwrap().ok().map(|results| results.to_vec());
        assert_eq!(there, here, "{} of {arguments:?}", OPS[usize::from(op)].0);
        ink
    }
}

#[test]
fn scoring_a_user_for_both_streams_costs_under_1500_gas() {
    let bench = Bench::new();
    let cases = typical();
    assert_eq!(cases.len(), OPS.len());
    let nothing = bench.compare(0, &cases[0]);
    println!("{:<40} {:>12} {:>8}", "function", "ink", "gas");
    for ((op, (name, _)), case) in (0_u8..).zip(OPS).zip(&cases) {
        let ink = bench.compare(op, case) - nothing;
        assert!(run(op, case).unwrap().is_ok(), "{name}");
        println!("{name:<40} {ink:>12} {:>8.1}", ink as f64 / 10_000.0);
        assert!(!name.starts_with("score::scores") || ink < SCORING_GAS * 10_000, "{name}: {ink} ink");
    }
}

#[test]
fn the_hosts_arithmetic_gives_the_bits_of_the_native_crate() {
    let bench = Bench::new();
    let word = (any::<[u64; 4]>(), 0_usize..=256).prop_map(|(limbs, length)| match length {
        0 => U256::ZERO,
        length => U256::from_limbs(limbs) >> (256 - length),
    });
    let cases = typical();
    let any_call = (0..OPS.len(), prop::collection::vec((any::<bool>(), word), ARGUMENTS));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(5_000) });
    runner
        .run(&any_call, |(op, words)| {
            // A typical call with some of its arguments replaced: most of them still have a result.
            let mut arguments = cases[op];
            for (argument, (replace, word)) in arguments.iter_mut().zip(words) {
                if replace || op < 4 {
                    *argument = word;
                }
            }
            bench.compare(op as u8, &arguments);
            Ok(())
        })
        .unwrap();
}
