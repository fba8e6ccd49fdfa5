//! The page in a browser: an order from the form to the door.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use asl_engine::Interpreter;
use asl_engine::handlers::event_bus::{EventBridge, LocalEventBus};
use asl_engine::store::SqliteStore;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::bar::{Folder, PATIENCE, STATUSES, open, orders};
use super::devtools::{Browser, browser};
use super::server::{Options, Place, Server, StartError};

const WIDE: (u32, u32) = (1280, 1060);
const NARROW: (u32, u32) = (390, 844);

/// Keeps what the page shows of the order, each time when it shows another status: a test that looks itself could be late.
const WATCH: &str = "{
  const status = document.getElementById('status');
  window.shown = [];
  new MutationObserver(() => shown.push({
    status: status.textContent,
    done: document.querySelectorAll('#stages .done').length,
    current: document.querySelector('#stages .current')?.dataset.status ?? null,
    times: [...document.querySelectorAll('#stages time')].filter((time) => time.textContent).length,
    slices: document.querySelectorAll('#slices .done').length,
    value: document.getElementById('progress').getAttribute('aria-valuenow'),
  })).observe(status, { childList: true });
}";

/// Notes what the page sends, and lets the bar hear it only while it `isHeard`; its timers run twenty times as fast.
const EAVESDROP: &str = "{
  const { send } = WebSocket.prototype;
  window.sent = [];
  window.isHeard = false;
  WebSocket.prototype.send = function (text) {
    sent.push(JSON.parse(text));
    window.say = (message) => this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
    if (isHeard) send.call(this, text);
  };
  const later = window.setTimeout;
  window.setTimeout = (then, after) => later(then, after / 20);
}";

#[tokio::test]
async fn a_page_forgets_its_order_only_if_the_bar_does_not_know_it() {
    let Some(program) = browser() else { return };
    let folder = Folder::new();
    let server = open(&folder, 1.0).await;
    let mut browser = Browser::start(&program).await;
    browser.navigate(&format!("http://{}/", server.address)).await;
    let store = json!({ "orderId": "o-1", "token": "t-1" }).to_string();
    // A page looks for a stored order when its connection opens; this one must not ask for what is stored below.
    browser
        .wait_for("document.getElementById('connection').dataset.state === 'open'")
        .await;
    browser
        .evaluate(&format!(
            "localStorage.setItem('pizza-bar.order', {}); window.isOld = true",
            json!(store)
        ))
        .await;
    browser.prepare(EAVESDROP).await;
    browser.reload().await;
    browser.wait_for("!window.isOld && sent.length >= 1").await;

    // None of these is an answer to what was asked, or is a definite one.
    let about_another = json!({ "orderId": "o-2", "status": "order accepted", "name": "Bob" });
    for message in [
        json!({ "type": "ORDER", "order": about_another }),
        json!({ "type": "ERROR", "code": "NO_SUCH_ORDER", "orderId": "o-2", "message": "there is no such order" }),
        json!({ "type": "ERROR", "message": "every oven is taken" }),
        json!({ "message": "Internal server error", "connectionId": "c-1", "requestId": "r-1" }),
    ] {
        browser.evaluate(&format!("say({message})")).await;
    }
    // Asked again because of an error, and then again and again because of the silence.
    browser.wait_for("sent.length >= 4").await;
    let asked = browser.evaluate("sent[3]").await;
    assert_eq!(asked, json!({ "action": "getOrder", "orderId": "o-1", "token": "t-1" }));
    let stored = "localStorage.getItem('pizza-bar.order')";
    assert_eq!(browser.evaluate(stored).await, json!(store));

    browser.evaluate("window.isHeard = true").await;
    browser.wait_for(&format!("{stored} === null")).await;
    let problem = browser.evaluate("document.getElementById('problem').textContent").await;
    let expected = "We could not find your last order: there is no such order, or it has another token";
    assert_eq!(problem, json!(expected));
    assert_eq!(browser.complaints, Vec::<String>::new());
    browser.close().await;
    server.shutdown().await;
}

