//! Evaluation without copies and without a meter, for cheap expressions, which nearly all are.

use std::cell::OnceCell;
use std::sync::LazyLock;

use jlens_core::output::Output;
use jlens_core::{Bindings, Document, Expression, Options};
use serde_json::Value;

use super::analysis::{Analysis, is_built_in};
use super::built::Built;
use super::document::{Reading, Root};
use super::estimate::{Looks, estimate};
use super::functions::{self, Randomness};
use super::limits::{MAX_DEPTH, options};
use super::patterns::PatternCost;
use crate::data::jsonata::needs::Need;
use crate::data::jsonata::scope::JsonataScope;

/// The most steps of the two attempts: few, enough for most expressions, then as many as a walk through a large payload
/// takes. An expression that takes more is metered.
const STEPS: [u64; 2] = [512, 16_384];

// With these lengths and the steps above, no expression can take more than about 100 MB.
const MAX_ARRAY_LENGTH: usize = 1_024;
const MAX_STRING_LENGTH: usize = 4_096;

/// The most bytes of the longest text times the steps, since each step may read the whole text.
const MAX_TEXT_WORK: u64 = 64 * 1024 * 1024;

/// The most steps of an expression with regular expressions: each may be a step of the matcher.
const STEPS_WITH_PATTERNS: u64 = 64;

/// The most visits that matching regular expressions may take.
const MAX_PATTERN_WORK: u64 = 100_000;

/// Expressions whose regular expressions cannot search a text of so many bytes within that are metered.
const MIN_SEARCHED: usize = 1_024;

/// The most times that each value read may be looked at. An expression that looks at a value more often, as in every
/// round of a loop, is metered.
const MAX_LOOKS: u64 = 256;

/// The most values that may be looked at.
const MAX_WORK: u64 = 2 * 1024 * 1024;

/// The most values read times the steps, since a name reaches through all items of arrays in arrays.
const MAX_REACH: u64 = 1 << 30;

/// How many values can be looked at in the time of one visit.
const VALUES_PER_VISIT: u64 = 16;

/// Up to this many variables, with texts up to this long, cost less to copy than to read from the input document.
const MAX_SCALARS: usize = 4;
const MAX_SCALAR_LENGTH: usize = 64;

/// How many levels the prelude adds to the expression's depth.
const DEPTH_OF_PRELUDE: usize = 2;

/// An expression compiled for direct evaluation, which reads its variables from the input document.
#[derive(Debug)]
pub(super) struct Direct {
    expression: Expression,
    stages: Vec<Stage>,
    calls_ours: bool,
    /// Whether the result may hold functions, which must not be mistaken for undefined.
    holds_functions: bool,
    /// The built-in functions that the expression calls. A variable of the same name takes precedence.
    built_in: Vec<String>,
    /// The variables that the expression reads; empty if it also reads `$states`.
    variables: Vec<String>,
    /// The part of the context object that the expression reads, if any.
    context: Option<Need>,
}

/// One attempt. Each attempt may take more steps than the one before.
#[derive(Clone, Copy, Debug)]
struct Stage {
    steps: u64,
    looks: Looks,
    /// The most bytes of any text read.
    most_text: usize,
    /// The most that a step may cost, if there are regular expressions.
    patterns: Option<PatternCost>,
}

impl Stage {
    /// The attempts for an expression; empty if one of its steps may be expensive.
    fn all(expression: &Expression, patterns: Option<PatternCost>) -> Vec<Self> {
        let steps = match patterns {
            Some(_) => &[STEPS_WITH_PATTERNS][..],
            None => &STEPS,
        };
        let stages = steps.iter().map_while(|steps| {
            let looks = estimate(expression.ast(), *steps)
                .filter(|looks| looks.per_value <= MAX_LOOKS && looks.fixed <= MAX_WORK)?;
            let mut stage = Self {
                steps: *steps,
                looks,
                most_text: usize::try_from(MAX_TEXT_WORK / steps.max(&STEPS[0])).unwrap_or(usize::MAX),
                patterns,
            };
            // The longer the text, the more each step may take.
            while stage.work_of_patterns(stage.most_text) > MAX_PATTERN_WORK && stage.most_text >= MIN_SEARCHED {
                stage.most_text /= 2;
            }
            (stage.most_text >= MIN_SEARCHED).then_some(stage)
        });
        stages.collect()
    }

    fn work_of_patterns(&self, text: usize) -> u64 {
        self.patterns.map_or(0, |patterns| {
            self.steps
                .saturating_mul(patterns.step(text))
                .saturating_add(patterns.compiling())
        })
    }

    fn reading(&self) -> Reading {
        let by_work = (MAX_WORK - self.looks.fixed) / self.looks.per_value;
        Reading::new(by_work.min(MAX_REACH / self.steps), self.most_text)
    }

    /// The most visits that the stage may have taken.
    fn work(&self, values: u64, longest_text: usize) -> usize {
        let looked = values
            .saturating_mul(self.looks.per_value)
            .saturating_add(self.looks.fixed)
            / VALUES_PER_VISIT;
        let work = self
            .steps
            .saturating_add(looked)
            .saturating_add(self.work_of_patterns(longest_text));
        usize::try_from(work).unwrap_or(usize::MAX)
    }
}

