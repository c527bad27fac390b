//! What calls cost: beside a Solidity twin of the hot paths, and against `tests/gas.toml`.
//!
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test stake_registry gas` writes what is measured as the new budget.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use fomo_chain::Execution;
use fomo_tests::gas::{self, Table};

use crate::common::{DAY, IFomoERC20, IStakeRegistry, World, YEAR, tokens};
use crate::layout::{book_slot, entry, stake_slot, total_slot};
use IStakeRegistry as R;

/// Gas of a batched read per account, cold, with one lock and no action that day; and at worst.
const READ: u64 = 5_000;
const WORST_READ: u64 = 60_000;

/// The registry or its twin, with what was measured of it.
struct Meter {
    world: World,
    subject: Address,
    table: Table,
}

impl Meter {
    fn measure(&mut self, what: &str, from: Address, call: impl SolCall) -> Execution {
        let subject = self.subject;
        let execution = self.world.run(from, subject, call.abi_encode());
        assert!(execution.success(), "{what}: {execution:?}");
        self.table.insert(what.into(), execution.gas_used);
        execution
    }

    /// The hot paths, by two people over some days.
    fn hot_paths(&mut self) {
        let (alice, bob, mt) = (self.world.alice, self.world.bob, self.world.mt);
        let amount = tokens(100);
        let half = tokens(50);
        self.world.next_day();
        self.measure("stake, the token's first", alice, R::stakeCall { mt, amount });
        self.world.pass(60);
        self.measure("stake, an account's first", bob, R::stakeCall { mt, amount });
        self.world.pass(60);
        self.measure("stake, same day", alice, R::stakeCall { mt, amount });
        self.world.next_day();
        self.measure("stake, another day", alice, R::stakeCall { mt, amount });
        self.world.pass(60);
        self.measure("requestUnstake, same day", alice, R::requestUnstakeCall { mt, amount: half });
        self.world.next_day();
        self.measure("requestUnstake, another day", alice, R::requestUnstakeCall { mt, amount: half });
        self.world.pass(DAY);
        self.measure("withdraw, all", alice, R::withdrawCall { mt });
        self.world.next_day();
        self.measure("requestUnstake, all of it", bob, R::requestUnstakeCall { mt, amount });
        self.world.pass(DAY);
        self.measure("withdraw, one", bob, R::withdrawCall { mt });
        let lock = |beneficiary| R::exchangeFlockCall { amount, lockPeriod: U256::from(YEAR), beneficiary };
        self.measure("exchangeFlock, first of all", alice, lock(alice));
        self.world.pass(60);
        self.measure("exchangeFlock, an account's first", bob, lock(bob));
        self.world.pass(DAY);
        self.measure("exchangeFlock, its second", bob, lock(bob));
    }

    /// What has no twin.
    fn alone(&mut self) {
        let (carol, mt) = (self.world.carol, self.world.mt);
        let (amount, beneficiary) = (tokens(10), carol);
        let lock = |days: u64| R::exchangeFlockCall { amount, lockPeriod: U256::from(days * DAY), beneficiary };
        self.world.does(carol, lock(50));
        self.world.pass(DAY);
        let id = self.world.locks(carol)[0].id;
        let new_unlock = self.world.now() + 300 * DAY;
        self.measure("extendLock, one lock", carol, R::extendLockCall { id, newUnlock: new_unlock });
        self.world.pass(DAY);
        self.measure("increaseLock, one lock", carol, R::increaseLockCall { id, amount });
        self.world.does(carol, lock(60));
        self.world.pass(DAY);
        let other = self.world.locks(carol)[1].id;
        self.measure("mergeLocks, two locks", carol, R::mergeLocksCall { a: id, b: other });
        let dave = self.world.dave;
        self.world.does(dave, R::exchangeFlockCall { amount, lockPeriod: U256::from(DAY), beneficiary: dave });
        self.world.pass(DAY);
        let id = self.world.locks(dave)[0].id;
        self.measure("withdrawLock", dave, R::withdrawLockCall { id });
        self.measure("stakeOf", carol, R::stakeOfCall { account: carol, mt });
    }
}

fn registry() -> Table {
    let mut world = World::new();
    // The launchpad has answered: the twin does not ask.
    let (dave, mt) = (world.dave, world.mt);
    world.does(dave, R::stakeForCall { mt, account: dave, amount: U256::ONE });
    world.does(dave, R::requestUnstakeCall { mt, amount: U256::ONE });
    world.pass(DAY);
    world.does(dave, R::withdrawCall { mt });
    let subject = world.registry;
    let mut meter = Meter { world, subject, table: Table::new() };
    meter.hot_paths();
    meter.alone();
    meter.table
}

fn twin() -> Table {
    let mut world = World::new();
    let mut compiled = fomo::solidity::tests("StakeRegistryTwin.sol").unwrap();
    let code = compiled.remove("StakeRegistryTwin").unwrap();
    let init = [&code[..], &(world.flock, vec![world.mt]).abi_encode_params()].concat();
    let mut request = alloy::rpc::types::TransactionRequest { from: Some(world.admin), ..Default::default() };
    request = request.input(Bytes::from(init).into());
    request.to = Some(alloy_primitives::TxKind::Create);
    let subject = world.harness.submit(request).execution.created.expect("the twin is deployed");
    for account in [world.alice, world.bob, world.carol, world.dave] {
        for token in [world.flock, world.mt] {
            world.must(account, token, IFomoERC20::approveCall { spender: subject, value: U256::MAX });
        }
    }
    let (dave, mt) = (world.dave, world.mt);
    world.must(dave, subject, R::stakeCall { mt, amount: U256::ONE });
    world.must(dave, subject, R::requestUnstakeCall { mt, amount: U256::ONE });
    world.pass(DAY);
    world.must(dave, subject, R::withdrawCall { mt });
    let mut meter = Meter { world, subject, table: Table::new() };
    meter.hot_paths();
    meter.table
}

/// Gas of `readMany` for each of some accounts, that is, without what a read of nobody costs.
fn read(world: &World, epoch: u64, accounts: &[Address]) -> u64 {
    let gas = |accounts: &[Address]| {
        let call = R::readManyCall { mt: world.mt, epoch, accounts: accounts.to_vec() };
        let execution = world.call(call.abi_encode());
        assert!(execution.success(), "{execution:?}");
        execution.gas_used
    };
    (gas(accounts) - gas(&[])) / accounts.len() as u64
}

/// A hundred accounts with a stake and a lock, nothing done since.
fn usual_read() -> u64 {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    let accounts: Vec<Address> = (1..=100_u8).map(Address::repeat_byte).collect();
    let (flock, registry) = (world.flock, world.registry);
    for account in &accounts {
        world.does(alice, R::stakeForCall { mt, account: *account, amount: tokens(1) });
        // The chain takes calls from anybody without a signature: the account locks for itself.
        world.harness.chain.set_balance(*account, tokens(1));
        world.harness.chain.impersonate(*account);
        world.must(alice, flock, IFomoERC20::transferCall { to: *account, value: tokens(5) });
        world.must(*account, flock, IFomoERC20::approveCall { spender: registry, value: U256::MAX });
        world.lock(*account, tokens(5), YEAR);
    }
    world.next_day().next_day();
    read(&world, world.today() - 1, &accounts)
}

/// One account with sixteen locks and as many past records of its stake and of its locks, that has changed both three times a day since;
/// the epoch ended seven days ago.
fn worst_read(records: u64) -> u64 {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    for index in 1..=16_u64 {
        world.lock(alice, tokens(1), YEAR - index);
    }
    let id = world.locks(alice)[0].id;
    world.does(alice, R::stakeCall { mt, amount: tokens(1) });
    history(&mut world, alice, records);
    world.next_day();
    let epoch = world.today();
    for _ in 0..9 {
        for _ in 0..3 {
            world.pass(600).does(alice, R::stakeCall { mt, amount: tokens(1) });
            world.does(alice, R::increaseLockCall { id, amount: tokens(1) });
        }
        world.next_day();
    }
    // Seven days and a bit after its end, with changes in each.
    world.does(alice, R::stakeCall { mt, amount: tokens(1) });
    world.does(alice, R::increaseLockCall { id, amount: tokens(1) });
    assert_eq!(world.today(), epoch + 9);
    read(&world, epoch + 1, &[alice])
}

/// Puts as many records before the newest ones, as if there had been as many days with changes: a chain of 27 years would be slow.
fn history(world: &mut World, account: Address, records: u64) {
    let mt = world.mt;
    for slot in [total_slot(mt), stake_slot(account, mt)] {
        let newest = world.slot(slot);
        let day = U256::from(DAY) << 140;
        for index in 0..records {
            world.set_slot(entry(U256::from(index), slot + U256::ONE), newest - day * U256::from(records - index));
        }
        world.set_slot(slot, newest | U256::from(records) << 116);
    }
    let book = book_slot(account);
    let newest = world.slot(book);
    let (old, second) = ((newest >> 52) & U256::from(0xFF_FFFF), U256::ONE << 92);
    for index in 0..records {
        let head = newest - second * U256::from((records - index) * DAY);
        let numbers = U256::from(index) << 52 | U256::from(index) << 28;
        world.set_slot(entry(U256::from(index), book + U256::ONE), clear(head) | numbers);
    }
    world.set_slot(book, clear(newest) | U256::from(records) << 52 | U256::from(records) << 28);
    for page in 0..8 {
        let read = world.slot(entry(old << 3 | U256::from(page), book + U256::from(2)));
        world.set_slot(entry(U256::from(records << 3 | page), book + U256::from(2)), read);
    }
}

/// A version's head without its own number and that of the day before.
fn clear(head: U256) -> U256 {
    let numbers: U256 = U256::from((1_u64 << 48) - 1) << 28;
    head & !numbers
}

/// A stake on another day, after so many days with changes.
fn stake_after(records: u64) -> u64 {
    let mut world = World::new();
    let (alice, mt, registry) = (world.alice, world.mt, world.registry);
    world.does(alice, R::stakeCall { mt, amount: tokens(1) });
    world.lock(alice, tokens(1), YEAR);
    history(&mut world, alice, records);
    world.next_day();
    let execution = world.run(alice, registry, R::stakeCall { mt, amount: tokens(1) }.abi_encode());
    assert!(execution.success(), "{execution:?}");
    execution.gas_used
}

#[test]
fn a_stake_costs_the_same_whatever_the_length_of_its_history() {
    let costs = [10, 1_000, 10_000].map(stake_after);
    println!("a stake after 10, 1,000 and 10,000 records: {costs:?}");
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

/// An account with sixteen locks and 10,000 records, read for an epoch so many days after its end; the records changed every day.
fn late_read(days: u64) -> u64 {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    for index in 1..=16_u64 {
        world.lock(alice, tokens(1), YEAR - index);
    }
    let id = world.locks(alice)[0].id;
    world.does(alice, R::stakeCall { mt, amount: tokens(1) });
    history(&mut world, alice, 10_000);
    world.next_day();
    let epoch = world.today();
    for _ in 0..=days {
        world.does(alice, R::stakeCall { mt, amount: tokens(1) });
        world.does(alice, R::increaseLockCall { id, amount: tokens(1) });
        world.next_day();
    }
    world.does(alice, R::stakeCall { mt, amount: tokens(1) });
    world.does(alice, R::increaseLockCall { id, amount: tokens(1) });
    let seconds = world.seconds_of(alice, epoch);
    assert_eq!(seconds, tokens(2) * U256::from(DAY), "it is the day's, however late");
    read(&world, epoch, &[alice])
}

/// Later than a report may be without the admin, a read searches: slower, and bounded.
#[test]
fn a_late_read_is_bounded() {
    let costs = [1, 7, 8, 30].map(late_read);
    println!("readMany of the worst account, 1, 7, 8 and 30 days late: {costs:?}");
    assert!(costs[..2].iter().all(|cost| *cost < WORST_READ), "{costs:?}");
    assert!(costs.iter().all(|cost| *cost < 2 * WORST_READ), "{costs:?}");
}

/// Locks that are over and withdrawn are not copied and not read for ever.
#[test]
fn an_account_that_once_had_many_locks_pays_no_more_than_others() {
    let mut world = World::new();
    let (alice, bob, registry) = (world.alice, world.bob, world.registry);
    for _ in 0..16 {
        world.lock(alice, tokens(1), DAY);
    }
    world.lock(bob, tokens(1), DAY);
    let half = world.now() + DAY / 2;
    let balance = world.effective_at(alice, world.now());
    world.pass(DAY);
    for who in [alice, bob] {
        for lock in world.locks(who) {
            world.does(who, R::withdrawLockCall { id: lock.id });
        }
    }
    let before = world.effective_at(alice, half);
    assert!(before > balance);
    let again = |world: &mut World, who| {
        let call = R::exchangeFlockCall { amount: tokens(1), lockPeriod: U256::from(YEAR), beneficiary: who };
        world.pass(60).run(who, registry, call.abi_encode()).gas_used
    };
    // The first one after clears the places, at the price of a look at each; the second is like anybody's.
    again(&mut world, alice);
    again(&mut world, bob);
    let same = |a: u64, b: u64| assert!(a.abs_diff(b) < 100, "{a} and {b}");
    same(again(&mut world, alice), again(&mut world, bob));
    assert_eq!(world.effective_at(alice, half), before, "the past stays as it was");
    let epoch = world.today();
    world.next_day();
    same(read(&world, epoch, &[alice]), read(&world, epoch, &[bob]));
}

#[test]
fn gas_is_within_budget_and_near_the_twin() {
    let (mut ours, twin) = (registry(), twin());
    let (usual, worst) = (usual_read(), worst_read(10_000));
    assert!(usual <= READ, "readMany: {usual} an account, over {READ}");
    assert!(worst <= WORST_READ, "readMany at worst: {worst}, over {WORST_READ}");
    ours.extend([("readMany, an account".into(), usual), ("readMany, at worst".into(), worst)]);
    gas::check("stake-registry", &ours, &twin);
}
