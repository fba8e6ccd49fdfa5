//! Sample data for a state machine: what its definition reads, and what would make its Choice Rules match.

use serde_json::{Map, Value, json};

/// A place in data, by the names of members.
pub(super) type Place = Vec<String>;

/// Data that has what the definition reads.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    pub(super) data: Value,
    /// Values at places that may lead to other paths.
    pub(super) variants: Vec<(Place, Value)>,
}

/// The sample of a machine; texts are `text`, where nothing tells what is read.
pub(super) fn sample(definition: &Value, text: &Value) -> Sample {
    let mut sample = Sample {
        data: json!({}),
        variants: Vec::new(),
    };
    graph(definition, text, &mut sample);
    sample
}

fn graph(graph: &Value, text: &Value, sample: &mut Sample) {
    let states = graph.get("States").and_then(Value::as_object);
    for state in states.into_iter().flat_map(Map::values) {
        fields(state, text, sample);
        for branch in state.get("Branches").and_then(Value::as_array).into_iter().flatten() {
            self::graph(branch, text, sample);
        }
        for processor in ["ItemProcessor", "Iterator"]
            .iter()
            .filter_map(|field| state.get(field))
        {
            items(state, processor, text, sample);
        }
    }
}

/// The items of a Map have what its iterations read.
fn items(state: &Value, processor: &Value, text: &Value, sample: &mut Sample) {
    let mut of_item = Sample {
        data: json!({}),
        variants: Vec::new(),
    };
    graph(processor, text, &mut of_item);
    for path in texts(state).flat_map(|text| places(text, "$$.Map.Item.Value")) {
        put(&mut of_item.data, &path, text.clone());
    }
    let place = state
        .get("ItemsPath")
        .or_else(|| state.get("Items"))
        .and_then(Value::as_str)
        .and_then(|text| places(text, "$").chain(places(text, "$states.input")).next());
    let place = place.unwrap_or_default();
    put(&mut sample.data, &place, json!([]));
    sample.variants.push((place.clone(), json!([of_item.data])));
    sample
        .variants
        .push((place.clone(), json!([of_item.data, of_item.data])));
    sample.variants.push((place.clone(), json!([])));
    for (inner, value) in of_item.variants {
        let mut item = of_item.data.clone();
        put(&mut item, &inner, value);
        sample.variants.push((place.clone(), json!([item])));
    }
}

/// What the fields of one state read, its nested states left out.
fn fields(state: &Value, text: &Value, sample: &mut Sample) {
    let own = state.as_object().into_iter().flatten();
    let own = own.filter(|(name, _)| !matches!(name.as_str(), "Branches" | "ItemProcessor" | "Iterator"));
    for (name, value) in own {
        if name == "Choices" {
            value
                .as_array()
                .into_iter()
                .flatten()
                .for_each(|rule| self::rule(rule, sample));
        }
        for found in texts(value) {
            for root in ["$", "$states.input", "$states.result"] {
                for place in places(found, root) {
                    let value = match &**name {
                        "SecondsPath" | "TimeoutSecondsPath" | "HeartbeatSecondsPath" | "MaxConcurrencyPath" => {
                            json!(1)
                        }
                        "TimestampPath" => json!("2026-01-01T00:00:00Z"),
                        _ => text.clone(),
                    };
                    put(&mut sample.data, &place, value);
                }
            }
        }
    }
}

/// Values that make a rule match, and some that do not.
fn rule(rule: &Value, sample: &mut Sample) {
    for inner in ["And", "Or"]
        .iter()
        .filter_map(|name| rule.get(name)?.as_array())
        .flatten()
    {
        self::rule(inner, sample);
    }
    if let Some(inner) = rule.get("Not") {
        self::rule(inner, sample);
    }
    if let Some(condition) = rule.get("Condition").and_then(Value::as_str) {
        return expression(condition, sample);
    }
    let variable = rule.get("Variable").and_then(Value::as_str);
    let place = variable.and_then(|path| {
        // A variable is often assigned from a member of its name.
        let of_variable = || {
            path.strip_prefix('$')
                .map(|path| path.split('.').map(str::to_owned).collect())
        };
        places(path, "$").next().or_else(of_variable)
    });
    let Some(place) = place else { return };
    for (operator, value) in rule.as_object().into_iter().flatten() {
        for candidate in candidates(operator, value) {
            put(&mut sample.data, &place, candidate.clone());
            sample.variants.push((place.clone(), candidate));
        }
    }
}

