//! A browser driven through the Chrome `DevTools` Protocol.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A folder that goes when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    #[expect(clippy::disallowed_methods, reason = "a folder that no other test has")]
    pub(crate) fn new() -> Self {
        Self(env::temp_dir().join(format!("asl-test-{:x}", uuid::Uuid::new_v4().as_u64_pair().0)))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A browser with one page.
pub(crate) struct Browser {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: String,
    last_id: u64,
    /// What the page logged and threw.
    pub(crate) complaints: Vec<String>,
    process: Child,
    // After the process, which writes to it.
    profile: Folder,
}

/// The browser, or `None` on a machine without one.
pub(crate) fn browser() -> Option<PathBuf> {
    let program = find();
    if program.is_none() {
        let required = env::var_os("ASL_BROWSER_REQUIRED").is_some();
        assert!(!required, "there is no chromium, and ASL_BROWSER_REQUIRED is set");
        eprintln!("skipped: there is no chromium on the PATH");
    }
    program
}

/// A browser of this machine, if there is one.
fn find() -> Option<PathBuf> {
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    ];
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

impl Browser {
    pub(crate) async fn start(program: &Path) -> Self {
        let profile = Folder::new();
        fs::create_dir_all(&profile.0).unwrap();
        let process = Command::new(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args(["--hide-scrollbars", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.0.display()))
            .arg("about:blank")
            // It leaves files there too.
            .env("TMPDIR", &profile.0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = address(&profile.0.join("DevToolsActivePort")).await;
        // Screenshots are longer than the frames that the library takes by default.
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (socket, _) = connect_async_with_config(address, Some(config), false).await.unwrap();
        let mut browser = Self {
            socket,
            session: String::new(),
            last_id: 0,
            complaints: Vec::new(),
            process,
            profile,
        };
        let target = browser
            .call("Target.createTarget", json!({ "url": "about:blank" }))
            .await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", attach).await;
        attached["sessionId"].as_str().unwrap().clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        browser
    }

    /// Makes the window so large, and lays the page out anew.
    pub(crate) async fn resize(&mut self, width: u32, height: u32, is_mobile: bool) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_mobile });
        self.call("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Runs a script in every page that is loaded from now on, before its own.
    pub(crate) async fn prepare(&mut self, script: &str) {
        let source = json!({ "source": script });
        self.call("Page.addScriptToEvaluateOnNewDocument", source).await;
    }

    pub(crate) async fn navigate(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url })).await;
    }

    pub(crate) async fn reload(&mut self) {
        self.call("Page.reload", json!({})).await;
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Value {
        let arguments = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", arguments).await;
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) async fn wait_for(&mut self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        // While a page loads, there is nothing yet to ask, or nobody any more.
        let guarded = format!("(() => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }})()");
        let arguments = json!({ "expression": guarded, "returnByValue": true });
        loop {
            let answer = self.try_call("Runtime.evaluate", arguments.clone()).await;
            if answer.is_ok_and(|answer| answer["result"]["value"] == true) {
                return;
            }
            if Instant::now() > deadline {
                let text = self.evaluate("document.body.innerText").await;
                panic!("{expression} is not true of: {text}");
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// A picture of the whole page, as PNG.
    pub(crate) async fn screenshot(&mut self) -> Vec<u8> {
        let arguments = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", arguments).await;
        STANDARD.decode(picture["data"].as_str().unwrap()).unwrap()
    }

    /// Ends the browser, and waits until it is gone.
    pub(crate) async fn close(mut self) {
        let close = json!({ "id": 0, "method": "Browser.close" });
        let _ = self.socket.send(Message::text(close.to_string())).await;
        if timeout(Duration::from_secs(10), self.process.wait()).await.is_err() {
            self.process.kill().await.unwrap();
        }
        drop(self.profile);
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        match self.try_call(method, params).await {
            Ok(result) => result,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    pub(crate) async fn try_call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(message.to_string())).await.unwrap();
        loop {
            let message = timeout(PATIENCE, self.socket.next())
                .await
                .expect("an answer of the browser");
            let Message::Text(text) = message.expect("a browser that runs").unwrap() else {
                continue;
            };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == self.last_id {
                return match message.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(message["result"].take()),
                };
            }
            self.note(&message);
        }
    }

    fn note(&mut self, event: &Value) {
        let complaint = match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => &event["params"]["exceptionDetails"],
            Some("Log.entryAdded") => &event["params"]["entry"],
            Some("Runtime.consoleAPICalled") => &event["params"]["args"],
            Some("Page.javascriptDialogOpening") => &event["params"],
            _ => return,
        };
        self.complaints.push(complaint.to_string());
    }
}

/// Where the browser listens: it writes its port and path to a file.
async fn address(file: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if let [port, path] = text.lines().collect::<Vec<_>>()[..] {
            return format!("ws://127.0.0.1:{port}{path}");
        }
        assert!(Instant::now() < deadline, "the browser does not listen");
        sleep(Duration::from_millis(50)).await;
    }
}
