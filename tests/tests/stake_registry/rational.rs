//! Long histories against the independent model in exact rationals: every step of `tests/model/vectors/registry.json` on the chain, then what
//! the model says of each past day and time.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use serde_json::Value;

use crate::common::{DAY, IStakeRegistry as R, World};

/// Seconds after which every program has expired. Somebody activates it again, with the first step after that.
const LIFE: u64 = 365 * DAY + 7_200;

fn vectors() -> Vec<Value> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("model/vectors/registry.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    vectors["cases"].as_array().unwrap().clone()
}

fn number(value: &Value) -> U256 {
    value.as_str().unwrap().parse().unwrap()
}

fn small(value: &Value) -> u64 {
    number(value).to()
}

fn list(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(small).collect()
}

/// The registry, and the id that each lock of the model has there.
struct Replay {
    world: World,
    accounts: [Address; 3],
    ids: BTreeMap<u64, U256>,
    alive: u64,
}

impl Replay {
    fn new() -> Self {
        let world = World::new();
        let (accounts, alive) = ([world.alice, world.bob, world.carol], world.now());
        Self { world, accounts, ids: BTreeMap::new(), alive }
    }

    /// Goes to a time with every program active.
    fn at(&mut self, time: u64) {
        if time - self.alive > LIFE {
            // A minute is enough for its transactions.
            self.world.mine(time - 60);
            self.world.reactivate();
            self.alive = time;
        }
        self.world.at(time);
    }

    fn step(&mut self, step: &Value) {
        self.at(small(&step["time"]));
        let (who, mt) = (self.accounts[usize::try_from(small(&step["who"])).unwrap()], self.world.mt);
        let of = |field: &str| step.get(field).map(number);
        if let Some(amount) = of("stake") {
            self.world.does(who, R::stakeCall { mt, amount });
        } else if let Some(amount) = of("request") {
            // Eight requests wait at most; a withdrawal changes no history.
            if self.world.ask(R::requestsOfCall { account: who, mt }).len() == 8 {
                self.world.withdraw(who);
            }
            self.world.does(who, R::requestUnstakeCall { mt, amount });
        } else {
            self.lock(who, step);
        }
    }

    fn lock(&mut self, who: Address, step: &Value) {
        let (of, model) = (|field: &str| step.get(field).map(number), small(&step["number"]));
        if let Some(amount) = of("lock") {
            let id = self.world.lock(who, amount, of("period").unwrap().to());
            self.ids.insert(model, id);
            return;
        }
        let id = self.ids[&model];
        if let Some(amount) = of("added") {
            self.world.does(who, R::increaseLockCall { id, amount });
        } else if let Some(unlock) = of("unlock") {
            self.world.extend(who, id, unlock.to());
        } else if let Some(other) = of("other") {
            let other = self.ids[&other.to()];
            let kept = self.world.does(who, R::mergeLocksCall { a: id, b: other }).0;
            assert_eq!(kept, other, "the one that unlocks later goes on");
        } else {
            self.world.does(who, R::withdrawLockCall { id });
        }
    }

    /// Every day and time of the model, long after.
    fn check(&mut self, given: &Value, said: &Value) {
        let (epochs, times) = (list(&given["epochs"]), list(&given["times"]));
        let last = (epochs.last().unwrap() + 1) * DAY;
        let end = last.max(*times.last().unwrap());
        self.at(end);
        self.world.mine(end);
        for (who, account) in self.accounts.into_iter().enumerate() {
            for (index, epoch) in epochs.iter().enumerate() {
                let seconds = number(&said["seconds"][who][index]);
                assert_eq!(self.world.seconds_of(account, *epoch), seconds, "account {who}, day {epoch}");
            }
            for (index, time) in times.iter().enumerate() {
                let effective = number(&said["effective"][who][index]);
                assert_eq!(self.world.effective_at(account, *time), effective, "account {who}, time {time}");
            }
        }
    }
}

#[test]
fn over_years_the_registry_says_what_the_independent_model_says() {
    for vector in vectors() {
        let mut replay = Replay::new();
        for step in vector["in"]["steps"].as_array().unwrap() {
            replay.step(step);
        }
        replay.check(&vector["in"], &vector["out"]);
    }
}
