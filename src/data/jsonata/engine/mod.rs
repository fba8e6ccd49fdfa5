//! The engine, `jlens-core`, and all that is said about its syntax trees, functions and limits.

mod analysis;
mod dialect;
mod direct;
#[cfg(test)]
mod direct_tests;
mod functions;
mod meter;
mod plain_path;
mod result;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jlens_core::{Bindings, Expression, Options};
use serde_json::{Map, Value};

use self::analysis::Analysis;
use self::direct::Direct;
use self::functions::Randomness;
use self::meter::Meter;
use self::plain_path::PlainPath;
use super::error::{Bound, Failure};
use super::needs::Need;
use super::{JsonataBindings, JsonataDialect, JsonataSyntaxError, References};
use crate::data::{MAX_NESTING, MAX_RESULT_BYTES, Random, discard, json_size, nests_within};

/// AWS's own ceiling of nested evaluations.
const MAX_DEPTH: usize = 100;

/// The same for JSONata as such, which sets no such limit.
const MAX_STANDARD_DEPTH: usize = 1_000;

/// The most nodes that one expression may evaluate.
const MAX_STEPS: u64 = 1_000_000;

/// The most items of an array that an expression builds: twice what AWS's quota of a payload, 256 KiB, can hold.
const MAX_ARRAY_LENGTH: usize = 256 * 1024;

/// The same where built-in functions are passed to others: what they make is not metered.
const MAX_PASSED_ARRAY_LENGTH: usize = 16 * 1024;

/// The most bytes of a text, there.
const MAX_PASSED_STRING_LENGTH: usize = 16 * 1024;

/// The most bytes of a text that an expression builds.
const MAX_STRING_LENGTH: usize = 1024 * 1024;

/// Steps end every evaluation, and end it the same way everywhere; time is the last resort where one step is long.
const TIMEOUT: Duration = Duration::from_secs(2);

/// An expression, compiled.
#[derive(Debug)]
pub(super) struct Compiled {
    expression: Expression,
    /// The same with functions of its own in place of those that the engine does not bound, if it uses any.
    bounded: OnceLock<Option<Expression>>,
    /// The same as it is evaluated first, where that is possible. Like the one above it is made for the first
    /// evaluation: who only validates has no use for them.
    direct: OnceLock<Option<Direct>>,
    analysis: Analysis,
}

/// What the engine keeps between two evaluations on the same bindings.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    bindings: Bindings,
    randomness: Randomness,
    /// What the bindings hold, by variable.
    held: BTreeMap<String, Need>,
    builds: usize,
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
            bounded: OnceLock::new(),
            direct: OnceLock::new(),
            analysis,
        })
    }

    pub(super) fn references(&self) -> &References {
        &self.analysis.references
    }

    pub(super) fn evaluate(&self, bindings: &JsonataBindings<'_>) -> Result<Value, Failure> {
        let value = match self.read(bindings) {
            Some(read) => read?,
            None => self.run(bindings)?,
        };
        if !nests_within(&value, MAX_NESTING) || bindings.budget.spend(&value, 0).is_err() {
            discard(value);
            return Err(Failure::Exceeded(Bound::Memory));
        }
        Ok(value)
    }

    /// The value of an expression that only names a value: `$states.input.order.id`.
    ///
    /// It needs no engine, and keeps numbers as they are, which the engine knows as `f64` only. `None` where names
    /// reach through an array, which is the engine's.
    fn read(&self, bindings: &JsonataBindings<'_>) -> Option<Result<Value, Failure>> {
        let PlainPath { variable, names } = self.analysis.path.as_ref()?;
        let found = if let Some((value, from)) = bindings.borrowed(variable, names) {
            follow(value, names.get(from..)?).cloned()
        } else {
            let value = bindings.cut(variable, self.analysis.needs.get(variable)?)?;
            follow(&value, names).cloned()
        };
        match found {
            Found::Value(value) => Some(Ok(value)),
            Found::Nothing => Some(Err(Failure::Undefined)),
            Found::Array => None,
        }
    }

    fn run(&self, bindings: &JsonataBindings<'_>) -> Result<Value, Failure> {
        let direct = self.direct();
        if let Some((value, steps)) = direct.and_then(|direct| direct.evaluate(&self.expression, bindings)) {
            let steps = usize::try_from(steps).unwrap_or(usize::MAX);
            return match bindings.budget.visit(steps) {
                Ok(()) => Ok(value),
                Err(_) => Err(Failure::Exceeded(Bound::Time)),
            };
        }
        self.run_metered(bindings)
    }

    fn direct(&self) -> Option<&Direct> {
        let direct = || Direct::new(self.expression.source(), &self.analysis);
        self.direct.get_or_init(direct).as_ref()
    }

    fn run_metered(&self, bindings: &JsonataBindings<'_>) -> Result<Value, Failure> {
        let mut prepared = bindings.prepared.borrow_mut();
        let prepared = prepared.get_or_insert_default();
        prepared.hold(&self.analysis.needs, bindings)?;
        let mut options = options(MAX_DEPTH, bindings.now);
        if self.analysis.uses_randomness {
            options = options.seed(bindings.random.next_u64());
            prepared.randomness.reseed(bindings.random.next_u64());
        }
        let (result, work) = self.metered(None, &prepared.bindings, options);
        match bindings.budget.visit(work) {
            Ok(()) => result,
            Err(_) => Err(Failure::Exceeded(Bound::Time)),
        }
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
        let options = options(depth, now).seed(random.next_u64());
        self.metered(input, &bindings, options).0
    }

    /// The result, with the work that it took.
    fn metered(&self, input: Option<&Value>, bindings: &Bindings, options: Options) -> (Result<Value, Failure>, usize) {
        let mut options = options;
        if self.analysis.passes_functions {
            // The engine calls it without a word to the meter.
            options = options
                .max_array_length(MAX_PASSED_ARRAY_LENGTH)
                .max_string_length(MAX_PASSED_STRING_LENGTH);
        }
        let mut meter = Meter::new(&mut options, &self.analysis);
        let expression = self.bounded_in(bindings);
        let result = expression.evaluate_traced(input, bindings, &options, &mut meter);
        let result = match result {
            Ok(value) => result::checked(value, &meter),
            Err(error) => Err(result::failure(&error, &meter)),
        };
        (result, meter.work())
    }

    /// The expression that is evaluated: a variable of the name of a built-in function stays what it is.
    fn bounded_in(&self, bindings: &Bindings) -> Cow<'_, Expression> {
        let is_function = |name: &&&str| bindings.get(name).is_none();
        let unbounded: Vec<&str> = self.analysis.unbounded.iter().filter(is_function).copied().collect();
        let expression = if unbounded.len() == self.analysis.unbounded.len() {
            let bounded = || functions::with_bounds(self.expression.source(), &unbounded);
            self.bounded.get_or_init(bounded).as_ref().map(Cow::Borrowed)
        } else {
            functions::with_bounds(self.expression.source(), &unbounded).map(Cow::Owned)
        };
        expression.unwrap_or(Cow::Borrowed(&self.expression))
    }
}

