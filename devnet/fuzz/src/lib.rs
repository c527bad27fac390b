//! What the fuzz targets share: a chain to start from, and values that get far.

use alloy::primitives::{Address, Bytes, U256, address, hex};
use alloy::rpc::types::TransactionRequest;
use arbitrary::{Result, Unstructured};
use fomo_chain::precompiles::{ARB_WASM, ARBOS_PRECOMPILES};
use fomo_chain::{Chain, ChainError, Config, Execution};

/// Where the programs and contracts of the targets are.
pub const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
/// Who sends where nobody has a key: deriving keys takes longer than all that an input does.
pub const SENDER: Address = address!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266");
/// Gas that is enough for activation.
pub const GAS: u64 = 20_000_000;
/// Gas of a program that may do nothing but run.
pub const RUN_GAS: u64 = 1_000_000;

/// A chain whose clock stands still, so that an input does the same every time.
#[must_use]
pub fn chain(arbos: u64) -> Chain {
    Chain::new(Config { arbos, accounts: 2, genesis_time: Some(1_700_000_000), ..Config::default() })
}

/// Activates the program at an address; what came of it.
pub fn activate(chain: &mut Chain, program: Address) -> std::result::Result<Execution, ChainError> {
    let mut data = hex!("58c780c2").to_vec();
    data.extend_from_slice(program.into_word().as_slice());
    send(chain, ARB_WASM, data.into(), U256::from(10).pow(U256::from(18)), GAS)
}

/// Sends a transaction of the first account, or of [`SENDER`] where there is none; what came of it.
pub fn send(
    chain: &mut Chain,
    to: Address,
    data: Bytes,
    value: U256,
    gas: u64,
) -> std::result::Result<Execution, ChainError> {
    let request = TransactionRequest {
        from: Some(chain.accounts().first().copied().unwrap_or(SENDER)),
        to: Some(to.into()),
        gas: Some(gas),
        value: Some(value),
        input: data.into(),
        ..TransactionRequest::default()
    };
    let hash = chain.submit_request(request)?;
    let mined = chain.receipt(hash).expect("it was mined at once");
    assert!(mined.execution.gas_used <= gas, "more gas than was given");
    // With probes in its programs it is the same run, unless there is too much to tell.
    if let Ok(profile) = chain.profile_transaction(hash) {
        assert_eq!(profile.expect("it was mined").gas_used, mined.execution.gas_used);
    }
    Ok(mined.execution)
}

/// An address that something may be at.
pub fn address(u: &mut Unstructured<'_>) -> Result<Address> {
    Ok(match u.int_in_range(0..=7)? {
        0..=3 => *u.choose(&ARBOS_PRECOMPILES)?,
        4 => CONTRACT,
        5 => Address::with_last_byte(u.arbitrary()?),
        6 => address!("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
        _ => Address::new(u.arbitrary()?),
    })
}

/// A number, often at a limit.
pub fn number(u: &mut Unstructured<'_>) -> Result<U256> {
    Ok(match u.int_in_range(0..=6)? {
        0 => U256::ZERO,
        1 => U256::ONE,
        2 => U256::MAX,
        3 => U256::from(u64::MAX),
        4 => U256::from(u.arbitrary::<u16>()?),
        5 => U256::from(u.arbitrary::<u64>()?),
        _ => U256::from_be_bytes(u.arbitrary::<[u8; 32]>()?),
    })
}
