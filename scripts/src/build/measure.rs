//! From what rustc emits to what is deployed, and the numbers of it.

use alloy::primitives::{B256, keccak256};
use fomo_wasm::{Module, Refusal, Rules, code, cost, instrument, split};
use serde::{Deserialize, Serialize};

/// A contract in its deployable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The processed WASM.
    pub wasm: Vec<u8>,
    /// The code to deploy.
    pub code: Vec<u8>,
    /// Its numbers.
    pub measured: Measured,
}

/// The numbers of a contract; each as the default ArbOS version counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Bytes of the WASM as rustc emits it, without the names of its functions.
    pub emitted_bytes: u64,
    /// Bytes of the processed WASM.
    pub wasm_bytes: u64,
    /// Bytes of the code to deploy: prefix and compressed WASM.
    pub code_bytes: u64,
    /// Hash of the code to deploy.
    pub code_hash: B256,
    /// Pages of memory that it starts with.
    pub pages: u64,
    /// Host functions that it imports.
    pub imports: u64,
    /// Functions that it defines.
    pub functions: u64,
    /// Bytes of data segments as rustc emits them.
    pub emitted_data_bytes: u64,
    /// Bytes of data segments without their zero runs.
    pub data_bytes: u64,
    /// Gas of entering it when it is cached.
    pub cached_gas: u64,
    /// Gas of entering it when it is not.
    pub uncached_gas: u64,
    /// Gas of activating it.
    pub activation_gas: u64,
}

/// Strips and splits what rustc emitted, checks that it would be activated, and measures it.
///
/// # Errors
/// Why it would be refused.
pub fn process(emitted: &[u8], rules: &Rules) -> Result<Artifact, Refusal> {
    // The names of functions alone may be more than a program may have.
    let emitted = &split::without_custom_sections(emitted)?;
    let wasm = split::split_zero_runs(emitted)?;
    let before = Module::parse(emitted, rules)?;
    let module = Module::parse(&wasm, rules)?;
    // Stricter than the chain (docs/chain.md): a contract of this suite has no floating point, reachable or not.
    if let Some(name) = module.floating_point() {
        return Err(Refusal::Instruction(name));
    }
    let program = instrument::instrument(&module, rules)?;
    let code = code::encode(&wasm)?;
    // What would be deployed is what was checked.
    if code::decode(&code, rules)? != wasm {
        return Err(Refusal::Brotli("the compressed WASM decompresses to something else".into()));
    }
    let measured = Measured {
        emitted_bytes: emitted.len() as u64,
        wasm_bytes: wasm.len() as u64,
        code_bytes: code.len() as u64,
        code_hash: keccak256(&code),
        pages: u64::from(program.pages),
        imports: module.imports().len() as u64,
        functions: module.functions() as u64,
        emitted_data_bytes: before.data_bytes(),
        data_bytes: module.data_bytes(),
        cached_gas: program.entry.cached_gas(rules),
        uncached_gas: program.entry.uncached_gas(rules),
        activation_gas: cost::ACTIVATION_BASE_GAS + program.activation_gas,
    };
    Ok(Artifact { wasm, code, measured })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(extra: &str) -> Vec<u8> {
        wat::parse_str(format!(
            r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
                (memory (export "memory") 1) {extra}
                (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
        ))
        .unwrap()
    }

    #[test]
    fn a_program_is_split_checked_and_measured() {
        let zeros = "\\00".repeat(100);
        let artifact = process(&program(&format!("(data (i32.const 0) \"ab{zeros}cd\")")), &Rules::default()).unwrap();
        assert_eq!(code::decode(&artifact.code, &Rules::default()).unwrap(), artifact.wasm);
        let measured = artifact.measured;
        assert_eq!((measured.functions, measured.imports, measured.pages), (1, 1, 1));
        assert!(
            measured.data_bytes < measured.emitted_data_bytes && measured.emitted_data_bytes - measured.data_bytes > 80
        );
        assert!(measured.cached_gas < measured.uncached_gas);
        assert_eq!(measured.code_bytes, artifact.code.len() as u64);
    }

    #[test]
    fn what_the_chain_refuses_is_refused_here() {
        let start = program("(func $start) (start $start)");
        assert_eq!(process(&start, &Rules::default()), Err(Refusal::StartFunction));
        assert!(process(b"\0asm", &Rules::default()).is_err());
    }

    #[test]
    fn floating_point_is_refused_even_where_it_is_not_reached() {
        let unreached = program("(func (param f64) (result f64) (f64.add (local.get 0) (local.get 0)))");
        let refusal = process(&unreached, &Rules::default()).unwrap_err();
        assert_eq!(refusal, Refusal::Instruction("of floating point"));
    }
}
