//! `cargo fomo verify`: launches, revenue and rewards rerun from what the chain says; whatever figure of an event is changed is found.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, SolEventInterface};
use fomo::client::Client;
use fomo::client::deployment::{Contract, Deployment};
use fomo::verify::command::{self, Chain, Deployed, What};
use fomo::verify::launch::{Launches, Places};
use fomo::verify::record::Transaction;
use fomo::verify::revenue::Revenue;
use fomo_rpc::Server;

use crate::common::*;

/// Launches of every end, with a bundle, a surcharge and a pause; settlements, claims, buybacks, a failed launch's buckets.
fn history(venue: usize) -> (World, Address) {
    let mut world = World::new(venue);
    let (launchpad, issuer, treasury) = (world.suite.at.launchpad, world.suite.issuer, world.suite.treasury);
    let order = ILaunchpad::createLaunchCall {
        bundledOffer: tokens(5_000),
        surcharge: true,
        modelId: B256::repeat_byte(7),
        ..Suite::order(VENUES[venue])
    };
    let token = world.suite.launch(order);
    let users = world.suite.users.clone();
    world.suite.buy(users[0], token, tokens(1_000));
    world.suite.pass(40 * 60);
    world.suite.must(world.suite.guardian, launchpad, IAccess::pauseCall { duration: HOUR });
    world.suite.pass(2 * HOUR);
    world.suite.buy(users[1], token, tokens(10_000));
    let call = ILaunchpad::buyExactCall { token, mt: tokens(10_000), maxIn: U256::MAX, deadline: NEVER };
    world.suite.must(users[2], launchpad, call);
    world.suite.buy(users[3], token, tokens(60_000));
    world.suite.pass(8 * DAY);
    world.suite.graduate(token);
    for user in &users[..2] {
        world.suite.must(*user, launchpad, ILaunchpad::claimCall { token });
    }
    world.suite.must(issuer, launchpad, ILaunchpad::withdrawFeesCall {});
    world.suite.must(treasury, launchpad, ILaunchpad::withdrawTreasuryCall {});
    let failed = world
        .suite
        .launch(ILaunchpad::createLaunchCall { modelId: B256::repeat_byte(8), ..Suite::order(VENUES[venue]) });
    world.suite.buy(users[0], failed, tokens(500));
    let (settler, asset) = (world.settler, world.usd);
    let settle = |token, number| IRevenueSplitter::settleCall {
        token,
        period: period(number),
        asset,
        gross: usd(999) + U256::from(7),
        compute: usd(100),
    };
    world.must(settler, settle(failed, 1));
    world.suite.pass(8 * DAY);
    world.suite.must(users[0], launchpad, ILaunchpad::refundCall { token: failed });
    world.must(users[0], IRevenueSplitter::redirectFailedCall { token: failed, asset });
    let mt = world.mt;
    world.must(settler, settle(mt, 1));
    world.must(settler, settle(mt, 2));
    world.must(world.compute, IRevenueSplitter::claimComputeCall { token: mt, asset });
    world.must(issuer, IRevenueSplitter::claimIssuerCall { token: mt, asset });
    world.must(treasury, IRevenueSplitter::claimTreasuryCall { asset });
    world.observe();
    world.suite.pass(WINDOW);
    let (flock, of_mt) = (world.buyback_flock(), world.buyback_mt());
    world.must(users[0], flock);
    world.must(users[0], of_mt);
    (world, token)
}

fn places(world: &World) -> Places {
    let at = world.suite.at;
    let (launchpad, flock, vesting, rewards) = (at.launchpad, at.flock, at.vesting, at.rewards);
    Places { launchpad, flock, implementation: at.implementation, vesting, rewards }
}

fn transactions(world: &World) -> Vec<Transaction> {
    let chain = &world.suite.harness.chain;
    let blocks = (0..=chain.head()).filter_map(|number| chain.block(number));
    let read = |block: &fomo_chain::Block| -> Vec<Transaction> {
        let time = block.header.timestamp;
        let mined = block.transactions.iter();
        mined
            .map(|mined| Transaction { hash: *mined.transaction.tx_hash(), time, logs: mined.execution.logs.clone() })
            .collect()
    };
    blocks.flat_map(|block| read(&block)).collect()
}

