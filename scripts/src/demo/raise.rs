//! A launch beside what the economics say of it: every step of the chain's is compared with them.

use std::sync::Arc;

use alloy::primitives::{Address, U256, keccak256};
use anyhow::{Context, Result, ensure};
use fomo_common::curve::{Curve, Graduation, Purchase, Reserves, SUPPLY, TradingFee};
use fomo_common::units::WAD;
use fomo_common::{Bps, Seconds, math};

use super::Story;
use super::suite::{DAY, MODEL_TYPE, Person, Suite, Venue, tokens, word};
use crate::abi::{IFomoERC20, ILaunchpad, ILiquidityAdapter, IVesting};

/// LP tokens that no pool of either venue ever gives out.
const MINIMUM_LIQUIDITY: U256 = U256::from_limbs([1_000, 0, 0, 0]);

/// A launch being told.
pub struct Raise {
    /// What it is launched as.
    pub symbol: &'static str,
    /// Where it is to trade.
    pub venue: Venue,
    /// Address of its Model Token.
    pub token: Address,
    /// What the issuer paid for it.
    pub launch_fee: U256,
    /// Last second of the sale, and one.
    pub end: u64,
    /// Its buys, in order.
    pub buys: Vec<Buy>,
    suite: Arc<Suite>,
    adapter: Address,
    curve: Curve,
    fee: TradingFee,
    start: u64,
    surcharge: bool,
    reserves: Reserves,
}

/// A buy.
#[derive(Debug, Clone, Copy)]
pub struct Buy {
    /// Who bought.
    pub who: Person,
    /// Most FLOCK that it would pay.
    pub offered: U256,
    /// What became of it.
    pub purchase: Purchase,
    /// Price on the curve after it, FLOCK per MT.
    pub price: U256,
}

/// What a buyer did in a launch, all buys together.
#[derive(Debug, Clone, Copy)]
pub struct Position {
    /// Who.
    pub who: Person,
    /// FLOCK paid.
    pub paid: U256,
    /// MT allocated.
    pub mt: U256,
}

/// How a launch that graduated ended.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// Where everything went.
    pub graduation: Graduation,
    /// Last price on the curve, FLOCK per MT.
    pub closing: U256,
    /// First price of the pool.
    pub opening: U256,
}

impl Raise {
    /// Launches, and goes to the second in which the sale begins.
    pub async fn create(
        story: &mut Story,
        suite: &Arc<Suite>,
        symbol: &'static str,
        venue: Venue,
        surcharge: bool,
    ) -> Result<Self> {
        let call = ILaunchpad::createLaunchCall {
            modelTypeId: word(MODEL_TYPE),
            modelId: keccak256(symbol),
            venue: venue.key(),
            name: format!("{symbol} Model"),
            symbol: symbol.into(),
            metadataUri: format!("ipfs://{symbol}"),
            saleStart: 0,
            duration: 7 * DAY,
            surcharge,
            bundledOffer: U256::ZERO,
            bundledMinOut: U256::ZERO,
            maxLaunchFee: tokens(32_768),
            deadline: u64::MAX,
        };
        let receipt = suite.node.send(suite.issuer.address, suite.launchpad, call).await?;
        story.gas("create a launch", receipt.gas_used);
        let created = receipt.decoded_log::<ILaunchpad::LaunchCreated>().context("Nothing was launched.")?;
        let terms = receipt.decoded_log::<ILaunchpad::LaunchConfigured>().context("The launch has no terms.")?;
        let curve = Curve::new(created.targetRaiseMax, Bps::new(terms.phiBps)?)?;
        let raise = Self {
            symbol,
            venue,
            token: created.token,
            launch_fee: terms.launchFee,
            end: created.saleEnd,
            buys: Vec::new(),
            suite: Arc::clone(suite),
            adapter: terms.adapter,
            curve,
            fee: TradingFee::new(Bps::new(terms.protocolFeeBps)?, Bps::new(terms.creatorFeeBps)?)?,
            start: created.saleStart,
            surcharge,
            reserves: curve.opening(),
        };
        suite.node.go_to(raise.start).await?;
        raise.check().await?;
        Ok(raise)
    }

