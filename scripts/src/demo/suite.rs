//! The whole suite on a chain of the demo's, deployed over JSON-RPC as a deployment deploys it.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolValue};
use anyhow::{Result, bail};
use fomo_chain::Config;

use super::node::Node;
use crate::abi::{IAccess, IFomoERC20, ILaunchpad, ILiquidityAdapter, IRevenueSplitter, IRewardDistributor, IUsd};
use crate::{npm, solidity};

/// Seconds of a day.
pub const DAY: u64 = 86_400;
/// When the chain begins: midnight of a UTC day, the same for everybody who looks.
const GENESIS: u64 = 20_833 * DAY;
/// The type of every model of the demo.
pub const MODEL_TYPE: &str = "small";
/// Its targets in whole FLOCK: the least that a launch has to raise, and the most.
pub const TARGETS: (u64, u64) = (60_000, 100_000);

/// Every contract of the suite that is deployed.
pub const CONTRACTS: [&str; 16] = [
    "flock",
    "model-token",
    "vesting",
    "reward-distributor-desk",
    "reward-distributor-office",
    "reward-distributor",
    "launchpad-desk",
    "launchpad-office",
    "launchpad",
    "stake-registry-desk",
    "stake-registry",
    "revenue-splitter-desk",
    "revenue-splitter",
    "usd",
    "adapter-uniswap-v2",
    "adapter-aerodrome",
];

/// Who takes part. All have FLOCK, and have approved launchpad and registry.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// Its name.
    pub name: &'static str,
    /// Its account.
    pub address: Address,
}

/// A venue that Model Tokens trade on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venue {
    /// Uniswap V2, as published.
    UniswapV2,
    /// Aerodrome, compiled from its sources.
    Aerodrome,
}

impl Venue {
    /// Its key in the launchpad.
    pub fn key(self) -> B256 {
        word(match self {
            Self::UniswapV2 => "UNISWAP_V2",
            Self::Aerodrome => "AERODROME",
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UniswapV2 => "Uniswap V2",
            Self::Aerodrome => "Aerodrome",
        }
    }
}

/// A chain with the suite on it.
pub struct Suite {
    /// The chain.
    pub node: Node,
    /// Gets the protocol's fees and the platform's tokens.
    pub treasury: Address,
    /// Launches every model.
    pub issuer: Person,
    /// Everybody else.
    pub people: Vec<Person>,
    /// FLOCK.
    pub flock: Address,
    /// Launchpad.
    pub launchpad: Address,
    /// Vesting.
    pub vesting: Address,
    /// Reward distributor.
    pub rewards: Address,
    /// Stake and gmFLOCK registry.
    pub registry: Address,
    /// Revenue splitter.
    pub splitter: Address,
    /// A dollar of 6 decimals.
    pub usd: Address,
    /// The adapters of the venues.
    pub adapters: [Address; 2],
    /// Brings revenue; the admin, here.
    pub settler: Address,
    /// Reports usage.
    pub reporter: Address,
    /// Holds the role ADMIN everywhere.
    pub admin: Address,
    /// Holds the role GUARDIAN everywhere.
    pub guardian: Address,
}

impl Suite {
    /// Starts a chain and deploys everything.
    pub async fn start() -> Result<Self> {
        let config = Config { genesis_time: Some(GENESIS), auto_cache: true, ..Config::default() };
        let node = Node::start(config).await?;
        let person = |name, index| -> Result<Person> { Ok(Person { name, address: node.key(index)?.address() }) };
        let (admin, guardian) = (node.key(0)?.address(), node.key(1)?.address());
        let (treasury, issuer) = (node.key(2)?.address(), person("Alice", 3)?);
        let names = ["Bob", "Carol", "Dave", "Erin"];
        let people = names.into_iter().zip(4..).map(|(name, index)| person(name, index)).collect::<Result<_>>()?;
        let none = Address::ZERO;
        let reporter = node.key(8)?.address();
        let mut suite = Self {
            node,
            treasury,
            issuer,
            people,
            flock: none,
            launchpad: none,
            vesting: none,
            rewards: none,
            registry: none,
            splitter: none,
            usd: none,
            adapters: [none; 2],
            settler: admin,
            reporter,
            admin,
            guardian,
        };
        suite.deploy().await?;
        suite.deploy_venues().await?;
        suite.deploy_splitter().await?;
        let (min, max) = TARGETS;
        let key = ILaunchpad::modelTypeKeyCall { modelTypeId: word(MODEL_TYPE) };
        suite.parameter(suite.launchpad, key, tokens(min) | tokens(max) << 96).await?;
        suite.hand_out().await?;
        Ok(suite)
    }

