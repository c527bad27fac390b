//! What calls cost, against `tests/gas.toml`: the token called directly, and as a clone, both with its program cached.
//!
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test tokens gas` writes what is measured as the new budget.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue};

use crate::common::{IFomoERC20, IModelToken, IUsd, NAME, SYMBOL, URI, World};

type Table = BTreeMap<String, u64>;

const HEADER: &str = "# Gas of calls, whole transactions with their 21,000, programs cached. Tests fail where a call costs more;\n\
    # FOMO_UPDATE_GAS=1 writes what they measure.\n";

/// One token and what was measured of it.
struct Meter<'a> {
    world: &'a mut World,
    token: Address,
    table: Table,
}

impl Meter<'_> {
    fn measure(&mut self, what: &str, from: Address, call: impl SolCall) {
        let execution = self.world.run(from, self.token, call.abi_encode());
        assert!(execution.success(), "{what}: {execution:?}");
        self.table.insert(what.into(), execution.gas_used);
    }

    /// What every token has, with Alice as its holder.
    fn erc20(&mut self) {
        let (alice, bob, carol) = (self.world.alice, self.world.bob, self.world.carol);
        let value = U256::from(100_000_000_000_000_000_000_u128);
        let half = value >> 1;
        self.world.token = self.token;
        self.measure("transfer to a new holder", alice, IFomoERC20::transferCall { to: bob, value });
        self.measure("transfer to a holder", alice, IFomoERC20::transferCall { to: bob, value });
        self.measure("approve", alice, IFomoERC20::approveCall { spender: carol, value });
        self.measure("transferFrom", carol, IFomoERC20::transferFromCall { from: alice, to: bob, value: half });
        let permit = self.world.permit(bob, carol, value);
        self.measure("permit", carol, permit);
        self.measure("balanceOf", carol, IFomoERC20::balanceOfCall { account: alice });
    }

    fn burns(&mut self) {
        let (alice, carol) = (self.world.alice, self.world.carol);
        let value = U256::from(10_000_000_000_000_000_000_u128);
        self.measure("burn", alice, IModelToken::burnCall { value });
        self.measure("burnFrom", carol, IModelToken::burnFromCall { account: alice, value });
    }
}

fn model_token(world: &mut World, token: Address) -> Table {
    let (factory, call) = (world.factory, world.initialize(NAME, SYMBOL, URI));
    let mut meter = Meter { world, token, table: Table::new() };
    meter.measure("initialize", factory, call);
    meter.erc20();
    meter.burns();
    meter.table
}

fn measured() -> BTreeMap<String, Table> {
    let mut world = World::new();
    let (direct, clone) = (world.deploy_bare(), world.clone_token());
    let alice = world.alice;
    let supply = U256::from(10).pow(U256::from(24));
    let flock = world.deploy("flock", &(alice, supply).abi_encode()).unwrap();
    let usd = world.deploy("usd", &alice.abi_encode()).unwrap();

    let mut tables = BTreeMap::new();
    tables.insert("model-token".to_owned(), model_token(&mut world, direct));
    tables.insert("model-token-clone".to_owned(), model_token(&mut world, clone));
    let mut meter = Meter { world: &mut world, token: flock, table: Table::new() };
    meter.erc20();
    meter.burns();
    tables.insert("flock".to_owned(), meter.table);
    let mut meter = Meter { world: &mut world, token: usd, table: Table::new() };
    meter.measure("mint", alice, IUsd::mintCall { to: alice, value: supply });
    meter.erc20();
    tables.insert("usd".to_owned(), meter.table);
    tables
}

#[test]
fn gas_is_within_budget() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("gas.toml");
    let measured = measured();
    if std::env::var_os("FOMO_UPDATE_GAS").is_some() {
        // Tables of other contracts stay as they are.
        let mut budgets = fs::read_to_string(&path).map_or_else(|_| toml::Table::new(), |text| text.parse().unwrap());
        for (name, table) in &measured {
            budgets.insert(name.clone(), toml::Value::try_from(table).unwrap());
        }
        fs::write(&path, format!("{HEADER}\n{}", toml::to_string(&budgets).unwrap())).unwrap();
    }
    let budgets: toml::Table = fs::read_to_string(&path).expect("tests/gas.toml is there").parse().unwrap();
    let (mut report, mut over) = (String::new(), Vec::new());
    for (name, table) in &measured {
        writeln!(report, "{name}").unwrap();
        for (what, gas) in table {
            let budget = budgets.get(name).and_then(|table| table.get(what)).and_then(toml::Value::as_integer);
            let slack =
                budget.map_or_else(|| "no budget".to_owned(), |budget| format!("{:+}", gas.cast_signed() - budget));
            writeln!(report, "  {what:<26}{gas:>9}  {slack}").unwrap();
            if budget.is_none_or(|budget| gas.cast_signed() > budget) {
                over.push(format!("{name}, {what}: {gas}, {slack}"));
            }
        }
    }
    println!("{report}");
    assert!(over.is_empty(), "over budget:\n{}\n\n{report}", over.join("\n"));
}
