//! The trait of task handlers, and its implementation for closures.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::marker::PhantomData;

use super::TaskContext;
use crate::TaskError;
use crate::data::to_bounded_value;

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
pub trait Handler: Send + Sync + 'static {
    /// Does one attempt of a task. `input` is the state's effective input, the answer its raw result.
    ///
    /// Errors go through the state's Retry and Catch, which match [`TaskError::error`].
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError>;
}

/// Types that can be registered as a handler: async closures with one or two arguments.
///
/// The closure must be `Fn`, `Send`, `Sync` and `'static`; its future `Send`; and it must return
/// `Result<R, TaskError>`. Where the compiler says that a closure does not implement this trait, it is one of these:
/// name the input's type (`|order: Order|`), clone what the future needs before its `async move`, and turn foreign
/// errors into a [`TaskError`] with `?`.
pub trait IntoHandler<Marker> {
    /// The handler it becomes.
    type Handler: Handler;

    /// Turns it into a handler.
    fn into_handler(self) -> Self::Handler;
}

/// A closure as a [`Handler`].
#[derive(Debug)]
pub struct ClosureHandler<F, Marker> {
    closure: F,
    marker: PhantomData<fn() -> Marker>,
}

/// Marks a closure of the input alone.
#[derive(Debug)]
pub struct OfInput<T>(PhantomData<T>);

/// Marks a closure of the input and the context.
#[derive(Debug)]
pub struct OfInputAndContext<T>(PhantomData<T>);

impl<F, Fut, T, R> IntoHandler<OfInput<T>> for F
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, TaskError>> + Send,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    type Handler = ClosureHandler<F, OfInput<T>>;

    fn into_handler(self) -> Self::Handler {
        ClosureHandler {
            closure: self,
            marker: PhantomData,
        }
    }
}

#[async_trait]
impl<F, Fut, T, R> Handler for ClosureHandler<F, OfInput<T>>
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, TaskError>> + Send,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let answer = (self.closure)(typed_input(input)?).await?;
        json_answer(answer)
    }
}

impl<F, Fut, T, R> IntoHandler<OfInputAndContext<T>> for F
where
    F: Fn(T, TaskContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, TaskError>> + Send,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    type Handler = ClosureHandler<F, OfInputAndContext<T>>;

    fn into_handler(self) -> Self::Handler {
        ClosureHandler {
            closure: self,
            marker: PhantomData,
        }
    }
}

#[async_trait]
impl<F, Fut, T, R> Handler for ClosureHandler<F, OfInputAndContext<T>>
where
    F: Fn(T, TaskContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, TaskError>> + Send,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let answer = (self.closure)(typed_input(input)?, context).await?;
        json_answer(answer)
    }
}

fn typed_input<T: DeserializeOwned>(input: Value) -> Result<T, TaskError> {
    serde_json::from_value(input)
        .map_err(|error| TaskError::new("InvalidInput", format!("the input does not fit the handler: {error}")))
}

fn json_answer<R: Serialize>(answer: R) -> Result<Value, TaskError> {
    to_bounded_value(answer).map_err(|error| {
        TaskError::new(
            "InvalidOutput",
            format!("the answer cannot be written as JSON: {error}"),
        )
    })
}
