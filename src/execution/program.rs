//! A compiled state machine: nested graphs flattened, names resolved.

use indexmap::IndexMap;
use serde_json::Value;
#[cfg(feature = "restate")]
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::Payload;
#[cfg(feature = "restate")]
use crate::definition::ResourceKind;
use crate::definition::{
    Catcher, QueryLanguage, Reads, Resource, Retrier, State, StateGraph, StateMachine, Transition,
};

/// A compiled state machine: states are numbered and transitions point at numbers.
///
/// Compiled once and shared by all its executions.
#[derive(Debug)]
pub struct Program {
    machine: StateMachine,
    nodes: Vec<Node>,
    /// The start state of each graph; the machine itself is graph 0.
    graphs: Vec<StateId>,
    fingerprint: u64,
    #[cfg(feature = "store")]
    id: std::sync::OnceLock<Box<str>>,
}

/// The number of a state in its [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct StateId(u32);

impl StateId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// The number of a graph (the machine, a branch, an item processor) in its [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(crate) struct GraphId(u32);

impl GraphId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

/// A [`Transition`] resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    State(StateId),
    End,
}

/// A state with all its transitions resolved.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: Arc<str>,
    /// The graph that it belongs to.
    pub(crate) graph: GraphId,
    /// Its place in the definition, as a JSON Pointer.
    pub(crate) pointer: Arc<str>,
    /// INVARIANT: its nested graphs are taken out; `graphs` stands for them.
    pub(crate) state: State,
    /// Whether its expressions may take long: it has JSONata, many conditions, intrinsic functions, or paths that find
    /// many values.
    pub(crate) may_take_long: bool,
    pub(crate) next: Next,
    /// The next state of each Catcher.
    pub(crate) catch_next: Box<[StateId]>,
    /// The next state of each Choice Rule.
    pub(crate) choice_next: Box<[StateId]>,
    /// A Choice's `Default`.
    pub(crate) default_next: Option<StateId>,
    /// A Parallel's branches, or a Map's item processor.
    pub(crate) graphs: Arc<[GraphId]>,
}

impl Node {
    /// Whether the state may have `Retry` and `Catch`.
    pub(crate) fn takes_errors(&self) -> bool {
        matches!(self.state, State::Task(_) | State::Parallel(_) | State::Map(_))
    }

    pub(crate) fn retry(&self) -> &[Retrier] {
        match &self.state {
            State::Task(state) => &state.retry,
            State::Parallel(state) => &state.retry,
            State::Map(state) => &state.retry,
            _ => &[],
        }
    }

    fn resources(&self) -> impl Iterator<Item = &Resource> {
        let (task, map) = match &self.state {
            State::Task(task) => (Some(&task.resource), None),
            State::Map(map) => (None, map.distributed.as_deref()),
            _ => (None, None),
        };
        let reader = map.and_then(|map| map.item_reader.as_ref());
        let listed = reader.and_then(|reader| match &reader.reads {
            Reads::ListedObjects { get_object, .. } => Some(get_object),
            Reads::Object(_) | Reads::Listing => None,
        });
        let export = map.and_then(|map| map.result_writer.as_ref()?.export.as_ref());
        [
            task,
            reader.map(|reader| &reader.resource),
            listed,
            export.map(|(resource, _)| resource),
        ]
        .into_iter()
        .flatten()
    }

    pub(crate) fn catch(&self) -> &[Catcher] {
        match &self.state {
            State::Task(state) => &state.catch,
            State::Parallel(state) => &state.catch,
            State::Map(state) => &state.catch,
            _ => &[],
        }
    }
}

impl Program {
    /// Numbers the states of a valid machine and resolves its transitions.
    pub fn compile(machine: &StateMachine) -> Self {
        let mut program = Self {
            machine: machine.clone(),
            nodes: Vec::new(),
            graphs: Vec::new(),
            fingerprint: fingerprint(machine),
            #[cfg(feature = "store")]
            id: std::sync::OnceLock::new(),
        };
        let graph = program.machine.graph.clone();
        program.add_graph(graph, "");
        program
    }

    /// The machine it was compiled from.
    pub fn machine(&self) -> &StateMachine {
        &self.machine
    }

