//! Runs a real execution again, from its history.

mod answers;
mod compare;
mod events;
mod lanes;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::{Call, Run, Simulation, SimulationError, Unknown};
#[cfg(feature = "console")]
use crate::data::StateMachineContext;
use crate::definition::{ResourceKind, State, StateMachine};
use crate::execution::Program;
use crate::history::ErrorOutput;
#[cfg(feature = "console")]
use crate::history::HistoryEvent;
use compare::compare;
use events::RecordedEvent;
use lanes::{Places, Visits};

pub use compare::{DataDifference, PathDifference, PathStep};

/// The history of a real execution, as `aws stepfunctions get-execution-history --execution-arn …` prints it.
///
/// Pages may follow each other in the text. The recorded answers of its tasks become scripts, each at its recorded
/// time; the replay must take the same path.
///
/// ```
/// use asl_engine::StateMachine;
/// use asl_engine::simulation::Recording;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let machine: StateMachine = std::fs::read_to_string("tests/kit/recordings/declined.asl.json")?.parse()?;
/// let recording: Recording = std::fs::read_to_string("tests/kit/recordings/declined.json")?.parse()?;
///
/// let replay = recording.replay(&machine)?;
/// replay.assert_same_path();
/// assert_eq!(replay.run.error_name(), Some("Declined"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Recording {
    events: Vec<RecordedEvent>,
}

/// The reasons why a history cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The text is not JSON.
    #[error("the history is not JSON: {problem}")]
    NoJson {
        /// The problem with it.
        problem: String,
    },
    /// The JSON is not a history.
    #[error("this is not a history: there is {problem}; give the output of `aws stepfunctions get-execution-history`")]
    NoHistory {
        /// What was found instead.
        problem: String,
    },
    /// Events are missing.
    #[error("the events {first} to {last} are missing; join all pages of the history")]
    Missing {
        /// The first missing event.
        first: u64,
        /// The last missing event of the gap.
        last: u64,
    },
    /// The pages belong to several executions.
    #[error("the event {event} is there twice, with different content; join the pages of one execution only")]
    Conflicting {
        /// The event.
        event: u64,
    },
    /// The execution was still running when the history was recorded.
    #[error(
        "the history ends at the event {last} while the execution was still running; record it after the end, or join all pages"
    )]
    Unfinished {
        /// The last event.
        last: u64,
    },
    /// The history was recorded without its data.
    #[error("the history holds no data; record it with `--include-execution-data`")]
    NoData,
    /// AWS truncated the data.
    #[error("the history holds only a part of the `{member}` of the event {event}")]
    Truncated {
        /// The event.
        event: u64,
        /// The truncated member.
        member: String,
    },
    /// The history has an event that cannot be replayed.
    #[error("the event {event} is a `{kind}`, which cannot be replayed: the execution was redriven")]
    Unsupported {
        /// The event.
        event: u64,
        /// Its type.
        kind: String,
    },
    /// The history names a state that the definition does not have.
    #[error(
        "the event {event} is about the state `{state}`, which the state machine does not have; give the definition that was recorded"
    )]
    UnknownState {
        /// The event.
        event: u64,
        /// The state.
        state: String,
    },
    /// The answers of a distributed Map's tasks are not in this history.
    #[error(
        "the state `{state}` runs in child executions of a distributed Map, which have histories of their own; script it on `Recording::simulation` and compare the run"
    )]
    OfChildExecution {
        /// The Task state.
        state: String,
    },
    /// The simulation could not run.
    #[error(transparent)]
    Simulation(#[from] SimulationError),
}

/// A replay of what still runs goes on for so long behind the last event: events of the same moment have times of a few
/// nanoseconds more.
const BEHIND_THE_LAST: Duration = Duration::from_millis(5);

/// A replayed execution.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Replay {
    /// The run of the replay.
    pub run: Run,
    /// Where the replay left the recorded path; `None` if it did not.
    pub difference: Option<PathDifference>,
    /// The first 50 steps with different data. Names and ids of executions, times and random values always differ.
    pub data: Vec<DataDifference>,
}

impl Replay {
    /// Fails a test whose replay left the recorded path, with the first difference side by side.
    ///
    /// # Panics
    ///
    /// If the paths differ.
    #[track_caller]
    pub fn assert_same_path(&self) {
        assert!(self.difference.is_none(), "{self}");
    }
}

impl fmt::Display for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.difference {
            None => writeln!(f, "the replay takes the recorded path")?,
            Some(difference) => write!(f, "{difference}")?,
        }
        // The first difference in the data may be the reason why the paths part.
        for data in self.data.iter().take(3) {
            writeln!(f, "  other data: {data}")?;
        }
        Ok(())
    }
}

