//! A Stylus program running, one call of it, as a coroutine.
//!
//! The engine is an interpreter with resumable calls. A host function that only concerns the program (memory,
//! arithmetic, hashing, the environment of the call) is answered in place; one that needs the chain (storage, calls,
//! logs, accounts) suspends the program and hands out a [`Request`]. The chain answers it and resumes. So programs
//! and EVM frames take turns on one flat loop: no call depth is spent on the native stack, and no pointer to the
//! chain crosses into the engine.

mod cache;
mod host;
mod instance;

pub(crate) use instance::{Compiled, Ended, Instance, Step, Suspended};

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use alloy_primitives::{Address, B256, Bytes, U256};

/// A program whose ink is counted by function.
#[derive(Debug, Clone)]
pub(crate) struct Profiled {
    pub code_hash: B256,
    /// Nodes that the trees of the whole run may still have.
    pub room: Arc<AtomicUsize>,
}

/// What a program can ask about its call without leaving the engine.
#[derive(Debug, Clone)]
pub(crate) struct Env {
    pub calldata: Bytes,
    pub sender: Address,
    pub value: U256,
    pub address: Address,
    pub origin: Address,
    pub gas_price: U256,
    pub ink_price: u64,
    pub chain_id: u64,
    pub timestamp: u64,
    pub l1_number: u64,
    pub coinbase: Address,
    pub base_fee: U256,
    pub gas_limit: u64,
    pub reentrant: bool,
    /// Whether the host calls are kept.
    pub traced: bool,
    /// Where its ink is counted by function.
    pub profiled: Option<Profiled>,
}

/// Which of the call host functions was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallKind {
    Call,
    Delegate,
    Static,
}

/// What only the chain can do. Pointers are where the answer goes in the program's memory.
#[derive(Debug)]
pub(crate) enum Request {
    Load { key: B256, dest: u32, cache_gas: u64 },
    Flush { writes: Vec<(B256, B256)>, gas_left: u64 },
    TransientLoad { key: B256, dest: u32 },
    TransientStore { key: B256, value: B256 },
    Call { kind: CallKind, to: Address, input: Bytes, value: U256, gas_left: u64, gas_wanted: u64, len_dest: u32 },
    Create { code: Bytes, endowment: U256, salt: Option<U256>, gas_left: u64, dest: u32, len_dest: u32 },
    Log { topics: Vec<B256>, data: Bytes },
    Balance { account: Address, dest: u32 },
    CodeHash { account: Address, dest: u32 },
    Code { account: Address, gas_left: u64, then: CodeUse },
    AddPages { pages: u16 },
}

/// What becomes of an account's code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CodeUse {
    /// Its size is the result.
    Size,
    /// A part is copied and the number of bytes is the result.
    Copy { offset: u32, size: u32, dest: u32 },
}

/// Why a program stops short of returning from its entry point.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Escape {
    #[error("out of ink")]
    OutOfInk,
    /// Anything that Nitro reports as a failure: it reverts without data.
    #[error("{0}")]
    Failure(&'static str),
    #[error("exit with status {0}")]
    Exit(u32),
    /// The request is in [`Host::waiting`](host::Host::waiting), where it can be taken from.
    #[error("waiting for the chain")]
    Wait,
}

impl wasmi::errors::HostError for Escape {}
