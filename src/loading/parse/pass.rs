//! Pass states.

use super::Fields;
use crate::data::Payload;
use crate::definition::{JsonPathPass, PassData, PassState, QueryLanguage};
use crate::loading::report::Reported;

pub(super) fn pass_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<PassState, Reported> {
    let comment = fields.comment();
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(PassData::JsonPath),
        QueryLanguage::Jsonata => fields.exit().map(PassData::Jsonata),
    };
    let transition = fields.transition();
    Ok(PassState {
        comment: comment?,
        data: data?,
        transition: transition?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathPass, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template_of_any_type("Parameters");
    let result = fields.literal("Result");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathPass {
        input_path: input_path?,
        parameters: parameters?,
        result: result?.map(Payload::from),
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::definition::{InputOutputPath, ResultPath, State, Transition};

    fn pass(fields: &str) -> JsonPathPass {
        match state(&format!(r#"{{ "Type": "Pass", {fields} "End": true }}"#)) {
            State::Pass(PassState {
                data: PassData::JsonPath(pass),
                transition,
                ..
            }) if transition == Transition::Next("Y".into()) => pass,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn absent_fields_have_their_defaults() {
        let pass = pass("");
        assert!(matches!(pass.input_path, InputOutputPath::Whole));
        assert!(matches!(pass.result_path, ResultPath::Whole));
        assert!(matches!(pass.output_path, InputOutputPath::Whole));
        assert!(pass.result.is_none() && pass.parameters.is_none() && pass.assign.is_none());
    }

    #[test]
    fn null_is_no_default() {
        let pass = pass(r#""InputPath": null, "ResultPath": null, "OutputPath": "$", "Result": null,"#);
        assert!(matches!(pass.input_path, InputOutputPath::Empty));
        assert!(matches!(pass.result_path, ResultPath::Discard));
        assert!(matches!(pass.output_path, InputOutputPath::Whole));
        assert_eq!(pass.result.as_deref(), Some(&serde_json::Value::Null));
    }

    #[test]
    fn names_of_variables_lose_their_dollar() {
        let pass = pass(r#""Assign": { "a.$": "$.a", "b": 1 },"#);
        assert_eq!(pass.assign.unwrap().names, ["a", "b"]);
    }
}
