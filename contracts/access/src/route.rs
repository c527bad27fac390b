//! The routes that every contract shares.

use alloy_primitives::{Address, B256, U256};

use crate::Error;

/// What a contract's parameters may be.
pub trait CheckParameter {
    /// Whether the contract has this parameter and may use this value.
    fn check_parameter(&self, key: B256, value: U256) -> bool;
}

/// Roles, pauses and parameters from outside. See [`Roles`](crate::Roles), [`Pauses`](crate::Pauses) and
/// [`Parameters`](crate::Parameters) for what each does.
#[allow(missing_docs)]
pub trait IAccess {
    fn role_holder(&self, role: B256) -> Address;
    fn proposed_role_holder(&self, role: B256) -> Address;
    fn propose_role(&mut self, role: B256, account: Address) -> Result<(), Error>;
    fn accept_role(&mut self, role: B256) -> Result<(), Error>;
    fn paused_until(&self) -> u64;
    fn pause(&mut self, duration: u64) -> Result<(), Error>;
    fn unpause(&mut self) -> Result<(), Error>;
    fn parameter(&self, key: B256) -> Result<U256, Error>;
    fn parameter_at(&self, key: B256, epoch: u64) -> Result<U256, Error>;
    fn proposed_parameter(&self, key: B256) -> (U256, u64);
    fn initialize_parameter(&mut self, key: B256, value: U256) -> Result<(), Error>;
    fn propose_parameter(&mut self, key: B256, value: U256) -> Result<(), Error>;
    fn cancel_parameter(&mut self, key: B256) -> Result<(), Error>;
    fn execute_parameter(&mut self, key: B256) -> Result<(), Error>;
}

/// Routes [`IAccess`] of a contract with a field `access: Access` that says what its parameters may be.
#[macro_export]
macro_rules! route_access {
    ($contract:ty) => {
        #[public]
        impl $crate::IAccess for $contract {
            fn role_holder(&self, role: B256) -> Address {
                self.access.roles.holder(role)
            }

            fn proposed_role_holder(&self, role: B256) -> Address {
                self.access.roles.proposed(role)
            }

            fn propose_role(&mut self, role: B256, account: Address) -> Result<(), $crate::Error> {
                self.access.roles.propose(role, account)
            }

            fn accept_role(&mut self, role: B256) -> Result<(), $crate::Error> {
                self.access.roles.accept(role)
            }

            fn paused_until(&self) -> u64 {
                self.access.pauses.until()
            }

            fn pause(&mut self, duration: u64) -> Result<(), $crate::Error> {
                self.access.pauses.pause(&self.access.roles, duration)
            }

            fn unpause(&mut self) -> Result<(), $crate::Error> {
                self.access.pauses.unpause(&self.access.roles)
            }

            fn parameter(&self, key: B256) -> Result<U256, $crate::Error> {
                self.access.parameters.get(key)
            }

            fn parameter_at(&self, key: B256, epoch: u64) -> Result<U256, $crate::Error> {
                self.access.parameters.at(key, epoch)
            }

            fn proposed_parameter(&self, key: B256) -> (U256, u64) {
                self.access.parameters.proposal(key)
            }

            fn initialize_parameter(&mut self, key: B256, value: U256) -> Result<(), $crate::Error> {
                $crate::CheckParameter::check_parameter(self, key, value)
                    .then_some(())
                    .ok_or($crate::Error::ParameterOutOfRange)?;
                self.access.parameters.initialize(&self.access.roles, key, value)
            }

            fn propose_parameter(&mut self, key: B256, value: U256) -> Result<(), $crate::Error> {
                let known = key == $crate::DELAY || $crate::CheckParameter::check_parameter(self, key, value);
                known.then_some(()).ok_or($crate::Error::ParameterOutOfRange)?;
                self.access.parameters.propose(&self.access.roles, key, value)
            }

            fn cancel_parameter(&mut self, key: B256) -> Result<(), $crate::Error> {
                self.access.parameters.cancel(&self.access.roles, key)
            }

            fn execute_parameter(&mut self, key: B256) -> Result<(), $crate::Error> {
                self.access.parameters.execute(key)
            }
        }
    };
}
