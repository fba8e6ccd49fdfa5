//! Intrinsic functions (ASL: "Intrinsic Functions").

mod arguments;
pub(super) mod array;
mod constant;
mod encoding;
mod function;
pub(super) mod hash;
mod identifier;
mod json;
mod math;
mod parse;
mod string;

use std::borrow::Cow;

use serde_json::Value;

use self::arguments::{Arguments, Refusal};
use self::function::{Body, FUNCTIONS, Function, Gives};
use super::{Budget, EvaluationError, JsonPath, Scope, SyntaxError, java};

/// A compiled call of an intrinsic function (ASL: "Intrinsic Functions").
///
/// ```
/// use asl_engine::data::Intrinsic;
///
/// assert!(Intrinsic::parse("States.Format('Table {}', $.table)").is_ok());
/// assert!(Intrinsic::parse("States.Format('Table {}', $.table").is_err(), "the call is not closed");
/// assert!(Intrinsic::parse("States.Shout('order up')").is_err(), "there is no such function");
/// ```
#[derive(Clone, Debug)]
pub struct Intrinsic {
    text: Box<str>,
    call: Call,
}

#[derive(Clone, Debug)]
struct Call {
    function: &'static Function,
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug)]
enum Argument {
    /// A number, `true`, `false` or `null`
    Literal(Value),
    Text(TextLiteral),
    Path {
        path: JsonPath,
        /// The byte offset of the path in the expression's text.
        offset: usize,
    },
    Call(Call),
}

/// A text in quotes, with its escapes resolved.
#[derive(Clone, Debug)]
struct TextLiteral {
    value: Value,
    /// The byte offsets of escaped braces, which `States.Format` prints as they are.
    escaped_braces: Vec<usize>,
}

impl Intrinsic {
    /// Parses a call.
    ///
    /// Fails if the text is not a call of a function of ASL. Like AWS, it does not check the number and types of
    /// arguments: wrong ones fail at run time.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        Ok(Self {
            text: text.into(),
            call: parse::call(text)?,
        })
    }

    /// The names of all functions.
    pub(crate) fn functions() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().map(|function| function.name)
    }

    /// The name of the function that is called.
    pub(crate) fn function(&self) -> &'static str {
        self.call.function.name
    }

    /// Whether the function returns a text for some arguments.
    pub(crate) fn may_give_text(&self) -> bool {
        self.call.function.gives != Gives::NoText
    }

    /// The call as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The paths among the arguments, including those of nested calls, each with its byte offset.
    pub(crate) fn paths(&self) -> Vec<(usize, &JsonPath)> {
        let mut paths = Vec::new();
        self.call.add_paths(&mut paths);
        paths
    }

    /// Calls the function.
    ///
    /// Fails if a path argument finds nothing, the function rejects its arguments, or the work exceeds the crate's
    /// bounds.
    #[inline]
    pub(super) fn evaluate(&self, scope: &Scope<'_>, budget: &Budget) -> Result<Value, EvaluationError> {
        let text = &self.text;
        Evaluation { text, scope, budget }.call(&self.call)
    }
}

impl Call {
    fn add_paths<'c>(&'c self, paths: &mut Vec<(usize, &'c JsonPath)>) {
        for argument in &self.arguments {
            match argument {
                Argument::Path { path, offset } => paths.push((*offset, path)),
                Argument::Call(call) => call.add_paths(paths),
                Argument::Literal(_) | Argument::Text(_) => {}
            }
        }
    }
}

struct Evaluation<'e, 'a> {
    /// The text of the whole expression, which errors quote.
    text: &'e str,
    scope: &'e Scope<'a>,
    budget: &'e Budget,
}

