//! What a user and day cost: beside a Solidity twin, and against `tests/gas.toml`.
//!
//! Whole transactions with their 21,000, programs cached; rows by the difference of two batches. `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests
//! --test rewards gas` writes what is measured as the new budget.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256, keccak256};
use fomo_tests::suite::{DAY, IFomoERC20, IStakeRegistry, tokens};

use crate::common::*;

/// Rows of a whole batch, and of the one that it is compared with.
const BATCH: usize = 200;
const FEW: usize = 100;

type Table = BTreeMap<String, u64>;

/// Accounts in the order of their addresses.
fn accounts(count: usize) -> Vec<Address> {
    let mut accounts: Vec<Address> =
        (0..count).map(|index| Address::from_word(keccak256(index.to_be_bytes()))).collect();
    accounts.sort();
    accounts
}

/// Gives accounts a stake on A and a lock.
fn align(world: &mut World, accounts: &[Address]) {
    let (holder, a, at) = (world.suite.harness.sender(), world.a, world.suite.at);
    for account in accounts {
        let stake = IStakeRegistry::stakeForCall { mt: a, account: *account, amount: tokens(1) };
        assert!(world.run(world.alice, at.registry, stake).success());
        world.suite.harness.chain.set_balance(*account, tokens(1));
        world.suite.harness.chain.impersonate(*account);
        assert!(world.run(holder, at.flock, IFomoERC20::transferCall { to: *account, value: tokens(5) }).success());
        let approve = IFomoERC20::approveCall { spender: at.registry, value: U256::MAX };
        assert!(world.run(*account, at.flock, approve).success());
        world.lock(*account, tokens(5), 365);
    }
}

fn spends(accounts: &[Address]) -> Usage {
    // 1 to 200 dollars.
    let spend = |index: usize| 1_000_000 + 997_331 * index as u64;
    let rows: Vec<_> = accounts.iter().enumerate().map(|(index, account)| (*account, spend(index))).collect();
    rows.into_iter().fold(Usage::new(), |usage, _| usage)
}

#[test]
fn gas() {
    let mut world = World::new();
    let users = accounts(BATCH);
    align(&mut world, &users);
    let a = key(world.a);
    let spend = |index: usize| 1_000_000 + 997_331 * index as u64;
    let rows: Vec<(Address, u64)> = users.iter().enumerate().map(|(index, user)| (*user, spend(index))).collect();
    let _ = spends;
    // A first day, so that every account's slots are in use.
    world.settle();
    world.next_day();
    world.pay(&usage(a, &rows));
    let mut table = Table::new();
    for count in [FEW, BATCH] {
        world.next_day();
        let epoch = world.today() - 1;
        let used = usage(a, &rows[..count]);
        world.declare(epoch, &used);
        let (key, bytes) = World::batches(&used, BATCH).remove(0);
        let report =
            world.run(world.reporter, world.suite.at.rewards, R::reportCall { epoch, index: 0, key, rows: bytes });
        assert!(report.success());
        world.pass(DAY / 2);
        world.seal(epoch, 100);
        let batch = world.reported(epoch).remove(0);
        let accrue = world.run(world.dave, world.suite.at.rewards, accrual(&batch));
        assert!(accrue.success());
        table.insert(format!("report, {count} rows"), report.gas_used);
        table.insert(format!("accrue, {count} rows"), accrue.gas_used);
    }
    let slope = |what: &str| {
        (table[&format!("{what}, {BATCH} rows")] - table[&format!("{what}, {FEW} rows")]) / (BATCH - FEW) as u64
    };
    println!(
        "{table:#?} report {} accrue {} both {}",
        slope("report"),
        slope("accrue"),
        slope("report") + slope("accrue")
    );
    let claim = world.run(world.alice, world.suite.at.rewards, R::claimCall { account: users[0] });
    println!("claim {}", claim.gas_used);
}
