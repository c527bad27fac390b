//! `ArbWasm` (0x71): activation of programs and their parameters.

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use fomo_wasm::cost::ACTIVATION_BASE_GAS;
use fomo_wasm::{Refusal, code};
use revm::context::JournalTr;

use super::{COLD_READ, Call, Fault, Outcome, READ, WRITE, revert};
use crate::program::Compiled;
use crate::programs::{self, Inactive, NETWORK_FEE_ACCOUNT, ProgramRecord};

sol! {
    /// The precompile's interface, as Nitro publishes it.
    #[allow(missing_docs, clippy::too_many_arguments)]
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 _days);
        function keepaliveDays() external view returns (uint16 _days);
        function blockCacheSize() external view returns (uint16 count);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

use IArbWasm::IArbWasmCalls as Method;

impl From<Inactive> for Fault {
    fn from(inactive: Inactive) -> Self {
        match inactive {
            Inactive::NotActivated => revert(&IArbWasm::ProgramNotActivated {}),
            Inactive::NeedsUpgrade { version, stylus } => {
                revert(&IArbWasm::ProgramNeedsUpgrade { version, stylusVersion: stylus })
            }
            Inactive::Expired { age } => revert(&IArbWasm::ProgramExpired { ageInSeconds: age }),
        }
    }
}

pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    match call.decode::<Method>()? {
        Method::activateProgram(method) => activate(call, method.program),
        Method::codehashKeepalive(method) => keepalive(call, method.codehash),
        view => {
            call.require_no_value()?;
            call.burn(READ)?;
            views(call, view)
        }
    }
}

fn views(call: &mut Call<'_>, method: Method) -> Outcome {
    let rules = call.ctx.chain.rules;
    let encoded = match method {
        Method::stylusVersion(_) => rules.stylus.abi_encode(),
        Method::inkPrice(_) => rules.ink_price.abi_encode(),
        Method::maxStackDepth(_) => rules.max_stack_depth.abi_encode(),
        Method::freePages(_) => rules.free_pages.abi_encode(),
        Method::pageGas(_) => rules.page_gas.abi_encode(),
        Method::pageRamp(_) => rules.page_ramp.abi_encode(),
        Method::pageLimit(_) => rules.page_limit.abi_encode(),
        Method::minInitGas(_) => (rules.init_gas(0), rules.cached_gas(0)).abi_encode(),
        Method::initCostScalar(_) => rules.init_cost_percent.abi_encode(),
        Method::expiryDays(_) => rules.expiry_days.abi_encode(),
        Method::keepaliveDays(_) => rules.keepalive_days.abi_encode(),
        Method::blockCacheSize(_) => rules.block_cache_size.abi_encode(),
        Method::codehashVersion(m) => active(call, m.codehash)?.version.abi_encode(),
        Method::codehashAsmSize(m) => active(call, m.codehash)?.asm_kib.saturating_mul(1_024).abi_encode(),
        Method::programVersion(m) => active_at(call, m.program)?.version.abi_encode(),
        Method::programMemoryFootprint(m) => active_at(call, m.program)?.footprint.abi_encode(),
        Method::programInitGas(m) => {
            let record = active_at(call, m.program)?;
            let cached = rules.cached_gas(record.cached_cost);
            let init = rules.init_gas(record.init_cost) + if rules.stylus > 1 { cached } else { 0 };
            IArbWasm::programInitGasCall::abi_encode_returns(&(init, cached).into())
        }
        Method::programTimeLeft(m) => {
            let age = active_at(call, m.program)?.age(call.time());
            programs::expiry(&rules).saturating_sub(age).abi_encode()
        }
        Method::activateProgram(_) | Method::codehashKeepalive(_) => return Err(Fault::Rejected),
    };
    Ok(encoded.into())
}

/// The record of a program that may be entered now.
fn active(call: &mut Call<'_>, code_hash: B256) -> Outcome<ProgramRecord> {
    call.burn(COLD_READ)?;
    let record = programs::load(&mut call.ctx.journaled_state, code_hash)?;
    record.check(&call.ctx.chain.rules, call.time())?;
    Ok(record)
}

