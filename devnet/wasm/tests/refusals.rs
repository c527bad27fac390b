//! Every rule by which activation refuses a program: one that breaks it and is refused for that very reason, and its
//! twin, as near to it as the rule allows, which is accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use fomo_wasm::module::{ENTRY_POINT, MEMORY};
use fomo_wasm::split::split_zero_runs;
use fomo_wasm::{Module, Program, Refusal, Rules, activate, code};
use proptest::prelude::*;
use wasm_encoder as enc;
use wasmparser::{Validator, WasmFeatures};

// ---- programs to refuse and to accept ----

/// An entry point that does nothing.
const ENTRY: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) (i32.const 0))"#;
/// Memory that does not grow, and so needs no import.
const PAGE: &str = r#"(memory (export "memory") 1 1)"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// A program with these fields beside memory and entry point.
fn with(fields: &str) -> Vec<u8> {
    wasm(&format!("(module {fields} {PAGE} {ENTRY})"))
}

/// A program with this function beside memory and entry point, and a table to use.
fn running(body: &str) -> Vec<u8> {
    with(&format!("(table $t 1 funcref) (elem (i32.const 0) $f) (func $f) (func {body})"))
}

/// A program with this memory instead of the one page.
fn with_memory(memory: &str) -> Vec<u8> {
    wasm(&format!("(module {memory} {ENTRY})"))
}

/// A program with this entry point.
fn with_entry(entry: &str) -> Vec<u8> {
    wasm(&format!("(module {PAGE} {entry})"))
}

/// `n` times what `item` gives for its number.
fn many(n: usize, item: impl Fn(usize) -> String) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(" ")
}

/// A program with `n` equal fields.
fn times(n: usize, field: &str) -> Vec<u8> {
    with(&many(n, |_| field.to_owned()))
}

