//! Division and multiplication modulo: in software, or by Nitro's host functions where the crate is WASM.
//!
//! Both give the same bits. A host division costs 4.4 gas, less than one in WASM, and no code. Divisors are never zero
//! here: [`crate::math`] has checked.

#[cfg(not(all(target_arch = "wasm32", feature = "host-math")))]
pub(crate) use software::{div, mul_mod};
#[cfg(all(target_arch = "wasm32", feature = "host-math"))]
pub(crate) use vm::{div, mul_mod};

#[cfg(not(all(target_arch = "wasm32", feature = "host-math")))]
mod software {
    use crate::U256;

    /// `⌊a / b⌋`; 0 for b = 0, as the host has it.
    pub(crate) fn div(a: U256, b: U256) -> U256 {
        a.checked_div(b).unwrap_or(U256::ZERO)
    }

    /// `a·b mod m` of the 512-bit product; 0 for m = 0, as the host has it.
    pub(crate) fn mul_mod(a: U256, b: U256, m: U256) -> U256 {
        a.mul_mod(b, m)
    }
}

#[cfg(all(target_arch = "wasm32", feature = "host-math"))]
#[allow(unsafe_code)]
mod vm {
    use crate::U256;

    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        /// Writes `⌊value / divisor⌋` over the value; 32 bytes each, big-endian.
        fn math_div(value: *mut u8, divisor: *const u8);
        /// Writes `value · multiplier mod modulus` over the value; 32 bytes each, big-endian.
        fn math_mul_mod(value: *mut u8, multiplier: *const u8, modulus: *const u8);
    }

    /// `⌊a / b⌋`; 0 for b = 0.
    pub(crate) fn div(a: U256, b: U256) -> U256 {
        let mut value = a.to_be_bytes::<32>();
        let divisor = b.to_be_bytes::<32>();
        // SAFETY: the host reads 32 bytes at both pointers and writes 32 at the first, which outlive the call and do
        // not overlap.
        unsafe { math_div(value.as_mut_ptr(), divisor.as_ptr()) };
        U256::from_be_bytes(value)
    }

    /// `a·b mod m` of the 512-bit product; 0 for m = 0.
    pub(crate) fn mul_mod(a: U256, b: U256, m: U256) -> U256 {
        let mut value = a.to_be_bytes::<32>();
        let (multiplier, modulus) = (b.to_be_bytes::<32>(), m.to_be_bytes::<32>());
        // SAFETY: the host reads 32 bytes at each pointer and writes 32 at the first, which outlive the call and do
        // not overlap.
        unsafe { math_mul_mod(value.as_mut_ptr(), multiplier.as_ptr(), modulus.as_ptr()) };
        U256::from_be_bytes(value)
    }
}
