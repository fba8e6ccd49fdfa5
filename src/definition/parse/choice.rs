//! Choice states and their rules.

use super::{COMPARISON_OPERATORS, Fields, Place, Report, fields, timestamp};
use crate::definition::json::{Member, Node};
use crate::definition::{ChoiceRule, ChoiceState, Comparison, Condition, DataTest, Operand, Relation, StringPattern};

pub(super) fn choice_state(mut fields: Fields<'_, '_>) -> Option<ChoiceState> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let choices = fields.some_elements("Choices", choice_rule);
    let default = fields.string("Default");
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Some(ChoiceState {
        comment: comment?,
        input_path: input_path?,
        choices: choices?,
        default: default?.map(str::to_owned),
        output_path: output_path?,
        assign: assign?,
    })
}

fn choice_rule(node: &Node, report: &mut Report) -> Option<ChoiceRule> {
    let mut fields = Fields::of(node, report)?;
    let comment = fields.comment();
    let next = fields.string("Next");
    let assign = fields.assign();
    let condition = condition(node, report);
    Some(ChoiceRule {
        comment: comment?,
        condition: condition?,
        next: next??.to_owned(),
        assign: assign?,
    })
}

/// A boolean expression. That it is exactly one is the choice rules' rule to say.
fn condition(node: &Node, report: &mut Report) -> Option<Condition> {
    let mut fields = Fields::of(node, report)?;
    let and = fields.has("And").then(|| fields.some_elements("And", condition));
    let or = fields.has("Or").then(|| fields.some_elements("Or", condition));
    let not = fields.node("Not").map(|node| condition(node, fields.report));
    let test = data_test(&mut fields);
    match (and, or, not) {
        (Some(and), ..) => Some(Condition::And(and?)),
        (_, Some(or), _) => Some(Condition::Or(or?)),
        (_, _, Some(not)) => Some(Condition::Not(Box::new(not?))),
        _ => test.map(Condition::Test),
    }
}

fn data_test(fields: &mut Fields<'_, '_>) -> Option<DataTest> {
    let variable = fields.node("Variable").map(|node| variable(node, fields.report));
    let operators = fields
        .members()
        .iter()
        .filter(|member| COMPARISON_OPERATORS.contains(&member.key.as_str()));
    let comparisons: Vec<Option<Comparison>> = operators.map(|member| comparison(member, fields.report)).collect();
    Some(DataTest {
        variable: variable??,
        comparison: comparisons.into_iter().next()??,
    })
}

/// `Variable`, whose problems AWS words as those of a Reference Path, though it takes any path.
fn variable(node: &Node, report: &mut Report) -> Option<crate::data::JsonPath> {
    let text = fields::string(node, report)?;
    if !text.starts_with('$') {
        report
            .schema(
                Place::value(node),
                "Value is not a Reference Path: Reference path didn't start with '$'",
            )
            .maybe_help(fields::not_a_path(text));
        return None;
    }
    match crate::data::JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            let message = format!("Value is not a Reference Path: {}", error.message);
            report.schema(fields::within(node, &error), message);
            None
        }
    }
}

/// A comparison operator with its operand.
fn comparison(member: &Member, report: &mut Report) -> Option<Comparison> {
    let node = &member.value;
    let (name, is_path) = match member.key.strip_suffix("Path") {
        Some(name) => (name, true),
        None => (member.key.as_str(), false),
    };
    match name {
        "StringMatches" => {
            let pattern = StringPattern::parse(fields::string(node, report)?);
            if pattern.is_none() {
                report
                    .schema(Place::value(node), "a backslash stands before neither `*` nor `\\`")
                    .help("`\\\\*` in JSON is a star itself, `\\\\\\\\` a backslash itself");
            }
            return pattern.map(Comparison::StringMatches);
        }
        "IsNull" => return fields::boolean(node, report).map(Comparison::IsNull),
        "IsPresent" => return fields::boolean(node, report).map(Comparison::IsPresent),
        "IsNumeric" => return fields::boolean(node, report).map(Comparison::IsNumeric),
        "IsString" => return fields::boolean(node, report).map(Comparison::IsString),
        "IsBoolean" => return fields::boolean(node, report).map(Comparison::IsBoolean),
        "IsTimestamp" => return fields::boolean(node, report).map(Comparison::IsTimestamp),
        "BooleanEquals" => return operand(node, is_path, fields::boolean, report).map(Comparison::Boolean),
        _ => {}
    }
    if let Some(relation) = name.strip_prefix("String").and_then(relation) {
        let text = |node: &Node, report: &mut Report| fields::string(node, report).map(str::to_owned);
        return operand(node, is_path, text, report).map(|operand| Comparison::String(relation, operand));
    }
    if let Some(relation) = name.strip_prefix("Numeric").and_then(relation) {
        let number = |node: &Node, report: &mut Report| fields::number(node, report)?.as_f64();
        return operand(node, is_path, number, report).map(|operand| Comparison::Numeric(relation, operand));
    }
    let relation = name.strip_prefix("Timestamp").and_then(relation)?;
    operand(node, is_path, timestamp::timestamp, report).map(|operand| Comparison::Timestamp(relation, operand))
}

fn relation(name: &str) -> Option<Relation> {
    match name {
        "Equals" => Some(Relation::Equal),
        "LessThan" => Some(Relation::Less),
        "GreaterThan" => Some(Relation::Greater),
        "LessThanEquals" => Some(Relation::LessOrEqual),
        "GreaterThanEquals" => Some(Relation::GreaterOrEqual),
        _ => None,
    }
}

fn operand<T>(
    node: &Node,
    is_path: bool,
    literal: impl FnOnce(&Node, &mut Report) -> Option<T>,
    report: &mut Report,
) -> Option<Operand<T>> {
    if is_path {
        variable(node, report).map(Operand::Path)
    } else {
        literal(node, report).map(Operand::Literal)
    }
}
