// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title The revenue splitter: a model's revenue of a period becomes compute cost, buybacks that burn, the treasury's part and the issuer's.
/// @notice Of gross revenue `compute` goes to its payee first; what is left splits 30 % FLOCK buyback, 30 % treasury (and what rounding leaves),
/// 30 % MT buyback, 10 % issuer. Payees pull, from ledgers of their own; no claim needs a DEX and no pause stops one. A Model Token's buckets
/// wait until its launch has graduated; those of a failed launch go to the FLOCK buyback. Amounts are in units of the stablecoin, `asset`, unless
/// they are of a token that was bought; times in seconds. Errors of tokens, adapters and pools are passed on.
///
/// Roles: "SETTLER", "KEEPER". Parameters: "TREASURY", "COMPUTE" (payees), "COMPUTE_LIMIT" (bps), "INTERVAL" (seconds), "KEEPER_ONLY" (0 or 1),
/// "SINK" (of FLOCK that has no burn; zero where it has), and those of `parameterKey`.
interface IRevenueSplitter is IAccess, IEconomicsErrors {
    /// @notice A period's revenue arrived and was split: `gross` is the sum of the five.
    event Settled(
        address indexed token,
        bytes32 indexed period,
        address indexed asset,
        address settler,
        uint256 gross,
        uint256 compute,
        uint256 flockBuyback,
        uint256 treasury,
        uint256 mtBuyback,
        uint256 issuer
    );
    /// @notice All that was ever credited to each bucket for a token, this settlement included.
    event Credited(
        address indexed token,
        address indexed asset,
        uint256 compute,
        uint256 flockBuyback,
        uint256 treasury,
        uint256 mtBuyback,
        uint256 issuer
    );
    /// @notice The compute payee took its bucket; `total` is all that ever left it.
    event ComputeClaimed(
        address indexed token, address indexed asset, address indexed payee, uint256 amount, uint256 total
    );
    /// @notice The issuer took its bucket; `total` is all that ever left it.
    event IssuerClaimed(
        address indexed token, address indexed asset, address indexed payee, uint256 amount, uint256 total
    );
    /// @notice The treasury got its bucket; `total` is all that ever left it.
    event TreasuryClaimed(address indexed asset, address indexed payee, uint256 amount, uint256 total);
    /// @notice `spent` bought `bought` of `token`, which is gone in the same call; `bucket` is left. `totalSpent` is all that ever left the bucket,
    /// `totalBurned` all that was ever burned of the token, `totalSunk` all that was sent to its sink instead.
    event BoughtBack(
        address indexed token,
        address indexed asset,
        address indexed caller,
        uint256 spent,
        uint256 bought,
        uint256 bucket,
        uint256 totalSpent,
        uint256 totalBurned,
        uint256 totalSunk
    );
    /// @notice A failed launch's buckets went to the FLOCK buyback, which has `bucket` now.
    event Redirected(
        address indexed token, address indexed asset, uint256 mtBuyback, uint256 issuer, uint256 bucket
    );
    /// @notice `account` may take over as who gets a token's issuer yield.
    event IssuerPayeeProposed(address indexed token, address indexed account);
    /// @notice `account` has taken over from `previous` as who gets a token's issuer yield.
    event IssuerPayeeChanged(address indexed token, address indexed previous, address indexed account);

    /// @notice The launchpad knows no launch of this token.
    error UnknownLaunch();
    /// @notice The stablecoin is not on the list, or no longer.
    error AssetNotAccepted();
    /// @notice A settlement of nothing.
    error ZeroAmount();
    /// @notice The token has a settlement of this period.
    error PeriodSettled();
    /// @notice What arrived is not what was to be transferred: a stablecoin that takes a fee on transfers, or that rebases.
    error TransferDiffers();
    /// @notice The splitter has less of the stablecoin than it owes: one that rebases.
    error BalanceBelowLedger();
    /// @notice The bucket is empty.
    error NothingToClaim();
    /// @notice Only the bucket's payee takes it.
    error NotPayee();
    /// @notice The launch has not graduated: its buckets wait.
    error NotGraduated();
    /// @notice The launch has not failed.
    error NotFailed();
    /// @notice The stablecoin has no route to FLOCK, or no limits of what a buyback spends.
    error NoRoute();
    /// @notice The last buyback of this token with this stablecoin is less than the interval ago.
    error IntervalNotOver();
    /// @notice The buyback would spend less than the least, or could accept nothing: it waits for more.
    error SpendTooSmall();
    /// @notice The deadline of the call has passed.
    error DeadlinePassed();
    /// @notice The adapter gave less than the minimum.
    error BelowMinimum();
    /// @notice The adapter did not take exactly what was to be spent.
    error SpendDiffers();
    /// @notice The token's supply did not fall by what was to be burned.
    error NotBurned();

