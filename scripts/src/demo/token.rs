//! Chapter 1: a Stylus chain, and the Model Token on it.

use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct};
use anyhow::{Context, Result, ensure};
use fomo_chain::precompiles::{ARB_WASM, ARB_WASM_CACHE};
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;

use super::{Chapter, Story};
use crate::devnet::STYLUS_DEPLOYER;
use crate::ui::number;
use crate::{build, npm};
use abi::{IArbWasm, IArbWasmCache, IFomoERC20, IModelToken, IStylusDeployer, Permit};

/// What the chapter calls. Interfaces of others are as they are published.
#[allow(missing_docs, clippy::too_many_arguments)]
mod abi {
    alloy::sol!(
        #[sol(rpc)]
        "../abi/IFomoERC20.sol"
    );
    alloy::sol!(
        #[sol(rpc)]
        "../abi/IModelToken.sol"
    );
    alloy::sol! {
        #[sol(rpc)]
        interface IStylusDeployer {
            function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
            event ContractDeployed(address deployedContract);
        }

        #[sol(rpc)]
        interface IArbWasm {
            function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
            function programTimeLeft(address program) external view returns (uint64 secs);
        }

        #[sol(rpc)]
        interface IArbWasmCache {
            function cacheProgram(address program) external;
        }

        struct Permit {
            address owner;
            address spender;
            uint256 value;
            uint256 nonce;
            uint256 deadline;
        }
    }
}

/// Selector that a Stylus contract's constructor without arguments answers to, whatever its name in the source.
const CONSTRUCTOR: [u8; 4] = [0x55, 0x85, 0x25, 0x8d];
/// Wei that activation may cost at most; the deployer gives the rest back.
const DATA_FEE_LIMIT: u128 = 10_000_000_000_000_000;
/// One MT in its smallest unit.
const MT: u128 = 1_000_000_000_000_000_000;

/// The chapter.
pub const CHAPTER: Chapter =
    Chapter { title: "A Stylus chain, and the Model Token on it", tell: |story| Box::pin(tell(story)) };

async fn tell(story: &mut Story) -> Result<()> {
    let code = tokio::task::spawn_blocking(|| build::code("model-token")).await??;
    let deployer = tokio::task::spawn_blocking(npm::stylus_deployer).await??;
    let mut chain = Chain::new(Config::default());
    chain.set_code(STYLUS_DEPLOYER, deployer);
    let keys = chain.development_keys().to_vec();
    let server = Server::start(chain, ([127, 0, 0, 1], 0).into()).await?;
    story.say(format!("The chain answers at {}.", server.url()));
    let [alice, bob, carol, ..] = keys.as_slice() else { anyhow::bail!("The chain has no accounts.") };
    let result = Actors::new(&server, alice, bob, carol)?.act(story, &code).await;
    server.stop().await;
    result
}

/// Who takes part: Alice deploys and issues, Bob uses the token, Carol pays gas for others' signatures.
struct Actors<P> {
    provider: P,
    alice: PrivateKeySigner,
    bob: Address,
    carol: Address,
}

impl Actors<()> {
    fn new(
        server: &Server,
        alice: &PrivateKeySigner,
        bob: &PrivateKeySigner,
        carol: &PrivateKeySigner,
    ) -> Result<Actors<impl Provider + Clone>> {
        let mut wallet = EthereumWallet::from(alice.clone());
        wallet.register_signer(bob.clone());
        wallet.register_signer(carol.clone());
        let provider = ProviderBuilder::new().wallet(wallet).connect_http(server.url().parse()?);
        Ok(Actors { provider, alice: alice.clone(), bob: bob.address(), carol: carol.address() })
    }
}

impl<P: Provider + Clone> Actors<P> {
    async fn act(&self, story: &mut Story, code: &Bytes) -> Result<()> {
        let implementation = self.deploy(story, code).await?;
        let token = self.launch(story, implementation).await?;
        self.transfer(story, token, "transfer to a new holder, program not cached").await?;
        self.cache(story, implementation).await?;
        self.transfer(story, token, "transfer to the same holder, program cached").await?;
        self.permit(story, token).await?;
        self.burn(story, token).await
    }

