//! Revenue, rerun: every settlement through the waterfall, every claim and every buyback through the buckets (`protocol.md` §7).

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Log, U256};
use alloy::sol_types::SolEventInterface;
use anyhow::{Context, Result};
use fomo_common::Bps;
use fomo_common::waterfall::{DEFAULT_SHARES, split};

use super::inputs;
use super::record::{Findings, Movements, Transaction};
use crate::abi::IAccess::IAccessEvents as Access;
use crate::abi::IRevenueSplitter::{self, IRevenueSplitterEvents as Event};

/// Credited to a bucket, and gone from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// All that was ever credited.
    pub credited: U256,
    /// All that ever left.
    pub left: U256,
}

impl Bucket {
    /// Takes everything; what was in it, and all that ever left.
    fn empty(&mut self) -> (U256, U256) {
        let amount = self.credited.saturating_sub(self.left);
        self.left = self.credited;
        (amount, self.left)
    }
}

/// A token's buckets of a stablecoin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buckets {
    /// Compute cost.
    pub compute: Bucket,
    /// MT buyback.
    pub mt_buyback: Bucket,
    /// Issuer yield.
    pub issuer: Bucket,
    /// What it brought to FLOCK buyback and treasury.
    pub shared: [U256; 2],
}

/// All buckets of a splitter, as they follow from the events so far.
#[derive(Debug, Clone, Default)]
pub struct Revenue {
    splitter: Address,
    flock: Address,
    /// What was compared, and what differs.
    pub findings: Findings,
    /// How many settlements, claims and buybacks.
    pub counts: [u64; 3],
    /// By token and stablecoin.
    pub buckets: BTreeMap<(Address, Address), Buckets>,
    /// FLOCK buyback and treasury, by stablecoin.
    pub shared: BTreeMap<Address, [Bucket; 2]>,
    /// Gross revenue and what was paid out or spent, by stablecoin.
    pub totals: BTreeMap<Address, Bucket>,
    /// Burned and sunk, by token.
    pub destroyed: BTreeMap<Address, [U256; 2]>,
    parameters: BTreeMap<B256, U256>,
    periods: BTreeMap<Address, std::collections::BTreeSet<B256>>,
    credited: Option<IRevenueSplitter::Credited>,
    issuers: BTreeMap<Address, Address>,
}

impl Revenue {
    /// Of the splitter at this place, from its first event on.
    #[must_use]
    pub fn new(splitter: Address, flock: Address) -> Self {
        Self { splitter, flock, ..Self::default() }
    }

    /// Reads a transaction, the next after those before: logs of the splitter, and movements of tokens to and from it.
    pub fn read(&mut self, transaction: &Transaction) {
        self.findings.begin(transaction.hash);
        let mut moved = Movements::of(transaction);
        let splitter = self.splitter;
        for log in transaction.logs.iter().filter(|log| log.address == splitter) {
            if let Err(error) = self.event(log, &mut moved) {
                self.findings.note(crate::ui::explain(&error));
            }
        }
        if self.credited.take().is_some() {
            self.findings.note("Buckets were credited without a settlement.".into());
        }
    }

    /// What the splitter owes, by stablecoin.
    #[must_use]
    pub fn owes(&self) -> Vec<(Address, U256)> {
        self.totals.iter().map(|(asset, total)| (*asset, total.credited.saturating_sub(total.left))).collect()
    }

    /// Makes sure that the splitter has what it owes of a stablecoin.
    pub fn solvent(&mut self, asset: Address, owed: U256, balance: U256) {
        self.findings.holds(balance >= owed, &format!("The splitter has {balance} of {asset} and owes {owed}."));
    }

    fn event(&mut self, log: &Log, moved: &mut Movements) -> Result<()> {
        let (topics, data) = (log.topics(), &log.data.data);
        if let Ok(event) = Access::decode_raw_log(topics, data) {
            if let Access::ParameterSet(event) = event {
                self.parameters.insert(event.key, event.value);
            }
            return Ok(());
        }
        match Event::decode_raw_log(topics, data).context("This is no event of the splitter.")? {
            Event::Credited(event) => self.credited = Some(event),
            Event::Settled(event) => self.settled(&event, moved)?,
            Event::ComputeClaimed(event) => {
                let own = tagged(&self.parameters, *b"COMP", event.token);
                let payee = if own.is_zero() { self.parameter("COMPUTE") } else { own };
                let bucket = self.of(event.token, event.asset).compute.empty();
                self.claimed(bucket, (event.amount, event.total), (event.asset, event.payee), moved);
                self.findings.same("The payee", event.payee, address(payee));
            }
            Event::IssuerClaimed(event) => {
                let bucket = self.of(event.token, event.asset).issuer.empty();
                self.claimed(bucket, (event.amount, event.total), (event.asset, event.payee), moved);
                if let Some(payee) = self.issuers.get(&event.token) {
                    self.findings.same("The payee", event.payee, *payee);
                }
            }
            Event::TreasuryClaimed(event) => {
                let [_, treasury] = self.shared.entry(event.asset).or_default();
                let bucket = treasury.empty();
                self.claimed(bucket, (event.amount, event.total), (event.asset, event.payee), moved);
                let payee = address(self.parameter("TREASURY"));
                self.findings.same("The payee", event.payee, payee);
            }
            Event::BoughtBack(event) => self.bought(&event, moved),
            Event::Redirected(event) => self.redirected(&event),
            Event::IssuerPayeeChanged(event) => _ = self.issuers.insert(event.token, event.account),
            Event::IssuerPayeeProposed(_) => (),
        }
        Ok(())
    }

