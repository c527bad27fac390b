//! The lens (`protocol.md` §9): what wallets and indexers want of many launches in one call, for which the contracts themselves have no room.
//!
//! It has no storage, no roles and no money. Every function is told which launchpad it is about, and the launchpad says where its
//! vestings are; so one lens does for all of them, and one that is wrong is replaced without a word to anybody.
//!
//! Lists come in pages of at most 200: of the launches (or vestings) numbered from `offset` on, at most `limit`, those that qualify.
//! The number of all is `launchCount()` of the launchpad, or `count()` of its vesting contract.
//!
//! What an account has everywhere ([`Lens::account`], [`Lens::holdings`]) and why a day paid it nothing ([`Lens::reasons`]) is asked of the stake
//! registry and the reward distributor too, which the caller names: no contract of the suite says where all others are.
extern crate alloc;

mod error;

use alloc::vec;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Rows, Word, Words, selector};
use fomo_access::{role, routes, token};
use fomo_common::Bps;
use fomo_common::curve::{Curve, Reserves, TradingFee};
use stylus_sdk::prelude::*;

pub use error::{Error, Own};

/// Longest page.
const LONGEST_PAGE: u64 = 200;
/// States as the launchpad numbers them.
const SCHEDULED: u64 = 1;
const RAISING: u64 = 2;
const SUCCEEDED: u64 = 3;
const GRADUATED: u64 = 4;
const FAILED: u64 = 5;
/// Seconds of an epoch.
const DAY: u64 = 86_400;
/// Bits of the distributor's `whyZero`: no stake that day, a model id that names no such token, a token that was not supported.
const NO_STAKE: U256 = U256::from_limbs([2, 0, 0, 0]);
const UNKNOWN_MODEL: U256 = U256::from_limbs([4, 0, 0, 0]);
const NOT_SUPPORTED: U256 = U256::from_limbs([8, 0, 0, 0]);
/// Those that no token has a part in: locks near their end, the epoch was voided.
const OF_DAY: U256 = U256::from_limbs([16 | 32, 0, 0, 0]);
/// The parameter that says where stakes are.
const REGISTRY: B256 = const { role("REGISTRY") };
const PARAMETER_AT: [u8; 4] = selector("parameterAt", &["bytes32", "uint64"]);

/// The contract: nothing is stored.
#[storage]
pub struct Lens {}

/// See [`Lens::launch_card`].
pub type Card = Words<CARD>;
const CARD: usize = 16;

/// A launch as its launchpad tells it.
struct Launch {
    token: Address,
    frozen: [U256; 14],
    sale: [U256; 13],
}

impl Launch {
    fn state(&self) -> u64 {
        self.sale[0].saturating_to()
    }

    fn fee(&self) -> Result<TradingFee, Error> {
        Ok(TradingFee::new(bps(self.frozen[7])?, bps(self.frozen[8])?)?)
    }

    fn curve(&self) -> Result<Curve, Error> {
        Ok(Curve::new(self.frozen[6], bps(self.frozen[9])?)?)
    }

    /// Seconds until the state changes by itself: to the start, the end, or the last chance to graduate; else zero.
    fn time_left(&self, now: u64) -> u64 {
        let until = match self.state() {
            SCHEDULED => self.sale[1],
            RAISING => self.sale[2],
            SUCCEEDED => self.sale[12],
            _ => U256::ZERO,
        };
        until.saturating_to::<u64>().saturating_sub(now)
    }

    /// The first second without the anti-sniper surcharge, if no pause is lifted or added; zero where there is none (any more).
    ///
    /// The tax falls by a percentage point a whole minute, from 99 % to the trading fee. The sale's end has every pause so far in it.
    fn surcharge_end(&self) -> Result<u64, Error> {
        let fee = self.fee()?.total();
        if self.sale[11] == fee.raw() {
            return Ok(0);
        }
        let above = u64::from(9_900_u16.saturating_sub(fee.get()));
        let [end, duration] = [self.sale[2], self.frozen[13]].map(|word| word.saturating_to::<u64>());
        Ok(end.saturating_sub(duration).saturating_add(above.div_ceil(100).saturating_mul(60)))
    }

