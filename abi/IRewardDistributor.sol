// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title Daily rewards: a day's usage, reported by the platform, becomes three streams of rewards, by two scores.
/// @notice The reporter declares an epoch's totals and sends numbered batches of rows. Twelve hours after the last row anyone seals the
/// epoch; then anyone accrues its batches, from rows that their events have, and anyone claims for their owner. Nothing of it expires,
/// and no pause or admin hinders accruing and claiming. Errors of tokens and of the stake registry are passed on.
/// Amounts in 10^-18, spend in micro-USD, epochs are UTC days (timestamp / 86,400), ratios in 10^-18.
///
/// Parameters: REPORTER, REGISTRY; launchpadKey(launchpad): 1, for good; seasonKey(n): alphaEnd | alphaStart << 64 | days << 128 | first epoch << 160;
/// phaseKey(n), n = 1..8: FLOCK a day (96 bits) | decay in bps << 96 | every so many days << 112 | days << 128 | first epoch << 160;
/// modelKey(id): the model id's token, zero retires it. First values count at once, later ones from the day after they are executed.
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
    /// @notice A phase of the global emission has `amount` more, `funded` in all, for days from `epoch` on.
    event PhaseFunded(uint256 indexed phase, address indexed from, uint256 amount, uint256 funded, uint64 epoch);
    /// @notice Reports may name `account` by `id`.
    event AccountRegistered(address indexed account, uint32 id);
    /// @notice The report of an epoch will have so many rows and so much spend; with these values its scores are computed.
    event ReportDeclared(
        uint64 indexed epoch,
        uint16 attempt,
        uint32 rows,
        uint64 spend,
        uint8 season,
        uint64 alpha,
        uint64 lambda,
        uint256 half
    );
    /// @notice A batch of a report, of `totalSpend` so far. `mt` is zero where `key` names no supported token. `rows` has 20 bytes of
    /// account, 14 of global score and 14 of incentive score for each row, as `accrue` takes them; `spends` has 6 bytes for each.
    event BatchReported(
        uint64 indexed epoch,
        bytes32 indexed key,
        address indexed mt,
        uint16 attempt,
        uint32 index,
        uint64 spend,
        uint64 totalSpend,
        bytes rows,
        bytes spends
    );
    /// @notice Usage under a key that names no supported token earns nothing; `leftOut` is all such spend of the report so far.
    event UsageLeftOut(uint64 indexed epoch, bytes32 indexed key, uint64 spend, uint64 leftOut);
    /// @notice The report is complete; `eligible` of its spend is of supported tokens. It can be sealed from `sealableAt` on.
    event ReportCompleted(
        uint64 indexed epoch, uint16 attempt, uint32 rows, uint64 spend, uint64 eligible, uint64 sealableAt
    );
    /// @notice The report of an attempt counts no longer.
    event ReportVoided(uint64 indexed epoch, address indexed by, uint16 attempt);
    /// @notice The epoch pays nothing; its pools stay in their streams.
    event EpochVoided(uint64 indexed epoch, address indexed by);
    /// @notice Sealing begins: the day's global pool.
    event SealingBegun(uint64 indexed epoch, uint256 globalPool);
    /// @notice What a token's users share of a day, and by which sums.
    event TokenSealed(
        uint64 indexed epoch,
        address indexed mt,
        uint64 spend,
        uint32 rows,
        uint256 globalScore,
        uint256 incentiveScore,
        uint256 globalPool,
        uint256 reservedPool,
        uint256 mtPool
    );
    /// @notice A Reserved FLOCK tranche is over; what is left joins the global emission. 2^256 - 1 is that of graduation.
    event ReservedEnded(address indexed mt, uint256 index, uint256 left);
    /// @notice The MT Reward stream is over; `leftOver` of the token can be burned.
    event MtRewardEnded(address indexed mt, uint256 left, uint256 leftOver);
    /// @notice What was left of a stream was burned.
    event LeftOverBurned(address indexed mt, uint256 amount);
    /// @notice The epoch is sealed: of the global pool `committed` is paid, the rest went back; `joined` came from ended tranches.
    event EpochSealed(uint64 indexed epoch, uint16 attempt, uint256 globalPool, uint256 committed, uint256 joined);
    /// @notice A batch's rows have their rewards; what is left of the token's day.
    event BatchAccrued(
        uint64 indexed epoch,
        address indexed mt,
        uint32 index,
        uint256 flock,
        uint256 mtReward,
        uint256 flockLeft,
        uint256 mtLeft
    );
    /// @notice What an account had earned of a token was paid to it.
    event Claimed(address indexed account, address indexed token, address indexed by, uint256 amount);

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
    /// @notice There is no phase with this number.
    error UnknownPhase();
    /// @notice An amount of nothing.
    error ZeroAmount();
    /// @notice Only the reporter may.
    error NotReporter();
    /// @notice The day goes on.
    error EpochNotEnded();
    /// @notice The epoch is sealed or being sealed: nothing of it changes any more.
    error EpochAlreadySealed();
    /// @notice The epoch was voided, or was over before there was this contract.
    error EpochIsVoid();
    /// @notice The totals of the report have to be declared first.
    error NotDeclared();
    /// @notice The report is declared with other totals; it would have to be voided first.
    error TotalsDiffer();
    /// @notice More rows or spend than declared.
    error TotalsExceeded();
    /// @notice The declared rows are all there, but not the declared spend.
    error TotalsNotMet();
    /// @notice No rows, too many, or not a whole number of them.
    error BatchSizeInvalid();
    /// @notice A row that does not come after the one before, by key and account: also one that is there twice.
    error RowsOutOfOrder();
    /// @notice No account is registered under this id.
    error UnknownAccount();
    /// @notice A batch comes before this one.
    error BatchOutOfOrder();
    /// @notice Another batch was reported under this number.
    error BatchContradicts();
    /// @notice Nothing is declared that could be voided.
    error NothingToVoid();
    /// @notice The guardian has voided twice in this epoch, or the reporter a thousand times; others may still, and the admin always.
    error VoidsSpent();
    /// @notice An epoch before it is not sealed.
    error EpochOutOfOrder();
    /// @notice The report is not complete, or not for twelve hours yet.
    error EpochNotSealable();
    /// @notice The epoch is not sealed yet.
    error EpochNotSealed();
    /// @notice The epoch has no batch with this number.
    error UnknownBatch();
    /// @notice The batch was accrued before.
    error AlreadyAccrued();
    /// @notice These are not the rows of the batch.
    error RowsDiffer();

    /// @notice Says whether a token earns, from the next epoch on. By a launchpad that it does, once, of a token that it brings; otherwise by the
    /// admin, of a token that a launchpad brought.
    function setSupported(address mt, bool supported) external;

    /// @notice Funds a token's MT Reward stream: 180 supported days from tomorrow, declining. By the launchpad, once a token.
    function fundMtReward(address mt, uint256 amount) external;

    /// @notice Funds a Reserved FLOCK tranche: 180 supported days from tomorrow, declining or level. By anyone, with at least 1,000 FLOCK.
    function fundReserved(address mt, uint256 amount, bool level) external;

    /// @notice The parameter that makes a contract a launchpad: 1, for good.
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

    /// @notice Funds a phase of the global emission, for days from tomorrow on. By anyone.
    function fundPhase(uint256 phase, uint256 amount) external;

    /// @notice Gives accounts ids by which `reportRegistered` may name them. By anyone.
    /// @return first The first one's id; the others follow.
    function registerAccounts(address[] calldata accounts) external returns (uint32 first);

    /// @notice Declares the totals of an epoch's report. The same again changes nothing. By the reporter.
    function declare(uint64 epoch, uint32 rows, uint64 spend) external;

    /// @notice Reports batch `index` of an epoch: 1 to 256 rows of one key, 20 bytes of account and 6 of spend each, in the order of their
    /// accounts; batches in the order of their keys. A key is a token in season 1, later a model id. A batch sent before changes nothing.
    /// By the reporter.
    function report(uint64 epoch, uint32 index, bytes32 key, bytes calldata rows) external;

    /// @notice As `report`, with 4 bytes of an account's id in place of its address; still in the order of the addresses.
    function reportRegistered(uint64 epoch, uint32 index, bytes32 key, bytes calldata rows) external;

    /// @notice Voids a report whose sealing has not begun. By the reporter and the admin, and by the guardian twice an epoch.
    function voidReport(uint64 epoch) external;

    /// @notice Voids the epoch that is to be sealed next, where it has no complete report 7 days (the admin) or 30 days (anyone) after its
    /// end, and after a report of it was last voided: by the reporter, the first three attempts only.
    function voidEpoch(uint64 epoch) external;

    /// @notice Seals the next `limit` tokens of an epoch, from 12 hours after its report was complete, in the order of epochs. By anyone.
    /// @return done Whether the epoch is sealed now.
    function seal(uint64 epoch, uint64 limit) external returns (bool done);

    /// @notice Burns what was left of a token's ended stream. By anyone.
    function burnLeftOver(address mt) external returns (uint256 amount);

    /// @notice Adds the rewards of a batch of a sealed epoch to its accounts, once: its `mt`, `rows` and keccak256(spends) as in its
    /// `BatchReported`. By anyone.
    function accrue(uint64 epoch, uint32 index, address mt, bytes32 spends, bytes calldata rows) external;

    /// @notice Pays an account all that it has accrued: FLOCK, and the MT Reward of each token. By anyone.
    /// @return flock How much FLOCK.
    function claim(address account) external returns (uint256 flock);

    /// @notice As `claim`, for several accounts.
    function claimMany(address[] calldata accounts) external;

    /// @notice Pays an account its FLOCK alone. By anyone.
    function claimFlock(address account) external returns (uint256 amount);

    /// @notice Pays an account its MT Reward of one token. By anyone.
    function claimMt(address account, address mt) external returns (uint256 amount);

    /// @notice FLOCK that an account can claim, of all tokens.
    function claimableFlock(address account) external view returns (uint256);

    /// @notice MT Reward of a token that an account can claim.
    function claimableMt(address account, address mt) external view returns (uint256);

    /// @notice Tokens on which an account has earned.
    function earnedTokens(address account) external view returns (address[] memory);

    /// @notice 0 open, 1 unreported, 2 reporting, 3 complete, 4 sealable, 5 sealing, 6 sealed, 7 voided.
    function epochState(uint64 epoch) external view returns (uint8);

    /// @notice The epoch that is to be sealed next, and how many of how many tokens are.
    function nextEpoch() external view returns (uint64 epoch, uint256 sealedTokens, uint256 tokens);

    /// @notice The report of an epoch.
    function reportOf(uint64 epoch)
        external
        view
        returns (
            uint16 attempt,
            uint32 declaredRows,
            uint64 declaredSpend,
            uint32 rows,
            uint64 spend,
            uint64 eligible,
            uint32 batches,
            uint64 completed
        );

    /// @notice The hash of a batch; zero where there is none, or it is accrued.
    function batchOf(uint64 epoch, uint32 index) external view returns (bytes32);

    /// @notice A token's day: its sums, its pools once sealed, and what of FLOCK and MT no row has yet.
    function dayOf(address mt, uint64 epoch)
        external
        view
        returns (
            uint64 spend,
            uint32 rows,
            uint256 globalScore,
            uint256 incentiveScore,
            uint256 globalPool,
            uint256 reservedPool,
            uint256 mtPool,
            uint256 flockLeft,
            uint256 mtLeft
        );

    /// @notice A phase: funded in all, joined from ended tranches, paid by sealed days, and its schedule of today.
    function phase(uint256 number)
        external
        view
        returns (uint256 funded, uint256 joined, uint256 paid, uint256 scheduled);

    /// @notice Alpha of an epoch, and the number of its season.
    function alphaAt(uint64 epoch) external view returns (uint64 alpha, uint8 season);

    /// @notice The token that a key names in an epoch's reports; zero where it names no supported one.
    function tokenAt(bytes32 key, uint64 epoch) external view returns (address mt);

    /// @notice What the next sealed day can pay: the global emission of all tokens, a token's Reserved FLOCK and its MT Reward.
    function poolsOf(address mt) external view returns (uint256 globalPool, uint256 reservedPool, uint256 mtPool);

    /// @notice How many tokens were ever supported.
    function tokenCount() external view returns (uint256);

    /// @notice One of them by its number from 0 on.
    function tokenByNumber(uint256 number) external view returns (address);

    /// @notice How many accounts have ids, and the account of one.
    function accountById(uint32 id) external view returns (uint256 count, address account);

    /// @notice MT of a token's ended stream that can be burned.
    function leftOverOf(address mt) external view returns (uint256);

    /// @notice Both scores of an account if it had spent `spend` on a token today, with its stake and gmFLOCK of now.
    function previewScores(address account, address mt, uint64 spend)
        external
        view
        returns (uint256 globalScore, uint256 incentiveScore);

    /// @notice What it would get for that of the pools of `poolsOf`, beside those who used the token in the sealed epoch `like`.
    function previewRewards(address account, address mt, uint64 spend, uint64 like)
        external
        view
        returns (uint256 globalFlock, uint256 reservedFlock, uint256 mtReward);

    /// @notice Why an account earned less than it expected, given what it spent. Bits: 1 no usage, 2 no stake, 4 the key names no token,
    /// 8 the token was not supported, 16 its gmFLOCK weighed less than a twelfth: locks near their end, 32 the epoch was voided.
    function whyZero(address account, bytes32 key, uint64 epoch, uint64 spend) external view returns (uint64 reasons);

    /// @notice The key of a season's parameter.
    function seasonKey(uint8 number) external view returns (bytes32);

    /// @notice The key of a phase's parameter.
    function phaseKey(uint8 number) external view returns (bytes32);

    /// @notice The key of a model id's parameter.
    function modelKey(bytes32 id) external view returns (bytes32);

    /// @notice The contracts that it was set up with.
    function contracts() external view returns (address desk, address office, address flock);
}
