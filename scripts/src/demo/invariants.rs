//! The last chapter: every invariant of the protocol (`protocol.md` §10) over the final state, with the figures that were compared.

use std::borrow::Cow;
use std::collections::BTreeSet;

use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result};
use fomo_common::curve::{Curve, SALE, SUPPLY};
use fomo_common::score::{Activity, scores};
use fomo_common::{Bps, Wad, lock, waterfall};

use super::Story;
use super::collect::Evidence;
use super::facts::{Check, Facts, Invariant, Launch};
use super::suite::{DAY, Suite, dollars, word};
use crate::abi::{
    IAccess, IFomoERC20, ILaunchpad as L, IRevenueSplitter as S, IRewardDistributor as R, IStakeRegistry as K,
    IVesting as V,
};
use crate::ui::{decimal, number};

/// What they say, in the protocol's words.
const SAYS: [&str; 10] = [
    "Raising: FLOCK held covers principal, fees and surcharges. Failed: every buyer gets back all but the launch fee.",
    "k never falls; allocations are at most 400,000; no raise is over its maximum.",
    "Graduation and refunds exclude each other; a token's supply is 1,000,000 less what was burned.",
    "The DEX opens at the price at which the curve closed, up to rounding.",
    "Payouts of an epoch, pool and token are at most its pool, and leave less than a wei a row.",
    "No usage, nothing; no stake, no incentive; 1 ≤ m < 2.",
    "Splitting an account never raises its total score.",
    "Waterfall buckets sum to net exactly; claims succeed with a dead DEX.",
    "Stakes, unlocks and vested claims succeed in full when everything else is paused, drained or has expired.",
    "A reporter, a settler, a keeper or a guardian alone never moves principal.",
];
/// Code that fails whenever it is called.
const DEAD: &str = "0xfe";
/// A period that the story has not settled.
const PERIOD: u64 = 1_000_000;

/// Checks them all.
pub async fn check(suite: &Suite, facts: &Facts, evidence: &Evidence) -> Result<Vec<Invariant>> {
    let auditor = Auditor { suite, facts, evidence };
    let checks = [
        auditor.refunds().await?,
        auditor.curves().await?,
        auditor.supplies(),
        auditor.openings(),
        auditor.payouts(),
        auditor.eligibility().await?,
        auditor.splits().await?,
        auditor.waterfall().await?,
        auditor.exits().await?,
        auditor.principal().await?,
    ];
    let numbered = (1..).zip(SAYS).zip(checks);
    Ok(numbered.map(|((number, says), checks)| Invariant { number, says, checks }).collect())
}

/// Prints them as a table.
pub fn tell(story: &mut Story, invariants: &[Invariant]) {
    for Invariant { number, says, checks } in invariants {
        story.say(format!("{number}. {says}"));
        let row = |check: &Check| {
            let holds = if check.holds { "yes" } else { "NO" };
            [&check.what, &check.left, check.relation, &check.right, holds].map(|cell| cell.to_owned()).to_vec()
        };
        story.table(&["", "figure", "", "figure", "holds"], checks.iter().map(row));
    }
}

fn compare(
    what: impl Into<String>,
    left: U256,
    relation: &'static str,
    right: U256,
    unit: &str,
    places: usize,
) -> Check {
    let holds = match relation {
        "=" => left == right,
        "≤" => left <= right,
        "<" => left < right,
        _ => left >= right,
    };
    let shown = |value| if places == 0 { value_of(value) } else { decimal(value, places) };
    let shown = |value| format!("{} {unit}", shown(value)).trim_end().to_owned();
    Check { what: what.into(), left: shown(left), relation, right: shown(right), holds }
}

/// An integer with commas.
fn value_of(value: U256) -> String {
    u64::try_from(value).map_or_else(|_| value.to_string(), number)
}

