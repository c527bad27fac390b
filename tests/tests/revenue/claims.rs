//! Payees pull, whatever else is paused, dead or hostile.

use alloy_primitives::{Address, Bytes, U256};
use fomo_chain::Outcome;

use crate::common::*;
use IRevenueSplitter as R;

fn claims(world: &World) -> (R::claimComputeCall, R::claimIssuerCall, R::claimTreasuryCall) {
    let (token, asset) = (world.mt, world.usd);
    (R::claimComputeCall { token, asset }, R::claimIssuerCall { token, asset }, R::claimTreasuryCall { asset })
}

/// All three are paid in full; gives nothing back.
fn all_are_paid(world: &mut World) {
    let (compute, issuer, treasury) = claims(world);
    let (ledger, totals) = (world.ledger(), world.totals());
    let (by_issuer, anyone) = (world.suite.issuer, world.suite.users[0]);
    let before =
        [world.compute, by_issuer, world.suite.treasury].map(|account| world.suite.balance(world.usd, account));
    assert_eq!(world.must(world.compute, compute), ledger.compute - ledger.computeLeft);
    assert_eq!(world.must(by_issuer, issuer), ledger.issuer - ledger.issuerLeft);
    assert_eq!(world.must(anyone, treasury), totals.treasury - totals.treasuryLeft);
    let after = [world.compute, by_issuer, world.suite.treasury].map(|account| world.suite.balance(world.usd, account));
    let paid = [0, 1, 2].map(|index| after[index] - before[index]);
    assert_eq!(paid[0], ledger.compute - ledger.computeLeft);
    assert_eq!(paid[1], ledger.issuer - ledger.issuerLeft);
    assert_eq!(paid[2], totals.treasury - totals.treasuryLeft);
    let owed = world.totals().received - world.totals().left;
    assert_eq!(world.suite.balance(world.usd, world.splitter), owed);
}

#[test]
fn payees_pull_what_is_theirs_once() {
    let mut world = World::new(0);
    let (compute, issuer, treasury) = claims(&world);
    let stranger = world.suite.users[0];
    world.refused(world.compute, compute.clone(), R::NothingToClaim {});
    world.settle(1, usd(1_000), usd(300));
    world.refused(stranger, compute.clone(), R::NotPayee {});
    world.refused(stranger, issuer.clone(), R::NotPayee {});
    all_are_paid(&mut world);
    world.refused(world.compute, compute, R::NothingToClaim {});
    world.refused(world.suite.issuer, issuer, R::NothingToClaim {});
    world.refused(stranger, treasury, R::NothingToClaim {});
    world.settle(2, usd(1_000), usd(300));
    all_are_paid(&mut world);
}

/// Invariant 8: the pools have no code any more, the adapter none, and the splitter is paused.
#[test]
fn everybody_is_paid_with_a_dead_dex_and_in_a_pause() {
    for mut world in World::both() {
        world.settle(1, usd(1_000), usd(300));
        for dead in [world.pool, world.mt_pool, world.adapter] {
            world.suite.harness.chain.set_code(dead, Bytes::new());
        }
        let guardian = world.suite.guardian;
        world.must(guardian, IAccess::pauseCall { duration: 7 * DAY });
        all_are_paid(&mut world);
        world.suite.pass(7 * DAY);
        let before = world.totals().flockBuyback;
        let execution = world.run(guardian, world.buyback_flock());
        assert_eq!(execution.outcome, Outcome::Revert);
        assert_eq!((world.totals().flockBuyback, world.totals().flockBuybackLeft), (before, U256::ZERO));
    }
}

#[test]
fn after_a_year_a_stranger_brings_claims_back() {
    let mut world = World::new(0);
    world.settle(1, usd(1_000), usd(300));
    world.suite.pass(366 * DAY);
    let (compute, ..) = claims(&world);
    assert!(!world.run(world.compute, compute).success());
    world.suite.reactivate();
    all_are_paid(&mut world);
}

/// A payee that the dollar refuses keeps nobody waiting, and gets its own once it has named another address.
#[test]
fn a_blacklisted_payee_blocks_nobody_else() {
    let mut world = World::new(0);
    let (settler, token, issuer) = (world.settler, world.mt, world.suite.issuer);
    let asset = world.old_dollar(usd(1_000_000), 6);
    world.accept_only(asset);
    world.approve(settler, asset, world.splitter);
    world.must(settler, R::settleCall { token, period: period(1), asset, gross: usd(100), compute: usd(40) });
    for account in [issuer, world.compute, world.suite.treasury] {
        world.suite.must(settler, asset, IOldDollar::setBlacklistedCall { account, listed: true });
    }
    world.refused(issuer, R::claimIssuerCall { token, asset }, IOldDollar::Blacklisted { account: issuer });
    let error = IOldDollar::Blacklisted { account: world.compute };
    world.refused(world.compute, R::claimComputeCall { token, asset }, error);
    let error = IOldDollar::Blacklisted { account: world.suite.treasury };
    world.refused(settler, R::claimTreasuryCall { asset }, error);
    world.must(settler, R::settleCall { token, period: period(2), asset, gross: usd(100), compute: usd(40) });

    let other = world.suite.users[0];
    world.must(issuer, R::proposeIssuerPayeeCall { token, account: other });
    world.must(other, R::acceptIssuerPayeeCall { token });
    assert_eq!(world.must(other, R::claimIssuerCall { token, asset }), usd(12));
    let key = world.key("COMP", token);
    world.change(key, word(other));
    assert_eq!(world.must(other, R::claimComputeCall { token, asset }), usd(80));
    world.change(name("TREASURY"), word(other));
    assert_eq!(world.must(settler, R::claimTreasuryCall { asset }), usd(36));
    assert_eq!(world.suite.balance(asset, other), usd(128));
}

