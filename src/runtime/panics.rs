//! Panics of handlers, which fail their task.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use crate::TaskError;

/// Runs a handler; a panic becomes the failure of its task, with the panic's text.
pub(super) async fn failing_on_panic<T>(handler: impl Future<Output = Result<T, TaskError>>) -> Result<T, TaskError> {
    let mut handler = pin!(handler);
    poll_fn(|context| {
        // After a panic the handler is never polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(failure(&*panic))))
    })
    .await
}

fn failure(panic: &(dyn Any + Send)) -> TaskError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let cause = match text {
        Some(text) => format!("the handler panicked: {text}"),
        None => "the handler panicked".to_owned(),
    };
    TaskError::new("States.TaskFailed", cause)
}
