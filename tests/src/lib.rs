//! What the end-to-end tests share: a chain in the test's own process, and the few steps that every test takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

pub mod anvil;
pub mod gas;
pub mod proxy;
pub mod suite;

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use fomo_chain::precompiles::{ARB_WASM, ARB_WASM_CACHE};
use fomo_chain::{Chain, Config, Mined};
use fomo_wasm::code;

sol! {
    #[allow(missing_docs)]
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function codehashKeepalive(bytes32 codehash) external payable;
    }

    #[allow(missing_docs)]
    interface IArbWasmCache {
        function cacheProgram(address program) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
    }
}

/// Gas limit of the tests' transactions, as in the measured vectors.
pub const GAS: u64 = 28_000_000;

/// A chain with what tests do to it. Everything is sent by the first development account, the chain's owner.
#[derive(Clone)]
pub struct Harness {
    /// The chain.
    pub chain: Chain,
}

impl Default for Harness {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Harness {
    /// A chain with these settings.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { chain: Chain::new(config) }
    }

    /// The sender of everything.
    #[must_use]
    pub fn sender(&self) -> Address {
        self.chain.accounts()[0]
    }

    /// Sends a request and gives what came of it; panics if it cannot be included.
    pub fn submit(&mut self, request: TransactionRequest) -> Mined {
        let request = TransactionRequest { gas: request.gas.or(Some(GAS)), ..request };
        let hash = self.chain.submit_request(request).expect("the transaction can be included");
        self.chain.receipt(hash).expect("the transaction was mined").clone()
    }

    /// Calls a contract in a transaction.
    pub fn send(&mut self, to: Address, data: impl Into<Bytes>) -> Mined {
        let from = Some(self.sender());
        self.submit(TransactionRequest { from, ..Default::default() }.to(to).input(data.into().into()))
    }

    /// Calls a contract in a transaction that carries value.
    pub fn send_value(&mut self, to: Address, data: impl Into<Bytes>, value: U256) -> Mined {
        let from = Some(self.sender());
        let request = TransactionRequest { from, value: Some(value), ..Default::default() };
        self.submit(request.to(to).input(data.into().into()))
    }

    /// Runs a call on the head.
    #[must_use]
    pub fn call(&self, to: Address, data: impl Into<Bytes>) -> fomo_chain::Execution {
        let request = TransactionRequest { from: Some(self.sender()), ..Default::default() };
        let request = request.to(to).input(data.into().into());
        self.chain.call(&request, self.chain.head(), &Default::default(), &Default::default()).expect("the call starts")
    }

    /// Runs a view and decodes what it returns.
    pub fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let execution = self.call(to, call.abi_encode());
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns(&execution.output).expect("it returns what its signature says")
    }

    /// Deploys code as it is.
    pub fn deploy_code(&mut self, code: &[u8]) -> Address {
        let from = Some(self.sender());
        let mut request = TransactionRequest { from, ..Default::default() }.input(Bytes::from(init_code(code)).into());
        request.to = Some(alloy_primitives::TxKind::Create);
        let mined = self.submit(request);
        mined.execution.created.unwrap_or_else(|| panic!("not deployed: {:?}", mined.execution))
    }

    /// Activates a program with more than its data fee.
    pub fn activate(&mut self, program: Address) -> Mined {
        let data = IArbWasm::activateProgramCall { program }.abi_encode();
        self.send_value(ARB_WASM, data, U256::from(10).pow(U256::from(18)))
    }

    /// Puts a program into the cache.
    pub fn cache(&mut self, program: Address) {
        let mined = self.send(ARB_WASM_CACHE, IArbWasmCache::cacheProgramCall { program }.abi_encode());
        assert!(mined.execution.success(), "not cached: {:?}", mined.execution);
    }

    /// Deploys, activates and caches a program given as text.
    pub fn deploy_wat(&mut self, text: &str) -> Address {
        self.deploy_wasm(&assemble(text))
    }

    /// Deploys, activates and caches a program.
    pub fn deploy_wasm(&mut self, wasm: &[u8]) -> Address {
        let program = self.deploy_code(&code::encode(wasm).expect("it fits"));
        let activation = self.activate(program);
        assert!(activation.execution.success(), "not activated: {:?}", activation.execution);
        self.cache(program);
        program
    }
}

/// The WASM of a text, without names.
#[must_use]
pub fn assemble(text: &str) -> Vec<u8> {
    let wasm = wat::parse_str(text).expect("the text is WASM");
    fomo_wasm::split::split_zero_runs(&wasm).expect("it is well-formed")
}

/// Creation code that returns `code`: `PUSH3 length, DUP1, PUSH1 14, PUSH0, CODECOPY, PUSH0, RETURN`.
#[must_use]
pub fn init_code(code: &[u8]) -> Vec<u8> {
    let len = u32::try_from(code.len()).expect("code has a length").to_be_bytes();
    let mut init = vec![0x62, len[1], len[2], len[3], 0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3];
    init.extend_from_slice(code);
    init
}
