//! An execution that is started, watched, fails, is understood, redriven and succeeds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use asl_engine::{Interpreter, TaskError};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::super::server::{EXECUTION, Server, orders};
use super::{execution, machine, open};

/// A function whose calls come to an end when the test wants it: they fail until it is mended.
#[derive(Clone, Default)]
struct Till {
    goes_on: Arc<Notify>,
    is_mended: Arc<AtomicBool>,
}

impl Till {
    async fn charge(self, order: Value) -> Result<Value, TaskError> {
        self.goes_on.notified().await;
        if self.is_mended.load(Ordering::Relaxed) {
            Ok(json!({ "paid": order["total"] }))
        } else {
            Err(TaskError::new("Declined", "the line to the bank is down"))
        }
    }

    async fn server(&self) -> Server {
        let till = self.clone();
        let interpreter = Interpreter::new().function("Charge", move |order: Value| till.clone().charge(order));
        Server::of(interpreter, |console| console).await
    }
}

#[tokio::test]
async fn an_execution_fails_is_understood_and_is_redriven_to_success() {
    let till = Till::default();
    let server = till.server().await;
    server.create("Orders", &orders()).await;
    let Some(mut page) = open(server.address, &machine("Orders")).await else {
        return;
    };

    // What is no JSON is not sent; the place of the mistake is told.
    page.click("button", "Start execution").await;
    page.fill("Name", "first").await;
    page.fill("Input", "{\n  \"price\": 7,\n}").await;
    page.reads("dialog .problem", "Line 3, column 1").await;
    page.click("button", "Start").await;
    page.wait_for("document.activeElement.matches('dialog textarea')").await;
    page.fill("Input", r#"{ "price": 7 }"#).await;
    page.click("button", "Start").await;
    page.wait_for(&format!(
        "decodeURIComponent(location.hash) === '{}'",
        execution("Orders", "first")
    ))
    .await;

    // It is seen as it goes.
    page.state_is("Charge, Task, running").await;
    let states = [
        "Add, Pass, succeeded",
        "Charge, Task, running",
        "Done, Succeed, not visited",
        "Refused, Fail, not visited",
    ];
    assert_eq!(page.states().await, states);
    assert_eq!(page.text(".title-line .status").await, "Running");
    till.goes_on.notify_one();
    page.state_is("Charge, Task, failed").await;
    assert_eq!(colours(&mut page).await, 3, "done, failed and not visited");

    // What failed is said in words, and is one click away.
    page.reads(".failure h2", "Charge").await;
    let failure = page.text(".failure").await;
    for words in [
        "failed",
        "Charge was called once",
        "No Retrier took the error",
        "Declined",
        "the line to the bank is down",
    ] {
        assert!(failure.contains(words), "{words}: {failure}");
    }
    page.click("button", "Show the state").await;
    page.reads(".inspector h2", "Charge").await;
    page.reads(".inspector", "Declined").await;

    till.is_mended.store(true, Ordering::Relaxed);
    page.click("button", "Redrive").await;
    page.reads("dialog", "where it failed").await;
    page.click("button", "Redrive").await;
    page.state_is("Charge, Task, running").await;
    till.goes_on.notify_one();
    page.reads(".title-line .status", "Succeeded").await;
    page.state_is("Done, Succeed, succeeded").await;
    page.wait_for("document.querySelector('.failure').hidden").await;
    page.reads(".view-head .facts", "1 time").await;
    page.reads(".events-table", "ExecutionRedriven").await;
    page.click("tab", "Input and output").await;
    page.reads("[role=tabpanel]", "\"sum\"").await;

    let described = server
        .call("DescribeExecution", json!({ "executionArn": EXECUTION }))
        .await;
    assert_eq!(
        (&described["status"], &described["redriveCount"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    page.leave().await;
}

/// How many colours the states of the diagram have around them.
async fn colours(page: &mut super::Browser) -> u64 {
    let colours =
        "new Set([...document.querySelectorAll('.node .shape')].map((shape) => getComputedStyle(shape).stroke)).size";
    page.evaluate(colours).await.as_u64().unwrap()
}

#[tokio::test]
async fn what_begins_and_ends_elsewhere_is_seen_at_once() {
    let till = Till::default();
    let server = till.server().await;
    server.create("Orders", &orders()).await;
    let Some(mut page) = open(server.address, &machine("Orders")).await else {
        return;
    };
    page.reads(".executions-table", "No execution yet.").await;
    server.begin("Orders", "first", &json!({ "price": 1 })).await;
    page.reads(".executions-table [role=row]", "first").await;
    page.reads(".executions-table .status", "Running").await;
    till.goes_on.notify_one();
    page.reads(".executions-table .status", "Failed").await;
    // The filter is the server's.
    page.evaluate(
        "{ const status = document.querySelector('[aria-label=\"Filter by status\"]');
           status.value = 'SUCCEEDED';
           status.dispatchEvent(new Event('change')); }",
    )
    .await;
    page.reads(".executions-table", "No execution with the status succeeded.")
        .await;
    page.leave().await;
}
