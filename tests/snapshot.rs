//! An execution serialises between any two events and goes on identically.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod machines;

use asl_engine::StateMachine;
use asl_engine::execution::{Execution, Program, SnapshotError, StartOptions};
use asl_engine::history::HistoryLevel;
use chrono::DateTime;
use machines::{chain, definition, drive, drive_at, through_storage};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random machines, events in random order, a snapshot at every point.
    #[test]
    fn a_restored_execution_goes_on_identically(
        chain in chain(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&chain).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let straight = drive(&program, seed, &choices, |execution| execution);
        let stored = drive(&program, seed, &choices, through_storage);
        prop_assert_eq!(straight, stored);
    }

    /// Errors name event ids, so the events are counted whether anybody records them or not.
    #[test]
    fn the_outcome_does_not_depend_on_the_history(
        chain in chain(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&chain).parse().unwrap();
        let program = Arc::new(Program::compile(&machine));
        let full = drive_at(HistoryLevel::Full, &program, seed, &choices, |execution| execution);
        let off = drive_at(HistoryLevel::Off, &program, seed, &choices, |execution| execution);
        prop_assert_eq!((full.outcome, full.elapsed), (off.outcome, off.elapsed));
        prop_assert!(off.history.is_empty());
    }

    /// The history is a tree of causes: ids count from 1, and every event comes after the one that caused it.
    #[test]
    fn events_follow_their_causes(
        chain in chain(),
        choices in prop::collection::vec(any::<u8>(), 1..60),
        seed in any::<u64>(),
    ) {
        let machine: StateMachine = definition(&chain).parse().unwrap();
        let trace = drive(&Arc::new(Program::compile(&machine)), seed, &choices, |execution| execution);
        for (event, id) in trace.history.iter().zip(1u64..) {
            prop_assert_eq!(event.id, id);
            prop_assert!(event.previous_event_id < event.id);
        }
        prop_assert!(trace.history.windows(2).all(|pair| pair[0].timestamp <= pair[1].timestamp));
        let ends = trace.history.iter().filter(|event| {
            ["ExecutionSucceeded", "ExecutionFailed"].contains(&event.event_type().as_str())
        });
        prop_assert_eq!(ends.count(), usize::from(trace.outcome.is_some()));
    }
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
