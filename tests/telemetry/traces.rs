//! The spans of executions: their tree, their times, their attributes and links.

use asl_engine::handlers::TaskContext;
use asl_engine::runtime::{Clock, StartRequest};
use asl_engine::telemetry::Telemetry;
use asl_engine::telemetry::trace_id;
use asl_engine::{Interpreter, Outcome, StateMachine, TaskError};
use opentelemetry::trace::SpanKind::{self, Client, Internal};
use opentelemetry_sdk::trace::{InMemorySpanExporter, Sampler};
use serde_json::{Value, json};

use crate::tree::{Traced, attribute};

const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

pub(crate) fn machine(definition: Value) -> StateMachine {
    definition.to_string().parse().unwrap()
}

/// Runs a machine in virtual time; returns its trace and its outcome.
async fn run(traced: &Traced, interpreter: Interpreter, machine: &StateMachine, input: Value) -> (String, Outcome) {
    let interpreter = interpreter.clock(Clock::virtual_time()).telemetry(&traced.telemetry);
    let execution = interpreter
        .start_with(machine, input, StartRequest::default().state_machine_name("Bar"))
        .unwrap();
    let outcome = execution.outcome().await;
    (traced.tree(trace_id(execution.arn())), outcome)
}

fn failing_at_first() -> Interpreter {
    Interpreter::new().task(WORK, |input: Value, context: TaskContext| async move {
        if context.retry_count < 2 {
            return Err(TaskError::new("Busy", "the customer's card number is 4111"));
        }
        Ok(input)
    })
}

#[tokio::test]
async fn a_state_is_a_span_and_each_attempt_is_one_in_it() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 5, "Next": "Work" },
        "Work": { "Type": "Task", "Resource": WORK, "Next": "Rest",
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 1 }] },
        "Rest": { "Type": "Pass", "End": true }
    }}));
    let (tree, _) = run(&traced, failing_at_first(), &machine, json!({})).await;
    assert_eq!(
        tree,
        "Bar 0-9\n\
         \x20 Wait 0-5\n\
         \x20 Work 5-9\n\
         \x20   Work 5-5 ERROR Busy task.retry_count=0\n\
         \x20   Work 7-7 ERROR Busy task.retry_count=1\n\
         \x20   Work 9-9 task.retry_count=2\n\
         \x20 Rest 9-9\n"
    );
}

#[tokio::test]
async fn branches_and_iterations_are_spans_too() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Both", "States": {
        "Both": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "Cool", "States": { "Cool": { "Type": "Wait", "Seconds": 3, "End": true } } },
            { "StartAt": "Each", "States": { "Each": { "Type": "Map", "End": true, "MaxConcurrency": 1, "ItemProcessor": {
                "StartAt": "Slice", "States": { "Slice": { "Type": "Wait", "SecondsPath": "$", "End": true } }
            } } } }
        ] }
    }}));
    // An inner Map takes the whole input.
    let (tree, outcome) = run(&traced, Interpreter::new(), &machine, json!([1, 4])).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
    assert_eq!(
        tree,
        "Bar 0-5\n\
         \x20 Both 0-5\n\
         \x20   Both branch 0-3 branch.index=0\n\
         \x20     Cool 0-3\n\
         \x20   Both branch 0-5 branch.index=1\n\
         \x20     Each 0-5\n\
         \x20       Each iteration 0-1 map.index=0\n\
         \x20         Slice 0-1\n\
         \x20       Each iteration 1-5 map.index=1\n\
         \x20         Slice 1-5\n"
    );
}

#[tokio::test]
async fn a_failure_marks_all_that_failed_and_what_it_aborted() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Both", "States": {
        "Both": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": 60, "End": true } } },
            { "StartAt": "Wait", "States": {
                "Wait": { "Type": "Wait", "Seconds": 1, "Next": "Work" },
                "Work": { "Type": "Task", "Resource": WORK, "End": true }
            } }
        ] }
    }}));
    let (tree, outcome) = run(&traced, failing_at_first(), &machine, json!({})).await;
    assert_eq!(outcome.status(), "FAILED");
    assert_eq!(
        tree,
        "Bar 0-1 ERROR Busy\n\
         \x20 Both 0-1 ERROR Busy\n\
         \x20   Both branch 0-1 branch.index=0 aborted=true\n\
         \x20     Rest 0-1 aborted=true\n\
         \x20   Both branch 0-1 ERROR Busy branch.index=1\n\
         \x20     Wait 0-1\n\
         \x20     Work 1-1 ERROR Busy\n\
         \x20       Work 1-1 ERROR Busy task.retry_count=0\n"
    );
}

