//! Orders, each an execution of the state machine under the order's id.

use asl_engine::history::{ErrorOutput, HistoryEvent};
use asl_engine::server::StepFunctions;
use asl_engine::services::step_functions::StepFunctionsError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Mutex;

use super::order::{Item, Order, Shipment};
use super::progress::{CANCELLED, Place, Progress, in_words};

/// The orders of a shop.
#[derive(Clone)]
pub(crate) struct Orders {
    api: StepFunctions,
    /// The ARN of the version that new orders are started with.
    version: String,
    /// Orders of the same id are placed one after the other, so that one answer alone says that it is new.
    placing: Arc<[Mutex<()>; LANES]>,
}

/// How many orders may be placed at once.
const LANES: usize = 64;

/// Why something is not done.
#[derive(Debug)]
pub(crate) enum OrderError {
    NotFound,
    /// The order is another, or no longer in the state for it.
    Conflict(String),
    /// It cannot be done now; the same may be asked for again a moment later.
    NotYet(String),
    /// The service cannot do it now: its store does not write, or it is closing.
    Unavailable(String),
    Internal(String),
}

/// An order as clients see it. The token of its card is nobody's business.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderView {
    order_id: String,
    customer: String,
    items: Vec<Item>,
    /// The status of the execution, in AWS's words.
    status: String,
    /// The version of the definition that it was started with.
    version: Option<String>,
    placed_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    /// Where it is, while it runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    at: Vec<Place>,
    /// Whether the warehouse was told, and is waited for: the order can be shipped, or cancelled.
    awaits_shipment: bool,
    /// The order's outcome, once it is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// Why an order failed.
#[derive(Debug, Serialize)]
struct Failure {
    error: Option<String>,
    /// A sentence for people.
    message: String,
}

/// The answer of `DescribeExecution`, as far as it matters here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    status: String,
    start_date: f64,
    stop_date: Option<f64>,
    input: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
    state_machine_version_arn: Option<String>,
}

impl Orders {
    pub(crate) fn new(api: StepFunctions, version: String) -> Self {
        Self {
            api,
            version,
            placing: Arc::new(std::array::from_fn(|_| Mutex::default())),
        }
    }

    /// How many executions run.
    pub(crate) fn running(&self) -> usize {
        self.api.interpreter().running()
    }

