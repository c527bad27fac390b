//! FLOCK for local chains: a plain ERC-20 with permits and burning, all of it minted to one holder at deployment.
//!
//! On Arbitrum the suite uses the live token; this one stands in for it where there is none. Amounts are in 10⁻¹⁸
//! FLOCK.
extern crate alloc;

use alloc::{string::String, vec, vec::Vec};

use alloy_primitives::{Address, B256, U8, U256, uint};
use fomo_erc20::route_erc20;
use openzeppelin_stylus::token::erc20::extensions::IErc20Burnable;
use openzeppelin_stylus::token::erc20::extensions::permit::{self, Erc20Permit, IErc20Permit};
use openzeppelin_stylus::token::erc20::{self, Erc20, IErc20};
use openzeppelin_stylus::utils::cryptography::eip712::IEip712;
use openzeppelin_stylus::utils::nonces::{INonces, Nonces};
use stylus_sdk::prelude::*;

/// The domain that permits are signed for.
#[storage]
pub struct Domain;

impl IEip712 for Domain {
    const NAME: &'static str = "FLock";
    const VERSION: &'static str = "1";
}

/// The token's storage.
#[entrypoint]
#[storage]
pub struct Flock {
    erc20: Erc20,
    nonces: Nonces,
    permit: Erc20Permit<Domain>,
}

#[public]
#[implements(IErc20<Error = permit::Error>, INonces, IErc20Permit<Error = permit::Error>)]
impl Flock {
    /// Mints the whole supply, in 10⁻¹⁸ FLOCK, to `holder`.
    ///
    /// # Errors
    /// [`erc20::Error::InvalidReceiver`] if `holder` is the zero address.
    #[constructor]
    pub fn constructor(&mut self, holder: Address, supply: U256) -> Result<(), erc20::Error> {
        self.erc20._mint(holder, supply)
    }

    /// Name of the token.
    pub fn name(&self) -> String {
        String::from(Domain::NAME)
    }

    /// Symbol of the token.
    pub fn symbol(&self) -> String {
        String::from("FLOCK")
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
}

route_erc20!(Flock);
