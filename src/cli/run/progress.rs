//! The progress of an execution: a line for each notable event, and on a terminal the running states.

use anstream::{AutoStream, ColorChoice};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Stderr, Write};
use std::sync::Arc;
use std::time::Duration;

use crate::cli::colours::colours;
use crate::cli::output::{error_line, short};
use crate::definition::StateType;
use crate::execution::Outcome;
use crate::history::{ErrorOutput, EventDetails, HistoryEvent};

/// Prints the progress of an execution to standard error.
pub(super) struct Progress {
    stream: AutoStream<Stderr>,
    quiet: bool,
    /// Whether the line of running states can be overwritten.
    is_live: bool,
    /// Whether that line is on the screen.
    is_drawn: bool,
    frame: usize,
    start: Option<DateTime<Utc>>,
    /// The state that an event belongs to.
    states: HashMap<u64, Arc<str>>,
    /// How often a state has started its work.
    attempts: HashMap<Arc<str>, usize>,
    /// The running states with the times of their entries.
    running: Vec<(Arc<str>, DateTime<Utc>)>,
}

const FRAMES: [&str; 4] = ["◐", "◓", "◑", "◒"];

impl Progress {
    pub(super) fn new(colour: ColorChoice, quiet: bool) -> Self {
        let stderr = io::stderr();
        let is_terminal = stderr.is_terminal();
        let stream = AutoStream::new(stderr, colour);
        Self {
            // Overwriting a line takes the same escape sequences as colours.
            is_live: !quiet && is_terminal && stream.current_choice() != ColorChoice::Never,
            stream,
            quiet,
            is_drawn: false,
            frame: 0,
            start: None,
            states: HashMap::new(),
            attempts: HashMap::new(),
            running: Vec::new(),
        }
    }

    /// Reads an event and prints its line, if it has one.
    pub(super) fn event(&mut self, event: &HistoryEvent) {
        let start = *self.start.get_or_insert(event.timestamp);
        let state = self.state_of(event);
        self.follow(event, state.as_ref());
        let Some(text) = self.told(&event.details, state.as_deref()) else {
            return;
        };
        let at = (event.timestamp - start).to_std().unwrap_or_default();
        let colours = colours();
        self.line(&format!(
            "{}{:>10}{}  {text}",
            colours.faint,
            seconds(at),
            colours.reset
        ));
    }

    /// Prints a line.
    pub(super) fn line(&mut self, text: &str) {
        if self.quiet {
            return;
        }
        self.clear();
        // A closed standard error must not stop the execution.
        let _ = writeln!(self.stream, "{text}");
    }

    /// Prints the last lines; those of a failure also if nothing else is printed.
    pub(super) fn end(&mut self, text: &str, outcome: &Outcome) {
        let quiet = self.quiet;
        self.quiet &= outcome.error().is_none();
        self.line(text);
        self.quiet = quiet;
    }

    /// Draws the running states on a terminal.
    pub(super) fn draw(&mut self, now: DateTime<Utc>) {
        if !self.is_live {
            return;
        }
        self.clear();
        if self.running.is_empty() {
            return;
        }
        let colours = colours();
        self.frame += 1;
        let sign = FRAMES.get(self.frame % FRAMES.len()).copied().unwrap_or_default();
        let mut text = format!("{}{sign:>10}{}  ", colours.warning, colours.reset);
        for (i, (state, since)) in self.running.iter().take(4).enumerate() {
            let time = (now - *since).to_std().unwrap_or_default();
            let _ = write!(
                text,
                "{}{state} {:.1} s",
                if i > 0 { " · " } else { "" },
                time.as_secs_f64()
            );
        }
        if self.running.len() > 4 {
            let _ = write!(text, " · {} more", self.running.len() - 4);
        }
        let _ = write!(self.stream, "{text}");
        let _ = self.stream.flush();
        self.is_drawn = true;
    }

    /// Erases the line of running states.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            let _ = write!(self.stream, "\r\u{1b}[2K");
        }
    }

    /// The state of an event: the state of the event before it, unless the event enters one.
    fn state_of(&mut self, event: &HistoryEvent) -> Option<Arc<str>> {
        let state = match &event.details {
            EventDetails::StateEntered { name, .. } | EventDetails::StateExited { name, .. } => Some(Arc::clone(name)),
            _ => self.states.get(&event.previous_event_id).cloned(),
        };
        if let Some(state) = &state {
            self.states.insert(event.id, Arc::clone(state));
        }
        state
    }

    fn follow(&mut self, event: &HistoryEvent, state: Option<&Arc<str>>) {
        match (&event.details, state) {
            (EventDetails::StateEntered { name, .. }, _) => {
                self.running.push((Arc::clone(name), event.timestamp));
                self.attempts.remove(name);
            }
            (EventDetails::StateExited { .. } | EventDetails::StateAborted { .. }, Some(state)) => {
                if let Some(at) = self.running.iter().position(|(name, _)| name == state) {
                    self.running.remove(at);
                }
            }
            (
                EventDetails::ExecutionSucceeded { .. }
                | EventDetails::ExecutionFailed(_)
                | EventDetails::ExecutionAborted(_)
                | EventDetails::ExecutionTimedOut(_),
                _,
            ) => self.running.clear(),
            _ => {}
        }
    }

    fn told(&mut self, details: &EventDetails, state: Option<&str>) -> Option<String> {
        use EventDetails as D;
        let colours = colours();
        let name = state.unwrap_or_default();
        let failed = |error: &ErrorOutput| {
            let line = error_line(error, short);
            Some(format!("{}✗{} {name}: {line}", colours.error, colours.reset))
        };
        match details {
            D::StateEntered { state_type, name, .. } => Some(format!("→ {name} ({state_type})")),
            D::StateExited { state_type, name, .. } if *state_type != StateType::Fail => {
                Some(format!("{}✓{} {name}", colours.good, colours.reset))
            }
            D::LambdaFunctionScheduled { .. } | D::TaskScheduled { .. } | D::ActivityScheduled { .. } => {
                let attempts = self.attempts.entry(name.into()).or_default();
                *attempts += 1;
                (*attempts > 1).then(|| format!("↻ {name}: attempt {attempts}"))
            }
            D::LambdaFunctionFailed(error)
            | D::LambdaFunctionTimedOut(error)
            | D::ActivityFailed(error)
            | D::ActivityTimedOut(error)
            | D::TaskFailed { failure: error, .. }
            | D::TaskTimedOut { failure: error, .. } => failed(error),
            D::EvaluationFailed { error, cause, .. } => failed(&ErrorOutput {
                error: Some(error.clone()),
                cause: Some(cause.clone()),
            }),
            D::MapIterationStarted(item) => Some(format!("→ {} item {}", item.name, item.index)),
            D::MapIterationFailed(item) => Some(format!(
                "{}✗{} {} item {}",
                colours.error, colours.reset, item.name, item.index
            )),
            D::StateAborted { .. } => Some(format!("{}✗{} {name}: aborted", colours.error, colours.reset)),
            _ => None,
        }
    }
}

/// `2 s`, `0.25 s`
pub(in crate::cli) fn seconds(time: Duration) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of an execution need far less than 52 bits"
    )]
    let seconds = time.as_millis() as f64 / 1000.0;
    format!("{seconds} s")
}
