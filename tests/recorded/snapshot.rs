//! The totals as they were committed, in `NAME.snapshot` beside the suites, so that a lost case shows as a difference.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use crate::suite::{Case, Report};

/// Some cases of a suite: the name of their snapshot, and which they are.
pub(crate) type Part<C> = (&'static str, fn(&C) -> bool);

/// Compares the totals of a whole run that passed with the committed ones, or writes them where `UPDATE` is set: those of
/// each part by themselves, without the parts of which nothing ran. Where `variable` is set, the cases are others than
/// those that were committed.
pub(crate) fn compare<C: Case>(report: &Report<C>, variable: &str, parts: &[Part<C>]) -> ExitCode {
    let is_whole = report.conclusion.num_filtered_out == 0;
    if !is_whole || report.conclusion.has_failed() || env::var_os(variable).is_some() {
        return report.conclusion.exit_code();
    }
    let mut code = ExitCode::SUCCESS;
    for &(name, is_in) in parts {
        if report.counts(is_in).passed > 0 && !is_committed(report, name, is_in) {
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn is_committed<C: Case>(report: &Report<C>, name: &str, is_in: fn(&C) -> bool) -> bool {
    let totals = totals(report, is_in);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/{name}.snapshot"));
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, totals).unwrap();
        return true;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed == totals {
        return true;
    }
    println!("the totals are not those of {}:", file.display());
    for (sign, these, others) in [('-', &committed, &totals), ('+', &totals, &committed)] {
        let is_other = |line: &&str| !others.lines().any(|other| other == *line);
        for line in these.lines().filter(is_other) {
            println!("{sign} {line}");
        }
    }
    let suite = report.suite;
    println!("`UPDATE=1 cargo test --test {suite}` writes them anew; read the difference before you commit it");
    false
}

/// The totals of each area and of all, a line each.
fn totals<C: Case>(report: &Report<C>, is_in: fn(&C) -> bool) -> String {
    let all = ("all", report.counts(is_in));
    let mut text = String::new();
    for (area, counts) in report.areas(is_in).chain([all]) {
        let (passed, gaps, skipped) = (counts.passed, counts.gaps, counts.skipped);
        let _infallible = writeln!(text, "{area}: {passed} passed, {gaps} known gaps, {skipped} skipped");
    }
    text
}
