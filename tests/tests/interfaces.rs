//! `cargo fomo abi --check`: what it finds, and what it does not find where nothing is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use alloy::json_abi::{Error, Event, Function};
use fomo::interfaces::constants::Constants;
use fomo::interfaces::{CONTRACTS, answers, differences, solc};

#[test]
fn every_contract_keeps_to_its_interface() {
    assert_eq!(differences(&solc::interfaces().unwrap()).unwrap(), Vec::<String>::new());
}

/// The search for selectors that an interface has not would find those that it has.
#[test]
fn every_selector_of_the_interfaces_is_found_in_the_code() {
    let interfaces = solc::interfaces().unwrap();
    for contract in &CONTRACTS {
        let mut constants = Constants::default();
        for program in contract.programs {
            constants.read(&answers::wasm(program).unwrap()).unwrap();
        }
        let found: BTreeSet<_> = constants.candidates().collect();
        let missed = |function: &&Function| !found.contains(&function.selector());
        let missed: Vec<_> =
            interfaces[contract.interface].functions().filter(missed).map(Function::signature).collect();
        assert!(missed.is_empty(), "{}: {missed:?}", contract.name);
    }
}

#[test]
fn what_is_missing_or_too_much_is_found() {
    let mut interfaces = solc::interfaces().unwrap();
    let launchpad = interfaces.get_mut("ILaunchpad").unwrap();
    // One of the last program's, one of the shared routes.
    for hidden in ["withdrawTreasury", "pause"] {
        launchpad.functions.remove(hidden).unwrap();
    }
    let function = Function::parse("function rescue(address)").unwrap();
    launchpad.functions.insert("rescue".into(), vec![function]);
    launchpad.events.insert("Rescued".into(), vec![Event::parse("event Rescued(address)").unwrap()]);
    launchpad.errors.insert("NotRescued".into(), vec![Error::parse("error NotRescued()").unwrap()]);
    let flock = interfaces.get_mut("IFlock").unwrap();
    let burn = flock.functions.remove("burn").unwrap();
    let found = differences(&interfaces).unwrap();
    let expected = [
        "Launchpad has no rescue(address).".to_owned(),
        "Launchpad never emits Rescued(address): its code has not the topic.".to_owned(),
        "Launchpad never refuses with NotRescued(): its code has not the selector.".to_owned(),
        format!("Flock answers to {}, which is not in IFlock.", burn[0].selector()),
    ];
    for line in &expected {
        assert!(found.contains(line), "{line}: {found:?}");
    }
    assert_eq!(found.len(), expected.len() + 2, "the two hidden functions are found: {found:?}");
}