#[test]
fn the_issuers_payee_changes_in_two_steps() {
    let mut world = World::new(0);
    let (token, issuer) = (world.mt, world.suite.issuer);
    let [first, second, ..] = world.suite.users[..] else { unreachable!() };
    let propose = |account| R::proposeIssuerPayeeCall { token, account };
    assert_eq!(world.view(R::issuerPayeeCall { token }), issuer);
    world.refused(first, propose(first), R::NotPayee {});
    world.refused(first, R::proposeIssuerPayeeCall { token: first, account: first }, R::UnknownLaunch {});
    world.refused(first, R::acceptIssuerPayeeCall { token }, IAccess::NotProposed {});
    world.must(issuer, propose(first));
    assert_eq!(world.view(R::proposedIssuerPayeeCall { token }), first);
    world.refused(second, R::acceptIssuerPayeeCall { token }, IAccess::NotProposed {});
    world.must(issuer, propose(Address::ZERO));
    world.refused(first, R::acceptIssuerPayeeCall { token }, IAccess::NotProposed {});
    world.must(issuer, propose(first));
    world.must(first, R::acceptIssuerPayeeCall { token });
    assert_eq!(world.view(R::issuerPayeeCall { token }), first);
    world.refused(issuer, propose(issuer), R::NotPayee {});
    world.refused(first, R::acceptIssuerPayeeCall { token }, IAccess::NotProposed {});
    world.settle(1, usd(10), U256::ZERO);
    world.refused(issuer, R::claimIssuerCall { token, asset: world.usd }, R::NotPayee {});
    assert_eq!(world.must(first, R::claimIssuerCall { token, asset: world.usd }), usd(1));
}

#[test]
fn the_compute_payee_is_the_tokens_own_or_else_everybodys() {
    let mut world = World::new(0);
    let (token, own) = (world.mt, world.suite.users[0]);
    assert_eq!(world.view(R::computePayeeCall { token }), world.compute);
    let key = world.key("COMP", token);
    world.change(key, word(own));
    assert_eq!(world.view(R::computePayeeCall { token }), own);
    world.change(key, word(world.settler));
    assert_eq!(world.view(R::computePayeeCall { token }), world.settler);
    assert_eq!(world.view(R::computePayeeCall { token: own }), world.compute);
}

/// Until a launch has graduated its buyback and its issuer wait; those of a failed one buy FLOCK.
#[test]
fn a_failed_launchs_buckets_go_to_the_flock_buyback() {
    let mut world = World::new(0);
    let (raising, failed) = world.launch_and_failure();
    let (settler, issuer, anyone, asset) = (world.settler, world.suite.issuer, world.suite.users[0], world.usd);
    for token in [raising, failed] {
        world.must(settler, R::settleCall { token, ..world.settlement(1, usd(100), usd(50)) });
        world.refused(issuer, R::claimIssuerCall { token, asset }, R::NotGraduated {});
        world.refused(anyone, R::buybackMtCall { token, asset, deadline: NEVER }, R::NotGraduated {});
        assert_eq!(world.must(world.compute, R::claimComputeCall { token, asset }), usd(50));
    }
    for token in [raising, world.mt] {
        world.refused(anyone, R::redirectFailedCall { token, asset }, R::NotFailed {});
    }
    assert_eq!(world.totals().flockBuyback, usd(30));
    world.must(anyone, R::redirectFailedCall { token: failed, asset });
    assert_eq!(world.totals().flockBuyback, usd(50), "15 % and 5 % more than its own 15 %");
    world.refused(anyone, R::redirectFailedCall { token: failed, asset }, R::NothingToClaim {});
    assert_eq!(world.must(anyone, world.buyback_flock()).spent, usd(50));
    assert_eq!(world.must(anyone, R::claimTreasuryCall { asset }), usd(30));
    // What is left is the raising launch's.
    assert_eq!(world.suite.balance(asset, world.splitter), usd(20));
}

/// Revenue from before graduation waits, and is bought back and paid from then on.
#[test]
fn buckets_of_a_launch_wait_for_its_graduation() {
    let mut world = World::new(0);
    let (raising, _) = world.launch_and_failure();
    let (settler, issuer, anyone, asset) = (world.settler, world.suite.issuer, world.suite.users[0], world.usd);
    world.must(settler, R::settleCall { token: raising, ..world.settlement(1, usd(100), usd(50)) });
    let buyback = R::buybackMtCall { token: raising, asset, deadline: NEVER };
    world.refused(anyone, buyback.clone(), R::NotGraduated {});
    world.suite.buy(world.suite.users[1], raising, tokens(1_000_000));
    world.refused(anyone, buyback.clone(), R::NotGraduated {});
    world.suite.graduate(raising);
    world.refused(anyone, buyback.clone(), ILiquidityAdapter::NoObservation {});
    let record = ILiquidityAdapter::recordObservationCall { tokenA: raising, tokenB: world.flock };
    world.suite.must(anyone, world.suite.at.adapters[0], record);
    world.pass_observed(WINDOW);
    let supply = world.supply(raising);
    let done = world.must(anyone, buyback);
    assert_eq!(done.spent, usd(15));
    assert_eq!(world.supply(raising), supply - done.bought);
    assert_eq!(world.must(issuer, R::claimIssuerCall { token: raising, asset }), usd(5));
    world.refused(anyone, R::redirectFailedCall { token: raising, asset }, R::NotFailed {});
}
