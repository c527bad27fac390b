//! The suite, transaction by transaction.

use std::collections::BTreeMap;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolValue};
use anyhow::{Context, Result, bail, ensure};
use fomo_chain::precompiles::ARB_WASM;

use super::journal::Journal;
use super::settings::Settings;
use crate::abi::{IAccess, IArbWasm, IFomoERC20, ILaunchpad, IRevenueSplitter, IRewardDistributor, IStylusDeployer};
use crate::client::deployment::{Contract, Parameter};
use crate::client::request;
use crate::devnet::STYLUS_DEPLOYER;
use crate::wallet::amount::{At, word};
use crate::{build, npm, solidity};

/// What a Stylus constructor answers to, whatever its parameters.
const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];
/// Wei that activation may cost at most; what it does not cost comes back in the same transaction.
const DATA_FEE_LIMIT: u128 = 10_000_000_000_000_000;
/// The delay that contracts begin with, in seconds.
const DEFAULT_DELAY: u64 = 2 * 86_400;
/// Seconds that a deployment may take until it sets its parameters.
const MARGIN: u64 = 3_600;
/// Seconds within which a proposal that is due can be executed.
const VALID_FOR: u64 = 14 * 86_400;
/// Seconds before midnight UTC from which on no distributor is constructed: its first day is today, and cannot be reported unless the stake
/// registry, which is deployed after it, is named on the same day.
const BEFORE_MIDNIGHT: u64 = 1_800;
/// Where a season's first day begins in its value.
const SEASON_START: usize = 160;
/// Contracts with roles and parameters, beside the adapters.
const GOVERNED: [&str; 4] = ["reward-distributor", "launchpad", "stake-registry", "revenue-splitter"];

/// A deployment in the making.
pub(super) struct Plan<'a> {
    pub journal: &'a mut Journal,
    pub settings: &'a Settings,
}

