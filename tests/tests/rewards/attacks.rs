//! What has gone wrong elsewhere (§11), tried here with real bytecode.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, sol};
use fomo_tests::suite::{DAY, IAccess, IFomoERC20, IStakeRegistry, Suite, tokens};

use crate::common::*;

sol! {
    interface IArmed {
        function arm(address target, bytes[] calldata calls) external;
        function struck() external view returns (bool[] memory worked, bytes[] memory answers);
    }

    interface ILiveFlock {
        error Blacklisted(address account);
        function setBlacklisted(address account, bool listed) external;
    }
}

/// FLOCK itself calls back: claims and fundings are complete in the ledgers before it is asked.
#[test]
fn a_hostile_flock_cannot_reenter() {
    let mut world = World::with(Suite::with_solidity_flock("Hostile.sol", "HostileToken"));
    let (alice, flock, rewards, a) = (world.alice, world.suite.at.flock, world.suite.at.rewards, world.a);
    world.next_day();
    let epoch = world.today() - 1;
    world.pay(&usage(key(a), &[(alice, 5)]));
    let batch = world.reported(epoch).remove(0);
    let calls: Vec<Bytes> = [
        R::claimCall { account: alice }.abi_encode(),
        R::claimManyCall { accounts: vec![alice] }.abi_encode(),
        R::claimFlockCall { account: alice }.abi_encode(),
        R::claimMtCall { account: alice, mt: a }.abi_encode(),
        accrual(&batch).abi_encode(),
        R::reportCall { epoch, index: 0, key: key(a), rows: vec![1; 26].into() }.abi_encode(),
        R::reportRegisteredCall { epoch, index: 0, key: key(a), rows: vec![1; 10].into() }.abi_encode(),
        R::declareCall { epoch, rows: 1, spend: 1 }.abi_encode(),
        R::voidReportCall { epoch }.abi_encode(),
        R::voidEpochCall { epoch }.abi_encode(),
        R::sealCall { epoch, limit: 1 }.abi_encode(),
        R::burnLeftOverCall { mt: a }.abi_encode(),
        R::setSupportedCall { mt: a, supported: false }.abi_encode(),
        R::fundMtRewardCall { mt: a, amount: U256::ONE }.abi_encode(),
        R::fundReservedCall { mt: a, amount: tokens(1_000), level: false }.abi_encode(),
        R::fundPhaseCall { phase: U256::ONE, amount: U256::ONE }.abi_encode(),
        R::registerAccountsCall { accounts: vec![alice] }.abi_encode(),
    ]
    .map(Bytes::from)
    .to_vec();
    let owed = world.flock_of(alice);
    let before = world.balance(flock, alice);
    let fund = R::fundPhaseCall { phase: U256::ONE, amount: U256::ONE };
    for call in [R::claimCall { account: alice }.abi_encode(), fund.abi_encode()] {
        let arm = IArmed::armCall { target: rewards, calls: calls.clone() };
        assert!(world.run(alice, flock, arm).success());
        world.send(alice, call);
        let struck = world.suite.view(flock, IArmed::struckCall {});
        assert_eq!(struck.worked, vec![false; calls.len()], "it called back, in vain");
        for answer in struck.answers {
            assert_eq!(answer.as_ref(), IAccess::Reentered::SELECTOR, "{answer}");
        }
    }
    assert_eq!(world.balance(flock, alice) - before, owed - U256::ONE);
    world.verified(&[alice]);
}

/// The live token can blacklist senders: whoever it hits, others are paid, and the MT of all.
#[test]
fn a_blacklisted_account_or_contract_blocks_nobody_else() {
    let mut world = World::with(Suite::with_solidity_flock("LiveFlock.sol", "LiveFlock"));
    let (alice, bob, a, at) = (world.alice, world.bob, world.a, world.suite.at);
    for account in [alice, bob] {
        world.stake(account, a, tokens(1));
    }
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5), (bob, 5)]));
    let owner = world.suite.harness.sender();
    let list = |account, listed| ILiveFlock::setBlacklistedCall { account, listed };
    assert!(world.run(owner, at.flock, list(bob, true)).success());
    world.does(bob, R::claimCall { account: alice });
    assert!(world.run(owner, at.flock, list(at.rewards, true)).success());
    world.refused(bob, R::claimCall { account: bob }, ILiveFlock::Blacklisted { account: at.rewards });
    let (flock, mt) = (world.flock_of(bob), world.mt_of(bob, a));
    assert_eq!(world.does(alice, R::claimMtCall { account: bob, mt: a }), mt);
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5), (bob, 5)]));
    assert!(world.run(owner, at.flock, list(at.rewards, false)).success());
    assert!(world.does(alice, R::claimCall { account: bob }) > flock, "what was owed is still there");
    world.verified(&[alice, bob]);
}

