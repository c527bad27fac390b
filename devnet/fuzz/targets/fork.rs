//! A chain that was forked and lies: over HTTP with whatever an input says, and as a source whose answers are of the right
//! type and make no sense. Connecting, running and going on end in results or in errors that say what was not read.
#![no_main]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use alloy::consensus::Header;
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::TransactionRequest;
use arbitrary::{Result, Unstructured};
use fomo_chain::{Chain, ForkPoint, Source, SourceAccount, SourceProgram, Unread};
use fomo_fuzz::{CONTRACT, GAS, SENDER, address, number, send};
use fomo_rpc::{Upstream, UpstreamOptions};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// What the lying node has left to say.
static SCRIPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Where it listens.
static NODE: LazyLock<String> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    url
});

fn take(count: usize) -> Vec<u8> {
    let mut script = SCRIPT.lock().expect("nobody panics with it");
    let at = script.len().saturating_sub(count);
    script.split_off(at)
}

/// Answers one request after the other on a connection.
fn serve(stream: std::net::TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request: Value = serde_json::from_slice(&body).ok()?;
        let answer = answer(&request);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len())
            .ok()?;
        stream.write_all(&answer).ok()?;
    }
}

fn word() -> String {
    let mut bytes = take(32);
    bytes.resize(32, 0);
    format!("{:#x}", B256::from_slice(&bytes))
}

/// What an honest node could say.
fn plausible(method: &str) -> Value {
    match method {
        "eth_chainId" => json!("0x7"),
        "eth_getBlockByNumber" => json!({
            "number": "0x5", "hash": B256::repeat_byte(5), "parentHash": B256::ZERO, "timestamp": "0x65000000",
            "gasLimit": "0x1c9c380", "gasUsed": "0x0", "baseFeePerGas": "0x1", "l1BlockNumber": "0x9",
            "miner": Address::ZERO, "stateRoot": B256::ZERO, "transactionsRoot": B256::ZERO, "receiptsRoot": B256::ZERO,
            "sha3Uncles": B256::ZERO, "logsBloom": format!("0x{}", "0".repeat(512)), "difficulty": "0x1",
            "extraData": "0x", "mixHash": B256::ZERO, "nonce": "0x0000000000000000", "size": "0x0", "uncles": [],
            "transactions": [],
        }),
        "eth_call" => json!(B256::from(U256::from(55 + 51))),
        "eth_getCode" => {
            let length = usize::from(take(1).first().copied().unwrap_or_default());
            json!(Bytes::from(take(length)))
        }
        "eth_getStorageAt" => json!(word()),
        _ => json!("0x1"),
    }
}

fn answer(request: &Value) -> Vec<u8> {
    let (id, method) = (&request["id"], request["method"].as_str().unwrap_or_default());
    let kind = take(1).first().copied().unwrap_or_default();
    let result = match kind % 12 {
        0..=6 => plausible(method),
        7 => Value::String(String::from_utf8_lossy(&take(40)).into_owned()),
        8 => json!(word()),
        9 => {
            let mut block = plausible(method);
            if let Some(fields) = block.as_object_mut() {
                let at = usize::from(take(1).first().copied().unwrap_or_default()) % fields.len();
                if let Some(value) = fields.values_mut().nth(at) {
                    *value = json!(word());
                }
            }
            block
        }
        10 => return take(60),
        _ => {
            let code = i64::from(take(1).first().copied().unwrap_or_default().cast_signed());
            let data = Bytes::from(take(36));
            return json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": "no", "data": data } })
                .to_string()
                .into_bytes();
        }
    };
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string().into_bytes()
}

/// Answers of the right type, made of bytes.
#[derive(Debug)]
struct Liar(Mutex<Vec<u8>>);

impl Liar {
    fn tell<T>(&self, make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>) -> std::result::Result<T, Unread> {
        let mut bytes = self.0.lock().expect("nobody panics with it");
        let rest = bytes.clone();
        let mut u = Unstructured::new(&rest);
        let told = make(&mut u);
        *bytes = u.take_rest().to_vec();
        told.map_err(|_| Unread { upstream: "the liar".into(), reason: "it is silent".into() })
    }
}

impl Source for Liar {
    fn account(&self, address: Address) -> std::result::Result<SourceAccount, Unread> {
        self.tell(|u| {
            if u.is_empty() {
                return Err(arbitrary::Error::NotEnoughData);
            }
            let rich = u.ratio(3, 4)?;
            let balance = if rich { U256::from(10).pow(U256::from(20)) } else { number(u)? };
            let code = match u.int_in_range(0..=4)? {
                _ if address != CONTRACT && u.ratio(2, 3)? => Vec::new(),
                0 => fomo_wasm::code::encode(&program()).unwrap_or_default(),
                1 => [&[0xEF, 0xF0, 0, 0][..], u.arbitrary::<[u8; 24]>()?.as_slice()].concat(),
                2 => [&[0xEF, 0x01, 0][..], address.as_slice()].concat(),
                _ => {
                    let length = u.int_in_range(0..=60)?;
                    u.bytes(length.min(u.len()))?.to_vec()
                }
            };
            Ok(SourceAccount { nonce: u.int_in_range(0..=2)?, balance, code: code.into() })
        })
    }

