//! What a deployment is asked to be: a TOML file with every parameter of the suite in human units.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result, ensure};
use fomo_common::curve::{LEAST_PHI, TradingFee, check_targets};
use fomo_common::emission::Phase as Emission;
use fomo_common::lock::check_multiplier;
use fomo_common::score::alpha;
use fomo_common::stake::{Tier, check_tiers};
use fomo_common::{Bps, Epoch, Seconds, Timestamp, Wad, vesting};
use serde::{Deserialize, Deserializer, de};

use crate::wallet::amount::{self, Amount};

/// 2⁹⁶: amounts in parameters are smaller.
const AMOUNT_BITS: usize = 96;
/// Decays of a phase at most.
const MOST_DECAYS: u32 = 1_000;
/// Seasons that can be set: the first is there, and numbers end with 255.
const MOST_SEASONS: usize = 254;

/// A value of the file that is written as a text.
fn text<'de, D: Deserializer<'de>, T>(deserializer: D, read: impl Fn(&str) -> Result<T>) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).map_err(|error| de::Error::custom(format!("{error:#}")))
}

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident($type:ty) = $read:expr;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub $type);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text(deserializer, $read).map(Self)
            }
        }
    )*};
}

texts! {
    /// An account or contract: "0x…", with the capital letters of its checksum or none.
    Account(Address) = amount::address;
    /// An amount of FLOCK in 10⁻¹⁸: "32768 FLOCK".
    Flock(U256) = |text| Amount::from_str(text)?.of("FLOCK", None);
    /// Seconds: "2 days".
    Time(u64) = amount::seconds;
    /// A share in bps: "1.5%", "150 bps".
    Share(u16) = amount::bps;
    /// A number with up to 18 decimals, in 10⁻¹⁸: "2.19".
    Number(U256) = |text| amount::units(text, 18);
    /// A UTC day: "2027-01-31", as the number of its epoch.
    Day(u64) = |text| Ok(amount::time(text)? / 86_400);
}

/// A deployment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Who may what.
    pub roles: Roles,
    /// FLOCK.
    pub flock: FlockToken,
    /// Where Model Tokens can trade, by the adapter's name: uniswap-v2, aerodrome.
    pub venues: BTreeMap<String, Venue>,
    /// Launches.
    pub launch: Launch,
    /// Stakes and gmFLOCK.
    pub stake: Stake,
    /// Daily rewards.
    pub rewards: Rewards,
    /// A model's revenue.
    pub revenue: Revenue,
    /// Seconds between proposing and executing a parameter.
    pub delay: Time,
}

/// Who may what.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Roles {
    /// Admin of everything, in the end: a Safe.
    pub admin: Account,
    /// Pauses for seven days at most.
    pub guardian: Account,
    /// Gets the protocol's fees, its share of revenue and the platform's tokens.
    pub treasury: Account,
    /// Reports usage.
    pub reporter: Account,
    /// Brings revenue.
    pub settler: Account,
    /// Buys back where nobody else may.
    pub keeper: Option<Account>,
    /// Gets compute cost.
    pub compute: Account,
}

/// FLOCK: the one that is there, or a new one of a local chain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FlockToken {
    /// Where it is.
    pub address: Option<Account>,
    /// Or how much of a new one is minted to the deployer.
    pub supply: Option<Flock>,
}

/// A venue: its factory, or a new one of a local chain.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Venue {
    /// Its factory.
    pub factory: Option<Account>,
    /// Or whether to deploy the venue too.
    #[serde(default)]
    pub deploy: bool,
}

/// Launches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Launch {
    /// What a launch costs.
    pub fee: Flock,
    /// Trading fee to the protocol.
    pub protocol_fee: Share,
    /// Trading fee to the issuer.
    pub issuer_fee: Share,
    /// φ: share of the raise that is paired.
    pub phi: Share,
    /// Nothing of issuer's and platform's tokens is released before.
    pub cliff: Time,
    /// All of them are by then.
    pub vesting: Time,
    /// Targets by the name of the model type.
    pub model_types: BTreeMap<String, Targets>,
}

/// Targets of a model type.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Targets {
    /// Least raise.
    pub min: Flock,
    /// Largest raise.
    pub max: Flock,
}

/// Stakes and gmFLOCK.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stake {
    /// From a request to unstake to its withdrawal.
    pub cooldown: Time,
    /// ε.
    pub epsilon: Number,
    /// λ.
    pub lambda: Number,
    /// H, in gmFLOCK.
    pub half: Number,
    /// Tiers of the discount, the lowest first, four at most.
    #[serde(default)]
    pub discounts: Vec<Discount>,
}

/// A tier of the discount.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Discount {
    /// Least average stake in whole Model Tokens.
    pub stake: u32,
    /// The discount.
    pub discount: Share,
}

/// Daily rewards.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rewards {
    /// Seasons from the second on; the first begins with the deployment, 180 days from 0.9 to 0.5.
    #[serde(default)]
    pub seasons: Vec<Season>,
    /// Phases of the global emission from the first on, eight at most.
    #[serde(default)]
    pub phases: Vec<Phase>,
}