#[tokio::test]
async fn a_retried_parallel_has_branches_of_its_own_each_time() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Both", "States": {
        "Both": { "Type": "Parallel", "Next": "Rest",
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 1 }],
            "Catch": [{ "ErrorEquals": ["Busy"], "Next": "Rest" }],
            "Branches": [{ "StartAt": "Work", "States": { "Work": { "Type": "Task", "Resource": WORK, "End": true } } }] },
        "Rest": { "Type": "Pass", "End": true }
    }}));
    let (tree, outcome) = run(&traced, failing_at_first(), &machine, json!({})).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
    assert_eq!(
        tree,
        "Bar 0-2\n\
         \x20 Both 0-2 state.caught_error=Busy\n\
         \x20   Both branch 0-0 ERROR Busy branch.index=0\n\
         \x20     Work 0-0 ERROR Busy\n\
         \x20       Work 0-0 ERROR Busy task.retry_count=0\n\
         \x20   Both branch 2-2 ERROR Busy branch.index=0\n\
         \x20     Work 2-2 ERROR Busy\n\
         \x20       Work 2-2 ERROR Busy task.retry_count=0\n\
         \x20 Rest 2-2\n"
    );
}

#[tokio::test]
async fn an_execution_that_is_out_of_time_ends_all_its_spans() {
    let traced = Traced::new();
    let machine = machine(json!({ "TimeoutSeconds": 4, "StartAt": "Work", "States": {
        "Work": { "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Bake", "End": true }
    }}));
    let interpreter = Interpreter::new().activity("Bake");
    let (tree, outcome) = run(&traced, interpreter, &machine, json!({})).await;
    assert_eq!(outcome.status(), "TIMED_OUT");
    assert_eq!(
        tree,
        "Bar 0-4 ERROR States.Timeout\n\
         \x20 Work 0-4 aborted=true\n\
         \x20   Bake 0-4 task.retry_count=0 aborted=true\n"
    );
}

#[tokio::test]
async fn a_child_execution_of_a_distributed_map_is_a_trace_of_its_own_with_links_both_ways() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "End": true, "MaxConcurrency": 1, "Label": "Each",
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Slice", "States": { "Slice": { "Type": "Wait", "SecondsPath": "$", "End": true } }
        }
    } } }));
    let (tree, outcome) = run(&traced, Interpreter::new(), &machine, json!([2, 3])).await;
    assert_eq!(outcome.status(), "SUCCEEDED");
    assert_eq!(
        tree,
        "Bar 0-5\n\
         \x20 Each 0-5\n\
         \x20   Each iteration 0-2 map.index=0\n\
         \x20   Each iteration 2-5 map.index=1\n"
    );
    let spans = traced.spans();
    let iterations: Vec<_> = spans.iter().filter(|span| span.name == "Each iteration").collect();
    for iteration in iterations {
        let child = &iteration.links.links[0].span_context;
        assert_eq!(traced.tree(child.trace_id()).lines().count(), 2);
        let root = spans
            .iter()
            .find(|span| span.span_context.span_id() == child.span_id())
            .unwrap();
        assert_eq!(root.name, "Bar/Each");
        assert_eq!(
            trace_id(&attribute(root, "asl.execution.arn").unwrap()),
            child.trace_id()
        );
        assert_eq!(
            root.links.links[0].span_context.span_id(),
            iteration.span_context.span_id()
        );
    }
}

