//! A launch's beginning.

use alloy_primitives::{Address, B256, U256, keccak256};
use fomo_access::narrow;
use fomo_access::text::Text;
use fomo_common::Bps;
use fomo_common::curve::TradingFee;
use fomo_common::epoch::DAY;
use stylus_sdk::prelude::*;

use crate::error::{Error, Own};
use crate::launch::{Terms, Texts};
use crate::sale::Buyer;
use crate::{Launchpad, clone, event};

/// Shortest sale in seconds.
const SHORTEST: u64 = 3_600;
/// Shortest sale with a surcharge, which takes 98 minutes to go down.
const SHORTEST_WITH_SURCHARGE: u64 = 3 * 3_600;
/// Longest sale, and furthest start, in seconds.
const LONGEST: u64 = 30 * DAY.0;
/// Bytes of the longest name or symbol: what a Model Token takes.
const LONGEST_NAME: usize = 31;
/// Bytes of the longest metadata URI.
const LONGEST_URI: usize = 256;

/// What the issuer chooses.
pub struct Order {
    pub model_type: B256,
    pub model_id: B256,
    pub venue: B256,
    pub start: u64,
    pub duration: u64,
    pub surcharge: bool,
}

fn check_texts(texts: &Texts) -> Result<(), Error> {
    // What is no UTF-8 would break whoever reads the events.
    let readable = |text: &Text| core::str::from_utf8(&text.0).is_ok();
    let name = |text: &Text| (1..=LONGEST_NAME).contains(&text.0.len()) && readable(text);
    let uri = texts.metadata_uri.0.len() <= LONGEST_URI && readable(&texts.metadata_uri);
    let fits = name(&texts.name) && name(&texts.symbol) && uri;
    if fits { Ok(()) } else { Err(Own::TextOutOfRange.into()) }
}

impl Order {
    /// First second and length of the sale.
    fn times(&self, now: u64) -> Result<(u64, u32), Error> {
        // From the second after the creation on: what an issuer buys in the same transaction is the bundle, and vests.
        let start = self.start.max(now.saturating_add(1));
        if start.saturating_sub(now) > LONGEST {
            return Err(Own::StartOutOfRange.into());
        }
        let shortest = if self.surcharge { SHORTEST_WITH_SURCHARGE } else { SHORTEST };
        if !(shortest..=LONGEST).contains(&self.duration) {
            return Err(Own::DurationOutOfRange.into());
        }
        let duration = u32::try_from(self.duration).map_err(|_| Own::DurationOutOfRange)?;
        Ok((start, duration))
    }
}

impl Launchpad {
    /// See [`Launchpad::create_launch`].
    pub(crate) fn create(
        &mut self,
        order: Order,
        texts: Texts,
        bundled_offer: U256,
        bundled_min_out: U256,
    ) -> Result<Address, Error> {
        self.access.pauses.only_unpaused()?;
        check_texts(&texts)?;
        let now = self.vm().block_timestamp();
        let (start, duration) = order.times(now)?;
        let (min, max) = self.targets(order.model_type)?;
        let (fee, phi) = (self.trading_fee()?, self.phi()?);
        let terms = terms(start, duration, &fee, phi, order.surcharge, max);
        let token = self.record(&order, &texts, &terms, min)?;

        let bundled = !bundled_offer.is_zero();
        self.announce(&order, &texts, &terms, token, min, bundled)?;
        let mut taken = self.charge_launch_fee()?;
        if bundled {
            let purchase = terms.curve()?.bundled_buy(bundled_offer, &fee, min)?;
            purchase.check_minimum(bundled_offer, bundled_min_out)?;
            self.book(token, &terms, &purchase, Buyer::Bundled)?;
            taken = fomo_common::math::add(taken, purchase.flock_in)?;
        }
        self.take_flock(taken)?;
        Ok(token)
    }

    /// Writes the launch and gives its token's address.
    fn record(&mut self, order: &Order, texts: &Texts, terms: &Terms, min: U256) -> Result<Address, Error> {
        let creator = self.vm().msg_sender();
        let index = self.count.get();
        let launch_id = keccak256([creator.into_word().0, index.to_be_bytes::<32>()].concat());
        let token = clone::predict(self.vm(), self.implementation.get(), launch_id);
        let adapter = self.adapter(order.venue)?;
        let (cliff, length) = self.vesting_terms()?;
        let opening = terms.curve()?.opening();

        self.count.set(index.wrapping_add(U256::ONE));
        self.tokens.insert(index, token);
        let mut sale = self.sales.setter(token);
        sale.set_terms(terms);
        sale.set_reserves(&opening)?;
        sale.set_min(min)?;
        let mut record = self.records.setter(token);
        record.creator.set(creator);
        record.vesting_cliff.set(narrow(U256::from(cliff))?);
        record.vesting_length.set(narrow(U256::from(length))?);
        record.adapter.set(adapter);
        record.launch_id.set(launch_id);
        record.model_id.set(order.model_id);
        record.model_type.set(order.model_type);
        record.texts.set(&texts.pack());
        Ok(token)
    }

    fn announce(
        &self,
        order: &Order,
        texts: &Texts,
        terms: &Terms,
        token: Address,
        min: U256,
        bundled: bool,
    ) -> Result<(), Error> {
        let record = self.records.getter(token);
        event::LaunchCreated {
            token,
            creator: record.creator.get(),
            model_type: order.model_type,
            min,
            max: terms.max,
            start: terms.start,
            end: terms.start.saturating_add(terms.duration.into()),
            name: &texts.name,
            symbol: &texts.symbol,
            bundled,
        }
        .log(self.vm());
        event::LaunchConfigured {
            token,
            launch_id: record.launch_id.get(),
            model_id: order.model_id,
            adapter: record.adapter.get(),
            launch_fee: self.launch_fee()?,
            protocol_fee_bps: terms.protocol_fee,
            creator_fee_bps: terms.issuer_fee,
            phi_bps: terms.phi,
            has_surcharge: terms.surcharge,
            vesting_cliff: record.vesting_cliff.get().to(),
            vesting_length: record.vesting_length.get().to(),
        }
        .log(self.vm());
        Ok(())
    }

    /// Books the launch fee and gives it.
    fn charge_launch_fee(&mut self) -> Result<U256, Error> {
        let fee = self.launch_fee()?;
        let owed = fomo_common::math::add(self.treasury_owed.get(), fee)?;
        self.treasury_owed.set(owed);
        Ok(fee)
    }
}

fn terms(start: u64, duration: u32, fee: &TradingFee, phi: Bps, surcharge: bool, max: U256) -> Terms {
    Terms {
        start,
        duration,
        protocol_fee: fee.protocol().get(),
        issuer_fee: fee.issuer().get(),
        phi: phi.get(),
        surcharge,
        graduated: false,
        max,
    }
}
