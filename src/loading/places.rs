//! Files other than definitions whose problems have lines and carets too.

use serde_json::Value;

use super::report::Report;
use super::template::Format;
use super::{json, yaml};
use crate::data::json::{Kind, Node, Place};
use crate::definition::{Code, Diagnostic, Excerpt, Severity};

/// A text in JSON or YAML with the places of its values.
pub(crate) struct Places<'s> {
    source: &'s str,
    root: Node,
}

/// A problem of a value in such a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The JSON Pointer of the value.
    pointer: String,
    /// The member whose key has the problem, instead of the value itself.
    key: Option<String>,
    message: String,
    help: Option<String>,
}

impl Problem {
    pub(crate) fn new(pointer: String, message: impl Into<String>) -> Self {
        Self {
            pointer,
            key: None,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn at_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl<'s> Places<'s> {
    /// Errors if the text is not JSON or YAML.
    pub(crate) fn of(source: &'s str, format: Format) -> Result<Self, Vec<Diagnostic>> {
        let mut report = Report::new(source);
        let root = match format {
            Format::Json => json::parse_verbatim(source, &mut report),
            Format::Yaml | Format::Terraform => yaml::parse(source, &mut report),
        };
        match root {
            Some(root) if !report.has_errors() => Ok(Self { source, root }),
            root => Err(json::finish(report, source, root.as_ref()).0),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        self.root.to_value()
    }

    /// The problem with its line and caret.
    pub(crate) fn diagnostic(&self, problem: Problem) -> Diagnostic {
        let node = self.node(&problem.pointer);
        let key = problem.key.as_deref().and_then(|key| node.as_object()?.member(key));
        let place = match (key, &node.kind) {
            (Some(member), _) => Place::key(member),
            (None, Kind::Object(_) | Kind::Array(_)) => Place::opening(node),
            _ => Place::value(node),
        };
        let span = place.span();
        let found = Diagnostic {
            code: Code::InvalidTestFile,
            severity: Severity::Error,
            message: problem.message,
            location: None,
            pointer: problem.pointer,
            line: 0,
            column: 0,
            span: 0..0,
            help: problem.help,
            placeholders: Vec::new(),
            not_judged: Vec::new(),
            excerpt: Excerpt::default(),
        };
        Report::new(self.source).relocated(found, span, self.source)
    }

    /// The value of a JSON Pointer, or the deepest existing value on its path.
    fn node(&self, pointer: &str) -> &Node {
        let steps = pointer.split('/').skip(1);
        let mut node = &self.root;
        for step in steps {
            let next = match &node.kind {
                Kind::Object(object) => object.field(&step.replace("~1", "/").replace("~0", "~")),
                Kind::Array(elements) => step.parse().ok().and_then(|index: usize| elements.get(index)),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }
}
