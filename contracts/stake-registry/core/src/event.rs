//! What the contract tells the outside.

use alloy_primitives::{Address, U256};

fomo_access::events! {
    /// `token` can be staked, since the launchpad or else the admin says so.
    TokenRegistered("TokenRegistered(address,bool)") [token: Address] { by_launchpad: bool }
    /// `token` takes no new stakes; who has one can leave as before.
    TokenUnregistered("TokenUnregistered(address)") [token: Address] {}
    /// `payer` staked `amount` for `account`, which has `stake` now, of `totalStake`; the contract owes `held` of the token in all.
    Staked("Staked(address,address,address,uint256,uint256,uint256,uint256)")
        [account: Address, token: Address, payer: Address] {
        amount: U256, stake: U256, total_stake: U256, held: U256,
    }
    /// `amount` counts no longer, and can be withdrawn from `due` on.
    UnstakeRequested("UnstakeRequested(address,address,uint256,uint64,uint256,uint256)")
        [account: Address, token: Address] { amount: U256, due: u64, stake: U256, total_stake: U256 }
    /// `amount` of matured requests was paid; `waiting` of the account's still wait, the contract owes `held` in all.
    Withdrawn("Withdrawn(address,address,uint256,uint256,uint256)")
        [account: Address, token: Address] { amount: U256, waiting: U256, held: U256 }
    /// `operator` may lock for `account`, or may no longer.
    OperatorSet("OperatorSet(address,address,bool)") [account: Address, operator: Address] { approved: bool }
    /// `payer` locked `amount` FLOCK for `account` until `unlock`, for `gm` gmFLOCK.
    LockOpened("LockOpened(address,uint256,address,uint256,uint256,uint64,uint256)")
        [account: Address, id: U256, payer: Address] { amount: U256, gm: U256, unlock: u64, total_locked: U256 }
    /// `added` was locked too; the lock has `amount` and `gm` now.
    LockIncreased("LockIncreased(address,uint256,uint256,uint256,uint256,uint64,uint256)")
        [account: Address, id: U256] { added: U256, amount: U256, gm: U256, unlock: u64, total_locked: U256 }
    /// The lock goes on until `unlock`, and has `gm` now.
    LockExtended("LockExtended(address,uint256,uint256,uint256,uint64)")
        [account: Address, id: U256] { amount: U256, gm: U256, unlock: u64 }
    /// The lock `other` went into `id`, which has `amount` and `gm` now.
    LocksMerged("LocksMerged(address,uint256,uint256,uint256,uint256,uint64)")
        [account: Address, id: U256, other: U256] { amount: U256, gm: U256, unlock: u64 }
    /// The lock was paid out.
    LockWithdrawn("LockWithdrawn(address,uint256,uint256,uint256)")
        [account: Address, id: U256] { amount: U256, total_locked: U256 }
}
