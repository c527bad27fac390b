//! The launchpad (`protocol.md` §2-§4): an issuer launches a model, supporters buy on the curve with FLOCK, and it ends either in a
//! token with a locked market that opens at the curve's closing price, or in everybody getting back all but the launch fee.
//!
//! A launch is named by the address that its Model Token has or will have. FLOCK of all launches lies here; what belongs to
//! whom is in ledgers, and balances are never asked: what is sent here otherwise changes nothing and is nobody's.
//!
//! Three programs share this code and one storage: the launchpad itself answers what happens often, its desk creates and graduates, its office
//! has the rest. All of it in one would be over what Arbitrum takes, and entering a program costs gas for its size.
//!
//! Amounts are in 10⁻¹⁸ of a token, times in seconds, shares in bps. Quotes and lists for wallets are in the lens.
extern crate alloc;

mod clone;
mod create;
mod error;
mod event;
mod graduate;
mod launch;
pub mod parameters;
mod sale;
mod views;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Arguments, CONSTRUCTOR, Word, Words};
use fomo_access::text::Text;
use fomo_access::{Access, HasAccess, enter, token};
use stylus_sdk::ArbResult;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU256};

pub use error::{Error, Own};
use launch::{Record, Sale, StoragePair, Texts};
pub use launch::{State, Terms};
pub use sale::Quote;
pub use views::{LaunchFields, SaleFields};

/// The launchpad's storage. Fields are only ever appended.
#[storage]
pub struct Launchpad {
    /// The program of what happens seldom: creation and graduation.
    desk: StorageAddress,
    /// The program of everything else.
    office: StorageAddress,
    access: Access,
    /// What every Model Token is a clone of.
    implementation: StorageAddress,
    vesting: StorageAddress,
    distributor: StorageAddress,
    count: StorageU256,
    tokens: StorageMap<U256, StorageAddress>,
    sales: StorageMap<Address, Sale>,
    records: StorageMap<Address, Record>,
    /// FLOCK taken from a buyer, and MT allocated to it, by launch and buyer.
    positions: StorageMap<Address, StorageMap<Address, StoragePair>>,
    /// Released fees of issuers.
    owed: StorageMap<Address, StorageU256>,
    /// Released fees of the protocol.
    treasury_owed: StorageU256,
}

impl Launchpad {
    /// Passes a call on to the desk, whose code runs on this contract's storage. The first call of all is the constructor's, which brings
    /// the addresses of desk and office as its first arguments and is the office's.
    pub fn ask_desk(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        if selector == CONSTRUCTOR {
            if !self.desk.get().is_zero() {
                return Some(Err(fomo_access::Error::AlreadyInitialized.into()));
            }
            let mut arguments = Arguments::new(data);
            self.desk.set(arguments.take()?);
            self.office.set(arguments.take()?);
            return self.ask_office(selector, data);
        }
        Some(self.delegate(self.desk.get(), selector, data))
    }

    /// Passes a call on to the office.
    pub fn ask_office(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        Some(self.delegate(self.office.get(), selector, data))
    }

    fn delegate(&self, to: Address, selector: [u8; 4], data: &[u8]) -> ArbResult {
        if !token::has_code(self.vm(), to) {
            return Err(fomo_access::Error::TokenCallFailed.into());
        }
        token::delegate(self.vm(), to, &[&selector[..], data].concat())
    }

    /// Sets up the contract: desk and office, which [`Self::ask_desk`] has noted, its admin and guardian, FLOCK, the Model Token's
    /// implementation, the vesting and the reward contract, and who gets the protocol's fees. All but admin, guardian and treasury are final.
    ///
    /// # Errors
    /// `ZeroAddress`; `TokenCallFailed` where a contract has no code; `Unauthorized` of an office that is called by itself.
    #[allow(clippy::too_many_arguments)]
    pub fn constructor(
        &mut self,
        desk: Address,
        office: Address,
        admin: Address,
        guardian: Address,
        flock: Address,
        implementation: Address,
        vesting: Address,
        distributor: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        // Noted by the launchpad before it delegates, and by nobody else.
        if self.office.get() != office || office.is_zero() {
            return Err(fomo_access::Error::Unauthorized.into());
        }
        self.access.initialize(admin, guardian)?;
        for contract in [desk, office, flock, implementation, vesting, distributor] {
            if !token::has_code(self.vm(), contract) {
                return Err(fomo_access::Error::TokenCallFailed.into());
            }
        }
        self.access.pauses.set_token(flock);
        self.implementation.set(implementation);
        self.vesting.set(vesting);
        self.distributor.set(distributor);
        self.set_defaults(treasury)
    }

