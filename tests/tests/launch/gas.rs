//! What calls cost: beside a Solidity twin of the hot paths, and against `tests/gas.toml`.
//!
//! `FOMO_UPDATE_GAS=1 cargo test -p fomo-tests --test launch gas` writes what is measured as the new budget.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolValue, sol};
use fomo_chain::Execution;
use fomo_tests::gas::{self, Table};
use fomo_tests::suite::*;

sol! {
    interface ILaunchpadTwin {
        function open(address token, uint96 min, uint96 max, bool surcharge) external;
        function graduated(address token) external;
    }
}

/// A suite, the launchpad or its twin, and what was measured of it.
struct Meter {
    suite: Suite,
    subject: Address,
    table: Table,
}

impl Meter {
    fn new(suite: Suite, subject: Address) -> Self {
        Self { suite, subject, table: Table::new() }
    }

    fn measure(&mut self, what: &str, from: Address, to: Address, call: impl SolCall) -> Execution {
        let execution = self.suite.run(from, to, call);
        assert!(execution.success(), "{what}: {execution:?}");
        self.table.insert(what.into(), execution.gas_used);
        execution
    }

    fn buy(&mut self, what: &str, buyer: Address, token: Address, offered: U256) {
        let call = ILaunchpad::buyCall { token, offered, minOut: U256::ONE, deadline: NEVER };
        self.measure(what, buyer, self.subject, call);
    }

    /// Buys of a launch, with and without the surcharge. The second one ends below its minimum.
    fn buys(&mut self, token: Address, sniped: Address) {
        let [alice, bob, carol] = self.suite.users[..3] else { panic!("there are users") };
        self.buy("buy, a launch's first", alice, token, tokens(1_000));
        self.buy("buy, an account's first", bob, token, tokens(1_000));
        self.buy("buy, its second", bob, token, tokens(1_000));
        self.buy("buy, with the surcharge", alice, sniped, tokens(1_000));
        self.buy("buy, with the surcharge again", alice, sniped, tokens(1_000));
        self.measure("quoteBuy", bob, self.subject, ILaunchpad::quoteBuyCall { token, offered: tokens(1_000) });
        let exact = ILaunchpad::buyExactCall { token, mt: tokens(500), maxIn: tokens(9_000), deadline: NEVER };
        self.measure("buyExact, its third", bob, self.subject, exact);
        self.buy("buy, the one that fills", carol, token, tokens(200_000));
    }

    fn claim(&mut self, token: Address) {
        let (alice, bob) = (self.suite.users[0], self.suite.users[1]);
        self.measure("claim", alice, self.subject, ILaunchpad::claimCall { token });
        // As every holder but the first: the token knows the account.
        let dust = IFomoERC20::transferCall { to: bob, value: U256::ONE };
        self.suite.must(alice, token, dust);
        self.measure("claim, by a holder", bob, self.subject, ILaunchpad::claimCall { token });
    }

    fn refund(&mut self, token: Address) {
        self.suite.pass(8 * DAY);
        self.measure("refund", self.suite.users[0], self.subject, ILaunchpad::refundCall { token });
    }
}

/// A suite with two launches: one without, one with the surcharge.
fn launches() -> (Suite, Address, Address) {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let sniped = suite.launch(ILaunchpad::createLaunchCall { surcharge: true, ..Suite::order(VENUES[1]) });
    (suite, token, sniped)
}

fn launchpad() -> Table {
    let (suite, token, sniped) = launches();
    let launchpad = suite.at.launchpad;
    let mut meter = Meter::new(suite, launchpad);
    meter.buys(token, sniped);
    meter.suite.graduate(token);
    meter.claim(token);
    meter.refund(sniped);
    meter.table
}

/// The twin trades the same tokens under the same names, on a chain where the launchpad has its launches too.
fn twin() -> Table {
    let (mut suite, token, sniped) = launches();
    let code = fomo::solidity::tests("LaunchpadTwin.sol").unwrap().remove("LaunchpadTwin").unwrap();
    let twin = suite.create([&code[..], &suite.at.flock.abi_encode()].concat());
    // The launchpad has FLOCK of launch fees, so that none of its buys opens its balance.
    let owner = suite.admin;
    suite.must(owner, suite.at.flock, IFomoERC20::transferCall { to: twin, value: tokens(1) });
    for account in suite.users.clone() {
        suite.must(account, suite.at.flock, IFomoERC20::approveCall { spender: twin, value: U256::MAX });
    }
    for (token, surcharge) in [(token, false), (sniped, true)] {
        let (min, max) = (min_target().to(), max_target().to());
        suite.must(owner, twin, ILaunchpadTwin::openCall { token, min, max, surcharge });
    }
    let mut meter = Meter::new(suite, twin);
    meter.buys(token, sniped);

    // Whoever bought everything from the launchpad gives the twin what it owes.
    let whale = meter.suite.users[4];
    meter.suite.buy(whale, token, tokens(200_000));
    meter.suite.graduate(token);
    let value = meter.suite.must(whale, meter.suite.at.launchpad, ILaunchpad::claimCall { token });
    meter.suite.must(whale, token, IFomoERC20::transferCall { to: twin, value });
    meter.suite.must(owner, twin, ILaunchpadTwin::graduatedCall { token });
    meter.claim(token);
    meter.refund(sniped);
    meter.table
}

/// What has no twin: everything around the sale, on both venues.
fn alone() -> Table {
    let mut meter = Meter::new(Suite::new(), Address::ZERO);
    let Addresses { launchpad, .. } = meter.suite.at;
    let (issuer, anyone, buyer) = (meter.suite.issuer, meter.suite.users[3], meter.suite.users[0]);
    for venue in VENUES {
        let created = meter.measure(&format!("createLaunch, {venue}"), issuer, launchpad, Suite::order(venue));
        let token = Address::from_slice(&created.output[12..32]);
        meter.suite.pass(1);
        meter.suite.buy(buyer, token, tokens(200_000));
        meter.measure(&format!("graduate, {venue}"), anyone, launchpad, ILaunchpad::graduateCall { token });
    }
    let bundled = ILaunchpad::createLaunchCall { bundledOffer: tokens(1_000), ..Suite::order(VENUES[0]) };
    meter.measure("createLaunch, with a bundled buy", issuer, launchpad, bundled);
    meter.measure("withdrawFees", issuer, launchpad, ILaunchpad::withdrawFeesCall {});
    meter.measure("withdrawTreasury", anyone, launchpad, ILaunchpad::withdrawTreasuryCall {});
    meter.table
}

/// A buy with a permit, against one after an approval.
fn with_permit() -> Table {
    let (suite, token, _) = launches();
    let (launchpad, flock, buyer) = (suite.at.launchpad, suite.at.flock, suite.users[0]);
    let mut meter = Meter::new(suite, launchpad);
    let offered = tokens(1_000);
    let permit = meter.suite.permit(flock, buyer, launchpad, offered);
    let call = ILaunchpad::buyWithPermitCall {
        token,
        offered,
        minOut: U256::ONE,
        deadline: NEVER,
        permitDeadline: permit.deadline,
        v: permit.v,
        r: permit.r,
        s: permit.s,
    };
    meter.measure("buyWithPermit, a launch's first", buyer, launchpad, call);
    meter.table
}

#[test]
fn gas_is_within_budget_and_near_the_twin() {
    let mut ours = launchpad();
    ours.extend(alone());
    ours.extend(with_permit());
    gas::check("launchpad", &ours, &twin());
}
