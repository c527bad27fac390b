//! Nothing that a stranger can deploy or call makes the chain panic, and no call uses more gas than it was given.
//!
//! A minute in all; `FOMO_FUZZ_SECONDS` runs each part for as long, `FOMO_FUZZ_SEED` repeats one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, Bytes, TxKind, U256, address};
use alloy_sol_types::SolCall;
use fomo_chain::Config;
use fomo_chain::precompiles::{ARB_WASM, ARBOS_PRECOMPILES};
use fomo_tests::{Harness, IArbWasm, init_code};
use fomo_wasm::{code, hooks};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Seconds of each part unless the environment says otherwise.
const SECONDS: u64 = 15;

struct Source {
    rng: TestRng,
}

impl Source {
    fn new(seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes) }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.rng.next_u64() % limit.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn bytes(&mut self, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(self.below(most + 1)).unwrap()];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// A number that is often small, often at a limit, and sometimes anything.
    fn number(&mut self) -> u64 {
        let random = self.rng.next_u64();
        *self.pick(&[0, 1, 2, 31, 32, 33, 64, 65_535, 65_536, 1 << 31, u64::from(u32::MAX), u64::MAX, random])
    }
}

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Repeats a round with seeds that follow one another until the time is up; says which seed failed.
fn rounds(mut round: impl FnMut(&mut Source)) {
    let start = Instant::now();
    let seconds = Duration::from_secs(environment("FOMO_FUZZ_SECONDS").unwrap_or(SECONDS));
    let first = environment("FOMO_FUZZ_SEED").unwrap_or_else(rand_seed);
    for seed in first.. {
        eprintln!("seed {seed}");
        round(&mut Source::new(seed));
        if start.elapsed() > seconds {
            break;
        }
    }
}

fn rand_seed() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos().into()
}

/// Writes random programs that are valid: expressions of one type at a time, as text.
struct Author<'a> {
    source: &'a mut Source,
    /// How many more instructions it may write.
    left: u32,
}