#[tokio::test]
async fn an_execution_and_the_task_that_started_it_link_to_each_other() {
    let traced = Traced::new();
    let order = machine(json!({ "StartAt": "Fulfil", "States": { "Fulfil": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": true,
        "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Ship", "Name": "ship-1" }
    } } }));
    let ship =
        machine(json!({ "StartAt": "Ship", "States": { "Ship": { "Type": "Wait", "Seconds": 7, "End": true } } }));
    let interpreter = Interpreter::new().state_machine("Ship", &ship);
    let (tree, _) = run(&traced, interpreter, &order, json!({})).await;
    assert_eq!(
        tree,
        "Bar 0-7\n\
         \x20 Fulfil 0-7\n\
         \x20   states:startExecution.sync:2 0-7 task.retry_count=0\n"
    );
    let spans = traced.spans();
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (attempt, child) = (find("states:startExecution.sync:2"), find("Ship"));
    let child = spans
        .iter()
        .find(|span| span.span_context.span_id() == child.parent_span_id)
        .unwrap_or(child);
    let arn = "arn:aws:states:us-east-1:123456789012:execution:Ship:ship-1";
    assert_eq!(child.span_context.trace_id(), trace_id(arn));
    assert_eq!(
        child.links.links[0].span_context.span_id(),
        attempt.span_context.span_id()
    );
    assert_eq!(
        attempt.links.links[0].span_context.span_id(),
        child.span_context.span_id()
    );
}

#[tokio::test]
async fn a_redriven_execution_goes_on_in_the_same_trace() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Wait", "States": {
        "Wait": { "Type": "Wait", "Seconds": 1, "Next": "Work" },
        "Work": { "Type": "Task", "Resource": WORK, "End": true }
    }}));
    let is_broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = std::sync::Arc::clone(&is_broken);
    let interpreter = Interpreter::new()
        .task(WORK, move |input: Value| {
            let is_broken = state.load(std::sync::atomic::Ordering::SeqCst);
            async move {
                if is_broken {
                    Err(TaskError::new("Broken", ""))
                } else {
                    Ok(input)
                }
            }
        })
        .clock(Clock::virtual_time())
        .telemetry(&traced.telemetry);
    let execution = interpreter.start(&machine, json!({})).unwrap();
    assert_eq!(execution.outcome().await.status(), "FAILED");
    is_broken.store(false, std::sync::atomic::Ordering::SeqCst);
    execution.redrive().unwrap();
    assert_eq!(execution.outcome().await.status(), "SUCCEEDED");
    assert_eq!(
        traced.tree(trace_id(execution.arn())),
        "StateMachine 0-1 ERROR Broken\n\
         \x20 Wait 0-1\n\
         \x20 Work 1-1 ERROR Broken\n\
         \x20   Work 1-1 ERROR Broken task.retry_count=0\n\
         StateMachine 1-1\n\
         \x20 Work 1-1\n\
         \x20   Work 1-1 task.retry_count=0\n"
    );
    let spans = traced.spans();
    let second = spans.iter().rfind(|span| span.name == "StateMachine").unwrap();
    let first = spans.iter().find(|span| span.name == "StateMachine").unwrap();
    assert_eq!(
        second.links.links[0].span_context.span_id(),
        first.span_context.span_id()
    );
}

#[tokio::test]
async fn attributes_say_what_ran_by_the_names_of_the_conventions() {
    let traced = Traced::new();
    let machine = machine(json!({ "StartAt": "Work", "States": {
        "Work": { "Type": "Task", "Resource": WORK, "End": true }
    }}));
    run(&traced, failing_at_first(), &machine, json!({})).await;
    let spans = traced.spans();
    let listed = |name: &str, role: SpanKind| {
        let span = spans
            .iter()
            .find(|span| span.name == name && span.span_kind == role)
            .unwrap();
        let attributes = span
            .attributes
            .iter()
            .map(|attribute| format!("{}={}", attribute.key, attribute.value));
        attributes.collect::<Vec<_>>()
    };
    assert_eq!(
        listed("Work", Client),
        [
            "asl.task.resource=arn:aws:lambda:us-east-1:123456789012:function:Work",
            "asl.task.resource_type=lambda",
            "asl.task.retry_count=0",
            "aws.lambda.invoked_arn=arn:aws:lambda:us-east-1:123456789012:function:Work",
            "error.type=Busy",
        ]
    );
    assert_eq!(
        listed("Work", Internal),
        ["asl.state.name=Work", "asl.state.type=Task", "error.type=Busy"]
    );
    let mut of_execution = listed("Bar", Internal);
    of_execution.retain(|attribute| !attribute.starts_with("asl.execution.arn="));
    assert_eq!(
        of_execution,
        [
            "aws.step_functions.state_machine.arn=arn:aws:states:us-east-1:123456789012:stateMachine:Bar",
            "asl.execution.status=FAILED",
            "asl.workflow_type=STANDARD",
            "error.type=Busy",
        ]
    );
}

