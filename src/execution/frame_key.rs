//! How a frame is found.

use serde::{Deserialize, Serialize};

/// A frame's slot, with the serial number of the frame in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct FrameKey {
    pub(crate) slot: u32,
    pub(crate) serial: u32,
}
