//! The EVM with Stylus programs among its frames.
//!
//! Every call frame is the EVM's own [`EthFrame`], with its checkpoint, its gas and its place on the frame stack. A
//! frame whose code is a program is run by [`Instance`] instead of the interpreter: until it ends, or until it calls,
//! when it hands the callee's frame to the same loop that EVM frames hand theirs to, and waits for the result.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use alloy_primitives::{Address, B256, Bytes, U256};
use fomo_wasm::{Rules, code};
use revm::context::result::{EVMError, ExecutionResult, HaltReason};
use revm::context::{BlockEnv, CfgEnv, Context, ContextTr, Evm, FrameStack, JournalTr, TxEnv};
use revm::context_interface::CreateScheme;
use revm::context_interface::context::ContextError;
use revm::handler::evm::{ContextDbError, FrameInitResult, FrameTr};
use revm::handler::instructions::EthInstructions;
use revm::handler::instructions::InstructionProvider as _;
use revm::handler::{EthFrame, EvmTr, FrameInitOrResult, FrameResult, Handler, ItemOrResult, MainnetHandler};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_action::FrameInit;
use revm::interpreter::{
    CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult, InterpreterAction,
    InterpreterResult,
};

use crate::fork::Unread;
use crate::precompiles::NitroPrecompiles;
use crate::profile::MAX_NODES;
use crate::program::{CallKind, Compiled, Ended, Env, Escape, Instance, Profiled, Request, Step, Suspended};
use crate::programs;
use crate::state::State;
use crate::trace::{self, Tracer};

pub(crate) type Journal = revm::context::Journal<State>;
pub(crate) type Ctx = Context<BlockEnv, TxEnv, CfgEnv, State, Journal, Nitro>;
type Frame = EthFrame<EthInterpreter>;
type Inner = Evm<Ctx, (), EthInstructions<EthInterpreter, Ctx>, NitroPrecompiles, Frame>;
type VmError = ContextError<Unread>;

/// Gas of a first access to an account, and of a later one.
const COLD_ACCOUNT: u64 = 2_600;
const WARM: u64 = 100;
const COLD_SLOAD: u64 = 2_100;
const CALL_VALUE: u64 = 9_000;
const NEW_ACCOUNT: u64 = 25_000;
const CALL_STIPEND: u64 = 2_300;
const CREATE: u64 = 32_000;
const KECCAK_WORD: u64 = 6;
/// Gas of reading code on top of touching its account.
const CODE_READ: u64 = 700;
/// What a call host function returns when the callee failed, whatever the reason.
const CALL_FAILED: i32 = 2;

/// What ArbOS adds to a transaction's context.
#[derive(Debug, Clone)]
pub(crate) struct Nitro {
    pub rules: Rules,
    /// Number of the block, as against `block.number`, which is L1's.
    pub block_number: u64,
    /// Price of gas on this chain, whatever this call pays.
    pub gas_price: u64,
    /// Who may change the chain's settings and caches.
    pub owner: Address,
    /// Whether activation caches.
    pub auto_cache: bool,
    /// Programs entered in this block, latest last, where ArbOS keeps them cheap.
    pub recent: Vec<B256>,
    /// Pages in use by all programs of the call stack, and most ever in this transaction.
    pub pages_open: u16,
    pub pages_ever: u16,
    /// Who called the frame that calls now: what `ArbSys` tells its caller.
    pub callers_caller: Address,
    /// Why the innermost frame that halted did, in Nitro's words.
    pub failure: Option<String>,
}

impl Nitro {
    fn add_pages(&mut self, pages: u16) -> u64 {
        let gas = self.rules.page_cost(pages, self.pages_open, self.pages_ever);
        self.pages_open = self.pages_open.saturating_add(pages);
        self.pages_ever = self.pages_ever.max(self.pages_open);
        gas
    }

    /// Notes a program as entered; whether it was among the recent ones.
    fn enter_recent(&mut self, code_hash: B256) -> bool {
        if !self.rules.caches_recent_programs() {
            return false;
        }
        let before = self.recent.len();
        self.recent.retain(|hash| *hash != code_hash);
        let hit = self.recent.len() != before;
        self.recent.push(code_hash);
        if self.recent.len() > usize::from(self.rules.block_cache_size) {
            self.recent.remove(0);
        }
        hit
    }
}

