//! Parses the JSON of a pattern into clauses and their combinations by `$or`.

use serde_json::{Map, Value};

use super::comparison::Comparison;

/// The most rule combinations that `$or` may ask for (EventBridge user guide, "Or matching").
const MAX_COMBINATIONS: usize = 1000;
/// The names of operators, which cannot be keys right under `$or`.
const RESERVED_IN_OR: [&str; 9] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
];

/// A pattern as clauses and, by their index, the combinations of clauses of which one must hold.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) clauses: Vec<Clause>,
    pub(super) combinations: Vec<Vec<usize>>,
}

/// One leaf of a pattern: a path, and the alternatives for the values found there.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// The keys down to the leaf, joined with dots: that makes dotted keys and nested ones the same.
    pub(super) path: String,
    pub(super) alternatives: Vec<Comparison>,
}

/// Parses a pattern; the error is the reason in EventBridge's words, that of the first mistake in reading order.
pub(super) fn parse(pattern: &Value) -> Result<Parsed, String> {
    let Value::Object(fields) = pattern else {
        return Err("Filter is not an object".to_owned());
    };
    let mut clauses = Vec::new();
    let combinations = object(fields, "", vec![Vec::new()], &mut clauses)?;
    // EventBridge checks the complexity of a pattern only after parsing all of it.
    if clauses
        .iter()
        .flat_map(|clause| &clause.alternatives)
        .any(Comparison::is_too_complex)
    {
        return Err(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences \
             after a wildcard character"
                .to_owned(),
        );
    }
    Ok(Parsed { clauses, combinations })
}

/// Adds the clauses of an object, and those to each of the combinations so far.
fn object(
    fields: &Map<String, Value>,
    path: &str,
    mut combinations: Vec<Vec<usize>>,
    clauses: &mut Vec<Clause>,
) -> Result<Vec<Vec<usize>>, String> {
    if fields.is_empty() {
        return Err("Empty objects are not allowed".to_owned());
    }
    for (key, value) in fields {
        if key == "$or" {
            combinations = or(value, path, &combinations, clauses)?;
            continue;
        }
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            Value::Object(fields) => combinations = object(fields, &path, combinations, clauses)?,
            Value::Array(items) => {
                let alternatives = alternatives(items)?;
                for combination in &mut combinations {
                    combination.push(clauses.len());
                }
                clauses.push(Clause { path, alternatives });
            }
            _ => return Err(format!("\"{key}\" must be an object or an array")),
        }
    }
    Ok(combinations)
}

fn or(
    value: &Value,
    path: &str,
    combinations: &[Vec<usize>],
    clauses: &mut Vec<Clause>,
) -> Result<Vec<Vec<usize>>, String> {
    let Value::Array(choices) = value else {
        return Err("It must be an Array followed with $or.".to_owned());
    };
    let mut all = Vec::new();
    for choice in choices {
        let Value::Object(fields) = choice else {
            return Err("Only JSON object is allowed in array of $or relationship.".to_owned());
        };
        if let Some(name) = fields.keys().find(|key| RESERVED_IN_OR.contains(&key.as_str())) {
            return Err(format!(
                "{name} is Ruler reserved fieldName which cannot be used inside $or."
            ));
        }
        all.extend(object(fields, path, combinations.to_vec(), clauses)?);
        if all.len() > MAX_COMBINATIONS {
            return Err(format!("$or allows no more than {MAX_COMBINATIONS} rule combinations"));
        }
    }
    if choices.len() < 2 {
        return Err("There must have at least 2 Objects in $or relationship.".to_owned());
    }
    Ok(all)
}

fn alternatives(items: &[Value]) -> Result<Vec<Comparison>, String> {
    if items.is_empty() {
        return Err("Empty arrays are not allowed".to_owned());
    }
    items.iter().map(Comparison::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reason(pattern: &Value) -> String {
        parse(pattern).unwrap_err()
    }

    #[test]
    fn nested_and_dotted_keys_are_the_same_path() {
        let parsed = parse(&json!({ "a": { "b.c": [1] }, "a.b": { "d": [2] } })).unwrap();
        let paths: Vec<_> = parsed.clauses.iter().map(|clause| clause.path.as_str()).collect();
        assert_eq!(paths, ["a.b.c", "a.b.d"]);
    }

    #[test]
    fn or_multiplies_the_combinations() {
        let choice = json!([{ "x": [1] }, { "y": [1] }, { "z": [1] }]);
        let parsed = parse(&json!({ "a": [1], "$or": choice, "b": { "$or": choice } })).unwrap();
        assert_eq!(parsed.combinations.len(), 9);
        assert_eq!(parsed.combinations[0], [0, 1, 4]);
    }

    #[test]
    fn no_more_than_a_thousand_combinations() {
        let ten: Vec<Value> = (0..10).map(|n| json!({ "a": [n] })).collect();
        let mut pattern = json!({ "$or": ten, "x": { "$or": ten }, "y": { "$or": ten } });
        assert_eq!(parse(&pattern).unwrap().combinations.len(), 1000);
        pattern["z"] = json!({ "$or": [{ "a": [1] }, { "a": [2] }] });
        assert_eq!(reason(&pattern), "$or allows no more than 1000 rule combinations");
    }

    #[test]
    fn the_first_mistake_is_told() {
        assert_eq!(reason(&json!([])), "Filter is not an object");
        assert_eq!(reason(&json!({})), "Empty objects are not allowed");
        assert_eq!(reason(&json!({ "a": {}, "b": 1 })), "Empty objects are not allowed");
        assert_eq!(
            reason(&json!({ "a": "x", "b": [] })),
            r#""a" must be an object or an array"#
        );
        assert_eq!(reason(&json!({ "a": [] })), "Empty arrays are not allowed");
        assert_eq!(reason(&json!({ "$or": {} })), "It must be an Array followed with $or.");
        assert_eq!(
            reason(&json!({ "$or": [1] })),
            "Only JSON object is allowed in array of $or relationship."
        );
        assert_eq!(
            reason(&json!({ "$or": [{ "a": [1] }] })),
            "There must have at least 2 Objects in $or relationship."
        );
        assert_eq!(
            reason(&json!({ "$or": [{ "prefix": ["a"] }, { "b": [1] }] })),
            "prefix is Ruler reserved fieldName which cannot be used inside $or."
        );
    }

    #[test]
    fn complexity_is_judged_last() {
        let complex = json!([{ "wildcard": "*a*a*a*a*a*a*a*a*a*a*" }]);
        assert!(reason(&json!({ "x": complex })).starts_with("Rule is too complex"));
        assert_eq!(
            reason(&json!({ "x": complex, "y": [] })),
            "Empty arrays are not allowed"
        );
    }
}
