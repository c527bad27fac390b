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
    }
}
