//! Where the registry keeps what. Two programs share these slots, and tools read them.
//!
//! | slot | what |
//! |---|---|
//! | 0 – 5 | roles, pauses (with FLOCK's address in slot 2), parameters |
//! | 6, 7 | desk, launchpad |
//! | 8 | FLOCK owed to lockers |
//! | 9 | tokens: `keccak256(token . 9)` is registration and what is owed, 1 the newest record of all stake, 2 older ones, 3 stakers |
//! | | stakers: `keccak256(account . 3)` is the newest record, 1 older ones, 2 – 5 requests |
//! | 10 | locks: `keccak256(account . 10)` is the newest version, 1 older ones, 2 their pages, 3 – 18 open locks |
//! | 11 | operators: `keccak256(operator . keccak256(account . 11))` |

use alloy_primitives::{Address, U256, keccak256};

use crate::common::{DAY, IStakeRegistry, World, YEAR, tokens};

/// The slot of a mapping's entry.
pub fn entry(key: U256, mapping: U256) -> U256 {
    keccak256([key.to_be_bytes::<32>(), mapping.to_be_bytes::<32>()].concat()).into()
}

fn of(account: Address, mapping: U256) -> U256 {
    entry(account.into_word().into(), mapping)
}

pub fn token_slot(mt: Address) -> U256 {
    of(mt, U256::from(9))
}

pub fn total_slot(mt: Address) -> U256 {
    token_slot(mt) + U256::ONE
}

pub fn stake_slot(account: Address, mt: Address) -> U256 {
    of(account, token_slot(mt) + U256::from(3))
}

pub fn book_slot(account: Address) -> U256 {
    of(account, U256::from(10))
}

impl World {
    pub fn slot(&self, slot: U256) -> U256 {
        self.harness.chain.head_state().storage(self.registry, slot)
    }

    pub fn set_slot(&mut self, slot: U256, value: U256) {
        self.harness.chain.set_storage(self.registry, slot, value);
    }
}

#[test]
fn storage_is_where_it_was() {
    let mut world = World::new();
    let (alice, bob, mt) = (world.alice, world.bob, world.mt);
    let empty = world.storage();
    let word = |address: Address| -> U256 { address.into_word().into() };
    assert_eq!(world.slot(U256::from(6)), word(world.desk));
    assert_eq!(world.slot(U256::from(7)), word(world.launchpad));
    let time = (world.today() + 1) * DAY + 100;
    world.at(time).stake(alice, tokens(5));
    let due = world.at(time + 60).request(alice, tokens(2));
    let id = world.at(time + 60).lock(alice, tokens(3), YEAR);
    world.at(time + 60).lock(alice, tokens(4), 20 * DAY);
    world.does(alice, IStakeRegistry::setOperatorCall { operator: bob, approved: true });
    let entry_of = |amount: U256, unlock: u64| amount << 36 | U256::from(unlock);
    let record = tokens(3) << 176 | U256::from(time + 60) << 140 | tokens(300);
    let (first, second) =
        (entry_of(world.locks(alice)[0].gm, time + 60 + YEAR), entry_of(tokens(4), time + 60 + 20 * DAY));
    let head = first << 128 | U256::from(time + 60) << 92 | U256::from(3) << 76 | U256::from(2);
    let (staker, book) = (stake_slot(alice, mt), book_slot(alice));
    let mut expected = vec![
        (token_slot(mt), U256::ONE << 128 | tokens(5)),
        (total_slot(mt), record),
        (staker, record),
        (staker + U256::from(2), entry_of(tokens(2), due)),
        (U256::from(8), tokens(7)),
        (book, head),
        (entry(U256::ZERO, book + U256::from(2)), second << 128),
        (book + U256::from(3), tokens(3) << 160 | U256::from(1) << 128 | first),
        (book + U256::from(4), tokens(4) << 160 | U256::from(2) << 128 | second),
        (of(bob, of(alice, U256::from(11))), U256::ONE),
    ];
    expected.sort();
    let new: Vec<_> = world.storage().into_iter().filter(|slot| !empty.contains(slot)).collect();
    assert_eq!(new, expected);
    assert_eq!(id, U256::from(1 << 4));
}
