//! What calls cost, against `tests/gas.toml`: the token called directly, and as a clone, both with its program cached.
//!
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test tokens gas` writes what is measured as the new budget.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue};
use fomo_tests::gas::{self, Table};

use crate::common::{IFomoERC20, IModelToken, IUsd, NAME, SYMBOL, URI, World};

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
    for (contract, table) in measured() {
        gas::check(&contract, &table, &Table::new());
    }
}
