//! Evaluates expressions with `jlens-core`. Only this module knows its syntax trees, functions and limits.

mod analysis;
mod built;
mod dialect;
mod direct;
#[cfg(test)]
mod direct_tests;
mod document;
mod estimate;
#[cfg(test)]
mod estimate_tests;
mod functions;
mod limits;
mod meter;
mod metered;
mod natives;
mod patterns;
#[cfg(test)]
mod patterns_tests;
mod plain_path;
mod prepared;
mod result;
mod roles;
mod shared;
mod size;
mod values;

use std::borrow::Cow;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use jlens_core::{Bindings, Expression};
use serde_json::{Map, Value};

use self::analysis::Analysis;
use self::direct::Direct;
use self::functions::Randomness;
use self::limits::{MAX_DEPTH, MAX_STANDARD_DEPTH};
use self::metered::{Evaluation, Metered};
use self::plain_path::PlainPath;
pub(super) use self::prepared::Prepared;
use super::error::{Bound, Failure};
use super::scope::JsonataScope;
use super::{JsonataDialect, JsonataSyntaxError, References};
use crate::data::payload::Parts;
use crate::data::scope::Content;
use crate::data::{Budget, Document, MAX_NESTING, Piece, Random, discard, nests_within};

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Compiled {
    expression: Expression,
    /// The expression for metered evaluation.
    metered: OnceLock<Metered>,
    /// The expression for direct evaluation, if that is possible. Both are made on the first evaluation, since
    /// validation does not need them.
    direct: OnceLock<Option<Direct>>,
    analysis: Analysis,
}

impl Compiled {
    pub(super) fn new(text: &str, dialect: JsonataDialect) -> Result<Self, JsonataSyntaxError> {
        let expression = Expression::compile(text).map_err(|error| JsonataSyntaxError {
            code: error.code().to_owned(),
            message: result::message(&error),
            offset: error.span().map_or(0, |span| span.start).min(text.len()),
        })?;
        if dialect == JsonataDialect::Aws
            && let Some(error) = dialect::later_operator(expression.ast())
        {
            return Err(error);
        }
        let analysis = analysis::analyse(expression.ast());
        Ok(Self {
            expression,
            metered: OnceLock::new(),
            direct: OnceLock::new(),
            analysis,
        })
    }

    pub(super) fn references(&self) -> &References {
        &self.analysis.references
    }

    pub(super) fn evaluate(&self, scope: &JsonataScope<'_>, prepared: &Prepared) -> Result<Piece, Failure> {
        if let Some(part) = self.analysis.path.as_ref().and_then(|path| shared::part(path, scope)) {
            return match scope.budget.spend_measured(part.nesting().into(), part.bound(), 0) {
                Ok(()) => Ok(Piece::Shared(part)),
                Err(_) => Err(Failure::Exceeded(Bound::Memory)),
            };
        }
        let value = match self.read(scope) {
            Some(read) => read?,
            None => self.run(scope, prepared)?,
        };
        if !nests_within(&value, MAX_NESTING) || scope.budget.spend(&value, 0).is_err() {
            discard(value);
            return Err(Failure::Exceeded(Bound::Memory));
        }
        Ok(Piece::Own(value))
    }

    /// The value of an expression that is only a path, such as `$states.input.order.id`.
    ///
    /// It does not use the engine, which would turn every number into an `f64`. `None` if the path goes through an
    /// array, which the engine handles.
    fn read(&self, scope: &JsonataScope<'_>) -> Option<Result<Value, Failure>> {
        let PlainPath { variable, names } = self.analysis.path.as_ref()?;
        let found = if let Some((value, from)) = scope.borrowed(variable, names) {
            follow(value, names.get(from..)?)
        } else {
            let value = scope.cut(variable, self.analysis.needs.get(variable)?)?;
            follow(Document::Value(&value), names)
        };
        match found {
            Found::Value(value) => Some(Ok(value)),
            Found::Nothing => Some(Err(Failure::Undefined)),
            Found::Array => None,
        }
    }

    fn run(&self, scope: &JsonataScope<'_>, prepared: &Prepared) -> Result<Value, Failure> {
        let direct = self.direct();
        match direct.and_then(|direct| direct.evaluate(&self.expression, scope)) {
            Some(value) => Ok(value),
            None => self.run_metered(scope, prepared),
        }
    }

    fn direct(&self) -> Option<&Direct> {
        let direct = || Direct::new(&self.expression, &self.analysis);
        self.direct.get_or_init(direct).as_ref()
    }

    fn run_metered(&self, scope: &JsonataScope<'_>, prepared: &Prepared) -> Result<Value, Failure> {
        let copies = prepared.hold(&self.analysis.needs, scope)?;
        let mut seed = 0;
        if self.analysis.uses_randomness {
            seed = scope.random.next_u64();
            copies.randomness.reseed(scope.random.next_u64());
        }
        let evaluation = Evaluation {
            input: None,
            bindings: &copies.bindings,
            depth: MAX_DEPTH,
            now: scope.now,
            seed,
        };
        self.metered_in(&copies.bindings).evaluate(evaluation, scope.budget)
    }

    /// Evaluates the expression in an input document.
    pub(super) fn evaluate_in(
        &self,
        input: Option<&Value>,
        variables: &Map<String, Value>,
        dialect: JsonataDialect,
        now: DateTime<Utc>,
        random: &Random,
    ) -> Result<Value, Failure> {
        let randomness = Randomness::default();
        randomness.reseed(random.next_u64());
        let (bindings, depth) = match dialect {
            JsonataDialect::Aws => (functions::bindings(&randomness), MAX_DEPTH),
            JsonataDialect::Standard => (functions::bounds(), MAX_STANDARD_DEPTH),
        };
        let bindings = variables
            .iter()
            .fold(bindings, |all, (name, value)| all.var(name, value.clone()));
        let evaluation = Evaluation {
            input,
            bindings: &bindings,
            depth,
            now,
            seed: random.next_u64(),
        };
        self.metered_in(&bindings).evaluate(evaluation, &Budget::new())
    }

    /// The expression for metered evaluation. A variable with the name of a built-in function stays a variable.
    fn metered_in(&self, bindings: &Bindings) -> Cow<'_, Metered> {
        let is_variable = |name: &str| bindings.get(name).is_some();
        if self.analysis.mentioned.iter().any(|(_, name)| is_variable(name)) {
            return Cow::Owned(Metered::new(&self.expression, &self.analysis, is_variable));
        }
        let metered = || Metered::new(&self.expression, &self.analysis, |_| false);
        Cow::Borrowed(self.metered.get_or_init(metered))
    }
}

/// The result of following names.
enum Found {
    Value(Value),
    Nothing,
    /// An array, whose items the next name applies to.
    Array,
}

fn follow(document: Document<'_>, names: &[String]) -> Found {
    let mut document = document;
    for name in names {
        let member = match document.content() {
            Content::Whole(Value::Array(_)) | Content::Parts(Parts::Array(_)) => return Found::Array,
            Content::Whole(value) => value.get(name).map(Document::Value),
            Content::Parts(Parts::Object(members)) => members.get(name).map(Document::Payload),
        };
        match member {
            Some(member) => document = member,
            None => return Found::Nothing,
        }
    }
    Found::Value(document.to_value())
}
