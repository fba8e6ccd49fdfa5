//! How a frame is found.

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A frame's slot, with the serial number of the frame in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FrameKey {
    pub(crate) slot: u32,
    pub(crate) serial: u32,
}

/// A set of frames that are all there at the same time.
pub(crate) type FrameSet = IndexSet<FrameKey, BuildHasherDefault<SlotHasher>>;

impl Hash for FrameKey {
    /// By the slot alone: it holds one frame at a time.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.slot);
    }
}

/// Spreads slots. They are counted from 0, so that nobody can choose many that collide.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SlotHasher(u64);

impl Hasher for SlotHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, slot: u32) {
        /// The golden ratio's fraction in 64 bits, odd: a product with it differs in all bits.
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        self.0 = (self.0 ^ u64::from(slot)).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
