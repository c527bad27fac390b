//! The host functions, and the memory and meter that they work on.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use fomo_wasm::hooks::{self, API_INK, HOST_INK};
use fomo_wasm::instrument::{PROBE_ENTER, PROBE_LEAVE, PROBES};
use wasmi::{
    AsContext, AsContextMut, Caller, Engine, Global, Linker, Memory, StoreContextMut, StoreLimits, StoreLimitsBuilder,
    Val,
};

use super::cache::{REQUIRED_ACCESS_GAS, StorageCache};
use super::{CallKind, CodeUse, Env, Escape, Request};
use crate::profile::{CallTree, Site};
use crate::trace::{HostCall, MAX_HOST_CALLS};

/// Gas of a first access to a slot.
const COLD_SLOAD_GAS: u64 = 2_100;
/// Gas of a first access to an account.
const COLD_ACCOUNT_GAS: u64 = 2_600;
/// Gas that must be left to write storage at all (EIP-2200).
const SSTORE_SENTRY_GAS: u64 = 2_300;
/// Gas of a transient access.
const TRANSIENT_GAS: u64 = 100;
/// Gas of a log, once for itself and once for each topic.
const LOG_TOPIC_GAS: u64 = 375;
/// Gas of each byte of a log.
const LOG_DATA_GAS: u64 = 8;

type Result<T = ()> = std::result::Result<T, Escape>;

/// Handles into the instance.
#[derive(Clone, Copy)]
struct Handles {
    memory: Memory,
    ink: Global,
    status: Global,
    stack: Global,
}

/// What one call of a program has beside its memory.
pub(crate) struct Host {
    pub env: Env,
    pub output: Vec<u8>,
    pub return_data: Bytes,
    pub cache: StorageCache,
    /// The code asked for last, which costs nothing to ask for again.
    pub last_code: Option<(Address, Bytes)>,
    pub waiting: Option<Box<Request>>,
    /// The host calls so far, where they are kept.
    pub calls: Option<Vec<HostCall>>,
    /// Where the ink went so far, where that is kept.
    pub profile: Option<Box<CallTree>>,
    pub(super) limits: StoreLimits,
    handles: Option<Handles>,
}

/// Most bytes of one program's memory: 128 pages, which no gas buys more of.
const MAX_MEMORY: usize = 128 << 16;

impl Host {
    pub(super) fn new(env: Env) -> Self {
        Self {
            calls: env.traced.then(Vec::new),
            profile: None,
            env,
            output: Vec::new(),
            return_data: Bytes::new(),
            cache: StorageCache::default(),
            last_code: None,
            waiting: None,
            limits: StoreLimitsBuilder::new().memory_size(MAX_MEMORY).build(),
            handles: None,
        }
    }

    pub(super) fn bind(&mut self, memory: Memory, ink: Global, status: Global, stack: Global) {
        self.handles = Some(Handles { memory, ink, status, stack });
    }
}

/// The program as a host function sees it.
pub(crate) struct Guest<'a> {
    store: StoreContextMut<'a, Host>,
}

impl<'a> Guest<'a> {
    pub(super) fn new(store: &'a mut (impl AsContextMut<Data = Host> + ?Sized)) -> Self {
        Self { store: store.as_context_mut() }
    }

    /// `None` only while a module is being instantiated, when no host function can be called: there is no start
    /// function.
    fn handles(&self) -> Result<Handles> {
        self.store.data().handles.ok_or(Escape::Failure("a host call before instantiation"))
    }

    fn word(&self, of: impl Fn(Handles) -> Global) -> u64 {
        match self.handles().map(|handles| of(handles).get(self.store.as_context())) {
            Ok(Val::I64(value)) => value.cast_unsigned(),
            Ok(Val::I32(value)) => u64::from(value.cast_unsigned()),
            _ => 0,
        }
    }

