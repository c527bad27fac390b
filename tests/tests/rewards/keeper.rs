//! The keeper, as it is typed, on a served chain: killed at every transaction, and two at once, it pays what a day pays.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use clap::Parser;
use fomo::client::Client;
use fomo::keeper;
use fomo_rpc::Server;
use fomo_tests::proxy::Proxy;
use fomo_tests::suite::*;
use serde_json::Value;

use crate::common::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    keeper: keeper::Options,
}

/// Number of the reporter's key, and of somebody else's.
const REPORTER: &str = "9";
const STRANGER: &str = "8";

/// A round of a keeper; whether all went well.
async fn round(folder: &Path, url: &str, account: &str) -> bool {
    round_with(folder, url, account, &[]).await
}

async fn round_with(folder: &Path, url: &str, account: &str, flags: &[&str]) -> bool {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let [usage, wallets, models] = ["usage", "wallets.csv", "models.csv"].map(file);
    let [rejects, record] = ["rejects.csv", "record.json"].map(file);
    let words = ["keeper", "--once", "--after", "0s", "--usage", &usage, "--wallets", &wallets];
    let more = ["--models", &models, "--rejects", &rejects, "--deployment", &record];
    let chain = ["--network", url, "--account", account];
    let flags = if flags.is_empty() { &["--batch", "2"] } else { flags };
    let line = Line::try_parse_from(words.iter().chain(&more).chain(&chain).chain(flags)).unwrap();
    keeper::run(&line.keeper).await.unwrap()
}

/// A staked day that has just ended, and what was used in it.
fn day() -> (World, Usage) {
    let mut world = World::new();
    let (alice, bob, carol, a, b) = (world.alice, world.bob, world.carol, world.a, world.b);
    world.stake(alice, a, tokens(300));
    world.stake(bob, b, tokens(100));
    world.next_day();
    let mut used = usage(key(a), &[(alice, 5_250_000), (bob, 1), (carol, 7_000_000)]);
    used.extend(usage(key(b), &[(alice, 3_000_000), (bob, 2_000_000)]));
    (world, used)
}

/// The same usage in two files, in pieces and out of order, with a refund and rows that are none.
fn write(folder: &Path, world: &World, epoch: u64) {
    let (noon, usage) = (epoch * DAY + DAY / 2, folder.join("usage"));
    fs::create_dir(&usage).unwrap();
    let header = "time,api_key,model,paid_usd\n";
    let rows = [
        ("alice", "a", "5.5"),
        ("bob", "b", "2"),
        ("nobody", "a", "9"),
        ("alice", "a", "-0.25"),
        ("carol", "a", "free"),
    ];
    let line = |(who, model, paid): (&str, &str, &str)| format!("{noon},{who},{model},{paid}\n");
    fs::write(usage.join("1.csv"), header.to_owned() + &rows.map(line).concat()).unwrap();
    let rows = [("carol", "a", "7"), ("bob", "a", "0.000001"), ("alice", "b", "3")];
    let line = |(who, model, paid): (&str, &str, &str)| {
        format!("{{\"time\":{noon},\"api_key\":\"{who}\",\"model\":\"{model}\",\"paid_usd\":\"{paid}\"}}\n")
    };
    fs::write(usage.join("2.jsonl"), rows.map(line).concat()).unwrap();
    let [alice, bob, carol] = [world.alice, world.bob, world.carol];
    let wallets = format!("api_key,wallet\nalice,{alice}\nbob,{bob}\ncarol,{carol}\n");
    fs::write(folder.join("wallets.csv"), wallets).unwrap();
    fs::write(folder.join("models.csv"), format!("model,token\na,{}\nb,{}\n", world.a, world.b)).unwrap();
    world.suite.deployment().save(&folder.join("record.json")).unwrap();
}

/// What everybody can claim: FLOCK, and both tokens.
type Owed = Vec<[U256; 3]>;