impl Author<'_> {
    fn spend(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    fn i32(&mut self) -> String {
        if !self.spend() {
            return format!("(i32.const {})", self.source.number().cast_signed() as i32);
        }
        match self.source.below(10) {
            0 => format!("(i32.const {})", self.source.number().cast_signed() as i32),
            1 => format!("(local.get {})", self.source.below(3)),
            2..5 => {
                let op = *self.source.pick(&[
                    "add", "sub", "mul", "div_u", "div_s", "rem_u", "rem_s", "and", "or", "xor", "shl", "shr_u",
                    "rotl", "eq", "lt_s", "ge_u",
                ]);
                format!("(i32.{op} {} {})", self.i32(), self.i32())
            }
            5 => format!("(i32.{} {})", *self.source.pick(&["clz", "popcnt", "eqz", "extend8_s"]), self.i32()),
            6 => format!("(i32.wrap_i64 {})", self.i64()),
            7 => format!("(i32.load8_u offset={} {})", self.source.below(70_000), self.i32()),
            8 => format!("(memory.grow (i32.and {} (i32.const {})))", self.i32(), self.source.below(4)),
            _ => format!("(select {} {} {})", self.i32(), self.i32(), self.i32()),
        }
    }

    fn i64(&mut self) -> String {
        if !self.spend() {
            return format!("(i64.const {})", self.source.number().cast_signed());
        }
        match self.source.below(6) {
            0 => format!("(i64.const {})", self.source.number().cast_signed()),
            1 => "(local.get 3)".into(),
            2 | 3 => {
                let op = *self.source.pick(&["add", "mul", "div_u", "rem_s", "xor", "shl"]);
                format!("(i64.{op} {} {})", self.i64(), self.i64())
            }
            4 => format!("(i64.extend_i32_u {})", self.i32()),
            _ => format!("(i64.load offset={} {})", self.source.below(70_000), self.i32()),
        }
    }

    fn hook(&mut self) -> String {
        let hook = *self.source.pick(hooks::HOOKS);
        let arguments: Vec<String> = hook
            .params
            .iter()
            .map(|ty| if *ty == wasmparser::ValType::I64 { self.i64() } else { self.i32() })
            .collect();
        let call = format!("(call ${} {})", hook.name, arguments.join(" "));
        if hook.result.is_some() { format!("(drop {call})") } else { call }
    }

    fn statement(&mut self) -> String {
        if !self.spend() {
            return "(nop)".into();
        }
        match self.source.below(12) {
            0 => format!("(local.set {} {})", 1 + self.source.below(2), self.i32()),
            1 => format!("(local.set 3 {})", self.i64()),
            2 => format!("(i32.store offset={} {} {})", self.source.below(70_000), self.i32(), self.i32()),
            3 => format!("(i64.store8 {} {})", self.i32(), self.i64()),
            4 => format!("(if {} (then {}) (else {}))", self.i32(), self.statement(), self.statement()),
            5 => format!("(block $b {} (br_if $b {}) {})", self.statement(), self.i32(), self.statement()),
            // Endless loops are part of it: gas ends them.
            6 => format!("(loop $l {} (br_if $l {}))", self.statement(), self.i32()),
            7 => format!("(memory.fill {} {} {})", self.i32(), self.i32(), self.i32()),
            8 => format!("(memory.copy {} {} {})", self.i32(), self.i32(), self.i32()),
            9 => format!("(global.set $g {})", self.i64()),
            10 => format!("(drop (call_indirect (type $f) {} {}))", self.i32(), self.i32()),
            _ => self.hook(),
        }
    }

    fn module(&mut self) -> String {
        let imports: String = hooks::HOOKS
            .iter()
            .map(|hook| {
                let names =
                    |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                let params =
                    if hook.params.is_empty() { String::new() } else { format!("(param {})", names(hook.params)) };
                let result = hook.result.map(|ty| format!("(result {ty})")).unwrap_or_default();
                format!("(import \"vm_hooks\" \"{0}\" (func ${0} {params} {result}))\n", hook.name)
            })
            .collect();
        let body = |author: &mut Self| -> String { (0..6).map(|_| author.statement() + "\n").collect() };
        let (main, other) = (body(self), body(self));
        let pages = 1 + self.source.below(3);
        format!(
            "(module {imports} (type $f (func (param i32) (result i32)))
              (memory (export \"memory\") {pages}) (global $g (mut i64) (i64.const 7))
              (table 3 funcref) (elem (i32.const 0) $user_entrypoint $other)
              (func $other (param i32) (result i32) (local i32 i32 i64) {other} (local.get 1))
              (func $user_entrypoint (export \"user_entrypoint\") (param i32) (result i32) (local i32 i32 i64)
                (call $read_args (i32.const 0)) {main} (i32.and (local.get 2) (i32.const 1))))"
        )
    }
}

/// Sends whatever it is and checks what must hold of everything: gas within the limit, and a chain that goes on.
fn send(harness: &mut Harness, to: TxKind, data: Vec<u8>, value: u64, gas: u64) {
    let request = TransactionRequest {
        from: Some(harness.sender()),
        to: Some(to),
        gas: Some(gas),
        value: Some(U256::from(value)),
        ..Default::default()
    }
    .input(Bytes::from(data).into());
    let head = harness.chain.head();
    match harness.chain.submit_request(request) {
        Ok(hash) => {
            let used = harness.chain.receipt(hash).unwrap().execution.gas_used;
            assert!(used <= gas, "{used} gas used of {gas}");
            assert_eq!(harness.chain.head(), head + 1);
        }
        // Too little gas to be included at all.
        Err(error) => assert_eq!(harness.chain.head(), head, "{error}"),
    }
}

#[test]
fn random_programs_end_within_their_gas() {
    let mut harness = Harness::new(Config { auto_cache: true, ..Config::default() });
    let mut known: Vec<Address> = ARBOS_PRECOMPILES.to_vec();
    rounds(|source| {
        let text = Author { source, left: 400 }.module();
        let wasm = fomo_tests::assemble(&text);
        let Ok(code) = code::encode(&wasm) else { return };
        let program = harness.deploy_code(&code);
        let activation = harness.activate(program);
        assert!(activation.execution.success(), "refused: {:?}\n{text}", activation.execution);
        known.push(program);
        for _ in 0..6 {
            // Call data that often starts with an address to call.
            let mut data = source.pick(&known).to_vec();
            data.extend(source.bytes(200));
            let gas = *source.pick(&[30_000, 100_000, 1_000_000, 5_000_000]);
            let value = source.below(2);
            send(&mut harness, TxKind::Call(program), data, value, gas);
        }
    });
}

#[test]
fn random_bytes_as_programs_are_refused_or_run() {
    let mut harness = Harness::default();
    let valid = fomo_tests::assemble(&Author { source: &mut Source::new(1), left: 300 }.module());
    rounds(|source| {
        let mut wasm = valid.clone();
        for _ in 0..=source.below(4) {
            let at = usize::try_from(source.below(wasm.len() as u64)).unwrap();
            wasm[at] = source.below(256) as u8;
        }
        let mut code = code::encode(&wasm).unwrap();
        if source.below(4) == 0 {
            let at = usize::try_from(source.below(code.len() as u64)).unwrap();
            code[at] ^= 1 << source.below(8);
        }
        let deploy = TransactionRequest { from: Some(harness.sender()), ..Default::default() };
        let mut deploy = deploy.input(Bytes::from(init_code(&code)).into());
        deploy.to = Some(TxKind::Create);
        let Some(program) = harness.submit(deploy).execution.created else { return };
        if harness.activate(program).execution.success() {
            let data = source.bytes(64);
            send(&mut harness, TxKind::Call(program), data, 0, 2_000_000);
        }
    });
}

/// EVM code that passes its call data on to the address in its first word, by the call that it is made for.
fn forwarder(static_call: bool, delegate: bool) -> Vec<u8> {
    // calldatacopy(0, 32, size - 32); call; returndatacopy; return
    let copy = alloy_primitives::hex!("602036038060205f37");
    let call: &[u8] = match (static_call, delegate) {
        (true, _) => &alloy_primitives::hex!("5f5f915f5f355afa"),
        (_, true) => &alloy_primitives::hex!("5f5f915f5f355af4"),
        _ => &alloy_primitives::hex!("5f5f915f345f355af1"),
    };
    let end = alloy_primitives::hex!("503d5f5f3e3d5ff3");
    [copy.as_slice(), call, &end].concat()
}

#[test]
fn random_calls_of_precompiles_end_within_their_gas() {
    let mut harness = Harness::default();
    let callers: Vec<Address> =
        [(false, false), (true, false), (false, true)].map(|(s, d)| harness.deploy_code(&forwarder(s, d))).to_vec();
    let ethereum = (1..=0x13u64).map(|n| Address::left_padding_from(&n.to_be_bytes()));
    let targets: Vec<Address> = ARBOS_PRECOMPILES.into_iter().chain(ethereum).collect();
    let selectors: Vec<[u8; 4]> = vec![
        IArbWasm::activateProgramCall::SELECTOR,
        IArbWasm::programInitGasCall::SELECTOR,
        IArbWasm::programTimeLeftCall::SELECTOR,
        IArbWasm::codehashKeepaliveCall::SELECTOR,
        fomo_tests::IArbWasmCache::cacheProgramCall::SELECTOR,
        fomo_tests::IArbWasmCache::codehashIsCachedCall::SELECTOR,
        alloy_primitives::hex!("a3b1b31d"),
        alloy_primitives::hex!("2b407a82"),
        alloy_primitives::hex!("41b247a8"),
    ];
    rounds(|source| {
        for _ in 0..20 {
            let target = *source.pick(&targets);
            let mut data = Vec::new();
            let to = if source.below(2) == 0 {
                data.extend(target.into_word());
                *source.pick(&callers)
            } else {
                target
            };
            if source.below(3) > 0 {
                data.extend(source.pick(&selectors));
            }
            if source.below(2) == 0 {
                data.extend(address!("0000000000000000000000000000000000000071").into_word());
            }
            data.extend(source.bytes(300));
            let gas = *source.pick(&[30_000, 200_000, 3_000_000, 28_000_000]);
            let value = source.below(3);
            send(&mut harness, TxKind::Call(to), data, value, gas);
        }
        assert!(harness.call(ARB_WASM, alloy_primitives::hex!("a996e0c2").to_vec()).success());
    });
}

#[test]
fn random_evm_code_ends_within_its_gas() {
    let mut harness = Harness::default();
    rounds(|source| {
        for _ in 0..20 {
            let code = source.bytes(120);
            let gas = *source.pick(&[60_000, 500_000]);
            send(&mut harness, TxKind::Create, code, 0, gas);
        }
    });
}
