//! What a state file is made of: frames, each with its length, a checksum, its kind and its content in RLP.

use std::io::{self, Read};
use std::sync::Arc;

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Header, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, U256, keccak256};
use alloy_rlp::{Buf, BufMut, Decodable, EMPTY_LIST_CODE, Encodable, RlpDecodable, RlpEncodable};

use crate::fork::ForkPoint;
use crate::state::{State, Touched};
use crate::types::{Block, Config, Execution, Mined, Outcome};

/// What a file starts with: a name and the version of all that follows.
pub(super) const MAGIC: &[u8; 13] = b"fomo chain 1\n";
/// Bytes of a frame before its content: length, checksum, kind.
const HEAD: usize = 9;

/// What a frame is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The settings of the chain.
    Config = 1,
    /// A block, with what it changed in the state.
    Block = 2,
    /// What was changed in the state of the head, between blocks.
    Changes = 3,
    /// The whole state of the head; that of the blocks before is not in the file.
    Base = 4,
    /// The clock and the other things that requests set.
    Settings = 5,
    /// All transactions that wait.
    Pool = 6,
    /// One more transaction that waits.
    Submitted = 7,
    /// The block of another chain that this one was forked at, in the place of a first block.
    Fork = 8,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        let known = [
            Self::Config,
            Self::Block,
            Self::Changes,
            Self::Base,
            Self::Settings,
            Self::Pool,
            Self::Submitted,
            Self::Fork,
        ];
        known.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// A frame read from a file.
pub(super) enum Frame {
    Whole(Kind),
    /// The file ends before it does.
    Torn,
    Damaged,
}

fn checksum(kind: u8, content: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = keccak256(content).0;
    [a ^ kind, b, c, d]
}

/// Appends a frame.
pub(super) fn push(buffer: &mut Vec<u8>, kind: Kind, content: &impl Encodable) {
    let content = alloy_rlp::encode(content);
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_be_bytes());
    buffer.extend_from_slice(&checksum(kind as u8, &content));
    buffer.push(kind as u8);
    buffer.extend_from_slice(&content);
}

/// Bytes of a frame with this content.
pub(super) const fn size(content: &[u8]) -> u64 {
    (HEAD as u64).saturating_add(content.len() as u64)
}

/// Reads the next frame of a source that has this many bytes left. Its content takes the place of what is in the buffer.
pub(super) fn next(source: &mut impl Read, left: u64, content: &mut Vec<u8>) -> io::Result<Frame> {
    let Some(left) = left.checked_sub(HEAD as u64) else { return Ok(Frame::Torn) };
    let mut head = [0; HEAD];
    source.read_exact(&mut head)?;
    let [a, b, c, d, sum @ .., kind] = head;
    let length = u32::from_be_bytes([a, b, c, d]);
    if u64::from(length) > left {
        return Ok(Frame::Torn);
    }
    content.clear();
    content.resize(usize::try_from(length).map_err(io::Error::other)?, 0);
    source.read_exact(content)?;
    Ok(match Kind::of(kind) {
        Some(known) if sum == checksum(kind, content) => Frame::Whole(known),
        _ => Frame::Damaged,
    })
}

/// Reads the content of a frame; nothing but it may be there.
pub(super) fn decode<T: Decodable>(content: &[u8]) -> Option<T> {
    alloy_rlp::decode_exact(content).ok()
}

// ---- settings ----

#[derive(RlpEncodable, RlpDecodable)]
pub(super) struct ConfigRecord {
    chain_id: u64,
    arbos: u64,
    base_fee: u64,
    block_gas_limit: u64,
    accounts: u32,
    balance: U256,
    /// One or none.
    genesis_time: Vec<u64>,
    auto_cache: bool,
    eip7623: bool,
}

impl ConfigRecord {
    pub(super) fn new(config: &Config) -> Self {
        let Config { chain_id, arbos, base_fee, block_gas_limit, accounts, balance, auto_cache, eip7623, .. } = *config;
        let genesis_time = config.genesis_time.into_iter().collect();
        Self { chain_id, arbos, base_fee, block_gas_limit, accounts, balance, genesis_time, auto_cache, eip7623 }
    }