    /// The chain's reserves are the model's.
    async fn check(&self) -> Result<()> {
        let sale = self.suite.node.view(self.suite.launchpad, ILaunchpad::saleCall { token: self.token }).await?;
        let reserves = Reserves { mt: sale.reserveMt, flock: sale.reserveFlock };
        ensure!(reserves == self.reserves, "The curve of {} is not where it should be.", self.symbol);
        ensure!(sale.raised == self.raised()?, "{} has not raised what was paid in.", self.symbol);
        Ok(())
    }

    /// FLOCK that it raised.
    pub fn raised(&self) -> Result<U256> {
        Ok(self.curve.raised(&self.reserves)?)
    }

    /// Price on the curve, FLOCK per MT.
    pub fn price(&self) -> Result<U256> {
        Ok(self.curve.spot(self.raised()?)?)
    }

    /// Price before the first buy.
    pub fn first_price(&self) -> Result<U256> {
        Ok(self.curve.spot(U256::ZERO)?)
    }

    /// Whether somebody bought.
    pub fn has(&self, person: &Person) -> bool {
        self.buys.iter().any(|buy| buy.who.address == person.address)
    }

    /// What each buyer did, in the order of their first buys.
    pub fn positions(&self) -> Vec<Position> {
        let mut positions: Vec<Position> = Vec::new();
        for Buy { who, purchase, .. } in &self.buys {
            match positions.iter_mut().find(|position| position.who.address == who.address) {
                Some(position) => {
                    position.paid += purchase.flock_in;
                    position.mt += purchase.mt;
                }
                None => positions.push(Position { who: *who, paid: purchase.flock_in, mt: purchase.mt }),
            }
        }
        positions
    }

    /// Buys for at most so many whole FLOCK.
    pub async fn buy(&mut self, story: &mut Story, who: &Person, offered: u64) -> Result<()> {
        let (node, launchpad, token) = (&self.suite.node, self.suite.launchpad, self.token);
        let (who, offered) = (*who, tokens(offered));
        let since = Seconds(node.now() - self.start);
        let tax = if self.surcharge { self.fee.sniper_tax(since) } else { self.fee.total() };
        let expected = self.curve.buy(&self.reserves, offered, &self.fee, tax)?;
        let quote = node.view(launchpad, ILaunchpad::quoteBuyCall { token, offered }).await?;
        ensure!(
            figures(&expected)
                == [quote.flockIn, quote.netUsed, quote.mt, quote.protocolFee, quote.creatorFee, quote.antiSniperFee],
            "The launchpad quotes {} otherwise than the economics.",
            who.name
        );
        let call = ILaunchpad::buyCall { token, offered, minOut: expected.mt, deadline: u64::MAX };
        let (did, gas) = node.send_for::<_, ILaunchpad::Purchased>(who.address, launchpad, call).await?;
        ensure!(
            figures(&expected)
                == [did.flockIn, did.netUsed, did.mtAllocated, did.protocolFee, did.creatorFee, did.antiSniperFee],
            "The launchpad sells to {} otherwise than it quoted.",
            who.name
        );
        story.gas(if self.has(&who) { "buy again" } else { "buy for the first time" }, gas);
        self.reserves = expected.reserves;
        self.check().await?;
        self.buys.push(Buy { who, offered, purchase: expected, price: self.price()? });
        Ok(())
    }

