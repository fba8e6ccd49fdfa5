//! For people.

use std::cmp::Reverse;

use super::{Checked, count, machines, place};
use crate::cli::colours::colours;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, diagnostic};
use crate::definition::Severity;

pub(super) fn print(checked: &[Checked], output: &mut Output) -> Result<(), Failure> {
    for (checked, machine) in machines(checked) {
        let (file, _) = place(checked, machine);
        for found in &machine.diagnostics {
            output.line(diagnostic(file, found))?;
            output.line("")?;
        }
        if machine.omitted > 0 {
            output.line(format_args!(
                "{} more problems of `{file}` are not shown\n",
                machine.omitted
            ))?;
        }
    }
    if checked.len() >= MANY_FILES {
        summary(checked, output)?;
    }
    let found = machines(checked).count();
    let errors = count(checked, Severity::Error);
    let warnings = count(checked, Severity::Warning);
    let colours = colours();
    // What is not known is told by a warning.
    let is_partly_judged = machines(checked).any(|(_, machine)| machine.machine.is_none());
    let judged = if is_partly_judged { " as far as known" } else { "" };
    let verdict = match (errors, warnings) {
        _ if found == 0 => format!("{}no state machine found{}", colours.warning, colours.reset),
        (0, 0) => format!("{}valid{}", colours.good, colours.reset),
        (0, _) => format!(
            "{}valid{}{judged}, {}",
            colours.good,
            colours.reset,
            counted(warnings, "warning")
        ),
        (_, 0) => format!("{}{}{}", colours.error, counted(errors, "error"), colours.reset),
        _ => format!(
            "{}{}{}, {}",
            colours.error,
            counted(errors, "error"),
            colours.reset,
            counted(warnings, "warning")
        ),
    };
    output.line(format_args!(
        "{} in {}: {verdict}",
        counted(found, "state machine"),
        counted(checked.len(), "file")
    ))
}

/// From so many files on, a summary tells how often each rule is broken.
const MANY_FILES: usize = 10;

/// The number of problems by their code, the most frequent first.
fn summary(checked: &[Checked], output: &mut Output) -> Result<(), Failure> {
    let mut rules: Vec<(&str, Severity, usize, Vec<&str>)> = Vec::new();
    for (checked, machine) in machines(checked) {
        let (file, _) = place(checked, machine);
        for found in &machine.diagnostics {
            let code = found.code.as_str();
            let known = rules
                .iter_mut()
                .find(|(known, severity, ..)| (*known, *severity) == (code, found.severity));
            match known {
                Some((.., count, files)) => {
                    *count += 1;
                    if files.last() != Some(&file) {
                        files.push(file);
                    }
                }
                None => rules.push((code, found.severity, 1, vec![file])),
            }
        }
    }
    rules.sort_by_key(|(code, severity, count, _)| (Reverse(*severity), Reverse(*count), *code));
    let widest = rules.iter().map(|(code, ..)| code.len()).max().unwrap_or_default();
    for (code, severity, count, files) in &rules {
        let noun = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        output.line(format_args!(
            "{code:widest$}  {} in {}",
            counted(*count, noun),
            counted(files.len(), "file")
        ))?;
    }
    if !rules.is_empty() {
        output.line("")?;
    }
    Ok(())
}

/// `1 error`, `2 errors`
pub(in crate::cli) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
