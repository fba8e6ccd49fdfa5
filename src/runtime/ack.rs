//! Waiting until something is written, where there is a store.

use crate::error::Error;

/// There is no store: nothing is waited for.
pub(crate) struct Ack;

impl Ack {
    pub(super) const NONE: Self = Self;

    #[expect(clippy::unused_async, reason = "with a store there is something to wait for")]
    pub(crate) async fn wait(self) -> Result<(), Error> {
        Ok(())
    }

    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "with a store there is something to wait for"
    )]
    pub(super) fn wait_here(self) -> Result<(), Error> {
        Ok(())
    }
}
