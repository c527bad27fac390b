//! The price of every instruction and of every host function, to the ink, on the running chain.
//!
//! A program reads the ink left, does what is measured, and reads the ink left again. All numbers here are written out
//! on purpose: they are what Nitro charges, not what the chain's own tables say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use alloy_primitives::{Address, Bytes, U256, keccak256};
use fomo_chain::precompiles::ARB_WASM;
use fomo_chain::{Config, Mined, Outcome};
use fomo_tests::{GAS, Harness, IArbWasm, assemble};
use fomo_wasm::{code, hooks};

/// Ink of a gas.
const PER_GAS: u64 = 10_000;
/// Ink of the header of a basic block.
const HEADER: u64 = 2_450;
/// Ink of every host call, of a pointer to a fixed-size value, and of leaving the program.
const HOST: u64 = 8_400;
const PTR: u64 = 5_040;
const API: u64 = 59_673;
/// Ink of a `call` instruction.
const CALL: u64 = 3_800;
/// Ink between two readings with nothing in between: a header, `local.set`, `i32.const`, `local.get`, `call`, and the
/// second reading itself.
const NOTHING: u64 = HEADER + 210 + 1 + 75 + CALL + HOST;

const fn gas(gas: u64) -> u64 {
    gas * PER_GAS
}

/// Ink of copying bytes into the program.
const fn written(bytes: u64) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32)
}

/// Ink of copying bytes out of the program.
const fn read(bytes: u64) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32)
}

/// Ink of constants and drops in a program's text; other words are not counted.
fn scaffold(text: &str) -> u64 {
    let price = |word| match word {
        "i32.const" | "i64.const" => 1,
        "drop" => 9,
        _ => 0,
    };
    text.split_whitespace().map(price).sum()
}

// ---- the chain to measure on ----

/// Where the measured programs find things in memory: words of zero, one and two, and addresses.
const ZERO: u32 = 0;
const ONE: u32 = 32;
const TWO: u32 = 64;
/// EVM code that returns 100 zero bytes: 3 + 2 gas for pushes, 12 for memory.
const RETURNER: u32 = 128;
const RETURNER_CODE: [u8; 4] = [0x60, 100, 0x5F, 0xF3];
const RETURNER_GAS: u64 = 3 + 2 + 12;
/// EVM code that reverts, after two pushes.
const REVERTER: u32 = 160;
/// EVM code that uses up all gas.
const BURNER: u32 = 192;
/// An account with a balance, one with nothing, and a program that does nothing.
const RICH: u32 = 224;
const EMPTY: u32 = 256;
const QUIET: u32 = 288;
/// The sequencer, who is warm in every transaction.
const WARM: u32 = 320;
/// Creation code that leaves one zero byte as code: 3 + 2 gas for pushes, 3 for memory, 200 for the byte.
const CREATION: u32 = 352;
/// Bytes that nothing else uses.
const FREE: u32 = 1_024;

struct Lab {
    harness: Harness,
    data: String,
    quiet: Address,
}

/// What a measured program is called with, and what its account has.
#[derive(Clone, Copy, Default)]
struct Case {
    call_data: usize,
    slot_zero: u64,
    balance: u64,
}

impl Lab {
    fn new(config: Config) -> Self {
        let mut harness = Harness::new(config);
        let returner = harness.deploy_code(&RETURNER_CODE);
        let reverter = harness.deploy_code(&[0x5F, 0x5F, 0xFD]);
        let burner = harness.deploy_code(&[0xFE]);
        let quiet = deploy_uncached(&mut harness, QUIET_PROGRAM);
        let rich = harness.chain.accounts()[5];
        let warm = harness.chain.block(0).unwrap().header.beneficiary;
        let word = |n: u64| Bytes::copy_from_slice(&U256::from(n).to_be_bytes::<32>());
        let places: [(u32, Bytes); 10] = [
            (ONE, word(1)),
            (TWO, word(2)),
            (RETURNER, Bytes::copy_from_slice(returner.as_slice())),
            (REVERTER, Bytes::copy_from_slice(reverter.as_slice())),
            (BURNER, Bytes::copy_from_slice(burner.as_slice())),
            (RICH, Bytes::copy_from_slice(rich.as_slice())),
            (EMPTY, Bytes::from(vec![0xEE; 20])),
            (QUIET, Bytes::copy_from_slice(quiet.as_slice())),
            (WARM, Bytes::copy_from_slice(warm.as_slice())),
            (CREATION, Bytes::from_static(&[0x60, 1, 0x5F, 0xF3])),
        ];
        let data = places.iter().map(|(at, bytes)| {
            let text: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
            format!("(data (i32.const {at}) \"{text}\")\n")
        });
        Self { data: data.collect(), harness, quiet }
    }

    /// A program that measures `body` after doing `setup`.
    fn program(&self, fields: &str, setup: &str, body: &str) -> String {
        format!(
            "(module {imports} (memory (export \"memory\") 1) {data} {fields}
              (func (export \"user_entrypoint\") (param i32) (result i32) (local $a i32) (local $before i64)
                {setup}
                call $evm_ink_left local.set $before
                {body}
                i32.const {FREE} local.get $before call $evm_ink_left i64.sub i64.store
                i32.const {FREE} i32.const 8 call $write_result
                i32.const 0))",
            imports = imports(),
            data = self.data
        )
    }

    fn deploy(&mut self, fields: &str, setup: &str, body: &str) -> Address {
        let text = self.program(fields, setup, body);
        let code = code::encode(&assemble(&text)).unwrap();
        // Two accounts may share a program, which is activated once.
        if self.harness.chain.program(keccak256(&code)).version == 0 {
            self.harness.deploy_wat(&text)
        } else {
            self.harness.deploy_code(&code)
        }
    }

