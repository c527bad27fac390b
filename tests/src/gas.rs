//! What calls cost: against the budget in `tests/gas.toml`, and beside a Solidity twin of the hot paths.
//!
//! Whole transactions with their 21,000, programs cached. With `FOMO_UPDATE_GAS` set, what is measured becomes the budget.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Gas of calls by what they do.
pub type Table = BTreeMap<String, u64>;

/// What a call that only moves storage may cost more than Solidity's.
pub const OVER_TWIN: i64 = 600;

const HEADER: &str = "# Gas of calls, whole transactions with their 21,000, programs cached. Tests fail where a call costs more;\n\
    # FOMO_UPDATE_GAS=1 writes what they measure.\n";

/// Prints a contract's calls, beside its twin's where there are any, and panics where one is over its budget or the twin.
pub fn check(contract: &str, ours: &Table, twin: &Table) {
    let mut report = format!("{contract:<36}{:>9}{:>10}{:>8}\n", "Stylus", "Solidity", "");
    let mut over = over_budget(contract, ours);
    for (what, gas) in ours {
        match twin.get(what) {
            Some(twin) => {
                let difference = gas.cast_signed() - twin.cast_signed();
                writeln!(report, "{what:<36}{gas:>9}{twin:>10}{difference:>+8}").unwrap();
                if difference > OVER_TWIN {
                    over.push(format!("{what}: {difference} over the twin"));
                }
            }
            None => writeln!(report, "{what:<36}{gas:>9}").unwrap(),
        }
    }
    println!("{report}");
    assert!(over.is_empty(), "{}\n\n{report}", over.join("\n"));
}

/// What is over its budget, or has none.
fn over_budget(contract: &str, measured: &Table) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("gas.toml");
    let mut budgets: toml::Table = fs::read_to_string(&path).expect("tests/gas.toml is there").parse().unwrap();
    if std::env::var_os("FOMO_UPDATE_GAS").is_some() {
        // Tables of other contracts stay as they are.
        budgets.insert(contract.into(), toml::Value::try_from(measured).unwrap());
        fs::write(&path, format!("{HEADER}\n{}", toml::to_string(&budgets).unwrap())).unwrap();
    }
    let budget = |what: &str| budgets.get(contract).and_then(|table| table.get(what)?.as_integer());
    let exceeds = |(what, gas): (&String, &u64)| match budget(what) {
        Some(budget) if gas.cast_signed() <= budget => None,
        budget => Some(format!("{contract}, {what}: {gas}, budget {budget:?}")),
    };
    measured.iter().filter_map(exceeds).collect()
}
