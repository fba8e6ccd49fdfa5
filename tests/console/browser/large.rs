//! Long histories and lists: only what is seen is in the page, and the last row is reached.

use serde_json::json;

use super::super::server::Server;
use super::{Browser, execution, machine, open};

/// The elements that a page may have at the most, whatever is shown in it: it has a tenth of that for a small execution.
const MOST_ELEMENTS: u64 = 4_000;
const MOST_ROWS: u64 = 300;

#[tokio::test]
async fn ten_thousand_events() {
    let server = Server::start().await;
    let count = json!({
        "QueryLanguage": "JSONata", "StartAt": "Init", "States": {
            "Init": { "Type": "Pass", "Assign": { "n": 0 }, "Next": "Count" },
            "Count": { "Type": "Pass", "Assign": { "n": "{% $n + 1 %}" }, "Next": "Enough" },
            "Enough": {
                "Type": "Choice", "Choices": [{ "Condition": "{% $n >= 2500 %}", "Next": "Done" }], "Default": "Count"
            },
            "Done": { "Type": "Succeed", "Output": { "n": "{% $n %}" } }
        }
    });
    server.create("Count", &count).await;
    server.begin("Count", "long", &json!({})).await;
    let Some(mut page) = open(server.address, &execution("Count", "long")).await else {
        return;
    };
    // Started, Init, 2,500 times Count and Enough, Done, succeeded.
    page.reads(".history .count", "10,006 events").await;
    page.reads(".title-line .status", "Succeeded").await;
    reach_the_end(&mut page, ".events-table .vl", 10_006, "ExecutionSucceeded").await;
    page.click("tab", "Timeline").await;
    page.reads(".timeline .count", "5,002 visits").await;
    reach_the_end(&mut page, ".timeline-table .vl", 5_002, "Done").await;
    page.leave().await;
}

#[tokio::test]
async fn a_thousand_executions() {
    let server = Server::start().await;
    let pass = json!({ "StartAt": "Pass", "States": { "Pass": { "Type": "Pass", "End": true } } });
    server.create("Many", &pass).await;
    for number in 0..1_000 {
        server.begin("Many", &format!("run-{number:04}"), &json!({})).await;
    }
    let Some(mut page) = open(server.address, &machine("Many")).await else {
        return;
    };
    // The first page is there at once; older ones come when one scrolls to them.
    page.reads(".executions .count", "100+ executions").await;
    page.evaluate("document.querySelector('.executions-table .vl').focus()")
        .await;
    for loaded in ["300+", "500+", "700+", "900+", "1,000"] {
        page.press("End").await;
        page.reads(".executions .count", &format!("{loaded} executions")).await;
    }
    reach_the_end(&mut page, ".executions-table .vl", 1_000, "run-").await;
    page.fill("Filter by name", "run-0000").await;
    page.reads(".executions .count", "1 of 1,000").await;
    page.reads(".executions-table [role=row]", "run-0000").await;
    page.leave().await;
}

#[tokio::test]
async fn five_thousand_iterations() {
    let server = Server::start().await;
    let each = json!({
        "QueryLanguage": "JSONata", "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "Items": "{% [1..5000] %}", "MaxConcurrency": 40, "Output": {}, "End": true,
            "ItemProcessor": { "StartAt": "One", "States": { "One": { "Type": "Pass", "End": true } } }
        } }
    });
    server.create("Each", &each).await;
    server.begin("Each", "all", &json!({})).await;
    let Some(mut page) = open(server.address, &format!("{}?tab=iterations", execution("Each", "all"))).await else {
        return;
    };
    page.reads(".title-line .status", "Succeeded").await;
    page.reads(".iterations .count", "5,000 iterations").await;
    reach_the_end(&mut page, ".iterations-table .vl", 5_000, "4999").await;
    page.press("Enter").await;
    page.reads(".iteration-states", "Iteration 4999").await;
    page.reads(".inspector", "Each #4999").await;
    page.leave().await;
}

/// Goes to the end of a list by its key: the last of so many rows is there, and the page has stayed small.
async fn reach_the_end(page: &mut Browser, list: &str, rows: u64, text: &str) {
    page.evaluate(&format!("document.querySelector({}).focus()", json!(list)))
        .await;
    page.press("End").await;
    let bottom = rows + 1;
    page.reads(&format!("{list} [role=row][aria-rowindex='{bottom}']"), text)
        .await;
    page.wait_for(&format!(
        "document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).ariaRowIndex === '{bottom}'"
    ))
    .await;
    let drawn = page.evaluate("document.querySelectorAll('[role=row]').length").await;
    let elements = page.evaluate("document.querySelectorAll('*').length").await;
    assert!(drawn.as_u64().unwrap() < MOST_ROWS, "{drawn} rows");
    assert!(elements.as_u64().unwrap() < MOST_ELEMENTS, "{elements} elements");
}