    fn set_word(&mut self, of: impl Fn(Handles) -> Global, value: Val) {
        if let Ok(handles) = self.handles() {
            // The instrumentation made it mutable and of this type.
            let _ = of(handles).set(self.store.as_context_mut(), value);
        }
    }

    pub(crate) fn out_of_stack(&self) -> bool {
        self.word(|h| h.stack) == 0
    }

    pub(crate) fn out_of_ink(&self) -> bool {
        self.word(|h| h.status) != 0
    }

    /// Ink left; none once it ran out.
    pub(crate) fn ink(&self) -> u64 {
        if self.out_of_ink() { 0 } else { self.word(|h| h.ink) }
    }

    pub(crate) fn set_ink(&mut self, ink: u64) {
        self.set_word(|h| h.ink, Val::I64(ink.cast_signed()));
    }

    fn price(&self) -> u64 {
        self.store.data().env.ink_price
    }

    /// Whole gas left.
    pub(crate) fn gas(&self) -> u64 {
        self.ink() / self.price().max(1)
    }

    fn run_out(&mut self) -> Escape {
        self.set_word(|h| h.status, Val::I32(1));
        self.set_ink(0);
        Escape::OutOfInk
    }

    pub(crate) fn buy_ink(&mut self, ink: u64) -> Result {
        match self.ink().checked_sub(ink) {
            Some(left) if !self.out_of_ink() => {
                self.set_ink(left);
                Ok(())
            }
            _ => Err(self.run_out()),
        }
    }

    pub(crate) fn buy_gas(&mut self, gas: u64) -> Result {
        self.buy_ink(gas.saturating_mul(self.price()))
    }

    fn require_gas(&mut self, gas: u64) -> Result {
        if self.ink() < gas.saturating_mul(self.price()) { Err(self.run_out()) } else { Ok(()) }
    }

    fn pay_for_write(&mut self, bytes: u32) -> Result {
        self.buy_ink(hooks::write_ink(bytes))
    }

    fn pay_for_read(&mut self, bytes: u32) -> Result {
        self.buy_ink(hooks::read_ink(bytes))
    }

    fn read(&self, at: u32, len: u32) -> Result<Vec<u8>> {
        let start = at as usize;
        start
            .checked_add(len as usize)
            .and_then(|end| self.handles().ok()?.memory.data(&self.store).get(start..end))
            .map(<[u8]>::to_vec)
            .ok_or(Escape::Failure("a read outside of memory"))
    }

    fn read_array<const N: usize>(&self, at: u32) -> Result<[u8; N]> {
        let start = at as usize;
        start
            .checked_add(N)
            .and_then(|end| self.handles().ok()?.memory.data(&self.store).get(start..end)?.try_into().ok())
            .ok_or(Escape::Failure("a read outside of memory"))
    }

    fn read_word(&self, at: u32) -> Result<B256> {
        self.read_array(at).map(B256::new)
    }

    fn read_number(&self, at: u32) -> Result<U256> {
        self.read_array(at).map(U256::from_be_bytes::<32>)
    }