    /// @notice Takes `gross` of a stablecoin, a token's revenue of a period, from the caller, who is the settler and has approved it, and splits it.
    /// @param period The settler's name for the period: unique among the token's, whatever the stablecoin.
    /// @param gross What has to arrive, in full.
    /// @param compute How much of it is compute cost: at most "COMPUTE_LIMIT" of gross.
    function settle(address token, bytes32 period, address asset, uint256 gross, uint256 compute)
        external
        returns (uint256 toCompute, uint256 flockBuyback, uint256 treasury, uint256 mtBuyback, uint256 issuer);

    /// @notice Pays the caller, the token's compute payee, its bucket.
    function claimCompute(address token, address asset) external returns (uint256 amount);

    /// @notice Pays the caller, who gets the graduated token's issuer yield, its bucket.
    function claimIssuer(address token, address asset) external returns (uint256 amount);

    /// @notice Pays the treasury its bucket. By anyone.
    function claimTreasury(address asset) external returns (uint256 amount);

    /// @notice Spends min(bucket, most, 0.5 % of the route's thinnest input reserve) on FLOCK, at 97 % of the time-weighted price net of pool fees or
    /// better, and burns it or sends it to its sink. By anyone, or by the keeper where "KEEPER_ONLY" is 1.
    /// @param deadline The last second at which it may happen.
    function buybackFlock(address asset, uint64 deadline) external returns (uint256 spent, uint256 bought);

    /// @notice The same for a graduated token's bucket: by way of FLOCK, and burned.
    function buybackMt(address token, address asset, uint64 deadline) external returns (uint256 spent, uint256 bought);

    /// @notice What a buyback of FLOCK or of a Model Token would spend now, and the least that it would accept, whether or not the interval is over.
    function buybackTerms(address token, address asset) external view returns (uint256 spends, uint256 least);

    /// @notice Moves a failed launch's buckets of buyback and issuer to the FLOCK buyback. By anyone.
    function redirectFailed(address token, address asset) external;

    /// @notice Proposes who gets a token's issuer yield, what is in the bucket included; zero takes a proposal back. By who gets it.
    function proposeIssuerPayee(address token, address account) external;

    /// @notice Takes over a token's issuer yield that was proposed to the caller.
    function acceptIssuerPayee(address token) external;

    /// @notice Who gets a token's issuer yield: its issuer, or who took over.
    function issuerPayee(address token) external view returns (address);

    /// @notice Who may take over; zero for nobody.
    function proposedIssuerPayee(address token) external view returns (address);

    /// @notice Who gets a token's compute cost.
    function computePayee(address token) external view returns (address);

    /// @notice A token's settlement of a period; zeros where there is none.
    function settlement(address token, bytes32 period)
        external
        view
        returns (
            address asset,
            uint64 at,
            uint256 gross,
            uint256 compute,
            uint256 flockBuyback,
            uint256 treasury,
            uint256 mtBuyback,
            uint256 issuer
        );

    /// @notice What was ever credited to each of a token's buckets, and what has left those that are its own.
    function ledgerOf(address token, address asset)
        external
        view
        returns (
            uint256 compute,
            uint256 flockBuyback,
            uint256 treasury,
            uint256 mtBuyback,
            uint256 issuer,
            uint256 computeLeft,
            uint256 mtBuybackLeft,
            uint256 issuerLeft
        );

    /// @notice A stablecoin's totals: `received - left` is what it owes in all.
    function totalsOf(address asset)
        external
        view
        returns (
            uint256 received,
            uint256 left,
            uint256 treasury,
            uint256 treasuryLeft,
            uint256 flockBuyback,
            uint256 flockBuybackLeft
        );

    /// @notice How much of a token buybacks burned, and how much they sent to its sink instead.
    function destroyed(address token) external view returns (uint256 burned, uint256 sunk);

    /// @notice From when on a token can be bought back with a stablecoin again.
    function nextBuyback(address token, address asset) external view returns (uint64);

    /// @notice The parameter of a stablecoin: "ASST" (1 while accepted), "ROUT" (the adapter that swaps it for FLOCK), "VIAT" (the token in between,
    /// zero for none), "SPND" (the least that a buyback spends, and 2^96 times the most); or of a Model Token: "COMP" (its compute payee).
    function parameterKey(bytes32 kind, address of_) external view returns (bytes32);

    /// @notice The contracts that it was set up with.
    function contracts() external view returns (address flock, address launchpad);
}
