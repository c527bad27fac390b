//! Nothing that a stranger can deploy or call makes the chain panic, and no call uses more gas than it was given.
//!
//! Each part takes 12 seconds, a minute in all; `FOMO_FUZZ_SECONDS` runs each part for as long, `FOMO_FUZZ_SEED` repeats one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use fomo_chain::precompiles::{ARB_WASM, ARBOS_PRECOMPILES};
use fomo_chain::{Chain, ChainError, Config};
use fomo_tests::{Harness, init_code};
use fomo_wasm::{code, hooks};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Seconds of each part unless the environment says otherwise.
const SECONDS: u64 = 12;

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

    /// Mostly yes: what traps at once tests nothing after it.
    fn tame(&mut self) -> bool {
        self.source.below(16) > 0
    }

    /// A place in memory, or a length.
    fn place(&mut self) -> String {
        let place = self.i32();
        if self.tame() { format!("(i32.and {place} (i32.const 0x3FFF))") } else { place }
    }

    /// A load, or a store of a value.
    fn access(&mut self, instruction: &str, value: &str) -> String {
        let offset = if self.tame() { self.source.below(32_000) } else { self.source.below(70_000) };
        format!("({instruction} offset={offset} {} {value})", self.place())
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
                let divides = op.starts_with("div") || op.starts_with("rem");
                let right =
                    if divides && self.tame() { format!("(i32.or {} (i32.const 1))", self.i32()) } else { self.i32() };
                format!("(i32.{op} {} {right})", self.i32())
            }
            5 => format!("(i32.{} {})", *self.source.pick(&["clz", "popcnt", "eqz", "extend8_s"]), self.i32()),
            6 => format!("(i32.wrap_i64 {})", self.i64()),
            7 => self.access("i32.load8_u", ""),
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
                let divides = op.starts_with("div") || op.starts_with("rem");
                let right =
                    if divides && self.tame() { format!("(i64.or {} (i64.const 1))", self.i64()) } else { self.i64() };
                format!("(i64.{op} {} {right})", self.i64())
            }
            4 => format!("(i64.extend_i32_u {})", self.i32()),
            _ => self.access("i64.load", ""),
        }
    }

    fn hook(&mut self) -> String {
        let hook = *self.source.pick(hooks::HOOKS);
        let arguments: Vec<String> = hook
            .params
            .iter()
            .map(|ty| match (*ty == wasmparser::ValType::I64, self.source.below(4)) {
                (true, _) => self.i64(),
                (_, 0) => self.place(),
                // Where the call data are, and what else is likely to make sense.
                _ => format!("(i32.const {})", self.source.pick(&[0, 0, 1, 20, 32, 64, 96, 200, 1_000, 60_000])),
            })
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
            2 => {
                let value = self.i32();
                self.access("i32.store", &value)
            }
            3 => {
                let value = self.i64();
                self.access("i64.store8", &value)
            }
            4 => format!("(if {} (then {}) (else {}))", self.i32(), self.statement(), self.statement()),
            5 => format!("(block $b {} (br_if $b {}) {})", self.statement(), self.i32(), self.statement()),
            6 if self.tame() => format!(
                "(loop $l {} (global.set $g (i64.add (global.get $g) (i64.const 1)))
                   (br_if $l (i64.ne (i64.and (global.get $g) (i64.const 7)) (i64.const 0))))",
                self.statement()
            ),
            // Endless loops are part of it: gas ends them.
            6 => format!("(loop $l {} (br_if $l {}))", self.statement(), self.i32()),
            7 => format!("(memory.fill {} {} {})", self.place(), self.i32(), self.place()),
            8 => format!("(memory.copy {} {} {})", self.place(), self.place(), self.place()),
            9 => format!("(global.set $g {})", self.i64()),
            // Past the table or without end, now and then.
            10 if !self.tame() => format!("(drop (call_indirect (type $f) {} {}))", self.i32(), self.i32()),
            10 => format!("(drop (call_indirect (type $f) {} (i32.const 2)))", self.i32()),
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
              (table 4 funcref) (elem (i32.const 0) $user_entrypoint $other $leaf)
              (func $leaf (param i32) (result i32) (i32.xor (local.get 0) (i32.const 0x55)))
              (func $other (param i32) (result i32) (local i32 i32 i64) {other} (local.get 1))
              (func $user_entrypoint (export \"user_entrypoint\") (param i32) (result i32) (local i32 i32 i64)
                (call $read_args (i32.const 0)) {main} (i32.and (local.get 2) (i32.const 1))))"
        )
    }
}

