//! `fomo keeper` as a process: its log, and what it serves to whoever watches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fomo::client::deployment::Deployment;
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;
use serde_json::Value;

/// A process that is killed if it is dropped.
struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a page has, if there is one.
fn page(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .write_all(format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes())
        .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_serves_metrics_and_logs_an_object_a_line() {
    let config = Config::default();
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record.json");
    // A record without contracts: every duty fails, but those that find nothing to do.
    Deployment { chain_id: config.chain_id, ..Deployment::default() }.save(&record).unwrap();
    let server = Server::start(Chain::new(config), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fomo"));
    command.args(["keeper", "--network", &server.url(), "--account", "0", "--every", "1", "--log-format", "json"]);
    command.args(["--metrics", &address, "--deployment", record.to_str().unwrap()]).stderr(Stdio::piped());
    let mut keeper = Keeper(command.env_remove("RUST_LOG").stdin(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(keeper.0.stderr.take().unwrap()).lines().map_while(Result::ok);
    let failed = lines.find_map(|line| {
        let line: Value = serde_json::from_str(&line).expect("each line is an object");
        // Prices are looked after beside the rounds, so that any duty may be the first.
        (line["level"] == "ERROR" && line["fields"]["duty"] == "record prices").then_some(line)
    });
    let fields = &failed.unwrap()["fields"];
    assert_eq!(fields["message"], "failed");
    assert!(fields["error"].as_str().unwrap().contains("has no revenue-splitter"), "{fields}");
    std::thread::spawn(move || lines.for_each(drop));
    let wanted = ["fomo_keeper_failures_total{duty=\"seal\"}", "fomo_keeper_rounds_total{well=\"false\"}"];
    let started = Instant::now();
    loop {
        let found = page(&address).unwrap_or_default();
        if wanted.iter().all(|metric| found.contains(metric)) {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{found}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