    /// Deploys, activates and locks the implementation, in one transaction.
    async fn deploy(&self, story: &mut Story, code: &Bytes) -> Result<Address> {
        let deployer = IStylusDeployer::new(STYLUS_DEPLOYER, &self.provider);
        let receipt = deployer
            .call_builder(&IStylusDeployer::deployCall {
                bytecode: init_code(code)?,
                initData: CONSTRUCTOR.into(),
                initValue: U256::ZERO,
                salt: B256::with_last_byte(1),
            })
            .value(U256::from(DATA_FEE_LIMIT))
            .send()
            .await?
            .get_receipt()
            .await?;
        let receipt = succeeded(receipt)?;
        let event = receipt
            .decoded_log::<IStylusDeployer::ContractDeployed>()
            .context("StylusDeployer did not say what it deployed.")?;
        let implementation = event.deployedContract;
        story.gas("deploy, activate and lock the implementation", receipt.gas_used);
        let wasm = IArbWasm::new(ARB_WASM, &self.provider);
        let days = wasm.programTimeLeft(implementation).call().await? / 86_400;
        let entry = wasm.programInitGas(implementation).call().await?;
        story.say(format!(
            "Alice deploys the token's implementation: {} bytes of Stylus code.",
            number(code.len() as u64)
        ));
        story.say(format!(
            "It is active for {days} days. Entering it costs {} gas, {} once it is cached.",
            number(entry.gas),
            number(entry.gasWhenCached)
        ));
        Ok(implementation)
    }

    /// Clones the implementation and makes the clone a token. The launchpad will do both in one transaction.
    async fn launch(&self, story: &mut Story, implementation: Address) -> Result<Address> {
        let alice = self.alice.address();
        let request =
            TransactionRequest { from: Some(alice), to: Some(TxKind::Create), ..TransactionRequest::default() }
                .with_input(clone_code(implementation));
        let receipt = succeeded(self.provider.send_transaction(request).await?.get_receipt().await?)?;
        let token = receipt.contract_address.context("The clone has no address.")?;
        story.gas("clone it (ERC-1167)", receipt.gas_used);
        let contract = IModelToken::new(token, &self.provider);
        let (launch, model) = (keccak256("launch 1"), keccak256("flock-chat"));
        let receipt = contract
            .initialize(alice, launch, model, alice, "Chat Model".into(), "CHAT".into(), "ipfs://chat".into())
            .from(alice)
            .send()
            .await?
            .get_receipt()
            .await?;
        story.gas("initialise the clone", succeeded(receipt)?.gas_used);
        let again = contract
            .initialize(alice, launch, model, alice, "Again".into(), "TWICE".into(), String::new())
            .from(alice)
            .call()
            .await;
        ensure!(again.is_err(), "The token could be initialised twice.");
        let locked = IModelToken::new(implementation, &self.provider)
            .initialize(alice, launch, model, alice, "Bare".into(), "BARE".into(), String::new())
            .from(alice)
            .call()
            .await;
        ensure!(locked.is_err(), "The bare implementation could be initialised.");
        let erc20 = IFomoERC20::new(token, &self.provider);
        let (symbol, supply) = (erc20.symbol().call().await?, erc20.totalSupply().call().await?);
        story.say(format!("A clone becomes {symbol}: {} tokens, all with Alice.", amount(supply)));
        story.say("Initialising it again, or the bare implementation, is refused.");
        Ok(token)
    }

    async fn transfer(&self, story: &mut Story, token: Address, what: &str) -> Result<()> {
        let erc20 = IFomoERC20::new(token, &self.provider);
        let value = U256::from(100 * MT);
        let receipt = erc20.transfer(self.bob, value).from(self.alice.address()).send().await?.get_receipt().await?;
        let receipt = succeeded(receipt)?;
        ensure!(receipt.logs().len() == 1, "A transfer has one event.");
        story.gas(what, receipt.gas_used);
        let balance = erc20.balanceOf(self.bob).call().await?;
        story.say(format!("Alice sends Bob 100; he has {}.", amount(balance)));
        Ok(())
    }

