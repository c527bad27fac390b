//! The Solidity interfaces in `abi/` against the code: what they promise is there, and nothing else is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::{Function, JsonAbi, StateMutability};
use alloy_primitives::{Address, B256, Bytes, FixedBytes, Selector, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use fomo_chain::{Execution, Outcome};

use crate::common::{CONSTRUCTOR, IFlock, IFomoERC20, IModelToken, IUsd, Permit, World, amount, sign};

/// A token with its interface.
struct Subject {
    name: &'static str,
    address: Address,
    abi: Vec<JsonAbi>,
}

impl Subject {
    fn functions(&self) -> impl Iterator<Item = &Function> {
        self.abi.iter().flat_map(JsonAbi::functions)
    }

    fn topics(&self) -> BTreeSet<B256> {
        self.abi.iter().flat_map(JsonAbi::events).map(alloy::json_abi::Event::selector).collect()
    }

    fn errors(&self) -> BTreeSet<Selector> {
        self.abi.iter().flat_map(JsonAbi::errors).map(alloy::json_abi::Error::selector).collect()
    }
}

fn subjects() -> (World, [Subject; 3]) {
    let mut world = World::new();
    let owner = world.alice;
    let flock = world.deploy("flock", &(owner, amount(1_000)).abi_encode()).unwrap();
    let usd = world.deploy("usd", &owner.abi_encode()).unwrap();
    let erc20 = IFomoERC20::abi::contract();
    let subjects = [
        Subject { name: "model-token", address: world.token, abi: vec![erc20.clone(), IModelToken::abi::contract()] },
        Subject { name: "flock", address: flock, abi: vec![erc20.clone(), IFlock::abi::contract()] },
        Subject { name: "usd", address: usd, abi: vec![erc20, IUsd::abi::contract()] },
    ];
    (world, subjects)
}

/// Compiles the interfaces as Solidity does, with what they inherit.
const COMPILE: &str = "
    const solc = require('solc'), fs = require('fs');
    const sources = {};
    for (const name of process.argv.slice(1)) sources[name] = { content: fs.readFileSync(name, 'utf8') };
    const settings = { outputSelection: { '*': { '*': ['abi'] } } };
    console.log(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
";

/// A well-formed value of a type.
fn dummy(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Address => DynSolValue::Address(Address::repeat_byte(0xAB)),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(B256::with_last_byte(1), *len),
        DynSolType::String => DynSolValue::String("a text".into()),
        other => panic!("no value for {other}"),
    }
}

fn call_data(function: &Function) -> Vec<u8> {
    let values: Vec<_> = function.inputs.iter().map(|input| dummy(&input.resolve().unwrap())).collect();
    function.abi_encode_input(&values).unwrap()
}

/// Whether a function took the call, be it to refuse it with a reason. An unknown selector has no reason.
fn answered(execution: &Execution) -> bool {
    execution.success() || (execution.outcome == Outcome::Revert && execution.output.len() >= 4)
}

/// Selectors of functions that none of the tokens must have.
const ABSENT: [&str; 16] = [
    "owner_()",
    "transferOwnership(address)",
    "renounceOwnership()",
    "pause()",
    "unpause()",
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "initialize()",
    "initialize(address)",
    "mint(uint256)",
    "increaseAllowance(address,uint256)",
    "decreaseAllowance(address,uint256)",
    "supportsInterface(bytes4)",
    "stylus_constructor(address)",
    "domainSeparator()",
    "metadataUri()",
];

#[test]
fn every_function_of_the_interface_is_there() {
    let (world, subjects) = subjects();
    for subject in &subjects {
        assert!(subject.functions().count() >= 13, "the interface was read");
        for function in subject.functions() {
            let execution = world.harness.call(subject.address, call_data(function));
            assert!(answered(&execution), "{}: {}: {execution:?}", subject.name, function.signature());
            if execution.success() {
                let outputs: Vec<_> = function.outputs.iter().map(|output| output.resolve().unwrap()).collect();
                let decoded = DynSolType::Tuple(outputs).abi_decode_params(&execution.output);
                assert!(decoded.is_ok(), "{}: {} returns something else", subject.name, function.signature());
            }
        }
    }
}

/// The tests read the interfaces file by file; a compiler reads them as one.
#[test]
fn solidity_reads_the_interfaces_as_these_tests_do() {
    let names = ["IFomoERC20", "IModelToken", "IFlock", "IUsd"];
    let output = Command::new("node")
        .args(["-e", COMPILE, "--"])
        .args(names.map(|name| format!("{name}.sol")))
        .env("NODE_PATH", fomo::npm::solc().unwrap().parent().unwrap())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi"))
        .output()
        .expect("Node.js is installed");
    let compiled: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert!(compiled["errors"].is_null(), "{}", compiled["errors"]);
    let (_, subjects) = subjects();
    for (subject, name) in subjects.iter().zip(&names[1..]) {
        let abi = &compiled["contracts"][format!("{name}.sol")][name]["abi"];
        let abi: JsonAbi = serde_json::from_value(abi.clone()).unwrap();
        let functions = |functions: Vec<&Function>| {
            functions.iter().map(|function| function.full_signature()).collect::<BTreeSet<_>>()
        };
        assert_eq!(functions(abi.functions().collect()), functions(subject.functions().collect()));
        let compiled = Subject { name, address: subject.address, abi: vec![abi] };
        assert_eq!((compiled.topics(), compiled.errors()), (subject.topics(), subject.errors()), "{name}");
    }
}

#[test]
fn every_function_is_called_by_its_standard_selector() {
    for (signature, selector) in [
        (IFomoERC20::transferCall::SIGNATURE, "a9059cbb"),
        (IFomoERC20::transferFromCall::SIGNATURE, "23b872dd"),
        (IFomoERC20::approveCall::SIGNATURE, "095ea7b3"),
        (IFomoERC20::balanceOfCall::SIGNATURE, "70a08231"),
        (IFomoERC20::allowanceCall::SIGNATURE, "dd62ed3e"),
        (IFomoERC20::totalSupplyCall::SIGNATURE, "18160ddd"),
        (IFomoERC20::permitCall::SIGNATURE, "d505accf"),
        (IFomoERC20::noncesCall::SIGNATURE, "7ecebe00"),
        (IFomoERC20::DOMAIN_SEPARATORCall::SIGNATURE, "3644e515"),
        (IModelToken::eip712DomainCall::SIGNATURE, "84b0196e"),
        (IModelToken::burnCall::SIGNATURE, "42966c68"),
        (IModelToken::burnFromCall::SIGNATURE, "79cc6790"),
        ("stylus_constructor()", "5585258d"),
    ] {
        assert_eq!(alloy_primitives::hex::encode(&keccak256(signature)[..4]), selector, "{signature}");
    }
}

#[test]
fn nothing_else_is_there() {
    let (world, subjects) = subjects();
    for subject in &subjects {
        let known: BTreeSet<Selector> = subject.functions().map(Function::selector).collect();
        // Every function of another token's interface that this one's has not, too.
        let others =
            subjects.iter().flat_map(Subject::functions).map(|function| (function.signature(), call_data(function)));
        let absent = ABSENT.iter().map(|signature| {
            let arguments = [U256::ONE; 8].abi_encode();
            (ToString::to_string(signature), [&keccak256(signature)[..4], &arguments].concat())
        });
        let made_up = (0..200_u64).map(|seed| {
            let hash = keccak256(seed.to_be_bytes());
            (format!("made up {seed}"), [&hash[..4], &[U256::ONE; 8].abi_encode()].concat())
        });
        for (name, data) in others.chain(absent).chain(made_up) {
            if known.contains(&FixedBytes(data[..4].try_into().unwrap())) {
                continue;
            }
            let execution = world.harness.call(subject.address, data);
            assert_eq!(execution.outcome, Outcome::Revert, "{}: {name}", subject.name);
            assert!(execution.output.is_empty(), "{}: {name} is answered: {execution:?}", subject.name);
        }
    }
}

#[test]
fn no_function_takes_coins() {
    let (mut world, subjects) = subjects();
    for subject in &subjects {
        for function in subject.functions() {
            assert_ne!(function.state_mutability, StateMutability::Payable);
            let execution = world.refused_raw(world.alice, subject.address, call_data(function), U256::ONE);
            assert!(execution.output.is_empty());
        }
        world.refused_raw(world.alice, subject.address, Bytes::new(), U256::ONE);
        world.refused_raw(world.alice, subject.address, Bytes::new(), U256::ZERO);
        assert_eq!(world.harness.chain.head_state().balance(subject.address), U256::ZERO);
    }
}

#[test]
fn views_change_nothing() {
    let (mut world, subjects) = subjects();
    for subject in &subjects {
        for function in subject.functions().filter(|function| function.state_mutability == StateMutability::View) {
            let before = world.storage(subject.address);
            let execution = world.run(world.alice, subject.address, call_data(function));
            assert!(execution.success() && execution.logs.is_empty(), "{}", function.signature());
            assert_eq!(world.storage(subject.address), before);
        }
    }
}

#[test]
fn cut_call_data_is_refused() {
    let (world, subjects) = subjects();
    for subject in &subjects {
        for function in subject.functions().filter(|function| !function.inputs.is_empty()) {
            let data = call_data(function);
            // The last word of a text is padded, and a reader may do without the padding.
            let text = function.inputs.iter().any(|input| input.ty == "string");
            let least = if text { data.len() - 26 } else { data.len() };
            for len in (0..least).filter(|len| *len < 8 || len % 7 == 0 || least - len < 3) {
                let execution = world.harness.call(subject.address, data[..len].to_vec());
                assert_eq!(
                    execution.outcome,
                    Outcome::Revert,
                    "{}: {len} bytes of {}",
                    subject.name,
                    function.signature()
                );
            }
        }
    }
}

#[test]
fn what_does_not_fit_its_type_is_refused() {
    let (mut world, subjects) = subjects();
    let alice = world.alice;
    for subject in &subjects {
        for function in subject.functions() {
            for (index, input) in function.inputs.iter().enumerate() {
                let (DynSolType::Address | DynSolType::Uint(8)) = input.resolve().unwrap() else { continue };
                for (byte, value) in [(0, 0x80), (11, 1)] {
                    let mut data = call_data(function);
                    data[4 + 32 * index + byte] = value;
                    let execution = world.refused_raw(alice, subject.address, data, U256::ZERO);
                    assert!(execution.output.is_empty(), "{}: {}", subject.name, function.signature());
                }
            }
        }
    }
}

#[test]
fn texts_that_point_elsewhere_are_refused() {
    let mut world = World::new();
    let clone = world.clone_token();
    let call = world.initialize("A name", "SYM", "ipfs://some-longer-metadata-uri-of-two-words");
    let good = call.abi_encode();
    let words = (good.len() - 4) / 32;
    let wild = [
        U256::MAX,
        U256::from(u64::MAX),
        U256::from(u32::MAX),
        U256::from(1_u64 << 31),
        U256::from(0x1_0000_0000_u64),
        U256::from(0x1_0000_0040_u64),
        U256::from(good.len()),
        U256::from(good.len() - 4),
    ];
    // The offsets of the three texts are words 4 to 6; the rest are lengths and bytes.
    let offset = |index: usize| 4 + 32 * index;
    let read = |index: usize| U256::from_be_slice(&good[offset(index)..offset(index + 1)]);
    let lengths = (4..7).map(|index| usize::try_from(read(index)).unwrap() / 32);
    for index in (4..7).chain(lengths) {
        assert!(index < words);
        for value in wild {
            let mut data = good.clone();
            data[offset(index)..offset(index + 1)].copy_from_slice(&value.to_be_bytes::<32>());
            world.refused_raw(world.factory, clone, data, U256::ZERO);
        }
    }
    assert!(world.storage(clone).is_empty());
    let factory = world.factory;
    assert!(world.run(factory, clone, good).success());
    assert_eq!(world.view(clone, IFomoERC20::nameCall {}), "A name");
}

/// Stricter than Solidity, which does not look at it: the SDK takes only what it would encode itself.
#[test]
fn data_behind_the_arguments_is_refused() {
    let (mut world, subjects) = subjects();
    let alice = world.alice;
    for subject in &subjects {
        for function in subject.functions().filter(|function| !function.inputs.is_empty()) {
            for tail in [&[0; 1][..], &[0; 32], &[0xFF; 77]] {
                let data = [call_data(function).as_slice(), tail].concat();
                let execution = world.refused_raw(alice, subject.address, data, U256::ZERO);
                assert!(execution.output.is_empty(), "{}: {}", subject.name, function.signature());
            }
        }
    }
}

#[test]
fn garbage_changes_nothing() {
    let (mut world, subjects) = subjects();
    let carol = world.carol;
    for subject in &subjects {
        let selectors: Vec<Selector> =
            subject.functions().map(Function::selector).chain([FixedBytes(CONSTRUCTOR)]).collect();
        let before = world.storage(subject.address);
        for (number, selector) in selectors.iter().enumerate() {
            for len in [0, 1, 31, 32, 33, 64, 100, 224, 300] {
                let seed = keccak256([number as u8, len as u8]);
                // Random words that do not fit an address, so that no call is a good one by chance.
                let noise: Vec<u8> =
                    (0_u8..10).flat_map(|word| keccak256([seed.as_slice(), &[word]].concat()).0).collect();
                let data = [selector.as_slice(), &noise[..len]].concat();
                world.run(carol, subject.address, data);
                assert_eq!(world.storage(subject.address), before, "{}: {selector}, {len} bytes", subject.name);
            }
        }
    }
}

/// What a scenario brought to light.
#[derive(Default)]
struct Seen {
    topics: BTreeSet<B256>,
    errors: BTreeSet<Selector>,
}

impl Seen {
    fn run(&mut self, world: &mut World, from: Address, to: Address, data: impl Into<Bytes>) {
        let execution = world.run(from, to, data);
        self.topics.extend(execution.logs.iter().map(|log| log.topics()[0]));
        if execution.outcome == Outcome::Revert {
            self.errors.insert(FixedBytes(execution.output[..4].try_into().expect("it gives a reason")));
        }
    }
}

/// Runs into every event and every error that all tokens have.
fn common_scenario(world: &mut World, token: Address, seen: &mut Seen) {
    let (alice, bob, carol, zero) = (world.alice, world.bob, world.carol, Address::ZERO);
    world.token = token;
    world.harness.chain.impersonate(zero);
    world.harness.chain.set_balance(zero, U256::from(10).pow(U256::from(18)));
    let transfer = |to, value| IFomoERC20::transferCall { to, value }.abi_encode();
    let approve = |spender| IFomoERC20::approveCall { spender, value: U256::ONE }.abi_encode();
    seen.run(world, alice, token, transfer(bob, U256::ONE));
    seen.run(world, alice, token, approve(bob));
    seen.run(world, alice, token, transfer(bob, U256::MAX));
    seen.run(world, alice, token, transfer(zero, U256::ONE));
    seen.run(world, alice, token, approve(zero));
    seen.run(world, zero, token, transfer(bob, U256::ZERO));
    seen.run(world, zero, token, approve(bob));
    seen.run(world, carol, token, IFomoERC20::transferFromCall { from: alice, to: bob, value: U256::ONE }.abi_encode());
    let good = world.permit(alice, bob, U256::ONE);
    seen.run(world, carol, token, IFomoERC20::permitCall { deadline: U256::ZERO, ..good.clone() }.abi_encode());
    seen.run(world, carol, token, IFomoERC20::permitCall { value: U256::ZERO, ..good.clone() }.abi_encode());
    seen.run(world, carol, token, IFomoERC20::permitCall { v: 29, ..good.clone() }.abi_encode());
    let s = B256::repeat_byte(0x80);
    seen.run(world, carol, token, IFomoERC20::permitCall { s, ..good }.abi_encode());
    let permit = Permit { owner: bob, spender: carol, value: U256::ONE, nonce: U256::ZERO, deadline: U256::MAX };
    let call = sign(&permit, &world.domain(token), &world.key(bob));
    seen.run(world, carol, token, call.abi_encode());
}

#[test]
fn the_events_and_errors_of_the_interface_are_those_that_occur() {
    let (mut world, subjects) = subjects();
    let (factory, alice, bob) = (world.factory, world.alice, world.bob);
    for subject in subjects {
        let (token, mut seen) = (subject.address, Seen::default());
        common_scenario(&mut world, token, &mut seen);
        match subject.name {
            "model-token" => {
                let (clone, good) = (world.clone_token(), world.initialize("Name", "SYM", "uri"));
                let nobody = IModelToken::initializeCall { issuer: Address::ZERO, ..good.clone() };
                let long = IModelToken::initializeCall { name: "n".repeat(32), ..good.clone() };
                for call in [nobody, long, good.clone(), good] {
                    seen.run(&mut world, factory, clone, call.abi_encode());
                }
            }
            "usd" => {
                let mint = |value| IUsd::mintCall { to: alice, value }.abi_encode();
                seen.run(&mut world, bob, token, mint(U256::ONE));
                seen.run(&mut world, alice, token, mint(U256::ONE));
                seen.run(&mut world, alice, token, mint(U256::MAX));
                construct_dollars(&mut world, &mut seen);
            }
            _ => {}
        }
        assert_eq!(seen.topics, subject.topics(), "{}: events", subject.name);
        assert_eq!(seen.errors, subject.errors(), "{}: errors", subject.name);
    }
}

/// The constructor's own event and error: on a program that nobody has constructed yet.
fn construct_dollars(world: &mut World, seen: &mut Seen) {
    let program = world.harness.deploy_code(&fomo::build::code("usd").unwrap());
    for owner in [Address::ZERO, world.bob] {
        let data = [CONSTRUCTOR.as_slice(), &owner.abi_encode()].concat();
        seen.run(world, world.carol, program, data);
    }
}
