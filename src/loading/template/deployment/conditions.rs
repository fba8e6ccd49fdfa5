//! Conditions: which truth values they may have together in a deployment.

use super::{Deployment, PSEUDO_PARAMETERS, function};
use crate::data::json::{Kind, Node};

/// How deep conditions may name each other.
const MAX_CONDITIONS: usize = 16;

/// How many combinations of the values in conditions are tried.
const MAX_ASSIGNMENTS: usize = 1024;

/// How many variants of one machine are judged.
const MAX_VARIANTS: usize = 16;

/// What a deployment makes of all `Fn::If` in a machine: a truth value for each condition that they name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::loading::template) struct Variant<'n> {
    pub(in crate::loading::template) truths: Vec<(&'n str, bool)>,
}

/// The variants of a machine, the one that the defaults of parameters give first.
pub(in crate::loading::template) struct Variants<'n> {
    pub(in crate::loading::template) variants: Vec<Variant<'n>>,
    /// Whether there may be others.
    pub(in crate::loading::template) has_more: bool,
}

impl Variant<'_> {
    /// Replaces each `Fn::If` below `node` by the value that it has in this variant.
    pub(in crate::loading::template) fn apply(&self, node: &mut Node) {
        while let Some((condition, values)) = choice(node) {
            let truth = self.truths.iter().find(|(name, _)| *name == condition);
            let Some(value) = truth.and_then(|(_, truth)| values.get(usize::from(!truth))) else {
                break;
            };
            *node = value.clone();
        }
        match &mut node.kind {
            Kind::Array(elements) => {
                for element in elements.iter_mut() {
                    self.apply(element);
                }
                elements.retain(|element| !is_no_value(element));
            }
            Kind::Object(object) => {
                for member in &mut object.members {
                    self.apply(&mut member.value);
                }
                object.members.retain(|member| !is_no_value(&member.value));
            }
            _ => {}
        }
    }
}

/// A value that conditions compare, as far as a template tells: that of a parameter, or of a function.
struct Input {
    /// The function's JSON text.
    key: String,
    /// The values that make a difference, the most likely first.
    values: Vec<String>,
    /// The values that it may have, if they are listed.
    allowed: Option<Vec<String>>,
}

/// A side of a comparison.
enum Operand {
    Constant(String),
    Input(Input),
}

/// A value that equals none that a template names.
const OTHER: &str = "\0";

