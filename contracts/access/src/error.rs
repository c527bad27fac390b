//! Errors as their four bytes.

/// Declares errors without parameters as an enum that encodes itself as Solidity's `error Name()`.
///
/// Alloy's errors do the same with a table and a buffer for each; these are four bytes of code.
#[macro_export]
macro_rules! errors {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The first four bytes of the hash of its signature.
            #[must_use]
            pub const fn selector(self) -> [u8; 4] {
                match self { $(Self::$variant => const { $crate::error_selector(concat!(stringify!($variant), "()")) },)* }
            }
        }

        impl From<$name> for alloc::vec::Vec<u8> {
            fn from(error: $name) -> Self {
                error.selector().to_vec()
            }
        }
    };
}

errors! {
    /// Why roles, pauses, parameters or tokens refuse.
    pub enum Error {
        /// The caller has not the role that this takes.
        Unauthorized,
        /// The zero address, where somebody has to be.
        ZeroAddress,
        /// The call came from within a call of this contract.
        Reentered,
        /// What was called is paused.
        EnforcedPause,
        /// A pause over seven days, or of none.
        PauseTooLong,
        /// The guardian has used its pause; only the admin renews it.
        PauseSpent,
        /// Nothing is paused.
        ExpectedPause,
        /// Nothing is proposed under this key, or for this account.
        NotProposed,
        /// The delay is not over.
        TooEarly,
        /// The proposal was not executed within 14 days after it became due.
        ProposalExpired,
        /// The contract has no such parameter, or the value is not allowed, or not at once.
        ParameterOutOfRange,
        /// The parameter has a value; it changes in two steps.
        AlreadyInitialized,
        /// The parameter has no value yet.
        ParameterUnset,
        /// The address has no code, or the token said no or nothing sensible.
        TokenCallFailed,
        /// Checkpoints are written in the order of their times.
        TimeBackwards,
        /// A number is too large for where it is kept.
        TooLarge,
    }
}

/// First four bytes of the hash of a signature.
#[doc(hidden)]
#[must_use]
pub const fn error_selector(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = stylus_sdk::keccak_const::Keccak256::new().update(signature.as_bytes()).finalize();
    [a, b, c, d]
}

/// The selector under which an error of the economics leaves a contract: that of a Solidity error of the same name.
#[must_use]
pub const fn core_selector(error: fomo_common::Error) -> [u8; 4] {
    macro_rules! selectors {
        ($($variant:ident)*) => {
            match error {
                $(fomo_common::Error::$variant => const { error_selector(concat!(stringify!($variant), "()")) },)*
                _ => const { error_selector("UnknownError()") },
            }
        };
    }
    selectors!(
        Overflow DivisionByZero BpsOverOne PartOverTotal ZeroTotal TimeBackwards EpochOutOfRange TargetsOutOfOrder PhiTooLow
        FeeTooHigh TaxOutOfRange BadReserves SoldOut NothingBought OverTarget BelowMinimumOut BundleTooLarge
        BundleReachesMinimum LockPeriodOutOfRange LockExpired NotAnExtension LambdaOverOne ZeroHalf AlphaOutOfRange
        AlphaScheduleInvalid TiersOutOfOrder ComputeOverLimit SharesNotWhole RouteLength PhaseInvalid TrancheInvalid
        FundingTooSmall TranchesDiffer VestingInvalid
    )
}

/// Declares a contract's `Error`: its own errors, those of [`fomo_access`](crate), those of the economics, and what a
/// called contract reverted with, passed on as it is.
#[macro_export]
macro_rules! contract_errors {
    ($(#[$meta:meta])* pub enum Own { $($(#[$doc:meta])* $variant:ident,)* }) => {
        $crate::errors! {
            $(#[$meta])*
            pub enum Own { $($(#[$doc])* $variant,)* }
        }

        /// Why a call is refused.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Error {
            /// An error of this contract.
            Own(Own),
            /// An error of roles, pauses, parameters or tokens.
            Access($crate::Error),
            /// An error of the economics.
            Economics(fomo_common::Error),
            /// What a called contract reverted with.
            Called(alloc::vec::Vec<u8>),
        }

        impl From<Error> for alloc::vec::Vec<u8> {
            fn from(error: Error) -> Self {
                match error {
                    Error::Own(error) => error.into(),
                    Error::Access(error) => error.into(),
                    Error::Economics(error) => $crate::core_selector(error).to_vec(),
                    Error::Called(data) => data,
                }
            }
        }

        impl From<Own> for Error {
            fn from(error: Own) -> Self {
                Self::Own(error)
            }
        }

        impl From<$crate::Error> for Error {
            fn from(error: $crate::Error) -> Self {
                Self::Access(error)
            }
        }

        impl From<fomo_common::Error> for Error {
            fn from(error: fomo_common::Error) -> Self {
                Self::Economics(error)
            }
        }

        impl From<$crate::token::CallError> for Error {
            fn from(error: $crate::token::CallError) -> Self {
                match error {
                    $crate::token::CallError::Reverted(data) => Self::Called(data),
                    $crate::token::CallError::Refused => Self::Access($crate::Error::TokenCallFailed),
                }
            }
        }
    };
}
