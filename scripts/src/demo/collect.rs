//! Reads what happened from the chain: events and views, and nothing that the story remembers.

use std::collections::{BTreeMap, BTreeSet};

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use alloy::sol;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result};
use fomo_common::curve::Curve;
use fomo_common::units::WAD;
use fomo_common::{Bps, math};

use super::Scale;
use super::facts::*;
use super::suite::{DAY, Suite};
use super::usage::audit;
use crate::abi::{IFomoERC20, ILaunchpad as L, IRevenueSplitter as S, IRewardDistributor as R, IStakeRegistry as K};
use crate::verify::Ledger;

sol! {
    /// The events of both venues' pools.
    interface IPools {
        event Sync(uint112 reserve0, uint112 reserve1);
    }
    interface IAerodromePools {
        event Sync(uint256 reserve0, uint256 reserve1);
    }
}

/// How many times the effective balances are read between a first lock and now.
const READINGS: u64 = 90;

/// An event, where and when.
#[derive(Debug, Clone)]
pub struct At<E> {
    /// Seconds.
    pub time: u64,
    /// Its transaction.
    pub transaction: B256,
    /// The event.
    pub event: E,
}

/// Every event of the chain.
pub struct History {
    /// As the chain returns them, in their order.
    pub logs: Vec<Log>,
}

impl History {
    /// Asks for all of them.
    pub async fn read(suite: &Suite) -> Result<Self> {
        Ok(Self { logs: suite.node.provider().get_logs(&Filter::new().from_block(0)).await? })
    }

    /// A contract's events of a kind.
    pub fn of<E: SolEvent>(&self, contract: Address) -> Vec<At<E>> {
        let logs = self.logs.iter().filter(|log| log.address() == contract);
        let decoded = logs.filter_map(|log| {
            let event = E::decode_log_data(&log.inner.data).ok()?;
            Some(At { time: log.block_timestamp?, transaction: log.transaction_hash?, event })
        });
        decoded.collect()
    }
}

/// Everything but gas and commit, which the chain does not know, and the invariants.
pub async fn collect(suite: &Suite, scale: Scale) -> Result<(Facts, Evidence)> {
    let evidence = Evidence::gather(suite).await?;
    let collector = Collector { suite, evidence: &evidence };
    let launches = collector.launches().await?;
    let supplies = collector.supplies(&launches).await?;
    let (epochs, empty_epochs) = collector.epochs().await?;
    let users = collector.users();
    let revenue = collector.revenue();
    let headline = Headline {
        raised: Amount(
            launches.iter().filter(|launch| launch.pool != Address::ZERO).map(|launch| launch.raised.0).sum(),
        ),
        graduated: launches.iter().filter(|launch| launch.pool != Address::ZERO).count() as u64,
        launched: launches.len() as u64,
        spend: users.iter().map(|user| user.spend).sum(),
        flock_rewards: Amount(users.iter().map(|user| user.flock.0).sum()),
        revenue: revenue.gross,
        flock_burned: supplies.first().map_or_else(Amount::default, |flock| flock.burned_by_buybacks),
        checks_held: 0,
        checks: 0,
    };
    let facts = Facts {
        schema: SCHEMA,
        commit: String::new(),
        scale,
        chain: collector.chain().await?,
        headline,
        addresses: collector.addresses(&launches),
        launches,
        supplies,
        epochs,
        empty_epochs,
        users,
        stakes: collector.stakes(),
        locks: collector.locks().await?,
        revenue,
        gas: Vec::new(),
        invariants: Vec::new(),
    };
    Ok((facts, evidence))
}

/// What is read once and used often.
pub struct Evidence {
    /// Every event.
    pub history: History,
    /// Every reward, computed again.
    pub ledger: Ledger,
    /// Symbols by token.
    symbols: BTreeMap<Address, String>,
}

impl Evidence {
    async fn gather(suite: &Suite) -> Result<Self> {
        let history = History::read(suite).await?;
        let mut symbols = BTreeMap::from([(suite.flock, "FLOCK".to_owned())]);
        for created in history.of::<L::LaunchCreated>(suite.launchpad) {
            symbols.insert(created.event.token, created.event.mtSymbol);
        }
        Ok(Self { history, ledger: audit(suite).await?, symbols })
    }

    /// A token's symbol.
    pub fn symbol(&self, token: Address) -> String {
        self.symbols.get(&token).cloned().unwrap_or_else(|| token.to_string())
    }
}

struct Collector<'a> {
    suite: &'a Suite,
    evidence: &'a Evidence,
}