/// A season.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Season {
    /// First day.
    pub start: Day,
    /// Its days.
    pub days: u32,
    /// α of its first day.
    pub alpha_start: Number,
    /// α of its last.
    pub alpha_end: Number,
}

/// A phase of the global emission.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Phase {
    /// First day.
    pub start: Day,
    /// Its days.
    pub days: u32,
    /// FLOCK of its first day.
    pub daily: Flock,
    /// How much less every so many days.
    #[serde(default = "Phase::no_decay")]
    pub decay: Share,
    /// Every how many days; 0 for never.
    #[serde(default)]
    pub every: u16,
}

impl Phase {
    const fn no_decay() -> Share {
        Share(0)
    }
}

/// A model's revenue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Revenue {
    /// Most compute cost of gross revenue.
    pub compute_limit: Share,
    /// From a buyback to the next.
    pub interval: Time,
    /// Whether only the keeper buys back.
    #[serde(default)]
    pub keeper_only: bool,
    /// Where FLOCK goes that cannot be burned.
    pub sink: Option<Account>,
    /// Stablecoins by name.
    #[serde(default)]
    pub assets: BTreeMap<String, Asset>,
}

/// A stablecoin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Asset {
    /// Where it is.
    pub address: Option<Account>,
    /// Or whether to deploy the dollar of local chains.
    #[serde(default)]
    pub deploy: bool,
    /// Its decimals.
    pub decimals: u8,
    /// Venue that swaps it for FLOCK.
    pub route: String,
    /// Token between it and FLOCK.
    pub via: Option<Account>,
    /// Least that a buyback spends, in the stablecoin.
    pub least: String,
    /// Most that a buyback spends.
    pub most: String,
}

impl Asset {
    /// Least and most in its smallest unit, packed.
    pub(super) fn limits(&self) -> Result<U256> {
        let units = |text: &str| amount::units(text, self.decimals);
        let (least, most) = (units(&self.least)?, units(&self.most)?);
        ensure!(!least.is_zero() && least <= most, "A buyback's least has to be something, and not over its most.");
        ensure!(most.bit_len() <= AMOUNT_BITS, "A buyback's most is too large.");
        Ok(least | most << AMOUNT_BITS)
    }
}