/// Values around the constant of a comparison.
fn candidates(operator: &str, value: &Value) -> Vec<Value> {
    match (operator, value) {
        ("IsNull", _) => vec![Value::Null],
        ("IsPresent" | "IsString", _) => vec![json!("text")],
        ("IsNumeric", _) => vec![json!(1)],
        ("IsBoolean", _) => vec![json!(true)],
        ("IsTimestamp", _) => vec![json!("2026-01-01T00:00:00Z")],
        (_, Value::Bool(value)) => vec![json!(value), json!(!value)],
        (_, Value::Number(number)) => {
            let around = |by: i64| match number.as_i64() {
                Some(whole) => json!(whole.saturating_add(by)),
                None => json!(number.as_f64().unwrap_or_default() + if by < 0 { -1.0 } else { 1.0 }),
            };
            vec![value.clone(), around(1), around(-1)]
        }
        (operator, Value::String(_)) if operator.starts_with("Timestamp") && !operator.ends_with("Path") => vec![
            value.clone(),
            json!("2000-01-01T00:00:00Z"),
            json!("2100-01-01T00:00:00Z"),
        ],
        ("StringMatches", Value::String(pattern)) => vec![json!(pattern.replace('*', "")), json!("other")],
        ("Variable" | "Next" | "Comment" | "QueryLanguage", _) => Vec::new(),
        (operator, Value::String(_)) if operator.ends_with("Path") => Vec::new(),
        (_, Value::String(text)) => vec![value.clone(), json!(format!("{text} ")), json!("")],
        _ => Vec::new(),
    }
}

/// The constants of a JSONata condition, at every place that it reads.
fn expression(condition: &str, sample: &mut Sample) {
    let mut constants = vec![json!(true), json!(false)];
    for (i, part) in condition.split(['\'', '"']).enumerate() {
        if i % 2 == 1 {
            constants.push(json!(part));
            continue;
        }
        let words = part.split(|c: char| !(c.is_ascii_digit() || c == '.'));
        let numbers = words.filter_map(|word| word.parse::<i64>().ok());
        constants.extend(
            numbers
                .flat_map(|number| [number, number + 1, number - 1])
                .map(Value::from),
        );
    }
    for root in ["$states.input", "$states.result"] {
        for place in places(condition, root) {
            for constant in &constants {
                put(&mut sample.data, &place, constant.clone());
                sample.variants.push((place.clone(), constant.clone()));
            }
        }
    }
}

/// All texts in a value.
fn texts(value: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match value {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(elements) => Box::new(elements.iter().flat_map(texts)),
        Value::Object(members) => {
            let inner = members.iter().filter(|(name, _)| *name != "Choices");
            Box::new(inner.flat_map(|(_, value)| texts(value)))
        }
        _ => Box::new(std::iter::empty()),
    }
}

/// The places below `root` that a text names, such as `order.id` in `$.order.id`.
fn places<'t>(text: &'t str, root: &'t str) -> impl Iterator<Item = Place> + 't {
    text.match_indices(root).filter_map(move |(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        // `$` is also the end of `$$`, the context object, and the beginning of a variable.
        let rest = rest.strip_prefix(root)?;
        // A branch's result, or an item: the place is the same in all of them.
        let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((index, rest)) if index.chars().all(|c| c.is_ascii_digit() || c == '*') => rest,
            _ => rest,
        };
        let rest = rest.strip_prefix('.')?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
        let (path, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        let path = path.trim_end_matches('.');
        if before.ends_with('$') || after.starts_with('(') || path.is_empty() || path.contains("..") {
            return None;
        }
        Some(path.split('.').map(str::to_owned).collect())
    })
}

/// Puts a value at a place, unless the place has members already.
fn put(data: &mut Value, place: &[String], value: Value) {
    let is_inner = |data: &Value| data.as_object().is_some_and(|members| !members.is_empty());
    if let Some(member) = member(data, place)
        && !is_inner(member)
    {
        *member = value;
    }
}

/// Sets the value at a place.
pub(super) fn set(data: &mut Value, place: &[String], value: Value) {
    if let Some(member) = member(data, place) {
        *member = value;
    }
}

/// The value at a place, with objects around it.
fn member<'d>(data: &'d mut Value, place: &[String]) -> Option<&'d mut Value> {
    place.iter().try_fold(data, |data, name| {
        if !data.is_object() {
            *data = json!({});
        }
        Some(data.as_object_mut()?.entry(name.clone()).or_insert_with(|| json!({})))
    })
}
