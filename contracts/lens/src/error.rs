//! Why the contract refuses.

fomo_access::contract_errors! {
    /// What only this contract refuses.
    pub enum Own {
        /// A page of more than 200 launches or vestings.
        PageTooLong,
    }
}
