//! What a program's WASM has written into it: the numbers of its code and its data.

use std::collections::BTreeSet;

use alloy::json_abi::Event;
use alloy::primitives::{B256, Selector};
use anyhow::Result;
use wasmparser::{Operator, Parser, Payload};

/// Numbers up to here are lengths and offsets rather than selectors.
const SMALL: u32 = 0xFFFF;

/// Constants of one program or of several.
#[derive(Debug, Clone, Default)]
pub struct Constants {
    words: BTreeSet<u32>,
    longs: BTreeSet<u64>,
    data: Vec<Vec<u8>>,
}

impl Constants {
    /// Adds those of a program.
    ///
    /// # Errors
    /// When it is no WASM.
    pub fn read(&mut self, wasm: &[u8]) -> Result<()> {
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader()? {
                        match operator? {
                            Operator::I32Const { value } => _ = self.words.insert(value.cast_unsigned()),
                            Operator::I64Const { value } => _ = self.longs.insert(value.cast_unsigned()),
                            _ => (),
                        }
                    }
                }
                Payload::DataSection(segments) => {
                    for segment in segments {
                        self.data.push(segment?.data.to_vec());
                    }
                }
                _ => (),
            }
        }
        Ok(())
    }

    /// Whatever could be a selector that the code compares with, from either end: each large number, its neighbours (`x > c` instead of
    /// `x == c + 1`) and its negative (`x + c == 0`), and each four bytes of data.
    pub fn candidates(&self) -> impl Iterator<Item = Selector> {
        let forms = |word: u32| [word, word.wrapping_add(1), word.wrapping_sub(1), word.wrapping_neg()];
        let both = |word: u32| [Selector::from(word.to_le_bytes()), Selector::from(word.to_be_bytes())];
        let large = self.words.iter().copied().filter(|word| *word > SMALL && *word < u32::MAX - SMALL);
        let windows = self.data.iter().flat_map(|data| data.windows(4)).filter(|window| !window.starts_with(&[0, 0]));
        let all: BTreeSet<Selector> =
            large.flat_map(forms).flat_map(both).chain(windows.map(Selector::from_slice)).collect();
        all.into_iter()
    }

    /// Whether a selector is written anywhere.
    #[must_use]
    pub fn has_selector(&self, selector: Selector) -> bool {
        let [little, big] = [u32::from_le_bytes(selector.0), u32::from_be_bytes(selector.0)];
        let in_long = |long: &u64| [(*long >> 32) as u32, *long as u32].iter().any(|half| [little, big].contains(half));
        self.words.contains(&little)
            || self.words.contains(&big)
            || self.longs.iter().any(in_long)
            || self.in_data(&selector.0)
    }

    /// Whether a word is written anywhere: whole or in parts of eight bytes, from either end.
    #[must_use]
    pub fn has_word(&self, word: B256) -> bool {
        let mut reversed = word;
        reversed.0.reverse();
        [word, reversed].iter().any(|word| {
            let part = |part: &[u8]| {
                let number = part.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
                self.longs.contains(&number) || self.in_data(part)
            };
            self.in_data(&word.0) || word.chunks(8).all(part)
        })
    }

    /// Whether an event's topic is written anywhere, or the signature that it is the hash of.
    #[must_use]
    pub fn has_event(&self, event: &Event) -> bool {
        self.has_word(event.selector()) || self.in_data(event.signature().as_bytes())
    }

    fn in_data(&self, bytes: &[u8]) -> bool {
        self.data.iter().any(|data| data.windows(bytes.len()).any(|window| window == bytes))
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, Selector};

    use super::Constants;

    #[test]
    fn what_is_written_is_found_and_nothing_else() {
        let text = "(module (memory 1) (data (i32.const 0) \"\\aa\\bb\\cc\\dd\")
            (func (result i32) (i32.eq (i32.const 0x11223344) (i32.const 7))) (func (result i64) (i64.const 0x0807060504030201)))";
        let mut constants = Constants::default();
        constants.read(&wat::parse_str(text).unwrap()).unwrap();
        for selector in [[0xAA, 0xBB, 0xCC, 0xDD], [0x11, 0x22, 0x33, 0x44], [0x44, 0x33, 0x22, 0x11]] {
            assert!(
                constants.has_selector(selector.into())
                    && constants.candidates().any(|one| one == Selector::from(selector))
            );
        }
        assert!(!constants.has_selector([1, 2, 3, 5].into()));
        let word = B256::from_slice(&[1, 2, 3, 4, 5, 6, 7, 8].repeat(4));
        assert!(constants.has_word(word) && !constants.has_word(B256::with_last_byte(1)));
        assert_eq!(constants.candidates().count(), 9);
    }
}
