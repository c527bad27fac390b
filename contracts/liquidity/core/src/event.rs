//! What an adapter tells the outside.

use alloy_primitives::{Address, U256};

fomo_access::events! {
    /// Liquidity was added to a pool, and the LP tokens for it are locked here for ever. `locked` is all that is locked of the pool.
    LiquidityLocked("LiquidityLocked(address,address,address,uint256,uint256,uint256,uint256)")
        [pool: Address, token_a: Address, token_b: Address] { amount_a: U256, amount_b: U256, liquidity: U256, locked: U256 }
    /// Fees of locked liquidity: MT burned, FLOCK paid to the treasury.
    FeesCollected("FeesCollected(address,address,uint256,uint256)") [pool: Address, token: Address] { mt_burned: U256, flock: U256 }
    /// A swap along a route, from its first token to its last.
    Swapped("Swapped(address,address,address,address,uint256,uint256)")
        [caller: Address, token_in: Address, token_out: Address] { to: Address, amount_in: U256, amount_out: U256 }
    /// An observation: the integrals over time of the prices of the pool's `token0` and `token1`, times 2¹¹², modulo 2²⁵⁶.
    ObservationRecorded("ObservationRecorded(address,uint64,uint256,uint256)")
        [pool: Address] { time: u64, integral0: U256, integral1: U256 }
}