    /// Ink of `body`, to the last.
    fn ink(&mut self, fields: &str, setup: &str, body: &str, case: Case) -> u64 {
        let program = self.deploy(fields, setup, body);
        self.harness.chain.set_storage(program, U256::ZERO, U256::from(case.slot_zero));
        self.harness.chain.set_balance(program, U256::from(case.balance));
        let mined = self.harness.send(program, vec![1; case.call_data]);
        reading(&mined).unwrap_or_else(|| panic!("{setup} | {body}: {:?}", mined.execution)) - NOTHING
    }
}

/// What a measured program returned.
fn reading(mined: &Mined) -> Option<u64> {
    mined.execution.success().then(|| u64::from_le_bytes(mined.execution.output[..].try_into().unwrap()))
}

/// Every host function, under its own name.
fn imports() -> String {
    let import = |hook: &hooks::Hook| {
        let params: String = hook.params.iter().map(|ty| format!(" {ty}")).collect();
        let result = hook.result.map(|ty| format!("(result {ty})")).unwrap_or_default();
        format!("(import \"vm_hooks\" \"{0}\" (func ${0} (param{params}) {result}))\n", hook.name)
    };
    hooks::HOOKS.iter().map(import).collect()
}

/// One function, two type words, one page, no data: it costs 1 gas, for 2,452 ink.
const QUIET_PROGRAM: &str = r#"(module (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"#;

fn deploy_uncached(harness: &mut Harness, text: &str) -> Address {
    let program = harness.deploy_code(&code::encode(&assemble(text)).unwrap());
    assert!(harness.activate(program).execution.success());
    program
}

// ---- instructions ----

/// Instructions, how they are used (`OP` stands for them), and their ink.
const STRAIGHT: &[(&str, &str, u64)] = &[
    ("i32.const", "OP 1 drop", 1),
    ("i64.const", "OP 1 drop", 1),
    ("nop", "OP", 1),
    ("drop", "i32.const 1 OP", 9),
    ("select", "i32.const 1 i32.const 2 i32.const 0 OP drop", 1_250),
    ("select", "i64.const 1 i64.const 2 i32.const 1 OP drop", 1_250),
    ("local.get", "OP $a drop", 75),
    ("local.tee", "i32.const 1 OP $a drop", 75),
    ("local.set", "i32.const 1 OP $a", 210),
    ("global.get", "OP $g drop", 225),
    ("global.set", "i32.const 1 OP $g", 575),
    ("i32.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u", "i32.const 0 OP drop", 670),
    (
        "i64.load i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u",
        "i32.const 0 OP drop",
        680,
    ),
    ("i32.store i32.store8 i32.store16", "i32.const 2048 i32.const 1 OP", 825),
    ("i64.store i64.store8 i64.store16 i64.store32", "i32.const 2048 i64.const 1 OP", 950),
    ("memory.size", "OP drop", 3_000),
    // Growing by nothing is paid for as a host call.
    ("memory.grow", "i32.const 0 OP drop", 8_050 + HOST),
    ("memory.fill memory.copy", "i32.const 2048 i32.const 0 i32.const 0 OP", 950),
    ("memory.fill memory.copy", "i32.const 2048 i32.const 0 i32.const 1 OP", 950 + 100),
    ("memory.fill memory.copy", "i32.const 2048 i32.const 0 i32.const 33 OP", 950 + 3_300),
    ("i32.eqz", "i32.const 7 OP drop", 170),
    ("i64.eqz", "i64.const 7 OP drop", 225),
    (
        "i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u",
        "i32.const 7 i32.const 3 OP drop",
        170,
    ),
    (
        "i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u",
        "i64.const 7 i64.const 3 OP drop",
        225,
    ),
    (
        "i32.add i32.sub i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr",
        "i32.const 7 i32.const 3 OP drop",
        70,
    ),
    (
        "i64.add i64.sub i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr",
        "i64.const 7 i64.const 3 OP drop",
        100,
    ),
    ("i32.mul", "i32.const 7 i32.const 3 OP drop", 160),
    ("i64.mul", "i64.const 7 i64.const 3 OP drop", 160),
    ("i32.div_s i32.div_u i32.rem_s i32.rem_u", "i32.const 7 i32.const 3 OP drop", 1_120),
    ("i64.div_s i64.div_u i64.rem_s i64.rem_u", "i64.const 7 i64.const 3 OP drop", 1_270),
    ("i32.clz i32.ctz", "i32.const 7 OP drop", 210),
    ("i64.clz i64.ctz", "i64.const 7 OP drop", 210),
    ("i32.popcnt", "i32.const 7 OP drop", 2_650),
    ("i64.popcnt", "i64.const 7 OP drop", 6_000),
    ("i32.wrap_i64", "i64.const 7 OP drop", 100),
    ("i64.extend_i32_s i64.extend_i32_u", "i32.const 7 OP drop", 100),
    ("i32.extend8_s i32.extend16_s", "i32.const 7 OP drop", 100),
    ("i64.extend8_s i64.extend16_s i64.extend32_s", "i64.const 7 OP drop", 100),
];

