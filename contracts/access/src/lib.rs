//! The ground that every contract of the suite stands on (`protocol.md` §9).
//!
//! - [`abi`]: calls, answers and events in words.
//! - [`Roles`]: who may, with a handover in two steps.
//! - [`Pauses`]: a guardian's pause that expires, and the clock that stands still meanwhile.
//! - [`Parameters`]: values that change in two public steps with a delay, readable as of any epoch.
//! - [`Checkpoints`]: values over time, one slot each.
//! - [`enter`]: the re-entrancy lock.
//! - [`text`]: strings as bytes.
//! - [`token`]: calls to ERC-20 tokens, those without a return value included.
//!
//! A contract has a field `access: Access` and implements [`HasAccess`]; what its parameters may be it says in [`CheckParameter`]; and its
//! routes end with `otherwise => route_access`.
extern crate alloc;

pub mod abi;
mod checkpoints;
mod error;
pub mod event;
mod parameters;
mod pauses;
mod roles;
mod route;
pub mod text;
pub mod token;

use alloc::{vec, vec::Vec};
pub use checkpoints::Checkpoints;
#[doc(hidden)]
pub use error::error_selector;
pub use error::{Error, core_selector};
pub use parameters::{DELAY, LEAST_DELAY, Parameters, VALID_FOR};
pub use pauses::{LONGEST_PAUSE, Pauses};
pub use roles::{ADMIN, GUARDIAN, Roles, role, tag, tagged};
pub use route::{CheckParameter, HasAccess, route_access};

use alloy_primitives::{Address, U256, Uint};
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

/// Roles, pauses and parameters of a contract.
#[storage]
pub struct Access {
    /// Who may.
    pub roles: Roles,
    /// When not.
    pub pauses: Pauses,
    /// Under which values.
    pub parameters: Parameters,
}

impl Access {
    /// Sets up a new contract: its admin, its guardian and the default delay. Called by constructors, once.
    ///
    /// # Errors
    /// [`Error::ZeroAddress`] without an admin; a guardian may be missing.
    pub fn initialize(&mut self, admin: Address, guardian: Address) -> Result<(), Error> {
        if admin.is_zero() {
            return Err(Error::ZeroAddress);
        }
        self.roles.set(ADMIN, admin);
        self.roles.set(GUARDIAN, guardian);
        self.parameters.set(DELAY, parameters::DEFAULT_DELAY)
    }
}

/// Refuses a call that comes while this contract is at work further down the stack. Methods that move money or change a ledger begin
/// with it; views may be read at any time, since state is written before any other contract is called.
///
/// # Errors
/// [`Error::Reentered`].
pub fn enter(vm: &VM) -> Result<(), Error> {
    if vm.msg_reentrant() { Err(Error::Reentered) } else { Ok(()) }
}

/// A number as a smaller one.
///
/// # Errors
/// [`Error::TooLarge`].
pub fn narrow<const BITS: usize, const LIMBS: usize>(value: U256) -> Result<Uint<BITS, LIMBS>, Error> {
    Uint::checked_from_limbs_slice(value.as_limbs()).ok_or(Error::TooLarge)
}
