//! New settings of running Map Runs.

use super::Engine;
use crate::execution::core::{Activity, Core, MapRunProgress, Stage};
use crate::execution::event::Event;
use crate::execution::failure::Failure;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::{MapRunStatus, MapRunUpdate};

impl Core {
    /// Whether a Map Run is running, one of a child execution too.
    pub(in crate::execution) fn runs_map_run(&self, arn: &str) -> bool {
        let mut frames = self.frames.iter();
        frames.any(|(_, frame)| match frame.activity() {
            Activity::MapRun(run) => *run.arn == *arn || child_with(run, arn).is_some(),
            _ => false,
        })
    }
}

impl Engine<'_> {
    /// Gives a running Map Run new settings, which count at once. One that has ended stays as it is.
    pub(super) fn update_map_run(&mut self, update: &MapRunUpdate) -> Result<(), Invariant> {
        let arn = &*update.map_run_arn;
        let found = self.core.frames.iter().find_map(|(key, frame)| match frame.activity() {
            Activity::MapRun(run) if *run.arn == *arn => Some((key, None)),
            Activity::MapRun(run) => child_with(run, arn).map(|child| (key, Some(child))),
            _ => None,
        });
        let Some((key, child)) = found else { return Ok(()) };
        let mut run = self.core.frames.take_map_run(key)?;
        if let Some(child) = child {
            let event = Event::UpdateMapRun(update.clone().into());
            let done = self.resume(&mut run, child, Some((event, false)));
            return self.settle_map_run(key, run, done.map_err(Failure::from));
        }
        run.settings.update(update);
        self.tell_map_run(key, &run, MapRunStatus::Running)?;
        match run.stage {
            Stage::Running => self.settle_map_run(key, run, Ok(())),
            // Before there are items nothing has failed, and once all are through, nothing can fail any more.
            Stage::Reading(_) | Stage::Writing(_) => self.put_map_run(key, run),
        }
    }
}

/// The child execution in which another Map Run is running.
fn child_with(run: &MapRunProgress, arn: &str) -> Option<u32> {
    let mut children = run.children.iter();
    let found = children.find(|(_, child)| child.core.runs_map_run(arn));
    found.map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::{Command, Execution, MapRun, Program, StartOptions};
    use chrono::{DateTime, TimeDelta, Utc};
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn map(name: &str, inner: &Value) -> Value {
        json!({
            "StartAt": name,
            "States": { name: {
                "Type": "Map", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": {
                    "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                    "StartAt": inner["StartAt"], "States": inner["States"]
                }
            } }
        })
    }

    fn map_runs(execution: &mut Execution) -> Vec<MapRun> {
        let commands = std::iter::from_fn(|| execution.poll_command());
        let runs = commands.filter_map(|command| match command {
            Command::MapRun(run) => Some(*run),
            _ => None,
        });
        runs.collect()
    }

    fn go_on(execution: &mut Execution, now: DateTime<Utc>) {
        while execution.wants_turn() {
            execution.handle(now, Event::Turn);
        }
    }

    #[test]
    fn a_map_run_inside_another_ones_child_execution_is_updated_too() {
        let wait = json!({
            "StartAt": "Wait", "States": { "Wait": { "Type": "Wait", "Seconds": 60, "End": true } }
        });
        let program = Program::compile(&map("Outer", &map("Inner", &wait)).to_string().parse().unwrap());
        let mut now = DateTime::UNIX_EPOCH;
        let mut execution = Execution::start(Arc::new(program), StartOptions::new(json!([[1, 2, 3]])), now);
        go_on(&mut execution, now);
        let [outer, inner] = &map_runs(&mut execution)[..] else {
            panic!("two Map Runs");
        };
        assert_eq!(outer.execution_arn, *execution.arn());
        assert!(execution.core.runs_map_run(&inner.map_run_arn));
        let update = MapRunUpdate {
            max_concurrency: Some(2),
            ..MapRunUpdate::new(Arc::clone(&inner.map_run_arn))
        };
        execution.handle(now, Event::UpdateMapRun(update.clone().into()));
        go_on(&mut execution, now);
        let told = map_runs(&mut execution);
        assert_eq!((&told[0].map_run_arn, told[0].max_concurrency), (&inner.map_run_arn, 2));
        // Two wait at once, then the third; one after the other they would take three minutes.
        for _ in 0..2 {
            now += TimeDelta::seconds(60);
            execution.handle(now, Event::DeadlineReached);
            go_on(&mut execution, now);
        }
        assert!(!execution.is_running());
        assert!(!execution.core.runs_map_run(&inner.map_run_arn));
        execution.handle(now, Event::UpdateMapRun(update.into()));
    }
}
