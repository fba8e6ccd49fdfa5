//! Runs a state machine in a unit test: scripted tasks, a virtual clock, no runtime, no sleeping.
//!
//! ```
//! use asl_engine::{Simulation, StateMachine, TaskError};
//! use serde_json::json;
//! use std::time::Duration;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let machine: StateMachine = r#"{
//!   "StartAt": "Charge",
//!   "States": {
//!     "Charge": {
//!       "Type": "Task",
//!       "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge",
//!       "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2 }],
//!       "End": true
//!     }
//!   }
//! }"#.parse()?;
//!
//! let run = Simulation::of(&machine)
//!     .task("Charge", [Err(TaskError::new("Busy", "try later")), Ok(json!({ "paid": true }))])
//!     .run(json!({ "id": 7 }));
//! assert_eq!(run.output(), Some(&json!({ "paid": true })));
//! assert_eq!(run.elapsed(), Duration::from_secs(2));
//! # Ok(())
//! # }
//! ```

mod answer;
mod call;
mod coverage;
mod doubles;
mod driver;
mod error;
mod explain;
mod explore;
mod functions;
mod mock_config;
mod moment;
mod observer;
mod overlay;
mod recorded;
mod redrives;
mod replay;
mod run;
mod script;
mod time_travel;
mod usage;
mod visit;
mod words;

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

use crate::TaskError;
use crate::definition::{StateMachine, WorkflowType};
use crate::execution::{Limits, Program, StartOptions};
use crate::history::{ErrorOutput, HistoryLevel};
use crate::services::Doubles;
use crate::services::step_functions::StateMachines;

pub use answer::Answer;
pub use call::Call;
pub use coverage::{Coverage, CoverageError, Point, PointKind, Share, StateCount, TransitionCount};
pub use error::SimulationError;
#[cfg(feature = "cli")]
pub(crate) use explain::failed_child;
pub use explore::{
    Exploration, ExplorationError, Extent, Fault, FaultKind, Finding, FindingKind, Report, UNNAMED_ERROR,
};
#[cfg(feature = "cli")]
pub(crate) use functions::{invoked_names, invokes, is_function_of, serves_all_of};
#[cfg(feature = "runtime")]
pub(crate) use mock_config::TestCase;
#[cfg(feature = "cli")]
pub(crate) use mock_config::mocked_answer;
pub use mock_config::{MockConfig, MockConfigError};
pub use moment::{Happened, Moment};
pub use replay::{DataDifference, PathDifference, PathStep, Recording, RecordingError, Replay};
pub use run::{ExecutionRun, Run};
pub use time_travel::TimeTravel;
pub use usage::{ExpressUsage, Usage};
pub use visit::{Attempt, Retry, RuleTried, Visit, VisitEnd};

#[cfg(feature = "cli")]
pub(crate) use words::shorten_in_the_middle;

use functions::Functions;
use recorded::Recorded;
use script::Part;

/// When executions start unless told otherwise, 2026-01-01T00:00:00Z: a fixed time, yet one that dates in definitions and
/// inputs are near to.
const START: DateTime<Utc> = match DateTime::from_timestamp(1_767_225_600, 0) {
    Some(start) => start,
    None => DateTime::UNIX_EPOCH,
};

/// A state machine with scripted tasks; it can run any number of times.
#[derive(Debug, Clone)]
pub struct Simulation {
    program: Arc<Program>,
    state_machines: StateMachines,
    parts: Vec<(String, Part)>,
    functions: Functions,
    doubles: Doubles,
    options: StartOptions,
    start: DateTime<Utc>,
    /// Answers of an earlier run.
    recorded: Option<Arc<Recorded>>,
    coverage: Vec<Coverage>,
    /// Faults that override scripts.
    faults: Arc<[Fault]>,
    /// The answer of tasks without a script.
    otherwise: Option<Answer>,
    allows_left_over: bool,
    /// When the execution is stopped, and why.
    stop: Option<(Duration, ErrorOutput)>,
    /// How long after its unsuccessful ends the execution is redriven.
    redrives: Vec<Duration>,
    /// What becomes of a call without an answer.
    unknown: Unknown,
    /// Whether visits are kept without a history.
    keeps_visits: bool,
}

/// What becomes of a call without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// The run is an error: a test has forgotten it.
    Refused,
    /// The task fails, as in a replay; a run that waits for ever ends.
    Fails,
    /// The run ends there, as in a debugger.
    #[cfg(feature = "console")]
    Ends,
}

impl Unknown {
    fn ends(self) -> bool {
        !matches!(self, Self::Refused | Self::Fails)
    }
}