impl<'a> Evaluation<'_, 'a> {
    /// Recursion goes no deeper than the parser's bound on nested calls.
    fn call(&self, call: &Call) -> Result<Value, EvaluationError> {
        let body = match call.function.body {
            Body::OfArguments(body) => body,
            Body::OfNothing(body) => return Ok(body(self.scope.random)),
        };
        // Most calls have up to three arguments, which fit the stack without an allocation.
        match call.arguments.as_slice() {
            [one] => self.apply(call, body, &[self.counted(one)?]),
            [one, two] => self.apply(call, body, &[self.counted(one)?, self.counted(two)?]),
            [one, two, three] => {
                let values = [self.counted(one)?, self.counted(two)?, self.counted(three)?];
                self.apply(call, body, &values)
            }
            all => {
                let arguments: Result<Vec<_>, _> = all.iter().map(|argument| self.counted(argument)).collect();
                self.apply(call, body, &arguments?)
            }
        }
    }

    #[inline]
    fn apply(
        &self,
        call: &Call,
        body: fn(Arguments<'_>) -> Result<Value, Refusal>,
        values: &[Cow<'_, Value>],
    ) -> Result<Value, EvaluationError> {
        let literal = match call.arguments.first() {
            Some(Argument::Text(text)) => Some(text),
            _ => None,
        };
        let random = self.scope.random;
        body(Arguments {
            values,
            literal,
            random,
        })
        .map_err(|refusal| EvaluationError::intrinsic(self.text, &call.function.message(&refusal)))
    }

    /// An argument's value, charged to the budget. Charging arguments is enough, since no function returns much more
    /// than it receives.
    #[inline]
    fn counted<'c>(&self, argument: &'c Argument) -> Result<Cow<'c, Value>, EvaluationError>
    where
        'a: 'c,
    {
        let value = self.argument(argument)?;
        self.budget
            .spend(&value, 1)
            .map_err(|exceeded| EvaluationError::exceeded(exceeded, self.text))?;
        Ok(value)
    }

    #[inline]
    fn argument<'c>(&self, argument: &'c Argument) -> Result<Cow<'c, Value>, EvaluationError>
    where
        'a: 'c,
    {
        match argument {
            Argument::Literal(value) => Ok(Cow::Borrowed(value)),
            Argument::Text(text) => Ok(Cow::Borrowed(&text.value)),
            Argument::Path { path, .. } => self.path(path),
            Argument::Call(call) => self.call(call).map(Cow::Owned),
        }
    }

    fn path(&self, path: &JsonPath) -> Result<Cow<'a, Value>, EvaluationError> {
        path.evaluate(self.scope, self.budget).map_err(|error| {
            error.into_evaluation_error(path, self.scope, |path, document| {
                EvaluationError::argument_not_found(self.text, path, document)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Budget, Intrinsic};
    use crate::data::sample;

    /// The value of a call.
    pub(super) fn value(call: &str) -> Value {
        evaluate(call).unwrap_or_else(|error| panic!("{call}: {error}"))
    }

    /// The end of the message that rejects a call.
    pub(super) fn refused(call: &str) -> String {
        let error = evaluate(call).expect_err(call);
        let prefix = format!("There was an error while evaluating the intrinsic function: {call}. ");
        error.strip_prefix(&prefix).map_or(error.clone(), str::to_owned)
    }

    fn evaluate(call: &str) -> Result<Value, String> {
        let input = json!({
            "order": { "id": 7, "tags": [] },
            "pizzas": ["margherita", "diavola"],
            "same": [{ "a": 1, "b": 2 }, { "b": 2, "a": 1 }],
            "template": "\\{{}\\}",
        });
        let intrinsic = Intrinsic::parse(call).unwrap_or_else(|error| panic!("{call}: {error}"));
        sample::in_scope(&input, |scope| intrinsic.evaluate(scope, &Budget::new())).map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_may_be_paths_and_calls() {
        assert_eq!(
            value("States.Array($.order.id, $$.Execution.Input.table, States.Array())"),
            json!([7, 4, []])
        );
        assert_eq!(
            value("States.Format('{}', $$.StateMachine)"),
            json!("{Id=arn:m, Name=Bar}")
        );
        assert_eq!(value("States.UUID('seed', $.missing)").as_str().map(str::len), Some(36));
    }

    #[test]
    fn errors_quote_the_whole_expression() {
        assert_eq!(
            evaluate("States.Array(States.ArrayLength($.order))").unwrap_err(),
            "There was an error while evaluating the intrinsic function: States.Array(States.ArrayLength($.order)). \
             Invalid arguments in States.ArrayLength"
        );
        let error = evaluate("States.Array($.missing)").unwrap_err();
        assert!(error.starts_with(
            "The function 'States.Array($.missing)' had the following error: The JsonPath argument for the field \
             '$.missing' could not be found in the input '{\"order\":"
        ));
        assert_eq!(
            evaluate("States.Array($cook)").unwrap_err(),
            "The variable '$cook' has not been assigned a value"
        );
    }
}