    fn card(&self, now: u64) -> Result<[U256; CARD], Error> {
        let [state, start, end, raised, sold, ..] = self.sale;
        let [creator, adapter, _, model_id, _, min, max, ..] = self.frozen;
        let price = self.curve()?.spot(raised)?;
        let fee = self.fee()?.total().raw();
        let (left, surcharge_end) = (self.time_left(now).word(), self.surcharge_end()?.word());
        Ok([
            self.token.word(),
            creator,
            adapter,
            model_id,
            state,
            start,
            end,
            left,
            min,
            max,
            raised,
            sold,
            price,
            fee,
            self.sale[11],
            surcharge_end,
        ])
    }
}

fn bps(word: U256) -> Result<Bps, Error> {
    Ok(Bps::new(word.saturating_to())?)
}

fn check_page(limit: u64) -> Result<(), Error> {
    if limit > LONGEST_PAGE { Err(Own::PageTooLong.into()) } else { Ok(()) }
}

impl Lens {
    /// A launch: token, issuer, adapter, model id, state, start, end as it stands, seconds until the state changes by itself, T_min, T_max,
    /// FLOCK raised, MT sold, price (FLOCK of an MT, 10⁻¹⁸, down), trading fee in bps, what a buy pays now in bps, and the first second
    /// without the surcharge (0 where there is none any more).
    ///
    /// # Errors
    /// `UnknownLaunch` of the launchpad; `TokenCallFailed` where that is none.
    pub fn launch_card(&self, launchpad: Address, token: Address) -> Result<Card, Error> {
        Ok(Words(self.read(launchpad, token)?.card(self.vm().block_timestamp())?))
    }

    /// The launches numbered from `offset` on, at most `limit`, each as in [`Self::launch_card`].
    ///
    /// # Errors
    /// `PageTooLong`; `TokenCallFailed` where the launchpad is none.
    pub fn launch_cards(&self, launchpad: Address, offset: u64, limit: u64) -> Result<Rows<CARD>, Error> {
        let now = self.vm().block_timestamp();
        let mut cards = Vec::new();
        for token in self.tokens(launchpad, offset, limit)? {
            cards.push(self.read(launchpad, token)?.card(now)?);
        }
        Ok(Rows(cards))
    }

    /// Where an account has a part in the launches numbered from `offset` on, at most `limit`: token, state, FLOCK that was taken, MT allocated,
    /// what a claim would pay now, what a refund would pay now.
    ///
    /// # Errors
    /// As [`Self::launch_cards`].
    pub fn positions(&self, launchpad: Address, account: Address, offset: u64, limit: u64) -> Result<Rows<6>, Error> {
        let (position, state) =
            const { (selector("position", &["address", "address"]), selector("state", &["address"])) };
        let mut rows = Vec::new();
        for token in self.tokens(launchpad, offset, limit)? {
            let words = [token.word(), account.word()];
            let [flock, mt] = token::ask_words(self.vm(), launchpad, position, &words)?;
            if flock.is_zero() && mt.is_zero() {
                continue;
            }
            let state = token::ask(self.vm(), launchpad, state, &[token.word()])?;
            let of = |wanted: u64, amount| if state == U256::from(wanted) { amount } else { U256::ZERO };
            rows.push([token.word(), state, flock, mt, of(GRADUATED, mt), of(FAILED, flock)]);
        }
        Ok(Rows(rows))
    }

    /// What a graduation with the raise as it is would do, whatever the launch's state: FLOCK paired, MT paired, FLOCK of the Reserved
    /// FLOCK tranche, MT burned, MT vesting for the issuer (its bundled buy included), MT vesting for the platform, opening price
    /// (FLOCK of an MT, 10⁻¹⁸, down).
    ///
    /// # Errors
    /// As [`Self::launch_card`].
    pub fn preview_graduation(&self, launchpad: Address, token: Address) -> Result<Words<7>, Error> {
        let launch = self.read(launchpad, token)?;
        let [.., mt, flock, _, _, _, bundled, _, _] = launch.sale;
        let curve = launch.curve()?;
        let end = curve.graduation(&Reserves { mt, flock })?;
        let price = curve.spot(launch.sale[3])?;
        let issuer = fomo_common::math::add(end.mt_issuer, bundled)?;
        let (flock_paired, reserved) = (end.flock_liquidity, end.flock_reserved);
        Ok(Words([flock_paired, end.mt_liquidity, reserved, end.mt_burned, issuer, end.mt_platform, price]))
    }

