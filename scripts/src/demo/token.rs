//! Chapter 1: a Stylus chain, and the Model Token on it.

use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::providers::DynProvider;
use alloy::rpc::types::TransactionReceipt;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct};
use anyhow::{Result, ensure};
use fomo_chain::Config;
use fomo_chain::precompiles::{ARB_WASM, ARB_WASM_CACHE};

use super::node::{self, Node};
use super::suite::tokens;
use super::{Chapter, Story};
use crate::abi::{IArbWasm, IArbWasmCache, IFomoERC20, IModelToken, Permit};
use crate::ui::{amount, number};

/// The chapter.
pub const CHAPTER: Chapter =
    Chapter { title: "A Stylus chain, and the Model Token on it", tell: |story| Box::pin(tell(story)) };

async fn tell(story: &mut Story) -> Result<()> {
    let node = Node::start(Config::default()).await?;
    story.say(format!("The chain answers at {}.", node.url()));
    let (alice, bob, carol) = (node.key(0)?.clone(), node.key(1)?.address(), node.key(2)?.address());
    let result = Actors { node: &node, provider: node.provider(), alice, bob, carol }.act(story).await;
    node.stop().await;
    result
}

/// Who takes part: Alice deploys and issues, Bob uses the token, Carol pays gas for others' signatures.
struct Actors<'a> {
    node: &'a Node,
    provider: &'a DynProvider,
    alice: PrivateKeySigner,
    bob: Address,
    carol: Address,
}

impl Actors<'_> {
    async fn act(&self, story: &mut Story) -> Result<()> {
        let implementation = self.deploy(story).await?;
        let token = self.launch(story, implementation).await?;
        self.transfer(story, token, "transfer to a new holder, program not cached").await?;
        self.cache(story, implementation).await?;
        self.transfer(story, token, "transfer to the same holder, program cached").await?;
        self.permit(story, token).await?;
        self.burn(story, token).await
    }

    /// Deploys, activates and locks the implementation, in one transaction.
    async fn deploy(&self, story: &mut Story) -> Result<Address> {
        let (implementation, gas) = self.node.deploy(self.alice.address(), "model-token", &[]).await?;
        story.gas("deploy, activate and lock the implementation", gas);
        let wasm = IArbWasm::new(ARB_WASM, self.provider);
        let days = wasm.programTimeLeft(implementation).call().await? / 86_400;
        let entry = wasm.programInitGas(implementation).call().await?;
        story.say(format!(
            "Alice deploys the token's implementation: {} bytes of Stylus code.",
            number(node::code("model-token").await?.len() as u64)
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
        let (token, gas) = self.node.create(alice, clone_code(implementation)).await?;
        story.gas("clone it (ERC-1167)", gas);
        let contract = IModelToken::new(token, self.provider);
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
        let locked = IModelToken::new(implementation, self.provider)
            .initialize(alice, launch, model, alice, "Bare".into(), "BARE".into(), String::new())
            .from(alice)
            .call()
            .await;
        ensure!(locked.is_err(), "The bare implementation could be initialised.");
        let erc20 = IFomoERC20::new(token, self.provider);
        let (symbol, supply) = (erc20.symbol().call().await?, erc20.totalSupply().call().await?);
        story.say(format!("A clone becomes {symbol}: {} tokens, all with Alice.", amount(supply)));
        story.say("Initialising it again, or the bare implementation, is refused.");
        Ok(token)
    }

    async fn transfer(&self, story: &mut Story, token: Address, what: &str) -> Result<()> {
        let erc20 = IFomoERC20::new(token, self.provider);
        let value = tokens(100);
        let receipt = erc20.transfer(self.bob, value).from(self.alice.address()).send().await?.get_receipt().await?;
        let receipt = succeeded(receipt)?;
        ensure!(receipt.logs().len() == 1, "A transfer has one event.");
        story.gas(what, receipt.gas_used);
        let balance = erc20.balanceOf(self.bob).call().await?;
        story.say(format!("Alice sends Bob 100; he has {}.", amount(balance)));
        Ok(())
    }

    async fn cache(&self, story: &mut Story, implementation: Address) -> Result<()> {
        let cache = IArbWasmCache::new(ARB_WASM_CACHE, self.provider);
        let alice = self.alice.address();
        let receipt = cache.cacheProgram(implementation).from(alice).send().await?.get_receipt().await?;
        story.gas("put the program into the cache", succeeded(receipt)?.gas_used);
        story.say("The chain's owner caches the program; every clone of it is cheaper from now on.");
        Ok(())
    }

    /// Alice signs, Carol pays: she submits the permit and moves the tokens to herself.
    async fn permit(&self, story: &mut Story, token: Address) -> Result<()> {
        let erc20 = IFomoERC20::new(token, self.provider);
        let (alice, value) = (self.alice.address(), tokens(50));
        let domain = IModelToken::new(token, self.provider).eip712Domain().call().await?;
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
        let value = tokens(200);
        let contract = IModelToken::new(token, self.provider);
        let receipt = succeeded(contract.burn(value).from(self.bob).send().await?.get_receipt().await?)?;
        story.gas("burn all of a balance", receipt.gas_used);
        let erc20 = IFomoERC20::new(token, self.provider);
        let (supply, left) = (erc20.totalSupply().call().await?, erc20.balanceOf(self.bob).call().await?);
        ensure!(left.is_zero(), "Bob burned all that he had.");
        ensure!(supply == tokens(1_000_000) - value, "What was burned left the supply.");
        story.say(format!("Bob burns his 200: {} tokens are left.", amount(supply)));
        Ok(())
    }
}

fn succeeded(receipt: TransactionReceipt) -> Result<TransactionReceipt> {
    ensure!(receipt.status(), "The transaction {} failed.", receipt.transaction_hash);
    Ok(receipt)
}

/// Creation code of an ERC-1167 clone.
fn clone_code(implementation: Address) -> Bytes {
    let before = alloy::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
    let after = alloy::hex!("5af43d82803e903d91602b57fd5bf3");
    [before.as_slice(), implementation.as_slice(), after.as_slice()].concat().into()
}
