//! Zero runs cut out of data segments.
//!
//! Memory starts as zeros, so that writing zeros into it is waste, and entering a program costs 0.75 gas for every
//! byte of its segments, cached or not. A segment with a run of zeros becomes two. Each further segment costs its
//! header (`i32.const`, `end`, length: 5 to 9 bytes), so that only longer runs pay, and there may be 128.

use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ConstExpr, DataSection, DataSegment, DataSegmentMode, RawSection, SectionId};
use wasmparser::{DataKind, Operator, Parser, Payload};

use crate::Refusal;

/// Shortest run of zeros that is cut out.
pub const SHORTEST_RUN: usize = 12;
/// Most data segments of a module.
const MAX_SEGMENTS: usize = 128;

/// A piece of a segment that is written to memory.
struct Piece<'a> {
    offset: u32,
    bytes: &'a [u8],
}

/// The same module with the zero runs of its active data segments left out, and without custom sections.
///
/// A module without data comes back as it is but for its custom sections; so does one whose segments are passive or
/// placed by a global, which no Stylus contract has.
///
/// # Errors
/// [`Refusal::Invalid`] if it cannot be read.
pub fn split_zero_runs(wasm: &[u8]) -> Result<Vec<u8>, Refusal> {
    let invalid = |error: &dyn std::fmt::Display| Refusal::Invalid(error.to_string());
    let mut out = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|e| invalid(&e))?;
        if let Payload::DataSection(reader) = &payload {
            let mut section = DataSection::new();
            match pieces(reader.clone()) {
                Some(pieces) => {
                    for piece in pieces {
                        let offset = ConstExpr::i32_const(piece.offset.cast_signed());
                        section.segment(DataSegment {
                            mode: DataSegmentMode::Active { memory_index: 0, offset: &offset },
                            data: piece.bytes.iter().copied(),
                        });
                    }
                }
                None => RoundtripReencoder.parse_data_section(&mut section, reader.clone()).map_err(|e| invalid(&e))?,
            }
            out.section(&section);
        } else if let Some(section) = plain_section(wasm, &payload)? {
            out.section(&section);
        }
    }
    Ok(out.finish())
}

/// The same module without its custom sections: names and what else no machine needs.
///
/// # Errors
/// [`Refusal::Invalid`] if it cannot be read.
pub fn without_custom_sections(wasm: &[u8]) -> Result<Vec<u8>, Refusal> {
    let invalid = |error: &dyn std::fmt::Display| Refusal::Invalid(error.to_string());
    let mut out = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|e| invalid(&e))?;
        if let Some(section) = plain_section(wasm, &payload)? {
            out.section(&section);
        }
    }
    Ok(out.finish())
}

/// A section as it is, unless it is a custom one, or none at all.
fn plain_section<'a>(wasm: &'a [u8], payload: &Payload<'_>) -> Result<Option<RawSection<'a>>, Refusal> {
    let Some((id, range)) = payload.as_section().filter(|(id, _)| *id != SectionId::Custom as u8) else {
        return Ok(None);
    };
    let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    let data = range.and_then(|(start, end)| wasm.get(start..end));
    let data = data.ok_or_else(|| Refusal::Invalid("a section outside of the module".into()))?;
    Ok(Some(RawSection { id, data }))
}

/// The pieces to write, or nothing where a segment is not placed by a constant.
fn pieces(reader: wasmparser::DataSectionReader<'_>) -> Option<Vec<Piece<'_>>> {
    let mut runs = Vec::new();
    let mut segments = Vec::new();
    for data in reader {
        let data = data.ok()?;
        let DataKind::Active { memory_index: 0, offset_expr } = data.kind else { return None };
        let mut ops = offset_expr.get_operators_reader();
        let Operator::I32Const { value } = ops.read().ok()? else { return None };
        let found = zero_runs(data.data);
        runs.extend(found.iter().map(Range::len));
        segments.push((value.cast_unsigned(), data.data, found));
    }
    // With too many runs, the longest win.
    let room = MAX_SEGMENTS.checked_sub(segments.len())?;
    runs.sort_unstable_by(|a, b| b.cmp(a));
    let shortest = runs.get(room).map_or(SHORTEST_RUN, |longest_left_out| longest_left_out + 1);
    Some(segments.into_iter().flat_map(|(offset, bytes, runs)| cut(offset, bytes, &runs, shortest)).collect())
}

/// Runs of at least [`SHORTEST_RUN`] zeros, in order.
fn zero_runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start = 0;
    for chunk in bytes.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        let end = start + chunk.len();
        if chunk.first() == Some(&0) && chunk.len() >= SHORTEST_RUN {
            runs.push(start..end);
        }
        start = end;
    }
    runs
}

