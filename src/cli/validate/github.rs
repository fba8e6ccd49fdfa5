//! Workflow commands of GitHub Actions: each problem becomes an annotation of its line.

use super::Checked;
use super::findings::{Finding, Findings};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::definition::Severity;

pub(super) fn print(checked: &[Checked], output: &mut Output) -> Result<(), Failure> {
    for Finding { file, diagnostic, .. } in Findings::of(checked).all() {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let location = diagnostic.location.as_ref().map(|location| format!(" at {location}"));
        let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}"));
        let text = [Some(diagnostic.message.clone()), location, help];
        let text: String = text.into_iter().flatten().collect();
        output.line(format_args!(
            "::{severity} file={},line={},col={},title={}::{}",
            property(file),
            diagnostic.line,
            diagnostic.column,
            diagnostic.code,
            data(&text)
        ))?;
    }
    Ok(())
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, which ends at a comma.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
