//! A dollar of 6 decimals for local chains: an ERC-20 with permits that its owner mints.
//!
//! On Arbitrum the suite uses the stablecoins that its settlers hold; this one stands in for them where there are none.
//! Amounts are in 10⁻⁶ dollars.
extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U8, U256, uint};
use alloy_sol_types::{SolError, sol};
use fomo_erc20::route_erc20;
use openzeppelin_stylus::access::ownable::{self, Ownable};
use openzeppelin_stylus::token::erc20::extensions::permit::{self, Erc20Permit, IErc20Permit};
use openzeppelin_stylus::token::erc20::{self, Erc20, IErc20};
use openzeppelin_stylus::utils::cryptography::eip712::IEip712;
use openzeppelin_stylus::utils::nonces::{INonces, Nonces};
use stylus_sdk::prelude::*;

/// The domain that permits are signed for.
#[storage]
pub struct Domain;

impl IEip712 for Domain {
    const NAME: &'static str = "Test Dollar";
    const VERSION: &'static str = "1";
}

/// The token's storage.
#[entrypoint]
#[storage]
pub struct Usd {
    erc20: Erc20,
    nonces: Nonces,
    permit: Erc20Permit<Domain>,
    ownable: Ownable,
}

sol! {
    /// The supply would exceed what a number holds.
    #[derive(Debug)]
    error SupplyOverflow();
}

/// What minting can fail with.
#[derive(Debug)]
pub enum MintError {
    /// The caller is not the owner.
    Owner(ownable::Error),
    /// The supply would exceed what a number holds; the library's part would stop without a reason.
    Overflow(SupplyOverflow),
    /// The receiver is the zero address.
    Token(erc20::Error),
}

impl From<MintError> for Vec<u8> {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Owner(error) => error.into(),
            MintError::Overflow(error) => error.abi_encode(),
            MintError::Token(error) => error.into(),
        }
    }
}

#[public]
#[implements(IErc20<Error = permit::Error>, INonces, IErc20Permit<Error = permit::Error>)]
impl Usd {
    /// Makes `owner` the one who mints.
    ///
    /// # Errors
    /// [`ownable::Error::InvalidOwner`] if it is the zero address.
    #[constructor]
    pub fn constructor(&mut self, owner: Address) -> Result<(), ownable::Error> {
        self.ownable.constructor(owner)
    }

    /// Mints `value`, in 10⁻⁶ dollars, to `to`.
    ///
    /// # Errors
    /// [`MintError::Owner`] unless the owner calls; [`MintError::Overflow`]; [`MintError::Token`] if `to` is the zero address.
    pub fn mint(&mut self, to: Address, value: U256) -> Result<(), MintError> {
        self.ownable.only_owner().map_err(MintError::Owner)?;
        if self.erc20.total_supply().checked_add(value).is_none() {
            return Err(MintError::Overflow(SupplyOverflow {}));
        }
        self.erc20._mint(to, value).map_err(MintError::Token)
    }

    /// Who mints.
    pub fn owner(&self) -> Address {
        self.ownable.owner()
    }

    /// Name of the token.
    pub fn name(&self) -> String {
        String::from(Domain::NAME)
    }

    /// Symbol of the token.
    pub fn symbol(&self) -> String {
        String::from("USD")
    }

    /// Decimals of an amount shown to people: 6.
    pub fn decimals(&self) -> U8 {
        uint!(6_U8)
    }
}

route_erc20!(Usd);
