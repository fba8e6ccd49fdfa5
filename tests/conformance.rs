//! Executions recorded on AWS, replayed: one named test for each case below `ASL_CORPUS`.
//!
//! Each execution runs on the sans-IO core in virtual time, with the task answers of the recording, and must give the
//! recorded history. `ASL_CORPUS` names the folder of the cases; the default is `../shared/corpus`. What is known to
//! fail stands in `tests/known_gaps.toml`, table `[conformance]`: by a case's id, by the beginning of ids with a `*`
//! behind it, or as `group: NAME` for all cases of a [group](case::Case::groups).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

#[path = "conformance/case.rs"]
mod case;
#[path = "conformance/chains.rs"]
mod chains;
#[path = "conformance/compare.rs"]
mod compare;
mod known_gaps;
#[path = "conformance/normalise.rs"]
mod normalise;
#[path = "conformance/outcomes.rs"]
mod outcomes;
#[path = "conformance/replay.rs"]
mod replay;
#[path = "conformance/validation.rs"]
mod validation;

use std::env;
use std::path::Path;
use std::sync::{Arc, Mutex};

use case::Case;
use known_gaps::KnownGaps;
use libtest_mimic::{Arguments, Failed, Trial};
use outcomes::{Outcome, Outcomes};

fn main() {
    let arguments = Arguments::from_args();
    let root =
        env::var("ASL_CORPUS").unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus").to_owned());
    if !Path::new(&root).is_dir() {
        println!("conformance: no cases to run, there is no folder {root}");
    }
    let gaps = Arc::new(KnownGaps::of("conformance"));
    let outcomes = Arc::new(Mutex::new(Outcomes::default()));
    let cases = case::read_all(Path::new(&root));
    let total = cases.len();
    let trials = cases.into_iter().map(|case| trial(case, &gaps, &outcomes)).collect();
    let is_run = !arguments.list;
    let conclusion = libtest_mimic::run(&arguments, trials);
    if is_run {
        outcomes.lock().unwrap().print(total);
    }
    conclusion.exit();
}

fn trial(case: Case, gaps: &Arc<KnownGaps>, outcomes: &Arc<Mutex<Outcomes>>) -> Trial {
    let (gaps, outcomes) = (Arc::clone(gaps), Arc::clone(outcomes));
    Trial::test(case.id.clone(), move || {
        let gap = case.known_gap(&gaps);
        let outcome = match (check(&case), gap) {
            (Check::NotReplayable, _) => Outcome::Skipped,
            (Check::Same, None) => Outcome::Passed,
            (Check::Same, Some(gap)) => Outcome::Failed(format!("a known gap that passes now ({gap})")),
            (Check::Differs(_), Some(gap)) => Outcome::KnownGap(gap),
            (Check::Differs(why), None) => Outcome::Failed(why),
        };
        let failure = match &outcome {
            Outcome::Failed(why) => Err(Failed::from(why)),
            _ => Ok(()),
        };
        outcomes.lock().unwrap().count(&case, outcome);
        failure
    })
}

/// What replaying a case shows.
enum Check {
    Same,
    Differs(String),
    /// The recording does not hold what the tasks answered.
    NotReplayable,
}

fn check(case: &Case) -> Check {
    let result = match case.kind.as_str() {
        "execution" if !case.is_replayable => return Check::NotReplayable,
        "execution" => replay::replay(case).and_then(|replayed| compare::compare(case, &replayed)),
        "validation" => validation::check(case),
        kind => Err(format!("this suite does not run cases of the kind `{kind}`")),
    };
    match result {
        Ok(()) => Check::Same,
        Err(why) => Check::Differs(why),
    }
}
