//! Chapter 4: days of real inference usage, reported, sealed, accrued, claimed and verified.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, bail, ensure};

use super::raise::Raise;
use super::suite::{DAY, Person, Suite, Venue, tokens};
use super::{Chapter, Scale, Story};
use crate::abi::{IAccess, IRewardDistributor as R, IStakeRegistry};
use crate::root::Root;
use crate::ui::{amount, decimal, number};
use crate::verify::{Ledger, Registry};

/// Seconds of the trace.
const TRACE: u64 = 3_600;
/// The models: symbol, trace, and nano-USD of a token of context and of a token generated.
const MODELS: [(&str, &str, u64, u64); 2] = [("CODER", "code.csv", 500, 1_500), ("CONV", "conv.csv", 400, 2_000)];
/// FLOCK a day.
const DAILY: u64 = 10_000;
/// FLOCK that the issuer reserves for each model's stakers, over 180 days.
const RESERVED: [u64; 2] = [36_000, 18_000];
/// Rows of a batch.
const BATCH: usize = 200;

/// The chapter.
pub const CHAPTER: Chapter = Chapter { title: "Days of real usage", tell: |story| Box::pin(tell(story)) };

/// What each wallet spent on a day, by model, in micro-USD.
type Day = BTreeMap<Address, BTreeMap<Address, u64>>;

async fn tell(story: &mut Story) -> Result<()> {
    let suite = story.suite().await?;
    let mut aside = Story::default();
    let mut models = Vec::new();
    for (symbol, ..) in MODELS {
        models.push(launch(&mut aside, &suite, symbol).await?);
    }
    let [coder, conv] = models[..] else { bail!("A model is missing.") };
    let [bob, carol, dave, ..] = suite.people.as_slice() else { bail!("Somebody is missing.") };
    let Scale { users, days, seed } = story.scale;
    story.say("Two models are used as two services of Azure were in November 2023 (tests/data/usage), an hour");
    story.say(format!(
        "stretched to {days} days, by {} wallets that the seed {seed} draws. {} FLOCK a",
        number(users),
        number(DAILY)
    ));
    story.say("day are shared out. Bob stakes 10,000 CODER, Carol 5,000 CODER and 10,000 CONV, Dave 2,000 CONV and");
    story.say("locks 20,000 FLOCK for a year; everybody else only uses. Alice reserves 36,000 FLOCK for those who");
    story.say("stake CODER and 18,000 for those who stake CONV, over 180 days, more of it while it is fresh.");
    for (person, token, whole) in
        [(bob, coder, 10_000), (carol, coder, 5_000), (carol, conv, 10_000), (dave, conv, 2_000)]
    {
        suite.approve(person, token, suite.registry).await?;
        let call = IStakeRegistry::stakeCall { mt: token, amount: tokens(whole) };
        suite.node.send(person.address, suite.registry, call).await?;
    }
    let lock = IStakeRegistry::exchangeFlockCall {
        amount: tokens(20_000),
        lockPeriod: U256::from(365 * DAY),
        beneficiary: dave.address,
    };
    suite.node.send(dave.address, suite.registry, lock).await?;
    suite.approve(&suite.issuer, suite.flock, suite.rewards).await?;
    for (mt, whole) in [coder, conv].into_iter().zip(RESERVED) {
        let call = R::fundReservedCall { mt, amount: tokens(whole), level: false };
        let receipt = suite.node.send(suite.issuer.address, suite.rewards, call).await?;
        story.gas("reserve FLOCK", receipt.gas_used);
    }
    let first = suite.node.now() / DAY + 1;
    suite.begin_emission(first, DAILY, days).await?;
    story.progress("Reporting the days before");
    catch_up(&suite, first).await?;
    let usage = usage([coder, conv], &suite.people, story.scale)?;
    let week = Week { suite, models: [coder, conv], first, usage };
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

/// Draws the wallets of calls: the k-th has a weight of 1/k, and the people are the first.
struct Draw<'a> {
    /// Sums of the weights up to each wallet.
    sums: Vec<u64>,
    seed: u64,
    people: &'a [Person],
}

impl<'a> Draw<'a> {
    fn new(people: &'a [Person], Scale { users, seed, .. }: Scale) -> Self {
        let sums = (1..=users).scan(0, |sum, rank| {
            *sum += 1_000_000_000 / rank;
            Some(*sum)
        });
        Self { sums: sums.collect(), seed, people }
    }

