//! Finds the path from the root to a position in the text.

use super::{Kind, Node};

/// One step into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'n> {
    Key(&'n str),
    Index(usize),
}

/// Finds the keys and indices that lead to a position, by bisection at every level.
pub(crate) struct Locator<'n> {
    root: Option<&'n Node>,
}

impl<'n> Locator<'n> {
    pub(crate) fn new(root: Option<&'n Node>) -> Self {
        Self { root }
    }

    /// The path to the key or value that starts at `offset`, or else to the smallest value around it; `None` if the
    /// text is not JSON.
    pub(crate) fn steps_to(&self, offset: usize) -> Option<Vec<Step<'n>>> {
        let mut steps = Vec::new();
        let mut node = Some(self.root?);
        while let Some(at) = node.filter(|at| at.span.start < offset) {
            node = match &at.kind {
                Kind::Object(object) => {
                    let after = object.members.partition_point(|member| member.key_span.start <= offset);
                    let member = after.checked_sub(1).and_then(|index| object.members.get(index));
                    let member = member.filter(|member| offset < member.value.span.end);
                    member
                        .inspect(|member| steps.push(Step::Key(&member.key)))
                        .map(|member| &member.value)
                }
                Kind::Array(elements) => {
                    let after = elements.partition_point(|element| element.span.start <= offset);
                    let index = after.checked_sub(1);
                    let element = index
                        .and_then(|index| elements.get(index))
                        .filter(|at| offset < at.span.end);
                    element.inspect(|_| steps.push(Step::Index(after - 1)))
                }
                _ => None,
            };
        }
        Some(steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_leads_back_to_its_keys_and_indices() {
        let source = r#"{ "a": [1, { "b/c": "text" }], "d": {} }"#;
        let root = super::super::parser::parse(source).root.unwrap();
        let locator = Locator::new(Some(&root));
        let steps = |text: &str| locator.steps_to(source.find(text).unwrap()).unwrap();
        let (a, b) = (Step::Key("a"), Step::Key("b/c"));
        assert_eq!(steps("{"), []);
        assert_eq!(steps("\"a\""), [a]);
        assert_eq!(steps("[1"), [a]);
        assert_eq!(steps("1"), [a, Step::Index(0)]);
        assert_eq!(steps("{ \"b"), [a, Step::Index(1)]);
        assert_eq!(steps("\"b/c"), [a, Step::Index(1), b]);
        assert_eq!(steps("ext"), [a, Step::Index(1), b]);
        assert_eq!(steps("{} }"), [Step::Key("d")]);
    }
}
