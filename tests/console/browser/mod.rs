//! The page in a real browser, used as a person uses it.
//!
//! A test opens a console over an interpreter in its own process, and looks at the page as one does: by the names of its
//! controls and by its texts.

mod accessible;
mod debugging;
mod editing;
mod hostile;
mod keyboard;
mod killing;
mod large;
mod machines;
mod reading;
mod running;
mod waiting;

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::devtools::{Browser, browser};

/// Notes what the page's content security policy refuses.
const REFUSED: &str = "window.refused = []; document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) => refused.push([violatedDirective, blockedURI, sourceFile]));";

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 1000;

/// A browser that shows a place of the console, as `#/machines/ARN`; `None` on a machine without a browser.
async fn open(address: SocketAddr, place: &str) -> Option<Browser> {
    let mut browser = Browser::start(&browser()?).await;
    browser.resize(WIDTH, HEIGHT, false).await;
    browser.have_focus().await;
    browser.prefer("light").await;
    browser.prepare(REFUSED).await;
    browser.navigate(&format!("http://{address}/console/{place}")).await;
    browser
        .wait_for("document.getElementById('connection').dataset.state === 'live'")
        .await;
    Some(browser)
}

impl Browser {
    /// Goes to another place of the console.
    async fn go(&mut self, place: &str) {
        self.evaluate(&format!("location.hash = {}", json!(place))).await;
    }

    /// Waits until what a selector finds has a text in it; a text that is hidden is none.
    async fn reads(&mut self, selector: &str, text: &str) {
        let (selector, text) = (json!(selector), json!(text));
        self.wait_for(&format!(
            "[...document.querySelectorAll({selector})].some((found) => found.checkVisibility() && found.innerText.includes({text}))"
        ))
        .await;
    }

    /// The text that is seen of what a selector finds first.
    async fn text(&mut self, selector: &str) -> String {
        let text = self
            .evaluate(&format!("document.querySelector({}).innerText", json!(selector)))
            .await;
        text.as_str().unwrap().to_owned()
    }

    /// The states of the first diagram, as a screen reader says them.
    async fn states(&mut self) -> Vec<String> {
        let states = self.evaluate(&format!("({STATES})()")).await;
        serde_json::from_value(states).unwrap()
    }

    /// Waits until the first diagram says this of a state: `Charge, Task, running`.
    async fn state_is(&mut self, words: &str) {
        self.wait_for(&format!("({STATES})().includes({})", json!(words))).await;
    }

    /// Ends the test: the browser had nothing to complain of, and nothing to refuse.
    async fn leave(mut self) {
        assert_eq!(self.evaluate("refused").await, json!([]));
        assert_eq!(self.complaints, Vec::<String>::new());
        self.close().await;
    }
}

const STATES: &str = "() => [...document.querySelector('.diagram-svg').querySelectorAll('.hit')].map((state) => state.getAttribute('aria-label'))";

fn machine(name: &str) -> String {
    format!("#/machines/arn:aws:states:us-east-1:123456789012:stateMachine:{name}")
}

fn execution(machine: &str, name: &str) -> String {
    format!("#/executions/{}", execution_arn(machine, name))
}

fn execution_arn(machine: &str, name: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:execution:{machine}:{name}")
}

/// The resource of a Lambda function.
fn function(name: &str) -> Value {
    json!(format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"))
}
