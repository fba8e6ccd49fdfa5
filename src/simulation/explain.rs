//! What happened in a run, and why it failed where it did, in plain words.

use serde_json::Value;
use std::fmt::Write;
use std::time::Duration;

use super::Run;
use super::visit::{Attempt, Visit, VisitEnd};
use crate::definition::StateType;
use crate::execution::{Node, Outcome, Program};
use crate::history::ErrorOutput;

/// The visits that are told of, from the first and from the last.
const MOST_VISITS: usize = 40;

/// The characters of a value that are shown.
const MOST_CHARACTERS: usize = 160;

impl Run {
    /// Tells in plain words what happened, and why the execution failed where it did: a text of many lines.
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
    ///     "The execution ended FAILED after 0 s: `Declined`, no funds.\n\
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
        // Writing to a text cannot fail.
        let _ = self.tell(&mut text);
        text
    }

    fn tell(&self, text: &mut String) -> std::fmt::Result {
        let status = self.outcome.status();
        write!(text, "The execution ended {status} after {}", seconds(self.elapsed))?;
        match &self.outcome {
            Outcome::Succeeded { output } => writeln!(text, " with {}", shown(output))?,
            Outcome::Failed(error) | Outcome::TimedOut(error) | Outcome::Aborted(error) => {
                writeln!(text, ": {}.", told(error))?;
            }
        }
        self.tell_reason(text)?;
        if !self.root.visits.is_empty() {
            writeln!(text)?;
        }
        let count = self.root.visits.len();
        for (i, visit) in self.root.visits.iter().enumerate() {
            if i == MOST_VISITS && count > 2 * MOST_VISITS {
                writeln!(text, "… {} visits more …", count - 2 * MOST_VISITS)?;
            }
            if i < MOST_VISITS || i + MOST_VISITS >= count {
                self.tell_visit(text, visit)?;
            }
        }
        Ok(())
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

    fn tell_visit(&self, text: &mut String, visit: &Visit) -> std::fmt::Result {
        let depth = std::iter::successors(visit.within, |outer| self.root.visits.get(*outer)?.within).count();
        let indent = "  ".repeat(depth.min(10));
        write!(
            text,
            "{indent}{}: `{}` ({})",
            seconds(visit.entered),
            visit.state,
            visit.state_type
        )?;
        if visit.within.is_some() {
            let is_item = visit.iterations.last() == Some(&visit.index);
            let kind = if is_item { "item" } else { "branch" };
            write!(text, " in the {kind} {}", visit.index)?;
        }
        writeln!(text, " got {}", shown(&visit.raw_input))?;
        for attempt in &visit.attempts {
            tell_attempt(text, &indent, visit, attempt)?;
        }
        tell_end(text, &indent, visit)
    }
}

fn tell_end(text: &mut String, indent: &str, visit: &Visit) -> std::fmt::Result {
    for rule in &visit.rules {
        writeln!(text, "{indent}    rule {} is {}", rule.index, rule.is_true)?;
    }
    if !visit.assigned.is_empty() {
        let assigned = Value::Object(visit.assigned.clone());
        writeln!(text, "{indent}    assigned {}", shown(&assigned))?;
    }
    let output = visit.output.as_ref().map_or_else(String::new, |output| shown(output));
    match &visit.end {
        VisitEnd::Exited { next: Some(next) } => {
            writeln!(text, "{indent}    left for `{next}` with {output}")
        }
        VisitEnd::Exited { next: None } => writeln!(text, "{indent}    ended with {output}"),
        VisitEnd::Caught { catcher, next } => {
            writeln!(
                text,
                "{indent}    Catch[{catcher}] took the error and left for `{next}` with {output}"
            )
        }
        VisitEnd::Aborted => writeln!(text, "{indent}    was aborted: a sibling failed"),
        VisitEnd::Unfinished => writeln!(text, "{indent}    was still there when the execution ended"),
        VisitEnd::Failed => Ok(()),
    }
}

fn tell_attempt(text: &mut String, indent: &str, visit: &Visit, attempt: &Attempt) -> std::fmt::Result {
    let is_work = matches!(visit.state_type, StateType::Task | StateType::Parallel | StateType::Map);
    if attempt.error.is_none() && !is_work {
        return match attempt.took() {
            Duration::ZERO => Ok(()),
            took => writeln!(text, "{indent}    waited {}", seconds(took)),
        };
    }
    write!(text, "{indent}    ")?;
    if visit.attempts.len() > 1 {
        write!(text, "at {} it ", seconds(attempt.began))?;
    }
    match (visit.state_type, visit.graphs, &visit.effective_input) {
        (StateType::Task, _, Some(input)) => write!(text, "asked for its work with {}", shown(input))?,
        (StateType::Map, Some(items), _) => write!(text, "ran {items} items")?,
        (StateType::Parallel, Some(branches), _) => write!(text, "ran {branches} branches")?,
        _ => write!(text, "tried")?,
    }
    match (&attempt.error, &visit.result) {
        (Some(error), _) => {
            let after = match attempt.took() {
                Duration::ZERO => String::new(),
                took => format!(" after {}", seconds(took)),
            };
            write!(text, "; it failed{after}: {}", told(error))?;
            if attempt.missed_heartbeat {
                write!(text, " (a heartbeat did not come)")?;
            }
        }
        (None, Some(result)) => write!(text, "; the result is {}", shown(result))?,
        (None, None) => write!(text, "; nothing had come back")?,
    }
    if let Some(retry) = attempt.retry {
        write!(
            text,
            "; Retry[{}] tried again after {}",
            retry.retrier,
            seconds(retry.delay)
        )?;
    }
    if let Some(retrier) = attempt.exhausted {
        write!(text, "; Retry[{retrier}] had no retry left")?;
    }
    writeln!(text)
}

/// Why nothing of the state took the error that it failed with.
fn uncaught(node: &Node, visit: &Visit) -> String {
    let name = visit
        .error()
        .and_then(|error| error.error.as_deref())
        .unwrap_or("an error without a name");
    if visit.state_type == StateType::Fail {
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

/// An error in a few words.
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

/// A value as JSON text, cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    cut(&value.to_string())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A time in seconds, without a fraction that is not there.
pub(super) fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
