//! Closures as handlers.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;
use std::marker::PhantomData;

use super::{Handler, IntoHandler, TaskContext};
use crate::TaskError;
use crate::data::to_bounded_value;

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
