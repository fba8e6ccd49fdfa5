//! The totals at the end of the run.

use std::collections::BTreeMap;

use crate::case::Case;

/// How a case went.
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    KnownGap(String),
    Skipped,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    passed: usize,
    failed: usize,
    gaps: usize,
    skipped: usize,
}

/// All outcomes so far.
#[derive(Debug, Default)]
pub(crate) struct Outcomes {
    failures: BTreeMap<String, String>,
    gaps: BTreeMap<String, usize>,
    areas: BTreeMap<String, Counts>,
    unverified: Counts,
    all: Counts,
}

impl Counts {
    fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::KnownGap(_) => &mut self.gaps,
            Outcome::Skipped => &mut self.skipped,
        } += 1;
    }

    fn describe(self) -> String {
        let Self {
            passed,
            failed,
            gaps,
            skipped,
        } = self;
        format!("{passed} passed, {failed} failed, {gaps} known gaps, {skipped} skipped")
    }
}

impl Outcomes {
    pub(crate) fn count(&mut self, case: &Case, outcome: Outcome) {
        self.all.count(&outcome);
        self.areas.entry(case.area.clone()).or_default().count(&outcome);
        if !case.is_verified {
            self.unverified.count(&outcome);
        }
        match outcome {
            Outcome::Failed(why) => {
                self.failures.insert(case.id.clone(), why);
            }
            Outcome::KnownGap(reason) => *self.gaps.entry(reason).or_default() += 1,
            Outcome::Passed | Outcome::Skipped => {}
        }
    }

    /// How many cases there were.
    pub(crate) fn total(&self) -> usize {
        let Counts {
            passed,
            failed,
            gaps,
            skipped,
        } = self.all;
        passed + failed + gaps + skipped
    }

    /// The totals of each area and of all, a line each.
    pub(crate) fn totals(&self) -> String {
        let all = ("all", &self.all);
        let areas = self.areas.iter().map(|(area, counts)| (area.as_str(), counts));
        let line = |(area, counts): (&str, &Counts)| {
            format!(
                "{area}: {} passed, {} known gaps, {} skipped\n",
                counts.passed, counts.gaps, counts.skipped
            )
        };
        areas.chain([all]).map(line).collect()
    }

    /// Areas, gaps by reason, failures with a line each, and the totals as the last line.
    pub(crate) fn print(&self, total: usize) {
        for (area, counts) in &self.areas {
            println!("{area}: {}", counts.describe());
        }
        for (reason, count) in &self.gaps {
            println!("known gap, {count}: {reason}");
        }
        println!("without a validated recording: {}", self.unverified.describe());
        for (id, why) in &self.failures {
            println!("{id}: {}", why.lines().next().unwrap_or_default());
        }
        println!("conformance: {}, of {total}", self.all.describe());
    }
}
