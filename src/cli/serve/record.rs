//! `--record`: what tasks were answered, as a mock file of Step Functions Local.

mod mock_file;

use clap::Args;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::cli::failure::{Failure, reason};
use crate::cli::stores::tell;
use crate::execution::{Task, TaskId};
use crate::history::ErrorOutput;
use crate::runtime::{Interpreter, Recorder};
use crate::simulation::MockConfig;
use mock_file::{MockFile, by_ranges};

/// How often the file is written while answers come.
const PAUSE: Duration = Duration::from_millis(200);

/// The most executions that are recorded.
const MOST: usize = 1_000;

/// The most bytes of answers that are recorded: all of them are in memory, and in each writing of the file.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// What an answer takes beside its text.
const ANSWER_BYTES: usize = 64;

/// Options for recording.
#[derive(Args)]
pub(super) struct Record {
    /// Write what tasks are answered into a mock file of Step Functions Local: each execution is a test case by its name
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

impl Record {
    pub(super) fn is_given(&self) -> bool {
        self.record.is_some()
    }

    /// Begins to record, into a new file or at the end of one that is there. Errors if it is no mock file, and if it cannot be
    /// written.
    pub(super) fn begin(&self, is_stored: bool) -> Result<Recording, Failure> {
        let Some(file) = &self.record else {
            return Ok(Recording(None));
        };
        if is_stored {
            let message = "what tasks were answered before a restart is not recorded, so `--record` needs all of it in one process";
            return Err(Failure::new(message).help("leave out `--record` or `--data`"));
        }
        let recording = Recording(Some(Arc::new(Recorded {
            mocks: Mutex::new(Mocks::of(file)?),
            file: file.clone(),
        })));
        recording.write()?;
        Ok(recording)
    }
}

/// The mock file that is being recorded, if one is.
pub(super) struct Recording(Option<Arc<Recorded>>);

impl Recording {
    /// Lets an interpreter tell of the answers.
    pub(super) fn of(&self, interpreter: Interpreter) -> Interpreter {
        match &self.0 {
            Some(recorded) => interpreter.recorder(Arc::clone(recorded) as Arc<dyn Recorder>),
            None => interpreter,
        }
    }

    /// Writes what is new from time to time, for ever.
    pub(super) async fn watch(&self) {
        if self.0.is_none() {
            return std::future::pending().await;
        }
        let mut told = String::new();
        loop {
            tokio::time::sleep(PAUSE).await;
            let problem = self
                .write()
                .err()
                .map_or_else(String::new, |failure| failure.to_string());
            if !problem.is_empty() && problem != told {
                tell(&problem);
            }
            told = problem;
        }
    }

    /// Writes the file, whole or not at all, if there is something new.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let Some(recorded) = &self.0 else { return Ok(()) };
        let file = &recorded.file;
        let text = {
            let mut mocks = recorded.mocks();
            if !std::mem::take(&mut mocks.is_changed) {
                return Ok(());
            }
            mocks.to_text()
        };
        write_whole(file, &text).map_err(|error| {
            recorded.mocks().is_changed = true;
            Failure::new(format!("cannot write `{}`: {}", file.display(), reason(&error)))
        })
    }
}

/// Writes a file beside the file, and puts it in its place.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = file.with_file_name(name);
    let mut new = File::create(&beside)?;
    new.write_all(text.as_bytes())?;
    new.sync_all()?;
    std::fs::rename(beside, file)
}

#[derive(Debug)]
struct Recorded {
    mocks: Mutex<Mocks>,
    file: PathBuf,
}

