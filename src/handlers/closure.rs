//! Closures as handlers.

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{Answering, Attempt, Handler, IntoHandler, TaskContext};
use crate::TaskError;
use crate::data::{MAX_NESTING, Payload, nests_within, to_bounded_value, typed};

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
    Fut: Future<Output = Result<R, TaskError>> + Send + 'static,
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
    Fut: Future<Output = Result<R, TaskError>> + Send + 'static,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    async fn call(&self, input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let answer = (self.closure)(typed_input(&input.into())?).await?;
        json_answer(answer)
    }

    fn begin(self: Arc<Self>, attempt: Attempt) -> Answering {
        Box::pin(async move {
            let input = typed_input(attempt.input())?;
            drop(attempt);
            json_answer((self.closure)(input).await?)
        })
    }
}

impl<F, Fut, T, R> IntoHandler<OfInputAndContext<T>> for F
where
    F: Fn(T, TaskContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<R, TaskError>> + Send + 'static,
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
    Fut: Future<Output = Result<R, TaskError>> + Send + 'static,
    T: DeserializeOwned + Send + 'static,
    R: Serialize + 'static,
{
    async fn call(&self, input: Value, context: TaskContext) -> Result<Value, TaskError> {
        let answer = (self.closure)(typed_input(&input.into())?, context).await?;
        json_answer(answer)
    }

    fn begin(self: Arc<Self>, attempt: Attempt) -> Answering {
        Box::pin(async move {
            let input = typed_input(attempt.input())?;
            json_answer((self.closure)(input, attempt.into_context()).await?)
        })
    }
}

fn typed_input<T: DeserializeOwned + 'static>(input: &Payload) -> Result<T, TaskError> {
    typed(input).map_err(|error| TaskError::new("InvalidInput", format!("the input does not fit the handler: {error}")))
}

fn json_answer<R: Serialize + 'static>(mut answer: R) -> Result<Value, TaskError> {
    let json = match (&mut answer as &mut dyn Any).downcast_mut::<Value>() {
        Some(json) if nests_within(json, MAX_NESTING) => Ok(json.take()),
        _ => to_bounded_value(answer),
    };
    json.map_err(|error| {
        TaskError::new(
            "InvalidOutput",
            format!("the answer cannot be written as JSON: {error}"),
        )
    })
}
