//! Wait states.

use super::retry::MAXIMUM;
use super::{Fields, timestamp};
use crate::definition::{JsonPathWait, JsonataWait, JsonataWaitUntil, QueryLanguage, WaitData, WaitState, WaitUntil};
use crate::loading::report::Reported;

pub(super) fn wait_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<WaitState, Reported> {
    let comment = fields.comment();
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(WaitData::JsonPath),
        QueryLanguage::Jsonata => jsonata(&mut fields).map(WaitData::Jsonata),
    };
    let transition = fields.transition();
    Ok(WaitState {
        comment: comment?,
        data: data?,
        transition: transition?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathWait, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let until = wait_until(fields);
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathWait {
        input_path: input_path?,
        until: until?,
        output_path: output_path?,
        assign: assign?,
    })
}

/// Reads all four fields, so that each is checked. The rule about exclusive fields checks that there is exactly one.
fn wait_until(fields: &mut Fields<'_, '_>) -> Result<WaitUntil, Reported> {
    let seconds = fields.integer("Seconds", 0, MAXIMUM);
    let seconds_path = fields.reference_path("SecondsPath");
    let timestamp = fields
        .node("Timestamp")
        .map(|node| timestamp::timestamp(node, fields.reading));
    let timestamp_path = fields.reference_path("TimestampPath");
    match (seconds?, seconds_path?, timestamp.transpose()?, timestamp_path?) {
        (Some(seconds), ..) => Ok(WaitUntil::Seconds(seconds)),
        (_, Some(path), ..) => Ok(WaitUntil::SecondsPath(path)),
        (_, _, Some(timestamp), _) => Ok(WaitUntil::Timestamp(timestamp)),
        (_, _, _, Some(path)) => Ok(WaitUntil::TimestampPath(path)),
        _ => Err(Reported),
    }
}

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<JsonataWait, Reported> {
    let seconds = fields.jsonata_integer("Seconds", 0, MAXIMUM);
    let timestamp = fields.jsonata_value("Timestamp", timestamp::timestamp);
    let exit = fields.exit();
    let until = match (seconds?, timestamp?) {
        (Some(seconds), _) => JsonataWaitUntil::Seconds(seconds),
        (None, Some(timestamp)) => JsonataWaitUntil::Timestamp(timestamp),
        (None, None) => return Err(Reported),
    };
    Ok(JsonataWait { until, exit: exit? })
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::definition::State;

    #[test]
    fn each_way_to_wait_is_read() {
        let wait = |field: &str| match state(&format!(r#"{{ "Type": "Wait", {field}, "End": true }}"#)) {
            State::Wait(WaitState {
                data: WaitData::JsonPath(wait),
                ..
            }) => wait.until,
            other => panic!("{other:?}"),
        };
        assert!(matches!(wait(r#""Seconds": 0"#), WaitUntil::Seconds(0)));
        assert!(matches!(wait(r#""SecondsPath": "$.s""#), WaitUntil::SecondsPath(_)));
        assert!(matches!(
            wait(r#""Timestamp": "2026-08-14T18:30:00+02:00""#),
            WaitUntil::Timestamp(_)
        ));
        assert!(matches!(wait(r#""TimestampPath": "$.t""#), WaitUntil::TimestampPath(_)));
    }
}