/// How many of the transactions sent succeeded, failed and could not be included.
#[derive(Default)]
struct Tally {
    ends: [u32; 3],
}

impl Tally {
    /// Sends whatever it is and checks what must hold of everything: gas within the limit, and a chain that goes on.
    fn send(&mut self, harness: &mut Harness, to: TxKind, data: Vec<u8>, value: u64, gas: u64) {
        let request = TransactionRequest {
            from: Some(harness.sender()),
            to: Some(to),
            gas: Some(gas),
            value: Some(U256::from(value)),
            ..Default::default()
        }
        .input(Bytes::from(data).into());
        let head = harness.chain.head();
        let end = match harness.chain.submit_request(request) {
            Ok(hash) => {
                let execution = harness.chain.receipt(hash).unwrap().execution;
                assert!(execution.gas_used <= gas, "{} gas used of {gas}", execution.gas_used);
                // With probes in its programs it is the same run.
                match harness.chain.profile_transaction(hash) {
                    Ok(profile) => assert_eq!(profile.unwrap().gas_used, execution.gas_used),
                    Err(error) => assert!(error.to_string().starts_with("the trace has more than"), "{error}"),
                }
                assert_eq!(harness.chain.head(), head + 1);
                usize::from(!execution.success())
            }
            Err(error) => {
                // Too little gas to be included at all.
                assert_eq!(harness.chain.head(), head, "{error}");
                2
            }
        };
        self.ends[end] += 1;
    }

    /// A part in which nothing ever succeeds, or nothing fails, tests little.
    fn check(&self) {
        let [succeeded, failed, refused] = self.ends;
        eprintln!("{succeeded} succeeded, {failed} failed, {refused} could not be included");
        assert!(succeeded > 0 && failed > 0);
    }
}

#[test]
fn random_programs_end_within_their_gas() {
    let mut harness = Harness::new(Config { auto_cache: true, ..Config::default() });
    let mut known: Vec<Address> = ARBOS_PRECOMPILES.to_vec();
    let mut tally = Tally::default();
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
            tally.send(&mut harness, TxKind::Call(program), data, value, gas);
        }
    });
    tally.check();
}

#[test]
fn random_bytes_as_programs_are_refused_or_run() {
    let mut harness = Harness::default();
    let valid = fomo_tests::assemble(&Author { source: &mut Source::new(1), left: 300 }.module());
    let mut tally = Tally::default();
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
            tally.send(&mut harness, TxKind::Call(program), data, 0, 2_000_000);
        }
    });
}

/// EVM code that passes its call data on to the address in its first word, by the call that it is made for.
fn forwarder(opcode: u8) -> Vec<u8> {
    // calldatacopy(0, 32, size - 32); call; returndatacopy; return
    let copy = alloy_primitives::hex!("602036038060205f375f5f915f");
    let value: &[u8] = if matches!(opcode, 0xF1 | 0xF2) { &[0x34] } else { &[] };
    [&copy[..], value, &[0x5F, 0x35, 0x5A, opcode], &alloy_primitives::hex!("503d5f5f3e3d5ff3")].concat()
}

/// A forwarder for each of the four kinds of call.
fn forwarders(harness: &mut Harness) -> Vec<Address> {
    [0xF1, 0xF2, 0xF4, 0xFA].map(|opcode| harness.deploy_code(&forwarder(opcode))).to_vec()
}

/// Methods of ArbOS's precompiles, those that exist and some that do not.
const METHODS: &[&str] = &[
    "activateProgram(address)",
    "stylusVersion()",
    "codehashVersion(bytes32)",
    "codehashKeepalive(bytes32)",
    "codehashAsmSize(bytes32)",
    "programVersion(address)",
    "programInitGas(address)",
    "programMemoryFootprint(address)",
    "programTimeLeft(address)",
    "inkPrice()",
    "minInitGas()",
    "isCacheManager(address)",
    "allCacheManagers()",
    "cacheCodehash(bytes32)",
    "cacheProgram(address)",
    "evictCodehash(bytes32)",
    "codehashIsCached(bytes32)",
    "arbBlockNumber()",
    "arbBlockHash(uint256)",
    "isTopLevelCall()",
    "mapL1SenderContractAddressToL2Alias(address,address)",
    "myCallersAddressWithoutAliasing()",
    "sendTxToL1(address,bytes)",
    "withdrawEth(address)",
    "getPricesInWei()",
    "getPricesInArbGasWithAggregator(address)",
    "getL1PricingSurplus()",
    "isChainOwner(address)",
    "getAllChainOwners()",
    "setInkPrice(uint32)",
];

