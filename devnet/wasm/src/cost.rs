//! What activating a program and entering it cost, from the module's counts.

use crate::{Module, Rules};

/// Gas of entering a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryCost {
    /// Nitro's estimate of starting it from the cache, before the least gas is added.
    pub cached: u16,
    /// Nitro's estimate of preparing it, before the least gas is added.
    pub init: u16,
}

impl EntryCost {
    /// The estimates for a module. Each term is floored; the sums saturate.
    #[must_use]
    pub fn of(module: &Module<'_>, rules: &Rules) -> Self {
        let functions = module.functions() as u64;
        let words = module.type_words();
        let bytes = module.wasm.len() as u64;
        let cached = functions * 13_420 / 100_000
            + words * 89 / 100_000
            + bytes * 122 / 100_000
            + module.globals_instrumented() * 1_628 / 1_000
            + module.segment_bytes() * 75_244 / 100_000
            + u64::from(module.initial_pages()) * 5;
        let init = functions * 8_252 / 1_000 + words * 1_059 / 1_000 + bytes * 1_286 / 10_000;
        // Stylus 1 charges the one or the other, so that the second contains the first.
        let init = if rules.stylus >= 2 { init } else { init + cached };
        let narrow = |gas: u64| u16::try_from(gas).unwrap_or(u16::MAX);
        Self { cached: narrow(cached), init: narrow(init) }
    }

    /// Gas that a call pays when the program is cached.
    #[must_use]
    pub const fn cached_gas(&self, rules: &Rules) -> u64 {
        rules.cached_gas(self.cached)
    }

    /// Gas that a call pays when the program is not cached.
    #[must_use]
    pub const fn uncached_gas(&self, rules: &Rules) -> u64 {
        let cached = if rules.stylus >= 2 { rules.cached_gas(self.cached) } else { 0 };
        cached + rules.init_gas(self.init)
    }
}

/// Gas that `activateProgram` burns before it looks at the code.
pub const ACTIVATION_BASE_GAS: u64 = 1_659_168;

/// Gas of compiling and proving a module once: 28 for each microsecond that Nitro predicts.
#[must_use]
pub fn activation_gas(module: &Module<'_>, instrumented_opcodes: u64) -> u64 {
    let thousandths = |count: u64, price: u64| count.saturating_mul(price) / 1_000;
    let micros = thousandths(module.wasm.len() as u64, 317)
        + thousandths(module.functions() as u64, 173)
        + thousandths(module.data_bytes(), 174)
        + thousandths(module.element_entries(), 174)
        + u64::from(module.initial_pages()) * 2_217
        + thousandths(instrumented_opcodes, 535);
    micros * 28
}

/// Bytes of machine code that Nitro predicts, which the data fee is paid for.
#[must_use]
pub fn asm_estimate(module: &Module<'_>) -> u32 {
    let bytes = 512_000
        + module.functions() as u64 * 996_829 / 1_000
        + module.type_words() * 11_416 / 1_000
        + module.wasm.len() as u64 * 62_628 / 10_000;
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