impl Direct {
    /// Compiles the expression again for direct evaluation; `None` if that is not possible.
    pub(super) fn new(plain: &Expression, analysis: &Analysis) -> Option<Self> {
        if analysis.uses_randomness || analysis.takes_input {
            return None;
        }
        let tries = Stage::all(plain, analysis.patterns);
        if tries.is_empty() {
            return None;
        }
        let (built_in, free): (Vec<&String>, Vec<&String>) = analysis.needs.keys().partition(|name| is_built_in(name));
        let bind = |name: &&String| ["$", name, " := $.`", name, "`; "].concat();
        let prelude: String = free.iter().map(bind).collect();
        let bounded = functions::prelude(&analysis.unbounded);
        let states = analysis.needs.get("states");
        let text = plain.source();
        Some(Self {
            expression: Expression::compile(&format!("( {prelude} {bounded} ({text}\n))")).ok()?,
            stages: tries,
            calls_ours: !analysis.unbounded.is_empty() || built_in.iter().any(|name| is_ours(name)),
            holds_functions: analysis.holds_functions,
            variables: match states {
                None => free.into_iter().cloned().collect(),
                Some(_) => Vec::new(),
            },
            built_in: built_in.into_iter().cloned().collect(),
            context: states.and_then(|need| need.of("context")).cloned(),
        })
    }

    /// Evaluates the expression, and charges the budget with the most that this may have taken. `None` if there is no
    /// value or the evaluation is not cheap; metered evaluation tells which.
    ///
    /// `plain` is the expression as written.
    pub(super) fn evaluate(&self, plain: &Expression, scope: &JsonataScope<'_>) -> Option<Value> {
        let is_variable = |name: &String| scope.variable(name).is_some();
        if self.built_in.iter().any(is_variable) {
            return None;
        }
        if let Some(scalars) = self.scalars(scope) {
            return self.evaluate_scalars(plain, &scalars, scope);
        }
        let context = OnceCell::new();
        let functions = if self.calls_ours { &*OURS } else { &*NONE };
        self.run(MAX_DEPTH + DEPTH_OF_PRELUDE, scope, |options, reading, built| {
            let root = Root {
                scope,
                context: &context,
                need: self.context.as_ref(),
                reading,
            };
            let write = |output: Output<'_, '_>| output.write(built);
            self.expression.evaluate_source_to(&root, functions, options, write)
        })
    }

    /// The variables, if the expression reads only a few scalars and short texts.
    fn scalars<'b>(&self, scope: &JsonataScope<'b>) -> Option<[&'b Value; MAX_SCALARS]> {
        if self.calls_ours || self.variables.is_empty() || self.variables.len() > MAX_SCALARS {
            return None;
        }
        let mut scalars = [&Value::Null; MAX_SCALARS];
        for (scalar, name) in scalars.iter_mut().zip(&self.variables) {
            let variable = scope.variable(name)?;
            if variable.parts().is_some() {
                return None;
            }
            *scalar = match variable.value() {
                Value::Array(_) | Value::Object(_) => return None,
                Value::String(text) if text.len() > MAX_SCALAR_LENGTH => return None,
                value => value,
            };
        }
        Some(scalars)
    }

    /// Like [`evaluate`](Self::evaluate), with copies of the variables in the engine and no input document.
    fn evaluate_scalars(
        &self,
        plain: &Expression,
        scalars: &[&Value; MAX_SCALARS],
        scope: &JsonataScope<'_>,
    ) -> Option<Value> {
        let documents = scalars.map(Document::new);
        let mut names = self.variables.iter();
        let variables = documents
            .each_ref()
            .map(|document| (names.next().map_or("", String::as_str), document));
        let variables = variables.get(..self.variables.len())?;
        let nothing = Document::new(&Value::Null);
        self.run(MAX_DEPTH, scope, |options, _, built| {
            let write = |output: Output<'_, '_>| output.write(built);
            plain.evaluate_document_with_to(&nothing, variables, &NONE, options, write)
        })
    }

    /// Attempts the evaluation with few steps first, then with more.
    fn run(
        &self,
        depth: usize,
        scope: &JsonataScope<'_>,
        evaluate: impl Fn(&Options, &Reading, &mut Built) -> jlens_core::Result<Option<Value>>,
    ) -> Option<Value> {
        for stage in &self.stages {
            let mut options = options(depth, stage.steps, scope.now);
            options.max_array_length = Some(MAX_ARRAY_LENGTH);
            options.max_string_length = Some(MAX_STRING_LENGTH);
            let reading = stage.reading();
            let mut built = Built::default();
            let result = evaluate(&options, &reading, &mut built);
            scope
                .budget
                .use_up(stage.work(reading.values(), reading.longest_text()));
            match result {
                // If the result may hold functions, an undefined value and a function look the same.
                Ok(Some(_)) if self.holds_functions && built.lacks => return None,
                Ok(value) => return value,
                Err(error) if error.code() == TOO_MANY_STEPS => {}
                Err(_) => return None,
            }
        }
        None
    }
}

/// The engine's code for an evaluation that exceeds its steps.
const TOO_MANY_STEPS: &str = "U1006";

static NONE: LazyLock<Bindings> = LazyLock::new(Bindings::new);
/// The generator is never used: expressions with randomness are not evaluated directly.
static OURS: LazyLock<Bindings> = LazyLock::new(|| functions::bindings(&Randomness::default()));

fn is_ours(name: &str) -> bool {
    functions::ADDED.iter().any(|(added, _)| *added == name) || name == "eval"
}
