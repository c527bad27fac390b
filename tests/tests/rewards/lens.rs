//! What a wallet reads of all its models in one call, beside what each contract says by itself.

use alloy_primitives::{Address, U256, keccak256};
use fomo_tests::suite::*;

use crate::common::*;

impl World {
    fn account(&self, who: Address) -> ILens::Account {
        let Addresses { launchpad, registry, rewards, lens, .. } = self.suite.at;
        self.ask_of(lens, ILens::accountCall { launchpad, registry, rewards, who })
    }

    fn holdings(&self, who: Address, offset: u64, limit: u64) -> Vec<ILens::Holding> {
        let Addresses { launchpad, registry, rewards, lens, .. } = self.suite.at;
        self.ask_of(lens, ILens::holdingsCall { launchpad, registry, rewards, who, offset, limit })
    }

    fn reasons(&self, who: Address, epoch: u64) -> Vec<ILens::Reason> {
        let Addresses { launchpad, rewards, lens, .. } = self.suite.at;
        self.ask_of(lens, ILens::reasonsCall { launchpad, rewards, who, epoch, offset: 0, limit: 200 })
    }

    /// A holding as each contract tells it.
    fn told(&self, who: Address, token: Address) -> ILens::Holding {
        let Addresses { launchpad, registry, .. } = self.suite.at;
        let epoch = self.today() - 1;
        let state = self.ask_of(launchpad, ILaunchpad::stateCall { token });
        let position = self.ask_of(launchpad, ILaunchpad::positionCall { token, buyer: who });
        let none = U256::ZERO;
        if state != GRADUATED {
            let refundable = if state == FAILED { position.flockIn } else { none };
            return ILens::Holding {
                token,
                state,
                balance: none,
                saleClaimable: none,
                refundable,
                stake: none,
                unstaking: none,
                withdrawable: none,
                claimableMt: none,
                averageStake: none,
                discountBps: 0,
            };
        }
        let requests = self.ask_of(registry, IStakeRegistry::requestsOfCall { account: who, mt: token });
        let sum = |until| requests.iter().filter(|one| one.due <= until).map(|one| one.amount).sum();
        ILens::Holding {
            token,
            state,
            balance: self.balance(token, who),
            saleClaimable: position.mt,
            refundable: none,
            stake: self.ask_of(registry, IStakeRegistry::stakeOfCall { account: who, mt: token }),
            unstaking: sum(u64::MAX),
            withdrawable: sum(self.now()),
            claimableMt: self.mt_of(who, token),
            averageStake: self.ask_of(registry, IStakeRegistry::averageStakeCall { account: who, mt: token, epoch }),
            discountBps: self.ask_of(registry, IStakeRegistry::discountBpsCall { account: who, mt: token }),
        }
    }
}

/// A raise of 15,000 FLOCK by Bob that is below its minimum.
fn raising(world: &mut World) -> Address {
    let token = world.suite.launch(Suite::order(VENUES[0]));
    world.suite.buy(world.bob, token, tokens(15_000));
    token
}

#[test]
fn a_page_has_what_each_contract_says_of_a_user() {
    let mut world = World::new();
    let (alice, bob, a, b) = (world.alice, world.bob, world.a, world.b);
    let registry = world.suite.at.registry;
    world.stake(alice, a, tokens(300));
    world.stake(bob, b, tokens(70));
    world.lock(alice, tokens(10), 1);
    world.lock(alice, tokens(20), 100);
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5), (bob, 5)]));
    for amount in [10, 20] {
        let execution =
            world.run(alice, registry, IStakeRegistry::requestUnstakeCall { mt: a, amount: tokens(amount) });
        assert!(execution.success());
        world.pass(DAY * 3 / 4);
    }
    let open = raising(&mut world);

    let rows = world.holdings(alice, 0, 200);
    assert_eq!(rows, [world.told(alice, a), world.told(alice, b)]);
    assert_eq!([rows[0].unstaking, rows[0].withdrawable], [tokens(30), tokens(10)]);
    assert!(rows[0].claimableMt > U256::ZERO && rows[0].averageStake > tokens(270) && rows[0].stake == tokens(270));
    assert_eq!(world.holdings(alice, 1, 1), [world.told(alice, b)]);
    assert_eq!(world.holdings(alice, 2, 200), []);
    let buyer = world.holdings(bob, 0, 200);
    assert_eq!(
        buyer,
        [a, b, open].map(|token| world.told(bob, token)),
        "a raise that goes on is a holding of its buyer"
    );
    world.suite.pass(31 * DAY);
    let failed = world.holdings(bob, 2, 1);
    assert_eq!((failed[0].state, failed[0].refundable), (FAILED, tokens(15_000)));
    assert_eq!(world.holdings(Address::repeat_byte(7), 0, 200), []);

    let account = world.account(alice);
    let effective = world.ask_of(registry, IStakeRegistry::effectiveBalanceCall { account: alice });
    let multiplier = world.ask_of(registry, IStakeRegistry::multiplierCall { account: alice });
    assert_eq!(account.flock, world.balance(world.suite.at.flock, alice));
    assert_eq!(account.claimableFlock, world.flock_of(alice));
    assert!(account.claimableFlock > U256::ZERO);
    assert_eq!([account.locked, account.unlocked], [tokens(30), tokens(10)]);
    assert_eq!((account.locks, account.effectiveGm, account.multiplier), (2, effective, multiplier));
    let issuer = world.suite.issuer;
    let owed = world.ask_of(world.suite.at.launchpad, ILaunchpad::feesOwedCall { account: issuer });
    assert!(owed > U256::ZERO);
    assert_eq!(world.account(issuer).fees, owed);
}