/// What goes with a frame beside the EVM's own.
struct Note {
    /// The account whose context this is, unless it was lent by a delegate call.
    span: Option<Address>,
    /// The program, where it is one.
    program: Option<Running>,
    is_program: bool,
}

/// A program that has been entered.
struct Running {
    instance: Box<Instance>,
    /// Gas that the frame was entered with.
    start_gas: u64,
    /// Pages in use when it was entered, which are again once it ends.
    pages_before: u16,
    waiting: Option<Waiting>,
}

/// A program waiting for another frame.
struct Waiting {
    suspended: Suspended,
    then: Then,
    answer: Option<FrameResult>,
}

/// What is done with the result of another frame.
enum Then {
    Call { base_gas: u64, gas_given: u64, len_dest: u32 },
    Create { gas_left: u64, kept_back: u64, dest: u32, len_dest: u32 },
}

/// What became of a request.
enum Handled {
    /// The program goes on with this result of the host function.
    Resume(Option<wasmi::Val>),
    /// Another frame has to run first.
    Frame(Box<FrameInput>, Then),
}

/// The machine that runs one transaction.
pub(crate) struct Vm {
    inner: Inner,
    notes: Vec<Note>,
    tracer: Option<Tracer>,
    /// Where the ink of programs is counted by function.
    profiler: Option<Profiler>,
}

/// What the profiles of one run share.
#[derive(Default)]
struct Profiler {
    /// Programs with probes, by code hash.
    programs: HashMap<B256, Arc<Compiled>>,
    /// Nodes that their trees may still have.
    room: Arc<AtomicUsize>,
}

impl Profiler {
    fn program(&mut self, code_hash: B256, code: &[u8], rules: &Rules) -> Option<Arc<Compiled>> {
        if let Some(program) = self.programs.get(&code_hash) {
            return Some(Arc::clone(program));
        }
        let program = Arc::new(Compiled::probed(code, rules).ok()?);
        self.programs.insert(code_hash, Arc::clone(&program));
        Some(program)
    }
}

impl Vm {
    pub(crate) fn new(ctx: Ctx) -> Self {
        let spec = ctx.cfg.spec;
        let instruction = EthInstructions::new_mainnet_with_spec(spec);
        let precompiles = NitroPrecompiles::new(spec);
        Self { inner: Evm::new(ctx, instruction, precompiles), notes: Vec::new(), tracer: None, profiler: None }
    }

    /// Runs the context's transaction; its changes are in the journal afterwards.
    pub(crate) fn transact(&mut self) -> Result<ExecutionResult<HaltReason>, EVMError<Unread>> {
        self.notes.clear();
        MainnetHandler::<Self, EVMError<Unread>, Frame>::default().run(self)
    }

    /// Whether the context's transaction could be included in some state of the chain.
    pub(crate) fn check(&mut self) -> Result<(), EVMError<Unread>> {
        let handler = MainnetHandler::<Self, EVMError<Unread>, Frame>::default();
        handler.validate_env(self)?;
        handler.validate_initial_tx_gas(self).map(|_| ())
    }

    /// Keeps track of the frames that run from now on.
    pub(crate) fn trace(&mut self) {
        self.tracer = Some(Tracer::default());
    }

    /// The same, with the ink of programs by function in the place of their host calls.
    pub(crate) fn profile(&mut self) {
        self.trace();
        let room = Arc::new(AtomicUsize::new(MAX_NODES));
        self.profiler = Some(Profiler { room, ..Profiler::default() });
    }

    /// The first frame that ran since then, if it was not too much to keep.
    pub(crate) fn take_trace(&mut self) -> Option<trace::Frame> {
        self.tracer.take().and_then(Tracer::finish)
    }

    fn trace_end(&mut self, result: &FrameResult) {
        if let Some(tracer) = &mut self.tracer {
            tracer.end(result, self.inner.ctx.chain.failure.as_ref());
        }
    }

    pub(crate) fn into_context(self) -> Ctx {
        self.inner.ctx
    }

    /// Whether more than one open frame has the context of this account.
    fn is_reentrant(&self, account: Address) -> bool {
        self.notes.iter().filter(|note| note.span == Some(account)).count() > 1
    }