impl Plan<'_> {
    /// Makes sure, before anything is sent, that the chain will take what only it can say.
    ///
    /// # Errors
    /// Where it will not.
    pub async fn check(&self) -> Result<()> {
        let (client, settings) = (&self.journal.client, self.settings);
        for (name, asset) in &settings.revenue.assets {
            let Some(address) = asset.address else { continue };
            let decimals = client.view(address.0, IFomoERC20::decimalsCall {}).await;
            let decimals = decimals.with_context(|| format!("{name} is to be a token at {}.", address.0))?;
            ensure!(decimals == asset.decimals, "{name} has {decimals} decimals, and {} by the file.", asset.decimals);
        }
        let now = client.clock().await?;
        ensure!(
            self.journal.record.address("reward-distributor").is_ok() || now % 86_400 < 86_400 - BEFORE_MIDNIGHT,
            "It is {} on the chain: half an hour before midnight is too late for a deployment, whose first day could not be \
             reported. Run this again after midnight.",
            At(now)
        );
        // What was begun goes on: a season that it is too late for by now is proposed.
        if !self.journal.record.steps.is_empty() {
            return Ok(());
        }
        let soonest = now.saturating_add(settings.delay.0.max(DEFAULT_DELAY)).saturating_add(MARGIN);
        for (number, season) in (2..).zip(&settings.rewards.seasons) {
            ensure!(
                season.start.0.saturating_mul(86_400) >= soonest,
                "Season {number} has to begin after {}: people have to know of it for as long as the delay of parameters.",
                At(soonest)
            );
        }
        Ok(())
    }

    /// All contracts, in the order in which they need one another.
    pub async fn contracts(&mut self) -> Result<()> {
        // Contracts are constructed by the deployer, whoever goes on.
        let (me, settings) = (self.journal.deployer()?, self.settings);
        let roles = &settings.roles;
        let (guardian, treasury) = (roles.guardian.0, roles.treasury.0);
        self.deployer().await?;
        let flock = self.flock(me).await?;
        let implementation = self.program("model-token", Vec::new()).await?;
        let vesting = self.bare("vesting").await?;
        let (desk, office) =
            (self.bare("reward-distributor-desk").await?, self.bare("reward-distributor-office").await?);
        let arguments = (desk, office, me, guardian, flock).abi_encode();
        let rewards = self.program("reward-distributor", arguments).await?;
        let (desk, office) = (self.bare("launchpad-desk").await?, self.bare("launchpad-office").await?);
        let arguments = (desk, office, me, guardian, flock, implementation, vesting, rewards, treasury).abi_encode();
        let launchpad = self.program("launchpad", arguments).await?;
        let desk = self.bare("stake-registry-desk").await?;
        self.program("stake-registry", (desk, me, guardian, flock, launchpad).abi_encode()).await?;
        for (name, venue) in &settings.venues {
            let factory = match &venue.factory {
                Some(factory) => self.existing(&format!("{name}-factory"), factory.0).await?,
                None => self.factory(name, me).await?,
            };
            let arguments = (me, guardian, flock, factory, treasury).abi_encode();
            self.program(&format!("adapter-{name}"), arguments).await?;
        }
        let desk = self.bare("revenue-splitter-desk").await?;
        let sink = settings.revenue.sink.map_or(Address::ZERO, |sink| sink.0);
        let arguments = (desk, me, guardian, flock, launchpad, treasury, roles.compute.0, sink).abi_encode();
        self.program("revenue-splitter", arguments).await?;
        for (name, asset) in &settings.revenue.assets {
            match &asset.address {
                Some(address) => self.existing(name, address.0).await?,
                None => self.program_as(name, "usd", me.abi_encode()).await?,
            };
        }
        self.bare("lens").await?;
        Ok(())
    }

    /// StylusDeployer: the chain's, or one of one's own where there is none.
    async fn deployer(&mut self) -> Result<()> {
        if !self.journal.client.code(STYLUS_DEPLOYER).await?.is_empty() {
            return Ok(());
        }
        let code = tokio::task::spawn_blocking(npm::stylus_deployer).await??;
        self.create("stylus-deployer", init_code(&code)?, Vec::new()).await?;
        Ok(())
    }

    async fn flock(&mut self, me: Address) -> Result<Address> {
        match (&self.settings.flock.address, &self.settings.flock.supply) {
            (Some(address), _) => self.existing("flock", address.0).await,
            (None, Some(supply)) => self.program("flock", (me, supply.0).abi_encode()).await,
            (None, None) => bail!("There is no FLOCK."),
        }
    }

    /// What has been on the chain before.
    async fn existing(&mut self, name: &str, address: Address) -> Result<Address> {
        let code = self.journal.client.code(address).await?;
        ensure!(!code.is_empty(), "There is nothing at {address}, which is to be {name}.");
        self.write_down(name, Contract { address, code_hash: keccak256(&code), ..Contract::default() })
    }

    /// A venue of a local chain.
    async fn factory(&mut self, venue: &str, me: Address) -> Result<Address> {
        let name = format!("{venue}-factory");
        if venue == "uniswap-v2" {
            let uniswap = tokio::task::spawn_blocking(npm::uniswap_v2).await??;
            return self.create(&name, uniswap.factory, me.abi_encode()).await;
        }
        let aerodrome = tokio::task::spawn_blocking(solidity::aerodrome).await??;
        let pool = self.create("aerodrome-pool", aerodrome.pool, Vec::new()).await?;
        self.create(&name, aerodrome.factory, pool.abi_encode()).await
    }

    /// Deploys, activates and constructs a program in one transaction.
    async fn program(&mut self, contract: &str, arguments: Vec<u8>) -> Result<Address> {
        self.program_as(contract, contract, arguments).await
    }

    async fn program_as(&mut self, name: &str, contract: &str, arguments: Vec<u8>) -> Result<Address> {
        let code = code(contract).await?;
        let deployer = self.journal.created("stylus-deployer").unwrap_or(STYLUS_DEPLOYER);
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&code)?,
            initData: [CONSTRUCTOR.as_slice(), &arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let request = request(self.journal.sender()?, deployer, &call).with_value(U256::from(DATA_FEE_LIMIT));
        self.deployed(name, request, arguments, Some(&code)).await
    }

    /// Deploys and activates a program that has no constructor.
    async fn bare(&mut self, contract: &str) -> Result<Address> {
        let code = code(contract).await?;
        let creation = TransactionRequest::default().with_deploy_code(init_code(&code)?);
        let program = self.deployed(contract, creation, Vec::new(), Some(&code)).await?;
        let call = IArbWasm::activateProgramCall { program };
        let request = request(self.journal.sender()?, ARB_WASM, &call).with_value(U256::from(DATA_FEE_LIMIT));
        let name = format!("{contract}, activation");
        // Code that another copy of it has activated is active here too.
        if self.journal.is_done(&name) || !self.is_active(program).await? {
            self.journal.step(&name, request).await?;
        }
        Ok(program)
    }

    async fn is_active(&self, program: Address) -> Result<bool> {
        Ok(self.journal.client.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }).await.is_ok())
    }

    /// Creates an EVM contract.
    async fn create(&mut self, name: &str, code: Bytes, arguments: Vec<u8>) -> Result<Address> {
        let request = TransactionRequest::default().with_deploy_code([code.to_vec(), arguments.clone()].concat());
        self.deployed(name, request, arguments, None).await
    }

    /// Does a step that creates something, makes sure that it is what was sent, and writes down where it is.
    async fn deployed(
        &mut self,
        name: &str,
        request: TransactionRequest,
        arguments: Vec<u8>,
        sent: Option<&[u8]>,
    ) -> Result<Address> {
        let created = self.journal.step(name, request).await?;
        let address = created.with_context(|| format!("{name} has no address."))?;
        let code = self.journal.client.code(address).await?;
        ensure!(!code.is_empty(), "There is nothing at {address}, where {name} was deployed.");
        if let Some(sent) = sent {
            ensure!(code.as_ref() == sent, "The code of {name} at {address} is not what these sources build.");
        }
        let step = self.journal.record.steps.iter().find(|step| step.name == name);
        let (block, transaction) = step.map_or((0, None), |step| (step.block, Some(step.transaction)));
        let arguments = arguments.into();
        self.write_down(name, Contract { address, code_hash: keccak256(&code), arguments, block, transaction })
    }

    /// Writes a contract down the first time. What is written stays: whoever goes on may have another key, and other arguments by it.
    fn write_down(&mut self, name: &str, contract: Contract) -> Result<Address> {
        let address = contract.address;
        let known = self.journal.record.contracts.entry(name.to_owned()).or_insert(contract);
        ensure!(known.address == address, "{name} is at {} by the record, and at {address} now.", known.address);
        self.journal.save()?;
        Ok(address)
    }

    /// The adapters by their names.
    fn adapters(&self) -> impl Iterator<Item = String> {
        self.settings.venues.keys().map(|venue| format!("adapter-{venue}"))
    }

    /// What has roles and parameters.
    fn governed(&self) -> Vec<String> {
        GOVERNED.map(str::to_owned).into_iter().chain(self.adapters()).collect()
    }

    /// Every parameter of the suite that is to have a value, with it.
    pub async fn parameters(&self) -> Result<Vec<Parameter>> {
        let settings = self.settings;
        let (launch, stake, revenue) = (&settings.launch, &settings.stake, &settings.revenue);
        let account = |address: Address| U256::from_be_bytes(address.into_word().0);
        let roles = &settings.roles;
        let mut all = Parameters::default();
        let registry = self.journal.record.address("stake-registry")?;
        for contract in self.governed() {
            all.named(&contract, "DELAY", U256::from(settings.delay.0))?;
        }
        for adapter in self.adapters() {
            all.named(&adapter, "TREASURY", account(roles.treasury.0))?;
        }
        all.named("launchpad", "LAUNCH_FEE", launch.fee.0)?;
        all.named("launchpad", "TRADING_FEE", settings.trading_fee())?;
        all.named("launchpad", "PHI", U256::from(launch.phi.0))?;
        all.named("launchpad", "VESTING", settings.vesting())?;
        all.named("launchpad", "TREASURY", account(roles.treasury.0))?;
        all.named("stake-registry", "COOLDOWN", U256::from(stake.cooldown.0))?;
        all.named("stake-registry", "EPSILON", stake.epsilon.0)?;
        all.named("stake-registry", "LAMBDA", stake.lambda.0)?;
        all.named("stake-registry", "HALF", stake.half.0)?;
        all.named("stake-registry", "DISCOUNT_TIERS", settings.tiers())?;
        all.named("reward-distributor", "REGISTRY", account(registry))?;
        all.named("reward-distributor", "REPORTER", account(roles.reporter.0))?;
        all.named("revenue-splitter", "TREASURY", account(roles.treasury.0))?;
        all.named("revenue-splitter", "COMPUTE", account(roles.compute.0))?;
        all.named("revenue-splitter", "COMPUTE_LIMIT", U256::from(revenue.compute_limit.0))?;
        all.named("revenue-splitter", "INTERVAL", U256::from(revenue.interval.0))?;
        all.named("revenue-splitter", "KEEPER_ONLY", U256::from(revenue.keeper_only))?;
        all.named("revenue-splitter", "SINK", account(revenue.sink.map_or(Address::ZERO, |sink| sink.0)))?;
        self.keyed(&mut all).await?;
        Ok(all.0)
    }

    /// Parameters whose keys the contracts tell.
    async fn keyed(&self, all: &mut Parameters) -> Result<()> {
        let (client, record, settings) = (&self.journal.client, &self.journal.record, self.settings);
        let account = |address: Address| U256::from_be_bytes(address.into_word().0);
        let at = |name: &str| record.address(name);
        let (launchpad, rewards, splitter) = (at("launchpad")?, at("reward-distributor")?, at("revenue-splitter")?);
        // Nobody launches without a model type, and from the first launch on a venue would have to be proposed.
        for name in settings.venues.keys() {
            let venue = word(&name.to_uppercase().replace('-', "_"))?;
            let key = client.view(launchpad, ILaunchpad::venueKeyCall { venue }).await?;
            all.add("launchpad", format!("venue {name}"), key, account(at(&format!("adapter-{name}"))?));
        }
        for (name, targets) in &settings.launch.model_types {
            let key = client.view(launchpad, ILaunchpad::modelTypeKeyCall { modelTypeId: word(name)? }).await?;
            all.add("launchpad", format!("model type {name}"), key, targets.packed());
        }
        let key = client.view(rewards, IRewardDistributor::launchpadKeyCall { launchpad }).await?;
        all.add("reward-distributor", "launchpad".into(), key, U256::ONE);
        for (number, season) in (2..).zip(&settings.rewards.seasons) {
            let key = client.view(rewards, IRewardDistributor::seasonKeyCall { number }).await?;
            all.add("reward-distributor", format!("season {number}"), key, season.packed());
        }
        for (number, phase) in (1..).zip(&settings.rewards.phases) {
            let key = client.view(rewards, IRewardDistributor::phaseKeyCall { number }).await?;
            all.add("reward-distributor", format!("phase {number}"), key, phase.packed());
        }
        for (name, asset) in &settings.revenue.assets {
            let of_ = at(name)?;
            let via = asset.via.map_or(U256::ZERO, |via| account(via.0));
            let adapter = account(at(&format!("adapter-{}", asset.route))?);
            // A stablecoin is accepted last: what it is swapped by changes in two steps from then on.
            let values = [("ROUT", adapter), ("VIAT", via), ("SPND", asset.limits()?), ("ASST", U256::ONE)];
            for (kind, value) in values {
                let key = IRevenueSplitter::parameterKeyCall { kind: word(kind)?, of_ };
                let key = client.view(splitter, key).await?;
                all.add("revenue-splitter", format!("{kind} {name}"), key, value);
            }
        }
        Ok(())
    }

    /// Gives every parameter its value: at once where it has none, in two steps where the contract began with another, or it is too late for a
    /// first value.
    pub async fn set_parameters(&mut self) -> Result<Waiting> {
        let all = self.parameters().await?;
        let mut waiting = Waiting::default();
        // A season that waits has no value yet, and the next cannot come before it.
        let mut first_waits = false;
        for parameter in &all {
            let at = self.journal.record.address(&parameter.contract)?;
            let (key, value) = (parameter.key, parameter.value);
            let name = format!("{}, {}", parameter.contract, parameter.name);
            let present = self.journal.client.view(at, IAccess::parameterCall { key }).await.ok();
            if present == Some(value) {
                continue;
            }
            let season = present.is_none() && is_season(key);
            if season && first_waits {
                waiting.blocked.push(name);
                continue;
            }
            if present.is_none() && !(season && self.is_late(value).await?) {
                self.call(&name, at, IAccess::initializeParameterCall { key, value }).await?;
                continue;
            }
            if let Some(due) = self.change(&name, at, key, value).await? {
                waiting.due = Some(waiting.due.unwrap_or_default().max(due));
                first_waits |= season;
            }
        }
        self.journal.record.parameters = all;
        self.journal.save()?;
        Ok(waiting)
    }

    /// Whether a season begins so soon that the distributor takes no first value for it.
    async fn is_late(&self, season: U256) -> Result<bool> {
        let (client, rewards) = (&self.journal.client, self.journal.record.address("reward-distributor")?);
        let delay = client.view(rewards, IAccess::parameterCall { key: word("DELAY")? }).await?;
        let begins = (season >> SEASON_START).saturating_mul(U256::from(86_400));
        // A minute for the transaction itself.
        Ok(begins < U256::from(client.clock().await?.saturating_add(60)).saturating_add(delay))
    }

    /// Changes a parameter in two steps; from when the second can be done, where that is not yet.
    async fn change(&mut self, name: &str, at: Address, key: B256, value: U256) -> Result<Option<u64>> {
        let client = &self.journal.client;
        let proposed = client.view(at, IAccess::proposedParameterCall { key }).await?;
        let expired = client.now().await? > proposed.due.saturating_add(VALID_FOR);
        if proposed.due == 0 || proposed.value != value || expired {
            let name = self.journal.again(&format!("{name}, proposal"));
            self.call(&name, at, IAccess::proposeParameterCall { key, value }).await?;
        }
        let client = &self.journal.client;
        let due = client.view(at, IAccess::proposedParameterCall { key }).await?.due;
        if client.now().await? < due {
            return Ok(Some(due));
        }
        let name = self.journal.again(&format!("{name}, execution"));
        let request = request(self.journal.sender()?, at, &IAccess::executeParameterCall { key });
        self.journal.step_of_anybody(&name, request).await?;
        Ok(None)
    }

    async fn call<C: SolCall>(&mut self, name: &str, to: Address, call: C) -> Result<()> {
        let request = request(self.journal.sender()?, to, &call);
        self.journal.step(name, request).await?;
        Ok(())
    }

    /// Proposes who is to have which role; what is left for others to accept, as contract and role.
    pub async fn hand_over(&mut self) -> Result<BTreeMap<Address, Vec<(String, B256)>>> {
        let (me, roles) = (self.journal.sender()?, self.settings.roles.clone());
        let mut wanted = vec![("revenue-splitter".to_owned(), "SETTLER", roles.settler.0)];
        wanted.extend(roles.keeper.map(|keeper| ("revenue-splitter".to_owned(), "KEEPER", keeper.0)));
        // The admin's role goes last: nothing can be proposed without it.
        wanted.extend(self.governed().into_iter().map(|contract| (contract, "ADMIN", roles.admin.0)));
        let mut open: BTreeMap<Address, Vec<(String, B256)>> = BTreeMap::new();
        for (contract, role_name, account) in wanted {
            let (at, role) = (self.journal.record.address(&contract)?, word(role_name)?);
            let client = &self.journal.client;
            if client.view(at, IAccess::roleHolderCall { role }).await? == account {
                continue;
            }
            if client.view(at, IAccess::proposedRoleHolderCall { role }).await? != account {
                let name = self.journal.again(&format!("{contract}, {role_name} to {account}"));
                self.call(&name, at, IAccess::proposeRoleCall { role, account }).await?;
            }
            if account == me {
                let name = self.journal.again(&format!("{contract}, {role_name} accepted"));
                let request = request(me, at, &IAccess::acceptRoleCall { role });
                self.journal.step_of_anybody(&name, request).await?;
            } else {
                open.entry(account).or_default().push((contract, role));
            }
        }
        Ok(open)
    }
}

