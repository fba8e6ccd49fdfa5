//! Executions, and calls of the API, recorded on AWS, replayed: one named test for each case below `ASL_CORPUS`.
//!
//! Each execution runs on the sans-IO core in virtual time, with the task answers of the recording, and must give the
//! recorded history; sequences of calls of the API are made one after the other. `ASL_CORPUS` names the folder of the
//! cases; the default is `../shared/corpus`. What is known to fail stands in `tests/known_gaps.toml`, table
//! `[conformance]`: by a case's id, by the beginning of ids with a `*` behind it, or as `group: NAME` for all cases of a
//! [group](case::Case::groups).
//!
//! The totals of a whole run of the default folder stand in `tests/recorded/conformance.snapshot`, so that a lost case shows as a
//! difference; `UPDATE=1 cargo test --test conformance` writes them anew.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod api;
mod case;
mod chains;
mod compare;
#[path = "../known_gaps.rs"]
mod known_gaps;
mod logs;
mod normalise;
mod placeholders;
#[path = "../recordings.rs"]
mod recordings;
mod replay;
#[path = "../snapshot.rs"]
mod snapshot;
#[path = "../suite.rs"]
mod suite;
mod test_state;
mod validation;

use std::process::ExitCode;

use case::Case;

fn main() -> ExitCode {
    let root = recordings::root("ASL_CORPUS", "corpus");
    let report = suite::run("conformance", case::read_all(&root));
    println!(
        "without a validated recording: {}",
        report.counts(|case| !case.is_verified)
    );
    report.print();
    snapshot::compare(&report, "ASL_CORPUS")
}

/// Why replaying a case differs from its recording, if it does.
fn check(case: &Case) -> Result<(), String> {
    match case.kind.as_str() {
        "execution" => replay::replay(case).and_then(|replayed| compare::compare(case, &replayed)),
        "validation" => validation::check(case),
        "test_state" => test_state::check(case),
        "api" => api::check(case),
        kind => Err(format!("this suite does not run cases of the kind `{kind}`")),
    }
}
