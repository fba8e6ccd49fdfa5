//! The problems of a definition, as plain data.

use std::fmt::{self, Write};
use std::ops::Range;

use super::Code;

/// The severity of a [`Diagnostic`]: errors refuse the definition, warnings do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The definition is accepted but probably does not do what its author meant.
    Warning,
    /// The definition is refused.
    Error,
}

/// One problem of a definition, with its place and help.
///
/// `Display` prints it with the line of the source that must be edited:
///
/// ```text
/// error[MISSING_TRANSITION_TARGET]: Missing 'Next' target: Chrage at /States/Order/Next
///   --> line 4, column 44
///   |
/// 4 |     "Order": { "Type": "Pass", "Next": "Chrage" },
///   |                                        ^^^^^^^^
///   = help: did you mean `Charge`?
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// AWS's code where AWS has one.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The message, in AWS's wording where AWS has one.
    pub message: String,
    /// AWS's `location`, a path such as `/States/Charge/Next`; AWS leaves it out for some problems.
    pub location: Option<String>,
    /// JSON Pointer (RFC 6901) of the value with the problem.
    ///
    /// Here and in `location` a name of more than 256 characters is cut, and ends in `…`.
    pub pointer: String,
    /// Line of that value (or key) in the source text, from 1.
    pub line: usize,
    /// Column in that line, in characters, from 1.
    pub column: usize,
    /// The range of bytes in the source text.
    pub span: Range<usize>,
    /// How to fix it, if there is a hint.
    pub help: Option<String>,
    /// The placeholders without a value, of a warning about them: all, where the message names the first.
    pub placeholders: Vec<String>,
    /// The places that are not judged because of them, as in `location`: all, where the message names the first.
    pub not_judged: Vec<String>,
    pub(crate) excerpt: Excerpt,
}

/// The line of the source text shown by a diagnostic, cut if it is long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Excerpt {
    /// The line, printable, without its end.
    pub(crate) text: String,
    /// The spaces and carets to print below it.
    pub(crate) underline: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format_args!("line {}, column {}", self.line, self.column);
        self.render(f, &place, &Colours::default())
    }
}

/// Escape sequences for the parts of a diagnostic; none by default.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(
    not(feature = "cli"),
    expect(dead_code, reason = "the `asl` command prints what is good too")
)]
pub(crate) struct Colours {
    pub(crate) error: &'static str,
    pub(crate) warning: &'static str,
    pub(crate) good: &'static str,
    pub(crate) strong: &'static str,
    pub(crate) faint: &'static str,
    pub(crate) reset: &'static str,
}

impl Diagnostic {
    /// Prints the diagnostic with its source line; `place` describes its position.
    pub(crate) fn render(&self, f: &mut impl Write, place: &dyn fmt::Display, colours: &Colours) -> fmt::Result {
        let Colours {
            strong, faint, reset, ..
        } = colours;
        let (severity, colour) = match self.severity {
            Severity::Warning => ("warning", colours.warning),
            Severity::Error => ("error", colours.error),
        };
        let message = Printable(&self.message);
        write!(f, "{colour}{severity}[{}]{reset}{strong}: {message}", self.code)?;
        if let Some(location) = &self.location {
            write!(f, " at {}", Printable(location))?;
        }
        let margin = self.line.to_string().len();
        writeln!(f, "{reset}\n{:margin$}{faint}-->{reset} {place}", "")?;
        writeln!(f, "{:margin$} {faint}|{reset}", "")?;
        writeln!(f, "{faint}{} |{reset} {}", self.line, self.excerpt.text)?;
        write!(
            f,
            "{:margin$} {faint}|{reset} {colour}{}{reset}",
            "", self.excerpt.underline
        )?;
        if let Some(help) = &self.help {
            write!(
                f,
                "\n{:margin$} {faint}={reset} {strong}help{reset}: {}",
                "",
                Printable(help)
            )?;
        }
        Ok(())
    }
}

/// Escapes control characters: in a definition's text they could manipulate a terminal.
struct Printable<'t>(&'t str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A definition was refused: every problem found, in the order of [`InvalidDefinition::diagnostics`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDefinition {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) omitted: usize,
}

impl InvalidDefinition {
    /// Every problem found. At least one is an error, unless a value that the definition needs is missing.
    ///
    /// The order is AWS's: problems of fields, transitions to missing states, unreachable states, a missing terminal
    /// state, then the warnings; each group in source order. It depends only on the text of the definition.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The errors in one text, in the form of the Step Functions API.
    pub(crate) fn api_message(&self) -> String {
        let errors = self
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error);
        let errors: Vec<String> = errors
            .map(|diagnostic| {
                let location = diagnostic.location.as_ref();
                let place = location.map(|location| format!(" at {location}")).unwrap_or_default();
                format!("{}: {}{place}", diagnostic.code, diagnostic.message)
            })
            .collect();
        format!("Invalid State Machine Definition: '{}'", errors.join(", "))
    }

    /// How many further problems were left out.
    pub fn omitted(&self) -> usize {
        self.omitted
    }
}

impl fmt::Display for InvalidDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_invalid = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        f.write_str(if self.diagnostics.iter().any(is_invalid) {
            "the state machine definition is invalid"
        } else {
            "the state machine definition lacks a value that it needs to run"
        })?;
        for diagnostic in &self.diagnostics {
            write!(f, "\n\n{diagnostic}")?;
        }
        if self.omitted > 0 {
            write!(f, "\n\n{} more problems are not shown", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidDefinition {}
