use std::str::FromStr;

use serde_json::Value;

/// Which route a message takes: the route selection expression (API Gateway developer guide, route selection expressions).
///
/// | expression | gives, for `{"action":"order","id":7,"tags":["a","b"]}` |
/// |---|---|
/// | `$request.body.action` | `order` |
/// | `${request.body.action}/${request.body.id}` | `order/7` |
/// | `$request.body.tags` | `[a, b]` |
/// | `$request.body.missing` | the empty string |
/// | `static` | `static` |
/// | `\$default` | `$default` |
///
/// What stands after `request.body` names members (`.name`, `['name']`) and array elements (`[0]`). The result is not
/// evaluated again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteSelectionExpression(Vec<Part>);

/// What an expression is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Body(Vec<Selector>),
}

/// How to get from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    Member(String),
    Element(usize),
}

/// An expression that selects nothing that we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the route selection expression `{expression}` is not valid: {reason}")]
pub struct InvalidRouteSelectionExpression {
    expression: String,
    reason: &'static str,
}

impl RouteSelectionExpression {
    /// The route key that the expression gives for a message's JSON body.
    ///
    /// ```
    /// use asl_engine::websocket::RouteSelectionExpression;
    /// use serde_json::json;
    ///
    /// let expression: RouteSelectionExpression = "$request.body.action".parse()?;
    /// assert_eq!(expression.evaluate(&json!({ "action": "order" })), "order");
    /// # Ok::<(), asl_engine::websocket::InvalidRouteSelectionExpression>(())
    /// ```
    pub fn evaluate(&self, body: &Value) -> String {
        let mut key = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => key.push_str(text),
                Part::Body(selectors) => {
                    if let Some(value) = select(body, selectors) {
                        push_value(&mut key, value);
                    }
                }
            }
        }
        key
    }
}

impl Default for RouteSelectionExpression {
    /// `$request.body.action`, which most APIs use.
    fn default() -> Self {
        Self(vec![Part::Body(vec![Selector::Member("action".to_owned())])])
    }
}

impl FromStr for RouteSelectionExpression {
    type Err = InvalidRouteSelectionExpression;

    fn from_str(expression: &str) -> Result<Self, Self::Err> {
        parse(expression)
            .map(Self)
            .map_err(|reason| InvalidRouteSelectionExpression {
                expression: expression.to_owned(),
                reason,
            })
    }
}

fn parse(expression: &str) -> Result<Vec<Part>, &'static str> {
    // A bare variable is the whole expression: `$request.body.action`.
    if let Some(variable) = expression.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
        return Ok(vec![Part::Body(parse_variable(variable)?)]);
    }
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = expression;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\$") {
            text.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let (variable, after) = split_at_closing_brace(after)?;
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(Part::Body(parse_variable(variable)?));
            rest = after;
        } else if next == '$' {
            return Err("a `$` within text is written `\\$`, a variable within text `${…}`");
        } else {
            text.push(next);
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    if parts.is_empty() {
        Err("it is empty")
    } else {
        Ok(parts)
    }
}

fn split_at_closing_brace(text: &str) -> Result<(&str, &str), &'static str> {
    let mut quoted = false;
    for (index, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '}' if !quoted => {
                let (variable, rest) = text.split_at(index);
                return Ok((variable, rest.strip_prefix('}').unwrap_or_default()));
            }
            _ => {}
        }
    }
    Err("a `${` is not closed by `}`")
}

fn parse_variable(variable: &str) -> Result<Vec<Selector>, &'static str> {
    let mut rest = variable
        .strip_prefix("request.body")
        .ok_or("the only variable is `request.body`")?;
    let mut selectors = Vec::new();
    while !rest.is_empty() {
        let (selector, after) = parse_selector(rest)?;
        selectors.push(selector);
        rest = after;
    }
    Ok(selectors)
}

fn parse_selector(text: &str) -> Result<(Selector, &str), &'static str> {
    const UNKNOWN: &str = "after `request.body` only `.name`, `['name']` and `[0]` may stand";
    if let Some(quoted) = text.strip_prefix("['") {
        let (name, rest) = quoted.split_once("']").ok_or(UNKNOWN)?;
        return Ok((Selector::Member(name.to_owned()), rest));
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let (index, rest) = bracketed.split_once(']').ok_or(UNKNOWN)?;
        return Ok((Selector::Element(index.parse().map_err(|_| UNKNOWN)?), rest));
    }
    let member = text.strip_prefix('.').ok_or(UNKNOWN)?;
    let end = member
        .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .unwrap_or(member.len());
    match member.split_at(end) {
        ("", _) => Err(UNKNOWN),
        (name, rest) => Ok((Selector::Member(name.to_owned()), rest)),
    }
}

fn select<'a>(body: &'a Value, selectors: &[Selector]) -> Option<&'a Value> {
    selectors.iter().try_fold(body, |value, selector| match selector {
        Selector::Member(name) => value.get(name),
        Selector::Element(index) => value.get(index),
    })
}

fn push_value(key: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::String(text) => key.push_str(text),
        Value::Array(elements) => {
            key.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    key.push_str(", ");
                }
                push_value(key, element);
            }
            key.push(']');
        }
        other => key.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluate(expression: &str, body: &Value) -> String {
        expression.parse::<RouteSelectionExpression>().unwrap().evaluate(body)
    }

    #[test]
    fn variables_and_text() {
        let body = json!({ "action": "order", "id": 7, "user": { "first name": "Ada" }, "tags": ["a", ["b", 1]], "yes": true });
        assert_eq!(evaluate("$request.body.action", &body), "order");
        assert_eq!(evaluate("${request.body.action}", &body), "order");
        assert_eq!(evaluate("${request.body.action}/${request.body.id}", &body), "order/7");
        assert_eq!(evaluate("v1-${request.body.yes}!", &body), "v1-true!");
        assert_eq!(evaluate("$request.body.user['first name']", &body), "Ada");
        assert_eq!(evaluate("${request.body.user['first name']}", &body), "Ada");
        assert_eq!(evaluate("$request.body.tags", &body), "[a, [b, 1]]");
        assert_eq!(evaluate("$request.body.tags[1][0]", &body), "b");
        assert_eq!(evaluate("$request.body.user", &body), r#"{"first name":"Ada"}"#);
        assert_eq!(evaluate("static", &body), "static");
    }

    #[test]
    fn unresolved_is_empty() {
        let body = json!({ "action": null });
        assert_eq!(evaluate("$request.body.action", &body), "");
        assert_eq!(evaluate("a${request.body.nope.deeper}b", &body), "ab");
        assert_eq!(evaluate("$request.body.action", &json!("text")), "");
        assert_eq!(evaluate("$request.body[3]", &json!([1])), "");
    }

    #[test]
    fn evaluated_once() {
        let body = json!({ "action": "${request.body.other}", "other": "x" });
        assert_eq!(evaluate("$request.body.action", &body), "${request.body.other}");
        assert_eq!(evaluate("\\$default", &body), "$default");
        assert_eq!(evaluate("a\\$b", &body), "a$b");
    }

    #[test]
    fn what_is_not_an_expression_is_an_error() {
        for expression in [
            "",
            "$",
            "$default",
            "$request.header.x",
            "a$b",
            "${request.body.a",
            "$request.body.*",
            "$request.body..a",
            "$request.body[x]",
            "$request.bodyx",
            "$request.body.a b",
        ] {
            assert!(expression.parse::<RouteSelectionExpression>().is_err(), "{expression}");
        }
    }
}
