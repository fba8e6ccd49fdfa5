//! The stages of data on the way into a state and out of it (specification, "Input and output processing").

#![expect(
    clippy::inline_always,
    reason = "most states have none of these stages, and passing a result through a call costs as much as such a state"
)]

use serde_json::Value;
use std::borrow::Cow;

use super::core::VisibleVariables;
use super::failure::Failure;
use super::inspection::{Inspection, Stage};
use super::intent::{Assigned, Exit};
use super::limits::Limits;
use super::program::{Next, Node};
use super::time::Timestamp;
use crate::data::Payload;
use crate::data::{
    Budget, ContextObject, ContextScope, Document, ExecutionContext, JsonPath, MapItemContext, PayloadTemplate, Random,
    Scope, StateContext, StateMachineContext,
};
use crate::definition::{Assign, InputOutputPath, ResultPath, State};

/// A state's view of its execution, besides its input.
pub(crate) struct StateView<'a> {
    pub(crate) node: &'a Node,
    pub(crate) execution: &'a ExecutionContext,
    pub(crate) state_machine: &'a StateMachineContext,
    pub(crate) variables: VisibleVariables<'a>,
    /// The item, if a Map computes the input of an iteration or child execution.
    pub(crate) own_item: Option<&'a MapItemContext<'a>>,
    pub(crate) task_token: Option<&'a str>,
    pub(crate) random: &'a Random,
    pub(crate) limits: &'a Limits,
    pub(crate) now: Timestamp,
    /// The remaining work of all expressions together.
    pub(crate) budget: Budget,
    /// The inspection of the stages, if there is one.
    pub(crate) inspection: Option<&'a Inspection>,
}

impl StateView<'_> {
    pub(crate) fn scope<'s>(&'s self, input: impl Into<Document<'s>>) -> Scope<'s> {
        Scope {
            input: input.into(),
            context: self,
            variables: &self.variables,
            random: self.random,
        }
    }

    /// Reports the data after a stage to the inspection, if there is one.
    #[inline(always)]
    pub(crate) fn inspect(&self, stage: Stage, data: &Payload) {
        if let Some(inspection) = self.inspection {
            inspection.see(stage, data.clone());
        }
    }

    /// Reports a Choice Rule's result to the inspection, if there is one.
    #[inline]
    pub(crate) fn inspect_rule(&self, index: usize, is_true: bool) {
        if let Some(inspection) = self.inspection {
            inspection.see_rule(index, is_true);
        }
    }

    /// Reports a field's number to the inspection, if there is one.
    pub(crate) fn inspect_number(&self, stage: Stage, number: impl FnOnce() -> Value) {
        if let Some(inspection) = self.inspection {
            inspection.see(stage, Payload::from(number()));
        }
    }

    /// The state's result is larger than the limit.
    pub(crate) fn data_limit_exceeded(&self) -> Failure {
        Failure::data_limit_exceeded(&self.node.name)
    }

    /// `InputPath` on the raw input, or `OutputPath` on the data before it.
    #[inline(always)]
    pub(crate) fn select(&self, path: &InputOutputPath, payload: Payload) -> Result<Payload, Failure> {
        match path {
            InputOutputPath::Whole => Ok(payload),
            InputOutputPath::Empty => Ok(Payload::empty_object()),
            InputOutputPath::Path(path) => self.follow(path, &payload),
        }
    }

    /// The selection of a path, as a payload of its own.
    pub(crate) fn follow(&self, path: &JsonPath, payload: &Payload) -> Result<Payload, Failure> {
        if path.is_identity() {
            return Ok(payload.clone());
        }
        let scope = self.scope(payload);
        if let Some(part) = path.shared(&scope) {
            return Ok(part);
        }
        let found = path
            .evaluate(&scope, &self.budget)
            .map_err(|e| Failure::invalid_path(path.as_str(), &e))?;
        // Measured, which takes less than the copy: the bound of the whole payload would count it again for each write.
        Ok(Payload::from(found.into_owned()))
    }

    /// `Parameters`, `ResultSelector`: the template over the payload; the payload itself without a template.
    #[inline(always)]
    pub(crate) fn apply(&self, template: Option<&PayloadTemplate>, payload: Payload) -> Result<Payload, Failure> {
        match template {
            Some(template) => self.fill(template, &payload),
            None => Ok(payload),
        }
    }

    /// The template's value; `$` is `input`.
    pub(crate) fn fill<'s>(
        &'s self,
        template: &PayloadTemplate,
        input: impl Into<Document<'s>>,
    ) -> Result<Payload, Failure> {
        Ok(template.evaluate(&self.scope(input), &self.budget)?)
    }

    /// The assigned values of `Assign`; `$` is `input`.
    #[inline(always)]
    pub(crate) fn assign<'s>(
        &'s self,
        assign: Option<&Assign>,
        input: impl Into<Document<'s>>,
    ) -> Result<Assigned, Failure> {
        match assign {
            Some(assign) => self.assigned(assign, input),
            None => Ok(Assigned::default()),
        }
    }

    fn assigned<'s>(&'s self, assign: &Assign, input: impl Into<Document<'s>>) -> Result<Assigned, Failure> {
        let values = self.fill(&assign.template, input)?.into_members();
        Ok(values.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }

    /// The last stages of a state with a result: `Assign`, `ResultSelector`, `ResultPath`, `OutputPath`.
    ///
    /// `raw_input` is taken only once nothing can fail any more, since a Catcher would need it.
    #[inline(always)]
    pub(crate) fn finish(
        &self,
        stages: &ResultStages<'_>,
        raw_input: &mut Option<Payload>,
        raw_result: Cow<'_, Payload>,
        next: Next,
    ) -> Result<Exit, Failure> {
        let assigned = self.assign(stages.assign, &*raw_result)?;
        let effective_result = match stages.result_selector {
            Some(template) => Cow::Owned(self.fill(template, &*raw_result)?),
            None => raw_result,
        };
        self.inspect(Stage::AfterResultSelector, &effective_result);
        let output = self.output(stages, raw_input, effective_result)?;
        Ok(Exit { output, assigned, next })
    }
}

