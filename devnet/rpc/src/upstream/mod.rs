//! The chain that was forked: read over JSON-RPC at one block, and asked for what is older.

mod client;
mod read;

use std::io;
use std::time::Duration;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolError, SolValue, sol};
use fomo_chain::precompiles::{ARB_SYS, ARB_WASM, ARB_WASM_CACHE};
use fomo_chain::{ForkPoint, Source, SourceAccount, SourceProgram, Unread};
use jsonrpsee::types::ErrorObjectOwned;
use reqwest::Url;
use serde_json::{Value, json};

use self::client::{Answer, Client, Failure, Request};
use crate::MAX_RESPONSE_SIZE;
use crate::error::{RpcResult, server};

sol! {
    #![sol(alloy_sol_types = alloy::sol_types)]

    interface IArbSys {
        function arbOSVersion() external view returns (uint256);
    }

    interface IArbWasm {
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programTimeLeft(address program) external view returns (uint64 secs);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
    }

    interface IArbWasmCache {
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
}

/// Bytes of an answer with a number.
const SMALL: usize = 64 * 1024;
/// Bytes of an answer with an account's code or a block without its transactions' content.
const LARGE: usize = 4 * 1024 * 1024;
/// Where Nitro began to count its versions.
const CLASSIC_VERSIONS: u64 = 55;
/// The least version with Stylus as it is here; older chains are taken for it.
const LEAST_ARBOS: u64 = 32;
/// The end of the year 9999: no block is from later.
const LATEST: u64 = 253_402_300_799;
/// What nodes call the failure of a call, besides the 3 of a revert with data.
const CALL_FAILED: [i64; 4] = [3, -32_000, -32_015, -32_603];

/// How another chain is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamOptions {
    /// Where it answers, over HTTP.
    pub url: String,
    /// The block to read it at; `None` (default) is the latest.
    pub block: Option<u64>,
    /// How long one attempt of a request may take (default 10 s).
    pub timeout: Duration,
    /// How often a request is sent that the node puts off or that gets lost (default 3).
    pub attempts: u32,
}

impl UpstreamOptions {
    /// The latest block of the chain at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), block: None, timeout: Duration::from_secs(10), attempts: 3 }
    }
}

