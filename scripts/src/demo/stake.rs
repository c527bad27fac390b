//! Chapter 3: stakes and gmFLOCK over days, and what they weigh.

use std::sync::Arc;

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result, bail, ensure};
use fomo_common::lock::{self, Lock};
use fomo_common::stake::{self, Checkpoint, Tier};
use fomo_common::{Bps, Epoch, Seconds, Timestamp, Wad};

use super::raise::Raise;
use super::suite::{DAY, Person, Suite, Venue, tokens, word};
use super::{Chapter, Story};
use crate::abi::{IAccess, IStakeRegistry};
use crate::ui::{amount, decimal, number};

/// Seconds of an hour.
const HOUR: u64 = 3_600;
/// The discounts, by least average stake in whole tokens and bps: what a new registry begins with.
const TIERS: [(u64, u16); 3] = [(1_000, 500), (5_000, 1_000), (20_000, 1_500)];

/// The chapter.
pub const CHAPTER: Chapter = Chapter { title: "Stakes and gmFLOCK", tell: |story| Box::pin(tell(story)) };

async fn tell(story: &mut Story) -> Result<()> {
    let suite = story.suite().await?;
    let [bob, carol, dave, ..] = suite.people.as_slice() else { bail!("Somebody is missing.") };
    // What a launch costs is told in its own chapter.
    let mut aside = Story::default();
    let mut token = Raise::create(&mut aside, &suite, "TALK", Venue::UniswapV2, false).await?;
    for person in [bob, carol, dave] {
        token.buy(&mut aside, person, 40_000).await?;
    }
    let ending = token.graduate(&mut aside, bob).await?;
    token.claim(&mut aside, &ending.graduation).await?;
    story.say("Bob, Carol and Dave bought TALK at its launch. They stake it and lock FLOCK; every figure");
    story.say("below is read from the chain and equals that of the same formulas run here.");
    let mut registry = Registry::meet(&suite, token.token, &[*bob, *carol, *dave]).await?;
    registry.first_day(story).await?;
    registry.second_day(story).await?;
    registry.later(story).await
}

/// A member's history, kept beside the chain's.
struct Member {
    who: Person,
    stakes: Vec<Checkpoint>,
    /// Open locks by their ids.
    locks: Vec<(U256, Lock)>,
    /// The open locks from a time on, in order.
    history: Vec<(Timestamp, Vec<Lock>)>,
}

impl Member {
    /// The locks that were open before a second.
    fn locks_before(&self, time: Timestamp) -> &[Lock] {
        let last = self.history.iter().rev().find(|(since, _)| *since < time);
        last.map_or(&[], |(_, locks)| locks)
    }
}

/// The registry, beside what the economics say of it.
struct Registry {
    suite: Arc<Suite>,
    token: Address,
    /// The first epoch, which begins as the story does.
    first: u64,
    epsilon: Wad,
    lambda: Wad,
    half: U256,
    members: Vec<Member>,
}

/// What a member weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weight {
    /// TALK staked on average over the day.
    average: U256,
    /// E.
    effective: U256,
    /// m.
    multiplier: U256,
}

const BOB: usize = 0;
const CAROL: usize = 1;
const DAVE: usize = 2;

impl Registry {
    /// Puts the clock forward to midnight.
    async fn meet(suite: &Arc<Suite>, token: Address, people: &[Person]) -> Result<Self> {
        let parameter = |key| suite.node.view(suite.registry, IAccess::parameterCall { key: word(key) });
        let epsilon = parameter("EPSILON").await?.try_into()?;
        let (lambda, half) = (parameter("LAMBDA").await?.try_into()?, parameter("HALF").await?);
        let member = |who: &Person| Member { who: *who, stakes: Vec::new(), locks: Vec::new(), history: Vec::new() };
        let members = people.iter().map(member).collect();
        for person in people {
            suite.approve(person, token, suite.registry).await?;
        }
        let first = suite.node.now() / DAY + 1;
        let registry = Self { suite: Arc::clone(suite), token, first, epsilon, lambda, half, members };
        registry.at(0, 0).await?;
        Ok(registry)
    }