    fn run_evm(&mut self) -> Result<FrameInitOrResult<Frame>, VmError> {
        let Inner { ctx, instruction, frame_stack, .. } = &mut self.inner;
        let frame = frame_stack.get();
        let mut action = frame.interpreter.run_plain(instruction.instruction_table(), instruction.gas_table(), ctx);
        if let (FrameInput::Create(_), InterpreterAction::Return(result)) = (&frame.input, &mut action)
            && result.result.is_ok()
            && result.output.first() == Some(&0xEF)
            && !code::is_program(&result.output)
        {
            // EIP-3541 is off for programs' sake; for other code it stands.
            result.result = InstructionResult::CreateContractStartingWithEF;
        }
        frame.process_next_action(ctx, action)
    }

    fn run_program(&mut self) -> Result<FrameInitOrResult<Frame>, VmError> {
        let (mut running, mut step) = match self.notes.last_mut().and_then(|note| note.program.take()) {
            None => match self.enter()? {
                Ok(mut running) => {
                    let step = running.instance.start();
                    (running, step)
                }
                Err(halt) => return self.end(halt, None),
            },
            Some(mut running) => {
                let step = self.deliver(&mut running);
                (running, step)
            }
        };
        loop {
            let (request, suspended) = match step {
                Step::Ended(ended) => {
                    let pages = running.pages_before;
                    let result = self.conclude(&mut running, ended);
                    return self.end(result, Some(pages));
                }
                Step::Waiting(request, suspended) => (request, suspended),
            };
            step = match self.handle(&mut running.instance, *request)? {
                Ok(Handled::Resume(value)) => running.instance.resume(suspended, value),
                Ok(Handled::Frame(input, then)) => {
                    running.waiting = Some(Waiting { suspended, then, answer: None });
                    return Ok(self.suspend(running, *input));
                }
                Err(escape) => Step::Ended(running.instance.ended(&escape)),
            };
        }
    }

    /// Puts a program aside and hands out the frame that it waits for.
    fn suspend(&mut self, mut running: Running, frame_input: FrameInput) -> FrameInitOrResult<Frame> {
        if let (Some(profile), Some(tracer)) = (&mut running.instance.host().profile, &self.tracer) {
            profile.run(tracer.next_frame());
        }
        if let Some(note) = self.notes.last_mut() {
            note.program = Some(running);
        }
        let frame = self.inner.frame_stack.get();
        ItemOrResult::Item(FrameInit {
            frame_input,
            depth: frame.depth + 1,
            memory: frame.interpreter.memory.new_child_context(),
        })
    }