impl Recording {
    /// Reads a history. Errors if it is incomplete: pages or data are missing, or the execution had not ended.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        Ok(Self {
            events: events::read(text)?,
        })
    }

    /// The same of the events of an execution that may still run: it is replayed as far as it has come.
    #[cfg(feature = "console")]
    pub(crate) fn so_far(history: &[HistoryEvent]) -> Result<Self, RecordingError> {
        Ok(Self {
            events: events::so_far(history)?,
        })
    }

    /// Whether the execution had not ended when the history was recorded.
    pub(crate) fn is_running(&self) -> bool {
        !self.events.last().is_some_and(RecordedEvent::is_end)
    }

    /// The execution's input.
    pub fn input(&self) -> Value {
        self.events
            .first()
            .and_then(|event| event.data("input"))
            .unwrap_or_default()
    }

    /// How the execution ended: `ExecutionSucceeded`, `ExecutionFailed`, `ExecutionTimedOut` or `ExecutionAborted`.
    pub fn end(&self) -> &str {
        self.events.last().map_or("", |event| &event.kind)
    }

    /// A simulation in which every task gives its recorded answer at its recorded time. Run it on the
    /// [`input`](Self::input), or script more for tasks that were never called.
    ///
    /// Errors if the history belongs to another state machine.
    pub fn simulation(&self, machine: &StateMachine) -> Result<Simulation, RecordingError> {
        let mut simulation = Simulation::of(machine).allow_left_over();
        let places = Places::of(&simulation.program);
        self.check_states(&places)?;
        let visits = Visits::of(&self.events, &places);
        simulation.recorded = Some(Arc::new(answers::answers(&self.events, &visits, &places)));
        if let Some(started) = self.events.first() {
            simulation.start = started.at;
            if let Some(role) = started.text("roleArn") {
                simulation.options.role_arn = role.into();
            }
        }
        simulation.options.activities = self.activities(&simulation.program).map(Arc::new);
        if let Some(ended) = self.events.last().filter(|event| event.kind == "ExecutionAborted") {
            let after = (ended.at - simulation.start).to_std().unwrap_or(Duration::ZERO);
            simulation = simulation.stop_after(after, ended.error());
        }
        if let Some(last) = self.events.last().filter(|_| self.is_running()) {
            let so_far = (last.at - simulation.start).to_std().unwrap_or(Duration::ZERO);
            simulation = simulation.stop_after(so_far + BEHIND_THE_LAST, ErrorOutput::default());
        }
        Ok(simulation)
    }

    /// Runs the execution again, and compares the path with the recorded one.
    ///
    /// Errors if a task of a distributed Map is called: its answers are in the histories of the child executions.
    /// Script it on [`Recording::simulation`] and compare the run.
    pub fn replay(&self, machine: &StateMachine) -> Result<Replay, RecordingError> {
        let mut simulation = self.simulation(machine)?;
        simulation.unknown = Unknown::Fails;
        self.replayed(&simulation)
    }

    /// Runs a simulation of the recording.
    fn replayed(&self, simulation: &Simulation) -> Result<Replay, RecordingError> {
        let run = simulation.try_run(self.input())?;
        let distributed = distributed_maps(&simulation.program);
        let is_of_child = |call: &Call| distributed.iter().any(|map| call.pointer.starts_with(map));
        let mut unknown = run.calls().iter().filter(|call| call.is_unknown());
        if let Some(call) = unknown.find(|call| is_of_child(call)) {
            return Err(RecordingError::OfChildExecution {
                state: call.state.to_string(),
            });
        }
        Ok(self.compare(run))
    }

    /// The same as [`replay`](Self::replay) under the names that the execution had.
    #[cfg(feature = "console")]
    pub(crate) fn replay_as(
        &self,
        machine: &StateMachine,
        name: &str,
        state_machine: Arc<StateMachineContext>,
    ) -> Result<Replay, RecordingError> {
        let mut simulation = self.simulation(machine)?.debugged();
        name.clone_into(&mut simulation.options.name);
        simulation.options.state_machine = state_machine;
        self.replayed(&simulation)
    }

    /// Compares the path of a run with the recorded one.
    pub fn compare(&self, run: Run) -> Replay {
        let places = Places::of(&run.execution().program);
        let replayed: Vec<RecordedEvent> = run.history().iter().map(RecordedEvent::of).collect();
        let compared = compare(&self.events, &replayed, &places);
        Replay {
            run,
            difference: compared.difference,
            data: compared.data,
        }
    }

    /// The known activities, if the execution failed because one did not exist.
    fn activities(&self, program: &Program) -> Option<BTreeSet<String>> {
        let ended = self.events.last()?;
        ended.text("cause").filter(|cause| cause.contains("does not exist"))?;
        let resources = program.resources().map(|(_, resource)| resource);
        let activities = resources.filter(|resource| *resource.kind() == ResourceKind::Activity);
        let scheduled = |arn: &str| {
            let mut events = self.events.iter().filter(|event| event.kind == "ActivityScheduled");
            events.any(|event| event.text("resource") == Some(arn))
        };
        let there = activities
            .map(|activity| activity.arn().to_owned())
            .filter(|arn| scheduled(arn));
        Some(there.collect())
    }

    fn check_states(&self, places: &Places) -> Result<(), RecordingError> {
        for event in self.events.iter().filter(|event| event.kind.ends_with("StateEntered")) {
            let state = event.state().unwrap_or_default();
            if places.get(state).is_none() {
                return Err(RecordingError::UnknownState {
                    event: event.id,
                    state: state.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// The pointers below which states run in child executions of distributed Maps.
fn distributed_maps(program: &Program) -> Vec<String> {
    let maps = program.nodes().map(|(_, node)| node).filter(|node| match &node.state {
        State::Map(map) => map.distributed.is_some(),
        _ => false,
    });
    maps.map(|node| format!("{}/", node.pointer)).collect()
}

impl FromStr for Recording {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, RecordingError> {
        Self::parse(text)
    }
}