/// A program whose second function is made of these bytes, with a DataCount section or without; it has a table, a
/// passive data segment, and type 0 is `() -> ()`.
fn raw(body: &[u8], data_count: bool) -> Vec<u8> {
    let mut types = enc::TypeSection::new();
    types.ty().function([], []);
    types.ty().function([enc::ValType::I32], [enc::ValType::I32]);
    let mut functions = enc::FunctionSection::new();
    functions.function(1).function(0);
    let mut tables = enc::TableSection::new();
    tables.table(enc::TableType {
        element_type: enc::RefType::FUNCREF,
        table64: false,
        minimum: 1,
        maximum: None,
        shared: false,
    });
    let mut memories = enc::MemorySection::new();
    memories.memory(enc::MemoryType {
        minimum: 1,
        maximum: Some(1),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = enc::ExportSection::new();
    exports.export(MEMORY, enc::ExportKind::Memory, 0).export(ENTRY_POINT, enc::ExportKind::Func, 0);
    let mut codes = enc::CodeSection::new();
    let mut entry = enc::Function::new([]);
    entry.instructions().i32_const(0).end();
    let mut second = enc::Function::new([]);
    second.raw(body.iter().copied());
    codes.function(&entry).function(&second);
    let mut datas = enc::DataSection::new();
    datas.passive([1, 2, 3]);
    let mut module = enc::Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories).section(&exports);
    if data_count {
        module.section(&enc::DataCountSection { count: 1 });
    }
    module.section(&codes).section(&datas);
    module.finish()
}

/// A program of exactly `size` bytes.
fn of_size(size: usize) -> Vec<u8> {
    let padded = |n: usize| with(&format!(r#"(@custom "padding" "{}")"#, "x".repeat(n)));
    // The section's own length takes more bytes when it is longer: settle on the second attempt.
    let first = size - padded(0).len();
    let second = first - (padded(first).len() - size);
    let program = padded(second);
    assert_eq!(program.len(), size);
    program
}

// ---- how they are judged ----

/// What must hold for every program that is accepted.
fn check_instrumented(wasm: &[u8], program: &Program, rules: &Rules) {
    Validator::new().validate_all(&program.wasm).expect("what was instrumented is valid");
    let original = Module::parse(wasm, rules).unwrap();
    let exports: Vec<String> = exports(&program.wasm);
    for name in original.export_names() {
        assert!(exports.iter().any(|export| export == name), "the export `{name}` is lost");
    }
}

fn exports(wasm: &[u8]) -> Vec<String> {
    let sections = wasmparser::Parser::new(0).parse_all(wasm);
    let exports = sections.filter_map(|payload| match payload.unwrap() {
        wasmparser::Payload::ExportSection(reader) => Some(reader),
        _ => None,
    });
    exports.flatten().map(|export| export.unwrap().name.to_owned()).collect()
}

fn accepted_by(rules: &Rules, wasm: &[u8]) {
    match activate(wasm, rules) {
        Ok(program) => check_instrumented(wasm, &program, rules),
        Err(refusal) => panic!("the twin is refused: {refusal}"),
    }
}

fn refused_by(rules: &Rules, wasm: &[u8]) -> Refusal {
    let refusal = activate(wasm, rules).expect_err("the program is accepted");
    if matches!(refusal, Refusal::Invalid(_)) {
        let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).map(drop);
        assert!(valid.is_ok(), "refused for a mistake of the test's: {valid:?}");
    }
    refusal
}

/// One test a rule: its name, the program refused, the refusal, the twin accepted, and the rules if not the default.
macro_rules! refusals {
    ($($name:ident: $refused:expr, $expected:pat $(if $guard:expr)?, $accepted:expr $(, $rules:expr)?;)*) => {$(
        #[test]
        fn $name() {
            #[allow(unused_mut, unused_assignments)]
            let mut rules = Rules::default();
            $(rules = $rules;)?
            match refused_by(&rules, &$refused) {
                $expected $(if $guard)? => {}
                other => panic!("refused for another reason: {other:?}"),
            }
            accepted_by(&rules, &$accepted);
        }
    )*};
}

fn roomy() -> Rules {
    Rules { max_wasm_size: 1 << 20, ..Rules::default() }
}

use Refusal as R;

// ---- proposals that are off ----

refusals! {
    reference_types_as_parameters: with("(func (param externref))"), R::Invalid(_), with("(func (param i32))");
    reference_types_as_results: with("(func (result funcref) unreachable)"), R::Invalid(_),
        with("(func (result i64) unreachable)");
    reference_types_as_locals: running("(local funcref)"), R::Invalid(_), running("(local i64)");
    tables_of_external_references: with("(table 1 externref)"), R::Invalid(_), with("(table 1 funcref)");
    a_second_table: with("(table 1 funcref) (table 1 funcref)"), R::Invalid(_), with("(table 2 funcref)");
    the_null_reference: running("(drop (ref.null func))"), R::Invalid(_), running("(drop (i32.const 0))");
    references_to_functions: running("(drop (ref.func $f))"), R::Invalid(_), running("(call $f)");
    tests_for_null: running("(drop (ref.is_null (ref.null func)))"), R::Invalid(_),
        running("(drop (i32.eqz (i32.const 0)))");
    select_with_a_type: running("(drop (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))"),
        R::Invalid(_),
        running("(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))");
    // `i32.const 0, call_indirect type 0` with the table's index in five bytes, as newer LLVM writes it, and in one.
    a_table_index_in_five_bytes: raw(&[0x41, 0, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0, 0x0B], false), R::Invalid(_),
        raw(&[0x41, 0, 0x11, 0, 0, 0x0B], false);

    vectors: running("(drop (v128.const i64x2 0 0))"), R::Invalid(_), running("(drop (i64.const 0))");
    vectors_as_parameters: with("(func (param v128))"), R::Invalid(_), with("(func (param i64))");
    relaxed_vectors: running("(drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))"),
        R::Invalid(_), running("(drop (i64.rotl (i64.const 0) (i64.const 0)))");
    atomic_loads: running("(drop (i32.atomic.load (i32.const 0)))"), R::Invalid(_),
        running("(drop (i32.load (i32.const 0)))");
    atomic_fences: running("(atomic.fence)"), R::Invalid(_), running("(nop)");
    shared_memory: with_memory(r#"(memory (export "memory") 1 1 shared)"#), R::Invalid(_),
        with_memory(r#"(memory (export "memory") 1 1)"#);
    tail_calls: running("(return_call $f)"), R::Invalid(_), running("(call $f)");
    indirect_tail_calls: running("(return_call_indirect $t (i32.const 0))"), R::Invalid(_),
        running("(call_indirect (i32.const 0))");
    exception_tags: with("(tag)"), R::Section("tag"), with("");
    exception_handling: running("(try_table nop)"), R::Invalid(_), running("(block nop)");
    // `try nop catch_all nop end`, and a block in its place.
    older_exception_handling: raw(&[0x06, 0x40, 0x01, 0x19, 0x01, 0x0B, 0x0B], false), R::Invalid(_),
        raw(&[0x02, 0x40, 0x01, 0x01, 0x01, 0x0B, 0x0B], false);
    memory_of_64_bits: with_memory(r#"(memory (export "memory") i64 1 1)"#), R::Invalid(_),
        with_memory(r#"(memory (export "memory") i32 1 1)"#);
    tables_of_64_bits: with("(table i64 1 funcref)"), R::Invalid(_), with("(table i32 1 funcref)");
    a_second_memory: with("(memory 1 1)"), R::Invalid(_), with("");
    memory_of_other_page_sizes: with_memory(r#"(memory (export "memory") 1 1 (pagesize 1))"#), R::Invalid(_),
        with_memory(r#"(memory (export "memory") 1 1)"#);
    structures: with("(type (struct (field i32)))"), R::Invalid(_), with("(type (func (param i32)))");
    arrays: with("(type (array i32))"), R::Invalid(_), with("(type (func (param i32)))");
    recursive_types: with("(rec (type (func)) (type (func)))"), R::Invalid(_), with("(type (func)) (type (func))");
    subtypes: with("(type (sub (func)))"), R::Invalid(_), with("(type (func))");
    small_integers_as_references: running("(drop (ref.i31 (i32.const 0)))"), R::Invalid(_),
        running("(drop (i32.const 0))");
    calls_of_references: running("(call_ref 0 (ref.null 0))"), R::Invalid(_), running("(call_indirect (i32.const 0))");
    sums_as_initial_values: with("(global i32 (i32.add (i32.const 1) (i32.const 2)))"), R::Invalid(_),
        with("(global i32 (i32.const 3))");
    wide_arithmetic: running("(i64.mul_wide_u (i64.const 1) (i64.const 2)) drop drop"), R::Invalid(_),
        running("(i64.mul (i64.const 1) (i64.const 2)) drop");
    components: wasm("(component)"), R::Invalid(_), with("");
}

#[test]
fn multi_value_is_accepted_until_arbos_60() {
    let several = [
        running("(result i32 i32) (i32.const 1) (i32.const 2)"),
        running("(block (result i32 i32) (i32.const 1) (i32.const 2)) drop drop"),
        running("(i32.const 1) (block (param i32) drop)"),
        running("(i32.const 1) (loop (param i32) drop)"),
        running("(i32.const 1) (i32.const 1) (if (param i32) (then drop) (else drop))"),
    ];
    for program in &several {
        for arbos in [31, 40, 51, 59] {
            accepted_by(&Rules::for_arbos(arbos), program);
        }
        assert!(matches!(refused_by(&Rules::for_arbos(60), program), R::Invalid(_)));
    }
    accepted_by(&Rules::for_arbos(60), &running("(result i32) (block (result i32) (i32.const 1))"));
}

#[test]
fn proposals_that_are_on_are_accepted() {
    for body in [
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const 2))",
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 2))",
        "(drop (i32.extend8_s (i32.const 0)))",
        "(drop (i64.extend32_s (i64.const 0)))",
        "(drop (i32.trunc_sat_f32_s (f32.const 0)))",
        "(drop (memory.size))",
        "(drop (memory.grow (i32.const 0)))",
    ] {
        accepted_by(&Rules::default(), &running(body));
    }
    accepted_by(&Rules::default(), &with(r#"(global (export "g") (mut i32) (i32.const 0))"#));
}

/// It has no price that could be paid, but it activates; only reaching it is fatal.
#[test]
fn floating_point_is_accepted_reachable_or_not() {
    for body in [
        "(return) (drop (f64.const 1))",
        "(drop (f64.const 1))",
        "(drop (i32.reinterpret_f32 (f32.load (i32.const 0))))",
        "(f64.store (i32.const 0) (f64.reinterpret_i64 (i64.const 0)))",
    ] {
        accepted_by(&Rules::default(), &running(body));
    }
    accepted_by(&Rules::default(), &with("(func (param f32) (result f64) (local f32) unreachable)"));
    accepted_by(&Rules::default(), &with("(global f32 (f32.const 1))"));
}

// ---- sections and instructions ----

refusals! {
    // What wasm-opt adds when it splits data segments.
    a_count_of_data_segments: raw(&[0x0B], true), R::Section("DataCount"), raw(&[0x0B], false);
    // `i32.const 0, i32.const 0, i32.const 0` and the instruction, or three drops.
    memory_init: raw(&[0x41, 0, 0x41, 0, 0x41, 0, 0xFC, 8, 0, 0, 0x0B], false), R::Instruction("memory.init"),
        raw(&[0x41, 0, 0x41, 0, 0x41, 0, 0xFC, 11, 0, 0x0B], false);
    data_drop: raw(&[0xFC, 9, 0, 0x0B], false), R::Instruction("data.drop"), raw(&[0x01, 0x0B], false);
    elem_drop: running("(elem.drop 0)"), R::Instruction("elem.drop"), running("(nop)");
    table_init: running("(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))"), R::Instruction("table.init"),
        running("(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))");
    table_copy: running("(table.copy (i32.const 0) (i32.const 0) (i32.const 0))"), R::Instruction("table.copy"),
        running("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))");
    table_fill: running("(table.fill 0 (i32.const 0) (ref.null func) (i32.const 0))"),
        R::Instruction("table.fill") | R::Invalid(_), running("(nop)");
    table_get: running("(drop (table.get 0 (i32.const 0)))"), R::Instruction("table.get"),
        running("(drop (i32.load (i32.const 0)))");
    table_set: running("(table.set 0 (i32.const 0) (table.get 0 (i32.const 0)))"),
        R::Instruction("table.get" | "table.set"), running("(i32.store (i32.const 0) (i32.load (i32.const 0)))");
    table_grow: running("(drop (table.grow 0 (ref.null func) (i32.const 0)))"),
        R::Instruction("table.grow") | R::Invalid(_), running("(drop (memory.grow (i32.const 0)))");
    table_size: running("(drop (table.size 0))"), R::Instruction("table.size"), running("(drop (memory.size))");
    start_functions: with("(func $f) (start $f)"), R::StartFunction, with("(func $f)");
}

#[test]
fn passive_segments_are_accepted_though_nothing_can_use_them() {
    accepted_by(&Rules::default(), &with(r#"(data "abc")"#));
    accepted_by(&Rules::default(), &with("(func $f) (elem func $f)"));
}

// ---- exports and imports ----

/// Imports that any program may have.
const READ: &str = r#"(import "vm_hooks" "read_args" (func (param i32)))"#;
const GROW: &str = r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#;

refusals! {
    no_entry_point: wasm(&format!("(module {PAGE})")), R::Export { name: ENTRY_POINT, .. },
        wasm(&format!("(module {PAGE} {ENTRY})"));
    an_entry_point_that_is_not_exported: with_entry("(func (param i32) (result i32) (i32.const 0))"),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_without_parameter: with_entry(r#"(func (export "user_entrypoint") (result i32) (i32.const 0))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_with_two_parameters:
        with_entry(r#"(func (export "user_entrypoint") (param i32 i32) (result i32) (i32.const 0))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_with_another_parameter:
        with_entry(r#"(func (export "user_entrypoint") (param i64) (result i32) (i32.const 0))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_without_result: with_entry(r#"(func (export "user_entrypoint") (param i32))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_with_another_result:
        with_entry(r#"(func (export "user_entrypoint") (param i32) (result i64) (i64.const 0))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    an_entry_point_that_is_no_function: with_entry(r#"(global (export "user_entrypoint") i32 (i32.const 0))"#),
        R::Export { name: ENTRY_POINT, .. }, with_entry(ENTRY);
    no_memory: with_memory(""), R::Export { name: MEMORY, .. }, with_memory(PAGE);
    memory_that_is_not_exported: with_memory("(memory 1 1)"), R::Export { name: MEMORY, .. }, with_memory(PAGE);
    memory_of_another_name: with_memory(r#"(memory (export "mem") 1 1)"#), R::Export { name: MEMORY, .. },
        with_memory(r#"(memory (export "mem") (export "memory") 1 1)"#);
    another_kind_of_export_called_memory: with_memory(r#"(memory 1 1) (func (export "memory"))"#),
        R::Export { name: MEMORY, .. }, with_memory(&format!(r#"{PAGE} (func (export "memory_"))"#));

    imports_from_elsewhere: with(r#"(import "env" "read_args" (func (param i32)))"#),
        R::UnknownImport { module, .. } if module == "env", with(READ);
    hosts_that_do_not_exist: with(r#"(import "vm_hooks" "read_arg" (func (param i32)))"#),
        R::UnknownImport { name, .. } if name == "read_arg", with(READ);
    imported_memory:
        wasm(&format!(r#"(module (import "vm_hooks" "memory" (memory 1 1)) (export "memory" (memory 0)) {ENTRY})"#)),
        R::UnknownImport { name, .. } if name == "memory", with("");
    imported_globals: with(r#"(import "vm_hooks" "read_args" (global i32))"#), R::UnknownImport { .. },
        with("(global i32 (i32.const 0))");
    imported_tables: with(r#"(import "vm_hooks" "read_args" (table 1 funcref))"#), R::UnknownImport { .. },
        with("(table 1 funcref)");
    hosts_with_another_parameter: with(r#"(import "vm_hooks" "read_args" (func (param i64)))"#), R::ImportType(_),
        with(READ);
    hosts_with_a_parameter_missing: with(r#"(import "vm_hooks" "write_result" (func (param i32)))"#),
        R::ImportType(_), with(r#"(import "vm_hooks" "write_result" (func (param i32 i32)))"#);
    hosts_with_another_result: with(r#"(import "vm_hooks" "chainid" (func (result i32)))"#), R::ImportType(_),
        with(r#"(import "vm_hooks" "chainid" (func (result i64)))"#);
    hosts_with_a_result_too_many: with(r#"(import "vm_hooks" "read_args" (func (param i32) (result i32)))"#),
        R::ImportType(_), with(READ);
    one_host_by_two_types: with(
            r#"(type (func (param i32))) (type (func (param i32)))
               (import "vm_hooks" "read_args" (func (type 0))) (import "vm_hooks" "read_args" (func (type 1)))"#
        ), R::ImportType(_), with(&format!("{READ} {READ}"));
    reserved_imports: with(r#"(import "vm_hooks" "stylus_ink_left" (func (param i32)))"#), R::Reserved(_), with(READ);
    reserved_exports: with(r#"(func (export "stylus"))"#), R::Reserved(_), with(r#"(func (export "stylu"))"#);
    reserved_exports_behind_underscores: with(r#"(func (export "my__stylus_thing"))"#), R::Reserved(_),
        with(r#"(func (export "my_stylus_thing"))"#);
    exports_with_the_name_of_an_import: with(&format!(r#"{READ} (func (export "read_args"))"#)),
        R::ExportShadowsImport(_), with(r#"(func (export "read_args"))"#);
    exports_with_the_name_of_an_import_behind_underscores: with(&format!(r#"{READ} (func (export "my__read_args"))"#)),
        R::ExportShadowsImport(_), with(&format!(r#"{READ} (func (export "read_args__my"))"#));
    memory_that_grows_unpaid: with_memory(r#"(memory (export "memory") 1)"#), R::UnpaidGrowth,
        with_memory(&format!(r#"{GROW} (memory (export "memory") 1)"#));
    memory_that_grows_a_little_unpaid: with_memory(r#"(memory (export "memory") 1 2)"#), R::UnpaidGrowth,
        with_memory(r#"(memory (export "memory") 2 2)"#);
}

#[test]
fn every_host_is_accepted_with_its_type_and_refused_with_another() {
    let name = |ty: &wasmparser::ValType| ty.to_string();
    for hook in fomo_wasm::hooks::HOOKS {
        let params: Vec<String> = hook.params.iter().map(name).collect();
        let result = hook.result.as_ref().map(|ty| format!("(result {ty})")).unwrap_or_default();
        let import = |params: &[String]| {
            with(&format!(r#"(import "vm_hooks" "{}" (func (param {}) {result}))"#, hook.name, params.join(" ")))
        };
        accepted_by(&Rules::default(), &import(&params));
        let wrong = [params, vec!["i32".to_owned()]].concat();
        assert_eq!(refused_by(&Rules::default(), &import(&wrong)), R::ImportType(hook.name.to_owned()));
    }
}

// ---- limits ----

fn locals(n: usize) -> Vec<u8> {
    running(&format!("(local {})", many(n, |_| "i32".to_owned())))
}

/// A function that holds `n` operands at once.
fn operands(n: usize) -> Vec<u8> {
    running(&format!("{} {}", many(n, |_| "i32.const 1".to_owned()), many(n, |_| "drop".to_owned())))
}

/// A function that holds `n` operands where a basic block ends.
fn operands_at_the_end_of_a_block(n: usize) -> Vec<u8> {
    let (push, pop) = (many(n, |_| "i32.const 1".to_owned()), many(n, |_| "drop".to_owned()));
    running(&format!("{push} loop end {pop}"))
}

/// A function of one basic block that has `n` instructions once instrumented: 12 charge for the block, 12 take the
/// frame, 5 give it back.
fn instructions(n: usize) -> Vec<u8> {
    // And its own `end`.
    running(&many(n - 12 - 12 - 5 - 1, |_| "nop".to_owned()))
}

/// `n` exports, memory and entry point among them.
fn exporting(n: usize) -> Vec<u8> {
    with(&format!("(func $g) {}", many(n - 2, |i| format!(r#"(export "e{i}" (func $g))"#))))
}

/// One element segment of `n` bytes: a flag, the offset, the number of entries (two bytes), the entries.
fn element_bytes(n: usize) -> Vec<u8> {
    with(&format!("(table 4096 funcref) (func $g) (elem (i32.const 0) {})", many(n - 6, |_| "$g".to_owned())))
}

fn element_segments(n: usize) -> Vec<u8> {
    with(&format!("(table 1 funcref) (func $g) {}", many(n, |_| "(elem (i32.const 0) $g)".to_owned())))
}

fn pages(n: usize) -> Vec<u8> {
    with_memory(&format!(r#"(memory (export "memory") {n} {n})"#))
}

fn named(len: usize) -> Vec<u8> {
    with(&format!(r#"(func (export "{}"))"#, "n".repeat(len)))
}

refusals! {
    more_than_128_kib: of_size(128 * 1024 + 1), R::WasmTooLarge(131_072), of_size(128 * 1024);
    more_than_128_initial_pages: pages(129), R::TooMany { count: 129, limit: 128, .. }, pages(128);
    more_than_128_data_segments: times(129, "(data (i32.const 0) \"a\")"), R::TooMany { count: 129, limit: 128, .. },
        times(128, "(data (i32.const 0) \"a\")");
    more_than_128_element_segments: element_segments(129), R::TooMany { count: 129, limit: 128, .. },
        element_segments(128);
    // Four of the 1,024 are the meter's.
    more_than_1024_exports: exporting(1_021), R::TooMany { count: 1_025, limit: 1_024, .. }, exporting(1_020);
    // One of them is the entry point.
    more_than_4096_functions: times(4_096, "(func)"), R::TooMany { count: 4_097, limit: 4_096, .. },
        times(4_095, "(func)");
    // Four of them are the meter's. So many do not fit in 128 KiB.
    more_than_32768_globals: times(32_765, "(global i32 (i32.const 0))"),
        R::TooMany { count: 32_769, limit: 32_768, .. },
        times(32_764, "(global i32 (i32.const 0))"), roomy();
    more_than_348_locals: locals(349), R::TooMany { count: 349, limit: 348, .. }, locals(348);
    more_than_65536_instructions: instructions(65_537), R::TooMany { count: 65_537, limit: 65_536, .. },
        instructions(65_536);
    more_than_513_imports: times(514, READ), R::TooMany { count: 514, limit: 513, .. }, times(513, READ);
    more_than_4096_table_entries: with("(table 4097 funcref)"), R::TooMany { count: 4_097, limit: 4_096, .. },
        with("(table 4096 funcref)");
    more_than_4096_bytes_of_elements: element_bytes(4_097), R::TooMany { count: 4_097, limit: 4_096, .. },
        element_bytes(4_096);
    more_than_4096_operands: operands(4_097), R::TooMany { count: 4_097, limit: 4_096, .. }, operands(4_096);
    // Charging for the next block takes two.
    more_than_4094_operands_between_blocks: operands_at_the_end_of_a_block(4_095),
        R::TooMany { count: 4_097, limit: 4_096, .. }, operands_at_the_end_of_a_block(4_094);
    // 348 locals, 4,096 operands and 4 words are the largest frame that the other limits allow.
    a_frame_over_10240_words: locals(10_240), R::TooMany { .. },
        running(&format!(
            "(local {}) {} {}",
            many(348, |_| "i64".to_owned()),
            many(4_096, |_| "i64.const 1".to_owned()),
            many(4_096, |_| "drop".to_owned())
        ));
    names_of_more_than_512_bytes: named(513), R::TooMany { count: 513, limit: 512, .. }, named(512);
    a_module_name_of_more_than_512_bytes: wasm(&format!("(module ${} {PAGE} {ENTRY})", "n".repeat(513))),
        R::TooMany { count: 513, limit: 512, .. }, wasm(&format!("(module ${} {PAGE} {ENTRY})", "n".repeat(512)));

    data_that_ends_outside_of_memory: with(r#"(data (i32.const 65535) "ab")"#), R::Outside("data"),
        with(r#"(data (i32.const 65534) "ab")"#);
    data_that_starts_outside_of_memory: with(r#"(data (i32.const 65537) "")"#), R::Outside("data"),
        with(r#"(data (i32.const 65536) "")"#);
    data_at_a_negative_place: with(r#"(data (i32.const -1) "a")"#), R::Outside("data"),
        with(r#"(data (i32.const 1) "a")"#);
    elements_outside_of_their_table: with("(table 1 funcref) (func $g) (elem (i32.const 1) $g)"), R::Outside("element"),
        with("(table 2 funcref) (func $g) (elem (i32.const 1) $g)");
}

#[test]
fn a_branch_to_the_function_itself_is_accepted() {
    accepted_by(&Rules::default(), &running("(br_if 0 (i32.const 1)) (br 0)"));
    accepted_by(&Rules::default(), &running("(result i32) (br 0 (i32.const 1))"));
}

// ---- the code around it ----

/// Bytes that do not compress.
fn noise(len: usize) -> Vec<u8> {
    let mut x = 1u32;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

#[test]
fn code_of_24576_bytes_is_accepted_and_one_more_is_refused() {
    let longest = (24_500..24_576).rev().find(|len| code::encode(&noise(*len)).is_ok()).unwrap();
    let encoded = code::encode(&noise(longest)).unwrap();
    assert_eq!(encoded.len(), 24_576);
    assert_eq!(code::decode(&encoded, &Rules::default()).unwrap(), noise(longest));
    assert_eq!(code::encode(&noise(longest + 1)), Err(R::CodeTooLarge { size: 24_577, limit: 24_576 }));
}

#[test]
fn code_without_the_prefix_is_no_program() {
    let program = code::encode(&with("")).unwrap();
    assert_eq!(code::decode(&program, &Rules::default()).unwrap(), with(""));
    assert_eq!(code::decode(&program[1..], &Rules::default()), Err(R::NotAProgram));
    let dictionary = [&program[..3], &[1], &program[4..]].concat();
    assert_eq!(code::decode(&dictionary, &Rules::default()), Err(R::Dictionary(1)));
}

#[test]
fn a_wasm_that_is_cut_short_is_refused_wherever_the_cut_is() {
    // The code is its last section, without which there is no program.
    let program = split_zero_runs(&running("(call_indirect (i32.const 0))")).unwrap();
    accepted_by(&Rules::default(), &program);
    for len in 0..program.len() {
        assert!(activate(&program[..len], &Rules::default()).is_err(), "{len} of {} bytes", program.len());
    }
}

// ---- whatever comes ----

/// Everything that reads untrusted bytes, on these.
fn read_everything(bytes: &[u8]) {
    for rules in [Rules::default(), Rules::for_arbos(60)] {
        let _ = Module::parse(bytes, &rules);
        let _ = code::decode(bytes, &rules);
        if let Ok(program) = activate(bytes, &rules) {
            check_instrumented(bytes, &program, &rules);
        }
    }
    let _ = split_zero_runs(bytes);
}

/// Programs that between them have every section and most kinds of instructions.
fn samples() -> Vec<Vec<u8>> {
    vec![
        with(""),
        running("(local i32 i64) (local.set 0 (memory.size)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))"),
        running("(block (loop (br_table 0 1 1 (i32.const 1)))) (if (i32.const 1) (then (call $f)) (else (return)))"),
        running("(call_indirect (i32.const 0)) (i64.store (i32.const 8) (i64.const 1)) (br_if 0 (i32.const 1))"),
        with_memory(&format!(
            r#"{GROW} {READ} (memory (export "memory") 1) (global (export "g") (mut i64) (i64.const 7))
               (data (i32.const 16) "abc\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00d") (data "passive")
               (func (drop (memory.grow (i32.const 1))))"#
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), start in 0..3usize) {
        let starts: [&[u8]; 3] = [b"", b"\0asm\x01\0\0\0", &code::PREFIX];
        read_everything(&[starts[start], &bytes].concat());
    }

    #[test]
    fn mutated_programs_never_panic_and_what_is_accepted_of_them_stays_valid(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let samples = samples();
        let mut bytes = sample.get(&samples).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_everything(&bytes);
    }

    #[test]
    fn mutated_code_never_panics(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = code::encode(&running("(call_indirect (i32.const 0))")).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_everything(&bytes);
    }
}