    fn storage(&self, _: Address, _: U256) -> std::result::Result<U256, Unread> {
        self.tell(number)
    }

    fn program(&self, _: Address, _: B256) -> std::result::Result<SourceProgram, Unread> {
        self.tell(|u| {
            Ok(match u.int_in_range(0..=4)? {
                0 => SourceProgram::Inactive,
                1 => SourceProgram::Outdated { version: u.arbitrary()? },
                2 => SourceProgram::Expired { age: u.arbitrary()? },
                _ => SourceProgram::Active {
                    version: if u.ratio(3, 4)? { 2 } else { u.arbitrary()? },
                    time_left: if u.ratio(3, 4)? { 1_000_000 } else { u.arbitrary()? },
                    init_gas: (u.arbitrary::<u16>()?.into(), u.arbitrary()?),
                    cached: u.arbitrary()?,
                },
            })
        })
    }
}

/// Reads a slot and writes another one.
fn program() -> Vec<u8> {
    wat::parse_str(
        "(module (import \"vm_hooks\" \"storage_load_bytes32\" (func $load (param i32 i32)))
            (import \"vm_hooks\" \"storage_cache_bytes32\" (func $store (param i32 i32)))
            (import \"vm_hooks\" \"storage_flush_cache\" (func $flush (param i32)))
            (memory (export \"memory\") 1 1)
            (func (export \"user_entrypoint\") (param i32) (result i32)
                (call $load (i32.const 0) (i32.const 32)) (call $store (i32.const 32) (i32.const 64))
                (call $flush (i32.const 0)) i32.const 0))",
    )
    .expect("well-formed")
}

fn point(u: &mut Unstructured<'_>) -> Result<ForkPoint> {
    let header = Header {
        // Beyond these no node is believed.
        number: if u.ratio(7, 8)? { 5 } else { u.int_in_range(0..=1 << 53)? },
        timestamp: if u.ratio(7, 8)? { 1_700_000_000 } else { u.int_in_range(0..=253_402_300_799)? },
        gas_limit: if u.ratio(7, 8)? { 32_000_000 } else { u.arbitrary()? },
        base_fee_per_gas: Some(if u.ratio(7, 8)? { 1 } else { u.arbitrary()? }),
        ..Header::default()
    };
    let arbos = if u.ratio(3, 4)? { Some(u.int_in_range(32..=61)?) } else { None };
    let l1_number = u.arbitrary()?;
    Ok(ForkPoint { upstream: "the liar".into(), chain_id: 7, header, hash: B256::repeat_byte(1), l1_number, arbos })
}

fn go_on(chain: &mut Chain, u: &mut Unstructured<'_>) -> Result<()> {
    chain.set_balance(SENDER, U256::from(10).pow(U256::from(20)));
    chain.set_auto_impersonate(true);
    for _ in 0..u.int_in_range(1..=4)? {
        let to = if u.ratio(2, 3)? { CONTRACT } else { address(u)? };
        let data = Bytes::copy_from_slice(&u.arbitrary::<[u8; 36]>()?);
        if u.arbitrary()? {
            let _ = send(chain, to, data, U256::from(u.arbitrary::<u8>()?), 2_000_000);
        } else {
            let request = TransactionRequest {
                from: Some(address(u)?),
                to: Some(to.into()),
                gas: Some(GAS),
                input: data.into(),
                ..TransactionRequest::default()
            };
            let _ = chain.call(&request, chain.head(), &Default::default(), &Default::default());
            let _ = chain.estimate_gas(&request, chain.head(), &Default::default());
        }
    }
    chain.mine(1, None);
    let dump = chain.dump();
    chain.load(&dump).expect("its own dump");
    Ok(())
}

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    if u.ratio(1, 8)? {
        let half = u.len() / 2;
        *SCRIPT.lock().expect("nobody panics with it") = u.bytes(half)?.to_vec();
        let options =
            UpstreamOptions { timeout: Duration::from_millis(200), attempts: 1, ..UpstreamOptions::new(NODE.as_str()) };
        let Ok(upstream) = Upstream::connect(&options) else { return Ok(()) };
        let point = upstream.point().clone();
        let config = fomo_chain::Config { accounts: 0, ..point.config() };
        return go_on(&mut Chain::forked(config, point, Arc::new(upstream)), u);
    }
    let point = point(u)?;
    let config = fomo_chain::Config { accounts: 0, ..point.config() };
    let half = u.len() / 2;
    let liar = Liar(Mutex::new(u.bytes(half)?.to_vec()));
    go_on(&mut Chain::forked(config, point, Arc::new(liar)), u)
}

fuzz_target!(|data: &[u8]| {
    let _ = run(&mut Unstructured::new(data));
});
