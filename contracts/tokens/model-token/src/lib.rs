//! The Model Token (MT): the fixed supply of one model deployment (`protocol.md` §2).
//!
//! ERC-20 with metadata, EIP-2612 permits and burning, of OpenZeppelin's audited parts. One implementation is
//! activated; every token is an ERC-1167 clone of it, which its factory initialises in the transaction that makes it.
//! Nobody owns a token: after [`ModelToken::initialize`] there is no minting, pausing or upgrading.
//!
//! Amounts are in the token's smallest unit, 10⁻¹⁸ MT.
extern crate alloc;

mod domain;
mod error;
mod event;
mod text;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U8, U256, keccak256, uint};
use fomo_erc20::route_erc20;
use openzeppelin_stylus::token::erc20::extensions::IErc20Burnable;
use openzeppelin_stylus::token::erc20::extensions::permit::{self, Erc20Permit, IErc20Permit};
use openzeppelin_stylus::token::erc20::{Erc20, IErc20};
use openzeppelin_stylus::utils::nonces::{INonces, Nonces};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageB256};

pub use domain::{DomainFields, NamedDomain};
pub use error::Error;
use error::{AlreadyInitialized, InvalidIssuer, TextTooLong};
pub use text::Text;
use text::{LongText, ShortText};

/// Supply of every Model Token: 1,000,000 MT.
const SUPPLY: U256 = uint!(1_000_000_000_000_000_000_000_000_U256);

/// The token's storage. Clones share it with the implementation: fields are only ever appended.
#[entrypoint]
#[storage]
pub struct ModelToken {
    erc20: Erc20,
    nonces: Nonces,
    permit: Erc20Permit<NamedDomain>,
    name: ShortText,
    symbol: ShortText,
    /// Zero until the token is initialised; the implementation's own address where it is locked.
    factory: StorageAddress,
    issuer: StorageAddress,
    launch_id: StorageB256,
    model_id: StorageB256,
    metadata_uri: LongText,
}

#[public]
#[implements(IErc20<Error = permit::Error>, INonces, IErc20Permit<Error = permit::Error>)]
impl ModelToken {
    /// Locks the bare implementation, which is never a token itself.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`] where a token is asked to run it. A clone that is no token yet is locked by it for
    /// good: who makes clones initialises them in the same transaction.
    #[constructor]
    pub fn constructor(&mut self) -> Result<(), Error> {
        self.only_once()?;
        let implementation = self.vm().contract_address();
        self.factory.set(implementation);
        Ok(())
    }

    /// Makes the clone a token and mints its whole supply of 1,000,000 MT to `holder`. The caller becomes its factory.
    ///
    /// * `launch_id`: the launch that it comes from, which is the salt of its CREATE2 address.
    /// * `model_id`: the platform's identifier of the deployment's model.
    /// * `name`, `symbol`: of up to 31 bytes each.
    /// * `metadata_uri`: where its description is; may be empty.
    ///
    /// Emits [`event::ModelTokenInitialized`] and a `Transfer` from the zero address.
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`] the second time and on the implementation; [`Error::InvalidIssuer`] for the zero
    /// address; [`Error::TextTooLong`] if name or symbol has over 31 bytes; [`Error::Mint`] if `holder` is the zero address.
    #[allow(clippy::too_many_arguments)]
    pub fn initialize(
        &mut self,
        issuer: Address,
        launch_id: B256,
        model_id: B256,
        holder: Address,
        name: Text,
        symbol: Text,
        metadata_uri: Text,
    ) -> Result<(), Error> {
        self.only_once()?;
        if issuer.is_zero() {
            return Err(Error::InvalidIssuer(InvalidIssuer { issuer }));
        }
        let factory = self.vm().msg_sender();
        self.factory.set(factory);
        self.issuer.set(issuer);
        self.launch_id.set(launch_id);
        self.model_id.set(model_id);
        self.metadata_uri.set(&metadata_uri);
        NamedDomain::set_name_hash(keccak256(&name.0));
        if !(self.name.set(&name) && self.symbol.set(&symbol)) {
            return Err(Error::TextTooLong(TextTooLong {}));
        }
        self.erc20._mint(holder, SUPPLY)?;
        event::initialized(self.vm(), factory, issuer, launch_id, (model_id, holder, name, symbol, metadata_uri));
        Ok(())
    }

    /// Name of the token.
    pub fn name(&self) -> Text {
        self.name.get()
    }

    /// Symbol of the token.
    pub fn symbol(&self) -> Text {
        self.symbol.get()
    }

    /// Decimals of an amount shown to people: 18.
    pub fn decimals(&self) -> U8 {
        uint!(18_U8)
    }

    /// Destroys `value` of the caller's tokens; the supply goes down by it.
    ///
    /// # Errors
    /// [`permit::Error::InsufficientBalance`].
    pub fn burn(&mut self, value: U256) -> Result<(), permit::Error> {
        Ok(self.erc20.burn(value)?)
    }

    /// Destroys `value` of another's tokens out of the caller's allowance.
    ///
    /// # Errors
    /// [`permit::Error::InsufficientAllowance`], [`permit::Error::InsufficientBalance`].
    pub fn burn_from(&mut self, account: Address, value: U256) -> Result<(), permit::Error> {
        Ok(self.erc20.burn_from(account, value)?)
    }

    /// The domain that permits are signed for (EIP-5267): the token's own name, version "1", chain and address.
    #[selector(name = "eip712Domain")]
    pub fn eip712_domain(&self) -> DomainFields {
        DomainFields { name: self.name.get() }
    }

    /// Who initialised it: its launchpad. Zero for an address that is no token yet.
    pub fn factory(&self) -> Address {
        self.factory.get()
    }

    /// Who launched it.
    pub fn issuer(&self) -> Address {
        self.issuer.get()
    }

    /// The launch that it comes from.
    pub fn launch_id(&self) -> B256 {
        self.launch_id.get()
    }

    /// The platform's identifier of its model.
    pub fn model_id(&self) -> B256 {
        self.model_id.get()
    }

    /// Where its description is.
    #[selector(name = "metadataURI")]
    pub fn metadata_uri(&self) -> Text {
        self.metadata_uri.get()
    }
}

impl ModelToken {
    fn only_once(&self) -> Result<(), Error> {
        if self.factory.get().is_zero() { Ok(()) } else { Err(Error::AlreadyInitialized(AlreadyInitialized {})) }
    }
}

route_erc20!(ModelToken);