/// What cannot be done yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// When what was proposed can be executed.
    pub due: Option<u64>,
    /// What can only be set after that, by the deployer.
    pub blocked: Vec<String>,
}

/// Whether a key is a season's: ASCII and its number in the last byte.
fn is_season(key: B256) -> bool {
    key.starts_with(b"SEAS")
}

/// Parameters being listed.
#[derive(Default)]
struct Parameters(Vec<Parameter>);

impl Parameters {
    fn named(&mut self, contract: &str, name: &str, value: U256) -> Result<()> {
        self.add(contract, name.to_owned(), word(name)?, value);
        Ok(())
    }

    fn add(&mut self, contract: &str, name: String, key: B256, value: U256) {
        self.0.push(Parameter { contract: contract.to_owned(), name, key, value });
    }
}

/// The deployable code of a contract of the suite.
async fn code(contract: &str) -> Result<Bytes> {
    let contract = contract.to_owned();
    tokio::task::spawn_blocking(move || build::code(&contract)).await?
}

/// Creation code that returns `code`.
fn init_code(code: &[u8]) -> Result<Bytes> {
    let [_, high, middle, low] = u32::try_from(code.len())?.to_be_bytes();
    // PUSH3 length, DUP1, PUSH1 11 (this prologue), PUSH0, CODECOPY, PUSH0, RETURN
    let prologue = [0x62, high, middle, low, 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3];
    Ok([&prologue, code].concat().into())
}
