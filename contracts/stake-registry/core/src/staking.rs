//! Stakes of Model Tokens: in at once, out by a request and after a cooldown.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use fomo_access::abi::{Rows, selector};
use fomo_access::token;
use fomo_common::Timestamp;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageArray, StorageMap, StorageU256};

use crate::bits::{cut_u64, halves, join, narrow, wide};
use crate::error::{Error, Own};
use crate::history::{History, STAKE_BITS, TIME_BITS};
use crate::{StakeRegistry, event};

/// Requests of an account and token that can wait at once.
pub const MOST_REQUESTS: usize = 8;
/// Slots of requests, two in each.
const REQUEST_SLOTS: usize = MOST_REQUESTS / 2;

/// Whether a token can be staked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registration {
    /// Nobody has said so yet; the launchpad is asked.
    Unknown,
    /// The launchpad or the admin has.
    Registered,
    /// The admin took it back: the launchpad is not asked again.
    Unregistered,
}

const REGISTERED: u128 = 1;
const UNREGISTERED: u128 = 2;

/// A request to unstake: in half a slot, the time of maturing in its lower bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Request {
    amount: u128,
    due: Timestamp,
}

impl Request {
    fn unpack(half: u128) -> Self {
        Self { amount: half >> TIME_BITS, due: Timestamp(cut_u64(half, 0, TIME_BITS)) }
    }

    fn pack(&self) -> u128 {
        self.amount << TIME_BITS | u128::from(self.due.0)
    }
}

/// Requests as a number.
fn sum(requests: &[Request]) -> u128 {
    requests.iter().fold(0, |sum, request| sum.saturating_add(request.amount))
}

/// An account's stake of a token.
#[storage]
pub struct Staker {
    history: History,
    /// Requests that were not withdrawn, without gaps.
    requests: StorageArray<StorageU256, REQUEST_SLOTS>,
}

/// A token and its stakes.
#[storage]
pub struct Token {
    /// What is owed to stakers, requests included, and whether it is registered.
    state: StorageU256,
    total: History,
    stakers: StorageMap<Address, Staker>,
}

impl Staker {
    fn requests(&self) -> Vec<Request> {
        let mut requests = Vec::new();
        for slot in 0..REQUEST_SLOTS {
            let (second, first) = halves(self.requests.get(slot).unwrap_or_default());
            for half in [first, second] {
                if half == 0 {
                    return requests;
                }
                requests.push(Request::unpack(half));
            }
        }
        requests
    }

    /// Appends a request, reading no more slots than are full.
    fn push(&mut self, request: &Request) -> Result<(), Error> {
        for slot in 0..REQUEST_SLOTS {
            let Some(mut place) = self.requests.setter(slot) else { break };
            match halves(place.get()) {
                (0, 0) => place.set(join(0, request.pack())),
                (0, first) => place.set(join(request.pack(), first)),
                _ => continue,
            }
            return Ok(());
        }
        Err(Own::TooManyRequests.into())
    }

    /// Writes what is left of as many requests as there were.
    fn keep(&mut self, requests: &[Request], before: usize) {
        let mut halves = requests.iter().map(Request::pack);
        for slot in 0..before.div_ceil(2) {
            let (first, second) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            if let Some(mut place) = self.requests.setter(slot) {
                place.set(join(second, first));
            }
        }
    }
}

impl Token {
    fn registration(&self) -> Registration {
        match halves(self.state.get()).0 {
            REGISTERED => Registration::Registered,
            UNREGISTERED => Registration::Unregistered,
            _ => Registration::Unknown,
        }
    }

    fn set_registration(&mut self, registered: bool) {
        let held = halves(self.state.get()).1;
        self.state.set(join(if registered { REGISTERED } else { UNREGISTERED }, held));
    }

    fn held(&self) -> u128 {
        halves(self.state.get()).1
    }

    fn set_held(&mut self, held: Option<u128>) -> Result<U256, Error> {
        let held = held.ok_or(fomo_access::Error::TooLarge)?;
        let state = halves(self.state.get()).0;
        self.state.set(join(state, held));
        Ok(wide(held))
    }
}