    async fn cache(&self, story: &mut Story, implementation: Address) -> Result<()> {
        let cache = IArbWasmCache::new(ARB_WASM_CACHE, &self.provider);
        let alice = self.alice.address();
        let receipt = cache.cacheProgram(implementation).from(alice).send().await?.get_receipt().await?;
        story.gas("put the program into the cache", succeeded(receipt)?.gas_used);
        story.say("The chain's owner caches the program; every clone of it is cheaper from now on.");
        Ok(())
    }

    /// Alice signs, Carol pays: she submits the permit and moves the tokens to herself.
    async fn permit(&self, story: &mut Story, token: Address) -> Result<()> {
        let erc20 = IFomoERC20::new(token, &self.provider);
        let (alice, value) = (self.alice.address(), U256::from(50 * MT));
        let domain = IModelToken::new(token, &self.provider).eip712Domain().call().await?;
        let domain = Eip712Domain {
            name: Some(domain.name.into()),
            version: Some(domain.version.into()),
            chain_id: Some(domain.chainId),
            verifying_contract: Some(domain.verifyingContract),
            salt: None,
        };
        let nonce = erc20.nonces(alice).call().await?;
        let permit = Permit { owner: alice, spender: self.carol, value, nonce, deadline: U256::MAX };
        let signature = self.alice.sign_hash_sync(&permit.eip712_signing_hash(&domain))?;
        let (v, r, s) = (27 + u8::from(signature.v()), signature.r().into(), signature.s().into());
        let receipt = erc20
            .permit(alice, self.carol, value, U256::MAX, v, r, s)
            .from(self.carol)
            .send()
            .await?
            .get_receipt()
            .await?;
        story.gas("permit", succeeded(receipt)?.gas_used);
        let replay = erc20.permit(alice, self.carol, value, U256::MAX, v, r, s).from(self.carol).call().await;
        ensure!(replay.is_err(), "A permit could be used twice.");
        let moved = erc20.transferFrom(alice, self.carol, value).from(self.carol).send().await?.get_receipt().await?;
        story.gas("transferFrom to a new holder", succeeded(moved)?.gas_used);
        story.say("Alice signs a permit, Carol submits it and takes 50; the same permit works only once.");
        Ok(())
    }

    async fn burn(&self, story: &mut Story, token: Address) -> Result<()> {
        let value = U256::from(200 * MT);
        let contract = IModelToken::new(token, &self.provider);
        let receipt = succeeded(contract.burn(value).from(self.bob).send().await?.get_receipt().await?)?;
        story.gas("burn all of a balance", receipt.gas_used);
        let erc20 = IFomoERC20::new(token, &self.provider);
        let (supply, left) = (erc20.totalSupply().call().await?, erc20.balanceOf(self.bob).call().await?);
        ensure!(left.is_zero(), "Bob burned all that he had.");
        ensure!(supply == U256::from(1_000_000 * MT) - value, "What was burned left the supply.");
        story.say(format!("Bob burns his 200: {} tokens are left.", amount(supply)));
        Ok(())
    }
}

fn succeeded(receipt: TransactionReceipt) -> Result<TransactionReceipt> {
    ensure!(receipt.status(), "The transaction {} failed.", receipt.transaction_hash);
    Ok(receipt)
}

/// Whole tokens, for people.
fn amount(value: U256) -> String {
    number(u64::try_from(value / U256::from(MT)).unwrap_or(u64::MAX))
}

/// Creation code that returns `code`.
fn init_code(code: &[u8]) -> Result<Bytes> {
    let [_, high, middle, low] = u32::try_from(code.len())?.to_be_bytes();
    // PUSH3 length, DUP1, PUSH1 11 (this prologue), PUSH0, CODECOPY, PUSH0, RETURN
    let prologue = [0x62, high, middle, low, 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3];
    Ok([&prologue, code].concat().into())
}

/// Creation code of an ERC-1167 clone.
fn clone_code(implementation: Address) -> Bytes {
    let before = alloy::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
    let after = alloy::hex!("5af43d82803e903d91602b57fd5bf3");
    [before.as_slice(), implementation.as_slice(), after.as_slice()].concat().into()
}
