//! Collects problems, sorts them and finds their lines.

mod excerpt;
mod lines;
mod location;
mod placeholders;
mod similar;

use self::lines::{Columns, Lines};
use self::location::{location, pointer};
#[cfg(feature = "yaml")]
pub(super) use self::placeholders::GIVE_VALUES;
pub(super) use self::placeholders::Placeholders;
use self::similar::Suggestions;
use crate::data::json::{Place, Span, Step};
use crate::definition::{Code, Diagnostic, Severity};

/// The most diagnostics kept; further ones are only counted.
const MAX_DIAGNOSTICS: usize = 500;

/// Collects the problems of one definition.
pub(crate) struct Report {
    findings: Vec<Finding>,
    errors: usize,
    lines: Lines,
    suggestions: Suggestions,
    placeholders: Placeholders,
}

/// A point in the collecting of problems.
#[cfg(feature = "yaml")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    findings: usize,
    errors: usize,
}

/// A problem before its position is computed.
#[derive(Debug)]
pub(crate) struct Finding {
    phase: Phase,
    place: Place,
    code: Code,
    severity: Severity,
    message: String,
    help: Option<String>,
    placeholders: Vec<String>,
    not_judged: Vec<String>,
}

/// The groups of diagnostics, in AWS's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Fields and values.
    Schema,
    /// Transitions to missing states.
    Targets,
    /// Unreachable states.
    Reachability,
    /// Graphs that cannot end.
    TerminalState,
    /// Warnings.
    Warnings,
}

/// No value; the reason is already reported, or a [rule](crate::loading::rules) reports it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reported;

impl Finding {
    /// Adds help.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the placeholders without a value, and the places that are not judged because of them.
    fn lists(&mut self, placeholders: Vec<String>, not_judged: Vec<String>) {
        self.placeholders = placeholders;
        self.not_judged = not_judged;
    }

    /// Sets or removes the help.
    pub(crate) fn maybe_help(&mut self, help: Option<String>) -> &mut Self {
        self.help = help;
        self
    }
}

impl Report {
    pub(crate) fn new(source: &str) -> Self {
        Self {
            findings: Vec::new(),
            errors: 0,
            lines: Lines::of(source),
            suggestions: Suggestions::default(),
            placeholders: Placeholders::default(),
        }
    }

    /// Adds an error about a field or value.
    pub(crate) fn error(&mut self, code: Code, place: Place, message: impl Into<String>) -> &mut Finding {
        self.error_in(Phase::Schema, code, place, message)
    }

    /// Adds an error with the most frequent code, `SCHEMA_VALIDATION_FAILED`.
    pub(crate) fn schema(&mut self, place: Place, message: impl Into<String>) -> &mut Finding {
        self.error(Code::SchemaValidationFailed, place, message)
    }

    pub(crate) fn error_in(
        &mut self,
        phase: Phase,
        code: Code,
        place: Place,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.errors += 1;
        self.add(phase, code, Severity::Error, place, message.into())
    }

    pub(crate) fn warning(&mut self, code: Code, place: Place, message: impl Into<String>) -> &mut Finding {
        self.add(Phase::Warnings, code, Severity::Warning, place, message.into())
    }

    /// The findings so far, for [`Report::back_to`].
    #[cfg(feature = "yaml")]
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            findings: self.findings.len(),
            errors: self.errors,
        }
    }

    /// Forgets all findings since the mark: a text is read anew.
    #[cfg(feature = "yaml")]
    pub(crate) fn back_to(&mut self, mark: Mark) {
        self.findings.truncate(mark.findings);
        self.errors = mark.errors;
    }

    /// The number of errors so far.
    #[cfg(feature = "yaml")]
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The candidate most similar to `name`, if one is similar enough.
    pub(crate) fn similar<'c>(&mut self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.suggestions.similar(name, candidates)
    }

    /// The placeholders of the definition, and the values that are not judged because of them.
    pub(crate) fn placeholders(&mut self) -> &mut Placeholders {
        &mut self.placeholders
    }

    /// The line of a position, from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.lines.line_of(offset)
    }

    /// The diagnostics in AWS's order, and the number of those omitted. `steps_to` gives the keys and indices that lead
    /// to a byte of the text; `None` if the text has none.
    pub(crate) fn finish<'n>(
        mut self,
        source: &str,
        steps_to: impl Fn(usize) -> Option<Vec<Step<'n>>>,
    ) -> (Vec<Diagnostic>, usize) {
        // A stable sort: problems at one place keep the order in which they were found.
        self.findings
            .sort_by_key(|finding| (finding.phase, finding.place.span().start));
        let omitted = self.findings.len().saturating_sub(MAX_DIAGNOSTICS);
        let findings = std::mem::take(&mut self.findings);
        let mut columns = Columns::default();
        let kept = findings.into_iter().take(MAX_DIAGNOSTICS);
        let diagnostics = kept.map(|finding| self.diagnostic(finding, source, &steps_to, &mut columns));
        (diagnostics.collect(), omitted)
    }

    fn add(&mut self, phase: Phase, code: Code, severity: Severity, place: Place, message: String) -> &mut Finding {
        let finding = Finding {
            phase,
            place,
            code,
            severity,
            message,
            help: None,
            placeholders: Vec::new(),
            not_judged: Vec::new(),
        };
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "one was pushed just now")]
        &mut self.findings[last]
    }

    fn diagnostic<'n>(
        &self,
        finding: Finding,
        source: &str,
        steps_to: &impl Fn(usize) -> Option<Vec<Step<'n>>>,
        columns: &mut Columns,
    ) -> Diagnostic {
        let Span { start, end } = finding.place.span();
        let (line, column, excerpt) = self.lines.shown(start..end, source, columns);
        Diagnostic {
            code: finding.code,
            severity: finding.severity,
            message: finding.message,
            location: finding
                .place
                .about_at()
                .and_then(steps_to)
                .map(|steps| location(&steps)),
            pointer: steps_to(start).map_or_else(String::new, |steps| pointer(&steps)),
            line,
            column,
            span: start..end,
            help: finding.help,
            placeholders: finding.placeholders,
            not_judged: finding.not_judged,
            excerpt,
        }
    }

    /// Moves a diagnostic of a text embedded in `source` to `span` in `source`.
    #[cfg(feature = "yaml")]
    pub(crate) fn relocated(&self, diagnostic: Diagnostic, span: Span, source: &str) -> Diagnostic {
        let span = span.start..span.end;
        let (line, column, excerpt) = self.lines.shown(span.clone(), source, &mut Columns::default());
        Diagnostic {
            line,
            column,
            span,
            excerpt,
            ..diagnostic
        }
    }
}
/// The candidate most similar to `name`, if one is similar enough.
#[cfg(feature = "yaml")]
pub(crate) fn similar_name<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    Suggestions::default().similar(name, candidates)
}
