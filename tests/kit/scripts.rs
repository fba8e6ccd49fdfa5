//! Scripts: per visit, per item, by functions; timeouts, heartbeats, callbacks.

use asl_engine::simulation::{Answer, Call, SimulationError};
use asl_engine::{Simulation, StateMachine, TaskError};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{machine, sample};

fn busy() -> Result<Value, TaskError> {
    Err(TaskError::new("Busy", ""))
}

fn order(lines: usize) -> Value {
    json!({ "lines": vec!["line"; lines] })
}

/// The bank is asked where the first line costs more than 100.
fn dear() -> Simulation {
    Simulation::of(&machine("till")).always("Look up", json!(200))
}

#[test]
fn a_visit_has_answers_of_its_own_and_resets_no_other() {
    let run = Simulation::of(&machine("till"))
        .task("Look up", [json!(1), json!(3)])
        .visit("Look up", 1, [busy(), busy(), Ok(json!(2))])
        .run(order(3));
    assert_eq!(run.output().unwrap()["prices"], json!([1, 2, 3]));
    assert_eq!(run.delays("Look up"), [2, 4].map(Duration::from_secs));
}

#[test]
fn an_item_has_answers_of_its_own_in_whatever_order_iterations_run() {
    let run = Simulation::of(&machine("till"))
        .item("Look up", 2, [Answer::success(json!(3))])
        .item("Look up", 0, [Answer::success(json!(1)).after(Duration::from_secs(9))])
        .item("Look up", 1, [busy(), Ok(json!(2))])
        .run(order(3));
    assert_eq!(run.output().unwrap()["prices"], json!([1, 2, 3]));
}

#[test]
fn a_function_sees_visit_attempt_item_and_input() {
    let run = Simulation::of(&machine("till"))
        .task_with("Look up", |call: &Call| {
            assert_eq!((call.visit, call.item()), (call.iterations[0], Some(call.visit)));
            match (call.visit, call.attempt) {
                (1, 0) => Answer::error("Busy", ""),
                (visit, attempt) => Answer::success(json!(10 * visit + attempt)),
            }
        })
        .run(json!({ "lines": ["a", "b"] }));
    // The first line costs nothing, and that is no price.
    assert_eq!(run.error_name(), Some("Sorry"));
    assert_eq!(run.visit("Price").raw_result.as_ref().unwrap().value(), &json!([0, 11]));
}

