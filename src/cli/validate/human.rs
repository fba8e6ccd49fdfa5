//! For people.

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

/// `1 error`, `2 errors`
pub(in crate::cli) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
