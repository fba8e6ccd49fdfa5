//! A console that only reads: what would change something gives a reason, and does nothing.

use serde_json::json;

use super::super::server::{EXECUTION, MACHINE, Server, approval, orders};
use super::{Browser, execution, machine, open};

const REASON: &str = "This console is read-only";

#[tokio::test]
async fn what_would_change_something_says_why_not() {
    let server = Server::with(|console| console.read_only(true)).await;
    server.execution(&approval(), &json!({})).await;
    server.create("Failing", &orders()).await;
    server.begin("Failing", "first", &json!({ "price": 700 })).await;
    let Some(mut page) = open(server.address, &machine("Orders")).await else {
        return;
    };
    page.reads("#read-only", "read-only").await;
    refuses(&mut page, "Start execution").await;

    page.go(&execution("Orders", "first")).await;
    page.state_is("Ask, Task, running").await;
    refuses(&mut page, "Stop").await;
    refuses(&mut page, "Start again").await;
    page.click("tab", "Waiting").await;
    refuses(&mut page, "Answer Ask").await;

    page.go(&execution("Failing", "first")).await;
    page.reads(".failure", "Declined").await;
    refuses(&mut page, "Redrive").await;

    page.go(&format!("{}?tab=edit", machine("Orders"))).await;
    page.reads(".ed-state-words", "No change").await;
    page.fill("Definition", &orders().to_string()).await;
    page.reads(".ed-state-words", "Not saved · No errors").await;
    refuses(&mut page, "Save").await;
    page.click("button", "Discard changes").await;

    // Nothing has begun, ended or been saved.
    for (machine, running) in [(MACHINE.to_owned(), 1), (MACHINE.replace("Orders", "Failing"), 0)] {
        let listed = server
            .call("ListExecutions", json!({ "stateMachineArn": machine }))
            .await;
        let executions = listed["executions"].as_array().unwrap();
        let now = executions.iter().filter(|execution| execution["status"] == "RUNNING");
        assert_eq!((executions.len(), now.count()), (1, running), "{listed}");
    }
    let described = server
        .call("DescribeExecution", json!({ "executionArn": EXECUTION }))
        .await;
    assert_eq!(described["status"], "RUNNING");
    let machine = server
        .call("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }))
        .await;
    assert_eq!(machine["definition"], approval().to_string());
    page.leave().await;
}

/// Such a button can still be reached, tells its reason to those who see it and to those who hear it, and opens nothing.
async fn refuses(page: &mut Browser, name: &str) {
    page.wait_for(&format!(
        "[...document.querySelectorAll('button[aria-disabled=true]')].some((button) =>
           (button.ariaLabel ?? button.textContent) === {}
           && button.title === '{REASON}'
           && document.getElementById(button.getAttribute('aria-describedby')).textContent === '{REASON}')",
        json!(name)
    ))
    .await;
    page.evaluate("document.getElementById('announcement').textContent = ''")
        .await;
    page.click("button", name).await;
    page.wait_for(&format!(
        "document.getElementById('announcement').textContent.trim() === '{REASON}'"
    ))
    .await;
    assert_eq!(
        page.evaluate("document.querySelectorAll('dialog').length").await,
        json!(0)
    );
}
