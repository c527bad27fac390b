//! What the demo's chain says when the story is over: the schema of `demo.json` (docs/demo.md).

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use serde::{Serialize, Serializer};

use super::{Cost, Scale};

/// The schema's version: another one where a field changes its meaning or goes.
pub const SCHEMA: u32 = 1;

/// An amount in units of its token (wei of FLOCK and Model Tokens, micro-dollars): decimal digits, in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(pub U256);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Amount {
    /// Whole units of a token of so many decimals, to be drawn and not to be reckoned with.
    #[must_use]
    pub fn shown(self, decimals: u8) -> f64 {
        f64::from(self.0) / 10_f64.powi(decimals.into())
    }

    /// Whole tokens of 18 decimals, to be drawn.
    #[must_use]
    pub fn whole(self) -> f64 {
        self.shown(18)
    }
}

/// Everything.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The commit of the working tree, "-dirty" behind it where that was changed; empty where there is no git.
    pub commit: String,
    /// What was asked for.
    pub scale: Scale,
    /// The chain.
    pub chain: Chain,
    /// Headline figures.
    pub headline: Headline,
    /// Contracts and people by name.
    pub addresses: BTreeMap<String, Address>,
    /// Launches in their order.
    pub launches: Vec<Launch>,
    /// Supply of FLOCK and of each token that graduated.
    pub supplies: Vec<Supply>,
    /// Epochs with usage.
    pub epochs: Vec<EpochFacts>,
    /// Sealed epochs without usage.
    pub empty_epochs: u64,
    /// Who used, what it spent and earned, over all epochs; most spend first.
    pub users: Vec<User>,
    /// Every change of a stake, in order.
    pub stakes: Vec<StakeChange>,
    /// Effective gmFLOCK at the end of days.
    pub locks: Vec<LockSeries>,
    /// Revenue.
    pub revenue: Revenue,
    /// What each action cost the first time in its chapter.
    pub gas: Vec<Cost>,
    /// The invariants of the protocol, checked over the final state.
    pub invariants: Vec<Invariant>,
}

/// The chain that it happened on.
#[derive(Debug, Clone, Serialize)]
pub struct Chain {
    /// Its id.
    pub id: u64,
    /// Time of the first and of the last block, in seconds.
    pub from: u64,
    /// See `from`.
    pub to: u64,
    /// Blocks.
    pub blocks: u64,
    /// Events of all contracts.
    pub events: u64,
}

/// Headline figures; every one is a sum of others here.
#[derive(Debug, Clone, Serialize)]
pub struct Headline {
    /// FLOCK that launches raised, those that failed left out.
    pub raised: Amount,
    /// Launches that graduated.
    pub graduated: u64,
    /// All launches.
    pub launched: u64,
    /// Micro-dollars that users spent.
    pub spend: u64,
    /// FLOCK that they earned.
    pub flock_rewards: Amount,
    /// Micro-dollars of gross revenue settled.
    pub revenue: Amount,
    /// FLOCK that buybacks burned.
    pub flock_burned: Amount,
    /// Checks of invariants that hold.
    pub checks_held: u64,
    /// All checks of invariants.
    pub checks: u64,
}

/// How a launch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It reached the most that it may raise, and graduated.
    Filled,
    /// It reached its minimum only, and graduated.
    OverMinimum,
    /// It did not, and was refunded.
    Failed,
    /// It goes on.
    Open,
}

/// A launch.
#[derive(Debug, Clone, Serialize)]
pub struct Launch {
    /// Symbol of its token.
    pub symbol: String,
    /// Where its token is, or would have been.
    pub token: Address,
    /// Its venue's name.
    pub venue: String,
    /// Its pool; zero where there is none.
    pub pool: Address,
    /// How it ended.
    pub outcome: Outcome,
    /// FLOCK that it has to raise, and may at most.
    pub target_min: Amount,
    /// See `target_min`.
    pub target_max: Amount,
    /// FLOCK that entered the curve.
    pub raised: Amount,
    /// MT sold.
    pub sold: Amount,
    /// FLOCK that its buyers paid, fees included.
    pub paid: Amount,
    /// FLOCK that its buyers got back.
    pub refunded: Amount,
    /// Different buyers.
    pub buyers: u64,
    /// FLOCK that the curve's virtual reserve begins with, y0: its price is `curve_opens·((y0 + raised)/y0)²`.
    pub curve_flock: Amount,
    /// First and last price of the curve, FLOCK per MT with 18 decimals.
    pub curve_opens: Amount,
    /// See `curve_opens`.
    pub curve_closes: Amount,
    /// First price of the pool; zero where there is none.
    pub dex_opens: Amount,
    /// The curve after each buy.
    pub curve: Vec<CurvePoint>,
    /// The pool's price after each change of its reserves.
    pub dex: Vec<PricePoint>,
}

/// The curve after a buy.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CurvePoint {
    /// Seconds.
    pub time: u64,
    /// FLOCK that has entered it.
    pub raised: Amount,
    /// MT sold.
    pub sold: Amount,
    /// FLOCK per MT, 18 decimals.
    pub price: Amount,
}

/// A price.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PricePoint {
    /// Seconds.
    pub time: u64,
    /// FLOCK per MT, 18 decimals.
    pub price: Amount,
}

