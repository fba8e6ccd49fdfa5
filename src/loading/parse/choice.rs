//! Choice states and their rules.

use super::{Fields, Reading, timestamp, values};
use crate::data::json::{Member, Node, Place};
use crate::definition::{
    ChoiceData, ChoiceRule, ChoiceState, Comparison, Condition, DataTest, JsonPathChoice, JsonataChoice,
    JsonataChoiceRule, Operand, QueryLanguage, Relation, StringPattern,
};
use crate::loading::outline::COMPARISON_OPERATORS;
use crate::loading::report::Reported;

pub(super) fn choice_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<ChoiceState, Reported> {
    let comment = fields.comment();
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(ChoiceData::JsonPath),
        QueryLanguage::Jsonata => jsonata(&mut fields).map(ChoiceData::Jsonata),
    };
    let default = fields.string("Default");
    Ok(ChoiceState {
        comment: comment?,
        data: data?,
        default: default?.map(str::to_owned),
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathChoice, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let choices = fields.some_elements("Choices", choice_rule);
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathChoice {
        input_path: input_path?,
        choices: choices?,
        output_path: output_path?,
        assign: assign?,
    })
}

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<JsonataChoice, Reported> {
    let choices = fields.some_elements("Choices", jsonata_rule);
    let exit = fields.exit();
    Ok(JsonataChoice {
        choices: choices?,
        exit: exit?,
    })
}

/// A rule in JSONata. The rule about Choice Rules checks that it has a `Condition`.
fn jsonata_rule(node: &Node, reading: &mut Reading) -> Result<JsonataChoiceRule, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let comment = fields.comment();
    let condition = fields.jsonata_value("Condition", values::boolean);
    let next = fields.required_string("Next");
    let exit = fields.exit();
    Ok(JsonataChoiceRule {
        comment: comment?,
        condition: condition?.ok_or(Reported)?,
        next: next?,
        exit: exit?,
    })
}

fn choice_rule(node: &Node, reading: &mut Reading) -> Result<ChoiceRule, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let comment = fields.comment();
    let next = fields.required_string("Next");
    let assign = fields.assign();
    let condition = condition(node, reading);
    Ok(ChoiceRule {
        comment: comment?,
        condition: condition?,
        next: next?,
        assign: assign?,
    })
}

/// A boolean expression. The rule about Choice Rules checks that there is exactly one.
fn condition(node: &Node, reading: &mut Reading) -> Result<Condition, Reported> {
    let mut fields = Fields::of(node, reading)?;
    let and = fields
        .node("And")
        .map(|_| fields.some_elements("And", nested_condition));
    let or = fields.node("Or").map(|_| fields.some_elements("Or", nested_condition));
    let not = fields.node("Not").map(|node| nested_condition(node, fields.reading));
    let test = data_test(&mut fields);
    match (and, or, not) {
        (Some(and), ..) => and.map(Condition::And),
        (_, Some(or), _) => or.map(Condition::Or),
        (_, _, Some(not)) => not.map(|not| Condition::Not(Box::new(not))),
        _ => test.map(Condition::Test),
    }
}

/// An expression inside another one, which may have a comment of its own.
fn nested_condition(node: &Node, reading: &mut Reading) -> Result<Condition, Reported> {
    let comment = Fields::of(node, reading)?.comment();
    let condition = condition(node, reading);
    comment.and(condition)
}

fn data_test(fields: &mut Fields<'_, '_>) -> Result<DataTest, Reported> {
    let variable = fields
        .required("Variable")
        .and_then(|node| values::choice_path(node, fields.reading));
    let members = fields.members().iter();
    let operators = members.filter(|member| COMPARISON_OPERATORS.contains(&member.key.as_str()));
    let comparisons: Vec<_> = operators.map(|member| comparison(member, fields.reading)).collect();
    Ok(DataTest {
        variable: variable?,
        comparison: comparisons.into_iter().next().ok_or(Reported)??,
    })
}

