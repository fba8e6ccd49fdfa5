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
mod moto;
mod secrets;
mod server;

use libtest_mimic::{Arguments, Trial};

fn main() {
    secrets::listen();
    let mut trials = case::trials();
    trials.extend(calls::trials());
    trials.extend(secrets::trials());
    trials.push(Trial::test("every_integration_that_works_is_seen", integrations::check));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