#[tokio::test]
async fn an_order_in_a_browser() {
    let Some(program) = browser() else { return };
    let folder = Folder::new();
    // More than a second for each stage: enough to see it, and to take its picture.
    let server = open(&folder, 4.0).await;
    let mut browser = Browser::start(&program).await;
    browser.resize(WIDE.0, WIDE.1, false).await;
    browser.navigate(&format!("http://{}/", server.address)).await;
    browser
        .wait_for("document.getElementById('connection').dataset.state === 'open'")
        .await;
    browser
        .wait_for("document.querySelectorAll('#graph .task').length === 6")
        .await;
    picture(&mut browser, "wide-empty").await;

    browser.evaluate(WATCH).await;
    place_order(&mut browser, "<b>Ada</b>", "extra basil & \"oregano\"").await;
    reach(&mut browser, 3).await;
    picture(&mut browser, "wide-baking").await;
    reach(&mut browser, 4).await;
    at_phone_size(&mut browser, "narrow-packed").await;
    reach(&mut browser, 6).await;
    let mut expected = vec![json!("Passing your order to the kitchen…")];
    expected.extend(STATUSES.iter().enumerate().map(|(index, status)| shown(index, status)));
    let mut shown = browser.evaluate("shown").await;
    let first = &mut shown[0];
    *first = first["status"].take();
    assert_eq!(shown, Value::from(expected));

    let summary = browser.evaluate("document.getElementById('summary').textContent").await;
    let summary = summary.as_str().unwrap();
    assert!(
        summary.contains("for <b>Ada</b>") && summary.contains("extra basil & \"oregano\""),
        "{summary}"
    );
    assert_eq!(
        browser.evaluate("document.querySelectorAll('main b').length").await,
        json!(0)
    );
    picture(&mut browser, "wide-delivered").await;
    at_phone_size(&mut browser, "narrow-delivered").await;
    assert_eq!(orders(&server).await.len(), 1);

    an_order_that_was_stopped_is_shown_so(&mut browser, server, &folder).await;
    browser.close().await;
}

/// A page that comes back finds its order; one whose execution was stopped is interrupted.
async fn an_order_that_was_stopped_is_shown_so(browser: &mut Browser, server: Server, folder: &Folder) {
    browser.evaluate("document.getElementById('again').click()").await;
    place_order(browser, "Bob", "").await;
    reach(browser, 1).await;
    browser.evaluate("window.isOld = true").await;
    browser.reload().await;
    browser
        .wait_for("!window.isOld && document.getElementById('summary').textContent.includes('for Bob')")
        .await;
    assert_eq!(browser.complaints, Vec::<String>::new());
    let address = server.address;
    server.shutdown().await;
    browser
        .wait_for("document.getElementById('connection').dataset.state === 'offline'")
        .await;

    stop_all_executions(folder).await;
    let server = reopen(address.port(), folder).await;
    browser
        .wait_for("document.getElementById('tracker').dataset.phase === 'interrupted'")
        .await;
    picture(browser, "wide-interrupted").await;
    server.shutdown().await;
}

/// As somebody may who has the file.
async fn stop_all_executions(folder: &Folder) {
    let store = SqliteStore::open(folder.0.join("pizza-bar.db")).unwrap();
    let interpreter = Interpreter::new()
        .store(store)
        .event_bridge(Arc::new(LocalEventBus::new()) as Arc<dyn EventBridge>);
    assert_eq!(interpreter.resume().await.unwrap().executions, 1);
    for execution in interpreter.executions() {
        execution.stop(None, None);
    }
    interpreter.shutdown(PATIENCE).await;
}

/// What the page shows of a status.
fn shown(index: usize, status: &str) -> Value {
    let delivered = index == 5;
    json!({
        "status": status,
        "done": if delivered { 6 } else { index },
        "current": if delivered { Value::Null } else { json!(status) },
        "times": index + 1,
        "slices": index + 1,
        "value": (index + 1).to_string(),
    })
}

/// Waits until the order is at a stage, from 1, or beyond.
pub(crate) async fn reach(browser: &mut Browser, stage: usize) {
    let value = "document.getElementById('progress').getAttribute('aria-valuenow')";
    browser.wait_for(&format!("Number({value}) >= {stage}")).await;
}

/// Opens the bar again where it was. Meanwhile another test may have borrowed the port.
async fn reopen(port: u16, folder: &Folder) -> Server {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (data, speed) = (folder.0.clone(), 4.0);
        match Server::open(Options::new(port, data, speed), Place::Here).await {
            Ok(server) => return server,
            Err(StartError::PortTaken(_)) if Instant::now() < deadline => sleep(Duration::from_millis(100)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

pub(crate) async fn place_order(browser: &mut Browser, name: &str, notes: &str) {
    browser.wait_for("!document.getElementById('submit').disabled").await;
    let (name, notes) = (json!(name), json!(notes));
    browser
        .evaluate(&format!(
            "document.getElementById('name').value = {name};
             document.getElementById('notes').value = {notes};
             document.querySelector('input[value=large]').click();
             document.getElementById('more').click();
             document.getElementById('submit').click();"
        ))
        .await;
}

async fn at_phone_size(browser: &mut Browser, name: &str) {
    browser.resize(NARROW.0, NARROW.1, true).await;
    let fits = "document.documentElement.scrollWidth <= innerWidth";
    browser.wait_for(fits).await;
    picture(browser, name).await;
    browser.resize(WIDE.0, WIDE.1, false).await;
}

/// Keeps a picture for those who want to look at it.
async fn picture(browser: &mut Browser, name: &str) {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pizza-bar");
    fs::create_dir_all(&folder).unwrap();
    // What changes fades in.
    sleep(Duration::from_millis(800)).await;
    let picture = browser.screenshot().await;
    assert!(picture.len() > 10_000, "an empty picture");
    fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}
