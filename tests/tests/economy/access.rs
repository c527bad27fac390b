//! Roles, pauses and parameters over random histories against a plain model, on one of the contracts that have them.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use fomo_tests::suite::*;
use proptest::prelude::*;

/// Who acts: admin, guardian, the one that a role was last proposed to, anybody.
#[derive(Debug, Clone, Copy)]
enum Who {
    Admin,
    Guardian,
    Next,
    Anyone,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Propose(u64),
    ProposeDelay(u64),
    Cancel,
    Execute,
    ExecuteDelay,
    Pause(u64),
    Unpause,
    ProposeAdmin(usize),
    AcceptAdmin,
    Pass(u64),
}

fn action() -> impl Strategy<Value = (Who, Action)> {
    let who =
        prop_oneof![6 => Just(Who::Admin), 2 => Just(Who::Guardian), 1 => Just(Who::Next), 1 => Just(Who::Anyone)];
    let wait = prop_oneof![3 => 1..DAY, 3 => Just(DAY), 3 => Just(2 * DAY), 1 => 1..20 * DAY];
    let action = prop_oneof![
        4 => (0..1_000_000_u64).prop_map(Action::Propose),
        1 => (0..32_u64).prop_map(|days| Action::ProposeDelay(days * DAY)),
        1 => Just(Action::Cancel),
        4 => Just(Action::Execute),
        1 => Just(Action::ExecuteDelay),
        2 => (0..8 * DAY).prop_map(Action::Pause),
        2 => Just(Action::Unpause),
        1 => (0..4_usize).prop_map(Action::ProposeAdmin),
        1 => Just(Action::AcceptAdmin),
        6 => wait.prop_map(Action::Pass),
    ];
    (who, action)
}

/// A parameter: what was executed when, and what waits.
struct Parameter {
    key: B256,
    /// From which epoch on it counts, in the order of execution.
    values: Vec<(u64, U256)>,
    proposal: Option<(U256, u64)>,
}

impl Parameter {
    fn at(&self, epoch: u64) -> Option<U256> {
        self.values.iter().rev().find(|(since, _)| *since <= epoch).map(|(_, value)| *value)
    }

    fn newest(&self) -> U256 {
        self.values.last().unwrap().1
    }

    fn execute(&mut self, now: u64) -> Result<(), [u8; 4]> {
        let (value, due) = self.proposal.ok_or(IAccess::NotProposed::SELECTOR)?;
        if now < due {
            return Err(IAccess::TooEarly::SELECTOR);
        }
        if now > due + 14 * DAY {
            return Err(IAccess::ProposalExpired::SELECTOR);
        }
        self.proposal = None;
        self.values.push((now / DAY + 1, value));
        Ok(())
    }
}

struct Model {
    suite: Suite,
    contract: Address,
    lambda: Parameter,
    delay: Parameter,
    admin: Address,
    guardian: Address,
    next_admin: Option<Address>,
    paused_until: u64,
    guardian_spent: bool,
    now: u64,
    born: u64,
}

impl Model {
    fn new() -> Self {
        let suite = Suite::new();
        let (contract, born, now) = (suite.at.registry, GENESIS / DAY, suite.now() + 10);
        let value = |key| suite.view(contract, IAccess::parameterCall { key });
        let parameter = |key: B256| Parameter { key, values: vec![(born, value(key))], proposal: None };
        let (lambda, delay) = (parameter(name("LAMBDA")), parameter(name("DELAY")));
        let (admin, guardian) = (suite.admin, suite.guardian);
        let (next_admin, paused_until, guardian_spent) = (None, 0, false);
        Self { suite, contract, lambda, delay, admin, guardian, next_admin, paused_until, guardian_spent, now, born }
    }

    fn address(&self, who: Who) -> Address {
        match who {
            Who::Admin => self.admin,
            Who::Guardian => self.guardian,
            Who::Next => self.next_admin.unwrap_or(self.suite.users[0]),
            Who::Anyone => self.suite.users[4],
        }
    }

