//! The keeper spends what is in the buckets after half an hour of prices, and nothing where there is nothing.

use std::borrow::Cow;
use std::net::TcpListener;
use std::time::Duration;

use alloy::providers::Provider;
use alloy::transports::http::reqwest;
use alloy_primitives::U256;
use clap::Parser;
use fomo::client::Client;
use fomo::keeper;
use fomo_rpc::Server;
use fomo_tests::proxy::Proxy;
use fomo_tests::suite::*;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    keeper: keeper::Options,
}

/// A world that is served, and a keeper that comes when it is called.
struct Served {
    server: Server,
    client: Client,
    folder: TempDir,
}

/// The keeper's account.
const KEEPER: u32 = 8;

impl Served {
    async fn new(world: World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        world.suite.deployment().save(&folder.path().join("record.json")).unwrap();
        let server = Server::start(world.suite.harness.chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let client = Client::connect(&server.url(), None).await.unwrap();
        Self { server, client, folder }
    }

    fn options(&self, url: &str, more: &[&str]) -> keeper::Options {
        let (file, account) = (self.folder.path().join("record.json"), KEEPER.to_string());
        let words = ["keeper", "--network", url, "--account", &account, "--deployment", file.to_str().unwrap()];
        Line::try_parse_from(words.iter().chain(more)).unwrap().keeper
    }

    async fn round(&self) {
        assert!(keeper::run(&self.options(&self.server.url(), &["--once"])).await.unwrap());
    }

    /// So many rounds, a minute apart.
    async fn minutes(&self, minutes: u64) {
        for _ in 0..minutes {
            self.pass(60).await;
            self.round().await;
        }
    }

    async fn pass(&self, seconds: u64) {
        let (increase, mine) = (Cow::Borrowed("evm_increaseTime"), Cow::Borrowed("evm_mine"));
        let _: Value = self.client.provider().raw_request(increase, (seconds,)).await.unwrap();
        let _: Value = self.client.provider().raw_request(mine, ()).await.unwrap();
    }

    /// Transactions that the keeper sent.
    async fn sent(&self) -> u64 {
        let keeper = fomo_chain::development_key(KEEPER).unwrap().address();
        self.client.provider().get_transaction_count(keeper).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_buys_back_what_is_due_after_half_an_hour_of_prices_and_records_for_nothing_else() {
    let mut world = tokio::task::spawn_blocking(|| World::new(0)).await.unwrap();
    let mut idle = world.clone();
    // Less than the least of a buyback is in each bucket, or only somebody else may.
    idle.settle(1, usd(2), usd(0));
    world.settle(1, usd(10_000), usd(0));
    let mut anothers = world.clone();
    anothers.change(name("KEEPER_ONLY"), U256::ONE);
    let (splitter, flock, token) = (world.splitter, world.flock, world.mt);
    for (world, is_due) in [(idle, false), (anothers, false), (world, true)] {
        let served = Served::new(world).await;
        let call = |token| IRevenueSplitter::destroyedCall { token };
        let burned = async |token| served.client.view(splitter, call(token)).await.unwrap().burned;
        served.round().await;
        let sent = served.sent().await;
        served.minutes(29).await;
        assert!(burned(flock).await.is_zero() && burned(token).await.is_zero(), "an old price is there, and no more");
        assert_eq!(served.sent().await - sent, if is_due { 2 * 29 } else { 0 });
        served.minutes(2).await;
        assert_eq!([burned(flock).await.is_zero(), burned(token).await.is_zero()], [!is_due; 2]);
        // Within the hour nothing more is due, and no price is needed; then it goes on, after a half-hour of prices again.
        let sent = served.sent().await;
        served.minutes(2).await;
        assert_eq!(served.sent().await, sent);
        let before = burned(token).await;
        served.pass(HOUR).await;
        served.round().await;
        assert_eq!(burned(token).await, before);
        served.minutes(31).await;
        assert_eq!(burned(token).await > before, is_due);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_recorded_by_the_minute_however_long_a_round_takes() {
    let mut world = tokio::task::spawn_blocking(|| World::new(0)).await.unwrap();
    world.settle(1, usd(10_000), usd(0));
    let served = Served::new(world).await;
    let proxy = Proxy::start(served.server.url()).await;
    proxy.revive(usize::MAX, true);
    // What keeps programs active asks for this, behind buybacks and in no other place: the first round never ends.
    proxy.hold("eth_getCode");
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let options = served.options(&proxy.url, &["--every", "1", "--metrics", &metrics]);
    let minutes = async {
        for minute in 1..=3 {
            while served.sent().await < 2 * minute {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            served.pass(60).await;
        }
        reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap()
    };
    let page = tokio::select! {
        ended = keeper::run(&options) => panic!("{ended:?}"),
        page = tokio::time::timeout(Duration::from_secs(60), minutes) => page.expect("a price a minute"),
    };
    // Other tests of this process count there as well.
    assert!(page.contains("fomo_keeper_buybacks_waiting "), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_launch_cannot_spend_joins_the_flock_buyback() {
    let mut world = tokio::task::spawn_blocking(|| World::new(0)).await.unwrap();
    let failing = world.suite.launch(Suite::order(VENUES[1]));
    let graduated = std::mem::replace(&mut world.mt, failing);
    world.settle(1, usd(1_000), usd(0));
    world.mt = graduated;
    world.suite.pass(8 * DAY);
    assert_eq!(world.suite.state(failing), FAILED);
    let (splitter, asset) = (world.splitter, world.usd);
    let served = Served::new(world).await;
    served.round().await;
    let ledger = IRevenueSplitter::ledgerOfCall { token: failing, asset };
    let ledger = served.client.view(splitter, ledger).await.unwrap();
    assert_eq!((ledger.mtBuybackLeft, ledger.issuerLeft), (ledger.mtBuyback, ledger.issuer));
    let totals = served.client.view(splitter, IRevenueSplitter::totalsOfCall { asset }).await.unwrap();
    assert_eq!(totals.flockBuyback, usd(700), "its own 30 %, and 30 % and 10 % that nobody can spend");
}