#[test]
fn answers_of_a_visit_that_never_comes_are_left_over() {
    let simulation = Simulation::of(&machine("till"))
        .always("Look up", json!(1))
        .visit("Look up", 7, [busy()]);
    let error = simulation.try_run(order(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the execution ended SUCCEEDED with 1 scripted answer of `Look up` left over"
    );
    assert!(simulation.allow_left_over().try_run(order(1)).is_ok());
}

#[test]
fn a_missing_answer_says_which_visit_and_attempt() {
    let simulation = Simulation::of(&machine("till")).task("Look up", [Ok(json!(1)), busy()]);
    let error = simulation.try_run(order(2)).unwrap_err();
    let SimulationError::MissingAnswer {
        state, visit, attempt, ..
    } = error
    else {
        panic!("{error}")
    };
    assert_eq!((&*state, visit, attempt), ("Look up", 1, 1));
}

#[test]
fn a_visit_scripted_twice_is_an_error() {
    let simulation = Simulation::of(&machine("till"))
        .visit("Look up", 0, [busy()])
        .visit("Look up", 0, [busy()]);
    let twice = SimulationError::ScriptedTwice { task: "Look up".into() };
    assert_eq!(simulation.try_run(order(1)), Err(twice));
}

#[test]
fn a_callback_comes_by_token_after_the_service_has_answered() {
    let paid: Result<Value, TaskError> = Ok(json!("yes"));
    let run = dear()
        .task("Ask the bank", [Answer::callback(paid).after(Duration::from_secs(50))])
        .run(order(1));
    assert_eq!(run.output().unwrap()["bank"], json!("yes"));
    assert_eq!(run.elapsed(), Duration::from_secs(50 + 4 * 3600));
    let events: Vec<&str> = run
        .history()
        .iter()
        .map(asl_engine::history::HistoryEvent::event_type)
        .collect();
    let submitted = events.iter().position(|event| *event == "TaskSubmitted").unwrap();
    assert_eq!(events[submitted + 1], "TaskSucceeded");
}

#[test]
fn a_lost_heartbeat_is_retried_and_a_timeout_is_caught() {
    let run = dear()
        .task("Ask the bank", [Answer::heartbeat_loss(), Answer::timeout()])
        .run(order(1));
    assert_eq!(run.error_name(), Some("Sorry"));
    let attempts: Vec<_> = run.attempts("Ask the bank").collect();
    assert_eq!(attempts[0].ended.unwrap(), Duration::from_mins(1));
    assert!(attempts[0].missed_heartbeat && !attempts[1].missed_heartbeat);
    assert_eq!(attempts[1].took(), Duration::from_mins(10));
}

#[test]
fn heartbeats_keep_a_task_alive_until_it_answers() {
    let minute = Duration::from_mins(1);
    let alive = Answer::success(json!(1)).after(5 * minute).heartbeat_every(minute / 2);
    assert!(
        dear()
            .task("Ask the bank", [alive.clone()])
            .run(order(1))
            .output()
            .is_some()
    );
    let lost = alive.heartbeat_every(minute * 2);
    let run = dear().task("Ask the bank", [lost.clone(), lost]).run(order(1));
    assert_eq!(run.error_name(), Some("Sorry"));
}

/// A call that answers when it is done cannot miss a heartbeat, whatever it sends meanwhile.
#[test]
fn a_plain_call_misses_no_heartbeat() {
    let machine = json!({ "StartAt": "A", "States": { "A": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:a", "HeartbeatSeconds": 2, "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let seconds = Duration::from_secs;
    let beats = Answer::success(json!("done"))
        .after(seconds(10))
        .heartbeat_every(seconds(6));
    let run = Simulation::of(&machine).task("A", [beats]).run(json!({}));
    assert_eq!((run.output(), run.elapsed()), (Some(&json!("done")), seconds(10)));
}

#[test]
fn heartbeats_for_ever_are_no_end() {
    let machine = json!({ "StartAt": "A", "States": { "A": {
        "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "HeartbeatSeconds": 9, "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let beats = Answer::never().heartbeat_every(Duration::from_secs(1));
    let stuck = Err(SimulationError::Stuck { state: "A".into() });
    assert_eq!(Simulation::of(&machine).task("A", [beats]).try_run(json!({})), stuck);
}

#[test]
fn an_answer_comes_after_any_number_of_heartbeats() {
    let machine = |timeout: u32, heartbeat: u32| -> StateMachine {
        let state = json!({
            "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a",
            "TimeoutSeconds": timeout, "HeartbeatSeconds": heartbeat, "End": true
        });
        let text = json!({ "StartAt": "A", "States": { "A": state } }).to_string();
        text.parse().unwrap()
    };
    let (second, millisecond) = (Duration::from_secs(1), Duration::from_millis(1));
    let of = |machine: &StateMachine, answer| Simulation::of(machine).task("A", [answer]).try_run(json!({}));

    let many = Answer::success(json!(1))
        .after(1_000 * second)
        .heartbeat_every(millisecond);
    assert_eq!(of(&machine(2_000, 1), many).unwrap().elapsed(), 1_000 * second);
    let day = 24 * 3_600;
    let run = of(&machine(day, 1), Answer::timeout()).unwrap();
    assert_eq!(
        (run.error_name(), run.elapsed()),
        (Some("States.Timeout"), day * second)
    );

    let late = Answer::success(json!(1))
        .after(millisecond)
        .heartbeat_every(Duration::ZERO);
    let error = of(&machine(2_000, 1), late).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the state `A` sent 200000 heartbeats in a row"),
        "{error}"
    );
}

#[test]
fn an_execution_starts_at_a_fixed_recent_time() {
    let machine: StateMachine = json!({ "StartAt": "A", "TimeoutSeconds": 60, "States": {
        "A": { "Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "B" },
        "B": { "Type": "Pass", "Parameters": { "start.$": "$$.Execution.StartTime" }, "End": true }
    }})
    .to_string()
    .parse()
    .unwrap();
    let run = Simulation::of(&machine).run(json!({}));
    assert_eq!(run.output(), Some(&json!({ "start": "2026-01-01T00:00:00Z" })));
    assert_eq!(run.elapsed(), Duration::ZERO);
}

#[test]
fn why_the_execution_failed_comes_before_the_answers_left_over() {
    let machine: StateMachine = json!({ "StartAt": "Read", "States": {
        "Read": { "Type": "Pass", "InputPath": "$.ordr", "Next": "Charge" },
        "Charge": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true }
    }})
    .to_string()
    .parse()
    .unwrap();
    let answered = Simulation::of(&machine).task("Charge", [json!(1)]);
    let always = Simulation::of(&machine).always("Charge", json!(1));
    for (simulation, consequence) in [
        (answered, "1 scripted answer of `Charge` left over"),
        (always, "never called"),
    ] {
        let told = simulation.try_run(json!({})).unwrap_err().to_string();
        let (first, second) = (told.find("It failed in `Read`"), told.find(consequence));
        assert!(first.is_some() && first < second, "{told}");
    }
}

#[test]
fn what_a_task_cannot_do_is_refused() {
    let refused = |answer: Answer| {
        let simulation = Simulation::of(&sample("charge")).task("Charge", [answer]);
        simulation.try_run(json!({})).unwrap_err()
    };
    let state = || "Charge".to_owned();
    assert_eq!(
        refused(Answer::timeout()),
        SimulationError::NoTimeout { state: state() }
    );
    assert_eq!(
        refused(Answer::heartbeat_loss()),
        SimulationError::NoHeartbeat { state: state() }
    );
    let paid: Result<Value, TaskError> = Ok(json!(1));
    assert_eq!(
        refused(Answer::callback(paid)),
        SimulationError::NoToken { state: state() }
    );
}

#[test]
fn a_worker_takes_an_activity_up() {
    let machine = json!({ "StartAt": "A", "States": { "A": {
        "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": true
    }}})
    .to_string()
    .parse()
    .unwrap();
    let run = Simulation::of(&machine)
        .task("A", [Answer::success(json!(1)).taken_up_by("Ada")])
        .run(json!({}));
    let started = run
        .history()
        .iter()
        .find(|event| event.event_type() == "ActivityStarted")
        .unwrap();
    assert_eq!(started.to_json()["activityStartedEventDetails"]["workerName"], "Ada");
}
