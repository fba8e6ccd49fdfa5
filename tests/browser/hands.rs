//! What a person does with a page: looks for a control by its name, clicks, types, presses keys.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::devtools::{Browser, PATIENCE};

/// Where a control is, as soon as it has stopped moving and nothing lies over it.
const PLACE: &str = "async function () {
  // As the keyboard would come to it.
  this.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const box = () => this.getBoundingClientRect();
  const before = box();
  await new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
  const { left, top, width, height } = box();
  if (left !== before.left || top !== before.top || width === 0) return null;
  const [x, y] = [left + width / 2, top + height / 2];
  const hit = document.elementFromPoint(x, y);
  return hit && (this.contains(hit) || hit.contains(this)) ? [x, y] : null;
}";

impl Browser {
    /// Clicks the control with a role and a name, as a screen reader says them: `("button", "Start")`. A name may go on
    /// with a number: a tab says how much is in it.
    pub(crate) async fn click(&mut self, role: &str, name: &str) {
        self.click_any(&[role], name).await;
    }

    /// Replaces what is in a field: one of text, one that searches, or one that suggests.
    pub(crate) async fn fill(&mut self, field: &str, text: &str) {
        self.click_any(&["textbox", "searchbox", "combobox"], field).await;
        self.press("Control+a").await;
        self.call("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses a key, as `Enter`, `Shift+Tab` or `x`.
    pub(crate) async fn press(&mut self, keys: &str) {
        let (modifier, key) = match keys.split_once('+') {
            Some((modifier, key)) if !modifier.is_empty() && !key.is_empty() => (modifier, key),
            _ => ("", keys),
        };
        let modifiers = match modifier {
            "Control" => 2,
            "Shift" => 8,
            _ => 0,
        };
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => key.to_ascii_uppercase().bytes().next().map_or(0, i32::from),
        };
        let mut down = json!({
            "type": "keyDown", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers,
        });
        if modifiers != 2 {
            match key {
                "Enter" => down["text"] = json!("\r"),
                _ if key.chars().count() == 1 => down["text"] = json!(key),
                _ => {}
            }
        } else if key == "a" {
            down["commands"] = json!(["selectAll"]);
        }
        self.call("Input.dispatchKeyEvent", down).await;
        let up = json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers });
        self.call("Input.dispatchKeyEvent", up).await;
    }

    /// Has the settings of somebody who wants a page light or dark, and nothing that moves.
    pub(crate) async fn prefer(&mut self, scheme: &str) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await;
    }

    /// Is a window that somebody has before them, though others are open too.
    pub(crate) async fn have_focus(&mut self) {
        self.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true }))
            .await;
    }

    async fn click_any(&mut self, roles: &[&str], name: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for role in roles {
                if let Some((x, y)) = self.place_of(role, name).await {
                    return self.click_at(x, y).await;
                }
            }
            if Instant::now() > deadline {
                let text = self.evaluate("document.body.innerText").await;
                panic!("there is no {roles:?} `{name}` to click in: {text}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn place_of(&mut self, role: &str, name: &str) -> Option<(f64, f64)> {
        // Each of these fails where the page has changed in between: then it is asked again.
        let document = json!({ "expression": "document" });
        let document = self.try_call("Runtime.evaluate", document).await.ok()?;
        let query = json!({ "objectId": document["result"]["objectId"], "role": role });
        let found = self.try_call("Accessibility.queryAXTree", query).await.ok()?;
        let nodes = found["nodes"]
            .as_array()?
            .iter()
            .filter(|node| node["ignored"] == false);
        let named = |is_named: &dyn Fn(&str) -> bool| {
            nodes
                .clone()
                .find(|node| node["name"]["value"].as_str().is_some_and(is_named))
        };
        let counted = |known: &str| {
            let rest = known.strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
        };
        let node = named(&|known| known == name).or_else(|| named(&counted))?;
        let resolve = json!({ "backendNodeId": node["backendDOMNodeId"] });
        let object = self.try_call("DOM.resolveNode", resolve).await.ok()?;
        let place = json!({
            "objectId": object["object"]["objectId"], "functionDeclaration": PLACE, "returnByValue": true,
            "awaitPromise": true,
        });
        let place = self.try_call("Runtime.callFunctionOn", place).await.ok()?;
        let place = &place["result"]["value"];
        Some((place[0].as_f64()?, place[1].as_f64()?))
    }

    async fn click_at(&mut self, x: f64, y: f64) {
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let mouse: Value = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", mouse).await;
        }
    }
}
