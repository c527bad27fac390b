//! Why the contract refuses.

fomo_access::contract_errors! {
    /// What only this contract refuses.
    pub enum Own {
        /// There is no vesting with this id.
        UnknownVesting,
        /// Only the beneficiary may.
        NotBeneficiary,
        /// Only who was proposed as beneficiary may.
        NotProposedBeneficiary,
        /// Nothing has vested since the last release.
        NothingToRelease,
        /// A vesting of no tokens.
        NothingToVest,
    }
}
