//! What came of a state's expressions that were evaluated apart from their execution, since they take long.

use super::failure::Failure;
use super::inspection::Inspection;
use super::intent::{Exit, Intent};
use crate::data::{Payload, Random};

/// What came of an evaluation.
#[derive(Debug, Clone)]
pub(super) struct Evaluated {
    pub(super) came: Came,
    /// What the state left of its raw input.
    pub(super) raw_input: Option<Payload>,
    /// The work done, in the units of [`Limits::work`](super::Limits::work).
    pub(super) work: u64,
    /// The same in the units of [`Limits::turn_work`](super::Limits::turn_work).
    pub(super) turn_work: usize,
    /// The `…StateEntered` event of the state, and its retries.
    #[cfg_attr(
        not(feature = "runtime"),
        expect(dead_code, reason = "what is evaluated at once is never late")
    )]
    pub(super) attempt: (u64, u32),
    /// The randomness before and after.
    pub(super) random: (Random, Random),
    pub(super) inspection: Option<Inspection>,
}

impl Evaluated {
    /// Whether the expressions drew random numbers.
    pub(super) fn has_drawn(&self) -> bool {
        let (before, after) = &self.random;
        !before.goes_on_like(after)
    }

    /// Whether nobody else has drawn the same numbers in the meantime.
    pub(super) fn is_still_random(&self, random: &Random) -> bool {
        !self.has_drawn() || self.random.0.goes_on_like(random)
    }
}

/// The value of the expressions.
#[derive(Debug, Clone)]
pub(super) enum Came {
    /// Of a state that was entered or retried.
    Intent(Result<Intent, Failure>),
    /// Of a state that finished its work.
    Exit(Result<Exit, Failure>),
}

#[cfg(feature = "runtime")]
impl Came {
    /// Whether the state had done its work.
    pub(super) fn is_exit(&self) -> bool {
        matches!(self, Self::Exit(_))
    }
}
