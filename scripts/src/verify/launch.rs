//! Launches, rerun: every buy through the curve, the fees, where everything goes at graduation, claims and refunds (`protocol.md` §3).

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Log, U256, keccak256};
use alloy::sol_types::{SolEvent, SolEventInterface};
use anyhow::{Context, Result};
use fomo_common::curve::{self, Curve, Reserves, TradingFee};
use fomo_common::{Bps, Seconds};

use super::inputs;
use super::pauses::Pauses;
use super::record::{Findings, Movements, Transaction};
use crate::abi::IAccess::IAccessEvents as Access;
use crate::abi::ILaunchpad::{self, ILaunchpadEvents as Event};
use crate::abi::{ILiquidityAdapter, IRewardDistributor, IVesting};

/// Seconds within which a launch that succeeded has to graduate.
const GRADUATION_WINDOW: u64 = 30 * 86_400;
/// Code of a clone before and after its implementation's address (ERC-1167).
const CLONE: [&[u8]; 2] = [
    &alloy::primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73"),
    &alloy::primitives::hex!("5af43d82803e903d91602b57fd5bf3"),
];

/// Where the contracts are that a launch comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// Launchpad.
    pub launchpad: Address,
    /// FLOCK.
    pub flock: Address,
    /// What Model Tokens are clones of.
    pub implementation: Address,
    /// Vesting.
    pub vesting: Address,
    /// Reward distributor.
    pub rewards: Address,
}

/// What a buyer paid and gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// FLOCK, fees included.
    pub paid: U256,
    /// MT.
    pub mt: U256,
}

/// A launch as its events leave it.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Who launched it.
    pub creator: Address,
    /// Name of the token.
    pub name: String,
    /// Its symbol.
    pub symbol: String,
    /// How many buys.
    pub buys: u64,
    /// FLOCK that has entered the curve.
    pub raised: U256,
    /// MT sold.
    pub sold: U256,
    /// FLOCK of protocol fees, issuer fees and surcharges.
    pub fees: [U256; 3],
    /// The pool, once it has graduated.
    pub pool: Option<Address>,
    /// Claims and refunds.
    pub taken: u64,
    /// What buyers have not taken.
    pub positions: BTreeMap<Address, Position>,
    targets: (U256, U256),
    sale: (u64, u64),
    terms: Option<Terms>,
    bundled: U256,
    bundle_due: bool,
    filled_at: Option<u64>,
}

/// What `LaunchConfigured` freezes.
#[derive(Debug, Clone, Copy)]
struct Terms {
    adapter: Address,
    curve: Curve,
    fee: TradingFee,
    surcharge: bool,
    vesting: (u64, u64),
    reserves: Reserves,
}

impl Launch {
    fn terms(&self) -> Result<Terms> {
        self.terms.context("LaunchConfigured is missing.")
    }

    fn duration(&self) -> u64 {
        self.sale.1.saturating_sub(self.sale.0)
    }
}

/// All launches of a launchpad, as they follow from the events so far.
#[derive(Debug, Clone, Default)]
pub struct Launches {
    places: Places,
    /// What was compared, and what differs.
    pub findings: Findings,
    /// By token.
    pub launches: BTreeMap<Address, Launch>,
    parameters: BTreeMap<B256, U256>,
    pauses: Pauses,
    treasury_owed: U256,
    owed: BTreeMap<Address, U256>,
    /// FLOCK that the present creation still has to bring.
    charged: BTreeMap<Address, U256>,
}

impl Launches {
    /// Of the launchpad at this place, from its first event on.
    #[must_use]
    pub fn new(places: Places) -> Self {
        Self { places, ..Self::default() }
    }

    /// Reads a transaction, the next after those before. Of one that graduates a launch, all logs have to be there, of the others those
    /// of the launchpad and movements of FLOCK and Model Tokens to and from it.
    pub fn read(&mut self, transaction: &Transaction) {
        self.findings.begin(transaction.hash);
        let mut moved = Movements::of(transaction);
        let launchpad = self.places.launchpad;
        for log in transaction.logs.iter().filter(|log| log.address == launchpad) {
            if let Err(error) = self.event(log, transaction, &mut moved) {
                self.findings.note(crate::ui::explain(&error));
            }
        }
        self.charges(&mut moved);
    }

