//! What the keeper does beside reporting, as it is typed, on a served chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::borrow::Cow;
use std::net::TcpListener;

use alloy::providers::Provider;
use alloy::transports::http::reqwest;
use clap::Parser;
use fomo::abi::IArbWasm;
use fomo::client::Client;
use fomo::keeper;
use fomo_chain::precompiles::ARB_WASM;
use fomo_rpc::Server;
use fomo_tests::suite::*;
use serde_json::Value;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    keeper: keeper::Options,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_succeeded_is_graduated_and_programs_are_kept_active() {
    let suite = tokio::task::spawn_blocking(|| {
        let mut suite = Suite::new();
        let token = suite.launch(Suite::order(VENUES[0]));
        suite.buy(suite.users[0], token, tokens(200_000));
        let open = suite.launch(Suite::order(VENUES[1]));
        (suite, token, open)
    });
    let (suite, token, open) = suite.await.unwrap();
    let (record, at) = (suite.deployment(), suite.at);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.json");
    record.save(&file).unwrap();
    let server = Server::start(suite.harness.chain, ([127, 0, 0, 1], 0).into()).await.unwrap();
    let (url, client) = (server.url(), Client::connect(&server.url(), None).await.unwrap());
    let round = async |more: &[&str]| {
        let words = ["keeper", "--once", "--network", &url, "--account", "8", "--deployment", file.to_str().unwrap()];
        let line = Line::try_parse_from(words.iter().chain(more)).unwrap();
        keeper::run(&line.keeper).await.unwrap()
    };
    let state = async |token| client.view(at.launchpad, ILaunchpad::stateCall { token }).await.unwrap();

    let head = client.provider().get_block_number().await.unwrap();
    assert!(round(&["--dry-run"]).await);
    assert_eq!(client.provider().get_block_number().await.unwrap(), head, "a dry run sends nothing");
    assert!(!round(&["--max-gas-price", "0.01"]).await, "gas is dearer than that");
    assert_eq!(state(token).await, SUCCEEDED);
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    assert!(round(&["--metrics", &metrics]).await);
    let page = reqwest::get(format!("http://{metrics}/metrics")).await.unwrap().text().await.unwrap();
    let sent = "fomo_keeper_transactions_total{function=\"graduate(address)\"} 1";
    assert!(page.contains(sent) && page.contains("fomo_keeper_rounds_total{well=\"true\"} 1"), "{page}");
    assert_eq!([state(token).await, state(open).await], [GRADUATED, RAISING]);

    for (days, why) in [(310, "soon"), (400, "expired")] {
        let (increase, mine) = (Cow::Borrowed("evm_increaseTime"), Cow::Borrowed("evm_mine"));
        let _: Value = client.provider().raw_request(increase, (days * DAY,)).await.unwrap();
        let _: Value = client.provider().raw_request(mine, ()).await.unwrap();
        // Programs that everything else asks expire too, so that the first round may only bring them back.
        round(&[]).await;
        for (name, contract) in record.contracts.clone() {
            let call = IArbWasm::programTimeLeftCall { program: contract.address };
            let left = client.view(ARB_WASM, call).await.unwrap_or_default();
            assert!(left > 360 * DAY, "{name} was {why} and has {left} seconds");
        }
        assert!(round(&[]).await);
    }
}
