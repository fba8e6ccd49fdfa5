//! CloudFormation's intrinsic functions, as far as a definition needs them.

mod conditions;
mod names;
mod resources;

use super::loops::LOOP;
use super::rewriting;
use crate::data::json::{Kind, Node, Object, Place, Substitutions};
use crate::definition::Code;
use crate::loading::report::Report;
pub(super) use conditions::Variant;
use conditions::is_no_value;
use names::{placeholders, substituted};

/// The values of a template's names as in a deployment.
pub(super) struct Deployment<'n> {
    pub(super) resources: &'n Object,
    pub(super) parameters: Option<&'n Object>,
    pub(super) conditions: Option<&'n Object>,
    /// Functions that become resources with names of their own, as the Serverless Framework has them.
    pub(super) functions: Option<&'n Object>,
    /// Values of parameters that the user gives.
    pub(super) given: &'n Substitutions,
    /// Whether there may be resources and conditions that are not listed.
    pub(super) is_open: bool,
}

/// The placeholder that stands for every value that only a deployment knows.
const DEPLOYED: &str = "AWS::Deployed";

pub(super) const REGION: &str = "us-east-1";
pub(super) const ACCOUNT: &str = "123456789012";

/// The names that every template knows.
const PSEUDO_PARAMETERS: [(&str, &str); 8] = [
    ("AWS::Region", REGION),
    ("AWS::AccountId", ACCOUNT),
    ("AWS::Partition", "aws"),
    ("AWS::URLSuffix", "amazonaws.com"),
    ("AWS::StackName", "stack"),
    (
        "AWS::StackId",
        "arn:aws:cloudformation:us-east-1:123456789012:stack/stack/0",
    ),
    ("AWS::NotificationARNs", ""),
    ("AWS::NoValue", ""),
];

/// How deep functions inside functions are evaluated.
const MAX_FUNCTIONS: usize = 16;

