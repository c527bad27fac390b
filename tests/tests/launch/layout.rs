//! Where the launchpad keeps what: its three programs share it, and tools read it.
//!
//! | slot | what |
//! |---|---|
//! | 0, 1 | desk, office |
//! | 2 – 7 | `fomo-access`: role holders, proposed holders, pause and FLOCK, pauses, parameters, proposals |
//! | 8 – 10 | implementation, vesting, reward distributor |
//! | 11, 12 | count of launches, `keccak256(number . 12)` its token |
//! | 13 | sales: `keccak256(token . 13)` terms, 1 reserves, 2 fees, 3 surcharges and bundled MT, 4 T_min and when filled |
//! | 14 | records: `keccak256(token . 14)` issuer and vesting, 1 adapter, 2 launch id, 3 model id, 4 model type, 5 texts |
//! | 15 | positions: `keccak256(buyer . keccak256(token . 15))` MT above, FLOCK below |
//! | 16, 17 | fees owed: `keccak256(issuer . 16)`, the treasury's |

use alloy_primitives::{Address, U256, keccak256};
use fomo_tests::suite::*;

fn entry(key: U256, mapping: U256) -> U256 {
    keccak256([key.to_be_bytes::<32>(), mapping.to_be_bytes::<32>()].concat()).into()
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

fn pair(low: U256, high: U256) -> U256 {
    low | high << 128
}

fn slot(suite: &Suite, slot: U256) -> U256 {
    suite.harness.chain.head_state().storage(suite.at.launchpad, slot)
}

#[test]
fn storage_is_where_it_was() {
    let mut suite = Suite::new();
    let order = ILaunchpad::createLaunchCall { surcharge: true, bundledOffer: tokens(100), ..Suite::order(VENUES[0]) };
    let token = suite.launch(order);
    let start = suite.now();
    suite.pass(60);
    let buyer = suite.users[0];
    let (paid, mt) = suite.buy(buyer, token, tokens(1_000));
    let at = suite.at;
    let sale = suite.view(at.launchpad, ILaunchpad::saleCall { token });
    let number = |number: u64| U256::from(number);
    let (of_sale, of_record) = (entry(word(token), number(13)), entry(word(token), number(14)));
    let terms = U256::from(start)
        | U256::from(7 * DAY) << 64
        | U256::from(100) << 96
        | U256::from(50) << 112
        | U256::from(10_000) << 128
        | U256::ONE << 144
        | max_target() << 160;
    let vesting = U256::from(90 * DAY) << 160 | U256::from(365 * DAY) << 192;
    let launch = suite.view(at.launchpad, ILaunchpad::launchCall { token });
    let expected = [
        (number(0), word(at.desk)),
        (number(1), word(at.office)),
        (number(8), word(at.implementation)),
        (number(9), word(at.vesting)),
        (number(10), word(at.rewards)),
        (number(11), U256::ONE),
        (entry(U256::ZERO, number(12)), word(token)),
        (of_sale, terms),
        (of_sale + number(1), pair(sale.reserveMt, sale.reserveFlock)),
        (of_sale + number(2), pair(sale.protocolFees, sale.creatorFees)),
        (of_sale + number(3), pair(sale.surcharges, sale.bundledMt)),
        (of_sale + number(4), pair(min_target(), U256::ZERO)),
        (of_record, word(suite.issuer) | vesting),
        (of_record + number(1), word(at.adapters[0])),
        (of_record + number(2), launch.launchId.into()),
        (of_record + number(3), launch.modelId.into()),
        (of_record + number(4), name(MODEL_TYPE).into()),
        (entry(word(buyer), entry(word(token), number(15))), pair(paid, mt)),
        (number(17), tokens(32_768)),
    ];
    for (index, value) in expected {
        assert_eq!(slot(&suite, index), value, "slot {index}");
    }
    assert!(!sale.surcharges.is_zero() && !sale.bundledMt.is_zero());
}