    /// Makes sure that what a creation costs, with what it buys at once, was brought as one.
    fn charges(&mut self, moved: &mut Movements) {
        for (creator, amount) in std::mem::take(&mut self.charged) {
            let arrived = moved.take(self.places.flock, creator, self.places.launchpad, amount);
            self.findings.holds(arrived, &format!("{amount} FLOCK of {creator} did not arrive."));
        }
    }

    /// FLOCK that the launchpad owes: to buyers of launches that have not graduated, and of fees.
    #[must_use]
    pub fn owes(&self) -> U256 {
        let open = self.launches.values().filter(|launch| launch.pool.is_none());
        let paid: U256 = open.flat_map(|launch| launch.positions.values()).map(|position| position.paid).sum();
        paid + self.treasury_owed + self.owed.values().sum::<U256>()
    }

    /// Makes sure that the launchpad has what it owes.
    pub fn solvent(&mut self, balance: U256) {
        let owed = self.owes();
        self.findings.holds(balance >= owed, &format!("The launchpad has {balance} FLOCK and owes {owed}."));
    }

    fn event(&mut self, log: &Log, transaction: &Transaction, moved: &mut Movements) -> Result<()> {
        let (topics, data) = (log.topics(), &log.data.data);
        if let Ok(event) = Access::decode_raw_log(topics, data) {
            match event {
                Access::ParameterSet(event) => _ = self.parameters.insert(event.key, event.value),
                Access::Paused(event) => self.pauses.paused(&event),
                Access::Unpaused(event) => self.pauses.unpaused(&event),
                _ => (),
            }
            return Ok(());
        }
        let event = Event::decode_raw_log(topics, data).context("This is no event of the launchpad.")?;
        match event {
            Event::LaunchCreated(event) => {
                // A contract may launch more than once in a transaction: each brings its own.
                self.charges(moved);
                self.created(&event)?;
            }
            Event::LaunchConfigured(event) => self.configured(&event)?,
            Event::Purchased(event) => self.purchased(&event, transaction.time, moved)?,
            Event::SaleUpdated(event) => self.updated(&event)?,
            Event::RaiseFilled(event) => self.filled(&event, transaction.time)?,
            Event::FeesReleased(event) => self.released(&event)?,
            Event::Graduated(event) => self.graduated(&event, transaction, moved)?,
            Event::SaleClaimed(event) => self.claimed(&event, moved)?,
            Event::Refunded(event) => self.refunded(&event, transaction.time, moved)?,
            Event::FeesWithdrawn(event) => self.withdrawn(&event, moved),
        }
        Ok(())
    }

    fn launch(&mut self, token: Address) -> Result<&mut Launch> {
        self.launches.get_mut(&token).with_context(|| format!("There is no launch of {token}."))
    }

    fn parameter(&self, name: &str) -> U256 {
        self.parameters.get(&inputs::key(name)).copied().unwrap_or_default()
    }

    fn created(&mut self, event: &ILaunchpad::LaunchCreated) -> Result<()> {
        let index = U256::from(self.launches.len());
        let id = keccak256([event.creator.into_word(), index.into()].concat());
        let code = [CLONE[0], self.places.implementation.as_slice(), CLONE[1]].concat();
        self.findings.same("The token", event.token, self.places.launchpad.create2(id, keccak256(code)));
        let (min, max) = (event.targetRaiseMin, event.targetRaiseMax);
        let targets = self.parameters.get(&inputs::tagged(*b"TYPE", event.modelTypeId)).copied().unwrap_or_default();
        self.findings.same("The target of the model type", min | max << 96, targets);
        self.findings.holds(curve::check_targets(min, max).is_ok(), "The targets are out of order.");
        self.findings.same("targetSale", event.targetSale, curve::SALE);
        let launch = Launch {
            creator: event.creator,
            name: event.mtName.clone(),
            symbol: event.mtSymbol.clone(),
            buys: 0,
            raised: U256::ZERO,
            sold: U256::ZERO,
            fees: [U256::ZERO; 3],
            pool: None,
            taken: 0,
            positions: BTreeMap::new(),
            targets: (min, max),
            sale: (event.saleStart, event.saleEnd),
            terms: None,
            bundled: U256::ZERO,
            bundle_due: event.isBundled,
            filled_at: None,
        };
        let known = self.launches.insert(event.token, launch).is_some();
        self.findings.holds(!known, "The token was launched before.");
        Ok(())
    }

