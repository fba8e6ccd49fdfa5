//! The trait of task handlers, and what can be registered as one.

use async_trait::async_trait;
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;

use super::{Attempt, TaskContext};
use crate::TaskError;
use crate::definition::Resource;

/// Does the work of a Task state.
///
/// Most handlers are plain async closures, `|input: T|` or `|input: T, context: TaskContext|`, where `T` is any type
/// that `serde` can deserialise, and the answer any type that it can serialise. Implement the trait for a handler that
/// is a type of its own, or that wants the raw JSON.
///
/// ```
/// use asl_engine::TaskError;
/// use asl_engine::handlers::{Handler, TaskContext};
/// use serde_json::{Value, json};
///
/// struct Till;
///
/// #[async_trait::async_trait]
/// impl Handler for Till {
///     async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> {
///         let order = input["id"].as_u64().ok_or(TaskError::new("NoOrder", "the input has no `id`"))?;
///         Ok(json!({ "order": order, "paid": true }))
///     }
/// }
/// ```
///
/// A cancelled handler (its task timed out, or its execution was stopped) is dropped at its next `.await`.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task handler",
    label = "this is no `Handler`",
    note = "a handler is a type that implements `Handler`, or an `Arc` or `Box` of one",
    note = "closures are registered with `Interpreter::task` or `Interpreter::function`"
)]
pub trait Handler: Send + Sync + 'static {
    /// Does one attempt of a task. `input` is the state's effective input, the answer its raw result.
    ///
    /// Errors go through the state's Retry and Catch, which match [`TaskError::error`].
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError>;

    /// Why it cannot do the tasks of a resource; `None`, the default, if it can. It is asked before an execution starts, which
    /// is refused with this reason.
    fn refusal(&self, _resource: &Resource) -> Option<String> {
        None
    }

    /// Begins an attempt. A closure reads its input where it is; any other handler gets JSON of its own.
    #[doc(hidden)]
    fn begin(self: Arc<Self>, attempt: Attempt) -> Answering {
        Box::pin(async move {
            let input = attempt.input().to_value();
            self.call(input, attempt.into_context()).await
        })
    }
}

/// The work of a handler on one attempt.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Value, TaskError>> + Send>>;

#[async_trait]
impl<H: Handler + ?Sized> Handler for Arc<H> {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        (**self).call(input, context).await
    }

    fn refusal(&self, resource: &Resource) -> Option<String> {
        (**self).refusal(resource)
    }

    fn begin(self: Arc<Self>, attempt: Attempt) -> Answering {
        Self::clone(&self).begin(attempt)
    }
}

#[async_trait]
impl<H: Handler + ?Sized> Handler for Box<H> {
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        (**self).call(input, context).await
    }

    fn refusal(&self, resource: &Resource) -> Option<String> {
        (**self).refusal(resource)
    }
}

/// What can be registered as a handler: an async closure with one or two arguments, or a [`Handler`].
///
/// A closure serves if all of this is true:
///
/// * It takes one argument, the input, or two, the input and a [`TaskContext`].
/// * The type of the input is named, `|order: Order|`, and implements `serde::Deserialize`. It borrows nothing: `String`,
///   not `&str`.
/// * It is async: `|order: Order| async move { … }`.
/// * It returns `Result<T, TaskError>`, where `T` implements `serde::Serialize`. `?` turns every `std::error::Error` into
///   a [`TaskError`].
/// * It can be called again and again (`Fn`): it clones what its future needs before the `async move`.
/// * It is `Send`, `Sync` and `'static`, its future is `Send`: no `Rc`, and no guard of a `std::sync::Mutex`, lives
///   across an `.await`.
///
/// ```
/// use asl_engine::handlers::{Handler, TaskContext};
/// use asl_engine::{Interpreter, TaskError};
/// use serde_json::Value;
/// use std::sync::Arc;
///
/// # struct Till;
/// # #[async_trait::async_trait]
/// # impl Handler for Till {
/// #     async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> { Ok(input) }
/// # }
/// async fn bake(pizza: String) -> Result<String, TaskError> {
///     Ok(format!("a hot {pizza}"))
/// }
/// let till: Arc<dyn Handler> = Arc::new(Till);
/// let interpreter = Interpreter::new()
///     .function("Bake", bake)
///     .function("Charge", Arc::clone(&till))
///     .function("Deliver", |pizza: Value, context: TaskContext| async move { Ok(context.retry_count) })
///     .handler("arn:aws:states:::dynamodb:*", till);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot do the work of a task",
    label = "this is neither a fitting closure nor a `Handler`",
    note = "a closure has to pass this list:",
    note = "1. it takes one argument, the input, or two, the input and a `TaskContext`",
    note = "2. the input's type implements `serde::Deserialize` and borrows nothing: `String`, not `&str`",
    note = "3. it is async: `|order: Order| async move {{ … }}`",
    note = "4. it returns `Result<T, TaskError>`, and `T` implements `serde::Serialize`; `?` turns other errors into a `TaskError`",
    note = "5. it can be called more than once: clone what its future needs before the `async move`",
    note = "6. it is `Send + Sync + 'static`, and its future is `Send`: no `Rc`, and no `MutexGuard` across an `.await`"
)]
pub trait IntoHandler<Marker> {
    /// The handler it becomes.
    type Handler: Handler;

    /// Turns it into a handler.
    fn into_handler(self) -> Self::Handler;
}

/// Marks what is a handler already.
#[derive(Debug)]
pub struct OfHandler(());

impl<H: Handler> IntoHandler<OfHandler> for H {
    type Handler = H;

    fn into_handler(self) -> Self::Handler {
        self
    }
}
