//! What initialising a token can fail with; transfers, burns and permits fail with OpenZeppelin's errors.

use alloc::vec::Vec;

use alloy_sol_types::{SolError, sol};
use openzeppelin_stylus::token::erc20;

sol! {
    /// The token has been initialised before, or is the implementation.
    #[derive(Debug)]
    error AlreadyInitialized();
    /// The issuer is the zero address.
    #[derive(Debug)]
    #[allow(missing_docs)]
    error InvalidIssuer(address issuer);
    /// Name or symbol has over 31 bytes.
    #[derive(Debug)]
    error TextTooLong();
}

/// Errors of the constructor and of `initialize`.
#[derive(Debug)]
pub enum Error {
    /// The token has been initialised before, or is the implementation.
    AlreadyInitialized(AlreadyInitialized),
    /// The issuer is the zero address.
    InvalidIssuer(InvalidIssuer),
    /// Name or symbol has over 31 bytes.
    TextTooLong(TextTooLong),
    /// The supply cannot be minted: `ERC20InvalidReceiver` where the holder is the zero address.
    Mint(erc20::Error),
}

impl From<erc20::Error> for Error {
    fn from(error: erc20::Error) -> Self {
        Self::Mint(error)
    }
}

impl From<Error> for Vec<u8> {
    fn from(error: Error) -> Self {
        match error {
            Error::AlreadyInitialized(error) => error.abi_encode(),
            Error::InvalidIssuer(error) => error.abi_encode(),
            Error::TextTooLong(error) => error.abi_encode(),
            Error::Mint(error) => error.into(),
        }
    }
}