#[test]
fn a_day_is_explained_by_its_key_of_the_season() {
    let mut world = World::new();
    let (alice, bob, a, b) = (world.alice, world.bob, world.a, world.b);
    world.stake(alice, a, tokens(1));
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5), (bob, 6)]));
    let epoch = world.today() - 1;
    let rows = world.reasons(bob, epoch);
    let day = world.ask(R::dayOfCall { mt: a, epoch });
    assert_eq!(rows.len(), 2);
    let row = &rows[0];
    assert_eq!((row.token, row.key, row.spend, row.rows, row.reasons), (a, key(a), 11, 2, 2));
    assert_eq!((row.globalPool, row.reservedPool, row.mtPool), (day.globalPool, day.reservedPool, day.mtPool));
    assert!(row.globalPool > U256::ZERO && row.mtPool > U256::ZERO);
    assert_eq!((rows[1].token, rows[1].spend), (b, 0));
    assert_eq!(world.reasons(alice, epoch)[0].reasons, 0);

    // From the second season on reports name model ids, and the one of B is mapped to nothing.
    let id = keccak256("A");
    let model = world.ask(R::modelKeyCall { id });
    let mapped = U256::from_be_bytes(a.into_word().0);
    let admin = world.suite.admin;
    world.does(admin, IAccess::initializeParameterCall { key: model, value: mapped });
    let second = world.ask(R::seasonKeyCall { number: 2 });
    let start = world.today() + 5;
    world.does(admin, IAccess::initializeParameterCall { key: second, value: season(start, 90, 50, 50) });
    world.go((start + 1) * DAY);
    let rows = world.reasons(alice, start);
    assert_eq!((rows[0].key, rows[0].reasons & 4), (id, 0));
    assert_eq!((rows[1].key, rows[1].reasons & 4), (keccak256("B"), 4));
}

/// An issuer says at its launch what its model id is, and may say that of another model. A day of the token is explained by the token.
#[test]
fn a_model_id_of_another_token_explains_nothing() {
    let mut world = World::new();
    let (alice, carol, a, b) = (world.alice, world.carol, world.a, world.b);
    world.stake(alice, a, tokens(1));
    world.stake(carol, b, tokens(1));
    let (admin, value) = (world.suite.admin, U256::from_be_bytes(a.into_word().0));
    for id in ["A", "B"] {
        let key = world.ask(R::modelKeyCall { id: keccak256(id) });
        world.does(admin, IAccess::initializeParameterCall { key, value });
    }
    let second = world.ask(R::seasonKeyCall { number: 2 });
    let start = world.today() + 5;
    world.does(admin, IAccess::initializeParameterCall { key: second, value: season(start, 90, 50, 50) });
    world.go((start + 1) * DAY);
    let reasons = |world: &World, who, epoch| {
        let rows = world.reasons(who, epoch);
        assert_eq!([rows[0].token, rows[1].token], [a, b]);
        [rows[0].reasons, rows[1].reasons]
    };
    assert_eq!(reasons(&world, alice, start), [0, 2 | 4]);
    assert_eq!(reasons(&world, carol, start), [2, 4]);
    // A token that is not supported is still what its id names.
    for mt in [a, b] {
        world.does(admin, R::setSupportedCall { mt, supported: false });
    }
    world.go((start + 3) * DAY);
    assert_eq!(reasons(&world, alice, start + 2), [8, 2 | 4 | 8]);
    assert_eq!(reasons(&world, carol, start + 2), [2 | 8, 4 | 8]);
}
