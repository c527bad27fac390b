//! What the adapters of all venues share (`protocol.md` §4): liquidity goes in and stays, swaps go through.
//!
//! An adapter is also the locker: it holds the LP tokens of all liquidity that ever went through it, and has no way to move them. It decides
//! nothing by balances: what lies in a pool or here otherwise only helps those who come next. Anyone may seed and swap with its own tokens.
//!
//! Liquidity is added by transferring both tokens to the pool and calling its `mint`: a router compares with the pool's reserves, which a
//! donated wei and a `sync` can falsify. Donations to a pool without liquidity raise the opening price, never lower it.
extern crate alloc;

mod error;
pub mod event;
pub mod oracle;
pub mod pool;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Word, Words};
use fomo_access::{Access, CheckParameter, HasAccess, enter, role, token};
use fomo_common::Bps;
use fomo_common::math::{add, mul_div};
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU256};

pub use error::{Error, Own};
use oracle::{Oracle, Sums, at_price};

/// Who gets the FLOCK of collected fees.
pub const TREASURY: B256 = const { role("TREASURY") };
/// Most pools of a route.
const MAX_HOPS: usize = 8;

/// What differs from venue to venue.
pub trait Venue {
    /// The pool of two tokens; zero where there is none.
    ///
    /// # Errors
    /// The factory's own.
    fn pool(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error>;

    /// Makes the pool of two tokens.
    ///
    /// # Errors
    /// The factory's own.
    fn create(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error>;

    /// What a swap gives.
    ///
    /// # Errors
    /// [`Own::NoReserves`], or the pool's own.
    fn amount_out(vm: &VM, pool: Address, token_in: Address, side: &pool::Side, amount_in: U256)
    -> Result<U256, Error>;

    /// What a pool has summed up until now, its state of this second not counted.
    ///
    /// # Errors
    /// The pool's own.
    fn sums(vm: &VM, pool: Address) -> Result<Sums, Error>;

    /// The integrals of both prices, `token0`'s first, over the seconds between two sums; more than none. Modulo 2²⁵⁶.
    ///
    /// # Errors
    /// `DivisionByZero`, `Overflow` for a pool that had none of a token.
    fn integrals(from: &Sums, to: &Sums, seconds: u64) -> Result<(U256, U256), Error>;

    /// What a pool keeps of what goes in.
    ///
    /// # Errors
    /// The factory's own.
    fn fee(vm: &VM, factory: Address, pool: Address) -> Result<Bps, Error>;

    /// Takes the fees of liquidity that is held here; gives how much of `token0` and `token1`.
    ///
    /// # Errors
    /// The pool's own.
    fn claim_fees(vm: &VM, pool: Address) -> Result<(U256, U256), Error>;
}

/// An adapter's storage. Fields are only ever appended.
#[storage]
pub struct Adapter {
    access: Access,
    factory: StorageAddress,
    /// LP tokens locked here, by pool.
    locked: StorageMap<Address, StorageU256>,
    /// Observations, by pool.
    oracles: StorageMap<Address, Oracle>,
}

impl HasAccess for Adapter {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}

impl CheckParameter for Adapter {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        key == TREASURY && !value.is_zero() && value.bit_len() <= 160
    }
}

impl Adapter {
    /// Sets up the adapter: admin and guardian, FLOCK, the venue's factory, and who gets the FLOCK of collected fees.
    ///
    /// # Errors
    /// `AlreadyInitialized`, `ZeroAddress`, `TokenCallFailed` where FLOCK or the factory has no code.
    pub fn constructor(
        &mut self,
        admin: Address,
        guardian: Address,
        flock: Address,
        factory: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        self.access.initialize(admin, guardian)?;
        for contract in [flock, factory] {
            if !token::has_code(self.vm(), contract) {
                return Err(fomo_access::Error::TokenCallFailed.into());
            }
        }
        if treasury.is_zero() {
            return Err(fomo_access::Error::ZeroAddress.into());
        }
        self.access.pauses.set_token(flock);
        self.factory.set(factory);
        self.access.parameters.set(TREASURY, treasury.word())?;
        Ok(())
    }

    /// Pairs the caller's tokens in their pool, which is made if there is none, and locks the liquidity for ever. Gives the pool and the LP
    /// tokens. The caller has approved both amounts.
    ///
    /// Emits [`event::LiquidityLocked`].
    ///
    /// # Errors
    /// `SameToken`, `Reentered`, or what tokens, factory and pool revert with.
    pub fn seed<V: Venue>(
        &mut self,
        a: Address,
        b: Address,
        amount_a: U256,
        amount_b: U256,
    ) -> Result<Words<2>, Error> {
        enter(self.vm())?;
        if a == b {
            return Err(Own::SameToken.into());
        }
        let (caller, factory) = (self.vm().msg_sender(), self.factory.get());
        let known = V::pool(self.vm(), factory, a, b)?;
        let pool = if known.is_zero() { V::create(self.vm(), factory, a, b)? } else { known };
        let pool = pool::existing(pool)?;
        token::transfer_from(self.vm(), a, caller, pool, amount_a)?;
        token::transfer_from(self.vm(), b, caller, pool, amount_b)?;
        let liquidity = pool::mint(self.vm(), pool, self.vm().contract_address())?;
        // Only now is known how much it is. Re-entry is refused, so that nobody sees the ledger before.
        let locked = add(self.locked.get(pool), liquidity)?;
        self.locked.insert(pool, locked);
        event::LiquidityLocked { pool, token_a: a, token_b: b, amount_a, amount_b, liquidity, locked }.log(self.vm());
        Ok(Words([pool.word(), liquidity]))
    }

