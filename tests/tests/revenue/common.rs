//! A suite with a graduated Model Token, a dollar with a market for FLOCK, and a splitter that knows the way.

use std::sync::LazyLock;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use fomo_chain::Execution;
pub use fomo_tests::suite::*;

sol! {
    interface IDollar {
        function mint(address to, uint256 value) external;
    }

    interface IOldDollar {
        error Blacklisted(address account);
        function approve(address spender, uint256 value) external;
        function setBlacklisted(address account, bool listed) external;
    }

    interface IRebasing {
        function rebase(uint256 factor) external;
    }

    interface IArmed {
        function arm(address target, bytes[] calldata calls) external;
        function struck() external view returns (bool[] memory worked, bytes[] memory answers);
        function behave(uint256 takes, uint256 says, uint256 gives) external;
    }
}

/// Where FLOCK without a burn goes.
pub const SINK: Address = Address::new([0xDE; 20]);
/// Seconds of an hour, the interval of buybacks.
pub const HOUR: u64 = 3_600;
/// Seconds of the price's window.
pub const WINDOW: u64 = 1_800;

/// So many whole dollars of 6 decimals.
pub fn usd(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

/// An address as a parameter's value.
pub fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// The period of a number.
pub fn period(number: u64) -> B256 {
    B256::from(U256::from(number))
}

#[derive(Clone)]
pub struct World {
    pub suite: Suite,
    pub adapter: Address,
    pub splitter: Address,
    pub usd: Address,
    pub flock: Address,
    /// A graduated token, and its pool with FLOCK.
    pub mt: Address,
    pub mt_pool: Address,
    /// The pool of dollar and FLOCK: 1,000,000 of the one, 5,000,000 of the other.
    pub pool: Address,
    pub settler: Address,
    pub compute: Address,
}

static WORLDS: LazyLock<[World; 2]> = LazyLock::new(|| [0, 1].map(World::build));

impl World {
    /// A world on a venue, half an hour after its pools were first observed.
    pub fn new(venue: usize) -> Self {
        WORLDS[venue].clone()
    }

    /// One on each venue.
    pub fn both() -> [Self; 2] {
        WORLDS.clone()
    }

    fn build(venue: usize) -> Self {
        Self::of(Suite::new(), venue)
    }

    /// A world of a suite that nothing happened to yet.
    pub fn of(mut suite: Suite, venue: usize) -> Self {
        let mt = suite.launch(Suite::order(VENUES[venue]));
        suite.buy(suite.users[1], mt, tokens(50_000));
        suite.buy(suite.users[2], mt, tokens(1_000_000));
        let mt_pool = suite.graduate(mt);
        for user in [suite.users[1], suite.users[2]] {
            suite.must(user, suite.at.launchpad, ILaunchpad::claimCall { token: mt });
        }
        let at = suite.at;
        let (adapter, settler, compute) = (at.adapters[venue], suite.harness.sender(), suite.users[4]);
        let (splitter, usd_token, flock) = (at.splitter, at.usd, at.flock);
        let mut world = Self {
            suite,
            adapter,
            splitter,
            usd: usd_token,
            flock,
            mt,
            mt_pool,
            pool: Address::ZERO,
            settler,
            compute,
        };
        for to in [settler, world.suite.admin, world.suite.users[0]] {
            world.suite.must(settler, usd_token, IDollar::mintCall { to, value: usd(100_000_000) });
        }
        world.approve(settler, usd_token, splitter);
        world.pool = world.market(usd_token, usd(1_000_000));
        world.accept(usd_token, usd(1), usd(2_000));
        world.observe();
        world.suite.pass(WINDOW);
        world
    }

    /// Makes a market of so much of a dollar for 5,000,000 FLOCK, on the venue.
    pub fn market(&mut self, dollar: Address, amount: U256) -> Address {
        let (admin, flock, adapter) = (self.suite.admin, self.flock, self.adapter);
        self.approve(admin, dollar, adapter);
        self.approve(admin, flock, adapter);
        let seed =
            ILiquidityAdapter::seedCall { tokenA: dollar, tokenB: flock, amountA: amount, amountB: tokens(5_000_000) };
        self.suite.must(admin, adapter, seed).pool
    }

    /// Lets the splitter accept a dollar, by the venue's adapter, with limits of a buyback.
    pub fn accept(&mut self, dollar: Address, least: U256, most: U256) {
        self.accept_by(dollar, [word(self.adapter), U256::ZERO], least, most);
    }

    /// Lets the splitter accept a dollar that cannot be swapped.
    pub fn accept_only(&mut self, dollar: Address) {
        self.accept_by(dollar, [U256::ZERO; 2], U256::ONE, U256::ONE);
    }

    /// Lets the splitter accept a dollar, by an adapter and a token in between.
    pub fn accept_by(&mut self, dollar: Address, [adapter, via]: [U256; 2], least: U256, most: U256) {
        let limits = least | most << 96;
        for (kind, value) in [("ROUT", adapter), ("VIAT", via), ("SPND", limits), ("ASST", U256::ONE)] {
            self.initialize(kind, dollar, value);
        }
    }

    pub fn key(&self, kind: &str, of: Address) -> B256 {
        self.view(IRevenueSplitter::parameterKeyCall { kind: name(kind), of_: of })
    }

    pub fn initialize(&mut self, kind: &str, of: Address, value: U256) {
        let (admin, key) = (self.suite.admin, self.key(kind, of));
        self.must(admin, IAccess::initializeParameterCall { key, value });
    }

    /// Changes a parameter in its two steps, two days apart.
    pub fn change(&mut self, key: B256, value: U256) {
        let admin = self.suite.admin;
        self.must(admin, IAccess::proposeParameterCall { key, value });
        self.suite.pass(2 * DAY);
        self.must(admin, IAccess::executeParameterCall { key });
    }

    pub fn approve(&mut self, owner: Address, token: Address, spender: Address) {
        // Not every token returns something.
        let execution = self.suite.run(owner, token, IFomoERC20::approveCall { spender, value: U256::MAX });
        assert!(execution.success(), "{execution:?}");
    }

    /// Records what both pools have summed up.
    pub fn observe(&mut self) {
        let (anyone, adapter) = (self.suite.users[3], self.adapter);
        for token in [self.usd, self.mt] {
            let call = ILiquidityAdapter::recordObservationCall { tokenA: token, tokenB: self.flock };
            self.suite.must(anyone, adapter, call);
        }
    }

    /// Lets time pass, with an observation half an hour before its end.
    pub fn pass_observed(&mut self, seconds: u64) {
        self.suite.pass(seconds - WINDOW);
        self.observe();
        self.suite.pass(WINDOW);
    }

    /// Swaps through the adapter.
    pub fn swap(&mut self, user: Address, route: &[Address], amount: U256) -> U256 {
        let adapter = self.adapter;
        self.approve(user, route[0], adapter);
        let call = ILiquidityAdapter::swapCall {
            route: route.to_vec(),
            amountIn: amount,
            minOut: U256::ZERO,
            to: user,
            deadline: NEVER,
        };
        self.suite.must(user, adapter, call)
    }

    /// Settles a period of the token in dollars.
    pub fn settle(&mut self, number: u64, gross: U256, compute: U256) -> IRevenueSplitter::settleReturn {
        let (settler, call) = (self.settler, self.settlement(number, gross, compute));
        self.must(settler, call)
    }

    pub fn settlement(&self, number: u64, gross: U256, compute: U256) -> IRevenueSplitter::settleCall {
        let (token, asset) = (self.mt, self.usd);
        IRevenueSplitter::settleCall { token, period: period(number), asset, gross, compute }
    }

    pub fn buyback_flock(&self) -> IRevenueSplitter::buybackFlockCall {
        IRevenueSplitter::buybackFlockCall { asset: self.usd, deadline: NEVER }
    }

    pub fn buyback_mt(&self) -> IRevenueSplitter::buybackMtCall {
        IRevenueSplitter::buybackMtCall { token: self.mt, asset: self.usd, deadline: NEVER }
    }

    pub fn terms(&self, token: Address) -> (U256, U256) {
        let terms = self.view(IRevenueSplitter::buybackTermsCall { token, asset: self.usd });
        (terms.spends, terms.least)
    }

    pub fn ledger(&self) -> IRevenueSplitter::ledgerOfReturn {
        self.view(IRevenueSplitter::ledgerOfCall { token: self.mt, asset: self.usd })
    }

    pub fn totals(&self) -> IRevenueSplitter::totalsOfReturn {
        self.view(IRevenueSplitter::totalsOfCall { asset: self.usd })
    }

    pub fn supply(&self, token: Address) -> U256 {
        self.suite.view(token, IFomoERC20::totalSupplyCall {})
    }

    pub fn destroyed(&self, token: Address) -> (U256, U256) {
        let destroyed = self.view(IRevenueSplitter::destroyedCall { token });
        (destroyed.burned, destroyed.sunk)
    }

    pub fn run<C: SolCall>(&mut self, from: Address, call: C) -> Execution {
        self.suite.run(from, self.splitter, call)
    }

    #[track_caller]
    pub fn must<C: SolCall>(&mut self, from: Address, call: C) -> C::Return {
        self.suite.must(from, self.splitter, call)
    }

    #[track_caller]
    pub fn refused<C: SolCall, E: SolError>(&mut self, from: Address, call: C, error: E) {
        self.suite.refused(from, self.splitter, call, error);
    }

    pub fn view<C: SolCall>(&self, call: C) -> C::Return {
        self.suite.view(self.splitter, call)
    }

    /// A launch that raises, and one that has failed.
    pub fn launch_and_failure(&mut self) -> (Address, Address) {
        let failed = self.launch("failure");
        self.suite.pass(8 * DAY);
        let raising = self.launch("raise");
        self.observe();
        self.suite.pass(WINDOW);
        assert_eq!((self.suite.state(raising), self.suite.state(failed)), (RAISING, FAILED));
        (raising, failed)
    }

    fn launch(&mut self, model: &str) -> Address {
        self.suite.launch(ILaunchpad::createLaunchCall { modelId: keccak256(model), ..Suite::order(VENUES[0]) })
    }

    /// A dollar as the oldest one is, the settler's.
    pub fn old_dollar(&mut self, supply: U256, decimals: u64) -> Address {
        let arguments = (self.settler, supply, U256::from(decimals)).abi_encode();
        self.solidity("Dollars.sol", "OldDollar", arguments)
    }

    /// A contract of `tests/solidity`.
    pub fn solidity(&mut self, file: &str, contract: &str, arguments: Vec<u8>) -> Address {
        let code = fomo::solidity::tests(file).unwrap()[contract].to_vec();
        self.suite.create([code, arguments].concat())
    }
}