    async fn first_day(&mut self, story: &mut Story) -> Result<()> {
        story.say("Day 1, 00:00  Bob stakes 1,000 TALK, and locks 10,000 FLOCK for 30 days.");
        self.stake(story, BOB, 1_000).await?;
        self.lock(story, BOB, 10_000, 30).await?;
        story.say("       06:00  Carol stakes 10,000, and locks 10,000 FLOCK for a year.");
        self.at(0, 6 * HOUR).await?;
        self.stake(story, CAROL, 10_000).await?;
        self.lock(story, CAROL, 10_000, 365).await?;
        story.say("       12:00  Bob stakes 1,000 more. Dave locks 5,000 FLOCK for 60 days and 5,000 for 180.");
        self.at(0, 12 * HOUR).await?;
        self.stake(story, BOB, 1_000).await?;
        self.lock(story, DAVE, 5_000, 60).await?;
        self.lock(story, DAVE, 5_000, 180).await?;
        story.say("       18:00  Carol requests 4,000 back: they count no longer, and can be withdrawn in a day.");
        self.at(0, 18 * HOUR).await?;
        self.request(story, CAROL, 4_000).await?;
        story.say("       23:59  Dave stakes 40,000, a minute before the day ends.");
        self.at(0, DAY - 60).await?;
        self.stake(story, DAVE, 40_000).await?;
        self.at(1, 0).await?;
        self.tell(story, 0).await
    }

    async fn second_day(&mut self, story: &mut Story) -> Result<()> {
        story.say(
            "Day 2, 00:00  Bob extends his lock to 180 days. Dave merges his two: the later one's time, for both.",
        );
        self.extend(story, BOB, 180).await?;
        self.merge(story, DAVE).await?;
        story.say("       18:00  Carol withdraws her 4,000; a second earlier it is refused.");
        self.at(1, 18 * HOUR - 1).await?;
        self.withdraw(story, CAROL, 4_000).await?;
        self.at(2, 0).await?;
        self.tell(story, 1).await
    }

    /// What was stays; what is locked weighs less every day.
    async fn later(&mut self, story: &mut Story) -> Result<()> {
        story.say("For 90 days nobody does anything, and gmFLOCK weighs less every day.");
        self.at(92, 0).await?;
        self.tell(story, 91).await?;
        for member in &self.members {
            for epoch in [0, 1] {
                self.weight(member, epoch).await?;
            }
        }
        story.say("Days 1 and 2 read as they did then. Another 90 days later:");
        self.at(182, 0).await?;
        self.withdraw_locks(story).await
    }

