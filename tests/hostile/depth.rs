//! Values that nest a hundred thousand levels deep: printing, cloning, comparing and even dropping them overflows the
//! stack, so that they are refused where they come in.

use std::sync::Arc;

use asl_engine::definition::{Code, PassState};
use asl_engine::execution::{Command, Event, Execution, Snapshot, TaskId};
use asl_engine::history::ErrorOutput;
use asl_engine::simulation::Exploration;
use asl_engine::{Simulation, StateMachine};
use chrono::DateTime;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::run::{on_a_small_stack, options, program, run};

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |value, level| {
        if level % 2 == 0 {
            Value::Array(vec![value])
        } else {
            Value::Object([("a".to_owned(), value)].into_iter().collect())
        }
    })
}

fn pass() -> Value {
    json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } })
}

fn task() -> Value {
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    let parameters = json!({ "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } });
    json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true } } })
}

fn waiting() -> (Execution, TaskId) {
    let mut execution = Execution::start(program(&task()), options(json!({})), DateTime::UNIX_EPOCH);
    let mut task = None;
    while let Some(command) = execution.poll_command() {
        if let Command::Invoke(invoked) = command {
            task = Some(invoked.id);
        }
    }
    (execution, task.unwrap())
}

const TOO_DEEP: &str = "States.DataLimitExceeded: The result nests arrays and objects deeper than 112 levels.";

fn error(execution: &Execution) -> String {
    let error = execution.outcome().unwrap().error().unwrap();
    format!(
        "{}: {}",
        error.error.as_deref().unwrap(),
        error.cause.as_deref().unwrap()
    )
}

#[test]
fn an_input_is_refused() {
    for depth in [113, 100_000] {
        let ran = run(pass(), options(Value::Null));
        assert_eq!(ran.outcome.unwrap().status(), "SUCCEEDED");
        let failed = on_a_small_stack(move || {
            let execution = Execution::start(program(&pass()), options(nested(depth)), DateTime::UNIX_EPOCH);
            error(&execution)
        });
        assert_eq!(
            failed,
            "States.DataLimitExceeded: The input of the execution nests arrays and objects deeper than 112 levels."
        );
    }
}

