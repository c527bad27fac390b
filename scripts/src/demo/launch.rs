//! Chapter 2: launches on the bonding curve that end in a locked market, or in refunds.

use std::sync::Arc;

use alloy::primitives::U256;
use anyhow::{Result, bail, ensure};
use fomo_common::curve::{Purchase, SUPPLY};

use super::raise::{Buy, Ending, Position, Raise};
use super::suite::{Person, Suite, TARGETS, Venue};
use super::{Chapter, Story};
use crate::abi::ILaunchpad;
use crate::ui::{amount, decimal, number};

/// Decimals of prices.
const PRICE: usize = 12;
/// Seconds until the surcharge has fallen to the trading fee.
const CALM: u64 = 98 * 60;

/// The chapter.
pub const CHAPTER: Chapter = Chapter { title: "Launch to liquidity", tell: |story| Box::pin(tell(story)) };

async fn tell(story: &mut Story) -> Result<()> {
    let suite = story.suite().await?;
    let (least, most) = (number(TARGETS.0), number(TARGETS.1));
    story.say(format!("Alice launches three models, each to raise {least} to {most} FLOCK in 7 days."));
    story.say("Every quote, buy and graduation is compared with the same formulas run here.");
    let before = balances(&suite).await?;
    let launches = Launches::happen(story, &suite).await?;
    launches.settle(story).await?;
    launches.tell_endings(story)?;
    launches.tell_positions(story);
    launches.balance(story, &before).await
}

/// FLOCK of everybody, the issuer last but one and the treasury last.
async fn balances(suite: &Suite) -> Result<Vec<U256>> {
    let mut balances = Vec::new();
    for account in suite.people.iter().map(|person| person.address).chain([suite.issuer.address, suite.treasury]) {
        balances.push(suite.balance(suite.flock, account).await?);
    }
    Ok(balances)
}

/// The chapter's launches, over.
struct Launches {
    suite: Arc<Suite>,
    graduated: [(Raise, Ending); 2],
    failed: Raise,
}

impl Launches {
    async fn happen(story: &mut Story, suite: &Arc<Suite>) -> Result<Self> {
        let [bob, carol, dave, erin] = suite.people.as_slice() else { bail!("Somebody is missing.") };
        let mut chat = Raise::create(story, suite, "CHAT", Venue::UniswapV2, false).await?;
        for person in [bob, carol, dave] {
            chat.buy(story, person, 40_000).await?;
        }
        tell_buys(story, &chat)?;
        let chat_ending = chat.graduate(story, erin).await?;
        story.say("Dave's buy is cut where the raise is full. Anyone may graduate CHAT now; Erin does.");

        let mut code = Raise::create(story, suite, "CODE", Venue::Aerodrome, true).await?;
        let mut art = Raise::create(story, suite, "ART", Venue::UniswapV2, false).await?;
        code.buy(story, dave, 5_000).await?;
        art.buy(story, bob, 15_000).await?;
        suite.node.go_to(suite.node.now() + CALM).await?;
        for person in [bob, carol] {
            code.buy(story, person, 33_000).await?;
            art.buy(story, person, 15_000).await?;
        }
        tell_buys(story, &code)?;
        story.say("CODE has the anti-sniper surcharge. Dave buys in the first minute and pays 99 %,");
        story.say("which he would get back if the launch failed; the others wait for the usual 1.5 %.");
        tell_buys(story, &art)?;

        suite.node.go_to(code.end.max(art.end)).await?;
        let call = ILaunchpad::graduateCall { token: art.token };
        suite.node.refused(erin.address, suite.launchpad, call, ILaunchpad::NotSucceeded {}).await?;
        let code_ending = code.graduate(story, erin).await?;
        story.say("A week later CODE is over its minimum and graduates; ART is not, and cannot.");
        let graduated = [(chat, chat_ending), (code, code_ending)];
        Ok(Self { suite: Arc::clone(suite), graduated, failed: art })
    }

    /// Everybody takes what it is owed.
    async fn settle(&self, story: &mut Story) -> Result<()> {
        for (raise, ending) in &self.graduated {
            raise.claim(story, &ending.graduation).await?;
        }
        self.failed.refund(story).await?;
        let (node, issuer, launchpad) = (&self.suite.node, self.suite.issuer.address, self.suite.launchpad);
        let receipt = node.send(issuer, launchpad, ILaunchpad::withdrawFeesCall {}).await?;
        story.gas("withdraw the issuer's fees", receipt.gas_used);
        let receipt = node.send(issuer, launchpad, ILaunchpad::withdrawTreasuryCall {}).await?;
        story.gas("withdraw the treasury's fees", receipt.gas_used);
        story.say("Buyers claim or are refunded, Alice and the treasury take their fees.");
        Ok(())
    }

