//! A chain of the demo's own, spoken to over JSON-RPC like any other.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use alloy::consensus::BlockHeader;
use alloy::eips::BlockId;
use alloy::network::{BlockResponse, EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolError, SolEvent};
use anyhow::{Context, Result, ensure};
use fomo_chain::precompiles::ARB_WASM;
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;
use fomo_wasm::code::is_program;

use crate::abi::{IArbWasm, IStylusDeployer};
use crate::devnet::STYLUS_DEPLOYER;
use crate::{build, npm};

/// What a Stylus constructor answers to, whatever its parameters and its name in the source.
const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];
/// Wei that activation may cost at most; what it does not cost comes back.
const DATA_FEE_LIMIT: u128 = 10_000_000_000_000_000;
/// Gas limit of transactions: given, so that none has to be estimated.
const GAS: u64 = 30_000_000;

/// A chain that is served, and a wallet with the keys of its accounts. Its clock stands still unless it is put forward.
pub struct Node {
    server: Server,
    provider: DynProvider,
    keys: Vec<PrivateKeySigner>,
    time: AtomicU64,
    /// Every program that was deployed.
    programs: Mutex<Vec<Address>>,
    /// Whether it was put back: then the provider's nonces are those of what happened no longer.
    put_back: AtomicBool,
}

impl Node {
    /// Starts a chain with StylusDeployer on it.
    pub async fn start(config: Config) -> Result<Self> {
        let deployer = tokio::task::spawn_blocking(npm::stylus_deployer).await??;
        let mut chain = Chain::new(config);
        chain.set_code(STYLUS_DEPLOYER, deployer);
        let keys = chain.development_keys().to_vec();
        let server = Server::start(chain, ([127, 0, 0, 1], 0).into()).await?;
        let mut wallet = EthereumWallet::default();
        for key in &keys {
            wallet.register_signer(key.clone());
        }
        let provider = ProviderBuilder::new().wallet(wallet).connect_http(server.url().parse()?).erased();
        let head = provider.get_block(BlockId::latest()).await?.context("The chain has no block.")?;
        let time = AtomicU64::new(head.header().timestamp());
        let programs = Mutex::default();
        Ok(Self { server, provider, keys, time, programs, put_back: AtomicBool::new(false) })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What speaks to it, with a key for each of its accounts.
    pub fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The key of an account.
    pub fn key(&self, index: usize) -> Result<&PrivateKeySigner> {
        self.keys.get(index).context("The chain has too few accounts.")
    }

    /// Ends it.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// The time, in seconds.
    pub fn now(&self) -> u64 {
        self.time.load(Ordering::Relaxed)
    }

    /// Puts the clock forward to a time.
    pub async fn go_to(&self, time: u64) -> Result<()> {
        self.time.store(time, Ordering::Relaxed);
        self.stand_still().await?;
        let _: String = self.provider.raw_request(Cow::Borrowed("evm_mine"), ()).await?;
        Ok(())
    }

    /// The next block has the time that it is.
    async fn stand_still(&self) -> Result<()> {
        let (method, time) = (Cow::Borrowed("evm_setNextBlockTimestamp"), self.now());
        let _: Option<String> = self.provider.raw_request(method, (time,)).await?;
        Ok(())
    }

    /// The chain as it is, to come back to.
    pub async fn snapshot(&self) -> Result<(String, u64)> {
        let id = self.provider.raw_request(Cow::Borrowed("evm_snapshot"), ()).await?;
        Ok((id, self.now()))
    }

    /// Puts everything back to how it was at a snapshot, the clock too.
    pub async fn put_back(&self, (id, time): (String, u64)) -> Result<()> {
        let done: bool = self.provider.raw_request(Cow::Borrowed("evm_revert"), (id,)).await?;
        ensure!(done, "The chain did not go back to its snapshot.");
        self.put_back.store(true, Ordering::Relaxed);
        self.go_to(time).await
    }

    /// Sends a transaction, which has to succeed.
    pub async fn submit(&self, mut request: TransactionRequest) -> Result<TransactionReceipt> {
        self.stand_still().await?;
        if self.put_back.load(Ordering::Relaxed) {
            let from = request.from.context("A transaction is from nobody.")?;
            request.nonce = Some(self.provider.get_transaction_count(from).await?);
        }
        let pending = self.provider.send_transaction(request.with_gas_limit(GAS)).await?;
        // The chain mines every transaction at once: there is nothing to wait for.
        let receipt = self.provider.get_transaction_receipt(*pending.tx_hash()).await?;
        let receipt = receipt.context("The chain did not mine the transaction.")?;
        ensure!(receipt.status(), "The transaction {} failed.", receipt.transaction_hash);
        Ok(receipt)
    }

    /// Calls a contract in a transaction, which has to succeed.
    pub async fn send<C: SolCall>(&self, from: Address, to: Address, call: C) -> Result<TransactionReceipt> {
        self.submit(request(from, to, call)).await.with_context(|| format!("{} failed.", C::SIGNATURE))
    }

    /// Calls a contract in a transaction that has to emit an event; the event and the gas.
    pub async fn send_for<C: SolCall, E: SolEvent>(&self, from: Address, to: Address, call: C) -> Result<(E, u64)> {
        let receipt = self.send(from, to, call).await?;
        let event = receipt.decoded_log::<E>().with_context(|| format!("There was no {}.", E::SIGNATURE))?;
        Ok((event.data, receipt.gas_used))
    }

    /// Runs a view, in the second in which the next transaction would be.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.stand_still().await?;
        let output = self.provider.call(request(Address::ZERO, to, call)).block(BlockId::latest()).await;
        let output = output.with_context(|| format!("{} failed.", C::SIGNATURE))?;
        Ok(C::abi_decode_returns_validate(&output)?)
    }

