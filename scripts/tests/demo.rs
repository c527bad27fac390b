//! `cargo fomo demo`: the same for the same seed, every invariant checked, and a page with nothing from elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;

use fomo::demo::{self, Options, Scale};
use fomo::ui::decimal;
use serde_json::Value;

/// A small demo's data and page.
async fn demo(seed: u64) -> (String, String) {
    let out = tempfile::tempdir().unwrap();
    let scale = Scale { users: 8, days: 2, seed };
    demo::run(&Options { scale, json: false, out: Some(out.path().to_owned()) }).await.unwrap();
    let read = |name| fs::read_to_string(out.path().join(name)).unwrap();
    (read("demo.json"), read("index.html"))
}

/// What lies between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).expect(from).1.split_once(to).expect(to).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_gives_the_same_data_and_another_seed_other_users() {
    let (one, again, other) = (demo(5).await.0, demo(5).await.0, demo(6).await.0);
    assert!(one == again, "the same seed gave other data");
    let users = |json: &str| serde_json::from_str::<Value>(json).unwrap()["users"].clone();
    assert_ne!(users(&one), users(&other));
}

#[test]
fn with_json_the_standard_output_is_the_data_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let words = ["demo", "--users", "8", "--days", "2", "--json", "--out", out.path().to_str().unwrap()];
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_fomo")).args(words).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let [said, kept]: [Value; 2] = [done.stdout, fs::read(out.path().join("demo.json")).unwrap()]
        .map(|json| serde_json::from_slice(&json).unwrap());
    assert_eq!(said, kept);
    assert!(String::from_utf8_lossy(&done.stderr).contains("Every invariant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_data_has_every_invariant_and_its_sums_agree() {
    let data: Value = serde_json::from_str(&demo(1).await.0).unwrap();
    let invariants = data["invariants"].as_array().unwrap();
    assert_eq!(invariants.len(), 10);
    for invariant in invariants {
        let checks = invariant["checks"].as_array().unwrap();
        assert!(!checks.is_empty() && checks.iter().all(|check| check["holds"] == true), "{invariant}");
    }
    let number = |value: &Value| {
        value.as_str().map_or_else(|| value.as_u64().unwrap().into(), |text| text.parse::<u128>().unwrap())
    };
    let sum =
        |values: &Value, key: &str| values.as_array().unwrap().iter().map(|value| number(&value[key])).sum::<u128>();
    assert_eq!(number(&data["headline"]["spend"]), sum(&data["users"], "spend"));
    assert_eq!(number(&data["headline"]["revenue"]), sum(&data["revenue"]["settlements"], "gross"));
    let days: u128 = data["epochs"].as_array().unwrap().iter().map(|epoch| sum(&epoch["tokens"], "spend")).sum();
    assert_eq!(number(&data["headline"]["spend"]), days);
    let outcomes: Vec<_> =
        data["launches"].as_array().unwrap().iter().map(|launch| launch["outcome"].clone()).collect();
    for outcome in ["filled", "over_minimum", "failed"] {
        assert!(outcomes.iter().any(|other| other == outcome), "no launch is {outcome}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_loads_nothing_and_says_what_the_data_says() {
    let (json, page) = demo(1).await;
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("@import") && !page.contains("src="));
    let data: Value = serde_json::from_str(&json).unwrap();
    let embedded = between(&page, "<script type=\"application/json\" id=\"data\">", "</script>");
    assert_eq!(serde_json::from_str::<Value>(embedded).unwrap(), data);
    for fact in ["raised", "flock_rewards", "flock_burned"] {
        let said = between(&page, &format!("data-fact=\"{fact}\">"), "<");
        assert_eq!(said, decimal(data["headline"][fact].as_str().unwrap().parse().unwrap(), 2));
    }
    let checks = format!("{0} of {0}", data["headline"]["checks"]);
    assert_eq!(between(&page, "data-fact=\"checks\">", "<"), checks);
}