    pub(super) fn config(self) -> Config {
        Config {
            chain_id: self.chain_id,
            arbos: self.arbos,
            base_fee: self.base_fee,
            block_gas_limit: self.block_gas_limit,
            accounts: self.accounts,
            balance: self.balance,
            genesis_time: self.genesis_time.into_iter().next(),
            // Whether it mines is among the settings that requests change.
            auto_mine: true,
            auto_cache: self.auto_cache,
            eip7623: self.eip7623,
        }
    }
}

/// What requests change besides state and blocks.
#[derive(RlpEncodable, RlpDecodable)]
pub(crate) struct SettingsRecord {
    /// Seconds that the clock is ahead of the system's, as the two's complement.
    pub time_offset: u64,
    /// The next block's timestamp, if it is set: one or none.
    pub next_timestamp: Vec<u64>,
    pub base_fee: u64,
    pub auto_mine: bool,
    pub auto_impersonate: bool,
    pub impersonated: Vec<Address>,
}

// ---- state ----

#[derive(RlpEncodable, RlpDecodable)]
struct SlotRecord {
    slot: U256,
    value: U256,
}

/// What an account has, or an empty list where that is as on the chain that was forked.
struct Own<T>(Option<T>);

impl<T: Encodable> Encodable for Own<T> {
    fn encode(&self, out: &mut dyn BufMut) {
        match &self.0 {
            Some(value) => value.encode(out),
            None => out.put_u8(EMPTY_LIST_CODE),
        }
    }

    fn length(&self) -> usize {
        self.0.as_ref().map_or(1, Encodable::length)
    }
}