    fn read_address(&self, at: u32) -> Result<Address> {
        self.read_array(at).map(Address::new)
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result {
        let start = at as usize;
        let memory = self.handles()?.memory;
        let target = start
            .checked_add(bytes.len())
            .and_then(|end| memory.data_mut(&mut self.store).get_mut(start..end))
            .ok_or(Escape::Failure("a write outside of memory"))?;
        target.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Result {
        self.write(at, &value.to_le_bytes())
    }

    fn write_number(&mut self, at: u32, value: U256) -> Result {
        self.write(at, &value.to_be_bytes::<32>())
    }

    /// Counts ink by function from now on, if that is asked for.
    pub(super) fn start_profile(&mut self, ink: u64) {
        let host = self.store.data_mut();
        host.profile = host.env.profiled.as_ref().map(|of| Box::new(CallTree::new(of.code_hash, ink)));
    }

    /// Does something with the profile, if there is one.
    fn profile(&mut self, work: impl FnOnce(&mut CallTree, u64)) {
        if self.store.data().profile.is_some() {
            let ink = self.ink();
            if let Some(profile) = &mut self.store.data_mut().profile {
                work(profile, ink);
            }
        }
    }

    /// A function or a host call begins.
    fn profile_enter(&mut self, site: Site) {
        let room = self.store.data().env.profiled.as_ref().map(|of| Arc::clone(&of.room));
        let Some(room) = room else { return };
        self.profile(|profile, ink| {
            if profile.enter(site, ink, room.load(Ordering::Relaxed) > 0) {
                room.fetch_sub(1, Ordering::Relaxed);
            }
        });
    }

    /// Where the ink went, once the program is over.
    pub(crate) fn take_profile(&mut self) -> Option<CallTree> {
        self.profile(CallTree::finish);
        self.store.data_mut().profile.take().map(|profile| *profile)
    }

    fn host_call_begins(&mut self, name: &'static str) {
        self.profile_enter(Site::HostCall(name));
        if self.store.data().calls.is_some() {
            let ink = self.ink();
            if let Some(calls) = &mut self.store.data_mut().calls
                && calls.len() <= MAX_HOST_CALLS
            {
                calls.push(HostCall { name, start_ink: ink, end_ink: ink });
            }
        }
    }

    /// Notes what ink the last host call left; again once the chain has answered it.
    pub(super) fn host_call_ends(&mut self) {
        // One that waits for the chain goes on: it ends once it is answered.
        if self.store.data().waiting.is_none() {
            self.profile(CallTree::leave_host_call);
        }
        if self.store.data().calls.is_some() {
            let ink = self.ink();
            if let Some(last) = self.store.data_mut().calls.as_mut().and_then(|calls| calls.last_mut()) {
                last.end_ink = ink;
            }
        }
    }

    /// The host calls so far.
    pub(crate) fn take_host_calls(&mut self) -> Vec<HostCall> {
        let mut calls = self.store.data_mut().calls.take().unwrap_or_default();
        // One more was kept for what came after to end.
        calls.truncate(MAX_HOST_CALLS);
        calls
    }

    fn wait<T>(&mut self, request: Request) -> Result<T> {
        self.store.data_mut().waiting = Some(Box::new(request));
        Err(Escape::Wait)
    }

    /// Copies part of an account's code and pays for all of it, as Nitro does.
    pub(crate) fn use_code(&mut self, code: &Bytes, then: CodeUse) -> Result<u32> {
        let len = u32::try_from(code.len()).unwrap_or(u32::MAX);
        match then {
            CodeUse::Size => Ok(len),
            CodeUse::Copy { offset, size, dest } => {
                self.pay_for_write(len)?;
                self.write_part(code, offset, size, dest)
            }
        }
    }

    /// Writes the part of `bytes` that lies within offset and size; gives its length.
    fn write_part(&mut self, bytes: &Bytes, offset: u32, size: u32, dest: u32) -> Result<u32> {
        let end = (offset.saturating_add(size) as usize).min(bytes.len());
        let part = bytes.get(offset as usize..end).unwrap_or_default();
        if !part.is_empty() {
            self.write(dest, part)?;
        }
        Ok(u32::try_from(part.len()).unwrap_or(u32::MAX))
    }
}

// ---- call data, results, exit ----

fn read_args(guest: &mut Guest<'_>, dest: u32) -> Result {
    let args = guest.store.data().env.calldata.clone();
    guest.pay_for_write(u32::try_from(args.len()).unwrap_or(u32::MAX))?;
    guest.write(dest, &args)
}

fn write_result(guest: &mut Guest<'_>, at: u32, len: u32) -> Result {
    // Once for reading it here, once for what the chain does with it.
    guest.pay_for_read(len)?;
    guest.pay_for_read(len)?;
    let output = guest.read(at, len)?;
    guest.store.data_mut().output = output;
    Ok(())
}

fn exit_early(_: &mut Guest<'_>, status: u32) -> Result {
    Err(Escape::Exit(status))
}

// ---- storage ----

fn storage_load_bytes32(guest: &mut Guest<'_>, key: u32, dest: u32) -> Result {
    let api_gas = API_INK / guest.price().max(1);
    guest.require_gas(COLD_SLOAD_GAS + REQUIRED_ACCESS_GAS + api_gas)?;
    let key = guest.read_word(key)?;
    let cache = &mut guest.store.data_mut().cache;
    let gas = cache.read_gas();
    match cache.get(&key) {
        Some(value) => {
            guest.buy_gas(gas)?;
            guest.write(dest, value.as_slice())
        }
        None => guest.wait(Request::Load { key, dest, cache_gas: gas + api_gas }),
    }
}

fn storage_cache_bytes32(guest: &mut Guest<'_>, key: u32, value: u32) -> Result {
    guest.require_gas(SSTORE_SENTRY_GAS + REQUIRED_ACCESS_GAS)?;
    let (key, value) = (guest.read_word(key)?, guest.read_word(value)?);
    let cache = &mut guest.store.data_mut().cache;
    let gas = cache.write_gas();
    cache.write(key, value);
    guest.buy_gas(gas)
}

fn storage_flush_cache(guest: &mut Guest<'_>, clear: u32) -> Result {
    guest.require_gas(SSTORE_SENTRY_GAS)?;
    let writes = guest.store.data_mut().cache.flush(clear != 0);
    if writes.is_empty() {
        return Ok(());
    }
    let gas_left = guest.gas();
    guest.wait(Request::Flush { writes, gas_left })
}

fn transient_load_bytes32(guest: &mut Guest<'_>, key: u32, dest: u32) -> Result {
    guest.buy_gas(TRANSIENT_GAS)?;
    let key = guest.read_word(key)?;
    guest.wait(Request::TransientLoad { key, dest })
}

fn transient_store_bytes32(guest: &mut Guest<'_>, key: u32, value: u32) -> Result {
    guest.buy_gas(TRANSIENT_GAS)?;
    let (key, value) = (guest.read_word(key)?, guest.read_word(value)?);
    guest.wait(Request::TransientStore { key, value })
}

// ---- calls and creations ----

/// Where a call host function finds its arguments in memory.
struct CallArgs {
    kind: CallKind,
    to: u32,
    input: (u32, u32),
    value: Option<u32>,
    gas: u64,
    len_dest: u32,
}

fn call(guest: &mut Guest<'_>, args: CallArgs) -> Result<u32> {
    let (at, len) = args.input;
    guest.pay_for_read(len)?;
    guest.pay_for_read(len)?;
    let gas_left = guest.gas();
    let to = guest.read_address(args.to)?;
    let input = guest.read(at, len)?.into();
    let value = args.value.map(|at| guest.read_number(at)).transpose()?.unwrap_or_default();
    guest.wait(Request::Call {
        kind: args.kind,
        to,
        input,
        value,
        gas_left,
        gas_wanted: args.gas.min(gas_left),
        len_dest: args.len_dest,
    })
}

/// Where a creation host function finds its arguments in memory.
struct CreateArgs {
    code: (u32, u32),
    endowment: u32,
    salt: Option<u32>,
    dest: u32,
    len_dest: u32,
}

fn create(guest: &mut Guest<'_>, args: CreateArgs) -> Result {
    let (at, len) = args.code;
    guest.pay_for_read(len)?;
    guest.pay_for_read(len)?;
    let code = guest.read(at, len)?.into();
    let endowment = guest.read_number(args.endowment)?;
    let salt = args.salt.map(|at| guest.read_number(at)).transpose()?;
    let gas_left = guest.gas();
    guest.wait(Request::Create { code, endowment, salt, gas_left, dest: args.dest, len_dest: args.len_dest })
}

fn read_return_data(guest: &mut Guest<'_>, dest: u32, offset: u32, size: u32) -> Result<u32> {
    let data = guest.store.data().return_data.clone();
    let available = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_sub(offset);
    guest.pay_for_write(size.min(available))?;
    guest.write_part(&data, offset, size, dest)
}

// ---- logs, accounts, memory ----

fn emit_log(guest: &mut Guest<'_>, at: u32, len: u32, topics: u32) -> Result {
    let topic_bytes = topics.saturating_mul(32);
    if topics > 4 || len < topic_bytes {
        return Err(Escape::Failure("bad topic data"));
    }
    guest.pay_for_read(len)?;
    guest.buy_gas(LOG_TOPIC_GAS * (1 + u64::from(topics)) + LOG_DATA_GAS * u64::from(len - topic_bytes))?;
    let bytes = guest.read(at, len)?;
    let (head, data) = bytes.split_at_checked(topic_bytes as usize).ok_or(Escape::Failure("bad topic data"))?;
    let topics = head.chunks_exact(32).map(B256::from_slice).collect();
    guest.wait(Request::Log { topics, data: data.to_vec().into() })
}

fn account_balance(guest: &mut Guest<'_>, account: u32, dest: u32) -> Result {
    guest.require_gas(COLD_ACCOUNT_GAS)?;
    let account = guest.read_address(account)?;
    guest.wait(Request::Balance { account, dest })
}

fn account_codehash(guest: &mut Guest<'_>, account: u32, dest: u32) -> Result {
    guest.require_gas(COLD_ACCOUNT_GAS)?;
    let account = guest.read_address(account)?;
    guest.wait(Request::CodeHash { account, dest })
}

fn account_code(guest: &mut Guest<'_>, account: u32, then: CodeUse) -> Result<u32> {
    guest.require_gas(COLD_ACCOUNT_GAS)?;
    let account = guest.read_address(account)?;
    match guest.store.data().last_code.clone() {
        Some((last, code)) if last == account => guest.use_code(&code, then),
        _ => {
            let gas_left = guest.gas();
            guest.wait(Request::Code { account, gas_left, then })
        }
    }
}

fn pay_for_memory_grow(guest: &mut Guest<'_>, pages: u32) -> Result {
    // The host's parameter has 16 bits. What they cut off is not lost: no program ever gets that many pages.
    match u16::try_from(pages).unwrap_or(u16::MAX) {
        0 => guest.buy_ink(HOST_INK),
        pages => guest.wait(Request::AddPages { pages }),
    }
}

// ---- arithmetic ----

fn binary(guest: &mut Guest<'_>, a: u32, b: u32, f: impl Fn(U256, U256) -> U256) -> Result {
    let result = f(guest.read_number(a)?, guest.read_number(b)?);
    guest.write_number(a, result)
}

fn ternary(guest: &mut Guest<'_>, a: u32, b: u32, c: u32, f: impl Fn(U256, U256, U256) -> U256) -> Result {
    let result = f(guest.read_number(a)?, guest.read_number(b)?, guest.read_number(c)?);
    guest.write_number(a, result)
}

fn math_pow(guest: &mut Guest<'_>, value: u32, exponent: u32) -> Result {
    let exponent_bytes = guest.read_array::<32>(exponent)?;
    let base = guest.read_number(value)?;
    guest.buy_ink(hooks::pow_ink(&exponent_bytes))?;
    guest.write_number(value, base.wrapping_pow(U256::from_be_bytes(exponent_bytes)))
}

fn native_keccak256(guest: &mut Guest<'_>, at: u32, len: u32, dest: u32) -> Result {
    guest.buy_ink(hooks::keccak_ink(len))?;
    let digest = keccak256(guest.read(at, len)?);
    guest.write(dest, digest.as_slice())
}

/// The linker with every host function; each charges its base ink first.
pub(super) fn linker(engine: &Engine) -> &'static Linker<Host> {
    static LINKER: OnceLock<Linker<Host>> = OnceLock::new();
    LINKER.get_or_init(|| {
        let mut linker = Linker::new(engine);
        define_state(&mut linker);
        define_calls(&mut linker);
        define_environment(&mut linker);
        define_math(&mut linker);
        define_probes(&mut linker);
        linker
    })
}

/// Defines a host function: `hook!(linker, "name", |guest, a: u32, …| body)`.
macro_rules! hook {
    ($linker:ident, $name:literal, |$guest:ident $(, $arg:ident: $ty:ty)*| $body:expr) => {{
        let base_ink = hooks::find($name).map_or(0, |hook| hook.base_ink);
        let defined = $linker.func_wrap(hooks::MODULE, $name, move |mut caller: Caller<'_, Host> $(, $arg: $ty)*| {
            let mut guest = Guest::new(&mut caller);
            let $guest = &mut guest;
            $guest.host_call_begins($name);
            let result = $guest.buy_ink(base_ink).and_then(|()| $body).map_err(wasmi::Error::host);
            $guest.host_call_ends();
            result
        });
        debug_assert!(defined.is_ok(), "a host function defined twice");
    }};
}

