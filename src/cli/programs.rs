//! Programs that do the work of tasks.

use serde_json::Value;
use std::process::Stdio;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::failure::{Failure, reason};
use super::functions::not_invoked;
use crate::TaskError;
use crate::data::json_value;
use crate::definition::Resource;
use crate::execution::Program;
use crate::programs::{FunctionProgram, kill_family};
use crate::services::lambda::{FunctionName, is_invoke};
use crate::simulation::{invoked_names, invokes, is_function_of};

/// The most output of a program: a larger result is beyond AWS's quota anyway.
const LARGEST_OUTPUT: u64 = 16 << 20;

/// The commands of tasks, by the name given to `--task`, and the functions given by `--function`.
#[derive(Debug, Clone, Default)]
pub(super) struct Programs {
    commands: Vec<(String, String)>,
    functions: Vec<Arc<FunctionProgram>>,
    is_apart: bool,
}

/// The environment variables that describe a program's task.
pub(super) struct About<'t> {
    pub(super) state: &'t str,
    pub(super) resource: &'t str,
    pub(super) attempt: usize,
    pub(super) token: Option<&'t str>,
    /// Whether Ctrl-C does not reach the program: who calls it ends it.
    pub(super) is_apart: bool,
}

impl Programs {
    /// Errors if a name belongs to no task, or is given twice.
    pub(super) fn new(
        commands: &[(String, String)],
        functions: Vec<Arc<FunctionProgram>>,
        programs: &[Arc<Program>],
    ) -> Result<Self, Failure> {
        let tasks: Vec<_> = programs.iter().flat_map(|program| program.resources()).collect();
        let is_invoked = |name: &str| programs.iter().any(|program| invokes(program, name));
        for (i, (name, _)) in commands.iter().enumerate() {
            if commands.iter().skip(i + 1).any(|(other, _)| other == name) {
                return Err(Failure::new(format!("`--task {name}=…` is given twice")));
            }
            let is_task = |(state, resource): &(&str, &Resource)| name == state || name == resource.arn();
            if !tasks.iter().any(is_task) && !is_invoked(name) {
                let known: Vec<_> = tasks.iter().map(|(state, _)| format!("`{state}`")).collect();
                return Err(
                    Failure::new(format!("`--task {name}=…` names neither a Task state nor a resource")).help(
                        if known.is_empty() {
                            "the state machine has no Task state".to_owned()
                        } else {
                            format!("the Task states are {}", known.join(", "))
                        },
                    ),
                );
            }
        }
        if let Some(unknown) = functions.iter().find(|function| !is_invoked(function.name())) {
            let programs = programs.iter().map(AsRef::as_ref);
            return Err(not_invoked(unknown.name(), &invoked_names(programs)));
        }
        Ok(Self {
            commands: commands.to_vec(),
            functions,
            is_apart: false,
        })
    }

    /// Keeps the Ctrl-C of a terminal from the commands of tasks.
    pub(super) fn apart(mut self, is_apart: bool) -> Self {
        self.is_apart = is_apart;
        self
    }

    /// Whether it is kept from them.
    pub(super) fn are_apart(&self) -> bool {
        self.is_apart
    }

    /// The names given to `--task`, with their commands.
    pub(super) fn commands(&self) -> impl Iterator<Item = (&str, &str)> {
        self.commands.iter().map(|(name, command)| (&**name, &**command))
    }

    /// The programs given by `--function`.
    pub(super) fn functions(&self) -> &[Arc<FunctionProgram>] {
        &self.functions
    }

    /// Whether a task may have a program.
    pub(super) fn may_serve(&self, program: &Program, state: &str, resource: &Resource) -> bool {
        let names = self.commands.iter().map(|(name, _)| &**name);
        let functions = self.functions.iter().map(|function| function.name());
        let is_own = |name: &str| name == state || name == resource.arn();
        names.clone().any(is_own)
            || names.chain(functions).any(|name| {
                let is_named = || is_invoke(resource) && invokes(program, name);
                is_named() || is_function_of(resource, &Value::Null, name)
            })
    }

