//! What the files of cases say.

use asl_engine::StateMachine;
use asl_engine::definition::WorkflowType;
use asl_engine::loading::{Loader, Substitutions};
use asl_engine::simulation::Answer;
use libtest_mimic::Failed;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// The machine that `definition`, `substitutions` and `type` make.
pub(crate) fn machine_of(json: &Value) -> Result<StateMachine, Failed> {
    let definition = match &json["definition"] {
        Value::String(file) => std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file))?,
        definition => definition.to_string(),
    };
    let values = json["substitutions"].as_object().into_iter().flatten();
    let substitutions = values.fold(Substitutions::new(), |all, (name, value)| {
        all.with(name, value.as_str().expect("a substitution is a text"))
    });
    let workflow_type = match json["type"].as_str() {
        None => WorkflowType::Standard,
        Some("EXPRESS") => WorkflowType::Express,
        Some(other) => return Err(format!("there is no type `{other}`").into()),
    };
    let loader = Loader::new().substitutions(substitutions).workflow_type(workflow_type);
    loader.parse(&definition).map_err(|error| format!("{error}").into())
}

/// A scripted answer.
pub(crate) fn answer(answer: &Value) -> Answer {
    if answer == "never" {
        return Answer::never();
    }
    let scripted = match answer.get("return") {
        Some(output) => Answer::success(output.clone()),
        None => Answer::error(
            answer["error"].as_str().expect("an answer returns or has an error"),
            answer["cause"].as_str().unwrap_or_default(),
        ),
    };
    scripted.after(Duration::from_secs_f64(answer["after"].as_f64().unwrap_or(0.0)))
}
