//! The keeper spends what is in the buckets, and nothing where there is nothing.

use std::borrow::Cow;

use alloy::providers::Provider;
use alloy_primitives::B256;
use clap::Parser;
use fomo::client::Client;
use fomo::keeper;
use fomo_rpc::Server;
use fomo_tests::suite::*;
use serde_json::Value;

use crate::common::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    keeper: keeper::Options,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_buys_back_what_is_due_and_records_prices_for_nothing_else() {
    let mut world = tokio::task::spawn_blocking(|| World::new(0)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    world.suite.deployment().save(&file).unwrap();
    let (splitter, asset, token, settler) = (world.splitter, world.usd, world.mt, world.settler);
    let call = IRevenueSplitter::settleCall {
        token,
        period: B256::repeat_byte(1),
        asset,
        gross: usd(10_000),
        compute: usd(0),
    };
    let idle = world.clone();
    world.suite.must(settler, splitter, call);
    for (world, is_due) in [(idle, false), (world, true)] {
        let server = Server::start(world.suite.harness.chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let (url, client) = (server.url(), Client::connect(&server.url(), None).await.unwrap());
        let words = ["keeper", "--once", "--network", &url, "--account", "8", "--deployment", file.to_str().unwrap()];
        let line = Line::try_parse_from(words).unwrap();
        let sent = async || client.provider().get_block_number().await.unwrap();
        assert!(keeper::run(&line.keeper).await.unwrap());
        let burned =
            async |token| client.view(splitter, IRevenueSplitter::destroyedCall { token }).await.unwrap().burned;
        assert_eq!([burned(world.flock).await.is_zero(), burned(token).await.is_zero()], [!is_due; 2]);
        // Within the hour nothing more is due; in the next it goes on.
        let head = sent().await;
        assert!(keeper::run(&line.keeper).await.unwrap());
        assert_eq!(sent().await, head);
        let before = burned(token).await;
        let (increase, mine) = (Cow::Borrowed("evm_increaseTime"), Cow::Borrowed("evm_mine"));
        let _: Value = client.provider().raw_request(increase, (3_600,)).await.unwrap();
        let _: Value = client.provider().raw_request(mine, ()).await.unwrap();
        assert!(keeper::run(&line.keeper).await.unwrap());
        assert_eq!(burned(token).await > before, is_due);
    }
}
