//! Leaving: nothing stops an owner whose program is active, and a stranger can always make it active.

use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolError};
use fomo_chain::Outcome;

use crate::common::{DAY, IAccess, IStakeRegistry, ONE, World, YEAR, tokens};
use IStakeRegistry as R;

/// Alice has a stake, a request and two locks, one of them nearly over.
struct Leaving {
    world: World,
    ids: [U256; 2],
}

impl Leaving {
    fn new() -> Self {
        let mut world = World::new();
        let alice = world.alice;
        world.stake(alice, tokens(10));
        world.request(alice, tokens(4));
        let ids = [world.lock(alice, tokens(7), 2 * DAY), world.lock(alice, tokens(8), 100 * DAY)];
        Self { world, ids }
    }

    /// Alice takes everything, in full.
    fn leave(&mut self) {
        let Self { world, ids } = self;
        let (alice, mt, flock, registry) = (world.alice, world.mt, world.flock, world.registry);
        let before = (world.balance(mt, alice), world.balance(flock, alice));
        let rest = world.ask(R::stakeOfCall { account: alice, mt });
        assert_eq!(rest, tokens(6));
        world.request(alice, rest);
        world.pass(DAY);
        assert_eq!(world.withdraw(alice), tokens(10));
        let unlock = world.locks(alice).iter().map(|lock| lock.unlock).max().unwrap();
        world.pass(unlock.saturating_sub(world.now()) + 1);
        for (id, amount) in ids.iter().zip([tokens(7), tokens(8)]) {
            assert_eq!(world.does(alice, R::withdrawLockCall { id: *id }).0, amount);
        }
        assert_eq!(world.balance(mt, alice), before.0 + tokens(10));
        assert_eq!(world.balance(flock, alice), before.1 + tokens(15));
        assert_eq!((world.balance(mt, registry), world.balance(flock, registry)), (U256::ZERO, U256::ZERO));
    }
}

#[test]
fn a_pause_stops_nobody_who_leaves() {
    let mut leaving = Leaving::new();
    // The admin renews it again and again.
    let admin = leaving.world.admin;
    leaving.world.pause();
    leaving.world.does(admin, IAccess::pauseCall { duration: 7 * DAY });
    let (alice, mt) = (leaving.world.alice, leaving.world.mt);
    leaving.world.request(alice, ONE);
    leaving.world.pass(DAY);
    assert_eq!(leaving.world.withdraw(alice), tokens(5));
    leaving.world.pass(DAY);
    let id = leaving.ids[0];
    leaving.world.does(alice, R::withdrawLockCall { id });
    assert!(leaving.world.ask(IAccess::pausedUntilCall {}) > leaving.world.now(), "all of that while paused");
    assert_eq!(leaving.world.ask(R::heldOfCall { mt }), tokens(5));
}

#[test]
fn an_unregistered_token_leaves_in_full() {
    let mut leaving = Leaving::new();
    let (admin, mt) = (leaving.world.admin, leaving.world.mt);
    leaving.world.does(admin, R::unregisterTokenCall { mt });
    leaving.leave();
}

#[test]
fn nobody_needs_launchpad_or_desk_to_leave() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    let (alice, mt) = (world.alice, world.mt);
    for gone in [world.launchpad, world.desk] {
        world.harness.chain.set_code(gone, Bytes::from_static(&hex!("5f5ffd")));
    }
    world.request(alice, tokens(6));
    world.pass(DAY);
    assert_eq!(world.withdraw(alice), tokens(10));
    world.pass(100 * DAY);
    for id in leaving.ids {
        leaving.world.does(alice, R::withdrawLockCall { id });
    }
    assert_eq!(leaving.world.balance(mt, leaving.world.registry), U256::ZERO);
}

