//! Keccak-256 for WASM by the chain's own `native_keccak256`, in place of the crate `tiny-keccak`.
//!
//! openzeppelin-stylus turns on alloy's `tiny-keccak`, which makes every hash of the SDK (each storage key, each
//! permit) run as WASM: about 150 gas instead of 12, 4 KB of code and 192 bytes of round constants that every call pays
//! for. The workspace's `[patch]` puts this crate in its place; the digests are the same.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![allow(unsafe_code)]

#[cfg(target_arch = "wasm32")]
extern crate alloc;

/// What hashing takes: input in any number of pieces, then the digest.
pub trait Hasher {
    /// Adds input.
    fn update(&mut self, input: &[u8]);
    /// Writes the digest into the first 32 bytes of `output`; writes nothing if it is shorter.
    fn finalize(self, output: &mut [u8]);
}

/// Keccak with 256 bits of digest.
#[cfg(target_arch = "wasm32")]
#[derive(Clone)]
pub struct Keccak(alloc::vec::Vec<u8>);

#[cfg(target_arch = "wasm32")]
impl Keccak {
    /// Keccak-256.
    #[must_use]
    pub const fn v256() -> Self {
        Self(alloc::vec::Vec::new())
    }
}

#[cfg(target_arch = "wasm32")]
impl Hasher for Keccak {
    fn update(&mut self, input: &[u8]) {
        self.0.extend_from_slice(input);
    }

    fn finalize(self, output: &mut [u8]) {
        #[link(wasm_import_module = "vm_hooks")]
        unsafe extern "C" {
            fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8);
        }
        if let Some(output) = output.first_chunk_mut::<32>() {
            // SAFETY: the input is a whole vector, the output has the 32 bytes that the host writes.
            unsafe { native_keccak256(self.0.as_ptr(), self.0.len(), output.as_mut_ptr()) };
        }
    }
}

/// Keccak with 256 bits of digest.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone)]
pub struct Keccak(sha3::Keccak256);

#[cfg(not(target_arch = "wasm32"))]
impl Keccak {
    /// Keccak-256.
    #[must_use]
    pub fn v256() -> Self {
        Self(sha3::Digest::new())
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Hasher for Keccak {
    fn update(&mut self, input: &[u8]) {
        sha3::Digest::update(&mut self.0, input);
    }

    fn finalize(self, output: &mut [u8]) {
        if let Some(output) = output.first_chunk_mut::<32>() {
            output.copy_from_slice(&sha3::Digest::finalize(self.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_keccak_256_and_not_sha3() {
        let mut digest = [0; 33];
        let mut hasher = Keccak::v256();
        hasher.update(b"");
        hasher.finalize(&mut digest);
        assert_eq!(digest[..4], [0xc5, 0xd2, 0x46, 0x01]);
        assert_eq!(digest[32], 0);
    }
}
