//! `cargo fomo verify epoch`, over JSON-RPC; and whatever figure of an event is changed is found.

use alloy_primitives::{LogData, U256};
use alloy_sol_types::SolEvent;
use clap::{Parser, Subcommand};
use fomo::client::Client;
use fomo::verify::Ledger;
use fomo::verify::command::{self, Chain, What};
use fomo::verify::launch::Places;
use fomo::wallet;
use fomo_rpc::Server;
use fomo_tests::suite::{IFomoERC20, tokens};

use crate::common::*;

/// Three days of usage: sealed and accrued, the last with a claim.
fn history() -> World {
    let mut world = World::new();
    let (alice, bob, a, b) = (world.alice, world.bob, world.a, world.b);
    world.stake(alice, a, tokens(100));
    world.lock(bob, tokens(1_000), 200);
    for day in 0..3_u64 {
        world.next_day();
        let epoch = world.today() - 1;
        let mut used = Usage::new();
        used.insert(key(a), [(alice, 1_000_000 + day), (bob, 2_000_000)].into());
        used.insert(key(b), [(bob, 500_000)].into());
        world.report(epoch, &used, 3);
        world.pass(fomo_tests::suite::DAY / 2);
        world.seal(epoch, 9);
        world.accrue(epoch);
    }
    world.does(alice, R::claimCall { account: alice });
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_are_recomputed_over_json_rpc() {
    let world = tokio::task::spawn_blocking(history).await.unwrap();
    let at = world.suite.at;
    let server = Server::start(world.suite.harness.chain.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let client = Client::connect(&server.url(), None).await.unwrap();
    let places = Places { rewards: at.rewards, flock: at.flock, ..Places::default() };
    let last = world.suite.harness.chain.head();
    let chain = Chain { client, places, splitter: at.splitter, first: 0, last };
    let all = chain.rewards(None).await.unwrap();
    assert_eq!((all.difference, all.counts), (None, [6, 6, 9]));
    assert!(all.ledger.reports.is_empty(), "what is settled is forgotten");
    assert_eq!(all.ledger.flock(world.bob), world.flock_of(world.bob));
    let one = chain.rewards(Some(START + 1)).await.unwrap();
    assert_eq!(one.difference, None);
    assert!(one.counts[0] < 6, "what comes later is not read");
    let report = &one.ledger.reports[&(START + 1)];
    assert!(report.sealed && report.batches.iter().flat_map(|batch| &batch.rows).all(|row| !row.flock.is_zero()));
    server.stop().await;
}

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: Typed,
}

#[derive(Debug, Subcommand)]
enum Typed {
    #[command(subcommand)]
    Verify(What),
    #[command(flatten)]
    Wallet(wallet::Command),
}

#[tokio::test(flavor = "multi_thread")]
async fn an_epoch_is_verified_and_claimed_by_typing() {
    let world = tokio::task::spawn_blocking(|| {
        let mut world = history();
        world.next_day();
        let used = usage(key(world.a), &[(world.alice, 5_000_000)]);
        world.pay(&used);
        world
    });
    let world = world.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.json");
    world.suite.deployment().save(&record).unwrap();
    let server = Server::start(world.suite.harness.chain.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let (url, client) = (server.url(), Client::connect(&server.url(), None).await.unwrap());
    let types = async |line: &str| {
        let words = ["fomo"].into_iter().chain(line.split_whitespace());
        let line = words.chain(["--network", url.as_str(), "--deployment", record.to_str().unwrap()]);
        let done = match Line::try_parse_from(line).map_err(|error| error.to_string())?.command {
            Typed::Verify(what) => command::run(&what).await,
            Typed::Wallet(command) => wallet::run(&command).await,
        };
        done.map_err(|error| format!("{error:#}"))
    };
    assert_eq!(types(&format!("verify epoch {}", START + 1)).await, Ok(true));
    let early = types("verify epoch 99999").await.unwrap_err();
    assert!(early.contains("Epoch 99999 is not sealed"), "{early}");

    let (rewards, flock, alice, mt) = (world.suite.at.rewards, world.suite.at.flock, world.alice, world.a);
    let owed = [world.flock_of(alice), world.mt_of(alice, mt)];
    let balances = async || {
        let mut all = [U256::ZERO; 2];
        for (balance, token) in all.iter_mut().zip([flock, mt]) {
            *balance = client.view(token, IFomoERC20::balanceOfCall { account: alice }).await.unwrap();
        }
        all
    };
    let before = balances().await;
    // Somebody else claims for her: it goes to her.
    assert_eq!(types(&format!("rewards claim --of {alice} --account 6 --yes")).await, Ok(true));
    let after = balances().await;
    assert_eq!([0, 1].map(|index| after[index] - before[index]), owed);
    assert!(owed[0] > U256::ZERO && owed[1] > U256::ZERO);
    let left = client.view(rewards, R::claimableFlockCall { account: alice }).await.unwrap();
    assert_eq!(left, U256::ZERO);
    let again = types(&format!("rewards claim --of {alice} --account 6 --yes")).await.unwrap_err();
    assert!(again.contains("has earned nothing"), "{again}");
    assert_eq!(types("verify all").await, Ok(true), "what was claimed is verified too");
    server.stop().await;
}

#[test]
fn a_changed_figure_is_found() {
    let world = history();
    let logs = world.logs();
    // The figures of what a report declares, of scores, of what a day pays and of claims.
    let events = [
        R::ReportDeclared::SIGNATURE_HASH,
        R::BatchReported::SIGNATURE_HASH,
        R::TokenSealed::SIGNATURE_HASH,
        R::EpochSealed::SIGNATURE_HASH,
        R::BatchAccrued::SIGNATURE_HASH,
        R::Claimed::SIGNATURE_HASH,
    ];
    let (mut changed, mut missed) = (0, Vec::new());
    for (index, log) in logs.iter().enumerate().filter(|(_, log)| events.contains(&log.topics()[0])) {
        let topic = log.topics()[0];
        let reported = topic == R::BatchReported::SIGNATURE_HASH;
        // Of a batch, what comes before the offsets of its rows and spends, and its last spend.
        let words = if reported { 4 } else { log.data.data.len() / 32 };
        let spends = R::BatchReported::decode_log_data(&log.data).map_or(0, |batch| batch.spends.len());
        let last = reported.then(|| log.data.data.len() - 32 + (spends - 1) % 32);
        // The number of the attempt is all that a report does not compute with.
        let numbered = topic != R::BatchAccrued::SIGNATURE_HASH && topic != R::Claimed::SIGNATURE_HASH;
        for at in (usize::from(numbered)..words).map(|word| word * 32 + 31).chain(last) {
            let mut tampered = logs.clone();
            let mut data = log.data.data.to_vec();
            data[at] ^= 1;
            tampered[index].data = LogData::new_unchecked(log.topics().to_vec(), data.into());
            let mut ledger = Ledger::default();
            if tampered.iter().try_for_each(|log| ledger.read(log, &world)).is_ok() {
                missed.push((topic, at / 32));
            }
            changed += 1;
        }
    }
    assert_eq!(missed, []);
    assert!(changed > 50, "{changed}");
}
