//! Tasks that call AWS's services: those of moto's server over HTTP, which `.ci/moto` installs, or a server of the tests' own.
//!
//! Every file under `tests/aws/cases` is a test:
//!
//! ```json
//! {
//!   "comment": "what the case teaches",
//!   "server": [{ "request": "POST /clusters", "body": { }, "answer": { "status": 200, "headers": { }, "body": { } } }],
//!   "services": "server",
//!   "setup": [{ "service": "sqs", "action": "createQueue", "parameters": { }, "as": "queue" }, { "post": "/moto-api/config", "body": { } }],
//!   "tasks": [{ "resource": "sqs:sendMessage", "parameters": { }, "result": { }, "error": "…", "cause": "…", "as": "sent" }]
//! }
//! ```
//!
//! The tasks run one after another, each as a state machine of its own. With `"services": "server"` they call the server of the
//! case in place of moto's; it expects the requests in their order. `"${queue.QueueUrl}"` stands for a part of an earlier result,
//! `${server}` and `${moto}` for URLs. Of results and bodies, the members that are given are compared; `*` in a text matches
//! anything.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod calls;
mod case;
mod integrations;
mod matching;
#[path = "../moto/mod.rs"]
#[expect(dead_code, reason = "its variables are for processes")]
mod moto;
mod recorded;
#[path = "../recorded/recordings.rs"]
mod recordings;
mod secrets;
mod server;

use std::sync::OnceLock;

use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

/// The URL of moto's server, which serves all tests; none where it is not installed.
static MOTO: OnceLock<String> = OnceLock::new();

fn main() {
    let arguments = Arguments::from_args();
    let runtime = Runtime::new().unwrap();
    let moto = if arguments.list {
        None
    } else {
        runtime.block_on(moto::Moto::start())
    };
    if let Some(moto) = &moto {
        MOTO.get_or_init(|| moto.url.clone());
    }
    secrets::listen();
    let mut trials = case::trials();
    trials.extend(calls::trials());
    trials.extend(recorded::trials());
    trials.extend(secrets::trials());
    trials.push(Trial::test("every_integration_that_works_is_seen", integrations::check));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(moto);
    conclusion.exit();
}
