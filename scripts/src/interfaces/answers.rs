//! The programs on a chain, and which selectors they answer to.

use std::collections::BTreeMap;

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::json_abi::Function;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, Selector, TxKind, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolEvent, SolValue};
use anyhow::{Context, Result, bail, ensure};
use fomo_chain::precompiles::ARB_WASM;
use fomo_chain::{Config, Execution};
use fomo_wasm::{Rules, code};

use crate::abi::{IArbWasm, IStylusDeployer};
use crate::devnet::STYLUS_DEPLOYER;
use crate::ui::Task;
use crate::{build, npm};

/// What a constructor answers to: it is in no interface.
pub const CONSTRUCTOR: Selector = Selector::new([0x55, 0x85, 0x25, 0x8d]);
/// Gas limit of a transaction.
const GAS: u64 = 28_000_000;
/// Wei sent along for an activation, more than it costs.
const DATA_FEE: u128 = 10_000_000_000_000_000;
/// How many selectors that mean nothing each contract is asked for.
const MADE_UP: u64 = 100;

/// A chain with every contract on it, each constructed; what they know of each other is no more than it takes to be called.
pub struct Chain {
    chain: fomo_chain::Chain,
    contracts: BTreeMap<&'static str, Address>,
}

impl Chain {
    /// Deploys every contract.
    ///
    /// # Errors
    /// When one cannot be built or deployed.
    pub fn start(task: &Task) -> Result<Self> {
        let mut chain = Self { chain: fomo_chain::Chain::new(Config::default()), contracts: BTreeMap::new() };
        chain.chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer()?);
        task.say("deploying");
        chain.deploy()?;
        Ok(chain)
    }

    fn deploy(&mut self) -> Result<()> {
        let [admin, guardian, treasury] = [1, 2, 3].map(Address::with_last_byte);
        let flock = self.construct("Flock", "flock", &(admin, U256::MAX >> 128).abi_encode())?;
        self.construct("Usd", "usd", &admin.abi_encode())?;
        let token = self.construct("ModelToken", "model-token", &[])?;
        let vesting = self.bare("Vesting", "vesting")?;
        let (desk, office) = (self.bare("", "reward-distributor-desk")?, self.bare("", "reward-distributor-office")?);
        let arguments = (desk, office, admin, guardian, flock).abi_encode();
        let rewards = self.construct("RewardDistributor", "reward-distributor", &arguments)?;
        self.bare("Lens", "lens")?;
        let (desk, office) = (self.bare("", "launchpad-desk")?, self.bare("", "launchpad-office")?);
        let arguments = (desk, office, admin, guardian, flock, token, vesting, rewards, treasury).abi_encode();
        let launchpad = self.construct("Launchpad", "launchpad", &arguments)?;
        let desk = self.bare("", "stake-registry-desk")?;
        self.construct("StakeRegistry", "stake-registry", &(desk, admin, guardian, flock, launchpad).abi_encode())?;
        let desk = self.bare("", "revenue-splitter-desk")?;
        let arguments = (desk, admin, guardian, flock, launchpad, treasury, treasury, Address::ZERO).abi_encode();
        self.construct("RevenueSplitter", "revenue-splitter", &arguments)?;
        for (name, program) in [("UniswapV2Adapter", "adapter-uniswap-v2"), ("AerodromeAdapter", "adapter-aerodrome")] {
            self.construct(name, program, &(admin, guardian, flock, flock, treasury).abi_encode())?;
        }
        Ok(())
    }

    fn construct(&mut self, name: &'static str, program: &'static str, arguments: &[u8]) -> Result<Address> {
        let call = IStylusDeployer::deployCall {
            bytecode: creation(&build::code(program)?)?,
            initData: [CONSTRUCTOR.as_slice(), arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let execution = self.send(Some(STYLUS_DEPLOYER), call.abi_encode().into(), DATA_FEE)?;
        let topic = IStylusDeployer::ContractDeployed::SIGNATURE_HASH;
        let log = execution.logs.iter().find(|log| log.topics().first() == Some(&topic));
        let log = log.with_context(|| format!("{program} was not deployed: {:?}", execution.outcome))?;
        let address = IStylusDeployer::ContractDeployed::decode_log_data(&log.data)?.deployedContract;
        self.contracts.insert(name, address);
        Ok(address)
    }

    fn bare(&mut self, name: &'static str, program: &'static str) -> Result<Address> {
        let execution = self.send(None, creation(&build::code(program)?)?, 0)?;
        let address = execution.created.with_context(|| format!("{program} was not deployed."))?;
        let activation = IArbWasm::activateProgramCall { program: address }.abi_encode();
        let execution = self.send(Some(ARB_WASM), activation.into(), DATA_FEE)?;
        ensure!(execution.success(), "{program} was not activated.");
        self.contracts.insert(name, address);
        Ok(address)
    }

    fn send(&mut self, to: Option<Address>, data: Bytes, value: u128) -> Result<Execution> {
        let from = self.chain.accounts().first().copied();
        let to = Some(to.map_or(TxKind::Create, TxKind::Call));
        let request = TransactionRequest { from, to, gas: Some(GAS), ..Default::default() };
        let hash = self.chain.submit_request(request.with_input(data).with_value(U256::from(value)))?;
        Ok(self.chain.receipt(hash).context("The transaction was not mined.")?.execution.clone())
    }

    /// Whether a contract has a function for this call, be it to refuse it with a reason: of what it does not know it says `unknown`.
    ///
    /// # Errors
    /// When there is no such contract.
    pub fn answers(&self, contract: &str, data: &[u8], unknown: &[u8]) -> Result<bool> {
        let to = *self.contracts.get(contract).with_context(|| format!("There is no {contract}."))?;
        let request = TransactionRequest { gas: Some(GAS), ..Default::default() };
        let request = request.with_to(to).with_input(data.to_vec());
        let said = self.chain.call(&request, self.chain.head(), &Default::default(), &Default::default())?;
        Ok(said.success() || said.output[..] != *unknown)
    }
}

/// The WASM of a program.
///
/// # Errors
/// When it cannot be built.
pub fn wasm(program: &str) -> Result<Vec<u8>> {
    match code::decode(&build::code(program)?, &Rules::default()) {
        Ok(wasm) => Ok(wasm),
        Err(refusal) => bail!("{program} is no program: {refusal}."),
    }
}

/// A well-formed call.
///
/// # Errors
/// When an argument's type is not known.
pub fn call_data(function: &Function) -> Result<Vec<u8>> {
    let values: Vec<_> = function.inputs.iter().map(|input| Ok(value(&input.resolve()?))).collect::<Result<_>>()?;
    Ok(function.abi_encode_input(&values)?)
}

/// Some value of a type.
fn value(kind: &DynSolType) -> DynSolValue {
    match kind {
        DynSolType::Bool => DynSolValue::Bool(true),
        DynSolType::Uint(bits) => DynSolValue::Uint(U256::ONE, *bits),
        DynSolType::FixedBytes(len) => DynSolValue::FixedBytes(B256::with_last_byte(1), *len),
        DynSolType::String => DynSolValue::String("a text".into()),
        DynSolType::Bytes => DynSolValue::Bytes(vec![1; 48]),
        DynSolType::Array(of) => DynSolValue::Array(vec![value(of); 2]),
        DynSolType::Tuple(of) => DynSolValue::Tuple(of.iter().map(value).collect()),
        _ => DynSolValue::Address(Address::repeat_byte(0xAB)),
    }
}

/// Calls with no words, with a few and with more than any function has: the tokens' router wants exactly as many as the function has.
pub fn with_zeros(selector: Selector) -> impl Iterator<Item = Vec<u8>> {
    [16, 0, 1, 2, 3, 4, 5, 7].into_iter().map(move |words| [selector.as_slice(), &vec![0; words * 32]].concat())
}

/// Selectors that nobody means.
pub fn made_up() -> impl Iterator<Item = Selector> {
    (0..MADE_UP).map(|seed| Selector::from_slice(keccak256(seed.to_be_bytes()).get(..4).unwrap_or(&[0; 4])))
}

/// Creation code that returns `code`: PUSH3 length, DUP1, PUSH1 11 (this prologue), PUSH0, CODECOPY, PUSH0, RETURN.
fn creation(code: &[u8]) -> Result<Bytes> {
    let [_, high, middle, low] = u32::try_from(code.len())?.to_be_bytes();
    let prologue = [0x62, high, middle, low, 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3];
    Ok([&prologue, code].concat().into())
}
