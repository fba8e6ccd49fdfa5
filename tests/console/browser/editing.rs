//! A definition that is edited: its mistakes, its diagram, a run in virtual time, and what becomes of what runs.

use serde_json::{Value, json};

use super::super::server::{MACHINE, Server, approval};
use super::{Browser, function, machine, open};

/// What the editor says of its text.
const SAID: &str = ".ed-state-words";

#[tokio::test]
async fn a_definition_is_mended_and_saved() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let Some(mut page) = open(server.address, &format!("{}?tab=edit", machine("Orders"))).await else {
        return;
    };
    page.reads(SAID, "No change").await;
    assert_eq!(why_not(&mut page, "Save").await, "Nothing has been changed");

    page.fill("Definition", &definition("Shipp")).await;
    page.reads(".ed-problem", "line 6").await;
    page.reads(".ed-problem", "Shipp").await;
    page.reads(".ed-excerpt", "^^^").await;
    page.reads(".ed-help", "did you mean 'Ship'").await;
    assert_eq!(why_not(&mut page, "Save").await, "The text has errors");

    page.fill("Definition", &definition("Ship")).await;
    page.reads(".ed-fine", "No errors, no warnings").await;
    page.state_is("Ship, Pass").await;
    page.reads(SAID, "Not saved").await;
    page.click("button", "Save").await;
    page.reads(SAID, "No change").await;
    let described = server
        .call("DescribeStateMachine", json!({ "stateMachineArn": MACHINE }))
        .await;
    assert_eq!(described["definition"], definition("Ship"));
    page.leave().await;
}

#[tokio::test]
async fn a_definition_runs_with_answers_that_somebody_gives() {
    let server = Server::start().await;
    let Some(mut page) = open(server.address, "#/editor").await else {
        return;
    };
    page.reads(SAID, "No errors").await;
    page.fill("Definition", &definition("Ship")).await;
    page.state_is("Charge, Task").await;
    page.fill("Input", r#"{ "total": 5 }"#).await;
    page.click("button", "Run").await;
    page.reads(".ed-asked h3", "Charge").await;
    page.reads(".ed-asked", "\"total\"").await;
    page.click("radio", "An error").await;
    page.fill("The error's name", "Busy").await;
    page.click("button", "Answer and go on").await;
    // A Retrier waits a day, which takes no time here.
    page.reads(".ed-asked h3", "attempt 2").await;
    page.click("radio", "A value").await;
    page.fill("The value", r#"{ "paid": 5 }"#).await;
    page.click("button", "Answer and go on").await;
    page.reads(".ed-ending", "Succeeded").await;
    page.reads(".ed-ending", "24 h 00 min").await;
    page.reads(".ed-ending", "\"paid\"").await;
    page.reads(".ed-answers", "fails with Busy").await;
    page.leave_unsaved().await;
}

#[tokio::test]
async fn what_runs_is_tried_on_the_edited_definition() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let Some(mut page) = open(server.address, &format!("{}?tab=edit", machine("Orders"))).await else {
        return;
    };
    page.reads(SAID, "No change").await;
    let mut slower = approval();
    slower["States"]["Ask"]["TimeoutSeconds"] = json!(600);
    page.fill("Definition", &slower.to_string()).await;
    page.click("tab", "Would it finish what runs?").await;
    page.click("button", "Try it").await;
    page.reads(".ed-verdicts li", "Goes on").await;

    let renamed = approval().to_string().replace("\"Ask\":", "\"Wait\":");
    let renamed = renamed.replace("\"StartAt\":\"Ask\"", "\"StartAt\":\"Wait\"");
    page.fill("Definition", &renamed).await;
    page.click("button", "Try it").await;
    page.reads(".ed-verdicts li", "Cannot go on").await;
    page.reads(
        ".ed-verdicts li",
        "it is in 'Ask', which the edited definition does not have",
    )
    .await;
    page.leave_unsaved().await;
}

/// An order that is charged; the state that follows is on line 6.
fn definition(next: &str) -> String {
    format!(
        r#"{{
  "StartAt": "Charge",
  "States": {{
    "Charge": {{
      "Type": "Task", "Resource": {},
      "Next": "{next}",
      "Retry": [{{ "ErrorEquals": ["Busy"], "IntervalSeconds": 86400 }}]
    }},
    "Ship": {{ "Type": "Pass", "End": true }}
  }}
}}"#,
        function("Charge")
    )
}

/// The reason that a button gives for not being of use.
async fn why_not(page: &mut Browser, button: &str) -> Value {
    let button = json!(button);
    page.evaluate(&format!(
        "[...document.querySelectorAll('button[aria-disabled=true]')].find((known) => known.textContent === {button})?.title"
    ))
    .await
}

impl Browser {
    /// Ends a test whose text is not saved: the browser would ask whether one means it.
    async fn leave_unsaved(mut self) {
        self.click("button", "Discard changes").await;
        self.leave().await;
    }
}
