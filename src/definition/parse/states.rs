//! Pass, Wait, Succeed, Fail and Parallel: the state types with little to read.

use crate::data::Payload;

use super::retry::MAXIMUM;
use super::{Fields, Report, Reported, graph, timestamp};
use crate::definition::json::Node;
use crate::definition::{Branch, FailState, FailText, ParallelState, PassState, SucceedState, WaitState, WaitUntil};

pub(super) fn pass_state(mut fields: Fields<'_, '_>) -> Result<PassState, Reported> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template("Parameters");
    let result = fields.literal("Result");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let transition = fields.transition();
    Ok(PassState {
        comment: comment?,
        input_path: input_path?,
        parameters: parameters?,
        result: result?.map(Payload::from),
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
        transition: transition?,
    })
}

pub(super) fn wait_state(mut fields: Fields<'_, '_>) -> Result<WaitState, Reported> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let until = wait_until(&mut fields);
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let transition = fields.transition();
    Ok(WaitState {
        comment: comment?,
        input_path: input_path?,
        until: until?,
        output_path: output_path?,
        assign: assign?,
        transition: transition?,
    })
}

/// All four fields are read, so that each is judged; that there is exactly one is the exclusive fields' rule to say.
fn wait_until(fields: &mut Fields<'_, '_>) -> Result<WaitUntil, Reported> {
    let seconds = fields.integer("Seconds", 0, MAXIMUM);
    let seconds_path = fields.reference_path("SecondsPath");
    let timestamp = fields
        .node("Timestamp")
        .map(|node| timestamp::timestamp(node, fields.report));
    let timestamp_path = fields.reference_path("TimestampPath");
    match (seconds?, seconds_path?, timestamp.transpose()?, timestamp_path?) {
        (Some(seconds), ..) => Ok(WaitUntil::Seconds(seconds)),
        (_, Some(path), ..) => Ok(WaitUntil::SecondsPath(path)),
        (_, _, Some(timestamp), _) => Ok(WaitUntil::Timestamp(timestamp)),
        (_, _, _, Some(path)) => Ok(WaitUntil::TimestampPath(path)),
        _ => Err(Reported),
    }
}

pub(super) fn succeed_state(mut fields: Fields<'_, '_>) -> Result<SucceedState, Reported> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let output_path = fields.input_output_path("OutputPath");
    Ok(SucceedState {
        comment: comment?,
        input_path: input_path?,
        output_path: output_path?,
    })
}

pub(super) fn fail_state(mut fields: Fields<'_, '_>) -> Result<FailState, Reported> {
    let comment = fields.comment();
    let error = fail_text(&mut fields, "Error", "ErrorPath");
    let cause = fail_text(&mut fields, "Cause", "CausePath");
    Ok(FailState {
        comment: comment?,
        error: error?,
        cause: cause?,
    })
}

fn fail_text(fields: &mut Fields<'_, '_>, literal: &str, path: &str) -> Result<Option<FailText>, Reported> {
    let text = fields.string(literal);
    let expression = fields.expression(path);
    let (text, expression) = (text?, expression?);
    let text = text.map(|text| FailText::Literal(text.to_owned()));
    Ok(text.or(expression.map(FailText::Expression)))
}

