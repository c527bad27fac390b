//! Chapter 5: days of revenue, settled, bought back and burned.

use std::sync::Arc;

use alloy::primitives::{Address, B256, U256};
use anyhow::{Result, bail, ensure};
use fomo_common::waterfall::{self, Buckets, DEFAULT_COMPUTE_LIMIT, DEFAULT_SHARES};

use super::raise::Raise;
use super::suite::{DAY, Person, Suite, Venue, dollars};
use super::{Chapter, Story};
use crate::abi::{IFomoERC20, ILiquidityAdapter, IRevenueSplitter};
use crate::ui::decimal;

/// Seconds of the price's window.
const WINDOW: u64 = 1_800;
/// What a unit of the dollar is in those of amounts that are printed.
const UNIT: U256 = U256::from_limbs([1_000_000_000_000, 0, 0, 0]);

/// The chapter.
pub const CHAPTER: Chapter = Chapter { title: "Days of revenue", tell: |story| Box::pin(tell(story)) };

async fn tell(story: &mut Story) -> Result<()> {
    let suite = story.suite().await?;
    let mut models = Vec::new();
    for (symbol, venue) in [("MATH", Venue::UniswapV2), ("LEGAL", Venue::Aerodrome)] {
        models.push(Model::launch(&suite, symbol, venue).await?);
    }
    story.say("MATH trades on Uniswap V2, LEGAL on Aerodrome, a dollar for FLOCK on Uniswap V2 (five to the dollar).");
    story.say("Every day each model's revenue is settled in dollars, 40 % of it compute. Half an hour after prices");
    story.say("were recorded Erin, a keeper like anybody, buys back: LEGAL by way of both venues.");
    let mut week = Week { suite, models, spent_on_flock: U256::ZERO, flock_burned: U256::ZERO };
    let mut rows = Vec::new();
    for day in 0..story.scale.days {
        story.progress(format!("Revenue of day {}", day + 1));
        rows.push(week.day(story, day).await?);
    }
    let header =
        ["day", "MATH\ngross", "LEGAL\ngross", "spent\nfor FLOCK", "FLOCK\nburned", "MATH\nburned", "LEGAL\nburned"];
    story.table(&header, rows);
    week.pay(story).await?;
    week.close(story).await
}

/// A model, and what its revenue came to.
struct Model {
    symbol: &'static str,
    token: Address,
    buckets: Buckets,
    gross: U256,
    spent: U256,
    burned: U256,
    supply: U256,
}

impl Model {
    /// What a launch costs is told in its own chapter.
    async fn launch(suite: &Arc<Suite>, symbol: &'static str, venue: Venue) -> Result<Self> {
        let mut aside = Story::default();
        let [bob, carol, dave, erin] = suite.people.as_slice() else { bail!("Somebody is missing.") };
        let mut raise = Raise::create(&mut aside, suite, symbol, venue, false).await?;
        for person in [bob, carol, dave] {
            raise.buy(&mut aside, person, 40_000).await?;
        }
        raise.graduate(&mut aside, erin).await?;
        let supply = suite.node.view(raise.token, IFomoERC20::totalSupplyCall {}).await?;
        let nothing = U256::ZERO;
        let buckets = waterfall::split(nothing, nothing, DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES)?;
        Ok(Self { symbol, token: raise.token, buckets, gross: nothing, spent: nothing, burned: nothing, supply })
    }

    fn add(&mut self, gross: U256, more: &Buckets) {
        let Buckets { compute, flock_buyback, treasury, mt_buyback, issuer } = &mut self.buckets;
        self.gross += gross;
        *compute += more.compute;
        *flock_buyback += more.flock_buyback;
        *treasury += more.treasury;
        *mt_buyback += more.mt_buyback;
        *issuer += more.issuer;
    }
}

/// The week, beside what the economics say of it.
struct Week {
    suite: Arc<Suite>,
    models: Vec<Model>,
    spent_on_flock: U256,
    flock_burned: U256,
}

