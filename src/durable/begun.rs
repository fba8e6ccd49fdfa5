//! How an execution begins, and what is told of it: parts of journals, and of the states of workflows.

use chrono::{DateTime, Utc};
use restate_sdk::endpoint::InputMetadata;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::CHILDREN_AT_ONCE;
use super::messages::{Reported, StartedChild};
use crate::execution::{Execution, Limits, Program, StartOptions, TaskId};
use crate::services::step_functions::Lineage;
use crate::store::{Start, StoreError, StoreErrorKind, StoredDefinition, StoredOrigin, StoredRequest};

/// How an execution began: made once, in the first step of its journal, by the worker that began it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Beginning {
    pub(super) time: DateTime<Utc>,
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) state_machine_arn: String,
    /// The definition with which it ends, too, whatever a later worker has.
    pub(super) fingerprint: String,
    /// `None` of a child execution of a distributed Map: the cluster has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) definition: Option<String>,
    /// All other options, as a store has them.
    pub(super) options: String,
    /// The activities whose tasks a handler does.
    #[serde(default)]
    pub(super) handled_activities: BTreeSet<String>,
}

/// An execution that has begun, with its input as JSON: all that its workflow has to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(super) beginning: Beginning,
    pub(super) input: String,
    /// The names of the services that resources have of their own, where not all have one: the tasks of the others go to the
    /// service for any resource.
    #[serde(default)]
    pub(super) services: Option<BTreeSet<String>>,
    /// Whose child execution it is, if it is one of a distributed Map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) child_of: Option<ChildOf>,
    /// What was told of executions when it was started; `None` if nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reported: Option<Reported>,
    /// How often it was redriven before it came here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) redrives_elsewhere: u32,
    /// The executions that its tasks had started before it came here. It is for one run alone: a redrive asks for other tasks.
    #[serde(skip)]
    pub(super) started: Vec<(TaskId, StartedChild)>,
}

/// The Map Run of a child execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ChildOf {
    pub(super) map_run_arn: Arc<str>,
    /// The number of what it runs of the definition.
    pub(super) graph: u32,
}

impl Beginning {
    /// Also the input as it is written.
    pub(super) fn of(
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        origin: StoredOrigin,
        time: DateTime<Utc>,
    ) -> (Self, String) {
        let (beginning, input) = Self::of_kept(program, options, limits, origin, time);
        let definition = Some(StoredDefinition::of(program).text);
        (
            Self {
                definition,
                ..beginning
            },
            input,
        )
    }

    /// The same of a program whose definition the cluster keeps.
    pub(super) fn of_kept(
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        origin: StoredOrigin,
        time: DateTime<Utc>,
    ) -> (Self, String) {
        let mut options = options.clone();
        options.separate_children = Some(CHILDREN_AT_ONCE);
        let start = Start::of(0, program, &options, limits, origin, time);
        let beginning = Self {
            time,
            arn: start.arn,
            name: start.name,
            state_machine_arn: start.state_machine_arn,
            fingerprint: start.definition,
            definition: None,
            options: start.options,
            handled_activities: BTreeSet::new(),
        };
        (beginning, start.input)
    }
}

impl Begun {
    /// An execution that begins now, with its seed among the options.
    pub(crate) fn of(
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        origin: StoredOrigin,
        time: DateTime<Utc>,
        services: Option<BTreeSet<String>>,
    ) -> Self {
        let (beginning, input) = Beginning::of(program, options, limits, origin, time);
        Self {
            beginning,
            input,
            services,
            child_of: None,
            reported: None,
            redrives_elsewhere: 0,
            started: Vec::new(),
        }
    }

    /// An execution of which this is told.
    pub(crate) fn reported(mut self, reported: Reported) -> Self {
        self.reported = Some(reported);
        self
    }

    pub(crate) fn arn(&self) -> &str {
        &self.beginning.arn
    }