    /// The command of a task: the one for its state goes first, then the one for its function, then the one for its
    /// resource.
    pub(super) fn of(&self, state: &str, resource: &Resource, input: &Value) -> Option<&str> {
        let by = |is_it: &dyn Fn(&str) -> bool| self.commands.iter().find(|(name, _)| is_it(name));
        let found = by(&|name| name == state)
            .or_else(|| by(&|name| is_function_of(resource, input, name)))
            .or_else(|| by(&|name| name == resource.arn()));
        found.map(|(_, command)| &**command)
    }

    /// The program of the function that a task invokes; one for a version or alias goes before one for all, and `$LATEST`
    /// is the version of an invocation that names none.
    pub(super) fn function_of(&self, resource: &Resource, input: &Value) -> Option<&Arc<FunctionProgram>> {
        let serving = self.functions.iter();
        let serving = serving.filter(|function| is_function_of(resource, input, function.name()));
        serving.min_by_key(|function| FunctionName::parse(function.name()).map(|name| name.generality()))
    }
}

/// Runs a command for one attempt of a task. Dropping the future kills it.
pub(super) async fn call(command: &str, input: &Value, about: About<'_>) -> Result<Value, TaskError> {
    let mut child = spawn(command, &about).map_err(|error| {
        let cause = format!("the command `{command}` cannot be started: {}", reason(&error));
        TaskError::new("ProgramNotStarted", cause)
    })?;
    let mut started = Started(child.id());
    let failed = |what: &str, error: &std::io::Error| {
        TaskError::new(
            "ProgramFailed",
            format!("{what} of `{command}` failed: {}", reason(error)),
        )
    };
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let text = input.to_string();
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program may ignore its input, so a broken pipe is fine.
            let _ = stdin.write_all(text.as_bytes()).await;
        }
    };
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let read_output = async {
        match stdout {
            Some(stdout) => stdout.take(LARGEST_OUTPUT + 1).read_to_end(&mut output).await,
            None => Ok(0),
        }
    };
    let read_complaints = async {
        match stderr {
            Some(stderr) => stderr.take(LARGEST_OUTPUT).read_to_end(&mut complaints).await,
            None => Ok(0),
        }
    };
    let ((), read, told) = tokio::join!(write, read_output, read_complaints);
    read.and(told).map_err(|error| failed("the output", &error))?;
    if output.len() as u64 > LARGEST_OUTPUT {
        let cause = format!("`{command}` wrote more than {} MB", LARGEST_OUTPUT >> 20);
        return Err(TaskError::new("ProgramFailed", cause));
    }
    let status = child.wait().await.map_err(|error| failed("the end", &error))?;
    started.0 = None;
    result(command, status, &output, &complaints)
}

/// A running command. Dropping it kills all that the command has started.
struct Started(Option<u32>);

impl Drop for Started {
    fn drop(&mut self) {
        if let Some(process) = self.0 {
            kill_family(process);
        }
    }
}

fn spawn(command: &str, about: &About<'_>) -> std::io::Result<Child> {
    let mut shell = if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.args(["/C", command]);
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]);
        shell
    };
    #[cfg(unix)]
    if about.is_apart {
        shell.process_group(0);
    }
    shell
        .env("ASL_STATE", about.state)
        .env("ASL_RESOURCE", about.resource)
        .env("ASL_ATTEMPT", about.attempt.to_string())
        .envs(about.token.map(|token| ("ASL_TASK_TOKEN", token)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
}

fn result(
    command: &str,
    status: std::process::ExitStatus,
    output: &[u8],
    complaints: &[u8],
) -> Result<Value, TaskError> {
    let parsed: Result<Value, _> = match std::str::from_utf8(output) {
        Ok(text) => json_value(text),
        Err(_) => serde_json::from_slice(output),
    };
    if status.success() {
        return parsed.map_err(|error| {
            let cause = format!("`{command}` wrote no JSON to standard output: {error}");
            TaskError::new("ProgramOutputIsNoJson", cause)
        });
    }
    let said = parsed.ok();
    let field = |name: &str| said.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let complaint = String::from_utf8_lossy(complaints).trim().to_owned();
    if let Some(error) = field("Error") {
        return Err(TaskError::new(error, field("Cause").unwrap_or(complaint)));
    }
    let code = status
        .code()
        .map_or_else(|| "signal".to_owned(), |code| code.to_string());
    Err(TaskError::new(format!("Exit.{code}"), complaint))
}