/// What profiled programs import besides; nobody's own program may import from there.
fn define_probes(linker: &mut Linker<Host>) {
    let enter = linker.func_wrap(PROBES, PROBE_ENTER, |mut caller: Caller<'_, Host>, function: u32| {
        Guest::new(&mut caller).profile_enter(Site::Function(function));
    });
    debug_assert!(enter.is_ok(), "a probe defined twice");
    let leave = linker.func_wrap(PROBES, PROBE_LEAVE, |mut caller: Caller<'_, Host>| {
        Guest::new(&mut caller).profile(CallTree::leave);
    });
    debug_assert!(leave.is_ok(), "a probe defined twice");
}

fn define_state(linker: &mut Linker<Host>) {
    hook!(linker, "storage_load_bytes32", |g, key: u32, dest: u32| storage_load_bytes32(g, key, dest));
    hook!(linker, "storage_cache_bytes32", |g, key: u32, value: u32| storage_cache_bytes32(g, key, value));
    hook!(linker, "storage_flush_cache", |g, clear: u32| storage_flush_cache(g, clear));
    hook!(linker, "transient_load_bytes32", |g, key: u32, dest: u32| transient_load_bytes32(g, key, dest));
    hook!(linker, "transient_store_bytes32", |g, key: u32, value: u32| transient_store_bytes32(g, key, value));
    hook!(linker, "emit_log", |g, data: u32, len: u32, topics: u32| emit_log(g, data, len, topics));
    hook!(linker, "account_balance", |g, account: u32, dest: u32| account_balance(g, account, dest));
    hook!(linker, "account_codehash", |g, account: u32, dest: u32| account_codehash(g, account, dest));
    hook!(linker, "account_code_size", |g, account: u32| account_code(g, account, CodeUse::Size));
    hook!(linker, "account_code", |g, account: u32, offset: u32, size: u32, dest: u32| account_code(
        g,
        account,
        CodeUse::Copy { offset, size, dest }
    ));
    hook!(linker, "pay_for_memory_grow", |g, pages: u32| pay_for_memory_grow(g, pages));
}

