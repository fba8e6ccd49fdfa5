//! Pass, Wait, Succeed, Fail and Parallel: the state types with little to read.

use std::sync::Arc;

use super::retry::MAXIMUM;
use super::{Fields, Report, graph, timestamp};
use crate::definition::json::Node;
use crate::definition::{Branch, FailState, FailText, ParallelState, PassState, SucceedState, WaitState, WaitUntil};

pub(super) fn pass_state(mut fields: Fields<'_, '_>) -> Option<PassState> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template("Parameters");
    let result = fields.node("Result").map(|result| Arc::new(result.to_value()));
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let transition = fields.transition();
    Some(PassState {
        comment: comment?,
        input_path: input_path?,
        parameters: parameters?,
        result,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
        transition: transition?,
    })
}

pub(super) fn wait_state(mut fields: Fields<'_, '_>) -> Option<WaitState> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let until = wait_until(&mut fields);
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let transition = fields.transition();
    Some(WaitState {
        comment: comment?,
        input_path: input_path?,
        until: until?,
        output_path: output_path?,
        assign: assign?,
        transition: transition?,
    })
}

/// All four fields are read, so that each is judged; that there is exactly one is the exclusive fields' rule to say.
fn wait_until(fields: &mut Fields<'_, '_>) -> Option<WaitUntil> {
    let seconds = fields.integer("Seconds", 0, MAXIMUM);
    let seconds_path = fields.reference_path("SecondsPath");
    let timestamp = fields
        .node("Timestamp")
        .map(|node| timestamp::timestamp(node, fields.report));
    let timestamp_path = fields.reference_path("TimestampPath");
    let timestamp = match timestamp {
        Some(timestamp) => Some(timestamp?),
        None => None,
    };
    match (seconds?, seconds_path?, timestamp, timestamp_path?) {
        (Some(seconds), ..) => Some(WaitUntil::Seconds(seconds)),
        (_, Some(path), ..) => Some(WaitUntil::SecondsPath(path)),
        (_, _, Some(timestamp), _) => Some(WaitUntil::Timestamp(timestamp)),
        (_, _, _, Some(path)) => Some(WaitUntil::TimestampPath(path)),
        _ => None,
    }
}

pub(super) fn succeed_state(mut fields: Fields<'_, '_>) -> Option<SucceedState> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let output_path = fields.input_output_path("OutputPath");
    Some(SucceedState {
        comment: comment?,
        input_path: input_path?,
        output_path: output_path?,
    })
}

pub(super) fn fail_state(mut fields: Fields<'_, '_>) -> Option<FailState> {
    let comment = fields.comment();
    let error = fail_text(&mut fields, "Error", "ErrorPath");
    let cause = fail_text(&mut fields, "Cause", "CausePath");
    Some(FailState {
        comment: comment?,
        error: error?,
        cause: cause?,
    })
}

fn fail_text(fields: &mut Fields<'_, '_>, literal: &str, path: &str) -> Option<Option<FailText>> {
    let text = fields.string(literal);
    let expression = fields.expression(path);
    let (text, expression) = (text?, expression?);
    Some(
        text.map(|text| FailText::Literal(text.to_owned()))
            .or(expression.map(FailText::Expression)),
    )
}

pub(super) fn parallel_state(mut fields: Fields<'_, '_>) -> Option<ParallelState> {
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
    Some(ParallelState {
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

fn branch(node: &Node, report: &mut Report) -> Option<Branch> {
    let comment = Fields::of(node, report)?.comment();
    let graph = graph::state_graph(node, report);
    Some(Branch {
        comment: comment?,
        graph: graph?,
    })
}
