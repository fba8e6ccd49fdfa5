//! Standard output: buffered, with colours if wanted, and silent once its reader has gone away.

use anstream::{AutoStream, ColorChoice};
use serde_json::{Map, Value, json};
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use super::colours::colours;
use super::failure::Failure;
use crate::definition::Diagnostic;
use crate::execution::FailedChild;
use crate::history::ErrorOutput;
use crate::simulation::{ExpressUsage, Run, Usage, shorten_in_the_middle};

/// The output of a command.
pub(super) struct Output {
    stream: BufWriter<AutoStream<StdoutLock<'static>>>,
}

impl Output {
    pub(super) fn new(colour: ColorChoice) -> Self {
        let stdout = io::stdout();
        Self {
            stream: BufWriter::new(AutoStream::new(stdout.lock(), colour)),
        }
    }

    pub(super) fn line(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.stream, "{text}")?)
    }

    pub(super) fn text(&mut self, text: impl fmt::Display) -> Result<(), Failure> {
        Ok(write!(self.stream, "{text}")?)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Writes a file; `-` is standard output.
    pub(super) fn file(&mut self, file: &str, text: &str) -> Result<(), Failure> {
        if file == "-" {
            return self.text(text);
        }
        std::fs::write(file, text).map_err(|error| Failure::of_file("write", file, &error))
    }

    /// Flushes the buffer.
    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.stream.flush()?)
    }
}

/// A diagnostic with its file.
pub(super) fn diagnostic(file: &str, diagnostic: &Diagnostic) -> String {
    let mut text = String::new();
    let place = format_args!("{file}:{}:{}", diagnostic.line, diagnostic.column);
    // Writing to a `String` cannot fail.
    let _ = diagnostic.render(&mut text, &place, &colours());
    text
}

/// A text in one line; a long one is shortened in its middle.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 1_000;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shorten_in_the_middle(&line, LONGEST)
}

/// `Busy: try later`, with the cause as `shown`.
pub(super) fn error_line(error: &ErrorOutput, shown: impl FnOnce(&str) -> String) -> String {
    let name = error.error.as_deref().unwrap_or("no error name");
    match error.cause.as_deref().filter(|cause| !cause.is_empty()) {
        Some(cause) => format!("{name}: {}", shown(cause)),
        None => name.to_owned(),
    }
}

/// What Express Workflows are billed for: `100 ms, 64 MB`.
pub(super) fn express_text(express: &ExpressUsage) -> String {
    format!(
        "{} ms, {} MB",
        express.billed_duration.as_millis(),
        express.billed_megabytes
    )
}

/// What a run uses, as JSON; `express` only if there are such executions.
pub(super) fn usage_json(usage: &Usage) -> Value {
    let mut told = Map::new();
    // An Express Workflow has none: it is billed otherwise.
    if usage.transitions > 0 || usage.express.executions == 0 {
        told.insert("transitions".to_owned(), json!(usage.transitions));
    }
    told.insert("largestPayloadBytes".to_owned(), json!(usage.largest_payload));
    if usage.express.executions > 0 {
        let express = json!({
            "executions": usage.express.executions,
            "billedMilliseconds": u64::try_from(usage.express.billed_duration.as_millis()).unwrap_or(u64::MAX),
            "billedMegabytes": usage.express.billed_megabytes,
        });
        told.insert("express".to_owned(), express);
    }
    told.into()
}

/// Why a run failed: `error` and `cause`, the failed `state`, and the `children` of distributed Maps that failed first. No
/// members if it succeeded.
pub(super) fn failure_json(run: &Run) -> Map<String, Value> {
    let mut told = Map::new();
    let Some(error) = run.error() else { return told };
    told.extend(error_json(error));
    if let Some(visit) = run.failed_visit() {
        told.insert("state".to_owned(), json!(visit.state));
    }
    told.extend(children_json(
        &run.map_runs().first_failures(&run.execution().arn, run.outcome()),
    ));
    told
}

pub(super) fn error_json(error: &ErrorOutput) -> [(String, Value); 2] {
    [
        ("error".to_owned(), json!(error.error)),
        ("cause".to_owned(), json!(error.cause)),
    ]
}

/// The child executions that made distributed Maps fail, the outermost first.
pub(super) fn children_json(children: &[FailedChild<'_>]) -> Option<(String, Value)> {
    let told = children.iter().map(|child| {
        let mut told = Map::from_iter([
            ("index".to_owned(), json!(child.index)),
            ("state".to_owned(), json!(child.state)),
        ]);
        told.extend(error_json(child.error));
        Value::from(told)
    });
    (!children.is_empty()).then(|| ("children".to_owned(), told.collect()))
}
