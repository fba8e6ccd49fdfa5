//! The answers of tasks, read from a history.

use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::events::RecordedEvent;
use super::lanes::{Places, Visits};
use crate::simulation::answer::{Answer, End, Worker};
use crate::simulation::driver::ROOT;
use crate::simulation::recorded::{CallKey, Recorded};

/// How far a recorded time may lie beyond the state's limit.
const TOLERANCE: Duration = Duration::from_millis(1500);

/// One attempt of a task, as its history shows it.
struct Attempt<'e> {
    key: CallKey,
    scheduled: &'e RecordedEvent,
    answer: Answer,
}

/// The answer of every attempt, with its time.
pub(super) fn answers(events: &[RecordedEvent], visits: &Visits, places: &Places) -> Recorded {
    let mut attempts: Vec<Attempt<'_>> = Vec::new();
    let mut attempt_of: HashMap<u64, usize> = HashMap::new();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let start = events.first().map(|event| event.at).unwrap_or_default();
    for event in events {
        let since = |at: DateTime<Utc>| (event.at - at).to_std().unwrap_or(Duration::ZERO);
        if event.kind.ends_with("Scheduled") {
            let Some((place, visit)) = visits.place_of(event.id).zip(visits.of_event(event.id)) else {
                continue;
            };
            let pointer = places.get(&visit.state).map(|place| Arc::clone(&place.pointer));
            let count = counts.entry(place).or_default();
            attempt_of.insert(event.id, attempts.len());
            attempts.push(Attempt {
                key: CallKey {
                    member: ROOT,
                    pointer: pointer.unwrap_or_default(),
                    iterations: visit.lane.iterations.clone(),
                    round: visit.round,
                    nth: *count,
                },
                scheduled: event,
                answer: Answer::never(),
            });
            *count += 1;
            continue;
        }
        let Some(place) = attempt_of
            .get(&event.previous)
            .copied()
            .filter(|_| is_of_task(&event.kind))
        else {
            continue;
        };
        attempt_of.insert(event.id, place);
        let Some(attempt) = attempts.get_mut(place) else {
            continue;
        };
        // Events of the same millisecond keep their order.
        let at = since(start) + Duration::from_nanos(event.id);
        attempt.tell(event, at, since(attempt.scheduled.at));
    }
    let mut recorded = Recorded::default();
    for attempt in attempts {
        recorded.insert(attempt.key, attempt.answer);
    }
    recorded
}

fn is_of_task(kind: &str) -> bool {
    ["Task", "LambdaFunction", "Activity"]
        .iter()
        .any(|prefix| kind.starts_with(prefix))
        && !kind.starts_with("TaskState")
}

impl Attempt<'_> {
    /// Reads the attempt's next event. `at` is the time since the start of the execution, `took` since that of the
    /// attempt.
    fn tell(&mut self, event: &RecordedEvent, at: Duration, took: Duration) {
        let answer = &mut self.answer;
        let seconds = |member: &str| self.scheduled.details.get(member)?.as_u64().map(Duration::from_secs);
        let heartbeat = seconds("heartbeatInSeconds");
        // Work that outlasted its heartbeat interval must have sent heartbeats; the history does not show them.
        let beat = heartbeat.map(|heartbeat| heartbeat / 2);
        let ended = |end| {
            let mut answer = Answer {
                end,
                not_before: at,
                ..answer.clone()
            };
            answer.beat = beat;
            answer
        };
        if event.kind == "ActivityStarted" {
            let name = event.text("workerName").map(str::to_owned);
            answer.worker = Some(Worker { name });
        } else if event.kind == "TaskSubmitted" {
            answer.submitted = event.data("output");
        } else if event.kind.ends_with("Succeeded") {
            *answer = ended(End::Success(event.data("output").unwrap_or_default()));
        } else if event.kind.ends_with("TimedOut") {
            let timeout = seconds("timeoutInSeconds");
            let is_over = timeout.is_some_and(|timeout| took + TOLERANCE >= timeout);
            *answer = match (is_over, heartbeat) {
                (true, _) => ended(End::Timeout),
                (false, Some(heartbeat)) => {
                    let mut answer = ended(End::HeartbeatLoss);
                    answer.beats_for = Some(took.saturating_sub(heartbeat));
                    answer
                }
                (false, None) => ended(End::Error(event.error())),
            };
        } else if event.kind.ends_with("Failed") {
            *answer = ended(End::Error(event.error()));
        }
    }
}
