//! What the documentation says of tests and files, against what is there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fomo::root::Root;
use fomo::ui::number;

/// All files below a folder with an ending.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let hidden = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
        if path.is_dir() && !hidden {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
}

#[test]
fn every_test_that_the_page_of_invariants_names_is_there() {
    let root = Root::find().unwrap();
    let page = fs::read_to_string(root.join("docs/invariants.md")).unwrap();
    let named = page.split('`').skip(1).step_by(2);
    let named: BTreeSet<_> = named.filter(|name| name.contains('_') && !name.contains(' ')).collect();
    assert!(named.len() > 40, "the page names tests");
    let mut sources = Vec::new();
    for folder in ["tests/tests", "contracts/common"] {
        files(&root.join(folder), "rs", &mut sources);
    }
    let sources: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for name in named {
        assert!(sources.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    let root = Root::find().unwrap();
    let mut pages = ["README.md", "SECURITY.md", "CHANGELOG.md"].map(|page| root.join(page)).to_vec();
    files(&root.join("docs"), "md", &mut pages);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if !anchor.is_empty() {
                let target = fs::read_to_string(&target).unwrap();
                let found = target.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
                assert!(found, "{}: {link} names no headline", page.display());
            }
        }
    }
}

/// A headline as links name it.
fn anchor_of(line: &str) -> String {
    let text = line.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn the_readme_has_every_contracts_size() {
    let root = Root::find().unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let manifest: toml::Table = fs::read_to_string(root.join("contracts/contracts.toml")).unwrap().parse().unwrap();
    for (name, contract) in manifest.get("contract").and_then(toml::Value::as_table).unwrap() {
        let code = contract.get("budget").and_then(|budget| budget.get("code")).and_then(toml::Value::as_integer);
        let code = number(code.unwrap().unsigned_abs());
        assert!(name == "common-bench" || readme.contains(&code), "{name} has {code} bytes; the README says otherwise");
    }
}
