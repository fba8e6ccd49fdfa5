//! Snapshots that somebody wrote into: refused, or an execution that goes on. `tests/hostile/targets` throws random ones.

use std::sync::Arc;

use asl_engine::execution::{Event, Execution, Program, Snapshot};
use chrono::DateTime;
use serde_json::{Value, json};

use super::run::{on_a_small_stack, options, program};

/// A Parallel with a Wait and a Map in it, and a Task that may take five seconds; all of them running.
fn waiting() -> (Arc<Program>, Value) {
    let alone = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let wait = |name: &str| alone(name, json!({ "Type": "Wait", "Seconds": 1, "End": true }));
    let map = alone("M", json!({ "Type": "Map", "ItemProcessor": wait("W2"), "End": true }));
    let function = "arn:aws:lambda:us-east-1:123456789012:function:F";
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 0 }]);
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Late" }]);
    let task = json!({
        "StartAt": "T", "States": {
            "T": { "Type": "Task", "Resource": function, "TimeoutSeconds": 5, "Retry": retry, "Catch": catch, "End": true },
            "Late": { "Type": "Succeed" }
        }
    });
    let parallel = json!({ "Type": "Parallel", "Branches": [wait("W1"), map, task], "End": true });
    started(&alone("P", parallel), json!([1, 2, 3]))
}

/// A distributed Map of two child executions at a time, of which one waits for a task and one waits for an hour.
fn map_run() -> (Arc<Program>, Value) {
    let rule = json!({ "Variable": "$", "NumericEquals": 1, "Next": "Task" });
    let processor = json!({
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": "Which", "States": {
            "Which": { "Type": "Choice", "Choices": [rule], "Default": "Wait" },
            "Task": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true },
            "Wait": { "Type": "Wait", "Seconds": 3600, "End": true }
        }
    });
    let map = json!({ "Type": "Map", "MaxConcurrency": 2, "ItemProcessor": processor, "End": true });
    started(&json!({ "StartAt": "D", "States": { "D": map } }), json!([1, 2, 3]))
}

fn started(definition: &Value, input: Value) -> (Arc<Program>, Value) {
    let program = program(definition);
    let mut execution = Execution::start(Arc::clone(&program), options(input), DateTime::UNIX_EPOCH);
    while execution.poll_command().is_some() {}
    (program, serde_json::to_value(execution.snapshot()).unwrap())
}

