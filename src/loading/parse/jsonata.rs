//! The fields of JSONata states: constants, expressions, and templates of both (specification, "JSONata").

use super::{Fields, Reading, jsonata_syntax, values};
use crate::data::json::{Kind, Node, Place};
use crate::data::{Delimited, JsonataExpression, JsonataTemplate, delimited};
use crate::definition::{JsonataAssign, JsonataExit, JsonataValue};
use crate::loading::outline::place_in;
use crate::loading::report::Reported;

impl<'n> Fields<'n, '_> {
    /// `Output`, `Arguments` and the like: any value, with expressions at any depth.
    pub(super) fn jsonata(&mut self, name: &str) -> Result<Option<JsonataTemplate>, Reported> {
        self.optional(name, template)
    }

    /// `Items`: an array or object, or an expression that makes one.
    pub(super) fn items(&mut self) -> Result<Option<JsonataTemplate>, Reported> {
        self.optional("Items", |node, reading| {
            let is_text = node.as_str().is_some_and(|text| delimited(text) != Delimited::Constant);
            if !is_text && node.as_object().is_none() {
                values::array(node, reading)?;
            }
            template(node, reading)
        })
    }

    /// `Output` with `Assign`, of a state, a Choice Rule or a Catcher.
    pub(super) fn exit(&mut self) -> Result<JsonataExit, Reported> {
        let output = self.jsonata("Output");
        let assign = self.optional("Assign", assign);
        Ok(JsonataExit {
            output: output?,
            assign: assign?,
        })
    }

    /// A field that takes an expression, or a constant of one type.
    pub(super) fn jsonata_value<T>(
        &mut self,
        name: &str,
        constant: impl FnOnce(&'n Node, &mut Reading) -> Result<T, Reported>,
    ) -> Result<Option<JsonataValue<T>>, Reported> {
        self.optional(name, |node, reading| match node.as_str().map(delimited) {
            Some(Delimited::Expression(text)) => expression(node, text, reading).map(JsonataValue::Expression),
            // The rule about delimiters reports it.
            Some(Delimited::Improper) => Err(Reported),
            Some(Delimited::Constant) | None => constant(node, reading).map(JsonataValue::Constant),
        })
    }

    /// The same for whole numbers in a range.
    pub(super) fn jsonata_integer(
        &mut self,
        name: &str,
        minimum: u32,
        maximum: u32,
    ) -> Result<Option<JsonataValue<u32>>, Reported> {
        self.jsonata_value(name, |node, reading| {
            values::integer(node, minimum, maximum, None, reading)
        })
    }

    /// The same for numbers in a range, fractions included.
    pub(super) fn jsonata_number(
        &mut self,
        name: &str,
        minimum: f64,
        maximum: f64,
    ) -> Result<Option<JsonataValue<f64>>, Reported> {
        self.jsonata_value(name, |node, reading| {
            values::number_within(node, minimum, maximum, reading)
        })
    }
}

/// `Assign`. The rules about variables check the names.
fn assign(node: &Node, reading: &mut Reading) -> Result<JsonataAssign, Reported> {
    let members = &values::object(node, reading)?.members;
    let template = template(node, reading)?;
    let names = members.iter().map(|member| member.key.clone()).collect();
    Ok(JsonataAssign { names, template })
}

fn template(node: &Node, reading: &mut Reading) -> Result<JsonataTemplate, Reported> {
    if !is_well_formed(node, reading) {
        return Err(Reported);
    }
    if node.has_unknown() {
        return Err(reading.not_judged_inside(node));
    }
    JsonataTemplate::compile(&node.to_value(), &mut reading.expressions.jsonata).map_err(|errors| {
        for error in errors {
            reading.report.schema(Place::value(node), error.to_string());
        }
        Reported
    })
}

/// Whether all expressions of a template can be parsed.
///
/// Compiling would find errors too, but without their places.
fn is_well_formed(node: &Node, reading: &mut Reading) -> bool {
    let mut well_formed = true;
    match &node.kind {
        Kind::String(text) => match delimited(text) {
            Delimited::Expression(text) => well_formed = expression(node, text, reading).is_ok(),
            // The rule about delimiters reports it.
            Delimited::Improper => well_formed = false,
            Delimited::Constant => {}
        },
        Kind::Array(elements) => {
            for element in elements {
                well_formed &= is_well_formed(element, reading);
            }
        }
        Kind::Object(object) => {
            for member in &object.members {
                well_formed &= is_well_formed(&member.value, reading);
            }
        }
        _ => {}
    }
    well_formed
}

/// An expression; `text` is the text of `node` between its delimiters.
fn expression(node: &Node, text: &str, reading: &mut Reading) -> Result<JsonataExpression, Reported> {
    if node.unresolved {
        return Err(reading.not_judged(node));
    }
    reading.expressions.jsonata.parse(text).map_err(|error| {
        let help = jsonata_syntax::help(text, &error);
        reading
            .report
            .schema(place_in(node, error.offset, ""), error.message)
            .help(help);
        Reported
    })
}

#[cfg(all(test, feature = "jsonata"))]
mod tests {
    use super::super::testing::jsonata_state;
    use super::*;
    use crate::definition::{
        CatcherData, ChoiceData, FailData, JsonataWaitUntil, MapData, ParallelData, PassData, State, SucceedData,
        TaskData, WaitData,
    };

