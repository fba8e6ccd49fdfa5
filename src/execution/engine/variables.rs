//! The variables of frames.

use super::Engine;
use crate::execution::core::Frame;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::intent::Assigned;
use crate::execution::variables;

impl Engine<'_> {
    /// Stores what a state assigns.
    pub(super) fn store_variables(&mut self, key: FrameKey, assigned: Assigned) -> Result<(), Failure> {
        let core = &mut *self.core;
        let scope = core.frames.at_mut(key)?.variables.get_or_insert_default();
        variables::store(scope, assigned, &mut core.variable_bytes, &core.limits)
    }

    /// Removes the variables of an ended scope.
    pub(super) fn forget_variables(&mut self, frame: &Frame) {
        if let Some(scope) = &frame.variables {
            self.core.variable_bytes = self.core.variable_bytes.saturating_sub(variables::size(scope));
        }
    }
}
