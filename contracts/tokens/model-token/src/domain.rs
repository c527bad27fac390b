//! The EIP-712 domain of a clone, whose name is known only once it is initialised.

use alloc::vec::Vec;

use alloy_primitives::{B256, FixedBytes, U256, b256, keccak256};
use alloy_sol_types::{SolType, SolValue, sol_data};
use keccak_const::Keccak256;
use openzeppelin_stylus::utils::cryptography::eip712::IEip712;
use openzeppelin_stylus::utils::storage_slot::StorageSlot;
use stylus_sdk::ArbResult;
use stylus_sdk::abi::internal::EncodableReturnType;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use crate::text::Text;

/// The domain has a name, a version, a chain and a contract.
const FIELDS: FixedBytes<1> = FixedBytes([0x0F]);

/// `keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")`.
const TYPE_HASH: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");

/// Where the hash of the name is: a slot of its own, clear of the token's fields, since the library's part gives no
/// access to a field of the domain.
const NAME_HASH_SLOT: U256 = U256::from_be_bytes(Keccak256::new().update(b"fomo.model-token.name-hash").finalize());

/// A domain with the name that the token was initialised with.
#[storage]
pub struct NamedDomain;

impl NamedDomain {
    fn slot() -> StorageB256 {
        StorageSlot::get_slot(NAME_HASH_SLOT)
    }

    /// Sets the hash of the name, once.
    pub(crate) fn set_name_hash(hash: B256) {
        Self::slot().set(hash);
    }
}

impl IEip712 for NamedDomain {
    /// Not used: the name is read from storage.
    const NAME: &'static str = "";
    const VERSION: &'static str = "1";

    /// Computed for the executing account, so that every clone has its own.
    fn domain_separator_v4(&self) -> B256 {
        let version = B256::new(Self::HASHED_VERSION);
        keccak256((TYPE_HASH, Self::slot().get(), version, Self::chain_id(), Self::contract_address()).abi_encode())
    }
}

/// What `eip712Domain` returns (EIP-5267).
///
/// The SDK encodes several results as one tuple, which puts an offset in front of them where one of them is dynamic;
/// Solidity does not, and wallets read Solidity's form.
pub struct DomainFields {
    pub(crate) name: Text,
}

impl EncodableReturnType for DomainFields {
    fn encode(self) -> ArbResult {
        type Fields = (
            sol_data::FixedBytes<1>,
            Text,
            Text,
            sol_data::Uint<256>,
            sol_data::Address,
            sol_data::FixedBytes<32>,
            sol_data::Array<sol_data::Uint<256>>,
        );
        Ok(Fields::abi_encode_params(&(
            FIELDS,
            self.name,
            Text(NamedDomain::VERSION.as_bytes().to_vec()),
            NamedDomain::chain_id(),
            NamedDomain::contract_address(),
            B256::ZERO,
            Vec::<U256>::new(),
        )))
    }
}
