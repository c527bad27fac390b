//! What the frames of a transaction did, as geth's call tracer tells it, and the host calls of those of programs.

use alloy_primitives::{Address, Bytes, U256};
use revm::context::CreateScheme;
use revm::context::result::HaltReason;
use revm::handler::FrameResult;
use revm::interpreter::{CallScheme, FrameInput, InstructionResult, SuccessOrHalt};

use crate::evm::Ctx;
use crate::execute::halt_text;
use crate::profile::CallTree;

/// Host calls that are kept of a frame, the first ones.
pub const MAX_HOST_CALLS: usize = 16_384;
/// Bytes of a whole trace: what clients can be sent, and what no call can use the memory up with.
pub const MAX_TRACE: usize = 32 * 1024 * 1024;
/// Bytes that a frame takes without its data.
const FRAME_SIZE: usize = 256;

/// How a frame came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FrameKind {
    Call,
    CallCode,
    DelegateCall,
    StaticCall,
    Create,
    Create2,
}

impl FrameKind {
    /// As the EVM calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::CallCode => "CALLCODE",
            Self::DelegateCall => "DELEGATECALL",
            Self::StaticCall => "STATICCALL",
            Self::Create => "CREATE",
            Self::Create2 => "CREATE2",
        }
    }
}

/// A host function that a program called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostCall {
    /// Its name among the imports from `vm_hooks`.
    pub name: &'static str,
    /// Ink left before it.
    pub start_ink: u64,
    /// Ink left after it, and after the frame that it called.
    pub end_ink: u64,
}

/// A frame: a call or a creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// How it came to be.
    pub kind: FrameKind,
    /// Who called or created.
    pub from: Address,
    /// Whose code ran, or what was created; none where the creation failed.
    pub to: Option<Address>,
    /// Wei that went with it, or that a delegate call shows.
    pub value: U256,
    /// Gas that it was given; of the first frame, the transaction's limit.
    pub gas: u64,
    /// Gas that it used, frames within included; of the first frame, what the transaction was charged.
    pub gas_used: u64,
    /// Call data, or the code that creates.
    pub input: Bytes,
    /// What it returned or reverted with; the created code.
    pub output: Bytes,
    /// Why it failed, if it did: `execution reverted`, or why it halted.
    pub error: Option<String>,
    /// The host calls in order, the first [`MAX_HOST_CALLS`], where a program ran.
    pub host_calls: Option<Vec<HostCall>>,
    /// Where a program's ink went, where that was asked for.
    pub profile: Option<CallTree>,
    /// Frames within it, in order.
    pub calls: Vec<Frame>,
}

/// Keeps track of the frames of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Tracer {
    open: Vec<Frame>,
    first: Option<Frame>,
    /// Bytes taken so far; beyond [`MAX_TRACE`] nothing is kept any more.
    size: usize,
}

impl Tracer {
    /// Counts bytes; those beyond the bound make all of it worthless.
    fn take(&mut self, bytes: usize) {
        self.size = self.size.saturating_add(bytes);
        if self.size > MAX_TRACE {
            for frame in &mut self.open {
                frame.calls = Vec::new();
            }
        }
    }

    const fn is_full(&self) -> bool {
        self.size > MAX_TRACE
    }

    /// A frame begins.
    pub(crate) fn begin(&mut self, input: &FrameInput, ctx: &Ctx) {
        if let Some(frame) = frame(input, ctx) {
            self.take(FRAME_SIZE.saturating_add(frame.input.len()));
            self.open.push(frame);
        }
    }

    /// The innermost frame is over.
    pub(crate) fn end(&mut self, result: &FrameResult, failure: Option<&String>) {
        let Some(mut frame) = self.open.pop() else { return };
        let (instruction, gas) = (result.instruction_result(), result.gas());
        let left = if instruction.is_ok_or_revert() { gas.remaining() } else { 0 };
        frame.gas_used = frame.gas.saturating_sub(left);
        frame.output = result.output().into_data();
        self.take(frame.output.len());
        frame.error = error(instruction, failure);
        if let FrameResult::Create(outcome) = result {
            frame.to = outcome.address.filter(|_| instruction.is_ok());
        }
        let full = self.is_full();
        match self.open.last_mut() {
            Some(_) if full => {}
            Some(outer) => outer.calls.push(frame),
            None => self.first = Some(frame),
        }
    }

    /// The innermost frame was of a program, which made these host calls.
    pub(crate) fn program(&mut self, host_calls: Vec<HostCall>) {
        self.take(host_calls.len().saturating_mul(size_of::<HostCall>()));
        if let Some(frame) = self.open.last_mut() {
            frame.host_calls = Some(host_calls);
        }
    }

    /// The innermost frame was of a program, whose ink went there.
    pub(crate) fn profiled(&mut self, profile: CallTree) {
        self.take(profile.size());
        if let Some(frame) = self.open.last_mut() {
            frame.profile = Some(profile);
        }
    }

    /// The place of the next frame among those of the innermost one.
    pub(crate) fn next_frame(&self) -> usize {
        self.open.last().map_or(0, |frame| frame.calls.len())
    }

    /// The first frame with all that are in it, once it is over; nothing if they were too much.
    pub(crate) fn finish(self) -> Option<Frame> {
        let fits = !self.is_full();
        self.first.filter(|_| fits)
    }
}

fn frame(input: &FrameInput, ctx: &Ctx) -> Option<Frame> {
    let (kind, from, to, value, gas, input) = match input {
        FrameInput::Call(inputs) => {
            let kind = match inputs.scheme {
                CallScheme::Call => FrameKind::Call,
                CallScheme::CallCode => FrameKind::CallCode,
                CallScheme::DelegateCall => FrameKind::DelegateCall,
                CallScheme::StaticCall => FrameKind::StaticCall,
            };
            // A delegate call is made by the account whose context it borrows.
            let from = if kind == FrameKind::DelegateCall { inputs.target_address } else { inputs.caller };
            let data = inputs.input.bytes_local(&ctx.local);
            (kind, from, Some(inputs.bytecode_address), inputs.value.get(), inputs.gas_limit, data)
        }
        FrameInput::Create(inputs) => {
            let kind = match inputs.scheme() {
                CreateScheme::Create2 { .. } => FrameKind::Create2,
                _ => FrameKind::Create,
            };
            (kind, inputs.caller(), None, inputs.value(), inputs.gas_limit(), inputs.init_code().clone())
        }
        FrameInput::Empty => return None,
    };
    Some(Frame {
        kind,
        from,
        to,
        value,
        gas,
        gas_used: 0,
        input,
        output: Bytes::new(),
        error: None,
        host_calls: None,
        profile: None,
        calls: Vec::new(),
    })
}

fn error(result: InstructionResult, failure: Option<&String>) -> Option<String> {
    if result.is_ok() {
        return None;
    }
    if result == InstructionResult::NotActivated
        && let Some(failure) = failure
    {
        return Some(failure.clone());
    }
    Some(match SuccessOrHalt::<HaltReason>::from(result) {
        SuccessOrHalt::Halt(reason) => halt_text(&reason),
        SuccessOrHalt::Revert if result == InstructionResult::Revert => "execution reverted".into(),
        _ => format!("{result:?}"),
    })
}
