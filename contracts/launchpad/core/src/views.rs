//! What the outside reads of a launch, each in one call.

use alloy_primitives::Address;
use fomo_access::abi::{Word, Words};
use stylus_sdk::prelude::*;

use crate::Launchpad;
use crate::error::{Error, Own};

/// See [`Launchpad::launch`].
pub type LaunchFields = Words<14>;

/// See [`Launchpad::sale`].
pub type SaleFields = Words<13>;

impl Launchpad {
    /// See [`Launchpad::launch`].
    pub(crate) fn launch_fields(&self, token: Address) -> Result<LaunchFields, Error> {
        let (sale, record) = (self.sales.getter(token), self.records.getter(token));
        let terms = sale.terms().ok_or(Own::UnknownLaunch)?;
        Ok(Words([
            record.creator.get().word(),
            record.adapter.get().word(),
            record.launch_id.get().word(),
            record.model_id.get().word(),
            record.model_type.get().word(),
            sale.min(),
            terms.max,
            terms.protocol_fee.word(),
            terms.issuer_fee.word(),
            terms.phi.word(),
            terms.surcharge.word(),
            record.vesting_cliff.get().to(),
            record.vesting_length.get().to(),
            terms.duration.word(),
        ]))
    }

    /// See [`Launchpad::sale`].
    pub(crate) fn sale_fields(&self, token: Address) -> Result<SaleFields, Error> {
        let sale = self.sales.getter(token);
        let terms = sale.terms().ok_or(Own::UnknownLaunch)?;
        let (pauses, now) = (&self.access.pauses, self.vm().block_timestamp());
        let (curve, reserves) = (terms.curve()?, sale.reserves());
        let ((protocol, issuer), (surcharges, bundled)) = (sale.fees.get(), sale.extra.get());
        let (state, graduable_until) = sale.stage(pauses, now)?;
        Ok(Words([
            (state as u8).word(),
            terms.start.word(),
            terms.end(pauses).word(),
            curve.raised(&reserves)?,
            curve.sold(&reserves)?,
            reserves.mt,
            reserves.flock,
            protocol,
            issuer,
            surcharges,
            bundled,
            terms.tax(&terms.fee()?, pauses, now.max(terms.start)).get().word(),
            graduable_until.word(),
        ]))
    }
}
