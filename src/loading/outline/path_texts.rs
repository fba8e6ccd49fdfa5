//! The texts of a state that are evaluated: paths and calls of intrinsic functions.

use super::Expressions;
use crate::data::Expression;
use crate::data::json::{Kind, Member, Node, Object};

/// The fields that hold payload templates.
pub(crate) const TEMPLATE_FIELDS: [&str; 5] = ["Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials"];

/// A member of a JSONPath state whose text is evaluated, if it is an expression.
#[derive(Debug)]
pub(crate) struct PathText<'n> {
    pub(crate) node: &'n Node,
    /// The expression, where it is one. Reading the field reports those that cannot be parsed.
    pub(crate) expression: Option<Expression>,
}

impl<'n> PathText<'n> {
    /// The texts of a state in source order; those of states inside it are not its own.
    pub(super) fn of(state: &'n Object) -> Vec<Self> {
        let mut texts = Vec::new();
        let mut add = |member: &'n Member| {
            texts.push(Self {
                node: &member.value,
                expression: None,
            });
        };
        for member in &state.members {
            let elements = member.value.as_array().unwrap_or_default();
            match member.key.as_str() {
                key if TEMPLATE_FIELDS.contains(&key) => each_in_template(&member.value, &mut add),
                "Catch" => elements
                    .iter()
                    .filter_map(|catcher| catcher.field("Assign"))
                    .for_each(|assign| each_in_template(assign, &mut add)),
                "Choices" => elements.iter().for_each(|rule| each_in_rule(rule, &mut add)),
                "ItemReader" | "ItemBatcher" | "ResultWriter" => each_in_distributed(&member.value, &mut add),
                // It is written to.
                "ResultPath" => {}
                key if key.ends_with("Path") => add(member),
                _ => {}
            }
        }
        texts
    }

    /// Reads the expression, where it is one.
    pub(super) fn read(&mut self, expressions: &mut Expressions) {
        let text = self.node.as_str().filter(|_| !self.node.unresolved);
        self.expression = text.and_then(|text| expressions.path_or_call(text).ok());
    }
}

/// Calls `visit` with each member of the objects that only a distributed Map has.
fn each_in_distributed<'n>(object: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    for member in object
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        match member.key.as_str() {
            "Parameters" | "BatchInput" => each_in_template(&member.value, visit),
            "ReaderConfig" => each_in_distributed(&member.value, visit),
            key if key.ends_with("Path") => visit(member),
            _ => {}
        }
    }
}

/// The same for one payload template.
fn each_in_template<'n>(template: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    match &template.kind {
        Kind::Array(elements) => elements.iter().for_each(|element| each_in_template(element, visit)),
        Kind::Object(object) => {
            for member in &object.members {
                if member.key.len() > 2 && member.key.ends_with(".$") {
                    visit(member);
                } else {
                    each_in_template(&member.value, visit);
                }
            }
        }
        _ => {}
    }
}

fn each_in_rule<'n>(rule: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    for member in rule
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        match member.key.as_str() {
            "And" | "Or" => member
                .value
                .as_array()
                .unwrap_or_default()
                .iter()
                .for_each(|rule| each_in_rule(rule, visit)),
            "Not" => each_in_rule(&member.value, visit),
            "Assign" => each_in_template(&member.value, visit),
            "Variable" => visit(member),
            key if key.ends_with("Path") => visit(member),
            _ => {}
        }
    }
}
