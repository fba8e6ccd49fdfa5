use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::definition::{
    Catcher, ChoiceRule, ChoiceState, Code, Condition, FailState, JitterStrategy, MapState, ParallelState, PassState,
    Retrier, State, StateGraph, StateMachine, SucceedState, TaskState, WaitState, WorkflowType,
};

fn leaf(name: &str) -> super::StateGraphBuilder {
    StateGraph::builder().state(name, SucceedState::builder())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one machine with every field")]
fn every_field_has_its_method() {
    let machine = StateMachine::builder()
        .comment("m")
        .timeout_seconds(90)
        .start_at("Task")
        .state(
            "Task",
            TaskState::builder("arn:aws:states:::lambda:invoke")
                .comment("c")
                .input_path("$.in")
                .parameters(json!({ "a.$": "$.a" }))
                .credentials(json!({ "RoleArn": "arn:aws:iam::1:role/r" }))
                .timeout_seconds(9)
                .heartbeat_seconds(3)
                .result_selector(json!({ "b.$": "$.b" }))
                .result_path("$.r")
                .output_path("$.out")
                .assign("v", 1)
                .assign("w.$", "$.w")
                .retry(
                    Retrier::builder(["E", "F"])
                        .interval_seconds(2)
                        .max_attempts(4)
                        .backoff_rate(1.5)
                        .max_delay_seconds(60)
                        .jitter_strategy(JitterStrategy::Full)
                        .comment("r"),
                )
                .retry(Retrier::builder(["States.ALL"]).max_attempts(0))
                .catch(
                    Catcher::builder(["States.ALL"], "Fail")
                        .result_path("$.error")
                        .assign("v", 2),
                )
                .next("Pass"),
        )
        .state(
            "Pass",
            PassState::builder()
                .discard_input()
                .result(json!([1]))
                .discard_result()
                .discard_output()
                .next("Wait"),
        )
        .state(
            "Wait",
            WaitState::builder().timestamp("2026-08-14T18:30:00Z").next("Choice"),
        )
        .state(
            "Choice",
            ChoiceState::builder()
                .rule(
                    ChoiceRule::builder(Condition::variable("$.a").string_matches("x*"), "Succeed")
                        .comment("star")
                        .assign("v", 3),
                )
                .default("Parallel"),
        )
        .state("Succeed", SucceedState::builder().output_path("$.o"))
        .state(
            "Parallel",
            ParallelState::builder()
                .branch(leaf("L").comment("left"))
                .branch(leaf("R"))
                .next("Map"),
        )
        .state(
            "Map",
            MapState::builder(leaf("Each"))
                .items_path("$.items")
                .item_selector(json!({ "i.$": "$$.Map.Item.Value" }))
                .max_concurrency(2)
                .end(),
        )
        .state(
            "Fail",
            FailState::builder().error("E").cause_path("States.Format('{}', $.c)"),
        )
        .build()
        .unwrap();
    let leaf = |name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Succeed" } } });
    let mut left = leaf("L");
    left["Comment"] = "left".into();
    let mut each = leaf("Each");
    each["ProcessorConfig"] = json!({ "Mode": "INLINE" });
    let expected = json!({ "Comment": "m", "TimeoutSeconds": 90, "StartAt": "Task", "States": {
        "Task": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Comment": "c", "InputPath": "$.in",
            "Parameters": { "a.$": "$.a" }, "Credentials": { "RoleArn": "arn:aws:iam::1:role/r" }, "TimeoutSeconds": 9,
            "HeartbeatSeconds": 3, "ResultSelector": { "b.$": "$.b" }, "ResultPath": "$.r", "OutputPath": "$.out",
            "Assign": { "v": 1, "w.$": "$.w" }, "Next": "Pass",
            "Retry": [
                { "ErrorEquals": ["E", "F"], "IntervalSeconds": 2, "MaxAttempts": 4, "BackoffRate": 1.5, "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL", "Comment": "r" },
                { "ErrorEquals": ["States.ALL"], "MaxAttempts": 0 } ],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Fail", "ResultPath": "$.error", "Assign": { "v": 2 } }] },
        "Pass": { "Type": "Pass", "InputPath": null, "Result": [1], "ResultPath": null, "OutputPath": null, "Next": "Wait" },
        "Wait": { "Type": "Wait", "Timestamp": "2026-08-14T18:30:00Z", "Next": "Choice" },
        "Choice": { "Type": "Choice", "Default": "Parallel",
            "Choices": [{ "Variable": "$.a", "StringMatches": "x*", "Next": "Succeed", "Comment": "star", "Assign": { "v": 3 } }] },
        "Succeed": { "Type": "Succeed", "OutputPath": "$.o" },
        "Parallel": { "Type": "Parallel", "Branches": [left, leaf("R")], "Next": "Map" },
        "Map": { "Type": "Map", "ItemProcessor": each, "ItemsPath": "$.items", "MaxConcurrency": 2,
            "ItemSelector": { "i.$": "$$.Map.Item.Value" }, "End": true },
        "Fail": { "Type": "Fail", "Error": "E", "CausePath": "States.Format('{}', $.c)" } } });
    assert_eq!(*machine.definition(), expected);
}

#[test]
fn every_operator_has_its_method() {
    let conditions: Vec<super::ConditionBuilder> = {
        let v = || Condition::variable("$.a");
        let (text, time, path) = ("b", "2026-08-14T18:30:00Z", "$.b");
        vec![
            v().string_equals(text),
            v().string_less_than(text),
            v().string_greater_than(text),
            v().string_less_than_equals(text),
            v().string_greater_than_equals(text),
            v().string_equals_path(path),
            v().string_less_than_path(path),
            v().string_greater_than_path(path),
            v().string_less_than_equals_path(path),
            v().string_greater_than_equals_path(path),
            v().string_matches("*"),
            v().numeric_equals(1),
            v().numeric_less_than(1.5),
            v().numeric_greater_than(-1),
            v().numeric_less_than_equals(1),
            v().numeric_greater_than_equals(1),
            v().numeric_equals_path(path),
            v().numeric_less_than_path(path),
            v().numeric_greater_than_path(path),
            v().numeric_less_than_equals_path(path),
            v().numeric_greater_than_equals_path(path),
            v().timestamp_equals(time),
            v().timestamp_less_than(time),
            v().timestamp_greater_than(time),
            v().timestamp_less_than_equals(time),
            v().timestamp_greater_than_equals(time),
            v().timestamp_equals_path(path),
            v().timestamp_less_than_path(path),
            v().timestamp_greater_than_path(path),
            v().timestamp_less_than_equals_path(path),
            v().timestamp_greater_than_equals_path(path),
            v().boolean_equals(true),
            v().boolean_equals_path(path),
            v().is_null(true),
            v().is_present(true),
            v().is_numeric(true),
            v().is_string(true),
            v().is_boolean(true),
            v().is_timestamp(true),
        ]
    };
    assert_eq!(conditions.len(), 39, "the operators of the specification");
    let mut choice = ChoiceState::builder().default("D");
    for condition in conditions {
        choice = choice.when(condition, "D");
    }
    let built = StateMachine::builder()
        .state("C", choice)
        .state("D", SucceedState::builder())
        .build();
    let machine = built.unwrap();
    let rules = machine.definition()["States"]["C"]["Choices"].as_array().unwrap();
    let operators: BTreeSet<&String> = rules
        .iter()
        .flat_map(|rule| rule.as_object().unwrap().keys())
        .filter(|field| !matches!(field.as_str(), "Variable" | "Next"))
        .collect();
    assert_eq!(operators.len(), 39, "each of them once");
}

#[test]
fn conditions_combine() {
    let test = |name: &str| Condition::variable(format!("$.{name}")).is_null(true);
    let condition = test("a")
        .and(test("b"))
        .and(!test("c"))
        .or(Condition::all([test("d"), Condition::any([test("e")])]));
    let machine = StateMachine::builder()
        .state("C", ChoiceState::builder().when(condition, "D").default("D"))
        .state("D", SucceedState::builder())
        .build()
        .unwrap();
    let test = |name: &str| json!({ "Variable": format!("$.{name}"), "IsNull": true });
    assert_eq!(
        machine.definition()["States"]["C"]["Choices"][0],
        json!({ "Next": "D", "Or": [
            { "And": [test("a"), test("b"), { "Not": test("c") }] },
            { "And": [test("d"), { "Or": [test("e")] }] } ] })
    );
}

#[test]
fn what_is_wrong_is_told_about_the_printed_document() {
    let builder = StateMachine::builder()
        .state("A", PassState::builder().next("B").next("C"))
        .state(
            "A",
            TaskState::builder("arn:aws:states:::sqs:sendMessag")
                .assign("x", 1)
                .assign("x", 2)
                .end(),
        );
    let json = builder.to_json();
    let invalid = builder.build().unwrap_err();
    let found: Vec<(&str, &str)> = invalid
        .diagnostics()
        .iter()
        .map(|found| (found.message.as_str(), &json[found.span.clone()]))
        .collect();
    assert_eq!(
        found,
        [
            ("Duplicate field 'A'", "\"A\""),
            ("Duplicate field 'x'", "\"x\""),
            ("Missing 'Next' target: C", "\"C\""),
            ("Workflow has no terminal state", "\"States\""),
        ]
    );
}

#[test]
fn a_machine_may_be_express() {
    let task = TaskState::builder("arn:aws:states:::ecs:runTask.sync").end();
    let machine = StateMachine::builder().state("Run", task);
    assert!(machine.clone().build().is_ok());
    assert!(machine.workflow_type(WorkflowType::Express).build().is_err());
}

#[test]
fn texts_are_no_substitutions_and_nothing_is_too_deep_to_refuse() {
    let pass = |result: Value| {
        StateMachine::builder()
            .state("A", PassState::builder().result(result).end())
            .build()
    };
    let machine = pass(json!("${Name}")).unwrap();
    assert_eq!(machine.definition()["States"]["A"]["Result"], "${Name}");
    let deep = (0..1000).fold(json!(1), |value, _| Value::Array(vec![value]));
    assert_eq!(pass(deep).unwrap_err().diagnostics()[0].code, Code::TooDeeplyNested);
    let graph = (0..100).fold(leaf("L"), |graph, n| {
        StateGraph::builder().state(format!("P{n}"), ParallelState::builder().branch(graph).end())
    });
    let nested = StateMachine::builder().state("P", ParallelState::builder().branch(graph).end());
    assert_eq!(nested.build().unwrap_err().diagnostics()[0].code, Code::TooDeeplyNested);
}

#[test]
fn a_distributed_map_has_its_own_fields() {
    let map = MapState::builder(leaf("Each"))
        .distributed(WorkflowType::Express)
        .label("Orders")
        .item_reader(json!({ "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": { "Bucket": "b", "Key": "k" }, "ReaderConfig": { "InputType": "JSONL" } }))
        .item_batcher(json!({ "MaxItemsPerBatch": 10 }))
        .result_writer(json!({ "WriterConfig": { "Transformation": "FLATTEN" } }))
        .tolerated_failure_count(3)
        .tolerated_failure_percentage(2.5);
    let machine = StateMachine::builder().state("Map", map.end()).build().unwrap();
    let definition = &machine.definition()["States"]["Map"];
    assert_eq!(
        definition["ItemProcessor"]["ProcessorConfig"],
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" })
    );
    let Some(State::Map(map)) = machine.graph.states.get("Map") else {
        panic!("{definition}")
    };
    let distributed = map.distributed.as_ref().unwrap();
    assert_eq!(distributed.execution_type, WorkflowType::Express);
    assert_eq!(distributed.label.as_deref(), Some("Orders"));
    assert!(distributed.item_reader.is_some() && distributed.item_batcher.is_some());
}

#[test]
fn nothing_at_all_is_refused() {
    let invalid = StateMachine::builder().build().unwrap_err();
    assert_eq!(invalid.diagnostics()[0].message, "These fields are required: [StartAt]");
}
