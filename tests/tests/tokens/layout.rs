//! Where the Model Token keeps what. Clones share the implementation's code for ever, and tools read slots: a change
//! of these numbers is a change of the token.
//!
//! | slot | what |
//! |---|---|
//! | 0 | balances: `keccak256(account . 0)` |
//! | 1 | allowances: `keccak256(spender . keccak256(owner . 1))` |
//! | 2 | supply |
//! | 3 | nonces: `keccak256(owner . 3)` |
//! | 4 | nothing: the permit's part, whose domain keeps nothing here |
//! | 5, 6 | name and symbol: the bytes from the left, their number in the last byte |
//! | 7, 8 | factory, issuer |
//! | 9, 10 | launch id, model id |
//! | 11 | bytes of the metadata URI |
//! | 12 | the metadata URI, 32 bytes each: `keccak256(index . 12)` |
//! | `keccak256("fomo.model-token.name-hash")` | hash of the name, for the domain |
//! | `keccak256("stylus_constructor")` | 1 in the first byte where the constructor ran: the implementation only |

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, U256, keccak256};

use crate::common::{IFomoERC20, IModelToken, NAME, SUPPLY, SYMBOL, URI, World, amount, launch_id, model_id};

pub const BALANCES: u64 = 0;
pub const ALLOWANCES: u64 = 1;
pub const SUPPLY_SLOT: u64 = 2;
pub const NONCES: u64 = 3;

/// The slot of a mapping's entry.
pub fn entry(key: B256, mapping: U256) -> U256 {
    keccak256([key, mapping.into()].concat()).into()
}

pub fn balance_slot(account: Address) -> U256 {
    entry(account.into_word(), U256::from(BALANCES))
}

pub fn allowance_slot(owner: Address, spender: Address) -> U256 {
    entry(spender.into_word(), entry(owner.into_word(), U256::from(ALLOWANCES)))
}

pub fn nonce_slot(owner: Address) -> U256 {
    entry(owner.into_word(), U256::from(NONCES))
}

fn short(text: &str) -> U256 {
    let mut word = [0; 32];
    word[..text.len()].copy_from_slice(text.as_bytes());
    word[31] = u8::try_from(text.len()).unwrap();
    U256::from_be_bytes(word)
}

fn named(text: &str) -> U256 {
    keccak256(text).into()
}

#[test]
fn storage_is_where_it_was() {
    let mut world = World::new();
    let (token, alice, bob, carol) = (world.token, world.alice, world.bob, world.carol);
    let mut expected = BTreeMap::from([
        (balance_slot(alice), SUPPLY),
        (U256::from(SUPPLY_SLOT), SUPPLY),
        (U256::from(5), short(NAME)),
        (U256::from(6), short(SYMBOL)),
        (U256::from(7), world.factory.into_word().into()),
        (U256::from(8), bob.into_word().into()),
        (U256::from(9), launch_id().into()),
        (U256::from(10), model_id().into()),
        (U256::from(11), amount(URI.len() as u64)),
        (entry(B256::ZERO, U256::from(12)), B256::right_padding_from(URI.as_bytes()).into()),
        (named("fomo.model-token.name-hash"), keccak256(NAME).into()),
    ]);
    assert_eq!(world.storage(token), expected.clone().into_iter().collect::<Vec<_>>(), "after initialising");

    world.must(alice, token, IFomoERC20::transferCall { to: carol, value: amount(30) });
    world.must(alice, token, IFomoERC20::approveCall { spender: bob, value: amount(9) });
    world.must(carol, token, IModelToken::burnCall { value: amount(10) });
    let permit = world.permit(alice, carol, amount(5));
    world.must(bob, token, permit);
    expected.extend([
        (balance_slot(alice), SUPPLY - amount(30)),
        (balance_slot(carol), amount(20)),
        (U256::from(SUPPLY_SLOT), SUPPLY - amount(10)),
        (allowance_slot(alice, bob), amount(9)),
        (allowance_slot(alice, carol), amount(5)),
        (nonce_slot(alice), U256::ONE),
    ]);
    assert_eq!(world.storage(token), expected.into_iter().collect::<Vec<_>>(), "after some use");
}

#[test]
fn a_long_uri_takes_a_slot_for_every_32_bytes() {
    let mut world = World::new();
    let uri: String = ('a'..='z').cycle().take(70).collect();
    let token = world.another(NAME, SYMBOL, &uri);
    let state = world.harness.chain.head_state();
    assert_eq!(state.storage(token, U256::from(11)), amount(70));
    for (index, chunk) in uri.as_bytes().chunks(32).enumerate() {
        let slot = entry(U256::from(index).into(), U256::from(12));
        assert_eq!(B256::from(state.storage(token, slot)), B256::right_padding_from(chunk));
    }
}

#[test]
fn the_implementation_keeps_its_lock_and_nothing_else() {
    let world = World::new();
    let implementation = world.implementation;
    let mut expected =
        vec![(U256::from(7), implementation.into_word().into()), (named("stylus_constructor"), U256::ONE << 248)];
    expected.sort();
    assert_eq!(world.storage(implementation), expected);
}
