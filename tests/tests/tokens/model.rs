//! Random histories of a token against a model of a few lines.

use std::collections::BTreeMap;

use alloy_primitives::{Address, LogData, U256};
use alloy_sol_types::SolCall;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::common::{IFomoERC20, IModelToken, Permit, SUPPLY, World, amount, approval_event, sign, transfer_event};
use crate::layout::{SUPPLY_SLOT, allowance_slot, balance_slot, nonce_slot};

/// Histories that failed once, tried first ever after.
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tokens/model.regressions");

/// One of the four actors; the fifth is the zero address.
type Who = usize;

/// An amount relative to what the step meets, so that bounds are hit.
#[derive(Debug, Clone, Copy)]
enum Value {
    Some(u64),
    /// What the owner has, and one more.
    Balance,
    OverBalance,
    /// What the spender may spend, and one more.
    Allowance,
    OverAllowance,
    Highest,
}

/// What is wrong with a permit, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    Late,
    OldNonce,
    NextNonce,
    OtherSigner,
    Garbage,
}

#[derive(Debug, Clone)]
enum Step {
    Transfer { from: Who, to: Who, value: Value },
    Approve { owner: Who, spender: Who, value: Value },
    TransferFrom { spender: Who, from: Who, to: Who, value: Value },
    Burn { from: Who, value: Value },
    BurnFrom { spender: Who, from: Who, value: Value },
    Permit { owner: Who, spender: Who, value: Value, flaw: Flaw },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..4_usize;
    let any_one = || prop_oneof![9 => 0..4_usize, 1 => Just(4)];
    let value = || {
        prop_oneof![
            3 => (0..1_000_u64).prop_map(Value::Some),
            2 => Just(Value::Balance),
            1 => Just(Value::OverBalance),
            2 => Just(Value::Allowance),
            1 => Just(Value::OverAllowance),
            1 => Just(Value::Highest),
        ]
    };
    let flaw = prop_oneof![
        5 => Just(Flaw::None),
        1 => Just(Flaw::Late),
        1 => Just(Flaw::OldNonce),
        1 => Just(Flaw::NextNonce),
        1 => Just(Flaw::OtherSigner),
        1 => Just(Flaw::Garbage),
    ];
    let step = prop_oneof![
        3 => (who(), any_one(), value()).prop_map(|(from, to, value)| Step::Transfer { from, to, value }),
        2 => (who(), any_one(), value()).prop_map(|(owner, spender, value)| Step::Approve { owner, spender, value }),
        3 => (who(), any_one(), any_one(), value())
            .prop_map(|(spender, from, to, value)| Step::TransferFrom { spender, from, to, value }),
        1 => (who(), value()).prop_map(|(from, value)| Step::Burn { from, value }),
        1 => (who(), any_one(), value()).prop_map(|(spender, from, value)| Step::BurnFrom { spender, from, value }),
        2 => (who(), any_one(), value(), flaw)
            .prop_map(|(owner, spender, value, flaw)| Step::Permit { owner, spender, value, flaw }),
    ];
    proptest::collection::vec(step, 30)
}

/// A token as a table.
#[derive(Debug, Clone, Default)]
struct Model {
    balances: BTreeMap<Address, U256>,
    allowances: BTreeMap<(Address, Address), U256>,
    nonces: BTreeMap<Address, U256>,
    supply: U256,
}

impl Model {
    fn balance(&self, account: Address) -> U256 {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.get(&(owner, spender)).copied().unwrap_or_default()
    }

    fn nonce(&self, owner: Address) -> U256 {
        self.nonces.get(&owner).copied().unwrap_or_default()
    }

    fn value(&self, value: Value, owner: Address, spender: Address) -> U256 {
        match value {
            Value::Some(value) => amount(value),
            Value::Balance => self.balance(owner),
            Value::OverBalance => self.balance(owner) + U256::ONE,
            Value::Allowance => self.allowance(owner, spender),
            Value::OverAllowance => self.allowance(owner, spender).saturating_add(U256::ONE),
            Value::Highest => U256::MAX,
        }
    }

    /// The event, or nothing if it is refused; burns where `to` is `None`.
    fn moves(&mut self, from: Address, to: Option<Address>, value: U256) -> Option<LogData> {
        if from.is_zero() || to.is_some_and(|to| to.is_zero()) {
            return None;
        }
        let rest = self.balance(from).checked_sub(value)?;
        self.balances.insert(from, rest);
        match to {
            Some(to) => *self.balances.entry(to).or_default() += value,
            None => self.supply -= value,
        }
        Some(transfer_event(from, to.unwrap_or_default(), value))
    }

    fn approves(&mut self, owner: Address, spender: Address, value: U256) -> Option<LogData> {
        if owner.is_zero() || spender.is_zero() {
            return None;
        }
        self.allowances.insert((owner, spender), value);
        Some(approval_event(owner, spender, value))
    }

    fn spends(&mut self, spender: Address, from: Address, to: Option<Address>, value: U256) -> Option<LogData> {
        let allowance = self.allowance(from, spender);
        let rest = allowance.checked_sub(value)?;
        let log = self.moves(from, to, value)?;
        if allowance != U256::MAX {
            self.allowances.insert((from, spender), rest);
        }
        Some(log)
    }

