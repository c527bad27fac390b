//! What anybody may do: graduations, prices, buybacks, programs.

use std::collections::BTreeSet;

use alloy::primitives::{Address, U256, keccak256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::Result;
use fomo_chain::precompiles::ARB_WASM;
use metrics::{counter, gauge};

use super::Keeper;
use crate::abi::{IAccess, IArbWasm, ILaunchpad, ILens, ILiquidityAdapter, IRevenueSplitter, IRewardDistributor};
use crate::wallet::amount::word;

/// Launches of a page.
const PAGE: u64 = 200;
/// States of a launch as the launchpad numbers them.
const SUCCEEDED: u8 = 3;
const GRADUATED: u8 = 4;
const FAILED: u8 = 5;
/// Seconds between records of a price: the adapters take one a minute.
const MINUTE: u64 = 60;
/// Seconds before a buyback in which its prices have to be recorded all along, and between two records at most.
const HALF_HOUR: u64 = 30 * MINUTE;
const APART: u64 = 2 * MINUTE;
/// Seconds before a buyback from which on its prices are recorded.
const AHEAD: u64 = HALF_HOUR + 5 * MINUTE;
/// What is collected at least, in 10⁻¹⁸ of FLOCK or of a Model Token: less is not worth the gas.
const WORTH: U256 = U256::from_limbs([10_000_000_000_000_000_000, 0, 0, 0]);
/// Seconds of an activation from which on it is renewed.
const SOON: u64 = 60 * 86_400;
/// Wei that an activation may cost; what it does not cost comes back.
const DATA_FEE_LIMIT: u128 = 10_000_000_000_000_000;
/// What begins the code of a program.
const PROGRAM: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Seconds until which a buyback has to be mined.
const DEADLINE: u64 = 300;

/// What a buyback can spend: of which stablecoin, for which token, by which pools, and from when on.
pub(super) struct Bucket {
    asset: Address,
    token: Address,
    /// Adapter and tokens of each.
    pools: Vec<(Address, Address, Address)>,
    next: u64,
}

/// Transactions of one duty after another, of which none keeps the next.
#[derive(Default)]
struct All {
    sent: u64,
    failed: Option<anyhow::Error>,
}

impl All {
    fn add(&mut self, one: Result<u64>) {
        match one {
            Ok(sent) => self.sent += sent,
            Err(error) => self.failed = Some(error),
        }
    }

    /// How many there were, or the last failure.
    fn sum(self) -> Result<u64> {
        self.failed.map_or(Ok(self.sent), Err)
    }
}

impl Keeper<'_> {
    /// Launches of a state.
    async fn launches(&self, state: u8) -> Result<Vec<ILens::LaunchCard>> {
        let (launchpad, lens) = (self.at("launchpad")?, self.at("lens")?);
        let count: u64 = self.view(launchpad, ILaunchpad::launchCountCall {}).await?.saturating_to();
        let mut found = Vec::new();
        for offset in (0..count).step_by(usize::try_from(PAGE)?) {
            let cards = self.view(lens, ILens::launchCardsCall { launchpad, offset, limit: PAGE }).await?;
            found.extend(cards.into_iter().filter(|card| card.state == state));
        }
        Ok(found)
    }

    /// Graduates every launch that succeeded. One that cannot be does not keep the others.
    pub(super) async fn graduate(&self) -> Result<u64> {
        let (launchpad, mut all) = (self.at("launchpad")?, All::default());
        for card in self.launches(SUCCEEDED).await? {
            let (token, what) = (card.token, format!("graduate {}", card.token));
            all.add(self.send(&what, launchpad, ILaunchpad::graduateCall { token }, U256::ZERO).await);
        }
        all.sum()
    }

    /// Stablecoins of the record, by the parameters that accept them.
    fn assets(&self) -> Vec<Address> {
        let accepted = self.record.parameters.iter().filter_map(|parameter| parameter.name.strip_prefix("ASST "));
        let mut names: Vec<_> = accepted.collect();
        if names.is_empty() {
            names.push("usd");
        }
        names.into_iter().filter_map(|name| self.record.address(name).ok()).collect()
    }

    /// Buckets of which a buyback can spend at least its least.
    async fn buckets(&self) -> Result<Vec<Bucket>> {
        let (splitter, flock) = (self.at("revenue-splitter")?, self.at("flock")?);
        if !self.may_buy_back(splitter).await? {
            return Ok(Vec::new());
        }
        let graduated = self.launches(GRADUATED).await?;
        let mut buckets = Vec::new();
        for asset in self.assets() {
            let (limits, route) = (self.parameter("SPND", asset).await?, self.parameter("ROUT", asset).await?);
            let (least, route) = (limits.wrapping_shl(160).wrapping_shr(160), Address::from_word(route.into()));
            if route.is_zero() {
                continue;
            }
            let via = Address::from_word(self.parameter("VIAT", asset).await?.into());
            let way = [asset, via, flock].into_iter().filter(|token| !token.is_zero()).collect::<Vec<_>>();
            let pools: Vec<_> = way.iter().zip(way.iter().skip(1)).map(|(a, b)| (route, *a, *b)).collect();
            let totals = self.view(splitter, IRevenueSplitter::totalsOfCall { asset }).await?;
            if totals.flockBuyback.saturating_sub(totals.flockBuybackLeft) >= least {
                buckets.push(Bucket { asset, token: flock, pools: pools.clone(), next: 0 });
            }
            for card in &graduated {
                let ledger = self.view(splitter, IRevenueSplitter::ledgerOfCall { token: card.token, asset }).await?;
                if ledger.mtBuyback.saturating_sub(ledger.mtBuybackLeft) >= least {
                    let pools = [pools.as_slice(), &[(card.adapter, card.token, flock)]].concat();
                    buckets.push(Bucket { asset, token: card.token, pools, next: 0 });
                }
            }
        }
        for bucket in &mut buckets {
            let call = IRevenueSplitter::nextBuybackCall { token: bucket.token, asset: bucket.asset };
            bucket.next = self.view(splitter, call).await?;
        }
        Ok(buckets)
    }

    /// Whether it may: anybody, or the splitter's keeper where only that may.
    async fn may_buy_back(&self, splitter: Address) -> Result<bool> {
        let only = self.view(splitter, IAccess::parameterCall { key: word("KEEPER_ONLY")? }).await?;
        let keeper = self.view(splitter, IAccess::roleHolderCall { role: word("KEEPER")? }).await?;
        Ok(only.is_zero() || self.client.account().is_none_or(|account| account == keeper))
    }

    /// A parameter of the splitter for a stablecoin; zero where it was never set.
    async fn parameter(&self, kind: &str, of_: Address) -> Result<U256> {
        let splitter = self.at("revenue-splitter")?;
        let key = self.view(splitter, IRevenueSplitter::parameterKeyCall { kind: word(kind)?, of_ }).await?;
        Ok(self.view(splitter, IAccess::parameterCall { key }).await.unwrap_or_default())
    }

    /// Records the prices on the way of every bucket that is to be spent within the next half-hour, and of no other. The buckets, and
    /// how many records were sent.
    pub(super) async fn record_prices(&self) -> (Vec<Bucket>, Result<u64>) {
        let (buckets, now) = match (self.buckets().await, self.client.now().await) {
            (Ok(buckets), Ok(now)) => (buckets, now),
            (Err(error), _) | (_, Err(error)) => return (Vec::new(), Err(error)),
        };
        let soon = buckets.iter().filter(|bucket| bucket.next <= now.saturating_add(AHEAD));
        let pools: BTreeSet<_> = soon.flat_map(|bucket| bucket.pools.iter().copied()).collect();
        let mut all = All::default();
        for (adapter, a, b) in pools {
            all.add(self.record_price(adapter, a, b).await);
        }
        (buckets, all.sum())
    }

    /// Buys back what is due, where its prices were recorded all along.
    pub(super) async fn buy_back(&self, buckets: &[Bucket]) -> Result<u64> {
        let mut all = All::default();
        for bucket in buckets {
            all.add(self.spend(bucket).await);
        }
        all.sum()
    }

    async fn spend(&self, bucket: &Bucket) -> Result<u64> {
        let Bucket { asset, token, .. } = *bucket;
        let (splitter, flock, now) = (self.at("revenue-splitter")?, self.at("flock")?, self.client.now().await?);
        if now < bucket.next {
            return Ok(0);
        }
        // Without a price, or where a pool is too thin for the least, it waits: the splitter says which.
        let terms = self.view(splitter, IRevenueSplitter::buybackTermsCall { token, asset }).await;
        let Ok(terms) = terms else { return Ok(0) };
        for (adapter, a, b) in &bucket.pools {
            if !self.is_recorded(*adapter, *a, *b, now).await? {
                tracing::info!(%token, %asset, "a buyback waits for half an hour of prices");
                return Ok(0);
            }
        }
        let (deadline, what) = (now.saturating_add(DEADLINE), format!("buy back {token} for {}", terms.spends));
        let sent = if token == flock {
            self.send(&what, splitter, IRevenueSplitter::buybackFlockCall { asset, deadline }, U256::ZERO).await?
        } else {
            self.send(&what, splitter, IRevenueSplitter::buybackMtCall { token, asset, deadline }, U256::ZERO).await?
        };
        counter!("fomo_keeper_buybacks_total").increment(sent);
        Ok(sent)
    }

    /// Whether a pool's price was recorded all through the last half-hour, by whomever, never more than two minutes apart: no moment
    /// weighs more than that in the mean.
    async fn is_recorded(&self, adapter: Address, token_a: Address, token_b: Address, now: u64) -> Result<bool> {
        let pool = self.view(adapter, ILiquidityAdapter::poolOfCall { tokenA: token_a, tokenB: token_b }).await?;
        let begin = now.saturating_sub(HALF_HOUR + APART);
        let filter = Filter::new().address(adapter).topic1(pool);
        let filter = filter.event_signature(ILiquidityAdapter::ObservationRecorded::SIGNATURE_HASH);
        let from = self.client.block_since(begin, self.record.first_block()).await?;
        let mut before = begin;
        for log in self.client.logs(&filter, from, self.client.head().await?).await? {
            let time = ILiquidityAdapter::ObservationRecorded::decode_log_data(log.data())?.time;
            if time.saturating_sub(before) > APART {
                return Ok(false);
            }
            before = time;
        }
        Ok(now.saturating_sub(before) <= APART)
    }

    /// What lies about for whom it belongs to: fees of locked liquidity, left-overs of ended streams, the treasury's fees, buckets of
    /// launches that failed. What cannot be collected keeps nothing else.
    pub(super) async fn collect(&self) -> Result<u64> {
        let mut all = All::default();
        all.add(self.pay_treasury().await);
        for card in self.launches(GRADUATED).await? {
            all.add(self.burn_left_over(card.token).await);
            all.add(self.collect_fees(card.token, card.adapter).await);
        }
        for card in self.launches(FAILED).await? {
            for asset in self.assets() {
                all.add(self.redirect(card.token, asset).await);
            }
        }
        all.sum()
    }

    async fn pay_treasury(&self) -> Result<u64> {
        let launchpad = self.at("launchpad")?;
        if self.view(launchpad, ILaunchpad::treasuryFeesOwedCall {}).await? < WORTH {
            return Ok(0);
        }
        self.send("pay the treasury its fees", launchpad, ILaunchpad::withdrawTreasuryCall {}, U256::ZERO).await
    }

    async fn burn_left_over(&self, mt: Address) -> Result<u64> {
        let rewards = self.at("reward-distributor")?;
        if self.view(rewards, IRewardDistributor::leftOverOfCall { mt }).await? < WORTH {
            return Ok(0);
        }
        let call = IRewardDistributor::burnLeftOverCall { mt };
        self.send(&format!("burn what is left of {mt}"), rewards, call, U256::ZERO).await
    }

    async fn collect_fees(&self, mt: Address, adapter: Address) -> Result<u64> {
        if self.client.account().is_none() {
            return Ok(0);
        }
        let call = ILiquidityAdapter::collectFeesCall { mt };
        let fees = self.client.simulate(adapter, call.clone(), U256::ZERO).await;
        // A pool without fees refuses.
        if !fees.is_ok_and(|fees| fees.mtBurned >= WORTH || fees.flock >= WORTH) {
            return Ok(0);
        }
        self.send(&format!("collect the fees of {mt}"), adapter, call, U256::ZERO).await
    }

    /// What a failed launch's own buybacks and its issuer would have got joins the FLOCK buyback (`protocol.md` §7).
    async fn redirect(&self, token: Address, asset: Address) -> Result<u64> {
        let splitter = self.at("revenue-splitter")?;
        let ledger = self.view(splitter, IRevenueSplitter::ledgerOfCall { token, asset }).await?;
        if ledger.mtBuyback <= ledger.mtBuybackLeft && ledger.issuer <= ledger.issuerLeft {
            return Ok(0);
        }
        let call = IRevenueSplitter::redirectFailedCall { token, asset };
        self.send(&format!("redirect what {token} cannot spend"), splitter, call, U256::ZERO).await
    }

    /// Records the price of two tokens' pool, where there is one and its newest record is a minute old.
    async fn record_price(&self, adapter: Address, token_a: Address, token_b: Address) -> Result<u64> {
        let pool = ILiquidityAdapter::poolOfCall { tokenA: token_a, tokenB: token_b };
        let Ok(pool) = self.view(adapter, pool).await else { return Ok(0) };
        if pool.is_zero() {
            return Ok(0);
        }
        let call = ILiquidityAdapter::observedSinceCall { tokenA: token_a, tokenB: token_b };
        let newest = self.view(adapter, call).await.map_or(0, |seen| seen.newest);
        if self.client.now().await? < newest.saturating_add(MINUTE) {
            return Ok(0);
        }
        let call = ILiquidityAdapter::recordObservationCall { tokenA: token_a, tokenB: token_b };
        // An empty pool is not observed; nothing is bought there either.
        if self.options.dry_run || self.client.simulate(adapter, call.clone(), U256::ZERO).await.is_err() {
            return Ok(0);
        }
        self.send(&format!("record the price of {token_a}"), adapter, call, U256::ZERO).await
    }

    /// Keeps every program of the record active.
    pub(super) async fn keep_alive(&self) -> Result<u64> {
        let mut all = All::default();
        for (name, contract) in &self.record.contracts {
            all.add(self.keep_alive_of(name, contract.address).await);
        }
        all.sum()
    }

    async fn keep_alive_of(&self, name: &str, program: Address) -> Result<u64> {
        let code = self.client.code(program).await?;
        if !code.starts_with(&PROGRAM) {
            return Ok(0);
        }
        let left = self.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }).await.ok();
        #[allow(clippy::cast_precision_loss, reason = "a gauge of days")]
        gauge!("fomo_keeper_program_days_left", "program" => name.to_owned())
            .set(left.map_or(0.0, |left| left as f64 / 86_400.0));
        let value = U256::from(DATA_FEE_LIMIT);
        match left {
            Some(left) if left >= SOON => Ok(0),
            Some(_) => {
                let call = IArbWasm::codehashKeepaliveCall { codehash: keccak256(&code) };
                self.send(&format!("keep {name} active"), ARB_WASM, call, value).await
            }
            None => {
                let call = IArbWasm::activateProgramCall { program };
                self.send(&format!("activate {name} again"), ARB_WASM, call, value).await
            }
        }
    }
}