    /// Tokens, vesting, rewards, launchpad and registry. Where a contract is several programs, the first gets the others' addresses.
    async fn deploy(&mut self) -> Result<()> {
        let (admin, guardian, treasury) = (self.admin, self.guardian, self.treasury);
        self.flock = self.program("flock", (admin, tokens(1_000_000_000)).abi_encode()).await?;
        let flock = self.flock;
        let implementation = self.program("model-token", Vec::new()).await?;
        self.vesting = self.node.deploy_bare(admin, "vesting").await?;
        let desk = self.node.deploy_bare(admin, "reward-distributor-desk").await?;
        let office = self.node.deploy_bare(admin, "reward-distributor-office").await?;
        let arguments = (desk, office, admin, guardian, flock);
        self.rewards = self.program("reward-distributor", arguments.abi_encode()).await?;
        let desk = self.node.deploy_bare(admin, "launchpad-desk").await?;
        let office = self.node.deploy_bare(admin, "launchpad-office").await?;
        let (vesting, rewards) = (self.vesting, self.rewards);
        let arguments = (desk, office, admin, guardian, flock, implementation, vesting, rewards, treasury);
        self.launchpad = self.program("launchpad", arguments.abi_encode()).await?;
        let key = IRewardDistributor::launchpadKeyCall { launchpad: self.launchpad };
        self.parameter(rewards, key, U256::ONE).await?;
        let desk = self.node.deploy_bare(admin, "stake-registry-desk").await?;
        let arguments = (desk, admin, guardian, flock, self.launchpad);
        self.registry = self.program("stake-registry", arguments.abi_encode()).await?;
        for (key, value) in [("REGISTRY", self.registry), ("REPORTER", self.reporter)] {
            let call = IAccess::initializeParameterCall { key: word(key), value: address_value(value) };
            self.node.send(admin, rewards, call).await?;
        }
        Ok(())
    }

    /// Begins the global emission with an epoch: so many FLOCK a day, funded for so many days.
    pub async fn begin_emission(&self, epoch: u64, daily: u64, days: u64) -> Result<()> {
        let value = tokens(daily) | U256::from(days) << 128 | U256::from(epoch) << 160;
        self.parameter(self.rewards, IRewardDistributor::phaseKeyCall { number: 1 }, value).await?;
        let call = IFomoERC20::approveCall { spender: self.rewards, value: U256::MAX };
        self.node.send(self.admin, self.flock, call).await?;
        let call = IRewardDistributor::fundPhaseCall { phase: U256::ONE, amount: tokens(daily * days) };
        self.node.send(self.admin, self.rewards, call).await?;
        Ok(())
    }

    /// Both venues, and an adapter for each.
    async fn deploy_venues(&mut self) -> Result<()> {
        let (uniswap, aerodrome) =
            tokio::task::spawn_blocking(|| anyhow::Ok((npm::uniswap_v2()?, solidity::aerodrome()?))).await??;
        let pool = self.create(aerodrome.pool, Vec::new()).await?;
        let factories = [
            (Venue::UniswapV2, "adapter-uniswap-v2", self.create(uniswap.factory, self.admin.abi_encode()).await?),
            (Venue::Aerodrome, "adapter-aerodrome", self.create(aerodrome.factory, pool.abi_encode()).await?),
        ];
        for (index, (venue, contract, factory)) in factories.into_iter().enumerate() {
            let arguments = (self.admin, self.guardian, self.flock, factory, self.treasury);
            let adapter = self.program(contract, arguments.abi_encode()).await?;
            if let Some(place) = self.adapters.get_mut(index) {
                *place = adapter;
            }
            self.parameter(self.launchpad, ILaunchpad::venueKeyCall { venue: venue.key() }, address_value(adapter))
                .await?;
        }
        Ok(())
    }