    /// Graduates; everything is where the economics want it.
    pub async fn graduate(&self, story: &mut Story, by: &Person) -> Result<Ending> {
        let (node, token) = (&self.suite.node, self.token);
        let call = ILaunchpad::graduateCall { token };
        let (event, gas) = node.send_for::<_, ILaunchpad::Graduated>(by.address, self.suite.launchpad, call).await?;
        story.gas(format!("graduate to {}", self.venue.name()), gas);
        let end = self.curve.graduation(&self.reserves)?;
        let said = [event.raised, event.sold, event.flockLiquidity, event.mtLiquidity, event.mtBurned];
        let expected = [self.raised()?, end.mt_sold, end.flock_liquidity, end.mt_liquidity, end.mt_burned];
        ensure!(said == expected, "{} graduates otherwise than the economics.", self.symbol);
        for (id, amount) in [(event.issuerVestingId, end.mt_issuer), (event.platformVestingId, end.mt_platform)] {
            let vesting = node.view(self.suite.vesting, IVesting::vestingCall { id }).await?;
            ensure!((vesting.token, vesting.total) == (token, amount), "Vesting {id} is not of {amount}.");
        }
        let supply = node.view(token, IFomoERC20::totalSupplyCall {}).await?;
        ensure!(supply == SUPPLY - end.mt_burned, "The supply of {} is not what was not burned.", self.symbol);
        let opening = self.check_pool(event.pool, &end).await?;
        let closing = self.price()?;
        // Both prices are rounded down.
        ensure!(
            opening >= closing && opening - closing <= U256::ONE,
            "{} does not open at the price at which its curve closed.",
            self.symbol
        );
        Ok(Ending { graduation: end, closing, opening })
    }

    /// The pool holds what it was to get, and all its liquidity is locked; its price, FLOCK per MT.
    async fn check_pool(&self, pool: Address, end: &Graduation) -> Result<U256> {
        let node = &self.suite.node;
        let call = ILiquidityAdapter::reservesCall { tokenA: self.token, tokenB: self.suite.flock };
        let reserves = node.view(self.adapter, call).await?;
        ensure!(
            (reserves.reserveA, reserves.reserveB) == (end.mt_liquidity, end.flock_liquidity),
            "The pool of {} does not hold what was paired.",
            self.symbol
        );
        let locked = node.view(self.adapter, ILiquidityAdapter::lockedCall { pool }).await?;
        let liquidity = node.view(pool, IFomoERC20::totalSupplyCall {}).await?;
        ensure!(locked + MINIMUM_LIQUIDITY == liquidity, "Liquidity of {} is not locked.", self.symbol);
        Ok(math::mul_div(reserves.reserveB, WAD, reserves.reserveA)?)
    }

    /// Every buyer claims; then all that there is of the token is where it should be.
    pub async fn claim(&self, story: &mut Story, end: &Graduation) -> Result<()> {
        let (suite, token) = (&self.suite, self.token);
        for Position { who, mt, .. } in self.positions() {
            let call = ILaunchpad::claimCall { token };
            let receipt = suite.node.send(who.address, suite.launchpad, call).await?;
            story.gas("claim", receipt.gas_used);
            ensure!(suite.balance(token, who.address).await? == mt, "{} has not got its tokens.", who.name);
        }
        let holders = [
            (suite.launchpad, U256::ZERO),
            (suite.vesting, end.mt_issuer + end.mt_platform),
            (suite.rewards, end.mt_incentive),
        ];
        for (holder, amount) in holders {
            ensure!(suite.balance(token, holder).await? == amount, "{holder} does not hold {amount} of {token}.");
        }
        Ok(())
    }

    /// Every buyer is refunded, exactly what it paid.
    pub async fn refund(&self, story: &mut Story) -> Result<()> {
        let suite = &self.suite;
        for Position { who, paid, .. } in self.positions() {
            let before = suite.balance(suite.flock, who.address).await?;
            let call = ILaunchpad::refundCall { token: self.token };
            let receipt = suite.node.send(who.address, suite.launchpad, call).await?;
            story.gas("refund", receipt.gas_used);
            let after = suite.balance(suite.flock, who.address).await?;
            ensure!(after == before + paid, "{} has not got back what it paid.", who.name);
        }
        Ok(())
    }
}

/// A purchase's amounts, in the order of the chain's.
fn figures(purchase: &Purchase) -> [U256; 6] {
    let Purchase { flock_in, net_used, mt, protocol_fee, issuer_fee, surcharge, .. } = *purchase;
    [flock_in, net_used, mt, protocol_fee, issuer_fee, surcharge]
}