    /// An input in the form in which the machine reads it: paths read parts, JSONata reads the whole.
    pub(crate) fn payload(&self, input: Value) -> Payload {
        match self.machine.query_language {
            QueryLanguage::JsonPath => Payload::for_paths(input),
            QueryLanguage::Jsonata => input.into(),
        }
    }

    /// Every resource with the name of its state, including nested states: the resources of Tasks, and those by which
    /// distributed Maps read their items and write their results.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.nodes
            .iter()
            .flat_map(|node| node.resources().map(|resource| (&*node.name, resource)))
    }

    /// Whether items of any of its Maps run as executions of their own.
    #[cfg(feature = "restate")]
    pub(crate) fn has_distributed_maps(&self) -> bool {
        let is_one = |node: &Node| matches!(&node.state, State::Map(map) if map.distributed.is_some());
        self.nodes.iter().any(is_one)
    }

    /// The ARNs of the activities of its Tasks.
    #[cfg(feature = "restate")]
    pub(crate) fn activities(&self) -> BTreeSet<String> {
        let activities = self.resources().map(|(_, resource)| resource);
        activities
            .filter(|resource| *resource.kind() == ResourceKind::Activity)
            .map(|resource| resource.arn().to_owned())
            .collect()
    }

    /// The state with a name, nested or not.
    pub(crate) fn state_named(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| &*node.name == name)
    }

    /// A fingerprint of the definition, equal for equal definitions across processes and versions.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The id under which it is stored: differs for definitions that differ, and for the two workflow types.
    #[cfg(feature = "store")]
    pub(crate) fn id(&self) -> &str {
        use sha2::{Digest, Sha256};
        use std::fmt::Write;

        self.id.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(match self.machine.workflow_type {
                crate::definition::WorkflowType::Standard => "STANDARD",
                crate::definition::WorkflowType::Express => "EXPRESS",
            });
            hash.update(self.machine.definition().to_string());
            let bytes = hash.finalize();
            let mut id = String::new();
            for byte in bytes.iter().take(16) {
                // Writing to a `String` cannot fail.
                let _ = write!(id, "{byte:02x}");
            }
            id.into_boxed_str()
        })
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "ids are made here and only here; a snapshot's ids are checked when it is restored"
    )]
    pub(crate) fn node(&self, id: StateId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    #[expect(clippy::indexing_slicing, reason = "ids are made here and only here")]
    pub(crate) fn start_of(&self, graph: GraphId) -> StateId {
        self.graphs[graph.0 as usize]
    }

    pub(crate) const MAIN: GraphId = GraphId(0);

    /// The graph of a number, if there is one.
    pub(crate) fn graph(&self, number: u32) -> Option<GraphId> {
        self.graphs.get(number as usize).map(|_| GraphId(number))
    }

    pub(crate) fn has_state(&self, id: StateId) -> bool {
        (id.0 as usize) < self.nodes.len()
    }

    /// Every state, nested ones included, with its number.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (StateId, &Node)> {
        (0u32..).map(StateId).zip(&self.nodes)
    }

    /// The place of a state's `index`-th graph in the definition.
    pub(crate) fn graph_pointer(&self, node: &Node, index: usize) -> String {
        let of_map = || {
            let definition = self.machine.definition().pointer(&node.pointer);
            let is_old = definition.is_some_and(|state| state.get("Iterator").is_some());
            if is_old { "Iterator" } else { "ItemProcessor" }
        };
        match &node.state {
            State::Map(_) => format!("{}/{}", node.pointer, of_map()),
            _ => format!("{}/Branches/{index}", node.pointer),
        }
    }

    /// Adds a graph with all graphs nested in it. The recursion is bounded: definitions nest only as deep as the parser
    /// allows.
    fn add_graph(&mut self, graph: StateGraph, pointer: &str) -> GraphId {
        let graph_id = GraphId(number(self.graphs.len()));
        let first = self.nodes.len();
        let ids: IndexMap<String, StateId> = graph
            .states
            .keys()
            .enumerate()
            .map(|(i, name)| (name.clone(), StateId(number(first + i))))
            .collect();
        let id_of = |name: &str| ids.get(name).copied().unwrap_or(StateId(u32::MAX));
        self.graphs.push(id_of(&graph.start_at));
        let mut nested = Vec::new();
        for (name, mut state) in graph.states {
            nested.push(match &mut state {
                State::Parallel(parallel) => parallel.branches.drain(..).map(|branch| branch.graph).collect(),
                State::Map(map) => vec![std::mem::replace(
                    &mut map.item_processor,
                    StateGraph {
                        start_at: String::new(),
                        states: IndexMap::new(),
                    },
                )],
                _ => Vec::new(),
            });
            let mut node = Node {
                graph: graph_id,
                pointer: format!("{pointer}/States/{}", name.replace('~', "~0").replace('/', "~1")).into(),
                name: name.into(),
                next: next_of(&state, id_of),
                catch_next: Box::default(),
                choice_next: Box::default(),
                default_next: None,
                graphs: Arc::default(),
                may_take_long: false,
                state,
            };
            node.catch_next = node.catch().iter().map(|catcher| id_of(&catcher.next)).collect();
            let fields = self.machine.definition().pointer(&node.pointer);
            node.may_take_long = may_take_long(&node.state, fields);
            if let State::Choice(choice) = &node.state {
                node.choice_next = choice.targets().into_iter().map(id_of).collect();
                node.default_next = choice.default.as_deref().map(id_of);
            }
            self.nodes.push(node);
        }
        for (i, graphs) in nested.into_iter().enumerate() {
            let graphs = graphs.into_iter().enumerate();
            let graphs = graphs.map(|(index, graph)| {
                let pointer = self
                    .nodes
                    .get(first + i)
                    .map(|node| self.graph_pointer(node, index))
                    .unwrap_or_default();
                self.add_graph(graph, &pointer)
            });
            let graphs = graphs.collect();
            if let Some(node) = self.nodes.get_mut(first + i) {
                node.graphs = graphs;
            }
        }
        graph_id
    }
}

