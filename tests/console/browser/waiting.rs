//! What waits: it is answered by its token, or stopped.

use serde_json::json;

use super::super::server::{Server, approval};
use super::{execution, open};

#[tokio::test]
async fn a_task_that_waits_for_its_token_is_answered() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let Some(mut page) = open(server.address, &execution("Orders", "first")).await else {
        return;
    };
    page.click("tab", "Waiting").await;
    page.click("button", "Answer Ask").await;
    page.fill("Output", r#"{ "yes": true }"#).await;
    page.click("button", "Send").await;
    page.reads(".title-line .status", "Succeeded").await;
    // Nothing waits any more, and what was answered is the output.
    page.wait_for("![...document.querySelectorAll('[role=tab]')].some((tab) => !tab.hidden && tab.textContent.startsWith('Waiting'))")
        .await;
    page.click("tab", "Input and output").await;
    page.reads("[role=tabpanel]", "\"yes\"").await;
    page.leave().await;
}

#[tokio::test]
async fn an_execution_is_stopped_with_a_reason() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let Some(mut page) = open(server.address, &execution("Orders", "first")).await else {
        return;
    };
    page.state_is("Ask, Task, running").await;
    page.click("button", "Stop").await;
    page.fill("Error", "Stopped.ByHand").await;
    page.fill("Cause", "nobody asks any more").await;
    page.click("button", "Stop it").await;
    page.reads(".title-line .status", "Aborted").await;
    page.reads(".failure", "The execution was stopped").await;
    page.reads(".failure", "Stopped.ByHand").await;
    page.reads(".failure", "nobody asks any more").await;
    page.state_is("Ask, Task, aborted").await;
    page.leave().await;
}
