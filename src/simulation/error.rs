//! Why a simulation says nothing about the machine.

/// A test scripted too little or too much.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulationError {
    /// A task was invoked more often than it has answers.
    #[error(
        "the state `{state}` invoked `{resource}` with the input {input} (visit {visit}, attempt {attempt}, both from 0), and no answer is scripted for it; script it with `.task(\"{state}\", …)`"
    )]
    MissingAnswer {
        /// The Task state.
        state: String,
        /// Its resource.
        resource: String,
        /// The effective input, as JSON text.
        input: String,
        /// Which visit to the state it is, from 0.
        visit: usize,
        /// Which attempt of the visit it is, from 0.
        attempt: usize,
    },
    /// The execution ended before all answers were asked for.
    #[error(
        "the execution ended {status} with {count} scripted answer{} of `{task}` left over",
        if *count == 1 { "" } else { "s" }
    )]
    LeftOverAnswers {
        /// What `.task` was called with.
        task: String,
        /// How many answers nobody asked for.
        count: usize,
        /// How the execution ended.
        status: &'static str,
    },
    /// The execution ended, and a function of `.task_fn` was never called.
    #[error(
        "the execution ended {status} and never called the function of `{task}`: no such task ran, or a script of its state went first"
    )]
    UnusedFunction {
        /// What `.task_fn` was called with.
        task: String,
        /// How the execution ended.
        status: &'static str,
    },
    /// Two scripts have the same name, and the second would never be asked.
    #[error("`{task}` is scripted twice; give all its answers in one `.task(\"{task}\", …)`")]
    ScriptedTwice {
        /// What `.task` or `.task_fn` was called with.
        task: String,
    },
    /// A script is for a task that the machine does not have.
    #[error(
        "answers are scripted for `{task}`, which is neither a Task state nor a resource of the machine; its Task states are {}",
        known.join(", ")
    )]
    UnknownTask {
        /// What `.task` was called with.
        task: String,
        /// The Task states that there are: the first 20.
        known: Vec<String>,
    },
    /// A task was scripted to time out, and nothing limits its time.
    #[error("the state `{state}` is scripted to time out, but it has no `TimeoutSeconds`")]
    NoTimeout {
        /// The Task state.
        state: String,
    },
    /// A task was scripted to lose its heartbeat, and nobody waits for one.
    #[error(
        "the state `{state}` is scripted to lose its heartbeat, but nobody waits for one: it needs `HeartbeatSeconds`, and an activity, `.sync` or `.waitForTaskToken`"
    )]
    NoHeartbeat {
        /// The Task state.
        state: String,
    },
    /// A task was scripted to be answered by its token, and has none.
    #[error(
        "the state `{state}` is scripted to be answered by its task token, but it is neither `.waitForTaskToken` nor an activity"
    )]
    NoToken {
        /// The Task state.
        state: String,
    },
    /// Nothing will ever happen again: every task that waits was scripted to never answer, and has no timeout.
    #[error("the state `{state}` waits for ever: its answer never comes, and it has no timeout")]
    Stuck {
        /// A Task state that waits.
        state: String,
    },
}