impl<T: Decodable> Decodable for Own<T> {
    fn decode(buffer: &mut &[u8]) -> alloy_rlp::Result<Self> {
        if buffer.first() == Some(&EMPTY_LIST_CODE) {
            buffer.advance(1);
            return Ok(Self(None));
        }
        T::decode(buffer).map(|value| Self(Some(value)))
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct AccountRecord {
    address: Address,
    /// Whether it is there at all.
    exists: bool,
    /// Its storage is emptied before the slots are written.
    emptied: bool,
    nonce: Own<u64>,
    balance: Own<U256>,
    code_hash: Own<B256>,
    slots: Vec<SlotRecord>,
}

/// What was changed in a state.
#[derive(Default, RlpEncodable, RlpDecodable)]
pub(super) struct ChangesRecord {
    codes: Vec<Bytes>,
    accounts: Vec<AccountRecord>,
}

impl ChangesRecord {
    /// What is now where something was touched.
    pub(super) fn new(state: &State, touched: &Touched) -> Self {
        let account = |(address, touched): (&Address, &crate::state::TouchedAccount)| {
            let there = state.entry_of(*address);
            let value = |slot| there.and_then(|entry| entry.storage.get(slot)).copied().unwrap_or_default();
            AccountRecord {
                address: *address,
                exists: there.is_some(),
                emptied: touched.emptied,
                nonce: Own(there.map_or(Some(0), |entry| entry.nonce)),
                balance: Own(there.map_or(Some(U256::ZERO), |entry| entry.balance)),
                code_hash: Own(there.map_or(Some(KECCAK256_EMPTY), |entry| entry.code_hash)),
                slots: touched.slots.iter().map(|slot| SlotRecord { slot: *slot, value: value(slot) }).collect(),
            }
        };
        Self {
            codes: touched.codes.iter().filter_map(|hash| state.code_of_hash(*hash)).collect(),
            accounts: touched.accounts.iter().map(account).collect(),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.accounts.is_empty()
    }

    /// Changes a state in the same way.
    pub(super) fn apply(self, state: &mut State) {
        for code in self.codes {
            state.add_code(code);
        }
        for account in self.accounts {
            if account.emptied || !account.exists {
                state.remove(account.address);
            }
            if !account.exists {
                continue;
            }
            state.put(account.address, account.nonce.0, account.balance.0, account.code_hash.0);
            for SlotRecord { slot, value } in account.slots {
                state.set_storage(account.address, slot, value);
            }
        }
    }
}

// ---- forks ----

/// The block that the chain was forked at.
#[derive(RlpEncodable, RlpDecodable)]
pub(super) struct ForkRecord {
    upstream: String,
    chain_id: u64,
    header: Header,
    hash: B256,
    l1_number: u64,
    /// One or none.
    arbos: Vec<u64>,
}

impl ForkRecord {
    pub(super) fn new(point: &ForkPoint) -> Self {
        Self {
            upstream: point.upstream.clone(),
            chain_id: point.chain_id,
            header: point.header.clone(),
            hash: point.hash,
            l1_number: point.l1_number,
            arbos: point.arbos.into_iter().collect(),
        }
    }

    pub(super) fn point(self) -> ForkPoint {
        let arbos = self.arbos.into_iter().next();
        let Self { upstream, chain_id, header, hash, l1_number, .. } = self;
        ForkPoint { upstream, chain_id, header, hash, l1_number, arbos }
    }
}

// ---- blocks ----

/// A transaction that waits.
#[derive(RlpEncodable, RlpDecodable)]
pub(super) struct WaitingRecord {
    raw: Bytes,
    /// Not what the signature says where it is the placeholder of an impersonated sender.
    sender: Address,
}

impl WaitingRecord {
    pub(super) fn new(transaction: &Recovered<TxEnvelope>) -> Self {
        Self { raw: transaction.encoded_2718().into(), sender: transaction.signer() }
    }

    pub(super) fn transaction(&self) -> Option<Recovered<TxEnvelope>> {
        let transaction = TxEnvelope::decode_2718_exact(&self.raw).ok()?;
        Some(Recovered::new_unchecked(transaction, self.sender))
    }
}

#[derive(RlpEncodable, RlpDecodable)]
struct MinedRecord {
    transaction: WaitingRecord,
    /// 0 success, 1 revert, 2 halt.
    outcome: u8,
    /// Why it halted.
    halt: String,
    output: Bytes,
    gas_used: u64,
    logs: Vec<Log>,
    /// One or none.
    created: Vec<Address>,
    /// One or none.
    note: Vec<String>,
}

impl MinedRecord {
    fn new(mined: &Mined) -> Self {
        let Mined { transaction, execution, .. } = mined;
        let (outcome, halt) = match &execution.outcome {
            Outcome::Success => (0, String::new()),
            Outcome::Revert => (1, String::new()),
            Outcome::Halt(text) => (2, text.clone()),
        };
        Self {
            transaction: WaitingRecord::new(transaction),
            outcome,
            halt,
            output: execution.output.clone(),
            gas_used: execution.gas_used,
            logs: execution.logs.clone(),
            created: execution.created.into_iter().collect(),
            note: execution.note.iter().cloned().collect(),
        }
    }

    /// The transaction, after those that are before it in its block.
    fn mined(self, base_fee: u64, last: Option<&Mined>) -> Option<Mined> {
        let outcome = match self.outcome {
            0 => Outcome::Success,
            1 => Outcome::Revert,
            2 => Outcome::Halt(self.halt),
            _ => return None,
        };
        let execution = Execution {
            outcome,
            output: self.output,
            gas_used: self.gas_used,
            logs: self.logs,
            created: self.created.into_iter().next(),
            note: self.note.into_iter().next(),
        };
        Some(Mined::after(last, self.transaction.transaction()?, execution, base_fee))
    }
}

/// The header of a block as it was encoded.
pub(super) fn header_of(record: &[u8]) -> Option<Header> {
    let mut content = record;
    let list = alloy_rlp::Header::decode(&mut content).ok()?;
    list.list.then(|| Header::decode(&mut content).ok())?
}

/// A block with what it changed in the state.
#[derive(RlpEncodable, RlpDecodable)]
pub(super) struct BlockRecord {
    header: Header,
    l1_number: u64,
    transactions: Vec<MinedRecord>,
    changes: ChangesRecord,
}

impl BlockRecord {
    pub(super) fn new(block: &Block, changes: ChangesRecord) -> Self {
        Self {
            header: block.header.clone(),
            l1_number: block.l1_number,
            transactions: block.transactions.iter().map(MinedRecord::new).collect(),
            changes,
        }
    }

    pub(super) fn block(self) -> Option<(Arc<Block>, ChangesRecord)> {
        let base_fee = self.header.base_fee_per_gas.unwrap_or_default();
        let mut transactions: Vec<Mined> = Vec::with_capacity(self.transactions.len());
        for record in self.transactions {
            let mined = record.mined(base_fee, transactions.last())?;
            transactions.push(mined);
        }
        let hash = self.header.hash_slow();
        Some((Arc::new(Block { header: self.header, hash, l1_number: self.l1_number, transactions }), self.changes))
    }
}