    /// Charges for entering the frame's program and instantiates it.
    fn enter(&mut self) -> Result<Result<Running, InterpreterResult>, VmError> {
        let acting = self.inner.frame_stack.get().interpreter.input.target_address;
        let reentrant = self.is_reentrant(acting);
        let Inner { ctx, frame_stack, .. } = &mut self.inner;
        let frame = frame_stack.get();
        let (code_hash, code) = match &frame.input {
            FrameInput::Call(inputs) => (inputs.known_bytecode.0, inputs.known_bytecode.1.original_bytes()),
            _ => (B256::ZERO, Bytes::new()),
        };
        let halt = |frame: &Frame, result| Ok(Err(InterpreterResult::new(result, Bytes::new(), frame.interpreter.gas)));
        let time = u64::try_from(ctx.block.timestamp).unwrap_or(u64::MAX);
        let rules = ctx.chain.rules;
        let record = programs::load(&mut ctx.journaled_state, code_hash)?;
        if let Err(inactive) = record.check(&rules, time) {
            ctx.chain.failure = Some(inactive.to_string());
            return halt(frame, InstructionResult::NotActivated);
        }
        let start_gas = frame.interpreter.gas.remaining();
        let pages_before = ctx.chain.pages_open;
        let cached = record.cached || ctx.chain.enter_recent(code_hash);
        let mut cost = rules.page_cost(record.footprint, pages_before, ctx.chain.pages_ever);
        if cached || rules.stylus > 1 {
            cost = cost.saturating_add(rules.cached_gas(record.cached_cost));
        }
        if !cached {
            cost = cost.saturating_add(rules.init_gas(record.init_cost));
        }
        if !frame.interpreter.gas.record_regular_cost(cost) {
            return halt(frame, InstructionResult::OutOfGas);
        }
        ctx.chain.add_pages(record.footprint);
        let env = Env {
            calldata: frame.interpreter.input.input.bytes_local(ctx.local()),
            sender: frame.interpreter.input.caller_address,
            value: frame.interpreter.input.call_value,
            address: acting,
            origin: ctx.tx.caller,
            gas_price: U256::from(ctx.tx.gas_price),
            ink_price: u64::from(rules.ink_price),
            chain_id: ctx.cfg.chain_id,
            timestamp: time,
            l1_number: u64::try_from(ctx.block.number).unwrap_or(u64::MAX),
            coinbase: ctx.block.beneficiary,
            base_fee: U256::from(ctx.block.basefee),
            gas_limit: ctx.block.gas_limit,
            reentrant,
            traced: self.tracer.is_some() && self.profiler.is_none(),
            profiled: self.profiler.as_ref().map(|of| Profiled { code_hash, room: Arc::clone(&of.room) }),
        };
        let ink = frame.interpreter.gas.remaining().saturating_mul(env.ink_price);
        let compiled = match &mut self.profiler {
            Some(profiler) => profiler.program(code_hash, &code, &rules),
            None => Compiled::of(code_hash, &code, &rules).ok(),
        };
        let instance = compiled.and_then(|compiled| Instance::new(&compiled, env, ink));
        Ok(match instance {
            Some(instance) => Ok(Running { instance: Box::new(instance), start_gas, pages_before, waiting: None }),
            // Activation accepted it, so that it can be instantiated; a program that could not be would be one that traps.
            None => {
                ctx.chain.pages_open = pages_before;
                Err(InterpreterResult::new(InstructionResult::Revert, Bytes::new(), frame.interpreter.gas))
            }
        })
    }

    /// Turns the end of a program into that of its frame.
    fn conclude(&mut self, running: &mut Running, ended: Ended) -> InterpreterResult {
        if let Some(tracer) = &mut self.tracer {
            match running.instance.guest().take_profile() {
                Some(profile) => tracer.profiled(profile),
                None => tracer.program(running.instance.guest().take_host_calls()),
            }
        }
        let mut gas = self.inner.frame_stack.get().interpreter.gas;
        let mut remaining = running.instance.guest().gas();
        let (mut result, mut output) = match ended {
            Ended::Success(output) => (InstructionResult::Return, output),
            Ended::Revert(output) => (InstructionResult::Revert, output),
            Ended::Failure => (InstructionResult::Revert, Bytes::new()),
            Ended::OutOfInk => (InstructionResult::OutOfGas, Bytes::new()),
            Ended::OutOfStack => (InstructionResult::StackOverflow, Bytes::new()),
        };
        if !output.is_empty() {
            // Returning data costs at least what it costs in the EVM.
            let words = (output.len() as u64).div_ceil(32);
            let floor = 3 * words + words * words / 512;
            match running.start_gas.checked_sub(floor) {
                Some(most) => remaining = remaining.min(most),
                None => (result, output) = (InstructionResult::OutOfGas, Bytes::new()),
            }
        }
        gas.set_remaining(remaining);
        InterpreterResult::new(result, output, gas)
    }

    fn end(&mut self, result: InterpreterResult, pages: Option<u16>) -> Result<FrameInitOrResult<Frame>, VmError> {
        let Inner { ctx, frame_stack, .. } = &mut self.inner;
        if let Some(pages) = pages {
            ctx.chain.pages_open = pages;
        }
        frame_stack.get().process_next_action(ctx, InterpreterAction::Return(result))
    }

