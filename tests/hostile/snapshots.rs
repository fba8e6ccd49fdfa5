//! Snapshots that somebody wrote into: refused, or an execution that goes on. `targets/` throws random ones.

use std::sync::Arc;

use asl_engine::execution::{Event, Execution, Program, Snapshot, SnapshotError};
use chrono::DateTime;
use serde_json::{Value, json};

use super::run::{on_a_small_stack, options, program};

/// A Parallel with a Wait and a Map in it, all of them running.
fn waiting() -> (Arc<Program>, Value) {
    let wait =
        |name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Wait", "Seconds": 1, "End": true } } });
    let map = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "ItemProcessor": wait("W2"), "End": true } } });
    let definition = json!({ "StartAt": "P", "States": { "P":
        { "Type": "Parallel", "Branches": [wait("W1"), map], "End": true } } });
    let program = program(&definition);
    let mut execution = Execution::start(Arc::clone(&program), options(json!([1, 2, 3])), DateTime::UNIX_EPOCH);
    while execution.poll_command().is_some() {}
    (program, serde_json::to_value(execution.snapshot()).unwrap())
}

/// What becomes of the snapshot with one value changed.
fn restored(place: &str, value: Value) -> Result<String, String> {
    let place = place.to_owned();
    on_a_small_stack(move || {
        let (program, mut stored) = waiting();
        *stored.pointer_mut(&place).expect("the place is there") = value;
        let snapshot: Snapshot = serde_json::from_value(stored).map_err(|_| "no snapshot".to_owned())?;
        let mut execution = Execution::restore(program, snapshot).map_err(|error| error.to_string())?;
        for _ in 0..20 {
            while execution.poll_command().is_some() {}
            let Some(deadline) = execution.next_deadline() else {
                break;
            };
            execution.handle(deadline, Event::DeadlineReached);
        }
        Ok(execution
            .outcome()
            .map_or("RUNNING", |outcome| outcome.status())
            .to_owned())
    })
}

const SLOT: &str = "/core/frames/slots";

#[test]
fn an_untouched_one_goes_on() {
    assert_eq!(
        restored("/core/state_machine/name", json!("Other")),
        Ok("SUCCEEDED".to_owned())
    );
}

#[test]
fn frames_are_a_tree() {
    let damaged = Err(SnapshotError::Damaged.to_string());
    let key = |slot, serial| json!({ "slot": slot, "serial": serial });
    let (_, stored) = waiting();
    let serial = |slot: usize| stored.pointer(&format!("{SLOT}/{slot}/serial")).unwrap().clone();
    for (place, value) in [
        // In a circle, of one and of two.
        (format!("{SLOT}/0/parent"), key(0, serial(0))),
        (format!("{SLOT}/0/parent"), key(2, serial(2))),
        // Nobody's, or somebody else's.
        (format!("{SLOT}/1/parent"), Value::Null),
        (format!("{SLOT}/1/parent"), key(2, serial(2))),
        (format!("{SLOT}/1/parent"), key(99, json!(1))),
        (format!("{SLOT}/0/activity/Fork/running"), json!([])),
        (format!("{SLOT}/1"), Value::Null),
        ("/core/frames/free".to_owned(), json!([0])),
        ("/core/frames/free".to_owned(), json!([4_294_967_295_u32])),
    ] {
        assert_eq!(restored(&place, value), damaged, "{place}");
    }
}

#[test]
fn frames_do_what_their_states_do() {
    let damaged = Err(SnapshotError::Damaged.to_string());
    let fork = format!("{SLOT}/0/activity/Fork");
    for (place, value) in [
        (format!("{SLOT}/0/state"), json!(4_294_967_295_u32)),
        (format!("{SLOT}/0/state"), json!(1)),
        (format!("{fork}/graphs"), json!([4_294_967_295_u32])),
        (format!("{fork}/graphs"), json!([])),
        (format!("{fork}/total"), json!(u64::MAX)),
        (format!("{fork}/started"), json!(u64::MAX)),
        (format!("{fork}/results"), json!([])),
    ] {
        assert_eq!(restored(&place, value), damaged, "{place}");
    }
}

#[test]
fn numbers_do_not_overflow() {
    for (place, value) in [
        ("/core/recorder/count".to_owned(), json!(u64::MAX)),
        ("/core/recorder/limit".to_owned(), json!(0)),
        ("/core/timers/armed".to_owned(), json!(u64::MAX)),
        ("/core/variable_bytes".to_owned(), json!(u64::MAX)),
        ("/core/frames/serials".to_owned(), json!(u32::MAX)),
        (format!("{SLOT}/1/retry_count"), json!(u32::MAX)),
        (format!("{SLOT}/1/index"), json!(u64::MAX)),
        ("/core/limits/inline_map_concurrency".to_owned(), json!(0)),
        ("/core/now".to_owned(), json!("+262142-12-31T23:59:59Z")),
    ] {
        let ended = restored(&place, value);
        assert!(ended.is_ok(), "{place}: {ended:?}");
    }
}

#[test]
fn old_limits_are_completed() {
    assert_eq!(restored("/core/limits", json!({})), Ok("SUCCEEDED".to_owned()));
}
