//! The view that a state has of its execution.

use super::Engine;
use crate::data::{Budget, MapItemContext, Payload};
use crate::definition::State;
use crate::execution::core::VisibleVariables;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Inspection;
use crate::execution::invariant::Invariant;
use crate::execution::program::{Node, Program};
use crate::execution::states;

/// How much of a turn's work the expressions of one state may do; those that take more have a turn of their own.
const TURNS_OF_A_STATE: usize = 5;

/// The most visits of the expressions of a Catcher, or of one `ItemSelector`, which have no turn of their own.
const MAX_VISITS_OF_A_PART: usize = 300_000;

/// How much work the expressions of a state may do.
#[derive(Clone, Copy)]
pub(super) enum Allowance<'i> {
    /// As much as fits a turn; the call fails with [`Failure::TakesLong`] if it takes more, and has changed nothing.
    Turn,
    /// As much as they may ever do.
    Whole,
    /// Those of a part of the state: a Catcher, or the `ItemSelector` for an item.
    Part(Option<&'i MapItemContext<'i>>),
}

impl<'a> Engine<'a> {
    /// Calls a pure function of a frame's state with the raw input and a view of the execution.
    #[inline]
    pub(super) fn with_state<T>(
        &mut self,
        key: FrameKey,
        allowance: Allowance<'_>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.core.trace.is_some() {
            return self.with_traced_state(key, allowance, call);
        }
        self.with_seen_state(key, allowance, None, call)
    }

    /// The same with an inspection of the data after each stage.
    #[cold]
    #[inline(never)]
    fn with_traced_state<T>(
        &mut self,
        key: FrameKey,
        allowance: Allowance<'_>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let inspection = Inspection::of_execution();
        let called = self.with_seen_state(key, allowance, Some(&inspection), call);
        if !matches!(called, Err(Failure::TakesLong)) {
            self.core.see(key, inspection);
        }
        called
    }

    /// The same, seen by an inspection.
    #[inline]
    pub(super) fn with_seen_state<T>(
        &mut self,
        key: FrameKey,
        allowance: Allowance<'_>,
        inspection: Option<&Inspection>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let core = &mut *self.core;
        // Taken out, so that a state that is its only holder changes it in place; what is left of it goes back below.
        let raw_input = core.frames.at_mut(key)?.raw_input.take();
        let mut raw_input = Some(raw_input.ok_or(Invariant::InputIsKept)?);
        let frame = core.frames.at(key)?;
        let node = self.program.node(frame.state);
        let mut before = None;
        let budget = match allowance {
            Allowance::Turn if node.may_take_long => {
                // Only here: JSONPath writes into an input that nothing else shares.
                before = Some((raw_input.clone(), core.random.clone()));
                Budget::of_visits(core.limits.turn_work.saturating_mul(TURNS_OF_A_STATE))
            }
            Allowance::Part(_) if node.may_take_long => Budget::of_visits(MAX_VISITS_OF_A_PART),
            _ => Budget::new(),
        };
        let token = match &node.state {
            State::Task(task) if states::has_token(task) => {
                Some(frame.task_token(&core.token_secret, &core.execution.id))
            }
            _ => None,
        };
        let view = StateView {
            node,
            execution: &core.execution,
            state_machine: &core.state_machine,
            variables: VisibleVariables {
                frames: &core.frames,
                frame,
            },
            own_item: match allowance {
                Allowance::Part(item) => item,
                Allowance::Turn | Allowance::Whole => None,
            },
            task_token: token.as_deref(),
            random: &core.random,
            limits: &core.limits,
            now: core.now,
            budget,
            inspection,
        };
        let mut called = call(node, &mut raw_input, &view);
        let spent = view.budget.spent();
        let (visits, takes_long) = (view.budget.spent_visits(), view.budget.could_do_with_more());
        core.work = core.work.saturating_add(spent as u64);
        core.spend(visits);
        if let Some((input, random)) = before.filter(|_| takes_long) {
            core.random = random;
            raw_input = input;
            called = Err(Failure::TakesLong);
        }
        if raw_input.is_some() {
            core.frames.at_mut(key)?.raw_input = raw_input;
        }
        called
    }

    /// The state of a frame.
    pub(super) fn node_of(&self, key: FrameKey) -> Result<&'a Node, Invariant> {
        let program: &'a Program = self.program;
        Ok(program.node(self.core.frames.at(key)?.state))
    }
}