    /// Gives a program the result of the frame that it waited for.
    fn deliver(&mut self, running: &mut Running) -> Step {
        let Some(Waiting { suspended, then, answer: Some(answer) }) = running.waiting.take() else {
            return Step::Ended(Ended::Failure);
        };
        let gas = &mut self.inner.frame_stack.get().interpreter.gas;
        let result = answer.instruction_result();
        if result.is_ok() {
            gas.record_refund(answer.gas().refunded());
        }
        let returned = if result.is_ok_or_revert() { answer.gas().remaining() } else { 0 };
        let outcome = match then {
            Then::Call { base_gas, gas_given, len_dest } => {
                let output = answer.output().into_data();
                let cost = base_gas.saturating_add(gas_given.saturating_sub(returned));
                finish_call(&mut running.instance, cost, output, len_dest)
                    .map(|()| Some(wasmi::Val::I32(if result.is_ok() { 0 } else { CALL_FAILED })))
            }
            Then::Create { gas_left, kept_back, dest, len_dest } => {
                let created = match &answer {
                    FrameResult::Create(outcome) if result.is_ok() => outcome.address.unwrap_or_default(),
                    _ => Address::ZERO,
                };
                let output =
                    if result == InstructionResult::Revert { answer.output().into_data() } else { Bytes::new() };
                let cost = gas_left.saturating_sub(returned + kept_back);
                finish_call(&mut running.instance, cost, output, len_dest)
                    .and_then(|()| running.instance.guest().write(dest, created.as_slice()))
                    .map(|()| None)
            }
        };
        match outcome {
            Ok(value) => running.instance.resume(suspended, value),
            Err(escape) => Step::Ended(running.instance.ended(&escape)),
        }
    }

    /// Answers a request, or says which frame has to.
    fn handle(&mut self, program: &mut Instance, request: Request) -> Result<Result<Handled, Escape>, VmError> {
        let Inner { ctx, frame_stack, .. } = &mut self.inner;
        let mut chain = ChainSide { ctx, frame: frame_stack.get(), program };
        Ok(match request {
            Request::Load { key, dest, cache_gas } => chain.load(key, dest, cache_gas)?,
            Request::Flush { writes, gas_left } => chain.flush(writes, gas_left)?,
            Request::TransientLoad { key, dest } => chain.transient_load(key, dest),
            Request::TransientStore { key, value } => chain.transient_store(key, value),
            Request::Call { kind, to, input, value, gas_left, gas_wanted, len_dest } => {
                chain.call(CallRequest { kind, to, input, value, gas_left, gas_wanted, len_dest })?
            }
            Request::Create { code, endowment, salt, gas_left, dest, len_dest } => {
                chain.create(code, endowment, salt, gas_left, (dest, len_dest))
            }
            Request::Log { topics, data } => chain.log(topics, data),
            Request::Balance { account, dest } => chain.balance(account, dest)?,
            Request::CodeHash { account, dest } => chain.code_hash(account, dest)?,
            Request::Code { account, gas_left, then } => chain.code(account, gas_left, then)?,
            Request::AddPages { pages } => {
                let (open, ever) = (chain.ctx.chain.pages_open, chain.ctx.chain.pages_ever);
                let gas = chain.ctx.chain.add_pages(pages);
                let paid = chain.program.guest().buy_gas(gas);
                if paid.is_err() {
                    // What was not paid for was never had: the ramp is not behind those who come later.
                    (chain.ctx.chain.pages_open, chain.ctx.chain.pages_ever) = (open, ever);
                }
                paid.map(|()| Handled::Resume(None))
            }
        })
    }
}

/// Pays for a call or creation that is over and keeps what it returned.
fn finish_call(program: &mut Instance, cost: u64, output: Bytes, len_dest: u32) -> Result<(), Escape> {
    let len = u32::try_from(output.len()).unwrap_or(u32::MAX);
    program.host().return_data = output;
    let mut guest = program.guest();
    guest.buy_gas(cost)?;
    guest.write_u32(len_dest, len)
}

struct CallRequest {
    kind: CallKind,
    to: Address,
    input: Bytes,
    value: U256,
    gas_left: u64,
    gas_wanted: u64,
    len_dest: u32,
}

/// The chain as a program's request sees it.
struct ChainSide<'a> {
    ctx: &'a mut Ctx,
    frame: &'a mut Frame,
    program: &'a mut Instance,
}

type Answer = Result<Handled, Escape>;