impl Week {
    /// Settles both models, records prices, buys back; a row of what happened.
    async fn day(&mut self, story: &mut Story, day: u64) -> Result<Vec<String>> {
        let suite = Arc::clone(&self.suite);
        let (node, keeper) = (&suite.node, self.keeper()?);
        node.go_to((node.now() / DAY + 1) * DAY).await?;
        let mut cells = vec![(day + 1).to_string()];
        for (model, base) in self.models.iter_mut().zip([400_u64, 260]) {
            // Cents too, so that something has to be rounded.
            let gross = dollars(base + 45 * day) + U256::from(70_007 * (day + 1));
            settle(story, &suite, model, day, gross).await?;
            cells.push(shown(gross));
        }
        self.record(story, &keeper).await?;
        node.go_to(node.now() + WINDOW).await?;
        let (spent, bought) = self.buy_back(story, &keeper, suite.flock).await?;
        self.spent_on_flock += spent;
        self.flock_burned += bought;
        cells.extend([shown(spent), decimal(bought, 2)]);
        for index in 0..self.models.len() {
            let Some(token) = self.models.get(index).map(|model| model.token) else { continue };
            let (spent, bought) = self.buy_back(story, &keeper, token).await?;
            let Some(model) = self.models.get_mut(index) else { continue };
            model.spent += spent;
            model.burned += bought;
            cells.push(decimal(bought, 2));
        }
        Ok(cells)
    }

    fn keeper(&self) -> Result<Person> {
        let [.., erin] = self.suite.people.as_slice() else { bail!("Somebody is missing.") };
        Ok(*erin)
    }

    /// Records what every pool of the routes has summed up.
    async fn record(&self, story: &mut Story, keeper: &Person) -> Result<()> {
        let (suite, [uniswap, aerodrome]) = (&self.suite, self.suite.adapters);
        let tokens = [suite.usd].into_iter().chain(self.models.iter().map(|model| model.token));
        for (token, adapter) in tokens.zip([uniswap, uniswap, aerodrome]) {
            let call = ILiquidityAdapter::recordObservationCall { tokenA: token, tokenB: suite.flock };
            let receipt = suite.node.send(keeper.address, adapter, call).await?;
            let venue = if adapter == uniswap { Venue::UniswapV2 } else { Venue::Aerodrome };
            story.gas(format!("record a price on {}", venue.name()), receipt.gas_used);
        }
        Ok(())
    }

    /// Buys a token back; what it spent and burned is what it said it would, or better.
    async fn buy_back(&self, story: &mut Story, keeper: &Person, token: Address) -> Result<(U256, U256)> {
        let (suite, asset, deadline) = (&self.suite, self.suite.usd, u64::MAX);
        let (node, splitter) = (&suite.node, suite.splitter);
        let terms = node.view(splitter, IRevenueSplitter::buybackTermsCall { token, asset }).await?;
        let before = node.view(token, IFomoERC20::totalSupplyCall {}).await?;
        let (event, gas) = if token == suite.flock {
            let call = IRevenueSplitter::buybackFlockCall { asset, deadline };
            node.send_for::<_, IRevenueSplitter::BoughtBack>(keeper.address, splitter, call).await?
        } else {
            let call = IRevenueSplitter::buybackMtCall { token, asset, deadline };
            node.send_for::<_, IRevenueSplitter::BoughtBack>(keeper.address, splitter, call).await?
        };
        let after = node.view(token, IFomoERC20::totalSupplyCall {}).await?;
        ensure!(event.spent == terms.spends && event.bought >= terms.least, "A buyback is not what it was to be.");
        ensure!(before - after == event.bought, "What was bought is not burned.");
        let name = self.models.iter().find(|model| model.token == token).map_or("FLOCK", |model| model.symbol);
        story.gas(format!("buy back and burn {name}"), gas);
        Ok((event.spent, event.bought))
    }

