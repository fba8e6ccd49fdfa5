//! Workflow variables: what a state assigns, and what goes with a scope.

use std::sync::Arc;

use super::Engine;
use crate::data::json_size;
use crate::execution::failure::Failure;
use crate::execution::frames::{Frame, FrameKey};
use crate::execution::intent::Assigned;

impl Engine<'_> {
    /// Stores what a state assigns, within the limits (developer guide, "Quotas").
    pub(super) fn store_variables(&mut self, key: FrameKey, assigned: Assigned) -> Result<(), Failure> {
        let core = &mut *self.core;
        let added: usize = assigned.iter().map(|(_, value)| json_size(value)).sum();
        if added > core.limits.variable_bytes {
            return Err(Failure::variables_too_large(added, core.limits.variable_bytes));
        }
        let Some(frame) = core.frames.get_mut(key) else {
            return Ok(());
        };
        let variables = frame.variables.get_or_insert_default();
        let limit = core.limits.stored_variable_bytes;
        // What stays within the limit beside the values that it replaces needs no second look at these.
        if core.variable_bytes + added > limit {
            let replaced = assigned.iter().filter_map(|(name, _)| variables.get(&**name));
            let replaced: usize = replaced.map(|value| json_size(value)).sum();
            let stored = core.variable_bytes.saturating_sub(replaced) + added;
            if stored > limit {
                return Err(Failure::stored_variables_too_large(stored, limit));
            }
        }
        core.variable_bytes += added;
        for (name, value) in assigned {
            // A loop assigns what is there already: neither its name nor its place is made anew.
            match variables.get_mut(&*name) {
                Some(place) => {
                    core.variable_bytes = core.variable_bytes.saturating_sub(json_size(place));
                    match Arc::get_mut(place) {
                        Some(place) => *place = value,
                        None => *place = Arc::new(value),
                    }
                }
                None => drop(variables.insert(name.to_string(), Arc::new(value))),
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
