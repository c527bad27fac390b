//! Revenue comes in.

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::Words;
use fomo_access::token;
use fomo_common::math::sub;
use fomo_common::waterfall::{self, Buckets, DEFAULT_SHARES};
use stylus_sdk::prelude::*;

use crate::error::{Error, Own};
use crate::parameters::SETTLER;
use crate::{RevenueSplitter, event, left_in, stored, time};

impl RevenueSplitter {
    pub(crate) fn settle_period(
        &mut self,
        mt: Address,
        period: B256,
        asset: Address,
        gross: U256,
        compute: U256,
    ) -> Result<Words<5>, Error> {
        self.access.pauses.only_unpaused()?;
        self.access.roles.only(SETTLER)?;
        if gross.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        if asset == self.access.pauses.token() || !self.is_accepted(asset) {
            return Err(Own::AssetNotAccepted.into());
        }
        if time(&self.settlements.getter(mt).getter(period).at) != 0 {
            return Err(Own::PeriodSettled.into());
        }
        if !self.is_graduated(mt)? && self.launch_state(mt)?.is_zero() {
            return Err(Own::UnknownLaunch.into());
        }
        let buckets = waterfall::split(gross, compute, self.compute_limit()?, &DEFAULT_SHARES)?;
        let here = self.vm().contract_address();
        let before = token::balance_of(self.vm(), asset, here)?;
        if before < left_in(&self.totals.getter(asset).all)? {
            return Err(Own::BalanceBelowLedger.into());
        }
        self.note(mt, period, asset, gross, compute)?;
        self.credit(mt, asset, gross, &buckets)?;
        let Buckets { compute, flock_buyback, treasury, mt_buyback, issuer } = buckets;
        let settler = self.vm().msg_sender();
        event::Settled {
            token: mt,
            period,
            asset,
            settler,
            gross,
            compute,
            flock_buyback,
            treasury,
            mt_buyback,
            issuer,
        }
        .log(self.vm());
        token::transfer_from(self.vm(), asset, settler, here, gross)?;
        // The one balance that counts: what is credited has to have arrived.
        if sub(token::balance_of(self.vm(), asset, here)?, before) != Ok(gross) {
            return Err(Own::TransferDiffers.into());
        }
        Ok(Words([compute, flock_buyback, treasury, mt_buyback, issuer]))
    }

    fn note(&mut self, mt: Address, period: B256, asset: Address, gross: U256, compute: U256) -> Result<(), Error> {
        let now = stored(self.vm().block_timestamp());
        let mut settlements = self.settlements.setter(mt);
        let mut settlement = settlements.setter(period);
        settlement.asset.set(asset);
        settlement.at.set(now);
        Ok(settlement.amounts.set(gross, compute)?)
    }

    fn credit(&mut self, mt: Address, asset: Address, gross: U256, buckets: &Buckets) -> Result<(), Error> {
        let nothing = U256::ZERO;
        let mut totals = self.totals.setter(asset);
        totals.all.add(gross, nothing)?;
        totals.treasury.add(buckets.treasury, nothing)?;
        totals.flock_buyback.add(buckets.flock_buyback, nothing)?;
        let mut ledgers = self.ledgers.setter(mt);
        let mut ledger = ledgers.setter(asset);
        let (compute, _) = ledger.compute.add(buckets.compute, nothing)?;
        let (mt_buyback, _) = ledger.mt_buyback.add(buckets.mt_buyback, nothing)?;
        let (issuer, _) = ledger.issuer.add(buckets.issuer, nothing)?;
        let (flock_buyback, treasury) = ledger.shared.add(buckets.flock_buyback, buckets.treasury)?;
        event::Credited { token: mt, asset, compute, flock_buyback, treasury, mt_buyback, issuer }.log(self.vm());
        Ok(())
    }
}
