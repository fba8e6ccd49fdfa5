//! The Step Functions API over HTTP, as any client may use it: forms of requests and answers, signatures, bad clients, the end
//! of the server. What the actions answer is tested by the files in `tests/files/server` and by the recordings, which call
//! them by the library and over HTTP alike.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod client;
mod ending;
mod forms;
mod front;
mod hostile;
mod random;
mod signatures;
