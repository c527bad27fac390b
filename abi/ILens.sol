// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title The lens: what wallets and indexers read of many launches in one call.
/// @notice It has no storage, no roles and no money; one lens does for every launchpad, registry and distributor. Lists come in pages of at most 200: of those numbered
/// from `offset` on, at most `limit`. Prices are FLOCK of an MT in 10^-18, down. Errors of the launchpad are passed on.
interface ILens is IEconomicsErrors {
    /// @notice A launch. `timeLeft`: seconds until the state changes by itself (to the start, the end, the last chance to graduate).
    /// `taxBps` is what a buy pays now, `feeBps` what it pays without the surcharge, `surchargeEnd` the first second without (0 where
    /// there is none any more).
    struct LaunchCard {
        address token;
        address creator;
        address adapter;
        bytes32 modelId;
        uint8 state;
        uint64 saleStart;
        uint64 saleEnd;
        uint64 timeLeft;
        uint256 targetRaiseMin;
        uint256 targetRaiseMax;
        uint256 raised;
        uint256 sold;
        uint256 price;
        uint16 feeBps;
        uint16 taxBps;
        uint64 surchargeEnd;
    }

    /// @notice An account's part in a launch: FLOCK that was taken, MT allocated, what a claim and what a refund would pay now.
    struct Position {
        address token;
        uint8 state;
        uint256 flockIn;
        uint256 mt;
        uint256 claimable;
        uint256 refundable;
    }

    /// @notice A vesting: nothing is released before `cliff`, everything by `end`.
    struct Vesting {
        uint256 id;
        address token;
        uint256 total;
        uint256 released;
        uint256 releasable;
        uint64 start;
        uint64 cliff;
        uint64 end;
    }

    /// @notice What an account has beside its tokens: FLOCK in its wallet, FLOCK rewards that it can claim, fees of its launches that it can
    /// withdraw, FLOCK in its `locks` open locks and of it in those that are over, effective gmFLOCK, multiplier in 10^-18.
    struct Account {
        uint256 flock;
        uint256 claimableFlock;
        uint256 fees;
        uint256 locked;
        uint256 unlocked;
        uint64 locks;
        uint256 effectiveGm;
        uint256 multiplier;
    }

    /// @notice What an account has of a token: in its wallet, what a claim of the sale and what a refund (in FLOCK) would pay now, its stake, what
    /// waits in requests to unstake and what of it a withdrawal would pay now, MT rewards that it can claim, its average stake of the last ended
    /// day, and its discount on the token's API.
    struct Holding {
        address token;
        uint8 state;
        uint256 balance;
        uint256 saleClaimable;
        uint256 refundable;
        uint256 stake;
        uint256 unstaking;
        uint256 withdrawable;
        uint256 claimableMt;
        uint256 averageStake;
        uint16 discountBps;
    }

    /// @notice A day of a token: the key that a report names it by, spend of all its users in micro-USD, their rows, its pools once sealed, and why
    /// an account that used it earned less than it expected, in the bits of the reward distributor's `whyZero`: of the token itself. From the
    /// second season on the key is the model id of the launch; 4 where it named another token that day, or none.
    struct Reason {
        address token;
        bytes32 key;
        uint64 spend;
        uint32 rows;
        uint256 globalPool;
        uint256 reservedPool;
        uint256 mtPool;
        uint64 reasons;
    }

    /// @notice A page of more than 200.
    error PageTooLong();
    /// @notice What was named is no launchpad.
    error TokenCallFailed();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice An argument is missing or out of its type's range.
    error InvalidCallData();
    /// @notice No function takes ether.
    error NotPayable();

    /// @notice A launch.
    function launchCard(address launchpad, address token) external view returns (LaunchCard memory card);

    /// @notice Launches by their numbers.
    function launchCards(address launchpad, uint64 offset, uint64 limit)
        external
        view
        returns (LaunchCard[] memory cards);

    /// @notice Where an account has a part in launches, by their numbers.
    function positions(address launchpad, address account, uint64 offset, uint64 limit)
        external
        view
        returns (Position[] memory rows);

    /// @notice What a graduation with the raise as it is would do.
    function previewGraduation(address launchpad, address token)
        external
        view
        returns (
            uint256 flockLiquidity,
            uint256 mtLiquidity,
            uint256 flockReserved,
            uint256 mtBurned,
            uint256 issuerVesting,
            uint256 platformVesting,
            uint256 price
        );

    /// @notice An account's vestings among those by their numbers.
    function vestings(address launchpad, address account, uint64 offset, uint64 limit)
        external
        view
        returns (Vesting[] memory rows);

    /// @notice What an account has beside its tokens.
    function account(address launchpad, address registry, address rewards, address who)
        external
        view
        returns (Account memory card);

    /// @notice What an account has of tokens by the numbers of their launches, where it has anything.
    function holdings(
        address launchpad,
        address registry,
        address rewards,
        address who,
        uint64 offset,
        uint64 limit
    ) external view returns (Holding[] memory rows);

    /// @notice What an epoch was for an account that used the graduated tokens by the numbers of their launches.
    function reasons(address launchpad, address rewards, address who, uint64 epoch, uint64 offset, uint64 limit)
        external
        view
        returns (Reason[] memory rows);
}
