// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title Daily rewards: which tokens earn, and how their streams are funded.
/// @notice Errors of the tokens are passed on. Amounts in 10^-18, epochs are UTC days.
interface IRewardDistributor is IAccess, IEconomicsErrors {
    /// @notice From `epoch` on the token earns, or no longer.
    event SupportedSet(address indexed mt, bool supported, uint64 epoch);
    /// @notice The token's MT Reward stream: `amount` from `epoch` on, declining over `numDays` supported days.
    event MtRewardFunded(address indexed mt, address indexed from, uint256 amount, uint64 epoch, uint16 numDays);
    /// @notice A Reserved FLOCK tranche: `amount` more in tranche `index`, `funded` in all, from `epoch` on.
    event ReservedFunded(
        address indexed mt,
        address indexed from,
        uint256 index,
        uint256 amount,
        uint256 funded,
        uint64 epoch,
        uint16 numDays,
        bool level
    );

    /// @notice Only the launchpad, or the admin where it says so, may.
    error NotLaunchpad();
    /// @notice The token was never supported here.
    error UnknownToken();
    /// @notice The token's graduation tranche is funded already.
    error AlreadyFunded();
    /// @notice Eight tranches of the token are live.
    error TooManyTranches();
    /// @notice There is no tranche with this number.
    error UnknownTranche();

    /// @notice Says whether a token earns, from the next epoch on. By the launchpad; by the admin of a token that the launchpad brought.
    function setSupported(address mt, bool supported) external;

    /// @notice Funds a token's MT Reward stream: 180 supported days from tomorrow, declining. By the launchpad, once a token.
    function fundMtReward(address mt, uint256 amount) external;

    /// @notice Funds a Reserved FLOCK tranche: 180 supported days from tomorrow, declining or level. By anyone, with at least 1,000 FLOCK.
    function fundReserved(address mt, uint256 amount, bool level) external;

    /// @notice The parameter that makes a contract a launchpad: 1, or 0 again.
    function launchpadKey(address launchpad) external view returns (bytes32);

    /// @notice Whether a token earns in an epoch.
    function supportedAt(address mt, uint64 epoch) external view returns (bool);

    /// @notice A token's MT Reward stream; zeros where it has none.
    function mtReward(address mt)
        external
        view
        returns (uint256 funded, uint256 remaining, uint64 epoch, uint16 numDays, uint16 elapsed);

    /// @notice A token's Reserved FLOCK tranche of graduation.
    function graduationTranche(address mt)
        external
        view
        returns (uint256 funded, uint256 remaining, uint64 epoch, uint16 numDays, uint16 elapsed);

    /// @notice How many Reserved FLOCK tranches a token has had.
    function reservedCount(address mt) external view returns (uint256);

    /// @notice A Reserved FLOCK tranche by its number.
    function reservedTranche(address mt, uint256 index)
        external
        view
        returns (uint256 funded, uint256 remaining, uint64 epoch, uint16 numDays, uint16 elapsed);
}