    fn configured(&mut self, event: &ILaunchpad::LaunchConfigured) -> Result<()> {
        let fees = U256::from(event.protocolFeeBps) | U256::from(event.creatorFeeBps) << 16;
        let vesting = U256::from(event.vestingCliff) | U256::from(event.vestingLength) << 32;
        self.findings.same("launchFee", event.launchFee, self.parameter("LAUNCH_FEE"));
        self.findings.same("The trading fee", fees, self.parameter("TRADING_FEE"));
        self.findings.same("phiBps", U256::from(event.phiBps), self.parameter("PHI"));
        self.findings.same("The vesting", vesting, self.parameter("VESTING"));
        let number = U256::from(self.launches.len().saturating_sub(1));
        let launch = self.launch(event.token)?;
        let (creator, max) = (launch.creator, launch.targets.1);
        let curve = Curve::new(max, Bps::new(event.phiBps)?)?;
        launch.terms = Some(Terms {
            adapter: event.adapter,
            curve,
            fee: TradingFee::new(Bps::new(event.protocolFeeBps)?, Bps::new(event.creatorFeeBps)?)?,
            surcharge: event.hasSurcharge,
            vesting: (event.vestingCliff, event.vestingLength),
            reserves: curve.opening(),
        });
        let id = keccak256([creator.into_word(), number.into()].concat());
        self.findings.same("launchId", event.launchId, id);
        self.treasury_owed += event.launchFee;
        *self.charged.entry(creator).or_default() += event.launchFee;
        Ok(())
    }

    fn purchased(&mut self, event: &ILaunchpad::Purchased, time: u64, moved: &mut Movements) -> Result<()> {
        let (pauses, places) = (self.pauses.clone(), self.places);
        let launch = self.launches.get_mut(&event.token).context("What was bought is no launch.")?;
        let mut terms = launch.terms()?;
        let bundled = std::mem::take(&mut launch.bundle_due);
        let since = pauses.elapsed(launch.sale.0, time);
        let purchase = if bundled {
            terms.curve.bundled_buy(event.flockIn, &terms.fee, launch.targets.0)
        } else {
            let tax = if terms.surcharge { terms.fee.sniper_tax(Seconds(since)) } else { terms.fee.total() };
            terms.curve.buy(&terms.reserves, event.flockIn, &terms.fee, tax)
        };
        let purchase = purchase.context("The curve refuses the buy:")?;
        terms.reserves = purchase.reserves;
        launch.terms = Some(terms);
        launch.buys += 1;
        launch.raised = terms.curve.raised(&purchase.reserves)?;
        launch.sold = terms.curve.sold(&purchase.reserves)?;
        let fees = [purchase.protocol_fee, purchase.issuer_fee, purchase.surcharge];
        launch.fees.iter_mut().zip(fees).for_each(|(all, fee)| *all += fee);
        let running = time >= launch.sale.0 && since < launch.duration() && !pauses.is_paused(time);
        let position = launch.positions.entry(event.buyer).or_default();
        position.paid += event.flockIn;
        if bundled {
            launch.bundled = purchase.mt;
            *self.charged.entry(event.buyer).or_default() += event.flockIn;
            self.findings.same("The buyer of the bundle", event.buyer, launch.creator);
        } else {
            position.mt += purchase.mt;
            self.findings.holds(running && launch.pool.is_none(), "The launch was not raising.");
            let arrived = moved.take(places.flock, event.buyer, places.launchpad, event.flockIn);
            self.findings.holds(arrived, &format!("{} FLOCK of {} did not arrive.", event.flockIn, event.buyer));
        }
        self.findings.same("flockIn", event.flockIn, purchase.flock_in);
        self.findings.same("netUsed", event.netUsed, purchase.net_used);
        self.findings.same("mtAllocated", event.mtAllocated, purchase.mt);
        self.findings.same("protocolFee", event.protocolFee, purchase.protocol_fee);
        self.findings.same("creatorFee", event.creatorFee, purchase.issuer_fee);
        self.findings.same("antiSniperFee", event.antiSniperFee, purchase.surcharge);
        Ok(())
    }

    fn updated(&mut self, event: &ILaunchpad::SaleUpdated) -> Result<()> {
        let launch = self.launch(event.token)?;
        let (raised, sold, [protocol, creator, _]) = (launch.raised, launch.sold, launch.fees);
        self.findings.same("raised", event.raised, raised);
        self.findings.same("sold", event.sold, sold);
        self.findings.same("protocolFees", event.protocolFees, protocol);
        self.findings.same("creatorFees", event.creatorFees, creator);
        Ok(())
    }

