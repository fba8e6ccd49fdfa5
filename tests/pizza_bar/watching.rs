//! A browser that watches an order while the bar is killed, and opens again.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::bar::{Folder, STATUSES};
use super::browser::{place_order, reach};
use super::devtools::{Browser, browser};
use super::process::Process;

/// More than a second for each stage.
const SPEED: f64 = 4.0;

#[tokio::test]
async fn an_order_goes_on_in_a_browser_when_the_bar_is_killed() {
    let Some(program) = browser() else { return };
    let folder = Folder::new();
    let mut bar = Process::open(&folder, SPEED).await;
    let port = bar.port();
    let mut browser = Browser::start(&program).await;
    browser.resize(1280, 1060, false).await;
    browser.navigate(&format!("http://{}/", bar.address)).await;
    // Text from right to left must not turn what is beside it.
    place_order(&mut browser, "\u{5d3}\u{5df} (7", "\u{202e}tap twice").await;
    browser
        .wait_for("document.querySelectorAll('#summary bdi').length === 2")
        .await;

    for stage in [2, 4] {
        reach(&mut browser, stage).await;
        bar.kill().await;
        browser
            .wait_for("document.getElementById('connection').dataset.state === 'offline'")
            .await;
        // Longer than a stage: what became due meanwhile happens at once.
        sleep(Duration::from_millis(1500)).await;
        bar = Process::open_at(&folder, port, SPEED).await;
        browser
            .wait_for("document.getElementById('connection').dataset.state === 'open'")
            .await;
        browser.evaluate("window.isOld = true").await;
        browser.reload().await;
        browser.wait_for("!window.isOld").await;
        reach(&mut browser, stage).await;
        // The page is new, and knows from the bar when the stages before it were reached: by its clock, not the page's.
        let times = times(&mut browser).await;
        assert!(times[..stage].iter().all(|time| time.contains(':')), "{times:?}");
        if stage == 2 {
            lights_the_wait(&mut browser).await;
        }
    }
    reach(&mut browser, 6).await;
    let times = times(&mut browser).await;
    assert!(
        times.len() == 6 && times.iter().all(|time| time.contains(':')),
        "{times:?}"
    );
    let phase = browser
        .evaluate("document.getElementById('tracker').dataset.phase")
        .await;
    assert_eq!(phase, json!("delivered"));
    browser.close().await;

    let file = folder.0.join("pizza-bar.db");
    let tables = rusqlite::Connection::open(file).unwrap();
    let count = |sql: &str| tables.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM Orders WHERE status = 'order delivered'"), 1);
    assert_eq!(count("SELECT count(*) FROM Orders"), 1);
    assert_eq!(count("SELECT count(*) FROM executions"), 1);
    bar.kill().await;
}

/// The Wait after the last status is lit, as the label says, and every Wait is labelled with the seconds that it takes here.
async fn lights_the_wait(browser: &mut Browser) {
    browser.wait_for("document.querySelector('#graph .active title')").await;
    let found = browser
        .evaluate(
            "({
                status: document.getElementById('status').textContent,
                lit: document.querySelector('#graph .active title')?.textContent,
                label: document.getElementById('state-now').textContent,
                waits: [...document.querySelectorAll('#graph .wait .kind')].map((label) => label.textContent),
                hint: document.getElementById('machine-comment').textContent,
            })",
        )
        .await;
    let waits = [
        "Order Accepted",
        "Order Being Prepared",
        "Order Baking",
        "Order Packed",
        "Order Sent For Delivery",
    ];
    let stage = STATUSES.iter().position(|status| found["status"] == **status).unwrap();
    let wait = format!("Wait After {}", waits[stage]);
    assert_eq!(found["lit"], Value::from(format!("{wait} (Wait)")), "{found}");
    assert_eq!(found["label"], Value::from(format!("In {wait}")), "{found}");
    assert_eq!(
        found["waits"],
        json!(["1.25 s", "1.25 s", "1.25 s", "1.25 s", "1.25 s"])
    );
    assert!(
        found["hint"].as_str().unwrap().ends_with("; here 4 times as fast"),
        "{found}"
    );
}

/// What the page shows of the times of the stages.
async fn times(browser: &mut Browser) -> Vec<String> {
    let times = "[...document.querySelectorAll('#stages time')].map((time) => time.textContent)";
    serde_json::from_value(browser.evaluate(times).await).unwrap()
}