impl ChainSide<'_> {
    fn acting(&self) -> Address {
        self.frame.interpreter.input.target_address
    }

    fn is_static(&self) -> bool {
        self.frame.interpreter.runtime_flag.is_static
    }

    fn load(&mut self, key: B256, dest: u32, cache_gas: u64) -> Result<Answer, VmError> {
        let slot = self.ctx.journaled_state.sload(self.acting(), key.into())?;
        let gas = cache_gas + if slot.is_cold { COLD_SLOAD } else { WARM };
        let value = B256::from(slot.data);
        self.program.host().cache.loaded(key, value);
        let mut guest = self.program.guest();
        Ok(guest.buy_gas(gas).and_then(|()| guest.write(dest, value.as_slice())).map(|()| Handled::Resume(None)))
    }

    /// Writes what was cached, in order, as repeated `SSTORE`s; all of it or, out of gas, nothing that lasts.
    fn flush(&mut self, writes: Vec<(B256, B256)>, gas_left: u64) -> Result<Answer, VmError> {
        if self.is_static() {
            return Ok(Err(Escape::Failure("a write in a static call")));
        }
        let acting = self.acting();
        let mut gas = 0u64;
        for (key, value) in writes {
            let store = self.ctx.journaled_state.sstore(acting, key.into(), value.into())?;
            gas = gas.saturating_add(if store.is_cold { COLD_SLOAD } else { 0 });
            let (cost, refund) = sstore_gas(&store.data);
            gas = gas.saturating_add(cost);
            self.frame.interpreter.gas.record_refund(refund);
            if gas > gas_left {
                break;
            }
        }
        if gas >= gas_left && self.ctx.chain.rules.arbos < 50 {
            return Ok(Err(Escape::Failure("no gas for a write")));
        }
        let mut guest = self.program.guest();
        Ok(guest.buy_gas(gas).map(|()| Handled::Resume(None)))
    }

    fn transient_load(&mut self, key: B256, dest: u32) -> Answer {
        let value = B256::from(self.ctx.journaled_state.tload(self.acting(), key.into()));
        self.program.guest().write(dest, value.as_slice()).map(|()| Handled::Resume(None))
    }

    fn transient_store(&mut self, key: B256, value: B256) -> Answer {
        if self.is_static() {
            return Err(Escape::Failure("a write in a static call"));
        }
        self.ctx.journaled_state.tstore(self.acting(), key.into(), value.into());
        Ok(Handled::Resume(None))
    }

    fn log(&mut self, topics: Vec<B256>, data: Bytes) -> Answer {
        if self.is_static() {
            return Err(Escape::Failure("a log in a static call"));
        }
        let log = alloy_primitives::Log::new(self.acting(), topics, data);
        self.ctx.journaled_state.log(log.ok_or(Escape::Failure("bad topic data"))?);
        Ok(Handled::Resume(None))
    }

    fn balance(&mut self, account: Address, dest: u32) -> Result<Answer, VmError> {
        let loaded = self.ctx.journaled_state.load_account(account)?;
        let (gas, balance) = (touch_gas(loaded.is_cold), loaded.info.balance);
        let mut guest = self.program.guest();
        let answer = guest.buy_gas(gas).and_then(|()| guest.write(dest, &balance.to_be_bytes::<32>()));
        Ok(answer.map(|()| Handled::Resume(None)))
    }

    fn code_hash(&mut self, account: Address, dest: u32) -> Result<Answer, VmError> {
        let loaded = self.ctx.journaled_state.load_account(account)?;
        let hash = if loaded.is_empty() { B256::ZERO } else { loaded.info.code_hash };
        let gas = touch_gas(loaded.is_cold);
        let mut guest = self.program.guest();
        Ok(guest.buy_gas(gas).and_then(|()| guest.write(dest, hash.as_slice())).map(|()| Handled::Resume(None)))
    }

    fn code(&mut self, account: Address, gas_left: u64, then: crate::program::CodeUse) -> Result<Answer, VmError> {
        let loaded = self.ctx.journaled_state.load_account_with_code(account)?;
        let gas = touch_gas(loaded.is_cold) + CODE_READ;
        let code = loaded.info.code.as_ref().map(|code| code.original_bytes()).unwrap_or_default();
        if gas_left < gas {
            return Ok(self.program.guest().buy_gas(gas).map(|()| Handled::Resume(None)));
        }
        if !code.is_empty() {
            self.program.host().last_code = Some((account, code.clone()));
        }
        let mut guest = self.program.guest();
        let answer = guest.buy_gas(gas).and_then(|()| guest.use_code(&code, then));
        Ok(answer.map(|len| Handled::Resume(Some(wasmi::Val::I32(len.cast_signed())))))
    }

    /// Gas of reaching an account by a call, and its code.
    fn reach(&mut self, to: Address, value: U256) -> Result<(u64, B256, revm::bytecode::Bytecode), VmError> {
        let loaded = self.ctx.journaled_state.load_account_with_code(to)?;
        let mut gas = touch_gas(loaded.is_cold);
        if !value.is_zero() {
            gas += CALL_VALUE + if loaded.is_empty() { NEW_ACCOUNT } else { 0 };
        }
        let (mut hash, mut code) = (loaded.info.code_hash, loaded.info.code.clone().unwrap_or_default());
        if let Some(delegate) = code.eip7702_address() {
            // Unlike the EVM's calls, Nitro's host function does not charge for the delegate.
            let loaded = self.ctx.journaled_state.load_account_with_code(delegate)?;
            (hash, code) = (loaded.info.code_hash, loaded.info.code.clone().unwrap_or_default());
        }
        Ok((gas, hash, code))
    }

    /// A call that fails before any frame: it costs `gas` and the program goes on.
    fn call_fails(&mut self, gas: u64, len_dest: u32) -> Answer {
        finish_call(self.program, gas, Bytes::new(), len_dest)?;
        Ok(Handled::Resume(Some(wasmi::Val::I32(CALL_FAILED))))
    }

    fn call(&mut self, request: CallRequest) -> Result<Answer, VmError> {
        let CallRequest { kind, to, input, value, gas_left, gas_wanted, len_dest } = request;
        if self.is_static() && !value.is_zero() {
            return Ok(self.call_fails(0, len_dest));
        }
        let (base_gas, code_hash, code) = self.reach(to, value)?;
        if base_gas > gas_left {
            return Ok(self.call_fails(gas_left, len_dest));
        }
        let most = (u128::from(gas_left - base_gas) * 63 / 64) as u64;
        let stipend = if value.is_zero() { 0 } else { CALL_STIPEND };
        let gas_given = most.min(gas_wanted).saturating_add(stipend);
        let inputs = &self.frame.interpreter.input;
        let (target, caller, call_value, scheme) = match kind {
            CallKind::Call => (to, inputs.target_address, CallValue::Transfer(value), CallScheme::Call),
            CallKind::Static => (to, inputs.target_address, CallValue::Transfer(U256::ZERO), CallScheme::StaticCall),
            CallKind::Delegate => (
                inputs.target_address,
                inputs.caller_address,
                CallValue::Apparent(inputs.call_value),
                CallScheme::DelegateCall,
            ),
        };
        let inputs = CallInputs {
            input: CallInput::Bytes(input),
            return_memory_offset: 0..0,
            gas_limit: gas_given,
            reservoir: 0,
            bytecode_address: to,
            known_bytecode: (code_hash, code),
            target_address: target,
            caller,
            value: call_value,
            scheme,
            is_static: self.is_static() || kind == CallKind::Static,
            charged_new_account_state_gas: false,
        };
        let then = Then::Call { base_gas, gas_given, len_dest };
        Ok(Ok(Handled::Frame(Box::new(FrameInput::Call(Box::new(inputs))), then)))
    }

    fn create(&self, code: Bytes, value: U256, salt: Option<U256>, gas_left: u64, dests: (u32, u32)) -> Answer {
        if self.is_static() {
            return Err(Escape::Failure("a creation in a static call"));
        }
        let words = (code.len() as u64).div_ceil(32);
        let base = CREATE + if salt.is_some() { KECCAK_WORD * words } else { 0 };
        let Some(gas) = gas_left.checked_sub(base) else {
            return Err(Escape::Failure("no gas for a creation"));
        };
        let kept_back = gas / 64;
        let scheme = salt.map_or(CreateScheme::Create, |salt| CreateScheme::Create2 { salt });
        let inputs = CreateInputs::new(self.acting(), scheme, value, code, gas - kept_back, 0);
        let (dest, len_dest) = dests;
        let then = Then::Create { gas_left, kept_back, dest, len_dest };
        Ok(Handled::Frame(Box::new(FrameInput::Create(Box::new(inputs))), then))
    }
}

