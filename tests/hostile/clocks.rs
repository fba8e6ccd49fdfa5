//! Times at the edges of what a clock can show, and durations that lead beyond them.

use asl_engine::execution::{Command, Event, Execution, Snapshot};
use asl_engine::simulation::Answer;
use asl_engine::{Simulation, StateMachine};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

use super::run::{on_a_small_stack, options, program};

const EDGES: [DateTime<Utc>; 3] = [DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC];

fn started(state: &Value, input: Value, now: DateTime<Utc>) -> Execution {
    let mut state = state.clone();
    state["End"] = json!(true);
    let definition = json!({ "StartAt": "S", "TimeoutSeconds": 99_999_999, "States": { "S": state } });
    Execution::start(program(&definition), options(input), now)
}

fn cause(execution: &Execution) -> String {
    let cause = execution.outcome().unwrap().error().unwrap().cause.clone().unwrap();
    cause.rsplit("). ").next().unwrap().to_owned()
}

#[test]
fn waits_are_bounded() {
    on_a_small_stack(|| {
        let seconds = json!({ "Type": "Wait", "SecondsPath": "$.v" });
        let until = json!({ "Type": "Wait", "TimestampPath": "$.v" });
        for (state, value) in [
            (&seconds, json!(i64::MAX)),
            (&seconds, json!(u64::MAX)),
            (&seconds, json!(2_147_483_648_u64)),
            (&until, json!("9999-12-31T23:59:59Z")),
        ] {
            let execution = started(state, json!({ "v": value }), DateTime::UNIX_EPOCH);
            assert_eq!(cause(&execution), "Wait state delay is too long.", "{value}");
        }
        let unreadable = "cannot be parsed as a long value: $.v == ";
        for value in [
            json!(1e300),
            json!(-1.5),
            json!(1e19),
            json!("5"),
            json!(null),
            json!([1]),
        ] {
            let execution = started(&seconds, json!({ "v": value }), DateTime::UNIX_EPOCH);
            assert!(cause(&execution).contains(unreadable), "{}", cause(&execution));
        }
        assert!(cause(&started(&seconds, json!({ "v": i64::MIN }), DateTime::UNIX_EPOCH)).contains("a negative value"));
        for text in [
            "+262142-12-31T23:59:59Z",
            "99999-01-01T00:00:00Z",
            "2025-13-01T00:00:00Z",
            "2025-01-01T24:00:00Z",
        ] {
            let execution = started(&until, json!({ "v": text }), DateTime::UNIX_EPOCH);
            assert!(cause(&execution).contains("valid ISO-8601"), "{text}");
        }
    });
}

#[test]
fn waits_at_the_end_of_time_are_too_long() {
    on_a_small_stack(|| {
        let seconds = json!({ "Type": "Wait", "Seconds": 1 });
        let execution = started(&seconds, json!({}), DateTime::<Utc>::MAX_UTC);
        assert_eq!(cause(&execution), "Wait state delay is too long.");
        let past = json!({ "Type": "Wait", "Timestamp": "2025-01-01T00:00:00Z" });
        assert!(!started(&past, json!({}), DateTime::<Utc>::MAX_UTC).is_running());
        let execution = started(&past, json!({}), DateTime::<Utc>::MIN_UTC);
        assert_eq!(cause(&execution), "Wait state delay is too long.");
    });
}

#[test]
fn deadlines_end_with_the_clock() {
    on_a_small_stack(|| {
        let task = json!({ "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:A",
            "TimeoutSeconds": 99_999_999, "HeartbeatSeconds": 99_999_998,
            "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 99_999_999, "MaxDelaySeconds": 31_622_399 }] });
        for now in EDGES {
            let mut execution = started(&task, json!({}), now);
            let mut invoked = None;
            while let Some(command) = execution.poll_command() {
                match command {
                    Command::Invoke(task) => invoked = Some(task.id),
                    Command::Record(event) => assert!(event.to_json().is_object()),
                    _ => {}
                }
            }
            let task = invoked.unwrap();
            execution.handle(now, Event::TaskHeartbeat { task });
            // Where the clock ends, all time is over at once.
            assert!(execution.next_deadline().is_none_or(|deadline| deadline >= now));
            let stored = serde_json::to_string(&execution.snapshot()).unwrap();
            let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
            let mut execution = Execution::restore(Arc::clone(execution.program()), snapshot).unwrap();
            execution.handle(DateTime::<Utc>::MAX_UTC, Event::DeadlineReached);
            execution.handle(DateTime::<Utc>::MIN_UTC, Event::DeadlineReached);
        }
    });
}

#[test]
fn timeouts_from_the_input_are_bounded() {
    on_a_small_stack(|| {
        for field in ["TimeoutSecondsPath", "HeartbeatSecondsPath"] {
            let task =
                json!({ "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:A", field: "$.v" });
            for value in [
                json!(0),
                json!(-1),
                json!(100_000_000),
                json!(u64::MAX),
                json!(i64::MIN),
            ] {
                let execution = started(&task, json!({ "v": value }), DateTime::UNIX_EPOCH);
                let expected = format!("The {field} parameter must be between 1 and 99999999: $.v == {value}");
                assert_eq!(cause(&execution), expected);
            }
            for value in [
                json!(1.5),
                json!(1e300),
                json!(1e19),
                json!("1"),
                json!(null),
                json!({}),
            ] {
                let execution = started(&task, json!({ "v": value }), DateTime::UNIX_EPOCH);
                let expected = format!("The {field} parameter cannot be parsed as a long value: $.v == {value}");
                assert_eq!(cause(&execution), expected);
            }
            assert!(started(&task, json!({ "v": 99_999_999 }), DateTime::<Utc>::MAX_UTC).is_running());
        }
    });
}

#[test]
fn a_clock_that_goes_back_is_passed_over() {
    on_a_small_stack(|| {
        let wait = json!({ "Type": "Wait", "Seconds": 10 });
        let now = DateTime::UNIX_EPOCH;
        let mut execution = started(&wait, json!({}), now);
        execution.handle(DateTime::<Utc>::MIN_UTC, Event::DeadlineReached);
        execution.handle(now + TimeDelta::seconds(9), Event::DeadlineReached);
        assert!(execution.is_running());
        execution.handle(DateTime::<Utc>::MAX_UTC, Event::DeadlineReached);
        assert!(!execution.is_running());
    });
}

#[test]
fn a_simulation_ends_with_the_clock() {
    on_a_small_stack(|| {
        let machine = r#"{ "StartAt": "T", "States": { "T": { "Type": "Task", "End": true,
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F" } } }"#;
        let machine: StateMachine = machine.parse().unwrap();
        for now in EDGES {
            let run = Simulation::of(&machine)
                .task("T", [Answer::success(json!(1)).after(Duration::MAX)])
                .starting_at(now)
                .run(json!({}));
            assert!(run.output().is_some() || run.error().is_some());
        }
    });
}

#[cfg(feature = "runtime")]
#[test]
fn clocks_of_any_speed_tell_the_time() {
    use asl_engine::Interpreter;
    use asl_engine::runtime::Clock;

    on_a_small_stack(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let machine = json!({ "StartAt": "W", "States": { "W": { "Type": "Pass", "End": true } } });
            for speed in [f64::MAX, f64::INFINITY, f64::NAN, -1.0, 0.0, 5e-324, 1e300] {
                let interpreter = Interpreter::new().clock(Clock::faster(speed));
                let output: Value = interpreter.run(program(&machine), json!({ "a": 1 })).await.unwrap();
                assert_eq!(output, json!({ "a": 1 }));
            }
        });
    });
}