    #[test]
    fn constants_and_expressions_are_told_apart() {
        let until = |field: &str| match jsonata_state(&format!(r#"{{ "Type": "Wait", {field}, "End": true }}"#)) {
            State::Wait(wait) => match wait.data {
                WaitData::Jsonata(wait) => wait.until,
                WaitData::JsonPath(_) => panic!("{field}"),
            },
            other => panic!("{other:?}"),
        };
        assert!(matches!(
            until(r#""Seconds": 5"#),
            JsonataWaitUntil::Seconds(JsonataValue::Constant(5))
        ));
        assert!(matches!(
            until(r#""Timestamp": "2026-08-14T18:30:00Z""#),
            JsonataWaitUntil::Timestamp(JsonataValue::Constant(_))
        ));
        let JsonataWaitUntil::Timestamp(JsonataValue::Expression(expression)) =
            until(r#""Timestamp": "{%  $states.input.until %}""#)
        else {
            panic!()
        };
        assert_eq!(expression.as_str(), "$states.input.until");
    }

    #[test]
    fn a_task_and_its_catchers_are_read() {
        let State::Task(task) = jsonata_state(
            r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": "{% 1 %}", "End": true,
                "HeartbeatSeconds": 2, "Arguments": { "a": ["{% 1 %}"] }, "Assign": { "x": 1, "y": "{% 2 %}" },
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Y", "Output": "{% $states.errorOutput %}" }] }"#,
        ) else {
            panic!()
        };
        let TaskData::Jsonata(data) = task.data else { panic!() };
        assert!(matches!(data.timeout, Some(JsonataValue::Expression(_))));
        assert!(matches!(data.heartbeat, Some(JsonataValue::Constant(2))));
        assert_eq!(data.arguments.unwrap().expressions().len(), 1);
        assert_eq!(data.exit.assign.unwrap().names, ["x", "y"]);
        assert!(data.exit.output.is_none() && data.credentials.is_none());
        let CatcherData::Jsonata(exit) = &task.catch[0].data else {
            panic!()
        };
        assert!(exit.output.is_some() && exit.assign.is_none());
    }

    #[test]
    fn a_choice_has_rules_with_exits_of_their_own() {
        let State::Choice(choice) = jsonata_state(
            r#"{ "Type": "Choice", "Default": "Y", "Output": 1, "Choices": [
                { "Condition": true, "Next": "Y" }, { "Condition": "{% true %}", "Next": "Y", "Output": "", "Assign": { "a": 1 } } ] }"#,
        ) else {
            panic!()
        };
        let ChoiceData::Jsonata(data) = choice.data else {
            panic!()
        };
        let [first, second] = data.choices.as_slice() else {
            panic!()
        };
        assert!(matches!(first.condition, JsonataValue::Constant(true)));
        assert!(matches!(second.condition, JsonataValue::Expression(_)));
        assert!(data.exit.output.is_some() && first.exit.output.is_none() && second.exit.output.is_some());
    }

    #[test]
    fn the_other_states_are_read() {
        let State::Map(map) = jsonata_state(
            r#"{ "Type": "Map", "Items": [1, "{% 2 %}"], "MaxConcurrency": "{% 1 %}", "ToleratedFailurePercentage": 1.5, "End": true,
                "ItemSelector": "{% $states.input %}", "Iterator": { "StartAt": "A", "States": { "A": { "Type": "Succeed", "Output": null } } } }"#,
        ) else {
            panic!()
        };
        let MapData::Jsonata(data) = map.data else { panic!() };
        assert!(data.items.is_some() && data.item_selector.unwrap().as_expression().is_some());
        assert!(matches!(data.max_concurrency, JsonataValue::Expression(_)));
        assert!(matches!(
            data.tolerated_failure_percentage,
            Some(JsonataValue::Constant(_))
        ));
        let State::Succeed(inner) = &map.item_processor.states["A"] else {
            panic!()
        };
        assert!(matches!(&inner.data, SucceedData::Jsonata { output: Some(output) } if output.source().is_null()));
        let parallel = r#"{ "Type": "Parallel", "Arguments": 1, "End": true,
            "Branches": [{ "StartAt": "A", "States": { "A": { "Type": "Succeed" } } }] }"#;
        let State::Parallel(parallel) = jsonata_state(parallel) else {
            panic!()
        };
        assert!(matches!(parallel.data, ParallelData::Jsonata(data) if data.arguments.is_some()));
        let State::Pass(pass) = jsonata_state(r#"{ "Type": "Pass", "End": true }"#) else {
            panic!()
        };
        assert!(matches!(pass.data, PassData::Jsonata(exit) if exit.output.is_none()));
        let State::Fail(fail) = jsonata_state(r#"{ "Type": "Fail", "Error": "E", "Cause": "{% 'c' %}" }"#) else {
            panic!()
        };
        let FailData::Jsonata { error, cause } = fail.data else {
            panic!()
        };
        assert!(matches!(error, Some(JsonataValue::Constant(error)) if error == "E"));
        assert!(matches!(cause, Some(JsonataValue::Expression(_))));
    }
}
