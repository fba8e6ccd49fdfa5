//! All by keys: what has the focus is always there, seen and marked.

use serde_json::json;

use super::super::server::{Server, orders};
use super::{Browser, machine, open};

/// The name of what has the focus, and what is wrong with it.
const FOCUS: &str = "(() => {
  const focus = document.activeElement;
  const name = focus.getAttribute('aria-label') ?? (focus.labels?.[0] ?? focus).textContent;
  const { left, top, right, bottom, width, height } = focus.getBoundingClientRect();
  const ring = focus.closest('.node')?.querySelector('.ring') ?? null;
  const around = focus.matches('.ed-area') ? focus.closest('.ed-text') : focus;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(around);
  const isMarked = ring ? getComputedStyle(ring).stroke !== 'none'
    : (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || (around !== focus && boxShadow !== 'none');
  const [x, y] = [(Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2];
  const hit = document.elementFromPoint(x, y);
  const fault = focus === document.body ? 'nothing has the focus'
    : width === 0 || height === 0 ? 'what has the focus is not shown'
    : right <= 0 || left >= innerWidth || bottom <= 0 || top >= innerHeight ? 'what has the focus is outside of the window'
    : !hit || !(focus.contains(hit) || hit.contains(focus)) ? 'something lies over what has the focus'
    : !focus.matches(':focus-visible') || !isMarked ? 'the focus is not marked' : null;
  return { name, fault };
})()";

#[tokio::test]
async fn from_the_list_to_a_state_by_keys_alone() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 700 })).await;
    let Some(mut page) = open(server.address, "#/").await else {
        return;
    };
    page.tab_to("Orders").await;
    page.press("Enter").await;
    page.reads(".executions-table [role=row]", "first").await;
    // A new page begins at its top.
    page.wait_for("document.activeElement.matches('main')").await;
    page.tab_to("Executions").await;
    page.press("ArrowRight").await;
    page.focus_is("Diagram").await;
    page.press("ArrowLeft").await;
    page.tab_to("Executions").await;
    page.press("ArrowDown").await;
    page.press("Enter").await;
    page.reads(".failure", "Declined").await;

    // States: the one that failed is chosen; arrows go to its neighbours.
    page.tab_to("Charge, Task, failed").await;
    page.press("ArrowUp").await;
    page.focus_is("Add, Pass, succeeded").await;
    page.press("Enter").await;
    page.reads(".inspector h2", "Add").await;
    page.tab_to("Data").await;
    page.press("End").await;
    page.focus_is("Events").await;
    page.reads(".event-links", "PassStateEntered").await;
    page.press("f").await;
    page.reads(".inspector h2", "Charge").await;
    page.press("[").await;

    // The history: a row opens and closes.
    page.tab_to("Events of the history").await;
    page.press("ArrowDown").await;
    page.press("ArrowRight").await;
    page.reads(".events-table .vl-details", "price").await;
    page.press("ArrowLeft").await;
    page.wait_for("!document.querySelector('.events-table .vl-details')")
        .await;
    page.press("/").await;
    page.focus_is("Filter events").await;
    page.leave().await;
}

#[tokio::test]
async fn a_run_is_stepped_through_by_keys() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 700 })).await;
    let Some(mut page) = open(server.address, &super::execution("Orders", "first")).await else {
        return;
    };
    page.reads(".failure", "Declined").await;
    page.tab_to("Execution").await;
    page.press("ArrowRight").await;
    page.focus_is("Debugger").await;
    let event = ".dbg-where .dbg-event";
    page.reads(event, "LambdaFunctionFailed").await;
    page.press("<").await;
    page.reads(event, "TaskStateEntered").await;
    page.press("<").await;
    page.reads(event, "PassStateEntered").await;
    page.press(".").await;
    page.reads(event, "PassStateExited").await;
    page.press(",").await;
    page.reads(event, "PassStateEntered").await;
    page.press("x").await;
    page.reads(event, "LambdaFunctionFailed").await;
    page.tab_to("Event").await;
    page.press("Home").await;
    page.reads(event, "ExecutionStarted").await;
    page.press("End").await;
    page.reads(event, "ExecutionFailed").await;
    page.press("<").await;
    page.tab_to("Answer otherwise: attempt 1 of Charge").await;
    page.press("Enter").await;
    page.reads("dialog", "See what follows").await;
    page.press("Escape").await;
    page.focus_is("Answer otherwise: attempt 1 of Charge").await;
    page.leave().await;
}

#[tokio::test]
async fn a_dialog_keeps_the_focus_and_gives_it_back() {
    let server = Server::start().await;
    server.create("Orders", &orders()).await;
    let Some(mut page) = open(server.address, &machine("Orders")).await else {
        return;
    };
    page.reads(".executions-table", "No execution yet.").await;
    page.press("?").await;
    page.reads("dialog", "Keys").await;
    page.press("Escape").await;
    page.wait_for("!document.querySelector('dialog')").await;

    page.tab_to("Start execution").await;
    page.press("Enter").await;
    page.focus_is("Input").await;
    // Around the dialog once: the page behind it is out of reach.
    for _ in 0..8 {
        page.press("Tab").await;
        page.wait_for("document.activeElement === document.body || document.activeElement.closest('dialog')")
            .await;
    }
    page.press("Escape").await;
    page.focus_is("Start execution").await;

    page.press("Enter").await;
    page.focus_is("Input").await;
    page.press("Control+a").await;
    page.keys(r#"{"price":1}"#).await;
    page.tab_to("Start").await;
    page.press("Enter").await;
    page.reads(".title-line .status", "Succeeded").await;
    page.leave().await;
}

impl Browser {
    /// Goes on by the tabulator until this has the focus; whatever has it on the way must be seen and marked.
    async fn tab_to(&mut self, name: &str) {
        let mut passed = Vec::new();
        for _ in 0..80 {
            self.press("Tab").await;
            let focus = self.evaluate(FOCUS).await;
            // Behind its last element the page gives the focus to the browser, and gets it back at its first.
            if focus["fault"] == "nothing has the focus" {
                continue;
            }
            assert_eq!(focus["fault"], json!(null), "{focus} after {passed:?}");
            let found = focus["name"].as_str().unwrap().to_owned();
            if found.trim_end_matches(|letter: char| letter.is_ascii_digit()) == name {
                return;
            }
            passed.push(found);
        }
        panic!("`{name}` is not reached; passed: {passed:?}");
    }

    /// Waits until this has the focus, seen and marked.
    async fn focus_is(&mut self, name: &str) {
        let name = json!(name);
        self.wait_for(&format!(
            "(({FOCUS}).name.replace(/\\d+$/, '') === {name}) && ({FOCUS}).fault === null"
        ))
        .await;
    }

    /// Types letter by letter.
    async fn keys(&mut self, text: &str) {
        for letter in text.chars() {
            self.press(&letter.to_string()).await;
        }
    }
}