    /// What the token's storage is to be, over what initialising it left.
    fn storage(&self, fixed: &BTreeMap<U256, U256>) -> Vec<(U256, U256)> {
        let mut slots = fixed.clone();
        slots.insert(U256::from(SUPPLY_SLOT), self.supply);
        slots.extend(self.balances.iter().map(|(account, value)| (balance_slot(*account), *value)));
        slots
            .extend(self.allowances.iter().map(|((owner, spender), value)| (allowance_slot(*owner, *spender), *value)));
        slots.extend(self.nonces.iter().map(|(owner, value)| (nonce_slot(*owner), *value)));
        slots.into_iter().filter(|(_, value)| !value.is_zero()).collect()
    }
}

/// Takes the step in the model; the call that takes it on the chain, its sender, and the event expected.
fn take(step: &Step, world: &World, actors: [Address; 5], model: &mut Model) -> (Address, Vec<u8>, Option<LogData>) {
    match *step {
        Step::Transfer { from, to, value } => {
            let (from, to) = (actors[from], actors[to]);
            let value = model.value(value, from, to);
            let data = IFomoERC20::transferCall { to, value }.abi_encode();
            (from, data, model.moves(from, Some(to), value))
        }
        Step::Approve { owner, spender, value } => {
            let (owner, spender) = (actors[owner], actors[spender]);
            let value = model.value(value, owner, spender);
            let data = IFomoERC20::approveCall { spender, value }.abi_encode();
            (owner, data, model.approves(owner, spender, value))
        }
        Step::TransferFrom { spender, from, to, value } => {
            let (spender, from, to) = (actors[spender], actors[from], actors[to]);
            let value = model.value(value, from, spender);
            let data = IFomoERC20::transferFromCall { from, to, value }.abi_encode();
            (spender, data, model.spends(spender, from, Some(to), value))
        }
        Step::Burn { from, value } => {
            let from = actors[from];
            let value = model.value(value, from, from);
            (from, IModelToken::burnCall { value }.abi_encode(), model.moves(from, None, value))
        }
        Step::BurnFrom { spender, from, value } => {
            let (spender, account) = (actors[spender], actors[from]);
            let value = model.value(value, account, spender);
            let data = IModelToken::burnFromCall { account, value }.abi_encode();
            (spender, data, model.spends(spender, account, None, value))
        }
        Step::Permit { owner: index, spender, value, flaw } => {
            let (owner, spender) = (actors[index], actors[spender]);
            let value = model.value(value, owner, spender);
            let nonce = match flaw {
                Flaw::OldNonce => model.nonce(owner).wrapping_sub(U256::ONE),
                Flaw::NextNonce => model.nonce(owner) + U256::ONE,
                _ => model.nonce(owner),
            };
            let deadline = if flaw == Flaw::Late { U256::ONE } else { U256::MAX };
            let signer = if flaw == Flaw::OtherSigner { actors[(index + 1) % 4] } else { owner };
            let permit = Permit { owner, spender, value, nonce, deadline };
            let mut call = sign(&permit, &world.domain(world.token), &world.key(signer));
            if flaw == Flaw::Garbage {
                call.v = 200;
            }
            let log = if flaw == Flaw::None { model.approves(owner, spender, value) } else { None };
            if log.is_some() {
                *model.nonces.entry(owner).or_default() += U256::ONE;
            }
            (actors[3], call.abi_encode(), log)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..ProptestConfig::default()
    })]

    /// Whatever four people do, each step succeeds or fails as in the model, says the one event that it has, and leaves
    /// exactly the model's balances, allowances, nonces and supply in storage, and nothing else changed.
    #[test]
    fn every_history_is_that_of_the_model(history in steps()) {
        let mut world = World::new();
        let actors = [world.alice, world.bob, world.carol, world.dave, Address::ZERO];
        let fixed: BTreeMap<U256, U256> = world.storage(world.token).into_iter().collect();
        let mut model = Model { supply: SUPPLY, ..Model::default() };
        model.balances.insert(world.alice, SUPPLY);
        for step in &history {
            let (sender, data, expected) = take(step, &world, actors, &mut model);
            let token = world.token;
            let execution = world.run(sender, token, data);
            prop_assert_eq!(execution.success(), expected.is_some(), "{:?}: {:?}", step, execution);
            prop_assert!(execution.success() || execution.output.len() >= 4, "a reason: {:?}: {:?}", step, execution);
            let logs: Vec<LogData> = execution.logs.into_iter().map(|log| log.data).collect();
            prop_assert_eq!(logs, expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(world.storage(token), model.storage(&fixed), "after {:?}", step);
        }
        let total: U256 = model.balances.values().sum();
        prop_assert_eq!(world.supply(), total, "the supply is the sum of balances");
        for owner in actors {
            prop_assert_eq!(world.balance(owner), model.balance(owner));
            prop_assert_eq!(world.nonce(owner), model.nonce(owner));
            for spender in actors {
                prop_assert_eq!(world.allowance(owner, spender), model.allowance(owner, spender));
            }
        }
    }
}
