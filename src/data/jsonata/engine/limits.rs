//! The limits of one evaluation. Everything is counted and nothing is timed, so that the same events give the same
//! history on a slow machine.

use chrono::{DateTime, Utc};
use jlens_core::Options;

use crate::data::MAX_RESULT_BYTES;

/// AWS's limit of nested evaluations, in levels.
pub(super) const MAX_DEPTH: usize = 100;

/// Our limit of nested evaluations for standard JSONata, which has none.
pub(super) const MAX_STANDARD_DEPTH: usize = 1_000;

/// The most nodes that one expression may evaluate.
const MAX_STEPS: u64 = 1_000_000;

/// The most items of an array that an expression builds: twice as many as fit AWS's payload quota of 256 KiB.
pub(super) const MAX_ARRAY_LENGTH: usize = 256 * 1024;

/// The most bytes of a text that an expression builds.
pub(super) const MAX_STRING_LENGTH: usize = 1024 * 1024;

/// The most bytes that one evaluation may allocate in total.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The most bytes of JSON text for one value. A value that holds another several times takes no more memory than with
/// one, but the time to compare it, or to print it in an error, grows with its text.
pub(super) const MAX_VALUE_BYTES: usize = 2 * MAX_RESULT_BYTES;

/// The most bytes of a picture such as `#,##0.00`: formatting takes time quadratic in it.
pub(super) const MAX_PICTURE: usize = 1_024;

/// The options of an evaluation that may take `steps` steps, but no more than [`MAX_STEPS`].
pub(super) fn options(depth: usize, steps: u64, now: DateTime<Utc>) -> Options {
    // Set field by field: each call of the builder would move all options.
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
