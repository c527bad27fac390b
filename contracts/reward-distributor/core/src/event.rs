//! What the contract tells the outside.

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Item, Word, concat, encode};
use stylus_sdk::host::VM;
use stylus_sdk::keccak_const::Keccak256;
use stylus_sdk::prelude::*;

fomo_access::events! {
    /// From `epoch` on the token earns, or no longer.
    SupportedSet("SupportedSet(address,bool,uint64)") [mt: Address] { supported: bool, epoch: u64 }
    /// The token's MT Reward stream: `amount` from `epoch` on, declining over `numDays` supported days.
    MtRewardFunded("MtRewardFunded(address,address,uint256,uint64,uint16)")
        [mt: Address, from: Address] { amount: U256, epoch: u64, num_days: u16 }
    /// A Reserved FLOCK tranche: `amount` more in tranche `index`, `funded` in all, from `epoch` on.
    ReservedFunded("ReservedFunded(address,address,uint256,uint256,uint256,uint64,uint16,bool)")
        [mt: Address, from: Address] { index: U256, amount: U256, funded: U256, epoch: u64, num_days: u16, level: bool }
    /// A phase of the global emission has `amount` more, `funded` in all, for days from `epoch` on.
    PhaseFunded("PhaseFunded(uint256,address,uint256,uint256,uint64)")
        [phase: U256, from: Address] { amount: U256, funded: U256, epoch: u64 }
    /// Reports may name `account` by `id`.
    AccountRegistered("AccountRegistered(address,uint32)") [account: Address] { id: u32 }
    /// The report of an epoch will have so many rows and so much spend; under these values its scores are computed.
    ReportDeclared("ReportDeclared(uint64,uint16,uint32,uint64,uint8,uint64,uint64,uint256)")
        [epoch: u64] { attempt: u16, rows: u32, spend: u64, season: u8, alpha: u64, lambda: u64, half: U256 }
    /// Usage under a key that names no supported token earns nothing; `leftOut` is all such spend of the report so far.
    UsageLeftOut("UsageLeftOut(uint64,bytes32,uint64,uint64)") [epoch: u64, key: B256] { spend: u64, left_out: u64 }
    /// The report is complete; it can be sealed from `sealableAt` on, and voided until then.
    ReportCompleted("ReportCompleted(uint64,uint16,uint32,uint64,uint64,uint64)")
        [epoch: u64] { attempt: u16, rows: u32, spend: u64, eligible: u64, sealable_at: u64 }
    /// The report of an attempt counts no longer.
    ReportVoided("ReportVoided(uint64,address,uint16)") [epoch: u64, by: Address] { attempt: u16 }
    /// The epoch pays nothing; its pools stay in their streams.
    EpochVoided("EpochVoided(uint64,address)") [epoch: u64, by: Address] {}
    /// Sealing begins: the day's global pool.
    SealingBegun("SealingBegun(uint64,uint256)") [epoch: u64] { global_pool: U256 }
    /// What a token's users share of a day, by which sums.
    TokenSealed("TokenSealed(uint64,address,uint64,uint32,uint256,uint256,uint256,uint256,uint256)")
        [epoch: u64, mt: Address] {
        spend: u64, rows: u32, global_score: U256, incentive_score: U256, global_pool: U256, reserved_pool: U256, mt_pool: U256,
    }
    /// A Reserved FLOCK tranche is over: what is left joins the global emission.
    ReservedEnded("ReservedEnded(address,uint256,uint256)") [mt: Address] { index: U256, left: U256 }
    /// The MT Reward stream is over: what is left can be burned, `leftOver` of the token in all.
    MtRewardEnded("MtRewardEnded(address,uint256,uint256)") [mt: Address] { left: U256, left_over: U256 }
    /// What was left of a stream was burned.
    LeftOverBurned("LeftOverBurned(address,uint256)") [mt: Address] { amount: U256 }
    /// The epoch is sealed: of the global pool `committed` is paid, the rest returned; `joined` came from ended tranches.
    EpochSealed("EpochSealed(uint64,uint16,uint256,uint256,uint256)")
        [epoch: u64] { attempt: u16, global_pool: U256, committed: U256, joined: U256 }
    /// A batch's rows have their rewards; what is left of the token's day.
    BatchAccrued("BatchAccrued(uint64,address,uint32,uint256,uint256,uint256,uint256)")
        [epoch: u64, mt: Address] { index: u32, flock: U256, mt_reward: U256, flock_left: U256, mt_left: U256 }
    /// What an account had earned of a token was paid to it.
    Claimed("Claimed(address,address,address,uint256)") [account: Address, token: Address, by: Address] { amount: U256 }
}

/// A batch of a report: everything that whoever goes on with it needs.
pub struct BatchReported<'a> {
    /// The epoch reported.
    pub epoch: u64,
    /// What its rows used.
    pub key: B256,
    /// Zero where the key names no supported token.
    pub mt: Address,
    /// The epoch's attempt.
    pub attempt: u16,
    /// The batch's number in it.
    pub index: u32,
    /// Spend of the batch.
    pub spend: u64,
    /// Of the report so far.
    pub total_spend: u64,
    /// Account and both scores of each row, as `accrue` takes them.
    pub rows: &'a [u8],
    /// Spend of each row.
    pub spends: &'a [u8],
}

impl BatchReported<'_> {
    const TOPIC: U256 = U256::from_be_bytes(
        Keccak256::new()
            .update(b"BatchReported(uint64,bytes32,address,uint16,uint32,uint64,uint64,bytes,bytes)")
            .finalize(),
    );

    /// Emits it.
    pub fn log(&self, vm: &VM) {
        let words = [self.attempt.word(), self.index.word(), self.spend.word(), self.total_spend.word()];
        let [attempt, index, spend, total] = words.map(Item::Word);
        let data = encode(&[attempt, index, spend, total, Item::Text(self.rows), Item::Text(self.spends)]);
        let mut log = concat(&[], &[Self::TOPIC, self.epoch.word(), self.key.word(), self.mt.word()]);
        log.extend_from_slice(&data);
        vm.emit_log(&log, 4);
    }
}
