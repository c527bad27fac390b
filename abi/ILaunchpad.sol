// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title The launchpad: launches on a bonding curve that end in a token with a locked market, or in refunds.
/// @notice A launch is named by the address that its Model Token has or will have. FLOCK and MT in 10^-18, shares in bps, times in seconds.
/// Errors of FLOCK, the Model Token and the venue are passed on.
interface ILaunchpad is IAccess, IEconomicsErrors {
    /// @notice A launch was created. `token` is the predicted address of its Model Token.
    event LaunchCreated(
        address indexed token,
        address indexed creator,
        bytes32 indexed modelTypeId,
        uint256 targetRaiseMin,
        uint256 targetRaiseMax,
        uint256 targetSale,
        uint64 saleStart,
        uint64 saleEnd,
        string mtName,
        string mtSymbol,
        bool isBundled
    );
    /// @notice A buy. `flockIn = netUsed + protocolFee + creatorFee + antiSniperFee`.
    event Purchased(
        address indexed token,
        address indexed buyer,
        uint256 flockIn,
        uint256 netUsed,
        uint256 mtAllocated,
        uint256 protocolFee,
        uint256 creatorFee,
        uint256 antiSniperFee
    );
    /// @notice Where the sale is after a buy: FLOCK raised, MT sold, escrowed fees. Surcharges are those of `Purchased`.
    event SaleUpdated(
        address indexed token, uint256 raised, uint256 sold, uint256 protocolFees, uint256 creatorFees
    );
    /// @notice What is frozen into a launch beside what `LaunchCreated` says.
    event LaunchConfigured(
        address indexed token,
        bytes32 indexed launchId,
        bytes32 indexed modelId,
        address adapter,
        uint256 launchFee,
        uint16 protocolFeeBps,
        uint16 creatorFeeBps,
        uint16 phiBps,
        bool hasSurcharge,
        uint64 vestingCliff,
        uint64 vestingLength
    );
    /// @notice The raise reached its maximum target; anyone may graduate it.
    event RaiseFilled(address indexed token, uint256 raised);
    /// @notice The token exists and has a market. The vestings are named by their ids.
    event Graduated(
        address indexed token,
        address indexed pool,
        uint256 raised,
        uint256 sold,
        uint256 flockLiquidity,
        uint256 mtLiquidity,
        uint256 flockReserved,
        uint256 mtBurned,
        uint256 issuerVestingId,
        uint256 platformVestingId
    );
    /// @notice Escrowed fees became the protocol's and the issuer's, who can withdraw so much now.
    event FeesReleased(
        address indexed token, uint256 toTreasury, uint256 toIssuer, uint256 treasuryOwed, uint256 issuerOwed
    );
    /// @notice A buyer took its tokens.
    event SaleClaimed(address indexed token, address indexed buyer, uint256 amount);
    /// @notice A buyer of a failed launch took its FLOCK back.
    event Refunded(address indexed token, address indexed buyer, uint256 amount);
    /// @notice Released fees were paid.
    event FeesWithdrawn(address indexed account, uint256 amount);

    /// @notice There is no launch of this token.
    error UnknownLaunch();
    /// @notice The issuer chose a model type that does not exist, or no longer.
    error UnknownModelType();
    /// @notice The issuer chose a venue that does not exist, or no longer.
    error UnknownVenue();
    /// @notice A name or symbol that is empty or has over 31 bytes, a metadata URI of over 256, or a text that is no UTF-8.
    error TextOutOfRange();
    /// @notice A duration under an hour (three with a surcharge) or over 30 days.
    error DurationOutOfRange();
    /// @notice A start over 30 days ahead.
    error StartOutOfRange();
    /// @notice The deadline of the call has passed.
    error DeadlinePassed();
    /// @notice The launch is not raising: it has not begun, or it is over.
    error NotRaising();
    /// @notice The launch has not succeeded, or has graduated, or its 30 days to graduate are over.
    error NotSucceeded();
    /// @notice The launch has not graduated.
    error NotGraduated();
    /// @notice The launch has not failed.
    error NotFailed();
    /// @notice Nothing to be claimed, refunded or withdrawn.
    error NothingToClaim();
    /// @notice More FLOCK than the buyer or issuer is ready to pay.
    error AboveMaximumIn();
    /// @notice A model token came to be somewhere else than predicted.
    error UnexpectedAddress();

    /// @notice Launches a model. Takes the launch fee and the bundled first buy from the caller, who becomes the issuer.
    /// @param modelTypeId Decides the targets.
    /// @param modelId The platform's identifier of the model.
    /// @param venue Where it will trade: "UNISWAP_V2", "AERODROME".
    /// @param name 1 to 31 bytes.
    /// @param symbol 1 to 31 bytes.
    /// @param metadataUri Up to 256 bytes.
    /// @param saleStart First second of the sale; the next one if that is past; at most 30 days ahead.
    /// @param duration Seconds of the sale: 1 hour (3 with a surcharge) to 30 days.
    /// @param surcharge Whether early buyers pay the anti-sniper tax.
    /// @param bundledOffer FLOCK of the issuer's first buy, fees included; 0 for none.
    /// @param bundledMinOut The least MT for it.
    /// @param maxLaunchFee The most FLOCK that the launch itself may cost.
    /// @param deadline The last second at which it may happen.
    /// @return token Address of the Model Token to be.
    function createLaunch(
        bytes32 modelTypeId,
        bytes32 modelId,
        bytes32 venue,
        string calldata name,
        string calldata symbol,
        string calldata metadataUri,
        uint64 saleStart,
        uint64 duration,
        bool surcharge,
        uint256 bundledOffer,
        uint256 bundledMinOut,
        uint256 maxLaunchFee,
        uint64 deadline
    ) external returns (address token);

