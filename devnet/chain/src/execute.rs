//! Running a transaction or a call on a state.

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Transaction, TxEnvelope, Typed2718};
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, U256};
use fomo_wasm::Rules;
use revm::context::either::Either;
use revm::context::result::{EVMError, ExecutionResult, HaltReason, InvalidTransaction, Output};
use revm::context::{BlockEnv, CfgEnv, Context, Journal, JournalTr, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::primitives::hardfork::SpecId;

use crate::evm::{Ctx, Nitro, Vm};
use crate::fork::Unread;
use crate::profile::Profile;
use crate::programs::NETWORK_FEE_ACCOUNT;
use crate::state::State;
use crate::trace::{Frame, MAX_TRACE};
use crate::types::{ChainError, Config, Execution, Outcome};

/// The block that something runs in.
#[derive(Debug, Clone)]
pub(crate) struct BlockSetting {
    pub number: u64,
    pub l1_number: u64,
    pub timestamp: u64,
    /// Price that this block charges: none for a call that names none.
    pub base_fee: u64,
    /// Price that the chain charges.
    pub gas_price: u64,
    pub gas_limit: u64,
    pub coinbase: Address,
    pub prev_randao: B256,
    /// Programs entered earlier in the block.
    pub recent: Vec<B256>,
}

impl BlockSetting {
    /// The sequencer, which every block is by.
    pub(crate) const SEQUENCER: Address = NETWORK_FEE_ACCOUNT;
}

/// Which of a transaction's checks a call leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything is checked.
    Transaction,
    /// Neither nonce nor the kind of the sender nor the block's gas limit matter.
    Call,
}

/// Ethereum's rules under an ArbOS version.
const fn spec(arbos: u64) -> SpecId {
    match arbos {
        50.. => SpecId::OSAKA,
        40..50 => SpecId::PRAGUE,
        _ => SpecId::CANCUN,
    }
}

/// Runs a transaction and commits it to the state; the error says why it cannot be included.
pub(crate) fn run(
    config: &Config,
    owner: Address,
    state: &mut State,
    block: &mut BlockSetting,
    tx: TxEnv,
    mode: Mode,
) -> Result<Execution, ChainError> {
    run_in(Vm::new(context(config, owner, state.untracked(), block, &tx, mode)), state, block, tx.gas_limit)
        .map(|(execution, _)| execution)
}

/// The same, with the frames that ran.
pub(crate) fn trace(
    config: &Config,
    owner: Address,
    state: &mut State,
    block: &mut BlockSetting,
    tx: TxEnv,
    mode: Mode,
) -> Result<Frame, ChainError> {
    let mut vm = Vm::new(context(config, owner, state.untracked(), block, &tx, mode));
    vm.trace();
    let (execution, frame) = run_in(vm, state, block, tx.gas_limit)?;
    let mut frame = frame.ok_or_else(too_long)?;
    (frame.gas, frame.gas_used) = (tx.gas_limit, execution.gas_used);
    Ok(frame)
}

/// The same, with the ink of programs by function.
pub(crate) fn profile(
    config: &Config,
    owner: Address,
    state: &mut State,
    block: &mut BlockSetting,
    tx: TxEnv,
    mode: Mode,
) -> Result<Profile, ChainError> {
    let mut vm = Vm::new(context(config, owner, state.untracked(), block, &tx, mode));
    vm.profile();
    let (execution, frame) = run_in(vm, state, block, tx.gas_limit)?;
    let frame = frame.ok_or_else(too_long)?;
    let intrinsic_gas = tx.gas_limit.saturating_sub(frame.gas);
    Ok(Profile { gas_used: execution.gas_used, intrinsic_gas, frame })
}

fn too_long() -> ChainError {
    ChainError::InvalidTransaction(format!("the trace has more than {MAX_TRACE} bytes"))
}

fn run_in(
    mut vm: Vm,
    state: &mut State,
    block: &mut BlockSetting,
    gas_limit: u64,
) -> Result<(Execution, Option<Frame>), ChainError> {
    let result = vm.transact();
    let frame = vm.take_trace();
    let mut ctx = vm.into_context();
    // However the run took it, nothing follows from what was not read.
    if let Some(unread) = ctx.journaled_state.database.take_unread() {
        return Err(unread.into());
    }
    let result = result.map_err(|error| invalid(error, gas_limit))?;
    state.commit(ctx.journaled_state.finalize());
    block.recent = ctx.chain.recent;
    Ok((execution(result, ctx.chain.failure), frame))
}

/// Whether a transaction could be included in some state; the error says why it never can.
pub(crate) fn check(config: &Config, block: &BlockSetting, tx: TxEnv) -> Result<(), ChainError> {
    let gas_limit = tx.gas_limit;
    let context = context(config, Address::ZERO, State::default(), block, &tx, Mode::Transaction);
    Vm::new(context).check().map_err(|error| invalid(error, gas_limit))
}

fn context(config: &Config, owner: Address, state: State, block: &BlockSetting, tx: &TxEnv, mode: Mode) -> Ctx {
    let spec = spec(config.arbos);
    let mut cfg = CfgEnv::new_with_spec(spec);
    cfg.chain_id = config.chain_id;
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = !config.eip7623;
    // A call may have more gas than a block, and sees the block's limit all the same.
    cfg.disable_block_gas_limit = mode == Mode::Call;
    cfg.tx_gas_limit_cap = Some(if mode == Mode::Call { u64::MAX } else { block.gas_limit });
    cfg.disable_nonce_check = mode == Mode::Call;
    cfg.disable_eip3607 = mode == Mode::Call;
    let mut journaled_state = Journal::new(state);
    journaled_state.set_spec_id(spec);
    Context {
        block: BlockEnv {
            number: U256::from(block.l1_number),
            beneficiary: block.coinbase,
            timestamp: U256::from(block.timestamp),
            gas_limit: block.gas_limit,
            basefee: block.base_fee,
            difficulty: U256::ONE,
            prevrandao: Some(block.prev_randao),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
            ..BlockEnv::default()
        },
        tx: tx.clone(),
        cfg,
        journaled_state,
        chain: Nitro {
            rules: Rules::for_arbos(config.arbos),
            block_number: block.number,
            gas_price: block.gas_price,
            owner,
            auto_cache: config.auto_cache,
            recent: block.recent.clone(),
            pages_open: 0,
            pages_ever: 0,
            callers_caller: Address::ZERO,
            failure: None,
        },
        local: Default::default(),
        error: Ok(()),
    }
}

