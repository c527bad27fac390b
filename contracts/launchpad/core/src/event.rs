//! What the launchpad tells the outside. `LaunchCreated` and `Purchased` have the shape that indexers already read.

use alloy_primitives::{Address, B256, U256, keccak256};
use fomo_access::abi::{Item, Word, encode};
use fomo_access::text::Text;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

fomo_access::events! {
    /// A buy. `flockIn = netUsed + protocolFee + creatorFee + antiSniperFee`.
    Purchased("Purchased(address,address,uint256,uint256,uint256,uint256,uint256,uint256)") [token: Address, buyer: Address] {
        flock_in: U256, net_used: U256, mt_allocated: U256, protocol_fee: U256, creator_fee: U256, anti_sniper_fee: U256,
    }
    /// Where the sale is after a buy: FLOCK raised, MT sold, escrowed fees.
    SaleUpdated("SaleUpdated(address,uint256,uint256,uint256,uint256)") [token: Address] {
        raised: U256, sold: U256, protocol_fees: U256, creator_fees: U256,
    }
    /// What is frozen into a launch beside what `LaunchCreated` says.
    LaunchConfigured("LaunchConfigured(address,bytes32,bytes32,address,uint256,uint16,uint16,uint16,bool,uint64,uint64)")
        [token: Address, launch_id: B256, model_id: B256] {
        adapter: Address, launch_fee: U256, protocol_fee_bps: u16, creator_fee_bps: u16, phi_bps: u16, has_surcharge: bool,
        vesting_cliff: u64, vesting_length: u64,
    }
    /// The raise reached its maximum target; anyone may graduate it.
    RaiseFilled("RaiseFilled(address,uint256)") [token: Address] { raised: U256 }
    /// The token exists and has a market. The vestings are named by their ids.
    Graduated("Graduated(address,address,uint256,uint256,uint256,uint256,uint256,uint256,uint256,uint256)")
        [token: Address, pool: Address] {
        raised: U256, sold: U256, flock_liquidity: U256, mt_liquidity: U256, flock_reserved: U256, mt_burned: U256,
        issuer_vesting_id: U256, platform_vesting_id: U256,
    }
    /// Escrowed fees became the protocol's and the issuer's, who can withdraw so much now.
    FeesReleased("FeesReleased(address,uint256,uint256,uint256,uint256)") [token: Address] {
        to_treasury: U256, to_issuer: U256, treasury_owed: U256, issuer_owed: U256,
    }
    /// A buyer took its tokens.
    SaleClaimed("SaleClaimed(address,address,uint256)") [token: Address, buyer: Address] { amount: U256 }
    /// A buyer of a failed launch took its FLOCK back.
    Refunded("Refunded(address,address,uint256)") [token: Address, buyer: Address] { amount: U256 }
    /// Released fees were paid.
    FeesWithdrawn("FeesWithdrawn(address,uint256)") [account: Address] { amount: U256 }
}

/// A launch. Its name and symbol are bytes here: see [`Text`].
pub struct LaunchCreated<'a> {
    pub token: Address,
    pub creator: Address,
    pub model_type: B256,
    pub min: U256,
    pub max: U256,
    pub start: u64,
    pub end: u64,
    pub name: &'a Text,
    pub symbol: &'a Text,
    pub bundled: bool,
}

/// Signature of [`LaunchCreated`].
const LAUNCH_CREATED: &[u8] =
    b"LaunchCreated(address,address,bytes32,uint256,uint256,uint256,uint64,uint64,string,string,bool)";

impl LaunchCreated<'_> {
    pub fn log(self, vm: &VM) {
        let data = encode(&[
            Item::Word(self.min),
            Item::Word(self.max),
            Item::Word(fomo_common::curve::SALE),
            Item::Word(self.start.word()),
            Item::Word(self.end.word()),
            Item::Text(&self.name.0),
            Item::Text(&self.symbol.0),
            Item::Word(self.bundled.word()),
        ]);
        let topics = [keccak256(LAUNCH_CREATED), self.token.into_word(), self.creator.into_word(), self.model_type];
        // Four topics are within the limit, which is all that can fail.
        let _ = vm.raw_log(&topics, &data);
    }
}
