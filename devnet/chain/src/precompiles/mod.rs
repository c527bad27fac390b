//! Ethereum's precompiles and those of ArbOS that contracts and clients call.
//!
//! Gas follows Nitro's rules: 3 gas a word of arguments and of results, 800 for opening ArbOS's state, and what a
//! method says it costs. What L1 data costs is nothing on a local chain.

mod arb_gas_info;
mod arb_owner_public;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;

use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolInterface};
use revm::context::{ContextTr, JournalTr};
use revm::handler::{EthPrecompiles, PrecompileProvider};
use revm::interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult};
use revm::primitives::AddressSet;
use revm::primitives::hardfork::SpecId;

use crate::evm::Ctx;
use crate::fork::Unread;

/// `ArbSys`.
pub const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// `ArbOwnerPublic`.
pub const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// `ArbGasInfo`.
pub const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// `ArbWasm`.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// ArbOS's precompiles; each has the code `0xFE`, since callers check that there is some.
pub const ARBOS_PRECOMPILES: [Address; 5] = [ARB_SYS, ARB_OWNER_PUBLIC, ARB_GAS_INFO, ARB_WASM, ARB_WASM_CACHE];

/// The one method that needs no state, and can be called in another account's context.
const PURE: [u8; 4] = arb_sys::IArbSys::mapL1SenderContractAddressToL2AliasCall::SELECTOR;

const COPY_WORD: u64 = 3;
const OPEN_STATE: u64 = 800;
/// Gas of a read of ArbOS's parameters, taken as warm.
const READ: u64 = 100;
const COLD_READ: u64 = 2_100;
const WRITE: u64 = 20_000;
const LOG: u64 = 375;
const LOG_BYTE: u64 = 8;

/// How a method ends without a result.
#[derive(Debug)]
enum Fault {
    /// Out of gas.
    OutOfGas,
    /// Reverts with an error's data and keeps the gas left.
    Revert(Bytes),
    /// Reverts and takes all gas: Nitro does so for what is no call of a method at all.
    Rejected,
    /// What it is about could not be read, and the transaction cannot run.
    Unread(Unread),
}

impl From<Unread> for Fault {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

type Outcome<T = Bytes> = Result<T, Fault>;

/// A call of a method.
struct Call<'a> {
    ctx: &'a mut Ctx,
    gas: Gas,
    input: Bytes,
    caller: Address,
    value: U256,
    /// The call may change state: neither static nor in another account's context.
    writable: bool,
    /// The call is of the precompile itself, not of its code in another account's context.
    own_context: bool,
    /// Frames on the call stack, this one included.
    depth: usize,
    /// Who called the caller; nobody where the caller is the transaction's sender.
    callers_caller: Address,
    address: Address,
}

impl Call<'_> {
    fn burn(&mut self, gas: u64) -> Outcome<()> {
        if self.gas.record_regular_cost(gas) { Ok(()) } else { Err(Fault::OutOfGas) }
    }

    /// Takes all gas that is left, as Nitro does where activation fails.
    fn burn_out(&mut self) {
        self.gas.spend_all();
    }

    fn decode<T: SolInterface>(&self) -> Outcome<T> {
        T::abi_decode(&self.input).map_err(|_| Fault::Rejected)
    }

    fn require_writable(&self) -> Outcome<()> {
        if self.writable { Ok(()) } else { Err(Fault::Rejected) }
    }

    fn require_no_value(&self) -> Outcome<()> {
        if self.value.is_zero() { Ok(()) } else { Err(Fault::Rejected) }
    }

    fn emit(&mut self, event: &impl alloy_sol_types::SolEvent) -> Outcome<()> {
        self.require_writable()?;
        let data = event.encode_log_data();
        self.burn(LOG * (1 + data.topics().len() as u64) + LOG_BYTE * data.data.len() as u64)?;
        let log = alloy_primitives::Log { address: self.address, data };
        revm::context::JournalTr::log(&mut self.ctx.journaled_state, log);
        Ok(())
    }

    fn time(&self) -> u64 {
        u64::try_from(self.ctx.block.timestamp).unwrap_or(u64::MAX)
    }
}

/// A revert with a Solidity error.
fn revert(error: &impl alloy_sol_types::SolError) -> Fault {
    Fault::Revert(error.abi_encode().into())
}

/// The precompiles of the chain.
pub(crate) struct NitroPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl NitroPrecompiles {
    pub(crate) fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm: AddressSet = PrecompileProvider::<Ctx>::warm_addresses(&ethereum).clone();
        warm.extend(ARBOS_PRECOMPILES);
        Self { ethereum, warm }
    }
}

impl PrecompileProvider<Ctx> for NitroPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        PrecompileProvider::<Ctx>::set_spec(&mut self.ethereum, spec)
    }

    fn run(&mut self, ctx: &mut Ctx, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let method: fn(&mut Call<'_>) -> Outcome = match inputs.bytecode_address {
            ARB_SYS => arb_sys::run,
            ARB_OWNER_PUBLIC => arb_owner_public::run,
            ARB_GAS_INFO => arb_gas_info::run,
            ARB_WASM => arb_wasm::run,
            ARB_WASM_CACHE => arb_wasm_cache::run,
            _ => return self.ethereum.run(ctx, inputs),
        };
        let own_context = inputs.target_address == inputs.bytecode_address;
        let mut call = Call {
            gas: Gas::new(inputs.gas_limit),
            input: inputs.input.bytes_local(ctx.local()),
            caller: inputs.caller,
            value: inputs.value.get(),
            writable: own_context && !inputs.is_static,
            own_context,
            depth: ctx.journaled_state.depth(),
            callers_caller: ctx.chain.callers_caller,
            address: inputs.bytecode_address,
            ctx,
        };
        let outcome = run(&mut call, method);
        result(call.gas, outcome).map(Some)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

fn run(call: &mut Call<'_>, method: fn(&mut Call<'_>) -> Outcome) -> Outcome {
    let (selector, arguments) = call.input.split_first_chunk::<4>().ok_or(Fault::Rejected)?;
    let is_pure = call.address == ARB_SYS && *selector == PURE;
    if !is_pure && !call.own_context {
        return Err(Fault::Rejected);
    }
    let words = (arguments.len() as u64).div_ceil(32);
    call.burn(COPY_WORD * words + if is_pure { 0 } else { OPEN_STATE })?;
    let outcome = method(call);
    if let Ok(data) | Err(Fault::Revert(data)) = &outcome {
        call.burn(COPY_WORD * (data.len() as u64).div_ceil(32))?;
    }
    outcome
}

/// What the caller gets; the error ends the transaction.
fn result(mut gas: Gas, outcome: Outcome) -> Result<InterpreterResult, String> {
    Ok(match outcome {
        Err(Fault::Unread(unread)) => return Err(unread.to_string()),
        Ok(output) => InterpreterResult::new(InstructionResult::Return, output, gas),
        Err(Fault::Revert(data)) => InterpreterResult::new(InstructionResult::Revert, data, gas),
        Err(Fault::Rejected) => {
            gas.spend_all();
            InterpreterResult::new(InstructionResult::Revert, Bytes::new(), gas)
        }
        Err(Fault::OutOfGas) => {
            gas.spend_all();
            InterpreterResult::new(InstructionResult::PrecompileOOG, Bytes::new(), gas)
        }
    })
}
