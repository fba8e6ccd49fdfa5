//! What one evaluation may do. Everything is counted and nothing is timed, so that the same events give the same history
//! on a slow machine.

use chrono::{DateTime, Utc};
use jlens_core::Options;

use crate::data::MAX_RESULT_BYTES;

/// AWS's own ceiling of nested evaluations.
pub(super) const MAX_DEPTH: usize = 100;

/// The same for JSONata as such, which sets no such limit.
pub(super) const MAX_STANDARD_DEPTH: usize = 1_000;

/// The most nodes that one expression may evaluate.
const MAX_STEPS: u64 = 1_000_000;

/// The most items of an array that an expression builds: twice what AWS's quota of a payload, 256 KiB, can hold.
pub(super) const MAX_ARRAY_LENGTH: usize = 256 * 1024;

/// The most bytes of a text that an expression builds.
pub(super) const MAX_STRING_LENGTH: usize = 1024 * 1024;

/// The bytes that one evaluation may make in all.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The bytes of JSON text that one value may stand for. A value that holds another several times takes no more memory
/// than if it held it once, but to compare it, or to show it in an error, takes as long as its text is.
pub(super) const MAX_VALUE_BYTES: usize = 2 * MAX_RESULT_BYTES;

/// The most bytes of a picture such as `#,##0.00`: formatting takes time quadratic in it.
pub(super) const MAX_PICTURE: usize = 1_024;

/// The options of an evaluation that may take so many steps, or [`MAX_STEPS`] if those are fewer.
pub(super) fn options(depth: usize, steps: u64, now: DateTime<Utc>) -> Options {
    // Field by field: the builder moves all of them with each.
    let mut options = Options::new();
    options.max_depth = Some(depth);
    options.max_steps = Some(steps.min(MAX_STEPS));
    options.max_array_length = Some(MAX_ARRAY_LENGTH);
    options.max_string_length = Some(MAX_STRING_LENGTH);
    options.max_result_size = Some(MAX_RESULT_BYTES);
    options.now = Some(now.timestamp_millis());
    options.seed = Some(0);
    options
}
