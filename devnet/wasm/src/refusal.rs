//! Why Nitro would not activate a program.

/// A reason for which activation fails; each is a rule of `docs/chain.md`, "What is refused".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The account's code does not start with `0xEFF00000`.
    #[error("the code is not a Stylus program: it does not start with 0xEFF000")]
    NotAProgram,
    /// The byte after the prefix names a brotli dictionary that does not exist.
    #[error("unsupported compression dictionary {0}: only 0 (none) is supported")]
    Dictionary(u8),
    /// Prefix and compressed WASM do not fit in a contract.
    #[error("the code has {size} bytes, the limit is {limit}")]
    CodeTooLarge {
        /// Bytes of prefix and compressed WASM.
        size: usize,
        /// 24,576.
        limit: usize,
    },
    /// The compressed part is not a brotli stream.
    #[error("the compressed WASM does not decompress: {0}")]
    Brotli(String),
    /// The decompressed WASM is over the limit.
    #[error("the decompressed WASM has more than {0} bytes")]
    WasmTooLarge(usize),
    /// Malformed or invalid, or a proposal that Nitro leaves off (reference types, SIMD, threads, tail calls,
    /// exceptions, memory64, multi-memory, GC, components; multi-value from ArbOS 60).
    #[error("invalid WASM: {0}")]
    Invalid(String),
    /// A section that Nitro's parser does not know, `DataCount` above all.
    #[error("the {0} section is not supported")]
    Section(&'static str),
    /// `memory.init`, `data.drop` and the table instructions.
    #[error("the instruction {0} is not supported")]
    Instruction(&'static str),
    /// A start function would run before the meter does.
    #[error("start functions are not allowed")]
    StartFunction,
    /// A required export is missing or of another kind or type.
    #[error("the export `{name}` must be {expected}")]
    Export {
        /// The export's name.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// An import from elsewhere than `vm_hooks`, or no function, or unknown there.
    #[error("the import `{module}::{name}` does not exist")]
    UnknownImport {
        /// The module named.
        module: String,
        /// The item named.
        name: String,
    },
    /// A host function imported with a type that is not its own.
    #[error("the import `vm_hooks::{0}` has a type other than the host's")]
    ImportType(String),
    /// An export that has the name of an import.
    #[error("the export `{0}` has the name of an import")]
    ExportShadowsImport(String),
    /// Names starting with `stylus` are the instrumentation's.
    #[error("the name `{0}` is reserved")]
    Reserved(String),
    /// Memory that can grow has to pay for it.
    #[error("memory that can grow needs the import `vm_hooks::pay_for_memory_grow`")]
    UnpaidGrowth,
    /// A data segment that does not fit in the initial memory, or an element segment that does not fit in its table.
    #[error("a segment of the {0} section lies outside of what it initialises")]
    Outside(&'static str),
    /// A count or size over its limit.
    #[error("too many {what}: {count}, the limit is {limit}")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        limit: u64,
    },
}

impl Refusal {
    /// Refuses `count` things where only `limit` are allowed.
    pub(crate) fn limit(what: &'static str, count: u64, limit: u64) -> Result<(), Self> {
        if count > limit { Err(Self::TooMany { what, count, limit }) } else { Ok(()) }
    }
}
