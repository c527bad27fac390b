//! Chapter 4: seven days of real inference usage, reported, sealed, accrued, claimed and verified.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, bail, ensure};

use super::raise::Raise;
use super::suite::{DAY, Person, Suite, Venue, tokens};
use super::{Chapter, Story};
use crate::abi::{IAccess, IRewardDistributor as R, IStakeRegistry};
use crate::root::Root;
use crate::ui::{amount, decimal, number};
use crate::verify::{Ledger, Registry};

/// Days of usage that are told.
const DAYS: u64 = 7;
/// Seconds of the trace.
const TRACE: u64 = 3_600;
/// Wallets that use the models; the people are the first.
const WALLETS: u64 = 200;
/// FLOCK a day.
const DAILY: u64 = 10_000;
/// Rows of a batch.
const BATCH: usize = 200;

/// The chapter.
pub const CHAPTER: Chapter = Chapter { title: "Seven days of usage", tell: |story| Box::pin(tell(story)) };

/// What each wallet spent on a day, by model, in micro-USD.
type Day = BTreeMap<Address, BTreeMap<Address, u64>>;

async fn tell(story: &mut Story) -> Result<()> {
    let suite = story.suite().await?;
    let mut aside = Story::default();
    let mut models = Vec::new();
    for symbol in ["CODE", "CONV"] {
        models.push(launch(&mut aside, &suite, symbol).await?);
    }
    let [code, conv] = models[..] else { bail!("A model is missing.") };
    let [bob, carol, ..] = suite.people.as_slice() else { bail!("Somebody is missing.") };
    story.say("Two models are used as two services of Azure were in November 2023 (tests/data/usage), by 200");
    story.say(format!(
        "wallets, an hour stretched to a week. {} FLOCK a day are shared out. Bob stakes 10,000",
        number(DAILY)
    ));
    story.say("CODE, Carol 5,000 CODE and 10,000 CONV; everybody else only uses.");
    for (person, token, whole) in [(bob, code, 10_000), (carol, code, 5_000), (carol, conv, 10_000)] {
        suite.approve(person, token, suite.registry).await?;
        let call = IStakeRegistry::stakeCall { mt: token, amount: tokens(whole) };
        suite.node.send(person.address, suite.registry, call).await?;
    }
    let first = suite.node.now() / DAY + 1;
    suite.begin_emission(first, DAILY, DAYS).await?;
    catch_up(&suite, first).await?;
    let usage = usage([code, conv], &suite.people)?;
    let week = Week { suite, models: [code, conv], first, usage };
    week.tell(story).await
}

/// A model that the people have bought.
async fn launch(story: &mut Story, suite: &Arc<Suite>, symbol: &'static str) -> Result<Address> {
    let mut raise = Raise::create(story, suite, symbol, Venue::UniswapV2, false).await?;
    for person in &suite.people {
        if raise.raised()? < tokens(100_000) {
            raise.buy(story, person, 40_000).await?;
        }
    }
    let by = suite.people.first().context("Somebody is missing.")?;
    let ending = raise.graduate(story, by).await?;
    raise.claim(story, &ending.graduation).await?;
    Ok(raise.token)
}

/// The days before had no usage: their reports are empty, and sealed in order.
async fn catch_up(suite: &Suite, until: u64) -> Result<()> {
    let (node, rewards) = (&suite.node, suite.rewards);
    node.go_to(until * DAY).await?;
    let next = node.view(rewards, R::nextEpochCall {}).await?.epoch;
    for epoch in next..until {
        node.send(suite.reporter, rewards, R::declareCall { epoch, rows: 0, spend: 0 }).await?;
    }
    node.go_to(until * DAY + DAY / 2).await?;
    for epoch in next..until {
        node.send(suite.reporter, rewards, R::sealCall { epoch, limit: u64::MAX }).await?;
    }
    Ok(())
}

/// The wallet of a call: the k-th has a weight of 1/k, drawn by the number of the row.
fn wallet(row: u64, people: &[Person]) -> Address {
    let weight = |rank: u64| 1_000_000 / (rank + 1);
    let all: u64 = (0..WALLETS).map(weight).sum();
    let hash: U256 = keccak256(row.to_be_bytes()).into();
    let mut draw = (hash % U256::from(all)).to::<u64>();
    let mut rank = 0;
    while draw >= weight(rank) {
        draw -= weight(rank);
        rank += 1;
    }
    let person = usize::try_from(rank).ok().and_then(|rank| people.get(rank));
    person.map_or_else(|| Address::from_word(keccak256(format!("wallet {rank}"))), |person| person.address)
}