impl From<&StateMachine> for Arc<Program> {
    fn from(machine: &StateMachine) -> Self {
        Arc::new(Program::compile(machine))
    }
}

/// `fields` is the state as written.
fn may_take_long(state: &State, fields: Option<&Value>) -> bool {
    let is_nested = |name: &str| matches!(name, "Branches" | "ItemProcessor" | "Iterator");
    let mut own = fields.and_then(Value::as_object).into_iter().flatten();
    state.query_language() == QueryLanguage::Jsonata
        || own.any(|(name, field)| !is_nested(name) && (finds_many(field) || conditions(field) > FEW_CONDITIONS))
}

/// So many conditions compare a large payload's texts within a turn.
const FEW_CONDITIONS: usize = 16;

/// The conditions in a field. The recursion is bounded like that of [`finds_many`].
fn conditions(field: &Value) -> usize {
    match field {
        Value::Array(items) => items.iter().map(conditions).sum(),
        Value::Object(members) => {
            let inner: usize = members.values().map(conditions).sum();
            inner + usize::from(members.contains_key("Variable"))
        }
        _ => 0,
    }
}

/// Whether a field has an intrinsic function, or a path with a wildcard, a filter or a descent. The recursion is bounded:
/// definitions nest only as deep as the parser allows.
fn finds_many(field: &Value) -> bool {
    match field {
        Value::String(text) => text.contains(['*', '?']) || text.contains("..") || text.contains("States."),
        Value::Array(items) => items.iter().any(finds_many),
        Value::Object(members) => members.values().any(finds_many),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn next_of(state: &State, id_of: impl Fn(&str) -> StateId) -> Next {
    let transition = match state {
        State::Task(state) => &state.transition,
        State::Pass(state) => &state.transition,
        State::Wait(state) => &state.transition,
        State::Parallel(state) => &state.transition,
        State::Map(state) => &state.transition,
        State::Choice(_) | State::Succeed(_) | State::Fail(_) => &Transition::End,
    };
    match transition {
        Transition::Next(name) => Next::State(id_of(name)),
        Transition::End => Next::End,
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// FNV-1a over the definition's text: small, and the same for ever.
fn fingerprint(machine: &StateMachine) -> u64 {
    let text = machine.definition().to_string();
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
