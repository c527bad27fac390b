//! `ArbWasmCache` (0x72): which programs are cached. The chain's owner manages it; there are no bids here.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY};
use alloy_sol_types::{SolValue, sol};
use revm::context::JournalTr;

use super::arb_wasm::IArbWasm;
use super::{COLD_READ, Call, Fault, Outcome, WRITE, revert};
use crate::programs;

sol! {
    /// The precompile's interface, as Nitro publishes it.
    #[allow(missing_docs)]
    interface IArbWasmCache {
        function isCacheManager(address manager) external view returns (bool);
        function allCacheManagers() external view returns (address[] memory managers);
        function cacheCodehash(bytes32 codehash) external;
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

use IArbWasmCache::IArbWasmCacheCalls as Method;

pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    call.require_no_value()?;
    let owner = call.ctx.chain.owner;
    Ok(match call.decode::<Method>()? {
        Method::isCacheManager(m) => (m.manager == owner).abi_encode().into(),
        Method::allCacheManagers(_) => vec![owner].abi_encode().into(),
        Method::codehashIsCached(m) => {
            call.burn(COLD_READ)?;
            programs::load(&mut call.ctx.journaled_state, m.codehash)?.cached.abi_encode().into()
        }
        Method::cacheCodehash(m) => set(call, m.codehash, true)?,
        Method::evictCodehash(m) => set(call, m.codehash, false)?,
        Method::cacheProgram(m) => {
            let code_hash = code_hash(call, m.addr)?;
            set(call, code_hash, true)?
        }
    })
}

fn code_hash(call: &mut Call<'_>, program: Address) -> Outcome<B256> {
    call.burn(COLD_READ + 500)?;
    let account = call.ctx.journaled_state.load_account(program)?;
    Ok(if account.is_empty() { KECCAK256_EMPTY } else { account.info.code_hash })
}

fn set(call: &mut Call<'_>, code_hash: B256, cached: bool) -> Outcome {
    call.require_writable()?;
    if call.caller != call.ctx.chain.owner {
        return Err(Fault::Rejected);
    }
    let rules = call.ctx.chain.rules;
    let mut record = programs::load(&mut call.ctx.journaled_state, code_hash)?;
    if cached {
        if record.version != rules.stylus {
            return Err(revert(&IArbWasm::ProgramNeedsUpgrade {
                version: record.version,
                stylusVersion: rules.stylus,
            }));
        }
        record.check(&rules, call.time())?;
    }
    if record.cached == cached {
        return Ok(Bytes::new());
    }
    call.emit(&IArbWasmCache::UpdateProgramCache { manager: call.caller, codehash: code_hash, cached })?;
    call.burn(u64::from(record.init_cost) + WRITE)?;
    record.cached = cached;
    programs::store(&mut call.ctx.journaled_state, code_hash, &record)?;
    Ok(Bytes::new())
}
