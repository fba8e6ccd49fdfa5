//! Suites of recorded cases: a test for each case, and the totals as the last line of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Conclusion, Failed, Trial};

use crate::known_gaps::KnownGaps;

/// A case of a suite.
pub(crate) trait Case: Send + Sync + 'static {
    /// The name of its test.
    fn id(&self) -> &str;

    /// Why it differs from its recording, if it does.
    fn check(&self) -> Result<(), String>;

    /// Why it is known to fail, if it is.
    fn known_gap<'g>(&self, gaps: &'g KnownGaps) -> Option<&'g str> {
        gaps.reason(self.id())
    }

    /// Why it cannot be run, which makes it an ignored test.
    fn why_skipped(&self) -> Option<&'static str> {
        None
    }

    /// The part of the suite that it counts for.
    fn area(&self) -> Option<&str> {
        None
    }
}

/// How a case went.
enum Outcome {
    Passed,
    Failed(String),
    KnownGap(String),
}

struct Run<C> {
    case: C,
    /// `None` if the case did not run.
    outcome: Mutex<Option<Outcome>>,
}

/// The cases of a suite after their run.
pub(crate) struct Report<C> {
    pub(crate) suite: &'static str,
    pub(crate) conclusion: Conclusion,
    runs: Vec<Arc<Run<C>>>,
}

/// How many cases went which way.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) gaps: usize,
    pub(crate) skipped: usize,
}

/// Runs the cases that the command line asks for. Where it asks for a list of them, the process ends here.
pub(crate) fn run<C: Case>(suite: &'static str, cases: impl IntoIterator<Item = C>) -> Report<C> {
    let arguments = Arguments::from_args();
    let gaps = Arc::new(KnownGaps::of(suite));
    let cases = cases.into_iter().map(|case| Run {
        case,
        outcome: Mutex::default(),
    });
    let runs: Vec<_> = cases.map(Arc::new).collect();
    let trials = runs.iter().map(|run| trial(run, &gaps)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.list {
        conclusion.exit();
    }
    Report {
        suite,
        conclusion,
        runs,
    }
}

fn trial<C: Case>(run: &Arc<Run<C>>, gaps: &Arc<KnownGaps>) -> Trial {
    let (run, gaps) = (Arc::clone(run), Arc::clone(gaps));
    let why_skipped = run.case.why_skipped();
    let test = move |run: &Run<C>| match why_skipped {
        Some(why) => Err(why.into()),
        None => run.judge(&gaps),
    };
    Trial::test(run.case.id().to_owned(), move || test(&run)).with_ignored_flag(why_skipped.is_some())
}

impl<C: Case> Run<C> {
    fn judge(&self, gaps: &KnownGaps) -> Result<(), Failed> {
        // A check that panics never gets to tell.
        *self.outcome.lock().unwrap() = Some(Outcome::Failed("the check panicked".to_owned()));
        let outcome = match (self.case.check(), self.case.known_gap(gaps)) {
            (Ok(()), None) => Outcome::Passed,
            (Err(_), Some(gap)) => Outcome::KnownGap(gap.to_owned()),
            (Err(why), None) => Outcome::Failed(why),
            (Ok(()), Some(gap)) => {
                let why = format!("a known gap that passes now: take it off tests/known_gaps.toml ({gap})");
                Outcome::Failed(why)
            }
        };
        let result = match &outcome {
            Outcome::Failed(why) => Err(why.into()),
            Outcome::Passed | Outcome::KnownGap(_) => Ok(()),
        };
        *self.outcome.lock().unwrap() = Some(outcome);
        result
    }
}

impl<C: Case> Report<C> {
    /// The counts of the cases that are wanted.
    pub(crate) fn counts(&self, is_wanted: impl Fn(&C) -> bool) -> Counts {
        let mut counts = Counts::default();
        for run in self.runs.iter().filter(|run| is_wanted(&run.case)) {
            *match &*run.outcome.lock().unwrap() {
                Some(Outcome::Passed) => &mut counts.passed,
                Some(Outcome::Failed(_)) => &mut counts.failed,
                Some(Outcome::KnownGap(_)) => &mut counts.gaps,
                None => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    /// The counts of each area of the cases that are wanted, by its name.
    pub(crate) fn areas(&self, is_wanted: impl Fn(&C) -> bool) -> impl Iterator<Item = (&str, Counts)> {
        let cases = self.runs.iter().map(|run| &run.case).filter(|case| is_wanted(case));
        let areas: BTreeSet<&str> = cases.filter_map(Case::area).collect();
        areas
            .into_iter()
            .map(|area| (area, self.counts(|case| case.area() == Some(area))))
    }

    /// Prints the areas of which something ran, the known gaps by their reasons, a line for each failure, and the totals as the last line.
    pub(crate) fn print(&self) {
        for (area, counts) in self.areas(|_| true).filter(|(_, counts)| counts.has_run()) {
            println!("{area}: {counts}");
        }
        let mut gaps: BTreeMap<String, usize> = BTreeMap::new();
        let mut failures = Vec::new();
        for run in &self.runs {
            match &*run.outcome.lock().unwrap() {
                Some(Outcome::KnownGap(reason)) => *gaps.entry(reason.clone()).or_default() += 1,
                Some(Outcome::Failed(why)) => {
                    failures.push(format!("{}: {}", run.case.id(), why.lines().next().unwrap_or_default()));
                }
                Some(Outcome::Passed) | None => {}
            }
        }
        for (reason, count) in gaps {
            println!("known gap, {count}: {reason}");
        }
        failures.sort();
        for failure in failures {
            println!("{failure}");
        }
        println!("{}: {}, of {}", self.suite, self.counts(|_| true), self.runs.len());
    }
}

impl Counts {
    fn has_run(self) -> bool {
        self.passed + self.failed + self.gaps > 0
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            gaps,
            skipped,
        } = self;
        write!(
            f,
            "{passed} passed, {failed} failed, {gaps} known gaps, {skipped} skipped"
        )
    }
}
