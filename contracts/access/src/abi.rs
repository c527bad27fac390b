//! The ABI in words.
//!
//! The SDK routes calls by generic code for every combination of types: two thirds of a contract of this suite would be that, more than
//! Arbitrum takes, and entering a program costs gas for its size. Nearly everything here is a word of 32 bytes, and so:
//!
//! - [`routes!`](crate::routes) reads arguments word by word ([`Argument`]) and writes results so ([`Answer`]). Bytes behind the arguments
//!   are ignored, as Solidity does; arguments out of their type's range are refused with `InvalidCallData()`.
//! - [`events!`](crate::events) declares events whose fields are words.
//! - [`encode`] writes words and texts for what is not.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use stylus_sdk::ArbResult;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

use crate::text::Text;

crate::errors! {
    /// Why a call does not get as far as a function.
    pub enum CallError {
        /// No function has this selector.
        UnknownFunction,
        /// An argument is missing or out of its type's range.
        InvalidCallData,
        /// No function takes ether.
        NotPayable,
    }
}

/// A value of one word.
pub trait Word: Copy {
    /// As it is in call data.
    fn word(self) -> U256;
}

/// Something that a function can take.
pub trait Argument: Sized {
    /// Its name in a signature.
    const TYPE: &'static str;

    /// Reads it: `head` is its word, `data` are all arguments.
    fn read(head: U256, data: &[u8]) -> Option<Self>;
}

macro_rules! words {
    ($($type:ty, $name:literal, $from:expr, $to:expr;)*) => {$(
        impl Word for $type {
            fn word(self) -> U256 {
                let to: fn($type) -> U256 = $to;
                to(self)
            }
        }

        impl Argument for $type {
            const TYPE: &'static str = $name;

            fn read(head: U256, _: &[u8]) -> Option<Self> {
                let from: fn(U256) -> Option<$type> = $from;
                from(head)
            }
        }

        impl Argument for Vec<$type> {
            const TYPE: &'static str = concat!($name, "[]");

            fn read(head: U256, data: &[u8]) -> Option<Self> {
                read_array(head, data)
            }
        }

        impl Answer for $type {
            fn encode(self) -> ArbResult {
                Ok(concat(&[], &[self.word()]))
            }
        }
    )*};
}

words! {
    U256, "uint256", Some, |value| value;
    u64, "uint64", |word| u64::try_from(word).ok(), |value| U256::from(value);
    u32, "uint32", |word| u32::try_from(word).ok(), |value| U256::from(value);
    u16, "uint16", |word| u16::try_from(word).ok(), |value| U256::from(value);
    u8, "uint8", |word| u8::try_from(word).ok(), |value| U256::from(value);
    bool, "bool", |word| (word <= U256::ONE).then_some(!word.is_zero()), |value| U256::from(u8::from(value));
    B256, "bytes32", |word| Some(word.into()), |value| value.into();
    Address, "address", |word| (word.bit_len() <= 160).then(|| Address::from_word(word.into())),
        |value| value.into_word().into();
}

impl Argument for Text {
    const TYPE: &'static str = "string";

    fn read(head: U256, data: &[u8]) -> Option<Self> {
        let tail = data.get(usize::try_from(head).ok()?..)?;
        let (len, bytes) = tail.split_first_chunk::<32>()?;
        let len = usize::try_from(U256::from_be_bytes(*len)).ok()?;
        bytes.get(..len).map(|bytes| Self(bytes.to_vec()))
    }
}

fn read_array<T: Argument>(head: U256, data: &[u8]) -> Option<Vec<T>> {
    let tail = data.get(usize::try_from(head).ok()?..)?;
    let (len, words) = tail.split_first_chunk::<32>()?;
    let len = usize::try_from(U256::from_be_bytes(*len)).ok()?;
    let words = words.get(..len.checked_mul(32)?)?;
    words.chunks_exact(32).map(|word| T::read(U256::from_be_slice(word), &[])).collect()
}

/// Something that a function can give.
pub trait Answer {
    /// As return data, or as the data of a revert.
    ///
    /// # Errors
    /// The data of the revert.
    fn encode(self) -> ArbResult;
}

impl Answer for () {
    fn encode(self) -> ArbResult {
        Ok(Vec::new())
    }
}

impl Answer for Text {
    fn encode(self) -> ArbResult {
        Ok(encode(&[Item::Text(&self.0)]))
    }
}

impl<T: Word> Answer for Vec<T> {
    fn encode(self) -> ArbResult {
        let mut data = Vec::with_capacity(self.len().saturating_add(2).saturating_mul(32));
        push(&mut data, U256::from(32));
        push(&mut data, U256::from(self.len()));
        for value in self {
            push(&mut data, value.word());
        }
        Ok(data)
    }
}