#[test]
fn a_hostile_token_keeps_nobody_of_another() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    let (admin, bob) = (world.admin, world.bob);
    let hostile = world.stranger_token;
    world.does(admin, R::registerTokenCall { mt: hostile });
    world.does(bob, R::stakeCall { mt: hostile, amount: ONE });
    world.does(bob, R::requestUnstakeCall { mt: hostile, amount: ONE });
    world.pass(DAY);
    // From now on it reverts, lies, or takes all gas.
    for code in [&hex!("5f5ffd")[..], &hex!("5f5f5260205ff3"), &hex!("fe")] {
        let mut world = world.clone();
        world.harness.chain.set_code(hostile, code.to_vec().into());
        let before = world.storage();
        let registry = world.registry;
        let execution = world.run(bob, registry, R::withdrawCall { mt: hostile }.abi_encode());
        assert!(!execution.success());
        assert_eq!(world.storage(), before, "its own stakers wait");
        Leaving { world, ids: leaving.ids }.leave();
    }
}

/// Calls back into the registry whatever its first storage slot says, when it is called; passes the failure on.
fn reentering(world: &mut World, token: Address, data: &[u8]) {
    // Stores the call data at memory 0 from code, calls the registry, and reverts with what it returned if it failed.
    let mut code = Vec::new();
    let len = u8::try_from(data.len()).unwrap();
    // codecopy(0, offset, len); call(gas, registry, 0, 0, len, 0, 0)
    code.extend([0x60, len, 0x60, 0, 0x5F, 0x39]);
    code.extend([0x5F, 0x5F, 0x60, len, 0x5F, 0x5F, 0x73]);
    code.extend(world.registry.as_slice());
    code.extend([0x5A, 0xF1]);
    // if success: return 1; else revert with the returned data.
    let then = u8::try_from(code.len() + 3 + 8).unwrap();
    code.extend([0x60, then, 0x57, 0x3D, 0x5F, 0x5F, 0x3E, 0x3D, 0x5F, 0xFD, 0x00]);
    code.extend([0x5B, 0x60, 1, 0x5F, 0x52, 0x60, 0x20, 0x5F, 0xF3]);
    code[3] = u8::try_from(code.len()).unwrap();
    code.extend(data);
    world.harness.chain.set_code(token, code.into());
}

#[test]
fn a_token_that_calls_back_is_refused() {
    let mut world = World::new();
    let (admin, alice, token, mt) = (world.admin, world.alice, world.stranger_token, world.mt);
    world.does(admin, R::registerTokenCall { mt: token });
    world.does(alice, R::stakeCall { mt: token, amount: ONE });
    world.does(alice, R::requestUnstakeCall { mt: token, amount: ONE });
    world.pass(DAY);
    let calls = [
        R::stakeCall { mt, amount: ONE }.abi_encode(),
        R::stakeForCall { mt, account: alice, amount: ONE }.abi_encode(),
        R::requestUnstakeCall { mt, amount: ONE }.abi_encode(),
        R::withdrawCall { mt: token }.abi_encode(),
        R::exchangeFlockCall { amount: ONE, lockPeriod: U256::from(DAY), beneficiary: alice }.abi_encode(),
        R::increaseLockCall { id: ONE, amount: ONE }.abi_encode(),
        R::extendLockCall { id: ONE, newUnlock: 1 }.abi_encode(),
        R::mergeLocksCall { a: ONE, b: U256::ZERO }.abi_encode(),
        R::withdrawLockCall { id: ONE }.abi_encode(),
    ];
    for data in calls {
        reentering(&mut world, token, &data);
        for outer in [R::withdrawCall { mt: token }.abi_encode(), R::stakeCall { mt: token, amount: ONE }.abi_encode()]
        {
            let (registry, before) = (world.registry, world.storage());
            let execution = world.run(alice, registry, outer);
            assert_eq!(execution.outcome, Outcome::Revert);
            assert_eq!(execution.output, Bytes::from(IAccess::Reentered {}.abi_encode()), "{execution:?}");
            assert_eq!(world.storage(), before);
        }
    }
    // What it may do is read, and it reads what is true then.
    reentering(&mut world, token, &R::stakeOfCall { account: alice, mt: token }.abi_encode());
    assert_eq!(world.does(alice, R::withdrawCall { mt: token }).0, ONE);
}

