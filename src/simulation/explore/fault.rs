//! The faults that an exploration injects into tasks.

use std::fmt;
use std::sync::Arc;

use crate::definition::{Catcher, Retrier};
use crate::error::predefined_errors;
use crate::execution::{Node, Program};
use crate::simulation::{Answer, Call};

/// An error name that no Retrier and no Catcher uses.
pub const UNNAMED_ERROR: &str = "UnnamedError";

/// Errors that only the interpreter reports: no task is made to fail with them.
const OF_THE_INTERPRETER: &[&str] = &[
    predefined_errors::BRANCH_FAILED,
    predefined_errors::DATA_LIMIT_EXCEEDED,
    predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD,
    predefined_errors::INTRINSIC_FAILURE,
    predefined_errors::ITEM_READER_FAILED,
    predefined_errors::NO_CHOICE_MATCHED,
    predefined_errors::PARAMETER_PATH_FAILURE,
    predefined_errors::QUERY_EVALUATION_ERROR,
    predefined_errors::RESULT_PATH_MATCH_FAILURE,
    predefined_errors::RESULT_WRITER_FAILED,
    predefined_errors::RUNTIME,
];

/// One fault in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The Task state.
    pub state: Arc<str>,
    /// The state's place in its definition, as a JSON Pointer.
    pub pointer: Arc<str>,
    /// The kind of fault.
    pub kind: FaultKind,
    /// How long the fault lasts.
    pub extent: Extent,
    pub(super) member: usize,
}

/// How an attempt of a task fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// It fails with an error of this name.
    Error(String),
    /// Its `TimeoutSeconds` are over.
    Timeout,
    /// Its heartbeats stop.
    HeartbeatLoss,
    /// It never answers, and has no `TimeoutSeconds`.
    NoAnswer,
}

/// How long a fault lasts. Visits and attempts are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extent {
    /// For one attempt.
    Attempt {
        /// The visit to the state.
        visit: usize,
        /// The attempt of the visit.
        attempt: usize,
    },
    /// For the rest of one visit: every retry fails as well.
    Visit {
        /// The visit to the state.
        visit: usize,
        /// The first attempt that fails.
        attempt: usize,
    },
    /// For ever: for the rest of the visit and all later ones.
    Always {
        /// The first visit to the state that fails.
        visit: usize,
        /// The first attempt of that visit that fails.
        attempt: usize,
    },
}

impl Fault {
    /// All single faults of a call.
    pub(super) fn of(call: &Call, program: &Program) -> Vec<Self> {
        let mut kinds = Vec::new();
        let mut add = |kind| {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        };
        let has_timeout = call.request.timeout_seconds.is_some();
        let has_heartbeat = call.request.awaited_heartbeat(&call.resource).is_some();
        for name in named_errors(program, &call.pointer) {
            match name {
                predefined_errors::ALL | predefined_errors::TASK_FAILED => {}
                predefined_errors::TIMEOUT if has_timeout => add(FaultKind::Timeout),
                predefined_errors::HEARTBEAT_TIMEOUT if has_heartbeat => add(FaultKind::HeartbeatLoss),
                name if OF_THE_INTERPRETER.contains(&name) => {}
                name => add(FaultKind::Error(name.to_owned())),
            }
        }
        add(FaultKind::Error(UNNAMED_ERROR.to_owned()));
        add(match (has_timeout, has_heartbeat) {
            (true, _) => FaultKind::Timeout,
            (false, true) => FaultKind::HeartbeatLoss,
            (false, false) => FaultKind::NoAnswer,
        });
        let faults = kinds.into_iter().map(|kind| Self {
            state: Arc::clone(&call.state),
            pointer: Arc::clone(&call.pointer),
            kind,
            extent: Extent::Attempt {
                visit: call.visit,
                attempt: call.attempt,
            },
            member: call.member,
        });
        faults.collect()
    }

    /// Whether the fault hits a call.
    pub(in crate::simulation) fn strikes(&self, call: &Call) -> bool {
        if call.member != self.member || call.pointer != self.pointer {
            return false;
        }
        let at = (call.visit, call.attempt);
        match self.extent {
            Extent::Attempt { visit, attempt } => at == (visit, attempt),
            Extent::Visit { visit, attempt } => call.visit == visit && call.attempt >= attempt,
            Extent::Always { visit, attempt } => at >= (visit, attempt),
        }
    }

    pub(in crate::simulation) fn answer(&self) -> Answer {
        match &self.kind {
            FaultKind::Error(name) => Answer::error(name, "injected by the exploration"),
            FaultKind::Timeout => Answer::timeout(),
            FaultKind::HeartbeatLoss => Answer::heartbeat_loss(),
            FaultKind::NoAnswer => Answer::never(),
        }
    }

    /// The same fault with the next longer extent; `None` if there is none, or if it would change nothing in a run with
    /// these calls.
    pub(super) fn longer(&self, calls: &[Call]) -> Option<Self> {
        let has = |is_it: &dyn Fn(&Call) -> bool| {
            let own = |call: &&Call| call.member == self.member && call.pointer == self.pointer;
            calls.iter().filter(own).any(is_it)
        };
        let extent = match self.extent {
            Extent::Attempt { visit, attempt } if has(&|call| call.visit == visit && call.attempt > attempt) => {
                Some(Extent::Visit { visit, attempt })
            }
            Extent::Attempt { visit, attempt } | Extent::Visit { visit, attempt }
                if has(&|call| call.visit > visit) =>
            {
                Some(Extent::Always { visit, attempt })
            }
            _ => None,
        };
        Some(Self {
            extent: extent?,
            ..self.clone()
        })
    }

    /// The same fault with shorter extents, the shortest first.
    pub(super) fn shorter(&self) -> Vec<Self> {
        let with = |extent| Self { extent, ..self.clone() };
        match self.extent {
            Extent::Attempt { .. } => Vec::new(),
            Extent::Visit { visit, attempt } => vec![with(Extent::Attempt { visit, attempt })],
            Extent::Always { visit, attempt } => vec![
                with(Extent::Attempt { visit, attempt }),
                with(Extent::Visit { visit, attempt }),
            ],
        }
    }
}

/// The errors that the Retriers and Catchers of a state name, and those of the states around it.
fn named_errors<'p>(program: &'p Program, pointer: &str) -> Vec<&'p str> {
    let is_around = |node: &Node| {
        let rest = pointer.strip_prefix(&*node.pointer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let nodes = program.nodes().map(|(_, node)| node).filter(|node| is_around(node));
    let mut names: Vec<&str> = Vec::new();
    for node in nodes {
        let retriers = node.retry().iter().map(|Retrier { error_equals, .. }| error_equals);
        let catchers = node.catch().iter().map(|Catcher { error_equals, .. }| error_equals);
        for name in retriers.chain(catchers).flatten() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ", self.state)?;
        match &self.kind {
            FaultKind::Error(name) => write!(f, "fails with `{name}`")?,
            FaultKind::Timeout => write!(f, "times out")?,
            FaultKind::HeartbeatLoss => write!(f, "loses its heartbeat")?,
            FaultKind::NoAnswer => write!(f, "never answers (it has no `TimeoutSeconds`)")?,
        }
        match self.extent {
            Extent::Attempt { visit, attempt } => write!(f, " in the attempt {attempt} of the visit {visit}"),
            Extent::Visit { visit, attempt } => {
                write!(f, " from the attempt {attempt} of the visit {visit} to its end")
            }
            Extent::Always { visit, attempt } => {
                write!(f, " from the attempt {attempt} of the visit {visit} on, for ever")
            }
        }
    }
}
