//! Chains that go on from others: from Foundry's anvil, and from nodes of this project with programs and the suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod anvil;
mod common;
mod life;
mod programs;

/// What other tests do to the rewards and to the revenue; not all of it is done here.
#[allow(dead_code, unused_imports, missing_docs, clippy::pedantic)]
#[path = "../rewards/common.rs"]
mod rewards;

/// See [`rewards`].
#[allow(dead_code, unused_imports, missing_docs, clippy::pedantic)]
#[path = "../revenue/common.rs"]
mod revenue;