    /// Launches a model: takes the launch fee and the bundled first buy, if any, from the caller, who becomes the issuer.
    /// Gives the address of the token to be.
    ///
    /// * `model_type`: decides the targets. `model_id`: the platform's identifier of the model. `venue`: where it will trade.
    /// * `name`, `symbol`: 1 to 31 bytes. `metadata_uri`: up to 256.
    /// * `start`: first second of the sale, the next one if that is past; at most 30 days ahead. `duration`: 1 hour to 30 days.
    /// * `surcharge`: whether early buyers pay the anti-sniper tax; then at least 3 hours.
    /// * `bundled_offer`: FLOCK of the issuer's first buy, fees included, 0 for none: at most 25 % of the supply, below T_min;
    ///   its MT vest like the issuer's. `bundled_min_out`: the least MT for it.
    /// * `max_launch_fee`: most FLOCK that the launch may cost. `deadline`: the last second at which it may happen.
    ///
    /// Emits `LaunchCreated`, [`event::LaunchConfigured`], and [`event::Purchased`] for a bundled buy.
    ///
    /// # Errors
    /// `DeadlinePassed`, `AboveMaximumIn`, `EnforcedPause`, `UnknownModelType`, `UnknownVenue`, `TextOutOfRange`, `StartOutOfRange`, `DurationOutOfRange`, `BundleTooLarge`,
    /// `BundleReachesMinimum`, `NothingBought`, `BelowMinimumOut`, `Reentered`, or the token's own.
    #[allow(clippy::too_many_arguments)]
    pub fn create_launch(
        &mut self,
        model_type: B256,
        model_id: B256,
        venue: B256,
        name: Text,
        symbol: Text,
        metadata_uri: Text,
        start: u64,
        duration: u64,
        surcharge: bool,
        bundled_offer: U256,
        bundled_min_out: U256,
        max_launch_fee: U256,
        deadline: u64,
    ) -> Result<Address, Error> {
        enter(self.vm())?;
        self.only_by(deadline)?;
        if self.launch_fee()? > max_launch_fee {
            return Err(Own::AboveMaximumIn.into());
        }
        let texts = Texts { name, symbol, metadata_uri };
        let order = create::Order { model_type, model_id, venue, start, duration, surcharge };
        self.create(order, texts, bundled_offer, bundled_min_out)
    }

    /// Buys with at most `offered` FLOCK, fees included; gives what was taken and the MT allocated.
    ///
    /// The buy that reaches T_max is filled to it, and takes less. `min_out` is for the whole offer and is pro-rated:
    /// `out · offered ≥ min_out · taken`. `deadline` is the last second at which it may happen.
    ///
    /// Emits [`event::Purchased`], and [`event::RaiseFilled`] where it reached T_max.
    ///
    /// # Errors
    /// `EnforcedPause`, `UnknownLaunch`, `NotRaising`, `DeadlinePassed`, `NothingBought`, `BelowMinimumOut`, `Reentered`, or FLOCK's own.
    pub fn buy(&mut self, token: Address, offered: U256, min_out: U256, deadline: u64) -> Result<(U256, U256), Error> {
        enter(self.vm())?;
        self.buy_with(token, offered, min_out, deadline)
    }

    /// Buys at least `mt` for at most `max_in` FLOCK, fees included; gives what was taken and the MT allocated.
    ///
    /// # Errors
    /// `AboveMaximumIn`, `OverTarget` for more than the curve sells before T_max; otherwise as [`Self::buy`].
    pub fn buy_exact(&mut self, token: Address, mt: U256, max_in: U256, deadline: u64) -> Result<(U256, U256), Error> {
        enter(self.vm())?;
        self.buy_exactly(token, mt, max_in, deadline)
    }

    /// What [`Self::buy`] with the same offer would do now: FLOCK taken, of it into the curve, MT, trading fees to protocol and issuer,
    /// surcharge, and the tax of all of it in bps.
    ///
    /// # Errors
    /// As [`Self::buy`].
    pub fn quote_buy(&self, token: Address, offered: U256) -> Result<Quote, Error> {
        self.quote(token, offered)
    }

    /// What [`Self::buy_exact`] would do now; the fields are those of [`Self::quote_buy`].
    ///
    /// # Errors
    /// As [`Self::buy_exact`].
    pub fn quote_buy_exact(&self, token: Address, mt: U256) -> Result<Quote, Error> {
        self.quote_exact(token, mt)
    }

    /// [`Self::buy`] with an EIP-2612 permit of the caller for `offered` FLOCK. A permit that was used before, by whomever, does no
    /// harm: what counts is the allowance.
    ///
    /// # Errors
    /// As [`Self::buy`].
    #[allow(clippy::too_many_arguments)]
    pub fn buy_with_permit(
        &mut self,
        token: Address,
        offered: U256,
        min_out: U256,
        deadline: u64,
        permit_deadline: U256,
        v: u8,
        r: B256,
        s: B256,
    ) -> Result<(U256, U256), Error> {
        enter(self.vm())?;
        self.permit(offered, permit_deadline, v, r, s);
        self.buy_with(token, offered, min_out, deadline)
    }

    /// Graduates a launch that succeeded: makes the token, seeds and locks its market, funds its reward stream, begins the
    /// vestings, releases the fees. By anyone, once. Gives the pool.
    ///
    /// Emits [`event::Graduated`] and [`event::FeesReleased`].
    ///
    /// # Errors
    /// `UnknownLaunch`, `NotSucceeded`, `Reentered`.
    pub fn graduate(&mut self, token: Address) -> Result<Address, Error> {
        enter(self.vm())?;
        self.graduate_launch(token)
    }