fn options(depth: usize, now: DateTime<Utc>) -> Options {
    // Field by field: the builder moves all of them with each.
    let mut options = Options::new();
    options.max_depth = Some(depth);
    options.max_steps = Some(MAX_STEPS);
    options.max_array_length = Some(MAX_ARRAY_LENGTH);
    options.max_string_length = Some(MAX_STRING_LENGTH);
    options.max_result_size = Some(MAX_RESULT_BYTES);
    options.timeout = Some(TIMEOUT);
    options.now = Some(now.timestamp_millis());
    options.seed = Some(0);
    options
}

/// Where names lead.
enum Found<V> {
    Value(V),
    Nothing,
    /// To an array, through which names reach to its items.
    Array,
}

impl Found<&Value> {
    fn cloned(self) -> Found<Value> {
        match self {
            Self::Value(value) => Found::Value(value.clone()),
            Self::Nothing => Found::Nothing,
            Self::Array => Found::Array,
        }
    }
}

fn follow<'v>(value: &'v Value, names: &[String]) -> Found<&'v Value> {
    let mut value = value;
    for name in names {
        value = match value {
            Value::Array(_) => return Found::Array,
            Value::Object(members) => match members.get(name) {
                Some(member) => member,
                None => return Found::Nothing,
            },
            _ => return Found::Nothing,
        };
    }
    Found::Value(value)
}

impl Prepared {
    /// Sees to it that the bindings hold what an expression needs.
    /// Copying is work, which an iteration of a Map does over and over again.
    fn hold(&mut self, needs: &BTreeMap<String, Need>, source: &JsonataBindings<'_>) -> Result<(), Failure> {
        let is_held =
            |(variable, need): (&String, &Need)| self.held.get(variable).is_some_and(|held| held.covers(need));
        if self.builds > 0 && needs.iter().all(is_held) {
            return Ok(());
        }
        for (variable, need) in needs {
            // What is asked for again and again, each time some more of it, is copied whole for once.
            let need = if self.builds < 2 { need } else { &Need::Whole };
            self.held
                .entry(variable.clone())
                .or_insert_with(Need::nothing)
                .merge(need);
        }
        self.builds += 1;
        let mut bindings = functions::bindings(&self.randomness);
        for (variable, need) in &self.held {
            if let Some(value) = source.cut(variable, need) {
                let copied = source.budget.visit(json_size(&value) / 4);
                copied.map_err(|_| Failure::Exceeded(Bound::Time))?;
                bindings = bindings.var(variable, value);
            }
        }
        self.bindings = bindings;
        Ok(())
    }
}