impl<T: Answer, E: Into<Vec<u8>>> Answer for Result<T, E> {
    fn encode(self) -> ArbResult {
        match self {
            Ok(value) => value.encode(),
            Err(error) => Err(error.into()),
        }
    }
}

/// Several words, for functions that give more than a tuple is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words<const N: usize>(pub [U256; N]);

impl<const N: usize> Answer for Words<N> {
    fn encode(self) -> ArbResult {
        Ok(concat(&[], &self.0))
    }
}

/// A list of structs of N words each, as Solidity returns an array of structs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<const N: usize>(pub Vec<[U256; N]>);

impl<const N: usize> Answer for Rows<N> {
    fn encode(self) -> ArbResult {
        let head = concat(&[], &[U256::from(32), U256::from(self.0.len())]);
        Ok(concat(&head, self.0.as_flattened()))
    }
}

impl<A: Word, B: Word> Answer for (A, B) {
    fn encode(self) -> ArbResult {
        Words([self.0.word(), self.1.word()]).encode()
    }
}

#[inline(never)]
fn push(data: &mut Vec<u8>, word: U256) {
    data.extend_from_slice(&word.to_be_bytes::<32>());
}

/// A part of call data, event data or return data.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A value of one word.
    Word(U256),
    /// A `string` or `bytes`.
    Text(&'a [u8]),
}

/// ABI encoding of words and texts: heads first, then what texts they point to.
#[must_use]
pub fn encode(items: &[Item<'_>]) -> Vec<u8> {
    let (mut heads, mut tails) = (Vec::new(), Vec::new());
    let head_len = items.len().saturating_mul(32);
    for item in items {
        match item {
            Item::Word(word) => push(&mut heads, *word),
            Item::Text(text) => {
                push(&mut heads, U256::from(head_len.saturating_add(tails.len())));
                push(&mut tails, U256::from(text.len()));
                tails.extend_from_slice(text);
                tails.resize(tails.len().next_multiple_of(32), 0);
            }
        }
    }
    heads.append(&mut tails);
    heads
}

/// The arguments of a call, one after the other.
pub struct Arguments<'a> {
    data: &'a [u8],
    next: usize,
}

impl<'a> Arguments<'a> {
    /// The arguments behind a selector.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, next: 0 }
    }

    /// The next one.
    pub fn take<T: Argument>(&mut self) -> Option<T> {
        T::read(self.head()?, self.data)
    }

    #[inline(never)]
    fn head(&mut self) -> Option<U256> {
        let head = self.data.get(self.next..)?.first_chunk::<32>()?;
        self.next = self.next.saturating_add(32);
        Some(U256::from_be_bytes(*head))
    }
}

/// The selector of a function from its name and the types of its arguments.
#[must_use]
pub const fn selector(name: &str, types: &[&str]) -> [u8; 4] {
    let mut hash = stylus_sdk::keccak_const::Keccak256::new().update(name.as_bytes()).update(b"(");
    let mut index = 0;
    while index < types.len() {
        if index > 0 {
            hash = hash.update(b",");
        }
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, and within bounds")]
        {
            hash = hash.update(types[index].as_bytes());
        }
        index += 1;
    }
    let [a, b, c, d, ..] = hash.update(b")").finalize();
    [a, b, c, d]
}

/// What StylusDeployer calls a constructor by, whatever its arguments: the selector of `stylus_constructor()`.
pub const CONSTRUCTOR: [u8; 4] = selector("stylus_constructor", &[]);

/// The answer of the function with a selector; nothing where there is none.
pub type Route<C> = fn(&mut C, [u8; 4], &[u8]) -> Option<ArbResult>;

/// Answers a call; what an entry point does.
///
/// # Errors
/// `NotPayable`, `UnknownFunction`, `InvalidCallData`, or the function's own.
#[allow(unsafe_code, reason = "a contract's storage begins at slot zero, and nothing else of it is alive")]
pub fn answer<C: StorageType>(input: &[u8], vm: VM, route: Route<C>) -> ArbResult {
    if !vm.msg_value().is_zero() {
        return Err(CallError::NotPayable.into());
    }
    let (selector, data) = input.split_first_chunk::<4>().ok_or_else(|| Vec::from(CallError::UnknownFunction))?;
    // SAFETY: see above.
    let mut contract = unsafe { C::new(U256::ZERO, 0, vm) };
    route(&mut contract, *selector, data).unwrap_or_else(|| Err(CallError::UnknownFunction.into()))
}

