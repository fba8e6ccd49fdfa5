use serde_json::json;

use crate::definition::{
    Catcher, ChoiceRule, ChoiceState, Condition, FailState, MapState, ParallelState, PassState, QueryLanguage,
    StateGraph, StateMachine, SucceedState, TaskState, WaitState,
};

fn leaf(name: &str) -> super::StateGraphBuilder {
    StateGraph::builder().state(name, SucceedState::builder())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one machine with every field")]
fn every_field_of_jsonata_has_its_method() {
    let machine = StateMachine::builder()
        .query_language(QueryLanguage::Jsonata)
        .state(
            "Task",
            TaskState::builder("arn:aws:states:::lambda:invoke")
                .arguments(json!({ "FunctionName": "{% $states.input.function %}" }))
                .credentials(json!({ "RoleArn": "{% $states.input.role %}" }))
                .timeout_seconds("{% $states.input.limit %}")
                .heartbeat_seconds(3)
                .assign("v", "{% $states.result.v %}")
                .output("{% $states.result %}")
                .catch(
                    Catcher::builder(["States.ALL"], "Fail")
                        .assign("v", 2)
                        .output("{% $states.errorOutput %}"),
                )
                .next("Pass"),
        )
        .state("Pass", PassState::builder().output(json!([1, "{% $v %}"])).next("Wait"))
        .state(
            "Wait",
            WaitState::builder()
                .timestamp("{% $states.input.until %}")
                .output("done")
                .next("Choice"),
        )
        .state(
            "Choice",
            ChoiceState::builder()
                .rule(
                    ChoiceRule::builder(Condition::expression("{% $v > 1 %}"), "Succeed")
                        .assign("v", 3)
                        .output("{% $v %}"),
                )
                .when(Condition::expression(false), "Succeed")
                .output(json!({}))
                .default("Parallel"),
        )
        .state("Succeed", SucceedState::builder().output("{% $states.input %}"))
        .state(
            "Parallel",
            ParallelState::builder()
                .arguments("{% $states.input.a %}")
                .branch(leaf("L"))
                .output("{% $states.result[0] %}")
                .next("Map"),
        )
        .state(
            "Map",
            MapState::builder(leaf("Each"))
                .items("{% $states.input.items %}")
                .item_selector(json!({ "i": "{% $states.context.Map.Item.Value %}" }))
                .max_concurrency("{% $states.input.most %}")
                .output("{% $states.result %}")
                .end(),
        )
        .state(
            "Fail",
            FailState::builder()
                .query_language(QueryLanguage::Jsonata)
                .error("{% $states.input.Error %}")
                .cause("c"),
        )
        .build()
        .unwrap();
    let mut each = json!({ "StartAt": "Each", "States": { "Each": { "Type": "Succeed" } } });
    each["ProcessorConfig"] = json!({ "Mode": "INLINE" });
    let expected = json!({ "QueryLanguage": "JSONata", "StartAt": "Task", "States": {
        "Task": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": { "FunctionName": "{% $states.input.function %}" },
            "Credentials": { "RoleArn": "{% $states.input.role %}" }, "TimeoutSeconds": "{% $states.input.limit %}",
            "HeartbeatSeconds": 3, "Assign": { "v": "{% $states.result.v %}" }, "Output": "{% $states.result %}",
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Fail", "Assign": { "v": 2 },
                "Output": "{% $states.errorOutput %}" }],
            "Next": "Pass" },
        "Pass": { "Type": "Pass", "Output": [1, "{% $v %}"], "Next": "Wait" },
        "Wait": { "Type": "Wait", "Timestamp": "{% $states.input.until %}", "Output": "done", "Next": "Choice" },
        "Choice": { "Type": "Choice", "Choices": [
                { "Condition": "{% $v > 1 %}", "Next": "Succeed", "Assign": { "v": 3 }, "Output": "{% $v %}" },
                { "Condition": false, "Next": "Succeed" } ],
            "Output": {}, "Default": "Parallel" },
        "Succeed": { "Type": "Succeed", "Output": "{% $states.input %}" },
        "Parallel": { "Type": "Parallel", "Arguments": "{% $states.input.a %}",
            "Branches": [{ "StartAt": "L", "States": { "L": { "Type": "Succeed" } } }],
            "Output": "{% $states.result[0] %}", "Next": "Map" },
        "Map": { "Type": "Map", "ItemProcessor": each, "Items": "{% $states.input.items %}",
            "ItemSelector": { "i": "{% $states.context.Map.Item.Value %}" },
            "MaxConcurrency": "{% $states.input.most %}", "Output": "{% $states.result %}", "End": true },
        "Fail": { "Type": "Fail", "QueryLanguage": "JSONata", "Error": "{% $states.input.Error %}", "Cause": "c" } } });
    assert_eq!(*machine.definition(), expected);
    assert_eq!(machine.query_language, QueryLanguage::Jsonata);
    assert!(
        machine
            .graph
            .states
            .values()
            .all(|state| state.query_language() == QueryLanguage::Jsonata)
    );
    let written = serde_json::to_string(&machine).unwrap();
    let again: StateMachine = serde_json::from_str(&written).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), written);
}

#[test]
fn a_condition_in_jsonata_is_not_combined() {
    let both = Condition::expression("{% $a %}").and(Condition::expression("{% $b %}"));
    let refused = StateMachine::builder()
        .query_language(QueryLanguage::Jsonata)
        .state("C", ChoiceState::builder().when(both, "D").default("D"))
        .state("D", SucceedState::builder())
        .build();
    let invalid = refused.unwrap_err();
    let message = &invalid.diagnostics()[0].message;
    assert!(
        message.contains("field 'And' is only supported for the 'JSONPath' QueryLanguage"),
        "{message}"
    );
}