    /// The activities whose tasks are done by handlers.
    pub(crate) fn doing_activities(mut self, activities: BTreeSet<String>) -> Self {
        self.beginning.handled_activities = activities;
        self
    }

    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.beginning.time
    }

    /// How the execution begins, whether for the first time or again.
    pub(super) fn read(&self, program: Arc<Program>) -> Result<Opening, StoreError> {
        let beginning = &self.beginning;
        let start = Start {
            number: 0,
            arn: beginning.arn.clone(),
            name: beginning.name.clone(),
            state_machine_arn: beginning.state_machine_arn.clone(),
            definition: beginning.fingerprint.clone(),
            time: beginning.time,
            input: self.input.clone(),
            options: beginning.options.clone(),
        };
        let (options, origin) = start.read(&program)?;
        let facts = Facts {
            input: start.input,
            arn: start.arn,
            name: start.name,
            state_machine_arn: start.state_machine_arn,
            start_time: start.time,
            started_by: origin.started_by,
            request: origin.request,
            redrive_count: 0,
            redrive_time: None,
            redrives_elsewhere: self.redrives_elsewhere,
            run: None,
        };
        Ok(Opening {
            program,
            options,
            facts,
            lineage: origin.lineage,
            graph: self.child_of.as_ref().map(|of| of.graph),
        })
    }
}

/// How an execution begins.
pub(super) struct Opening {
    pub(super) program: Arc<Program>,
    pub(super) options: StartOptions,
    pub(super) facts: Facts,
    pub(super) lineage: Lineage,
    /// What a child execution runs of the definition.
    graph: Option<u32>,
}

impl Opening {
    /// The execution, what is told of it, and its ancestors.
    pub(super) fn begin(self) -> Result<(Execution, Facts, Lineage), StoreError> {
        let (program, options, time) = (self.program, self.options, self.facts.start_time);
        let execution = match self.graph {
            None => Execution::start(program, options, time),
            Some(graph) => Execution::start_graph(program, graph, options, time)
                .ok_or_else(|| StoreError::new(StoreErrorKind::Damaged, "the definition has no such graph"))?,
        };
        Ok((execution, self.facts, self.lineage))
    }
}

/// What is told of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) state_machine_arn: String,
    pub(crate) start_time: DateTime<Utc>,
    /// The text of its input as it was given.
    pub(crate) input: String,
    /// The id of the attempt of a task that started it.
    #[serde(default)]
    pub(crate) started_by: Option<Arc<str>>,
    /// What the API was asked for.
    #[serde(default)]
    pub(crate) request: Option<StoredRequest>,
    /// How often it was redriven, and when last.
    #[serde(default)]
    pub(crate) redrive_count: u32,
    #[serde(default)]
    pub(crate) redrive_time: Option<DateTime<Utc>>,
    /// How often it was redriven before it came here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) redrives_elsewhere: u32,
    /// The invocation that runs it.
    #[serde(default)]
    pub(super) run: Option<String>,
}

impl Facts {
    /// The same of a run that an invocation is.
    pub(super) fn of_run(self, invocation: &InputMetadata) -> Self {
        let run = Some(invocation.invocation_id.clone());
        Self { run, ..self }
    }

    /// The same of an execution that has been redriven since.
    pub(super) fn redriven_as(self, execution: &Execution) -> Self {
        let context = execution.context();
        Self {
            redrive_count: context.redrive_count.unwrap_or_default(),
            redrive_time: context.redrive_time,
            ..self
        }
    }

    /// How often it was redriven here, which tells its run.
    pub(crate) fn redrives_here(&self) -> u32 {
        self.redrive_count.saturating_sub(self.redrives_elsewhere)
    }

    pub(super) fn has_input(&self, input: &Value) -> bool {
        serde_json::from_str::<Value>(&self.input).is_ok_and(|own| own == *input)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// What a list tells of an execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) start_time: DateTime<Utc>,
    pub(crate) stop_time: Option<DateTime<Utc>>,
    pub(crate) version_arn: Option<Arc<str>>,
    pub(crate) alias_arn: Option<Arc<str>>,
    #[serde(default)]
    pub(crate) redrive_count: u32,
    #[serde(default)]
    pub(crate) redrive_time: Option<DateTime<Utc>>,
}

impl Listed {
    /// A running execution.
    pub(super) fn of(facts: &Facts) -> Self {
        let request = facts.request.as_ref();
        Self {
            arn: facts.arn.clone(),
            name: facts.name.clone(),
            status: "RUNNING".to_owned(),
            start_time: facts.start_time,
            stop_time: None,
            version_arn: request.and_then(|request| request.version_arn.clone()),
            alias_arn: request.and_then(|request| request.alias_arn.clone()),
            redrive_count: facts.redrive_count,
            redrive_time: facts.redrive_time,
        }
    }
}