/// Why there is no chain to fork.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// The address is none that can be asked.
    #[error("\"{0}\" is not the URL of a node: expected one that starts with http:// or https://")]
    Url(String),
    /// The thread that asks it cannot be started.
    #[error("it cannot be asked: {0}")]
    Io(#[from] io::Error),
    /// It does not answer, or not as a chain would.
    #[error(transparent)]
    Unread(#[from] Unread),
}

/// Another chain at one of its blocks. Copies share a connection.
#[derive(Debug, Clone)]
pub struct Upstream {
    client: Client,
    point: ForkPoint,
}

/// An address without what may be secret in it: its user, path and query.
fn public_part(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}

impl Upstream {
    /// Connects to a chain and finds out what it is. It waits for the answers: not for a thread of a runtime.
    ///
    /// # Errors
    /// [`UpstreamError`].
    pub fn connect(options: &UpstreamOptions) -> Result<Self, UpstreamError> {
        let url = Url::parse(&options.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.filter(Url::has_host).ok_or_else(|| UpstreamError::Url(options.url.clone()))?;
        let upstream = public_part(&url);
        let client = Client::start(url, options.timeout, options.attempts)?;
        let block = options.block.map_or_else(|| json!("latest"), hex);
        let requests = vec![
            request("eth_chainId", json!([]), SMALL),
            request("eth_getBlockByNumber", json!([block, false]), LARGE),
        ];
        let [id, answer] = take(client.ask(requests));
        let unread =
            |what: &str, failure: Failure| Unread { upstream: upstream.clone(), reason: format!("{what}: {failure}") };
        let chain_id = id.and_then(|id| read::number(&id)).map_err(|failure| unread("eth_chainId", failure))?;
        let answer = answer.and_then(|value| read::block(&value, options.block));
        let what = format!("eth_getBlockByNumber of {}", options.block.map_or("latest".into(), |n| n.to_string()));
        let read::Block { header, hash, l1_number } = answer.map_err(|failure| unread(&what, failure))?;
        let call = call(ARB_SYS, IArbSys::arbOSVersionCall {}.abi_encode(), header.number);
        let [answer] = take(client.ask(vec![call]));
        let arbos = arbos(answer).map_err(|failure| unread("ArbSys.arbOSVersion", failure))?;
        if arbos.is_none() && l1_number.is_some() {
            let silent = Failure::Wrong("its blocks are Arbitrum's, and it does not tell".into());
            return Err(unread("ArbSys.arbOSVersion", silent).into());
        }
        let l1_number = l1_number.unwrap_or(header.number);
        let point = ForkPoint { upstream, chain_id, header, hash, l1_number, arbos };
        Ok(Self { client, point })
    }

    /// The block that it is read at.
    #[must_use]
    pub const fn point(&self) -> &ForkPoint {
        &self.point
    }

    /// Requests that were sent to it so far, repeated ones counted each time.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.client.requests()
    }

    fn unread(&self, what: impl std::fmt::Display, failure: Failure) -> Unread {
        Unread {
            upstream: self.point.upstream.clone(),
            reason: format!("{what} at block {}: {failure}", self.point.number()),
        }
    }

    /// Asks a question of a client that this chain has no answer to.
    pub(crate) async fn forward(&self, method: &'static str, params: Value) -> RpcResult<Value> {
        let answer = self.client.ask_later(request(method, params, MAX_RESPONSE_SIZE as usize)).await;
        answer.map_err(|failure| match failure {
            Failure::Refused { code, message, data } => {
                let code = i32::try_from(code).unwrap_or_default();
                ErrorObjectOwned::owned(code, format!("{message} (from {})", self.point.upstream), data)
            }
            failure => server(
                Unread { upstream: self.point.upstream.clone(), reason: format!("{method}: {failure}") }.to_string(),
            ),
        })
    }
}

/// The ArbOS version of a chain, if it has one: elsewhere there is nothing at ArbSys' address, or something else.
fn arbos(answer: Answer) -> Result<Option<u64>, Failure> {
    let bytes = match answer {
        Ok(value) => read::bytes(&value)?,
        Err(Failure::Refused { code, .. }) if CALL_FAILED.contains(&code) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let version = U256::abi_decode_validate(&bytes).ok().and_then(|version| u64::try_from(version).ok());
    Ok(version.and_then(|version| version.checked_sub(CLASSIC_VERSIONS)).map(|version| version.max(LEAST_ARBOS)))
}

impl Source for Upstream {
    fn account(&self, address: Address) -> Result<SourceAccount, Unread> {
        let at = || json!([address, hex(self.point.number())]);
        let [balance, nonce, code] = take(self.client.ask(vec![
            request("eth_getBalance", at(), SMALL),
            request("eth_getTransactionCount", at(), SMALL),
            request("eth_getCode", at(), LARGE),
        ]));
        let unread = |method: &str| {
            let what = format!("{method} of {address}");
            move |failure| self.unread(what, failure)
        };
        Ok(SourceAccount {
            balance: balance.and_then(|value| read::quantity(&value)).map_err(unread("eth_getBalance"))?,
            nonce: nonce.and_then(|value| read::number(&value)).map_err(unread("eth_getTransactionCount"))?,
            code: code.and_then(|value| read::bytes(&value)).map_err(unread("eth_getCode"))?,
        })
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, Unread> {
        let params = json!([address, B256::from(slot), hex(self.point.number())]);
        let [value] = take(self.client.ask(vec![request("eth_getStorageAt", params, SMALL)]));
        value
            .and_then(|value| read::quantity(&value))
            .map_err(|failure| self.unread(format!("eth_getStorageAt of {address}, slot {slot:#x},"), failure))
    }

    fn program(&self, address: Address, code_hash: B256) -> Result<SourceProgram, Unread> {
        let number = self.point.number();
        let ask = |call: Vec<u8>| self::call(ARB_WASM, call, number);
        let [time_left, init_gas, version, cached] = take(self.client.ask(vec![
            ask(IArbWasm::programTimeLeftCall { program: address }.abi_encode()),
            ask(IArbWasm::programInitGasCall { program: address }.abi_encode()),
            ask(IArbWasm::programVersionCall { program: address }.abi_encode()),
            call(ARB_WASM_CACHE, IArbWasmCache::codehashIsCachedCall { codehash: code_hash }.abi_encode(), number),
        ]));
        let unread = |method: &str| {
            let what = format!("{method} of {address}");
            move |failure| self.unread(what, failure)
        };
        if let Err(Failure::Refused { data: Some(data), .. }) = &time_left
            && let Some(program) = not_active(data)
        {
            return Ok(program);
        }
        Ok(SourceProgram::Active {
            time_left: result::<u64>(time_left).map_err(unread("ArbWasm.programTimeLeft"))?,
            init_gas: result::<(u64, u64)>(init_gas).map_err(unread("ArbWasm.programInitGas"))?,
            version: result::<u16>(version).map_err(unread("ArbWasm.programVersion"))?,
            cached: result::<bool>(cached).map_err(unread("ArbWasmCache.codehashIsCached"))?,
        })
    }
}

/// What the errors of `ArbWasm` say of a program.
fn not_active(data: &Value) -> Option<SourceProgram> {
    // Some nodes wrap it once more.
    let data = read::bytes(data.get("data").unwrap_or(data)).ok()?;
    if let Ok(expired) = IArbWasm::ProgramExpired::abi_decode(&data) {
        return Some(SourceProgram::Expired { age: expired.ageInSeconds });
    }
    if let Ok(outdated) = IArbWasm::ProgramNeedsUpgrade::abi_decode(&data) {
        return Some(SourceProgram::Outdated { version: outdated.version });
    }
    let inactive = [IArbWasm::ProgramNotActivated::SELECTOR, IArbWasm::ProgramNotWasm::SELECTOR];
    inactive.iter().any(|selector| data[..] == selector[..]).then_some(SourceProgram::Inactive)
}

/// What a call returned, as the type that it has to be.
fn result<T>(answer: Answer) -> Result<T, Failure>
where
    T: SolValue + From<<T::SolType as alloy::sol_types::SolType>::RustType>,
{
    let bytes = read::bytes(&answer?)?;
    T::abi_decode_validate(&bytes).map_err(|_| Failure::Wrong(format!("{bytes} is not what it returns")))
}

const fn request(method: &'static str, params: Value, most: usize) -> Request {
    Request { method, params, most }
}

fn call(to: Address, data: Vec<u8>, block: u64) -> Request {
    request("eth_call", json!([{ "to": to, "data": Bytes::from(data) }, hex(block)]), SMALL)
}

/// A number as JSON-RPC writes it.
pub(crate) fn hex(number: u64) -> Value {
    json!(format!("{number:#x}"))
}

/// As many answers as there were questions.
fn take<const N: usize>(answers: Vec<Answer>) -> [Answer; N] {
    let mut answers = answers.into_iter();
    std::array::from_fn(|_| answers.next().unwrap_or_else(|| Err(Failure::Passing("there is no answer".into()))))
}
