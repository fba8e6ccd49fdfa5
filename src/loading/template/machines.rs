//! What templates and the Serverless Framework share: a machine that is judged, and the way to its file.

use super::Found;
use crate::definition::{InvalidDefinition, StateMachine};
use crate::loading::Loader;

/// A machine with its warnings, or its problems, with the file of its definition, if that is another one.
pub(super) struct Judged {
    pub(super) file: Option<String>,
    pub(super) machine: Result<StateMachine, InvalidDefinition>,
}

impl Judged {
    /// What has its definition in the file that is read.
    pub(super) fn here(machine: Result<StateMachine, InvalidDefinition>) -> Self {
        Self { file: None, machine }
    }

    /// What has it in another file.
    pub(super) fn of_file(file: &str, machine: Result<StateMachine, InvalidDefinition>) -> Self {
        Self {
            file: Some(file.to_owned()),
            machine,
        }
    }
}

/// The findings of the machine `name`.
pub(super) fn named(name: &str, judged: Vec<Judged>) -> impl Iterator<Item = Found> {
    let name = name.to_owned();
    judged.into_iter().map(move |Judged { file, machine }| Found {
        name: Some(name.clone()),
        file,
        machine,
    })
}

/// The text of the file that is read, with the options and the way to other files.
pub(super) struct Reading<'a> {
    pub(super) loader: &'a Loader,
    pub(super) source: &'a str,
    pub(super) open: &'a mut dyn FnMut(&str) -> Result<String, String>,
}
