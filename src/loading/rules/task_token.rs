//! # Task tokens
//!
//! **What**: a Task that waits for its task token passes `$$.Task.Token` on, in `Parameters` or as its input. A
//! warning.
//!
//! **Why**: the worker needs the token to answer. Without an answer, the Task waits until its timeout, or for a year.
//!
//! Bad:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": { "QueueUrl": "…" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
//!   "Parameters": { "QueueUrl": "…", "MessageBody": { "token.$": "$$.Task.Token" } }, "End": true }
//! ```

use crate::data::json::{Node, Place};
use crate::data::{Reference, Root, Target};
use crate::definition::{Code, IntegrationPattern, QueryLanguage, Resource, StateType};
use crate::loading::outline::{JsonataText, Outline, PathText};
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let tasks = outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Task));
    for (_, state) in tasks {
        let Some(node) = state.field("Resource").filter(|node| !node.unresolved) else {
            continue;
        };
        let pattern = node
            .as_str()
            .and_then(Resource::parse)
            .map(|resource| resource.pattern());
        if pattern != Some(IntegrationPattern::WaitForTaskToken) {
            continue;
        }
        let mut passed = state.texts.iter().any(may_read_the_token);
        passed |= state.paths.iter().any(reads_the_token);
        let (field, help) = if state.query_language == QueryLanguage::Jsonata {
            let help = "put a field such as `\"TaskToken\": \"{% $states.context.Task.Token %}\"` into `Arguments`";
            ("Arguments", help)
        } else {
            let help = "put a field such as `\"TaskToken.$\": \"$$.Task.Token\"` into `Parameters`";
            ("Parameters", help)
        };
        let unclear = state.field(field).is_some_and(Node::has_unresolved);
        if !passed && !unclear {
            report
                .warning(
                    Code::TaskTokenNotPassed,
                    Place::value(node),
                    "nobody can answer: the task token is not handed on",
                )
                .help(help);
        }
    }
}

/// Whether a JSONata expression may read the token, alone or with the whole of `$states` or the context object.
fn may_read_the_token(text: &JsonataText<'_>) -> bool {
    let reads = |reference: &Reference| match &reference.target {
        Target::States(member) => member.as_deref().is_none_or(|member| member == "context"),
        _ => false,
    };
    text.node.unresolved || text.references().any(reads)
}

/// Whether a path or a call may read the token, alone or with the whole context object. A text that does not parse
/// counts, too: it may be meant to.
fn reads_the_token(text: &PathText<'_>) -> bool {
    let Some(expression) = &text.expression else {
        return true;
    };
    let mut paths = expression.paths().into_iter();
    paths.any(|(_, path)| *path.root() == Root::Context && path.may_read("Task"))
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn task(parameters: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", {parameters} "End": true }}"#
        )))
    }

    #[test]
    fn one_that_hands_no_token_on_is_warned_of() {
        let expected = "warning TASK_TOKEN_NOT_PASSED: nobody can answer: the task token is not handed on at \
                        /States/X/Resource (help: put a field such as `\"TaskToken.$\": \"$$.Task.Token\"` into \
                        `Parameters`)";
        assert_eq!(task(""), [expected]);
        assert_eq!(
            task(r#""Parameters": { "a.$": "$$.Execution.Name", "b.$": "$" },"#),
            [expected]
        );
    }

    #[test]
    fn a_token_anywhere_in_the_parameters_is_fine() {
        for path in [
            "$$.Task.Token",
            "$$['Task'].Token",
            "$$",
            "States.Format('{}', $$.Task.Token)",
            "States.Array($$)",
        ] {
            assert_eq!(
                task(&format!(r#""Parameters": {{ "a": [{{ "b.$": "{path}" }}] }},"#)),
                [""; 0],
                "{path}"
            );
        }
    }
}
