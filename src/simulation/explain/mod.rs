//! Tells a run as a story: what happened and why it failed.

mod story;

use std::fmt::Write;

use super::Run;
use super::visit::{Visit, VisitEnd};
use super::words::{seconds, shown, told_whole};
use crate::definition::StateType;
use crate::error::predefined_errors;
use crate::execution::{FailedChild, Node, Outcome, Program};
use crate::history::{EventDetails, HistoryEvent};

impl Run {
    /// Tells what happened and why the execution failed, in plain words over several lines.
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine, TaskError};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine).always("Charge", TaskError::new("Declined", "no funds")).run(json!({ "id": 7 }));
    /// assert_eq!(
    ///     run.explain(),
    ///     "The execution ended FAILED after 0 s: `Declined`, no funds\n\
    ///      It failed in `Charge` (a Task, /States/Charge): no Retrier names `Declined`, and the state has no Catch.\n\
    ///      \n\
    ///      0 s: `Charge` (Task) got {\"id\":7}\n\
    ///      \x20   asked for its work with {\"id\":7}; it failed: `Declined`, no funds\n"
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.tell(&mut text);
        text
    }

    /// The first lines of [`Run::explain`]: how, where and why the execution failed. `None` if it succeeded.
    pub(crate) fn explain_failure(&self) -> Option<String> {
        self.error()?;
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.tell_end(&mut text);
        Some(text)
    }

    fn tell(&self, text: &mut String) -> std::fmt::Result {
        self.tell_end(text)?;
        if self.root.visits.is_empty() {
            return Ok(());
        }
        writeln!(text)?;
        story::tell(text, self)
    }

    /// The errors that Catchers took, in order: each with its cause, and of a distributed Map with the child execution that
    /// failed first, which the Map's own error does not tell.
    #[cfg(feature = "cli")]
    pub(crate) fn explain_caught(&self) -> Vec<String> {
        let caught = self.root.visits.iter().filter_map(|visit| {
            let VisitEnd::Caught { catcher, next } = &visit.end else {
                return None;
            };
            let error = visit.error().map_or_else(String::new, told_whole);
            let mut text = format!(
                "`{}` failed, and Catch[{catcher}] went on to `{next}`: {error}",
                visit.state
            );
            for child in self.failed_children(visit) {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "\n{}", failed_child(&child));
            }
            Some(text)
        });
        caught.collect()
    }

    /// If a visit is to a distributed Map with too many failures: the child executions that failed first.
    fn failed_children(&self, visit: &Visit) -> Vec<FailedChild<'_>> {
        if visit.state_type != StateType::Map {
            return Vec::new();
        }
        let history = &self.root.history;
        let started = history.iter().rev().find_map(|event| match &event.details {
            EventDetails::MapRunStarted { map_run_arn } if is_of(history, event, visit) => Some(map_run_arn),
            _ => None,
        });
        started.map_or_else(Vec::new, |map_run_arn| self.map_runs.first_failures_in(map_run_arn))
    }

    /// How the execution ended; if it failed, where and why.
    fn tell_end(&self, text: &mut String) -> std::fmt::Result {
        let status = self.outcome.status();
        write!(text, "The execution ended {status} after {}", seconds(self.elapsed))?;
        match &self.outcome {
            Outcome::Succeeded { output } => writeln!(text, " with {}", shown(output))?,
            Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Aborted(error) => {
                writeln!(text, ": {}", told_whole(error))?;
            }
        }
        self.tell_reason(text)
    }

    /// Why the execution did not succeed.
    fn tell_reason(&self, text: &mut String) -> std::fmt::Result {
        match &self.outcome {
            Outcome::Succeeded { .. } => return Ok(()),
            Outcome::TimedOut(_) => {
                let running = self.root.visits.iter().rfind(|visit| visit.ended.is_none());
                let place = running.map_or_else(String::new, |visit| format!(" in `{}`", visit.state));
                return writeln!(text, "The `TimeoutSeconds` of the state machine were over{place}.");
            }
            Outcome::Aborted(_) => return writeln!(text, "Somebody stopped it."),
            Outcome::Failed(_) => {}
        }
        let Some(visit) = self.failed_visit() else {
            return Ok(());
        };
        write!(
            text,
            "It failed in `{}` (a {}, {})",
            visit.state, visit.state_type, visit.pointer
        )?;
        if !visit.iterations.is_empty() {
            let items: Vec<_> = visit.iterations.iter().map(usize::to_string).collect();
            write!(text, " at the item {}", items.join(" / "))?;
        }
        let reason = node_of(&self.root.program, visit).map_or_else(String::new, |node| uncaught(node, visit));
        writeln!(text, ": {reason}.")?;
        let mut outer = visit.within;
        while let Some(around) = outer.and_then(|outer| self.root.visits.get(outer)) {
            let reason = node_of(&self.root.program, around).map_or_else(String::new, |node| uncaught(node, around));
            writeln!(text, "So did `{}` around it: {reason}.", around.state)?;
            outer = around.within;
        }
        for child in self.map_runs.first_failures(&self.root.arn, &self.outcome) {
            writeln!(text, "{}", failed_child(&child))?;
        }
        Ok(())
    }
}

/// Whether an event belongs to a visit: its chain of previous events comes to the visit's entry before that of another state.
fn is_of(history: &[HistoryEvent], event: &HistoryEvent, visit: &Visit) -> bool {
    let mut event = event;
    while !matches!(event.details, EventDetails::StateEntered { .. }) {
        let previous = event.previous_event_id;
        let earlier = history.iter().rfind(|earlier| earlier.id == previous);
        match earlier.filter(|earlier| earlier.id < event.id) {
            Some(earlier) => event = earlier,
            None => return false,
        }
    }
    event.id == visit.event
}

/// Which child execution of a distributed Map failed first, where and why, with the whole cause.
pub(crate) fn failed_child(child: &FailedChild<'_>) -> String {
    let state = child.state.map_or_else(String::new, |state| format!(", in `{state}`"));
    let error = told_whole(child.error);
    format!(
        "The child execution with the index {} failed first{state}: {error}",
        child.index
    )
}

/// Why no Retrier or Catcher of the state handled its error.
fn uncaught(node: &Node, visit: &Visit) -> String {
    let name = visit
        .error()
        .and_then(|error| error.error.as_deref())
        .unwrap_or("an error without a name");
    if let VisitEnd::CatcherFailed { catcher, .. } = &visit.end {
        return format!("Catch[{catcher}] took the error of its work, and failed itself with `{name}`");
    }
    if visit.is_meant_to_fail() {
        return "it is a Fail state, which ends so".to_owned();
    }
    if name == predefined_errors::RUNTIME {
        return "`States.Runtime` is retried and caught by nothing, not even by `States.ALL`".to_owned();
    }
    let exhausted = visit.attempts.last().and_then(|attempt| attempt.exhausted);
    let retry = match exhausted.and_then(|i| Some((i, node.retry().get(i)?))) {
        Some((i, retrier)) => format!("Retry[{i}] has done its {} retries", retrier.max_attempts),
        None if node.retry().is_empty() => "it has no Retry".to_owned(),
        None => format!("no Retrier names `{name}`"),
    };
    if !node.takes_errors() {
        return format!("a {} can neither retry nor catch", visit.state_type);
    }
    if node.catch().is_empty() {
        return format!("{retry}, and the state has no Catch");
    }
    format!("{retry}, and no Catcher names `{name}`")
}

fn node_of<'p>(program: &'p Program, visit: &Visit) -> Option<&'p Node> {
    program
        .nodes()
        .map(|(_, node)| node)
        .find(|node| node.pointer == visit.pointer)
}