impl Settings {
    /// Reads a file and checks every value as the contracts will.
    ///
    /// # Errors
    /// Where it does not say what it should, with the line.
    pub fn read(path: &Path) -> Result<(Self, String)> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let settings: Self =
            toml::from_str(&text).with_context(|| format!("{} has something wrong.", path.display()))?;
        settings.check().with_context(|| format!("{} asks for what cannot be.", path.display()))?;
        Ok((settings, text))
    }

    fn check(&self) -> Result<()> {
        let flock = &self.flock;
        ensure!(flock.address.is_some() != flock.supply.is_some(), "flock takes either an address or a supply.");
        ensure!(!self.venues.is_empty(), "There has to be a venue.");
        for (name, venue) in &self.venues {
            ensure!(["uniswap-v2", "aerodrome"].contains(&name.as_str()), "There is no adapter for \"{name}\".");
            ensure!(venue.factory.is_some() != venue.deploy, "venues.{name} takes either a factory or deploy = true.");
        }
        ensure!((86_400..=30 * 86_400).contains(&self.delay.0), "delay is 1 to 30 days.");
        self.check_accounts()?;
        self.check_launch().context("launch")?;
        self.check_stake().context("stake")?;
        self.check_rewards().context("rewards")?;
        self.check_revenue().context("revenue")
    }

    /// Nobody is the zero address: what shall have nobody is left out.
    fn check_accounts(&self) -> Result<()> {
        let roles = &self.roles;
        let mut all = BTreeMap::from([
            ("roles.admin".to_owned(), Some(roles.admin)),
            ("roles.guardian".to_owned(), Some(roles.guardian)),
            ("roles.treasury".to_owned(), Some(roles.treasury)),
            ("roles.reporter".to_owned(), Some(roles.reporter)),
            ("roles.settler".to_owned(), Some(roles.settler)),
            ("roles.keeper".to_owned(), roles.keeper),
            ("roles.compute".to_owned(), Some(roles.compute)),
            ("flock.address".to_owned(), self.flock.address),
            ("revenue.sink".to_owned(), self.revenue.sink),
        ]);
        all.extend(self.venues.iter().map(|(name, venue)| (format!("venues.{name}.factory"), venue.factory)));
        for (name, asset) in &self.revenue.assets {
            all.insert(format!("revenue.assets.{name}.address"), asset.address);
            all.insert(format!("revenue.assets.{name}.via"), asset.via);
        }
        for (name, account) in all {
            ensure!(account.is_none_or(|account| !account.0.is_zero()), "{name} is the zero address.");
        }
        Ok(())
    }

    fn check_launch(&self) -> Result<()> {
        let launch = &self.launch;
        ensure!(launch.fee.0.bit_len() <= AMOUNT_BITS, "fee is too large.");
        ensure!(u32::try_from(launch.vesting.0).is_ok(), "vesting is too long.");
        TradingFee::new(Bps::new(launch.protocol_fee.0)?, Bps::new(launch.issuer_fee.0)?)?;
        ensure!(launch.phi.0 > LEAST_PHI.get() && launch.phi.0 <= 10_000, "phi is over 50 % and at most 100 %.");
        vesting::Vesting::new(U256::ONE, Timestamp(0), Seconds(launch.cliff.0), Seconds(launch.vesting.0))?;
        for (name, targets) in &launch.model_types {
            amount::word(name)?;
            check_targets(targets.min.0, targets.max.0).with_context(|| format!("The targets of {name}"))?;
            ensure!(targets.max.0.bit_len() <= AMOUNT_BITS, "The targets of {name} are too large.");
        }
        Ok(())
    }

    fn check_stake(&self) -> Result<()> {
        let stake = &self.stake;
        ensure!(stake.cooldown.0 <= 14 * 86_400, "cooldown is at most 14 days.");
        ensure!(stake.epsilon.0 <= U256::from(4_000_000_000_000_000_000_u64), "epsilon is at most 4.");
        check_multiplier(Wad::try_from(stake.lambda.0)?, stake.half.0)?;
        ensure!(stake.discounts.len() <= 4, "There are four tiers at most.");
        let tier = |tier: &Discount| -> Result<Tier> {
            let min_stake = U256::from(tier.stake) * U256::from(10_u64.pow(18));
            Ok(Tier { min_stake, discount: Bps::new(tier.discount.0)? })
        };
        check_tiers(&stake.discounts.iter().map(tier).collect::<Result<Vec<_>>>()?)?;
        Ok(())
    }

    fn check_rewards(&self) -> Result<()> {
        ensure!(self.rewards.seasons.len() <= MOST_SEASONS, "There are too many seasons.");
        for season in &self.rewards.seasons {
            alpha(Wad::try_from(season.alpha_start.0)?, Wad::try_from(season.alpha_end.0)?, 0, season.days.into())?;
            ensure!(season.start.0 > 0 && u32::try_from(season.start.0).is_ok(), "A season begins some day.");
        }
        ensure!(self.rewards.phases.len() <= 8, "There are eight phases at most.");
        for phase in &self.rewards.phases {
            let decay = Bps::new(phase.decay.0)?;
            Emission::new(Epoch::new(phase.start.0)?, phase.days, phase.daily.0, decay, phase.every.into())?;
            ensure!(phase.daily.0.bit_len() <= AMOUNT_BITS, "A day of a phase is too large.");
            ensure!(u32::try_from(phase.start.0).is_ok(), "A phase begins some day.");
            let decays = phase.days.checked_div(phase.every.into()).unwrap_or_default();
            ensure!(decays <= MOST_DECAYS, "A phase decays {MOST_DECAYS} times at most: days/every is {decays}.");
        }
        Ok(())
    }

    fn check_revenue(&self) -> Result<()> {
        let revenue = &self.revenue;
        ensure!((3_600..=7 * 86_400).contains(&revenue.interval.0), "interval is 1 hour to 7 days.");
        for (name, asset) in &revenue.assets {
            ensure!(asset.address.is_some() != asset.deploy, "{name} takes either an address or deploy = true.");
            ensure!(
                self.venues.contains_key(&asset.route),
                "{name} is swapped on \"{}\", which is no venue here.",
                asset.route
            );
            ensure!((6..=18).contains(&asset.decimals), "{name} has 6 to 18 decimals.");
            ensure!(!asset.deploy || asset.decimals == 6, "{name} has 6 decimals: it is the dollar of local chains.");
            asset.limits().with_context(|| name.clone())?;
        }
        Ok(())
    }
}

/// The values of parameters, as the contracts pack them.
impl Settings {
    pub(super) fn trading_fee(&self) -> U256 {
        U256::from(u32::from(self.launch.protocol_fee.0) | u32::from(self.launch.issuer_fee.0) << 16)
    }

    pub(super) fn vesting(&self) -> U256 {
        U256::from(self.launch.cliff.0) | U256::from(self.launch.vesting.0) << 32
    }

    pub(super) fn tiers(&self) -> U256 {
        self.stake.discounts.iter().rev().fold(U256::ZERO, |packed, tier| {
            packed << 48 | U256::from(u64::from(tier.stake) << 16 | u64::from(tier.discount.0))
        })
    }
}

impl Targets {
    pub(super) fn packed(&self) -> U256 {
        self.min.0 | self.max.0 << AMOUNT_BITS
    }
}

impl Season {
    pub(super) fn packed(&self) -> U256 {
        self.alpha_end.0 | self.alpha_start.0 << 64 | U256::from(self.days) << 128 | U256::from(self.start.0) << 160
    }
}

impl Phase {
    pub(super) fn packed(&self) -> U256 {
        let (days, start) = (U256::from(self.days) << 128, U256::from(self.start.0) << 160);
        self.daily.0 | U256::from(self.decay.0) << 96 | U256::from(self.every) << 112 | days | start
    }
}
