//! Model tokens: ERC-1167 clones of one implementation, by CREATE2.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use fomo_access::abi::{Item, Word, encode};
use fomo_access::text::Text;
use fomo_access::token;
use stylus_sdk::deploy::RawDeploy;
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

use crate::error::Error;
use crate::launch::Texts;

/// Creation code of a clone: before and after the address of the implementation (ERC-1167).
const HEAD: [u8; 20] = alloy_primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
const TAIL: [u8; 15] = alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3");

fn creation_code(implementation: Address) -> Vec<u8> {
    [HEAD.as_slice(), implementation.as_slice(), TAIL.as_slice()].concat()
}

/// Where this contract's clone with this salt is or will be.
pub fn predict(vm: &VM, implementation: Address, salt: B256) -> Address {
    vm.contract_address().create2(salt, keccak256(creation_code(implementation)))
}

/// Makes the clone.
///
/// # Errors
/// What creation reverted with.
#[allow(unsafe_code, reason = "the SDK has no safe creation")]
pub fn create(vm: &VM, implementation: Address, salt: B256) -> Result<Address, Error> {
    vm.flush_cache(true);
    // SAFETY: the code is a constant that calls nothing, and nothing of the storage is cached across it.
    unsafe { RawDeploy::new().salt(salt).deploy(vm, &creation_code(implementation), U256::ZERO) }.map_err(Error::Called)
}

/// What makes a clone a token.
pub struct Initialization {
    pub issuer: Address,
    pub launch_id: B256,
    pub model_id: B256,
    pub texts: Texts,
}

impl Initialization {
    /// Initialises the clone, which mints the whole supply to this contract.
    ///
    /// # Errors
    /// The token's own.
    pub fn run(self, vm: &VM, token: Address) -> Result<(), Error> {
        let arguments = encode(&[
            Item::Word(self.issuer.word()),
            Item::Word(self.launch_id.word()),
            Item::Word(self.model_id.word()),
            Item::Word(vm.contract_address().word()),
            Item::Text(&self.texts.name.0),
            Item::Text(&self.texts.symbol.0),
            Item::Text(&self.texts.metadata_uri.0),
        ]);
        let selector = function_selector!("initialize", Address, B256, B256, Address, Text, Text, Text);
        token::call_raw(vm, token, &[&selector[..], &arguments].concat())?;
        Ok(())
    }
}