/// Instructions that end basic blocks, in pieces whose whole ink is given, basic block by basic block; what is jumped
/// over costs nothing. The last header is that of what follows.
const BRANCHING: &[(&str, &str, u64)] = &[
    ("block end", "block end", (1 + 1) + HEADER),
    ("loop", "loop end", 1 + (HEADER + 1) + HEADER),
    ("if", "i32.const 1 if end", (1 + 765) + (HEADER + 1) + HEADER),
    ("if", "i32.const 0 if end", (1 + 765) + HEADER),
    ("if else", "i32.const 1 if else nop end", (1 + 765) + (HEADER + 1) + HEADER),
    ("if else", "i32.const 0 if nop else end", (1 + 765) + (HEADER + 1) + HEADER),
    ("br", "block br 0 nop end", (1 + 765) + HEADER),
    ("br_if", "block i32.const 1 br_if 0 nop end", (1 + 1 + 765) + HEADER),
    ("br_if", "block i32.const 0 br_if 0 nop end", (1 + 1 + 765) + (HEADER + 1 + 1) + HEADER),
    ("br_table", "block i32.const 0 br_table 0 end", (1 + 1 + 2_400) + HEADER),
    ("br_table", "block i32.const 0 br_table 0 0 end", (1 + 1 + 2_400 + 325) + HEADER),
    ("br_table", "block i32.const 2 br_table 0 0 0 end", (1 + 1 + 2_400 + 2 * 325) + HEADER),
    ("br_table", "block i32.const 9 br_table 0 0 0 0 0 0 0 0 0 end", (1 + 1 + 2_400 + 8 * 325) + HEADER),
    ("call", "call $empty", 3_800 + (HEADER + 1) + HEADER),
    ("return", "call $returns", 3_800 + (HEADER + 1 + 1) + HEADER),
    ("call_indirect", "i32.const 0 call_indirect (type $p0)", (1 + 13_610) + (HEADER + 1) + HEADER),
    ("call_indirect", "i32.const 8 i32.const 1 call_indirect (type $p1)", (2 + 13_610 + 650) + (HEADER + 1) + HEADER),
    (
        "call_indirect",
        "i32.const 8 i64.const 8 i32.const 2 call_indirect (type $p2)",
        (3 + 13_610 + 2 * 650) + (HEADER + 1) + HEADER,
    ),
    (
        "call_indirect",
        "i32.const 8 i32.const 8 i32.const 8 i32.const 3 call_indirect (type $p3)",
        (4 + 13_610 + 3 * 650) + (HEADER + 1) + HEADER,
    ),
];

const FIELDS: &str = "
    (type $p0 (func)) (type $p1 (func (param i32)))
    (type $p2 (func (param i32 i64))) (type $p3 (func (param i32 i32 i32)))
    (table 4 funcref) (elem (i32.const 0) $empty $one $two $three)
    (global $g (mut i32) (i32.const 0))
    (func $empty) (func $one (type $p1)) (func $two (type $p2)) (func $three (type $p3))
    (func $returns nop return)";

/// Every instruction that has a price.
const INSTRUCTIONS: &str = "
    unreachable nop block loop if else end br br_if br_table return call call_indirect drop select
    local.get local.set local.tee global.get global.set
    i32.load i64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u
    i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u
    i32.store i64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32
    memory.size memory.grow memory.fill memory.copy i32.const i64.const
    i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
    i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
    i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u
    i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
    i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u
    i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
    i32.wrap_i64 i64.extend_i32_s i64.extend_i32_u
    i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s";

