//! Definitions that AWS was asked to check or to refuse: a call of the API each.

use serde_json::{Value, json};

use crate::api;
use crate::case::Case;

/// Compares the verdict and every problem.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let call = &case.json["call"];
    let recorded = &case.json["expected"]["validate"];
    let mut params = call["params"].clone();
    params["definition"] = case.definition().into();
    if params["type"].is_null() && case.json["machine_type"] == "EXPRESS" {
        params["type"] = "EXPRESS".into();
    }
    let is_refused = ["Error", "exception_typename"]
        .iter()
        .any(|member| recorded.get(member).is_some());
    let step: Value = json!({
        "op": call["op"],
        "params": params,
        "raises": is_refused,
        "expected": { "validate": recorded },
    });
    api::check_calls(case, &[step])
}