    fn send<C: SolCall>(&mut self, from: Address, call: C, expected: Result<(), [u8; 4]>) {
        self.suite.at_time(self.now);
        let execution = self.suite.run(from, self.contract, call);
        match expected {
            Ok(()) => assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE),
            Err(error) => assert_eq!(execution.output.as_ref(), error, "{}", C::SIGNATURE),
        }
    }

    fn only_admin(&self, from: Address) -> Result<(), [u8; 4]> {
        if from == self.admin { Ok(()) } else { Err(IAccess::Unauthorized::SELECTOR) }
    }

    fn take(&mut self, who: Who, action: Action) {
        let from = self.address(who);
        match action {
            Action::Pass(seconds) => self.now += seconds,
            Action::Propose(value) => {
                let (key, value) = (self.lambda.key, U256::from(value));
                let expected = self.only_admin(from);
                if expected.is_ok() {
                    self.lambda.proposal = Some((value, self.now + self.delay.newest().to::<u64>()));
                }
                self.send(from, IAccess::proposeParameterCall { key, value }, expected);
            }
            Action::ProposeDelay(seconds) => self.propose_delay(from, seconds),
            Action::Cancel => {
                let proposed = self.lambda.proposal.map(|_| ()).ok_or(IAccess::NotProposed::SELECTOR);
                let expected = self.only_admin(from).and(proposed);
                if expected.is_ok() {
                    self.lambda.proposal = None;
                }
                self.send(from, IAccess::cancelParameterCall { key: self.lambda.key }, expected);
            }
            Action::Execute => {
                let (key, expected) = (self.lambda.key, self.lambda.execute(self.now));
                self.send(from, IAccess::executeParameterCall { key }, expected);
            }
            Action::ExecuteDelay => {
                let (key, expected) = (self.delay.key, self.delay.execute(self.now));
                self.send(from, IAccess::executeParameterCall { key }, expected);
            }
            Action::Pause(duration) => self.pause(from, duration),
            Action::Unpause => self.unpause(from),
            Action::ProposeAdmin(user) => {
                let (account, expected) = (self.suite.users[user], self.only_admin(from));
                if expected.is_ok() {
                    self.next_admin = Some(account);
                }
                self.send(from, IAccess::proposeRoleCall { role: name("ADMIN"), account }, expected);
            }
            Action::AcceptAdmin => {
                let mine = self.next_admin == Some(from);
                let expected = if mine { Ok(()) } else { Err(IAccess::NotProposed::SELECTOR) };
                if mine {
                    (self.admin, self.next_admin) = (from, None);
                }
                self.send(from, IAccess::acceptRoleCall { role: name("ADMIN") }, expected);
            }
        }
    }

    fn propose_delay(&mut self, from: Address, seconds: u64) {
        let (key, value) = (self.delay.key, U256::from(seconds));
        let allowed = (DAY..=30 * DAY).contains(&seconds);
        let expected =
            self.only_admin(from).and(if allowed { Ok(()) } else { Err(IAccess::ParameterOutOfRange::SELECTOR) });
        if expected.is_ok() {
            self.delay.proposal = Some((value, self.now + self.delay.newest().to::<u64>()));
        }
        self.send(from, IAccess::proposeParameterCall { key, value }, expected);
    }

    fn pause(&mut self, from: Address, duration: u64) {
        let (admin, guardian, paused) = (from == self.admin, from == self.guardian, self.paused_until > self.now);
        let expected = if !admin && !guardian {
            Err(IAccess::Unauthorized::SELECTOR)
        } else if !admin && self.guardian_spent {
            Err(IAccess::PauseSpent::SELECTOR)
        } else if !admin && paused {
            Err(IAccess::EnforcedPause::SELECTOR)
        } else if duration == 0 || duration > 7 * DAY {
            Err(IAccess::PauseTooLong::SELECTOR)
        } else {
            (self.paused_until, self.guardian_spent) = (self.now + duration, !admin);
            Ok(())
        };
        self.send(from, IAccess::pauseCall { duration }, expected);
    }

    fn unpause(&mut self, from: Address) {
        let (admin, guardian, paused) = (from == self.admin, from == self.guardian, self.paused_until > self.now);
        let expected = if !(admin || guardian && self.guardian_spent) {
            Err(IAccess::Unauthorized::SELECTOR)
        } else if !admin && !paused {
            Err(IAccess::ExpectedPause::SELECTOR)
        } else {
            self.paused_until = self.paused_until.min(self.now);
            self.guardian_spent &= !admin;
            Ok(())
        };
        self.send(from, IAccess::unpauseCall {}, expected);
    }

    /// Everything that can be read, of every epoch that there was: what was, stays.
    fn check(&self) {
        let (suite, contract) = (&self.suite, self.contract);
        assert_eq!(suite.view(contract, IAccess::roleHolderCall { role: name("ADMIN") }), self.admin);
        let until = suite.view(contract, IAccess::pausedUntilCall {});
        assert_eq!(until > self.now, self.paused_until > self.now);
        if self.paused_until > self.now {
            assert_eq!(until, self.paused_until);
        }
        for parameter in [&self.lambda, &self.delay] {
            let key = parameter.key;
            assert_eq!(suite.view(contract, IAccess::parameterCall { key }), parameter.newest());
            let proposed = suite.view(contract, IAccess::proposedParameterCall { key });
            assert_eq!((proposed.value, proposed.due), parameter.proposal.unwrap_or_default());
            for epoch in self.born..=self.now / DAY + 2 {
                let value = suite.view(contract, IAccess::parameterAtCall { key, epoch });
                assert_eq!(Some(value), parameter.at(epoch), "epoch {epoch}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whoever does what and when: powers are those of the roles, a parameter changes in two steps, and an epoch's value never changes
    /// once the epoch has begun.
    #[test]
    fn roles_pauses_and_parameters_do_what_the_plain_model_does(history in proptest::collection::vec(action(), 60)) {
        let mut model = Model::new();
        for (index, (who, action)) in history.into_iter().enumerate() {
            model.take(who, action);
            if index % 20 == 19 {
                model.suite.at_time(model.now);
                model.check();
            }
        }
    }
}
