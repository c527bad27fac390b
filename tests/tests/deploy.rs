//! `cargo fomo deploy`, `accept` and `status`, as they are typed, on a served chain with nothing on it; also when every transaction is interrupted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use alloy::providers::Provider;
use clap::Parser;
use fomo::client::Client;
use fomo::client::deployment::Deployment;
use fomo::deploy::status::{Verdict, compare};
use fomo::deploy::{self, status};
use fomo::devnet::STYLUS_DEPLOYER;
use fomo::npm;
use fomo::root::Root;
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;
use fomo_tests::proxy::Proxy;
use fomo_tests::suite::{DAY, GENESIS};
use serde_json::{Value, json};
use tempfile::TempDir;

#[derive(Debug, Parser)]
enum Line {
    Deploy(deploy::Options),
    Accept(deploy::Accept),
    Status(status::Options),
}

/// What somebody types.
async fn types(words: &[&str]) -> Result<bool, String> {
    let line = Line::try_parse_from(["fomo"].iter().chain(words)).map_err(|error| error.to_string())?;
    let done = match &line {
        Line::Deploy(options) => deploy::run(options).await,
        Line::Accept(options) => deploy::accept(options).await,
        Line::Status(options) => status::run(options).await,
    };
    done.map_err(|error| format!("{error:#}"))
}

struct World {
    server: Server,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let chain = tokio::task::spawn_blocking(|| {
            let mut chain = Chain::new(Config { genesis_time: Some(GENESIS), ..Config::default() });
            chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer().unwrap());
            chain
        });
        let server = Server::start(chain.await.unwrap(), ([127, 0, 0, 1], 0).into()).await.unwrap();
        Self { server, folder: tempfile::tempdir().unwrap() }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record.json")
    }

    async fn deploy(&self, url: &str, config: &Path) -> Result<bool, String> {
        let (config, record) = (config.to_str().unwrap(), self.record());
        let record = record.to_str().unwrap();
        types(&["deploy", "--config", config, "--network", url, "--account", "0", "--out", record]).await
    }

    async fn client(&self) -> Client {
        Client::connect(&self.server.url(), None).await.unwrap()
    }

    async fn ask(&self, method: &'static str, params: Value) {
        let client = self.client().await;
        let _: Value = client.provider().raw_request(Cow::Borrowed(method), params).await.unwrap();
    }

    /// What is not as it is recorded, as contract and what of it.
    async fn not(&self, verdict: Verdict) -> Vec<String> {
        let record = Deployment::load(&self.record()).unwrap();
        let lines = compare(&self.client().await, &record).await.unwrap();
        let found = lines.into_iter().filter(|line| line.verdict == verdict);
        found.map(|line| format!("{} {}", line.contract, line.what)).collect()
    }

    /// Transactions of the deployer.
    async fn sent(&self) -> usize {
        let deployer = fomo_chain::development_key(0).unwrap().address();
        self.client().await.provider().get_transaction_count(deployer).await.unwrap() as usize
    }
}

