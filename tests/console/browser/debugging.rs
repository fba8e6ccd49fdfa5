//! An execution that failed, stepped through, answered otherwise, and kept as a test that passes.

use std::fs;

use asl_engine::test_file::{CaseResult, Suite};
use serde_json::json;

use super::super::devtools::Folder;
use super::super::server::{Server, orders};
use super::{Browser, execution, open};

/// What is shown of the event one stands at.
const EVENT: &str = ".dbg-where .dbg-event";

/// The debugger of an order that was refused.
async fn debugger(server: &Server) -> Option<Browser> {
    server.execution(&orders(), &json!({ "price": 700 })).await;
    let place = format!("{}?view=debugger", execution("Orders", "first"));
    open(server.address, &place).await
}

#[tokio::test]
async fn each_event_shows_the_data_and_what_changed() {
    let server = Server::start().await;
    let Some(mut page) = debugger(&server).await else {
        return;
    };

    // It begins where it failed.
    page.reads(EVENT, "LambdaFunctionFailed").await;
    page.reads(".dbg-visit", "Declined: no funds").await;

    page.click("button", "First event").await;
    page.reads(EVENT, "ExecutionStarted").await;
    page.press(">").await;
    page.reads(EVENT, "PassStateEntered").await;
    assert_eq!(page.text(".dbg-visit h2").await, "Add");
    page.state_is("Charge, Task, not visited").await;
    // What comes later is told, and not yet as if it were there.
    page.reads(".dbg-later summary", "Output").await;
    page.press(".").await;
    page.reads(EVENT, "PassStateExited").await;
    page.reads(".dbg-stages", "another value than Raw input").await;
    page.reads(".dbg-stages", "701").await;

    // Where one stands is in the address: a reload comes back to it.
    page.wait_for("location.hash.includes('event=3')").await;
    page.evaluate("window.isOld = true").await;
    page.reload().await;
    page.wait_for("!window.isOld && document.querySelector('.dbg-where')")
        .await;
    page.reads(EVENT, "PassStateExited").await;
    page.press("x").await;
    page.reads(EVENT, "LambdaFunctionFailed").await;

    // An expression is tried on the data; a mistake in it has its place.
    page.evaluate("document.querySelector('.dbg-expression > summary').click()")
        .await;
    page.fill("Expression", "States.MathAdd($.total, 1)").await;
    page.reads(".dbg-result", "702").await;
    page.fill("Expression", "$.total[?").await;
    page.reads(".dbg-result", "^").await;
    page.leave().await;
}

#[tokio::test]
async fn another_answer_becomes_a_test_that_passes() {
    let server = Server::start().await;
    let Some(mut page) = debugger(&server).await else {
        return;
    };
    page.reads(EVENT, "LambdaFunctionFailed").await;

    // An error that a Catcher takes: the form says so before it is tried.
    answer(&mut page, "attempt 1 of Charge").await;
    page.click("radio", "An error").await;
    page.fill("The error's name", "NoCard").await;
    page.reads("dialog .hint", "Refused").await;
    page.click("button", "See what follows").await;
    page.reads(".dbg-compare", "then they part").await;
    assert_eq!(ends(&mut page).await, ["Failed", "Failed"]);
    page.reads(".dbg-paths", "Refused").await;

    // Another answer in its place: the order is paid.
    page.click("button", "Change the answer of Charge").await;
    page.click("radio", "A value").await;
    page.fill("The value", r#"{ "paid": 699 }"#).await;
    page.click("button", "See what follows").await;
    page.wait_for("!document.querySelector('dialog')").await;
    page.reads(".dbg-fork-list", r#"{"paid":699}"#).await;
    page.reads(".dbg-paths", "Done").await;
    assert_eq!(ends(&mut page).await, ["Failed", "Succeeded"]);
    // Of each state of both runs the data is one click away, with what changed in it.
    page.evaluate("[...document.querySelectorAll('.dbg-paths td:last-child button')].find((state) => state.textContent === 'Charge').click()").await;
    page.reads(".dbg-changes", "charged").await;
    page.reads(".dbg-changes", "699").await;
    // What happened is one click away, and has not changed.
    page.click("button", "What happened").await;
    page.state_is("Done, Succeed, not visited").await;
    page.click("button", "With the other answer").await;

    page.click("button", "Save as a test").await;
    page.fill("Name of the case", "a dear order is paid").await;
    page.reads("dialog .dbg-yaml", "a dear order is paid").await;
    let text = page.text("dialog .dbg-yaml").await;
    let name = page
        .evaluate("document.querySelector('dialog .dbg-yaml').getAttribute('aria-label')")
        .await;
    page.reads("dialog button", "Orders.asl.json").await;

    // As somebody saves both files and runs them.
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("Orders.asl.json"), orders().to_string()).unwrap();
    let file = folder.0.join(name.as_str().unwrap());
    fs::write(&file, text).unwrap();
    let results = Suite::open(&file).unwrap().run_all();
    assert_eq!(results.len(), 1);
    assert!(results.iter().all(CaseResult::has_passed), "{results:?}");
    page.leave().await;
}

async fn answer(page: &mut Browser, attempt: &str) {
    page.click("button", &format!("Answer otherwise: {attempt}")).await;
}

/// How the run that happened and the one with other answers end.
async fn ends(page: &mut Browser) -> [String; 2] {
    let ends = "[...document.querySelectorAll('.dbg-end .status')].map((status) => status.textContent)";
    serde_json::from_value(page.evaluate(ends).await).unwrap()
}

#[tokio::test]
async fn two_executions_are_compared() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 1 })).await;
    server.begin("Orders", "second", &json!({ "price": 700 })).await;
    let Some(mut page) = open(server.address, &super::machine("Orders")).await else {
        return;
    };
    page.reads(".executions-table .status", "Failed").await;
    page.click("checkbox", "Compare first").await;
    page.click("checkbox", "Compare second").await;
    page.click("link", "Compare").await;
    page.reads(".view-compare h1", "Compare executions").await;
    page.reads(".compare-heads", "Succeeded").await;
    page.reads(".compare-heads", "Failed").await;
    page.reads(".compare-rows", "Charge").await;
    page.leave().await;
}
