//! What a newcomer does: start the chain from the command line, and use it with Foundry's `cast`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use alloy::hex;
use fomo::devnet::STYLUS_DEPLOYER;
use fomo::{build, npm};
use fomo_tests::init_code;
use serde_json::{Value, json};

/// Time that a start may take until the chain answers.
const START: Duration = Duration::from_secs(1);
/// Time that a stop may take.
const STOP: Duration = Duration::from_secs(3);
/// Time that a command may take, many times what it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// The first two accounts, as the chain prints them, and the first one's key.
const ALICE: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const BOB: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// A million tokens of 18 decimals.
const SUPPLY: &str = "1000000000000000000000000";
const TRANSFER_TOPIC: &str = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

#[test]
fn the_command_line_starts_within_a_second_and_stops_when_told() {
    let binary = binary();
    npm::stylus_deployer().unwrap();
    // The fastest of three: what else the machine does meanwhile is not what is measured.
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let devnet = Devnet::start(&binary, "0");
        fastest = fastest.min(devnet.started);
        println!("The chain answered {} ms after it was started.", devnet.started.as_millis());
        let took = devnet.stop();
        println!("It stopped {} ms after SIGTERM.", took.as_millis());
        if fastest < START {
            break;
        }
    }
    assert!(fastest < START, "the chain took {fastest:?} to answer");
}

#[test]
fn a_taken_port_is_an_error_with_a_sentence() {
    let devnet = Devnet::start(&binary(), "0");
    let port = devnet.address.rsplit(':').next().unwrap().to_owned();
    let mut second = Ended(
        Command::new(binary())
            .args(["devnet", "--port", &port])
            .current_dir(root())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let status = second.wait(PATIENCE);
    assert_eq!(status.code(), Some(1));
    let mut said = String::new();
    second.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains(&format!("The chain cannot listen on 127.0.0.1:{port}.")), "{said}");
    // The first one goes on.
    assert_eq!(chain_id(&devnet.address).unwrap(), "0x64aba");
    devnet.stop();
}

