//! Workflow variables: what a state assigns, and what goes with a scope.

use std::sync::Arc;

use super::Engine;
use crate::data::json_size;
use crate::execution::errors::Failure;
use crate::execution::frames::{Frame, FrameKey};
use crate::execution::intent::Assigned;

impl Engine<'_> {
    /// Stores what a state assigns, within the limits (developer guide, "Quotas").
    pub(super) fn store_variables(&mut self, key: FrameKey, assigned: Assigned) -> Result<(), Failure> {
        if assigned.is_empty() {
            return Ok(());
        }
        let core = &mut *self.core;
        let added: usize = assigned.values().map(json_size).sum();
        if added > core.limits.variable_bytes {
            return Err(Failure::variables_too_large(added, core.limits.variable_bytes));
        }
        let Some(frame) = core.frames.get_mut(key) else {
            return Ok(());
        };
        let variables = frame.variables.get_or_insert_default();
        let replaced: usize = assigned
            .keys()
            .filter_map(|name| variables.get(name))
            .map(|value| json_size(value))
            .sum();
        let stored = core.variable_bytes.saturating_sub(replaced) + added;
        if stored > core.limits.stored_variable_bytes {
            return Err(Failure::runtime(format!(
                "The variables stored have {stored} bytes, more than the limit of {} bytes.",
                core.limits.stored_variable_bytes
            )));
        }
        core.variable_bytes = stored;
        for (name, value) in assigned {
            // A loop assigns what is there already; `extend` would make room for more.
            match variables.get_mut(&name) {
                Some(place) => *place = Arc::new(value),
                None => drop(variables.insert(name, Arc::new(value))),
            }
        }
        Ok(())
    }

    /// The variables of a scope go with it.
    pub(super) fn forget_variables(&mut self, frame: &Frame) {
        if let Some(variables) = &frame.variables {
            let bytes: usize = variables.values().map(|value| json_size(value)).sum();
            self.core.variable_bytes = self.core.variable_bytes.saturating_sub(bytes);
        }
    }
}