fn count(what: impl Into<String>, left: usize, relation: &'static str, right: usize, unit: &str) -> Check {
    compare(what, U256::from(left), relation, U256::from(right), unit, 0)
}

struct Auditor<'a> {
    suite: &'a Suite,
    facts: &'a Facts,
    evidence: &'a Evidence,
}

impl Auditor<'_> {
    fn of<E: SolEvent>(&self, contract: Address) -> Vec<super::collect::At<E>> {
        self.evidence.history.of(contract)
    }

    fn graduated(&self) -> impl Iterator<Item = &Launch> {
        self.facts.launches.iter().filter(|launch| !launch.pool.is_zero())
    }

    async fn refunds(&self) -> Result<Vec<Check>> {
        let (suite, node) = (self.suite, &self.suite.node);
        let failed = self.facts.launches.iter().filter(|launch| !launch.refunded.0.is_zero());
        let back = |launch: &Launch| {
            let what = format!("{}: refunded, and paid", launch.symbol);
            compare(what, launch.refunded.0, "=", launch.paid.0, "FLOCK", 4)
        };
        let mut checks: Vec<_> = failed.map(back).collect();
        let account = suite.issuer.address;
        let owed = node.view(suite.launchpad, L::treasuryFeesOwedCall {}).await?
            + node.view(suite.launchpad, L::feesOwedCall { account }).await?;
        let open = |launch: &&Launch| launch.pool.is_zero() && launch.refunded.0.is_zero();
        let principal: U256 = self.facts.launches.iter().filter(open).map(|launch| launch.paid.0).sum();
        let held = suite.balance(suite.flock, suite.launchpad).await?;
        checks.push(compare("launchpad: holds, and owes", held, "≥", owed + principal, "FLOCK", 4));
        let bought = self.of::<L::Purchased>(suite.launchpad);
        let paid: U256 = bought.iter().map(|at| at.event.flockIn).sum();
        let parts = bought.iter().map(|at| &at.event);
        let parts: U256 = parts.map(|of| of.netUsed + of.protocolFee + of.creatorFee + of.antiSniperFee).sum();
        checks.push(compare("all buys: paid, and principal, fees and surcharges", paid, "=", parts, "FLOCK", 4));
        Ok(checks)
    }

    async fn curves(&self) -> Result<Vec<Check>> {
        let (mut falls, mut over, mut points) = (0, 0, 0);
        for launch in &self.facts.launches {
            let call = L::launchCall { token: launch.token };
            let terms = self.suite.node.view(self.suite.launchpad, call).await?;
            let curve = Curve::new(launch.target_max.0, Bps::new(terms.phiBps)?)?;
            let (opening, mut k) = (curve.opening(), curve.k()?);
            for point in &launch.curve {
                let now = (opening.mt - point.sold.0) * (opening.flock + point.raised.0);
                falls += usize::from(now < k);
                (k, points) = (now, points + 1);
            }
            over += usize::from(launch.raised > launch.target_max);
        }
        let most = self.facts.launches.iter().map(|launch| launch.sold.0).max().unwrap_or_default();
        Ok(vec![
            count(format!("buys of {points} after which k was less"), falls, "=", 0, ""),
            compare("most that a launch sold", most, "≤", SALE, "MT", 4),
            count(format!("launches of {} over their maximum", self.facts.launches.len()), over, "=", 0, ""),
        ])
    }

    fn supplies(&self) -> Vec<Check> {
        let both = self.graduated().filter(|launch| !launch.refunded.0.is_zero()).count();
        let mut checks = vec![count("launches that graduated and refunded", both, "=", 0, "")];
        checks.extend(self.facts.supplies.iter().filter(|supply| supply.token != self.suite.flock).map(|supply| {
            let what = format!("{}: supply, and 1,000,000 less the burned", supply.symbol);
            compare(what, supply.supply.0, "=", SUPPLY - supply.burned.0, "MT", 4)
        }));
        checks
    }

    fn openings(&self) -> Vec<Check> {
        let check = |launch: &Launch| {
            let (opens, closes) = (launch.dex_opens.0, launch.curve_closes.0);
            let what = format!("{}: DEX opens, and curve closes", launch.symbol);
            let check = compare(what, opens, "≥", closes, "FLOCK", 18);
            // Both prices round down.
            Check { holds: check.holds && opens - closes <= U256::ONE, ..check }
        };
        self.graduated().map(check).collect()
    }

    fn payouts(&self) -> Vec<Check> {
        let rows =
            || self.evidence.ledger.reports.values().flat_map(|report| &report.batches).flat_map(|batch| &batch.rows);
        let days = || self.facts.epochs.iter().flat_map(|epoch| &epoch.tokens);
        let flock: U256 = rows().map(|row| row.flock).sum();
        let mt: U256 = rows().map(|row| row.mt).sum();
        let flock_pools: U256 = days().map(|day| day.global.0 + day.reserved.0).sum();
        let mt_pools: U256 = days().map(|day| day.mt.0).sum();
        let worst = days().max_by_key(|day| day.flock_left.max(day.mt_left));
        let (left, of) = worst.map_or((U256::ZERO, 1), |day| (day.flock_left.max(day.mt_left).0, day.rows));
        vec![
            compare("FLOCK paid, and pools", flock, "≤", flock_pools, "FLOCK", 18),
            compare("MT paid, and pools", mt, "≤", mt_pools, "MT", 18),
            compare("most wei left in a day's pools, and its rows", left, "<", U256::from(of), "", 0),
        ]
    }

    async fn eligibility(&self) -> Result<Vec<Check>> {
        let (suite, ledger) = (self.suite, &self.evidence.ledger);
        let rows = || ledger.reports.values().flat_map(|report| &report.batches).flat_map(|batch| &batch.rows);
        let idle = rows().filter(|row| row.spend == 0 && !(row.flock + row.mt).is_zero()).count();
        let alone = self.facts.users.iter().filter(|user| !user.stakes);
        let unstaked: U256 = alone.clone().flat_map(|user| user.mt.values()).map(|amount| amount.0).sum();
        let mut multipliers = Vec::new();
        let accounts: BTreeSet<_> =
            self.of::<K::LockOpened>(suite.registry).iter().map(|at| at.event.account).collect();
        let epoch = suite.node.now() / DAY - 1;
        for account in accounts {
            multipliers.push(suite.node.view(suite.registry, K::multiplierAtCall { account, epoch }).await?);
        }
        let one = Wad::ONE.raw();
        let least = multipliers.iter().copied().min().unwrap_or(one);
        let most = multipliers.iter().copied().max().unwrap_or(one);
        Ok(vec![
            count(format!("rewarded rows of {} without usage", rows().count()), idle, "=", 0, ""),
            compare(format!("MT earned by {} users without stake", alone.count()), unstaked, "=", U256::ZERO, "MT", 18),
            compare("least multiplier", least, "≥", one, "", 18),
            compare("greatest multiplier", most, "<", one + one, "", 18),
        ])
    }

    /// Every row of every report, its usage, stake and gmFLOCK in halves.
    async fn splits(&self) -> Result<Vec<Check>> {
        let (suite, mut rows, mut gains) = (self.suite, 0, [0; 2]);
        for at in self.of::<R::BatchReported>(suite.rewards) {
            let (mt, epoch) = (at.event.mt, at.event.epoch);
            let report = self.evidence.ledger.reports.get(&epoch).context("A report is missing.")?;
            let facts = self.facts.epochs.iter().find(|of| of.epoch == epoch).context("An epoch is missing.")?;
            let alpha = Wad(facts.alpha);
            let parameter = |name| IAccess::parameterAtCall { key: word(name), epoch };
            let lambda: Wad = suite.node.view(suite.registry, parameter("LAMBDA")).await?.try_into()?;
            let half = suite.node.view(suite.registry, parameter("HALF")).await?;
            let index = usize::try_from(at.event.index)?;
            let batch = report.batches.get(index).context("A batch is missing.")?;
            let accounts = batch.rows.iter().map(|row| row.account).collect();
            let words = suite.node.view(suite.registry, K::readManyCall { mt, epoch, accounts }).await?;
            let (total, words) = words.split_first().context("The registry says nothing.")?;
            for (row, word) in batch.rows.iter().zip(words) {
                let (stake, effective) = (*word >> 128, *word & U256::from(u128::MAX));
                let score = |spend, stake, effective| {
                    let multiplier = lock::multiplier(effective, lambda, half)?;
                    scores(&Activity { spend, stake, multiplier }, *total, alpha)
                };
                let two = U256::from(2);
                let first = score(row.spend / 2, stake / two, effective / two)?;
                let second = score(row.spend - row.spend / 2, stake - stake / two, effective - effective / two)?;
                rows += 1;
                gains[0] += usize::from(first.global + second.global > row.scores.global);
                gains[1] += usize::from(first.incentive + second.incentive > row.scores.incentive);
            }
        }
        let check = |name: &str, gained| {
            count(format!("rows of {rows} whose halves have more {name} score"), gained, "=", 0, "")
        };
        Ok(vec![check("global", gains[0]), check("incentive", gains[1])])
    }

    async fn waterfall(&self) -> Result<Vec<Check>> {
        let settled = self.of::<S::Settled>(self.suite.splitter);
        let parts = |of: &S::Settled| of.compute + of.flockBuyback + of.treasury + of.mtBuyback + of.issuer;
        let off = settled.iter().filter(|at| parts(&at.event) != at.event.gross).count();
        let gross: U256 = settled.iter().map(|at| at.event.gross).sum();
        let all: U256 = settled.iter().map(|at| parts(&at.event)).sum();
        let micro = U256::from(10_u64.pow(12));
        let mut checks = vec![
            count(format!("settlements of {} whose parts are not the whole", settled.len()), off, "=", 0, ""),
            compare("settled, and its parts", gross * micro, "=", all * micro, "$", 6),
        ];
        let before = self.suite.node.snapshot().await?;
        let claims = self.claims_with_a_dead_dex().await;
        self.suite.node.put_back(before).await?;
        for (who, paid, owed) in claims? {
            checks.push(compare(format!("DEX dead: {who} gets, and is owed"), paid * micro, "=", owed * micro, "$", 6));
        }
        Ok(checks)
    }

    /// Settles once more, kills every pool and adapter, and claims: who gets what of what.
    async fn claims_with_a_dead_dex(&self) -> Result<Vec<(&'static str, U256, U256)>> {
        let (suite, node, asset) = (self.suite, &self.suite.node, self.suite.usd);
        let settled = self.of::<S::Settled>(suite.splitter);
        let Some(token) = settled.first().map(|at| at.event.token) else { return Ok(Vec::new()) };
        let (gross, compute) = (dollars(1_000), dollars(400));
        let period = B256::from(U256::from(PERIOD));
        let call = S::settleCall { token, period, asset, gross, compute };
        node.send(suite.settler, suite.splitter, call).await?;
        self.kill_dex().await?;
        let owed = waterfall::split(gross, compute, waterfall::DEFAULT_COMPUTE_LIMIT, &waterfall::DEFAULT_SHARES)?;
        let payee = node.view(suite.splitter, S::computePayeeCall { token }).await?;
        let mut claims = Vec::new();
        for (who, account, owed) in [
            ("compute payee", payee, owed.compute),
            ("issuer", suite.issuer.address, owed.issuer),
            ("treasury", suite.treasury, owed.treasury),
        ] {
            let before = suite.balance(asset, account).await?;
            match who {
                "issuer" => node.send(account, suite.splitter, S::claimIssuerCall { token, asset }).await?,
                "treasury" => node.send(payee, suite.splitter, S::claimTreasuryCall { asset }).await?,
                _ => node.send(account, suite.splitter, S::claimComputeCall { token, asset }).await?,
            };
            claims.push((who, suite.balance(asset, account).await? - before, owed));
        }
        Ok(claims)
    }

    async fn exits(&self) -> Result<Vec<Check>> {
        let before = self.suite.node.snapshot().await?;
        let checks = self.exits_when_paused().await;
        self.suite.node.put_back(before).await?;
        checks
    }

    async fn exits_when_paused(&self) -> Result<Vec<Check>> {
        let (suite, node) = (self.suite, &self.suite.node);
        let [uniswap, aerodrome] = suite.adapters;
        for contract in [suite.launchpad, suite.rewards, suite.registry, suite.splitter, uniswap, aerodrome] {
            node.send(suite.guardian, contract, IAccess::pauseCall { duration: 7 * DAY }).await?;
        }
        self.kill_dex().await?;
        let mut checks = Vec::new();
        for launch in self.graduated() {
            let mt = launch.token;
            let mut leavers = Vec::new();
            for person in &suite.people {
                let amount = node.view(suite.registry, K::stakeOfCall { account: person.address, mt }).await?;
                if !amount.is_zero() {
                    node.send(person.address, suite.registry, K::requestUnstakeCall { mt, amount }).await?;
                    leavers.push((person, amount, suite.balance(mt, person.address).await?));
                }
            }
            if leavers.is_empty() {
                continue;
            }
            node.go_to(node.now() + DAY).await?;
            let (mut paid, mut owed) = (U256::ZERO, U256::ZERO);
            for (person, amount, had) in leavers {
                node.send(person.address, suite.registry, K::withdrawCall { mt }).await?;
                paid += suite.balance(mt, person.address).await? - had;
                owed += amount;
            }
            checks.push(compare(format!("{}: unstaked, and was staked", launch.symbol), paid, "=", owed, "MT", 4));
        }
        checks.push(self.releases().await?);
        checks.extend(self.exits_a_year_later().await?);
        Ok(checks)
    }

    /// Every program has expired; once a stranger has activated them again, every lock can be left, and what has vested since
    /// be released.
    async fn exits_a_year_later(&self) -> Result<Vec<Check>> {
        let (suite, node) = (self.suite, &self.suite.node);
        let mut locks = Vec::new();
        for person in &suite.people {
            let call = K::locksOfCall { account: person.address, offset: 0, limit: 16 };
            locks.extend(node.view(suite.registry, call).await?.into_iter().map(|lock| (person.address, lock)));
        }
        let last = locks.iter().map(|(_, lock)| lock.unlock).max().unwrap_or_default();
        node.go_to(last.max(node.now() + 366 * DAY)).await?;
        let answers = node.view(suite.registry, K::totalLockedCall {}).await.is_ok();
        node.reactivate(suite.treasury).await?;
        let (mut paid, mut owed) = (U256::ZERO, U256::ZERO);
        for (account, lock) in locks {
            let had = suite.balance(suite.flock, account).await?;
            node.send(account, suite.registry, K::withdrawLockCall { id: lock.id }).await?;
            paid += suite.balance(suite.flock, account).await? - had;
            owed += lock.amount;
        }
        let answering = compare("registries that answer once expired", U256::from(answers), "=", U256::ZERO, "", 0);
        Ok(vec![answering, compare("unlocked, and was locked", paid, "=", owed, "FLOCK", 4), self.releases().await?])
    }

    /// Everything that is vested goes to those that it is for.
    async fn releases(&self) -> Result<Check> {
        let (suite, node) = (self.suite, &self.suite.node);
        let (mut paid, mut owed) = (U256::ZERO, U256::ZERO);
        for event in self.of::<L::Graduated>(suite.launchpad).into_iter().map(|at| at.event) {
            for id in [event.issuerVestingId, event.platformVestingId] {
                let due = node.view(suite.vesting, V::releasableCall { id }).await?;
                if due.is_zero() {
                    continue;
                }
                let receipt = node.send(suite.issuer.address, suite.vesting, V::releaseCall { id }).await?;
                let logs = receipt.logs().iter().filter(|log| log.address() == event.token);
                let moved = logs.filter_map(|log| IFomoERC20::Transfer::decode_log_data(&log.inner.data).ok());
                paid += moved.map(|transfer| transfer.value).sum::<U256>();
                owed += due;
            }
        }
        Ok(compare("vested: released, and due", paid, "=", owed, "MT", 4))
    }

    async fn principal(&self) -> Result<Vec<Check>> {
        let (suite, node) = (self.suite, &self.suite.node);
        let transactions = |contract, topics: &[B256]| {
            let logs = self.evidence.history.logs.iter().filter(move |log| log.address() == contract);
            let logs = logs.filter(|log| log.topic0().is_some_and(|topic| topics.contains(topic)));
            logs.filter_map(|log| log.transaction_hash).collect::<BTreeSet<_>>()
        };
        let rewards = [
            R::ReportDeclared::SIGNATURE_HASH,
            R::BatchReported::SIGNATURE_HASH,
            R::EpochSealed::SIGNATURE_HASH,
            R::BatchAccrued::SIGNATURE_HASH,
        ];
        let mut done = transactions(suite.rewards, &rewards);
        done.extend(transactions(suite.splitter, &[S::Settled::SIGNATURE_HASH, S::BoughtBack::SIGNATURE_HASH]));
        let tokens: Vec<_> = self.facts.supplies.iter().map(|supply| supply.token).collect();
        let (mut moved, mut left) = (U256::ZERO, U256::ZERO);
        for token in &tokens {
            for at in self.of::<IFomoERC20::Transfer>(*token) {
                let from = at.event.from;
                if done.contains(&at.transaction) && [suite.registry, suite.vesting, suite.launchpad].contains(&from) {
                    moved += at.event.value;
                }
                if from == suite.registry {
                    left += at.event.value;
                }
            }
        }
        let withdrawn = self.of::<K::Withdrawn>(suite.registry);
        let unlocked = self.of::<K::LockWithdrawn>(suite.registry);
        let asked: U256 = withdrawn.iter().map(|at| at.event.amount).sum::<U256>()
            + unlocked.iter().map(|at| at.event.amount).sum::<U256>();
        let locked = node.view(suite.registry, K::totalLockedCall {}).await?;
        let mut checks = vec![
            compare(
                format!("principal moved by {} reports, seals, settlements and buybacks", done.len()),
                moved,
                "=",
                U256::ZERO,
                "tokens",
                4,
            ),
            compare("left the registry, and its owners withdrew", left, "=", asked, "tokens", 4),
            compare(
                "registry: FLOCK held, and locked",
                suite.balance(suite.flock, suite.registry).await?,
                "=",
                locked,
                "FLOCK",
                4,
            ),
        ];
        for launch in self.graduated() {
            let held = node.view(suite.registry, K::heldOfCall { mt: launch.token }).await?;
            if !held.is_zero() {
                let balance = suite.balance(launch.token, suite.registry).await?;
                checks.push(compare(
                    format!("registry: {} held, and owed", launch.symbol),
                    balance,
                    "=",
                    held,
                    "MT",
                    4,
                ));
            }
        }
        Ok(checks)
    }

    async fn kill_dex(&self) -> Result<()> {
        let pools = self.graduated().map(|launch| launch.pool);
        for pool in pools.chain(self.suite.adapters) {
            let (method, arguments) = (Cow::Borrowed("hardhat_setCode"), (pool, DEAD));
            let _: serde_json::Value = self.suite.node.provider().raw_request(method, arguments).await?;
        }
        Ok(())
    }
}
