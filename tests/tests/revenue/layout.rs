//! Where the splitter keeps what: its two programs share it, and tools read it. In a pair the first is in the lower half.
//!
//! | slot | what |
//! |---|---|
//! | 0 – 5 | `fomo-access`: role holders, proposed holders, pause and FLOCK, pauses, parameters, proposals |
//! | 6, 7 | desk, launchpad |
//! | 8 | totals: `keccak256(stablecoin . 8)` received and left, 1 treasury, 2 FLOCK buyback |
//! | 9 | ledgers: `keccak256(stablecoin . keccak256(token . 9))` compute, 1 MT buyback, 2 issuer, 3 credited to FLOCK buyback and treasury |
//! | 10 | settlements: `keccak256(period . keccak256(token . 10))` stablecoin and time, 1 gross and compute |
//! | 11 | payees of issuer yield: `keccak256(token . 11)` who, 1 who is proposed |
//! | 12 | `keccak256(token . 12)` burned and sunk |
//! | 13 | `keccak256(stablecoin . keccak256(token . 13))` time of the last buyback |

use alloy_primitives::{U256, keccak256};

use crate::common::*;
use IRevenueSplitter as R;

fn entry(key: U256, mapping: U256) -> U256 {
    keccak256([key.to_be_bytes::<32>(), mapping.to_be_bytes::<32>()].concat()).into()
}

fn pair(low: U256, high: U256) -> U256 {
    low | high << 128
}

#[test]
fn storage_is_where_it_was() {
    let mut world = World::new(0);
    let (issuer, other, anyone) = (world.suite.issuer, world.suite.users[0], world.suite.users[3]);
    let (token, asset) = (world.mt, world.usd);
    world.settle(5, usd(1_000), usd(100));
    let settled = world.suite.now();
    world.must(issuer, R::claimIssuerCall { token, asset });
    let bought = world.must(anyone, world.buyback_flock()).bought;
    let at = world.suite.now();
    world.must(issuer, R::proposeIssuerPayeeCall { token, account: other });
    world.must(other, R::acceptIssuerPayeeCall { token });
    world.must(other, R::proposeIssuerPayeeCall { token, account: issuer });
    let number = |number: u64| U256::from(number);
    let totals = entry(word(asset), number(8));
    let ledger = entry(word(asset), entry(word(token), number(9)));
    let settlement = entry(number(5), entry(word(token), number(10)));
    let payee = entry(word(token), number(11));
    let expected = [
        (number(6), word(world.suite.at.splitter_desk)),
        (number(7), word(world.suite.at.launchpad)),
        (totals, pair(usd(1_000), usd(90 + 270))),
        (totals + number(1), pair(usd(270), U256::ZERO)),
        (totals + number(2), pair(usd(270), usd(270))),
        (ledger, pair(usd(100), U256::ZERO)),
        (ledger + number(1), pair(usd(270), U256::ZERO)),
        (ledger + number(2), pair(usd(90), usd(90))),
        (ledger + number(3), pair(usd(270), usd(270))),
        (settlement, word(asset) | number(settled) << 160),
        (settlement + number(1), pair(usd(1_000), usd(100))),
        (payee, word(other)),
        (payee + number(1), word(issuer)),
        (entry(word(world.flock), number(12)), pair(bought, U256::ZERO)),
        (entry(word(asset), entry(word(world.flock), number(13))), number(at)),
    ];
    for (slot, value) in expected {
        let kept = world.suite.harness.chain.head_state().storage(world.splitter, slot);
        assert_eq!(kept, value, "slot {slot}");
    }
}