/// The week's usage: half a micro-USD a token of context, one and a half a token generated.
fn usage(models: [Address; 2], people: &[Person]) -> Result<Vec<Day>> {
    let mut days = vec![Day::new(); usize::try_from(DAYS)?];
    for (model, file) in models.into_iter().zip(["code.csv", "conv.csv"]) {
        let path = Root::find()?.path().join("tests/data/usage").join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
        for (row, line) in (0..).zip(text.lines().skip(1)) {
            let fields = line.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>();
            let Ok([second, context, generated]) = fields.as_deref() else { bail!("A row of {file} is no call.") };
            let day = days.get_mut(usize::try_from(second * DAYS / TRACE)?).context("A call is after the week.")?;
            let spend = day.entry(model).or_default().entry(wallet(row, people)).or_default();
            *spend += (context + 3 * generated) / 2;
        }
    }
    Ok(days)
}

/// The week on the chain.
struct Week {
    suite: Arc<Suite>,
    models: [Address; 2],
    first: u64,
    usage: Vec<Day>,
}

/// What an auditor has asked the registry.
#[derive(Default)]
struct Answers {
    many: HashMap<(Address, u64, Vec<Address>), Vec<U256>>,
    parameters: HashMap<(B256, u64), U256>,
}

impl Registry for Answers {
    fn read_many(&self, _: Address, mt: Address, epoch: u64, accounts: &[Address]) -> Result<Vec<U256>> {
        self.many.get(&(mt, epoch, accounts.to_vec())).cloned().context("The registry was not asked.")
    }

    fn parameter_at(&self, _: Address, key: B256, epoch: u64) -> Result<U256> {
        self.parameters.get(&(key, epoch)).copied().context("The registry was not asked.")
    }
}

impl Week {
    async fn tell(&self, story: &mut Story) -> Result<()> {
        let mut rows = Vec::new();
        for (epoch, day) in (self.first..).zip(&self.usage) {
            rows.push(self.day(story, epoch, day).await?);
        }
        let header = ["day", "rows", "spend, $", "FLOCK of CODE", "of CONV", "MT of CODE", "of CONV", "gas a row"];
        story.table(&header, rows);
        let ledger = self.verify().await?;
        story.say("Every reward above was computed again from the events and the registry alone: they are the same to");
        story.say("the wei. Anyone can claim for anyone; what is claimed goes to its owner:");
        self.claim(story, &ledger).await
    }

    /// Reports, seals and accrues a day.
    async fn day(&self, story: &mut Story, epoch: u64, day: &Day) -> Result<Vec<String>> {
        let (node, rewards, reporter) = (&self.suite.node, self.suite.rewards, self.suite.reporter);
        node.go_to((epoch + 1) * DAY).await?;
        let spend: u64 = day.values().flat_map(BTreeMap::values).sum();
        let count: usize = day.values().map(BTreeMap::len).sum();
        let call = R::declareCall { epoch, rows: u32::try_from(count)?, spend };
        story.gas("declare a day", node.send(reporter, rewards, call).await?.gas_used);
        let (mut batches, mut gas) = (Vec::new(), 0);
        for (model, spends) in day {
            let spends: Vec<_> = spends.iter().collect();
            for chunk in spends.chunks(BATCH) {
                let row = |(account, spend): &(&Address, &u64)| {
                    let [_, _, spend @ ..] = spend.to_be_bytes();
                    [account.as_slice(), &spend].concat()
                };
                let rows: Bytes = chunk.iter().flat_map(row).collect();
                let index = u32::try_from(batches.len())?;
                let call = R::reportCall { epoch, index, key: model.into_word(), rows };
                let (batch, used) = node.send_for::<_, R::BatchReported>(reporter, rewards, call).await?;
                story.gas("report a batch", used);
                gas += used;
                batches.push(batch);
            }
        }
        node.go_to((epoch + 1) * DAY + DAY / 2).await?;
        let by = self.suite.issuer.address;
        let call = R::sealCall { epoch, limit: u64::MAX };
        story.gas("seal a day", node.send(by, rewards, call).await?.gas_used);
        for batch in batches {
            let R::BatchReported { epoch, index, mt, rows, spends, .. } = batch;
            let call = R::accrueCall { epoch, index, mt, spends: keccak256(&spends), rows };
            let used = node.send(by, rewards, call).await?.gas_used;
            story.gas("accrue a batch", used);
            gas += used;
        }
        let mut flock = Vec::new();
        let mut mts = Vec::new();
        for mt in self.models {
            let sealed = node.view(rewards, R::dayOfCall { mt, epoch }).await?;
            flock.push(amount(sealed.globalPool));
            mts.push(amount(sealed.mtPool));
        }
        let title = (epoch - self.first + 1).to_string();
        let spend = decimal(U256::from(spend) * U256::from(10_u64.pow(12)), 2);
        let each = number(gas / u64::try_from(count.max(1))?);
        Ok([vec![title, number(u64::try_from(count)?), spend], flock, mts, vec![each]].concat())
    }