impl Simulation {
    /// A simulation of a machine whose tasks have no answers yet.
    pub fn of(machine: &StateMachine) -> Self {
        let mut options = StartOptions::new(Value::Object(serde_json::Map::new()));
        if machine.workflow_type == WorkflowType::Express {
            options.is_synchronous = true;
            options.express_id = Some("00000000-0000-4000-8000-000000000000".into());
        }
        Self {
            program: Arc::new(Program::compile(machine)),
            state_machines: StateMachines::default(),
            parts: Vec::new(),
            functions: Functions::default(),
            doubles: Doubles::default(),
            options,
            start: START,
            recorded: None,
            coverage: Vec::new(),
            faults: Arc::default(),
            otherwise: None,
            allows_left_over: false,
            stop: None,
            redrives: Vec::new(),
            unknown: Unknown::Refused,
            keeps_visits: false,
        }
    }

    /// Scripts the answers of a task: one for each attempt of each visit, in order.
    ///
    /// `task` is the state's name, the name of the Lambda function that it invokes, or its `Resource`; the first of these
    /// takes precedence. The run is an error if an answer is missing or left over, or if a name is scripted twice.
    #[must_use]
    pub fn task<A: Into<Answer>>(self, task: impl Into<String>, answers: impl IntoIterator<Item = A>) -> Self {
        let answers = answers.into_iter().map(Into::into).collect();
        self.part(task, Part::Answers(answers))
    }

