//! Transfers, allowances and burning.

use alloy_primitives::{Address, U256};

use crate::common::{IFomoERC20, IModelToken, SUPPLY, World, amount, approval_event, transfer_event};
use IFomoERC20::{
    ERC20InsufficientAllowance, ERC20InsufficientBalance, ERC20InvalidApprover, ERC20InvalidReceiver,
    ERC20InvalidSender, ERC20InvalidSpender, approveCall, transferCall, transferFromCall,
};
use IModelToken::{burnCall, burnFromCall};

#[test]
fn a_transfer_moves_what_it_says() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let logs = world.must(alice, token, transferCall { to: bob, value: amount(40) });
    assert_eq!(logs, [transfer_event(alice, bob, amount(40))]);
    assert_eq!((world.balance(alice), world.balance(bob)), (SUPPLY - amount(40), amount(40)));
    let logs = world.must(alice, token, transferCall { to: bob, value: SUPPLY - amount(40) });
    assert_eq!(logs, [transfer_event(alice, bob, SUPPLY - amount(40))]);
    assert_eq!((world.balance(alice), world.balance(bob), world.supply()), (U256::ZERO, SUPPLY, SUPPLY));
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let mut world = World::new();
    let (token, alice) = (world.token, world.alice);
    let before = world.storage(token);
    for value in [U256::ZERO, U256::ONE, SUPPLY] {
        let logs = world.must(alice, token, transferCall { to: alice, value });
        assert_eq!(logs, [transfer_event(alice, alice, value)]);
        assert_eq!(world.storage(token), before);
    }
    let needed = SUPPLY + U256::ONE;
    let error = ERC20InsufficientBalance { sender: alice, balance: SUPPLY, needed };
    world.refused(alice, token, transferCall { to: alice, value: needed }, error);
}

#[test]
fn a_transfer_of_nothing_is_a_transfer() {
    let mut world = World::new();
    let (token, bob, carol) = (world.token, world.bob, world.carol);
    let before = world.storage(token);
    let logs = world.must(bob, token, transferCall { to: carol, value: U256::ZERO });
    assert_eq!(logs, [transfer_event(bob, carol, U256::ZERO)]);
    let logs = world.must(carol, token, transferFromCall { from: world.alice, to: bob, value: U256::ZERO });
    assert_eq!(logs, [transfer_event(world.alice, bob, U256::ZERO)]);
    assert_eq!(world.storage(token), before);
}

#[test]
fn the_token_itself_and_contracts_can_hold_it() {
    let mut world = World::new();
    let (token, alice) = (world.token, world.alice);
    for to in [token, world.implementation, Address::with_last_byte(1)] {
        world.must(alice, token, transferCall { to, value: U256::ONE });
        assert_eq!(world.balance(to), U256::ONE);
    }
}

#[test]
fn a_transfer_needs_balance_and_a_receiver() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    world.must(alice, token, transferCall { to: bob, value: amount(10) });
    for needed in [amount(11), SUPPLY, U256::MAX] {
        let error = ERC20InsufficientBalance { sender: bob, balance: amount(10), needed };
        world.refused(bob, token, transferCall { to: carol, value: needed }, error);
    }
    let error = ERC20InsufficientBalance { sender: carol, balance: U256::ZERO, needed: U256::ONE };
    world.refused(carol, token, transferCall { to: bob, value: U256::ONE }, error);
    for value in [U256::ZERO, amount(10), U256::MAX] {
        let error = ERC20InvalidReceiver { receiver: Address::ZERO };
        world.refused(bob, token, transferCall { to: Address::ZERO, value }, error);
    }
}

#[test]
fn an_approval_replaces_the_one_before() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    for value in [amount(5), amount(3), U256::MAX, U256::ZERO] {
        let logs = world.must(alice, token, approveCall { spender: bob, value });
        assert_eq!(logs, [approval_event(alice, bob, value)]);
        assert_eq!(world.allowance(alice, bob), value);
        assert_eq!(world.allowance(bob, alice), U256::ZERO);
    }
    world.must(bob, token, approveCall { spender: bob, value: U256::ONE });
    assert_eq!(world.allowance(bob, bob), U256::ONE);
    for value in [U256::ZERO, U256::ONE, U256::MAX] {
        let error = ERC20InvalidSpender { spender: Address::ZERO };
        world.refused(alice, token, approveCall { spender: Address::ZERO, value }, error);
    }
}

#[test]
fn spending_uses_up_the_allowance() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    world.must(alice, token, approveCall { spender: bob, value: amount(10) });
    let logs = world.must(bob, token, transferFromCall { from: alice, to: carol, value: amount(4) });
    assert_eq!(logs, [transfer_event(alice, carol, amount(4))]);
    assert_eq!((world.allowance(alice, bob), world.balance(carol)), (amount(6), amount(4)));
    let error = ERC20InsufficientAllowance { spender: bob, allowance: amount(6), needed: amount(7) };
    world.refused(bob, token, transferFromCall { from: alice, to: carol, value: amount(7) }, error);
    world.must(bob, token, transferFromCall { from: alice, to: alice, value: amount(6) });
    assert_eq!((world.allowance(alice, bob), world.balance(alice)), (U256::ZERO, SUPPLY - amount(4)));
    let error = ERC20InsufficientAllowance { spender: bob, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, token, transferFromCall { from: alice, to: carol, value: U256::ONE }, error);
}

#[test]
fn an_owner_needs_an_allowance_for_transfer_from_too() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let error = ERC20InsufficientAllowance { spender: alice, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(alice, token, transferFromCall { from: alice, to: bob, value: U256::ONE }, error);
}

