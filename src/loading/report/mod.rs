//! Where problems are collected, sorted and given their lines.

mod excerpt;
mod similar;

use std::ops::Range;

use self::similar::Suggestions;
use crate::data::JsonataExpressions;
use crate::data::json::{Locator, Member, Node, Span, Step};
use crate::definition::MAX_CHARACTERS;
use crate::definition::{Code, Diagnostic, Excerpt, Severity};

/// Diagnostics kept; more are only counted.
const MAX_DIAGNOSTICS: usize = 500;

/// The most characters of a name that a location or pointer shows.
const MAX_NAME: usize = 256;

/// Collects the problems of one definition.
pub(crate) struct Report {
    findings: Vec<Finding>,
    errors: usize,
    line_starts: Vec<usize>,
    suggestions: Suggestions,
    /// Those that were read so far.
    pub(super) expressions: JsonataExpressions,
}

/// A problem before its position is worked out.
#[derive(Debug)]
pub(crate) struct Finding {
    phase: Phase,
    place: Place,
    code: Code,
    severity: Severity,
    message: String,
    help: Option<String>,
}

/// The groups that diagnostics come in, as AWS orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Fields and values.
    Schema,
    /// Transitions to states that are not there.
    Targets,
    /// States that nothing leads to.
    Reachability,
    /// Graphs that cannot end.
    TerminalState,
    /// What is only probably wrong.
    Warnings,
}

/// There is no value: why is in the report, or a [rule](crate::loading::rules) puts it there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reported;

/// What to point at, and which value AWS's `location` names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    span: Span,
    /// Where the value or key starts that the location names; none for no location at all.
    about: Option<usize>,
}

impl Place {
    /// A value: the location is its own.
    pub(crate) fn value(node: &Node) -> Self {
        Self::at(node.span)
    }

    /// A key: the location is its value's.
    pub(crate) fn key(member: &Member) -> Self {
        Self::at(member.key_span)
    }

    /// A string, from the byte `offset` of what it says to its end; the location is the string's.
    pub(crate) fn inside(node: &Node, offset: usize) -> Self {
        let start = node.source_of(offset);
        if offset == 0 || start <= node.span.start {
            return Self::value(node);
        }
        // At the end, only the closing quote is left to point at.
        let text_end = node.text_end();
        let end = if start < text_end { text_end } else { node.span.end };
        Self::at(Span::new(start, end)).about(node)
    }

    /// The bytes from `start` to `end` of what a string says; the location is the string's.
    pub(crate) fn part(node: &Node, start: usize, end: usize) -> Self {
        let (start, end) = (node.source_of(start), node.source_of(end));
        Self::at(Span::new(start, end.max(start))).about(node)
    }

    /// A value, of which only the opening bracket is shown.
    pub(crate) fn opening(node: &Node) -> Self {
        Self::at(Span::new(node.span.start, node.span.start + 1))
    }

    /// Any part of the text; the location is that of the key or value it starts.
    pub(crate) fn at(span: Span) -> Self {
        Self {
            span,
            about: Some(span.start),
        }
    }

    /// The whole text, which has no location.
    pub(crate) fn document() -> Self {
        Self::at(Span::new(0, 0)).nowhere()
    }

    /// The location is another value's.
    pub(crate) fn about(self, node: &Node) -> Self {
        Self {
            about: Some(node.span.start),
            ..self
        }
    }

    /// The bytes that it points at.
    #[cfg(feature = "yaml")]
    pub(crate) fn span(self) -> Span {
        self.span
    }

    /// There is no location.
    pub(crate) fn nowhere(self) -> Self {
        Self { about: None, ..self }
    }
}

impl Finding {
    /// Says how to fix it.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Says how to fix it, where there is something to say.
    pub(crate) fn maybe_help(&mut self, help: Option<String>) -> &mut Self {
        self.help = help;
        self
    }
}