#[test]
fn random_calls_of_precompiles_end_within_their_gas() {
    let mut harness = Harness::default();
    let callers = forwarders(&mut harness);
    let program = harness.deploy_wat(
        "(module (memory (export \"memory\") 1 1)
          (func (export \"user_entrypoint\") (param i32) (result i32) (i32.const 0)))",
    );
    let code_hash = harness.chain.head_state().code_hash(program);
    let ethereum = (1..=0x13u64).map(|n| Address::left_padding_from(&n.to_be_bytes()));
    let targets: Vec<Address> = ARBOS_PRECOMPILES.into_iter().chain(ethereum).collect();
    let words: Vec<B256> = [program, ARB_WASM, callers[0]]
        .map(|address| address.into_word())
        .into_iter()
        .chain([code_hash, B256::ZERO, B256::repeat_byte(0xFF)])
        .collect();
    let mut tally = Tally::default();
    rounds(|source| {
        for _ in 0..20 {
            let target = *source.pick(&targets);
            let mut data = Vec::new();
            let mut to = target;
            // Through up to three hands.
            for _ in 0..source.below(4) {
                data.splice(..0, to.into_word().0);
                to = *source.pick(&callers);
            }
            if source.below(4) > 0 {
                data.extend(&keccak256(source.pick(METHODS))[..4]);
            }
            for _ in 0..source.below(4) {
                data.extend(source.pick(&words));
            }
            data.extend(source.bytes(300));
            let gas = *source.pick(&[30_000, 200_000, 3_000_000, 28_000_000]);
            let value = source.below(3);
            tally.send(&mut harness, TxKind::Call(to), data, value, gas);
        }
        assert!(harness.call(ARB_WASM, keccak256("stylusVersion()")[..4].to_vec()).success());
    });
    tally.check();
}

/// EVM code that is more likely to do something than random bytes are.
fn evm_code(source: &mut Source, known: &[Address]) -> Vec<u8> {
    let mut code = Vec::new();
    while code.len() < 400 && source.below(60) > 0 {
        match source.below(12) {
            0..4 => code.extend([0x60, *source.pick(&[0, 1, 2, 31, 32, 64, 0x71, 0xFF])]),
            4 => code.extend([&[0x73], source.pick(known).as_slice()].concat()),
            5 => code.push(0x5A),
            6 => code.push(0x80 + source.below(16) as u8),
            7 => code.extend([0x5F; 4]),
            8 => code.push(*source.pick(&[0xF0, 0xF1, 0xF2, 0xF4, 0xF5, 0xFA])),
            9 => code.push(*source.pick(&[0x37, 0x39, 0x3C, 0x3E, 0x51, 0x52, 0x53, 0x54, 0x55, 0x5C, 0x5D, 0x5E])),
            10 => code.push(*source.pick(&[0x5B, 0x57, 0x56, 0xA0, 0xA1, 0x20, 0x3B, 0x3F, 0x31, 0x40, 0x49])),
            _ => code.push(source.below(256) as u8),
        }
    }
    code
}

#[test]
fn random_evm_code_ends_within_its_gas() {
    let mut harness = Harness::default();
    let mut known = forwarders(&mut harness);
    known.extend(ARBOS_PRECOMPILES);
    known.push(harness.deploy_wat(
        "(module
          (import \"vm_hooks\" \"read_args\" (func $args (param i32)))
          (import \"vm_hooks\" \"call_contract\" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
          (memory (export \"memory\") 1 1)
          (func (export \"user_entrypoint\") (param $len i32) (result i32)
            (call $args (i32.const 0))
            (call $call (i32.const 12) (i32.const 0) (local.get $len) (i32.const 60000) (i64.const -1) (i32.const 50000))))",
    ));
    let account = Address::repeat_byte(0xEE);
    let mut tally = Tally::default();
    rounds(|source| {
        for _ in 0..20 {
            let code = if source.below(4) == 0 { source.bytes(120) } else { evm_code(source, &known) };
            let gas = *source.pick(&[60_000, 500_000, 5_000_000]);
            let value = source.below(2);
            match source.below(3) {
                0 => tally.send(&mut harness, TxKind::Create, init_code(&code), 0, gas),
                1 => {
                    harness.chain.set_code(account, code.into());
                    tally.send(&mut harness, TxKind::Call(account), source.bytes(100), value, gas);
                }
                _ => tally.send(&mut harness, TxKind::Create, code, value, gas),
            }
        }
    });
    tally.check();
}

/// What must hold of a chain at all times.
fn check_chain(chain: &Chain) {
    let head = chain.block(chain.head()).unwrap();
    if let Some(parent) = chain.head().checked_sub(1) {
        let parent = chain.block(parent).unwrap();
        assert_eq!(head.header.parent_hash, parent.hash);
        assert!(head.header.timestamp >= parent.header.timestamp);
    }
    assert_eq!(chain.block_number_by_hash(head.hash), Some(chain.head()));
    for mined in &head.transactions {
        assert!(chain.receipt(*mined.transaction.tx_hash()).is_some());
        assert!(mined.execution.gas_used >= 21_000);
    }
    assert!(chain.state(chain.head()).is_ok());
    for waits in chain.pending() {
        assert!(chain.receipt(*waits.tx_hash()).is_none(), "it waits and is mined");
    }
}

#[test]
fn random_use_of_the_chain_keeps_it_whole() {
    let mut harness = Harness::default();
    let store = harness.deploy_code(&alloy_primitives::hex!("5f355f5500"));
    let strangers = [Address::repeat_byte(1), Address::repeat_byte(2), store];
    let mut snapshots: Vec<(u64, u64, B256)> = Vec::new();
    rounds(|source| {
        let chain = &mut harness.chain;
        let accounts: Vec<Address> = chain.accounts().into_iter().take(3).chain(strangers).collect();
        for _ in 0..50 {
            match source.below(16) {
                0..7 => {
                    let from = *source.pick(&accounts);
                    let nonce = chain.pending_nonce(from);
                    let nonces = [None, None, Some(nonce + 1), Some(nonce.saturating_sub(1)), Some(u64::MAX)];
                    let request = TransactionRequest {
                        from: Some(from),
                        gas: *source.pick(&[None, Some(21_000), Some(100_000), Some(20_000_000), Some(u64::MAX)]),
                        nonce: *source.pick(&nonces),
                        value: *source.pick(&[None, Some(U256::from(1)), Some(U256::MAX)]),
                        gas_price: *source.pick(&[None, None, Some(0), Some(1_000_000_000), Some(u128::MAX)]),
                        ..Default::default()
                    };
                    let request = request.to(*source.pick(&accounts)).input(Bytes::from(source.bytes(40)).into());
                    match chain.submit_request(request) {
                        Ok(hash) => assert!(chain.receipt(hash).is_some() || chain.pending_transaction(hash).is_some()),
                        Err(ChainError::UnknownSender(who)) => assert!(strangers.contains(&who)),
                        Err(_) => {}
                    }
                }
                7 => chain.mine(source.below(3), *source.pick(&[None, Some(0), Some(12)])),
                8 => snapshots.push((chain.snapshot(), chain.head(), chain.block(chain.head()).unwrap().hash)),
                9 => {
                    if let Some((id, head, hash)) = snapshots.pop() {
                        assert!(chain.revert_to(id));
                        assert_eq!((chain.head(), chain.block(head).unwrap().hash), (head, hash));
                    }
                }
                10 => {
                    chain.increase_time(source.below(10_000));
                }
                11 => {
                    let _ = chain.set_next_timestamp(source.number());
                }
                12 => chain.set_auto_mine(source.below(3) > 0),
                13 => chain.impersonate(*source.pick(&strangers)),
                14 => chain.set_balance(*source.pick(&accounts), U256::from(10).pow(U256::from(18 + source.below(4)))),
                _ => {
                    let request = TransactionRequest { from: Some(*source.pick(&accounts)), ..Default::default() };
                    let request = request.to(store).input(Bytes::from(source.bytes(40)).into());
                    let block = chain.head().saturating_sub(source.below(200));
                    let _ = chain.call(&request, block, &Default::default(), &Default::default());
                    let _ = chain.estimate_gas(&request, block, &Default::default());
                }
            }
            check_chain(chain);
        }
    });
}
