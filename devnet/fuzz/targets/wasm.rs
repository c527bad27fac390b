//! Any bytes as a WASM, and generated modules that get further: refused, or activated and run. A run must end within its
//! gas and be the same twice.
#![no_main]

use std::sync::LazyLock;

use alloy::primitives::U256;
use arbitrary::{Result, Unstructured};
use fomo_chain::Chain;
use fomo_fuzz::{CONTRACT, RUN_GAS, activate, chain, send};
use fomo_wasm::{Rules, code};
use libfuzzer_sys::fuzz_target;
use wasm_smith::Config;

const VERSIONS: [u64; 3] = [32, 51, 60];

static CHAINS: LazyLock<[Chain; 3]> = LazyLock::new(|| VERSIONS.map(chain));

/// Every host function, as something that a module may import.
static IMPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let imports: String = fomo_wasm::hooks::HOOKS
        .iter()
        .map(|hook| {
            let params: Vec<String> = hook.params.iter().map(ToString::to_string).collect();
            let result = hook.result.map(|ty| format!("(result {ty})")).unwrap_or_default();
            format!("(import \"vm_hooks\" \"{}\" (func (param {}) {result}))\n", hook.name, params.join(" "))
        })
        .collect();
    wat::parse_str(format!("(module {imports})")).expect("the host functions are well-formed")
});

static EXPORTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        "(module (memory (export \"memory\") 1) (func (export \"user_entrypoint\") (param i32) (result i32) i32.const 0))",
    )
    .expect("the exports are well-formed")
});

fn config(u: &mut Unstructured<'_>) -> Result<Config> {
    Ok(Config {
        available_imports: Some(IMPORTS.clone()),
        exports: Some(EXPORTS.clone()),
        max_imports: 12,
        min_funcs: 1,
        max_funcs: 12,
        max_instructions: 200,
        max_memories: 1,
        max_memory32_bytes: u.choose(&[65_536, 131_072, 1 << 24])?.to_owned(),
        max_tables: 1,
        allow_start_export: u.ratio(1, 20)?,
        allow_floats: u.ratio(1, 20)?,
        bulk_memory_enabled: u.ratio(1, 10)?,
        multi_value_enabled: u.ratio(1, 4)?,
        reference_types_enabled: u.ratio(1, 20)?,
        simd_enabled: u.ratio(1, 50)?,
        exceptions_enabled: false,
        gc_enabled: false,
        custom_page_sizes_enabled: false,
        extended_const_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        sign_extension_ops_enabled: true,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    })
}

fn run(wasm: &[u8], version: usize, call_data: Vec<u8>) {
    let rules = Rules::for_arbos(VERSIONS[version]);
    let Ok(program) = fomo_wasm::activate(wasm, &rules) else { return };
    assert_eq!(fomo_wasm::activate(wasm, &rules).as_ref(), Ok(&program));
    let Ok(code) = code::encode(wasm) else { return };
    let Ok(decoded) = code::decode(&code, &rules) else { return };
    assert_eq!(decoded, wasm);
    let mut chain = CHAINS[version].clone();
    chain.set_code(CONTRACT, code.into());
    let activated = activate(&mut chain, CONTRACT).expect("the sender can pay");
    if !activated.success() {
        return;
    }
    let mut again = chain.clone();
    let first = send(&mut chain, CONTRACT, call_data.clone().into(), U256::ONE, RUN_GAS);
    assert_eq!(first, send(&mut again, CONTRACT, call_data.into(), U256::ONE, RUN_GAS));
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let Ok(version) = u.choose_index(VERSIONS.len()) else { return };
    if u.ratio(1, 4).unwrap_or(true) {
        let _ = code::decode(u.peek_bytes(u.len()).unwrap_or_default(), &Rules::for_arbos(VERSIONS[version]));
        run(u.take_rest(), version, Vec::new());
        return;
    }
    let Ok(config) = config(&mut u) else { return };
    let Ok(call_data) = u.arbitrary::<[u8; 40]>() else { return };
    if let Ok(module) = wasm_smith::Module::new(config, &mut u) {
        run(&module.to_bytes(), version, call_data.to_vec());
    }
});
