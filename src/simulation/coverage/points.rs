//! The points of a definition that tests can cover.

use std::collections::HashSet;

use crate::definition::{State, StateType};
use crate::error::predefined_errors;
use crate::execution::{Next, Node, Program};

/// How many retries of a Retrier are counted one by one; later ones are left out.
const MOST_RETRIES: u32 = 10;

/// The most retries that a test can reasonably exhaust.
const MOST_EXHAUSTED: u32 = 1_000;

/// The kind of a coverage point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PointKind {
    /// A state was entered.
    State,
    /// A state led to another, or to the end: by `Next`, `End`, `Default`, a Choice Rule or a Catcher.
    Transition,
    /// A Choice Rule was true, or false.
    ChoiceRule,
    /// A Retrier retried, or had no retries left; with [`Coverage::of_each_retry`](super::Coverage::of_each_retry), each
    /// of its retries.
    Retrier,
    /// A Catcher caught an error.
    Catcher,
    /// A Map had no item, one, or many.
    Map,
    /// A branch or iteration failed.
    Branch,
}

impl PointKind {
    /// Every kind, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::State,
        Self::Transition,
        Self::ChoiceRule,
        Self::Retrier,
        Self::Catcher,
        Self::Map,
        Self::Branch,
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Transition => "transition",
            Self::ChoiceRule => "choiceRule",
            Self::Retrier => "retrier",
            Self::Catcher => "catcher",
            Self::Map => "map",
            Self::Branch => "branch",
        }
    }

    /// The plural name in texts.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::State => "states",
            Self::Transition => "transitions",
            Self::ChoiceRule => "choice rules",
            Self::Retrier => "retriers",
            Self::Catcher => "catchers",
            Self::Map => "map sizes",
            Self::Branch => "failing branches",
        }
    }
}

/// An event that can happen at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Aspect {
    Entered,
    Left,
    IsTrue,
    IsFalse,
    Retried,
    Retry(u32),
    Exhausted,
    Caught,
    NoItem,
    OneItem,
    ManyItems,
    Failed,
}

/// A point with the count 0.
#[derive(Debug)]
pub(super) struct PointAt {
    pub(super) kind: PointKind,
    pub(super) state: String,
    pub(super) pointer: String,
    pub(super) aspect: Aspect,
    pub(super) what: String,
    /// A transition's source and target; no target at an end.
    pub(super) ends: Option<(String, Option<String>)>,
}

/// All points of a program, state by state.
pub(super) fn points_of(program: &Program, of_each_retry: bool) -> Vec<PointAt> {
    let mut points = Points {
        program,
        of_each_retry,
        failing: failing(program),
        found: Vec::new(),
    };
    for (_, node) in program.nodes() {
        points.add_state(node);
    }
    points.found
}

/// The pointers of the branches and iterations that can fail. Those whose states only pass data on, and those that
/// catch `States.ALL`, hardly ever do and are left out.
fn failing(program: &Program) -> HashSet<&str> {
    let catches_all = |node: &Node| {
        let mut names = node.catch().iter().flat_map(|catcher| &catcher.error_equals);
        names.any(|name| name == predefined_errors::ALL)
    };
    let nodes = || program.nodes().map(|(_, node)| node);
    let tight: HashSet<&str> = nodes()
        .filter(|node| catches_all(node))
        .map(|node| &*node.pointer)
        .collect();
    let mut failing = HashSet::new();
    for node in nodes() {
        let can_fail = matches!(node.state, State::Fail(_)) || (node.takes_errors() && !catches_all(node));
        let around = node.pointer.rmatch_indices('/').filter(|_| can_fail);
        for outer in around.filter_map(|(end, _)| node.pointer.get(..end)) {
            // The graph around it is already listed, or cannot fail.
            if !failing.insert(outer) || tight.contains(outer) {
                break;
            }
        }
    }
    failing
}

struct Points<'p> {
    program: &'p Program,
    /// Whether retries are counted one by one.
    of_each_retry: bool,
    /// Whether it has states that can fail; states that only pass data on hardly ever do.
    failing: HashSet<&'p str>,
    found: Vec<PointAt>,
}

