//! Redrives of a simulated execution.

use std::time::Duration;

use super::Simulation;

impl Simulation {
    /// Redrives the execution so long after it has ended without success, as `RedriveExecution` does; each call adds one
    /// redrive. The run goes on with it, and tells how the execution ended in the end.
    ///
    /// A state that starts anew is another visit, and answers are scripted over all visits. Redrives that are not needed
    /// are left out; an Express execution is never redriven.
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine, TaskError};
    /// use serde_json::json;
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .task("Charge", [Err(TaskError::new("Declined", "no funds")), Ok(json!({ "paid": true }))])
    ///     .redrive_after(Duration::from_secs(60))
    ///     .run(json!({ "id": 7 }));
    /// assert_eq!(run.output(), Some(&json!({ "paid": true })));
    /// assert_eq!(run.elapsed(), Duration::from_secs(60));
    /// assert_eq!(run.visit_count("Charge"), 2);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn redrive_after(mut self, time: Duration) -> Self {
        self.redrives.push(time);
        self
    }
}