impl Collector<'_> {
    fn of<E: SolEvent>(&self, contract: Address) -> Vec<At<E>> {
        self.evidence.history.of(contract)
    }

    async fn chain(&self) -> Result<Chain> {
        let provider = self.suite.node.provider();
        let block = |number| async move { provider.get_block_by_number(number).await?.context("There is no block.") };
        let (first, last) = (block(BlockNumberOrTag::Earliest).await?, block(BlockNumberOrTag::Latest).await?);
        Ok(Chain {
            id: provider.get_chain_id().await?,
            from: first.header.timestamp,
            to: last.header.timestamp,
            blocks: last.header.number + 1,
            events: self.evidence.history.logs.len() as u64,
        })
    }

    fn addresses(&self, launches: &[Launch]) -> BTreeMap<String, Address> {
        let suite = self.suite;
        let [uniswap, aerodrome] = suite.adapters;
        let contracts = [
            ("FLOCK", suite.flock),
            ("Launchpad", suite.launchpad),
            ("Vesting", suite.vesting),
            ("Reward distributor", suite.rewards),
            ("Stake registry", suite.registry),
            ("Revenue splitter", suite.splitter),
            ("Adapter of Uniswap V2", uniswap),
            ("Adapter of Aerodrome", aerodrome),
            ("Dollar", suite.usd),
            ("Treasury", suite.treasury),
            ("Reporter", suite.reporter),
            ("Settler and admin", suite.settler),
            ("Guardian", suite.guardian),
        ];
        let people = suite.people.iter().chain([&suite.issuer]).map(|person| (person.name.to_owned(), person.address));
        let named = contracts.into_iter().map(|(name, address)| (name.to_owned(), address)).chain(people);
        named.chain(launches.iter().map(|launch| (format!("Token {}", launch.symbol), launch.token))).collect()
    }

    /// A person's name, or the account.
    fn name(&self, account: Address) -> String {
        let person = self.suite.people.iter().chain([&self.suite.issuer]).find(|person| person.address == account);
        person.map_or_else(|| account.to_string(), |person| person.name.to_owned())
    }

    async fn launches(&self) -> Result<Vec<Launch>> {
        let mut launches = Vec::new();
        for created in self.of::<L::LaunchCreated>(self.suite.launchpad) {
            launches.push(self.launch(&created.event).await?);
        }
        Ok(launches)
    }

    async fn launch(&self, created: &L::LaunchCreated) -> Result<Launch> {
        let (suite, token) = (self.suite, created.token);
        let terms = suite.node.view(suite.launchpad, L::launchCall { token }).await?;
        let opening = Curve::new(created.targetRaiseMax, Bps::new(terms.phiBps)?)?.opening();
        let mut curve = Vec::new();
        for At { time, event, .. } in self.of::<L::SaleUpdated>(suite.launchpad) {
            if event.token == token {
                let (mt, flock) = (opening.mt - event.sold, opening.flock + event.raised);
                let price = Amount(math::mul_div(flock, WAD, mt)?);
                curve.push(CurvePoint { time, raised: Amount(event.raised), sold: Amount(event.sold), price });
            }
        }
        let bought = self.of::<L::Purchased>(suite.launchpad);
        let bought: Vec<_> = bought.iter().map(|at| &at.event).filter(|event| event.token == token).collect();
        let refunds = self.of::<L::Refunded>(suite.launchpad);
        let refunds = refunds.iter().map(|at| &at.event).filter(|event| event.token == token);
        let graduated = self.of::<L::Graduated>(suite.launchpad);
        let pool = graduated.iter().map(|at| &at.event).find(|event| event.token == token);
        let pool = pool.map_or(Address::ZERO, |event| event.pool);
        let raised = curve.last().map_or(U256::ZERO, |point| point.raised.0);
        let refunded: U256 = refunds.map(|event| event.amount).sum();
        let outcome = match (pool.is_zero(), raised == created.targetRaiseMax) {
            (false, true) => Outcome::Filled,
            (false, false) => Outcome::OverMinimum,
            (true, _) if !refunded.is_zero() => Outcome::Failed,
            (true, _) => Outcome::Open,
        };
        let opens = Amount(math::mul_div(opening.flock, WAD, opening.mt)?);
        let dex = self.prices(pool, token).await?;
        let [uniswap, _] = suite.adapters;
        Ok(Launch {
            symbol: created.mtSymbol.clone(),
            token,
            venue: if terms.adapter == uniswap { "Uniswap V2" } else { "Aerodrome" }.to_owned(),
            pool,
            outcome,
            target_min: Amount(created.targetRaiseMin),
            target_max: Amount(created.targetRaiseMax),
            raised: Amount(raised),
            sold: curve.last().map_or_else(Amount::default, |point| point.sold),
            paid: Amount(bought.iter().map(|event| event.flockIn).sum()),
            refunded: Amount(refunded),
            buyers: bought.iter().map(|event| event.buyer).collect::<BTreeSet<_>>().len() as u64,
            curve_flock: Amount(opening.flock),
            curve_opens: opens,
            curve_closes: curve.last().map_or(opens, |point| point.price),
            dex_opens: dex.first().map_or_else(Amount::default, |point| point.price),
            curve,
            dex,
        })
    }

    /// A pool's prices, FLOCK per MT, from what it says of its reserves. They round down, as the curve's do.
    async fn prices(&self, pool: Address, token: Address) -> Result<Vec<PricePoint>> {
        let reserves = |time, reserve0: U256, reserve1: U256| {
            let (mt, flock) = if token < self.suite.flock { (reserve0, reserve1) } else { (reserve1, reserve0) };
            (!mt.is_zero()).then_some((time, mt, flock))
        };
        let uniswap = self.of::<IPools::Sync>(pool).into_iter();
        let uniswap = uniswap.map(|at| (at.time, U256::from(at.event.reserve0), U256::from(at.event.reserve1)));
        let aerodrome = self.of::<IAerodromePools::Sync>(pool).into_iter();
        let aerodrome = aerodrome.map(|at| (at.time, at.event.reserve0, at.event.reserve1));
        let mut points = Vec::new();
        for (time, mt, flock) in uniswap.chain(aerodrome).filter_map(|(time, one, two)| reserves(time, one, two)) {
            points.push(PricePoint { time, price: Amount(math::mul_div(flock, WAD, mt)?) });
        }
        Ok(points)
    }

    async fn supplies(&self, launches: &[Launch]) -> Result<Vec<Supply>> {
        let suite = self.suite;
        let graduated = self.of::<L::Graduated>(suite.launchpad);
        let tokens = launches.iter().filter(|launch| !launch.pool.is_zero()).map(|launch| launch.token);
        let mut supplies = Vec::new();
        for token in [suite.flock].into_iter().chain(tokens) {
            let transfers = self.of::<IFomoERC20::Transfer>(token);
            let sum = |of: fn(&IFomoERC20::Transfer) -> bool| {
                Amount(transfers.iter().map(|at| &at.event).filter(|event| of(event)).map(|event| event.value).sum())
            };
            let end = graduated.iter().map(|at| &at.event).find(|event| event.token == token);
            let destroyed = suite.node.view(suite.splitter, S::destroyedCall { token }).await?;
            supplies.push(Supply {
                symbol: self.evidence.symbol(token),
                token,
                minted: sum(|event| event.from.is_zero()),
                burned_at_graduation: Amount(end.map_or(U256::ZERO, |event| event.mtBurned)),
                burned_by_buybacks: Amount(destroyed.burned),
                burned: sum(|event| event.to.is_zero()),
                supply: Amount(suite.node.view(token, IFomoERC20::totalSupplyCall {}).await?),
            });
        }
        Ok(supplies)
    }

    /// Sealed epochs with usage, and how many were without.
    async fn epochs(&self) -> Result<(Vec<EpochFacts>, u64)> {
        let rewards = self.suite.rewards;
        let declared = self.of::<R::ReportDeclared>(rewards);
        let tokens = self.of::<R::TokenSealed>(rewards);
        let (mut epochs, mut empty) = (Vec::new(), 0);
        for At { event: sealed, .. } in self.of::<R::EpochSealed>(rewards) {
            let epoch = sealed.epoch;
            let mut days = Vec::new();
            for event in tokens.iter().map(|at| &at.event).filter(|event| event.epoch == epoch && event.rows > 0) {
                let day = self.suite.node.view(rewards, R::dayOfCall { mt: event.mt, epoch }).await?;
                days.push(TokenDay {
                    symbol: self.evidence.symbol(event.mt),
                    token: event.mt,
                    spend: event.spend,
                    rows: event.rows,
                    global: Amount(event.globalPool),
                    reserved: Amount(event.reservedPool),
                    mt: Amount(event.mtPool),
                    flock_left: Amount(day.flockLeft),
                    mt_left: Amount(day.mtLeft),
                });
            }
            if days.is_empty() {
                empty += 1;
                continue;
            }
            let report = declared.iter().rev().map(|at| &at.event).find(|event| event.epoch == epoch);
            epochs.push(EpochFacts {
                epoch,
                alpha: report.map_or(0, |event| event.alpha),
                global_pool: Amount(sealed.globalPool),
                committed: Amount(sealed.committed),
                tokens: days,
            });
        }
        Ok((epochs, empty))
    }

    fn users(&self) -> Vec<User> {
        let staked = self.of::<K::Staked>(self.suite.registry);
        let staked: BTreeSet<_> = staked.iter().map(|at| (at.event.token, at.event.account)).collect();
        let mut users: BTreeMap<Address, User> = BTreeMap::new();
        for batch in self.evidence.ledger.reports.values().flat_map(|report| &report.batches) {
            for row in &batch.rows {
                let account = row.account;
                let new = || User { account, spend: 0, flock: Amount::default(), mt: BTreeMap::new(), stakes: false };
                let user = users.entry(account).or_insert_with(new);
                user.spend += row.spend;
                user.flock.0 += row.flock;
                user.stakes |= staked.contains(&(batch.mt, account));
                if !row.mt.is_zero() {
                    user.mt.entry(self.evidence.symbol(batch.mt)).or_default().0 += row.mt;
                }
            }
        }
        let mut users: Vec<_> = users.into_values().collect();
        users.sort_by_key(|user| (std::cmp::Reverse(user.spend), user.account));
        users
    }

    fn stakes(&self) -> Vec<StakeChange> {
        let registry = self.suite.registry;
        let change = |time, account, token, stake, total| StakeChange {
            time,
            who: self.name(account),
            symbol: self.evidence.symbol(token),
            stake: Amount(stake),
            total: Amount(total),
        };
        let staked = self.of::<K::Staked>(registry).into_iter();
        let staked = staked
            .map(|At { time, event, .. }| change(time, event.account, event.token, event.stake, event.totalStake));
        let left = self.of::<K::UnstakeRequested>(registry).into_iter();
        let left =
            left.map(|At { time, event, .. }| change(time, event.account, event.token, event.stake, event.totalStake));
        let mut changes: Vec<_> = staked.chain(left).collect();
        changes.sort_by_key(|change| change.time);
        changes
    }

    /// The effective balances of all who ever locked, at the same times.
    async fn locks(&self) -> Result<Vec<LockSeries>> {
        let (node, registry) = (&self.suite.node, self.suite.registry);
        let opened = self.of::<K::LockOpened>(registry);
        let Some(first) = opened.first().map(|at| at.time / DAY) else { return Ok(Vec::new()) };
        let mut accounts: Vec<Address> = Vec::new();
        for account in opened.iter().map(|at| at.event.account) {
            if !accounts.contains(&account) {
                accounts.push(account);
            }
        }
        let last = node.now() / DAY;
        let step = usize::try_from((last - first).div_ceil(READINGS).max(1))?;
        let mut series = Vec::new();
        for account in accounts {
            let mut points = Vec::new();
            for time in (first..=last).step_by(step).map(|day| day * DAY) {
                let effective = node.view(registry, K::effectiveBalanceAtCall { account, time }).await?;
                points.push(LockPoint { time, effective: Amount(effective) });
            }
            series.push(LockSeries { who: self.name(account), points });
        }
        Ok(series)
    }

    fn revenue(&self) -> Revenue {
        let (suite, splitter) = (self.suite, self.suite.splitter);
        let settled = self.of::<S::Settled>(splitter);
        let sum = |of: fn(&S::Settled) -> U256| Amount(settled.iter().map(|at| of(&at.event)).sum());
        let bought = self.of::<S::BoughtBack>(splitter);
        let spent = |flock: bool| {
            let events = bought.iter().map(|at| &at.event).filter(|event| (event.token == suite.flock) == flock);
            Amount(events.map(|event| event.spent).sum())
        };
        Revenue {
            gross: sum(|event| event.gross),
            compute: sum(|event| event.compute),
            flock_buyback: sum(|event| event.flockBuyback),
            treasury: sum(|event| event.treasury),
            mt_buyback: sum(|event| event.mtBuyback),
            issuer: sum(|event| event.issuer),
            compute_claimed: Amount(self.of::<S::ComputeClaimed>(splitter).iter().map(|at| at.event.amount).sum()),
            treasury_claimed: Amount(self.of::<S::TreasuryClaimed>(splitter).iter().map(|at| at.event.amount).sum()),
            issuer_claimed: Amount(self.of::<S::IssuerClaimed>(splitter).iter().map(|at| at.event.amount).sum()),
            flock_spent: spent(true),
            mt_spent: spent(false),
            settlements: settled.iter().map(|at| self.settlement(at)).collect(),
            buybacks: bought.iter().map(|at| self.buyback(at)).collect(),
        }
    }

    fn settlement(&self, At { time, event, .. }: &At<S::Settled>) -> Settlement {
        let parts = [event.compute, event.flockBuyback, event.treasury, event.mtBuyback, event.issuer].map(Amount);
        Settlement { time: *time, symbol: self.evidence.symbol(event.token), gross: Amount(event.gross), parts }
    }

    fn buyback(&self, At { time, event, .. }: &At<S::BoughtBack>) -> Buyback {
        Buyback {
            time: *time,
            symbol: self.evidence.symbol(event.token),
            spent: Amount(event.spent),
            burned: Amount(event.bought),
            total_burned: Amount(event.totalBurned),
        }
    }
}
