//! Evaluation with a meter, for expressions that may be expensive.

use chrono::{DateTime, Utc};
use jlens_core::{Bindings, Expression};
use serde_json::Value;

use super::analysis::Analysis;
use super::functions::prelude;
use super::limits::{MAX_ARRAY_LENGTH, options};
use super::meter::{Meter, Watch};
use super::patterns::PatternCost;
use super::result;
use super::roles::Roles;
use super::values::rewritten;
use crate::data::Budget;
use crate::data::jsonata::Target;
use crate::data::jsonata::error::{Bound, Failure};

/// The length limit of arrays and texts if a built-in function may be called unseen by the meter.
const MAX_UNSEEN_LENGTH: usize = 16 * 1024;

/// The first limit, in bytes, of the texts that regular expressions search.
const TEXT: usize = 4 * 1024;

/// How many levels a prelude adds to the expression's depth.
const DEPTH_OF_PRELUDE: usize = 1;

/// An expression rewritten so that the meter sees all its calls.
#[derive(Clone, Debug)]
pub(super) struct Metered {
    expression: Expression,
    roles: Roles,
    depth: usize,
    /// Whether functions may be called unseen by the meter, as in the text that `$eval` reads, which cannot be
    /// rewritten beforehand. AWS has no `$eval`.
    is_unseen: bool,
    patterns: Option<PatternCost>,
    looks_for_functions: bool,
    counts_texts: bool,
}

/// The input and settings of an evaluation.
#[derive(Clone, Copy)]
pub(super) struct Evaluation<'a> {
    pub(super) input: Option<&'a Value>,
    pub(super) bindings: &'a Bindings,
    pub(super) depth: usize,
    pub(super) now: DateTime<Utc>,
    pub(super) seed: u64,
}

impl Metered {
    /// Rewrites an expression. `is_variable` tells whether a built-in function's name is a variable instead.
    pub(super) fn new(expression: &Expression, analysis: &Analysis, is_variable: impl Fn(&str) -> bool) -> Self {
        let unbounded: Vec<&str> = analysis
            .unbounded
            .iter()
            .filter(|name| !is_variable(name))
            .copied()
            .collect();
        let mentioned = analysis.mentioned.iter().filter(|(_, name)| !is_variable(name));
        let rewritten = rewritten(expression.ast(), &mentioned.map(|(offset, _)| *offset).collect());
        let (text, depth) = if unbounded.is_empty() {
            (rewritten.text, 0)
        } else {
            let text = format!("( {} {}\n)", prelude(&unbounded), rewritten.text);
            (text, DEPTH_OF_PRELUDE)
        };
        // The rewritten text always compiles, since the original did.
        let expression = Expression::compile(&text).unwrap_or_else(|_| expression.clone());
        Self {
            roles: Roles::of(expression.ast()),
            expression,
            depth,
            is_unseen: rewritten.is_unseen || analysis.references.iter().any(|found| found.target == Target::Eval),
            patterns: analysis.patterns,
            looks_for_functions: analysis.holds_functions,
            counts_texts: analysis.uses_replace,
        }
    }

    /// Evaluates the expression, and charges the budget with the work done.
    pub(super) fn evaluate(&self, evaluation: Evaluation<'_>, budget: &Budget) -> Result<Value, Failure> {
        if let Some(patterns) = self.patterns {
            budget.use_up(usize::try_from(patterns.compiling()).unwrap_or(usize::MAX));
        }
        let mut most_text = TEXT;
        loop {
            let Some(left) = Some(budget.left()).filter(|left| *left > 0) else {
                budget.exceed();
                return Err(Failure::Exceeded(Bound::Time));
            };
            let (result, too_long) = self.attempt(evaluation, budget, left, most_text);
            // The longer the text, the fewer steps are allowed. Its length is known only during the evaluation, so
            // start again.
            if let Some(longer) = too_long {
                most_text = longer.checked_next_power_of_two().unwrap_or(usize::MAX);
                continue;
            }
            if matches!(result, Err(Failure::Exceeded(Bound::Time | Bound::Memory))) {
                budget.exceed();
            }
            return result;
        }
    }

    /// Evaluates with texts of up to `most_text` bytes for regular expressions; the second value is the length of a
    /// text that was longer.
    fn attempt(
        &self,
        evaluation: Evaluation<'_>,
        budget: &Budget,
        left: usize,
        most_text: usize,
    ) -> (Result<Value, Failure>, Option<usize>) {
        let visits = u64::try_from(left).unwrap_or(u64::MAX);
        let steps = visits / self.patterns.map_or(1, |patterns| patterns.step(most_text));
        let mut options = options(evaluation.depth + self.depth, steps, evaluation.now).seed(evaluation.seed);
        if !budget.is_whole() {
            // An array is made in one step, and each of its items is at least one visit.
            options = options.max_array_length(MAX_ARRAY_LENGTH.min(left / 2));
        }
        if self.is_unseen {
            options = options
                .max_array_length(MAX_UNSEEN_LENGTH)
                .max_string_length(MAX_UNSEEN_LENGTH);
        }
        let watch = Watch {
            roles: &self.roles,
            looks_for_functions: self.looks_for_functions,
            counts_texts: self.counts_texts,
            most_text: self.patterns.map(|_| most_text),
        };
        let mut meter = Meter::new(&mut options, left, watch);
        let Evaluation { input, bindings, .. } = evaluation;
        let result = self.expression.evaluate_traced(input, bindings, &options, &mut meter);
        budget.use_up(meter.work(self.patterns));
        let result = match result {
            Ok(value) => result::checked(value, &meter),
            Err(error) => Err(result::failure(&error, &meter)),
        };
        (result, meter.too_long_text())
    }
}