#[test]
fn cast_deploys_a_token_and_uses_it() {
    let code = build::code("flock").unwrap();
    npm::stylus_deployer().unwrap();
    let devnet = Devnet::start(&binary(), "0");
    for account in [ALICE, BOB, KEY] {
        assert!(devnet.welcome.contains(account), "the welcome names {account}: {}", devnet.welcome);
    }
    let cast = Cast { program: npm::cast().unwrap(), url: format!("http://{}", devnet.address) };

    // Looking around.
    assert_eq!(cast.run(&["chain-id"]), "412346");
    assert_eq!(cast.run(&["block-number"]), "0");
    assert_eq!(cast.run(&["gas-price"]), "100000000");
    assert_eq!(cast.run(&["balance", ALICE]), "10000000000000000000000");
    assert_eq!(cast.run(&["balance", "--ether", BOB]), "10000.000000000000000000");
    assert_eq!(cast.run(&["nonce", ALICE]), "0");
    let deployer = STYLUS_DEPLOYER.to_string();
    assert!(cast.run(&["codesize", &deployer]).parse::<u64>().unwrap() > 1_000);

    // Deploying, in one transaction that also activates and constructs.
    let creation = hex::encode_prefixed(init_code(&code));
    let arguments = cast.run(&["abi-encode", "f(address,uint256)", ALICE, SUPPLY]);
    let constructor = arguments.replacen("0x", "0x5585258d", 1);
    let salt = format!("0x{:064x}", 1);
    let deploy = ["deploy(bytes,bytes,uint256,bytes32)", creation.as_str(), &constructor, "0", &salt];
    let receipt = cast.json(
        &[&["send", "--json", "--private-key", KEY, "--value", "0.01ether", &deployer], deploy.as_slice()].concat(),
    );
    assert_eq!((&receipt["status"], &receipt["blockNumber"]), (&json!("0x1"), &json!("0x1")));
    let logs = receipt["logs"].as_array().unwrap();
    assert_eq!(logs.len(), 3, "activated, minted, deployed: {logs:?}");
    let named = |log: &Value, address: &str| log["address"].as_str().unwrap().eq_ignore_ascii_case(address);
    assert!(named(&logs[0], "0x0000000000000000000000000000000000000071"));
    assert!(named(&logs[2], &deployer));
    let token = format!("0x{}", &logs[2]["data"].as_str().unwrap()[26..]);
    assert!(named(&logs[1], &token));

    // What is not the data fee came back: the fee of the receipt's first log and gas are all that it cost.
    let fee = u128::from_str_radix(&logs[0]["data"].as_str().unwrap()[2 + 2 * 64..2 + 3 * 64], 16).unwrap();
    let gas = quantity(&receipt["gasUsed"]);
    let left = 10_000 * 10_u128.pow(18) - fee - gas * 100_000_000;
    assert_eq!(cast.run(&["balance", ALICE]), left.to_string());
    assert!((10_u128.pow(13)..10_u128.pow(16)).contains(&fee), "{fee}");
    assert_eq!(cast.run(&["nonce", ALICE]), "1");

    // Reading.
    assert_eq!(cast.run(&["call", &token, "name()(string)"]), "\"FLock\"");
    assert_eq!(cast.run(&["call", &token, "symbol()(string)"]), "\"FLOCK\"");
    assert_eq!(cast.run(&["call", &token, "decimals()(uint8)"]), "18");
    assert_eq!(number(&cast.run(&["call", &token, "totalSupply()(uint256)"])), SUPPLY);
    assert_eq!(number(&cast.run(&["call", &token, "balanceOf(address)(uint256)", ALICE])), SUPPLY);
    assert_eq!(cast.run(&["code", &token]), hex::encode_prefixed(&code));
    assert_eq!(cast.run(&["codesize", &token]), code.len().to_string());

    // Transferring: estimated, sent, read back.
    let snapshot = cast.run(&["rpc", "evm_snapshot"]);
    let transfer = ["transfer(address,uint256)", BOB, "5"];
    let estimate: u128 =
        cast.run(&[&["estimate", "--from", ALICE, &token], transfer.as_slice()].concat()).parse().unwrap();
    let send = ["send", "--json", "--private-key", KEY, &token];
    let receipt = cast.json(&[send.as_slice(), &transfer].concat());
    let gas = quantity(&receipt["gasUsed"]);
    assert_eq!(receipt["status"], "0x1");
    assert!(gas <= estimate && estimate < gas * 103 / 100, "estimated {estimate}, used {gas}");
    let hash = receipt["transactionHash"].as_str().unwrap();
    assert_eq!(cast.run(&["receipt", hash, "gasUsed"]), gas.to_string());
    assert_eq!(cast.run(&["receipt", hash, "blockNumber"]), "2");
    assert!(cast.run(&["receipt", hash]).contains("gasUsedForL1"));
    assert_eq!(cast.run(&["block", "latest", "-f", "gasUsed"]), gas.to_string());
    assert_eq!(cast.run(&["block", "latest", "-f", "number"]), "2");
    assert!(cast.run(&["block", "latest"]).contains(hash));
    assert_eq!(cast.run(&["tx", hash, "nonce"]), "1");
    assert_eq!(cast.run(&["call", &token, "balanceOf(address)(uint256)", BOB]), "5");
    let older =
        cast.json(&[&["send", "--legacy", "--json", "--private-key", KEY, &token], transfer.as_slice()].concat());
    assert_eq!((&older["status"], &older["type"]), (&json!("0x1"), &json!("0x0")));
    assert!(quantity(&older["gasUsed"]) < gas, "the second transfer finds a balance to add to");

    // Its events, all and filtered.
    let signature = "Transfer(address indexed from,address indexed to,uint256 value)";
    let query = ["logs", "--json", "--from-block", "0", "--address", &token, signature];
    let logs = cast.json(&query);
    assert_eq!(logs.as_array().unwrap().len(), 3, "one mint and two transfers: {logs}");
    let logs = cast.json(&[query.as_slice(), &[ALICE, BOB]].concat());
    let logs = logs.as_array().unwrap();
    assert_eq!(logs.len(), 2);
    let word = |address: &str| format!("0x{:0>64}", address[2..].to_lowercase());
    for log in logs {
        assert_eq!(log["topics"], json!([TRANSFER_TOPIC, word(ALICE), word(BOB)]));
        assert_eq!(log["data"], format!("0x{:064x}", 5));
    }
    assert_eq!(logs[0]["transactionHash"], hash);
    assert!(cast.run(&query[..1].iter().chain(&query[2..]).copied().collect::<Vec<_>>()).contains(hash));

    // What fails says so: more than there is, before it is sent and after.
    let too_much = ["transfer(address,uint256)", BOB, "2000000000000000000000000"];
    let error = cast.fail(&[send.as_slice(), &too_much].concat());
    let selector = &alloy::primitives::keccak256("ERC20InsufficientBalance(address,uint256,uint256)")[..4];
    assert!(error.contains("execution reverted") && error.contains(&hex::encode_prefixed(selector)), "{error}");
    let sent = cast.output(
        &[&["send", "--gas-limit", "300000", "--json", "--private-key", KEY, &token], too_much.as_slice()].concat(),
    );
    let said = String::from_utf8_lossy(&sent.stdout).into_owned();
    assert!(said.contains("\"status\":\"0x0\""), "{said}");
    assert!(cast.fail(&["rpc", "eth_nothing"]).contains("-32601"));
    assert!(cast.fail(&["call", &token, "nothing()"]).contains("execution reverted"));

    // And all of it since the snapshot undone.
    assert_eq!(cast.run(&["nonce", ALICE]), "4");
    assert_eq!(cast.run(&["rpc", "evm_revert", snapshot.trim_matches('"')]), "true");
    assert_eq!(cast.run(&["nonce", ALICE]), "1");
    assert_eq!(cast.run(&["block-number"]), "1");
    assert_eq!(cast.run(&["call", &token, "balanceOf(address)(uint256)", BOB]), "0");
    devnet.stop();
}