    /// Where the tokens of each launch went.
    fn tell_endings(&self, story: &mut Story) -> Result<()> {
        let [first, second] = &self.graduated;
        let row = |what: &str, cell: &dyn Fn(&(Raise, Ending)) -> String, failed: String| {
            vec![what.to_owned(), cell(first), cell(second), failed]
        };
        let price = |value| decimal(value, PRICE);
        let tokens =
            |what: &str, part: fn(&Ending) -> U256| row(what, &|(_, ending)| amount(part(ending)), String::new());
        let [chat, code, art] =
            [first.0.first_price()?, second.0.first_price()?, self.failed.first_price()?].map(price);
        let raised = [first.0.raised()?, second.0.raised()?, self.failed.raised()?].map(amount);
        let rows = [
            row("ends", &|(raise, _)| format!("on {}", raise.venue.name()), "in refunds".into()),
            [vec!["FLOCK raised".to_owned()], raised.to_vec()].concat(),
            vec!["curve opens at, FLOCK".into(), chat, code, art],
            row("curve closes at", &|(_, ending)| price(ending.closing), price(self.failed.price()?)),
            row("DEX opens at", &|(_, ending)| price(ending.opening), String::new()),
            tokens("tokens to buyers", |ending| ending.graduation.mt_sold),
            tokens("into the pool", |ending| ending.graduation.mt_liquidity),
            tokens("for 180 days of rewards", |ending| ending.graduation.mt_incentive),
            tokens("vest to Alice", |ending| ending.graduation.mt_issuer),
            tokens("vest to the platform", |ending| ending.graduation.mt_platform),
            tokens("burned", |ending| ending.graduation.mt_burned),
            tokens("together", total),
        ];
        for (raise, ending) in &self.graduated {
            ensure!(total(ending) == SUPPLY, "The parts of {} are not the whole.", raise.symbol);
        }
        story.table(&["", first.0.symbol, second.0.symbol, self.failed.symbol], rows);
        Ok(())
    }

    /// What each buyer paid and has got.
    fn tell_positions(&self, story: &mut Story) {
        let [(chat, _), (code, _)] = &self.graduated;
        let raises = [chat, code, &self.failed];
        let cell = |raise: &Raise, person: &Person, part: fn(&Position) -> U256| {
            let position = raise.positions().into_iter().find(|position| position.who.address == person.address);
            position.map_or(String::new(), |position| amount(part(&position)))
        };
        let rows =
            self.suite.people.iter().filter(|person| raises.iter().any(|raise| raise.has(person))).map(|person| {
                let (paid, got) = (|position: &Position| position.paid, |position: &Position| position.mt);
                let cells = raises.map(|raise| cell(raise, person, paid)).into_iter();
                let cells = cells.chain([cell(chat, person, got), cell(code, person, got)]);
                [person.name.to_owned()].into_iter().chain(cells).chain([cell(&self.failed, person, paid)]).collect()
            });
        let header = [
            "",
            "CHAT\nFLOCK paid",
            "CODE\nFLOCK paid",
            "ART\nFLOCK paid",
            "CHAT\nclaimed",
            "CODE\nclaimed",
            "ART\nFLOCK back",
        ];
        story.table(&header, rows);
    }

    /// Every FLOCK that was paid is somewhere, and none is left with the launchpad.
    async fn balance(&self, story: &mut Story, before: &[U256]) -> Result<()> {
        let sum = |raise: &Raise, part: fn(&Buy) -> U256| raise.buys.iter().map(part).sum::<U256>();
        let over = |part: fn(&Buy) -> U256| self.graduated.iter().map(|(raise, _)| sum(raise, part)).sum::<U256>();
        let refunds = sum(&self.failed, |buy| buy.purchase.flock_in);
        let pools: U256 = self.graduated.iter().map(|(_, ending)| ending.graduation.flock_liquidity).sum();
        let launch_fees: U256 =
            self.graduated.iter().map(|(raise, _)| raise.launch_fee).sum::<U256>() + self.failed.launch_fee;
        let paid = over(|buy| buy.purchase.flock_in);
        let treasury = launch_fees + over(|buy| buy.purchase.protocol_fee + buy.purchase.surcharge);
        let fees = over(|buy| buy.purchase.issuer_fee);
        ensure!(paid + launch_fees == pools + treasury + fees, "FLOCK that was paid is missing.");
        let after = balances(&self.suite).await?;
        let (Some((treasury_was, rest_was)), Some((treasury_is, rest_is))) = (before.split_last(), after.split_last())
        else {
            bail!("There are no balances.")
        };
        ensure!(*treasury_is == *treasury_was + treasury, "The treasury has not got its fees.");
        let (was, is): (U256, U256) = (rest_was.iter().sum(), rest_is.iter().sum());
        ensure!(was == is + paid + launch_fees - fees, "Alice and the buyers have not paid what they paid.");
        let left = self.suite.balance(self.suite.flock, self.suite.launchpad).await?;
        ensure!(left.is_zero(), "{left} of FLOCK are left with the launchpad.");
        let rows = [
            ("paid by buyers", paid + refunds),
            ("paid by Alice to launch", launch_fees),
            ("refunded", refunds),
            ("locked in pools", pools),
            ("to the treasury", treasury),
            ("to Alice, as fees", fees),
            ("left with the launchpad", left),
        ];
        story.table(&["", "FLOCK"], rows.map(|(what, value)| vec![what.to_owned(), amount(value)]));
        Ok(())
    }
}

/// All tokens of a launch.
fn total(ending: &Ending) -> U256 {
    let end = ending.graduation;
    end.mt_sold + end.mt_liquidity + end.mt_incentive + end.mt_issuer + end.mt_platform + end.mt_burned
}

/// The buys of a launch.
fn tell_buys(story: &mut Story, raise: &Raise) -> Result<()> {
    let empty = String::new;
    let price = |value| decimal(value, 6);
    let opening = vec!["(opens)".to_owned(), empty(), empty(), empty(), empty(), price(raise.first_price()?)];
    let buys = raise.buys.iter().map(|buy| {
        let Purchase { flock_in, net_used, mt, .. } = buy.purchase;
        let cells = [buy.offered, flock_in, flock_in - net_used, mt].map(amount);
        [vec![buy.who.name.to_owned()], cells.to_vec(), vec![price(buy.price)]].concat()
    });
    let header = [raise.symbol, "offers FLOCK", "pays", "of it fees", "for tokens", "price after"];
    story.table(&header, [opening].into_iter().chain(buys));
    Ok(())
}
