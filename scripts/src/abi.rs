//! Interfaces as Rust types: the suite's, from `abi/`, and those of others that it works with, as they are published.
#![allow(missing_docs, clippy::too_many_arguments)]

use alloy::sol;

/// The interfaces as they are written, by name: the one source of these types, of `abi/*.json` and of what refusals mean.
pub const SOURCES: &[(&str, &str)] = &[
    ("IAccess", include_str!("../../abi/IAccess.sol")),
    ("IEconomicsErrors", include_str!("../../abi/IEconomicsErrors.sol")),
    ("IFlock", include_str!("../../abi/IFlock.sol")),
    ("IFomoERC20", include_str!("../../abi/IFomoERC20.sol")),
    ("ILaunchpad", include_str!("../../abi/ILaunchpad.sol")),
    ("ILens", include_str!("../../abi/ILens.sol")),
    ("ILiquidityAdapter", include_str!("../../abi/ILiquidityAdapter.sol")),
    ("IModelToken", include_str!("../../abi/IModelToken.sol")),
    ("IRevenueSplitter", include_str!("../../abi/IRevenueSplitter.sol")),
    ("IRewardDistributor", include_str!("../../abi/IRewardDistributor.sol")),
    ("IStakeRegistry", include_str!("../../abi/IStakeRegistry.sol")),
    ("IUsd", include_str!("../../abi/IUsd.sol")),
    ("IVesting", include_str!("../../abi/IVesting.sol")),
];

sol!(
    #[sol(rpc, all_derives)]
    "../abi/IFomoERC20.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IModelToken.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IAccess.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/ILaunchpad.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IVesting.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/ILiquidityAdapter.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IRewardDistributor.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IStakeRegistry.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IRevenueSplitter.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/ILens.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IEconomicsErrors.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IFlock.sol"
);
sol!(
    #[sol(rpc, all_derives)]
    "../abi/IUsd.sol"
);
sol! {
    #[sol(rpc)]
    interface IStylusDeployer {
        function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
        event ContractDeployed(address deployedContract);
    }

    #[sol(rpc)]
    interface IArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function codehashKeepalive(bytes32 codehash) external payable;
    }

    #[sol(rpc)]
    interface IArbWasmCache {
        function cacheProgram(address program) external;
    }

    /// EIP-2612.
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}
