//! The names of errors that the language predefines (specification, "Appendix A: Predefined Error Codes", and the developer
//! guide, "Handling errors").

/// Matches every error except those that cannot be caught.
pub(crate) const ALL: &str = "States.ALL";
/// Matches every error of a task except a timeout.
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
/// A task or the machine took too long.
pub(crate) const TIMEOUT: &str = "States.Timeout";
/// A task's heartbeat did not arrive; the history shows `States.Timeout`.
pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
/// The definition cannot process this data; neither retried nor caught.
pub(crate) const RUNTIME: &str = "States.Runtime";
/// A JSONata field has no value, or a value of the wrong type or range.
pub(crate) const QUERY_EVALUATION_ERROR: &str = "States.QueryEvaluationError";
/// A payload is larger than the limit.
pub(crate) const DATA_LIMIT_EXCEEDED: &str = "States.DataLimitExceeded";
/// The result cannot be placed at `ResultPath`.
pub(crate) const RESULT_PATH_MATCH_FAILURE: &str = "States.ResultPathMatchFailure";
/// A field of `Parameters` finds nothing at its path.
pub(crate) const PARAMETER_PATH_FAILURE: &str = "States.ParameterPathFailure";
/// An Intrinsic Function failed.
pub(crate) const INTRINSIC_FAILURE: &str = "States.IntrinsicFailure";
/// No Choice Rule of a Choice without a `Default` matches.
pub(crate) const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";
/// A branch of a Parallel failed.
pub(crate) const BRANCH_FAILED: &str = "States.BranchFailed";
/// A task may not do what it does.
pub(crate) const PERMISSIONS: &str = "States.Permissions";
/// More items of a distributed Map failed than tolerated.
pub(crate) const EXCEED_TOLERATED_FAILURE_THRESHOLD: &str = "States.ExceedToleratedFailureThreshold";
/// The items of a distributed Map could not be read.
pub(crate) const ITEM_READER_FAILED: &str = "States.ItemReaderFailed";
/// The results of a distributed Map could not be written.
pub(crate) const RESULT_WRITER_FAILED: &str = "States.ResultWriterFailed";
