//! What a state machine was created or updated with.

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::execution::Program;

/// A state machine as created or updated; executions keep the revision with which they started.
#[derive(Debug)]
pub(crate) struct Revision {
    /// Its number among all revisions of all state machines, by which a store knows it.
    #[cfg_attr(not(feature = "store"), expect(dead_code, reason = "only a store asks"))]
    pub(crate) number: u64,
    /// `None` for the first revision.
    pub(crate) id: Option<String>,
    pub(crate) definition: Arc<Definition>,
    /// The role that its executions run under.
    pub(crate) role_arn: Arc<str>,
    pub(crate) configuration: Configuration,
    pub(crate) date: DateTime<Utc>,
}

/// A compiled definition.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The definition's text as given.
    pub(crate) text: String,
    pub(crate) program: Arc<Program>,
    /// The variables that each state reads.
    pub(crate) variable_references: IndexMap<String, BTreeSet<String>>,
}

/// The configurations of a state machine in AWS's form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) logging: Value,
    pub(crate) tracing: Value,
    pub(crate) encryption: Value,
}
