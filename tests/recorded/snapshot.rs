//! The totals as they were committed, in `SUITE.snapshot` beside the suites, so that a lost case shows as a difference.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::suite::{Case, Report};

/// Compares the totals of a whole run that passed with the committed ones, or writes them where `UPDATE` is set. Where
/// `variable` is set, the cases are others than those that were committed.
pub(crate) fn compare<C: Case>(report: &Report<C>, variable: &str) -> ExitCode {
    let is_whole = report.conclusion.num_filtered_out == 0 && report.conclusion.num_passed > 0;
    if !is_whole || report.conclusion.has_failed() || env::var_os(variable).is_some() {
        return report.conclusion.exit_code();
    }
    let suite = report.suite;
    let totals = totals(report);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/{suite}.snapshot"));
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, totals).unwrap();
        return ExitCode::SUCCESS;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed == totals {
        return ExitCode::SUCCESS;
    }
    println!("the totals are not those of {}:", file.display());
    for (sign, these, others) in [('-', &committed, &totals), ('+', &totals, &committed)] {
        let is_other = |line: &&str| !others.lines().any(|other| other == *line);
        for line in these.lines().filter(is_other) {
            println!("{sign} {line}");
        }
    }
    println!("`UPDATE=1 cargo test --test {suite}` writes them anew; read the difference before you commit it");
    ExitCode::FAILURE
}

/// The totals of each area and of all, a line each.
fn totals<C: Case>(report: &Report<C>) -> String {
    let all = ("all", report.counts(|_| true));
    let mut text = String::new();
    for (area, counts) in report.areas().chain([all]) {
        let (passed, gaps, skipped) = (counts.passed, counts.gaps, counts.skipped);
        let _infallible = writeln!(text, "{area}: {passed} passed, {gaps} known gaps, {skipped} skipped");
    }
    text
}
