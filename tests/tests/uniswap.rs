//! Uniswap V2 as it is published, on this chain: with two Stylus tokens, and with two EVM tokens beside Foundry's
//! anvil, where every transaction must cost the same gas.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::time::{Duration, Instant};

use alloy::consensus::{Transaction as _, TxEnvelope};
use alloy::eips::BlockId;
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, TxKind, U256, hex, keccak256};
use alloy::providers::{Provider, RootProvider};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolCall, SolError, SolEvent, SolStruct, SolValue};
use fomo::devnet::STYLUS_DEPLOYER;
use fomo::npm::{self, UniswapV2};
use fomo_chain::{Chain, Config, MNEMONIC};
use fomo_rpc::Server;
use fomo_tests::anvil::Anvil;
use fomo_tests::init_code;

alloy::sol! {
    interface IToken {
        event Transfer(address indexed from, address indexed to, uint256 value);
        function totalSupply() external view returns (uint256);
        function balanceOf(address account) external view returns (uint256);
        function nonces(address owner) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
        function transferFrom(address from, address to, uint256 value) external returns (bool);
        function approve(address spender, uint256 value) external returns (bool);
        function mint(address to, uint256 value) external;
        function deposit() external payable;
        function withdraw(uint256 value) external;
    }

    interface IFactory {
        event PairCreated(address indexed token0, address indexed token1, address pair, uint256 count);
        function getPair(address a, address b) external view returns (address);
        function allPairsLength() external view returns (uint256);
        function setFeeTo(address receiver) external;
    }

    interface IPair {
        event Mint(address indexed sender, uint256 amount0, uint256 amount1);
        event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
        event Swap(address indexed sender, uint256 amount0In, uint256 amount1In, uint256 amount0Out, uint256 amount1Out, address indexed to);
        event Sync(uint112 reserve0, uint112 reserve1);
        function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 at);
        function price0CumulativeLast() external view returns (uint256);
        function price1CumulativeLast() external view returns (uint256);
        function kLast() external view returns (uint256);
        function skim(address to) external;
        function sync() external;
        function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
    }

    interface IRouter {
        function addLiquidity(address a, address b, uint256 wantedA, uint256 wantedB, uint256 leastA, uint256 leastB, address to, uint256 deadline) external returns (uint256 amountA, uint256 amountB, uint256 liquidity);
        function addLiquidityETH(address token, uint256 wanted, uint256 least, uint256 leastCoins, address to, uint256 deadline) external payable returns (uint256 amount, uint256 coins, uint256 liquidity);
        function removeLiquidity(address a, address b, uint256 liquidity, uint256 leastA, uint256 leastB, address to, uint256 deadline) external returns (uint256 amountA, uint256 amountB);
        function removeLiquidityWithPermit(address a, address b, uint256 liquidity, uint256 leastA, uint256 leastB, address to, uint256 deadline, bool approveMax, uint8 v, bytes32 r, bytes32 s) external returns (uint256 amountA, uint256 amountB);
        function removeLiquidityETH(address token, uint256 liquidity, uint256 least, uint256 leastCoins, address to, uint256 deadline) external returns (uint256 amount, uint256 coins);
        function swapExactTokensForTokens(uint256 paid, uint256 least, address[] calldata path, address to, uint256 deadline) external returns (uint256[] memory amounts);
        function swapTokensForExactTokens(uint256 bought, uint256 most, address[] calldata path, address to, uint256 deadline) external returns (uint256[] memory amounts);
        function swapExactETHForTokens(uint256 least, address[] calldata path, address to, uint256 deadline) external payable returns (uint256[] memory amounts);
        function swapExactTokensForETH(uint256 paid, uint256 least, address[] calldata path, address to, uint256 deadline) external returns (uint256[] memory amounts);
        function getAmountsOut(uint256 paid, address[] calldata path) external view returns (uint256[] memory amounts);
    }

    interface IStylusDeployer {
        event ContractDeployed(address deployedContract);
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
    }

    error Error(string reason);

    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// Block timestamp before the first transaction; every later one is [`STEP`] seconds after the one before.
const START: u64 = 1_900_000_000;
const STEP: u64 = 12;
/// Gas limit of a transaction, under the cap of Osaka.
const GAS: u64 = 16_000_000;
/// Selector that a Stylus contract's constructor answers to.
const CONSTRUCTOR: [u8; 4] = hex!("5585258d");
/// Liquidity that stays in a pool for ever.
const MINIMUM_LIQUIDITY: u64 = 1_000;
/// How long a program may take to start, or a transaction to be mined.
const PATIENCE: Duration = Duration::from_secs(30);
const NEVER: U256 = U256::MAX;

