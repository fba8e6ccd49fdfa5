//! Every Pass state of the recordings that goes through the data layer: `InputPath`, `Parameters`, `ResultPath`,
//! `OutputPath`, and with them all intrinsic functions that were recorded. Outputs are compared with their key order.

use asl_engine::data::{
    ContextObject, ExecutionContext, Expression, JsonPath, NoVariables, PayloadTemplate, Random, ReferencePath, Scope,
    StateContext, StateMachineContext,
};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::{cases, document, is_same};

#[test]
fn pass_states_give_what_aws_recorded() {
    let (mut compared, mut failures) = (0, Vec::new());
    for (file, case) in cases("") {
        for (name, result) in pass_states(&case) {
            compared += 1;
            if let Err(reason) = result {
                failures.push(format!("{} {name}: {reason}", file.display()));
            }
        }
    }
    println!("data_flow_recorded: {compared} compared, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Each Pass state that the history enters, with how its output compares.
fn pass_states(case: &Value) -> Vec<(String, Result<(), String>)> {
    let mut results = Vec::new();
    let Some(history) = case["expected"]["history"].as_array() else {
        return results;
    };
    let start = document(&history[0]["executionStartedEventDetails"]["input"]);
    for (position, event) in history.iter().enumerate() {
        if event["type"] != "PassStateEntered" {
            continue;
        }
        let details = &event["stateEnteredEventDetails"];
        let name = details["name"].as_str().unwrap_or_default();
        let Some(state) = find_state(&case["definition"], name) else {
            continue;
        };
        if !is_comparable(&case["definition"], state) {
            continue;
        }
        let next = history[position + 1..]
            .iter()
            .find(|next| next["previousEventId"] == event["id"]);
        let Some(next) = next.or_else(|| history.get(position + 1)) else {
            continue;
        };
        let actual = run(state, &document(&details["input"]), &context(case, &start), name);
        results.push((name.to_owned(), compare(next, actual)));
    }
    results
}

fn find_state<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let own = value["States"].get(name).filter(|state| state["Type"] == "Pass");
    own.or_else(|| match value {
        Value::Object(members) => members.values().find_map(|member| find_state(member, name)),
        Value::Array(items) => items.iter().find_map(|item| find_state(item, name)),
        _ => None,
    })
}

fn is_comparable(definition: &Value, state: &Value) -> bool {
    let text = state.to_string();
    let language = state.get("QueryLanguage").unwrap_or(&definition["QueryLanguage"]);
    let has_data_flow = ["Parameters", "InputPath", "ResultPath", "OutputPath"]
        .iter()
        .any(|field| state.get(field).is_some());
    let reads_variables = text
        .split('$')
        .skip(1)
        .any(|rest| rest.starts_with(|next: char| next.is_alphabetic()));
    has_data_flow && language != "JSONata" && !reads_variables && !text.contains("$$.Map")
}

struct Execution {
    context: ExecutionContext,
    state_machine: StateMachineContext,
}

fn context(case: &Value, input: &Value) -> Execution {
    let text = |field: &str| case["context"][field].as_str().unwrap_or_default().to_owned();
    Execution {
        context: ExecutionContext {
            id: text("execution_arn").into(),
            input: input.clone().into(),
            name: text("execution_name"),
            role_arn: text("role_arn").into(),
            start_time: DateTime::UNIX_EPOCH,
            redrive_count: Some(0),
        },
        state_machine: StateMachineContext {
            id: text("state_machine_arn"),
            name: text("state_machine_name"),
        },
    }
}

fn run(state: &Value, raw_input: &Value, execution: &Execution, name: &str) -> Result<Value, String> {
    let context = ContextObject {
        execution: &execution.context,
        state_machine: &execution.state_machine,
        state: StateContext {
            name,
            entered_time: DateTime::UNIX_EPOCH,
            retry_count: None,
        },
        task_token: None,
        map_item: None,
    };
    let random = Random::seeded(1);
    let scope = |input| Scope {
        input,
        context: &context,
        variables: &NoVariables,
        random: &random,
    };
    let input = path(state, "InputPath", &scope(raw_input))?;
    let result = match (state.get("Result"), state.get("Parameters")) {
        (Some(result), _) => result.clone(),
        (None, Some(parameters)) => {
            let template = PayloadTemplate::compile(parameters).map_err(|errors| errors[0].to_string())?;
            template.evaluate(&scope(&input)).map_err(|error| error.to_string())?
        }
        (None, None) => input,
    };
    let output = match state.get("ResultPath") {
        Some(Value::Null) => raw_input.clone(),
        Some(place) => {
            let mut output = raw_input.clone();
            let place = ReferencePath::parse(place.as_str().unwrap()).map_err(|error| error.to_string())?;
            place.write(&mut output, result).map_err(|error| error.to_string())?;
            output
        }
        None => result,
    };
    path(state, "OutputPath", &scope(&output))
}

fn path(state: &Value, field: &str, scope: &Scope<'_>) -> Result<Value, String> {
    match state.get(field) {
        None => Ok(scope.input.clone()),
        Some(Value::Null) => Ok(json!({})),
        Some(path) => {
            let text = path.as_str().unwrap();
            let path = JsonPath::parse(text).map_err(|error| error.to_string())?;
            let value = path
                .evaluate(scope)
                .map_err(|error| format!("Invalid path '{text}' : {error}"))?;
            Ok(value.into_owned())
        }
    }
}

fn compare(next: &Value, actual: Result<Value, String>) -> Result<(), String> {
    let exited = &next["stateExitedEventDetails"]["output"];
    let cause = next["executionFailedEventDetails"]["cause"].as_str();
    match (actual, cause) {
        (Ok(actual), None) if is_same(&document(exited), &actual) => Ok(()),
        (Err(error), Some(cause)) => {
            let cause = cause.split_once("). ").map_or(cause, |(_state, cause)| cause);
            // What the recording's input was, is a placeholder there.
            let cause = cause.split("'<json-input").next().unwrap_or_default();
            if error.starts_with(cause) {
                Ok(())
            } else {
                Err(format!("fails with `{error}`, not with `{cause}`"))
            }
        }
        (actual, _) => Err(format!("gives {actual:?}, not {exited} {cause:?}")),
    }
}

#[test]
fn every_computed_field_of_the_recordings_is_understood() {
    let mut refused = Vec::new();
    for (file, case) in cases("") {
        if case["kind"] == "execution" {
            computed_fields(&case["definition"], &mut |text| {
                if let Err(error) = Expression::parse(text) {
                    refused.push(format!("{}: {text}: {error}", file.display()));
                }
            });
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

fn computed_fields(value: &Value, visit: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, member)| match member {
            Value::String(text) if key.ends_with(".$") => visit(text),
            // A Pass state's result is a literal, whatever its fields look like.
            _ if key == "Result" => {}
            _ => computed_fields(member, visit),
        }),
        Value::Array(items) => items.iter().for_each(|item| computed_fields(item, visit)),
        _ => {}
    }
}
