//! `abi/IRevenueSplitter.sol` against the code.

use std::collections::BTreeSet;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::JsonAbi;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolError;

use crate::common::*;

fn dummy(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(Address::repeat_byte(0xAB)),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(B256::with_last_byte(1), *len),
        other => panic!("no value for {other}"),
    }
}

fn abis() -> [JsonAbi; 2] {
    [IRevenueSplitter::abi::contract(), IAccess::abi::contract()]
}

#[test]
fn every_function_of_the_interface_is_there_and_returns_what_it_says() {
    let world = World::new(0);
    let mut answered = 0;
    for function in abis().iter().flat_map(JsonAbi::functions) {
        let values: Vec<_> = function.inputs.iter().map(|input| dummy(&input.resolve().unwrap())).collect();
        let execution = world.suite.harness.call(world.splitter, function.abi_encode_input(&values).unwrap());
        let signature = function.signature();
        if execution.success() {
            let outputs: Vec<_> = function.outputs.iter().map(|output| output.resolve().unwrap()).collect();
            assert!(DynSolType::Tuple(outputs).abi_decode_params(&execution.output).is_ok(), "{signature}");
            answered += 1;
        } else {
            let missing = [IAccess::UnknownFunction::SELECTOR, IAccess::InvalidCallData::SELECTOR];
            assert!(execution.output.len() >= 4, "{signature}: {execution:?}");
            assert!(!missing.iter().any(|error| execution.output.as_ref() == error), "{signature}");
        }
    }
    assert!(answered >= 12, "most views answer: {answered}");
}

/// What the sources declare, read as text: the names of events with their signatures, and of errors.
fn declared(file: &str) -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/revenue-splitter/core/src");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let lines = text.lines().map(str::trim);
    let events = lines.clone().filter_map(|line| Some(line.split_once("(\"")?.1.split_once("\")")?.0.to_owned()));
    let is_name = |line: &&str| line.ends_with(',') && line.chars().next().is_some_and(char::is_uppercase);
    let errors = lines.filter(is_name).map(|line| format!("{}()", line.trim_end_matches(',')));
    if file == "event.rs" { events.collect() } else { errors.collect() }
}

#[test]
fn events_and_errors_are_those_of_the_interface() {
    let [ours, _] = abis();
    let events: BTreeSet<_> = ours.events().map(|event| keccak256(event.signature())).collect();
    let code: BTreeSet<_> = declared("event.rs").iter().map(keccak256).collect();
    assert!(code.len() >= 9);
    assert_eq!(code, events);
    let errors: BTreeSet<_> = ours.errors().map(|error| error.signature()).collect();
    assert_eq!(declared("error.rs"), errors);
}
