//! Errors of a simulation's script, as opposed to failures of the machine.

use super::Run;

/// A test scripted too few or too many answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A task was invoked more often than it has scripted answers.
    #[error(
        "the state `{state}` invoked `{resource}` with the input {effective_input} (visit {visit}, attempt {attempt}, both from 0), and no answer is scripted for it; script it with `.task(\"{state}\", …)`"
    )]
    MissingAnswer {
        /// The Task state.
        state: String,
        /// Its resource.
        resource: String,
        /// The effective input, as JSON text.
        effective_input: String,
        /// The number of the visit to the state, from 0.
        visit: usize,
        /// The number of the attempt in its visit, from 0.
        attempt: usize,
    },
    /// The execution ended with scripted answers left over.
    #[error(
        "{}the execution ended {status} with {count} scripted answer{} of `{task}` left over",
        first(.failure.as_ref()),
        if *count == 1 { "" } else { "s" }
    )]
    LeftOverAnswers {
        /// The name given to `.task`.
        task: String,
        /// The number of answers left over.
        count: usize,
        /// How the execution ended.
        status: &'static str,
        /// Why the execution failed, if it did: the answers are left over because of that.
        failure: Option<String>,
    },
    /// The execution ended, and a function of `.task_fn` was never called.
    #[error(
        "{}the execution ended {status} and never called the function of `{task}`: no such task ran, or a script of its state went first",
        first(.failure.as_ref())
    )]
    UnusedFunction {
        /// The name given to `.task_fn`.
        task: String,
        /// How the execution ended.
        status: &'static str,
        /// Why the execution failed, if it did.
        failure: Option<String>,
    },
    /// Two scripts have the same name; the second would never be used.
    #[error("`{task}` is scripted twice; give all its answers in one `.task(\"{task}\", …)`")]
    ScriptedTwice {
        /// The name given to `.task` or `.task_fn`.
        task: String,
    },
    /// A script names a task that the machine does not have.
    #[error(
        "answers are scripted for `{task}`, which is neither a Task state nor a resource of the machine; its Task states are {}",
        known.join(", ")
    )]
    UnknownTask {
        /// The name given to `.task`.
        task: String,
        /// The machine's Task states: the first 20.
        known: Vec<String>,
    },
    /// A function is registered that no task can invoke.
    #[error(
        "the function `{function}` is registered, but no task invokes it; {}",
        if known.is_empty() { "none invokes a function".to_owned() } else { format!("they invoke {}", known.join(", ")) }
    )]
    UnknownFunction {
        /// The name given to `.function`.
        function: String,
        /// The functions that the tasks invoke.
        known: Vec<String>,
    },
    /// Two functions have the same name; the second would never be called.
    #[error("two functions are registered for `{function}`, of which one would never be called")]
    FunctionTwice {
        /// The name given to `.function`.
        function: String,
    },
    /// A task was scripted to time out but has no `TimeoutSeconds`.
    #[error("the state `{state}` is scripted to time out, but it has no `TimeoutSeconds`")]
    NoTimeout {
        /// The Task state.
        state: String,
    },
    /// A task was scripted to lose its heartbeat but waits for none.
    #[error(
        "the state `{state}` is scripted to lose its heartbeat but waits for none: it needs `HeartbeatSeconds`, and an activity, `.sync` or `.waitForTaskToken`"
    )]
    NoHeartbeat {
        /// The Task state.
        state: String,
    },
    /// A task was scripted to be answered by its token but has none.
    #[error(
        "the state `{state}` is scripted to be answered by its task token, but it is neither `.waitForTaskToken` nor an activity"
    )]
    NoToken {
        /// The Task state.
        state: String,
    },
    /// A task sent very many heartbeats, and nothing else happened in that time.
    #[error(
        "the state `{state}` sent {count} heartbeats in a row, and nothing else happened; script fewer heartbeats, or an earlier end"
    )]
    OnlyHeartbeats {
        /// The Task state.
        state: String,
        /// The number of heartbeats.
        count: usize,
    },
    /// Nothing will ever happen again: every waiting task was scripted never to answer and has no timeout.
    #[error("the state `{state}` waits for ever: its answer never comes, and it has no timeout")]
    Stuck {
        /// A waiting Task state.
        state: String,
    },
}

impl SimulationError {
    /// The same error after the reason of the execution's failure.
    pub(super) fn after_failure(mut self, run: &Run) -> Self {
        if let Self::LeftOverAnswers { failure, .. } | Self::UnusedFunction { failure, .. } = &mut self {
            *failure = run.explain_failure();
        }
        self
    }
}

/// The lines that go before an error.
fn first(failure: Option<&String>) -> &str {
    failure.map_or("", String::as_str)
}
