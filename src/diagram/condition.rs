//! Prints a Choice Rule as a readable condition.

use serde_json::Value;

/// Deeper nested rules are not printed.
const MAX_DEPTH: usize = 4;

/// The condition of a rule: `$.kilograms ≤ 2 and $.country matches "d*"`.
pub(super) fn condition(rule: &Value) -> String {
    match rule.get("Condition").and_then(Value::as_str) {
        Some(condition) => expression(condition).to_owned(),
        None => rule_text(rule, MAX_DEPTH).unwrap_or_default(),
    }
}

/// A JSONata expression without its delimiters; any other text unchanged.
pub(super) fn expression(text: &str) -> &str {
    let inner = text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}"));
    inner.map_or(text, str::trim)
}

/// A label whose long paths keep their last two names only: `$…address.country = "DE"`.
#[cfg(feature = "svg")]
pub(super) fn shortened(label: &str) -> String {
    let mut short = String::with_capacity(label.len());
    let mut rest = label;
    while let Some(at) = rest.find('$') {
        let (before, path) = rest.split_at(at);
        short.push_str(before);
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '$' | '.' | '_');
        let (path, after) = path.split_at(path.find(|c| !is_part(c)).unwrap_or(path.len()));
        let from = path.rmatch_indices('.').nth(1).map(|(dot, _)| dot + 1);
        match from.filter(|from| *from > "$.".len()) {
            Some(from) => {
                short.push_str("$…");
                short.extend(path.get(from..));
            }
            None => short.push_str(path),
        }
        rest = after;
    }
    short + rest
}

fn rule_text(rule: &Value, depth: usize) -> Option<String> {
    let Some(depth) = depth.checked_sub(1) else {
        return Some("…".to_owned());
    };
    for (name, word) in [("And", " and "), ("Or", " or ")] {
        if let Some(rules) = rule.get(name).and_then(Value::as_array) {
            let texts = rules.iter().filter_map(|rule| {
                let text = rule_text(rule, depth)?;
                let nests = rule.get("And").is_some() || rule.get("Or").is_some();
                Some(if nests { format!("({text})") } else { text })
            });
            return Some(texts.collect::<Vec<_>>().join(word));
        }
    }
    if let Some(inner) = rule.get("Not") {
        let present = inner.get("IsPresent").and_then(Value::as_bool);
        if let (Some(present), Some(variable)) = (present, inner.get("Variable").and_then(Value::as_str)) {
            return Some(format!("{variable} is {}", if present { "missing" } else { "present" }));
        }
        return Some(format!("not ({})", rule_text(inner, depth)?));
    }
    comparison(rule)
}

fn comparison(rule: &Value) -> Option<String> {
    let variable = rule.get("Variable")?.as_str()?;
    let others = ["Variable", "Next", "Comment", "Assign", "Output"];
    let (operator, operand) = rule
        .as_object()?
        .iter()
        .find(|(name, _)| !others.contains(&name.as_str()))?;
    if let Some(test) = operator.strip_prefix("Is") {
        let no = if operand.as_bool() == Some(false) { "not " } else { "" };
        return Some(match (test, operand.as_bool()) {
            ("Present", Some(false)) => format!("{variable} is missing"),
            ("Null", _) => format!("{variable} is {no}null"),
            ("Present", _) => format!("{variable} is present"),
            _ => format!("{variable} is {no}a {}", test.to_lowercase()),
        });
    }
    let plain = operator.strip_suffix("Path").unwrap_or(operator);
    let sign = [
        ("GreaterThanEquals", "≥"),
        ("LessThanEquals", "≤"),
        ("GreaterThan", ">"),
        ("LessThan", "<"),
        ("Equals", "="),
        ("Matches", "matches"),
    ];
    let sign = sign
        .iter()
        .find(|(name, _)| plain.ends_with(name))
        .map_or(plain, |(_, sign)| sign);
    let operand = match operand.as_str().filter(|_| plain != operator) {
        Some(path) => path.to_owned(),
        None => operand.to_string(),
    };
    Some(format!("{variable} {sign} {operand}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[cfg(feature = "svg")]
    #[test]
    fn long_paths_keep_their_end() {
        for (label, expected) in [
            ("$.a.b = 1", "$.a.b = 1"),
            (
                "$.order.customer.address.country = \"DE\"",
                "$…address.country = \"DE\"",
            ),
            (
                "$exists($states.input.detail.user.type) and $x.y > 1",
                "$exists($…user.type) and $x.y > 1",
            ),
            ("costs 5$", "costs 5$"),
            ("otherwise", "otherwise"),
        ] {
            assert_eq!(shortened(label), expected);
        }
    }

    #[test]
    fn rules_read_as_conditions() {
        for (rule, expected) in [
            (
                json!({ "Variable": "$.a", "NumericLessThanEquals": 2, "Next": "B" }),
                "$.a ≤ 2",
            ),
            (
                json!({ "Next": "B", "Variable": "$.a", "StringEqualsPath": "$.b" }),
                "$.a = $.b",
            ),
            (json!({ "Variable": "$.a", "IsPresent": false }), "$.a is missing"),
            (
                json!({ "Not": { "Variable": "$.a", "IsPresent": true } }),
                "$.a is missing",
            ),
            (json!({ "Variable": "$.a", "IsString": true }), "$.a is a string"),
            (
                json!({ "And": [{ "Variable": "$.a", "BooleanEquals": true }, { "Or": [{ "Variable": "$.b", "IsNull": true }] }] }),
                "$.a = true and ($.b is null)",
            ),
            (json!({ "Condition": "{% $x > 1 %}" }), "$x > 1"),
            (json!({}), ""),
        ] {
            assert_eq!(condition(&rule), expected);
        }
    }
}
