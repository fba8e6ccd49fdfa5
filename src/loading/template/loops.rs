//! `Fn::ForEach`: members that a template makes from a list of texts.
//!
//! A loop over a list, or over a parameter with a default, becomes the members that it makes. Of any other loop a member is
//! left of which nothing is known, not even its name.

use super::rewriting;
use super::size;
use crate::data::json::{Kind, Member, Node, Object, Substitutions};
use crate::definition::MAX_CHARACTERS;

/// Begins the key of a loop.
pub(super) const LOOP: &str = "Fn::ForEach::";

/// Replaces the loops of a template by what they make. `given` has values of parameters that the user gives.
pub(super) fn expand(root: &mut Node, given: &Substitutions) {
    let parameters = root.field("Parameters").cloned();
    let mut loops = Loops {
        parameters: parameters.as_ref().and_then(Node::as_object),
        given,
        room: MAX_CHARACTERS,
    };
    loops.below(root);
}

struct Loops<'n> {
    parameters: Option<&'n Object>,
    given: &'n Substitutions,
    /// How much text loops may still make: loops inside of loops could fill the memory.
    room: usize,
}

impl Loops<'_> {
    fn below(&mut self, node: &mut Node) {
        match &mut node.kind {
            Kind::Array(elements) => elements.iter_mut().for_each(|element| self.below(element)),
            Kind::Object(object) => {
                let mut made = Vec::with_capacity(object.members.len());
                for member in std::mem::take(&mut object.members) {
                    if member.key.starts_with(LOOP) {
                        match self.expanded(&member.value) {
                            Some(members) => made.extend(members),
                            None => made.push(without_value(member)),
                        }
                    } else {
                        made.push(member);
                    }
                }
                for member in &mut made {
                    self.below(&mut member.value);
                }
                object.members = made;
            }
            _ => {}
        }
    }

    /// The members that a loop makes; `None` if only a deployment knows them.
    fn expanded(&mut self, arguments: &Node) -> Option<Vec<Member>> {
        let [name, list, body] = arguments.as_array()? else {
            return None;
        };
        let (name, body) = (name.as_str()?, body.as_object()?);
        let mut made = Vec::new();
        for value in self.list(list)? {
            for member in &body.members {
                self.room = self.room.checked_sub(member.key.len() + size(&member.value.kind))?;
                let mut member = member.clone();
                member.key = text_with(&member.key, name, &value);
                put_in(&mut member.value, name, &value);
                match member.key.starts_with(LOOP).then(|| self.expanded(&member.value)) {
                    Some(Some(members)) => made.extend(members),
                    Some(None) => made.push(without_value(member)),
                    None => made.push(member),
                }
            }
        }
        Some(made)
    }

    /// The texts of a list; `None` if only a deployment knows them.
    fn list(&self, list: &Node) -> Option<Vec<String>> {
        if let Some(elements) = list.as_array() {
            let lists = elements.iter().map(|element| match &element.kind {
                Kind::String(text) => Some(vec![text.clone()]),
                Kind::Number(number) => Some(vec![number.to_string()]),
                Kind::Boolean(value) => Some(vec![value.to_string()]),
                _ => self.list(element),
            });
            return Some(lists.collect::<Option<Vec<_>>>()?.concat());
        }
        let name = list.field("Ref")?.as_str()?;
        let parameter = self.parameters?.field(name)?;
        let kind = parameter.field("Type")?.as_str()?;
        if !(kind == "CommaDelimitedList" || kind.starts_with("List<")) {
            return None;
        }
        let default = parameter.field("Default").and_then(Node::as_str);
        let text = self.given.value(name).or(default)?;
        Some(text.split(',').map(|part| part.trim().to_owned()).collect())
    }
}

/// A member of which nothing is known.
fn without_value(member: Member) -> Member {
    Member {
        key_unresolved: true,
        ..member
    }
}

/// Puts the value of a loop's name in everywhere below `node`.
fn put_in(node: &mut Node, name: &str, value: &str) {
    if node.field("Ref").and_then(Node::as_str) == Some(name) {
        let span = node.span;
        node.kind = Kind::String(value.to_owned());
        node.stamp(span);
        return;
    }
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    for (open, value) in [("${", value), ("&{", &letters)] {
        let value_of = |inner: &str| (inner == name).then(|| value.to_owned());
        if let Some(rewritten) = rewriting::with_values(node, open, "}", value_of) {
            *node = rewritten;
        }
    }
    match &mut node.kind {
        Kind::Array(elements) => elements.iter_mut().for_each(|element| put_in(element, name, value)),
        Kind::Object(object) => {
            for member in &mut object.members {
                member.key = text_with(&member.key, name, value);
                put_in(&mut member.value, name, value);
            }
        }
        _ => {}
    }
}

/// A key with the value of a loop's name; `&{Name}` takes its letters and digits only.
fn text_with(key: &str, name: &str, value: &str) -> String {
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let with_value = key.replace(&format!("${{{name}}}"), value);
    with_value.replace(&format!("&{{{name}}}"), &letters)
}