/// The error's cause, the input, the output and the variables hold the same secret.
#[tokio::test]
async fn no_data_of_an_execution_is_in_its_spans() {
    const SECRET: &str = "4111-1111";
    let traced = Traced::new();
    let machine = machine(json!({ "QueryLanguage": "JSONata", "StartAt": "Keep", "States": {
        "Keep": { "Type": "Pass", "Assign": { "card": "{% $states.input.card %}" }, "Next": "Work" },
        "Work": { "Type": "Task", "Resource": WORK, "Arguments": { "card": "{% $card %}" }, "End": true,
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1 }] }
    }}));
    let interpreter = Interpreter::new().task(WORK, |input: Value, context: TaskContext| async move {
        match context.retry_count {
            0 => Err(TaskError::new("Busy", format!("{input}"))),
            1 => Ok(input),
            _ => Err(TaskError::new("Never", "")),
        }
    });
    let (_, outcome) = run(&traced, interpreter, &machine, json!({ "card": SECRET })).await;
    assert!(outcome.output().unwrap().to_string().contains(SECRET));
    let spans = format!("{:?}", traced.spans());
    assert!(spans.contains("Busy") && !spans.contains(SECRET), "{spans}");
}

#[tokio::test]
async fn an_execution_that_is_not_sampled_exports_nothing() {
    let exporter = InMemorySpanExporter::default();
    let telemetry = Telemetry::builder()
        .with_batch_exporter(exporter.clone())
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let interpreter = Interpreter::new()
        .task(WORK, |_: Value, context: TaskContext| async move {
            Ok(context.traceparent())
        })
        .telemetry(&telemetry);
    let machine = machine(json!({ "StartAt": "Work", "States": {
        "Work": { "Type": "Task", "Resource": WORK, "End": true }
    }}));
    let seen: String = interpreter.run(&machine, json!({})).await.unwrap();
    assert!(seen.ends_with("-00"), "{seen}");
    telemetry.force_flush().unwrap();
    assert_eq!(exporter.get_finished_spans().unwrap(), []);
}

#[tokio::test]
async fn a_sampler_by_trace_ids_chooses_the_same_executions_everywhere() {
    let chosen = || async {
        let exporter = InMemorySpanExporter::default();
        let telemetry = Telemetry::builder()
            .with_batch_exporter(exporter.clone())
            .with_sampler(Sampler::TraceIdRatioBased(0.5))
            .build();
        let interpreter = Interpreter::new().telemetry(&telemetry);
        let machine = machine(json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } }));
        for number in 0..40 {
            let request = StartRequest::default().name(format!("order-{number}"));
            interpreter
                .start_with(&machine, json!({}), request)
                .unwrap()
                .outcome()
                .await;
        }
        telemetry.force_flush().unwrap();
        let spans = exporter.get_finished_spans().unwrap();
        let names: Vec<_> = spans
            .iter()
            .filter_map(|span| attribute(span, "asl.execution.arn"))
            .collect();
        names
    };
    let first = chosen().await;
    assert!((5..35).contains(&first.len()), "{first:?}");
    assert_eq!(first, chosen().await);
}

/// An execution hands over all that have ended at once, which is more than the SDK's queue takes by itself.
#[tokio::test]
async fn a_map_of_many_iterations_loses_no_span() {
    let rest = json!({ "StartAt": "Rest", "States": { "Rest": { "Type": "Pass", "End": true } } });
    let machine = machine(json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemProcessor": rest, "End": true, "ResultPath": null, "OutputPath": "$[0]"
    }}}));
    let spans = InMemorySpanExporter::default();
    let telemetry = Telemetry::builder().with_batch_exporter(spans.clone()).build();
    let interpreter = Interpreter::new().telemetry(&telemetry);
    let items: Vec<u32> = (0..6_000).collect();
    let _: Value = interpreter.run(&machine, items).await.unwrap();
    telemetry.force_flush().unwrap();
    // The execution, the Map, and for each item the iteration and its state.
    assert_eq!(spans.get_finished_spans().unwrap().len(), 2 + 2 * 6_000);
}