    /// Scripts the answers to the attempts of one visit to a task; `visit` counts from 0.
    ///
    /// Iterations of a Map and rounds of a loop are visits. A visit with such a script uses no other.
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine, TaskError};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/map.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .always("Price", json!(10))
    ///     .visit("Price", 1, [Err(TaskError::new("Busy", "")), Ok(json!(20))])
    ///     .run(json!({ "customer": "Ada", "lines": ["a", "b", "c"] }));
    /// assert_eq!(run.output().map(|output| &output["priced"]), Some(&json!([10, 20, 10])));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn visit<A: Into<Answer>>(
        self,
        task: impl Into<String>,
        visit: usize,
        answers: impl IntoIterator<Item = A>,
    ) -> Self {
        let answers = answers.into_iter().map(Into::into).collect();
        self.part(task, Part::Visit(visit, answers))
    }

    /// Scripts the answers to the attempts of a task in one iteration of the Map around it, by the item's index,
    /// independent of the order in which iterations run.
    #[must_use]
    pub fn item<A: Into<Answer>>(
        self,
        task: impl Into<String>,
        item: usize,
        answers: impl IntoIterator<Item = A>,
    ) -> Self {
        let answers = answers.into_iter().map(Into::into).collect();
        self.part(task, Part::Item(item, answers))
    }

    /// Gives every attempt of a task the same answer. The run is an error if the task is never called.
    #[must_use]
    pub fn always(self, task: impl Into<String>, answer: impl Into<Answer>) -> Self {
        self.part(task, Part::Always(answer.into()))
    }

    /// Gives every attempt of every task without a script the same answer.
    #[must_use]
    pub fn otherwise(mut self, answer: impl Into<Answer>) -> Self {
        self.otherwise = Some(answer.into());
        self
    }

    /// Answers every attempt of a task by a function of the whole [`Call`]: the state, the visit, the attempt, the
    /// item, the input, the task token. The run is an error if the task is never called.
    ///
    /// ```
    /// use asl_engine::simulation::{Answer, Call};
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .task_with("Charge", |call: &Call| match call.attempt {
    ///         0 => Answer::error("Busy", "try later"),
    ///         _ => Answer::success(call.request.effective_input["id"].clone()),
    ///     })
    ///     .run(json!({ "id": 7 }));
    /// assert_eq!(run.output(), Some(&json!(7)));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn task_with<A: Into<Answer>>(
        self,
        task: impl Into<String>,
        function: impl Fn(&Call) -> A + Send + Sync + 'static,
    ) -> Self {
        self.part(task, Part::Call(Arc::new(move |call: &Call| function(call).into())))
    }

    /// Answers every attempt of a task by a function of its effective input. The run is an error if the task is never
    /// called.
    #[must_use]
    pub fn task_fn(
        self,
        task: impl Into<String>,
        function: impl Fn(&Value) -> Result<Value, TaskError> + Send + Sync + 'static,
    ) -> Self {
        self.part(task, Part::Input(Arc::new(function)))
    }

    /// Whether runs keep their visits.
    fn keeps_visits(&self) -> bool {
        self.options.history == HistoryLevel::Full || self.keeps_visits
    }

    fn part(mut self, task: impl Into<String>, part: Part) -> Self {
        self.parts.push((task.into(), part));
        self
    }

    /// Allows answers to be left over, which is otherwise an error.
    #[must_use]
    pub fn allow_left_over(mut self) -> Self {
        self.allows_left_over = true;
        self
    }

    /// Ends a run at the first call without an answer, and where it would wait for ever.
    #[cfg(feature = "console")]
    #[must_use]
    pub(crate) fn debugged(mut self) -> Self {
        self.unknown = Unknown::Ends;
        self
    }

    /// Stops the execution after some virtual time, as `StopExecution` does, if it is still running then.
    #[must_use]
    pub fn stop_after(mut self, time: Duration, error: ErrorOutput) -> Self {
        self.stop = Some((time, error));
        self
    }

    /// Counts every run in a [`Coverage`], which several simulations may share.
    #[must_use]
    pub fn coverage(mut self, coverage: &Coverage) -> Self {
        self.coverage.push(coverage.clone());
        self.keeps_visits = true;
        self
    }

    /// When the executions start; default 2026-01-01T00:00:00Z, so that a date in a test means the same every day.
    #[must_use]
    pub fn starting_at(mut self, start: DateTime<Utc>) -> Self {
        self.start = start;
        self
    }

    /// The seed of jitter and of random intrinsic functions; default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// How much of the history is recorded; default: everything.
    #[must_use]
    pub fn history(mut self, level: HistoryLevel) -> Self {
        self.options.history = level;
        self
    }

    /// The execution's limits; default: AWS's quotas.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits;
        self
    }

    /// Registers a state machine that the simulated execution can start, by its ARN, or by its name alone: by
    /// `states:startExecution` in any form, `aws-sdk:sfn:startExecution` and `startSyncExecution`, where their tasks
    /// are not scripted. `aws-sdk:sfn:sendTaskSuccess`, `sendTaskFailure` and `sendTaskHeartbeat` answer by token.
    ///
    /// All executions share the virtual time and the scripts. The run ends with the simulated execution; executions
    /// that it started without waiting for them stop there.
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine};
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let order: StateMachine = std::fs::read_to_string("asl-samples/order.asl.json")?.parse()?;
    /// let shipment: StateMachine = std::fs::read_to_string("asl-samples/shipment.asl.json")?.parse()?;
    ///
    /// let run = Simulation::of(&order)
    ///     .state_machine("Shipment", &shipment)
    ///     .run(json!({ "order": { "id": 7, "kilograms": 2 } }));
    /// assert_eq!(run.output().map(|output| &output["shipped"]["parcel"]), Some(&json!("parcel-7")));
    /// assert_eq!(run.elapsed(), Duration::from_secs(3600)); // the shipment waits for an hour; the test does not
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn state_machine(mut self, name: impl Into<String>, machine: impl Into<Arc<Program>>) -> Self {
        self.state_machines.register(name.into(), machine.into());
        self
    }

    /// The ARNs of the existing activities; a Task with any other fails as on AWS. Default: every activity exists.
    #[must_use]
    pub fn activities(mut self, arns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.options.activities = Some(Arc::new(arns.into_iter().map(Into::into).collect()));
        self
    }

    /// The start options of the execution, such as names and ARNs; `run` takes the input.
    #[must_use]
    pub fn options(mut self, options: StartOptions) -> Self {
        self.options = options;
        self
    }

    /// Runs an execution to its end.
    ///
    /// # Panics
    ///
    /// If an answer is missing or left over, or a task is scripted twice; [`Simulation::try_run`] returns the error
    /// instead. A failed execution does not panic.
    #[track_caller]
    #[expect(clippy::panic, reason = "the way a test fails")]
    pub fn run(&self, input: Value) -> Run {
        match self.try_run(input) {
            Ok(run) => run,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs an execution to its end. Errors if an answer is missing or left over, or a task is scripted twice.
    pub fn try_run(&self, input: Value) -> Result<Run, SimulationError> {
        match driver::run(self, input)? {
            (run, None) => Ok(run),
            (run, Some(left_over)) => Err(left_over.after_failure(&run)),
        }
    }

    /// Runs an execution to its end; with the error of [`Simulation::try_run`] if answers are left over then.
    #[cfg(feature = "yaml")]
    pub(crate) fn run_to_end(&self, input: Value) -> Result<(Run, Option<SimulationError>), SimulationError> {
        driver::run(self, input)
    }
}