    fn filled(&mut self, event: &ILaunchpad::RaiseFilled, time: u64) -> Result<()> {
        let launch = self.launch(event.token)?;
        let (raised, max, again) = (launch.raised, launch.targets.1, launch.filled_at.replace(time).is_some());
        self.findings.same("raised", event.raised, raised);
        self.findings.same("The raise that is full", raised, max);
        self.findings.holds(!again, "The raise was full before.");
        Ok(())
    }

    fn released(&mut self, event: &ILaunchpad::FeesReleased) -> Result<()> {
        let launch = self.launch(event.token)?;
        let (creator, [protocol, issuer, surcharges]) = (launch.creator, launch.fees);
        self.treasury_owed += protocol + surcharges;
        let owed = self.owed.entry(creator).or_default();
        *owed += issuer;
        let (owed, treasury) = (*owed, self.treasury_owed);
        self.findings.same("toTreasury", event.toTreasury, protocol + surcharges);
        self.findings.same("toIssuer", event.toIssuer, issuer);
        self.findings.same("treasuryOwed", event.treasuryOwed, treasury);
        self.findings.same("issuerOwed", event.issuerOwed, owed);
        Ok(())
    }

    fn graduated(
        &mut self,
        event: &ILaunchpad::Graduated,
        transaction: &Transaction,
        moved: &mut Movements,
    ) -> Result<()> {
        let (time, elapsed) = (transaction.time, |from| self.pauses.elapsed(from, transaction.time));
        let launch = self.launches.get(&event.token).context("What graduated is no launch.")?;
        let terms = launch.terms()?;
        let over = elapsed(launch.sale.0) >= launch.duration() && launch.raised >= launch.targets.0;
        let in_time = launch.filled_at.is_none_or(|at| time < at.saturating_add(GRADUATION_WINDOW));
        let succeeded = launch.raised == launch.targets.1 || over;
        let (again, creator, bundled) = (launch.pool.is_some(), launch.creator, launch.bundled);
        let end = terms.curve.graduation(&terms.reserves)?;
        let closing = terms.curve.spot(launch.raised)?;
        let findings = &mut self.findings;
        findings.holds(succeeded && in_time && !again, "The launch could not graduate.");
        findings.same("raised", event.raised, end.flock_liquidity + end.flock_reserved);
        findings.same("sold", event.sold, end.mt_sold);
        findings.same("flockLiquidity", event.flockLiquidity, end.flock_liquidity);
        findings.same("mtLiquidity", event.mtLiquidity, end.mt_liquidity);
        findings.same("flockReserved", event.flockReserved, end.flock_reserved);
        findings.same("mtBurned", event.mtBurned, end.mt_burned);
        let (launchpad, nobody) = (self.places.launchpad, Address::ZERO);
        findings.holds(moved.take(event.token, nobody, launchpad, curve::SUPPLY), "The supply was not minted.");
        findings.holds(moved.take(event.token, launchpad, nobody, end.mt_burned), "What is left was not burned.");
        let seeded = find::<ILiquidityAdapter::LiquidityLocked>(transaction, terms.adapter, |seed| {
            seed.pool == event.pool && (seed.tokenA, seed.tokenB) == (event.token, self.places.flock)
        });
        if let Some(seeded) = findings.some(seeded, "No liquidity was locked.") {
            findings.same("MT in the pool", seeded.amountA, end.mt_liquidity);
            findings.same("FLOCK in the pool", seeded.amountB, end.flock_liquidity);
            // Of what the pool opens with: FLOCK of an MT, at the closing price or, by less than a wei of MT, above it.
            let opening = fomo_common::math::mul_div(seeded.amountB, fomo_common::units::WAD, seeded.amountA)?;
            findings.holds(opening >= closing, "The pool opens below the curve's closing price.");
        }
        let rewards = self.places.rewards;
        let stream = find::<IRewardDistributor::MtRewardFunded>(transaction, rewards, |fund| fund.mt == event.token);
        if let Some(stream) = findings.some(stream, "The MT Reward stream was not funded.") {
            findings.same("The MT Reward stream", stream.amount, end.mt_incentive);
        }
        let tranche = find::<IRewardDistributor::ReservedFunded>(transaction, rewards, |fund| fund.mt == event.token);
        let reserved = tranche.map_or(U256::ZERO, |tranche| tranche.amount);
        findings.same("The Reserved FLOCK tranche", reserved, end.flock_reserved);
        let treasury =
            Address::from_word(self.parameters.get(&inputs::key("TREASURY")).copied().unwrap_or_default().into());
        for (id, beneficiary, amount) in [
            (event.issuerVestingId, creator, end.mt_issuer + bundled),
            (event.platformVestingId, treasury, end.mt_platform),
        ] {
            let opened = find::<IVesting::VestingOpened>(transaction, self.places.vesting, |opened| opened.id == id);
            let Some(opened) = findings.some(opened, "A vesting was not opened.") else { continue };
            findings.same("The vesting's token", opened.token, event.token);
            findings.same("The vesting's beneficiary", opened.beneficiary, beneficiary);
            findings.same("The vesting's amount", opened.amount, amount);
            findings.same("The vesting's start", opened.start, time);
            findings.same("The vesting's cliff", opened.cliff, terms.vesting.0);
            findings.same("The vesting's length", opened.length, terms.vesting.1);
        }
        self.launch(event.token)?.pool = Some(event.pool);
        Ok(())
    }

