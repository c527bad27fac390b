//! Why the contract refuses.

fomo_access::contract_errors! {
    /// What only this contract refuses.
    pub enum Own {
        /// Neither the launchpad nor the admin says that the token can be staked.
        TokenNotRegistered,
        /// The token is registered as it is asked to be.
        TokenAlreadyRegistered,
        /// Nothing to stake, to unstake or to lock.
        ZeroAmount,
        /// More than the account has staked.
        InsufficientStake,
        /// Eight requests wait; one has to be withdrawn first.
        TooManyRequests,
        /// No request of the account has matured.
        NothingToWithdraw,
        /// The epoch goes on, so that its value can still change.
        EpochNotEnded,
        /// The time is not there yet, so that its value can still change.
        TimeNotReached,
        /// Only the beneficiary and its operators lock for it.
        NotOperator,
        /// The account has no open lock with this id.
        UnknownLock,
        /// The lock's time is not over.
        StillLocked,
        /// The account has sixteen open locks.
        TooManyLocks,
        /// A lock is merged with another one.
        SameLock,
    }
}
