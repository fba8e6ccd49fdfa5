use std::borrow::Cow;

use serde_json::Value;

use super::{Budget, EvaluationError, Intrinsic, JsonPath, Root, Scope, SyntaxError};

/// A path or an intrinsic function call, as a `.$` field, `ErrorPath` or `CausePath` holds it (ASL: "Paths", "Intrinsic
/// Functions").
///
/// ```
/// use asl_engine::data::Expression;
///
/// assert!(matches!(Expression::parse("$$.Execution.Name")?, Expression::Path(_)));
/// assert!(matches!(Expression::parse("States.UUID()")?, Expression::Intrinsic(_)));
/// # Ok::<(), asl_engine::data::SyntaxError>(())
/// ```
#[derive(Clone, Debug)]
pub enum Expression {
    /// Text that starts with `$`.
    Path(JsonPath),
    /// Any other text.
    Intrinsic(Intrinsic),
}

impl Expression {
    /// Parses a path (text that starts with `$`) or an intrinsic function call.
    ///
    /// Fails if the text is neither.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        if text.starts_with('$') {
            JsonPath::parse(text).map(Self::Path)
        } else {
            Intrinsic::parse(text).map(Self::Intrinsic)
        }
    }

    /// The value in `scope`; `field` names the field that holds the expression, for AWS's error text.
    ///
    /// Fails if the path finds nothing, the function rejects its arguments, or the work exceeds the crate's bounds.
    #[inline]
    pub(crate) fn evaluate<'a>(
        &self,
        field: &str,
        scope: &Scope<'a>,
        budget: &Budget,
    ) -> Result<Cow<'a, Value>, EvaluationError> {
        match self {
            Self::Path(path) => path.evaluate(scope, budget).map_err(|error| {
                error.into_evaluation_error(path, scope, |path, document| {
                    EvaluationError::path_not_found(path, field, document)
                })
            }),
            Self::Intrinsic(intrinsic) => intrinsic.evaluate(scope, budget).map(Cow::Owned),
        }
    }

    /// The paths in the expression, each with its byte offset: the expression itself, or the paths among a call's
    /// arguments.
    pub(crate) fn paths(&self) -> Vec<(usize, &JsonPath)> {
        match self {
            Self::Path(path) => vec![(0, path)],
            Self::Intrinsic(intrinsic) => intrinsic.paths(),
        }
    }

    /// The variables that the expression reads, in the order they are written, each with the byte offset of its `$`.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (usize, &str)> {
        self.paths().into_iter().filter_map(|(offset, path)| match path.root() {
            Root::Variable(name) => Some((offset, name.as_str())),
            Root::Input | Root::Context => None,
        })
    }

    /// The text as written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Path(path) => path.as_str(),
            Self::Intrinsic(intrinsic) => intrinsic.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Expression;

    #[test]
    fn variables_are_those_that_paths_start_from() {
        let read = |text: &str| -> Vec<(usize, String)> {
            let expression = Expression::parse(text).unwrap();
            expression.variables().map(|(at, name)| (at, name.to_owned())).collect()
        };
        assert_eq!(read("$order.items[0]"), [(0, "order".to_owned())]);
        let call = r"States.Format('$no {} it\'s $neither', $a, $$.b, States.Array($.c, $größe_2['$d']))";
        let variable = |name: &str| (call.find(name).unwrap() - 1, name.to_owned());
        let first = (call.find("$a,").unwrap(), "a".to_owned());
        assert_eq!(read(call), [first, variable("größe_2")]);
        for text in [
            "$",
            "$$",
            "$$.Execution.Name",
            "$.a",
            "$['$b']",
            r#"$["$b"]"#,
            "$.a$b",
            "States.UUID()",
        ] {
            assert_eq!(read(text), [], "{text}");
        }
    }
}