impl<'n> Deployment<'n> {
    /// The variants of a machine, which exists where the condition `own` holds.
    pub(in crate::loading::template) fn variants(&self, machine: &'n Node, own: Option<&'n str>) -> Variants<'n> {
        let mut names = Vec::new();
        self.names_of_conditions(machine, &mut names);
        if names.is_empty() {
            return Variants {
                variants: vec![Variant::default()],
                has_more: false,
            };
        }
        let mut inputs = Vec::new();
        for name in names.iter().chain(&own) {
            self.add_inputs_of(name, MAX_CONDITIONS, &mut inputs);
        }
        inputs.iter_mut().for_each(Input::complete);
        let (assignments, is_complete) = assignments(&inputs);
        let mut found = Variants {
            variants: Vec::new(),
            has_more: !is_complete,
        };
        let holds = |name: &str, assignment: &[usize]| self.holds(name, &inputs, assignment, MAX_CONDITIONS);
        let exists = |assignment: &Vec<usize>| own.is_none_or(|own| holds(own, assignment));
        let is_ever_there = assignments.iter().any(exists);
        for assignment in assignments
            .iter()
            .filter(|assignment| !is_ever_there || exists(assignment))
        {
            let truths = names.iter().map(|name| (*name, holds(name, assignment)));
            let variant = Variant {
                truths: truths.collect(),
            };
            if found.variants.contains(&variant) {
                continue;
            }
            if found.variants.len() == MAX_VARIANTS {
                found.has_more = true;
                break;
            }
            found.variants.push(variant);
        }
        found
    }

    /// Whether the template has a condition of this name, or may have it.
    pub(super) fn has_condition(&self, name: &str) -> bool {
        self.is_open || self.conditions.is_some_and(|conditions| conditions.contains(name))
    }

    /// The conditions that functions below `node` name, each once.
    fn names_of_conditions(&self, node: &'n Node, names: &mut Vec<&'n str>) {
        if let Some((condition, _)) = choice(node)
            && self.has_condition(condition)
            && !names.contains(&condition)
        {
            names.push(condition);
        }
        match &node.kind {
            Kind::Array(elements) => elements
                .iter()
                .for_each(|element| self.names_of_conditions(element, names)),
            Kind::Object(object) => {
                for member in &object.members {
                    self.names_of_conditions(&member.value, names);
                }
            }
            _ => {}
        }
    }

    /// Adds all that the condition `name` compares.
    fn add_inputs_of(&self, name: &str, depth: usize, inputs: &mut Vec<Input>) {
        let expression = self.conditions.and_then(|conditions| conditions.field(name));
        match (expression, depth.checked_sub(1)) {
            (Some(expression), Some(depth)) => self.add_inputs(expression, depth, inputs),
            _ => add(inputs, unknown(&format!("condition {name}"))),
        }
    }

    fn add_inputs(&self, expression: &Node, depth: usize, inputs: &mut Vec<Input>) {
        match expression_of(expression) {
            Some(("Condition", [name])) => self.add_inputs_of(name.as_str().unwrap_or_default(), depth, inputs),
            Some(("Fn::Not" | "Fn::And" | "Fn::Or", expressions)) => {
                for expression in expressions {
                    self.add_inputs(expression, depth, inputs);
                }
            }
            Some(("Fn::Equals", [left, right])) => match (self.operand(left), self.operand(right)) {
                (Operand::Input(mut input), Operand::Constant(value))
                | (Operand::Constant(value), Operand::Input(mut input)) => {
                    input.values.push(value);
                    add(inputs, input);
                }
                (Operand::Input(_), Operand::Input(_)) => add(inputs, unknown(&key(expression))),
                (Operand::Constant(_), Operand::Constant(_)) => {}
            },
            _ => add(inputs, unknown(&key(expression))),
        }
    }

    fn operand(&self, node: &Node) -> Operand {
        if let Some(text) = scalar(node) {
            return Operand::Constant(text);
        }
        let mut input = Input {
            key: key(node),
            values: Vec::new(),
            allowed: None,
        };
        let Some(("Ref", name)) = function(node) else {
            return Operand::Input(input);
        };
        let name = name.as_str().unwrap_or_default();
        if let Some(parameter) = self.parameters.and_then(|parameters| parameters.field(name)) {
            // A default may be another one in a deployment.
            if let Some(given) = self.given.value(name) {
                return Operand::Constant(given.to_owned());
            }
            input.values.extend(parameter.field("Default").and_then(scalar));
            let allowed = parameter.field("AllowedValues").and_then(Node::as_array);
            input.allowed = allowed.map(|allowed| allowed.iter().filter_map(scalar).collect());
        } else if let Some((_, value)) = PSEUDO_PARAMETERS.iter().find(|(known, _)| *known == name) {
            input.values.push((*value).to_owned());
        }
        Operand::Input(input)
    }

    /// Whether a condition holds where the inputs have the values of an assignment.
    fn holds(&self, name: &str, inputs: &[Input], assignment: &[usize], depth: usize) -> bool {
        let expression = self.conditions.and_then(|conditions| conditions.field(name));
        match (expression, depth.checked_sub(1)) {
            (Some(expression), Some(depth)) => self.is_true(expression, inputs, assignment, depth),
            _ => chosen(inputs, assignment, &format!("condition {name}")) == Some("true"),
        }
    }

    fn is_true(&self, expression: &Node, inputs: &[Input], assignment: &[usize], depth: usize) -> bool {
        let is_true = |expression: &Node| self.is_true(expression, inputs, assignment, depth);
        match expression_of(expression) {
            Some(("Condition", [name])) => self.holds(name.as_str().unwrap_or_default(), inputs, assignment, depth),
            Some(("Fn::Not", [expression])) => !is_true(expression),
            Some(("Fn::And", expressions)) => expressions.iter().all(is_true),
            Some(("Fn::Or", expressions)) => expressions.iter().any(is_true),
            Some(("Fn::Equals", [left, right])) => {
                let value = |input: &Input| chosen(inputs, assignment, &input.key).map(str::to_owned);
                match (self.operand(left), self.operand(right)) {
                    (Operand::Constant(left), Operand::Constant(right)) => left == right,
                    (Operand::Input(input), Operand::Constant(constant))
                    | (Operand::Constant(constant), Operand::Input(input)) => value(&input) == Some(constant),
                    (Operand::Input(_), Operand::Input(_)) => {
                        chosen(inputs, assignment, &key(expression)) == Some("true")
                    }
                }
            }
            _ => chosen(inputs, assignment, &key(expression)) == Some("true"),
        }
    }
}

