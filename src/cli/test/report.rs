//! The results for people: failures as diffs.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use std::time::Duration;

use super::Tested;
use crate::cli::colours::colours;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, error_line};
use crate::test_file::{CaseResult, Expected, Mismatch, Verdict};

/// Prints the results and returns whether anything failed.
pub(super) fn print(tested: &[Tested], verbose: bool, took: Duration, output: &mut Output) -> Result<bool, Failure> {
    let colours = colours();
    let (mut passed, mut failed) = (0, 0);
    for tested in tested {
        for (result, _) in &tested.results {
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
    let verdict = if failed > 0 {
        format!("{}{failed} failed{}, {passed} passed", colours.error, colours.reset)
    } else {
        format!("{}{passed} passed{}", colours.good, colours.reset)
    };
    let files = tested.len();
    let plural = if files == 1 { "" } else { "s" };
    output.line(format_args!(
        "{verdict} in {files} test file{plural}, {:.2} s",
        took.as_secs_f64()
    ))?;
    Ok(failed > 0)
}

/// The reason of a failed case, indented.
pub(super) fn failure(result: &CaseResult, in_colour: bool) -> String {
    let mut text = String::new();
    match &result.verdict {
        Verdict::Passed => {}
        Verdict::Broken(problem) => {
            let _ = writeln!(text, "  {}", problem.replace('\n', "\n  "));
        }
        Verdict::Failed(mismatches) => {
            for mismatch in mismatches {
                tell(&mut text, mismatch, in_colour);
            }
        }
    }
    let run = result.run.as_ref();
    if let Some(error) = run.and_then(|run| run.error()) {
        let line = error_line(error, |cause| cause.replace('\n', "\n  "));
        let _ = writeln!(text, "  the execution ended with {line}");
    }
    if let Some(path) = run.map(|run| run.path()).filter(|path| !path.is_empty()) {
        let shown: Vec<_> = path.iter().take(20).copied().collect();
        let more = if path.len() > shown.len() { " → …" } else { "" };
        let _ = writeln!(text, "  it went {}{more}", shown.join(" → "));
    }
    text
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
        Expected::Calls(state) => format!("inputs of `{state}`"),
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
