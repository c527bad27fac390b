//! The routes that every contract shares.

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::ArbResult;

use crate::{Access, DELAY, Error, abi, table};

/// What a contract's parameters may be.
pub trait CheckParameter {
    /// Whether the contract has this parameter and may use this value.
    fn check_parameter(&self, key: B256, value: U256) -> bool;

    /// Whether it may also be a first value, which counts at once. Not where something relies on the parameter before it has one.
    fn check_first_value(&self, key: B256, value: U256) -> bool {
        self.check_parameter(key, value)
    }
}

/// A contract with roles, pauses and parameters, for [`route_access`].
pub trait HasAccess: CheckParameter {
    /// Where they are.
    fn access(&mut self) -> &mut Access;
}

const PROPOSE: [u8; 4] = abi::selector("proposeParameter", &["bytes32", "uint256"]);
const INITIALIZE: [u8; 4] = abi::selector("initializeParameter", &["bytes32", "uint256"]);

/// Answers calls about [`Roles`](crate::Roles), [`Pauses`](crate::Pauses) and [`Parameters`](crate::Parameters): `abi/IAccess.sol`.
#[inline(never)]
pub fn route_access<C: HasAccess>(contract: &mut C, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
    let sets = selector == PROPOSE || selector == INITIALIZE;
    if sets && !allowed(contract, selector, data) {
        return Some(Err(Error::ParameterOutOfRange.into()));
    }
    contract.access().route(selector, data)
}

fn allowed<C: HasAccess>(contract: &C, selector: [u8; 4], data: &[u8]) -> bool {
    let mut arguments = abi::Arguments::new(data);
    let (Some(key), Some(value)) = (arguments.take::<B256>(), arguments.take::<U256>()) else { return false };
    if selector == INITIALIZE {
        return contract.check_first_value(key, value);
    }
    key == DELAY || contract.check_parameter(key, value)
}

impl Access {
    fn route(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        table!(self, selector, data,
            "roleHolder" => role_holder(B256);
            "proposedRoleHolder" => proposed_role_holder(B256);
            "proposeRole" => propose_role(B256, Address);
            "acceptRole" => accept_role(B256);
            "pausedUntil" => paused_until();
            "pause" => pause(u64);
            "unpause" => unpause();
            "parameter" => parameter(B256);
            "parameterAt" => parameter_at(B256, u64);
            "proposedParameter" => proposed_parameter(B256);
            "initializeParameter" => initialize_parameter(B256, U256);
            "proposeParameter" => propose_parameter(B256, U256);
            "cancelParameter" => cancel_parameter(B256);
            "executeParameter" => execute_parameter(B256);
        )
    }

    fn role_holder(&self, role: B256) -> Address {
        self.roles.holder(role)
    }

    fn proposed_role_holder(&self, role: B256) -> Address {
        self.roles.proposed(role)
    }

    fn propose_role(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.roles.propose(role, account)
    }

    fn accept_role(&mut self, role: B256) -> Result<(), Error> {
        self.roles.accept(role)
    }

    fn paused_until(&self) -> u64 {
        self.pauses.until()
    }

    fn pause(&mut self, duration: u64) -> Result<(), Error> {
        self.pauses.pause(&self.roles, duration)
    }

    fn unpause(&mut self) -> Result<(), Error> {
        self.pauses.unpause(&self.roles)
    }

    fn parameter(&self, key: B256) -> Result<U256, Error> {
        self.parameters.get(key)
    }

    fn parameter_at(&self, key: B256, epoch: u64) -> Result<U256, Error> {
        self.parameters.at(key, epoch)
    }

    fn proposed_parameter(&self, key: B256) -> (U256, u64) {
        self.parameters.proposal(key)
    }

    fn initialize_parameter(&mut self, key: B256, value: U256) -> Result<(), Error> {
        self.parameters.initialize(&self.roles, key, value)
    }

    fn propose_parameter(&mut self, key: B256, value: U256) -> Result<(), Error> {
        self.parameters.propose(&self.roles, key, value)
    }

    fn cancel_parameter(&mut self, key: B256) -> Result<(), Error> {
        self.parameters.cancel(&self.roles, key)
    }

    fn execute_parameter(&mut self, key: B256) -> Result<(), Error> {
        self.parameters.execute(key)
    }
}
