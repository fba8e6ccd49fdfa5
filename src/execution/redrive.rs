//! Redrives: what callers see of them. `engine/redrive.rs` carries them out.

use chrono::{DateTime, Utc};

use super::{Execution, NotRedrivable, Program};

impl Execution {
    /// Continues an execution that did not succeed, as AWS's `RedriveExecution` does; commands may be ready at once.
    ///
    /// Every state that did not succeed starts anew with the same input and all its retries: the failed state, and inside
    /// a Parallel, a Map or a Map Run each branch, iteration or child execution that failed or was aborted. What succeeded
    /// keeps its result. The history goes on with `ExecutionRedriven`, and the machine's `TimeoutSeconds` begin again.
    ///
    /// Poll all commands of the end before. `now` must not be earlier than the end; an earlier time is ignored. Errors as
    /// [`Execution::check_redrivable`] does.
    ///
    /// ```
    /// use asl_engine::execution::{Event, Execution, Program, StartOptions};
    /// use asl_engine::history::ErrorOutput;
    /// use serde_json::json;
    /// use std::sync::Arc;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine = r#"{ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 60, "End": true } } }"#.parse()?;
    /// let start = chrono::DateTime::UNIX_EPOCH;
    /// let program = Arc::new(Program::compile(&machine));
    /// let mut execution = Execution::start(program, StartOptions::new(json!({ "id": 7 })), start);
    /// execution.handle(start, Event::Stop(ErrorOutput::default()));
    /// assert!(!execution.is_running());
    ///
    /// execution.redrive(start)?;
    /// let end = execution.next_deadline().ok_or("nothing to wait for")?;
    /// execution.handle(end, Event::DeadlineReached);
    /// assert_eq!(execution.outcome().and_then(|outcome| outcome.output()), Some(&json!({ "id": 7 })));
    /// assert_eq!(execution.context().redrive_count, Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn redrive(&mut self, now: DateTime<Utc>) -> Result<(), NotRedrivable> {
        self.check_redrivable(now)?;
        self.core.work = 0;
        self.core.turn_work = 0;
        self.core.is_given_turn = false;
        let (graph, timeout_seconds) = (self.graph, self.timeout_seconds());
        self.engine().redrive(graph, timeout_seconds, now);
        Ok(())
    }

    /// Whether the execution could be redriven at a time.
    ///
    /// Errors while it runs, if it succeeded, if it is of an Express workflow, after 14 days, with 24,999 events or more,
    /// after 1,000 redrives, and if what a redrive needs was not kept ([`StartOptions::is_redrivable`](super::StartOptions::is_redrivable)).
    pub fn check_redrivable(&self, now: DateTime<Utc>) -> Result<(), NotRedrivable> {
        self.core.check_redrivable(now)
    }

    /// The timeout of what it runs: a child execution has none of its own.
    fn timeout_seconds(&self) -> Option<u32> {
        let is_child = self.graph != Program::MAIN;
        self.program.machine().timeout_seconds.filter(|_| !is_child)
    }
}