/// A token's supply.
#[derive(Debug, Clone, Serialize)]
pub struct Supply {
    /// Its symbol.
    pub symbol: String,
    /// Where it is.
    pub token: Address,
    /// All that its Transfer events say was minted.
    pub minted: Amount,
    /// What its graduation did not need, and burned.
    pub burned_at_graduation: Amount,
    /// What buybacks burned, as the splitter says.
    pub burned_by_buybacks: Amount,
    /// All that its Transfer events say was burned.
    pub burned: Amount,
    /// What it says itself that there is.
    pub supply: Amount,
}

/// A sealed epoch.
#[derive(Debug, Clone, Serialize)]
pub struct EpochFacts {
    /// Its number: UTC days since 1970.
    pub epoch: u64,
    /// α with 18 decimals.
    pub alpha: u64,
    /// Global FLOCK of the day, and what of it was shared out.
    pub global_pool: Amount,
    /// See `global_pool`.
    pub committed: Amount,
    /// Its tokens.
    pub tokens: Vec<TokenDay>,
}

/// A token's day.
#[derive(Debug, Clone, Serialize)]
pub struct TokenDay {
    /// Its symbol.
    pub symbol: String,
    /// Where it is.
    pub token: Address,
    /// Micro-dollars spent.
    pub spend: u64,
    /// Rows of the report.
    pub rows: u32,
    /// Pools of Global FLOCK, Reserved FLOCK and MT Reward.
    pub global: Amount,
    /// See `global`.
    pub reserved: Amount,
    /// See `global`.
    pub mt: Amount,
    /// FLOCK and MT that no row got.
    pub flock_left: Amount,
    /// See `flock_left`.
    pub mt_left: Amount,
}

/// Somebody who used models.
#[derive(Debug, Clone, Serialize)]
pub struct User {
    /// Its account.
    pub account: Address,
    /// Micro-dollars spent.
    pub spend: u64,
    /// FLOCK earned.
    pub flock: Amount,
    /// MT earned, by symbol.
    pub mt: BTreeMap<String, Amount>,
    /// Whether it had a stake on a model that it used.
    pub stakes: bool,
}

/// A change of a stake.
#[derive(Debug, Clone, Serialize)]
pub struct StakeChange {
    /// Seconds.
    pub time: u64,
    /// Whose: a name, where it has one.
    pub who: String,
    /// Symbol of the token.
    pub symbol: String,
    /// What counts from then on.
    pub stake: Amount,
    /// What all stakes on the token come to.
    pub total: Amount,
}

/// What somebody's locks weigh.
#[derive(Debug, Clone, Serialize)]
pub struct LockSeries {
    /// Whose: a name, where it has one.
    pub who: String,
    /// E, by time.
    pub points: Vec<LockPoint>,
}

/// What somebody's locks weigh at a time.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LockPoint {
    /// Seconds.
    pub time: u64,
    /// E, 18 decimals.
    pub effective: Amount,
}

/// Revenue, all of it in micro-dollars but what is burned.
#[derive(Debug, Clone, Serialize)]
pub struct Revenue {
    /// Settled.
    pub gross: Amount,
    /// Parts of it.
    pub compute: Amount,
    /// See `compute`.
    pub flock_buyback: Amount,
    /// See `compute`.
    pub treasury: Amount,
    /// See `compute`.
    pub mt_buyback: Amount,
    /// See `compute`.
    pub issuer: Amount,
    /// Claimed by those that compute.
    pub compute_claimed: Amount,
    /// Claimed by the treasury.
    pub treasury_claimed: Amount,
    /// Claimed by issuers.
    pub issuer_claimed: Amount,
    /// Spent on FLOCK.
    pub flock_spent: Amount,
    /// Spent on Model Tokens.
    pub mt_spent: Amount,
    /// Settlements.
    pub settlements: Vec<Settlement>,
    /// Buybacks.
    pub buybacks: Vec<Buyback>,
}

/// A settlement.
#[derive(Debug, Clone, Serialize)]
pub struct Settlement {
    /// Seconds.
    pub time: u64,
    /// Symbol of the model.
    pub symbol: String,
    /// Micro-dollars.
    pub gross: Amount,
    /// Parts of it: compute, FLOCK buyback, treasury, MT buyback, issuer.
    pub parts: [Amount; 5],
}

/// A buyback.
#[derive(Debug, Clone, Serialize)]
pub struct Buyback {
    /// Seconds.
    pub time: u64,
    /// What was bought and burned.
    pub symbol: String,
    /// Micro-dollars.
    pub spent: Amount,
    /// Tokens.
    pub burned: Amount,
    /// Tokens that buybacks have burned so far.
    pub total_burned: Amount,
}

/// An invariant of the protocol.
#[derive(Debug, Clone, Serialize)]
pub struct Invariant {
    /// Its number in the protocol.
    pub number: u8,
    /// What it says.
    pub says: &'static str,
    /// What was compared.
    pub checks: Vec<Check>,
}

/// Two figures that were compared.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What.
    pub what: String,
    /// The one figure, with its unit.
    pub left: String,
    /// How it has to be to the other: `=`, `≤`, `<` or `≥`.
    pub relation: &'static str,
    /// The other figure.
    pub right: String,
    /// Whether it is.
    pub holds: bool,
}
