//! The results as one JSON document:
//!
//! ```json
//! {
//!   "version": 1, "passed": 1, "failed": 1, "unusable": 0, "seconds": 0.01,
//!   "files": [{
//!     "file": "charge.asl-test.yaml",
//!     "cases": [{
//!       "name": "it is charged", "verdict": "failed", "seconds": 0.001,
//!       "execution": {
//!         "status": "FAILED", "error": "Declined", "cause": "no funds", "state": "Charge", "path": ["Charge"],
//!         "elapsedSeconds": 0.0, "usage": { "transitions": 1, "largestPayloadBytes": 8 }
//!       },
//!       "mismatches": [{ "what": "status", "expected": "SUCCEEDED", "actual": "FAILED" }],
//!       "leftOver": "…"
//!     }]
//!   }],
//!   "coverage": { "machines": [], "thresholds": [] }
//! }
//! ```

use serde_json::{Map, Value, json};
use std::time::Duration;

use super::coverage::{self, Judged, MachineCoverage};
use super::{Ran, Tested};
use crate::cli::output::{failure_json, usage_json};
use crate::simulation::PointKind;
use crate::test_file::{Expected, Mismatch, Verdict};

pub(super) fn document(tested: &[Tested], took: Duration, machines: &[MachineCoverage], judged: &[Judged]) -> Value {
    let cases = || tested.iter().flat_map(|tested| &tested.cases);
    let passed = cases().filter(|ran| ran.result.has_passed()).count();
    let mut document = json!({
        "version": 1,
        "passed": passed,
        "failed": cases().count() - passed,
        "unusable": tested.iter().filter(|tested| tested.suite.is_err()).count(),
        "seconds": took.as_secs_f64(),
        "files": tested.iter().map(file).collect::<Vec<_>>(),
    });
    if let (false, Some(members)) = (machines.is_empty(), document.as_object_mut()) {
        let coverage = json!({
            "machines": coverage::to_json(machines),
            "thresholds": judged.iter().map(threshold).collect::<Vec<_>>(),
        });
        members.insert("coverage".to_owned(), coverage);
    }
    document
}

fn file(tested: &Tested) -> Value {
    match &tested.suite {
        Ok(_) => json!({ "file": tested.file, "cases": tested.cases.iter().map(case).collect::<Vec<_>>() }),
        Err(failure) => json!({ "file": tested.file, "problem": plain(&failure.text()), "cases": [] }),
    }
}

/// A text without colours: an excerpt of a definition has some.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn case(ran: &Ran) -> Value {
    let result = &ran.result;
    let mut case = Map::new();
    let mut set = |member: &str, value: Value| drop(case.insert(member.to_owned(), value));
    set("name", json!(result.name));
    let verdict = match &result.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed(_) => "failed",
        Verdict::Broken(_) => "broken",
    };
    set("verdict", json!(verdict));
    set("seconds", json!(ran.took.as_secs_f64()));
    if let Some(execution) = &ran.execution {
        let mut told = Map::new();
        told.insert("status".to_owned(), json!(execution.status));
        if let Some(run) = &result.run {
            told.extend(failure_json(run));
            told.insert("path".to_owned(), json!(run.path()));
        }
        told.insert("elapsedSeconds".to_owned(), json!(execution.elapsed.as_secs_f64()));
        told.insert("usage".to_owned(), usage_json(&execution.usage));
        set("execution", told.into());
    }
    match &result.verdict {
        Verdict::Passed => {}
        Verdict::Failed(found) => set("mismatches", found.iter().map(mismatch).collect()),
        Verdict::Broken(problem) => set("problem", json!(problem)),
    }
    if let Some(left_over) = &result.left_over {
        set("leftOver", json!(left_over));
    }
    case.into()
}

/// A mismatch by the name of its member in a test file.
fn mismatch(mismatch: &Mismatch) -> Value {
    let (what, of) = match &mismatch.what {
        Expected::Status => ("status", None),
        Expected::Output => ("output", None),
        Expected::OutputContains => ("outputContains", None),
        Expected::Error => ("error", None),
        Expected::Cause => ("cause", None),
        Expected::Path => ("path", None),
        Expected::Elapsed => ("elapsed", None),
        Expected::Transitions | Expected::MostTransitions => ("transitions", None),
        Expected::Calls(state) => ("calls", Some(state)),
        Expected::Variable(name) => ("variables", Some(name)),
    };
    let expected = match mismatch.what {
        Expected::MostTransitions => json!({ "most": mismatch.expected }),
        _ => mismatch.expected.clone(),
    };
    let mut told = json!({ "what": what, "expected": expected, "actual": mismatch.actual });
    if let (Some(name), Some(members)) = (of, told.as_object_mut()) {
        members.insert("of".to_owned(), json!(name));
    }
    told
}

fn threshold(judged: &Judged) -> Value {
    json!({
        "kind": judged.kind.map(PointKind::name),
        "covered": judged.covered,
        "total": judged.total,
        "percent": judged.percent,
        "wanted": judged.wanted,
        "isEnough": judged.is_enough,
    })
}