#[test]
fn after_everything_expired_a_stranger_reactivates_and_everybody_leaves_in_full() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    let (alice, mt, registry) = (world.alice, world.mt, world.registry);
    world.pass(YEAR + 2 * DAY);
    let calls = [
        R::requestUnstakeCall { mt, amount: ONE }.abi_encode(),
        R::withdrawCall { mt }.abi_encode(),
        R::withdrawLockCall { id: leaving.ids[0] }.abi_encode(),
    ];
    for data in calls {
        let execution = world.run(alice, registry, data);
        assert!(matches!(&execution.outcome, Outcome::Halt(why) if why.contains("ProgramExpired")), "{execution:?}");
    }
    world.reactivate();
    leaving.leave();
}

/// Whoever reactivates the registry alone has done enough: exits need no desk.
#[test]
fn with_the_desk_expired_everybody_leaves_all_the_same() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    world.pass(YEAR + 2 * DAY);
    world.reactivate_all_but(world.desk);
    let (bob, mt) = (world.bob, world.mt);
    let execution = world.run(bob, world.registry, R::registerTokenCall { mt }.abi_encode());
    assert!(!execution.success(), "the desk is expired");
    let alice = world.alice;
    world.request(alice, tokens(6));
    world.pass(DAY);
    assert_eq!(world.withdraw(alice), tokens(10));
    for (id, amount) in leaving.ids.into_iter().zip([tokens(7), tokens(8)]) {
        assert_eq!(leaving.world.does(alice, R::withdrawLockCall { id }).0, amount);
    }
}

/// Others can stake and, where they are let, lock for an account. None of that keeps it.
#[test]
fn what_others_did_for_an_account_keeps_nobody() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    let (alice, bob, mt) = (world.alice, world.bob, world.mt);
    for seconds in [0, 0, 60, DAY, DAY] {
        world.pass(seconds);
        world.does(bob, R::stakeForCall { mt, account: alice, amount: U256::ONE });
    }
    // An operator fills her places with dust for as long as there is.
    world.does(alice, R::setOperatorCall { operator: bob, approved: true });
    let lock_period = U256::from(YEAR);
    let dust = R::exchangeFlockCall { amount: U256::ONE, lockPeriod: lock_period, beneficiary: alice };
    for _ in 0..14 {
        world.does(bob, dust.clone());
    }
    world.refused(alice, dust.clone(), R::TooManyLocks {});
    // She takes the right back and makes one lock of all the dust.
    world.does(alice, R::setOperatorCall { operator: bob, approved: false });
    let mut dusty = world.locks(alice).into_iter().filter(|lock| lock.amount == U256::ONE);
    let mut id = dusty.next().unwrap().id;
    for other in dusty.map(|lock| lock.id).collect::<Vec<_>>() {
        id = world.does(alice, R::mergeLocksCall { a: id, b: other }).0;
    }
    let locks = world.locks(alice);
    assert_eq!(locks.len(), 3, "her own two, and the dust");
    world.pass(YEAR);
    world.reactivate();
    let paid = locks.into_iter().map(|lock| world.does(alice, R::withdrawLockCall { id: lock.id }).0);
    assert_eq!(paid.sum::<U256>(), tokens(15) + U256::from(14));
    world.request(alice, tokens(6) + U256::from(5));
    world.pass(DAY);
    assert_eq!(world.withdraw(alice), tokens(10) + U256::from(5));
}

#[test]
fn no_role_moves_what_is_somebodys() {
    let mut leaving = Leaving::new();
    let world = &mut leaving.world;
    let (admin, guardian, mt) = (world.admin, world.guardian, world.mt);
    let id = leaving.ids[0];
    for who in [admin, guardian, world.bob] {
        world.refused(who, R::requestUnstakeCall { mt, amount: ONE }, R::InsufficientStake {});
        world.refused(who, R::withdrawCall { mt }, R::NothingToWithdraw {});
        world.refused(who, R::withdrawLockCall { id }, R::UnknownLock {});
    }
    leaving.leave();
}