    /// @notice Buys with at most `offered` FLOCK, fees included. The buy that reaches the maximum target is filled to it and takes less.
    /// @param minOut The least MT for the whole offer; pro-rated: out * offered >= minOut * taken.
    /// @param deadline The last second at which it may happen.
    function buy(address token, uint256 offered, uint256 minOut, uint64 deadline)
        external
        returns (uint256 flockIn, uint256 mt);

    /// @notice Buys at least `mt` for at most `maxIn` FLOCK, fees included.
    function buyExact(address token, uint256 mt, uint256 maxIn, uint64 deadline)
        external
        returns (uint256 flockIn, uint256 mtAllocated);

    /// @notice What `buy` with the same offer would do now. Reverts as it would. `taxBps` is the share of `flockIn` that does not enter
    /// the curve: the trading fee, or the anti-sniper tax with it.
    function quoteBuy(address token, uint256 offered)
        external
        view
        returns (
            uint256 flockIn,
            uint256 netUsed,
            uint256 mt,
            uint256 protocolFee,
            uint256 creatorFee,
            uint256 antiSniperFee,
            uint16 taxBps
        );

    /// @notice What `buyExact` of the same `mt` would do now. Reverts as it would.
    function quoteBuyExact(address token, uint256 mt)
        external
        view
        returns (
            uint256 flockIn,
            uint256 netUsed,
            uint256 mtAllocated,
            uint256 protocolFee,
            uint256 creatorFee,
            uint256 antiSniperFee,
            uint16 taxBps
        );

    /// @notice `buy` with an EIP-2612 permit of the caller for `offered` FLOCK. A permit that was used before does no harm.
    function buyWithPermit(
        address token,
        uint256 offered,
        uint256 minOut,
        uint64 deadline,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 flockIn, uint256 mt);

    /// @notice Graduates a launch that succeeded. By anyone, once.
    function graduate(address token) external returns (address pool);

    /// @notice Pays the caller the MT that it bought, once the launch has graduated.
    function claim(address token) external returns (uint256 amount);

    /// @notice Pays the caller back all FLOCK that it paid into a failed launch.
    function refund(address token) external returns (uint256 amount);

    /// @notice Pays the caller the issuer's fees of its graduated launches.
    function withdrawFees() external returns (uint256 amount);

    /// @notice Pays the treasury the protocol's fees. By anyone.
    function withdrawTreasury() external returns (uint256 amount);

    /// @notice 0 none, 1 scheduled, 2 raising, 3 succeeded, 4 graduated, 5 failed.
    function state(address token) external view returns (uint8);

    /// @notice What is frozen into a launch.
    function launch(address token)
        external
        view
        returns (
            address creator,
            address adapter,
            bytes32 launchId,
            bytes32 modelId,
            bytes32 modelTypeId,
            uint256 targetRaiseMin,
            uint256 targetRaiseMax,
            uint16 protocolFeeBps,
            uint16 creatorFeeBps,
            uint16 phiBps,
            bool hasSurcharge,
            uint64 vestingCliff,
            uint64 vestingLength,
            uint64 duration
        );

    /// @notice Where the sale is. `taxBps` is what a buy pays now, the trading fee included. A launch that has succeeded can graduate before
    /// `graduableUntil`; it is zero while it has not, and once it has graduated.
    function sale(address token)
        external
        view
        returns (
            uint8 currentState,
            uint64 saleStart,
            uint64 saleEnd,
            uint256 raised,
            uint256 sold,
            uint256 reserveMt,
            uint256 reserveFlock,
            uint256 protocolFees,
            uint256 creatorFees,
            uint256 surcharges,
            uint256 bundledMt,
            uint16 taxBps,
            uint64 graduableUntil
        );

    /// @notice FLOCK taken from a buyer and MT allocated to it that are neither refunded nor claimed. A bundled buy counts in the FLOCK only.
    function position(address token, address buyer) external view returns (uint256 flockIn, uint256 mt);

    /// @notice Whether it is a token of this launchpad that exists.
    function isModelToken(address token) external view returns (bool);

    /// @notice How many launches there are.
    function launchCount() external view returns (uint256);

    /// @notice The token of a launch by its number, from zero; zero for none.
    function launchAt(uint256 index) external view returns (address token);

    /// @notice Where the model's description is.
    function metadataURI(address token) external view returns (string memory);

    /// @notice Released fees that an issuer can withdraw.
    function feesOwed(address account) external view returns (uint256);

    /// @notice Released fees that the treasury can withdraw.
    function treasuryFeesOwed() external view returns (uint256);

    /// @notice The contracts that it was set up with.
    function contracts()
        external
        view
        returns (address flock, address implementation, address vesting, address rewards);

    /// @notice The parameter of a model type's targets: the minimum, and 2^96 times the maximum.
    function modelTypeKey(bytes32 modelTypeId) external view returns (bytes32);

    /// @notice The parameter of a venue's adapter.
    function venueKey(bytes32 venue) external view returns (bytes32);
}
