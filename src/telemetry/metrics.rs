//! The metrics of executions.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::resource::{resource_of, resource_type};
use crate::execution::{Came, Program, Span, SpanKind};

/// Seconds, from quick answers to work of a day.
const BOUNDARIES: [f64; 17] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 300.0, 1_800.0, 10_800.0, 86_400.0,
];

/// The most names of errors in metrics.
const MOST_ERRORS: usize = 200;
/// What stands for the others, by the semantic conventions.
const OTHER: &str = "_OTHER";

/// The instruments.
#[derive(Debug)]
pub(crate) struct Meters {
    started: Counter<u64>,
    ended: Counter<u64>,
    duration: Histogram<f64>,
    transitions: Counter<u64>,
    task_duration: Histogram<f64>,
    timer_lag: Histogram<f64>,
    /// The names of errors that were recorded: data may make new ones for ever.
    errors: Mutex<HashSet<Arc<str>>>,
    interpreters: Arc<Mutex<Vec<Weak<dyn Gauges>>>>,
}

/// Numbers of an interpreter that change all the time.
pub(crate) trait Gauges: Send + Sync {
    /// The executions that run.
    fn running(&self) -> usize;

    /// The batches that wait for the thread that writes to a store.
    fn store_queue(&self) -> Option<usize> {
        None
    }
}

impl Meters {
    pub(super) fn new(meter: Meter) -> Self {
        let seconds = |name: &'static str, description: &'static str| {
            let histogram = meter.f64_histogram(name).with_unit("s").with_description(description);
            histogram.with_boundaries(BOUNDARIES.to_vec()).build()
        };
        let interpreters = Arc::<Mutex<Vec<Weak<dyn Gauges>>>>::default();
        let asked = Arc::clone(&interpreters);
        meter
            .i64_observable_up_down_counter("asl.execution.running")
            .with_unit("{execution}")
            .with_description("Executions that run in this process.")
            .with_callback(move |observer| {
                let running = all(&asked).into_iter().map(|one| one.running()).sum::<usize>();
                observer.observe(i64::try_from(running).unwrap_or(i64::MAX), &[]);
            })
            .build();
        let asked = Arc::clone(&interpreters);
        meter
            .u64_observable_gauge("asl.store.queue.length")
            .with_unit("{batch}")
            .with_description("Batches of events that wait to be written to a store.")
            .with_callback(move |observer| {
                let lengths = all(&asked).into_iter().filter_map(|one| one.store_queue());
                if let Some(length) = lengths.reduce(usize::saturating_add) {
                    observer.observe(length as u64, &[]);
                }
            })
            .build();
        Self {
            started: meter
                .u64_counter("asl.execution.started")
                .with_unit("{execution}")
                .with_description("Executions that started.")
                .build(),
            ended: meter
                .u64_counter("asl.execution.ended")
                .with_unit("{execution}")
                .with_description("Executions that ended.")
                .build(),
            duration: seconds(
                "asl.execution.duration",
                "Times from the starts of executions to their ends.",
            ),
            transitions: meter
                .u64_counter("asl.state.transitions")
                .with_unit("{transition}")
                .with_description("States entered, and retries of states.")
                .build(),
            task_duration: seconds("asl.task.duration", "Times that attempts of tasks took."),
            timer_lag: seconds(
                "asl.timer.lag",
                "How much later than due waits, retries and timeouts were reached.",
            ),
            errors: Mutex::default(),
            interpreters,
        }
    }

    /// An execution starts.
    pub(crate) fn started(&self, state_machine_arn: &str) {
        self.started.add(1, &[of_machine(state_machine_arn)]);
    }

    /// An execution has ended for good.
    pub(crate) fn ended(&self, state_machine_arn: &str, status: &'static str, took: chrono::TimeDelta) {
        let attributes = [
            of_machine(state_machine_arn),
            KeyValue::new("asl.execution.status", status),
        ];
        self.ended.add(1, &attributes);
        self.duration.record(seconds(took), &attributes);
    }

    /// A deadline was reached so much later than it was due.
    pub(crate) fn timer_lag(&self, lag: chrono::TimeDelta) {
        self.timer_lag.record(seconds(lag), &[]);
    }

    /// Asks an interpreter, as long as it is there.
    pub(super) fn observe(&self, interpreter: Weak<dyn Gauges>) {
        let mut interpreters = self.interpreters.lock().unwrap_or_else(PoisonError::into_inner);
        interpreters.retain(|known| known.strong_count() > 0);
        interpreters.push(interpreter);
    }

    pub(super) fn note(&self, spans: &[Span], transitions: u64, program: &Program) {
        if transitions > 0 {
            self.transitions.add(transitions, &[]);
        }
        for span in spans.iter().filter(|span| span.key.kind == SpanKind::Attempt) {
            self.note_attempt(span, program);
        }
    }

    fn note_attempt(&self, span: &Span, program: &Program) {
        let resource = span.state.and_then(|state| resource_of(program, state));
        let resource_type = KeyValue::new("asl.task.resource_type", resource.map_or("".into(), resource_type));
        let took = seconds(span.end - span.start);
        let error: Option<Arc<str>> = match &span.came {
            Came::Succeeded => None,
            Came::Failed(error) | Came::Caught(error) => Some(Arc::clone(error)),
            // Its time went to nothing that it did.
            Came::TimedOut | Came::Aborted => return,
        };
        match error {
            None => self.task_duration.record(took, &[resource_type]),
            Some(error) => {
                let error = KeyValue::new("error.type", self.known(error));
                self.task_duration.record(took, &[resource_type, error]);
            }
        }
    }

    /// The name of an error, or `_OTHER` if there were too many before it.
    fn known(&self, error: Arc<str>) -> Arc<str> {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        if errors.contains(&error) || errors.len() < MOST_ERRORS {
            errors.insert(Arc::clone(&error));
            return error;
        }
        OTHER.into()
    }
}

fn all(interpreters: &Mutex<Vec<Weak<dyn Gauges>>>) -> Vec<Arc<dyn Gauges>> {
    let interpreters = interpreters.lock().unwrap_or_else(PoisonError::into_inner);
    interpreters.iter().filter_map(Weak::upgrade).collect()
}

fn of_machine(arn: &str) -> KeyValue {
    KeyValue::new("aws.step_functions.state_machine.arn", arn.to_owned())
}

fn seconds(time: chrono::TimeDelta) -> f64 {
    time.to_std().unwrap_or(Duration::ZERO).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::SdkMeterProvider;

    #[test]
    fn names_of_errors_are_bounded() {
        let meters = Meters::new(SdkMeterProvider::default().meter("test"));
        let first: Arc<str> = "Busy".into();
        assert_eq!(&*meters.known(Arc::clone(&first)), "Busy");
        for number in 0..2 * MOST_ERRORS {
            meters.known(format!("Order{number}").into());
        }
        assert_eq!(&*meters.known("Another".into()), OTHER);
        assert_eq!(meters.known(Arc::clone(&first)), first);
    }
}