/// Writes a log: the first `topics` words as topics, the others as data.
#[inline(never)]
pub fn log(vm: &VM, words: &[U256], topics: usize) {
    vm.emit_log(&concat(&[], words), topics);
}

/// Bytes, and words behind them. What every call, answer and log is made by: not inlined, since turning a number around is dear in code.
#[inline(never)]
#[must_use]
pub fn concat(head: &[u8], words: &[U256]) -> Vec<u8> {
    let mut data = Vec::with_capacity(head.len().saturating_add(words.len().saturating_mul(32)));
    data.extend_from_slice(head);
    for word in words {
        push(&mut data, *word);
    }
    data
}

/// Answers by a method, with its arguments read from call data.
#[doc(hidden)]
#[macro_export]
macro_rules! answer_by {
    ($self:ident, $data:ident, $method:ident $(<$generic:ty>)?, $($type:ty),*) => {{
        #[allow(unused_mut, unused_variables, reason = "not every function has arguments")]
        let mut arguments = $crate::abi::Arguments::new($data);
        #[allow(unused_mut, reason = "as above")]
        let mut run = || Some($crate::abi::Answer::encode($self.$method$(::<$generic>)?($(arguments.take::<$type>()?),*)));
        Some(run().unwrap_or_else(|| Err($crate::abi::CallError::InvalidCallData.into())))
    }};
}

/// The answer of the method whose selector it is, as an `Option`: the name in the ABI, the method (with a type parameter, if it has one), the types
/// of its arguments. The types make the signature.
#[macro_export]
macro_rules! table {
    ($self:ident, $selector:ident, $data:ident, $($name:literal => $method:ident $(<$generic:ty>)? ($($type:ty),*);)*) => {
        $(
            if $selector == const { $crate::abi::selector($name, &[$(<$type as $crate::abi::Argument>::TYPE),*]) } {
                $crate::answer_by!($self, $data, $method $(<$generic>)?, $($type),*)
            } else
        )* { None }
    };
}

/// Routes the calls of a contract and makes its entry point: see [`table!`](crate::table). `constructor` answers to
/// [`CONSTRUCTOR`](crate::abi::CONSTRUCTOR); `otherwise` is a [`Route`](crate::abi::Route) that is asked where no name fits, such as
/// [`route_access`](crate::route_access).
#[macro_export]
macro_rules! routes {
    ($contract:ty;
        $(constructor => $constructor:ident($($constructor_type:ty),*);)?
        $($name:literal => $method:ident $(<$generic:ty>)? ($($type:ty),*);)*
        $(otherwise => $otherwise:path;)?
    ) => {
        fn route(contract: &mut $contract, selector: [u8; 4], data: &[u8]) -> Option<stylus_sdk::ArbResult> {
            $(
                if selector == $crate::abi::CONSTRUCTOR {
                    return $crate::answer_by!(contract, data, $constructor, $($constructor_type),*);
                }
            )?
            let answer = $crate::table!(contract, selector, data, $($name => $method $(<$generic>)? ($($type),*);)*);
            $(let answer = answer.or_else(|| $otherwise(contract, selector, data));)?
            answer
        }

        #[entrypoint]
        fn entry(input: Vec<u8>, vm: stylus_sdk::host::VM) -> stylus_sdk::ArbResult {
            $crate::abi::answer::<$contract>(&input, vm, route)
        }
    };
}

/// Declares events whose fields are words: the signature, indexed fields, and the others.
#[macro_export]
macro_rules! events {
    ($(
        $(#[$meta:meta])*
        $name:ident($signature:literal) [$($topic:ident: $topic_type:ty),*] { $($field:ident: $type:ty),* $(,)? }
    )*) => {$(
        $(#[$meta])*
        #[allow(missing_docs, reason = "the fields are those of the signature")]
        pub struct $name { $(pub $topic: $topic_type,)* $(pub $field: $type,)* }

        impl $name {
            /// Emits it.
            pub fn log(self, vm: &stylus_sdk::host::VM) {
                use $crate::abi::Word;
                const TOPIC: alloy_primitives::U256 = alloy_primitives::U256::from_be_bytes(
                    stylus_sdk::keccak_const::Keccak256::new().update($signature.as_bytes()).finalize(),
                );
                let words = [TOPIC, $(self.$topic.word(),)* $(self.$field.word(),)*];
                const TOPICS: usize = 1 $(+ { let _ = stringify!($topic); 1 })*;
                $crate::abi::log(vm, &words, TOPICS);
            }
        }
    )*};
}
