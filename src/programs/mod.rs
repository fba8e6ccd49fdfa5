//! Lambda functions in other languages: programs that get a call's payload as JSON and answer in JSON.
//!
//! A program runs once for each call: the payload is all of its standard input, and its standard output is the result.
//! Or it keeps running and answers a line of JSON to each line of JSON. Either way, an object with the texts `errorType`
//! and `errorMessage` is Lambda's form of an error. Its standard error is shown with the function's name.
//! It finds the function's name and timeout in the environment: `AWS_LAMBDA_FUNCTION_NAME` and `ASL_FUNCTION_TIMEOUT`, in
//! seconds.

mod complaints;
mod descendants;
mod process;
mod returned;

use serde_json::Value;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::TaskError;
use crate::simulation::{Answer, Call};
#[cfg(feature = "cli")]
pub(crate) use descendants::{kill_all_started, kill_family};
use process::{Process, Received};
use returned::{from_line, from_output, timed_out};

/// How long a function may take unless told otherwise.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// A program that stands for a Lambda function.
#[derive(Debug)]
pub(crate) struct FunctionProgram {
    name: String,
    command: String,
    folder: Option<PathBuf>,
    keeps_running: bool,
    timeout: Duration,
    is_quiet: bool,
    is_apart: bool,
    /// The running programs that wait for a line. As on Lambda, concurrent calls go to processes of their own.
    idle: Mutex<Vec<Process>>,
}

/// The end of a call.
#[derive(Debug)]
pub(crate) enum Called {
    /// The function answered, or failed.
    Answered(Result<Value, TaskError>),
    /// The task's own time was over, and the program was killed.
    OutOfTime,
}

impl FunctionProgram {
    /// A command of the shell that runs once for each call.
    pub(crate) fn new(name: impl Into<String>, command: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            command: command.into(),
            folder: None,
            keeps_running: false,
            timeout: DEFAULT_TIMEOUT,
            is_quiet: false,
            is_apart: false,
            idle: Mutex::default(),
        }
    }

    /// The folder in which the command runs.
    pub(crate) fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        // A path without a folder has an empty parent: the current folder.
        self.folder = (!folder.as_os_str().is_empty()).then_some(folder);
        self
    }

    /// Whether the program keeps running and answers line by line.
    pub(crate) fn keeps_running(mut self, keeps_running: bool) -> Self {
        self.keeps_running = keeps_running;
        self
    }

    /// The longest time of a call.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Whether its standard error is shown of failed calls only.
    #[cfg(feature = "cli")]
    pub(crate) fn quiet(mut self, is_quiet: bool) -> Self {
        self.is_quiet = is_quiet;
        self
    }

    /// Whether the Ctrl-C of a terminal ends its caller alone, who then ends the program.
    #[cfg(feature = "cli")]
    pub(crate) fn apart(mut self, is_apart: bool) -> Self {
        self.is_apart = is_apart;
        self
    }

    /// The name of the function.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The answer to a simulated call.
    pub(crate) fn answer(&self, call: &Call, payload: &Value) -> Answer {
        let limit = call
            .request
            .timeout_seconds
            .map(|seconds| Duration::from_secs(seconds.into()));
        match self.call(payload, limit, &AtomicBool::new(false)) {
            Called::Answered(result) => result.into(),
            Called::OutOfTime => Answer::timeout(),
        }
    }

    /// Calls the function and waits for its end, at most for `limit`, for its own timeout, and until the caller gives up;
    /// a program that takes longer is killed.
    pub(crate) fn call(&self, payload: &Value, limit: Option<Duration>, has_given_up: &AtomicBool) -> Called {
        let time = limit.unwrap_or(self.timeout).min(self.timeout);
        let called = if self.keeps_running {
            self.call_running(payload, time, has_given_up)
        } else {
            self.call_once(payload, time, has_given_up)
        };
        match called {
            Some(result) => Called::Answered(result),
            None if limit.is_some_and(|limit| limit <= self.timeout) => Called::OutOfTime,
            None => Called::Answered(Err(timed_out(self.timeout))),
        }
    }

    /// `None` if the time is over.
    fn call_once(
        &self,
        payload: &Value,
        time: Duration,
        has_given_up: &AtomicBool,
    ) -> Option<Result<Value, TaskError>> {
        let mut process = match self.start(false) {
            Ok(process) => process,
            Err(error) => return Some(Err(error)),
        };
        process.send(payload.to_string());
        process.close_input();
        let answer = match process.whole(time, has_given_up) {
            Received::Text(output) => process.wait(time).map(|status| from_output(&output, status)),
            Received::TooLarge => Some(Err(returned::too_large())),
            Received::End => process.wait(time).map(|status| Err(returned::exited(status))),
            Received::Nothing => None,
        };
        process.settle(!matches!(answer, Some(Ok(_))));
        answer
    }

    /// `None` if the time is over.
    fn call_running(
        &self,
        payload: &Value,
        time: Duration,
        has_given_up: &AtomicBool,
    ) -> Option<Result<Value, TaskError>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // A program that has ended since its last answer is started again, as on Lambda.
        let reused = idle.take_if(|process| !process.has_ended());
        let is_reused = reused.is_some();
        let started = match reused {
            Some(process) => Ok(process),
            None => self.start(true),
        };
        let mut process = match started {
            Ok(process) => process,
            Err(error) => return Some(Err(error)),
        };
        // It would be taken for the answer.
        if let Some(line) = process.unasked() {
            return Some(Err(returned::unasked(&line)));
        }
        process.send(format!("{payload}\n"));
        match process.line(time, has_given_up) {
            Received::Text(line) => {
                let answer = from_line(&line);
                process.settle(!matches!(answer, Ok(Ok(_))));
                // After anything else than an answer, nobody knows which line is the next answer.
                if answer.is_ok() {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
                }
                Some(answer.unwrap_or_else(Err))
            }
            Received::TooLarge => Some(Err(returned::too_large())),
            Received::End => {
                let status = process.wait(time);
                // It was about to end after its last answer.
                if is_reused && status.is_some_and(|status| status.success()) {
                    return self.call_running(payload, time, has_given_up);
                }
                process.settle(true);
                Some(Err(returned::exited(status?)))
            }
            Received::Nothing => {
                process.settle(true);
                process.close_input();
                None
            }
        }
    }

    fn start(&self, by_lines: bool) -> Result<Process, TaskError> {
        Process::start(self, by_lines).map_err(|error| returned::not_started(&self.command, &error))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn answered(program: &FunctionProgram) -> Result<Value, TaskError> {
        match program.call(&Value::Null, None, &AtomicBool::new(false)) {
            Called::Answered(result) => result,
            Called::OutOfTime => Err(TaskError::new("OutOfTime", "no time was given")),
        }
    }

    /// The second line is no answer to the second call.
    #[test]
    fn a_line_too_many_is_not_taken_for_the_next_answer() {
        let program = FunctionProgram::new("f", "while read -r line; do echo 1; echo 2; done").keeps_running(true);
        assert_eq!(answered(&program).unwrap(), 1);
        // Both lines are here once the reader has had time for them.
        std::thread::sleep(Duration::from_millis(500));
        let error = answered(&program).unwrap_err();
        assert_eq!(error.error(), "Runtime.MarshalError");
        assert!(
            error.cause().contains("more than one line for a call: 2"),
            "{}",
            error.cause()
        );
        assert_eq!(answered(&program).unwrap(), 1, "it was started again");
    }
}
