//! The results for people: failures as diffs.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use std::time::Duration;

use super::{Ran, Tested};
use crate::cli::colours::colours;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, express_text};
use crate::simulation::Usage;
use crate::test_file::{CaseResult, Expected, Mismatch, Verdict};

/// How many errors that Catchers took are told of a failed case.
const MOST_CAUGHT: usize = 5;

/// Prints the results.
pub(super) fn print(tested: &[Tested], verbose: bool, took: Duration, output: &mut Output) -> Result<(), Failure> {
    let colours = colours();
    let (mut passed, mut failed, mut unusable) = (0, 0, 0);
    for tested in tested {
        if let Err(failure) = &tested.suite {
            unusable += 1;
            let place = format_args!("{}{}{} cannot be used", colours.strong, tested.file, colours.reset);
            output.line(format_args!("{}✗{} {place}", colours.error, colours.reset))?;
            output.line(format_args!("  {}\n", indented(&failure.text())))?;
        }
        for Ran { result, .. } in &tested.cases {
            if result.has_passed() {
                passed += 1;
                if verbose {
                    let place = format_args!("{}: {}", tested.file, result.name);
                    output.line(format_args!("{}✓{} {place}", colours.good, colours.reset))?;
                }
                continue;
            }
            failed += 1;
            let place = format_args!("{}{}{}: {}", colours.strong, tested.file, colours.reset, result.name);
            output.line(format_args!("{}✗{} {place}", colours.error, colours.reset))?;
            output.line(failure(result, true))?;
        }
    }
    let mut verdict = if failed > 0 {
        format!("{}{failed} failed{}, {passed} passed", colours.error, colours.reset)
    } else {
        format!("{}{passed} passed{}", colours.good, colours.reset)
    };
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    if unusable > 0 {
        let files = plural(unusable);
        verdict = format!(
            "{}{unusable} file{files} cannot be used{}, {verdict}",
            colours.error, colours.reset
        );
    }
    let files = tested.len();
    output.line(format_args!(
        "{verdict} in {files} test file{}, {:.2} s",
        plural(files),
        took.as_secs_f64()
    ))?;
    usage(tested, output)
}

/// A line for what the executions use: of Standard Workflows their transitions, of Express Workflows duration and memory.
fn usage(tested: &[Tested], output: &mut Output) -> Result<(), Failure> {
    let cases = tested.iter().flat_map(|tested| &tested.cases);
    let used = cases.filter_map(|ran| Some((&*ran.result.name, ran.execution.as_ref()?.usage)));
    let used: Vec<(&str, Usage)> = used.collect();
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let all: u64 = used.iter().map(|(_, usage)| usage.transitions).sum();
    let most = used.iter().max_by_key(|(_, usage)| usage.transitions);
    if let Some((
        name,
        Usage {
            transitions: most @ 1..,
            ..
        },
    )) = most
    {
        let text = format!("{all} state transition{}, {most} of them by `{name}`", plural(all));
        output.line(text)?;
    }
    let all: u64 = used.iter().map(|(_, usage)| usage.express.executions).sum();
    let most = used.iter().max_by_key(|(_, usage)| usage.express.billed_duration);
    if let Some((name, most)) = most.filter(|(_, usage)| usage.express.executions > 0) {
        let text = express_text(&most.express);
        output.line(format_args!(
            "{all} Express execution{}, the longest billed {text}: `{name}`",
            plural(all)
        ))?;
    }
    Ok(())
}

/// The reason of a failed case, indented: why the execution failed and which errors were caught, then what differs, then what follows from that.
pub(super) fn failure(result: &CaseResult, in_colour: bool) -> String {
    let mut text = String::new();
    let run = result.run.as_ref();
    if let Some(failure) = run.and_then(|run| run.explain_failure()) {
        let _ = writeln!(text, "  {}", indented(&failure));
    }
    let caught = run.map_or_else(Vec::new, |run| run.explain_caught());
    for error in caught.iter().take(MOST_CAUGHT) {
        let _ = writeln!(text, "  {}", indented(error));
    }
    if let Some(more @ 1..) = caught.len().checked_sub(MOST_CAUGHT) {
        let _ = writeln!(text, "  … and {more} more caught");
    }
    match &result.verdict {
        Verdict::Passed => {}
        Verdict::Broken(problem) => {
            let _ = writeln!(text, "  {}", indented(problem));
        }
        Verdict::Failed(mismatches) => {
            for mismatch in mismatches {
                tell(&mut text, mismatch, in_colour);
            }
        }
    }
    if let Some(path) = run.map(|run| run.path()).filter(|path| !path.is_empty()) {
        let shown: Vec<_> = path.iter().take(20).copied().collect();
        let more = if path.len() > shown.len() { " → …" } else { "" };
        let _ = writeln!(text, "  it went {}{more}", shown.join(" → "));
    }
    if let (Verdict::Failed(_), Some(left_over)) = (&result.verdict, &result.left_over) {
        let _ = writeln!(text, "  and {}", indented(left_over));
    }
    text
}

/// Lines after the first are indented like it.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n  ").replace("\n  \n", "\n\n")
}

fn tell(text: &mut String, mismatch: &Mismatch, in_colour: bool) {
    let what = match &mismatch.what {
        Expected::Status => "status".to_owned(),
        Expected::Output => "output".to_owned(),
        Expected::OutputContains => "a part of the output".to_owned(),
        Expected::Error => "error".to_owned(),
        Expected::Cause => "cause".to_owned(),
        Expected::Path => "path".to_owned(),
        Expected::Elapsed => "elapsed seconds".to_owned(),
        Expected::Calls(state) if mismatch.expected.is_number() => format!("calls of `{state}`"),
        Expected::Calls(state) => format!("inputs of `{state}`"),
        Expected::Transitions => "transitions".to_owned(),
        Expected::MostTransitions => "transitions at most".to_owned(),
        Expected::Variable(name) => format!("variable `{name}`"),
    };
    let is_short = |value: &Value| !(value.is_object() || value.is_array());
    let colours = if in_colour {
        colours()
    } else {
        crate::definition::Colours::default()
    };
    let (red, green, reset) = (colours.error, colours.good, colours.reset);
    if is_short(&mismatch.expected) && is_short(&mismatch.actual) {
        let actual = if mismatch.expected == mismatch.actual {
            "nothing".to_owned()
        } else {
            mismatch.actual.to_string()
        };
        let _ = writeln!(
            text,
            "  {what}: expected {green}{}{reset}, got {red}{actual}{reset}",
            mismatch.expected
        );
        return;
    }
    let _ = writeln!(text, "  {what}: {green}+ expected{reset}, {red}- got{reset}");
    let (expected, actual) = (format!("{:#}\n", mismatch.expected), format!("{:#}\n", mismatch.actual));
    let diff = TextDiff::configure()
        .timeout(Duration::from_secs(2))
        .diff_lines(&actual, &expected);
    for (i, group) in diff.grouped_ops(3).iter().enumerate() {
        if i > 0 {
            let _ = writeln!(text, "    …");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, colour) = match change.tag() {
                ChangeTag::Delete => ("-", red),
                ChangeTag::Insert => ("+", green),
                ChangeTag::Equal => (" ", ""),
            };
            let line = change.value().trim_end_matches('\n');
            let _ = writeln!(
                text,
                "    {colour}{sign} {line}{}",
                if colour.is_empty() { "" } else { reset }
            );
        }
    }
}