impl Points<'_> {
    fn add_state(&mut self, node: &Node) {
        self.add(
            PointKind::State,
            node,
            String::new(),
            Aspect::Entered,
            "entered".to_owned(),
        );
        self.add_ways_out(node);
        for (i, retrier) in node.retry().iter().enumerate() {
            self.add_retrier(node, format!("/Retry/{i}"), retrier.max_attempts);
        }
        for (i, catcher) in node.catch().iter().enumerate() {
            let what = format!("takes {}", catcher.error_equals.join(", "));
            self.add(PointKind::Catcher, node, format!("/Catch/{i}"), Aspect::Caught, what);
        }
        self.add_graphs(node);
    }

    fn add_retrier(&mut self, node: &Node, at: String, max_attempts: u32) {
        if self.of_each_retry {
            for number in 1..=max_attempts.min(MOST_RETRIES) {
                let what = format!("retry {number} of {max_attempts}");
                self.add(PointKind::Retrier, node, at.clone(), Aspect::Retry(number), what);
            }
        } else if max_attempts > 0 {
            self.add(
                PointKind::Retrier,
                node,
                at.clone(),
                Aspect::Retried,
                "retried".to_owned(),
            );
        }
        if max_attempts <= MOST_EXHAUSTED {
            self.add(PointKind::Retrier, node, at, Aspect::Exhausted, "exhausted".to_owned());
        }
    }

    fn add_ways_out(&mut self, node: &Node) {
        for (i, next) in node.choice_next.iter().enumerate() {
            let at = format!("/Choices/{i}");
            for (aspect, what) in [(Aspect::IsTrue, "true"), (Aspect::IsFalse, "false")] {
                self.add(PointKind::ChoiceRule, node, at.clone(), aspect, what.to_owned());
            }
            self.add_transition(node, format!("{at}/Next"), Next::State(*next));
        }
        if let Some(next) = node.default_next {
            self.add_transition(node, "/Default".to_owned(), Next::State(next));
        }
        if !matches!(node.state, State::Choice(_) | State::Succeed(_) | State::Fail(_)) {
            self.add_transition(node, way_out(node).to_owned(), node.next);
        }
        for (i, next) in node.catch_next.iter().enumerate() {
            self.add_transition(node, format!("/Catch/{i}/Next"), Next::State(*next));
        }
    }

    fn add_transition(&mut self, node: &Node, at: String, next: Next) {
        let target = match next {
            Next::State(next) => Some(self.program.node(next)),
            Next::End => None,
        };
        let what = target.map_or_else(|| "to the end".to_owned(), |target| format!("to `{}`", target.name));
        self.add(PointKind::Transition, node, at, Aspect::Left, what);
        if let Some(point) = self.found.last_mut() {
            let to = target.map(|target| target.pointer.to_string());
            point.ends = Some((node.pointer.to_string(), to));
        }
    }

    fn add_graphs(&mut self, node: &Node) {
        let is_map = node.state.state_type() == StateType::Map;
        for i in 0..node.graphs.len() {
            let pointer = self.program.graph_pointer(node, i);
            let at = pointer.strip_prefix(&*node.pointer).unwrap_or_default().to_owned();
            if is_map {
                let sizes = [
                    (Aspect::NoItem, "no item"),
                    (Aspect::OneItem, "one item"),
                    (Aspect::ManyItems, "many items"),
                ];
                for (aspect, what) in sizes {
                    self.add(PointKind::Map, node, at.clone(), aspect, what.to_owned());
                }
            }
            if self.failing.contains(&*pointer) {
                self.add(PointKind::Branch, node, at, Aspect::Failed, "fails".to_owned());
            }
        }
    }

    fn add(&mut self, kind: PointKind, node: &Node, at: String, aspect: Aspect, what: String) {
        self.found.push(PointAt {
            kind,
            state: node.name.to_string(),
            pointer: format!("{}{at}", node.pointer),
            aspect,
            what,
            ends: None,
        });
    }
}

/// The field by which a state other than a Choice is left.
pub(super) fn way_out(node: &Node) -> &'static str {
    match node.next {
        Next::State(_) => "/Next",
        Next::End => "/End",
    }
}
