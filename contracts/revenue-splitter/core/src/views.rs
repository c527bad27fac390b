//! What the outside reads.

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Word, Words};
use fomo_access::tag;
use fomo_common::Bps;
use fomo_common::waterfall::{self, Buckets, DEFAULT_SHARES};

use crate::error::Error;
use crate::{RevenueSplitter, parameters, time};

impl RevenueSplitter {
    /// A token's settlement of a period: stablecoin, time, gross revenue, and what went to compute, FLOCK buyback, treasury, MT buyback and
    /// issuer. Zeros where there is none.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn settlement(&self, mt: Address, period: B256) -> Result<Words<8>, Error> {
        let settlements = self.settlements.getter(mt);
        let settlement = settlements.getter(period);
        let (gross, compute) = settlement.amounts.get();
        // Its limit was kept then, whatever it is now.
        let buckets = waterfall::split(gross, compute, Bps::ONE, &DEFAULT_SHARES)?;
        let Buckets { compute, flock_buyback, treasury, mt_buyback, issuer } = buckets;
        let (asset, at) = (settlement.asset.get().word(), time(&settlement.at).word());
        Ok(Words([asset, at, gross, compute, flock_buyback, treasury, mt_buyback, issuer]))
    }

    /// A token's buckets of a stablecoin: what was ever credited to compute, FLOCK buyback, treasury, MT buyback and issuer; then what has
    /// left those that are its own: compute, MT buyback, issuer.
    pub fn ledger_of(&self, mt: Address, asset: Address) -> Words<8> {
        let ledgers = self.ledgers.getter(mt);
        let ledger = ledgers.getter(asset);
        let (compute, mt_buyback) = (ledger.compute.get(), ledger.mt_buyback.get());
        let (issuer, (flock_buyback, treasury)) = (ledger.issuer.get(), ledger.shared.get());
        let left = [compute.1, mt_buyback.1, issuer.1];
        Words([compute.0, flock_buyback, treasury, mt_buyback.0, issuer.0, left[0], left[1], left[2]])
    }

    /// A stablecoin's totals: received, paid or spent; credited to the treasury, paid to it; credited to the FLOCK buyback, spent by it.
    pub fn totals_of(&self, asset: Address) -> Words<6> {
        let totals = self.totals.getter(asset);
        let (all, treasury, flock) = (totals.all.get(), totals.treasury.get(), totals.flock_buyback.get());
        Words([all.0, all.1, treasury.0, treasury.1, flock.0, flock.1])
    }

    /// How much of a token buybacks burned, and how much they sent to its sink instead.
    pub fn destroyed(&self, token: Address) -> (U256, U256) {
        self.destroyed.getter(token).get()
    }

    /// Who gets a token's issuer yield.
    ///
    /// # Errors
    /// `UnknownLaunch`.
    pub fn issuer_payee(&self, mt: Address) -> Result<Address, Error> {
        self.payee_of_issuer(mt)
    }

    /// Who may take over as who gets it; zero for nobody.
    pub fn proposed_issuer_payee(&self, mt: Address) -> Address {
        self.issuers.getter(mt).proposed.get()
    }

    /// Who gets a token's compute cost.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn compute_payee(&self, mt: Address) -> Result<Address, Error> {
        self.payee_of_compute(mt)
    }

    /// The parameter of a stablecoin ("ASST", "ROUT", "VIAT", "SPND") or of a Model Token ("COMP").
    pub fn parameter_key(&self, kind: B256, of: Address) -> B256 {
        parameters::key(tag(kind), of)
    }

    /// The contracts that it was set up with: FLOCK and the launchpad.
    pub fn contracts(&self) -> (Address, Address) {
        (self.access.pauses.token(), self.launchpad.get())
    }
}