#[test]
fn the_deepest_input_goes_through_everything() {
    on_a_small_stack(|| {
        let definition = json!({ "StartAt": "M", "States": {
            "M": { "Type": "Map", "ItemsPath": "$.items", "ResultPath": null, "Next": "P", "ItemProcessor":
                { "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 1, "Assign": { "v.$": "$" }, "End": true } } } },
            "P": { "Type": "Pass", "End": true } } });
        let input = json!({ "items": [nested(110), nested(110)] });
        let mut execution = Execution::start(program(&definition), options(input.clone()), DateTime::UNIX_EPOCH);
        while execution.is_running() {
            while execution.poll_command().is_some() {}
            let stored = serde_json::to_string(&execution.snapshot()).unwrap();
            let snapshot: Snapshot = serde_json::from_str(&stored).expect("a snapshot can be read again");
            execution = Execution::restore(Arc::clone(execution.program()), snapshot).unwrap();
            let deadline = execution.next_deadline().unwrap();
            execution.handle(deadline, Event::DeadlineReached);
        }
        assert_eq!(execution.outcome().unwrap().output(), Some(&input));
    });
}

#[test]
fn an_answer_is_refused() {
    for depth in [113, 100_000] {
        let failed = on_a_small_stack(move || {
            let (mut execution, task) = waiting();
            let output = nested(depth);
            execution.handle(
                DateTime::UNIX_EPOCH,
                Event::TaskSucceeded {
                    task,
                    raw_result: output,
                },
            );
            error(&execution)
        });
        assert_eq!(failed, TOO_DEEP);
    }
}

#[test]
fn an_answer_halfway_is_refused() {
    let failed = on_a_small_stack(|| {
        let (mut execution, task) = waiting();
        let output = nested(100_000);
        execution.handle(DateTime::UNIX_EPOCH, Event::TaskSubmitted { task, output });
        error(&execution)
    });
    assert_eq!(failed, TOO_DEEP);
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    on_a_small_stack(|| {
        let (mut execution, task) = waiting();
        execution.handle(DateTime::UNIX_EPOCH, Event::Stop(ErrorOutput::default()));
        let output = nested(100_000);
        execution.handle(
            DateTime::UNIX_EPOCH,
            Event::TaskSucceeded {
                task,
                raw_result: output,
            },
        );
        let (mut other, _) = waiting();
        let output = nested(100_000);
        other.handle(
            DateTime::UNIX_EPOCH,
            Event::TaskSucceeded {
                task,
                raw_result: output,
            },
        );
    });
}

#[test]
fn a_simulation_tells_it_too() {
    let failed = on_a_small_stack(|| {
        let machine: StateMachine = pass().to_string().parse().unwrap();
        let run = Simulation::of(&machine).run(nested(100_000));
        run.error().unwrap().error.clone()
    });
    assert_eq!(failed.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn answers_and_explored_inputs_that_nest_deeply_are_bounded() {
    let (failed, found) = on_a_small_stack(|| {
        let machine: StateMachine = task().to_string().parse().unwrap();
        let run = Simulation::of(&machine).always("T", nested(100_000)).run(json!({}));
        let well = Simulation::of(&machine).otherwise(json!({}));
        let report = Exploration::of(&well)
            .input(nested(100_000))
            .max_faults(0)
            .explore()
            .unwrap();
        (
            run.error().unwrap().error.clone(),
            report.findings[0].error.clone().unwrap().error,
        )
    });
    assert_eq!(failed.as_deref(), Some("States.DataLimitExceeded"));
    assert_eq!(found.as_deref(), Some("States.DataLimitExceeded"));
}

#[test]
fn a_definition_built_in_code_is_refused() {
    let refused = on_a_small_stack(|| {
        let result = PassState::builder().result(nested(100_000)).end();
        let built = StateMachine::builder().state("P", result).build().unwrap_err();
        let deep = nested(100_000);
        let read = StateMachine::deserialize(&deep).unwrap_err();
        // Dropping it is its owner's business, and would overflow this stack.
        std::mem::forget(deep);
        (built.diagnostics()[0].code, read.to_string())
    });
    assert_eq!(refused.0, Code::TooDeeplyNested);
    assert_eq!(refused.1, "the definition nests deeper than 128 arrays and objects");
}

#[cfg(feature = "runtime")]
mod in_real_time {
    use asl_engine::handlers::{Handler, TaskContext};
    use asl_engine::{Interpreter, TaskError};
    use async_trait::async_trait;

    use super::*;

    struct Deep;

    #[async_trait]
    impl Handler for Deep {
        async fn call(&self, _: Value, context: TaskContext) -> Result<Value, TaskError> {
            context.submitted(nested(100_000));
            Ok(nested(100_000))
        }
    }

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:Deep";

    fn failure_of(interpreter: impl FnOnce() -> Interpreter + Send + 'static, resource: &'static str) -> String {
        on_a_small_stack(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let parameters = json!({ "FunctionName": FUNCTION });
                let machine = json!({ "StartAt": "T", "States": { "T":
                    { "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true } } });
                let outcome = interpreter().run::<Value>(program(&machine), json!({})).await;
                outcome.unwrap_err().to_string()
            })
        })
    }

    #[test]
    fn a_handler_is_not_believed() {
        let failed = failure_of(|| Interpreter::new().handler(FUNCTION, Deep), FUNCTION);
        assert!(failed.contains("deeper than 112 levels"), "{failed}");
        let failed = failure_of(
            || Interpreter::new().handler(FUNCTION, Deep),
            "arn:aws:states:::lambda:invoke",
        );
        assert!(failed.contains("deeper than 112 levels"), "{failed}");
    }

    #[test]
    fn a_closure_is_not_believed() {
        let deep = |_: Value| async { Ok::<_, TaskError>(nested(100_000)) };
        let failed = failure_of(move || Interpreter::new().task(FUNCTION, deep), FUNCTION);
        assert!(failed.contains("deeper than 112 levels"), "{failed}");
    }

    #[test]
    fn what_an_execution_is_started_with_is_refused() {
        let refused = on_a_small_stack(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let interpreter = Interpreter::new();
                assert!(interpreter.send_task_success("no token", nested(100_000)).is_err());
                interpreter
                    .start(program(&pass()), nested(100_000))
                    .unwrap_err()
                    .to_string()
            })
        });
        assert_eq!(refused, "the input is no JSON: it nests deeper than 112 levels");
    }
}