    /// The vestings of an account among those numbered from `offset` on, at most `limit`: number, token, total, released, what a release
    /// would pay now, start, first second of releases, end.
    ///
    /// # Errors
    /// As [`Self::launch_cards`].
    pub fn vestings(&self, launchpad: Address, account: Address, offset: u64, limit: u64) -> Result<Rows<8>, Error> {
        check_page(limit)?;
        let vesting = self.vesting_of(launchpad)?;
        let [count, one, releasable] =
            const { [selector("count", &[]), selector("vesting", &["uint256"]), selector("releasable", &["uint256"])] };
        let count = token::ask(self.vm(), vesting, count, &[])?.saturating_to::<u64>();
        let mut rows = Vec::new();
        for id in (offset..offset.saturating_add(limit).min(count)).map(U256::from) {
            let [mt, beneficiary, _, total, released, start, cliff, length] =
                token::ask_words(self.vm(), vesting, one, &[id])?;
            if beneficiary == account.word() {
                let now = token::ask(self.vm(), vesting, releasable, &[id])?;
                let [cliff, end] = [cliff, length].map(|after| start.saturating_add(after));
                rows.push([id, mt, total, released, now, start, cliff, end]);
            }
        }
        Ok(Rows(rows))
    }

    /// What an account has beside its tokens: FLOCK in its wallet, FLOCK rewards that it can claim, fees of its launches that it can withdraw, FLOCK in
    /// open locks, of it in locks that are over, their number, effective gmFLOCK (10⁻¹⁸, down), multiplier (10⁻¹⁸).
    ///
    /// # Errors
    /// `TokenCallFailed` where one of the contracts is none.
    pub fn account(
        &self,
        launchpad: Address,
        registry: Address,
        rewards: Address,
        account: Address,
    ) -> Result<Words<8>, Error> {
        const MOST_LOCKS: u64 = 16;
        let (flock_of, locks_of) =
            const { (selector("contracts", &[]), selector("locksOf", &["address", "uint64", "uint64"])) };
        let who = account.word();
        let flock = Address::from_word(B256::from(token::ask(self.vm(), launchpad, flock_of, &[])?));
        let locks = token::ask_list(self.vm(), registry, locks_of, &[who, U256::ZERO, MOST_LOCKS.word()])?;
        let now = self.vm().block_timestamp().word();
        let [mut locked, mut over, mut count] = [U256::ZERO; 3];
        for lock in locks.as_chunks::<4>().0 {
            let [_, amount, _, unlock] = *lock;
            locked = locked.saturating_add(amount);
            over = if unlock <= now { over.saturating_add(amount) } else { over };
            count = count.saturating_add(U256::ONE);
        }
        let of = |contract, function| token::ask(self.vm(), contract, function, &[who]);
        let [claimable, fees, effective, multiplier] = const {
            [
                selector("claimableFlock", &["address"]),
                selector("feesOwed", &["address"]),
                selector("effectiveBalance", &["address"]),
                selector("multiplier", &["address"]),
            ]
        };
        let (claimable, fees) = (of(rewards, claimable)?, of(launchpad, fees)?);
        let (effective, multiplier) = (of(registry, effective)?, of(registry, multiplier)?);
        let wallet = token::balance_of(self.vm(), flock, account)?;
        Ok(Words([wallet, claimable, fees, locked, over, count, effective, multiplier]))
    }