/// A comparison operator with its operand.
fn comparison(member: &Member, reading: &mut Reading) -> Result<Comparison, Reported> {
    let node = &member.value;
    let (name, is_path) = match member.key.strip_suffix("Path") {
        Some(name) => (name, true),
        None => (member.key.as_str(), false),
    };
    match name {
        "StringMatches" => return string_pattern(node, reading).map(Comparison::StringMatches),
        "IsNull" => return values::boolean(node, reading).map(Comparison::IsNull),
        "IsPresent" => return values::boolean(node, reading).map(Comparison::IsPresent),
        "IsNumeric" => return values::boolean(node, reading).map(Comparison::IsNumeric),
        "IsString" => return values::boolean(node, reading).map(Comparison::IsString),
        "IsBoolean" => return values::boolean(node, reading).map(Comparison::IsBoolean),
        "IsTimestamp" => return values::boolean(node, reading).map(Comparison::IsTimestamp),
        "BooleanEquals" => return operand(node, is_path, values::boolean, reading).map(Comparison::Boolean),
        _ => {}
    }
    if let Some(relation) = name.strip_prefix("String").and_then(relation) {
        let text = |node: &Node, reading: &mut Reading| values::text(node, reading).map(str::to_owned);
        return operand(node, is_path, text, reading).map(|operand| Comparison::String(relation, operand));
    }
    if let Some(relation) = name.strip_prefix("Numeric").and_then(relation) {
        return operand(node, is_path, values::number, reading).map(|operand| Comparison::Numeric(relation, operand));
    }
    let relation = name.strip_prefix("Timestamp").and_then(relation).ok_or(Reported)?;
    operand(node, is_path, timestamp::timestamp, reading).map(|operand| Comparison::Timestamp(relation, operand))
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
    literal: impl FnOnce(&Node, &mut Reading) -> Result<T, Reported>,
    reading: &mut Reading,
) -> Result<Operand<T>, Reported> {
    if is_path {
        values::choice_path(node, reading).map(Operand::Path)
    } else {
        literal(node, reading).map(Operand::Literal)
    }
}

/// `StringMatches`.
///
/// DIFFERENCE: the specification and AWS accept any other backslash and fail when the rule is evaluated.
fn string_pattern(node: &Node, reading: &mut Reading) -> Result<StringPattern, Reported> {
    StringPattern::parse(values::text(node, reading)?).ok_or_else(|| {
        reading
            .report
            .schema(Place::value(node), "a backslash stands before neither `*` nor `\\`")
            .help("in JSON, `\\\\*` is a star itself and `\\\\\\\\` a backslash itself");
        Reported
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{State, StateMachine};

    fn compare(operator: &str) -> Comparison {
        let source = format!(
            r#"{{ "StartAt": "X", "States": {{ "Y": {{ "Type": "Succeed" }},
                "X": {{ "Type": "Choice", "Choices": [{{ "Variable": "$.a", {operator}, "Next": "Y" }}] }} }} }}"#
        );
        let machine = StateMachine::parse(&source).unwrap();
        let State::Choice(choice) = &machine.graph.states["X"] else {
            panic!()
        };
        let ChoiceData::JsonPath(choice) = &choice.data else {
            panic!()
        };
        let Condition::Test(test) = &choice.choices[0].condition else {
            panic!()
        };
        test.comparison.clone()
    }

    #[test]
    fn every_operator_is_read() {
        for operator in COMPARISON_OPERATORS {
            let operand = match operator {
                _ if operator.ends_with("Path") => r#""$.b""#,
                _ if operator.starts_with("Is") || operator.starts_with("Boolean") => "true",
                _ if operator.starts_with("Numeric") => "1.5",
                _ => r#""2026-08-14T18:30:00Z""#,
            };
            compare(&format!(r#""{operator}": {operand}"#));
        }
    }

    #[test]
    fn an_operator_is_a_type_a_relation_and_an_operand() {
        assert!(matches!(
            compare(r#""NumericLessThanEquals": 3"#),
            Comparison::Numeric(Relation::LessOrEqual, Operand::Literal(3.0))
        ));
        assert!(matches!(
            compare(r#""StringGreaterThanPath": "$.b""#),
            Comparison::String(Relation::Greater, Operand::Path(_))
        ));
        assert!(matches!(
            compare(r#""BooleanEqualsPath": "$.b""#),
            Comparison::Boolean(Operand::Path(_))
        ));
        assert!(matches!(compare(r#""IsPresent": false"#), Comparison::IsPresent(false)));
    }
}