#[tokio::test(flavor = "multi_thread")]
async fn two_stylus_tokens_have_a_pool() {
    let mut chain = Chain::new(config(Config::default()));
    chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer().unwrap());
    let server = Server::start(chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let mut world = World::new(vec![Node::new("fomo", &server.url())]);
    let alice = world.alice.address();

    let flock_unit = U256::from(10).pow(U256::from(18));
    let arguments = (alice, U256::from(1_000_000) * flock_unit).abi_encode();
    let flock = world.deploy_stylus("flock", &arguments).await;
    let usd_unit = U256::from(1_000_000);
    let usd = world.deploy_stylus("usd", &alice.abi_encode()).await;
    let value = U256::from(1_000_000) * usd_unit;
    let minted = world.send("mint dollars", usd, IToken::mintCall { to: alice, value }).await;
    assert!(minted.status());
    for token in [flock, usd] {
        let code = world.nodes[0].provider.get_code_at(token).await.unwrap();
        assert!(code.starts_with(&hex!("eff00000")), "the token is a Stylus program");
    }

    let (flock, usd) = (Token { address: flock, unit: flock_unit }, Token { address: usd, unit: usd_unit });
    tell(&mut world, flock, usd).await;
    world.print();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_evm_tokens_have_a_pool_that_costs_what_anvil_says() {
    // Under the hardfork that ArbOS 51 has.
    let config = Config::default();
    let (id, base_fee) = (config.chain_id.to_string(), config.base_fee.to_string());
    let anvil = Anvil::start(&[
        ["--hardfork", "osaka"],
        ["--mnemonic", MNEMONIC],
        ["--chain-id", &id],
        ["--timestamp", &START.to_string()],
        ["--base-fee", &base_fee],
    ]);
    // The floor of EIP-7623 is off on Arbitrum. With it, this chain charges what Ethereum does; without it, the same
    // except for transactions that cost less than the floor.
    let ethereum = start(Config { eip7623: true, ..Config::default() }).await;
    let arbitrum = start(Config::default()).await;
    let mut world = World::new(vec![
        Node::new("anvil", &anvil.url),
        Node::new("with floor", &ethereum.url()),
        Node::new("as Arbitrum", &arbitrum.url()),
    ]);

    let unit = U256::from(10).pow(U256::from(18));
    let creation = erc20();
    let mut tokens = Vec::new();
    for name in ["deploy token a", "deploy token b"] {
        tokens.push(world.create(name, &creation, &(U256::from(1_000_000) * unit).abi_encode()).await);
    }
    let token = |address| Token { address, unit };
    tell(&mut world, token(tokens[0]), token(tokens[1])).await;

    // Where the floor does bind, the two rules differ, as here by 24,000 gas.
    let bob = world.bob.address();
    world.submit("1,000 bytes to a person", Some(bob), vec![1; 1_000].into(), U256::ZERO, GAS).await;
    assert_eq!(world.rows.last().unwrap().floor, 61_000);
    world.print();

    let mut wrong = Vec::new();
    let mut floored = Vec::new();
    for Row { what, gas, floor } in &world.rows {
        let [anvil, ethereum, arbitrum] = gas[..] else { panic!("three chains") };
        if anvil != ethereum || anvil != arbitrum.max(*floor) {
            wrong.push(format!("{what}: {gas:?}"));
        }
        if arbitrum < *floor {
            floored.push((what.as_str(), anvil, arbitrum));
        }
    }
    assert!(wrong.is_empty(), "gas differs from anvil's:\n{}", wrong.join("\n"));
    // Not one transaction that does something to the pool.
    assert_eq!(floored, [("be late", 26_090, 23_658), ("1,000 bytes to a person", 61_000, 37_000)]);
    assert_eq!(world.rows.len(), 40, "every step was compared");

    ethereum.stop().await;
    arbitrum.stop().await;
}

/// A pool from its creation to its end, with every number that Uniswap's whitepaper and code give for it.
async fn tell(world: &mut World, a: Token, b: Token) {
    let uniswap = npm::uniswap_v2().unwrap();
    let pool = Pool::open(world, &uniswap, a, b).await;
    pool.first_liquidity(world).await;
    pool.swap_exact_in(world).await;
    pool.swap_exact_out(world).await;
    pool.more_liquidity(world).await;
    pool.skim_and_sync(world).await;
    pool.refusals(world).await;
    pool.coins(world).await;
    pool.protocol_fee(world).await;
    pool.close(world).await;
}

#[derive(Clone, Copy)]
struct Token {
    address: Address,
    unit: U256,
}

impl Token {
    fn amount(self, whole: u64) -> U256 {
        U256::from(whole) * self.unit
    }
}

struct Pool {
    factory: Address,
    weth: Address,
    router: Address,
    pair: Address,
    /// The hash that pairs' addresses come from.
    hash: B256,
    a: Token,
    b: Token,
}

impl Pool {
    /// Factory, router and allowances. The pair does not exist yet, but its address is known.
    async fn open(world: &mut World, uniswap: &UniswapV2, a: Token, b: Token) -> Self {
        let alice = world.alice.address();
        let factory = world.create("deploy factory", &uniswap.factory, &alice.abi_encode()).await;
        let weth = world.create("deploy WETH", &uniswap.weth, &[]).await;
        let router = world.create("deploy router", &uniswap.router, &(factory, weth).abi_encode()).await;
        for (what, token) in [("approve a", a), ("approve b", b)] {
            let receipt = world.send(what, token.address, IToken::approveCall { spender: router, value: NEVER }).await;
            assert!(receipt.status());
        }
        let hash = keccak256(&uniswap.pair);
        let mut pool = Self { factory, weth, router, pair: Address::ZERO, hash, a, b };
        pool.pair = pool.pair_of(a.address, b.address);
        pool
    }

    fn pair_of(&self, a: Address, b: Address) -> Address {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        self.factory.create2(keccak256([low.as_slice(), high.as_slice()].concat()), self.hash)
    }

    /// Amounts of token 0 and token 1, given those of a and b.
    fn sorted<T>(&self, a: T, b: T) -> (T, T) {
        if self.a.address < self.b.address { (a, b) } else { (b, a) }
    }

    /// What the pair says that it holds of a and b.
    async fn reserves(&self, world: &World) -> (U256, U256) {
        self.reserves_of(world, self.pair, self.a.address < self.b.address).await
    }

    async fn reserves_of(&self, world: &World, pair: Address, in_order: bool) -> (U256, U256) {
        let reserves = world.view(pair, IPair::getReservesCall {}).await;
        assert_eq!(u64::from(reserves.at), world.time, "the reserves are of the last block");
        let (first, second) = (U256::from(reserves.reserve0), U256::from(reserves.reserve1));
        if in_order { (first, second) } else { (second, first) }
    }

    async fn balances(&self, world: &World, who: Address) -> (U256, U256) {
        (world.balance(self.a.address, who).await, world.balance(self.b.address, who).await)
    }

    /// The last event of the pair is of this kind; before it, the reserves.
    fn events<E: SolEvent>(&self, receipt: &TransactionReceipt, a: U256, b: U256) -> E {
        let logs: Vec<_> = receipt.logs().iter().filter(|log| log.address() == self.pair).collect();
        let [.., sync, last] = logs.as_slice() else { panic!("the pair has two events: {logs:?}") };
        let sync = sync.log_decode::<IPair::Sync>().unwrap().inner.data;
        assert_eq!((U256::from(sync.reserve0), U256::from(sync.reserve1)), self.sorted(a, b));
        last.log_decode::<E>().unwrap().inner.data
    }

    async fn first_liquidity(&self, world: &mut World) {
        let alice = world.alice.address();
        let (paid_a, paid_b) = (self.a.amount(40_000), self.b.amount(10_000));
        let receipt = world.send("create the pool", self.router, self.add(alice, paid_a, paid_b)).await;
        let mint: IPair::Mint = self.events(&receipt, paid_a, paid_b);
        assert_eq!((mint.amount0, mint.amount1), self.sorted(paid_a, paid_b));
        assert_eq!(mint.sender, self.router);
        let created = receipt.logs()[0].log_decode::<IFactory::PairCreated>().unwrap().inner.data;
        let (token0, token1) = self.sorted(self.a.address, self.b.address);
        assert_eq!((created.token0, created.token1), (token0, token1));
        assert_eq!((created.pair, created.count), (self.pair, U256::from(1)));

        let get = IFactory::getPairCall { a: self.b.address, b: self.a.address };
        assert_eq!(world.view(self.factory, get).await, self.pair);
        assert_eq!(world.view(self.factory, IFactory::allPairsLengthCall {}).await, U256::from(1));
        assert_eq!(self.reserves(world).await, (paid_a, paid_b));
        assert_eq!(self.balances(world, self.pair).await, (paid_a, paid_b));
        let liquidity = (paid_a * paid_b).root(2);
        let least = U256::from(MINIMUM_LIQUIDITY);
        assert_eq!(world.supply(self.pair).await, liquidity);
        assert_eq!(world.balance(self.pair, alice).await, liquidity - least);
        assert_eq!(world.balance(self.pair, Address::ZERO).await, least);
    }

    async fn swap_exact_in(&self, world: &mut World) {
        let (alice, bob) = (world.alice.address(), world.bob.address());
        let before = self.reserves(world).await;
        let paid = self.a.amount(1_000);
        let bought = amount_out(paid, before.0, before.1);
        let path = vec![self.a.address, self.b.address];
        let quote = IRouter::getAmountsOutCall { paid, path: path.clone() };
        assert_eq!(world.view(self.router, quote).await, [paid, bought]);
        let (alices, bobs) = (self.balances(world, alice).await, self.balances(world, bob).await);

        let swap = IRouter::swapExactTokensForTokensCall { paid, least: bought, path, to: bob, deadline: NEVER };
        let receipt = world.send("swap an exact amount of a", self.router, swap).await;
        let after = (before.0 + paid, before.1 - bought);
        let event: IPair::Swap = self.events(&receipt, after.0, after.1);
        assert_eq!((event.amount0In, event.amount1In), self.sorted(paid, U256::ZERO));
        assert_eq!((event.amount0Out, event.amount1Out), self.sorted(U256::ZERO, bought));
        assert_eq!((event.sender, event.to), (self.router, bob));
        assert_eq!(self.reserves(world).await, after);
        assert_eq!(self.balances(world, self.pair).await, after);
        assert_eq!(self.balances(world, alice).await, (alices.0 - paid, alices.1));
        assert_eq!(self.balances(world, bob).await, (bobs.0, bobs.1 + bought));
        assert!(after.0 * after.1 > before.0 * before.1, "the fee stays in the pool");

        // The price before it counts for the seconds that it lasted.
        let (reserve0, reserve1) = self.sorted(before.0, before.1);
        let sum = |price: U256| price * U256::from(STEP);
        let shifted = |reserve: U256| reserve << 112;
        let price0 = world.view(self.pair, IPair::price0CumulativeLastCall {}).await;
        let price1 = world.view(self.pair, IPair::price1CumulativeLastCall {}).await;
        assert_eq!(price0, sum(shifted(reserve1) / reserve0));
        assert_eq!(price1, sum(shifted(reserve0) / reserve1));
    }

    async fn swap_exact_out(&self, world: &mut World) {
        let (alice, bob) = (world.alice.address(), world.bob.address());
        let before = self.reserves(world).await;
        let bought = self.a.amount(77);
        let paid = amount_in(bought, before.1, before.0);
        let path = vec![self.b.address, self.a.address];
        let (alices, bobs) = (self.balances(world, alice).await, self.balances(world, bob).await);
        let swap = IRouter::swapTokensForExactTokensCall { bought, most: paid, path, to: bob, deadline: NEVER };
        let receipt = world.send("swap for an exact amount of a", self.router, swap).await;
        let after = (before.0 - bought, before.1 + paid);
        let event: IPair::Swap = self.events(&receipt, after.0, after.1);
        assert_eq!((event.amount0Out, event.amount1Out), self.sorted(bought, U256::ZERO));
        assert_eq!(self.reserves(world).await, after);
        assert_eq!(self.balances(world, alice).await, (alices.0, alices.1 - paid));
        assert_eq!(self.balances(world, bob).await, (bobs.0 + bought, bobs.1));
        assert!(after.0 * after.1 > before.0 * before.1);
        // A second one into balances that are there already.
        let path = vec![self.a.address, self.b.address];
        let paid = self.a.amount(3);
        let more = amount_out(paid, after.0, after.1);
        let swap = IRouter::swapExactTokensForTokensCall { paid, least: U256::ZERO, path, to: bob, deadline: NEVER };
        world.send("swap into an existing balance", self.router, swap).await;
        assert_eq!(self.reserves(world).await, (after.0 + paid, after.1 - more));
        assert_eq!(self.balances(world, bob).await, (bobs.0 + bought, bobs.1 + more));
    }

    async fn more_liquidity(&self, world: &mut World) {
        let (alice, bob) = (world.alice.address(), world.bob.address());
        let before = self.reserves(world).await;
        let supply = world.supply(self.pair).await;
        let wanted_a = self.a.amount(500);
        let used_b = wanted_a * before.1 / before.0;
        let alices = self.balances(world, alice).await;
        world.send("add liquidity", self.router, self.add(bob, wanted_a, self.b.amount(9_000))).await;
        assert_eq!(self.reserves(world).await, (before.0 + wanted_a, before.1 + used_b));
        assert_eq!(self.balances(world, alice).await, (alices.0 - wanted_a, alices.1 - used_b));
        let minted = (wanted_a * supply / before.0).min(used_b * supply / before.1);
        assert_eq!(world.balance(self.pair, bob).await, minted);
        assert_eq!(world.supply(self.pair).await, supply + minted);
    }

    async fn skim_and_sync(&self, world: &mut World) {
        let carol = world.carol;
        let before = self.reserves(world).await;
        let gift = self.a.amount(2);
        let transfer = IToken::transferCall { to: self.pair, value: gift };
        world.send("send a to the pair", self.a.address, transfer.clone()).await;
        assert_eq!(self.balances(world, self.pair).await, (before.0 + gift, before.1));
        world.send("skim", self.pair, IPair::skimCall { to: carol }).await;
        assert_eq!(self.balances(world, carol).await, (gift, U256::ZERO));
        assert_eq!(self.balances(world, self.pair).await, before);

        world.send("send a to the pair again", self.a.address, transfer).await;
        let receipt = world.send("sync", self.pair, IPair::syncCall {}).await;
        let [event] = receipt.logs() else { panic!("one event") };
        let event = event.log_decode::<IPair::Sync>().unwrap().inner.data;
        let after = (before.0 + gift, before.1);
        assert_eq!((U256::from(event.reserve0), U256::from(event.reserve1)), self.sorted(after.0, after.1));
        assert_eq!(self.reserves(world).await, after);
    }

    /// What the pool refuses costs gas and changes nothing.
    async fn refusals(&self, world: &mut World) {
        let alice = world.alice.address();
        let before = (self.balances(world, self.pair).await, self.balances(world, alice).await);
        let reserves = self.balances(world, self.pair).await;
        let paid = self.a.amount(10);
        let path = vec![self.a.address, self.b.address];
        let least = amount_out(paid, reserves.0, reserves.1) + U256::from(1);
        let greedy = IRouter::swapExactTokensForTokensCall { paid, least, path, to: alice, deadline: NEVER };
        let late = IRouter::swapExactTokensForTokensCall { deadline: U256::from(START), ..greedy.clone() };
        let (out0, out1) = self.sorted(U256::ZERO, U256::from(1));
        let unpaid = IPair::swapCall { amount0Out: out0, amount1Out: out1, to: alice, data: Bytes::new() };
        for (what, to, data, reason) in [
            ("ask for too much", self.router, greedy.abi_encode(), "UniswapV2Router: INSUFFICIENT_OUTPUT_AMOUNT"),
            ("be late", self.router, late.abi_encode(), "UniswapV2Router: EXPIRED"),
            ("pay nothing", self.pair, unpaid.abi_encode(), "UniswapV2: INSUFFICIENT_INPUT_AMOUNT"),
        ] {
            assert_eq!(world.refused(to, &data).await, Error { reason: reason.into() }.abi_encode(), "{what}");
            let receipt = world.submit(what, Some(to), data.into(), U256::ZERO, GAS).await;
            assert!(!receipt.status() && receipt.logs().is_empty(), "{what}");
            assert!(receipt.gas_used < 150_000, "{what}: what is left is given back");
        }
        let swap = IRouter::swapExactTokensForTokensCall { least: U256::ZERO, ..greedy };
        let receipt =
            world.submit("run out of gas", Some(self.router), swap.abi_encode().into(), U256::ZERO, 60_000).await;
        // A program that runs out leaves its caller a 64th, enough to say that the transfer failed.
        assert!(!receipt.status() && (59_000..=60_000).contains(&receipt.gas_used), "{}", receipt.gas_used);
        assert_eq!((self.balances(world, self.pair).await, self.balances(world, alice).await), before);
    }

    /// The chain's own coin, wrapped: a second pool, and swaps over both.
    async fn coins(&self, world: &mut World) {
        let (alice, carol) = (world.alice.address(), world.carol);
        let ether = U256::from(10).pow(U256::from(18));
        let call = IToken::depositCall {}.abi_encode();
        world.submit("wrap coins", Some(self.weth), call.into(), U256::from(3) * ether, GAS).await;
        world.send("unwrap them", self.weth, IToken::withdrawCall { value: ether }).await;
        assert_eq!(world.balance(self.weth, alice).await, U256::from(2) * ether);
        assert_eq!(world.coins(self.weth).await, U256::from(2) * ether);

        let (wanted, coins) = (self.b.amount(3_000), U256::from(10) * ether);
        let call = IRouter::addLiquidityETHCall {
            token: self.b.address,
            wanted,
            least: wanted,
            leastCoins: coins,
            to: alice,
            deadline: NEVER,
        };
        let receipt =
            world.submit("create a pool with coins", Some(self.router), call.abi_encode().into(), coins, GAS).await;
        assert!(receipt.status());
        let pair = self.pair_of(self.b.address, self.weth);
        let in_order = self.b.address < self.weth;
        assert_eq!(self.reserves_of(world, pair, in_order).await, (wanted, coins));
        assert_eq!(world.coins(self.weth).await, U256::from(12) * ether);

        // Coins to b to a ...
        let reserves = self.balances(world, self.pair).await;
        let bought_b = amount_out(ether, coins, wanted);
        let bought_a = amount_out(bought_b, reserves.1, reserves.0);
        let carols = world.balance(self.a.address, carol).await;
        let path = vec![self.weth, self.b.address, self.a.address];
        let call = IRouter::swapExactETHForTokensCall { least: bought_a, path, to: carol, deadline: NEVER };
        let receipt =
            world.submit("swap coins over two pools", Some(self.router), call.abi_encode().into(), ether, GAS).await;
        assert!(receipt.status());
        assert_eq!(world.balance(self.a.address, carol).await, carols + bought_a);
        assert_eq!(self.reserves(world).await, (reserves.0 - bought_a, reserves.1 + bought_b));
        assert_eq!(self.reserves_of(world, pair, in_order).await, (wanted - bought_b, coins + ether));

        // ... and back.
        let reserves = self.reserves(world).await;
        let paid = self.a.amount(25);
        let bought_b2 = amount_out(paid, reserves.0, reserves.1);
        let bought = amount_out(bought_b2, wanted - bought_b, coins + ether);
        let path = vec![self.a.address, self.b.address, self.weth];
        let carols = world.coins(carol).await;
        let call = IRouter::swapExactTokensForETHCall { paid, least: bought, path, to: carol, deadline: NEVER };
        world.send("swap back to coins", self.router, call).await;
        assert_eq!(world.coins(carol).await, carols + bought);

        let liquidity = world.balance(pair, alice).await;
        assert_eq!(liquidity, (wanted * coins).root(2) - U256::from(MINIMUM_LIQUIDITY));
        world
            .send("approve the coins' liquidity", pair, IToken::approveCall { spender: self.router, value: NEVER })
            .await;
        let call = IRouter::removeLiquidityETHCall {
            token: self.b.address,
            liquidity,
            least: U256::ZERO,
            leastCoins: U256::ZERO,
            to: alice,
            deadline: NEVER,
        };
        let before = (wanted - bought_b + bought_b2, coins + ether - bought);
        let supply = world.supply(pair).await;
        let alices = world.balance(self.b.address, alice).await;
        world.send("remove the coins' liquidity", self.router, call).await;
        let out = (liquidity * before.0 / supply, liquidity * before.1 / supply);
        assert_eq!(self.reserves_of(world, pair, in_order).await, (before.0 - out.0, before.1 - out.1));
        assert_eq!(world.balance(self.b.address, alice).await, alices + out.0);
        assert_eq!(world.coins(self.weth).await, U256::from(13) * ether - bought - out.1);
    }

    /// With the protocol's fee on, a sixth of what fees made the pool grow by is minted to its receiver.
    async fn protocol_fee(&self, world: &mut World) {
        let (alice, bob, receiver) = (world.alice.address(), world.bob.address(), world.fees);
        world.send("turn the protocol's fee on", self.factory, IFactory::setFeeToCall { receiver }).await;
        world.send("add liquidity with a fee", self.router, self.add(alice, self.a.amount(100), NEVER)).await;
        assert_eq!(world.balance(self.pair, receiver).await, U256::ZERO, "it counts from now on");
        let reserves = self.reserves(world).await;
        let k_last = world.view(self.pair, IPair::kLastCall {}).await;
        assert_eq!(k_last, reserves.0 * reserves.1);

        let path = vec![self.a.address, self.b.address];
        let (paid, least) = (self.a.amount(4_000), U256::ZERO);
        let swap = IRouter::swapExactTokensForTokensCall { paid, least, path, to: bob, deadline: NEVER };
        world.send("swap with a fee", self.router, swap).await;

        let reserves = self.reserves(world).await;
        let supply = world.supply(self.pair).await;
        let (root, root_last) = ((reserves.0 * reserves.1).root(2), k_last.root(2));
        let fee = supply * (root - root_last) / (root * U256::from(5) + root_last);
        assert!(!fee.is_zero());
        world.send("add liquidity that pays the fee", self.router, self.add(alice, self.a.amount(100), NEVER)).await;
        assert_eq!(world.balance(self.pair, receiver).await, fee);

        let off = IFactory::setFeeToCall { receiver: Address::ZERO };
        world.send("turn the protocol's fee off", self.factory, off).await;
    }

    /// Liquidity is taken out: Alice's by allowance and by permit, Bob's is transferred to her first.
    async fn close(&self, world: &mut World) {
        let (alice, bob) = (world.alice.clone(), world.bob.address());
        let bobs = world.balance(self.pair, bob).await;
        world
            .send_as_bob("approve a transfer", self.pair, IToken::approveCall { spender: alice.address(), value: bobs })
            .await;
        let take = IToken::transferFromCall { from: bob, to: alice.address(), value: bobs };
        world.send("transferFrom of a whole allowance", self.pair, take).await;
        assert_eq!(world.balance(self.pair, bob).await, U256::ZERO);

        let spender = self.router;
        let approve = |value| IToken::approveCall { spender, value };
        let all = world.balance(self.pair, alice.address()).await;
        let half = all / U256::from(2);
        world.send("approve liquidity", self.pair, approve(half)).await;
        let call = IRouter::removeLiquidityCall {
            a: self.a.address,
            b: self.b.address,
            liquidity: half,
            leastA: U256::ZERO,
            leastB: U256::ZERO,
            to: alice.address(),
            deadline: NEVER,
        };
        self.remove(world, "remove liquidity", half, call.abi_encode()).await;
        assert_eq!(world.view(self.pair, IPair::kLastCall {}).await, U256::ZERO, "the fee is off again");

        let nonce = world.view(self.pair, IToken::noncesCall { owner: alice.address() }).await;
        let rest = all - half;
        let permit = Permit { owner: alice.address(), spender, value: rest, nonce, deadline: NEVER };
        let domain = Eip712Domain {
            name: Some("Uniswap V2".into()),
            version: Some("1".into()),
            chain_id: Some(U256::from(Config::default().chain_id)),
            verifying_contract: Some(self.pair),
            salt: None,
        };
        let signature = alice.sign_hash_sync(&permit.eip712_signing_hash(&domain)).unwrap();
        let call = IRouter::removeLiquidityWithPermitCall {
            a: self.a.address,
            b: self.b.address,
            liquidity: rest,
            leastA: U256::ZERO,
            leastB: U256::ZERO,
            to: alice.address(),
            deadline: NEVER,
            approveMax: false,
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        self.remove(world, "remove liquidity by permit", rest, call.abi_encode()).await;
        assert_eq!(world.balance(self.pair, alice.address()).await, U256::ZERO);

        let everything = world.balance(self.a.address, bob).await;
        let transfer = IToken::transferCall { to: alice.address(), value: everything };
        world.send_as_bob("transfer a whole balance", self.a.address, transfer).await;
        world.send("take an allowance back", self.a.address, approve(U256::ZERO)).await;
        assert_eq!(world.balance(self.a.address, bob).await, U256::ZERO);
    }

    async fn remove(&self, world: &mut World, what: &str, liquidity: U256, call: Vec<u8>) {
        let alice = world.alice.address();
        let (held, supply) = (self.balances(world, self.pair).await, world.supply(self.pair).await);
        let alices = self.balances(world, alice).await;
        let receipt = world.submit(what, Some(self.router), call.into(), U256::ZERO, GAS).await;
        assert!(receipt.status(), "{what}");
        let out = (liquidity * held.0 / supply, liquidity * held.1 / supply);
        let left = (held.0 - out.0, held.1 - out.1);
        let burn: IPair::Burn = self.events(&receipt, left.0, left.1);
        assert_eq!((burn.amount0, burn.amount1), self.sorted(out.0, out.1));
        assert_eq!((burn.sender, burn.to), (self.router, alice));
        assert_eq!(self.reserves(world).await, left);
        assert_eq!(self.balances(world, self.pair).await, left);
        assert_eq!(self.balances(world, alice).await, (alices.0 + out.0, alices.1 + out.1));
        assert_eq!(world.supply(self.pair).await, supply - liquidity);
    }

    fn add(&self, to: Address, wanted_a: U256, wanted_b: U256) -> IRouter::addLiquidityCall {
        IRouter::addLiquidityCall {
            a: self.a.address,
            b: self.b.address,
            wantedA: wanted_a,
            wantedB: wanted_b,
            leastA: U256::ZERO,
            leastB: U256::ZERO,
            to,
            deadline: NEVER,
        }
    }
}

/// What Uniswap V2 gives for an amount: 0.3% of it stays in the pool.
fn amount_out(paid: U256, reserve_in: U256, reserve_out: U256) -> U256 {
    let paid = paid * U256::from(997);
    paid * reserve_out / (reserve_in * U256::from(1_000) + paid)
}

/// What Uniswap V2 takes for an amount.
fn amount_in(bought: U256, reserve_in: U256, reserve_out: U256) -> U256 {
    reserve_in * bought * U256::from(1_000) / ((reserve_out - bought) * U256::from(997)) + U256::from(1)
}

/// The ERC-20 that Uniswap tests with, an EVM contract.
fn erc20() -> Bytes {
    let path = npm::package(npm::UNISWAP_V2_CORE).unwrap().join("build/ERC20.json");
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    hex::decode(json["bytecode"].as_str().unwrap()).unwrap().into()
}

fn config(config: Config) -> Config {
    Config { genesis_time: Some(START), ..config }
}

async fn start(settings: Config) -> Server {
    Server::start(Chain::new(config(settings)), ([127, 0, 0, 1], 0).into()).await.unwrap()
}

/// A chain that answers JSON-RPC.
struct Node {
    name: &'static str,
    provider: RootProvider,
}

impl Node {
    fn new(name: &'static str, url: &str) -> Self {
        Self { name, provider: RootProvider::new_http(url.parse().unwrap()) }
    }

    /// Mines a transaction in a block of this time.
    async fn include(&self, raw: &[u8], time: u64) -> TransactionReceipt {
        let _: serde_json::Value =
            self.provider.raw_request("evm_setNextBlockTimestamp".into(), (time,)).await.unwrap();
        let hash = *self.provider.send_raw_transaction(raw).await.unwrap().tx_hash();
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(receipt) = self.provider.get_transaction_receipt(hash).await.unwrap() {
                return receipt;
            }
            assert!(Instant::now() < until, "{} does not mine {hash}", self.name);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A transaction and its gas on every chain.
struct Row {
    what: String,
    gas: Vec<u64>,
    /// The least that its call data costs under EIP-7623.
    floor: u64,
}

/// Chains to which the same is done. Each gets the same signed bytes at the same time, and must give the same result.
struct World {
    nodes: Vec<Node>,
    rows: Vec<Row>,
    time: u64,
    alice: PrivateKeySigner,
    bob: PrivateKeySigner,
    /// Somebody without a key.
    carol: Address,
    /// Who gets the protocol's fee.
    fees: Address,
}

impl World {
    fn new(nodes: Vec<Node>) -> Self {
        // The accounts of the test mnemonic, which every node funds.
        let keys = Chain::new(Config::default()).development_keys().to_vec();
        Self {
            nodes,
            rows: Vec::new(),
            time: START,
            alice: keys[0].clone(),
            bob: keys[1].clone(),
            carol: Address::repeat_byte(0xCA),
            fees: Address::repeat_byte(0xFE),
        }
    }

    async fn deploy_stylus(&mut self, name: &'static str, arguments: &[u8]) -> Address {
        let code = tokio::task::spawn_blocking(move || fomo::build::code(name)).await.unwrap().unwrap();
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&code).into(),
            initData: [&CONSTRUCTOR, arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::with_last_byte(1),
        };
        let fee = U256::from(10).pow(U256::from(16));
        let receipt = self.submit(name, Some(STYLUS_DEPLOYER), call.abi_encode().into(), fee, GAS).await;
        receipt.decoded_log::<IStylusDeployer::ContractDeployed>().unwrap().deployedContract
    }

    /// Creates a contract; all chains give it the same address and code.
    async fn create(&mut self, what: &str, creation: &[u8], arguments: &[u8]) -> Address {
        let input = [creation, arguments].concat();
        let receipt = self.submit(what, None, input.into(), U256::ZERO, GAS).await;
        assert!(receipt.status(), "{what}");
        let address = receipt.contract_address.unwrap();
        let mut codes = Vec::new();
        for node in &self.nodes {
            codes.push(node.provider.get_code_at(address).await.unwrap());
        }
        assert!(!codes[0].is_empty() && codes.iter().all(|code| *code == codes[0]), "{what}");
        address
    }

    /// A transaction of Alice's that succeeds.
    async fn send<C: SolCall>(&mut self, what: &str, to: Address, call: C) -> TransactionReceipt {
        let receipt = self.submit(what, Some(to), call.abi_encode().into(), U256::ZERO, GAS).await;
        assert!(receipt.status(), "{what}");
        receipt
    }

    async fn send_as_bob<C: SolCall>(&mut self, what: &str, to: Address, call: C) -> TransactionReceipt {
        let bob = self.bob.clone();
        let receipt = self.submit_as(&bob, what, Some(to), call.abi_encode().into(), U256::ZERO, GAS).await;
        assert!(receipt.status(), "{what}");
        receipt
    }

    async fn submit(
        &mut self,
        what: &str,
        to: Option<Address>,
        input: Bytes,
        value: U256,
        gas: u64,
    ) -> TransactionReceipt {
        let alice = self.alice.clone();
        self.submit_as(&alice, what, to, input, value, gas).await
    }

    /// Signs a transaction once and has every chain mine it; the first one's receipt.
    async fn submit_as(
        &mut self,
        signer: &PrivateKeySigner,
        what: &str,
        to: Option<Address>,
        input: Bytes,
        value: U256,
        gas: u64,
    ) -> TransactionReceipt {
        let tx = self.sign(signer, to, input, value, gas).await;
        let tokens: u64 = tx.input().iter().map(|byte| if *byte == 0 { 1 } else { 4 }).sum();
        self.time += STEP;
        let mut receipts = Vec::new();
        for node in &self.nodes {
            receipts.push(node.include(&tx.encoded_2718(), self.time).await);
        }
        let first = receipts[0].clone();
        for (node, receipt) in self.nodes.iter().zip(&receipts) {
            let context = format!("{what} on {}", node.name);
            assert_eq!(receipt.status(), first.status(), "{context}");
            assert_eq!(receipt.contract_address, first.contract_address, "{context}");
            let events = |receipt: &TransactionReceipt| -> Vec<_> {
                receipt.logs().iter().map(|log| log.inner.clone()).collect()
            };
            assert_eq!(events(receipt), events(&first), "{context}");
            assert_eq!(receipt.inner.tx_type() as u8, tx.tx_type() as u8, "{context}");
        }
        let gas = receipts.iter().map(|receipt| receipt.gas_used).collect();
        self.rows.push(Row { what: what.into(), gas, floor: 21_000 + 10 * tokens });
        first
    }

    /// The types of transactions take turns; those with an access list name the callee and two of its slots.
    async fn sign(
        &self,
        signer: &PrivateKeySigner,
        to: Option<Address>,
        input: Bytes,
        value: U256,
        gas: u64,
    ) -> TxEnvelope {
        let mut nonces = Vec::new();
        for node in &self.nodes {
            nonces.push(node.provider.get_transaction_count(signer.address()).await.unwrap());
        }
        assert!(nonces.iter().all(|nonce| *nonce == nonces[0]), "{nonces:?}");
        let gas_price = 5_000_000_000;
        let mut request = TransactionRequest {
            from: Some(signer.address()),
            to: Some(to.map_or(TxKind::Create, TxKind::Call)),
            value: Some(value),
            ..TransactionRequest::default()
        }
        .with_input(input)
        .with_nonce(nonces[0])
        .with_gas_limit(gas)
        .with_chain_id(Config::default().chain_id);
        request = match (self.rows.len() % 3, to) {
            (0, _) => request.with_gas_price(gas_price),
            (1, Some(address)) => {
                let storage_keys = vec![B256::with_last_byte(6), B256::with_last_byte(8)];
                let list = AccessList(vec![AccessListItem { address, storage_keys }]);
                request.with_gas_price(gas_price).with_access_list(list)
            }
            _ => request.with_max_fee_per_gas(gas_price).with_max_priority_fee_per_gas(0),
        };
        request.build(&EthereumWallet::from(signer.clone())).await.unwrap()
    }

    /// What a view returns, the same on every chain.
    async fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let mut outputs = Vec::new();
        for node in &self.nodes {
            let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
            outputs.push(node.provider.call(request).await.unwrap());
        }
        assert!(outputs.iter().all(|output| *output == outputs[0]), "{}: {outputs:?}", C::SIGNATURE);
        C::abi_decode_returns(&outputs[0]).unwrap()
    }

    /// The revert data of a call of Alice's, the same on every chain.
    async fn refused(&self, to: Address, data: &[u8]) -> Vec<u8> {
        let mut reasons = Vec::new();
        for node in &self.nodes {
            let request =
                TransactionRequest::default().with_from(self.alice.address()).with_to(to).with_input(data.to_vec());
            let error = node.provider.call(request).await.unwrap_err();
            let response = error.as_error_resp().unwrap();
            assert_eq!(response.code, 3, "{}: {response}", node.name);
            reasons.push(response.as_revert_data().unwrap().to_vec());
        }
        assert!(reasons.iter().all(|reason| *reason == reasons[0]));
        reasons.swap_remove(0)
    }

    async fn balance(&self, token: Address, account: Address) -> U256 {
        self.view(token, IToken::balanceOfCall { account }).await
    }

    async fn supply(&self, token: Address) -> U256 {
        self.view(token, IToken::totalSupplyCall {}).await
    }

    /// An account's balance of the chain's own coin, the same on every chain.
    async fn coins(&self, account: Address) -> U256 {
        let mut balances = Vec::new();
        for node in &self.nodes {
            balances.push(node.provider.get_balance(account).block_id(BlockId::latest()).await.unwrap());
        }
        assert!(balances.iter().all(|balance| *balance == balances[0]), "{balances:?}");
        balances[0]
    }

    fn print(&self) {
        for row in &self.rows {
            println!("{:<36}{}", row.what, row.gas.iter().map(|gas| format!("{gas:>12}")).collect::<String>());
        }
    }
}
