//! Whether a permit's signature recovers anybody, asked before OpenZeppelin's part is: where the precompile answers
//! with nothing, the part reads past the end of the answer and the call would revert without a reason.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use keccak_const::Keccak256;
use openzeppelin_stylus::utils::cryptography::eip712::to_typed_data_hash;
use openzeppelin_stylus::utils::precompiles::primitives::ecrecover::ECRECOVER_ADDR;
use stylus_sdk::stylus_core::Host;
use stylus_sdk::stylus_core::calls::context::Call;

/// Hash of the type that EIP-2612 permits are signed as.
const PERMIT_TYPE_HASH: [u8; 32] = Keccak256::new()
    .update(b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
    .finalize();

/// What an owner signs to let `spender` have `value`, in the token's smallest unit, until `deadline`, in seconds.
#[derive(Debug)]
pub struct Permit {
    /// Whose tokens.
    pub owner: Address,
    /// Who may spend them.
    pub spender: Address,
    /// How many.
    pub value: U256,
    /// The owner's next nonce.
    pub nonce: U256,
    /// The last second at which it may be used.
    pub deadline: U256,
}

impl Permit {
    /// The hash that is signed, in the domain of the token.
    #[must_use]
    pub fn digest(&self, domain_separator: B256) -> B256 {
        let fields = (B256::new(PERMIT_TYPE_HASH), self.owner, self.spender, self.value, self.nonce, self.deadline);
        to_typed_data_hash(&domain_separator, &keccak256(fields.abi_encode()))
    }
}

/// Whether the signature recovers somebody.
#[must_use]
pub fn recovers(vm: &dyn Host, digest: B256, v: u8, r: B256, s: B256) -> bool {
    let input = (digest, U256::from(v), r, s).abi_encode();
    vm.static_call(&Call::new(), ECRECOVER_ADDR, &input).is_ok_and(|answer| answer.len() == 32)
}
