//! Standard output: buffered, with colours if wanted, and silent once its reader has gone away.

use anstream::{AutoStream, ColorChoice};
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};

use super::colours::colours;
use super::failure::Failure;
use crate::definition::Diagnostic;
use crate::history::ErrorOutput;

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

/// A text in one line, cut if it is long.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 200;
    let line: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        line + "…"
    } else {
        line
    }
}

/// `Busy: try later`, with the cause as `shown`.
pub(super) fn error_line(error: &ErrorOutput, shown: impl FnOnce(&str) -> String) -> String {
    let name = error.error.as_deref().unwrap_or("no error name");
    match error.cause.as_deref().filter(|cause| !cause.is_empty()) {
        Some(cause) => format!("{name}: {}", shown(cause)),
        None => name.to_owned(),
    }
}
