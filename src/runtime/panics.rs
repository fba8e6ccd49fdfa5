//! Panics of handlers, which fail their task.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::TaskError;
use crate::error::predefined_errors;

/// Calls a handler, or polls it; a panic becomes the failure of its task, with the panic's text. After a panic it is never
/// polled again.
pub(super) fn failing_on_panic<T>(call: impl FnOnce() -> T) -> Result<T, TaskError> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| failure(&*panic))
}

fn failure(panic: &(dyn Any + Send)) -> TaskError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let cause = match text {
        Some(text) => format!("the handler panicked: {text}"),
        None => "the handler panicked".to_owned(),
    };
    TaskError::new(predefined_errors::TASK_FAILED, cause)
}