fn execution(result: ExecutionResult<HaltReason>, note: Option<String>) -> Execution {
    let gas_used = result.tx_gas_used();
    match result {
        ExecutionResult::Success { logs, output, .. } => {
            let created = match &output {
                Output::Create(_, address) => *address,
                Output::Call(_) => None,
            };
            Execution { outcome: Outcome::Success, output: output.into_data(), gas_used, logs, created, note: None }
        }
        ExecutionResult::Revert { output, .. } => {
            // Where there is data, it tells why.
            let note = note.filter(|_| output.is_empty());
            Execution { outcome: Outcome::Revert, output, gas_used, logs: Vec::new(), created: None, note }
        }
        ExecutionResult::Halt { reason, .. } => {
            let reason = match (&reason, &note) {
                (HaltReason::NotActivated, Some(note)) => note.clone(),
                _ => halt_text(&reason),
            };
            Execution {
                outcome: Outcome::Halt(reason),
                output: Bytes::new(),
                gas_used,
                logs: Vec::new(),
                created: None,
                note,
            }
        }
    }
}

/// A halt in the words of geth, which clients know.
pub(crate) fn halt_text(reason: &HaltReason) -> String {
    match reason {
        HaltReason::OutOfGas(_) => "out of gas".into(),
        HaltReason::InvalidJump => "invalid jump destination".into(),
        HaltReason::OpcodeNotFound | HaltReason::InvalidFEOpcode => "invalid opcode".into(),
        HaltReason::StackOverflow => "stack limit reached".into(),
        HaltReason::StackUnderflow => "stack underflow".into(),
        HaltReason::CreateContractSizeLimit => "max code size exceeded".into(),
        HaltReason::CreateContractStartingWithEF => "invalid code: must not begin with 0xef".into(),
        HaltReason::CreateCollision => "contract address collision".into(),
        HaltReason::CallTooDeep => "max call depth exceeded".into(),
        other => format!("{other:?}"),
    }
}

/// Why a transaction cannot be included, in the words of geth where it has them.
fn invalid(error: EVMError<Unread>, gas_limit: u64) -> ChainError {
    let error = match error {
        EVMError::Transaction(error) => error,
        EVMError::Database(unread) => return unread.into(),
        other => return ChainError::InvalidTransaction(other.to_string()),
    };
    ChainError::InvalidTransaction(match error {
        InvalidTransaction::NonceTooLow { tx, state } => format!("nonce too low: next nonce {state}, tx nonce {tx}"),
        InvalidTransaction::NonceTooHigh { tx, state } => format!("nonce too high: next nonce {state}, tx nonce {tx}"),
        InvalidTransaction::LackOfFundForMaxFee { fee, balance } => {
            format!("insufficient funds for gas * price + value: balance {balance}, tx cost {fee}")
        }
        InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, .. } => {
            format!("intrinsic gas too low: have {gas_limit}, want {initial_gas}")
        }
        InvalidTransaction::CallerGasLimitMoreThanBlock | InvalidTransaction::TxGasLimitGreaterThanCap { .. } => {
            "exceeds block gas limit".into()
        }
        other => other.to_string(),
    })
}

/// What runs for a signed transaction. The sender pays the base fee and no tip, as on Arbitrum.
pub(crate) fn transaction_env(tx: &Recovered<TxEnvelope>, base_fee: u64) -> TxEnv {
    let authorizations = tx.authorization_list().unwrap_or_default();
    TxEnv {
        tx_type: tx.ty(),
        caller: tx.signer(),
        gas_limit: tx.gas_limit(),
        gas_price: base_fee.into(),
        gas_priority_fee: tx.max_priority_fee_per_gas().map(|_| 0),
        kind: tx.kind(),
        value: tx.value(),
        data: tx.input().clone(),
        nonce: tx.nonce(),
        chain_id: tx.chain_id(),
        access_list: tx.access_list().cloned().unwrap_or_default(),
        authorization_list: authorizations.iter().cloned().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}

/// What runs for a call; free of charge unless it names a price.
pub(crate) fn request_env(request: &TransactionRequest, chain_id: u64, gas_limit: u64) -> TxEnv {
    let authorizations = request.authorization_list.clone().unwrap_or_default();
    let tx_type = match (&request.access_list, authorizations.is_empty()) {
        (_, false) => 4,
        (Some(_), true) => 1,
        (None, true) => 0,
    };
    TxEnv {
        tx_type,
        caller: request.from.unwrap_or_default(),
        gas_limit,
        gas_price: request.gas_price.or(request.max_fee_per_gas).unwrap_or_default(),
        gas_priority_fee: (!authorizations.is_empty()).then_some(0),
        kind: request.kind().unwrap_or(alloy_primitives::TxKind::Create),
        value: request.value.unwrap_or_default(),
        data: request.input.input().cloned().unwrap_or_default(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: Some(chain_id),
        access_list: request.access_list.clone().unwrap_or_default(),
        authorization_list: authorizations.into_iter().map(Either::Left).collect(),
        ..TxEnv::default()
    }
}
