//! A contract has the same bytes wherever the repository is cloned to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use fomo::build;
use fomo::build::manifest::Manifest;
use fomo::root::Root;

/// Folders that are made here, and would bring one build's results into the other.
const NOT_CLONED: [&str; 3] = ["target", ".git", "node_modules"];

fn clone(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, name) = (entry.path(), entry.file_name());
        if NOT_CLONED.iter().any(|left_out| name == *left_out) {
            continue;
        }
        if source.is_dir() {
            clone(&source, &to.join(name));
        } else {
            fs::copy(&source, to.join(name)).unwrap();
        }
    }
}

/// The cheapest to build: the one with the least code.
fn smallest(root: &Root) -> String {
    let contracts = Manifest::read(root).unwrap().contracts;
    let size = |budget: Option<build::manifest::Budget>| budget.map_or(u64::MAX, |budget| budget.code);
    contracts.into_iter().min_by_key(|(_, contract)| size(contract.budget)).expect("there are contracts").0
}

/// This clone's build against a clean one at another path, of another length and depth, that shares nothing with it
/// but cargo's downloads. It compiles the standard library and every dependency again, which takes about a minute.
#[test]
fn clones_at_two_paths_build_the_same_bytes() {
    let here = Root::find().unwrap();
    let name = smallest(&here);
    let folder = tempfile::Builder::new().prefix("fomo clone ").tempdir().unwrap();
    let there = folder.path().join("at/a longer path/than/the/first");
    clone(here.path(), &there);
    let there = Root::at(&there).unwrap();
    assert_ne!(here.path().as_os_str().len(), there.path().as_os_str().len());

    let elsewhere = build::build(&there, std::slice::from_ref(&name)).unwrap().pop().unwrap().result.unwrap();
    let mine = build::build(&here, std::slice::from_ref(&name)).unwrap().pop().unwrap().result.unwrap();
    assert_eq!(mine.measured, elsewhere.measured, "{name} has other numbers at another path");
    assert!(mine == elsewhere, "{name} has the same numbers and other bytes at another path");
}
