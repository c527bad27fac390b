//! Every measured call of `data/gas-vectors.json`, to the gas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::HashMap;

use alloy_primitives::{Address, Bytes, hex};
use fomo_chain::Config;
use fomo_tests::Harness;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    programs: Vec<Program>,
    calls: Vec<Call>,
}

#[derive(Deserialize)]
struct Program {
    name: String,
    wat: String,
}

#[derive(Deserialize)]
struct Call {
    to: String,
    data: String,
    status: u8,
    gas: u64,
    logs: usize,
    returns: Option<String>,
    gas_without_7623: Option<u64>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../data/gas-vectors.json")).unwrap()
}

/// EVM code that adds one to slot 0 and returns it.
const EVM_COUNTER: [u8; 16] = hex!("5f54600101805f555f5260205ff30000");

fn bytes(text: &str, names: &HashMap<String, Address>) -> Bytes {
    let mut text = text.to_owned();
    for (name, address) in names {
        text = text.replace(&format!("<{name}>"), &hex::encode(address));
    }
    Bytes::from(hex::decode(text).unwrap())
}

fn run(eip7623: bool) {
    let mut harness = Harness::new(Config { eip7623, ..Config::default() });
    let vectors = vectors();
    let mut names: HashMap<String, Address> = HashMap::new();
    for program in &vectors.programs {
        names.insert(program.name.clone(), harness.deploy_wat(&program.wat));
    }
    names.insert("evm_counter".into(), harness.deploy_code(&EVM_COUNTER[..14]));
    let mut wrong = Vec::new();
    for (index, call) in vectors.calls.iter().enumerate() {
        let mined = harness.send(names[&call.to], bytes(&call.data, &names));
        let gas = if eip7623 { call.gas } else { call.gas_without_7623.unwrap_or(call.gas) };
        let execution = &mined.execution;
        let what = format!("row {index}: {} {}", call.to, call.data);
        if execution.gas_used != gas {
            wrong.push(format!("{what}: {} gas, measured {gas}", execution.gas_used));
        }
        if execution.success() != (call.status == 1) {
            wrong.push(format!("{what}: {:?}, measured status {}", execution.outcome, call.status));
        }
        if execution.logs.len() != call.logs {
            wrong.push(format!("{what}: {} logs, measured {}", execution.logs.len(), call.logs));
        }
        if let Some(returns) = &call.returns
            && execution.output != bytes(returns, &names)
        {
            wrong.push(format!("{what}: returned {}, measured {returns}", execution.output));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.calls.len(), wrong.join("\n"));
}

/// As Arbitrum charges, without the call-data floor of EIP-7623.
#[test]
fn every_row_comes_out_the_same_without_eip_7623() {
    run(false);
}

/// As the measured node charged, with the floor.
#[test]
fn every_row_comes_out_the_same_with_eip_7623() {
    run(true);
}