impl Deployment<'_> {
    /// Replaces the functions below `node` by their results.
    pub(super) fn resolve_below(&self, node: &mut Node, report: &mut Report) {
        if let Some((name, _)) = function(node) {
            if makes_anything(name) {
                report_unknown(name, Place::value(node), report);
                become_unknown(node);
                return;
            }
            let span = node.span;
            let text = self.text(node, report);
            node.unresolved |= text.is_none();
            node.kind = Kind::String(text.unwrap_or_default());
            node.stamp(span);
            stay_text(node);
            return;
        }
        if let Some(known) = without_dynamic_references(node) {
            *node = known;
            return;
        }
        match &mut node.kind {
            Kind::Array(elements) => {
                elements.retain(|element| !is_no_value(element));
                for element in elements {
                    self.resolve_below(element, report);
                }
            }
            Kind::Object(object) => {
                object.members.retain(|member| !is_no_value(&member.value));
                for member in &mut object.members {
                    if makes_anything(&member.key) {
                        report_unknown(&member.key, Place::key(member), report);
                        member.key_unresolved = true;
                        become_unknown(&mut member.value);
                    } else {
                        self.resolve_below(&mut member.value, report);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds the value of a placeholder. A text in which a parameter without a value stands is no value.
    pub(super) fn add(&self, values: Substitutions, name: &str, text: &str) -> Substitutions {
        if placeholders(text).any(|(name, _)| self.is_missing(name)) {
            return values;
        }
        if is_deployed(text) {
            return values.with_stand_in(name, text.replace(&deployed(), &stand_in()));
        }
        values.with(name, text)
    }

    /// The value of the placeholder that stands for all that only a deployment knows.
    pub(super) fn stand_ins() -> Substitutions {
        Substitutions::new().with_stand_in(DEPLOYED, stand_in())
    }

    /// The values of all placeholders that need no template: those of the region and the account, and the one for what only
    /// a deployment knows.
    pub(super) fn known() -> Substitutions {
        let names = PSEUDO_PARAMETERS.iter().copied();
        names.fold(Self::stand_ins(), |values, (name, value)| values.with(name, value))
    }

    /// Whether a name is that of a parameter without a value.
    fn is_missing(&self, name: &str) -> bool {
        let is_parameter = self.parameters.is_some_and(|parameters| parameters.contains(name));
        is_parameter && self.reference(name).is_some_and(|text| text == placeholder(name))
    }

    /// The text of a value or function; `None` if it has none, which is reported.
    pub(super) fn text(&self, node: &Node, report: &mut Report) -> Option<String> {
        self.text_within(node, MAX_FUNCTIONS, report)
    }

    /// The values of the placeholders in an `Fn::Sub`, which may define its own, for a text that is read afterwards. A name
    /// that neither the template nor the user knows is reported.
    pub(super) fn names_in(&self, text_node: &Node, own: Option<&Node>, report: &mut Report) -> Substitutions {
        let text = text_node.as_str().unwrap_or_default();
        let found = self.names_within(text, own, MAX_FUNCTIONS, report);
        let values = found.names().filter_map(|name| Some((name, found.value(name)?)));
        let mut values = values.fold(Substitutions::new(), |values, (name, text)| {
            self.add(values, name, text)
        });
        for (name, at) in placeholders(text) {
            let is_known = |values: &Substitutions| values.value(name).is_some();
            if is_known(&found) || is_known(&values) || is_known(self.given) {
                continue;
            }
            // A value that cannot be had is told already.
            if own.is_none_or(|own| own.field(name).is_none()) {
                let place = Place::part(text_node, at, at + name.len() + 3).nowhere();
                let resource = name.split('.').next().unwrap_or(name);
                let help = format!("write `${{!{name}}}` where the text itself is meant");
                self.report_missing(resource, place, Some(help), report);
            }
            values = values.with_stand_in(name, stand_in());
        }
        values
    }

    fn names_within(&self, text: &str, own: Option<&Node>, depth: usize, report: &mut Report) -> Substitutions {
        let mut values = Substitutions::new();
        for (name, _) in placeholders(text) {
            if values.value(name).is_some() {
                continue;
            }
            let value = match own.and_then(|own| own.field(name)) {
                Some(node) => self.text_within(node, depth, report),
                None => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(resource, attribute),
                    None => self.reference(name),
                },
            };
            if let Some(value) = value.or_else(|| self.is_open.then(deployed)) {
                values = values.with(name, value);
            }
        }
        values
    }

    fn text_within(&self, node: &Node, depth: usize, report: &mut Report) -> Option<String> {
        let Some(depth) = depth.checked_sub(1) else {
            report.schema(Place::value(node), "the functions nest too deep");
            return None;
        };
        match &node.kind {
            Kind::String(text) => {
                let known = without_dynamic_references(node);
                return Some(known.as_ref().and_then(Node::as_str).unwrap_or(text).to_owned());
            }
            Kind::Number(number) => return Some(number.to_string()),
            Kind::Boolean(value) => return Some(value.to_string()),
            _ => {}
        }
        let Some((name, argument)) = function(node) else {
            report
                .schema(Place::opening(node), format!("{} is no text", node.describe()))
                .help("give a text, a number, or a function such as `!GetAtt`");
            return None;
        };
        let errors = report.errors();
        let text = self.called(name, argument, depth, report);
        if text.is_none() && report.errors() == errors {
            report
                .schema(Place::opening(argument), format!("this is no argument of `{name}`"))
                .help("see the function in the CloudFormation template reference");
        }
        text
    }

    /// A function's result; `None` if it has none, which may or may not be reported.
    fn called(&self, name: &str, argument: &Node, depth: usize, report: &mut Report) -> Option<String> {
        match name {
            "Ref" => {
                let name = argument.as_str()?;
                self.found(self.reference(name), name, argument, report)
            }
            "Fn::GetAtt" => {
                let text = match argument.as_array() {
                    Some(parts) => parts.iter().filter_map(Node::as_str).collect::<Vec<_>>().join("."),
                    None => argument.as_str()?.to_owned(),
                };
                let (resource, attribute) = text.split_once('.')?;
                self.found(self.attribute(resource, attribute), resource, argument, report)
            }
            "Fn::Sub" => {
                let (text, own) = match argument.as_array() {
                    Some(parts) => (parts.first()?, parts.get(1)),
                    None => (argument, None),
                };
                let known = without_dynamic_references(text);
                let source = known.as_ref().unwrap_or(text).as_str()?;
                let values = self.names_within(source, own, depth, report);
                for (name, _) in placeholders(source) {
                    let resource = name.split('.').next().unwrap_or(name);
                    self.found(values.value(name).map(str::to_owned), resource, text, report)?;
                }
                Some(substituted(source, &values))
            }
            "Fn::Join" => {
                let parts = argument.as_array()?;
                let delimiter = parts.first()?.as_str()?;
                let texts = parts.get(1)?.as_array()?.iter();
                let texts = texts.filter(|text| !is_no_value(text));
                let texts: Option<Vec<_>> = texts.map(|part| self.text_within(part, depth, report)).collect();
                Some(texts?.join(delimiter))
            }
            // One that a variant replaces is none that is left.
            "Fn::If" => {
                let condition = argument.as_array()?.first()?;
                let name = condition.as_str().filter(|name| !self.has_condition(name))?;
                let names = self
                    .conditions
                    .map(|conditions| conditions.members.as_slice())
                    .unwrap_or_default();
                let names = names.iter().map(|member| &*member.key);
                let similar = report
                    .similar(name, names)
                    .map(|name| format!("did you mean `{name}`?"));
                let message = format!("`{name}` is no condition of the template");
                report
                    .error(Code::UnresolvedReference, Place::value(condition), message)
                    .maybe_help(similar);
                None
            }
            // Only a deployment knows an import, a mapping's value or a macro's result.
            _ => Some(deployed()),
        }
    }

    fn found(&self, value: Option<String>, name: &str, node: &Node, report: &mut Report) -> Option<String> {
        if value.is_none() && self.is_open {
            return Some(deployed());
        }
        if value.is_none() {
            self.report_missing(name, Place::value(node), None, report);
        }
        value
    }

    /// Reports a name that the template does not have; `help` is for one that resembles no other.
    fn report_missing(&self, name: &str, place: Place, help: Option<String>, report: &mut Report) {
        let parameters = self.parameters.map(|parameters| parameters.members.as_slice());
        let names = self.resources.members.iter().chain(parameters.unwrap_or_default());
        let similar = report.similar(name, names.map(|member| &*member.key));
        let help = similar.map(|name| format!("did you mean `{name}`?")).or(help);
        let message = format!("`{name}` is neither a resource nor a parameter of the template");
        report.error(Code::UnresolvedReference, place, message).maybe_help(help);
    }
}

/// Whether a text has a part that only a deployment knows.
pub(super) fn is_deployed(text: &str) -> bool {
    placeholders(text).any(|(name, _)| name == DEPLOYED)
}

/// `${Name}`
fn placeholder(name: &str) -> String {
    format!("${{{name}}}")
}

/// A value that only a deployment knows, as a placeholder.
fn deployed() -> String {
    placeholder(DEPLOYED)
}

/// The text with a placeholder for each dynamic reference, such as `{{resolve:ssm:name}}`; `None` if it has none.
pub(super) fn without_dynamic_references(node: &Node) -> Option<Node> {
    if !node.as_str()?.contains(REFERENCE) {
        return None;
    }
    rewriting::with_values(node, REFERENCE, "}}", |_| Some(deployed()))
}

/// Begins a dynamic reference.
const REFERENCE: &str = "{{resolve:";

/// Whether a member with this key may become any members: a macro, or a loop over a list that is not known.
pub(super) fn makes_anything(key: &str) -> bool {
    key == "Fn::Transform" || key.starts_with(LOOP)
}

fn report_unknown(key: &str, place: Place, report: &mut Report) {
    let (message, help) = if key.starts_with(LOOP) {
        (
            "what this loop makes is known only after a deployment, and is not looked at",
            "a loop over a list, or over a parameter with a default, is looked at",
        )
    } else {
        (
            "what a macro gives is known only after a deployment, and is not looked at",
            "write the value itself to have it validated",
        )
    };
    report.warning(Code::NotSupported, place, message).help(help);
}

/// Notes that a text is one without quotes too.
pub(super) fn stay_text(node: &mut Node) {
    if let Some(map) = &mut node.text_map {
        map.stays_text = true;
    }
}

/// Makes a value one of which nothing is known; the report knows it.
fn become_unknown(node: &mut Node) {
    node.unresolved = true;
    node.kind = Kind::Null;
}

/// A text for a value of which nothing is known before a deployment: most that a definition takes are functions.
fn stand_in() -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:Imported")
}

/// The name and argument of an intrinsic function: an object with that one member.
fn function(node: &Node) -> Option<(&str, &Node)> {
    match node.as_object()?.members.as_slice() {
        [member] if member.key == "Ref" || member.key.starts_with("Fn::") => Some((&member.key, &member.value)),
        _ => None,
    }
}
