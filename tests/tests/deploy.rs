//! `cargo fomo deploy`, `accept` and `status`, as they are typed, on a served chain with nothing on it; also when every transaction is interrupted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use alloy::primitives::Bytes;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
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
        self.deploy_by("0", url, config, &self.record()).await
    }

    async fn deploy_by(&self, account: &str, url: &str, config: &Path, record: &Path) -> Result<bool, String> {
        let (config, record) = (config.to_str().unwrap(), record.to_str().unwrap());
        types(&["deploy", "--config", config, "--network", url, "--account", account, "--out", record]).await
    }

    /// A file of settings: those of a local chain with something else in them.
    fn config(&self, changes: &[(&str, &str)]) -> PathBuf {
        let config = self.folder.path().join("other.toml");
        let text = fs::read_to_string(local()).unwrap();
        let text = changes.iter().fold(text, |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replacen(old, new, 1)
        });
        fs::write(&config, text).unwrap();
        config
    }

    async fn pass(&self, seconds: u64) {
        self.ask("evm_increaseTime", json!([seconds])).await;
        self.ask("evm_mine", json!([])).await;
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

    // The admin accepts as a Safe does, by the batch beside the record; the settler by the command.
    let admin = fomo_chain::development_key(1).unwrap();
    let chain_id = world.client().await.chain_id();
    let batch = world.folder.path().join(format!("{chain_id}.accept.{}.json", admin.address()));
    let batch: Value = serde_json::from_slice(&fs::read(batch).unwrap()).unwrap();
    assert_eq!(batch["chainId"], chain_id.to_string());
    let client = Client::connect(&url, Some(admin.into())).await.unwrap();
    for transaction in batch["transactions"].as_array().unwrap() {
        let [to, data] = ["to", "data"].map(|field| transaction[field].as_str().unwrap());
        let data: Bytes = data.parse().unwrap();
        let request = TransactionRequest::default().to(to.parse().unwrap()).input(data.into());
        let receipt = client.provider().send_transaction(request).await.unwrap().get_receipt().await.unwrap();
        assert!(receipt.status());
    }
    types(&["accept", "--network", &url, "--account", "4", "--deployment", record]).await.unwrap();
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
async fn a_chain_without_stylus_deployer_gets_one_of_its_own() {
    let world = World::new().await;
    world.ask("anvil_setCode", json!([STYLUS_DEPLOYER, "0x"])).await;
    world.deploy(&world.server.url(), &local()).await.unwrap();
    let record = Deployment::load(&world.record()).unwrap();
    let deployer = record.address("stylus-deployer").unwrap();
    assert_ne!(deployer, STYLUS_DEPLOYER);
    assert!(!world.client().await.code(deployer).await.unwrap().is_empty());
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
    let sent = world.sent().await;
    world.deploy(&world.server.url(), &local()).await.unwrap();
    assert_eq!(world.sent().await, sent, "nothing is done twice");
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
async fn another_key_goes_on_with_nothing_that_is_the_deployers() {
    let world = World::new().await;
    let (proxy, url, record) = (Proxy::start(world.server.url()).await, world.server.url(), world.record());
    proxy.revive(8, true);
    world.deploy(&format!("{}/v2/secret", proxy.url), &local()).await.unwrap_err();
    assert!(!fs::read_to_string(&record).unwrap().contains("secret"), "an address may have a secret in it");
    let before = Deployment::load(&record).unwrap();
    let error = world.deploy_by("6", &url, &local(), &record).await.unwrap_err();
    assert!(error.contains("not for that of"), "{error}");
    let (after, stranger) = (Deployment::load(&record).unwrap(), fomo_chain::development_key(6).unwrap().address());
    assert_eq!(
        (after.deployer, after.steps.len()),
        (before.deployer, before.steps.len() + 1),
        "what was signed is sent"
    );
    let all = after.contracts.values().all(|contract| !contract.arguments.windows(20).any(|part| part == stranger));
    assert!(all && after.contracts.len() > before.contracts.len(), "what it was constructed with is the deployer's");
    assert_eq!(world.client().await.provider().get_transaction_count(stranger).await.unwrap(), 0);
    world.deploy(&url, &local()).await.unwrap();
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_contract_begins_with_is_changed_in_two_steps() {
    let world = World::new().await;
    let config = world.config(&[
        ("fee = \"32,768 FLOCK\"", "fee = \"100 FLOCK\""),
        ("cooldown = \"1 day\"", "cooldown = \"3 days\""),
        ("delay = \"2 days\"", "delay = \"3 days\""),
    ]);
    let url = world.server.url();
    world.deploy(&url, &config).await.unwrap();
    let changed = ["launchpad LAUNCH_FEE", "stake-registry COOLDOWN", "launchpad DELAY", "adapter-aerodrome DELAY"];
    let wait = async || {
        let waiting = world.not(Verdict::Warning).await;
        assert!(changed.iter().all(|line| waiting.contains(&(*line).to_owned())), "{waiting:?}");
    };
    wait().await;
    // Nobody comes for 17 days: what was proposed has expired, and is proposed again.
    world.pass(17 * DAY).await;
    world.deploy(&url, &config).await.unwrap();
    wait().await;
    let before = Deployment::load(&world.record()).unwrap();
    world.pass(2 * DAY + 60).await;
    // Anybody executes.
    world.deploy_by("6", &url, &config, &world.record()).await.unwrap();
    let waiting = world.not(Verdict::Warning).await;
    assert!(waiting.iter().all(|line| line.ends_with("ADMIN") || line.ends_with("SETTLER")), "{waiting:?}");
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
    assert_eq!(Deployment::load(&world.record()).unwrap().contracts, before.contracts);
    let error = world.deploy(&url, &local()).await.unwrap_err();
    assert!(error.contains("begun with other settings"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_chain_can_say_is_asked_before_anything_is_sent() {
    let world = World::new().await;
    let (url, other) = (world.server.url(), world.folder.path().join("other.json"));
    world.deploy(&url, &local()).await.unwrap();
    let (sent, usd) = (world.sent().await, Deployment::load(&world.record()).unwrap().address("usd").unwrap());
    let season = |days: u64| {
        let start = GENESIS + days * DAY;
        format!(
            "[rewards]\nseasons = [{{ start = \"{start}\", days = 9, alpha-start = \"0.5\", alpha-end = \"0.5\" }}]"
        )
    };
    let asset = format!("[revenue.assets.usd]\naddress = \"{usd}\"\ndecimals = 18");
    for (old, new, why) in [
        ("[rewards]", season(2), "Season 2 has to begin after"),
        ("[revenue.assets.usd]\ndeploy = true\ndecimals = 6", asset, "usd has 6 decimals, and 18 by the file"),
    ] {
        let config = world.config(&[(old, &*new)]);
        let error = world.deploy_by("0", &url, &config, &other).await.unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    // The delay of the file counts where it is longer than that of a new contract.
    let config = world.config(&[("[rewards]", &*season(3)), ("delay = \"2 days\"", "delay = \"3 days\"")]);
    let error = world.deploy_by("0", &url, &config, &other).await.unwrap_err();
    assert!(error.contains("Season 2 has to begin after"), "{error}");
    // A distributor of today and a registry of tomorrow would leave a day that cannot be reported.
    let config = world.config(&[("[rewards]", &*season(4))]);
    world.ask("evm_increaseTime", json!([DAY - 1_500])).await;
    let error = world.deploy_by("0", &url, &config, &other).await.unwrap_err();
    assert!(error.contains("Run this again after midnight"), "{error}");
    assert_eq!(world.sent().await, sent);
    // No block says so, but it is past midnight.
    world.ask("evm_increaseTime", json!([1_500])).await;
    assert_eq!(world.deploy_by("0", &url, &config, &other).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_season_that_it_is_too_late_for_is_proposed_and_the_next_one_follows() {
    let world = World::new().await;
    let (proxy, url) = (Proxy::start(world.server.url()).await, world.server.url());
    let season = |days: u64| {
        let start = GENESIS + days * DAY;
        format!("{{ start = \"{start}\", days = 9, alpha-start = \"0.5\", alpha-end = \"0.5\" }}")
    };
    let config = world.config(&[("[rewards]", &format!("[rewards]\nseasons = [{}, {}]", season(4), season(200)))]);
    proxy.revive(20, false);
    world.deploy(&proxy.url, &config).await.unwrap_err();
    world.pass(3 * DAY).await;
    world.deploy(&url, &config).await.unwrap();
    assert_eq!(world.not(Verdict::Warning).await, ["reward-distributor season 2"], "it is proposed");
    let different = world.not(Verdict::Different).await;
    let mine = |line: &String| line.ends_with("ADMIN") || line.ends_with("SETTLER");
    let (roles, others): (Vec<String>, Vec<String>) = different.into_iter().partition(mine);
    assert_eq!(
        (roles.len(), others),
        (7, vec!["reward-distributor season 3".to_owned()]),
        "the deployer has the roles"
    );
    world.pass(2 * DAY).await;
    world.deploy(&url, &config).await.unwrap();
    assert_eq!(world.not(Verdict::Different).await, Vec::<String>::new());
    let waiting = world.not(Verdict::Warning).await;
    assert!(waiting.len() == 7 && waiting.iter().all(mine), "{waiting:?}");
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
    let zero = "0x0000000000000000000000000000000000000000";
    let begins = "start = \"2027-06-01\"";
    let phase = |days: u32| {
        format!("[rewards]\nphases = [{{ {begins}, days = {days}, daily = \"1 FLOCK\", decay = \"1%\", every = 2 }}]")
    };
    let season = |from: &str, to: &str, days: u32| {
        format!("[rewards]\nseasons = [{{ {begins}, days = {days}, alpha-start = \"{from}\", alpha-end = \"{to}\" }}]")
    };
    assert_eq!(read(good.replacen("[rewards]", &phase(2_001), 1)), Ok(()));
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
        ("most = \"2000\"", "most = \"-2000\"", "no number"),
        ("least = \"1\"", "least = \"1.0000001\"", "more than 6 decimals"),
        ("decimals = 6", "decimals = 18", "the dollar of local chains"),
        ("lambda = \"1\"", "lambda = \"-1\"", "no number"),
        ("epsilon = \"2.19\"", "epsilon = \"2.1900000000000000001\"", "more than 18 decimals"),
        ("0x70997970C51812dc3A010C7d01b50e0d17dc79C8", zero, "roles.admin is the zero address"),
        ("[rewards]", &*phase(2_002), "decays 1000 times at most"),
        ("[rewards]", &*season("0.5", "0.9", 180), "rewards"),
        ("[rewards]", &*season("0.9", "0.5", 1), "rewards"),
    ] {
        let error = read(good.replacen(old, new, 1)).unwrap_err();
        assert!(error.contains(why), "{new}: {error}");
    }
}