/// The state's context object.
impl ContextScope for StateView<'_> {
    fn given(&self) -> Option<&Value> {
        self.inspection?.context.as_ref()
    }

    fn context_object(&self) -> ContextObject<'_> {
        let VisibleVariables { frames, frame } = self.variables;
        let has_retries = matches!(self.node.state, State::Task(_) | State::Parallel(_) | State::Map(_));
        let given_name = self.inspection.and_then(|inspection| inspection.state_name);
        ContextObject {
            execution: self.execution,
            state_machine: self.state_machine,
            state: StateContext {
                name: given_name.unwrap_or(&self.node.name),
                entered_time: frame.entered_time,
                retry_count: has_retries.then_some(frame.retry_count),
            },
            task_token: self.task_token,
            map_item: self.own_item.copied().or_else(|| frames.map_item(frame)),
        }
    }
}

impl StateView<'_> {
    /// `ResultPath` and `OutputPath`, within the limit on a state's output: a Catcher may want the raw input when it is
    /// exceeded.
    #[inline(always)]
    fn output(
        &self,
        stages: &ResultStages<'_>,
        raw_input: &mut Option<Payload>,
        effective_result: Cow<'_, Payload>,
    ) -> Result<Payload, Failure> {
        let limit = self.limits.payload_bytes;
        // A result that certainly stays within the limit is written in place if the raw input is not shared.
        let raw_bound = raw_input.as_ref().map_or(0, Payload::bound);
        // Nor may variables be assigned afterwards, which may be too large.
        let is_last = matches!(stages.output_path, InputOutputPath::Whole) && stages.assign.is_none();
        let is_safe = is_last && grown(stages.result_path, &effective_result).saturating_add(raw_bound) <= limit;
        let kept = if is_safe { None } else { raw_input.clone() };
        let placed = place(stages.result_path, raw_input, effective_result)?;
        self.inspect(Stage::AfterResultPath, &placed);
        let output = self.select(stages.output_path, placed).and_then(|output| {
            let is_too_large = output.exceeds(limit);
            if is_too_large {
                Err(self.data_limit_exceeded())
            } else {
                Ok(output)
            }
        });
        // It is taken once nothing can fail any more but what is assigned.
        if output.is_err() || stages.assign.is_some() {
            *raw_input = kept.or_else(|| raw_input.take());
        }
        output
    }
}

/// The fields applied to a state's result.
pub(crate) struct ResultStages<'a> {
    pub(crate) assign: Option<&'a Assign>,
    pub(crate) result_selector: Option<&'a PayloadTemplate>,
    pub(crate) result_path: &'a ResultPath,
    pub(crate) output_path: &'a InputOutputPath,
}

/// `ResultPath`: places the result in the raw input. An error leaves the raw input unchanged.
#[inline(always)]
pub(crate) fn place(
    path: &ResultPath,
    raw_input: &mut Option<Payload>,
    result: Cow<'_, Payload>,
) -> Result<Payload, Failure> {
    let growth = grown(path, &result);
    match path {
        ResultPath::Whole => Ok(result.into_owned()),
        ResultPath::Discard => Ok(raw_input.take().unwrap_or_else(Payload::empty_object)),
        ResultPath::At(path) => {
            let mut raw = raw_input.take().unwrap_or_else(Payload::empty_object);
            match path.write_payload(&mut raw, result, growth) {
                Ok(()) => Ok(raw),
                Err(error) => {
                    *raw_input = Some(raw);
                    Err(Failure::result_path_mismatch(error.to_string()))
                }
            }
        }
    }
}

/// The most bytes that a result adds to the raw input.
#[inline]
fn grown(path: &ResultPath, result: &Payload) -> usize {
    match path {
        ResultPath::Whole | ResultPath::Discard => result.bound(),
        // The new keys: the path's own text bounds them, and every step may add quotes, a colon, braces, a comma.
        ResultPath::At(path) => result.bound() + 6 * path.as_str().len(),
    }
}
