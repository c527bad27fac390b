//! The commands of a wallet, as they are typed, on a served chain with the suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;

use alloy::providers::Provider;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use clap::Parser;
use fomo::client::Client;
use fomo::wallet;
use fomo_rpc::Server;
use fomo_tests::suite::*;
use tempfile::TempDir;

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: wallet::Command,
}

/// A suite that is served, with a model that is about to graduate and one that is about to fail, and its record in a file.
struct World {
    server: Server,
    client: Client,
    folder: TempDir,
    at: Addresses,
    users: Vec<Address>,
    token: Address,
    failing: Address,
}

/// Number of the issuer's key, and of the first user's.
const ISSUER: usize = 4;
const USER: usize = 5;

impl World {
    async fn new() -> Self {
        let (suite, token, failing) = tokio::task::spawn_blocking(|| {
            let mut suite = Suite::new();
            let token = suite.launch(Suite::order(VENUES[0]));
            let failing = suite.launch(Suite::order(VENUES[1]));
            (suite, token, failing)
        })
        .await
        .unwrap();
        let (deployment, at, users) = (suite.deployment(), suite.at, suite.users.clone());
        let server = Server::start(suite.harness.chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = Client::connect(&server.url(), None).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        deployment.save(&folder.path().join("deployment.json")).unwrap();
        Self { server, client, folder, at, users, token, failing }
    }

    /// What somebody types, without flags about the connection; `{}` is the token.
    async fn try_type(&self, account: usize, line: &str) -> Result<bool, String> {
        let (url, record) = (self.server.url(), self.folder.path().join("deployment.json"));
        let mut words = vec!["fomo".to_owned()];
        for (index, part) in line.split('\'').enumerate() {
            // What stands between quotes is one word.
            if index % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(|word| word.replace("{}", &self.token.to_string())));
            }
        }
        let account = account.to_string();
        words.extend(["--network", &url, "--account", &account, "--deployment"].map(str::to_owned));
        words.push(record.to_str().unwrap().to_owned());
        let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        wallet::run(&line.command).await.map_err(|error| format!("{error:#}"))
    }

    async fn types(&self, account: usize, line: &str) {
        let done = self.try_type(account, &format!("{line} --yes")).await;
        assert_eq!(done, Ok(true), "{line}");
    }

    async fn refuses(&self, account: usize, line: &str, why: &str) {
        let error = self.try_type(account, &format!("{line} --yes")).await.unwrap_err();
        assert!(error.contains(why), "{line}: {error}");
    }

    async fn ask<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        self.client.view(to, call).await.unwrap()
    }

    async fn balance(&self, token: Address, account: Address) -> U256 {
        self.ask(token, IFomoERC20::balanceOfCall { account }).await
    }

    /// Lets time pass.
    async fn pass(&self, seconds: u64) {
        let (increase, mine) = (Cow::Borrowed("evm_increaseTime"), Cow::Borrowed("evm_mine"));
        let _: serde_json::Value = self.client.provider().raw_request(increase, (seconds,)).await.unwrap();
        let _: serde_json::Value = self.client.provider().raw_request(mine, ()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_quoted_is_what_happens() {
    let world = World::new().await;
    let (launchpad, flock, token, user) = (world.at.launchpad, world.at.flock, world.token, world.users[0]);
    for line in ["launch list", "launch show {}", "account"] {
        world.types(USER, line).await;
    }
    let before = world.balance(flock, user).await;
    world.types(USER, "launch buy {} '40,000 FLOCK' --slippage 0").await;
    let position = world.ask(launchpad, ILaunchpad::positionCall { token, buyer: user }).await;
    assert_eq!(before - world.balance(flock, user).await, position.flockIn);
    assert_eq!(position.flockIn, tokens(40_000));
    world.types(USER + 1, "launch buy {} '1000 MT'").await;
    let exact = world.ask(launchpad, ILaunchpad::positionCall { token, buyer: world.users[1] }).await;
    assert!(exact.mt >= tokens(1_000) && exact.mt < tokens(1_001));
    world.refuses(USER, "launch claim {}", "has not graduated; it is raising").await;
    world.refuses(USER, "launch graduate {}", "NotSucceeded").await;
    world.types(USER, "launch buy {} '90000 FLOCK'").await;
    world.types(USER, "launch graduate {}").await;
    assert_eq!(world.ask(launchpad, ILaunchpad::stateCall { token }).await, GRADUATED);
    let owed = world.ask(launchpad, ILaunchpad::positionCall { token, buyer: user }).await.mt;
    world.types(USER, "launch claim {}").await;
    assert_eq!(world.balance(token, user).await, owed);
    world.refuses(USER, "launch claim {}", "nothing to claim").await;
    let fees = world.ask(launchpad, ILaunchpad::feesOwedCall { account: world.issuer() }).await;
    let before = world.balance(flock, world.issuer()).await;
    world.types(ISSUER, "launch fees").await;
    assert_eq!(world.balance(flock, world.issuer()).await - before, fees);
    assert!(fees > U256::ZERO);

    world.pass(91 * DAY).await;
    world.types(ISSUER, "vest list").await;
    world.types(ISSUER, "vest release").await;
    assert!(world.balance(token, world.issuer()).await > tokens(24_000));
    world.refuses(USER, "vest release", "Nothing has vested").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launch_is_created_and_one_that_failed_pays_back() {
    let world = World::new().await;
    let (launchpad, flock, user) = (world.at.launchpad, world.at.flock, world.users[0]);
    let create = "launch create --name 'Code Model' --symbol CODE --type small --model-id flock-code --venue aerodrome \
        --metadata ipfs://code --duration '3 days' --surcharge --bundle '1000 FLOCK'";
    let before = world.balance(flock, world.issuer()).await;
    world.types(ISSUER, create).await;
    let count = world.ask(launchpad, ILaunchpad::launchCountCall {}).await;
    let token = world.ask(launchpad, ILaunchpad::launchAtCall { index: count - U256::ONE }).await;
    assert_eq!(before - world.balance(flock, world.issuer()).await, tokens(32_768 + 1_000));
    let launch = world.ask(launchpad, ILaunchpad::launchCall { token }).await;
    assert_eq!((launch.hasSurcharge, launch.duration), (true, 3 * DAY));
    world.refuses(ISSUER, &create.replace("aerodrome", "sushi"), "There is no venue").await;
    world.refuses(ISSUER, &create.replace("small", "huge"), "no such model type").await;

    let failing = world.failing;
    let before = world.balance(flock, user).await;
    world.types(USER, &format!("launch buy {failing} '500 FLOCK'")).await;
    world.refuses(USER, &format!("launch redeem {failing}"), "has not failed; it is raising").await;
    world.pass(8 * DAY).await;
    world.types(USER, &format!("launch redeem {failing}")).await;
    assert_eq!(world.balance(flock, user).await, before);
    world.refuses(USER, &format!("launch redeem {failing}"), "nothing to take back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stakes_and_locks_come_and_go_by_typing() {
    let world = World::new().await;
    let (registry, flock, token, user) = (world.at.registry, world.at.flock, world.token, world.users[0]);
    for line in ["launch buy {} '200000 FLOCK'", "launch graduate {}", "launch claim {}"] {
        world.types(USER, line).await;
    }
    let all = world.balance(token, user).await;
    let staked = async || world.ask(registry, IStakeRegistry::stakeOfCall { account: user, mt: token }).await;
    world.refuses(USER, "stake {} '5 CODE'", "takes an amount of CHAT").await;
    world.refuses(USER + 1, "stake {} '5 CHAT'", "This takes 5 CHAT").await;
    world.types(USER, "stake {} '12.5 CHAT'").await;
    assert_eq!(staked().await, tokens(25) / U256::from(2));
    world.types(USER, "stake {} all").await;
    assert_eq!(staked().await, all);
    world.types(USER, "unstake {} '10 CHAT'").await;
    world.types(USER, "unstake {} all").await;
    world.refuses(USER, "withdraw {}", "Nothing has cooled down yet").await;
    world.types(USER, "account").await;
    world.pass(2 * DAY).await;
    world.types(USER, "withdraw {}").await;
    assert_eq!(world.balance(token, user).await, all);
    world.refuses(USER, "withdraw {}", "have not asked").await;

    let before = world.balance(flock, user).await;
    world.types(USER, "lock '12.5 FLOCK' --for '60 days'").await;
    let locks = IStakeRegistry::locksOfCall { account: user, offset: 0, limit: 16 };
    let lock = world.ask(registry, locks.clone()).await[0].clone();
    world.types(USER, &format!("extend {} --for '90 days'", lock.id)).await;
    assert_eq!(world.ask(registry, locks).await[0].unlock / DAY - lock.unlock / DAY, 30);
    world.types(USER, "account").await;
    world.refuses(USER, &format!("unlock {}", lock.id), "goes on until").await;
    world.refuses(USER, &format!("extend {} --for '1 day'", lock.id), "which is longer").await;
    world.refuses(USER, "unlock 77", "no open lock 77").await;
    world.pass(91 * DAY).await;
    world.types(USER, &format!("unlock {}", lock.id)).await;
    assert_eq!(world.balance(flock, user).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_a_yes_a_key_or_the_right_chain() {
    let world = World::new().await;
    let head = world.client.provider().get_block_number().await.unwrap();
    let unasked = world.try_type(USER, "launch buy {} '5 FLOCK'").await.unwrap_err();
    assert!(unasked.contains("nobody to ask"), "{unasked}");
    world.refuses(USER, "launch buy {} '5 CODE'", "takes an amount of MT").await;
    world.refuses(USER, "launch buy {} '99000000 MT'", "OverTarget").await;
    assert_eq!(world.client.provider().get_block_number().await.unwrap(), head);
    let unknown = Address::repeat_byte(9);
    world.refuses(USER, &format!("launch buy {unknown} '5 FLOCK'"), "UnknownLaunch").await;
    world.refuses(USER, &format!("stake {unknown} '5 CHAT'"), "There is no token").await;
    world.refuses(USER, "rewards claim", "has earned nothing").await;
    world.refuses(USER, "rewards claim --of 0x00000000000000000000000000000000005742A6", "has earned nothing").await;
}

impl World {
    fn issuer(&self) -> Address {
        fomo_chain::development_key(4).unwrap().address()
    }
}