/// The first word: cast writes large numbers a second time, in brackets.
fn number(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

fn quantity(value: &Value) -> u128 {
    u128::from_str_radix(value.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap()
}

/// Foundry's cast, asking one chain.
struct Cast {
    program: PathBuf,
    url: String,
}

impl Cast {
    fn output(&self, arguments: &[&str]) -> Output {
        let mut child = Ended(
            Command::new(&self.program)
                .args(arguments)
                .env("ETH_RPC_URL", &self.url)
                .env("NO_PROXY", "127.0.0.1")
                .current_dir(std::env::temp_dir())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let stdout = read(child.0.stdout.take().unwrap());
        let stderr = read(child.0.stderr.take().unwrap());
        let status = child.wait(PATIENCE);
        Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
    }

    /// What it prints, without the line's end.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cast {}: {error}", short(arguments));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let text = self.run(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("cast {}: {error}: {text}", short(arguments)))
    }

    /// What it says when it fails, as it must.
    fn fail(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(!output.status.success(), "cast {} succeeds", short(arguments));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

/// A command without the code in it.
fn short(arguments: &[&str]) -> String {
    arguments.iter().map(|argument| argument.get(..80).unwrap_or(argument)).collect::<Vec<_>>().join(" ")
}

fn read(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// A process that does not outlive the test.
struct Ended(Child);

impl Ended {
    /// Waits for it to end by itself.
    fn wait(&mut self, patience: Duration) -> ExitStatus {
        let until = Instant::now() + patience;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it still runs after {patience:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `fomo devnet`, as a person starts it.
struct Devnet {
    child: Ended,
    /// Where it listens.
    address: String,
    /// What it printed until then.
    welcome: String,
    /// From its start to its first answer.
    started: Duration,
}

impl Devnet {
    fn start(binary: &Path, port: &str) -> Self {
        let before = Instant::now();
        let mut child = Ended(
            Command::new(binary)
                .args(["devnet", "--port", port])
                .current_dir(root())
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        // To the end, so that it never writes to nobody.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut welcome = String::new();
        let address = loop {
            let line = receiver.recv_timeout(PATIENCE).expect("it says where it listens");
            if let Some(rest) = line.strip_prefix("Listening on http://") {
                break rest.split_whitespace().next().unwrap().to_owned();
            }
            welcome += &line;
            welcome.push('\n');
        };
        assert_eq!(chain_id(&address).expect("it answers"), "0x64aba");
        let started = before.elapsed();
        Self { child, address, welcome, started }
    }

    /// Tells it to end, as a service manager does, while a client is connected; how long it took.
    fn stop(mut self) -> Duration {
        let client = TcpStream::connect(&self.address).unwrap();
        let before = Instant::now();
        let kill = format!("kill -TERM {}", self.child.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let status = self.child.wait(STOP);
        drop(client);
        assert!(status.success(), "{status}");
        assert!(TcpStream::connect(&self.address).is_err(), "nobody listens any more");
        before.elapsed()
    }
}

/// Asks for the chain id with as little as it takes.
fn chain_id(address: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let json: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1)?).ok()?;
    Some(json["result"].as_str()?.to_owned())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The program itself, built the way `cargo fomo` builds it; cargo says where it is.
fn binary() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--package", "fomo", "--bin", "fomo", "--message-format", "json-render-diagnostics"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the program cannot be built");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == "fomo" && message["executable"].is_string())
        .map(|message| PathBuf::from(message["executable"].as_str().unwrap()))
        .expect("cargo names the program")
}
