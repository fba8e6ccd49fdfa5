//! For people.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::findings::{Finding, Findings};
use super::{Checked, machines};
use crate::cli::colours::colours;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, diagnostic};
use crate::definition::Severity;

pub(super) fn print(checked: &[Checked], output: &mut Output) -> Result<(), Failure> {
    let findings = Findings::of(checked);
    for group in &findings.groups {
        for found in &group.findings {
            output.line(diagnostic(found.file, found.diagnostic))?;
            output.line("")?;
        }
        if group.omitted > 0 {
            output.line(format_args!(
                "{} more problems of `{}` are not shown\n",
                group.omitted, group.file
            ))?;
        }
    }
    if checked.len() >= MANY_FILES {
        summary(&findings, output)?;
    }
    let found = machines(checked).count();
    let errors = findings.count(Severity::Error);
    let warnings = findings.count(Severity::Warning);
    let colours = colours();
    // What is not known is told by a warning.
    let is_partly_judged = machines(checked).any(|(_, machine)| machine.machine.is_none());
    let judged = if is_partly_judged { " as far as known" } else { "" };
    let verdict = match (errors, warnings) {
        (0, 0) if found == 0 => format!("{}no state machine found{}", colours.warning, colours.reset),
        (0, _) if found == 0 => format!(
            "{}no state machine found{}, {}",
            colours.warning,
            colours.reset,
            counted(warnings, "warning")
        ),
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
fn summary(findings: &Findings<'_>, output: &mut Output) -> Result<(), Failure> {
    let mut rules: Vec<(&str, Severity, usize, HashSet<&str>)> = Vec::new();
    for Finding { file, diagnostic, .. } in findings.all() {
        let key = (diagnostic.code.as_str(), diagnostic.severity);
        match rules.iter_mut().find(|(code, severity, ..)| (*code, *severity) == key) {
            Some((.., count, files)) => {
                *count += 1;
                files.insert(file);
            }
            None => rules.push((key.0, key.1, 1, HashSet::from([file]))),
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
