//! Tells a run as a story: what happened and why it failed.

mod story;

use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

use super::Run;
use super::visit::{Visit, VisitEnd};
use crate::execution::{Node, Outcome, Program};
use crate::history::ErrorOutput;

/// The most characters of a value that are shown.
const MOST_CHARACTERS: usize = 160;

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

    fn tell(&self, text: &mut String) -> std::fmt::Result {
        let status = self.outcome.status();
        write!(text, "The execution ended {status} after {}", seconds(self.elapsed))?;
        match &self.outcome {
            Outcome::Succeeded { output } => writeln!(text, " with {}", shown(output))?,
            Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Aborted(error) => {
                writeln!(text, ": {}", told(error))?;
            }
        }
        self.tell_reason(text)?;
        if self.root.visits.is_empty() {
            return Ok(());
        }
        writeln!(text)?;
        story::tell(text, &self.root.visits)
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
        Ok(())
    }
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
    if name == "States.Runtime" {
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

/// A one-line summary of an error.
pub(super) fn told(error: &ErrorOutput) -> String {
    let name = match &error.error {
        Some(name) => format!("`{name}`"),
        None => "an error without a name".to_owned(),
    };
    match error.cause.as_deref() {
        Some(cause) if !cause.is_empty() => format!("{name}, {}", cut(cause)),
        _ => name,
    }
}

/// A value as JSON text, cut if it is long.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A time in hours, minutes and seconds.
pub(super) fn seconds(time: Duration) -> String {
    let (hours, minutes) = (time.as_secs() / 3600, time.as_secs() / 60 % 60);
    let rest = time.saturating_sub(Duration::from_secs(time.as_secs() / 60 * 60));
    let parts = [(hours, "h"), (minutes, "min")]
        .into_iter()
        .filter(|(count, _)| *count > 0);
    let mut parts: Vec<String> = parts.map(|(count, unit)| format!("{count} {unit}")).collect();
    if parts.is_empty() || !rest.is_zero() {
        // AWS shows milliseconds; a shorter time is shown exactly rather than as zero.
        let milliseconds = Duration::from_millis(u64::try_from(rest.as_millis()).unwrap_or_default());
        let shown = if milliseconds.is_zero() { rest } else { milliseconds };
        parts.push(format!("{} s", shown.as_secs_f64()));
    }
    parts.join(" ")
}
