//! The graphs of a definition with their states and transitions, extracted even if states are broken.

mod expressions;
mod jsonata_texts;
mod matrix;
mod path_texts;
mod variables;

pub(super) use expressions::Expressions;
pub(super) use jsonata_texts::{JsonataText, Sees, expression_text, place_in};
pub(super) use matrix::{
    BRANCH_FIELDS, CATCHER_FIELDS, CHOICE_RULE_FIELDS, COMPARISON_OPERATORS, FieldRule, ITEM_PROCESSOR_FIELDS,
    Language, MACHINE_FIELDS, PROCESSOR_CONFIG_FIELDS, Presence, RETRIER_FIELDS, STATE_FIELDS, TOLERANCE_FIELDS,
    state_field,
};
pub(super) use path_texts::{PathText, TEMPLATE_FIELDS};
pub(super) use variables::{VariableRead, leading_variable, reads, variable_references};

use std::collections::HashMap;

use crate::data::json::{Member, Node, Object, Span};
use crate::definition::{QueryLanguage, StateType};

/// All graphs of a definition; a graph comes before those inside its states.
#[derive(Debug)]
pub(crate) struct Outline<'n> {
    pub(crate) root: &'n Node,
    pub(crate) graphs: Vec<GraphOutline<'n>>,
}

/// `StartAt` with `States`.
#[derive(Debug)]
pub(crate) struct GraphOutline<'n> {
    /// The object with `StartAt` and `States`.
    pub(crate) node: &'n Node,
    /// The owner of the graph.
    pub(crate) owner: GraphOwner,
    /// The graph around it.
    pub(crate) parent: Option<usize>,
    pub(crate) start_at: Option<Edge<'n>>,
    /// The `States` field, if it is an object.
    pub(crate) states_member: Option<&'n Member>,
    pub(crate) states: Vec<StateOutline<'n>>,
    by_name: HashMap<&'n str, usize>,
}

/// The owner of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GraphOwner {
    Machine,
    Branch,
    ItemProcessor,
}

/// A state as far as it can be recognised.
#[derive(Debug)]
pub(crate) struct StateOutline<'n> {
    /// Its name and its value.
    pub(crate) member: &'n Member,
    /// Its fields, if it is an object.
    pub(crate) object: Option<&'n Object>,
    /// Its type, if it is valid.
    pub(crate) state_type: Option<StateType>,
    pub(crate) query_language: QueryLanguage,
    /// Whether it ends its graph. A state that cannot be recognised counts as an end.
    pub(crate) is_terminal: bool,
    /// Its transitions in source order.
    pub(crate) edges: Vec<Edge<'n>>,
    /// Where its expressions stand, if its query language is JSONPath.
    pub(crate) paths: Vec<PathText<'n>>,
    /// The texts that may be expressions, if its query language is JSONata.
    pub(crate) texts: Vec<JsonataText<'n>>,
    /// The variables it assigns, in source order.
    pub(crate) variables: Vec<Variable<'n>>,
}

/// A field of `Assign`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Variable<'n> {
    pub(crate) name: &'n str,
    pub(crate) member: &'n Member,
    /// Whether a Catcher assigns it.
    pub(crate) by_catcher: bool,
}

/// A transition: the name of a state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge<'n> {
    pub(crate) target: &'n str,
    pub(crate) span: Span,
    /// Whether a substitution in the name has no value. Unless a state has exactly this name, it may lead anywhere.
    pub(crate) unresolved: bool,
}

impl<'n> Outline<'n> {
    pub(crate) fn of(root: &'n Node, expressions: &mut Expressions) -> Self {
        let mut outline = Self {
            root,
            graphs: Vec::new(),
        };
        let machine = query_language(root, QueryLanguage::JsonPath);
        outline.add_graph(root, GraphOwner::Machine, None, machine);
        for state in outline.graphs.iter_mut().flat_map(|graph| &mut graph.states) {
            state.paths.iter_mut().for_each(|text| text.read(expressions));
            state
                .texts
                .iter_mut()
                .for_each(|text| text.read(&mut expressions.jsonata));
        }
        outline
    }

    /// All states with their graphs.
    pub(crate) fn states(&self) -> impl Iterator<Item = (&GraphOutline<'n>, &StateOutline<'n>)> {
        self.graphs
            .iter()
            .flat_map(|graph| graph.states.iter().map(move |state| (graph, state)))
    }

    fn add_graph(&mut self, node: &'n Node, owner: GraphOwner, parent: Option<usize>, machine: QueryLanguage) {
        let Some(object) = node.as_object() else { return };
        let states_member = object
            .member("States")
            .filter(|member| member.value.as_object().is_some());
        let members = states_member.and_then(|member| member.value.as_object());
        let members = members.map(|states| states.members.as_slice()).unwrap_or_default();
        let states: Vec<_> = members.iter().map(|member| StateOutline::of(member, machine)).collect();
        let by_name = states
            .iter()
            .enumerate()
            .map(|(index, state)| (state.name(), index))
            .collect();
        let index = self.graphs.len();
        self.graphs.push(GraphOutline {
            node,
            owner,
            parent,
            start_at: object.field("StartAt").and_then(Edge::of),
            states_member,
            states,
            by_name,
        });
        for member in members {
            self.add_nested_graphs(&member.value, index, machine);
        }
    }

