//! Evaluation without copies and without a meter, for what takes little: nearly every expression.

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

/// The steps that an expression may take: few for most, then as many as a walk through a large payload takes. Beyond,
/// the meter watches.
const STEPS: [u64; 2] = [512, 16_384];

// Within the steps above, arrays and texts so long take some 100 MB at the most, whatever an expression does with them.
const MAX_ARRAY_LENGTH: usize = 1_024;
const MAX_STRING_LENGTH: usize = 4_096;

/// The most bytes of a text that is read, times the steps: each may go through it.
const MAX_TEXT_WORK: u64 = 64 * 1024 * 1024;

/// The steps where regular expressions are matched, each of which may be one of theirs.
const STEPS_WITH_PATTERNS: u64 = 64;

/// The most visits that those may take.
const MAX_PATTERN_WORK: u64 = 1_000_000;

/// The most times that each value that is read may be looked at: what looks at more in every round of a loop is metered.
const MAX_LOOKS: u64 = 256;

/// The most values that may be looked at.
const MAX_WORK: u64 = 8 * 1024 * 1024;

/// The most values that are read, times the steps: a name reaches through all items of arrays in arrays.
const MAX_REACH: u64 = 1 << 30;

/// The values that can be looked at in the time of one visit.
const VALUES_PER_VISIT: u64 = 16;

/// So many variables and so long texts cost less to copy than to be read from the input document.
const MAX_SCALARS: usize = 4;
const MAX_SCALAR_LENGTH: usize = 64;

/// How much deeper the expression lies than it is written.
const DEPTH_OF_PRELUDE: usize = 2;

/// An expression compiled for direct evaluation: its variables are read from the input document.
#[derive(Debug)]
pub(super) struct Direct {
    expression: Expression,
    stages: Vec<Stage>,
    calls_ours: bool,
    /// Whether the result may hold functions, which must not be taken for nothing.
    holds_functions: bool,
    /// Built-in functions that the expression calls: a variable of the same name comes before them.
    built_in: Vec<String>,
    /// The variables that it reads; empty where it reads `$states` too.
    variables: Vec<String>,
    /// What the expression reads of the context object, if anything.
    context: Option<Need>,
}

/// One try, of which each has more steps than the one before.
#[derive(Clone, Copy, Debug)]
struct Stage {
    steps: u64,
    looks: Looks,
    /// The most bytes of a text that is read.
    most_text: usize,
    /// What a step may cost, where regular expressions are matched.
    patterns: Option<PatternCost>,
}

impl Stage {
    /// The stages that an expression has, none where more than a little might be done in one of its steps.
    fn all(expression: &Expression, patterns: Option<PatternCost>) -> Vec<Self> {
        let steps = match patterns {
            Some(_) => &[STEPS_WITH_PATTERNS][..],
            None => &STEPS,
        };
        let stages = steps.iter().map_while(|steps| {
            let looks = estimate(expression.ast(), *steps)
                .filter(|looks| looks.per_value <= MAX_LOOKS && looks.fixed <= MAX_WORK)?;
            let stage = Self {
                steps: *steps,
                looks,
                most_text: usize::try_from(MAX_TEXT_WORK / steps.max(&STEPS[0])).unwrap_or(usize::MAX),
                patterns,
            };
            (stage.work_of_patterns(stage.most_text) <= MAX_PATTERN_WORK).then_some(stage)
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

    /// What the stage may have taken, in visits.
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
    /// `None` where the expression cannot be evaluated directly.
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

    /// The value; what it may have taken is gone from the budget. `None` where there is none, or where it takes more than
    /// a little: then the meter finds out.
    ///
    /// `plain` is the expression itself.
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

    /// The variables, where the expression reads nothing but a few numbers and short texts.
    fn scalars<'b>(&self, scope: &JsonataScope<'b>) -> Option<[&'b Value; MAX_SCALARS]> {
        if self.calls_ours || self.variables.is_empty() || self.variables.len() > MAX_SCALARS {
            return None;
        }
        let mut scalars = [&Value::Null; MAX_SCALARS];
        for (scalar, name) in scalars.iter_mut().zip(&self.variables) {
            *scalar = match scope.variable(name)? {
                Value::Array(_) | Value::Object(_) => return None,
                Value::String(text) if text.len() > MAX_SCALAR_LENGTH => return None,
                value => value,
            };
        }
        Some(scalars)
    }

    /// The same over variables that are the engine's own, and no input document.
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

    /// Evaluates with few steps first, and then with more.
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
                // With functions in the result, undefined and functions look alike.
                Ok(Some(_)) if self.holds_functions && built.lacks => return None,
                Ok(value) => return value,
                Err(error) if error.code() == TOO_MANY_STEPS => {}
                Err(_) => return None,
            }
        }
        None
    }
}

/// The engine's code for an evaluation that takes more steps than it may.
const TOO_MANY_STEPS: &str = "U1006";

static NONE: LazyLock<Bindings> = LazyLock::new(Bindings::new);
/// Without randomness, which such expressions have no use for.
static OURS: LazyLock<Bindings> = LazyLock::new(|| functions::bindings(&Randomness::default()));

fn is_ours(name: &str) -> bool {
    functions::ADDED.iter().any(|(added, _)| *added == name) || name == "eval"
}