const fn touch_gas(is_cold: bool) -> u64 {
    if is_cold { COLD_ACCOUNT } else { WARM }
}

/// Gas and refund of an `SSTORE`, the access itself apart (EIP-2200 as of EIP-3529).
fn sstore_gas(store: &revm::context_interface::context::SStoreResult) -> (u64, i64) {
    const SET: u64 = 20_000;
    const RESET: u64 = 5_000 - COLD_SLOAD;
    const CLEAR_REFUND: i64 = 4_800;
    let (original, current, new) = (store.original_value, store.present_value, store.new_value);
    if current == new {
        return (WARM, 0);
    }
    if original == current {
        return match (original.is_zero(), new.is_zero()) {
            (true, _) => (SET, 0),
            (false, true) => (RESET, CLEAR_REFUND),
            (false, false) => (RESET, 0),
        };
    }
    let mut refund = 0;
    if !original.is_zero() {
        if current.is_zero() {
            refund -= CLEAR_REFUND;
        } else if new.is_zero() {
            refund += CLEAR_REFUND;
        }
    }
    if original == new {
        let paid = if original.is_zero() { SET } else { RESET };
        refund += (paid - WARM).cast_signed();
    }
    (WARM, refund)
}

impl EvmTr for Vm {
    type Context = Ctx;
    type Instructions = EthInstructions<EthInterpreter, Ctx>;
    type Precompiles = NitroPrecompiles;
    type Frame = Frame;

