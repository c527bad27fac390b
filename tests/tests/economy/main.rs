//! The contracts together: what one does with another's real answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod access;
mod stakes;
