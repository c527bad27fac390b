//! ArbOS's record of activated programs, in the storage of its own account, so that it reverts with a transaction.

use alloy_primitives::{Address, B256, U256, address, keccak256};
use fomo_wasm::{Program as Activated, Rules};
use revm::context::JournalTr;

use crate::evm::Journal;
use crate::fork::Unread;
use crate::state::State;

/// ArbOS's own account.
pub const ARBOS: Address = address!("A4B05FffffFffFFFFfFFfffFfffFFfffFfFfFFFf");
/// The receiver of activation data fees.
pub const NETWORK_FEE_ACCOUNT: Address = address!("A4B000000000000000000073657175656e636572");

/// When ArbOS starts to count hours, in Unix seconds.
const HOURS_SINCE: u64 = 1_421_388_000;
/// Wei for a byte of predicted machine code. Nitro's price starts here and rises with demand, of which a local chain
/// has none.
const BYTE_FEE: u64 = 82_928_201;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The record of one code hash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProgramRecord {
    /// Stylus version it was activated for; 0 if never.
    pub version: u16,
    /// Estimate of preparing it ([`fomo_wasm::EntryCost::init`]).
    pub init_cost: u16,
    /// Estimate of starting it from the cache ([`fomo_wasm::EntryCost::cached`]).
    pub cached_cost: u16,
    /// Pages it starts with.
    pub footprint: u16,
    /// Hours from ArbOS's beginning to its activation or last extension.
    pub activated_at: u32,
    /// Predicted machine code in KiB.
    pub asm_kib: u32,
    /// Whether it is cached.
    pub cached: bool,
}

/// Why a program cannot be entered or extended: the errors of `ArbWasm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inactive {
    NotActivated,
    NeedsUpgrade { version: u16, stylus: u16 },
    Expired { age: u64 },
}

impl std::fmt::Display for Inactive {
    /// In Nitro's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotActivated => write!(f, "error ProgramNotActivated()"),
            Self::NeedsUpgrade { version, stylus } => write!(f, "error ProgramNeedsUpgrade({version}, {stylus})"),
            Self::Expired { age } => write!(f, "error ProgramExpired({age})"),
        }
    }
}

impl ProgramRecord {
    pub(crate) fn new(activated: &Activated, rules: &Rules, time: u64, cached: bool) -> Self {
        Self {
            version: rules.stylus,
            init_cost: activated.entry.init,
            cached_cost: activated.entry.cached,
            footprint: activated.pages,
            activated_at: hours(time),
            asm_kib: activated.asm_estimate.div_ceil(1_024),
            cached,
        }
    }

    /// The same, from now on.
    pub(crate) fn extended(self, time: u64) -> Self {
        Self { activated_at: hours(time), ..self }
    }

    /// The same, activated so many seconds before a time, or before one of the hour after it: the two tell which full
    /// hour it was.
    pub(crate) fn activated_before(self, time: u64, age: u64) -> Self {
        let since = time.saturating_sub(HOURS_SINCE).saturating_sub(age);
        Self { activated_at: u32::try_from(since.div_ceil(3_600)).unwrap_or(u32::MAX), ..self }
    }

    /// The same, costing this gas to enter, and this when it is cached. Gas that these rules cannot charge leaves what
    /// they would.
    pub(crate) fn with_init_gas(self, rules: &Rules, (gas, cached): (u64, u64)) -> Self {
        let first = if rules.stylus > 1 { gas.saturating_sub(cached) } else { gas };
        let cost = |gas: u64, least: u64| gas.checked_sub(least).and_then(|over| u16::try_from(over).ok());
        Self {
            init_cost: cost(first, rules.init_gas(0)).unwrap_or(self.init_cost),
            cached_cost: cost(cached, rules.cached_gas(0)).unwrap_or(self.cached_cost),
            ..self
        }
    }

    /// Seconds since activation, counted from the full hour.
    #[must_use]
    pub fn age(&self, time: u64) -> u64 {
        time.saturating_sub(HOURS_SINCE + u64::from(self.activated_at) * 3_600)
    }

    /// Whether it may be entered.
    pub(crate) fn check(&self, rules: &Rules, time: u64) -> Result<(), Inactive> {
        if self.version == 0 {
            return Err(Inactive::NotActivated);
        }
        if self.version != rules.stylus {
            return Err(Inactive::NeedsUpgrade { version: self.version, stylus: rules.stylus });
        }
        let age = self.age(time);
        if age > expiry(rules) { Err(Inactive::Expired { age }) } else { Ok(()) }
    }

