//! Stores of executions: that they keep their promises, on disks that fail and in processes that are killed.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests fail by panicking")]

mod conformance;
mod folder;
