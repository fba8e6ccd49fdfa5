//! An execution that did not succeed goes on with the states that did not.

mod maps;
mod player;
mod random;

use asl_engine::execution::{Execution, NotRedrivable, Outcome, Program, StartOptions};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;

use player::{Player, task, then};

fn machine(start: &str, states: Value) -> Value {
    json!({ "StartAt": start, "States": states })
}

fn parallel(branches: &[Value]) -> Value {
    json!({ "Type": "Parallel", "Branches": branches, "ResultPath": "$.results", "End": true })
}

#[test]
fn a_task_is_scheduled_again_without_being_entered_and_with_all_its_retries() {
    let mut charge = task();
    charge["Retry"] = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
    charge["Parameters"] = json!({
        "id.$": "$.id", "count.$": "$$.Execution.RedriveCount", "entered.$": "$$.State.EnteredTime",
        "retry.$": "$$.State.RetryCount"
    });
    let mut player = Player::of(&machine("Charge", json!({ "Charge": charge })), json!({ "id": 7 }));
    player.answer("Charge", [Err("Busy"), Err("Busy"), Err("Busy"), Ok(json!("paid"))]);
    player.play();
    assert_eq!(player.error(), Some("Busy"));
    player.redrive();
    assert_eq!(player.output(), Some(&json!("paid")));

    let entered = "1970-01-01T00:00:00Z";
    let input = |count: u32, retry: u32| json!({ "id": 7, "count": count, "entered": entered, "retry": retry });
    assert_eq!(
        player.inputs_of("Charge"),
        [input(0, 0), input(0, 1), input(1, 0), input(1, 1)]
    );
    assert_eq!(
        player.types_from("ExecutionFailed"),
        [
            "ExecutionFailed",
            "ExecutionRedriven",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionFailed",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ]
    );
    let redriven = player.event("ExecutionRedriven");
    assert_eq!(redriven["executionRedrivenEventDetails"], json!({ "redriveCount": 1 }));
    assert_eq!(redriven["previousEventId"], redriven["id"].as_u64().unwrap() - 1);
    let after = &player.history[player.history.len() - 8];
    assert_eq!(after.details.event_type(), "LambdaFunctionScheduled");
    assert_eq!(after.previous_event_id, redriven["id"]);
}

#[test]
fn the_context_object_has_the_time_of_the_redrive() {
    let mut charge = task();
    charge["Parameters"] = json!({ "execution.$": "$$.Execution" });
    let mut player = Player::of(&machine("Charge", json!({ "Charge": charge })), json!({}));
    player.answer("Charge", [Err("Busy"), Err("Busy"), Ok(json!(1))]);
    player.play();
    player.wait(60);
    player.redrive();
    player.wait(60);
    player.redrive();
    assert_eq!(player.output(), Some(&json!(1)));
    let seen = player.inputs_of("Charge");
    assert_eq!(seen[0]["execution"].get("RedriveTime"), None);
    assert_eq!(seen[1]["execution"]["RedriveTime"], "1970-01-01T00:01:00Z");
    assert_eq!(seen[2]["execution"]["RedriveTime"], "1970-01-01T00:02:00Z");
    assert_eq!(seen[2]["execution"]["RedriveCount"], 2);
    assert_eq!(seen[2]["execution"]["StartTime"], "1970-01-01T00:00:00Z");
}

#[test]
fn the_timeout_of_the_machine_begins_again_and_so_does_a_wait() {
    let wait = |next: Value| then(json!({ "Type": "Wait", "Seconds": 6 }), &next);
    let mut waits = machine("A", json!({ "A": wait(json!("B")), "B": wait(Value::Null) }));
    waits["TimeoutSeconds"] = json!(10);
    let mut player = Player::of(&waits, json!({ "id": 7 }));
    player.play();
    assert_eq!(player.execution.outcome().map(Outcome::status), Some("TIMED_OUT"));
    player.redrive();
    assert_eq!(player.output(), Some(&json!({ "id": 7 })));
    assert_eq!(player.elapsed(), TimeDelta::seconds(16));
    assert_eq!(
        player.types_from("ExecutionTimedOut"),
        [
            "ExecutionTimedOut",
            "ExecutionRedriven",
            "WaitStateEntered",
            "WaitStateExited",
            "ExecutionSucceeded"
        ]
    );
}

#[test]
fn a_wait_for_a_time_that_has_passed_ends_at_once() {
    let mut waits = machine(
        "A",
        json!({ "A": { "Type": "Wait", "Timestamp": "1970-01-01T00:00:20Z", "End": true } }),
    );
    waits["TimeoutSeconds"] = json!(10);
    let mut player = Player::of(&waits, json!({}));
    player.play();
    player.wait(90);
    player.redrive();
    assert_eq!(player.output(), Some(&json!({})));
    assert_eq!(player.elapsed(), TimeDelta::seconds(100));
}

#[test]
fn branches_that_succeeded_keep_their_results() {
    let branch = |name: &str| machine(name, json!({ name: task() }));
    let waiting = machine(
        "Rest",
        json!({ "Rest": { "Type": "Wait", "Seconds": 5, "Next": "Late" }, "Late": task() }),
    );
    let states = json!({ "All": parallel(&[branch("Done"), branch("Broken"), waiting]) });
    let mut player = Player::of(&machine("All", states), json!({ "id": 7 }));
    player.answer("Broken", [Err("Busy"), Ok(json!("broken"))]);
    player.play();
    assert_eq!(player.error(), Some("Busy"));
    assert_eq!(player.event("WaitStateAborted")["type"], "WaitStateAborted");
    player.redrive();
    assert_eq!(player.output().unwrap()["results"], json!(["Done", "broken", "Late"]));
    assert_eq!(player.inputs_of("Done").len(), 1);
    assert_eq!(player.inputs_of("Late"), [json!({ "id": 7 })]);
    assert_eq!(
        player.types_from("ExecutionRedriven"),
        [
            "ExecutionRedriven",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "WaitStateEntered",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "WaitStateExited",
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ParallelStateSucceeded",
            "ParallelStateExited",
            "ExecutionSucceeded",
        ]
    );
}

#[test]
fn a_parallel_whose_own_result_is_wrong_runs_again_as_a_whole() {
    let mut all = parallel(&[machine("Done", json!({ "Done": task() }))]);
    all["OutputPath"] = json!("$.results[0].missing");
    let mut player = Player::of(&machine("All", json!({ "All": all })), json!({}));
    player.answer("Done", [Ok(json!(1)), Ok(json!({ "missing": 2 }))]);
    player.play();
    assert_eq!(player.error(), Some("States.Runtime"));
    player.redrive();
    assert_eq!(player.output(), Some(&json!(2)));
    assert_eq!(player.types_from("ExecutionRedriven")[1], "ParallelStateStarted");
}

#[test]
fn a_caught_failure_is_forgotten() {
    let mut all = then(
        parallel(&[machine("Broken", json!({ "Broken": task() }))]),
        &json!("After"),
    );
    all["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "After" }]);
    let mut player = Player::of(
        &machine("All", json!({ "All": all, "After": task() })),
        json!({ "id": 7 }),
    );
    player.answer("Broken", [Err("Busy")]);
    player.answer("After", [Err("Closed"), Ok(json!("opened"))]);
    player.play();
    assert_eq!(player.error(), Some("Closed"));
    player.redrive();
    assert_eq!(player.output(), Some(&json!("opened")));
    assert_eq!(player.inputs_of("Broken").len(), 1);
    assert_eq!(player.inputs_of("After")[0], player.inputs_of("After")[1]);
}

#[test]
fn a_retried_failure_is_forgotten() {
    let mut all = parallel(&[
        machine("Done", json!({ "Done": task() })),
        machine("Broken", json!({ "Broken": task() })),
    ]);
    all["Retry"] = json!([{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }]);
    let mut player = Player::of(&machine("All", json!({ "All": all })), json!({}));
    player.answer("Broken", [Err("Busy"), Err("Closed"), Ok(json!(1))]);
    player.play();
    assert_eq!(player.error(), Some("Closed"));
    player.redrive();
    assert_eq!(player.output().unwrap()["results"], json!(["Done", 1]));
    assert_eq!(
        (player.inputs_of("Broken").len(), player.inputs_of("Done").len()),
        (3, 2)
    );
}

#[test]
fn a_stopped_execution_goes_on_with_a_task_of_its_own() {
    let mut waits = task();
    waits["Resource"] = json!("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    waits["Parameters"] = json!({ "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" });
    let mut player = Player::of(&machine("Ask", json!({ "Ask": waits })), json!({}));
    player.leave_open("Ask");
    player.play();
    let before = player.open[0].clone();
    player.stop();
    player.redrive();
    let after = player.open[0].clone();
    assert_ne!(before.id, after.id);
    assert_ne!(before.request.token, after.request.token);
    player.succeed(&before, json!("too late"));
    assert!(player.execution.is_running());
    player.succeed(&after, json!("answered"));
    assert_eq!(player.output(), Some(&json!("answered")));
}

#[test]
fn a_fail_state_fails_again() {
    let mut player = Player::of(
        &machine("No", json!({ "No": { "Type": "Fail", "ErrorPath": "$.error" } })),
        json!({ "error": "Never" }),
    );
    player.play();
    player.redrive();
    assert_eq!(player.error(), Some("Never"));
    assert_eq!(
        player.types_from("ExecutionRedriven"),
        ["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"]
    );
}

#[test]
fn states_that_only_look_at_data_look_at_the_same_data_again() {
    for state in [
        json!({ "Type": "Pass", "OutputPath": "$.missing", "End": true }),
        json!({ "Type": "Pass", "InputPath": "$.missing", "ResultPath": "$.x", "End": true }),
        json!({ "Type": "Succeed", "InputPath": "$.missing" }),
        json!({ "Type": "Choice", "Choices": [{ "Variable": "$.missing", "IsNull": true, "Next": "Rest" }] }),
        json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $error('no') %}", "End": true }),
    ] {
        let mut states = json!({ "Look": state });
        if state["Type"] == "Choice" {
            states["Rest"] = json!({ "Type": "Pass", "End": true });
        }
        let mut player = Player::of(&machine("Look", states), json!({ "id": 7 }));
        player.play();
        let (error, entered) = (player.error().map(str::to_owned), player.history[1].to_json());
        player.redrive();
        assert!(error.is_some());
        assert_eq!(player.error(), error.as_deref(), "{state}");
        let again = player
            .history
            .iter()
            .rev()
            .find(|event| event.details.event_type() == entered["type"]);
        assert_eq!(
            again.unwrap().to_json()["stateEnteredEventDetails"],
            entered["stateEnteredEventDetails"]
        );
    }
}

#[test]
fn variables_are_kept() {
    let set = json!({ "Type": "Pass", "Assign": { "x": "{% $states.input.id + 1 %}" }, "Next": "All" });
    let inner = json!({ "Type": "Pass", "Assign": { "y": "{% $x * 10 %}" }, "Next": "Use" });
    let mut using = task();
    using["Arguments"] = json!({ "x": "{% $x %}", "y": "{% $y %}" });
    let branch = machine("Inner", json!({ "Inner": inner, "Use": using }));
    let all = json!({ "Type": "Parallel", "Branches": [branch], "Output": "{% $x %}", "End": true });
    let mut definition = machine("Set", json!({ "Set": set, "All": all }));
    definition["QueryLanguage"] = json!("JSONata");
    let mut player = Player::of(&definition, json!({ "id": 7 }));
    player.answer("Use", [Err("Busy"), Ok(json!(1))]);
    player.play();
    player.redrive();
    assert_eq!(player.output(), Some(&json!(8)));
    assert_eq!(
        player.inputs_of("Use"),
        [json!({ "x": 8, "y": 80 }), json!({ "x": 8, "y": 80 })]
    );
}

#[test]
fn a_state_that_fails_after_its_work_still_has_its_input() {
    let mut charge = task();
    charge["ResultPath"] = json!("$.paid");
    let mut assigning = charge.clone();
    assigning["Assign"] = json!({ "v.$": "$" });
    let mut selecting = charge;
    selecting["OutputPath"] = json!("$.paid.receipt");
    for (state, wrong) in [(assigning, json!("far too long")), (selecting, json!(1))] {
        let definition = machine("Charge", json!({ "Charge": state }));
        let small = |options: &mut StartOptions| options.limits.variable_bytes = 10;
        let mut player = Player::with(&definition, json!({ "id": 7 }), small);
        player.answer("Charge", [Ok(wrong), Ok(json!({ "receipt": 1 }))]);
        player.play();
        assert!(player.error().is_some());
        player.execution.redrive(DateTime::UNIX_EPOCH).unwrap();
        player.play();
        assert_eq!(
            player.inputs_of("Charge"),
            [json!({ "id": 7 }), json!({ "id": 7 })],
            "{state}"
        );
    }
}

#[test]
fn executions_that_cannot_be_redriven_say_why() {
    let day = TimeDelta::days(1);
    let definition = machine("Do", json!({ "Do": task() }));
    let failed = |change: &dyn Fn(&mut StartOptions)| {
        let mut player = Player::with(&definition, json!({}), change);
        player.answer("Do", [Err("Busy"), Err("Busy")]);
        player.play();
        player.execution
    };
    let end = DateTime::UNIX_EPOCH;
    let why = |execution: &mut Execution, now| {
        let asked = execution.check_redrivable(now);
        assert_eq!(asked, execution.redrive(now));
        asked.unwrap_err()
    };
    let mut running = Player::of(&definition, json!({})).execution;
    assert_eq!(why(&mut running, end), NotRedrivable::Running);
    let mut succeeded = Player::of(&definition, json!({}));
    succeeded.play();
    assert_eq!(why(&mut succeeded.execution, end), NotRedrivable::Succeeded);
    let mut express = failed(&|options| options.express_id = Some("id".into()));
    assert_eq!(why(&mut express, end), NotRedrivable::Express);
    let mut dropped = failed(&|options| options.is_redrivable = false);
    assert_eq!(why(&mut dropped, end), NotRedrivable::NotKept);
    let mut old = failed(&|_| {});
    assert_eq!(
        why(&mut old, end + day * 14 + TimeDelta::milliseconds(1)),
        NotRedrivable::PeriodExceeded
    );
    // It has 6 events; a redrive needs room for two.
    let mut full = failed(&|options| options.limits.history_events = Some(7));
    assert_eq!(why(&mut full, end), NotRedrivable::TooManyEvents);
    let mut fits = failed(&|options| options.limits.history_events = Some(8));
    assert_eq!(fits.check_redrivable(end), Ok(()));
    fits.redrive(end + day * 14).unwrap();
    let mut too_deep = json!(1);
    for _ in 0..1_000 {
        too_deep = json!([too_deep]);
    }
    let program = Arc::clone(fits.program());
    let mut deep = Execution::start(program, StartOptions::new(too_deep), end);
    assert_eq!(why(&mut deep, end), NotRedrivable::NotKept);
}

#[test]
fn an_execution_whose_input_was_refused_starts_over() {
    let definition: asl_engine::StateMachine = machine("Do", json!({ "Do": task() })).to_string().parse().unwrap();
    let program = Arc::new(Program::compile(&definition));
    let mut options = StartOptions::new(json!({ "id": "a long name" }));
    options.limits.payload_bytes = 8;
    let mut execution = Execution::start(program, options, DateTime::UNIX_EPOCH);
    execution.redrive(DateTime::UNIX_EPOCH).unwrap();
    let error = execution.outcome().and_then(|outcome| outcome.error()).unwrap();
    assert_eq!(error.error.as_deref(), Some("States.DataLimitExceeded"));
    assert_eq!(execution.context().redrive_count, Some(1));
}

#[test]
fn the_thousand_and_first_redrive_is_refused() {
    let mut player = Player::of(&machine("No", json!({ "No": { "Type": "Fail" } })), json!({}));
    player.is_stored = false;
    player.play();
    for _ in 0..1_000 {
        player.redrive();
    }
    assert_eq!(
        player.execution.check_redrivable(DateTime::UNIX_EPOCH),
        Err(NotRedrivable::TooManyRedrives)
    );
}
