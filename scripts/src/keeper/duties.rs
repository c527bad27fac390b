//! What anybody may do: graduations, prices, buybacks, programs.

use std::collections::BTreeSet;
use std::future::Future;

use alloy::primitives::{Address, U256, keccak256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::Result;
use fomo_chain::precompiles::ARB_WASM;
use futures_util::StreamExt;
use futures_util::stream;
use metrics::{counter, gauge};

use super::Keeper;
use crate::abi::{IAccess, IArbWasm, ILaunchpad, ILens, ILiquidityAdapter, IRevenueSplitter, IRewardDistributor};
use crate::client::unless_refused;
use crate::wallet::amount::word;

/// Launches or pools that are asked for at once: one after the other, a hundred of them would take longer than a minute.
const AT_ONCE: usize = 8;
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

/// A pool on the way of a buyback: its adapter and its tokens.
type Pool = (Address, Address, Address);

/// What a buyback can spend: of which stablecoin, for which token, by which pools, and from when on.
struct Bucket {
    asset: Address,
    token: Address,
    pools: Vec<Pool>,
    next: u64,
}

/// What a stablecoin is spent by: the least of a buyback, and the pools on its way to FLOCK.
struct Way {
    least: U256,
    pools: Vec<Pool>,
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

    /// What was found, and nothing where it failed.
    fn found<T>(&mut self, one: Result<Option<T>>) -> Option<T> {
        one.unwrap_or_else(|error| {
            self.failed = Some(error);
            None
        })
    }

    /// How many there were, or the last failure.
    fn sum(self) -> Result<u64> {
        self.failed.map_or(Ok(self.sent), Err)
    }
}

/// From when on a buyback's prices have to have been recorded, with what is looked for before that.
const fn before_window(now: u64) -> u64 {
    now.saturating_sub(HALF_HOUR + APART)
}

/// Whether records of these times, in their order, leave no gap in the last half-hour.
fn are_close(times: &[u64], now: u64) -> bool {
    let begin = before_window(now);
    let mut before = begin;
    for time in times.iter().copied().filter(|time| *time > begin).chain([now]) {
        if time.saturating_sub(before) > APART {
            return false;
        }
        before = time;
    }
    true
}

/// Does some of these at once, and hands out what came of each in their order.
async fn at_once<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(all).buffered(AT_ONCE).collect().await
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

    /// Buckets of which a buyback can spend at least its least. One that cannot be asked for keeps no other.
    async fn buckets(&self, all: &mut All) -> Result<Vec<Bucket>> {
        let (splitter, flock) = (self.at("revenue-splitter")?, self.at("flock")?);
        if !self.may_buy_back(splitter).await? {
            return Ok(Vec::new());
        }
        let graduated = self.launches(GRADUATED).await?;
        let mut buckets = Vec::new();
        for asset in self.assets() {
            let Some(way) = all.found(self.way(asset, flock).await) else { continue };
            buckets.extend(all.found(self.flock_bucket(asset, flock, &way).await));
            let asked = graduated.iter().map(|card| self.bucket_of(card, asset, flock, &way));
            for one in at_once(asked).await {
                buckets.extend(all.found(one));
            }
        }
        Ok(buckets)
    }

    /// The way of a stablecoin, if it has one and a least that is spent.
    async fn way(&self, asset: Address, flock: Address) -> Result<Option<Way>> {
        let (limits, route) = (self.parameter("SPND", asset).await?, self.parameter("ROUT", asset).await?);
        let (least, route) = (limits.wrapping_shl(160).wrapping_shr(160), Address::from_word(route.into()));
        if least.is_zero() || route.is_zero() {
            return Ok(None);
        }
        let via = Address::from_word(self.parameter("VIAT", asset).await?.into());
        let way = [asset, via, flock].into_iter().filter(|token| !token.is_zero()).collect::<Vec<_>>();
        let pools = way.iter().zip(way.iter().skip(1)).map(|(a, b)| (route, *a, *b)).collect();
        Ok(Some(Way { least, pools }))
    }

    async fn flock_bucket(&self, asset: Address, flock: Address, way: &Way) -> Result<Option<Bucket>> {
        let totals = self.view(self.at("revenue-splitter")?, IRevenueSplitter::totalsOfCall { asset }).await?;
        let left = totals.flockBuyback.saturating_sub(totals.flockBuybackLeft);
        self.bucket(asset, flock, left, way.least, way.pools.clone()).await
    }

    async fn bucket_of(
        &self,
        card: &ILens::LaunchCard,
        asset: Address,
        flock: Address,
        way: &Way,
    ) -> Result<Option<Bucket>> {
        let (token, splitter) = (card.token, self.at("revenue-splitter")?);
        let ledger = self.view(splitter, IRevenueSplitter::ledgerOfCall { token, asset }).await?;
        let left = ledger.mtBuyback.saturating_sub(ledger.mtBuybackLeft);
        let pools = [way.pools.as_slice(), &[(card.adapter, token, flock)]].concat();
        self.bucket(asset, token, left, way.least, pools).await
    }

    /// A bucket with so much left in it, if that is the least.
    async fn bucket(
        &self,
        asset: Address,
        token: Address,
        left: U256,
        least: U256,
        pools: Vec<Pool>,
    ) -> Result<Option<Bucket>> {
        if left < least {
            return Ok(None);
        }
        let call = IRevenueSplitter::nextBuybackCall { token, asset };
        let next = self.view(self.at("revenue-splitter")?, call).await?;
        Ok(Some(Bucket { asset, token, pools, next }))
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
        Ok(unless_refused(self.view(splitter, IAccess::parameterCall { key }).await)?.unwrap_or_default())
    }

    /// Records the prices on the way of every bucket that is to be spent within the next half-hour, and of no other. How many records were
    /// sent.
    pub(super) async fn record_prices(&self) -> Result<u64> {
        let mut all = All::default();
        let (buckets, now) = (self.buckets(&mut all).await?, self.client.now().await?);
        let soon = buckets.iter().filter(|bucket| bucket.next <= now.saturating_add(AHEAD));
        let pools: BTreeSet<_> = soon.flat_map(|bucket| bucket.pools.iter().copied()).collect();
        for one in at_once(pools.into_iter().map(|pool| self.record_price(pool))).await {
            all.add(one);
        }
        all.sum()
    }

    /// Buys back what is due, where its prices were recorded all along.
    pub(super) async fn buy_back(&self) -> Result<u64> {
        let (mut all, mut waiting) = (All::default(), 0_u32);
        let (mut due, now) = (self.buckets(&mut all).await?, self.client.now().await?);
        due.retain(|bucket| bucket.next <= now);
        if !due.is_empty() {
            let from = self.client.block_since(before_window(now), self.record.first_block()).await?;
            for bucket in &due {
                match self.spend(bucket, from).await {
                    Ok(Some(sent)) => all.add(Ok(sent)),
                    Ok(None) => waiting = waiting.saturating_add(1),
                    Err(error) => all.add(Err(error)),
                }
            }
        }
        gauge!("fomo_keeper_buybacks_waiting").set(f64::from(waiting));
        all.sum()
    }

    /// Spends a bucket that is due; nothing where it waits for prices. Their records are looked for from a block on that is older than the
    /// half-hour.
    async fn spend(&self, bucket: &Bucket, from: u64) -> Result<Option<u64>> {
        let Bucket { asset, token, .. } = *bucket;
        let (splitter, flock, now) = (self.at("revenue-splitter")?, self.at("flock")?, self.client.now().await?);
        for pool in &bucket.pools {
            if !self.is_recorded(*pool, from, now).await? {
                tracing::info!(%token, %asset, "a buyback waits for half an hour of prices");
                return Ok(None);
            }
        }
        // Where a pool is too thin for the least it waits as well: the splitter says which.
        let terms = self.view(splitter, IRevenueSplitter::buybackTermsCall { token, asset }).await;
        let Some(terms) = unless_refused(terms)? else { return Ok(Some(0)) };
        let (deadline, what) = (now.saturating_add(DEADLINE), format!("buy back {token} for {}", terms.spends));
        let sent = if token == flock {
            self.send(&what, splitter, IRevenueSplitter::buybackFlockCall { asset, deadline }, U256::ZERO).await?
        } else {
            self.send(&what, splitter, IRevenueSplitter::buybackMtCall { token, asset, deadline }, U256::ZERO).await?
        };
        counter!("fomo_keeper_buybacks_total").increment(sent);
        Ok(Some(sent))
    }

    /// The pool of two tokens, if there is one.
    async fn pool(&self, (adapter, token_a, token_b): Pool) -> Result<Option<Address>> {
        let pool = self.view(adapter, ILiquidityAdapter::poolOfCall { tokenA: token_a, tokenB: token_b }).await;
        Ok(unless_refused(pool)?.filter(|pool| !pool.is_zero()))
    }

    /// Whether a pool's price was recorded all through the last half-hour, by whomever, never more than two minutes apart: no moment
    /// weighs more than that in the mean.
    async fn is_recorded(&self, pool: Pool, from: u64, now: u64) -> Result<bool> {
        let Some(found) = self.pool(pool).await? else { return Ok(false) };
        let filter = Filter::new().address(pool.0).topic1(found);
        let filter = filter.event_signature(ILiquidityAdapter::ObservationRecorded::SIGNATURE_HASH);
        let mut times = Vec::new();
        for log in self.client.logs(&filter, from, self.client.head().await?).await? {
            times.push(ILiquidityAdapter::ObservationRecorded::decode_log_data(log.data())?.time);
        }
        Ok(are_close(&times, now))
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
        // A pool without fees refuses.
        let fees = unless_refused(self.client.simulate(adapter, call.clone(), U256::ZERO).await)?;
        if !fees.is_some_and(|fees| fees.mtBurned >= WORTH || fees.flock >= WORTH) {
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
    async fn record_price(&self, pool: Pool) -> Result<u64> {
        let (adapter, token_a, token_b) = pool;
        if self.pool(pool).await?.is_none() {
            return Ok(0);
        }
        let call = ILiquidityAdapter::observedSinceCall { tokenA: token_a, tokenB: token_b };
        let newest = unless_refused(self.view(adapter, call).await)?.map_or(0, |seen| seen.newest);
        if self.options.dry_run || self.client.now().await? < newest.saturating_add(MINUTE) {
            return Ok(0);
        }
        let call = ILiquidityAdapter::recordObservationCall { tokenA: token_a, tokenB: token_b };
        // An empty pool is not observed; nothing is bought there either.
        if unless_refused(self.client.simulate(adapter, call.clone(), U256::ZERO).await)?.is_none() {
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
        // One that has expired refuses.
        let left = unless_refused(self.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }).await)?;
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

#[cfg(test)]
mod tests {
    use alloy::primitives::Bytes;
    use alloy::providers::mock::Asserter;
    use alloy::rpc::json_rpc::ErrorPayload;
    use alloy::sol_types::SolCall;

    use super::super::{Client, Keeper, Options};
    use super::{Address, All, IAccess, IRevenueSplitter, U256, are_close};
    use crate::client::deployment::{Contract, Deployment};

    fn unset(answers: &Asserter) {
        answers.push_failure(ErrorPayload { code: 3, message: "execution reverted".into(), data: None });
    }

    #[tokio::test]
    async fn a_parameter_is_zero_where_it_was_never_set_and_nothing_where_the_node_does_not_say() {
        let (options, answers) = (Options::typed(&["keeper"]), Asserter::new());
        let contracts = [("revenue-splitter".to_owned(), Contract::default())].into();
        let record = Deployment { contracts, ..Deployment::default() };
        let keeper = Keeper::new(Client::mocked(&answers, None), record, &options);
        let say = |bytes: Vec<u8>| answers.push_success(&Bytes::from(bytes));
        let key = || say(IRevenueSplitter::parameterKeyCall::abi_encode_returns(&Default::default()));
        key();
        answers.push_failure_msg("busy");
        assert!(keeper.parameter("SPND", Address::ZERO).await.is_err());
        key();
        unset(&answers);
        assert_eq!(keeper.parameter("SPND", Address::ZERO).await.unwrap(), U256::ZERO);
        // A way without a least is none: every bucket, with nothing in it, would have it.
        for set in [false, true] {
            key();
            if set {
                say(IAccess::parameterCall::abi_encode_returns(&U256::ONE))
            } else {
                unset(&answers)
            }
            key();
            say(IAccess::parameterCall::abi_encode_returns(&U256::from(7)));
            if set {
                key();
                unset(&answers);
            }
            let way = keeper.way(Address::repeat_byte(1), Address::repeat_byte(2)).await.unwrap();
            assert_eq!(way.map(|way| (way.least, way.pools.len())), set.then_some((U256::ONE, 1)));
        }
        assert!(answers.pop_response().is_none());
    }

    #[test]
    fn records_are_close_where_none_is_two_minutes_from_the_next() {
        let now = 100_000;
        let minutes = |apart: u64| (0..=34 * 60 / apart).rev().map(|n| now - n * apart).collect::<Vec<_>>();
        assert!(are_close(&minutes(60), now) && are_close(&minutes(120), now));
        assert!(!are_close(&minutes(121), now) && !are_close(&[], now) && !are_close(&[now], now));
        assert!(are_close(&minutes(60), now + 120) && !are_close(&minutes(60), now + 121), "the last is not long ago");
        // What was before the half-hour matters no more, however far it is from the rest.
        let late = [&[now - 9_000][..], &minutes(60)].concat();
        assert!(are_close(&late, now));
    }

    #[test]
    fn what_cannot_be_found_keeps_nothing_else_and_is_told() {
        let mut all = All::default();
        assert_eq!(
            [all.found(Err(anyhow::anyhow!("busy"))), all.found(Ok(Some(1))), all.found(Ok(None))],
            [None, Some(1), None]
        );
        all.add(Ok(2));
        assert!(all.sum().unwrap_err().to_string().contains("busy"));
    }
}