    /// Wei that activating or extending it costs.
    pub(crate) fn data_fee(&self) -> U256 {
        U256::from(self.asm_kib) * U256::from(1_024) * U256::from(BYTE_FEE)
    }

    pub(crate) fn pack(&self) -> U256 {
        let mut word = [0; 32];
        let fields = [
            (0, 2, self.version.into()),
            (2, 2, self.init_cost.into()),
            (4, 2, self.cached_cost.into()),
            (6, 2, self.footprint.into()),
            (8, 3, self.activated_at),
            (11, 3, self.asm_kib),
            (14, 1, u32::from(self.cached)),
        ];
        for (at, len, value) in fields {
            let bytes = value.to_be_bytes();
            if let (Some(target), Some(source)) = (word.get_mut(at..at + len), bytes.get(4 - len..)) {
                target.copy_from_slice(source);
            }
        }
        U256::from_be_bytes(word)
    }

    fn unpack(word: U256) -> Self {
        let field = |at: usize, len: usize| -> u32 {
            let shifted: U256 = word >> (8 * (32 - at - len));
            shifted.as_limbs().first().map_or(0, |low| u32::try_from(low & ((1 << (8 * len)) - 1)).unwrap_or(u32::MAX))
        };
        let narrow = |at| u16::try_from(field(at, 2)).unwrap_or(u16::MAX);
        Self {
            version: narrow(0),
            init_cost: narrow(2),
            cached_cost: narrow(4),
            footprint: narrow(6),
            activated_at: field(8, 3),
            asm_kib: field(11, 3),
            cached: field(14, 1) != 0,
        }
    }
}

/// Seconds that an activation lasts.
pub(crate) fn expiry(rules: &Rules) -> u64 {
    u64::from(rules.expiry_days) * DAY
}

/// Seconds before it can be extended.
pub(crate) fn keepalive(rules: &Rules) -> u64 {
    u64::from(rules.keepalive_days) * DAY
}

fn hours(time: u64) -> u32 {
    u32::try_from(time.saturating_sub(HOURS_SINCE) / 3_600).unwrap_or(u32::MAX)
}

/// Where the record of a code hash is in ArbOS's storage.
pub(crate) fn slot(code_hash: B256) -> U256 {
    keccak256([code_hash.as_slice(), b"program"].concat()).into()
}

/// The record of a code hash as a transaction sees it.
pub(crate) fn load(journal: &mut Journal, code_hash: B256) -> Result<ProgramRecord, Unread> {
    journal.load_account(ARBOS)?;
    Ok(ProgramRecord::unpack(journal.sload(ARBOS, slot(code_hash))?.data))
}

/// Changes the record of a code hash in a transaction.
pub(crate) fn store(journal: &mut Journal, code_hash: B256, record: &ProgramRecord) -> Result<(), Unread> {
    journal.load_account(ARBOS)?;
    journal.touch_account(ARBOS);
    journal.sstore(ARBOS, slot(code_hash), record.pack())?;
    Ok(())
}

/// The record of a code hash at the end of a block.
pub(crate) fn read(state: &State, code_hash: B256) -> Result<ProgramRecord, Unread> {
    state.try_storage(ARBOS, slot(code_hash)).map(ProgramRecord::unpack)
}

/// Changes the record of a code hash outside of any transaction.
pub(crate) fn write(state: &mut State, code_hash: B256, record: &ProgramRecord) {
    state.set_storage(ARBOS, slot(code_hash), record.pack());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_packing() {
        let record = ProgramRecord {
            version: 2,
            init_cost: 0xFFFF,
            cached_cost: 7,
            footprint: 128,
            activated_at: 0x00AB_CDEF,
            asm_kib: 0x0012_3456,
            cached: true,
        };
        assert_eq!(ProgramRecord::unpack(record.pack()), record);
        assert_eq!(ProgramRecord::unpack(U256::ZERO), ProgramRecord::default());
    }

    #[test]
    fn a_program_lasts_365_days_from_its_hour() {
        let rules = Rules::default();
        let start = HOURS_SINCE + 3_600_000;
        let record = ProgramRecord { version: 2, activated_at: 1_000, ..ProgramRecord::default() };
        assert_eq!(record.check(&rules, start + 365 * DAY), Ok(()));
        assert_eq!(record.check(&rules, start + 365 * DAY + 1), Err(Inactive::Expired { age: 365 * DAY + 1 }));
        assert_eq!(ProgramRecord::default().check(&rules, start), Err(Inactive::NotActivated));
        let old = ProgramRecord { version: 1, ..record };
        assert_eq!(old.check(&rules, start), Err(Inactive::NeedsUpgrade { version: 1, stylus: 2 }));
    }
}