/// Compares what was measured with what it should be, and shows all that differ.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn expect(&mut self, what: &str, measured: u64, expected: u64) {
        if measured != expected {
            self.0.push(format!("{what}: {measured}, not {expected}"));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[test]
fn instructions_cost_their_ink_however_often_they_are_executed() {
    let mut lab = Lab::new(Config::default());
    let mut wrong = Differences::default();
    for (ops, usage, price) in STRAIGHT {
        for op in ops.split_whitespace() {
            let once = usage.replace("OP", op);
            let expected = scaffold(&usage.replace("OP", "")) + price;
            for times in [1, 4] {
                let body = vec![once.as_str(); times].join(" ");
                let ink = lab.ink(FIELDS, "", &body, Case::default());
                wrong.expect(&body, ink, expected * times as u64);
            }
        }
    }
    wrong.none();
}

#[test]
fn branches_and_calls_cost_their_ink_and_the_header_of_every_block_they_reach() {
    let mut lab = Lab::new(Config::default());
    let mut wrong = Differences::default();
    for (_, once, expected) in BRANCHING {
        for times in [1, 3] {
            let body = vec![*once; times].join(" ");
            let ink = lab.ink(FIELDS, "", &body, Case::default());
            wrong.expect(&body, ink, expected * times as u64);
        }
    }
    wrong.none();
}

#[test]
fn a_loop_pays_its_block_every_time_around() {
    let mut lab = Lab::new(Config::default());
    let body = |n| format!("i32.const {n} local.set $a loop local.get $a i32.const 1 i32.sub local.tee $a br_if 0 end");
    for n in [1, 10, 1_000] {
        let round = HEADER + 75 + 1 + 70 + 75 + 765;
        let expected = (1 + 210 + 1) + n * round + (HEADER + 1) + HEADER;
        assert_eq!(lab.ink("", "", &body(n), Case::default()), expected, "{n} times");
    }
}

#[test]
fn every_instruction_is_measured() {
    let rows = STRAIGHT.iter().chain(BRANCHING).flat_map(|(ops, ..)| ops.split_whitespace());
    // See `endings_cost_their_ink`.
    let measured: BTreeSet<&str> = rows.chain(["unreachable"]).collect();
    assert_eq!(measured, INSTRUCTIONS.split_whitespace().collect());
}

/// The price of what ends a program cannot be read by the program itself; but the gas that is left is rounded down, so
/// that one ink more tips it over somewhere. That place is found by one-ink instructions.
#[test]
fn endings_cost_their_ink() {
    let mut lab = Lab::new(Config::default());
    let mut used = |ending: &str, nops: usize| {
        let text = format!(
            "(module {} (memory (export \"memory\") 1)
              (func (export \"user_entrypoint\") (param i32) (result i32) {} {ending}))",
            imports(),
            "nop ".repeat(nops)
        );
        let program = lab.harness.deploy_wat(&text);
        let entry = lab.harness.view(ARB_WASM, IArbWasm::programInitGasCall { program }).gasWhenCached;
        lab.harness.send(program, vec![]).execution.gas_used - entry
    };
    let mut tips_at = |ending: &str| {
        let (mut low, mut high) = (0, 10_000);
        let first = used(ending, 0);
        while low + 1 < high {
            let middle = (low + high) / 2;
            if used(ending, middle) == first { low = middle } else { high = middle }
        }
        high as u64
    };
    // The end of the function is in the same basic block as all but a call, which ends it.
    let returning = tips_at("i32.const 0") + 1 + 1;
    assert_eq!(tips_at("i32.const 0 return") + 1 + 1, returning, "return");
    assert_eq!(tips_at("unreachable") + 1 + 1, returning, "unreachable");
    assert_eq!(tips_at("i32.const 0 call $exit_early i32.const 0") + 1 + CALL, returning, "exit_early is free");
}

#[test]
fn floating_point_that_is_reached_takes_all_gas() {
    let mut lab = Lab::new(Config::default());
    for body in
        ["f32.const 1 drop", "f64.const 1 drop", "i32.const 0 f32.load drop", "i64.const 0 f64.reinterpret_i64 drop"]
    {
        let program = lab.deploy("", "", body);
        let execution = lab.harness.send(program, vec![]).execution;
        assert_eq!((execution.gas_used, execution.outcome), (GAS, Outcome::Halt("out of gas".into())), "{body}");
        let skipped = lab.ink("", "", &format!("block br 0 {body} end"), Case::default());
        // Its block is never charged: jumping over it ends one before it.
        assert_eq!(skipped, (1 + 765) + HEADER, "{body}");
    }
}

// ---- host functions ----

/// A host function called with these arguments, and its own ink.
struct Row {
    host: &'static str,
    what: &'static str,
    setup: String,
    args: String,
    ink: u64,
    case: Case,
}

fn row(host: &'static str, what: &'static str, args: impl Into<String>, ink: u64) -> Row {
    Row { host, what, setup: String::new(), args: args.into(), ink, case: Case::default() }
}

impl Row {
    fn after(self, setup: impl Into<String>) -> Self {
        Self { setup: setup.into(), ..self }
    }

    fn case(self, case: Case) -> Self {
        Self { case, ..self }
    }
}

/// Constants to call with.
fn args(values: impl IntoIterator<Item = u32>) -> String {
    values.into_iter().map(|value| format!("i32.const {value} ")).collect()
}

fn load(key: u32) -> String {
    format!("{} call $storage_load_bytes32 ", args([key, FREE]))
}

fn store(key: u32, value: u32) -> String {
    format!("{} call $storage_cache_bytes32 ", args([key, value]))
}

/// Writes what was cached; and forgets it.
const FLUSH: &str = "i32.const 0 call $storage_flush_cache ";
const FORGET: &str = "i32.const 1 call $storage_flush_cache ";

fn environment() -> Vec<Row> {
    let mut rows = Vec::new();
    for host in ["block_gas_limit", "block_number", "block_timestamp", "chainid", "evm_gas_left", "evm_ink_left"] {
        rows.push(row(host, "", "", HOST));
    }
    for host in ["msg_reentrant", "tx_ink_price", "return_data_size"] {
        rows.push(row(host, "", "", HOST));
    }
    for host in ["block_basefee", "block_coinbase", "contract_address", "msg_sender", "msg_value", "tx_gas_price"] {
        rows.push(row(host, "", args([FREE]), HOST + PTR));
    }
    rows.push(row("tx_origin", "", args([FREE]), HOST + PTR));
    for (what, bytes) in [("nothing", 0), ("a word", 32), ("a byte more", 33), ("more", 100)] {
        let case = Case { call_data: bytes as usize, ..Case::default() };
        rows.push(row("read_args", what, args([FREE]), HOST + written(bytes)).case(case));
        rows.push(row("write_result", what, args([FREE, bytes as u32]), HOST + 2 * read(bytes)));
    }
    for (what, topics, len) in [
        ("nothing", 0, 0),
        ("a byte", 0, 1),
        ("a topic", 1, 32),
        ("a topic and a word", 1, 64),
        ("two topics", 2, 64),
        ("three topics", 3, 96),
        ("four topics and 100 bytes", 4, 228),
    ] {
        let ink = HOST + API + read(len) + gas(375 * (topics + 1) + 8 * (len - 32 * topics));
        rows.push(row("emit_log", what, args([FREE, len as u32, topics as u32]), ink));
    }
    rows
}

fn arithmetic() -> Vec<Row> {
    let mut rows = vec![
        row("math_div", "", args([ONE, TWO]), HOST + 3 * PTR + 20_000),
        row("math_div", "by zero", args([ONE, ZERO]), HOST + 3 * PTR + 20_000),
        row("math_mod", "", args([ONE, TWO]), HOST + 3 * PTR + 20_000),
        row("math_add_mod", "", args([ONE, TWO, TWO]), HOST + 4 * PTR + 21_000),
        row("math_mul_mod", "", args([ONE, TWO, TWO]), HOST + 4 * PTR + 24_100),
    ];
    // An exponent of `bytes` significant bytes, in a word of its own.
    for bytes in [0, 1, 2, 16, 32] {
        let exponent =
            if bytes == 0 { String::new() } else { format!("i32.const {} i32.const 1 i32.store8", FREE + 32 - bytes) };
        let ink = HOST + 3 * PTR + 3_000 + 17_500 * (u64::from(bytes) + 1);
        rows.push(row("math_pow", "", args([TWO, FREE]), ink).after(exponent));
    }
    for (len, words) in [(0, 2), (1, 2), (64, 2), (65, 3), (96, 3), (4_096, 128)] {
        rows.push(row("native_keccak256", "", args([FREE, len, ZERO]), 121_800 + 21_000 * (words - 2)));
    }
    rows
}

fn storage() -> Vec<Row> {
    let load_row = |what, ink| row("storage_load_bytes32", what, args([ZERO, FREE]), HOST + 2 * PTR + ink);
    let cache_row = |what, ink| row("storage_cache_bytes32", what, args([ZERO, ONE]), HOST + 2 * PTR + ink);
    let flush = |what, ink| row("storage_flush_cache", what, args([0]), HOST + API + gas(ink));
    let one = Case { slot_zero: 1, ..Case::default() };
    vec![
        // 5 gas for asking the chain.
        load_row("cold", gas(2_100 + 5)),
        load_row("warm", gas(100 + 5)).after(load(ZERO) + FORGET),
        load_row("another slot", gas(2_100 + 5)).after(load(ONE)),
        load_row("read before", 0).after(load(ZERO)),
        load_row("written before", 0).after(store(ZERO, ONE)),
        load_row("the 32nd", 0).after(load(ZERO).repeat(31)),
        load_row("the 33rd", gas(2)).after(load(ZERO).repeat(32)),
        load_row("the 128th", gas(2)).after(load(ZERO).repeat(127)),
        load_row("the 129th", gas(10)).after(load(ZERO).repeat(128)),
        load_row("the 33rd, cold", gas(2_100 + 5 + 2)).after(load(ONE).repeat(32)),
        cache_row("the first", 0),
        cache_row("the 8th", 0).after(store(ZERO, ONE).repeat(7)),
        cache_row("the 9th", gas(7)).after(store(ZERO, ONE).repeat(8)),
        cache_row("the 64th", gas(7)).after(store(ZERO, ONE).repeat(63)),
        cache_row("the 65th", gas(10)).after(store(ZERO, ONE).repeat(64)),
        flush("nothing", 0),
        flush("nothing that changed", 0).after(load(ZERO) + &store(ZERO, ZERO)),
        flush("nothing any more", 0).after(store(ZERO, ONE) + FLUSH),
        flush("zero to zero, cold", 2_100 + 100).after(store(ZERO, ZERO)),
        flush("zero to one, cold", 2_100 + 20_000).after(store(ZERO, ONE)),
        flush("zero to one, warm", 20_000).after(load(ZERO) + &store(ZERO, ONE)),
        flush("one to one, cold", 2_100 + 100).after(store(ZERO, ONE)).case(one),
        flush("one to two, cold", 2_100 + 2_900).after(store(ZERO, TWO)).case(one),
        flush("one to two, warm", 2_900).after(load(ZERO) + &store(ZERO, TWO)).case(one),
        flush("one to zero, cold", 2_100 + 2_900).after(store(ZERO, ZERO)).case(one),
        flush("one to two to one", 100).after(store(ZERO, TWO) + FLUSH + &store(ZERO, ONE)).case(one),
        flush("one to two to zero", 100).after(store(ZERO, TWO) + FLUSH + &store(ZERO, ZERO)).case(one),
        flush("zero to one to two", 100).after(store(ZERO, ONE) + FLUSH + &store(ZERO, TWO)),
        flush("zero to one to zero", 100).after(store(ZERO, ONE) + FLUSH + &store(ZERO, ZERO)),
        flush("two slots", 2 * (2_100 + 20_000)).after(store(ZERO, ONE) + &store(ONE, ONE)),
        flush("a slot written twice", 2_100 + 20_000).after(store(ZERO, ONE) + &store(ZERO, TWO)),
        row("transient_load_bytes32", "", args([ZERO, FREE]), HOST + 2 * PTR + API + gas(100)),
        row("transient_store_bytes32", "", args([ZERO, ONE]), HOST + 2 * PTR + API + gas(100)),
        row("transient_store_bytes32", "again", args([ZERO, ONE]), HOST + 2 * PTR + API + gas(100))
            .after(args([ZERO, ONE]) + "call $transient_store_bytes32"),
    ]
}

/// Arguments of a call with `len` bytes of data, and all gas or as much as is named.
fn call_args(to: u32, len: u32, value: Option<u32>, gas: u64) -> String {
    let value = value.map(|value| format!("i32.const {value}")).unwrap_or_default();
    format!("i32.const {to} i32.const {FREE} i32.const {len} {value} i64.const {gas} i32.const {FREE}")
}

fn calls() -> Vec<Row> {
    const ALL: u64 = i64::MAX as u64;
    let base = HOST + 3 * PTR + API;
    let call = |what, to, value, ink: u64| {
        row("call_contract", what, call_args(to, 0, Some(value), ALL), base + 2 * read(0) + gas(ink))
    };
    let touch = |address: u32| args([address]) + "call $account_code_size drop ";
    let balance = Case { balance: 10, ..Case::default() };
    let mut rows = vec![
        call("an empty account, cold", EMPTY, ZERO, 2_600),
        call("an empty account, warm", EMPTY, ZERO, 100).after(touch(EMPTY)),
        call("code, cold", RETURNER, ZERO, 2_600 + RETURNER_GAS),
        call("code, warm", RETURNER, ZERO, 100 + RETURNER_GAS).after(touch(RETURNER)),
        call("code that reverts", REVERTER, ZERO, 2_600 + 2 + 2),
        call("value", RICH, ONE, 2_600 + 9_000).case(balance),
        call("value, warm", RICH, ONE, 100 + 9_000).after(touch(RICH)).case(balance),
        call("value to a new account", EMPTY, ONE, 2_600 + 9_000 + 25_000).case(balance),
        call("value for code", RETURNER, ONE, 2_600 + 9_000 + RETURNER_GAS).case(balance),
        call("value that there is not", RICH, ONE, 2_600 + 9_000),
        row("call_contract", "100 bytes", call_args(EMPTY, 100, Some(ZERO), ALL), base + 2 * read(100) + gas(2_600)),
        row(
            "call_contract",
            "all gas of a limit used up",
            call_args(BURNER, 0, Some(ZERO), 50_000),
            base + 2 * read(0) + gas(2_600 + 50_000),
        ),
        row(
            "call_contract",
            "a limit and the stipend used up",
            call_args(BURNER, 0, Some(ONE), 50_000),
            base + 2 * read(0) + gas(2_600 + 9_000 + 50_000 + 2_300),
        )
        .case(balance),
    ];
    for host in ["delegate_call_contract", "static_call_contract"] {
        for (what, to, len, ink) in [
            ("an empty account, cold", EMPTY, 0, 2_600),
            ("100 bytes", EMPTY, 100, 2_600),
            ("code, cold", RETURNER, 0, 2_600 + RETURNER_GAS),
            ("code that reverts", REVERTER, 0, 2_600 + 2 + 2),
        ] {
            let ink = base + 2 * read(len) + gas(ink);
            rows.push(row(host, what, call_args(to, len as u32, None, ALL), ink));
        }
        let ink = base + 2 * read(0) + gas(100 + RETURNER_GAS);
        rows.push(row(host, "code, warm", call_args(RETURNER, 0, None, ALL), ink).after(touch(RETURNER)));
    }
    let returned = format!("{} call $call_contract drop ", call_args(RETURNER, 0, Some(ZERO), ALL));
    for (what, offset, size, copied) in
        [("everything", 0, 100, 100), ("a part", 0, 10, 10), ("the end", 90, 100, 10), ("nothing", 100, 100, 0)]
    {
        let args = args([FREE, offset, size]);
        rows.push(row("read_return_data", what, args, HOST + API + written(copied)).after(returned.clone()));
    }
    rows.push(row("read_return_data", "no call yet", args([FREE, 0, 100]), HOST + API + written(0)));
    rows.push(row("return_data_size", "after a call", "", HOST).after(returned));
    rows
}

fn creations() -> Vec<Row> {
    let drop_dests = args([FREE, FREE + 32]);
    let mut rows = Vec::new();
    // 33 zero bytes stop at once.
    for (what, at, len, words, ink) in [
        ("nothing", FREE, 0, 0, 0),
        ("two words that stop", FREE, 33, 2, 0),
        ("a byte of code", CREATION, 4, 1, 8 + 200),
    ] {
        let read = 2 * read(u64::from(len));
        let create1 = args([at, len, ZERO]) + &drop_dests;
        rows.push(row("create1", what, create1, HOST + 3 * PTR + API + read + gas(32_000 + ink)));
        let create2 = args([at, len, ZERO, TWO]) + &drop_dests;
        rows.push(row("create2", what, create2, HOST + 4 * PTR + API + read + gas(32_000 + 6 * words + ink)));
    }
    rows
}

fn accounts() -> Vec<Row> {
    let balance = |at: u32| args([at, FREE]) + "call $account_balance ";
    let mut rows = Vec::new();
    for host in ["account_balance", "account_codehash"] {
        let ink = HOST + 2 * PTR + API;
        rows.push(row(host, "cold", args([RETURNER, FREE]), ink + gas(2_600)));
        rows.push(row(host, "warm", args([RETURNER, FREE]), ink + gas(100)).after(balance(RETURNER)));
        rows.push(row(host, "empty, cold", args([EMPTY, FREE]), ink + gas(2_600)));
        rows.push(row(host, "the sequencer", args([WARM, FREE]), ink + gas(100)));
    }
    let copied = written(RETURNER_CODE.len() as u64);
    for (host, more, bytes) in [("account_code", args([0, 10, FREE]), copied), ("account_code_size", String::new(), 0)]
    {
        let of = |at: u32| args([at]) + &more;
        let of_nothing = if bytes == 0 { 0 } else { written(0) };
        let size = |at: u32| args([at]) + "call $account_code_size drop ";
        let ink = HOST + API;
        rows.push(row(host, "cold", of(RETURNER), ink + gas(2_600 + 700) + bytes));
        rows.push(row(host, "warm", of(RETURNER), ink + gas(100 + 700) + bytes).after(balance(RETURNER)));
        rows.push(row(host, "the same again", of(RETURNER), ink + bytes).after(size(RETURNER)));
        rows.push(
            row(host, "another in between", of(RETURNER), ink + gas(100 + 700) + bytes)
                .after(size(RETURNER) + &size(REVERTER)),
        );
        rows.push(row(host, "of an empty account", of(EMPTY), ink + gas(2_600 + 700) + of_nothing));
        rows.push(row(host, "of it again", of(EMPTY), ink + gas(100 + 700) + of_nothing).after(size(EMPTY)));
    }
    rows
}

/// Measured from one page on, of two that are free.
fn memory() -> Vec<Row> {
    let pay = |what, pages, ink| row("pay_for_memory_grow", what, args([pages]), ink);
    vec![
        pay("nothing", 0, HOST),
        pay("a free page", 1, 0),
        pay("a page", 2, gas(1_000)),
        // The exponential part is 128 at page 36, where it was 1.
        pay("up to page 36", 35, gas(34_000 + 127)),
        pay("a page after page 36", 1, gas(1_000 + 147 - 128)).after(args([35]) + "call $pay_for_memory_grow"),
    ]
}

#[test]
fn host_functions_cost_their_ink() {
    let mut lab = Lab::new(Config::default());
    let mut wrong = Differences::default();
    for rows in [environment(), arithmetic(), storage(), calls(), creations(), accounts(), memory()] {
        for Row { host, what, setup, args, ink, case } in rows {
            let drop = if hooks::find(host).unwrap().result.is_some() { "drop" } else { "" };
            let body = format!("{args} call ${host} {drop}");
            let expected = scaffold(&body) + CALL + ink + HEADER;
            wrong.expect(&format!("{host} ({what}) {body}"), lab.ink("", &setup, &body, case), expected);
        }
    }
    wrong.none();
}

#[test]
fn every_host_function_is_measured() {
    let rows = [environment(), arithmetic(), storage(), calls(), creations(), accounts(), memory()];
    // See `endings_cost_their_ink`.
    let measured: BTreeSet<&str> = rows.iter().flatten().map(|row| row.host).chain(["exit_early"]).collect();
    assert_eq!(measured, hooks::HOOKS.iter().map(|hook| hook.name).collect());
    assert_eq!(measured.len(), 42);
}

#[test]
fn growing_memory_costs_the_instruction_and_the_pages() {
    let mut lab = Lab::new(Config::default());
    let grow = |pages| format!("i32.const {pages} memory.grow drop ");
    for (setup, pages, ink) in [
        (String::new(), 0, HOST),
        (String::new(), 1, 0),
        (grow(1), 1, gas(1_000)),
        (grow(1), 10, gas(10_000 + 5 - 1)),
        (grow(35), 1, gas(1_000 + 147 - 128)),
    ] {
        assert_eq!(lab.ink("", &setup, &grow(pages), Case::default()), 1 + 8_050 + 9 + ink, "{setup} {pages}");
    }
}

#[test]
fn clearing_storage_gives_back_4800_gas() {
    let mut lab = Lab::new(Config::default());
    let mut used = |value: u32| {
        let setup = store(ZERO, value);
        let program = lab.deploy("", &setup, FLUSH);
        lab.harness.chain.set_storage(program, U256::ZERO, U256::from(1));
        let entry = lab.harness.view(ARB_WASM, IArbWasm::programInitGasCall { program }).gasWhenCached;
        lab.harness.send(program, vec![]).execution.gas_used - entry
    };
    assert_eq!(used(TWO) - used(ZERO), 4_800);
}

#[test]
fn writing_storage_needs_2300_gas_left() {
    let mut lab = Lab::new(Config::default());
    let limited = |gas: u64| format!("{} call $call_contract drop", call_args(QUIET, 0, Some(ZERO), gas));
    // The callee flushes nothing, which is cheap, but refuses to with little left.
    let flusher = format!(
        "(module {} (memory (export \"memory\") 1) (func (export \"user_entrypoint\") (param i32) (result i32)
            {FLUSH} i32.const 0))",
        imports()
    );
    let program = lab.harness.deploy_wat(&flusher);
    let entry = lab.harness.view(ARB_WASM, IArbWasm::programInitGasCall { program }).gasWhenCached;
    lab.data = lab.data.replace(&escaped(lab.quiet), &escaped(program));
    // Entering, a block, a call and the flush itself.
    let before = HEADER + 1 + CALL + HOST + API;
    let enough = entry + (gas(2_300) + before).div_ceil(PER_GAS);
    let succeeds = lab.ink("", "", &limited(enough), Case::default());
    let fails = lab.ink("", "", &limited(enough - 1), Case::default());
    // Failing takes everything.
    assert!(succeeds < gas(2_600 + entry + 200), "{succeeds}");
    assert!(fails > gas(2_600 + enough - 1), "{fails}");
}

fn escaped(address: Address) -> String {
    address.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

// ---- entering a program ----

/// What entering costs, from the formula, each term floored.
struct Entry {
    cached: u64,
    init: u64,
}

fn entry(wasm_bytes: u64, functions: u64, words: u64, globals: u64, data_bytes: u64, pages: u64) -> Entry {
    Entry {
        cached: functions * 1_342 / 10_000
            + words * 89 / 100_000
            + wasm_bytes * 122 / 100_000
            + (globals + 4) * 1_628 / 1_000
            + data_bytes * 75_244 / 100_000
            + pages * 5,
        init: functions * 8_252 / 1_000 + words * 1_059 / 1_000 + wasm_bytes * 1_286 / 10_000,
    }
}

/// Programs with what entering them is priced by: functions, type words, globals, bytes of segments, pages.
fn entered() -> Vec<(String, [u64; 5])> {
    let main = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;
    let page = r#"(memory (export "memory") 1 1)"#;
    let module = |fields: String| format!("(module {fields} {main})");
    vec![
        (QUIET_PROGRAM.into(), [1, 2, 0, 0, 1]),
        (module(r#"(memory (export "memory") 2 2)"#.into()), [1, 2, 0, 0, 2]),
        (
            module(format!("{page} {}", "(func (param i64 i32) (result i64) i64.const 0)".repeat(200))),
            [201, 602, 0, 0, 1],
        ),
        (module(format!("{page} {}", "(global i32 (i32.const 0))".repeat(30))), [1, 2, 30, 0, 1]),
        // A flag, `i32.const 0`, `end`, a length (two bytes from 128 on) and the bytes.
        (module(format!("{page} (data (i32.const 0) \"{}\")", "x".repeat(1_000))), [1, 2, 0, 1_006, 1]),
        // A flag, `i32.const 0`, `end`, a count and the indices.
        (
            module(format!("{page} (table 50 funcref) (func $f) (elem (i32.const 0) {})", "$f ".repeat(50))),
            [2, 2, 0, 55, 1],
        ),
    ]
}

/// Gas of a transaction but for entering: its own 21,000 and one, rounded up, for `i32.const` and `end`.
const REST: u64 = 21_000 + 1;

#[test]
fn entering_costs_352_and_the_estimate_and_more_when_it_is_not_cached() {
    for (arbos, uncached) in [(51, 8_832), (32, 8_832)] {
        let mut harness = Harness::new(Config { arbos, ..Config::default() });
        for (text, [functions, words, globals, data, pages]) in entered() {
            let Entry { cached, init } = entry(assemble(&text).len() as u64, functions, words, globals, data, pages);
            let program = deploy_uncached(&mut harness, &text);
            assert_eq!(
                harness.send(program, vec![]).execution.gas_used,
                REST + 352 + cached + uncached + init,
                "{text}"
            );
            harness.cache(program);
            assert_eq!(harness.send(program, vec![]).execution.gas_used, REST + 352 + cached, "{text}");
            let told = harness.view(ARB_WASM, IArbWasm::programInitGasCall { program });
            assert_eq!((told.gas, told.gasWhenCached), (352 + cached + uncached + init, 352 + cached), "{text}");
        }
    }
}

#[test]
fn stylus_1_charges_9216_and_the_estimates_instead() {
    let mut harness = Harness::new(Config { arbos: 30, ..Config::default() });
    for (text, [functions, words, globals, data, pages]) in entered() {
        let Entry { cached, init } = entry(assemble(&text).len() as u64, functions, words, globals, data, pages);
        let program = deploy_uncached(&mut harness, &text);
        assert_eq!(harness.send(program, vec![]).execution.gas_used, REST + 9_216 + init + cached, "{text}");
        let code_hash = keccak256(code::encode(&assemble(&text)).unwrap());
        harness.chain.set_cached(code_hash, true);
        assert_eq!(harness.send(program, vec![]).execution.gas_used, REST + 352 + cached, "{text}");
    }
}

fn quiet_entry() -> Entry {
    entry(assemble(QUIET_PROGRAM).len() as u64, 1, 2, 0, 0, 1)
}

/// Ink of calling the quiet program, beside what entering it costs.
fn call_of_quiet(touch: u64, entering: u64) -> u64 {
    let body = call_args(QUIET, 0, Some(ZERO), u64::MAX >> 1);
    scaffold(&body) + CALL + HOST + 3 * PTR + API + 2 * read(0) + gas(touch + entering + 1) + HEADER + 9
}

#[test]
fn from_arbos_60_a_program_is_cheap_to_enter_again_in_the_same_transaction() {
    let Entry { cached, init } = quiet_entry();
    let (cheap, dear) = (352 + cached, 352 + cached + 8_832 + init);
    let body = format!("{} call $call_contract drop", call_args(QUIET, 0, Some(ZERO), u64::MAX >> 1));
    for (arbos, again) in [(51, dear), (60, cheap)] {
        let mut lab = Lab::new(Config { arbos, ..Config::default() });
        assert_eq!(lab.ink("", "", &body, Case::default()), call_of_quiet(2_600, dear), "ArbOS {arbos}");
        assert_eq!(lab.ink("", &body, &body, Case::default()), call_of_quiet(100, again), "again, ArbOS {arbos}");
    }
}

#[test]
fn from_arbos_60_a_program_is_cheap_to_enter_again_in_the_same_block() {
    let Entry { cached, init } = quiet_entry();
    let (cheap, dear) = (352 + cached, 352 + cached + 8_832 + init);
    for (arbos, again) in [(51, dear), (60, cheap)] {
        let mut harness = Harness::new(Config { arbos, ..Config::default() });
        let program = deploy_uncached(&mut harness, QUIET_PROGRAM);
        let mut block = || {
            harness.chain.set_auto_mine(false);
            for _ in 0..2 {
                let request = alloy::rpc::types::TransactionRequest { gas: Some(100_000), ..Default::default() };
                harness.chain.submit_request(request.to(program)).unwrap();
            }
            harness.chain.mine(1, None);
            let block = harness.chain.block(harness.chain.head()).unwrap();
            block.transactions.iter().map(|mined| mined.execution.gas_used).collect::<Vec<_>>()
        };
        assert_eq!(block(), [REST + dear, REST + again], "ArbOS {arbos}");
        assert_eq!(block(), [REST + dear, REST + again], "the next block, ArbOS {arbos}");
    }
}

// ---- memory over the call stack ----

#[test]
fn pages_are_paid_for_over_all_programs_of_the_call_stack() {
    let mut lab = Lab::new(Config::default());
    let text = QUIET_PROGRAM.replace("1 1)", "40 40)");
    let large = lab.harness.deploy_wat(&text);
    let entering = 352 + entry(assemble(&text).len() as u64, 1, 2, 0, 0, 40).cached;
    lab.data = lab.data.replace(&escaped(lab.quiet), &escaped(large));
    let body = format!("{} call $call_contract drop ", call_args(QUIET, 0, Some(ZERO), u64::MAX >> 1));
    // One page is the caller's: 41 pages, of which two are free; the exponential part at 41 is 253.
    let first = lab.ink("", "", &body, Case::default());
    assert_eq!(first, call_of_quiet(2_600, entering + 39_000 + 252));
    // They were given back: the linear part is paid again, the exponential part is not.
    let second = lab.ink("", &body, &body, Case::default());
    assert_eq!(second, call_of_quiet(100, entering + 39_000));
    // What the caller took more counts with it.
    let grown = lab.ink("", "i32.const 1 memory.grow drop", &body, Case::default());
    assert_eq!(grown, call_of_quiet(2_600, entering + 40_000 + 289 - 1));
    // And what the callee had is free for the caller to take, but for its linear part.
    let after = lab.ink("", &body, "i32.const 2 memory.grow drop", Case::default());
    assert_eq!(after, 1 + 8_050 + gas(1_000) + 9);
}

#[test]
fn initial_pages_are_paid_for_on_entering() {
    let mut harness = Harness::default();
    for (pages, gas) in [(1, 0), (2, 0), (3, 1_000), (36, 34_000 + 127), (128, 126_000 + 31_873_998)] {
        let text = QUIET_PROGRAM.replace("1 1)", &format!("{pages} {pages})"));
        let program = harness.deploy_wat(&text);
        let Entry { cached, .. } = entry(assemble(&text).len() as u64, 1, 2, 0, 0, pages);
        let execution = harness.send(program, vec![]).execution;
        if REST + gas < GAS {
            assert_eq!(execution.gas_used, REST + 352 + cached + gas, "{pages} pages");
        } else {
            assert_eq!(execution.gas_used, GAS, "{pages} pages are more than the limit buys");
        }
    }
}
