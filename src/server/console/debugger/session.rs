//! What is run again: an execution from its history, or a definition with scripted tasks; and then with other answers.

use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::super::checked::Checked;
use super::super::{Console, Refused, text};
use super::answer::answer;
use super::member;
use super::run_json::run_json;
use crate::data::StateMachineContext;
use crate::definition::StateMachine;
use crate::history::HistoryEvent;
use crate::simulation::{Answer, DataDifference, Happened, Recording, Replay, Run, Simulation};

/// The most answers that one run has otherwise.
const MOST_FORKS: usize = 30;

/// The lengths of a task token and of a UUID.
const TOKEN: usize = 43;
const ID: usize = 36;

/// Something to run.
pub(super) struct Session {
    pub(super) machine: StateMachine,
    pub(super) definition: String,
    pub(super) name: String,
    origin: Origin,
    /// The calls that are answered otherwise, each by its place in the run of those before it.
    forks: Vec<(usize, Answer)>,
}

enum Origin {
    History {
        history: Vec<HistoryEvent>,
        name: String,
        state_machine: Arc<StateMachineContext>,
    },
    Script {
        simulation: Box<Simulation>,
        input: Value,
    },
}

/// What was run.
pub(super) struct Ran {
    pub(super) run: Run,
    /// Whether the execution had not ended, so that the run was cut there.
    is_cut: bool,
    /// How the run of the history differs from it.
    difference: Option<String>,
    notes: Vec<String>,
}

impl Session {
    /// The execution of a request's `executionArn`, with its `forks`.
    pub(super) async fn of_execution(console: &Console, request: &Map<String, Value>) -> Result<Self, Refused> {
        let arn = text(request, "executionArn")?;
        let service = console.service();
        let execution = service.execution(arn).await?;
        let facts = execution.facts();
        let definition = Arc::clone(&service.revision_of(&execution).await?.definition);
        let machine_name = facts.state_machine_arn.rsplit(':').next().unwrap_or_default();
        let (region, account) = service.interpreter.place();
        Ok(Self {
            machine: definition.program.machine().clone(),
            definition: definition.text.clone(),
            name: machine_name.to_owned(),
            origin: Origin::History {
                history: console.history(arn).await?,
                name: facts.name,
                state_machine: Arc::new(StateMachineContext::new(region, account, machine_name)),
            },
            forks: forks(request)?,
        })
    }

    /// The `definition` of a request with its `input`, `tasks` and `forks`; or the diagnostics of one with errors.
    pub(super) fn of_definition(request: &Map<String, Value>) -> Result<Result<Self, Vec<Value>>, Refused> {
        let checked = Checked::read(request)?;
        let diagnostics = checked.diagnostics();
        let Some(machine) = checked.machine else {
            return Ok(Err(diagnostics));
        };
        let mut simulation = Simulation::of(&machine).allow_left_over().debugged();
        for (task, answers) in member(request, "tasks").as_object().into_iter().flatten() {
            let answers = answers
                .as_array()
                .ok_or_else(|| Refused::validation(format!("the answers of `{task}` are a list")))?;
            let answers: Result<Vec<Answer>, _> = answers.iter().map(answer).collect();
            simulation = simulation.task(task, answers?);
        }
        let name = request.get("machineName").and_then(Value::as_str).unwrap_or("machine");
        Ok(Ok(Self {
            machine,
            definition: text(request, "definition")?.to_owned(),
            name: name.to_owned(),
            origin: Origin::Script {
                simulation: Box::new(simulation),
                input: request.get("input").cloned().unwrap_or_else(|| json!({})),
            },
            forks: forks(request)?,
        }))
    }

    /// Runs it.
    pub(super) fn run(&self) -> Result<Ran, Refused> {
        let impossible = |error: &dyn std::fmt::Display| Refused::new("ReplayImpossible", error.to_string());
        let mut ran = match &self.origin {
            Origin::History {
                history,
                name,
                state_machine,
            } => {
                let recording = Recording::so_far(history).map_err(|error| impossible(&error))?;
                let replay = recording.replay_as(&self.machine, name, Arc::clone(state_machine));
                let replay = replay.map_err(|error| impossible(&error))?;
                let is_cut = recording.is_running() && was_stopped(&replay.run);
                // Where it was cut is no difference.
                let notes = notes(&replay);
                let difference = replay
                    .difference
                    .filter(|difference| !is_cut || difference.recorded.is_some());
                Ran {
                    difference: difference.map(|difference| difference.to_string()),
                    notes,
                    run: replay.run,
                    is_cut,
                }
            }
            Origin::Script { simulation, input } => Ran {
                run: simulation.try_run(input.clone()).map_err(|error| impossible(&error))?,
                is_cut: false,
                difference: None,
                notes: Vec::new(),
            },
        };
        for (call, answer) in &self.forks {
            if ran.run.calls().get(*call).is_none() {
                return Err(Refused::validation(format!("the run has no call {call}")));
            }
            let is_scripted = matches!(self.origin, Origin::Script { .. });
            let fork = ran.run.fork_beyond_stop(*call, answer.clone(), is_scripted);
            ran.run = fork
                .try_run(ran.run.input().clone())
                .map_err(|error| impossible(&error))?;
            ran.is_cut = false;
            ran.difference = None;
        }
        Ok(ran)
    }
}

impl Ran {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "run": run_json(&self.run, self.is_cut),
            "difference": self.difference.as_ref().map(|text| json!({ "text": text })),
            "notes": self.notes,
            "diagnostics": [],
        })
    }
}

/// Whether the last thing that happened in a run was its stop; else it had an end of its own before.
pub(super) fn was_stopped(run: &Run) -> bool {
    run.moments()
        .last()
        .is_some_and(|last| last.happened == Happened::Stopped)
}

/// The first differences in the data of a replay, if they are of other kinds than always: tokens and ids are drawn anew.
fn notes(replay: &Replay) -> Vec<String> {
    let same = |data: &&DataDifference| masked(data.recorded.data.as_ref()) != masked(data.replayed.data.as_ref());
    let other = replay.data.iter().filter(same).take(3);
    other.map(|data| format!("other data: {data}")).collect()
}

/// The text of data with a sign for each word that has the length of a token or of an id.
fn masked(data: Option<&Value>) -> String {
    let text = data.map(Value::to_string).unwrap_or_default();
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let words = text.split_inclusive(move |letter| !is_letter(letter));
    let word = |word: &str| match word.trim_end_matches(|letter| !is_letter(letter)).len() {
        TOKEN | ID => "…".to_owned(),
        _ => word.to_owned(),
    };
    words.map(word).collect()
}

fn forks(request: &Map<String, Value>) -> Result<Vec<(usize, Answer)>, Refused> {
    let forks = member(request, "forks");
    let forks = forks.as_array().map(Vec::as_slice).unwrap_or_default();
    if forks.len() > MOST_FORKS {
        return Err(Refused::validation(format!(
            "at most {MOST_FORKS} calls are answered otherwise"
        )));
    }
    let fork = |fork: &Value| {
        let call = fork
            .get("call")
            .and_then(Value::as_u64)
            .and_then(|call| usize::try_from(call).ok());
        let call = call.ok_or_else(|| Refused::validation("a fork has the number of its `call`"))?;
        Ok((call, answer(fork.get("answer").unwrap_or(&Value::Null))?))
    };
    forks.iter().map(fork).collect()
}