    fn add_nested_graphs(&mut self, state: &'n Node, parent: usize, machine: QueryLanguage) {
        match state.field("Type").and_then(Node::as_str).and_then(StateType::of) {
            Some(StateType::Parallel) => {
                for branch in state.field("Branches").and_then(Node::as_array).unwrap_or_default() {
                    self.add_graph(branch, GraphOwner::Branch, Some(parent), machine);
                }
            }
            Some(StateType::Map) => {
                for name in ["ItemProcessor", "Iterator"] {
                    if let Some(node) = state.field(name) {
                        self.add_graph(node, GraphOwner::ItemProcessor, Some(parent), machine);
                    }
                }
            }
            _ => {}
        }
    }
}

impl<'n> GraphOutline<'n> {
    /// The index of a state of this graph.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'n str> {
        self.states.iter().map(StateOutline::name)
    }
}

impl<'n> StateOutline<'n> {
    pub(crate) fn name(&self) -> &'n str {
        &self.member.key
    }

    pub(crate) fn node(&self) -> &'n Node {
        &self.member.value
    }

    pub(crate) fn field(&self, name: &str) -> Option<&'n Node> {
        self.object?.field(name)
    }

    fn of(member: &'n Member, machine: QueryLanguage) -> Self {
        let node = &member.value;
        let object = node.as_object();
        let type_node = node.field("Type");
        let mut state = Self {
            member,
            object,
            state_type: type_node.and_then(Node::as_str).and_then(StateType::of),
            query_language: query_language(node, machine),
            // Like AWS: a state without a type does not end anything, one with an unknown type does.
            is_terminal: match type_node.map(|node| (node.unresolved, node.as_str())) {
                _ if object.is_some_and(Object::has_unknown_keys) => true,
                None => object.is_none(),
                Some((true, _) | (false, Some("Succeed" | "Fail"))) => true,
                Some((false, Some("Choice"))) => false,
                Some(_) => node
                    .field("End")
                    .is_some_and(|end| end.unresolved || end.as_bool() == Some(true)),
            },
            edges: Vec::new(),
            paths: Vec::new(),
            texts: Vec::new(),
            variables: Vec::new(),
        };
        match (object, state.query_language) {
            (Some(object), QueryLanguage::JsonPath) => state.paths = PathText::of(object),
            (Some(object), QueryLanguage::Jsonata) => state.texts = JsonataText::of(object, state.state_type),
            (None, _) => {}
        }
        for member in object.map(|object| object.members.as_slice()).unwrap_or_default() {
            match member.key.as_str() {
                "Next" | "Default" => state.edges.extend(Edge::of(&member.value)),
                "Choices" | "Catch" => {
                    for element in member.value.as_array().unwrap_or_default() {
                        state.edges.extend(element.field("Next").and_then(Edge::of));
                        state.add_variables(element.field("Assign"), member.key == "Catch");
                    }
                }
                "Assign" => state.add_variables(Some(&member.value), false),
                _ => {}
            }
        }
        state
    }

    fn add_variables(&mut self, assign: Option<&'n Node>, by_catcher: bool) {
        let object = assign.and_then(Node::as_object);
        for member in object.map(|object| object.members.as_slice()).unwrap_or_default() {
            let name = match self.query_language {
                QueryLanguage::JsonPath => variable_name(&member.key),
                QueryLanguage::Jsonata => &member.key,
            };
            self.variables.push(Variable {
                name,
                member,
                by_catcher,
            });
        }
    }
}

impl GraphOutline<'_> {
    /// Whether a value or a name that is not known yet may add a state or a transition.
    pub(crate) fn has_unknown_parts(&self) -> bool {
        self.has_unknown_names() || self.states.iter().any(StateOutline::may_go_anywhere)
    }

    /// Whether the name of a state is not known yet.
    pub(crate) fn has_unknown_names(&self) -> bool {
        self.states.iter().any(|state| state.member.key_unresolved)
    }
}

impl StateOutline<'_> {
    fn may_go_anywhere(&self) -> bool {
        // The name of a state may have a placeholder in it that is to stay there: see `Edge::unresolved`.
        let is_unknown = |node: &Node| node.unresolved && node.as_str().is_none();
        let in_list = |list: &Node| {
            list.unresolved
                || list
                    .as_array()
                    .unwrap_or_default()
                    .iter()
                    .any(|element| element.unresolved || element.field("Next").is_some_and(is_unknown))
        };
        let node = &self.member.value;
        node.unresolved
            || node.as_object().is_some_and(Object::has_unknown_keys)
            || ["Next", "Default"]
                .iter()
                .filter_map(|field| node.field(field))
                .any(is_unknown)
            || ["Choices", "Catch"]
                .iter()
                .filter_map(|field| node.field(field))
                .any(in_list)
    }
}

impl<'n> Edge<'n> {
    fn of(node: &'n Node) -> Option<Self> {
        Some(Self {
            target: node.as_str()?,
            span: node.span,
            unresolved: node.unresolved,
        })
    }
}

/// `QueryLanguage`, or the `default`. One that there is not counts as JSONPath.
fn query_language(node: &Node, default: QueryLanguage) -> QueryLanguage {
    match node.field("QueryLanguage").and_then(Node::as_str) {
        Some(name) => QueryLanguage::of(name).unwrap_or_default(),
        None => default,
    }
}

/// Whether an item processor runs as child executions of its own.
pub(crate) fn is_distributed(item_processor: &Node) -> bool {
    let config = item_processor.field("ProcessorConfig");
    config.and_then(|config| config.field("Mode")).and_then(Node::as_str) == Some("DISTRIBUTED")
}

/// The variable that a field of `Assign` names in JSONPath.
pub(super) fn variable_name(key: &str) -> &str {
    key.strip_suffix(".$").filter(|name| !name.is_empty()).unwrap_or(key)
}