impl Recorded {
    fn mocks(&self) -> MutexGuard<'_, Mocks> {
        self.mocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder for Recorded {
    fn asked(&self, execution: &str, task: &Task) {
        self.mocks().asked(execution, task);
    }

    fn answered(&self, execution: &str, task: TaskId, answer: Result<&Value, &ErrorOutput>) {
        self.mocks().answered(execution, task, answer);
    }
}

/// A mock file, and what is added to it.
#[derive(Debug)]
struct Mocks {
    /// The file as it was at the start.
    file: MockFile,
    /// The executions, by their ARNs.
    executions: IndexMap<String, TestCase>,
    /// The bytes of their answers.
    bytes: usize,
    is_changed: bool,
}

/// What the tasks of an execution were answered, by states.
#[derive(Debug)]
struct TestCase {
    state_machine: String,
    name: String,
    states: IndexMap<String, Vec<Value>>,
    /// The unanswered tasks: their states, and the numbers of their invocations.
    open: HashMap<TaskId, (String, usize)>,
}

impl Mocks {
    /// Continues a file, if it is there. Errors if it is no mock file.
    fn of(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let file = match std::fs::read_to_string(path) {
            Ok(text) => {
                let checked = MockConfig::parse(&text).map_err(|error| error.to_string());
                let read = checked.and_then(|_| serde_json::from_str(&text).map_err(|error| error.to_string()));
                read.map_err(|problem| Failure::new(format!("`{shown}`: {problem}")))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => MockFile::default(),
            Err(error) => return Err(Failure::new(format!("cannot read `{shown}`: {}", reason(&error)))),
        };
        Ok(Self {
            file,
            executions: IndexMap::new(),
            bytes: 0,
            is_changed: true,
        })
    }

    fn asked(&mut self, execution: &str, task: &Task) {
        if self.bytes > MOST_BYTES {
            return;
        }
        if !self.executions.contains_key(execution) {
            if self.executions.len() == MOST {
                return;
            }
            let Some(test_case) = self.test_case(execution) else {
                return;
            };
            self.executions.insert(execution.to_owned(), test_case);
            if self.executions.len() == MOST {
                tell(&format!("{MOST} executions are recorded; no more are"));
            }
        }
        let Some(test_case) = self.executions.get_mut(execution) else {
            return;
        };
        let answers = test_case.states.entry(task.state.to_string()).or_default();
        test_case.open.insert(task.id, (task.state.to_string(), answers.len()));
        // Until there is an answer, and if none comes in time.
        answers.push(json!({ "Throw": { "Error": "States.Timeout" } }));
        self.is_changed = true;
        self.grow(ANSWER_BYTES + task.state.len());
    }

    /// Counts bytes, and tells if they are too many for another answer.
    fn grow(&mut self, bytes: usize) {
        let was_below = self.bytes <= MOST_BYTES;
        self.bytes = self.bytes.saturating_add(bytes);
        if was_below && self.bytes > MOST_BYTES {
            tell(&format!(
                "{} MiB of answers are recorded; no more are",
                MOST_BYTES / 1024 / 1024
            ));
        }
    }

    fn answered(&mut self, execution: &str, task: TaskId, answer: Result<&Value, &ErrorOutput>) {
        let Some(test_case) = self.executions.get_mut(execution) else {
            return;
        };
        let Some((state, number)) = test_case.open.remove(&task) else {
            return;
        };
        let answers = test_case.states.get_mut(&state);
        if let Some(place) = answers.and_then(|answers| answers.get_mut(number)) {
            *place = match answer {
                Ok(result) => json!({ "Return": result }),
                Err(ErrorOutput { error, cause }) => {
                    let mut thrown = json!({ "Error": error.as_deref().unwrap_or_default() });
                    if let (Some(cause), Some(members)) = (cause, thrown.as_object_mut()) {
                        members.insert("Cause".to_owned(), cause.as_str().into());
                    }
                    json!({ "Throw": thrown })
                }
            };
            let bytes = place.to_string().len();
            self.is_changed = true;
            self.grow(bytes);
        }
    }

    /// An empty test case by the name of the execution, or by another if that is taken.
    fn test_case(&self, arn: &str) -> Option<TestCase> {
        // `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, or `…:express:MACHINE:NAME:ID`
        let mut parts = arn.split(':').skip(6);
        let (state_machine, name) = (parts.next()?, parts.next()?);
        let is_taken = |name: &str| {
            let mut others = self.executions.values();
            others.any(|other| other.state_machine == state_machine && other.name == name)
        };
        let others = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(others);
        Some(TestCase {
            state_machine: state_machine.to_owned(),
            name: names.find(|name| !is_taken(name))?,
            states: IndexMap::new(),
            open: HashMap::new(),
        })
    }

    fn to_text(&self) -> String {
        let mut file = self.file.clone();
        for TestCase {
            state_machine, name, ..
        } in self.executions.values()
        {
            file.forget(state_machine, name);
        }
        for test_case in self.executions.values() {
            let TestCase {
                state_machine,
                name,
                states,
                ..
            } = test_case;
            let mut named = IndexMap::new();
            for (state, answers) in states {
                let response = file.free_name(&format!("{state_machine}-{name}-{state}"));
                file.mocked_responses.insert(response.clone(), by_ranges(answers));
                named.insert(state.clone(), response);
            }
            let machine = file.state_machines.entry(state_machine.clone()).or_default();
            machine.test_cases.insert(name.clone(), named);
        }
        // Nothing in it can fail to be written: all keys are texts.
        serde_json::to_string_pretty(&file).unwrap_or_default() + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Interpreter;
    use crate::StateMachine;

    /// What more there is than fits is not recorded.
    #[tokio::test]
    async fn a_recording_is_bounded() {
        let machine: StateMachine = r#"{ "StartAt": "Each", "States": { "Each": {
            "Type": "Map", "End": true, "ItemProcessor": { "StartAt": "Bake", "States": { "Bake": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true
            } } } } } }"#
            .parse()
            .unwrap();
        let recorded = Arc::new(Recorded {
            mocks: Mutex::new(Mocks {
                file: MockFile::default(),
                executions: IndexMap::new(),
                bytes: MOST_BYTES - 1_000,
                is_changed: false,
            }),
            file: PathBuf::new(),
        });
        let interpreter = Interpreter::new()
            .recorder(Arc::clone(&recorded) as Arc<dyn Recorder>)
            .function("Bake", |_: Value| async { Ok("x".repeat(300)) });
        let items: Vec<_> = (0..40).collect();
        let _: Value = interpreter.run(&machine, json!(items)).await.unwrap();
        let mocks = recorded.mocks();
        let (_, test_case) = mocks.executions.first().unwrap();
        assert!(
            test_case.states["Bake"].len() < 20,
            "{}",
            test_case.states["Bake"].len()
        );
        assert!(mocks.bytes < MOST_BYTES + 10_000);
    }
}