/// Rows of a day, of an attempt or of a token are of no use anywhere else.
#[test]
fn a_batch_cannot_be_replayed() {
    let mut world = World::new();
    let mut used = usage(key(world.a), &[(world.alice, 5)]);
    used.extend(usage(key(world.b), &[(world.alice, 5)]));
    world.next_day();
    let first = world.today() - 1;
    world.report(first, &used, 9);
    let old = world.reported(first);
    world.does(world.reporter, R::voidReportCall { epoch: first });
    world.report(first, &used, 9);
    world.next_day();
    world.report(first + 1, &used, 9);
    world.pass(DAY / 2);
    for epoch in [first, first + 1] {
        world.seal(epoch, 9);
    }
    let hashes: std::collections::BTreeSet<_> =
        (0..2).flat_map(|index| [first, first + 1].map(|epoch| world.ask(R::batchOfCall { epoch, index }))).collect();
    assert_eq!(hashes.len(), 4, "the same rows, four times another hash");
    assert_eq!(old[0].rows, world.reported(first)[0].rows);
    let dave = world.dave;
    let other_token = R::accrueCall { mt: old[1].mt, ..accrual(&old[0]) };
    world.refused(dave, other_token, R::RowsDiffer {});
    let other_batch = R::accrueCall { index: 1, ..accrual(&old[0]) };
    world.refused(dave, other_batch, R::RowsDiffer {});
    for epoch in [first, first + 1] {
        world.accrue(epoch);
        let again = R::accrueCall { epoch, ..accrual(&old[0]) };
        world.refused(dave, again, R::AlreadyAccrued {});
    }
    world.verified(&[world.alice]);
}

/// 7. Whoever splits spend, stake and gmFLOCK over accounts gets no more of either score.
#[test]
fn splitting_an_account_raises_no_score() {
    let scores = |parts: u64| {
        let mut world = World::new();
        let (alice, a, at) = (world.alice, world.a, world.suite.at);
        let accounts: Vec<Address> = (1..=parts).map(|part| Address::repeat_byte(part as u8)).collect();
        for account in &accounts {
            let amount = tokens(600 / parts);
            let stake = IStakeRegistry::stakeForCall { mt: a, account: *account, amount };
            assert!(world.run(alice, at.registry, stake).success());
            world.suite.harness.chain.set_balance(*account, tokens(1));
            world.suite.harness.chain.impersonate(*account);
            let amount = tokens(60_000 / parts);
            assert!(world.run(alice, at.flock, IFomoERC20::transferCall { to: *account, value: amount }).success());
            let approve = IFomoERC20::approveCall { spender: at.registry, value: U256::MAX };
            assert!(world.run(*account, at.flock, approve).success());
            world.lock(*account, amount, 365);
        }
        world.stake(world.bob, a, tokens(900));
        world.next_day();
        world.settle();
        world.next_day();
        let mut rows: Vec<_> = accounts.iter().map(|account| (*account, 6_000_000 / parts)).collect();
        rows.push((world.bob, 9_000_000));
        let epoch = world.today() - 1;
        world.pay(&usage(key(a), &rows));
        let bob = world.reported(epoch).remove(0);
        let of_bob = bob.rows.chunks(48).find(|row| row[..20] == *world.bob.as_slice()).unwrap().to_vec();
        let day = world.ask(R::dayOfCall { mt: a, epoch });
        let score = |bytes: &[u8]| U256::from_be_slice(bytes);
        [day.globalScore - score(&of_bob[20..34]), day.incentiveScore - score(&of_bob[34..])]
    };
    let whole = scores(1);
    for parts in [2, 3, 6] {
        let split = scores(parts);
        assert!(split.iter().zip(&whole).all(|(split, whole)| split < whole), "{parts} parts: {split:?}, {whole:?}");
    }
}

/// The reporter, the guardian and a keeper have no way to money that is not a day's pool.
#[test]
fn no_role_can_move_principal() {
    let mut world = World::new();
    let at = world.suite.at;
    let before = [at.flock, world.a, world.b].map(|token| world.balance(token, at.rewards));
    for role in [world.reporter, world.suite.guardian, world.suite.admin, world.dave] {
        for account in [role, world.alice] {
            world.send(role, R::claimCall { account }.abi_encode());
            world.send(role, R::claimManyCall { accounts: vec![account; 3] }.abi_encode());
        }
        let call = R::burnLeftOverCall { mt: world.a };
        world.refused(role, call, R::ZeroAmount {});
    }
    assert_eq!(before, [at.flock, world.a, world.b].map(|token| world.balance(token, at.rewards)));
}