/// What becomes of a snapshot with one value changed.
fn restored(of: fn() -> (Arc<Program>, Value), place: &str, value: Value) -> Result<String, String> {
    let place = place.to_owned();
    on_a_small_stack(move || {
        let (program, mut stored) = of();
        *stored.pointer_mut(&place).unwrap_or_else(|| panic!("{place} is there")) = value;
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

/// Each of the changes is refused with its reason.
fn are_refused(
    of: fn() -> (Arc<Program>, Value),
    changes: impl IntoIterator<Item = (impl AsRef<str>, Value, &'static str)>,
) {
    for (place, value, reason) in changes {
        let place = place.as_ref();
        let refused = Err(format!("the snapshot is damaged: {reason}"));
        assert_eq!(restored(of, place, value.clone()), refused, "{place}: {value}");
    }
}

fn key(slot: u32, serial: &Value) -> Value {
    json!({ "slot": slot, "serial": serial })
}

/// The serial of the frame in a slot.
fn serial(stored: &Value, slot: usize) -> &Value {
    stored.pointer(&format!("/core/frames/slots/{slot}/serial")).unwrap()
}

#[test]
fn an_untouched_one_goes_on() {
    let name = "/core/state_machine/name";
    assert_eq!(restored(waiting, name, json!("Other")), Ok("SUCCEEDED".to_owned()));
    // Its task waits for ever.
    assert_eq!(restored(map_run, name, json!("Other")), Ok("RUNNING".to_owned()));
}

#[test]
fn frames_are_a_tree() {
    let (_, stored) = waiting();
    let at = |slot: u32| key(slot, serial(&stored, slot as usize));
    let elsewhere = "a branch or iteration is in a state of another one";
    let not_listed = "a branch or iteration runs that its state does not know";
    let slots = "the places of the states that run are not those that are in use";
    are_refused(
        waiting,
        [
            // In a circle, of one and of two.
            ("/core/frames/slots/0/parent", at(0), elsewhere),
            ("/core/frames/slots/0/parent", at(2), elsewhere),
            // Nobody's, or somebody else's.
            ("/core/frames/slots/1/parent", Value::Null, not_listed),
            ("/core/frames/slots/1/parent", at(3), not_listed),
            ("/core/frames/slots/1/parent", key(99, &json!(1)), not_listed),
            ("/core/frames/slots/0/activity/Fork/running/0", at(4), not_listed),
            ("/core/frames/slots/1", Value::Null, slots),
            ("/core/frames/free", json!([0]), slots),
            ("/core/frames/free", json!([4_294_967_295_u32]), slots),
        ],
    );
}

#[test]
fn frames_do_what_their_states_do() {
    let other = "a state does something that its type does not do";
    let count = "a Parallel or Map does not count its branches or iterations right";
    let place = "a branch or iteration has no place for its result";
    let retries = "the retries of a state are not those of its Retriers";
    let request = json!({
        "effective_input": {}, "timeout_seconds": null, "heartbeat_seconds": null, "token": null, "credentials": null
    });
    let task =
        json!({ "Task": { "generation": 1, "request": request, "times_out_at": null, "heartbeat_due_at": null } });
    let changes = [
        (
            "0/state",
            json!(4_294_967_295_u32),
            "a state is not part of the definition",
        ),
        ("0/state", json!(1), other),
        ("0/activity/Fork/graphs", json!([4_294_967_295_u32]), other),
        ("0/activity/Fork/graphs", json!([]), other),
        ("0/activity/Fork/items", json!([1, 2, 3]), other),
        ("1/activity", task, other),
        ("1/activity", json!("Backoff"), other),
        ("3/activity", json!("Waiting"), other),
        ("0/activity/Fork/total", json!(u64::MAX), count),
        ("0/activity/Fork/started", json!(u64::MAX), count),
        ("0/activity/Fork/started", json!(2), count),
        ("0/activity/Fork/ended", json!(u64::MAX), count),
        ("0/activity/Fork/results", json!([]), count),
        ("0/activity/Fork/running", json!([]), count),
        ("0/activity/Fork/results", json!([1, null, null]), place),
        ("1/index", json!(1), place),
        ("1/index", json!(u64::MAX), place),
        ("4/index", json!(1), place),
        (
            "3/activity/Task/generation",
            json!(1),
            "two states or tasks have the same number",
        ),
        ("1/raw_input", Value::Null, "a state that waits has lost its input"),
        ("1/retry_count", json!(u32::MAX), retries),
        ("3/retries", json!([u32::MAX]), retries),
    ];
    let changes = changes.map(|(place, value, reason)| (format!("/core/frames/slots/{place}"), value, reason));
    are_refused(waiting, changes);
}

/// What waits is woken: by its timer, from the ready queue, or by an answer.
#[test]
fn frames_are_woken() {
    let (_, stored) = waiting();
    let at = |slot: u32| key(slot, serial(&stored, slot as usize));
    let later = || json!("1970-01-01T00:00:09Z");
    let timer = "a state waits for a time without a timer, or has one without waiting";
    are_refused(
        waiting,
        [
            ("/core/timers/heap", json!([]), timer),
            ("/core/timers/heap/0/at", later(), timer),
            ("/core/timers/heap/0/frame", at(0), timer),
            ("/core/frames/slots/0/deadline", later(), timer),
            ("/core/frames/slots/1/deadline", Value::Null, timer),
            ("/core/frames/slots/1/deadline", later(), timer),
            // The attempt of the task would take longer than it may, or end for no reason.
            ("/core/frames/slots/3/activity/Task/times_out_at", Value::Null, timer),
            ("/core/frames/slots/3/activity/Task/times_out_at", later(), timer),
            (
                "/core/frames/slots/3/activity/Task/request/timeout_seconds",
                Value::Null,
                timer,
            ),
            ("/core/frames/slots/3/activity/Task/heartbeat_due_at", later(), timer),
            (
                "/core/frames/slots/1/activity",
                json!("Entering"),
                "a state that can go on is not in the queue, or is in it twice",
            ),
            (
                "/core/ready",
                json!([at(1)]),
                "a state is in the queue that has to wait",
            ),
            (
                "/core/deadline",
                later(),
                "the execution ends at another time than its timeout",
            ),
            (
                "/pending",
                json!([{ "Complete": { "Succeeded": { "output": 1 } } }]),
                "the execution has ended and runs at the same time",
            ),
        ],
    );
}

#[test]
fn map_runs_count_right() {
    let run = "/core/frames/slots/0/activity/MapRun";
    let counts = "a Map Run does not count its items or child executions right";
    let of = "a Map Run is that of another state";
    let child = "a child execution is not known to its Map Run";
    let task = "a task of a child execution is not known to its Map Run";
    let no_request = "a Map Run waits for a request that its state does not make";
    let (_, stored) = map_run();
    let at = |place: &str| stored.pointer(&format!("{run}/{place}")).unwrap().clone();
    let reading = json!({ "Reading": {
        "asked": { "generation": 9, "input": {} }, "limits": [1, 1], "bucket": "b", "keys": [], "key": null,
        "read": [], "are_pairs": false, "bytes": 0, "sources": []
    }});
    let generation = at("tasks").as_object().unwrap().keys().next().unwrap().clone();
    let changes = [
        ("item_counts/pending", json!(u64::MAX), counts),
        ("item_counts/running", json!(u64::MAX), counts),
        ("item_counts/failed", json!(u64::MAX), counts),
        ("item_counts/timedOut", json!(u64::MAX), counts),
        ("item_counts/total", json!(u64::MAX), counts),
        ("item_counts/resultsWritten", json!(u64::MAX), counts),
        ("execution_counts/succeeded", json!(u64::MAX), counts),
        ("execution_counts/running", json!(u64::MAX), counts),
        ("execution_counts/total", json!(u64::MAX), counts),
        ("started", json!(u32::MAX), counts),
        ("items/next", json!(u64::MAX), counts),
        ("items/next", json!(0), counts),
        ("items/all", json!({}), counts),
        ("children/0/items", json!(u64::MAX), counts),
        ("results", json!(["done"]), counts),
        ("failed", json!([0]), counts),
        ("frame", key(0, &json!(99)), of),
        ("graph", json!(0), of),
        ("is_express", json!(true), of),
        ("stage", reading, no_request),
        (
            "ready",
            json!([7]),
            "a state that can go on is not in the queue, or is in it twice",
        ),
        (
            "deadlines",
            json!([]),
            "a state waits for a time without a timer, or has one without waiting",
        ),
        ("children/0/armed", json!("1970-01-01T00:00:02Z"), child),
        ("children/1/armed", Value::Null, child),
        ("children/0/tasks", json!([]), task),
        ("tasks", json!({}), task),
        (&*format!("tasks/{generation}/0"), json!(1), task),
        // A child execution that nothing lets go on, though its Map Run does not know.
        ("children/1/core/timers/heap", json!([]), child),
        ("children/0/core/frames/slots/0/activity", json!("Entering"), task),
    ];
    let changes = changes.map(|(place, value, reason)| (format!("{run}/{place}"), value, reason));
    are_refused(
        map_run,
        changes
            .iter()
            .map(|(place, value, reason)| (&**place, value.clone(), *reason)),
    );
}

#[test]
fn numbers_do_not_overflow() {
    for (place, value) in [
        ("/core/recorder/count", json!(u64::MAX)),
        ("/core/recorder/limit", json!(0)),
        ("/core/timers/armed", json!(u64::MAX)),
        ("/core/variable_bytes", json!(u64::MAX)),
        ("/core/frames/serials", json!(u32::MAX)),
        ("/core/limits/inline_map_concurrency", json!(0)),
        ("/core/now", json!("+262142-12-31T23:59:59Z")),
    ] {
        for of in [waiting, map_run] {
            let ended = restored(of, place, value.clone());
            assert!(ended.is_ok(), "{place}: {ended:?}");
        }
    }
}

#[test]
fn old_limits_are_completed() {
    assert_eq!(restored(waiting, "/core/limits", json!({})), Ok("SUCCEEDED".to_owned()));
}