    /// Everybody takes its own.
    async fn pay(&self, story: &mut Story) -> Result<()> {
        let (suite, asset) = (&self.suite, self.suite.usd);
        let [_, _, dave, _] = suite.people.as_slice() else { bail!("Somebody is missing.") };
        let (node, splitter, issuer) = (&suite.node, suite.splitter, suite.issuer.address);
        let mut owed = [U256::ZERO; 3];
        for Model { token, buckets, .. } in &self.models {
            let token = *token;
            let call = IRevenueSplitter::claimComputeCall { token, asset };
            story.gas("claim compute cost", node.send(dave.address, splitter, call).await?.gas_used);
            let call = IRevenueSplitter::claimIssuerCall { token, asset };
            story.gas("claim issuer yield", node.send(issuer, splitter, call).await?.gas_used);
            owed = [owed[0] + buckets.compute, owed[1] + buckets.issuer, owed[2] + buckets.treasury];
        }
        let call = IRevenueSplitter::claimTreasuryCall { asset };
        story.gas("claim the treasury's", node.send(dave.address, splitter, call).await?.gas_used);
        for (account, amount) in [dave.address, issuer, suite.treasury].into_iter().zip(owed) {
            ensure!(suite.balance(asset, account).await? == amount, "{account} has not got what it is owed.");
        }
        story.say("At its end Dave, whose machines served both models, Alice and the treasury take their dollars.");
        Ok(())
    }

    /// Every dollar that came in was paid, was spent or is in a bucket.
    async fn close(&self, story: &mut Story) -> Result<()> {
        let (suite, asset) = (&self.suite, self.suite.usd);
        let sum = |of: fn(&Model) -> U256| self.models.iter().map(of).sum::<U256>();
        let flock = sum(|model| model.buckets.flock_buyback);
        let left = flock - self.spent_on_flock + sum(|model| model.buckets.mt_buyback - model.spent);
        ensure!(suite.balance(asset, suite.splitter).await? == left, "Dollars are missing.");
        for model in &self.models {
            let supply = suite.node.view(model.token, IFomoERC20::totalSupplyCall {}).await?;
            ensure!(supply == model.supply - model.burned, "{} is not burned.", model.symbol);
        }
        let call = IRevenueSplitter::destroyedCall { token: suite.flock };
        let destroyed = suite.node.view(suite.splitter, call).await?;
        ensure!(destroyed.burned == self.flock_burned, "FLOCK is not burned.");
        let row = |what: &str, of: fn(&Model) -> U256| {
            let cells = self.models.iter().map(|model| shown(of(model)));
            [what.to_owned()].into_iter().chain(cells).chain([shown(sum(of))]).collect::<Vec<_>>()
        };
        let rows = [
            row("gross", |model| model.gross),
            row("compute, paid", |model| model.buckets.compute),
            row("FLOCK buyback", |model| model.buckets.flock_buyback),
            row("treasury, paid", |model| model.buckets.treasury),
            row("MT buyback", |model| model.buckets.mt_buyback),
            row("of it spent", |model| model.spent),
            row("issuer, paid", |model| model.buckets.issuer),
        ];
        let [first, second] = self.models.as_slice() else { bail!("There are two models.") };
        story.table(&["in dollars", first.symbol, second.symbol, "together"], rows);
        let (bought, burned) = (shown(self.spent_on_flock), decimal(self.flock_burned, 2));
        story.say(format!(
            "{bought} $ bought {burned} FLOCK, which are gone; {} $ wait for the next buybacks.",
            shown(left)
        ));
        Ok(())
    }
}

/// Settles a day's revenue; it splits as the economics say.
async fn settle(story: &mut Story, suite: &Suite, model: &mut Model, day: u64, gross: U256) -> Result<()> {
    let compute = gross * U256::from(40) / U256::from(100);
    let expected = waterfall::split(gross, compute, DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES)?;
    let (token, period, asset) = (model.token, B256::from(U256::from(day)), suite.usd);
    let call = IRevenueSplitter::settleCall { token, period, asset, gross, compute };
    let (event, gas) = suite.node.send_for::<_, IRevenueSplitter::Settled>(suite.settler, suite.splitter, call).await?;
    let said = [event.compute, event.flockBuyback, event.treasury, event.mtBuyback, event.issuer];
    let Buckets { compute, flock_buyback, treasury, mt_buyback, issuer } = expected;
    ensure!(
        said == [compute, flock_buyback, treasury, mt_buyback, issuer],
        "{} is split otherwise than the economics.",
        model.symbol
    );
    story.gas(if day == 0 { "settle a model's first day" } else { "settle a day" }, gas);
    model.add(gross, &expected);
    Ok(())
}

/// Dollars for people, to the cent.
fn shown(value: U256) -> String {
    decimal(value * UNIT, 2)
}