    /// Swaps the caller's `amount_in` of the route's first token, which it has approved, along the route; `to` gets at least `min_out` of the last.
    /// Gives how much. `deadline` is the last second at which it may happen.
    ///
    /// Emits [`event::Swapped`].
    ///
    /// # Errors
    /// `DeadlinePassed`, `RouteOutOfRange`, `NoPool`, `NoReserves`, `BelowMinimum`, `Reentered`, or what tokens and pools revert with.
    pub fn swap<V: Venue>(
        &mut self,
        route: Vec<Address>,
        amount_in: U256,
        min_out: U256,
        to: Address,
        deadline: u64,
    ) -> Result<U256, Error> {
        enter(self.vm())?;
        if self.vm().block_timestamp() > deadline {
            return Err(Own::DeadlinePassed.into());
        }
        let hops = self.hops::<V>(&route, amount_in)?;
        let (Some(first), Some(last)) = (hops.first(), hops.last()) else { return Err(Own::RouteOutOfRange.into()) };
        if last.amount_out < min_out {
            return Err(Own::BelowMinimum.into());
        }
        let (caller, amount_out, token_out) = (self.vm().msg_sender(), last.amount_out, last.token_out);
        token::transfer_from(self.vm(), first.token_in, caller, first.pool, amount_in)?;
        for (index, hop) in hops.iter().enumerate() {
            let next = hops.get(index.saturating_add(1)).map_or(to, |next| next.pool);
            pool::swap(self.vm(), hop.pool, hop.zero_for_one, hop.amount_out, next)?;
        }
        event::Swapped { caller, token_in: first.token_in, token_out, to, amount_in, amount_out }.log(self.vm());
        Ok(amount_out)
    }

    /// What [`Self::swap`] would give now.
    ///
    /// # Errors
    /// `RouteOutOfRange`, `NoPool`, `NoReserves`, or what the pools revert with.
    pub fn quote<V: Venue>(&self, route: Vec<Address>, amount_in: U256) -> Result<U256, Error> {
        let hops = self.hops::<V>(&route, amount_in)?;
        hops.last().map(|hop| hop.amount_out).ok_or_else(|| Own::RouteOutOfRange.into())
    }

    /// Takes the fees of the locked liquidity of a Model Token's pool with FLOCK: the MT are burned, the FLOCK go to the treasury. By anyone.
    /// Where fees stay in the pool, as on Uniswap V2, there are none to take.
    ///
    /// Emits [`event::FeesCollected`].
    ///
    /// # Errors
    /// `NoPool`, `Reentered`, or what pool and tokens revert with.
    pub fn collect_fees<V: Venue>(&mut self, mt: Address) -> Result<Words<2>, Error> {
        enter(self.vm())?;
        let flock = self.access.pauses.token();
        if mt == flock {
            return Err(Own::SameToken.into());
        }
        let pool = self.pool_of::<V>(mt, flock)?;
        let (fee0, fee1) = V::claim_fees(self.vm(), pool)?;
        let mt_first = pool::side(self.vm(), pool, mt)?.zero_for_one;
        let (mt_burned, fees) = if mt_first { (fee0, fee1) } else { (fee1, fee0) };
        event::FeesCollected { pool, token: mt, mt_burned, flock: fees }.log(self.vm());
        if !mt_burned.is_zero() {
            token::call(self.vm(), mt, function_selector!("burn", U256), &[mt_burned])?;
        }
        if !fees.is_zero() {
            let treasury = Address::from_word(self.access.parameters.get(TREASURY)?.into());
            token::transfer(self.vm(), flock, treasury, fees)?;
        }
        Ok(Words([mt_burned, fees]))
    }

    /// Records what the pool of two tokens has summed up until now. By anyone, every minute.
    ///
    /// Emits [`event::ObservationRecorded`].
    ///
    /// # Errors
    /// `NoPool`, `NoReserves`, `ObservedRecently`, `Reentered`, or the pool's own.
    pub fn record_observation<V: Venue>(&mut self, a: Address, b: Address) -> Result<(), Error> {
        enter(self.vm())?;
        let pool = self.pool_of::<V>(a, b)?;
        let side = pool::side(self.vm(), pool, a)?;
        if side.reserve_in.is_zero() || side.reserve_out.is_zero() {
            return Err(Own::NoReserves.into());
        }
        let point = self.oracles.setter(pool).record::<V>(pool)?;
        let (time, (integral0, integral1)) = (point.time, point.integrals);
        event::ObservationRecorded { pool, time, integral0, integral1 }.log(self.vm());
        Ok(())
    }

