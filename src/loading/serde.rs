//! A state machine as a serde value: the JSON document of its definition.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::definition::{Document, StateMachine};

/// Serialises the document of [`StateMachine::definition`], after substitutions. The workflow type is not part of it,
/// so deserialising gives a Standard workflow.
///
/// ```
/// use asl_engine::StateMachine;
/// use serde_json::json;
///
/// let definition = json!({ "StartAt": "Bake", "States": { "Bake": { "Type": "Pass", "End": true } } });
/// let machine: StateMachine = serde_json::from_value(definition.clone())?;
/// assert_eq!(serde_json::to_value(&machine)?, definition);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl Serialize for StateMachine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.definition().serialize(serializer)
    }
}

/// Parses and validates as [`StateMachine::parse`] does, from any format of serde.
///
/// A `${Name}` is plain text here, not a placeholder, so that a serialised machine can be read back. Lines in errors
/// refer to the document printed as JSON with one member per line.
impl<'de> Deserialize<'de> for StateMachine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        Self::parse(&document.print()).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::json::Substitutions;

    #[test]
    fn what_is_written_is_read_back() {
        let source = r#"{ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true,
            "Result": { "script": "echo ${!HOME} ${Name}", "n": [1, 1.5, -0.0, 1e300, 18446744073709551615] } } } }"#;
        let machine = StateMachine::parse_with(source, &Substitutions::new().with("Name", "$")).unwrap();
        assert_eq!(
            machine.definition()["States"]["A"]["Result"]["script"],
            "echo ${HOME} $"
        );
        let text = serde_json::to_string(&machine).unwrap();
        let again: StateMachine = serde_json::from_str(&text).unwrap();
        assert_eq!(again.definition(), machine.definition());
        assert_eq!(serde_json::to_string(&again).unwrap(), text, "the order of keys stays");
    }

    #[test]
    fn an_invalid_definition_says_what_is_wrong() {
        let refused = |source: &str| serde_json::from_str::<StateMachine>(source).unwrap_err().to_string();
        let text = refused(r#"{ "StartAt": "B", "States": { "A": { "Type": "Succeed" }, "A": { "Type": "Fail" } } }"#);
        assert!(text.contains("Duplicate field 'A'"), "{text}");
        assert!(text.contains("Missing 'Next' target: B"), "{text}");
        assert!(refused("7").contains("Definition must be a valid JSON object"));
    }
}
