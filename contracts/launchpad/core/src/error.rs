//! Why the launchpad refuses.

fomo_access::contract_errors! {
    /// What only the launchpad refuses.
    pub enum Own {
        /// There is no launch of this token.
        UnknownLaunch,
        /// The issuer chose a model type that does not exist, or no longer.
        UnknownModelType,
        /// The issuer chose a venue that does not exist, or no longer.
        UnknownVenue,
        /// A name or symbol that is empty or has over 31 bytes, a metadata URI of over 256, or a text that is no UTF-8.
        TextOutOfRange,
        /// A duration under an hour (three with a surcharge) or over 30 days.
        DurationOutOfRange,
        /// A start over 30 days ahead.
        StartOutOfRange,
        /// The deadline of the call has passed.
        DeadlinePassed,
        /// The launch is not raising: it has not begun, or it is over.
        NotRaising,
        /// The launch has not succeeded, or has graduated, or its 30 days to graduate are over.
        NotSucceeded,
        /// The launch has not graduated.
        NotGraduated,
        /// The launch has not failed.
        NotFailed,
        /// Nothing to be claimed, refunded or withdrawn.
        NothingToClaim,
        /// More FLOCK than the buyer is ready to pay.
        AboveMaximumIn,
        /// A model token came to be somewhere else than predicted.
        UnexpectedAddress,
    }
}