    fn claimed(&mut self, event: &ILaunchpad::SaleClaimed, moved: &mut Movements) -> Result<()> {
        let (graduated, position) = self.take(event.token, event.buyer)?;
        self.findings.holds(graduated, "Tokens were claimed of a launch that has not graduated.");
        self.findings.same("What was claimed", event.amount, position.mt);
        let paid = moved.take(event.token, self.places.launchpad, event.buyer, event.amount);
        self.findings.holds(paid, "What was claimed did not move.");
        Ok(())
    }

    fn refunded(&mut self, event: &ILaunchpad::Refunded, time: u64, moved: &mut Movements) -> Result<()> {
        let pauses = self.pauses.clone();
        let (graduated, position) = self.take(event.token, event.buyer)?;
        let launch = self.launch(event.token)?;
        let last = launch.filled_at.unwrap_or(launch.sale.0.saturating_add(launch.duration()));
        let over = pauses.elapsed(launch.sale.0, time) >= launch.duration() && launch.raised < launch.targets.0;
        let failed = over || time >= last.saturating_add(GRADUATION_WINDOW);
        self.findings.holds(!graduated && failed, "The launch had not failed.");
        self.findings.same("What was refunded", event.amount, position.paid);
        let paid = moved.take(self.places.flock, self.places.launchpad, event.buyer, event.amount);
        self.findings.holds(paid, "What was refunded did not move.");
        Ok(())
    }

    /// Takes what a buyer has of a launch; whether that has graduated.
    fn take(&mut self, token: Address, buyer: Address) -> Result<(bool, Position)> {
        let launch = self.launch(token)?;
        launch.taken += 1;
        Ok((launch.pool.is_some(), launch.positions.remove(&buyer).unwrap_or_default()))
    }

    /// Fees were paid: the treasury's, or else an issuer's.
    fn withdrawn(&mut self, event: &ILaunchpad::FeesWithdrawn, moved: &mut Movements) {
        let treasury = self.parameter("TREASURY") == U256::from_be_bytes(event.account.into_word().0);
        if treasury && event.amount == self.treasury_owed {
            self.treasury_owed = U256::ZERO;
            self.findings.compared += 1;
        } else {
            let owed = self.owed.remove(&event.account).unwrap_or_default();
            self.findings.same("What was withdrawn", event.amount, owed);
        }
        let paid = moved.take(self.places.flock, self.places.launchpad, event.account, event.amount);
        self.findings.holds(paid, "What was withdrawn did not move.");
    }
}

impl Findings {
    /// What has to be there.
    fn some<T>(&mut self, it: Option<T>, without: &str) -> Option<T> {
        self.holds(it.is_some(), without);
        it
    }
}

/// The first event of a contract for which something holds.
fn find<E: SolEvent>(transaction: &Transaction, of: Address, holds: impl Fn(&E) -> bool) -> Option<E> {
    let logs = transaction.logs.iter().filter(|log| log.address == of);
    logs.filter_map(|log| E::decode_log_data(&log.data).ok()).find(holds)
}