fn rerun(world: &World, transactions: &[Transaction]) -> (Launches, Revenue) {
    let mut launches = Launches::new(places(world));
    let mut revenue = Revenue::new(world.splitter, world.flock);
    for transaction in transactions {
        launches.read(transaction);
        revenue.read(transaction);
    }
    (launches, revenue)
}

#[test]
fn what_happened_is_what_the_rules_say() {
    for venue in 0..2 {
        let (world, token) = history(venue);
        let (launches, revenue) = rerun(&world, &transactions(&world));
        assert_eq!(launches.findings.differences, [], "{venue}");
        assert_eq!(revenue.findings.differences, [], "{venue}");
        assert_eq!((launches.launches.len(), launches.launches[&token].buys), (3, 5));
        assert!(launches.launches[&token].fees[2] > U256::ZERO, "there was a surcharge");
        assert!(launches.findings.compared > 100 && revenue.findings.compared > 50);
        assert_eq!(revenue.counts, [3, 3, 2]);
        assert_eq!(world.suite.flock(world.suite.at.launchpad), launches.owes(), "FLOCK is where it is owed");
        for (asset, owed) in revenue.owes() {
            assert_eq!(world.suite.balance(asset, world.splitter), owed);
        }
    }
}

#[test]
fn two_launches_of_one_transaction_bring_what_each_costs() {
    let mut world = World::new(0);
    for (model, offer) in [(1, tokens(5_000)), (2, U256::ZERO)] {
        world.suite.launch(ILaunchpad::createLaunchCall {
            modelId: B256::repeat_byte(model),
            bundledOffer: offer,
            ..Suite::order(VENUES[0])
        });
    }
    let mut all = transactions(&world);
    let launches = |transaction: &Transaction| {
        transaction.logs.iter().any(|log| log.topics()[0] == ILaunchpad::LaunchCreated::SIGNATURE_HASH)
    };
    // As if one contract had launched both.
    let second = all.iter().rposition(launches).unwrap();
    let second = all.remove(second);
    let first = all.iter().rposition(launches).unwrap();
    all[first].logs.extend(second.logs);
    assert_eq!(rerun(&world, &all).0.findings.differences, []);
    // A transfer that is missing is still found.
    let moved =
        all[first].logs.iter().rposition(|log| log.topics()[0] == IFomoERC20::Transfer::SIGNATURE_HASH).unwrap();
    all[first].logs.remove(moved);
    assert!(!rerun(&world, &all).0.findings.differences.is_empty());
}

/// Fields that follow from nothing else on the chain: what somebody chose.
fn chosen(name: &str, word: usize) -> bool {
    match name {
        // The sale's begin and the texts; the end, which only a buy or a graduation could belie.
        "LaunchCreated" => (3..=4).contains(&word) || word > 4,
        // The venue.
        "LaunchConfigured" => word == 0,
        _ => false,
    }
}

#[test]
fn a_changed_figure_is_found() {
    let (world, _) = history(0);
    let whole = transactions(&world);
    let own = [world.suite.at.launchpad, world.splitter];
    let mut changed = 0;
    for (number, transaction) in whole.iter().enumerate() {
        for (index, log) in transaction.logs.iter().enumerate().filter(|(_, log)| own.contains(&log.address)) {
            let name = ILaunchpad::ILaunchpadEvents::decode_raw_log(log.topics(), &log.data.data).ok();
            let name = name.map(|event| format!("{event:?}"));
            let name = name.or_else(|| {
                let event = IRevenueSplitter::IRevenueSplitterEvents::decode_raw_log(log.topics(), &log.data.data);
                event.ok().map(|event| format!("{event:?}"))
            });
            let Some(name) = name else { continue };
            let name = name.split(['(', ' ']).next().unwrap().to_owned();
            for word in (0..log.data.data.len() / 32).filter(|word| !chosen(&name, *word)) {
                let mut tampered = whole.clone();
                let log = &mut tampered[number].logs[index];
                let mut data = log.data.data.to_vec();
                data[word * 32 + 31] ^= 1;
                log.data = alloy_primitives::LogData::new_unchecked(log.topics().to_vec(), data.into());
                let (launches, revenue) = rerun(&world, &tampered);
                let found = [launches.findings.differences, revenue.findings.differences].concat();
                assert!(!found.is_empty(), "{name}, word {word}");
                changed += 1;
            }
        }
    }
    assert!(changed > 100, "{changed}");
}

