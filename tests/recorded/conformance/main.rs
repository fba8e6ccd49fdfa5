//! Executions, and calls of the API, recorded on AWS, replayed: one named test for each case below `ASL_CORPUS`.
//!
//! Each execution runs on the sans-IO core in virtual time, with the task answers of the recording, and must give the
//! recorded history; sequences of calls of the API are made one after the other. `ASL_CORPUS` names the folder of the cases; the default is `../shared/corpus`. What is known to
//! fail stands in `tests/known_gaps.toml`, table `[conformance]`: by a case's id, by the beginning of ids with a `*`
//! behind it, or as `group: NAME` for all cases of a [group](case::Case::groups).
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
mod outcomes;
mod placeholders;
#[path = "../recordings.rs"]
mod recordings;
mod replay;
mod snapshot;
mod test_state;
mod validation;

use std::env;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use case::Case;
use known_gaps::KnownGaps;
use libtest_mimic::{Arguments, Failed, Trial};
use outcomes::{Outcome, Outcomes};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = recordings::root("ASL_CORPUS", "corpus");
    let gaps = Arc::new(KnownGaps::of("conformance"));
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let cases = case::read_all(&root);
    let total = cases.len();
    let trials = cases.into_iter().map(|case| trial(case, &gaps, &outcomes)).collect();
    let is_run = !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !is_run {
        return conclusion.exit_code();
    }
    let outcomes = outcomes.lock().unwrap();
    outcomes.print(total);
    let is_whole = env::var_os("ASL_CORPUS").is_none() && total > 0 && outcomes.total() == total;
    if is_whole && !conclusion.has_failed() {
        return snapshot::compare(&outcomes.totals());
    }
    conclusion.exit_code()
}

/// A case that cannot be replayed is an ignored test.
fn trial(case: Case, gaps: &Arc<KnownGaps>, outcomes: &Arc<Mutex<Outcomes>>) -> Trial {
    let (gaps, outcomes) = (Arc::clone(gaps), Arc::clone(outcomes));
    let name = case.id.clone();
    let is_skipped = case.kind == "execution" && !case.is_replayable;
    if is_skipped {
        outcomes.lock().unwrap().count(&case, Outcome::Skipped);
    }
    let run = move || {
        if is_skipped {
            return Err("the recording does not hold what its tasks answered".into());
        }
        let outcome = match (check(&case), case.known_gap(&gaps)) {
            (Ok(()), None) => Outcome::Passed,
            (Ok(()), Some(gap)) => Outcome::Failed(format!("a known gap that passes now ({gap})")),
            (Err(_), Some(gap)) => Outcome::KnownGap(gap),
            (Err(why), None) => Outcome::Failed(why),
        };
        let failure = match &outcome {
            Outcome::Failed(why) => Err(Failed::from(why)),
            _ => Ok(()),
        };
        outcomes.lock().unwrap().count(&case, outcome);
        failure
    };
    Trial::test(name, run).with_ignored_flag(is_skipped)
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