    /// Makes sure that a call is refused with this error.
    pub async fn refused<C: SolCall, E: SolError>(&self, from: Address, to: Address, call: C, _: E) -> Result<()> {
        let result = self.provider.call(request(from, to, call)).block(BlockId::latest()).await;
        let data = result.err().and_then(|error| error.as_error_resp()?.as_revert_data());
        ensure!(
            data.is_some_and(|data| data.starts_with(&E::SELECTOR)),
            "{} was to be refused with {}.",
            C::SIGNATURE,
            E::SIGNATURE
        );
        Ok(())
    }

    /// Deploys, activates and constructs a contract of the suite in one transaction: where it is, and the gas.
    pub async fn deploy(&self, from: Address, contract: &'static str, arguments: &[u8]) -> Result<(Address, u64)> {
        let code = code(contract).await?;
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&code)?,
            initData: [CONSTRUCTOR.as_slice(), arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let request = request(from, STYLUS_DEPLOYER, call).with_value(U256::from(DATA_FEE_LIMIT));
        let receipt = self.submit(request).await.with_context(|| format!("{contract} was not deployed."))?;
        let event = receipt.decoded_log::<IStylusDeployer::ContractDeployed>();
        let event = event.context("StylusDeployer did not say what it deployed.")?;
        self.note(event.deployedContract);
        Ok((event.deployedContract, receipt.gas_used))
    }

    /// Deploys and activates a contract of the suite that has no constructor.
    pub async fn deploy_bare(&self, from: Address, contract: &'static str) -> Result<Address> {
        let program = self.create(from, init_code(&code(contract).await?)?).await?.0;
        self.activate(from, program).await.with_context(|| format!("{contract} was not activated."))?;
        self.note(program);
        Ok(program)
    }

    async fn activate(&self, from: Address, program: Address) -> Result<TransactionReceipt> {
        let call = IArbWasm::activateProgramCall { program };
        self.submit(request(from, ARB_WASM, call).with_value(U256::from(DATA_FEE_LIMIT))).await
    }

    /// Remembers a program. Whoever panicked with the list left it whole.
    fn note(&self, program: Address) {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner).push(program);
    }

    /// Activates every program again once all have expired, as any stranger can. Equal code is activated once.
    pub async fn reactivate(&self, stranger: Address) -> Result<()> {
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut activated = BTreeSet::new();
        for program in programs {
            let code = self.provider.get_code_at(program).await?;
            if is_program(&code) && activated.insert(keccak256(&code)) {
                self.activate(stranger, program)
                    .await
                    .with_context(|| format!("{program} was not activated again."))?;
            }
        }
        Ok(())
    }

    /// Creates a contract: where it is, and the gas.
    pub async fn create(&self, from: Address, creation_code: Bytes) -> Result<(Address, u64)> {
        let request =
            TransactionRequest { from: Some(from), to: Some(TxKind::Create), ..TransactionRequest::default() };
        let receipt = self.submit(request.with_input(creation_code)).await?;
        Ok((receipt.contract_address.context("What was created has no address.")?, receipt.gas_used))
    }
}

/// The deployable code of a contract of the suite.
pub async fn code(contract: &'static str) -> Result<Bytes> {
    tokio::task::spawn_blocking(move || build::code(contract)).await?
}

fn request<C: SolCall>(from: Address, to: Address, call: C) -> TransactionRequest {
    TransactionRequest { from: Some(from), ..TransactionRequest::default() }.with_to(to).with_input(call.abi_encode())
}

/// Creation code that returns `code`.
fn init_code(code: &[u8]) -> Result<Bytes> {
    let [_, high, middle, low] = u32::try_from(code.len())?.to_be_bytes();
    // PUSH3 length, DUP1, PUSH1 11 (this prologue), PUSH0, CODECOPY, PUSH0, RETURN
    let prologue = [0x62, high, middle, low, 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3];
    Ok([&prologue, code].concat().into())
}
