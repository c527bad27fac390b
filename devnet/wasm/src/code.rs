//! The deployable form of a program: the prefix `0xEFF00000` and the brotli-compressed WASM.

use std::io::{Read, Write};

use crate::{Refusal, Rules};

/// First three bytes of every Stylus program's code.
pub const MARK: [u8; 3] = [0xEF, 0xF0, 0x00];
/// [`MARK`] and the byte that names the compression dictionary (none).
pub const PREFIX: [u8; 4] = [0xEF, 0xF0, 0x00, 0x00];
/// Most bytes that the code of a contract may have (EIP-170).
pub const MAX_CODE: usize = 24_576;

const BROTLI_BUFFER: usize = 1 << 16;

/// Whether `code` is a Stylus program's rather than EVM code.
#[must_use]
pub fn is_program(code: &[u8]) -> bool {
    code.starts_with(&MARK)
}

/// The code to deploy for a WASM: prefix and brotli at quality 11, window 22.
///
/// # Errors
/// [`Refusal::CodeTooLarge`] over [`MAX_CODE`] bytes; [`Refusal::Brotli`] if compression fails.
pub fn encode(wasm: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut writer = brotli::CompressorWriter::new(PREFIX.to_vec(), BROTLI_BUFFER, 11, 22);
    writer.write_all(wasm).map_err(|e| Refusal::Brotli(e.to_string()))?;
    let code = writer.into_inner();
    if code.len() > MAX_CODE {
        return Err(Refusal::CodeTooLarge { size: code.len(), limit: MAX_CODE });
    }
    Ok(code)
}

/// The WASM inside an account's code.
///
/// # Errors
/// [`Refusal::NotAProgram`], [`Refusal::Dictionary`], [`Refusal::Brotli`] or [`Refusal::WasmTooLarge`].
pub fn decode(code: &[u8], rules: &Rules) -> Result<Vec<u8>, Refusal> {
    let rest = code.strip_prefix(&MARK).ok_or(Refusal::NotAProgram)?;
    let (dictionary, compressed) = rest.split_first().ok_or(Refusal::NotAProgram)?;
    if *dictionary != 0 {
        return Err(Refusal::Dictionary(*dictionary));
    }
    let limit = rules.max_wasm_size as usize;
    let mut wasm = Vec::new();
    // One byte over the limit is enough to know, however large the stream claims to be.
    brotli::Decompressor::new(compressed, BROTLI_BUFFER)
        .take(limit as u64 + 1)
        .read_to_end(&mut wasm)
        .map_err(|e| Refusal::Brotli(e.to_string()))?;
    if wasm.len() > limit { Err(Refusal::WasmTooLarge(limit)) } else { Ok(wasm) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_decodes() {
        let wasm = b"\0asm and some bytes".repeat(50);
        let code = encode(&wasm).unwrap();
        assert!(is_program(&code));
        assert_eq!(decode(&code, &Rules::default()).unwrap(), wasm);
    }

    #[test]
    fn other_code_is_no_program() {
        assert_eq!(decode(&[0x60, 0x80], &Rules::default()), Err(Refusal::NotAProgram));
        assert_eq!(decode(&[0xEF, 0x00, 0x00, 0x00], &Rules::default()), Err(Refusal::NotAProgram));
        assert_eq!(decode(&MARK, &Rules::default()), Err(Refusal::NotAProgram));
    }

    #[test]
    fn other_dictionaries_are_refused() {
        assert_eq!(decode(&[0xEF, 0xF0, 0, 1, 0], &Rules::default()), Err(Refusal::Dictionary(1)));
    }

    #[test]
    fn garbage_and_cut_streams_are_refused() {
        let mut code = encode(&[7; 1000]).unwrap();
        code.truncate(code.len() - 1);
        assert!(matches!(decode(&code, &Rules::default()), Err(Refusal::Brotli(_))));
        assert!(matches!(decode(&[0xEF, 0xF0, 0, 0, 0xFF, 0xFF], &Rules::default()), Err(Refusal::Brotli(_))));
    }

    #[test]
    fn a_wasm_over_128_kib_is_refused_and_one_of_128_kib_is_not() {
        let limit = 128 * 1024;
        let rules = Rules::default();
        assert_eq!(decode(&encode(&vec![0; limit + 1]).unwrap(), &rules), Err(Refusal::WasmTooLarge(limit)));
        assert_eq!(decode(&encode(&vec![0; limit]).unwrap(), &rules).unwrap().len(), limit);
    }

    #[test]
    fn code_over_24576_bytes_is_refused() {
        // Incompressible bytes from a fixed linear congruence.
        let mut x = 1u32;
        let mut noise = |_| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 24) as u8
        };
        let large: Vec<u8> = (0..MAX_CODE).map(&mut noise).collect();
        assert!(matches!(encode(&large), Err(Refusal::CodeTooLarge { limit: MAX_CODE, .. })));
        assert!(encode(&large[..MAX_CODE - 64]).is_ok());
    }
}
