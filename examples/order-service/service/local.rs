//! The services of AWS that the state machine calls, in the tables of this service: what `--aws` sends to AWS stays here.

use asl_engine::handlers::TaskContext;
use asl_engine::{Interpreter, TaskError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tables::{Message, Tables};

/// `PutItem` of a table whose key is `OrderId`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutItem {
    table_name: String,
    item: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessage {
    queue_url: String,
    message_body: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Publish {
    topic_arn: String,
    message: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutEvents {
    entries: Vec<PutEventsEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutEventsEntry {
    event_bus_name: String,
    source: String,
    detail_type: String,
    detail: Value,
}

/// Registers the services.
pub(crate) fn register(interpreter: Interpreter, tables: &Tables) -> Interpreter {
    let (items, messages, notes, events) = (tables.clone(), tables.clone(), tables.clone(), tables.clone());
    interpreter
        .task("arn:aws:states:::dynamodb:putItem", move |request| {
            put_item(items.clone(), request)
        })
        .task(
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            move |request, task| send_message(messages.clone(), request, task),
        )
        .task("arn:aws:states:::sns:publish", move |request, task| {
            publish(notes.clone(), request, task)
        })
        .task("arn:aws:states:::events:putEvents", move |request, task| {
            put_events(events.clone(), request, task)
        })
}

async fn put_item(tables: Tables, request: PutItem) -> Result<Value, TaskError> {
    let PutItem { table_name, item } = request;
    let key = item.get("OrderId").and_then(|id| id["S"].as_str());
    let Some(key) = key.map(str::to_owned) else {
        let cause = "One or more parameter values were invalid: Missing the key OrderId in the item";
        return Err(TaskError::new("DynamoDB.ValidationException", cause));
    };
    let item = Value::Object(item).to_string();
    tables
        .change(move |tables| tables.put_item(&table_name, &key, &item))
        .await?;
    Ok(json!({}))
}

async fn send_message(tables: Tables, request: SendMessage, task: TaskContext) -> Result<Value, TaskError> {
    let id = send(&tables, "sqs", (request.queue_url, request.message_body), &task, 0).await?;
    Ok(json!({ "MessageId": id }))
}

async fn publish(tables: Tables, request: Publish, task: TaskContext) -> Result<Value, TaskError> {
    let id = send(&tables, "sns", (request.topic_arn, request.message), &task, 0).await?;
    Ok(json!({ "MessageId": id }))
}

async fn put_events(tables: Tables, request: PutEvents, task: TaskContext) -> Result<Value, TaskError> {
    let mut entries = Vec::new();
    for (number, entry) in request.entries.into_iter().enumerate() {
        let body = json!({ "source": entry.source, "detail-type": entry.detail_type, "detail": entry.detail });
        let id = send(&tables, "events", (entry.event_bus_name, body), &task, number).await?;
        entries.push(json!({ "EventId": id }));
    }
    Ok(json!({ "Entries": entries, "FailedEntryCount": 0 }))
}

/// Sends one of an attempt's messages; returns its id.
async fn send(
    tables: &Tables,
    service: &'static str,
    (destination, body): (String, Value),
    task: &TaskContext,
    number: usize,
) -> Result<String, TaskError> {
    let attempt = format!("{}#{number}", task.attempt_id());
    let message = Message {
        attempt: attempt.clone(),
        service,
        destination,
        body: body.to_string(),
    };
    tables.change(move |tables| tables.send(&message)).await?;
    Ok(attempt)
}