    /// Places an order. The same order again is the one that was placed: the flag tells whether it is new.
    pub(crate) async fn place(&self, order: &Order) -> Result<(OrderView, bool), OrderError> {
        let id = &order.order_id;
        let _alone = self.lane(id).lock().await;
        if let Some(known) = self.known(id).await? {
            return Ok((self.same(order, known).await?, false));
        }
        let input = serde_json::to_string(order).map_err(|error| OrderError::Internal(error.to_string()))?;
        let start = json!({ "stateMachineArn": self.version, "name": id, "input": input });
        match self.api.call("StartExecution", start).await {
            Ok(_) => Ok((self.find(id).await?, true)),
            // It is older than what the API tells of.
            Err(error) if error.code() == "ExecutionAlreadyExists" => {
                let known = self.known(id).await?.ok_or(OrderError::NotFound)?;
                Ok((self.same(order, known).await?, false))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The lane of all requests that place an order of this id.
    fn lane(&self, id: &str) -> &Mutex<()> {
        let sum = id.bytes().map(usize::from).sum::<usize>();
        let [first, ..] = &*self.placing;
        self.placing.get(sum % LANES).unwrap_or(first)
    }

    pub(crate) async fn find(&self, id: &str) -> Result<OrderView, OrderError> {
        Ok(self.look_at(id).await?.0)
    }

    /// Answers the task that waits for the warehouse. The same shipment again changes nothing.
    pub(crate) async fn ship(&self, id: &str, shipment: &Shipment) -> Result<OrderView, OrderError> {
        let (order, progress) = self.look_at(id).await?;
        let Some(token) = progress.task_token().filter(|_| order.is_running()) else {
            let shipped = order.outcome.as_ref().and_then(|outcome| outcome["parcel"].as_str());
            return match shipped {
                Some(parcel) if parcel == shipment.parcel => Ok(order),
                Some(parcel) => Err(OrderError::Conflict(format!("it was shipped as parcel {parcel}"))),
                None => Err(order.unfit("to be shipped")),
            };
        };
        let answer = json!({ "taskToken": token, "output": json!(shipment).to_string() });
        self.answer("SendTaskSuccess", answer).await?;
        self.find(id).await
    }

    /// Cancels an order that waits for the warehouse: its state machine undoes what was done for it.
    pub(crate) async fn cancel(&self, id: &str) -> Result<OrderView, OrderError> {
        let (order, progress) = self.look_at(id).await?;
        if progress.is_cancelled {
            return Ok(order);
        }
        let Some(token) = progress.task_token().filter(|_| order.is_running()) else {
            return Err(order.unfit("to be cancelled"));
        };
        let answer = json!({ "taskToken": token, "error": CANCELLED, "cause": "the order was cancelled" });
        self.answer("SendTaskFailure", answer).await?;
        self.find(id).await
    }

    async fn answer(&self, action: &str, answer: Value) -> Result<(), OrderError> {
        match self.api.call(action, answer).await {
            Ok(_) => Ok(()),
            Err(error) if matches!(error.code(), "TaskTimedOut" | "InvalidToken" | "TaskDoesNotExist") => {
                let message = "something else happened to it at the same time: look at it again";
                Err(OrderError::Conflict(message.to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The view of an order that is there already, unless it is another.
    async fn same(&self, order: &Order, known: Execution) -> Result<OrderView, OrderError> {
        if known.order()? == *order {
            return self.find(&order.order_id).await;
        }
        let message = "there is another order with this id: the same id can only be sent with the same order";
        Err(OrderError::Conflict(message.to_owned()))
    }

    async fn look_at(&self, id: &str) -> Result<(OrderView, Progress), OrderError> {
        let execution = self.known(id).await?.ok_or(OrderError::NotFound)?;
        let progress = self.progress(id).await?;
        Ok((OrderView::of(execution, &progress)?, progress))
    }

    async fn known(&self, id: &str) -> Result<Option<Execution>, OrderError> {
        let request = json!({ "executionArn": arn(id) });
        match self.api.call("DescribeExecution", request).await {
            Ok(described) => match serde_json::from_value(described) {
                Ok(execution) => Ok(Some(execution)),
                Err(error) => Err(OrderError::Internal(error.to_string())),
            },
            Err(error) if error.code() == "ExecutionDoesNotExist" => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn progress(&self, id: &str) -> Result<Progress, OrderError> {
        const PAGE: usize = 1_000;

        let mut history: Vec<HistoryEvent> = Vec::new();
        loop {
            let after = history.last().map_or(0, |event| event.id);
            let page = self.api.interpreter().stored_history(&arn(id), after, PAGE).await;
            let page = page.map_err(|error| OrderError::Unavailable(error.to_string()))?;
            let is_last = page.len() < PAGE;
            history.extend(page);
            if is_last {
                return Ok(Progress::of(&history));
            }
        }
    }
}

impl OrderView {
    fn of(execution: Execution, progress: &Progress) -> Result<Self, OrderError> {
        let order = execution.order()?;
        let is_running = execution.status == "RUNNING";
        let outcome = execution.output.as_deref().map(serde_json::from_str).transpose();
        let version = execution.state_machine_version_arn.as_deref();
        let failure = (!is_running && execution.output.is_none()).then(|| Failure::of(&execution, progress));
        Ok(Self {
            order_id: order.order_id,
            customer: order.customer,
            items: order.items,
            version: version.and_then(|arn| arn.rsplit(':').next()).map(str::to_owned),
            placed_at: time(execution.start_date),
            ended_at: execution.stop_date.map(time),
            awaits_shipment: is_running && progress.task_token().is_some(),
            at: if is_running {
                progress.places.clone()
            } else {
                Vec::new()
            },
            outcome: outcome.map_err(|error| OrderError::Internal(error.to_string()))?,
            failure,
            status: execution.status,
        })
    }

    fn is_running(&self) -> bool {
        self.status == "RUNNING"
    }

    /// Why nothing can be done that needs an order which waits for the warehouse.
    fn unfit(&self, to: &str) -> OrderError {
        if !self.is_running() {
            return OrderError::Conflict(format!("it has ended with the status {}", self.status));
        }
        let states: Vec<_> = self.at.iter().map(|place| format!("`{}`", place.state)).collect();
        OrderError::NotYet(format!(
            "it is at {}, and has to wait for its shipment {to}: ask again in a moment",
            states.join(" and ")
        ))
    }
}

impl Failure {
    fn of(execution: &Execution, progress: &Progress) -> Self {
        let failure = ErrorOutput {
            error: execution.error.clone(),
            cause: execution.cause.clone(),
        };
        let reason = match (failure.error.as_deref(), failure.cause.as_deref()) {
            (Some("States.Timeout"), _) => "it took too long".to_owned(),
            (
                Some("UnknownProduct" | "OutOfStock" | "OrderTooLarge" | "CardDeclined" | "PaymentBusy" | CANCELLED),
                Some(cause),
            ) => cause.to_owned(),
            _ => in_words(&failure),
        };
        let message = match progress.places.last() {
            Some(place) if !progress.is_undone => {
                let state = &place.state;
                format!("{reason}; it stopped at `{state}` with work undone, and goes on from there with a redrive")
            }
            _ => reason,
        };
        Self {
            error: failure.error,
            message,
        }
    }
}

impl Execution {
    fn order(&self) -> Result<Order, OrderError> {
        serde_json::from_str(&self.input).map_err(|error| OrderError::Internal(error.to_string()))
    }
}

impl From<StepFunctionsError> for OrderError {
    fn from(error: StepFunctionsError) -> Self {
        match error.code() {
            // Of this API, the error of a store that does not write and of an interpreter that is shut down.
            "InternalServerError" | "ExecutionLimitExceeded" => Self::Unavailable(error.message().to_owned()),
            _ => Self::Internal(error.to_string()),
        }
    }
}

fn arn(id: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:Order:{id}")
}

fn time(seconds: f64) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
    let millis = (seconds * 1000.0).round() as i64;
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
