//! Why an adapter refuses.

fomo_access::contract_errors! {
    /// What only an adapter refuses.
    pub enum Own {
        /// The venue has no pool of these two tokens.
        NoPool,
        /// The pool has no reserves, or not of this token.
        NoReserves,
        /// Two tokens that are the same.
        SameToken,
        /// A route of fewer than two tokens or of more than eight pools.
        RouteOutOfRange,
        /// The swap gives less than the minimum.
        BelowMinimum,
        /// The deadline of the call has passed.
        DeadlinePassed,
        /// Fees of a pool that has no FLOCK in it.
        NotWithFlock,
        /// The pool's newest observation is less than a minute old.
        ObservedRecently,
        /// The pool has no observation between 30 minutes and 24 hours old.
        NoObservation,
    }
}