impl StakeRegistry {
    pub(crate) fn stake_of_payer(&mut self, mt: Address, account: Address, amount: U256) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        if account.is_zero() {
            return Err(fomo_access::Error::ZeroAddress.into());
        }
        if amount.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        self.ensure_registered(mt)?;
        let (now, payer, added) = (self.now(), self.vm().msg_sender(), narrow(amount)?);
        let mut token = self.tokens.setter(mt);
        let held = token.held().checked_add(added);
        let held = token.set_held(held)?;
        let total_stake = wide(token.total.add(now, added)?);
        let stake = wide(token.stakers.setter(account).history.add(now, added)?);
        event::Staked { account, token: mt, payer, amount, stake, total_stake, held }.log(self.vm());
        let to = self.vm().contract_address();
        Ok(token::transfer_from(self.vm(), mt, payer, to, amount)?)
    }

    pub(crate) fn request(&mut self, mt: Address, amount: U256) -> Result<u64, Error> {
        if amount.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        let (now, account) = (self.now(), self.vm().msg_sender());
        // Where time stops, so that it fits.
        let due = Timestamp(now.after(self.cooldown()?)?.0.min((1 << TIME_BITS) - 1));
        let taken = narrow(amount).map_err(|_| Own::InsufficientStake)?;
        let mut token = self.tokens.setter(mt);
        let mut staker = token.stakers.setter(account);
        let stake = wide(staker.history.sub(now, taken)?);
        staker.push(&Request { amount: taken, due })?;
        let total_stake = wide(token.total.sub(now, taken)?);
        event::UnstakeRequested { account, token: mt, amount, due: due.0, stake, total_stake }.log(self.vm());
        Ok(due.0)
    }

    pub(crate) fn withdraw_matured(&mut self, mt: Address) -> Result<U256, Error> {
        let (now, account) = (self.now(), self.vm().msg_sender());
        let mut token = self.tokens.setter(mt);
        let mut staker = token.stakers.setter(account);
        let mut requests = staker.requests();
        let (before, all) = (requests.len(), sum(&requests));
        requests.retain(|request| request.due > now);
        if requests.len() == before {
            return Err(Own::NothingToWithdraw.into());
        }
        staker.keep(&requests, before);
        let waiting = sum(&requests);
        let matured = all.saturating_sub(waiting);
        let held = token.held().checked_sub(matured);
        let (held, amount) = (token.set_held(held)?, wide(matured));
        event::Withdrawn { account, token: mt, amount, waiting: wide(waiting), held }.log(self.vm());
        token::transfer(self.vm(), mt, account, amount)?;
        Ok(amount)
    }

    /// Asks the launchpad about a token that nobody has registered yet. It is asked before anything is written, and can change
    /// nothing; a yes is kept, since a launch does not go back on it.
    fn ensure_registered(&mut self, mt: Address) -> Result<(), Error> {
        match self.tokens.getter(mt).registration() {
            Registration::Registered => Ok(()),
            Registration::Unknown if self.launched(mt) => {
                self.register(mt, true);
                Ok(())
            }
            _ => Err(Own::TokenNotRegistered.into()),
        }
    }

    /// Whether the launchpad says that it made a token that exists: what has no code would accept every transfer. No answer is a no.
    fn launched(&self, mt: Address) -> bool {
        if !token::has_code(self.vm(), mt) {
            return false;
        }
        let selector = const { selector("isModelToken", &["address"]) };
        let answer = token::ask(self.vm(), self.launchpad.get(), selector, &[token::word(mt)]);
        answer == Ok(U256::ONE)
    }

    fn register(&mut self, mt: Address, by_launchpad: bool) {
        self.tokens.setter(mt).set_registration(true);
        event::TokenRegistered { token: mt, by_launchpad }.log(self.vm());
    }

    pub(crate) fn register_by_admin(&mut self, mt: Address) -> Result<(), Error> {
        if !token::has_code(self.vm(), mt) {
            return Err(fomo_access::Error::TokenCallFailed.into());
        }
        if self.tokens.getter(mt).registration() == Registration::Registered {
            return Err(Own::TokenAlreadyRegistered.into());
        }
        // All of it has to fit a stake, or one who stakes that much would keep everybody else out.
        let supply = token::ask(self.vm(), mt, const { selector("totalSupply", &[]) }, &[])?;
        if supply.bit_len() > STAKE_BITS {
            return Err(fomo_access::Error::TooLarge.into());
        }
        self.register(mt, false);
        Ok(())
    }

    pub(crate) fn unregister(&mut self, mt: Address) -> Result<(), Error> {
        if self.tokens.getter(mt).registration() == Registration::Unregistered {
            return Err(Own::TokenNotRegistered.into());
        }
        self.tokens.setter(mt).set_registration(false);
        event::TokenUnregistered { token: mt }.log(self.vm());
        Ok(())
    }

    pub(crate) fn stakeable(&self, mt: Address) -> bool {
        match self.tokens.getter(mt).registration() {
            Registration::Registered => true,
            Registration::Unknown => self.launched(mt),
            Registration::Unregistered => false,
        }
    }

    pub(crate) fn waiting_requests(&self, account: Address, mt: Address) -> Rows<2> {
        let requests = self.tokens.getter(mt).stakers.getter(account).requests();
        Rows(requests.into_iter().map(|request| [wide(request.amount), U256::from(request.due.0)]).collect())
    }

    pub(crate) fn held(&self, mt: Address) -> U256 {
        wide(self.tokens.getter(mt).held())
    }

    pub(crate) fn with_history<T>(&self, mt: Address, account: Address, read: impl FnOnce(&History) -> T) -> T {
        read(&self.tokens.getter(mt).stakers.getter(account).history)
    }

    pub(crate) fn with_total<T>(&self, mt: Address, read: impl FnOnce(&History) -> T) -> T {
        read(&self.tokens.getter(mt).total)
    }
}

impl Token {
    /// Stake-seconds of all, and of an account.
    pub(crate) fn histories(&self) -> (&History, &StorageMap<Address, Staker>) {
        (&self.total, &self.stakers)
    }
}

impl Staker {
    pub(crate) fn history(&self) -> &History {
        &self.history
    }
}
