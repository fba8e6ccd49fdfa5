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

impl<'a> Engine<'a> {
    /// Calls a pure function of a frame's state with the raw input and a view of the execution.
    #[inline]
    pub(super) fn with_state<T>(
        &mut self,
        key: FrameKey,
        own_item: Option<&MapItemContext<'_>>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.core.trace.is_some() {
            return self.with_traced_state(key, own_item, call);
        }
        self.with_seen_state(key, own_item, None, call)
    }

    /// The same with an inspection of the data after each stage.
    #[cold]
    #[inline(never)]
    fn with_traced_state<T>(
        &mut self,
        key: FrameKey,
        own_item: Option<&MapItemContext<'_>>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let inspection = Inspection::of_execution();
        let called = self.with_seen_state(key, own_item, Some(&inspection), call);
        let now = self.core.now;
        if let Some(trace) = &mut self.core.trace {
            trace.see(now, key, inspection);
        }
        called
    }

    #[inline]
    fn with_seen_state<T>(
        &mut self,
        key: FrameKey,
        own_item: Option<&MapItemContext<'_>>,
        inspection: Option<&Inspection>,
        call: impl FnOnce(&Node, &mut Option<Payload>, &StateView<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let core = &mut *self.core;
        // Taken out, so that a state that is its only holder changes it in place; what is left of it goes back below.
        let raw_input = core.frames.at_mut(key)?.raw_input.take();
        let mut raw_input = Some(raw_input.ok_or(Invariant::InputIsKept)?);
        let frame = core.frames.at(key)?;
        let node = self.program.node(frame.state);
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
            own_item,
            task_token: token.as_deref(),
            random: &core.random,
            limits: &core.limits,
            now: core.now,
            budget: Budget::new(),
            inspection,
        };
        let called = call(node, &mut raw_input, &view);
        let spent = view.budget.spent();
        core.work = core.work.saturating_add(spent as u64);
        core.spend(view.budget.spent_visits());
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