    /// The splitter, and a dollar that it accepts and swaps for FLOCK on Uniswap V2, where there are 1,000,000 of them for 5,000,000 FLOCK.
    async fn deploy_splitter(&mut self) -> Result<()> {
        let (admin, flock, [adapter, _]) = (self.admin, self.flock, self.adapters);
        let Some(dave) = self.people.get(2) else { bail!("Somebody is missing.") };
        let desk = self.node.deploy_bare(admin, "revenue-splitter-desk").await?;
        let arguments = (desk, admin, self.guardian, flock, self.launchpad, self.treasury, dave.address, Address::ZERO);
        self.splitter = self.program("revenue-splitter", arguments.abi_encode()).await?;
        let (splitter, role) = (self.splitter, word("SETTLER"));
        self.node.send(admin, splitter, IAccess::proposeRoleCall { role, account: self.settler }).await?;
        self.node.send(self.settler, splitter, IAccess::acceptRoleCall { role }).await?;
        self.usd = self.program("usd", admin.abi_encode()).await?;
        let usd = self.usd;
        self.node.send(admin, usd, IUsd::mintCall { to: admin, value: dollars(2_000_000) }).await?;
        for (token, spender) in [(usd, adapter), (flock, adapter), (usd, splitter)] {
            self.node.send(admin, token, IFomoERC20::approveCall { spender, value: U256::MAX }).await?;
        }
        let (amount_usd, amount_flock) = (dollars(1_000_000), tokens(5_000_000));
        let seed =
            ILiquidityAdapter::seedCall { tokenA: usd, tokenB: flock, amountA: amount_usd, amountB: amount_flock };
        self.node.send(admin, adapter, seed).await?;
        let limits = dollars(1) | dollars(2_000) << 96;
        let route = [("ROUT", address_value(adapter)), ("VIAT", U256::ZERO)];
        for (kind, value) in route.into_iter().chain([("SPND", limits), ("ASST", U256::ONE)]) {
            self.parameter(splitter, IRevenueSplitter::parameterKeyCall { kind: word(kind), of_: usd }, value).await?;
        }
        Ok(())
    }

    /// Sets a parameter whose key a view of its contract tells.
    async fn parameter(&self, contract: Address, key: impl SolCall<Return = B256>, value: U256) -> Result<()> {
        let key = self.node.view(contract, key).await?;
        self.node.send(self.admin, contract, IAccess::initializeParameterCall { key, value }).await?;
        Ok(())
    }

    /// FLOCK for everybody, and approvals.
    async fn hand_out(&self) -> Result<()> {
        for person in self.people.iter().chain([&self.issuer]) {
            let call = IFomoERC20::transferCall { to: person.address, value: tokens(1_000_000) };
            self.node.send(self.admin, self.flock, call).await?;
            for spender in [self.launchpad, self.registry] {
                self.approve(person, self.flock, spender).await?;
            }
        }
        Ok(())
    }

    /// Lets a contract take a person's tokens.
    pub async fn approve(&self, person: &Person, token: Address, spender: Address) -> Result<()> {
        self.node.send(person.address, token, IFomoERC20::approveCall { spender, value: U256::MAX }).await?;
        Ok(())
    }

    /// A balance.
    pub async fn balance(&self, token: Address, account: Address) -> Result<U256> {
        self.node.view(token, IFomoERC20::balanceOfCall { account }).await
    }

    async fn program(&self, contract: &'static str, arguments: Vec<u8>) -> Result<Address> {
        Ok(self.node.deploy(self.admin, contract, &arguments).await?.0)
    }

    async fn create(&self, code: Bytes, arguments: Vec<u8>) -> Result<Address> {
        Ok(self.node.create(self.admin, [code.to_vec(), arguments].concat().into()).await?.0)
    }
}

/// So many whole tokens of 18 decimals.
pub fn tokens(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// So many whole dollars of 6 decimals.
pub fn dollars(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000)
}

/// A name in a word: ASCII, zeros behind.
pub fn word(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

fn address_value(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}