#[test]
fn the_highest_allowance_is_without_end_and_one_less_is_not() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    world.must(alice, token, approveCall { spender: bob, value: U256::MAX });
    world.must(bob, token, transferFromCall { from: alice, to: carol, value: amount(100) });
    world.must(bob, token, burnFromCall { account: alice, value: amount(100) });
    assert_eq!(world.allowance(alice, bob), U256::MAX);
    world.must(alice, token, approveCall { spender: bob, value: U256::MAX - U256::ONE });
    world.must(bob, token, transferFromCall { from: alice, to: carol, value: amount(100) });
    assert_eq!(world.allowance(alice, bob), U256::MAX - amount(101));
}

#[test]
fn a_refused_transfer_from_leaves_the_allowance() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    world.must(carol, token, approveCall { spender: bob, value: amount(10) });
    let error = ERC20InsufficientBalance { sender: carol, balance: U256::ZERO, needed: amount(10) };
    world.refused(bob, token, transferFromCall { from: carol, to: alice, value: amount(10) }, error);
    let error = ERC20InvalidReceiver { receiver: Address::ZERO };
    world.refused(bob, token, transferFromCall { from: carol, to: Address::ZERO, value: U256::ONE }, error);
    world.must(carol, token, approveCall { spender: bob, value: U256::MAX });
    let error = ERC20InsufficientBalance { sender: carol, balance: U256::ZERO, needed: U256::MAX };
    world.refused(bob, token, transferFromCall { from: carol, to: alice, value: U256::MAX }, error);
    let error = ERC20InsufficientBalance { sender: carol, balance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, token, burnFromCall { account: carol, value: U256::ONE }, error);
    assert_eq!(world.allowance(carol, bob), U256::MAX);
}

#[test]
fn the_zero_address_neither_sends_nor_approves() {
    let mut world = World::new();
    let (token, bob, zero) = (world.token, world.bob, Address::ZERO);
    let error = ERC20InvalidApprover { approver: zero };
    world.refused(bob, token, transferFromCall { from: zero, to: bob, value: U256::ZERO }, error);
    let error = ERC20InvalidApprover { approver: zero };
    world.refused(bob, token, burnFromCall { account: zero, value: U256::ZERO }, error);
    let error = ERC20InsufficientAllowance { spender: bob, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, token, transferFromCall { from: zero, to: bob, value: U256::ONE }, error);
    // No key has this address; a chain under test lets it send.
    world.harness.chain.impersonate(zero);
    world.harness.chain.set_balance(zero, U256::from(10).pow(U256::from(18)));
    world.refused(zero, token, transferCall { to: bob, value: U256::ZERO }, ERC20InvalidSender { sender: zero });
    world.refused(zero, token, burnCall { value: U256::ZERO }, ERC20InvalidSender { sender: zero });
    let call = approveCall { spender: bob, value: U256::ONE };
    world.refused(zero, token, call, ERC20InvalidApprover { approver: zero });
}

#[test]
fn burning_lowers_the_supply() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let logs = world.must(alice, token, burnCall { value: amount(30) });
    assert_eq!(logs, [transfer_event(alice, Address::ZERO, amount(30))]);
    assert_eq!((world.supply(), world.balance(alice)), (SUPPLY - amount(30), SUPPLY - amount(30)));
    let error = ERC20InsufficientBalance { sender: bob, balance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, token, burnCall { value: U256::ONE }, error);
    assert_eq!(
        world.must(bob, token, burnCall { value: U256::ZERO }),
        [transfer_event(bob, Address::ZERO, U256::ZERO)]
    );
    world.must(alice, token, burnCall { value: SUPPLY - amount(30) });
    assert_eq!((world.supply(), world.balance(alice)), (U256::ZERO, U256::ZERO));
    // With nothing left it is still the same token.
    let call = world.initialize("Again", "TWICE", "");
    world.refused(world.factory, token, call, IModelToken::AlreadyInitialized {});
}

#[test]
fn burning_of_others_tokens_takes_an_allowance() {
    let mut world = World::new();
    let (token, alice, bob) = (world.token, world.alice, world.bob);
    let error = ERC20InsufficientAllowance { spender: bob, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(bob, token, burnFromCall { account: alice, value: U256::ONE }, error);
    world.must(alice, token, approveCall { spender: bob, value: amount(10) });
    let logs = world.must(bob, token, burnFromCall { account: alice, value: amount(4) });
    assert_eq!(logs, [transfer_event(alice, Address::ZERO, amount(4))]);
    assert_eq!((world.allowance(alice, bob), world.supply()), (amount(6), SUPPLY - amount(4)));
    let error = ERC20InsufficientAllowance { spender: bob, allowance: amount(6), needed: amount(7) };
    world.refused(bob, token, burnFromCall { account: alice, value: amount(7) }, error);
    // One's own tokens too, by this way.
    let error = ERC20InsufficientAllowance { spender: alice, allowance: U256::ZERO, needed: U256::ONE };
    world.refused(alice, token, burnFromCall { account: alice, value: U256::ONE }, error);
    assert_eq!(world.balance(Address::ZERO), U256::ZERO);
}

#[test]
fn a_clone_that_is_no_token_yet_moves_nothing() {
    let mut world = World::new();
    let (clone, alice, bob) = (world.clone_token(), world.alice, world.bob);
    let error = ERC20InsufficientBalance { sender: alice, balance: U256::ZERO, needed: U256::ONE };
    world.refused(alice, clone, transferCall { to: bob, value: U256::ONE }, error);
}
