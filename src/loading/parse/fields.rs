//! Reading the fields of an object, with the problems of their values.

use crate::loading::outline::state_field;
use serde_json::Value;

use super::{Reading, values};
use crate::data::json::{Kind, Member, Node, Object, Place};
use crate::data::{Expression, JsonPath, MAX_NESTING, ReferencePath, Root, nests_within};
use crate::definition::{InputOutputPath, ResultPath, Transition};
use crate::loading::report::Reported;

/// Reads an object's fields and reports wrong values.
pub(crate) struct Fields<'n, 'r> {
    object: &'n Object,
    pub(crate) reading: &'r mut Reading,
}

impl<'n, 'r> Fields<'n, 'r> {
    pub(crate) fn of(node: &'n Node, reading: &'r mut Reading) -> Result<Self, Reported> {
        let object = values::object(node, reading)?;
        Ok(Self { object, reading })
    }

    pub(crate) fn members(&self) -> &'n [Member] {
        &self.object.members
    }

    pub(crate) fn node(&self, name: &str) -> Option<&'n Node> {
        self.object.field(name)
    }

    /// A required field. The rule about required fields reports it if it is missing.
    pub(crate) fn required(&self, name: &str) -> Result<&'n Node, Reported> {
        self.node(name).ok_or(Reported)
    }

    pub(crate) fn required_string(&mut self, name: &str) -> Result<String, Reported> {
        values::string(self.required(name)?, self.reading).map(str::to_owned)
    }

    pub(crate) fn string(&mut self, name: &str) -> Result<Option<&'n str>, Reported> {
        self.optional(name, values::string)
    }

    /// `Comment`, which only people read.
    pub(crate) fn comment(&mut self) -> Result<Option<String>, Reported> {
        Ok(self.optional("Comment", values::text)?.map(str::to_owned))
    }

    pub(crate) fn integer(&mut self, name: &str, minimum: u32, maximum: u32) -> Result<Option<u32>, Reported> {
        let path = format!("{name}Path");
        let is_state_with_path = self.node("Type").is_some() && state_field(&path).is_some();
        let hint = is_state_with_path.then(|| format!("to read it from the input, use `{path}`"));
        self.optional(name, |node, reading| {
            values::integer(node, minimum, maximum, hint, reading)
        })
    }

    /// `InputPath`, `OutputPath`
    pub(crate) fn input_output_path(&mut self, name: &str) -> Result<InputOutputPath, Reported> {
        let Some(node) = self.node(name) else {
            return Ok(InputOutputPath::Whole);
        };
        if is_null(node) {
            return Ok(InputOutputPath::Empty);
        }
        let path = values::json_path(node, self.reading)?;
        Ok(if path.is_identity() {
            InputOutputPath::Whole
        } else {
            InputOutputPath::Path(path)
        })
    }

    /// `ResultPath`
    pub(crate) fn result_path(&mut self) -> Result<ResultPath, Reported> {
        let Some(node) = self.node("ResultPath") else {
            return Ok(ResultPath::Whole);
        };
        if is_null(node) {
            return Ok(ResultPath::Discard);
        }
        let path = values::reference_path(node, self.reading)?;
        if *path.root() != Root::Input {
            let message = "Value is not a Reference Path: a result can only be placed in the input";
            let help = "begin it with `$.`; variables are written by `Assign`";
            self.reading.report.schema(Place::value(node), message).help(help);
            return Err(Reported);
        }
        Ok(if path.is_identity() {
            ResultPath::Whole
        } else {
            ResultPath::At(path)
        })
    }

    /// A field that ends in `Path` and names a single value.
    pub(crate) fn reference_path(&mut self, name: &str) -> Result<Option<ReferencePath>, Reported> {
        self.optional(name, values::reference_path)
    }

    /// `ItemsPath`
    pub(crate) fn items_path(&mut self) -> Result<Option<JsonPath>, Reported> {
        self.optional("ItemsPath", values::single_path)
    }

    /// A number in a range, fractions included.
    pub(crate) fn number(&mut self, name: &str, minimum: f64, maximum: f64) -> Result<Option<f64>, Reported> {
        self.optional(name, |node, reading| {
            values::number_within(node, minimum, maximum, reading)
        })
    }

    /// `ErrorPath`, `CausePath`
    pub(crate) fn expression(&mut self, name: &str) -> Result<Option<Expression>, Reported> {
        self.optional(name, |node, reading| values::expression(name, node, reading))
    }

    /// A value that is passed on unchanged.
    pub(crate) fn literal(&mut self, name: &str) -> Result<Option<Value>, Reported> {
        self.optional(name, |node, reading| {
            if node.has_unknown() {
                return Err(reading.not_judged_inside(node));
            }
            let value = node.to_value();
            if nests_within(&value, MAX_NESTING) {
                return Ok(value);
            }
            let message = format!("the value nests deeper than {MAX_NESTING} arrays and objects");
            reading
                .report
                .schema(Place::value(node), message)
                .help("make it flatter, or pass it as a JSON text");
            Err(Reported)
        })
    }

    /// `Next` or `End`. The rule about exclusive fields checks that there is exactly one.
    pub(crate) fn transition(&mut self) -> Result<Transition, Reported> {
        let next = self.string("Next");
        let end = self.optional("End", values::boolean);
        match (next?, end?) {
            (Some(next), _) => Ok(Transition::Next(next.to_owned())),
            (None, Some(true)) => Ok(Transition::End),
            (None, _) => Err(Reported),
        }
    }

    /// Reads the elements of an array; empty if the field is absent.
    pub(crate) fn elements<T>(
        &mut self,
        name: &str,
        read: impl Fn(&'n Node, &mut Reading) -> Result<T, Reported>,
    ) -> Result<Vec<T>, Reported> {
        match self.node(name) {
            Some(node) => values::elements(node, read, self.reading),
            None => Ok(Vec::new()),
        }
    }

    /// The same for a required, non-empty array.
    pub(crate) fn some_elements<T>(
        &mut self,
        name: &str,
        read: impl Fn(&'n Node, &mut Reading) -> Result<T, Reported>,
    ) -> Result<Vec<T>, Reported> {
        let node = self.required(name)?;
        if node.as_array().is_some_and(<[Node]>::is_empty) {
            let help = match name {
                "Branches" => "a branch is written `{ \"StartAt\": \"…\", \"States\": { … } }`",
                "Choices" => "a rule is written `{ \"Variable\": \"$.…\", \"StringEquals\": \"…\", \"Next\": \"…\" }`",
                _ => "it combines at least one rule",
            };
            self.reading
                .report
                .schema(Place::value(node), "Value cannot be empty")
                .help(help);
            return Err(Reported);
        }
        values::elements(node, read, self.reading)
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'n Node, &mut Reading) -> Result<T, Reported>,
    ) -> Result<Option<T>, Reported> {
        match self.node(name) {
            Some(node) => read(node, self.reading).map(Some),
            None => Ok(None),
        }
    }
}

fn is_null(node: &Node) -> bool {
    matches!(node.kind, Kind::Null) && !node.unresolved
}
