//! What calls cost: settlement and a claim beside a Solidity twin, everything against `tests/gas.toml`.
//!
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test revenue gas` writes what is
//! measured as the new budget.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue};
use fomo_tests::gas::{self, Table};

use crate::common::*;
use IRevenueSplitter as R;

/// The splitter or its twin, with what was measured of it.
struct Meter {
    world: World,
    subject: Address,
    table: Table,
}

impl Meter {
    fn measure(&mut self, what: &str, from: Address, to: Address, call: impl SolCall) {
        // A pool writes its prices once a second: on a slow machine one might pass since the call before.
        let now = self.world.suite.now();
        self.world.suite.harness.chain.set_next_timestamp(now).unwrap();
        let execution = self.world.suite.run(from, to, call);
        assert!(execution.success(), "{what}: {execution:?}");
        self.table.insert(what.into(), execution.gas_used);
    }

    fn both(&mut self) {
        let (settler, anyone, subject) = (self.world.settler, self.world.suite.users[0], self.subject);
        let first = self.world.settlement(1, usd(1_000), usd(300));
        self.measure("settle, a token's first", settler, subject, first);
        let next = self.world.settlement(2, usd(1_000), usd(300));
        self.measure("settle", settler, subject, next);
        let claim = R::claimTreasuryCall { asset: self.world.usd };
        self.measure("claimTreasury, its first", anyone, subject, claim.clone());
        let next = self.world.settlement(3, usd(1_000), usd(300));
        self.world.suite.must(settler, subject, next);
        self.measure("claimTreasury", anyone, subject, claim);
    }

    fn alone(&mut self, venue: &str) {
        let (anyone, subject, world) = (self.world.suite.users[0], self.subject, self.world.clone());
        let (token, asset) = (world.mt, world.usd);
        self.measure("claimCompute", world.compute, subject, R::claimComputeCall { token, asset });
        self.measure("claimIssuer", world.suite.issuer, subject, R::claimIssuerCall { token, asset });
        for (number, round) in [(4, "first"), (5, "next")] {
            // So long that every pool of Aerodrome's keeps an observation of its own in each.
            self.world.pass_observed(2 * HOUR);
            self.measure(&format!("buybackFlock, {venue}, {round}"), anyone, subject, world.buyback_flock());
            self.measure(&format!("buybackMt, {venue}, {round}"), anyone, subject, world.buyback_mt());
            self.world.settle(number, usd(1_000), usd(300));
        }
        let record = ILiquidityAdapter::recordObservationCall { tokenA: world.usd, tokenB: world.flock };
        for _ in 0..33 {
            self.world.suite.pass(60);
            self.measure(&format!("recordObservation, {venue}"), anyone, world.adapter, record.clone());
        }
    }
}

fn splitter() -> Table {
    let mut table = Table::new();
    for (venue, world) in World::both().into_iter().enumerate() {
        let subject = world.splitter;
        let mut meter = Meter { world, subject, table };
        meter.both();
        meter.alone(VENUES[venue]);
        table = meter.table;
    }
    table
}

fn twin() -> Table {
    let mut world = World::new(0);
    let arguments = (world.flock, world.suite.at.launchpad, world.settler, world.suite.treasury, world.usd);
    let subject = world.solidity("RevenueSplitterTwin.sol", "RevenueSplitterTwin", arguments.abi_encode());
    world.approve(world.settler, world.usd, subject);
    let mut meter = Meter { world, subject, table: Table::new() };
    meter.both();
    meter.table
}

#[test]
fn gas_is_within_budget_and_near_the_twin() {
    gas::check("revenue-splitter", &splitter(), &twin());
}

/// The twin splits as the splitter does.
#[test]
fn the_twin_does_the_same() {
    let mut world = World::new(0);
    let arguments = (world.flock, world.suite.at.launchpad, world.settler, world.suite.treasury, world.usd);
    let twin = world.solidity("RevenueSplitterTwin.sol", "RevenueSplitterTwin", arguments.abi_encode());
    let settler = world.settler;
    world.approve(settler, world.usd, twin);
    let call = world.settlement(1, usd(1_000) + U256::from(7), usd(300));
    let ours = world.run(settler, call.clone()).output;
    assert_eq!(world.suite.run(settler, twin, call).output, ours);
}
