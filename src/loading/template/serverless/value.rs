//! What a variable of the framework stands for.

use std::rc::Rc;

use crate::data::json::{Kind, Node, Place, Span};
use crate::definition::Code;
use crate::loading::report::{GIVE_VALUES, Report};

/// Another file.
pub(super) struct Opened {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) root: Node,
}

/// A value with the file that it stands in; `None` for the framework's own.
#[derive(Clone)]
pub(super) struct Located {
    pub(super) node: Node,
    pub(super) file: Option<Rc<Opened>>,
}

impl Located {
    pub(super) fn here(node: &Node) -> Self {
        Self {
            node: node.clone(),
            file: None,
        }
    }

    /// A part of this value.
    pub(super) fn at(&self, node: &Node) -> Self {
        Self {
            node: node.clone(),
            file: self.file.clone(),
        }
    }
}

/// What a variable stands for.
pub(super) enum Value {
    Known(Located),
    /// Only a deployment knows the variable.
    Unknown(String),
    /// A program makes the value.
    Program(String),
    /// The file cannot be read.
    Unreadable {
        path: String,
        reason: String,
    },
    /// The file has no such key.
    Missing {
        path: String,
        keys: String,
    },
}

impl Value {
    /// Reports that `subject` is not judged, because it is not known; says nothing about what is.
    pub(super) fn report(&self, subject: &str, span: Span, report: &mut Report) {
        let place = Place::at(span).nowhere();
        match self {
            Self::Known(_) => {}
            Self::Unknown(variable) => {
                let message = format!("no value for `${{{variable}}}`: {subject} not judged");
                report
                    .warning(Code::UnresolvedSubstitution, place, message)
                    .help(GIVE_VALUES);
            }
            Self::Program(path) => {
                let message = format!("a program, `{path}`, makes the value: {subject} not judged");
                report
                    .warning(Code::NotSupported, place, message)
                    .help("a file in JSON or YAML is looked at");
            }
            Self::Unreadable { path, reason } => {
                let message = format!("`{path}` cannot be read: {reason}");
                report
                    .error(Code::UnresolvedReference, place, message)
                    .help("the path begins in the folder of the file");
            }
            Self::Missing { path, keys } => {
                let message = format!("`{path}` has no `{keys}`");
                report.error(Code::UnresolvedReference, place, message);
            }
        }
    }
}

impl Value {
    /// The value, if there is one.
    pub(super) fn known(self) -> Option<Located> {
        match self {
            Self::Known(found) => Some(found),
            _ => None,
        }
    }
}

/// A value that stands in no file.
pub(super) fn of_kind(kind: Kind, span: Span) -> Located {
    let node = Node {
        span,
        kind,
        unresolved: false,
        text_map: None,
    };
    Located { node, file: None }
}
