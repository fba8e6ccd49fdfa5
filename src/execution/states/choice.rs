//! The Choice state.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

use crate::data::{JsonPath, Payload, parse_timestamp};
use crate::definition::{ChoiceData, ChoiceState, Comparison, Condition, DataTest, JsonataChoice, Operand, Relation};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Stage;
use crate::execution::intent::{Exit, Intent};
use crate::execution::program::{Next, Node};
use crate::execution::query::Query;

pub(super) fn enter(
    state: &ChoiceState,
    node: &Node,
    raw_input: Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let state = match &state.data {
        ChoiceData::JsonPath(state) => state,
        ChoiceData::Jsonata(state) => return enter_jsonata(state, node, &raw_input, view),
    };
    let effective_input = view.select(&state.input_path, raw_input)?;
    view.inspect(Stage::AfterInputPath, &effective_input);
    let mut decided = (node.default_next, state.assign.as_ref());
    for (index, (rule, next)) in state.choices.iter().zip(&node.choice_next).enumerate() {
        let is_true = holds(&rule.condition, effective_input.value(), view)?;
        view.inspect_rule(index, is_true);
        if is_true {
            decided = (Some(*next), rule.assign.as_ref());
            break;
        }
    }
    let (Some(next), assign) = decided else {
        return Err(no_way_out());
    };
    let assigned = view.assign(assign, &effective_input)?;
    let output = view.select(&state.output_path, effective_input)?;
    Ok(Intent::Exit(Exit {
        output,
        assigned,
        next: Next::State(next),
    }))
}

/// The exit through the first rule that is true, or else through `Default`.
fn enter_jsonata(
    state: &JsonataChoice,
    node: &Node,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let mut query = Query::new(view, raw_input);
    for (index, (rule, next)) in state.choices.iter().zip(&node.choice_next).enumerate() {
        query = query.within("Choices", index);
        let is_true = query.boolean("Condition", &rule.condition)?;
        view.inspect_rule(index, is_true);
        if is_true {
            let exit = query.exit(&rule.exit, || raw_input.clone(), Next::State(*next))?;
            return Ok(Intent::Exit(exit));
        }
    }
    let next = node.default_next.ok_or_else(no_way_out)?;
    let exit = query
        .outside()
        .exit(&state.exit, || raw_input.clone(), Next::State(next))?;
    Ok(Intent::Exit(exit))
}

/// No rule is true, and there is no `Default`.
fn no_way_out() -> Failure {
    Failure::runtime("Failed to transition out of the state. The state does not point to a next state.")
}

/// Evaluates a condition from left to right and no further than needed. The recursion is bounded: conditions nest only
/// as deep as the parser allows.
fn holds(condition: &Condition, effective_input: &Value, view: &StateView<'_>) -> Result<bool, Failure> {
    match condition {
        Condition::And(conditions) => {
            for condition in conditions {
                if !holds(condition, effective_input, view)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(conditions) => {
            for condition in conditions {
                if holds(condition, effective_input, view)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(condition) => Ok(!holds(condition, effective_input, view)?),
        Condition::Test(test) => passes(test, effective_input, view),
    }
}

fn passes(test: &DataTest, effective_input: &Value, view: &StateView<'_>) -> Result<bool, Failure> {
    if let Comparison::IsPresent(wanted) = test.comparison {
        let scope = view.scope(effective_input);
        return Ok(test.variable.evaluate(&scope, &view.budget).is_ok() == wanted);
    }
    let value = value_at(&test.variable, effective_input, view)?;
    // All comparisons of texts are linear in the shorter one, or in the one that a pattern goes through.
    let bytes = value.as_str().map_or(0, str::len);
    view.budget
        .compare(bytes)
        .map_err(|_| Failure::runtime("The conditions of the Choice state compare more text than one state may."))?;
    Ok(match &test.comparison {
        Comparison::String(relation, operand) => {
            let operand = read(operand, effective_input, view, |value| {
                value.as_str().map(str::to_owned)
            })?;
            compare(
                *relation,
                value.as_str(),
                operand.as_deref().map(String::as_str),
                |a, b| Some(by_code_units(a, b)),
            )
        }
        Comparison::Numeric(relation, operand) => {
            let number = |value: &Value| value.as_f64().or_else(|| instead_of_a_number(*relation));
            let operand = read(operand, effective_input, view, number)?;
            compare(*relation, value.as_f64(), operand.as_deref().copied(), |a, b| {
                a.partial_cmp(&b)
            })
        }
        Comparison::Timestamp(relation, operand) => {
            let operand = read(operand, effective_input, view, timestamp)?;
            compare(*relation, timestamp(&value), operand.as_deref().copied(), |a, b| {
                Some(a.cmp(&b))
            })
        }
        Comparison::Boolean(operand) => {
            let operand = read(operand, effective_input, view, Value::as_bool)?;
            compare(Relation::Equal, value.as_bool(), operand.as_deref().copied(), |a, b| {
                Some(a.cmp(&b))
            })
        }
        Comparison::StringMatches(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
        Comparison::IsNull(wanted) => value.is_null() == *wanted,
        Comparison::IsNumeric(wanted) => value.is_number() == *wanted,
        Comparison::IsString(wanted) => value.is_string() == *wanted,
        Comparison::IsBoolean(wanted) => value.is_boolean() == *wanted,
        Comparison::IsTimestamp(wanted) => timestamp(&value).is_some() == *wanted,
        Comparison::IsPresent(wanted) => *wanted,
    })
}

/// What AWS compares with where the path of `NumericGreaterThanPath` or `NumericGreaterThanEqualsPath` finds no number. The
/// other relations do not hold.
fn instead_of_a_number(relation: Relation) -> Option<f64> {
    matches!(relation, Relation::Greater | Relation::GreaterOrEqual).then_some(0.0)
}

/// The operand: a constant, or read from the input. `None` if it has another type; the comparison is then false.
fn read<'a, T: Clone>(
    operand: &'a Operand<T>,
    effective_input: &Value,
    view: &StateView<'_>,
    typed: impl Fn(&Value) -> Option<T>,
) -> Result<Option<Cow<'a, T>>, Failure> {
    match operand {
        Operand::Literal(literal) => Ok(Some(Cow::Borrowed(literal))),
        Operand::Path(path) => Ok(typed(&*value_at(path, effective_input, view)?).map(Cow::Owned)),
    }
}

fn value_at<'a>(
    path: &JsonPath,
    effective_input: &'a Value,
    view: &'a StateView<'_>,
) -> Result<Cow<'a, Value>, Failure> {
    path.evaluate(&view.scope(effective_input), &view.budget).map_err(|_| {
        Failure::runtime(format!(
            "Invalid path '{}': The choice state's condition path references an invalid value.",
            path.as_str()
        ))
    })
}

/// Whether the relation holds; it never holds for values of another type than the operator's.
fn compare<T>(
    relation: Relation,
    value: Option<T>,
    operand: Option<T>,
    order: impl FnOnce(T, T) -> Option<Ordering>,
) -> bool {
    let (Some(value), Some(operand)) = (value, operand) else {
        return false;
    };
    let Some(order) = order(value, operand) else {
        return false;
    };
    match relation {
        Relation::Equal => order.is_eq(),
        Relation::Less => order.is_lt(),
        Relation::Greater => order.is_gt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::GreaterOrEqual => order.is_ge(),
    }
}

/// Java's string order, as on AWS: by UTF-16 code units.
fn by_code_units(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

fn timestamp(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().and_then(parse_timestamp)
}