    /// Goes to a second of a day, days counting from the story's first.
    async fn at(&self, day: u64, second: u64) -> Result<()> {
        self.suite.node.go_to((self.first + day) * DAY + second).await
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.suite.node.now())
    }

    fn member(&mut self, index: usize) -> Result<&mut Member> {
        self.members.get_mut(index).context("Somebody is missing.")
    }

    /// Records a change of stake.
    fn changed(&mut self, index: usize, change: impl Fn(U256) -> Option<U256>) -> Result<Person> {
        let now = self.now();
        let member = self.member(index)?;
        let last = member.stakes.last().copied().unwrap_or(Checkpoint { at: now, ..Checkpoint::default() });
        let stake = change(last.stake).context("More is taken than is there.")?;
        member.stakes.push(last.changed(now, stake)?);
        Ok(member.who)
    }

    async fn stake(&mut self, story: &mut Story, index: usize, whole: u64) -> Result<()> {
        let amount = tokens(whole);
        let who = self.changed(index, |stake| stake.checked_add(amount))?;
        let call = IStakeRegistry::stakeCall { mt: self.token, amount };
        let (event, gas) =
            self.suite.node.send_for::<_, IStakeRegistry::Staked>(who.address, self.suite.registry, call).await?;
        ensure!(
            Some(event.stake) == self.member(index)?.stakes.last().map(|last| last.stake),
            "{} has another stake.",
            who.name
        );
        story.gas("stake", gas);
        Ok(())
    }

    async fn request(&mut self, story: &mut Story, index: usize, whole: u64) -> Result<()> {
        let amount = tokens(whole);
        let who = self.changed(index, |stake| stake.checked_sub(amount))?;
        let call = IStakeRegistry::requestUnstakeCall { mt: self.token, amount };
        let receipt = self.suite.node.send(who.address, self.suite.registry, call).await?;
        story.gas("request to unstake", receipt.gas_used);
        Ok(())
    }

    /// Withdraws a request that matures in a second.
    async fn withdraw(&mut self, story: &mut Story, index: usize, whole: u64) -> Result<()> {
        let who = self.member(index)?.who;
        let (suite, mt) = (&self.suite, self.token);
        let call = || IStakeRegistry::withdrawCall { mt };
        suite.node.refused(who.address, suite.registry, call(), IStakeRegistry::NothingToWithdraw {}).await?;
        suite.node.go_to(suite.node.now() + 1).await?;
        let before = suite.balance(mt, who.address).await?;
        let receipt = suite.node.send(who.address, suite.registry, call()).await?;
        ensure!(suite.balance(mt, who.address).await? == before + tokens(whole), "{} has not got it all.", who.name);
        story.gas("withdraw", receipt.gas_used);
        Ok(())
    }

    async fn lock(&mut self, story: &mut Story, index: usize, whole: u64, days: u16) -> Result<()> {
        let (amount, period) = (tokens(whole), Seconds::days(days));
        let lock = Lock::open(amount, self.now(), period, self.epsilon)?;
        let member = self.member(index)?;
        let who = member.who;
        let call = IStakeRegistry::exchangeFlockCall { amount, lockPeriod: period.raw(), beneficiary: who.address };
        let (event, gas) =
            self.suite.node.send_for::<_, IStakeRegistry::LockOpened>(who.address, self.suite.registry, call).await?;
        story.gas("lock", gas);
        self.member(index)?.locks.push((event.id, lock));
        self.check_locks(index).await
    }

    /// Extends a member's only lock to so many days from now.
    async fn extend(&mut self, story: &mut Story, index: usize, days: u16) -> Result<()> {
        let (now, epsilon) = (self.now(), self.epsilon);
        let until = now.after(Seconds::days(days))?;
        let member = self.member(index)?;
        let who = member.who;
        let [(id, lock)] = member.locks.as_mut_slice() else { bail!("{} has not one lock.", who.name) };
        *lock = lock.extend(now, until, epsilon)?;
        let call = IStakeRegistry::extendLockCall { id: *id, newUnlock: until.0 };
        let receipt = self.suite.node.send(who.address, self.suite.registry, call).await?;
        story.gas("extend a lock", receipt.gas_used);
        self.check_locks(index).await
    }

    /// Merges a member's two locks.
    async fn merge(&mut self, story: &mut Story, index: usize) -> Result<()> {
        let (now, epsilon) = (self.now(), self.epsilon);
        let member = self.member(index)?;
        let who = member.who;
        let [(a, first), (b, second)] = member.locks.as_slice() else { bail!("{} has not two locks.", who.name) };
        let (a, b, merged) = (*a, *b, first.merge(second, now, epsilon)?);
        let call = IStakeRegistry::mergeLocksCall { a, b };
        let (event, gas) =
            self.suite.node.send_for::<_, IStakeRegistry::LocksMerged>(who.address, self.suite.registry, call).await?;
        story.gas("merge two locks", gas);
        self.member(index)?.locks = vec![(event.id, merged)];
        self.check_locks(index).await
    }

    /// Pays out the locks that are over; the others are refused.
    async fn withdraw_locks(&mut self, story: &mut Story) -> Result<()> {
        let (now, suite) = (self.now(), Arc::clone(&self.suite));
        for member in &mut self.members {
            let who = member.who;
            for (id, lock) in std::mem::take(&mut member.locks) {
                let call = IStakeRegistry::withdrawLockCall { id };
                if lock.unlock > now {
                    let refusal = IStakeRegistry::StillLocked {};
                    suite.node.refused(who.address, suite.registry, call, refusal).await?;
                    story.say(format!("{}'s {} FLOCK are still locked.", who.name, amount(lock.amount)));
                    member.locks.push((id, lock));
                    continue;
                }
                let receipt = suite.node.send(who.address, suite.registry, call).await?;
                story.gas("withdraw a lock", receipt.gas_used);
                story.say(format!("{} takes {} FLOCK back.", who.name, amount(lock.amount)));
            }
        }
        let locked: U256 = self.members.iter().flat_map(|member| &member.locks).map(|(_, lock)| lock.amount).sum();
        ensure!(
            suite.balance(suite.flock, suite.registry).await? == locked,
            "The registry does not hold what is locked."
        );
        Ok(())
    }

    /// The chain's locks of a member are the model's, from now on.
    async fn check_locks(&mut self, index: usize) -> Result<()> {
        let now = self.now();
        let member = self.member(index)?;
        member.history.push((now, member.locks.iter().map(|(_, lock)| *lock).collect()));
        let (account, name) = (member.who.address, member.who.name);
        let mut expected: Vec<_> =
            member.locks.iter().map(|(id, lock)| (*id, lock.amount, lock.gm, lock.unlock.0)).collect();
        expected.sort();
        let call = IStakeRegistry::locksOfCall { account, offset: 0, limit: 16 };
        let locks = self.suite.node.view(self.suite.registry, call).await?;
        let mut locks: Vec<_> = locks.into_iter().map(|lock| (lock.id, lock.amount, lock.gm, lock.unlock)).collect();
        locks.sort();
        ensure!(locks == expected, "{name}'s locks are not what they should be.");
        Ok(())
    }

    /// What a member weighed on a day that has ended, as chain and economics say.
    async fn weight(&self, member: &Member, day: u64) -> Result<Weight> {
        let epoch = Epoch::new(self.first + day)?;
        let end = epoch.end();
        let locks = member.locks_before(end);
        let effective = lock::effective_balance(locks, end)?;
        let weight = Weight {
            average: stake::average(stake::stake_seconds_in(&member.stakes, epoch)?)?,
            effective,
            multiplier: lock::multiplier(effective, self.lambda, self.half)?.raw(),
        };
        let (node, registry, account) = (&self.suite.node, self.suite.registry, member.who.address);
        let (mt, epoch, time) = (self.token, epoch.number(), end.0);
        let chain = Weight {
            average: node.view(registry, IStakeRegistry::averageStakeCall { account, mt, epoch }).await?,
            effective: node.view(registry, IStakeRegistry::effectiveBalanceAtCall { account, time }).await?,
            multiplier: node.view(registry, IStakeRegistry::multiplierAtCall { account, epoch }).await?,
        };
        ensure!(chain == weight, "{} weighs {chain:?}, which should be {weight:?}.", member.who.name);
        Ok(weight)
    }

    /// A member's discount after a day that has just ended, as chain and economics say.
    async fn discount(&self, member: &Member, average: U256) -> Result<u16> {
        let mut tiers = Vec::with_capacity(TIERS.len());
        for (least, bps) in TIERS {
            tiers.push(Tier { min_stake: tokens(least), discount: Bps::new(bps)? });
        }
        let discount = stake::discount(&tiers, average).get();
        let call = IStakeRegistry::discountBpsCall { account: member.who.address, mt: self.token };
        let chain = self.suite.node.view(self.suite.registry, call).await?;
        ensure!(chain == discount, "{} gets a discount of {chain} bps, not {discount}.", member.who.name);
        Ok(discount)
    }

    /// The table of a day that has just ended.
    async fn tell(&self, story: &mut Story, day: u64) -> Result<()> {
        let mut rows = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let weight = self.weight(member, day).await?;
            let discount = self.discount(member, weight.average).await?;
            let stake = member.stakes.last().map_or(U256::ZERO, |last| last.stake);
            let gm: U256 = member.locks.iter().map(|(_, lock)| lock.gm).sum();
            let amounts = [stake, weight.average, gm, weight.effective].map(amount);
            let shares = [decimal(weight.multiplier, 6), number(discount.into())];
            rows.push([vec![member.who.name.to_owned()], amounts.to_vec(), shares.to_vec()].concat());
        }
        self.check_batch(day).await?;
        let title = format!("after day {}", day + 1);
        let header = [&title, "TALK staked", "average", "gmFLOCK", "E", "m", "discount, bps"];
        story.table(&header, rows);
        Ok(())
    }

    /// What the distributor reads in one call is what the accounts say one by one.
    async fn check_batch(&self, day: u64) -> Result<()> {
        let epoch = Epoch::new(self.first + day)?;
        let (mut total, mut expected) = (U256::ZERO, Vec::new());
        for member in &self.members {
            let seconds = stake::stake_seconds_in(&member.stakes, epoch)?;
            let effective = lock::effective_balance(member.locks_before(epoch.end()), epoch.end())?;
            total += seconds;
            expected.push((seconds << 128) + effective);
        }
        expected.insert(0, total);
        let accounts = self.members.iter().map(|member| member.who.address).collect();
        let call = IStakeRegistry::readManyCall { mt: self.token, epoch: epoch.number(), accounts };
        let words = self.suite.node.view(self.suite.registry, call).await?;
        ensure!(words == expected, "The batched read of day {} differs.", day + 1);
        Ok(())
    }
}