impl Report {
    pub(crate) fn new(source: &str) -> Self {
        // No character has more bytes than four, and a longer definition is refused as a whole.
        let breaks = source
            .bytes()
            .take(4 * MAX_CHARACTERS)
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            findings: Vec::new(),
            errors: 0,
            line_starts: std::iter::once(0).chain(breaks).collect(),
            suggestions: Suggestions::default(),
            expressions: JsonataExpressions::default(),
        }
    }

    /// A problem of a field or value.
    pub(crate) fn error(&mut self, code: Code, place: Place, message: impl Into<String>) -> &mut Finding {
        self.error_in(Phase::Schema, code, place, message)
    }

    /// `SCHEMA_VALIDATION_FAILED`, the most frequent one.
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

    /// How many errors there are so far.
    #[cfg(feature = "yaml")]
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The candidate that is most probably meant by `name`, if one is near.
    pub(crate) fn similar<'c>(&mut self, name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
        self.suggestions.similar(name, candidates)
    }

    /// The line of a position, from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The diagnostics in their order, and how many more there were.
    pub(crate) fn finish(mut self, source: &str, root: Option<&Node>) -> (Vec<Diagnostic>, usize) {
        // Stable: problems at one place stay in the order in which they were found.
        self.findings
            .sort_by_key(|finding| (finding.phase, finding.place.span.start));
        let omitted = self.findings.len().saturating_sub(MAX_DIAGNOSTICS);
        let findings = std::mem::take(&mut self.findings);
        let locator = Locator::new(root);
        let mut columns = Columns::default();
        let kept = findings.into_iter().take(MAX_DIAGNOSTICS);
        (
            kept.map(|finding| self.diagnostic(finding, source, &locator, &mut columns))
                .collect(),
            omitted,
        )
    }

    fn add(&mut self, phase: Phase, code: Code, severity: Severity, place: Place, message: String) -> &mut Finding {
        let finding = Finding {
            phase,
            place,
            code,
            severity,
            message,
            help: None,
        };
        self.findings.push(finding);
        let last = self.findings.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "one was pushed just now")]
        &mut self.findings[last]
    }

    fn diagnostic(&self, finding: Finding, source: &str, locator: &Locator<'_>, columns: &mut Columns) -> Diagnostic {
        let Span { start, end } = finding.place.span;
        let (line, column, excerpt) = self.shown(start..end, source, columns);
        Diagnostic {
            code: finding.code,
            severity: finding.severity,
            message: finding.message,
            location: finding
                .place
                .about
                .and_then(|about| locator.steps_to(about))
                .map(|steps| location(&steps)),
            pointer: locator
                .steps_to(start)
                .map_or_else(String::new, |steps| pointer(&steps)),
            line,
            column,
            span: start..end,
            help: finding.help,
            excerpt,
        }
    }

    /// A problem of a text that stands inside of `source`, shown at `span` there.
    #[cfg(feature = "yaml")]
    pub(crate) fn relocated(&self, diagnostic: Diagnostic, span: Span, source: &str) -> Diagnostic {
        let span = span.start..span.end;
        let (line, column, excerpt) = self.shown(span.clone(), source, &mut Columns::default());
        Diagnostic {
            line,
            column,
            span,
            excerpt,
            ..diagnostic
        }
    }

    /// The line and column of a span, and the line's text.
    fn shown(&self, span: Range<usize>, source: &str, columns: &mut Columns) -> (usize, usize, Excerpt) {
        let line = self.line_of(span.start);
        let line_start = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
            .copied()
            .unwrap_or(0);
        let next_line = self.line_starts.get(line).copied().unwrap_or(source.len() + 1);
        let text = source.get(line_start..next_line - 1).unwrap_or_default();
        let line_end = line_start + text.trim_end_matches('\r').len();
        let column = columns.of(source, line_start, span.start);
        (line, column, Excerpt::new(source, line_start..line_end, span))
    }
}

/// Counts columns onwards from the last one, since a whole definition may be one long line.
#[derive(Default)]
struct Columns {
    line_start: usize,
    offset: usize,
    before: usize,
}

impl Columns {
    /// The column of a position in its line, in characters, from 1.
    fn of(&mut self, source: &str, line_start: usize, offset: usize) -> usize {
        if self.line_start != line_start || offset < self.offset {
            *self = Self {
                line_start,
                offset: line_start,
                before: 0,
            };
        }
        self.before += source.get(self.offset..offset).map_or(0, |text| text.chars().count());
        self.offset = offset;
        self.before + 1
    }
}

/// `/States/Order/Choices[0]/Next`, as AWS writes it.
fn location(steps: &[Step<'_>]) -> String {
    let mut location = String::new();
    for step in steps {
        match step {
            Step::Key(key) => {
                location.push('/');
                push_name(&mut location, key, |c| c.to_string());
            }
            Step::Index(index) => {
                location.push('[');
                location.push_str(&index.to_string());
                location.push(']');
            }
        }
    }
    if location.is_empty() { "/".to_owned() } else { location }
}

/// `/States/Order/Choices/0/Next` (RFC 6901).
fn pointer(steps: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        match step {
            Step::Key(key) => push_name(&mut pointer, key, |c| match c {
                '~' => "~0".to_owned(),
                '/' => "~1".to_owned(),
                c => c.to_string(),
            }),
            Step::Index(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

fn push_name(path: &mut String, name: &str, escape: fn(char) -> String) {
    for c in name.chars().take(MAX_NAME) {
        path.push_str(&escape(c));
    }
    if name.chars().nth(MAX_NAME).is_some() {
        path.push('…');
    }
}