    /// The time of the observation that the price of two tokens' pool counts from now, and of its newest.
    ///
    /// # Errors
    /// `NoPool`, `NoObservation`.
    pub fn observed_since<V: Venue>(&self, a: Address, b: Address) -> Result<(u64, u64), Error> {
        let oracle = self.oracles.getter(self.pool_of::<V>(a, b)?);
        Ok((oracle.since()?.time, oracle.newest().unwrap_or_default().time))
    }

    /// What an amount would give along a route at time-weighted prices, without fees and without moving them.
    ///
    /// # Errors
    /// `RouteOutOfRange`, `NoPool`, `NoObservation`, or what the pools revert with.
    pub fn time_weighted_out<V: Venue>(&self, route: Vec<Address>, amount_in: U256) -> Result<U256, Error> {
        let mut amount = amount_in;
        for place in self.places::<V>(&route)? {
            amount = at_price(amount, self.price::<V>(&place)?)?;
        }
        Ok(amount)
    }

    /// How deep a route is: the thinnest of its pools' reserves of what goes in, as an amount of its first token at time-weighted prices, and
    /// what this amount would give, without fees and without moving them.
    ///
    /// # Errors
    /// As [`Self::time_weighted_out`].
    pub fn depth<V: Venue>(&self, route: Vec<Address>) -> Result<Words<2>, Error> {
        let (mut depth, mut amount) = (U256::MAX, U256::MAX);
        for place in self.places::<V>(&route)? {
            let reserve = pool::side(self.vm(), place.pool, place.token_in)?.reserve_in;
            if reserve < amount {
                depth = if depth == U256::MAX { reserve } else { mul_div(depth, reserve, amount)? };
                amount = reserve;
            }
            amount = at_price(amount, self.price::<V>(&place)?)?;
        }
        Ok(Words([depth, amount]))
    }

    /// What each pool of a route keeps of what goes in, in bps.
    ///
    /// # Errors
    /// `RouteOutOfRange`, `NoPool`, or the factory's own.
    pub fn fees<V: Venue>(&self, route: Vec<Address>) -> Result<Vec<u16>, Error> {
        let places = self.places::<V>(&route)?;
        places.iter().map(|place| Ok(V::fee(self.vm(), self.factory.get(), place.pool)?.get())).collect()
    }

    /// The pool of two tokens.
    ///
    /// # Errors
    /// `NoPool`, or the factory's own.
    pub fn pool_of<V: Venue>(&self, a: Address, b: Address) -> Result<Address, Error> {
        pool::existing(V::pool(self.vm(), self.factory.get(), a, b)?)
    }

    /// What a pool of two tokens holds of each, in their order.
    ///
    /// # Errors
    /// `NoPool`, or the pool's own.
    pub fn reserves<V: Venue>(&self, a: Address, b: Address) -> Result<Words<2>, Error> {
        let side = pool::side(self.vm(), self.pool_of::<V>(a, b)?, a)?;
        Ok(Words([side.reserve_in, side.reserve_out]))
    }

    /// LP tokens of a pool that are locked here.
    pub fn locked(&self, pool: Address) -> U256 {
        self.locked.get(pool)
    }

    /// The venue's factory.
    pub fn factory(&self) -> Address {
        self.factory.get()
    }

    fn price<V: Venue>(&self, place: &Place) -> Result<U256, Error> {
        let token0 = token::ask(self.vm(), place.pool, function_selector!("token0"), &[])?;
        self.oracles.getter(place.pool).price::<V>(place.pool, token0 == place.token_in.word())
    }

    fn places<V: Venue>(&self, route: &[Address]) -> Result<Vec<Place>, Error> {
        if route.len() < 2 || route.len().saturating_sub(1) > MAX_HOPS {
            return Err(Own::RouteOutOfRange.into());
        }
        let mut places = Vec::with_capacity(route.len());
        for pair in route.windows(2) {
            let [token_in, token_out] = *pair else { return Err(Own::RouteOutOfRange.into()) };
            places.push(Place { pool: self.pool_of::<V>(token_in, token_out)?, token_in, token_out });
        }
        Ok(places)
    }

    fn hops<V: Venue>(&self, route: &[Address], mut amount: U256) -> Result<Vec<Hop>, Error> {
        let mut hops = Vec::with_capacity(route.len());
        for Place { pool, token_in, token_out } in self.places::<V>(route)? {
            let side = pool::side(self.vm(), pool, token_in)?;
            amount = V::amount_out(self.vm(), pool, token_in, &side, amount)?;
            hops.push(Hop { pool, token_in, token_out, zero_for_one: side.zero_for_one, amount_out: amount });
        }
        Ok(hops)
    }
}

/// A pool of a route.
struct Place {
    pool: Address,
    token_in: Address,
    token_out: Address,
}

/// A pool of a route, and what comes out of it.
struct Hop {
    pool: Address,
    token_in: Address,
    token_out: Address,
    zero_for_one: bool,
    amount_out: U256,
}