impl Input {
    /// Adds a value for all that are not named, and takes away those that it may not have.
    fn complete(&mut self) {
        let values = std::mem::take(&mut self.values);
        let other = match &self.allowed {
            Some(allowed) => allowed.iter().find(|value| !values.contains(value)).cloned(),
            None => Some(OTHER.to_owned()),
        };
        for value in values.into_iter().chain(other) {
            let is_allowed = self.allowed.as_ref().is_none_or(|allowed| allowed.contains(&value));
            if is_allowed && !self.values.contains(&value) {
                self.values.push(value);
            }
        }
        if self.key.starts_with(UNKNOWN) {
            self.values = vec!["true".to_owned(), "false".to_owned()];
        }
    }
}

/// Begins the key of an input that is a truth value.
const UNKNOWN: &str = "whether ";

/// A truth value of which nothing is known.
fn unknown(name: &str) -> Input {
    Input {
        key: format!("{UNKNOWN}{name}"),
        values: Vec::new(),
        allowed: None,
    }
}

/// Adds an input, or its values to those of the same one.
fn add(inputs: &mut Vec<Input>, input: Input) {
    match inputs.iter_mut().find(|known| known.key == input.key) {
        Some(known) => known.values.extend(input.values),
        None => inputs.push(input),
    }
}

/// The value of an input, or of the truth value `key`, in an assignment.
fn chosen<'i>(inputs: &'i [Input], assignment: &[usize], key: &str) -> Option<&'i str> {
    let is_called_so = |input: &Input| input.key == key || input.key.strip_prefix(UNKNOWN) == Some(key);
    let index = inputs.iter().position(is_called_so)?;
    let value = inputs.get(index)?.values.get(*assignment.get(index)?)?;
    Some(value)
}

/// Combinations of the inputs' values, by their indices, and whether they are all. Every value is in one at least.
fn assignments(inputs: &[Input]) -> (Vec<Vec<usize>>, bool) {
    let counts: Vec<usize> = inputs.iter().map(|input| input.values.len().max(1)).collect();
    let all = counts.iter().try_fold(1_usize, |all, count| all.checked_mul(*count));
    if let Some(all) = all.filter(|all| *all <= MAX_ASSIGNMENTS) {
        let combination = |mut number: usize| {
            let digits = counts.iter().map(|count| {
                let digit = number % count;
                number /= count;
                digit
            });
            digits.collect()
        };
        return ((0..all).map(combination).collect(), true);
    }
    let first = vec![0; inputs.len()];
    let mut found = vec![first.clone()];
    for (index, count) in counts.iter().enumerate() {
        for value in 1..*count {
            let mut other = first.clone();
            if let Some(digit) = other.get_mut(index) {
                *digit = value;
            }
            found.push(other);
        }
    }
    (found, false)
}

/// The function of a condition, with its arguments.
fn expression_of(node: &Node) -> Option<(&str, &[Node])> {
    let [member] = node.as_object()?.members.as_slice() else {
        return None;
    };
    let arguments = member.value.as_array().unwrap_or(std::slice::from_ref(&member.value));
    Some((&member.key, arguments))
}

/// The condition and the two values of an `Fn::If`.
fn choice(node: &Node) -> Option<(&str, &[Node])> {
    let (_, argument) = function(node).filter(|(name, _)| *name == "Fn::If")?;
    match argument.as_array()? {
        [condition, values @ ..] if values.len() == 2 => Some((condition.as_str()?, values)),
        _ => None,
    }
}

/// Whether a member with this value is left out of the template.
pub(super) fn is_no_value(node: &Node) -> bool {
    function(node).is_some_and(|(name, argument)| name == "Ref" && argument.as_str() == Some("AWS::NoValue"))
}

fn key(node: &Node) -> String {
    node.to_value().to_string()
}

fn scalar(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::String(text) => Some(text.clone()),
        Kind::Number(number) => Some(number.to_string()),
        Kind::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
