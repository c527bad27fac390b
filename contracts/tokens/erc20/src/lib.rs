//! The routing that every ERC-20 of this suite shares.
//!
//! A Stylus contract has to route each method of a part by hand. These macros do it once, for a contract with the
//! fields `erc20`, `nonces` and `permit`, all of them audited parts of OpenZeppelin's library.
#![no_std]

mod signature;

pub use openzeppelin_stylus::utils::precompiles::primitives::ecrecover::ECDSAInvalidSignature;
pub use signature::{Permit, recovers};

/// Routes ERC-20, burning, EIP-2612 permits and their nonces of a contract to its parts.
///
/// The contract's type needs the fields `erc20: Erc20`, `nonces: Nonces` and `permit: Erc20Permit<…>`, and lists
/// `#[implements(IErc20<Error = permit::Error>, INonces, IErc20Permit<Error = permit::Error>)]` at its own routes.
#[macro_export]
macro_rules! route_erc20 {
    ($contract:ty) => {
        #[public]
        impl IErc20 for $contract {
            type Error = permit::Error;

            fn total_supply(&self) -> U256 {
                self.erc20.total_supply()
            }

            fn balance_of(&self, account: Address) -> U256 {
                self.erc20.balance_of(account)
            }

            fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Self::Error> {
                Ok(self.erc20.transfer(to, value)?)
            }

            fn allowance(&self, owner: Address, spender: Address) -> U256 {
                self.erc20.allowance(owner, spender)
            }

            fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Self::Error> {
                Ok(self.erc20.approve(spender, value)?)
            }

            fn transfer_from(&mut self, from: Address, to: Address, value: U256) -> Result<bool, Self::Error> {
                Ok(self.erc20.transfer_from(from, to, value)?)
            }
        }

        #[public]
        impl INonces for $contract {
            fn nonces(&self, owner: Address) -> U256 {
                self.nonces.nonces(owner)
            }
        }

        #[public]
        impl IErc20Permit for $contract {
            type Error = permit::Error;

            #[selector(name = "DOMAIN_SEPARATOR")]
            fn domain_separator(&self) -> B256 {
                self.permit.domain_separator()
            }

            fn permit(
                &mut self,
                owner: Address,
                spender: Address,
                value: U256,
                deadline: U256,
                v: u8,
                r: B256,
                s: B256,
            ) -> Result<(), Self::Error> {
                let nonce = self.nonces.nonces(owner);
                let permit = $crate::Permit { owner, spender, value, nonce, deadline };
                let digest = permit.digest(self.permit.domain_separator());
                let expired = U256::from(self.vm().block_timestamp()) > deadline;
                if !expired && !$crate::recovers(self.vm(), digest, v, r, s) {
                    return Err(permit::Error::InvalidSignature($crate::ECDSAInvalidSignature {}));
                }
                self.permit.permit(owner, spender, value, deadline, v, r, s, &mut self.erc20, &mut self.nonces)
            }
        }
    };
}
