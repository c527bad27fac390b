//! Why the splitter refuses.

fomo_access::contract_errors! {
    /// What only the splitter refuses.
    pub enum Own {
        /// The launchpad knows no launch of this token.
        UnknownLaunch,
        /// The stablecoin is not on the list, or no longer.
        AssetNotAccepted,
        /// A settlement of nothing.
        ZeroAmount,
        /// The token has a settlement of this period.
        PeriodSettled,
        /// What arrived is not what was to be transferred: a stablecoin that takes a fee on transfers, or that rebases.
        TransferDiffers,
        /// The splitter has less of the stablecoin than it owes: one that rebases.
        BalanceBelowLedger,
        /// The bucket is empty.
        NothingToClaim,
        /// Only the bucket's payee takes it.
        NotPayee,
        /// The launch has not graduated: its buckets wait.
        NotGraduated,
        /// The launch has not failed.
        NotFailed,
        /// The stablecoin has no route to FLOCK, or no limits of what a buyback spends.
        NoRoute,
        /// The last buyback of this token with this stablecoin is less than the interval ago.
        IntervalNotOver,
        /// The buyback would spend less than the least, or could accept nothing: it waits for more.
        SpendTooSmall,
        /// The deadline of the call has passed.
        DeadlinePassed,
        /// The adapter gave less than the minimum.
        BelowMinimum,
        /// The adapter did not take exactly what was to be spent.
        SpendDiffers,
        /// The token's supply did not fall by what was to be burned.
        NotBurned,
    }
}
