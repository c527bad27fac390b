//! FLOCK and the dollar of local chains: plain contracts, constructed once.

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue};

use crate::common::{
    CONSTRUCTOR, IFlock, IFomoERC20, IUsd, Permit, World, amount, approval_event, sign, transfer_event,
};

const FLOCK: u64 = 1_000_000;

fn flock() -> (World, Address) {
    let mut world = World::new();
    let holder = world.alice;
    let flock = world.deploy("flock", &(holder, amount(FLOCK)).abi_encode()).unwrap();
    world.token = flock;
    (world, flock)
}

fn usd() -> (World, Address) {
    let mut world = World::new();
    let owner = world.alice;
    let usd = world.deploy("usd", &owner.abi_encode()).unwrap();
    world.token = usd;
    (world, usd)
}

/// Whether the deployer's error has the constructor's in it.
fn told(error: &[u8], reason: &[u8]) -> bool {
    error.windows(reason.len()).any(|part| part == reason)
}

fn permits_work(world: &mut World, token: Address, name: &str) {
    let (alice, bob) = (world.alice, world.bob);
    assert_eq!(world.view(token, IFomoERC20::DOMAIN_SEPARATORCall {}), world.domain(token).separator());
    assert_eq!(world.view(token, IFomoERC20::nameCall {}), name);
    let call = world.permit(alice, bob, amount(5));
    assert_eq!(world.must(bob, token, call.clone()), [approval_event(alice, bob, amount(5))]);
    assert_eq!((world.allowance(alice, bob), world.nonce(alice)), (amount(5), U256::ONE));
    let replay = world.refused_raw(bob, token, call.abi_encode(), U256::ZERO);
    assert!(replay.output.starts_with(&IFomoERC20::ERC2612InvalidSigner::SELECTOR));
    let permit = Permit { owner: alice, spender: bob, value: amount(5), nonce: U256::ONE, deadline: U256::ONE };
    let late = sign(&permit, &world.domain(token), &world.key(alice));
    world.refused(bob, token, late, IFomoERC20::ERC2612ExpiredSignature { deadline: U256::ONE });
    let garbage = IFomoERC20::permitCall { v: 29, ..world.permit(alice, bob, amount(5)) };
    world.refused(bob, token, garbage, IFomoERC20::ECDSAInvalidSignature {});
    let call = world.permit(alice, Address::ZERO, amount(5));
    world.refused(bob, token, call, IFomoERC20::ERC20InvalidSpender { spender: Address::ZERO });
}

#[test]
fn flock_is_minted_to_one_holder() {
    let (world, flock) = flock();
    assert_eq!(world.view(flock, IFomoERC20::nameCall {}), "FLock");
    assert_eq!(world.view(flock, IFomoERC20::symbolCall {}), "FLOCK");
    assert_eq!(world.view(flock, IFomoERC20::decimalsCall {}), 18);
    assert_eq!((world.supply(), world.balance(world.alice)), (amount(FLOCK), amount(FLOCK)));
}

#[test]
fn flock_moves_and_burns() {
    let (mut world, flock) = flock();
    let (alice, bob) = (world.alice, world.bob);
    let logs = world.must(alice, flock, IFomoERC20::transferCall { to: bob, value: amount(5) });
    assert_eq!(logs, [transfer_event(alice, bob, amount(5))]);
    assert_eq!(world.must(bob, flock, IFlock::burnCall { value: amount(2) }).len(), 1);
    world.must(bob, flock, IFomoERC20::approveCall { spender: alice, value: amount(3) });
    world.must(alice, flock, IFlock::burnFromCall { account: bob, value: amount(1) });
    world.must(alice, flock, IFomoERC20::transferFromCall { from: bob, to: alice, value: amount(2) });
    assert_eq!((world.balance(bob), world.supply()), (U256::ZERO, amount(FLOCK - 3)));
    let error = IFomoERC20::ERC20InsufficientBalance { sender: bob, balance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, flock, IFlock::burnCall { value: U256::ONE }, error);
    let error = IFomoERC20::ERC20InsufficientAllowance { spender: bob, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, flock, IFlock::burnFromCall { account: alice, value: U256::ONE }, error);
}

#[test]
fn flock_takes_permits() {
    let (mut world, flock) = flock();
    permits_work(&mut world, flock, "FLock");
}

#[test]
fn nobody_mints_flock() {
    let (mut world, flock) = flock();
    let data = IUsd::mintCall { to: world.alice, value: U256::ONE }.abi_encode();
    let again = [CONSTRUCTOR.as_slice(), &(world.bob, U256::ONE).abi_encode()].concat();
    for sender in [world.factory, world.alice, world.bob] {
        assert!(world.refused_raw(sender, flock, data.clone(), U256::ZERO).output.is_empty());
        world.refused_raw(sender, flock, again.clone(), U256::ZERO);
    }
}