    fn parameter(&self, name: &str) -> U256 {
        self.parameters.get(&inputs::key(name)).copied().unwrap_or_default()
    }

    fn of(&mut self, token: Address, asset: Address) -> &mut Buckets {
        self.buckets.entry((token, asset)).or_default()
    }

    fn settled(&mut self, event: &IRevenueSplitter::Settled, moved: &mut Movements) -> Result<()> {
        let (token, asset) = (event.token, event.asset);
        self.counts[0] += 1;
        let limit = Bps::new(u16::try_from(self.parameter("COMPUTE_LIMIT"))?)?;
        let parts = split(event.gross, event.compute, limit, &DEFAULT_SHARES).context("The waterfall refuses:")?;
        let new = self.periods.entry(token).or_default().insert(event.period);
        self.findings.holds(new, "The period was settled before.");
        let accepted = tagged(&self.parameters, *b"ASST", asset) == U256::ONE;
        self.findings.holds(accepted, "The stablecoin was not accepted.");
        self.findings.same("flockBuyback", event.flockBuyback, parts.flock_buyback);
        self.findings.same("treasury", event.treasury, parts.treasury);
        self.findings.same("mtBuyback", event.mtBuyback, parts.mt_buyback);
        self.findings.same("issuer", event.issuer, parts.issuer);
        let arrived = moved.take(asset, event.settler, self.splitter, event.gross);
        self.findings.holds(arrived, "The revenue did not arrive.");
        self.totals.entry(asset).or_default().credited += event.gross;
        let [flock, treasury] = self.shared.entry(asset).or_default();
        flock.credited += parts.flock_buyback;
        treasury.credited += parts.treasury;
        let buckets = self.of(token, asset);
        buckets.compute.credited += parts.compute;
        buckets.mt_buyback.credited += parts.mt_buyback;
        buckets.issuer.credited += parts.issuer;
        buckets.shared[0] += parts.flock_buyback;
        buckets.shared[1] += parts.treasury;
        let now = *buckets;
        let said = self.credited.take().context("Nothing was credited.")?;
        self.findings.holds((said.token, said.asset) == (token, asset), "Something else was credited.");
        self.findings.same("All compute cost", said.compute, now.compute.credited);
        self.findings.same("All FLOCK buyback", said.flockBuyback, now.shared[0]);
        self.findings.same("All of the treasury", said.treasury, now.shared[1]);
        self.findings.same("All MT buyback", said.mtBuyback, now.mt_buyback.credited);
        self.findings.same("All issuer yield", said.issuer, now.issuer.credited);
        Ok(())
    }

    /// A bucket was emptied: compares amount and total, and looks for the payment.
    fn claimed(&mut self, bucket: (U256, U256), said: (U256, U256), to: (Address, Address), moved: &mut Movements) {
        self.counts[1] += 1;
        self.findings.same("What was claimed", said.0, bucket.0);
        self.findings.same("All that was claimed", said.1, bucket.1);
        self.totals.entry(to.0).or_default().left += said.0;
        let paid = moved.take(to.0, self.splitter, to.1, said.0);
        self.findings.holds(paid, "What was claimed did not move.");
    }

    fn bought(&mut self, event: &IRevenueSplitter::BoughtBack, moved: &mut Movements) {
        self.counts[2] += 1;
        let of_flock = event.token == self.flock;
        let bucket = if of_flock {
            let [flock, _] = self.shared.entry(event.asset).or_default();
            flock
        } else {
            &mut self.buckets.entry((event.token, event.asset)).or_default().mt_buyback
        };
        bucket.left += event.spent;
        let Bucket { credited, left } = *bucket;
        self.totals.entry(event.asset).or_default().left += event.spent;
        self.findings.holds(left <= credited, "More was spent than the bucket had.");
        self.findings.same("bucket", event.bucket, credited.saturating_sub(left));
        self.findings.same("totalSpent", event.totalSpent, left);
        let sink = if of_flock { address(self.parameter("SINK")) } else { Address::ZERO };
        let sunk = !sink.is_zero();
        let destroyed = self.destroyed.entry(event.token).or_default();
        destroyed[usize::from(sunk)] += event.bought;
        let [burned, all_sunk] = *destroyed;
        self.findings.same("totalBurned", event.totalBurned, burned);
        self.findings.same("totalSunk", event.totalSunk, all_sunk);
        // Into the void or the sink, from where it was bought to.
        let gone = moved.take(event.token, self.splitter, sink, event.bought);
        self.findings.holds(gone, &format!("{} of what was bought was not destroyed.", event.bought));
        let limits = tagged(&self.parameters, *b"SPND", event.asset);
        let most = limits >> 96;
        self.findings.holds(event.spent <= most, "The buyback spent more than the most.");
    }

    fn redirected(&mut self, event: &IRevenueSplitter::Redirected) {
        let buckets = self.of(event.token, event.asset);
        let (mt_buyback, issuer) = (buckets.mt_buyback.empty().0, buckets.issuer.empty().0);
        let [flock, _] = self.shared.entry(event.asset).or_default();
        flock.credited += mt_buyback + issuer;
        let bucket = flock.credited.saturating_sub(flock.left);
        self.findings.same("mtBuyback", event.mtBuyback, mt_buyback);
        self.findings.same("issuer", event.issuer, issuer);
        self.findings.same("bucket", event.bucket, bucket);
    }
}

fn tagged(parameters: &BTreeMap<B256, U256>, tag: [u8; 4], of: Address) -> U256 {
    parameters.get(&inputs::tagged(tag, of.into_word())).copied().unwrap_or_default()
}

fn address(word: U256) -> Address {
    Address::from_word(word.into())
}
