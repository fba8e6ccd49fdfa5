use serde_json::Error;

use super::intrinsic::jackson;

/// Why a text is no JSON, as the Step Functions API says it: Jackson's message without the place.
pub(crate) fn json_problem(text: &str, error: &Error) -> String {
    let message = jackson::message(text, error);
    match message.split_once("\n at ") {
        Some((problem, _)) => problem.to_owned(),
        None => message,
    }
}
