//! The interpreter's view of the API: it finds state machines here, and tells of executions.

use chrono::{DateTime, Utc};
#[cfg(feature = "restate")]
use std::collections::BTreeSet;
#[cfg(feature = "restate")]
use std::pin::Pin;
use std::sync::atomic::Ordering;

use super::Service;
use super::execution::Facts;
use super::reports::Begun;
use crate::definition::WorkflowType;
use crate::execution::Outcome;
use crate::runtime::{Catalogue, ExecutionHandle, Resolved};
use crate::services::step_functions::{Revision, StepFunctionsError, Target};

impl Service {
    /// Keeps an execution of a Standard workflow in memory, unless a store has it.
    pub(super) fn keep(&self, execution: ExecutionHandle, target: &Target, input: &str, trace_header: Option<&str>) {
        if target.program.machine().workflow_type == WorkflowType::Standard && !self.is_stored() {
            self.registry().add_execution(execution, target, input, trace_header);
        }
    }

    /// Reports a new execution.
    pub(super) fn report_begin(&self, execution: &ExecutionHandle, target: &Target, input: &str) {
        let Some(reporter) = &self.reporter else { return };
        if let Some(begun) = Begun::of(execution, target, input) {
            reporter.begun(execution.clone(), begun);
        }
    }

    /// Reports an execution that was redriven.
    pub(super) fn report_redrive(
        &self,
        execution: &ExecutionHandle,
        facts: Facts,
        revision: &Revision,
        date: DateTime<Utc>,
    ) {
        if let Some(reporter) = &self.reporter {
            reporter.begun(execution.clone(), Begun::again(facts, revision, date));
        }
    }
}

impl Catalogue for Service {
    #[cfg(feature = "restate")]
    fn follow(&self) -> Pin<Box<dyn Future<Output = Result<(), StepFunctionsError>> + Send + '_>> {
        if let Some(cluster) = self.cluster() {
            return Box::pin(Self::follow(self, cluster));
        }
        Box::pin(std::future::ready(Ok(())))
    }

    #[cfg(feature = "restate")]
    fn follow_lately(&self) -> Pin<Box<dyn Future<Output = Result<(), StepFunctionsError>> + Send + '_>> {
        match self.cluster() {
            Some(cluster) if !cluster.was_read_lately() => Box::pin(Self::follow(self, cluster)),
            _ => Box::pin(std::future::ready(Ok(()))),
        }
    }

    #[cfg(feature = "restate")]
    fn existing_activities(&self, asked: &BTreeSet<String>) -> Option<BTreeSet<String>> {
        self.cluster()?;
        let registry = self.registry();
        let existing = asked.iter().filter(|arn| registry.activities.contains_key(*arn));
        Some(existing.cloned().collect())
    }

    fn resolve(&self, arn: &str) -> Result<Resolved, StepFunctionsError> {
        self.resolve_for_start(arn)
    }

    fn started(&self, execution: ExecutionHandle, target: &Target, input: &str) {
        self.report_begin(&execution, target, input);
        self.keep(execution, target, input, None);
    }

    fn ended(&self, execution: ExecutionHandle, end: Option<(&Outcome, DateTime<Utc>)>, kept_bytes: usize) {
        self.ended_bytes.fetch_add(kept_bytes, Ordering::Relaxed);
        if let (Some(reporter), Some((outcome, time))) = (&self.reporter, end) {
            reporter.ended(execution, outcome.clone(), time);
        }
    }
}