/// What is left of a segment around its runs.
fn cut<'a>(offset: u32, bytes: &'a [u8], runs: &[Range<usize>], shortest: usize) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let ends = runs.iter().filter(|run| run.len() >= shortest).cloned();
    for run in ends.chain(std::iter::once(bytes.len()..bytes.len())) {
        if let Some(piece) = bytes.get(start..run.start).filter(|piece| !piece.is_empty()) {
            let at = u32::try_from(start).unwrap_or(u32::MAX);
            pieces.push(Piece { offset: offset.wrapping_add(at), bytes: piece });
        }
        start = run.end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(data: &str) -> Vec<u8> {
        wat::parse_str(format!("(module (memory 1) {data})")).unwrap()
    }

    /// Memory after instantiation, read off the segments.
    fn memory(wasm: &[u8]) -> Vec<u8> {
        let mut memory = vec![0; 65_536];
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::DataSection(reader) = payload.unwrap() {
                for piece in pieces(reader).unwrap() {
                    let at = piece.offset as usize;
                    memory[at..at + piece.bytes.len()].copy_from_slice(piece.bytes);
                }
            }
        }
        memory
    }

    fn segments(wasm: &[u8]) -> u32 {
        Parser::new(0)
            .parse_all(wasm)
            .find_map(|payload| match payload.unwrap() {
                Payload::DataSection(reader) => Some(reader.count()),
                _ => None,
            })
            .unwrap_or(0)
    }

    fn raw_segments(wasm: &[u8]) -> Vec<u8> {
        let mut memory = vec![0; 65_536];
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::DataSection(reader) = payload.unwrap() {
                for data in reader {
                    let data = data.unwrap();
                    let DataKind::Active { offset_expr, .. } = data.kind else { panic!("passive") };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read().unwrap() else {
                        panic!("not constant")
                    };
                    let at = value as usize;
                    memory[at..at + data.data.len()].copy_from_slice(data.data);
                }
            }
        }
        memory
    }

    #[test]
    fn a_long_run_is_cut_out_and_memory_stays_the_same() {
        let zeros = "\\00".repeat(SHORTEST_RUN);
        let wasm = module(&format!("(data (i32.const 8) \"ab{zeros}cd\")"));
        let out = split_zero_runs(&wasm).unwrap();
        assert_eq!(segments(&out), 2);
        assert_eq!(raw_segments(&out), raw_segments(&wasm));
        assert!(out.len() < wasm.len());
    }

    #[test]
    fn a_short_run_stays() {
        let zeros = "\\00".repeat(SHORTEST_RUN - 1);
        let wasm = module(&format!("(data (i32.const 8) \"ab{zeros}cd\")"));
        assert_eq!(segments(&split_zero_runs(&wasm).unwrap()), 1);
    }

    #[test]
    fn zeros_at_either_end_go_without_a_further_segment() {
        let zeros = "\\00".repeat(40);
        let wasm = module(&format!("(data (i32.const 8) \"{zeros}ab{zeros}\")"));
        let out = split_zero_runs(&wasm).unwrap();
        assert_eq!(segments(&out), 1);
        assert_eq!(raw_segments(&out), raw_segments(&wasm));
    }

    #[test]
    fn there_are_never_more_than_128_segments_and_the_longest_runs_win() {
        let body: String = (0..300).map(|i| format!("x{}", "\\00".repeat(12 + i % 7))).collect();
        let wasm = module(&format!("(data (i32.const 0) \"{body}\")"));
        let out = split_zero_runs(&wasm).unwrap();
        assert!(segments(&out) <= 128 && segments(&out) > 1);
        assert_eq!(raw_segments(&out), raw_segments(&wasm));
    }

    #[test]
    fn names_go_and_the_rest_stays_as_it_is() {
        let named =
            wat::parse_str("(module $m (memory $mem 1) (func $f (local $x i32)) (data (i32.const 8) \"ab\"))").unwrap();
        let plain = without_custom_sections(&named).unwrap();
        assert_eq!(
            plain,
            wat::parse_str("(module (memory 1) (func (local i32)) (data (i32.const 8) \"ab\"))").unwrap()
        );
        assert!(plain.len() < named.len() && without_custom_sections(b"no wasm").is_err());
        assert_eq!(split_zero_runs(&named).unwrap(), split_zero_runs(&plain).unwrap());
    }

    proptest::proptest! {
        #[test]
        fn any_data_gives_the_same_memory(bytes in proptest::collection::vec(proptest::sample::select(vec![0u8, 0, 0, 0, 0, 0, 0, 1]), 0..2_000)) {
            let text: String = bytes.iter().map(|b| format!("\\{b:02x}")).collect();
            let wasm = module(&format!("(data (i32.const 16) \"{text}\")"));
            let out = split_zero_runs(&wasm).unwrap();
            proptest::prop_assert_eq!(raw_segments(&out), raw_segments(&wasm));
            proptest::prop_assert_eq!(memory(&wasm), raw_segments(&wasm));
        }
    }
}