    /// Pays the caller the MT that it bought, once the launch has graduated.
    ///
    /// Emits [`event::SaleClaimed`].
    ///
    /// # Errors
    /// `UnknownLaunch`, `NotGraduated`, `NothingToClaim`, `Reentered`.
    pub fn claim(&mut self, token: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.claim_sale(token)
    }

    /// Pays the caller back all FLOCK that it paid into a failed launch: principal, fees and surcharge.
    ///
    /// Emits [`event::Refunded`].
    ///
    /// # Errors
    /// `UnknownLaunch`, `NotFailed`, `NothingToClaim`, `Reentered`.
    pub fn refund(&mut self, token: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.refund_buyer(token)
    }

    /// Pays the caller the issuer's fees of its graduated launches.
    ///
    /// Emits [`event::FeesWithdrawn`].
    ///
    /// # Errors
    /// `NothingToClaim`, `Reentered`.
    pub fn withdraw_fees(&mut self) -> Result<U256, Error> {
        enter(self.vm())?;
        let account = self.vm().msg_sender();
        let amount = self.owed.replace(account, U256::ZERO);
        self.pay_fees(account, amount)
    }

    /// Pays the treasury the protocol's fees: launch fees, and the fees and surcharges of graduated launches. By anyone.
    ///
    /// Emits [`event::FeesWithdrawn`].
    ///
    /// # Errors
    /// `NothingToClaim`, `Reentered`.
    pub fn withdraw_treasury(&mut self) -> Result<U256, Error> {
        enter(self.vm())?;
        let amount = self.treasury_owed.get();
        self.treasury_owed.set(U256::ZERO);
        let treasury = self.treasury()?;
        self.pay_fees(treasury, amount)
    }

    /// Where a launch is: 0 none, 1 scheduled, 2 raising, 3 succeeded, 4 graduated, 5 failed.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn state(&self, token: Address) -> Result<u8, Error> {
        Ok(self.state_of(token)? as u8)
    }

    /// What is frozen into a launch: issuer, adapter, launch id, model id, model type, T_min, T_max, fees to protocol and issuer, φ,
    /// whether there is a surcharge, cliff and length of the vestings, duration of the sale without pauses.
    ///
    /// # Errors
    /// `UnknownLaunch`.
    pub fn launch(&self, token: Address) -> Result<LaunchFields, Error> {
        self.launch_fields(token)
    }

    /// Where the sale is: state, start, end as it stands, FLOCK raised, MT sold, reserves x and y, escrowed fees of protocol and
    /// issuer, escrowed surcharges, the issuer's bundled MT, the tax of a buy now, and the first second at which a launch that has
    /// succeeded cannot graduate any more, or zero.
    ///
    /// # Errors
    /// `UnknownLaunch`.
    pub fn sale(&self, token: Address) -> Result<SaleFields, Error> {
        self.sale_fields(token)
    }

    /// FLOCK taken from a buyer and MT allocated to it that are neither refunded nor claimed. A bundled buy counts in the FLOCK only.
    pub fn position(&self, token: Address, buyer: Address) -> (U256, U256) {
        self.positions.getter(token).getter(buyer).get()
    }

    /// Whether it is a token of this launchpad that exists.
    pub fn is_model_token(&self, token: Address) -> bool {
        self.sales.getter(token).terms().is_some_and(|terms| terms.graduated)
    }

    /// How many launches there are.
    pub fn launch_count(&self) -> U256 {
        self.count.get()
    }

    /// The token of a launch by its number, from zero; zero for none.
    pub fn launch_at(&self, index: U256) -> Address {
        self.tokens.get(index)
    }

    /// Name, symbol and metadata URI are read from `LaunchCreated` or the token; this is the URI before there is a token.
    pub fn metadata_uri(&self, token: Address) -> Text {
        Texts::unpack(&self.records.getter(token).texts.get()).metadata_uri
    }

    /// Released fees that an issuer can withdraw.
    pub fn fees_owed(&self, account: Address) -> U256 {
        self.owed.get(account)
    }

    /// Released fees that the treasury can withdraw.
    pub fn treasury_fees_owed(&self) -> U256 {
        self.treasury_owed.get()
    }

    /// The contracts that it was set up with: FLOCK, the Model Token's implementation, vesting, rewards.
    pub fn contracts(&self) -> Words<4> {
        let (flock, implementation) = (self.access.pauses.token(), self.implementation.get());
        Words([flock, implementation, self.vesting.get(), self.distributor.get()].map(Word::word))
    }

    /// The parameter under which a model type's targets are: T_min, and 2⁹⁶ times T_max.
    pub fn model_type_key(&self, model_type: B256) -> B256 {
        Self::model_type_key_of(model_type)
    }

    /// The parameter under which a venue's adapter is.
    pub fn venue_key(&self, venue: B256) -> B256 {
        Self::venue_key_of(venue)
    }
}

impl HasAccess for Launchpad {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}