fn define_calls(linker: &mut Linker<Host>) {
    hook!(linker, "read_args", |g, dest: u32| read_args(g, dest));
    hook!(linker, "write_result", |g, at: u32, len: u32| write_result(g, at, len));
    hook!(linker, "exit_early", |g, status: u32| exit_early(g, status));
    hook!(linker, "call_contract", |g, to: u32, at: u32, len: u32, value: u32, gas: u64, len_dest: u32| call(
        g,
        CallArgs { kind: CallKind::Call, to, input: (at, len), value: Some(value), gas, len_dest }
    ));
    hook!(linker, "delegate_call_contract", |g, to: u32, at: u32, len: u32, gas: u64, len_dest: u32| call(
        g,
        CallArgs { kind: CallKind::Delegate, to, input: (at, len), value: None, gas, len_dest }
    ));
    hook!(linker, "static_call_contract", |g, to: u32, at: u32, len: u32, gas: u64, len_dest: u32| call(
        g,
        CallArgs { kind: CallKind::Static, to, input: (at, len), value: None, gas, len_dest }
    ));
    hook!(linker, "create1", |g, at: u32, len: u32, endowment: u32, dest: u32, len_dest: u32| create(
        g,
        CreateArgs { code: (at, len), endowment, salt: None, dest, len_dest }
    ));
    hook!(linker, "create2", |g, at: u32, len: u32, endowment: u32, salt: u32, dest: u32, len_dest: u32| create(
        g,
        CreateArgs { code: (at, len), endowment, salt: Some(salt), dest, len_dest }
    ));
    hook!(linker, "read_return_data", |g, dest: u32, offset: u32, size: u32| read_return_data(g, dest, offset, size));
    hook!(linker, "return_data_size", |g| { Ok(u32::try_from(g.store.data().return_data.len()).unwrap_or(u32::MAX)) });
}

