//! Why the contract refuses.

fomo_access::contract_errors! {
    /// What only this contract refuses.
    pub enum Own {
        /// Only the launchpad, or the admin where it says so, may.
        NotLaunchpad,
        /// The token was never supported here.
        UnknownToken,
        /// The token's graduation tranche is funded already.
        AlreadyFunded,
        /// Eight tranches of the token are live.
        TooManyTranches,
        /// There is no tranche with this number.
        UnknownTranche,
        /// There is no phase with this number.
        UnknownPhase,
        /// An amount of nothing.
        ZeroAmount,
        /// Only the reporter may.
        NotReporter,
        /// The day goes on.
        EpochNotEnded,
        /// The epoch is sealed or being sealed: nothing of it changes any more.
        EpochAlreadySealed,
        /// The epoch was voided, or was over before there was this contract.
        EpochIsVoid,
        /// The totals of the report have to be declared first.
        NotDeclared,
        /// The report is declared with other totals; it would have to be voided first.
        TotalsDiffer,
        /// More rows or spend than declared.
        TotalsExceeded,
        /// The declared rows are all there, but not the declared spend.
        TotalsNotMet,
        /// No rows, too many, or not a whole number of them.
        BatchSizeInvalid,
        /// A row that does not come after the one before, by key and account: also one that is there twice.
        RowsOutOfOrder,
        /// No account is registered under this id.
        UnknownAccount,
        /// A batch comes before this one.
        BatchOutOfOrder,
        /// Another batch was reported under this number.
        BatchContradicts,
        /// Nothing is declared that could be voided.
        NothingToVoid,
        /// The guardian has voided twice in this epoch, or the reporter a thousand times; others may still, and the admin always.
        VoidsSpent,
        /// An epoch before it is not sealed.
        EpochOutOfOrder,
        /// The report is not complete, or not for twelve hours yet.
        EpochNotSealable,
        /// The epoch is not sealed yet.
        EpochNotSealed,
        /// The epoch has no batch with this number.
        UnknownBatch,
        /// The batch was accrued before.
        AlreadyAccrued,
        /// These are not the rows of the batch.
        RowsDiffer,
    }
}
