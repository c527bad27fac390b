//! What a user and day cost: beside a Solidity twin of the hot paths, and against `tests/gas.toml`.
//!
//! Whole transactions with their 21,000, programs cached; a row is the difference of two batches over that of their rows.
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test rewards gas` writes what is measured as the new budget.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, Bytes, TxKind, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use fomo_tests::suite::{DAY, IFomoERC20, IStakeRegistry, tokens};

use crate::common::*;

/// Rows of a whole batch, and of the one that it is compared with.
const BATCH: usize = 200;
const FEW: usize = 100;
/// What a user and day may cost at most: the aim of this design.
const AIM: u64 = 12_000;
/// What a row or a call may cost more than Solidity's.
const OVER_TWIN: i64 = 0;

type Table = BTreeMap<String, u64>;

sol! {
    interface ITwin {
        function declare(uint64 epoch, uint32 rows, uint64 spend, uint64 alpha, uint64 lambda, uint192 half) external;
        function seal(uint64 epoch, address mt, uint128 globalPool, uint128 reservedPool, uint128 mtPool) external;
    }

    interface ISeveral {
        function run(address to, bytes[] calldata calls) external;
    }
}

/// Accounts in the order of their addresses.
fn accounts(from: usize, count: usize) -> Vec<Address> {
    let mut accounts: Vec<Address> =
        (from..from + count).map(|index| Address::from_word(keccak256(index.to_be_bytes()))).collect();
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

/// 1 to 200 dollars each.
fn spends(accounts: &[Address]) -> Vec<(Address, u64)> {
    accounts.iter().enumerate().map(|(index, account)| (*account, 1_000_000 + 997_331 * index as u64)).collect()
}

/// The distributor or its twin, with what was measured of it.
struct Meter {
    world: World,
    subject: Address,
    twin: bool,
    table: Table,
}

impl Meter {
    fn measure(&mut self, what: &str, from: Address, call: impl SolCall) -> u64 {
        let subject = self.subject;
        let execution = self.world.run(from, subject, call);
        assert!(execution.success(), "{what}: {execution:?}");
        self.table.insert(what.into(), execution.gas_used);
        execution.gas_used
    }

    fn declare(&mut self, epoch: u64, usage: &Usage) {
        if !self.twin {
            return self.world.declare(epoch, usage);
        }
        let spend = usage.values().flat_map(|rows| rows.values()).sum();
        let rows = usage.values().map(|rows| rows.len() as u32).sum();
        let (alpha, lambda) = (9 * 10_u64.pow(17), 10_u64.pow(18));
        let half = tokens(10_000).to();
        let call = ITwin::declareCall { epoch, rows, spend, alpha, lambda, half };
        assert!(self.world.run(self.world.reporter, self.subject, call).success());
    }

    fn seal(&mut self, epoch: u64) {
        self.world.pass(DAY / 2);
        if !self.twin {
            return self.world.seal(epoch, 100);
        }
        let (global, reserved, mt_pool) = (tokens(DAILY).to(), 0, tokens(2_000).to());
        let (mt, from) = (self.world.a, self.world.reporter);
        let call = ITwin::sealCall { epoch, mt, globalPool: global, reservedPool: reserved, mtPool: mt_pool };
        assert!(self.world.run(from, self.subject, call).success());
    }

    /// The last event of a batch; both have the same.
    fn reported(&self) -> R::BatchReported {
        use alloy_sol_types::SolEvent;
        let chain = &self.world.suite.harness.chain;
        let blocks = (0..=chain.head()).rev().filter_map(|number| chain.block(number));
        let in_block = |block: std::sync::Arc<fomo_chain::Block>| {
            block.transactions.iter().flat_map(|mined| &mined.execution.logs).find_map(|log| {
                let own = log.address == self.subject;
                own.then(|| R::BatchReported::decode_log_data(&log.data).ok()).flatten()
            })
        };
        let event = blocks.into_iter().find_map(in_block);
        event.expect("a batch was reported")
    }

    /// A day of these rows in one batch.
    fn day(&mut self, name: &str, rows: &[(Address, u64)]) {
        self.world.next_day();
        let epoch = self.world.today() - 1;
        let used = usage(key(self.world.a), rows);
        self.declare(epoch, &used);
        let (key, bytes) = World::batches(&used, BATCH).remove(0);
        let (reporter, dave) = (self.world.reporter, self.world.dave);
        self.measure(&format!("report, {name}"), reporter, R::reportCall { epoch, index: 0, key, rows: bytes });
        let batch = self.reported();
        self.seal(epoch);
        self.measure(&format!("accrue, {name}"), dave, accrual(&batch));
    }

    fn hot_paths(&mut self) {
        let users = accounts(0, BATCH);
        align(&mut self.world, &users);
        let rows = spends(&users);
        // A day whose stakes are not of today, then one on which every account's slots are new, then usual ones.
        self.world.next_day();
        let epoch = self.world.today() - 1;
        if !self.twin {
            self.world.does(self.world.reporter, R::declareCall { epoch, rows: 0, spend: 0 });
            self.seal(epoch);
        }
        self.day("200 new accounts", &rows);
        self.day("100 rows", &rows[..FEW]);
        self.day("200 rows", &rows);
        for what in ["report", "accrue"] {
            let of = |rows: usize| self.table[&format!("{what}, {rows} rows")];
            let row = (of(BATCH) - of(FEW)) / (BATCH - FEW) as u64;
            self.table.insert(format!("{what}, a row"), row);
        }
        let (report, accrue) = (self.table["report, a row"], self.table["accrue, a row"]);
        self.table.insert("a user and day".into(), report + accrue);
        let whole = self.table["report, 200 rows"] + self.table["accrue, 200 rows"];
        self.table.insert("a user and day, with the transactions".into(), whole / BATCH as u64);
        let claimer = self.world.alice;
        self.measure("claim, one model", claimer, R::claimCall { account: users[0] });
        self.day("200 rows after a claim", &rows);
        self.measure("claim, one model again", claimer, R::claimCall { account: users[0] });
    }

    /// What has no twin: sealing, and accruing a week in one transaction.
    fn alone(&mut self) {
        let rows = spends(&accounts(0, BATCH));
        let (a, dave) = (key(self.world.a), self.world.dave);
        let mut calls = Vec::new();
        for _ in 0..7 {
            self.world.next_day();
            let epoch = self.world.today() - 1;
            self.world.report(epoch, &usage(a, &rows[..FEW]), BATCH);
            self.world.pass(DAY / 2);
            self.measure("seal, a used model and one that is not", dave, R::sealCall { epoch, limit: 2 });
            calls.push(Bytes::from(accrual(&self.world.reported(epoch).remove(0)).abi_encode()));
        }
        let code = fomo::solidity::tests("RewardTwin.sol").unwrap().remove("Several").unwrap();
        let several = self.world.suite.create(code.to_vec());
        let execution = self.world.run(dave, several, ISeveral::runCall { to: self.subject, calls });
        assert!(execution.success(), "{execution:?}");
        self.table.insert("accrue, a row of a week at once".into(), execution.gas_used / (7 * FEW as u64));
        let (report, accrue) = (self.table["report, a row"], self.table["accrue, a row of a week at once"]);
        self.table.insert("a user and day, accrued by the week".into(), report + accrue);
    }
}

fn distributor() -> Table {
    let world = World::new();
    let subject = world.suite.at.rewards;
    let mut meter = Meter { world, subject, twin: false, table: Table::new() };
    meter.hot_paths();
    meter.alone();
    meter.table
}

fn twin() -> Table {
    let mut world = World::new();
    let at = world.suite.at;
    let code = fomo::solidity::tests("RewardTwin.sol").unwrap().remove("RewardTwin").unwrap();
    let arguments = (at.flock, at.registry, world.reporter, vec![world.a, world.b]).abi_encode_params();
    let mut request = TransactionRequest { from: Some(world.alice), ..Default::default() };
    request = request.input(Bytes::from([&code[..], &arguments].concat()).into());
    request.to = Some(TxKind::Create);
    let subject = world.suite.harness.submit(request).execution.created.expect("the twin is deployed");
    for token in [at.flock, world.a] {
        let call = IFomoERC20::transferCall { to: subject, value: tokens(20_000) };
        assert!(world.run(world.alice, token, call).success());
    }
    let mut meter = Meter { world, subject, twin: true, table: Table::new() };
    meter.hot_paths();
    meter.table
}

/// Gas of the first and the last batch of a day with so many users, who neither stake nor lock.
fn many_users(batches: usize) -> (u64, u64) {
    let mut world = World::new();
    let users = accounts(1_000_000, batches * BATCH);
    world.next_day();
    let epoch = world.today() - 1;
    let used = usage(key(world.a), &spends(&users));
    world.declare(epoch, &used);
    let mut gas = Vec::new();
    for (index, (key, rows)) in World::batches(&used, BATCH).into_iter().enumerate() {
        let call = R::reportCall { epoch, index: index as u32, key, rows };
        let execution = world.run(world.reporter, world.suite.at.rewards, call);
        assert!(execution.success());
        gas.push(execution.gas_used);
    }
    // The first batch finds the day's slots empty, and the last completes the report.
    (gas[1], gas[batches - 2])
}

#[test]
fn gas_is_within_budget_and_below_the_twin() {
    let (mut table, twin) = (distributor(), twin());
    let (second, last) = many_users(500);
    table.insert("report, the second 200 of 100,000 users".into(), second);
    table.insert("report, the last but one 200 of 100,000 users".into(), last);
    let mut report = format!("{:<48}{:>9}{:>10}{:>9}\n", "reward-distributor", "Stylus", "Solidity", "");
    let mut over = Vec::new();
    for (what, gas) in &table {
        match twin.get(what) {
            Some(twin) => {
                let difference = gas.cast_signed() - twin.cast_signed();
                writeln!(report, "{what:<48}{gas:>9}{twin:>10}{difference:>+9}").unwrap();
                if difference > OVER_TWIN {
                    over.push(format!("{what}: {difference} over the twin"));
                }
            }
            None => writeln!(report, "{what:<48}{gas:>9}").unwrap(),
        }
    }
    println!("{report}");
    if table["a user and day"] >= AIM {
        over.push(format!("a user and day: {} over {AIM}", table["a user and day"]));
    }
    // Call data of an amount with a zero byte more or less is all that may differ.
    if second.abs_diff(last) > second / 100 {
        over.push(format!("not flat: {second} and {last}"));
    }
    over.extend(over_budget(&table));
    assert!(over.is_empty(), "{}\n\n{report}", over.join("\n"));
}

fn over_budget(measured: &Table) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("gas.toml");
    let text = std::fs::read_to_string(&path).expect("tests/gas.toml is there");
    let mut budgets: toml::Table = text.parse().unwrap();
    if std::env::var_os("FOMO_UPDATE_GAS").is_some() {
        budgets.insert("reward-distributor".into(), toml::Value::try_from(measured).unwrap());
        let header: String =
            text.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, format!("{header}\n{}", toml::to_string(&budgets).unwrap())).unwrap();
    }
    let budget = |what: &str| budgets.get("reward-distributor").and_then(|table| table.get(what)?.as_integer());
    let exceeds = |(what, gas): (&String, &u64)| match budget(what) {
        Some(budget) if gas.cast_signed() <= budget => None,
        budget => Some(format!("{what}: {gas}, budget {budget:?}")),
    };
    measured.iter().filter_map(exceeds).collect()
}
