//! What the splitter tells the outside. Amounts are in units of the stablecoin, `asset`, unless they are of a token that was bought.

use alloy_primitives::{Address, B256, U256};

fomo_access::events! {
    /// A period's revenue arrived and was split: `gross` is the sum of the five.
    Settled("Settled(address,bytes32,address,address,uint256,uint256,uint256,uint256,uint256,uint256)")
        [token: Address, period: B256, asset: Address] {
        settler: Address, gross: U256, compute: U256, flock_buyback: U256, treasury: U256, mt_buyback: U256, issuer: U256,
    }
    /// All that was ever credited to each bucket for a token, this settlement included.
    Credited("Credited(address,address,uint256,uint256,uint256,uint256,uint256)")
        [token: Address, asset: Address] { compute: U256, flock_buyback: U256, treasury: U256, mt_buyback: U256, issuer: U256 }
    /// The compute payee took its bucket; `total` is all that it ever got for this token.
    ComputeClaimed("ComputeClaimed(address,address,address,uint256,uint256)")
        [token: Address, asset: Address, payee: Address] { amount: U256, total: U256 }
    /// The issuer took its bucket; `total` is all that it ever got for this token.
    IssuerClaimed("IssuerClaimed(address,address,address,uint256,uint256)")
        [token: Address, asset: Address, payee: Address] { amount: U256, total: U256 }
    /// The treasury got its bucket; `total` is all that it ever got.
    TreasuryClaimed("TreasuryClaimed(address,address,uint256,uint256)")
        [asset: Address, payee: Address] { amount: U256, total: U256 }
    /// `spent` bought `bought` of `token`, which is gone in the same call; `bucket` is left. `totalSpent` is all that ever left the bucket,
    /// `totalBurned` all that was ever burned of the token, `totalSunk` all that was sent to its sink instead.
    BoughtBack("BoughtBack(address,address,address,uint256,uint256,uint256,uint256,uint256,uint256)")
        [token: Address, asset: Address, caller: Address] {
        spent: U256, bought: U256, bucket: U256, total_spent: U256, total_burned: U256, total_sunk: U256,
    }
    /// A failed launch's buckets went to the FLOCK buyback, which has `bucket` now.
    Redirected("Redirected(address,address,uint256,uint256,uint256)")
        [token: Address, asset: Address] { mt_buyback: U256, issuer: U256, bucket: U256 }
    /// `account` may take over as who gets a token's issuer yield.
    IssuerPayeeProposed("IssuerPayeeProposed(address,address)") [token: Address, account: Address] {}
    /// `account` has taken over from `previous` as who gets a token's issuer yield.
    IssuerPayeeChanged("IssuerPayeeChanged(address,address,address)") [token: Address, previous: Address, account: Address] {}
}