fn active_at(call: &mut Call<'_>, program: Address) -> Outcome<ProgramRecord> {
    call.burn(COLD_READ + 500)?;
    let code_hash = call.ctx.journaled_state.load_account(program)?.info.code_hash;
    active(call, code_hash)
}

fn activate(call: &mut Call<'_>, program: Address) -> Outcome {
    call.require_writable()?;
    call.burn(ACTIVATION_BASE_GAS)?;
    let rules = call.ctx.chain.rules;
    let time = call.time();
    let account = call.ctx.journaled_state.load_account_with_code(program)?;
    let code_hash = account.info.code_hash;
    let bytes = account.info.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default();
    let before = programs::load(&mut call.ctx.journaled_state, code_hash)?;
    if before.version == rules.stylus && before.check(&rules, time).is_ok() {
        return Err(revert(&IArbWasm::ProgramUpToDate {}));
    }
    if code_hash == KECCAK256_EMPTY || bytes.is_empty() {
        return Err(revert(&IArbWasm::ProgramNotWasm {}));
    }
    if !code::is_program(&bytes) {
        // Before the fragments of ArbOS 60 this was no Solidity error.
        return Err(if rules.arbos >= 60 { revert(&IArbWasm::ProgramNotWasm {}) } else { Fault::Revert(Bytes::new()) });
    }
    let activated = Compiled::of(code_hash, &bytes, &rules).map_err(|refusal| refused(call, &refusal))?;
    if activated.program.pages > rules.page_limit.saturating_sub(call.ctx.chain.pages_open) {
        call.burn_out();
        return Err(Fault::Revert(Bytes::new()));
    }
    call.burn(activated.program.activation_gas + 2 * WRITE)?;
    let cached = before.cached || call.ctx.chain.auto_cache;
    let record = ProgramRecord::new(&activated.program, &rules, time, cached);
    programs::store(&mut call.ctx.journaled_state, code_hash, &record)?;
    let fee = record.data_fee();
    pay(call, fee)?;
    call.emit(&IArbWasm::ProgramActivated {
        codehash: code_hash,
        // Nitro's hash is of its proving machine, which is not built here.
        moduleHash: alloy_primitives::keccak256(&activated.program.wasm),
        program,
        dataFee: fee,
        version: rules.stylus,
    })?;
    Ok((rules.stylus, fee).abi_encode().into())
}

/// A program that cannot be activated costs all gas, but for one that does not even decompress.
fn refused(call: &mut Call<'_>, refusal: &Refusal) -> Fault {
    call.ctx.chain.failure = Some(format!("program activation failed: {refusal}"));
    let undecodable = matches!(refusal, Refusal::NotAProgram | Refusal::Dictionary(_) | Refusal::Brotli(_));
    if !undecodable {
        call.burn_out();
    }
    Fault::Revert(Bytes::new())
}

fn keepalive(call: &mut Call<'_>, code_hash: B256) -> Outcome {
    call.require_writable()?;
    let record = active(call, code_hash)?;
    let time = call.time();
    let age = record.age(time);
    if age < programs::keepalive(&call.ctx.chain.rules) {
        return Err(revert(&IArbWasm::ProgramKeepaliveTooSoon { ageInSeconds: age }));
    }
    call.burn(WRITE)?;
    programs::store(&mut call.ctx.journaled_state, code_hash, &record.extended(time))?;
    let fee = record.data_fee();
    pay(call, fee)?;
    call.emit(&IArbWasm::ProgramLifetimeExtended { codehash: code_hash, dataFee: fee })?;
    Ok(Bytes::new())
}

/// Passes the data fee on and gives the rest of the value back.
fn pay(call: &mut Call<'_>, fee: U256) -> Outcome<()> {
    let Some(rest) = call.value.checked_sub(fee) else {
        return Err(revert(&IArbWasm::ProgramInsufficientValue { have: call.value, want: fee }));
    };
    for (to, amount) in [(NETWORK_FEE_ACCOUNT, fee), (call.caller, rest)] {
        call.ctx.journaled_state.load_account(to)?;
        if call.ctx.journaled_state.transfer(call.address, to, amount)?.is_some() {
            return Err(Fault::Rejected);
        }
    }
    Ok(())
}
