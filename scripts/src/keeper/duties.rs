//! What anybody may do: graduations, prices, buybacks, programs.

use alloy::primitives::{Address, U256, keccak256};
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
/// Seconds between records of a price: the adapters take one a minute.
const MINUTE: u64 = 60;
/// Seconds of an activation from which on it is renewed.
const SOON: u64 = 60 * 86_400;
/// Wei that an activation may cost; what it does not cost comes back.
const DATA_FEE_LIMIT: u128 = 10_000_000_000_000_000;
/// What begins the code of a program.
const PROGRAM: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Seconds until which a buyback has to be mined.
const DEADLINE: u64 = 300;

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
        let (launchpad, mut sent, mut failed) = (self.at("launchpad")?, 0, None);
        for card in self.launches(SUCCEEDED).await? {
            let (token, what) = (card.token, format!("graduate {}", card.token));
            match self.send(&what, launchpad, ILaunchpad::graduateCall { token }, U256::ZERO).await {
                Ok(one) => sent += one,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(sent), Err)
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

    /// Buys back what is due. Prices are recorded of the pools that a full bucket is to be spent in, and of no other.
    pub(super) async fn buy_back(&self) -> Result<u64> {
        let (splitter, flock) = (self.at("revenue-splitter")?, self.at("flock")?);
        let (mut sent, mut failed) = (0, None);
        let graduated = self.launches(GRADUATED).await?;
        for asset in self.assets() {
            let mut buckets = Vec::new();
            let totals = self.view(splitter, IRevenueSplitter::totalsOfCall { asset }).await?;
            if totals.flockBuyback > totals.flockBuybackLeft {
                buckets.push((flock, None));
            }
            for card in &graduated {
                let ledger = self.view(splitter, IRevenueSplitter::ledgerOfCall { token: card.token, asset }).await?;
                if ledger.mtBuyback > ledger.mtBuybackLeft {
                    buckets.push((card.token, Some(card.adapter)));
                }
            }
            for (token, adapter) in buckets {
                match self.spend(splitter, asset, token, adapter).await {
                    Ok(more) => sent += more,
                    Err(error) => failed = Some(error),
                }
            }
        }
        failed.map_or(Ok(sent), Err)
    }

    /// Records the prices on the way of a bucket, and spends it where it can be.
    async fn spend(&self, splitter: Address, asset: Address, token: Address, adapter: Option<Address>) -> Result<u64> {
        let flock = self.at("flock")?;
        let parameter = async |kind| -> Result<Address> {
            let key = IRevenueSplitter::parameterKeyCall { kind: word(kind)?, of_: asset };
            let key = self.view(splitter, key).await?;
            // One that was never set is none.
            let value = self.view(splitter, IAccess::parameterCall { key }).await.unwrap_or_default();
            Ok(Address::from_word(value.into()))
        };
        let (route, via) = (parameter("ROUT").await?, parameter("VIAT").await?);
        if route.is_zero() {
            return Ok(0);
        }
        let mut pools =
            if via.is_zero() { vec![(route, asset, flock)] } else { vec![(route, asset, via), (route, via, flock)] };
        pools.extend(adapter.map(|adapter| (adapter, token, flock)));
        let mut sent = 0;
        for (adapter, a, b) in pools {
            sent += self.record_price(adapter, a, b).await?;
        }
        Ok(sent + self.buy_back_of(splitter, token, asset, flock).await?)
    }

    /// What lies about for whom it belongs to: fees of locked liquidity, left-overs of ended streams, the treasury's fees.
    pub(super) async fn collect(&self) -> Result<u64> {
        let (launchpad, rewards) = (self.at("launchpad")?, self.at("reward-distributor")?);
        let mut sent = 0;
        if !self.view(launchpad, ILaunchpad::treasuryFeesOwedCall {}).await?.is_zero() {
            let call = ILaunchpad::withdrawTreasuryCall {};
            sent += self.send("pay the treasury its fees", launchpad, call, U256::ZERO).await?;
        }
        for card in self.launches(GRADUATED).await? {
            let mt = card.token;
            if !self.view(rewards, IRewardDistributor::leftOverOfCall { mt }).await?.is_zero() {
                let call = IRewardDistributor::burnLeftOverCall { mt };
                sent += self.send(&format!("burn what is left of {mt}"), rewards, call, U256::ZERO).await?;
            }
            let call = ILiquidityAdapter::collectFeesCall { mt };
            if self.client.account().is_none() {
                continue;
            }
            let fees = self.client.simulate(card.adapter, call.clone(), U256::ZERO).await;
            if fees.is_ok_and(|fees| !fees.mtBurned.is_zero() || !fees.flock.is_zero()) {
                sent += self.send(&format!("collect the fees of {mt}"), card.adapter, call, U256::ZERO).await?;
            }
        }
        Ok(sent)
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

    async fn buy_back_of(&self, splitter: Address, token: Address, asset: Address, flock: Address) -> Result<u64> {
        let now = self.client.now().await?;
        let terms = self.view(splitter, IRevenueSplitter::buybackTermsCall { token, asset }).await;
        // Without a route, a price or anything in the bucket it waits: the splitter says which.
        let Ok(terms) = terms else { return Ok(0) };
        let next = self.view(splitter, IRevenueSplitter::nextBuybackCall { token, asset }).await?;
        if terms.spends.is_zero() || now < next {
            return Ok(0);
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

    /// Keeps every program of the record active.
    pub(super) async fn keep_alive(&self) -> Result<u64> {
        let (mut sent, mut failed) = (0, None);
        for (name, contract) in &self.record.contracts {
            match self.keep_alive_of(name, contract.address).await {
                Ok(one) => sent += one,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(sent), Err)
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