    fn all(&self) -> (&Ctx, &Self::Instructions, &NitroPrecompiles, &FrameStack<Frame>) {
        self.inner.all()
    }

    fn all_mut(&mut self) -> (&mut Ctx, &mut Self::Instructions, &mut NitroPrecompiles, &mut FrameStack<Frame>) {
        self.inner.all_mut()
    }

    fn frame_init(
        &mut self,
        input: <Frame as FrameTr>::FrameInit,
    ) -> Result<FrameInitResult<'_, Frame>, ContextDbError<Ctx>> {
        let Inner { ctx, frame_stack, .. } = &mut self.inner;
        ctx.chain.callers_caller = match frame_stack.index() {
            Some(_) => frame_stack.get().interpreter.input.caller_address,
            None => Address::ZERO,
        };
        if let Some(tracer) = &mut self.tracer {
            tracer.begin(&input.frame_input, ctx);
        }
        if let ItemOrResult::Result(result) = self.inner.frame_init(input)? {
            self.trace_end(&result);
            return Ok(ItemOrResult::Result(result));
        }
        let frame = self.inner.frame_stack.get();
        let acting = frame.interpreter.input.target_address;
        let (is_program, lent) = match &frame.input {
            FrameInput::Call(inputs) => (
                code::is_program(inputs.known_bytecode.1.original_byte_slice()),
                matches!(inputs.scheme, CallScheme::DelegateCall | CallScheme::CallCode),
            ),
            _ => (false, false),
        };
        self.notes.push(Note { span: (!lent).then_some(acting), program: None, is_program });
        Ok(ItemOrResult::Item(self.inner.frame_stack.get()))
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Frame>, ContextDbError<Ctx>> {
        let is_program = self.notes.last().is_some_and(|note| note.is_program);
        let result = if is_program { self.run_program() } else { self.run_evm() }?;
        if let ItemOrResult::Result(result) = &result {
            self.trace_end(result);
            self.inner.frame_stack.get().set_finished(true);
        }
        Ok(result)
    }

    fn frame_return_result(&mut self, result: FrameResult) -> Result<Option<FrameResult>, ContextDbError<Ctx>> {
        if self.inner.frame_stack.get().is_finished() {
            self.inner.frame_stack.pop();
            self.notes.pop();
        }
        if self.inner.frame_stack.index().is_none() {
            return Ok(Some(result));
        }
        match self.notes.last_mut().and_then(|note| note.program.as_mut()) {
            Some(running) => {
                self.inner.frame_stack.get().interpreter.memory.free_child_context();
                if let Some(waiting) = &mut running.waiting {
                    waiting.answer = Some(result);
                }
                Ok(None)
            }
            None => {
                let Inner { ctx, frame_stack, .. } = &mut self.inner;
                frame_stack.get().return_result::<_, ContextDbError<Ctx>>(ctx, result)?;
                Ok(None)
            }
        }
    }
}
