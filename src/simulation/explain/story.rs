//! The visits of a run in order, with the visits inside Parallel and Map states nested in them.

use serde_json::Value;
use std::fmt::{Result, Write};
use std::time::Duration;

use super::failed_child;
use crate::definition::StateType;
use crate::simulation::Run;
use crate::simulation::visit::{Attempt, Visit, VisitEnd};
use crate::simulation::words::{seconds, shown, told};

/// How many of the first and of the last visits are told.
const MOST_VISITS: usize = 40;

pub(super) fn tell(text: &mut String, run: &Run) -> Result {
    let visits = run.visits();
    let mut inner = vec![Vec::new(); visits.len()];
    let mut outermost = Vec::new();
    for (i, visit) in visits.iter().enumerate() {
        match visit.within.and_then(|outer| inner.get_mut(outer)) {
            Some(inner) => inner.push(i),
            None => outermost.push(i),
        }
    }
    let mut story = Story {
        text,
        run,
        visits,
        inner,
        told: 0,
    };
    for visit in outermost {
        story.tell(visit, 0)?;
    }
    Ok(())
}

struct Story<'a> {
    text: &'a mut String,
    run: &'a Run,
    visits: &'a [Visit],
    /// The visits nested in each visit.
    inner: Vec<Vec<usize>>,
    told: usize,
}

impl Story<'_> {
    /// The recursion is bounded: states nest only as deep as the parser allows.
    fn tell(&mut self, place: usize, depth: usize) -> Result {
        let Some(visit) = self.visits.get(place) else {
            return Ok(());
        };
        let is_told = self.counts();
        let indent = "  ".repeat(depth.min(20));
        if is_told {
            self.tell_entry(visit, &indent)?;
        }
        for inner in self.inner.get(place).cloned().unwrap_or_default() {
            self.tell(inner, depth + 1)?;
        }
        if is_told {
            for attempt in &visit.attempts {
                self.tell_attempt(visit, attempt, &indent)?;
            }
            self.tell_end(visit, &indent)?;
        }
        Ok(())
    }

    /// Counts a visit and returns whether it is told.
    fn counts(&mut self) -> bool {
        let count = self.visits.len();
        let place = self.told;
        self.told += 1;
        if place == MOST_VISITS && count > 2 * MOST_VISITS {
            // Writing to a `String` cannot fail.
            let _ = writeln!(self.text, "… {} visits more …", count - 2 * MOST_VISITS);
        }
        place < MOST_VISITS || place + MOST_VISITS >= count
    }

    fn tell_entry(&mut self, visit: &Visit, indent: &str) -> Result {
        let text = &mut *self.text;
        let at = seconds(visit.entered);
        write!(text, "{indent}{at}: `{}` ({})", visit.state, visit.state_type)?;
        if visit.within.is_some() {
            let is_item = visit.iterations.last() == Some(&visit.index);
            let kind = if is_item { "item" } else { "branch" };
            write!(text, " in the {kind} {}", visit.index)?;
        }
        writeln!(text, " got {}", shown(&visit.raw_input))
    }

    fn tell_attempt(&mut self, visit: &Visit, attempt: &Attempt, indent: &str) -> Result {
        let text = &mut *self.text;
        let took = attempt.took();
        let is_work = matches!(visit.state_type, StateType::Task | StateType::Parallel | StateType::Map);
        match (&attempt.error, is_work) {
            (Some(error), false) => return writeln!(text, "{indent}    failed with {}", told(error)),
            (None, false) if took.is_zero() => return Ok(()),
            (None, false) => return writeln!(text, "{indent}    waited {}", seconds(took)),
            (_, true) => {}
        }
        write!(text, "{indent}    ")?;
        if visit.attempts.len() > 1 {
            write!(text, "at {} it ", seconds(attempt.began))?;
        }
        match (visit.state_type, visit.graphs, &attempt.effective_input) {
            (StateType::Task, _, Some(input)) => write!(text, "asked for its work with {}", shown(input))?,
            (StateType::Map, Some(items), _) => write!(text, "ran {items} item{}", if items == 1 { "" } else { "s" })?,
            (StateType::Parallel, Some(branches), _) => write!(text, "ran {branches} branches")?,
            _ => write!(text, "tried")?,
        }
        match (&attempt.error, &visit.raw_result) {
            (Some(error), _) if took == Duration::ZERO => write!(text, "; it failed: {}", told(error))?,
            (Some(error), _) => write!(text, "; it failed after {}: {}", seconds(took), told(error))?,
            (None, Some(result)) => write!(text, "; the result is {}", shown(result))?,
            (None, None) => write!(text, "; nothing had come back")?,
        }
        if attempt.missed_heartbeat {
            write!(text, " (a heartbeat did not come)")?;
        }
        if let Some(retry) = attempt.retry {
            let delay = seconds(retry.delay);
            write!(text, "; Retry[{}] tried again after {delay}", retry.retrier)?;
        }
        if let Some(retrier) = attempt.exhausted {
            write!(text, "; Retry[{retrier}] had no retry left")?;
        }
        writeln!(text)
    }

    fn tell_end(&mut self, visit: &Visit, indent: &str) -> Result {
        let text = &mut *self.text;
        for rule in &visit.rules {
            writeln!(text, "{indent}    rule {} is {}", rule.index, rule.is_true)?;
        }
        if !visit.assigned.is_empty() {
            let assigned = Value::Object(visit.assigned.clone());
            writeln!(text, "{indent}    assigned {}", shown(&assigned))?;
        }
        let output = visit.output.as_ref().map_or_else(String::new, |output| shown(output));
        match &visit.end {
            VisitEnd::Exited { next: Some(next) } => writeln!(text, "{indent}    left for `{next}` with {output}"),
            VisitEnd::Exited { next: None } => writeln!(text, "{indent}    ended with {output}"),
            VisitEnd::Caught { catcher, next } => {
                for child in self.run.failed_children(visit) {
                    writeln!(text, "{indent}    {}", failed_child(&child))?;
                }
                let took = format!("Catch[{catcher}] took the error");
                writeln!(text, "{indent}    {took} and left for `{next}` with {output}")
            }
            VisitEnd::CatcherFailed { catcher, error } => {
                let took = format!("Catch[{catcher}] took the error");
                writeln!(text, "{indent}    {took}, and failed itself: {}", told(error))
            }
            VisitEnd::Aborted => writeln!(text, "{indent}    was aborted: a sibling failed"),
            VisitEnd::Unfinished => writeln!(text, "{indent}    was still there when the execution ended"),
            VisitEnd::Failed => Ok(()),
        }
    }
}