fn define_environment(linker: &mut Linker<Host>) {
    hook!(linker, "block_basefee", |g, dest: u32| g.write_number(dest, g.store.data().env.base_fee));
    hook!(linker, "block_coinbase", |g, dest: u32| {
        let coinbase = g.store.data().env.coinbase;
        g.write(dest, coinbase.as_slice())
    });
    hook!(linker, "block_gas_limit", |g| Ok(g.store.data().env.gas_limit));
    hook!(linker, "block_number", |g| Ok(g.store.data().env.l1_number));
    hook!(linker, "block_timestamp", |g| Ok(g.store.data().env.timestamp));
    hook!(linker, "chainid", |g| Ok(g.store.data().env.chain_id));
    hook!(linker, "contract_address", |g, dest: u32| {
        let address = g.store.data().env.address;
        g.write(dest, address.as_slice())
    });
    hook!(linker, "evm_gas_left", |g| Ok(g.gas()));
    hook!(linker, "evm_ink_left", |g| Ok(g.ink()));
    hook!(linker, "msg_reentrant", |g| Ok(u32::from(g.store.data().env.reentrant)));
    hook!(linker, "msg_sender", |g, dest: u32| {
        let sender = g.store.data().env.sender;
        g.write(dest, sender.as_slice())
    });
    hook!(linker, "msg_value", |g, dest: u32| g.write_number(dest, g.store.data().env.value));
    hook!(linker, "tx_gas_price", |g, dest: u32| g.write_number(dest, g.store.data().env.gas_price));
    hook!(linker, "tx_ink_price", |g| Ok(u32::try_from(g.price()).unwrap_or(u32::MAX)));
    hook!(linker, "tx_origin", |g, dest: u32| {
        let origin = g.store.data().env.origin;
        g.write(dest, origin.as_slice())
    });
}

fn define_math(linker: &mut Linker<Host>) {
    hook!(linker, "math_div", |g, a: u32, b: u32| binary(g, a, b, |a, b| a.checked_div(b).unwrap_or_default()));
    hook!(linker, "math_mod", |g, a: u32, b: u32| binary(g, a, b, |a, b| a.checked_rem(b).unwrap_or_default()));
    hook!(linker, "math_pow", |g, a: u32, b: u32| math_pow(g, a, b));
    hook!(linker, "math_add_mod", |g, a: u32, b: u32, c: u32| ternary(g, a, b, c, U256::add_mod));
    hook!(linker, "math_mul_mod", |g, a: u32, b: u32, c: u32| ternary(g, a, b, c, U256::mul_mod));
    hook!(linker, "native_keccak256", |g, at: u32, len: u32, dest: u32| native_keccak256(g, at, len, dest));
}
