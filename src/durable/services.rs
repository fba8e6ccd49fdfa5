//! Services of Restate whose names are known only when a worker starts.

use futures_util::future::{BoxFuture, FutureExt as _};
use restate_sdk::discovery;
use restate_sdk::endpoint::{ContextInternal, Error};
use restate_sdk::errors::{HandlerError, TerminalError};
use restate_sdk::serde::Serialize;
use restate_sdk::service::macro_support::service_definition;
use restate_sdk::service::{Service, ServiceDefinition};
use serde::Serialize as SerializeText;
use std::any::Any;
use std::collections::HashMap;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use super::messages::Message;

/// How long Restate waits for a worker that says nothing before it takes it for hanging: a handler may work as long as a task
/// on AWS, a year. A worker that is gone is noticed at once, since its connection is.
const SILENCE: Duration = Duration::from_hours(366 * 24);

/// How long a second call of an object under the idempotency key of a first one counts as that one: longer than a client tries.
const REPEATED: Duration = Duration::from_mins(10);

/// Between two tries to reach a worker.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// What a handler of a service does with a call. It ends the call itself, by [`answer`].
pub(super) type Handle = dyn Fn(ContextInternal) -> BoxFuture<'static, ()> + Send + Sync;

/// A handler: its name, whether it runs beside others of its key, and what it does.
pub(super) struct Handler {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) handle: Arc<Handle>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of a service without keys.
    Plain,
    /// The one that runs once for each key of a workflow; its result and the workflow's state are kept so long.
    Workflow { kept: Duration },
    /// Beside it.
    Shared,
    /// Of an object: one after the other for each key.
    Exclusive,
}

struct Dispatcher(Vec<Handler>);

impl Service for Dispatcher {
    type Future = BoxFuture<'static, Result<(), Error>>;

    fn handle(&self, context: ContextInternal) -> Self::Future {
        let handler = self.0.iter().find(|handler| handler.name == context.handler_name());
        let Some(handler) = handler else {
            let unknown = Error::unknown_handler(context.service_name(), context.handler_name());
            return Box::pin(std::future::ready(Err(unknown)));
        };
        let (handle, after_panic) = (Arc::clone(&handler.handle), context.clone());
        Box::pin(async move {
            // A defect, such as one of the core: the call is tried again, so that a release without it goes on. Others on the
            // connection do not suffer from it.
            let handling = AssertUnwindSafe(async move { handle(context).await });
            if let Err(panic) = handling.catch_unwind().await {
                let (service, handler) = (after_panic.service_name(), after_panic.handler_name());
                let text = panic_text(&*panic);
                tracing::error!(service, handler, text, "a worker panicked, and will try again");
                let error = io::Error::other(format!("the worker panicked: {text}"));
                answer::<Message<()>>(&after_panic, Err(error.into()));
            }
            Ok(())
        })
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a word")
}

/// A handler that answers with a message.
pub(super) fn handler<T, F>(
    name: &'static str,
    kind: Kind,
    handle: impl Fn(ContextInternal) -> F + Send + Sync + 'static,
) -> Handler
where
    T: SerializeText + 'static,
    F: Future<Output = Result<T, TerminalError>> + Send + 'static,
{
    let handle = move |context: ContextInternal| -> BoxFuture<'static, ()> {
        let handling = handle(context.clone());
        Box::pin(async move {
            let handled = handling.await.map(Message);
            answer(&context, handled.map_err(Into::into));
        })
    };
    Handler {
        name,
        kind,
        handle: Arc::new(handle),
    }
}

/// Ends a call.
pub(super) fn answer<T: Serialize>(context: &ContextInternal, result: Result<T, HandlerError>) {
    context.handle_handler_result(result);
    context.end();
}

/// A service, of the kind of its first handler. Errors if Restate does not take its name.
pub(super) fn service(name: &str, handlers: Vec<Handler>) -> Result<ServiceDefinition, String> {
    let ty = match handlers.first().map(|handler| handler.kind) {
        Some(Kind::Workflow { .. } | Kind::Shared) => discovery::ServiceType::Workflow,
        Some(Kind::Exclusive) => discovery::ServiceType::VirtualObject,
        Some(Kind::Plain) | None => discovery::ServiceType::Service,
    };
    let does_tasks = ty == discovery::ServiceType::Service;
    let refused = |error| format!("Restate takes no service of the name `{name}`: {error}");
    let described = handlers.iter().map(described).collect::<Result<_, _>>()?;
    let discovered = discovery::Service {
        ty,
        name: discovery::ServiceName::try_from(name.to_owned()).map_err(refused)?,
        handlers: described,
        documentation: None,
        metadata: HashMap::new(),
        abort_timeout: does_tasks.then(|| milliseconds(SILENCE)),
        inactivity_timeout: does_tasks.then(|| milliseconds(SILENCE)),
        journal_retention: None,
        idempotency_retention: (ty == discovery::ServiceType::VirtualObject).then(|| milliseconds(REPEATED)),
        enable_lazy_state: Some(true),
        ingress_private: Some(does_tasks),
        retry_policy_initial_interval: Some(milliseconds(FIRST_RETRY)),
        retry_policy_max_interval: Some(milliseconds(LAST_RETRY)),
        retry_policy_max_attempts: Some(u64::from(u32::MAX)),
        retry_policy_exponentiation_factor: Some(2.0),
        retry_policy_on_max_attempts: None,
    };
    Ok(service_definition(Dispatcher(handlers), discovered))
}

fn described(handler: &Handler) -> Result<discovery::Handler, String> {
    let kept = match handler.kind {
        Kind::Workflow { kept } => Some(milliseconds(kept)),
        Kind::Plain | Kind::Shared | Kind::Exclusive => None,
    };
    let any = discovery::InputPayload {
        content_type: Some("*/*".to_owned()),
        json_schema: None,
        required: Some(false),
    };
    let json = discovery::OutputPayload {
        content_type: Some("application/json".to_owned()),
        json_schema: None,
        set_content_type_if_empty: Some(false),
    };
    Ok(discovery::Handler {
        name: discovery::HandlerName::try_from(handler.name).map_err(|error| error.to_string())?,
        input: Some(any),
        output: Some(json),
        ty: match handler.kind {
            Kind::Plain => None,
            Kind::Workflow { .. } => Some(discovery::HandlerType::Workflow),
            Kind::Shared => Some(discovery::HandlerType::Shared),
            Kind::Exclusive => Some(discovery::HandlerType::Exclusive),
        },
        documentation: None,
        metadata: HashMap::new(),
        abort_timeout: None,
        inactivity_timeout: None,
        journal_retention: None,
        idempotency_retention: None,
        workflow_completion_retention: kept,
        enable_lazy_state: None,
        ingress_private: None,
        retry_policy_initial_interval: None,
        retry_policy_max_interval: None,
        retry_policy_max_attempts: None,
        retry_policy_exponentiation_factor: None,
        retry_policy_on_max_attempts: None,
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
