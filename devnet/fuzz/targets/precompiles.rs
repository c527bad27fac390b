//! Any calls of ArbOS's precompiles and of Ethereum's, in any order, from outside and from a contract: each ends within its
//! gas, and the chain goes on.
#![no_main]

use std::sync::LazyLock;

use alloy::primitives::{Bytes, U256, hex, keccak256};
use alloy::rpc::types::TransactionRequest;
use arbitrary::{Result, Unstructured};
use fomo_chain::Chain;
use fomo_fuzz::{CONTRACT, GAS, activate, address, chain, number, send};
use libfuzzer_sys::fuzz_target;

/// Calls whoever the first word of the call data names, with the rest: by CALL, DELEGATECALL or STATICCALL after the
/// highest byte of the word.
const FORWARDER: [u8; 84] = hex!(
    "60203603 60205f37 5f35 805f1a 8060011460 2e57 8060021460 4157"
    "505f5f60203603 5f34 855af1 3d5f5f3e3d5ff3"
    "5b505f5f60203603 5f 845af4 3d5f5f3e3d5ff3"
    "5b505f5f60203603 5f 845afa 3d5f5f3e3d5ff3"
);
/// Returns nothing.
const PROGRAM: &str = "(module (memory (export \"memory\") 0 0)
    (func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0))";

/// Files that declare the methods.
const SOURCES: [&str; 5] = [
    include_str!("../../chain/src/precompiles/arb_gas_info.rs"),
    include_str!("../../chain/src/precompiles/arb_owner_public.rs"),
    include_str!("../../chain/src/precompiles/arb_sys.rs"),
    include_str!("../../chain/src/precompiles/arb_wasm.rs"),
    include_str!("../../chain/src/precompiles/arb_wasm_cache.rs"),
];

/// Selectors of all methods, so that none is forgotten.
static SELECTORS: LazyLock<Vec<[u8; 4]>> = LazyLock::new(|| {
    let lines = SOURCES.iter().flat_map(|source| source.lines());
    let declared = lines.filter_map(|line| line.trim().strip_prefix("function "));
    let selector = |declared: &str| {
        let (name, rest) = declared.split_once('(')?;
        let types: Vec<&str> =
            rest.split(')').next()?.split(',').filter_map(|parameter| parameter.split_whitespace().next()).collect();
        keccak256(format!("{name}({})", types.join(","))).0.first_chunk().copied()
    };
    declared.filter_map(selector).collect()
});

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let mut chain = chain(51);
    chain.set_code(CONTRACT, FORWARDER.to_vec().into());
    let program = fomo_wasm::code::encode(&wat::parse_str(PROGRAM).expect("well-formed")).expect("small");
    for place in [0xE0, 0xE1] {
        chain.set_code(alloy::primitives::Address::with_last_byte(place), program.clone().into());
    }
    assert!(activate(&mut chain, alloy::primitives::Address::with_last_byte(0xE0)).is_ok_and(|done| done.success()));
    chain
});

fn data(u: &mut Unstructured<'_>) -> Result<Bytes> {
    let mut data = Vec::new();
    match u.int_in_range(0..=9)? {
        0 => {}
        _ => data.extend_from_slice(u.choose(&SELECTORS)?),
    }
    for _ in 0..u.int_in_range(0..=3)? {
        let word = if u.arbitrary()? { address(u)?.into_word() } else { number(u)?.into() };
        data.extend_from_slice(word.as_slice());
    }
    if u.ratio(1, 8)? {
        data.extend_from_slice(&u.arbitrary::<[u8; 33]>()?);
    }
    Ok(data.into())
}

fn step(chain: &mut Chain, u: &mut Unstructured<'_>) -> Result<()> {
    let (mut to, mut data) = (address(u)?, data(u)?);
    if u.ratio(1, 3)? {
        let mut word = to.into_word();
        word[0] = u.int_in_range(0..=3)?;
        (to, data) = (CONTRACT, [word.as_slice(), &data].concat().into());
    }
    let value = if u.arbitrary()? { U256::ZERO } else { number(u)? };
    match u.int_in_range(0..=3)? {
        0 => {
            let _ = send(chain, to, data, value, GAS);
        }
        1 => {
            let seconds = u.arbitrary::<u32>()?;
            chain.increase_time(seconds.into());
        }
        _ => {
            let gas = u.int_in_range(21_000..=GAS)?;
            let request = TransactionRequest {
                from: Some(address(u)?),
                to: Some(to.into()),
                gas: Some(gas),
                value: Some(value),
                input: data.into(),
                ..TransactionRequest::default()
            };
            if let Ok(done) = chain.call(&request, chain.head(), &Default::default(), &Default::default()) {
                assert!(done.gas_used <= gas, "more gas than was given");
            }
        }
    }
    Ok(())
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let mut chain = CHAIN.clone();
    while !u.is_empty() && step(&mut chain, &mut u).is_ok() {}
    chain.mine(1, None);
});