#[test]
fn flock_is_not_deployed_for_nobody_and_has_any_supply() {
    let mut world = World::new();
    let arguments = (Address::ZERO, U256::ONE).abi_encode();
    let error = IFomoERC20::ERC20InvalidReceiver { receiver: Address::ZERO };
    assert!(told(&world.deploy("flock", &arguments).unwrap_err(), &error.abi_encode()));
    // The deployer's call failed as a whole: the same code is deployed there now.
    let holder = world.carol;
    world.token = world.deploy("flock", &(holder, U256::MAX).abi_encode()).unwrap();
    assert_eq!((world.supply(), world.balance(holder)), (U256::MAX, U256::MAX));
    let (token, alice) = (world.token, world.alice);
    world.must(holder, token, IFomoERC20::transferCall { to: alice, value: U256::MAX });
    world.must(alice, token, IFlock::burnCall { value: U256::MAX });
    assert_eq!(world.supply(), U256::ZERO);
}

#[test]
fn the_owner_mints_dollars() {
    let (mut world, usd) = usd();
    let (alice, bob) = (world.alice, world.bob);
    assert_eq!(world.view(usd, IFomoERC20::nameCall {}), "Test Dollar");
    assert_eq!(world.view(usd, IFomoERC20::symbolCall {}), "USD");
    assert_eq!(world.view(usd, IFomoERC20::decimalsCall {}), 6);
    assert_eq!(world.view(usd, IUsd::ownerCall {}), alice);
    assert_eq!(world.supply(), U256::ZERO);
    let logs = world.must(alice, usd, IUsd::mintCall { to: bob, value: amount(5_000_000) });
    assert_eq!(logs, [transfer_event(Address::ZERO, bob, amount(5_000_000))]);
    world.must(alice, usd, IUsd::mintCall { to: alice, value: U256::ZERO });
    assert_eq!((world.supply(), world.balance(bob)), (amount(5_000_000), amount(5_000_000)));
    world.must(bob, usd, IFomoERC20::transferCall { to: alice, value: amount(1) });
    assert_eq!(world.balance(alice), U256::ONE);
}

#[test]
fn nobody_else_mints_dollars() {
    let (mut world, usd) = usd();
    for account in [world.factory, world.bob, world.carol] {
        let call = IUsd::mintCall { to: account, value: U256::ONE };
        world.refused(account, usd, call, IUsd::OwnableUnauthorizedAccount { account });
    }
    let call = IUsd::mintCall { to: Address::ZERO, value: U256::ONE };
    let receiver = Address::ZERO;
    world.refused(world.alice, usd, call, IFomoERC20::ERC20InvalidReceiver { receiver });
}

#[test]
fn dollars_have_no_more_supply_than_a_number_holds() {
    let (mut world, usd) = usd();
    let (alice, bob) = (world.alice, world.bob);
    world.must(alice, usd, IUsd::mintCall { to: bob, value: U256::MAX - U256::ONE });
    for value in [amount(2), U256::MAX] {
        world.refused(alice, usd, IUsd::mintCall { to: alice, value }, IUsd::SupplyOverflow {});
    }
    world.must(alice, usd, IUsd::mintCall { to: alice, value: U256::ONE });
    world.refused(alice, usd, IUsd::mintCall { to: alice, value: U256::ONE }, IUsd::SupplyOverflow {});
    assert_eq!((world.supply(), world.balance(bob)), (U256::MAX, U256::MAX - U256::ONE));
}

#[test]
fn the_owner_of_the_dollar_stays() {
    let (mut world, usd) = usd();
    let alice = world.alice;
    let again = [CONSTRUCTOR.as_slice(), &world.bob.abi_encode()].concat();
    for sender in [world.factory, alice, world.bob] {
        world.refused_raw(sender, usd, again.clone(), U256::ZERO);
        for signature in ["transferOwnership(address)", "renounceOwnership()"] {
            let data = [&keccak256(signature)[..4], &world.bob.abi_encode()].concat();
            assert!(world.refused_raw(sender, usd, data, U256::ZERO).output.is_empty());
        }
    }
    assert_eq!(world.view(usd, IUsd::ownerCall {}), alice);
}

#[test]
fn the_dollar_takes_permits() {
    let (mut world, usd) = usd();
    permits_work(&mut world, usd, "Test Dollar");
}

#[test]
fn the_dollar_is_not_deployed_without_an_owner() {
    let mut world = World::new();
    let error = IUsd::OwnableInvalidOwner { owner: Address::ZERO };
    assert!(told(&world.deploy("usd", &Address::ZERO.abi_encode()).unwrap_err(), &error.abi_encode()));
    assert!(world.deploy("usd", &[]).is_err());
}
