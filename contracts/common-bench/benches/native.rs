//! Nanoseconds of each function on this machine: `cargo bench -p common-bench`.
#![allow(missing_docs)]

use common_bench::typical::typical;
use common_bench::{OPS, run};
use criterion::{Criterion, criterion_group, criterion_main};

fn functions(criterion: &mut Criterion) {
    for ((op, (name, _)), arguments) in (0_u8..).zip(OPS).zip(typical()) {
        criterion.bench_function(name, |bencher| bencher.iter(|| run(op, &arguments)));
    }
}

criterion_group!(benches, functions);
criterion_main!(benches);
