//! Turns the problems of a JSON text into diagnostics.

use super::report::Report;
#[cfg(feature = "yaml")]
use crate::data::json::Kind;
use crate::data::json::{
    self, Locator, MAX_DEPTH, Node, Parsed, Place, Problem, Span, Substitutions, SyntaxError, SyntaxErrorKind,
};
use crate::definition::{Code, Diagnostic, MAX_CHARACTERS};

/// A key that its object has already at `earlier`.
pub(super) struct Duplicate {
    pub(super) key: String,
    pub(super) span: Span,
    pub(super) earlier: Span,
}

/// Parses a text, and replaces each `${Name}` with its value. Problems go to the report; `None` if the text is not
/// JSON.
pub(super) fn parse(source: &str, substitutions: &Substitutions, report: &mut Report) -> Option<Node> {
    let parsed = json::parse_with(source, substitutions, MAX_CHARACTERS);
    reported(parsed, report)
}

/// Like [`parse`], without replacing `${Name}`.
pub(super) fn parse_verbatim(source: &str, report: &mut Report) -> Option<Node> {
    reported(json::parse(source), report)
}

/// The same, with every member of an object, even if its key is there already.
#[cfg(feature = "yaml")]
pub(super) fn parse_with_duplicates(source: &str, report: &mut Report) -> Option<(Node, Vec<Duplicate>)> {
    let mut duplicates = Vec::new();
    let mut parsed = json::parse_with_duplicates(source);
    parsed.problems.retain(|problem| match problem {
        Problem::DuplicateKey { key, span, earlier } => {
            duplicates.push(Duplicate {
                key: key.clone(),
                span: *span,
                earlier: *earlier,
            });
            false
        }
        _ => true,
    });
    Some((reported(parsed, report)?, duplicates))
}

/// Replaces every `${Name}` in `node`, a tree parsed from `source`, with its value. `plain` gives the value of a text
/// without quotes that stands so deep; `None` if it is a text.
#[cfg(feature = "yaml")]
pub(super) fn substitute(
    node: &mut Node,
    source: &str,
    substitutions: &Substitutions,
    report: &mut Report,
    plain: &dyn Fn(&str, usize) -> Option<Kind>,
) {
    for problem in json::substitute(node, source, substitutions, MAX_CHARACTERS, plain) {
        report_problem(problem, report);
    }
}

/// The diagnostics of a report on a tree, and the number of those omitted.
pub(super) fn finish(report: Report, source: &str, root: Option<&Node>) -> (Vec<Diagnostic>, usize) {
    let locator = Locator::new(root);
    report.finish(source, |offset| locator.steps_to(offset))
}

fn reported(parsed: Parsed, report: &mut Report) -> Option<Node> {
    for problem in parsed.problems {
        report_problem(problem, report);
    }
    parsed.root.map_err(|error| report_syntax_error(error, report)).ok()
}

fn report_problem(problem: Problem, report: &mut Report) {
    match problem {
        Problem::DuplicateKey { key, span, earlier } => {
            let duplicate = Duplicate { key, span, earlier };
            report_duplicate(Code::InvalidJsonDescription, &duplicate, report);
        }
        Problem::NumberOutOfRange { span } => {
            let message = "the number is out of range";
            report
                .error(Code::InvalidJsonDescription, Place::at(span), message)
                .help("numbers reach up to 1.7976931348623157e308");
        }
        Problem::LoneSurrogate { unit, span } => {
            let message = format!("`\\u{unit:04X}` is a lone surrogate, which is not a character");
            report
                .error(Code::InvalidJsonDescription, Place::at(span), message)
                .help("characters above U+FFFF are written as two escapes, `\\uD83C\\uDF55`");
        }
        Problem::UnresolvedSubstitution { name, span } => report.placeholders().add(name, span),
        Problem::StandIn => report.placeholders().add_stand_in(),
        Problem::SubstitutionsTooLong { span } => {
            let message = format!("the substitutions make the definition longer than {MAX_CHARACTERS} characters");
            report.error(Code::DefinitionTooLong, Place::at(span).nowhere(), message);
        }
    }
}

fn report_syntax_error(error: SyntaxError, report: &mut Report) {
    let (message, help) = match error.kind {
        SyntaxErrorKind::TooDeep => return report_too_deep(error.span, report),
        SyntaxErrorKind::AfterEnd(c) => {
            let found = json::character(c);
            let message = format!("Unexpected character ({found}): expected nothing after the definition");
            let help = match c {
                '}' | ']' => "there is one bracket too many here, or one too few before it",
                _ => "a text holds one definition",
            };
            (message, Some(help.to_owned()))
        }
        SyntaxErrorKind::Comment => {
            let help = "JSON has no comments, but a state has a `Comment` field";
            (error.message, Some(help.to_owned()))
        }
        SyntaxErrorKind::Word => {
            let help = "a definition is an object: it begins with `{`";
            (error.message, Some(help.to_owned()))
        }
        SyntaxErrorKind::EndOfInput | SyntaxErrorKind::CloseMarker | SyntaxErrorKind::Plain => {
            (error.message, error.help)
        }
    };
    report
        .error(Code::InvalidJsonDescription, Place::at(error.span).nowhere(), message)
        .maybe_help(help);
}

/// Reports that a text, in JSON or YAML, nests too deeply.
pub(super) fn report_too_deep(span: Span, report: &mut Report) {
    let message = format!("the definition nests deeper than {MAX_DEPTH} arrays and objects");
    report
        .error(Code::TooDeeplyNested, Place::at(span).nowhere(), message)
        .help("make a machine of its own of what is nested, and start it by `states:startExecution`");
}

/// Reports a key that its object already has.
pub(super) fn report_duplicate(code: Code, duplicate: &Duplicate, report: &mut Report) {
    let Duplicate { key, span, earlier } = duplicate;
    let line = report.line_of(earlier.start);
    report
        .error(code, Place::at(*span), format!("Duplicate field '{key}'"))
        .help(format!("the same field stands in line {line} already"));
}