    /// All rewards, from events and the registry alone; compared with what every wallet can claim.
    async fn verify(&self) -> Result<Ledger> {
        let (node, rewards) = (&self.suite.node, self.suite.rewards);
        let filter = Filter::new().address(rewards).from_block(0);
        let logs: Vec<Log> = node.provider().get_logs(&filter).await?.into_iter().map(|log| log.inner).collect();
        let answers = self.ask(&logs).await?;
        let mut ledger = Ledger::default();
        for log in &logs {
            ledger.read(log, &answers)?;
        }
        let wallets: Vec<Address> =
            self.usage.iter().flat_map(|day| day.values()).flat_map(|of| of.keys().copied()).collect();
        for account in std::collections::BTreeSet::from_iter(wallets) {
            let flock = node.view(rewards, R::claimableFlockCall { account }).await?;
            ensure!(flock == ledger.flock(account), "{account} has {flock} FLOCK, not {}.", ledger.flock(account));
        }
        Ok(ledger)
    }

    /// Asks the registry what the events need.
    async fn ask(&self, logs: &[Log]) -> Result<Answers> {
        let (node, registry) = (&self.suite.node, self.suite.registry);
        let mut answers = Answers::default();
        for log in logs {
            if let Ok(event) = R::ReportDeclared::decode_log_data(&log.data) {
                for name in ["LAMBDA", "HALF"] {
                    let (key, epoch) = (super::suite::word(name), event.epoch);
                    let value = node.view(registry, IAccess::parameterAtCall { key, epoch }).await?;
                    answers.parameters.insert((key, epoch), value);
                }
            }
            if let Ok(event) = R::BatchReported::decode_log_data(&log.data) {
                let accounts = event.rows.chunks_exact(48).filter_map(|row| row.first_chunk::<20>());
                let accounts: Vec<Address> = accounts.map(Address::from).collect();
                let (mt, epoch) = (event.mt, event.epoch);
                let call = IStakeRegistry::readManyCall { mt, epoch, accounts: accounts.clone() };
                answers.many.insert((mt, epoch, accounts), node.view(registry, call).await?);
            }
        }
        Ok(answers)
    }

    async fn claim(&self, story: &mut Story, ledger: &Ledger) -> Result<()> {
        let suite = &self.suite;
        let mut rows = Vec::new();
        for person in &suite.people {
            let account = person.address;
            let mut owed = vec![(suite.flock, ledger.flock(account))];
            let of = |mt: Address| ledger.rewards.get(&(mt, account)).map_or(U256::ZERO, |rewards| rewards.1);
            owed.extend(self.models.map(|mt| (mt, of(mt))));
            let mut before = Vec::new();
            for (token, _) in &owed {
                before.push(suite.balance(*token, account).await?);
            }
            let call = R::claimCall { account };
            let receipt = suite.node.send(suite.issuer.address, suite.rewards, call).await?;
            story.gas("claim", receipt.gas_used);
            for ((token, amount), before) in owed.iter().zip(before) {
                let paid = suite.balance(*token, account).await? - before;
                ensure!(paid == *amount, "{} was paid {paid}, not {amount}.", person.name);
            }
            let amounts = owed.into_iter().map(|(_, owed)| amount(owed)).collect();
            rows.push([vec![person.name.to_owned()], amounts].concat());
        }
        story.table(&["claimed by", "FLOCK", "CODE", "CONV"], rows);
        Ok(())
    }
}