    /// What an account has of the tokens of the launches numbered from `offset` on, at most `limit`, where it has anything: token, state, MT in
    /// its wallet, what a claim of the sale and what a refund would pay now, stake, MT in requests to unstake, what of them a withdrawal would
    /// pay now, MT rewards that it can claim, average stake of the last ended day, discount in bps.
    ///
    /// # Errors
    /// As [`Self::launch_cards`]; `TokenCallFailed` where a contract is none.
    pub fn holdings(
        &self,
        launchpad: Address,
        registry: Address,
        rewards: Address,
        account: Address,
        offset: u64,
        limit: u64,
    ) -> Result<Rows<11>, Error> {
        let (position, state) =
            const { (selector("position", &["address", "address"]), selector("state", &["address"])) };
        let mut rows = Vec::new();
        for token in self.tokens(launchpad, offset, limit)? {
            let words = [token.word(), account.word()];
            let [flock, mt] = token::ask_words(self.vm(), launchpad, position, &words)?;
            let state = token::ask(self.vm(), launchpad, state, &[token.word()])?;
            let mut row = [U256::ZERO; 11];
            if state == U256::from(GRADUATED) {
                row = self.held(registry, rewards, account, token)?;
                row[3] = mt;
            } else if state == U256::from(FAILED) {
                row[4] = flock;
            }
            if row.iter().any(|word| !word.is_zero()) || !flock.is_zero() {
                (row[0], row[1]) = (token.word(), state);
                rows.push(row);
            }
        }
        Ok(Rows(rows))
    }

    /// A row of [`Self::holdings`] without what the launchpad says.
    fn held(&self, registry: Address, rewards: Address, account: Address, mt: Address) -> Result<[U256; 11], Error> {
        let [stake, requests, average, discount, claimable] = const {
            [
                selector("stakeOf", &["address", "address"]),
                selector("requestsOf", &["address", "address"]),
                selector("averageStake", &["address", "address", "uint64"]),
                selector("discountBps", &["address", "address"]),
                selector("claimableMt", &["address", "address"]),
            ]
        };
        let now = self.vm().block_timestamp();
        let words = [account.word(), mt.word()];
        let of = |contract, function| token::ask(self.vm(), contract, function, &words);
        let [mut waiting, mut matured] = [U256::ZERO; 2];
        for request in token::ask_list(self.vm(), registry, requests, &words)?.as_chunks::<2>().0 {
            let [amount, due] = *request;
            waiting = waiting.saturating_add(amount);
            matured = if due <= now.word() { matured.saturating_add(amount) } else { matured };
        }
        let wallet = token::balance_of(self.vm(), mt, account)?;
        let (stake, claimable, discount) = (of(registry, stake)?, of(rewards, claimable)?, of(registry, discount)?);
        let yesterday = (now / DAY).saturating_sub(1).word();
        let average = token::ask(self.vm(), registry, average, &[words[0], words[1], yesterday])?;
        let none = U256::ZERO;
        Ok([none, none, wallet, none, none, stake, waiting, matured, claimable, average, discount])
    }

    /// What a day was for an account that used the tokens of the launches numbered from `offset` on, at most `limit`, that have graduated: token, key
    /// that a report names it by, spend of all its users in micro-USD, their rows, pools of Global FLOCK, Reserved FLOCK and MT Reward, and
    /// why the account earned less than it expected, in the bits of `whyZero`: those of the token itself, whatever its issuer says that its
    /// model id is.
    ///
    /// # Errors
    /// As [`Self::launch_cards`]; `TokenCallFailed` where the distributor is none.
    pub fn reasons(
        &self,
        launchpad: Address,
        rewards: Address,
        account: Address,
        epoch: u64,
        offset: u64,
        limit: u64,
    ) -> Result<Rows<8>, Error> {
        let [alpha, day, why, state] = const {
            [
                selector("alphaAt", &["uint64"]),
                selector("dayOf", &["address", "uint64"]),
                selector("whyZero", &["address", "bytes32", "uint64", "uint64"]),
                selector("state", &["address"]),
            ]
        };
        let [_, season] = token::ask_words(self.vm(), rewards, alpha, &[epoch.word()])?;
        let mut rows = Vec::new();
        for token in self.tokens(launchpad, offset, limit)? {
            if token::ask(self.vm(), launchpad, state, &[token.word()])? != U256::from(GRADUATED) {
                continue;
            }
            // The first season's reports name the token, later ones its model id.
            let key = if season > U256::ONE { self.read(launchpad, token)?.frozen[3] } else { token.word() };
            let [spend, count, _, _, global, reserved, mt] =
                token::ask_words(self.vm(), rewards, day, &[token.word(), epoch.word()])?;
            let words = [account.word(), key, epoch.word(), U256::ONE];
            let mut why = token::ask(self.vm(), rewards, why, &words)?;
            if season > U256::ONE && self.named(rewards, key, epoch)? != token.word() {
                why = why & OF_DAY | self.of_unnamed(rewards, account, token, epoch)?;
            }
            rows.push([token.word(), key, spend, count, global, reserved, mt, why]);
        }
        Ok(Rows(rows))
    }

