//! The errors of the commands.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use super::colours::colours;

/// A command's error: a sentence, and help if there is some.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The reader of standard output has gone away, which is not an error.
    ClosedPipe,
    /// The problem and its fix.
    Said {
        message: String,
        help: Option<String>,
        code: u8,
    },
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self::Said {
            message: message.into(),
            help: None,
            code: 2,
        }
    }

    /// Marks a problem in the inspected files rather than in the command itself: exit code 1.
    pub(super) fn finding(mut self) -> Self {
        if let Self::Said { code, .. } = &mut self {
            *code = 1;
        }
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        if let Self::Said { help, .. } = &mut self {
            *help = Some(text.into());
        }
        self
    }

    /// Joins several errors, each with its help; `None` if there are none.
    pub(super) fn joined(failures: Vec<Self>) -> Option<Self> {
        let mut failures = failures.into_iter();
        let first = failures.next()?;
        Some(failures.fold(first, |all, next| match (all, next) {
            (
                Self::Said { message, help, code },
                Self::Said {
                    message: more,
                    help: more_help,
                    code: other,
                },
            ) => Self::Said {
                message: match help {
                    Some(help) => format!("{message}\n  = help: {help}\n\n{more}"),
                    None => format!("{message}\n\n{more}"),
                },
                help: more_help,
                code: code.max(other),
            },
            (Self::ClosedPipe, other) | (other, Self::ClosedPipe) => other,
        }))
    }

    /// A file that cannot be read or written.
    pub(super) fn of_file(verb: &str, file: &str, error: &io::Error) -> Self {
        let failure = Self::new(format!("cannot {verb} `{file}`: {}", reason(error)));
        match error.kind() {
            io::ErrorKind::NotFound if verb == "read" => failure.help("is the path right? It begins in this folder"),
            _ => failure,
        }
    }

    /// The error as plain text, with its help.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Said {
                message,
                help: Some(help),
                ..
            } => format!("{message}\n  = help: {help}"),
            _ => self.to_string(),
        }
    }

    /// Prints the error and returns the exit code.
    pub(super) fn report(self, colour: anstream::ColorChoice) -> ExitCode {
        let Self::Said { message, help, code } = self else {
            return ExitCode::SUCCESS;
        };
        let colours = colours();
        let mut text = format!("{}error{}: {message}\n", colours.error, colours.reset);
        if let Some(help) = help {
            text = format!("{text}  = {}help{}: {help}\n", colours.strong, colours.reset);
        }
        let mut stderr = anstream::AutoStream::new(io::stderr(), colour);
        // Standard error is closed: the message cannot be shown.
        let _ = stderr.write_all(text.as_bytes());
        ExitCode::from(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedPipe => f.write_str("the output is closed"),
            Self::Said { message, .. } => f.write_str(message),
        }
    }
}

/// The system's message, without the error number.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

impl From<io::Error> for Failure {
    /// Printing failed.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ClosedPipe;
        }
        Self::new(format!("cannot print: {}", reason(&error)))
    }
}