/// An event that is not there, or a transfer that did not happen.
#[test]
fn a_missing_log_is_found() {
    let (world, _) = history(0);
    let whole = transactions(&world);
    let events = [
        ILaunchpad::SaleClaimed::SIGNATURE_HASH,
        ILaunchpad::Purchased::SIGNATURE_HASH,
        IRevenueSplitter::Credited::SIGNATURE_HASH,
        ILiquidityAdapter::LiquidityLocked::SIGNATURE_HASH,
        IVesting::VestingOpened::SIGNATURE_HASH,
        IRewardDistributor::MtRewardFunded::SIGNATURE_HASH,
    ];
    let topic = |log: &alloy_primitives::Log| log.topics()[0];
    for event in events {
        let mut tampered = whole.clone();
        let with = |transaction: &&mut Transaction| {
            transaction.logs.iter().any(|log| topic(log) == event)
                && (event != ILiquidityAdapter::LiquidityLocked::SIGNATURE_HASH || transaction.logs.len() > 9)
        };
        let transaction = tampered.iter_mut().find(with).unwrap();
        if event == ILaunchpad::SaleClaimed::SIGNATURE_HASH {
            transaction.logs.retain(|log| topic(log) != IFomoERC20::Transfer::SIGNATURE_HASH);
        } else {
            transaction.logs.retain(|log| topic(log) != event);
        }
        let (launches, revenue) = rerun(&world, &tampered);
        let found = [launches.findings.differences, revenue.findings.differences].concat();
        assert!(!found.is_empty(), "{event}");
    }
}

/// The record of the deployment, in a folder of its own.
fn record(world: &World) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (at, Places { implementation, .. }) = (world.suite.at, places(world));
    let contracts = [
        ("launchpad", at.launchpad),
        ("flock", at.flock),
        ("model-token", implementation),
        ("vesting", at.vesting),
        ("reward-distributor", at.rewards),
        ("revenue-splitter", at.splitter),
    ];
    let contracts =
        contracts.map(|(name, address)| (name.to_owned(), Contract { address, ..Contract::default() })).into();
    let chain_id = world.suite.harness.chain.config().chain_id;
    let record =
        Deployment { chain_id, network: "local".into(), commit: String::new(), contracts, ..Deployment::default() };
    record.save(&folder.path().join("1.json")).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_verified_over_json_rpc() {
    let (world, token) = tokio::task::spawn_blocking(|| history(1)).await.unwrap();
    let server = Server::start(world.suite.harness.chain.clone(), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let record = record(&world);
    let mut at = Deployed { deployment: Some(record.path().join("1.json")), ..Deployed::default() };
    at.connection.network = server.url().parse().unwrap();
    assert!(command::run(&What::All { at: at.clone() }).await.unwrap());
    assert!(command::run(&What::Launch { token, at: at.clone() }).await.unwrap());
    let unknown = command::run(&What::Launch { token: Address::ZERO, at }).await.unwrap_err();
    assert!(unknown.to_string().contains("There is no launch"), "{unknown}");
    let client = Client::connect(&server.url(), None).await.unwrap();
    let last = world.suite.harness.chain.head();
    let chain = Chain { client, places: places(&world), splitter: world.splitter, first: 0, last };
    let launches = chain.launches().await.unwrap();
    assert_eq!(launches.findings.differences, []);
    assert_eq!((launches.launches.len(), launches.launches[&token].buys), (3, 5));
    let revenue = chain.revenue().await.unwrap();
    assert_eq!((revenue.findings.differences, revenue.counts), (vec![], [3, 3, 2]));
    let rewards = chain.rewards(None).await.unwrap();
    assert_eq!(rewards.difference, None);
    server.stop().await;
}
