//! `ArbGasInfo` (0x6c): prices. Data on L1 costs nothing on a local chain, and the L2 price stays where it is set.

use alloy_primitives::U256;
use alloy_sol_types::{SolValue, sol};

use super::{Call, Outcome, READ};

sol! {
    /// The part of the precompile's interface that clients call.
    #[allow(missing_docs)]
    interface IArbGasInfo {
        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256, uint256, uint256);
        function getPricesInArbGas() external view returns (uint256, uint256, uint256);
        function getGasAccountingParams() external view returns (uint256, uint256, uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getL1BaseFeeEstimateInertia() external view returns (uint64);
        function getL1GasPriceEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getGasBacklog() external view returns (uint64);
        function getPricingInertia() external view returns (uint64);
        function getGasBacklogTolerance() external view returns (uint64);
        function getL1PricingSurplus() external view returns (int256);
        function getPerBatchGasCharge() external view returns (int64);
        function getAmortizedCostCapBips() external view returns (uint64);
        function getL1FeesAvailable() external view returns (uint256);
        function getL1RewardRate() external view returns (uint64);
        function getL1RewardRecipient() external view returns (address);
        function getL1PricingEquilibrationUnits() external view returns (uint256);
        function getLastL1PricingUpdateTime() external view returns (uint64);
        function getL1PricingFundsDueForRewards() external view returns (uint256);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64);
        function getLastL1PricingSurplus() external view returns (int256);
    }
}

use IArbGasInfo::IArbGasInfoCalls as Method;

/// Gas a second at which Arbitrum One keeps its price.
const SPEED_LIMIT: u64 = 7_000_000;
/// Gas of writing a new slot, which prices storage.
const STORAGE_GAS: u64 = 20_000;

pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    call.require_no_value()?;
    let method = call.decode::<Method>()?;
    call.burn(READ)?;
    let price = U256::from(call.ctx.chain.gas_price);
    let zero = U256::ZERO;
    let limit = U256::from(call.ctx.block.gas_limit);
    let encoded = match method {
        Method::getPricesInWei(_) | Method::getPricesInWeiWithAggregator(_) => {
            (zero, zero, price * U256::from(STORAGE_GAS), price, zero, price).abi_encode()
        }
        Method::getPricesInArbGas(_) | Method::getPricesInArbGasWithAggregator(_) => {
            (zero, zero, U256::from(STORAGE_GAS)).abi_encode()
        }
        Method::getGasAccountingParams(_) => (U256::from(SPEED_LIMIT), limit, limit).abi_encode(),
        Method::getMinimumGasPrice(_) => price.abi_encode(),
        Method::getPricingInertia(_) => 102u64.abi_encode(),
        Method::getGasBacklogTolerance(_) => 10u64.abi_encode(),
        Method::getL1BaseFeeEstimateInertia(_) => 10u64.abi_encode(),
        // What is left concerns L1 or a backlog, neither of which there is: zero in every type.
        _ => zero.abi_encode(),
    };
    Ok(encoded.into())
}
