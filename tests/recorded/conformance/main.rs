//! Executions and calls of the API with the answers of AWS, replayed: one named test for each case.
//!
//! Each execution runs on the sans-IO core in virtual time, with the case's answers to its tasks, and must give the
//! case's history; sequences of calls of the API are made one after the other. The cases are those of our own in
//! `tests/recorded/seed`, which every clone has, and the recordings in `../shared/corpus`, which lie beside the
//! repository or are missing. `ASL_CORPUS` names one folder to run in place of both.
//!
//! Known failures are listed in `tests/known_gaps.toml`, table `[conformance]`: by a case's id, by the beginning of ids
//! with a `*` behind it, or as `group: NAME` for all cases of a [group](case::Case::groups).
//!
//! The totals of a whole run are committed, those of the seed in `tests/recorded/seed.snapshot` and those of the
//! recordings in `tests/recorded/conformance.snapshot`, so that a lost case shows as a difference;
//! `UPDATE=1 cargo test --test conformance` writes them anew.

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
#[path = "../../api/front.rs"]
mod front;
#[path = "../known_gaps.rs"]
mod known_gaps;
mod logs;
mod normalise;
mod placeholders;
#[path = "../recordings.rs"]
mod recordings;
mod replay;
mod seed;
#[path = "../snapshot.rs"]
mod snapshot;
#[path = "../suite.rs"]
mod suite;
mod test_state;
mod validation;

use std::env;
use std::process::ExitCode;

use case::Case;

fn main() -> ExitCode {
    let recordings = case::read_all(&recordings::root("ASL_CORPUS", "corpus"));
    let seed = match env::var_os("ASL_CORPUS") {
        Some(_) => Vec::new(),
        None => seed::read_all(),
    };
    let report = suite::run("conformance", seed.into_iter().chain(recordings));
    let parts: [snapshot::Part<Case>; 2] = [("seed", Case::is_seed), ("conformance", |case| !case.is_seed())];
    let code = snapshot::compare(&report, "ASL_CORPUS", &parts);
    println!(
        "without a validated recording: {}",
        report.counts(|case| !case.is_verified)
    );
    report.print();
    code
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
