// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title A venue's adapter and locker: liquidity goes in and stays, swaps go through.
/// @notice Errors of tokens, factory and pools are passed on.
interface ILiquidityAdapter is IAccess, IEconomicsErrors {
    /// @notice Liquidity was added to a pool, and the LP tokens for it are locked here for ever. `locked` is all that is locked of the pool.
    event LiquidityLocked(
        address indexed pool,
        address indexed tokenA,
        address indexed tokenB,
        uint256 amountA,
        uint256 amountB,
        uint256 liquidity,
        uint256 locked
    );
    /// @notice Fees of locked liquidity: MT burned, FLOCK paid to the treasury.
    event FeesCollected(address indexed pool, address indexed token, uint256 mtBurned, uint256 flock);
    /// @notice A swap along a route, from its first token to its last.
    event Swapped(
        address indexed caller,
        address indexed tokenIn,
        address indexed tokenOut,
        address to,
        uint256 amountIn,
        uint256 amountOut
    );

    /// @notice An observation: the integrals over time of the prices of the pool's token0 and token1, times 2^112, modulo 2^256.
    event ObservationRecorded(address indexed pool, uint64 time, uint256 integral0, uint256 integral1);

    /// @notice The venue has no pool of these two tokens.
    error NoPool();
    /// @notice The pool has no reserves, or not of this token.
    error NoReserves();
    /// @notice Two tokens that are the same.
    error SameToken();
    /// @notice A route of fewer than two tokens or of more than eight pools.
    error RouteOutOfRange();
    /// @notice The swap gives less than the minimum.
    error BelowMinimum();
    /// @notice The deadline of the call has passed.
    error DeadlinePassed();
    /// @notice Fees of a pool that has no FLOCK in it.
    error NotWithFlock();
    /// @notice The pool's newest observation is less than a minute old.
    error ObservedRecently();
    /// @notice The pool has no observation between 30 minutes and 24 hours old.
    error NoObservation();

    /// @notice Pairs the caller's tokens, which it has approved, in their pool and locks the liquidity for ever. Makes the pool if there is none.
    function seed(address tokenA, address tokenB, uint256 amountA, uint256 amountB)
        external
        returns (address pool, uint256 liquidity);

    /// @notice Swaps the caller's `amountIn` of the first token, which it has approved, along a route of 2 to 9 tokens.
    function swap(address[] calldata route, uint256 amountIn, uint256 minOut, address to, uint64 deadline)
        external
        returns (uint256 amountOut);

    /// @notice What `swap` would give now.
    function quote(address[] calldata route, uint256 amountIn) external view returns (uint256 amountOut);

    /// @notice Takes the fees of the locked liquidity of `mt` with FLOCK: MT are burned, FLOCK go to the treasury. By anyone.
    function collectFees(address mt) external returns (uint256 mtBurned, uint256 flock);

    /// @notice Records what the pool of two tokens has summed up until now. By anyone, every minute.
    function recordObservation(address tokenA, address tokenB) external;

    /// @notice The time of the observation that the price of two tokens' pool counts from now, and of its newest. The former is the newest that
    /// is 30 minutes old; where there is none of the last 24 hours there is no price.
    function observedSince(address tokenA, address tokenB) external view returns (uint64 since, uint64 newest);

    /// @notice What `amountIn` would give along a route at time-weighted prices, without fees and without moving them.
    function timeWeightedOut(address[] calldata route, uint256 amountIn) external view returns (uint256 amountOut);

    /// @notice The thinnest of the route's pools' reserves of what goes in, as an amount of the first token at time-weighted prices; and what this
    /// amount would give, without fees and without moving them.
    function depth(address[] calldata route) external view returns (uint256 amountIn, uint256 amountOut);

    /// @notice What each pool of a route keeps of what goes in, in bps.
    function fees(address[] calldata route) external view returns (uint16[] memory);

    /// @notice The pool of two tokens.
    function poolOf(address tokenA, address tokenB) external view returns (address pool);

    /// @notice What their pool holds of each.
    function reserves(address tokenA, address tokenB) external view returns (uint256 reserveA, uint256 reserveB);

    /// @notice LP tokens of a pool that are locked here.
    function locked(address pool) external view returns (uint256);

    /// @notice The venue's factory.
    function factory() external view returns (address);
}
