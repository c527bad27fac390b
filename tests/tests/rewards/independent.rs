//! Epochs recomputed by the independent model in `tests/model`, from events and what the registry says: the same to the wei.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use alloy::dyn_abi::{DynSolValue, EventExt};
use alloy::json_abi::JsonAbi;
use alloy_primitives::{Address, Log, U256, hex};
use alloy_sol_types::SolEvent;
use fomo::verify::{Ledger, Registry};
use fomo_tests::suite::{DAY, IAccess, IStakeRegistry, name, tokens};
use serde_json::{Map, Value, json};

use crate::common::*;

fn value(value: &DynSolValue) -> Value {
    match value {
        DynSolValue::Uint(number, _) => json!(number.to_string()),
        DynSolValue::Bool(yes) => json!(yes),
        DynSolValue::Address(address) => json!(hex::encode_prefixed(address)),
        DynSolValue::FixedBytes(word, len) => json!(hex::encode_prefixed(&word[..*len])),
        DynSolValue::Bytes(bytes) => json!(hex::encode_prefixed(bytes)),
        other => panic!("no value for {other:?}"),
    }
}

/// An event with its fields by name.
fn event(abis: &[JsonAbi], log: &Log) -> Value {
    let of = |abi: &JsonAbi| abi.events().find(|event| event.selector() == log.topics()[0]).cloned();
    let event = abis.iter().find_map(of).expect("it is an event of the interface");
    let decoded = event.decode_log(&log.data).unwrap();
    let (mut indexed, mut body) = (decoded.indexed.iter(), decoded.body.iter());
    let mut fields = Map::from_iter([("event".into(), json!(event.name))]);
    for input in &event.inputs {
        let of = if input.indexed { indexed.next() } else { body.next() };
        fields.insert(input.name.clone(), value(of.unwrap()));
    }
    Value::Object(fields)
}

/// What the registry says of every batch of every epoch.
fn registry(world: &World, ledger: &Ledger) -> (Value, Value, Value) {
    let (mut said, mut multipliers, mut models) = (Map::new(), Map::new(), Map::new());
    let at = world.suite.at.registry;
    for (epoch, report) in &ledger.reports {
        let read = |key| world.parameter_at(at, name(key), *epoch).unwrap().to_string();
        multipliers.insert(epoch.to_string(), json!([read("LAMBDA"), read("HALF")]));
        for batch in &report.batches {
            let key = world.ask(R::modelKeyCall { id: batch.key });
            models.insert(hex::encode_prefixed(batch.key), json!(hex::encode_prefixed(key)));
            let accounts: Vec<Address> = batch.rows.iter().map(|row| row.account).collect();
            let call = IStakeRegistry::readManyCall { mt: batch.mt, epoch: *epoch, accounts: accounts.clone() };
            let words = world.ask_of(at, call);
            let entry = said.entry(format!("{epoch}:{}", hex::encode_prefixed(batch.mt)));
            let entry = entry.or_insert_with(|| json!({ "total": words[0].to_string(), "accounts": {} }));
            for (account, word) in accounts.iter().zip(&words[1..]) {
                let (stake, effective): (U256, U256) = (*word >> 128, *word & U256::from(u128::MAX));
                entry["accounts"][hex::encode_prefixed(account)] = json!([stake.to_string(), effective.to_string()]);
            }
        }
    }
    (said.into(), multipliers.into(), models.into())
}

/// Two weeks: two phases, of which one decays; stakes, locks and tranches; two seasons; a model id that moves; nobody on some days.
fn history(world: &mut World) {
    let admin = world.suite.admin;
    let (alice, bob, carol, dave, a, b) = (world.alice, world.bob, world.carol, world.dave, world.a, world.b);
    let word = |mt: Address| U256::from_be_bytes(mt.into_word().0);
    let second = world.ask(R::phaseKeyCall { number: 2 });
    let set = |key, value| IAccess::initializeParameterCall { key, value };
    world.does(admin, set(second, phase(START + 2, 9, tokens(777), 1_234, 3)));
    world.does(admin, R::fundPhaseCall { phase: U256::from(2), amount: tokens(3_000) });
    let season_key = world.ask(R::seasonKeyCall { number: 2 });
    world.does(admin, set(season_key, season(START + 6, 5, 70, 30)));
    let id = alloy_primitives::keccak256("a model");
    let model_key = world.ask(R::modelKeyCall { id });
    world.does(admin, set(model_key, word(a)));
    for day in 0..14_u64 {
        world.next_day();
        let epoch = world.today() - 1;
        world.go(world.today() * DAY + 600 * day);
        match day {
            0 => world.stake(alice, a, tokens(123)),
            1 => world.lock(bob, tokens(4_321), 200),
            2 => world.stake(bob, a, tokens(50)),
            3 => {
                world.does(dave, R::fundReservedCall { mt: a, amount: tokens(1_234), level: true });
                world.does(dave, R::fundReservedCall { mt: a, amount: tokens(4_321), level: false });
            }
            4 => world.stake(carol, b, tokens(1)),
            7 => {
                world.does(admin, IAccess::proposeParameterCall { key: model_key, value: word(b) });
            }
            10 => {
                world.does(alice, IAccess::executeParameterCall { key: model_key });
            }
            _ => (),
        }
        let mut used = Usage::new();
        if day != 5 {
            let keys = if epoch < START + 6 { [key(a), key(b)] } else { [id, key(b)] };
            for (index, key) in keys.into_iter().enumerate() {
                let spend = |who: u64| 1 + (epoch * 7_919 + who * 104_729 + index as u64) % 50_000_000;
                let accounts = [alice, bob, carol, dave];
                used.insert(key, accounts.iter().enumerate().map(|(who, of)| (*of, spend(who as u64))).collect());
            }
        }
        world.report(epoch, &used, 3);
        world.pass(DAY / 2);
        world.seal(epoch, 1);
        world.accrue(epoch);
    }
}

#[test]
fn the_independent_model_gets_the_same_rewards() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("There is no Python: the independent model is not asked.");
        return;
    }
    let mut world = World::new();
    history(&mut world);
    let ledger = world.verified(&[world.alice, world.bob, world.carol, world.dave]);
    let abis = [R::abi::contract(), IAccess::abi::contract()];
    let events: Vec<Value> = world.logs().iter().map(|log| event(&abis, log)).collect();
    let (registry, multipliers, models) = registry(&world, &ledger);
    let owed = ledger.rewards.iter().filter(|(_, of)| !of.0.is_zero() || !of.1.is_zero());
    let rewards: Map<String, Value> = owed
        .map(|((mt, account), of)| {
            let key = format!("{}:{}", hex::encode_prefixed(mt), hex::encode_prefixed(account));
            (key, json!([of.0.to_string(), of.1.to_string()]))
        })
        .collect();
    assert!(rewards.len() > 6 && world.logs().iter().any(|log| log.topics()[0] == R::UsageLeftOut::SIGNATURE_HASH));
    let dump = json!({
        "events": events, "registry": registry, "multipliers": multipliers, "models": models, "rewards": rewards,
    });
    let mut child = Command::new("python3")
        .arg("rewards.py")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("model"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(dump.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
}
