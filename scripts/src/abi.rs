//! Interfaces as Rust types: the suite's, from `abi/`, and those of others that it works with, as they are published.
#![allow(missing_docs, clippy::too_many_arguments)]

use alloy::sol;

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
    }

    /// The dollar of local chains.
    #[sol(rpc)]
    interface IDollar {
        function mint(address to, uint256 value) external;
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
