//! Compiling a program, starting it, resuming it and telling how it ended.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use alloy_primitives::{B256, Bytes};
use fomo_wasm::instrument::{INK_LEFT, INK_STATUS, STACK_LEFT};
use fomo_wasm::module::{ENTRY_POINT, MEMORY};
use fomo_wasm::{Program, Refusal, Rules, code};
use wasmi::{Config, Engine, Extern, Func, Global, Memory, Module, ResumableCall, ResumableCallHostTrap, Store, Val};

use super::host::{self, Guest, Host};
use super::{Env, Escape, Request};

/// Programs compiled in this process, by code hash and ArbOS version.
type Programs = HashMap<(B256, u64), Arc<Compiled>>;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut config = Config::default();
    // The instrumentation bounds the stack; the engine must never be the first to give up.
    config.set_max_stack_height(1 << 26).set_max_recursion_depth(1 << 17);
    Engine::new(&config)
});
static PROGRAMS: LazyLock<Mutex<Programs>> = LazyLock::new(Mutex::default);

/// Bound on [`PROGRAMS`], so that a node that sees endless new programs does not grow without end.
const MAX_PROGRAMS: usize = 4_096;

/// A program ready to be instantiated.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// What activation found out about it.
    pub program: Program,
    module: Module,
}

impl Compiled {
    /// The program of an account's code, from memory where it was compiled before.
    pub(crate) fn of(code_hash: B256, code: &[u8], rules: &Rules) -> Result<Arc<Self>, Refusal> {
        let key = (code_hash, rules.arbos);
        // Whoever panicked while holding the lock left a whole map: entries are only ever added or cleared.
        if let Some(found) = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(found));
        }
        let program = fomo_wasm::activate(&code::decode(code, rules)?, rules)?;
        let module = Module::new(&ENGINE, &program.wasm).map_err(|e| Refusal::Invalid(e.to_string()))?;
        let compiled = Arc::new(Self { program, module });
        let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
        if programs.len() >= MAX_PROGRAMS {
            programs.clear();
        }
        programs.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }
}

impl Compiled {
    /// The same with probes in its functions. It is not kept: profiles are few, and most programs are never in one.
    pub(crate) fn probed(code: &[u8], rules: &Rules) -> Result<Self, Refusal> {
        let program = fomo_wasm::activate_probed(&code::decode(code, rules)?, rules)?;
        let module = Module::new(&ENGINE, &program.wasm).map_err(|e| Refusal::Invalid(e.to_string()))?;
        Ok(Self { program, module })
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Success(Bytes),
    Revert(Bytes),
    /// A trap or a misuse of a host function: reverts without data and keeps what ink is left.
    Failure,
    OutOfInk,
    OutOfStack,
}

/// What a program did until it stopped or has to wait.
pub(crate) enum Step {
    Ended(Ended),
    Waiting(Box<Request>, Suspended),
}

/// A program waiting for the chain's answer.
pub(crate) struct Suspended(ResumableCallHostTrap);

/// One call of a program.
pub(crate) struct Instance {
    store: Store<Host>,
    entry: Func,
}

impl Instance {
    /// Instantiates a program with ink to spend; `None` if it cannot be, which activation rules out.
    pub(crate) fn new(compiled: &Compiled, env: Env, ink: u64) -> Option<Self> {
        let mut store = Store::new(&ENGINE, Host::new(env));
        store.limiter(|host| &mut host.limits);
        let instance = host::linker(&ENGINE).instantiate_and_start(&mut store, &compiled.module).ok()?;
        let global = |name| match instance.get_export(&store, name) {
            Some(Extern::Global(global)) => Some(global),
            _ => None,
        };
        let (ink_left, status, stack): (Global, Global, Global) =
            (global(INK_LEFT)?, global(INK_STATUS)?, global(STACK_LEFT)?);
        let memory: Memory = instance.get_export(&store, MEMORY).and_then(Extern::into_memory)?;
        let entry = instance.get_export(&store, ENTRY_POINT).and_then(Extern::into_func)?;
        store.data_mut().bind(memory, ink_left, status, stack);
        let mut this = Self { store, entry };
        this.guest().set_ink(ink);
        this.guest().start_profile(ink);
        Some(this)
    }

    /// Enters the program.
    pub(crate) fn start(&mut self) -> Step {
        let len = i32::try_from(self.store.data().env.calldata.len()).unwrap_or(i32::MAX);
        let mut status = [Val::I32(0)];
        let result = self.entry.call_resumable(&mut self.store, &[Val::I32(len)], &mut status);
        self.step(result, &status)
    }

    /// Continues a program with the result of the host function that it waits in.
    pub(crate) fn resume(&mut self, suspended: Suspended, result: Option<Val>) -> Step {
        self.guest().host_call_ends();
        let mut status = [Val::I32(0)];
        let result = suspended.0.resume(&mut self.store, result.as_slice(), &mut status);
        self.step(result, &status)
    }

    fn step(&mut self, result: Result<ResumableCall, wasmi::Error>, status: &[Val; 1]) -> Step {
        let Ok(result) = result else { return Step::Ended(self.trapped()) };
        match result {
            ResumableCall::Finished => {
                let [status] = status;
                Step::Ended(self.returned(status.i32().unwrap_or(1)))
            }
            ResumableCall::HostTrap(call) => match call.host_error().downcast_ref::<Escape>() {
                Some(Escape::Wait) => match self.store.data_mut().waiting.take() {
                    Some(request) => Step::Waiting(request, Suspended(call)),
                    None => Step::Ended(Ended::Failure),
                },
                Some(escape) => Step::Ended(self.ended(escape)),
                None => Step::Ended(self.trapped()),
            },
            ResumableCall::OutOfFuel(_) => Step::Ended(self.trapped()),
        }
    }

    /// How a program ends that a host call or the chain's answer to it stops.
    pub(crate) fn ended(&mut self, escape: &Escape) -> Ended {
        self.guest().host_call_ends();
        match escape {
            Escape::OutOfInk => Ended::OutOfInk,
            Escape::Exit(status) => self.returned(status.cast_signed()),
            Escape::Failure(_) | Escape::Wait => Ended::Failure,
        }
    }

    fn returned(&mut self, status: i32) -> Ended {
        let output = std::mem::take(&mut self.store.data_mut().output).into();
        if status == 0 { Ended::Success(output) } else { Ended::Revert(output) }
    }

    fn trapped(&mut self) -> Ended {
        let guest = self.guest();
        if guest.out_of_stack() {
            Ended::OutOfStack
        } else if guest.out_of_ink() {
            Ended::OutOfInk
        } else {
            Ended::Failure
        }
    }

    /// The program's memory and meter.
    pub(crate) fn guest(&mut self) -> Guest<'_> {
        Guest::new(&mut self.store)
    }

    /// What the program keeps outside of its memory.
    pub(crate) fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }
}