fn local() -> PathBuf {
    Root::find().unwrap().join("deployments/local.toml")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_is_deployed_handed_over_and_compared() {
    let world = World::new().await;
    let (url, record) = (world.server.url(), world.record());
    let record = record.to_str().unwrap();
    world.deploy(&url, &local()).await.unwrap();
    let sent = world.sent().await;
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
    assert_eq!(world.not(Verdict::Warning).await.len(), 7, "six admins and a settler have to accept");

    for account in ["1", "4"] {
        types(&["accept", "--network", &url, "--account", account, "--deployment", record]).await.unwrap();
    }
    let error = types(&["accept", "--network", &url, "--account", "5", "--deployment", record]).await.unwrap_err();
    assert!(error.contains("No role was proposed"), "{error}");
    assert_eq!(world.not(Verdict::Warning).await, Vec::<String>::new(), "the deployer has nothing any more");
    assert_eq!(types(&["status", "--network", &url, "--deployment", record]).await, Ok(true));
    world.deploy(&url, &local()).await.unwrap();
    assert_eq!(world.sent().await, sent, "nothing is done twice");

    let lens = Deployment::load(&world.record()).unwrap().address("lens").unwrap();
    let code = world.client().await.code(lens).await.unwrap();
    world.ask("anvil_setCode", json!([lens, "0x6001"])).await;
    assert_eq!(world.not(Verdict::Different).await, ["lens code"]);
    assert_eq!(types(&["status", "--json", "--network", &url, "--deployment", record]).await, Ok(false));
    world.ask("anvil_setCode", json!([lens, code])).await;
    world.ask("evm_increaseTime", json!([310 * DAY])).await;
    world.ask("evm_mine", json!([])).await;
    let soon = world.not(Verdict::Warning).await;
    assert!(soon.contains(&"launchpad activation".to_owned()), "{soon:?}");
    world.ask("evm_increaseTime", json!([60 * DAY])).await;
    world.ask("evm_mine", json!([])).await;
    let expired = world.not(Verdict::Different).await;
    assert!(expired.contains(&"vesting activation".to_owned()), "{expired:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_interrupted_at_every_transaction_goes_on_and_does_nothing_twice() {
    let straight = World::new().await;
    straight.deploy(&straight.server.url(), &local()).await.unwrap();
    let wanted = straight.sent().await;

    let world = World::new().await;
    let proxy = Proxy::start(world.server.url()).await;
    let mut runs = 0;
    while world.deploy(&proxy.url, &local()).await.is_err() {
        runs += 1;
        assert!(runs <= 3 * wanted, "it comes to an end");
        // One transaction more each time; every other time it is lost on the way, else only its answer is.
        proxy.revive(1, runs % 2 == 0);
    }
    assert!(runs >= wanted / 2, "{runs} runs were interrupted");
    assert_eq!(world.sent().await, wanted);
    let names = |world: &World| {
        let record = Deployment::load(&world.record()).unwrap();
        record.steps.into_iter().map(|step| step.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&world), names(&straight));
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_contract_begins_with_is_changed_in_two_steps() {
    let world = World::new().await;
    let config = world.folder.path().join("other.toml");
    let text = fs::read_to_string(local()).unwrap().replace("fee = \"32,768 FLOCK\"", "fee = \"100 FLOCK\"");
    fs::write(&config, text.replace("cooldown = \"1 day\"", "cooldown = \"3 days\"")).unwrap();
    let url = world.server.url();
    world.deploy(&url, &config).await.unwrap();
    let waiting = world.not(Verdict::Warning).await;
    assert!(waiting.contains(&"launchpad LAUNCH_FEE".to_owned()), "{waiting:?}");
    assert!(waiting.contains(&"stake-registry COOLDOWN".to_owned()), "{waiting:?}");
    world.ask("evm_increaseTime", json!([2 * DAY + 60])).await;
    world.ask("evm_mine", json!([])).await;
    world.deploy(&url, &config).await.unwrap();
    let waiting = world.not(Verdict::Warning).await;
    assert!(waiting.iter().all(|line| line.ends_with("ADMIN") || line.ends_with("SETTLER")), "{waiting:?}");
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
    let error = world.deploy(&url, &local()).await.unwrap_err();
    assert!(error.contains("begun with other settings"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_leaves_the_chain_alone() {
    let world = World::new().await;
    let (url, config) = (world.server.url(), local());
    let config = config.to_str().unwrap();
    let head = world.client().await.provider().get_block_number().await.unwrap();
    assert_eq!(types(&["deploy", "--config", config, "--network", &url, "--dry-run"]).await, Ok(true));
    assert_eq!(world.client().await.provider().get_block_number().await.unwrap(), head);
    assert!(!world.record().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_cannot_be_are_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(local()).unwrap();
    let read = |text: String| {
        let path = folder.path().join("bad.toml");
        fs::write(&path, text).unwrap();
        deploy::settings::Settings::read(&path).map(drop).map_err(|error| format!("{error:#}"))
    };
    assert_eq!(read(good.clone()), Ok(()));
    let example = Root::find().unwrap().join("deployments/example.toml");
    deploy::settings::Settings::read(&example).unwrap();
    for (old, new, why) in [
        ("phi = \"100%\"", "phi = \"50%\"", "phi is over 50 %"),
        ("phi = \"100%\"", "phi = \"100%\"\nphy = 1", "unknown field `phy`"),
        ("issuer-fee = \"50 bps\"", "issuer-fee = \"500 bps\"", "launch"),
        ("max = \"100,000 FLOCK\"", "max = \"200,000 FLOCK\"", "targets of small"),
        ("max = \"100,000 FLOCK\"", "max = \"100,000 USD\"", "amount of FLOCK, not of USD"),
        ("cooldown = \"1 day\"", "cooldown = \"15 days\"", "at most 14 days"),
        ("lambda = \"1\"", "lambda = \"1.1\"", "stake"),
        ("interval = \"1 hour\"", "interval = \"1 minute\"", "1 hour to 7 days"),
        ("delay = \"2 days\"", "delay = \"1 hour\"", "1 to 30 days"),
        ("0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x70997970c51812dc3A010C7d01b50e0d17dc79C8", "mistyped"),
        ("route = \"uniswap-v2\"", "route = \"sushi\"", "no venue here"),
        ("most = \"2000\"", "most = \"0.5\"", "not over its most"),
    ] {
        let error = read(good.replacen(old, new, 1)).unwrap_err();
        assert!(error.contains(why), "{new}: {error}");
    }
}
