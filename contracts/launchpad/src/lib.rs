//! Launches (`protocol.md` §3).