pub(super) fn parallel_state(mut fields: Fields<'_, '_>) -> Result<ParallelState, Reported> {
    let comment = fields.comment();
    let branches = fields.some_elements("Branches", branch);
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template("Parameters");
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let retry = fields.retry();
    let catch = fields.catch();
    let transition = fields.transition();
    Ok(ParallelState {
        comment: comment?,
        branches: branches?,
        input_path: input_path?,
        parameters: parameters?,
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

fn branch(node: &Node, report: &mut Report) -> Result<Branch, Reported> {
    let comment = Fields::of(node, report)?.comment();
    let graph = graph::state_graph(node, report);
    Ok(Branch {
        comment: comment?,
        graph: graph?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{
        InputOutputPath, JitterStrategy, MaxConcurrency, ResultPath, State, StateMachine, TaskDuration, Transition,
    };

    fn read(state: &str) -> State {
        let source = format!(r#"{{ "StartAt": "X", "States": {{ "X": {state}, "Y": {{ "Type": "Fail" }} }} }}"#);
        let machine = StateMachine::parse(&source.replace(r#""End": true"#, r#""Next": "Y""#)).unwrap();
        machine.graph.states["X"].clone()
    }

    #[test]
    fn absent_fields_have_their_defaults() {
        let State::Pass(pass) = read(r#"{ "Type": "Pass", "End": true }"#) else {
            panic!()
        };
        assert!(matches!(pass.input_path, InputOutputPath::Whole));
        assert!(matches!(pass.result_path, ResultPath::Whole));
        assert!(matches!(pass.output_path, InputOutputPath::Whole));
        assert!(pass.result.is_none() && pass.parameters.is_none() && pass.assign.is_none());
        assert_eq!(pass.transition, Transition::Next("Y".into()));
    }

    #[test]
    fn null_is_no_default() {
        let fields = r#""InputPath": null, "ResultPath": null, "OutputPath": "$", "Result": null"#;
        let State::Pass(pass) = read(&format!(r#"{{ "Type": "Pass", {fields}, "End": true }}"#)) else {
            panic!()
        };
        assert!(matches!(pass.input_path, InputOutputPath::Empty));
        assert!(matches!(pass.result_path, ResultPath::Discard));
        assert!(matches!(pass.output_path, InputOutputPath::Whole));
        assert_eq!(pass.result.as_deref(), Some(&serde_json::Value::Null));
    }

    #[test]
    fn each_way_to_wait_is_read() {
        let wait = |field: &str| match read(&format!(r#"{{ "Type": "Wait", {field}, "End": true }}"#)) {
            State::Wait(wait) => wait.until,
            _ => panic!(),
        };
        assert!(matches!(wait(r#""Seconds": 0"#), WaitUntil::Seconds(0)));
        assert!(matches!(wait(r#""SecondsPath": "$.s""#), WaitUntil::SecondsPath(_)));
        assert!(matches!(
            wait(r#""Timestamp": "2026-08-14T18:30:00+02:00""#),
            WaitUntil::Timestamp(_)
        ));
        assert!(matches!(wait(r#""TimestampPath": "$.t""#), WaitUntil::TimestampPath(_)));
    }

    #[test]
    fn a_task_has_retriers_with_their_defaults() {
        let State::Task(task) = read(
            r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60,
                "HeartbeatSecondsPath": "$.beat", "End": true,
                "Retry": [{ "ErrorEquals": ["Busy"] }, { "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxAttempts": 0,
                    "BackoffRate": 1, "MaxDelaySeconds": 9, "JitterStrategy": "FULL" }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Y", "ResultPath": "$.error" }] }"#,
        ) else {
            panic!()
        };
        assert!(matches!(task.timeout, Some(TaskDuration::Seconds(60))));
        assert!(matches!(task.heartbeat, Some(TaskDuration::Path(_))));
        let [first, second] = task.retry.as_slice() else {
            panic!()
        };
        assert_eq!(
            (first.interval_seconds, first.max_attempts, first.backoff_rate),
            (1, 3, 2.0)
        );
        assert_eq!(
            (second.interval_seconds, second.max_attempts, second.backoff_rate),
            (3, 0, 1.0)
        );
        assert_eq!((first.max_delay_seconds, second.max_delay_seconds), (None, Some(9)));
        assert_eq!(
            (first.jitter_strategy, second.jitter_strategy),
            (JitterStrategy::None, JitterStrategy::Full)
        );
        assert_eq!(task.catch[0].next, "Y");
        assert!(matches!(task.catch[0].result_path, ResultPath::At(_)));
    }

    #[test]
    fn old_names_of_map_fields_are_read() {
        let State::Map(map) = read(
            r#"{ "Type": "Map", "Parameters": { "i.$": "$$.Map.Item.Value" }, "MaxConcurrency": 3, "End": true,
                "Iterator": { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } } }"#,
        ) else {
            panic!()
        };
        assert!(map.item_selector.is_some());
        assert_eq!(map.item_processor.start_at, "A");
        assert!(matches!(map.max_concurrency, MaxConcurrency::Limit(3)));
    }

    #[test]
    fn names_of_variables_lose_their_dollar() {
        let State::Pass(pass) = read(r#"{ "Type": "Pass", "Assign": { "a.$": "$.a", "b": 1 }, "End": true }"#) else {
            panic!()
        };
        assert_eq!(pass.assign.unwrap().names, ["a", "b"]);
    }
}
