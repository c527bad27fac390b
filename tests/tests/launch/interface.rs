//! The interfaces in `abi/` against the code.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, JsonAbi};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolError;
use fomo_tests::suite::*;

fn dummy(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(Address::repeat_byte(0xAB)),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(B256::with_last_byte(1), *len),
        DynSolType::String => DynSolValue::String("a text".into()),
        DynSolType::Bytes => DynSolValue::Bytes(vec![1; 48]),
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Array(of) => DynSolValue::Array(vec![dummy(of); 2]),
        other => panic!("no value for {other}"),
    }
}

fn subjects(suite: &Suite) -> Vec<(&'static str, Address, JsonAbi)> {
    let at = suite.at;
    vec![
        ("ILaunchpad", at.launchpad, ILaunchpad::abi::contract()),
        ("IAccess", at.launchpad, IAccess::abi::contract()),
        ("ILens", at.lens, ILens::abi::contract()),
        ("IVesting", at.vesting, IVesting::abi::contract()),
        ("ILiquidityAdapter", at.adapters[0], ILiquidityAdapter::abi::contract()),
        ("ILiquidityAdapter", at.adapters[1], ILiquidityAdapter::abi::contract()),
        ("IAccess", at.adapters[0], IAccess::abi::contract()),
        ("IRewardDistributor", at.rewards, IRewardDistributor::abi::contract()),
        ("IAccess", at.rewards, IAccess::abi::contract()),
    ]
}

#[test]
fn every_function_of_the_interfaces_is_there_and_returns_what_it_says() {
    let suite = Suite::new();
    let mut answered = 0;
    for (name, address, abi) in subjects(&suite) {
        for function in abi.functions() {
            let values: Vec<_> = function.inputs.iter().map(|input| dummy(&input.resolve().unwrap())).collect();
            let execution = suite.harness.call(address, function.abi_encode_input(&values).unwrap());
            let signature = function.signature();
            if execution.success() {
                let outputs: Vec<_> = function.outputs.iter().map(|output| output.resolve().unwrap()).collect();
                let decoded = DynSolType::Tuple(outputs).abi_decode_params(&execution.output);
                assert!(decoded.is_ok(), "{name}: {signature} returns something else");
                answered += 1;
            } else {
                let missing = [IAccess::UnknownFunction::SELECTOR, IAccess::InvalidCallData::SELECTOR];
                assert!(execution.output.len() >= 4, "{name}: {signature}: {execution:?}");
                assert!(!missing.iter().any(|error| execution.output.as_ref() == error), "{name}: {signature}");
            }
        }
    }
    assert!(answered > 25, "most views answer: {answered}");
}

const COMPILE: &str = "
    const solc = require('solc'), fs = require('fs');
    const sources = {};
    for (const name of fs.readdirSync('.').filter(name => name.endsWith('.sol'))) {
        sources[name] = { content: fs.readFileSync(name, 'utf8') };
    }
    const settings = { outputSelection: { '*': { '*': ['abi'] } } };
    console.log(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
";

/// A compiler reads the interfaces as these tests do.
#[test]
fn solidity_reads_the_interfaces_as_these_tests_do() {
    let output = Command::new("node")
        .args(["-e", COMPILE])
        .env("NODE_PATH", fomo::npm::solc().unwrap().parent().unwrap())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi"))
        .output()
        .expect("Node.js is installed");
    let compiled: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(compiled["errors"].is_null(), "{}", compiled["errors"]);
    for (name, _, ours) in subjects(&Suite::new()) {
        let abi = &compiled["contracts"][format!("{name}.sol")][name]["abi"];
        let whole: JsonAbi = serde_json::from_value(abi.clone()).unwrap();
        let functions = |abi: &JsonAbi| abi.functions().map(Function::full_signature).collect::<BTreeSet<_>>();
        assert!(functions(&whole).is_superset(&functions(&ours)), "{name}");
        let errors: BTreeSet<_> = whole.errors().map(|error| error.selector()).collect();
        assert_eq!(errors.len(), whole.errors().count(), "{name}: no two errors share a selector");
    }
}