    /// The wallet of a row of a model's trace.
    fn wallet(&self, model: u64, row: u64) -> Address {
        let hash: U256 = keccak256([self.seed, model, row].map(u64::to_be_bytes).concat()).into();
        let all = U256::from(self.sums.last().copied().unwrap_or(1));
        let draw: u64 = (hash % all).to();
        let rank = self.sums.partition_point(|sum| *sum <= draw);
        let person = self.people.get(rank);
        person.map_or_else(|| Address::from_word(keccak256(format!("wallet {rank}"))), |person| person.address)
    }
}

/// The usage of all days, priced by each model's prices. A day's spend is what its calls cost together, rounded down.
fn usage(models: [Address; 2], people: &[Person], scale: Scale) -> Result<Vec<Day>> {
    let draw = Draw::new(people, scale);
    let mut days = vec![Day::new(); usize::try_from(scale.days)?];
    for (number, (model, (_, file, context_price, generated_price))) in (0..).zip(models.into_iter().zip(MODELS)) {
        let path = Root::find()?.path().join("tests/data/usage").join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
        for (row, line) in (0..).zip(text.lines().skip(1)) {
            let fields = line.split(',').map(str::parse).collect::<Result<Vec<u64>, _>>();
            let Ok([second, context, generated]) = fields.as_deref() else { bail!("A row of {file} is no call.") };
            let day = days.get_mut(usize::try_from(second * scale.days / TRACE)?);
            let day = day.context("A call is after the last day.")?;
            let spend = day.entry(model).or_default().entry(draw.wallet(number, row)).or_default();
            *spend += context * context_price + generated * generated_price;
        }
    }
    for spends in days.iter_mut().flat_map(BTreeMap::values_mut) {
        spends.values_mut().for_each(|spend| *spend /= 1_000);
        spends.retain(|_, spend| *spend > 0);
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
            story.progress(format!("Usage of day {}", epoch - self.first + 1));
            rows.push(self.day(story, epoch, day).await?);
        }
        let header = [
            "day",
            "rows",
            "spend, $",
            "FLOCK of CODER",
            "of CONV",
            "reserved of CODER",
            "of CONV",
            "MT of CODER",
            "of CONV",
            "gas a row",
        ];
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
        let (mut flock, mut reserved, mut mts) = (Vec::new(), Vec::new(), Vec::new());
        for mt in self.models {
            let sealed = node.view(rewards, R::dayOfCall { mt, epoch }).await?;
            flock.push(amount(sealed.globalPool));
            reserved.push(amount(sealed.reservedPool));
            mts.push(amount(sealed.mtPool));
        }
        let title = (epoch - self.first + 1).to_string();
        let spend = decimal(U256::from(spend) * U256::from(10_u64.pow(12)), 2);
        let each = number(gas / u64::try_from(count.max(1))?);
        Ok([vec![title, number(u64::try_from(count)?), spend], flock, reserved, mts, vec![each]].concat())
    }

    /// All rewards, from events and the registry alone; compared with what every wallet can claim.
    async fn verify(&self) -> Result<Ledger> {
        let (node, rewards) = (&self.suite.node, self.suite.rewards);
        let ledger = audit(&self.suite).await?;
        let wallets = self.usage.iter().flat_map(|day| day.values()).flat_map(|of| of.keys().copied());
        for account in BTreeSet::from_iter(wallets) {
            let flock = node.view(rewards, R::claimableFlockCall { account }).await?;
            ensure!(flock == ledger.flock(account), "{account} has {flock} FLOCK, not {}.", ledger.flock(account));
        }
        Ok(ledger)
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
        story.table(&["claimed by", "FLOCK", "CODER", "CONV"], rows);
        Ok(())
    }
}

/// All rewards, from the events of the distributor and from the registry alone.
///
/// # Errors
/// Where the chain paid anything else.
pub async fn audit(suite: &Suite) -> Result<Ledger> {
    let filter = Filter::new().address(suite.rewards).from_block(0);
    let logs: Vec<Log> = suite.node.provider().get_logs(&filter).await?.into_iter().map(|log| log.inner).collect();
    let answers = ask(suite, &logs).await?;
    let mut ledger = Ledger::default();
    for log in &logs {
        ledger.read(log, &answers)?;
    }
    Ok(ledger)
}

/// Asks the registry what the events need.
async fn ask(suite: &Suite, logs: &[Log]) -> Result<Answers> {
    let (node, registry) = (&suite.node, suite.registry);
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
