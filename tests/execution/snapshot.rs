//! An execution serialises between any two events and goes on identically.

use asl_engine::StateMachine;
use asl_engine::execution::{Event, Execution, MapRunLog, MapRunStatus, Program, SnapshotError, StartOptions};
use asl_engine::history::{HistoryEvent, HistoryLevel};
use chrono::DateTime;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::machines::driver::{drive, drive_with, through_storage};
use crate::machines::{definition, machine};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random machines, events in random order, a snapshot at every point.
    #[test]
    fn a_restored_execution_goes_on_identically(
        machine in machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let straight = drive(&program, seed, &choices, |execution| execution);
        let stored = drive(&program, seed, &choices, through_storage);
        prop_assert_eq!(straight, stored);
    }

    /// Turns of a single state, a snapshot at every point: where a turn ends changes nothing.
    #[test]
    fn an_execution_goes_on_identically_in_its_next_turn(
        machine in machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        // No late answers: where all happens in one turn, a driver never hears of a task that is cancelled at once.
        let choices: Vec<u8> = choices.into_iter().filter(|choice| choice / 4 % 8 != 7).collect();
        let in_one = |options: &mut StartOptions| options.limits.turn_work = usize::MAX;
        let in_many = |options: &mut StartOptions| options.limits.turn_work = 0;
        let in_one = drive_with(in_one, &program, seed, &choices, |execution| execution);
        let in_many = drive_with(in_many, &program, seed, &choices, through_storage);
        prop_assert_eq!(in_one.in_any_turns(), in_many.in_any_turns());
    }

    /// Errors name event ids, so the events are counted whether anybody records them or not.
    #[test]
    fn the_outcome_does_not_depend_on_the_history(
        machine in machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let full = drive(&program, seed, &choices, |execution| execution);
        let is_off = |options: &mut StartOptions| options.history = HistoryLevel::Off;
        let off = drive_with(is_off, &program, seed, &choices, |execution| execution);
        prop_assert_eq!((full.outcome, full.elapsed, full.calls), (off.outcome, off.elapsed, off.calls));
        prop_assert!(off.history.is_empty() && off.children.is_empty());
        prop_assert_eq!(full.map_runs, off.map_runs);
    }

    /// The history is a tree of causes: ids count from 1, and every event comes after the one that caused it.
    #[test]
    fn events_follow_their_causes(
        machine in machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let trace = drive(&Arc::new(Program::compile(&machine)), seed, &choices, |execution| execution);
        for (event, id) in trace.history.iter().zip(1u64..) {
            prop_assert_eq!(event.id, id);
            prop_assert!(event.previous_event_id < event.id);
        }
        prop_assert!(trace.history.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
        let ends = trace.history.iter().filter(|event| {
            ["ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"]
                .contains(&event.event_type())
        });
        prop_assert_eq!(ends.count(), usize::from(trace.outcome.is_some()));
    }

    /// Every child execution has such a history of its own, and every Map Run counts all its items.
    #[test]
    fn child_executions_come_to_their_ends(
        machine in machine(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let trace = drive(&Arc::new(Program::compile(&machine)), seed, &choices, |execution| execution);
        let mut log = MapRunLog::default();
        for event in trace.children {
            log.record(event);
        }
        let is_over = trace.outcome.is_some();
        for map_run in trace.map_runs {
            log.update(map_run);
        }
        for map_run in log.map_runs() {
            let counts = map_run.item_counts;
            let ended = counts.succeeded + counts.failed + counts.timed_out + counts.aborted;
            prop_assert_eq!(counts.pending + counts.running + ended, counts.total);
            prop_assert_eq!(map_run.status == MapRunStatus::Running, map_run.stop_date.is_none());
            prop_assert!(map_run.status != MapRunStatus::Running || !is_over);
            prop_assert!(map_run.status != MapRunStatus::Succeeded || counts.pending == 0);
            for (_, history) in log.executions(&map_run.map_run_arn) {
                for (event, id) in history.iter().zip(1u64..) {
                    prop_assert_eq!(event.id, id);
                    prop_assert!(event.previous_event_id < event.id);
                }
                let last = history.last().map(HistoryEvent::event_type).unwrap_or_default();
                let has_ended = last.starts_with("Execution") && last != "ExecutionStarted";
                prop_assert!(has_ended || map_run.status == MapRunStatus::Running);
            }
        }
    }
}

/// Random machines prove nothing about what none of them does.
#[test]
fn random_machines_do_all_that_they_should() {
    const EXPECTED: &[&str] = &[
        "ActivityStarted",
        "ActivityTimedOut",
        "ExecutionAborted",
        "ExecutionFailed",
        "ExecutionSucceeded",
        "ExecutionTimedOut",
        "FailStateEntered",
        "LambdaFunctionFailed",
        "MapIterationAborted",
        "MapIterationFailed",
        "MapRunAborted",
        "MapRunFailed",
        "MapRunSucceeded",
        "MapStateAborted",
        "MapStateFailed",
        "ParallelStateAborted",
        "ParallelStateFailed",
        "TaskStateAborted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskTimedOut",
        "WaitStateAborted",
    ];
    let mut runner = TestRunner::deterministic();
    let runs = (machine(), prop::collection::vec(any::<u8>(), 1..60));
    let mut seen = BTreeMap::new();
    for _ in 0..400 {
        let (machine, choices) = runs.new_tree(&mut runner).unwrap().current();
        let machine: StateMachine = definition(&machine).parse().unwrap();
        let trace = drive(&Arc::new(Program::compile(&machine)), 7, &choices, |execution| {
            execution
        });
        for event in &trace.history {
            *seen.entry(event.event_type().to_owned()).or_insert(0) += 1;
        }
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|kind| !seen.contains_key(**kind)).collect();
    assert!(missing.is_empty(), "{missing:?} of {seen:?}");
}

#[test]
fn a_snapshot_of_another_definition_is_refused() {
    let program = |seconds: u32| {
        let definition =
            json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": seconds, "End": true } } });
        let machine: StateMachine = definition.to_string().parse().unwrap();
        Arc::new(Program::compile(&machine))
    };
    let execution = Execution::start(program(1), StartOptions::new(json!({})), DateTime::UNIX_EPOCH);
    let refused = Execution::restore(program(2), execution.snapshot());
    assert_eq!(refused.err(), Some(SnapshotError::OtherDefinition));
}

/// A driver that begins again does the tasks in the order in which an uninterrupted one would.
#[test]
fn unanswered_tasks_come_in_the_order_in_which_they_were_asked_for() {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Work";
    let branch = |first: &str, second: &str| {
        json!({ "StartAt": first, "States": {
            first: { "Type": "Task", "Resource": function, "Next": second },
            second: { "Type": "Task", "Resource": function, "End": true }
        } })
    };
    let branches = [branch("A1", "A2"), branch("B1", "B2")];
    let both =
        json!({ "StartAt": "Both", "States": { "Both": { "Type": "Parallel", "Branches": branches, "End": true } } });
    let program = Arc::new(Program::compile(&both.to_string().parse().unwrap()));
    let start = DateTime::UNIX_EPOCH;
    let mut execution = Execution::start(program, StartOptions::new(json!({})), start);
    let asked = |execution: &mut Execution| -> Vec<String> {
        let tasks = execution.unanswered_tasks();
        tasks.iter().map(|task| task.state.to_string()).collect()
    };
    assert_eq!(asked(&mut execution), ["A1", "B1"]);
    let task = execution.unanswered_tasks()[0].id;
    let raw_result = json!({});
    execution.handle(start, Event::TaskSucceeded { task, raw_result });
    let mut execution = through_storage(execution);
    assert_eq!(asked(&mut execution), ["B1", "A2"]);
}
