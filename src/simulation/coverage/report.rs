//! Coverage as a text and as JSON.

use serde_json::{Map, Value, json};
use std::fmt::Write;

use super::points::PointAt;
use super::{Coverage, CoverageError, PointKind, Share};

/// The version of the JSON report.
const VERSION: u64 = 2;

impl Coverage {
    /// The report for people: a line for each kind, then every missed point with its place.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.tell(&mut text);
        text
    }

    fn tell(&self, text: &mut String) -> std::fmt::Result {
        let runs = self.runs();
        let plural = if runs == 1 { "" } else { "s" };
        writeln!(text, "coverage {:.1} % by {runs} execution{plural}", self.percent())?;
        for kind in PointKind::ALL {
            let Share { covered, total } = self.share_of(kind);
            if total > 0 {
                writeln!(text, "  {:<17} {covered} of {total}", kind.title())?;
            }
        }
        let missed = self.missed();
        if !missed.is_empty() {
            writeln!(text, "never happened")?;
        }
        for point in missed {
            writeln!(text, "  {point}")?;
        }
        Ok(())
    }

    /// The report for programs:
    ///
    /// ```json
    /// {
    ///   "version": 2,
    ///   "definition": "a3f1…",
    ///   "runs": 12,
    ///   "percent": 87.5,
    ///   "kinds": { "state": { "covered": 3, "total": 4, "percent": 75.0 } },
    ///   "points": [{ "kind": "state", "state": "A", "pointer": "/States/A", "what": "entered", "count": 3 }],
    ///   "transitions": [{ "pointer": "/States/A/Next", "from": "/States/A", "to": "/States/B", "count": 3 }]
    /// }
    /// ```
    ///
    /// `definition` is a fingerprint of the definition. The kinds are `state`, `transition`, `choiceRule`, `retrier`,
    /// `catcher`, `map` and `branch`. `to` is `null` at the end of the machine, a branch or an iteration.
    pub fn to_json(&self) -> Value {
        let kinds = PointKind::ALL.map(|kind| {
            let share = self.share_of(kind);
            let told = json!({ "covered": share.covered, "total": share.total, "percent": share.percent() });
            (kind.name().to_owned(), told)
        });
        let points = self.points().into_iter().map(|point| {
            json!({
                "kind": point.kind.name(),
                "state": point.state,
                "pointer": point.pointer,
                "what": point.what,
                "count": point.count,
            })
        });
        let transitions = self.transitions().into_iter().map(|transition| {
            json!({
                "pointer": transition.pointer,
                "from": transition.from,
                "to": transition.to,
                "count": transition.count,
            })
        });
        json!({
            "version": VERSION,
            "definition": printed(self.program.fingerprint()),
            "runs": self.runs(),
            "percent": self.percent(),
            "kinds": kinds.into_iter().collect::<Map<_, _>>(),
            "points": points.collect::<Vec<_>>(),
            "transitions": transitions.collect::<Vec<_>>(),
        })
    }
}

/// The runs and the counts of a report.
pub(super) fn read(report: &Value, fingerprint: u64, points: &[PointAt]) -> Result<(u64, Vec<u64>), CoverageError> {
    let wrong = |problem: &str| CoverageError::NoReport {
        problem: problem.to_owned(),
    };
    if report.get("version") != Some(&VERSION.into()) {
        return Err(wrong("`version` is not 2"));
    }
    if report.get("definition") != Some(&printed(fingerprint).into()) {
        return Err(CoverageError::OtherDefinition);
    }
    let runs = report.get("runs").and_then(Value::as_u64);
    let runs = runs.ok_or_else(|| wrong("`runs` is no number"))?;
    let counted = report.get("points").and_then(Value::as_array);
    let counted = counted.ok_or_else(|| wrong("`points` is no array"))?;
    if counted.len() != points.len() {
        return Err(wrong(
            "`points` has another length than the definition gives; are its retries counted in another way?",
        ));
    }
    let count = |point: &Value| point.get("count").and_then(Value::as_u64);
    let counts: Option<Vec<u64>> = counted.iter().map(count).collect();
    Ok((runs, counts.ok_or_else(|| wrong("a `count` is no number"))?))
}

fn printed(fingerprint: u64) -> String {
    format!("{fingerprint:016x}")
}