fn expected() -> Owed {
    let (mut world, used) = day();
    world.pay(&used);
    let [a, b] = [world.a, world.b];
    let people = [world.alice, world.bob, world.carol];
    people.map(|who| [world.flock_of(who), world.mt_of(who, a), world.mt_of(who, b)]).into()
}

struct Served {
    server: Server,
    client: Client,
    rewards: Address,
    tokens: [Address; 2],
    people: [Address; 3],
    epoch: u64,
    folder: tempfile::TempDir,
}

impl Served {
    async fn new() -> Self {
        let (world, _) = tokio::task::spawn_blocking(day).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let epoch = world.today() - 1;
        write(folder.path(), &world, epoch);
        let (rewards, tokens) = (world.suite.at.rewards, [world.a, world.b]);
        let people = [world.alice, world.bob, world.carol];
        let server = Server::start(world.suite.harness.chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = Client::connect(&server.url(), None).await.unwrap();
        Self { server, client, rewards, tokens, people, epoch, folder }
    }

    async fn pass(&self, seconds: u64) {
        let (increase, mine) = (Cow::Borrowed("evm_increaseTime"), Cow::Borrowed("evm_mine"));
        let _: Value = self.client.provider().raw_request(increase, (seconds,)).await.unwrap();
        let _: Value = self.client.provider().raw_request(mine, ()).await.unwrap();
    }

    async fn owed(&self) -> Owed {
        let mut owed = Vec::new();
        for account in self.people {
            let flock = self.client.view(self.rewards, R::claimableFlockCall { account }).await.unwrap();
            let [a, b] = self.tokens.map(|mt| R::claimableMtCall { account, mt });
            let (a, b) = (self.client.view(self.rewards, a).await, self.client.view(self.rewards, b).await);
            owed.push([flock, a.unwrap(), b.unwrap()]);
        }
        owed
    }

    async fn state(&self) -> u8 {
        self.client.view(self.rewards, R::epochStateCall { epoch: self.epoch }).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_is_killed_at_every_transaction_pays_what_a_day_pays() {
    let served = Served::new().await;
    let proxy = Proxy::start(served.server.url()).await;
    let mut runs = 0;
    while served.state().await != 3 {
        proxy.revive(1, runs % 2 == 0);
        round(served.folder.path(), &proxy.url, REPORTER).await;
        runs += 1;
        assert!(runs < 50, "it comes to an end");
    }
    assert!(runs > 2, "it was killed {runs} times");
    served.pass(DAY / 2).await;
    // Anybody seals and accrues; here somebody without the reporter's key and files of its own.
    for _ in 0..20 {
        runs += 1;
        proxy.revive(1, runs % 2 == 0);
        round(served.folder.path(), &proxy.url, STRANGER).await;
    }
    let owed = served.owed().await;
    assert_eq!(owed, tokio::task::spawn_blocking(expected).await.unwrap());
    assert!(owed.iter().all(|amounts| amounts[0] > U256::ZERO));
    let rejects = fs::read_to_string(served.folder.path().join("rejects.csv")).unwrap();
    assert!(rejects.contains("no wallet") && rejects.contains("six decimals"), "{rejects}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_keepers_at_once_pay_what_one_pays() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    for _ in 0..4 {
        tokio::join!(round(folder, &url, REPORTER), round(folder, &url, REPORTER));
    }
    served.pass(DAY / 2).await;
    for _ in 0..4 {
        tokio::join!(round(folder, &url, REPORTER), round(folder, &url, STRANGER));
    }
    assert!(round(folder, &url, REPORTER).await, "all is well in the end");
    assert_eq!(served.owed().await, tokio::task::spawn_blocking(expected).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_declared_otherwise_is_left_to_a_person() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    let proxy = Proxy::start(served.server.url()).await;
    proxy.revive(1, false);
    round(folder, &proxy.url, REPORTER).await;
    assert_eq!(served.state().await, 2, "declared, and no more");
    let late = format!("{},alice,a,1\n", served.epoch * DAY);
    let file = folder.join("usage/1.csv");
    fs::write(&file, fs::read_to_string(&file).unwrap() + &late).unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 2, "nothing is reported against what was declared");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_in_other_batches_is_gone_on_with() {
    let served = Served::new().await;
    let (folder, proxy) = (served.folder.path(), Proxy::start(served.server.url()).await);
    // Declared, and a batch of one row.
    proxy.revive(2, false);
    round_with(folder, &proxy.url, REPORTER, &["--batch", "1"]).await;
    assert_eq!(served.state().await, 2);
    assert!(round_with(folder, &served.server.url(), REPORTER, &["--batch", "200"]).await);
    assert_eq!(served.state().await, 3);
    let report = served.client.view(served.rewards, R::reportOfCall { epoch: served.epoch }).await.unwrap();
    assert_eq!((report.rows, report.batches), (5, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_reported_of_another_account_is_left_to_a_person() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    let proxy = Proxy::start(served.server.url()).await;
    // Declared, and a batch of one row.
    proxy.revive(2, false);
    round_with(folder, &proxy.url, REPORTER, &["--batch", "1"]).await;
    let filter = Filter::new().address(served.rewards).event_signature(R::BatchReported::SIGNATURE_HASH);
    let told = async || served.client.logs(&filter, 0, served.client.head().await.unwrap()).await.unwrap();
    let batch = R::BatchReported::decode_log_data(told().await[0].data()).unwrap();
    // The same rows and sums, of somebody else.
    let file = folder.join("wallets.csv");
    let wallets = fs::read_to_string(&file).unwrap();
    let credited = Address::from_slice(&batch.rows[..20]).to_string();
    fs::write(&file, wallets.replace(&credited, &Address::with_last_byte(1).to_string())).unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!((served.state().await, told().await.len()), (2, 1), "nothing is reported behind what differs");
    fs::write(&file, wallets).unwrap();
    assert!(round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_in_doubt_leaves_its_day_to_a_person_and_no_other_line_does() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    let file = folder.join("wallets.csv");
    let wallets = fs::read_to_string(&file).unwrap();
    let twice = format!("alice,{}\n", served.people[1]);
    fs::write(&file, wallets.clone() + &twice).unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 1, "a day without her rows would lose her rewards for good");
    let rejects = fs::read_to_string(folder.join("rejects.csv")).unwrap();
    assert!(rejects.contains("wallets.csv,5,lines contradict one another"), "{rejects}");
    fs::write(&file, wallets + &twice.replace("alice", "dave") + "dave,0x12\n").unwrap();
    assert!(round(folder, &url, REPORTER).await, "dave used nothing");
    assert_eq!(served.state().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_usage_file_without_times_leaves_every_day_to_a_person() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    let file = folder.join("usage/3.csv");
    fs::write(&file, "").unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 1, "nobody knows whose rows are missing");
    fs::remove_file(&file).unwrap();
    assert!(round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_usage_and_a_voided_report_are_left_to_a_person() {
    let served = Served::new().await;
    let (folder, url) = (served.folder.path(), served.server.url());
    let usage = folder.join("usage");
    fs::rename(&usage, folder.join("elsewhere")).unwrap();
    fs::create_dir(&usage).unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 1, "files that are missing are no day without usage");
    fs::remove_dir(&usage).unwrap();
    fs::rename(folder.join("elsewhere"), &usage).unwrap();
    assert!(round(folder, &url, REPORTER).await);
    let reporter = fomo_chain::development_key(9).unwrap();
    let client = Client::connect(&url, Some(reporter.into())).await.unwrap();
    client.send(served.rewards, R::voidReportCall { epoch: served.epoch }, U256::ZERO).await.unwrap();
    assert!(!round(folder, &url, REPORTER).await);
    assert_eq!(served.state().await, 1, "what was voided is not reported again by itself");
    assert!(round_with(folder, &url, REPORTER, &["--again"]).await);
    assert_eq!(served.state().await, 3);
}