    /// The token that a model id was for on a day, supported or not; zero for none.
    fn named(&self, rewards: Address, id: U256, epoch: u64) -> Result<U256, Error> {
        let key = token::ask(self.vm(), rewards, const { selector("modelKey", &["bytes32"]) }, &[id])?;
        Ok(token::ask(self.vm(), rewards, PARAMETER_AT, &[key, epoch.word()]).unwrap_or_default())
    }

    /// What `whyZero` would say of a token itself, which the model id of its launch did not name that day. An issuer chooses that id as it
    /// likes: the distributor answers about whichever token it is for.
    fn of_unnamed(&self, rewards: Address, account: Address, mt: Address, epoch: u64) -> Result<U256, Error> {
        let (supported, stake) = const {
            (
                selector("supportedAt", &["address", "uint64"]),
                selector("stakeSecondsOf", &["address", "address", "uint64"]),
            )
        };
        let registry = token::ask(self.vm(), rewards, PARAMETER_AT, &[REGISTRY.word(), epoch.word()])?;
        let registry = Address::from_word(registry.into());
        let mut why = UNKNOWN_MODEL;
        if token::ask(self.vm(), rewards, supported, &[mt.word(), epoch.word()])?.is_zero() {
            why |= NOT_SUPPORTED;
        }
        if token::ask(self.vm(), registry, stake, &[account.word(), mt.word(), epoch.word()])?.is_zero() {
            why |= NO_STAKE;
        }
        Ok(why)
    }

    fn read(&self, launchpad: Address, token: Address) -> Result<Launch, Error> {
        let (launch, sale) = const { (selector("launch", &["address"]), selector("sale", &["address"])) };
        let words = [token.word()];
        let frozen = token::ask_words(self.vm(), launchpad, launch, &words)?;
        Ok(Launch { token, frozen, sale: token::ask_words(self.vm(), launchpad, sale, &words)? })
    }

    fn tokens(&self, launchpad: Address, offset: u64, limit: u64) -> Result<Vec<Address>, Error> {
        check_page(limit)?;
        let (count, at) = const { (selector("launchCount", &[]), selector("launchAt", &["uint256"])) };
        let count = token::ask(self.vm(), launchpad, count, &[])?.saturating_to::<u64>();
        let numbers = offset..offset.saturating_add(limit).min(count);
        let token = |number: u64| token::ask(self.vm(), launchpad, at, &[number.word()]);
        numbers.map(|number| Ok(Address::from_word(B256::from(token(number)?)))).collect()
    }

    fn vesting_of(&self, launchpad: Address) -> Result<Address, Error> {
        let contracts = const { selector("contracts", &[]) };
        let [_, _, vesting] = token::ask_words(self.vm(), launchpad, contracts, &[])?;
        Ok(Address::from_word(B256::from(vesting)))
    }
}

routes! { Lens;
    "launchCard" => launch_card(Address, Address);
    "launchCards" => launch_cards(Address, u64, u64);
    "positions" => positions(Address, Address, u64, u64);
    "previewGraduation" => preview_graduation(Address, Address);
    "account" => account(Address, Address, Address, Address);
    "holdings" => holdings(Address, Address, Address, Address, u64, u64);
    "reasons" => reasons(Address, Address, Address, u64, u64, u64);
    "vestings" => vestings(Address, Address, u64, u64);
}
