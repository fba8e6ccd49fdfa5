//! Executions that run again after their end.

use chrono::{DateTime, Utc};
use std::sync::Arc;

#[cfg(feature = "store")]
use super::Progress;
use super::Running;
use crate::error::{Error, ErrorKind};
use crate::execution::NotRedrivable;
use crate::runtime::Ack;
#[cfg(feature = "store")]
use crate::store::Record;

impl Running {
    /// Redrives the ended execution; returns the time, and tells when it is written. Errors if it cannot be redriven, and
    /// as [`Directory::admit`](super::Directory::admit) does.
    ///
    /// `beside` makes records of the time that are written with it, or not at all.
    pub(in crate::runtime) fn redrive(
        self: &Arc<Self>,
        #[cfg(feature = "store")] beside: impl FnOnce(DateTime<Utc>) -> Vec<Record>,
    ) -> Result<(DateTime<Utc>, Ack), Error> {
        let _working = self.catch_up();
        let mut progress = self.progress();
        let now = self.now();
        // Another handle may have redriven what a store has, until this one is admitted.
        let may_have_changed = self.is_durable() && self.has_ended();
        if !may_have_changed {
            progress.execution.check_redrivable(now).map_err(refused)?;
        }
        self.directory.admit(self)?;
        #[cfg(feature = "store")]
        if may_have_changed {
            self.reload_or_withdraw(&mut progress, now)?;
        }
        *self.ended_with() = None;
        #[cfg(feature = "store")]
        self.note_redrive(&mut progress, now, beside(now));
        progress.execution.redrive(now).map_err(refused)?;
        tracing::info!(arn = %self.arn, "execution redriven");
        self.carry_out(&mut progress, None);
        Ok((now, self.ack_of(&progress)))
    }

    #[cfg(feature = "store")]
    fn reload_or_withdraw(&self, progress: &mut Progress, now: DateTime<Utc>) -> Result<(), Error> {
        let reloaded = self.reload(progress);
        let checked = reloaded.and_then(|()| progress.execution.check_redrivable(now).map_err(refused));
        if checked.is_err() {
            self.directory.withdraw(self);
        }
        checked
    }

    /// Errors if it cannot run for want of handlers.
    pub(in crate::runtime) fn check_handlers(&self) -> Result<(), Error> {
        let program = Arc::clone(self.progress().execution.program());
        self.directory.check_handlers(&program, &self.arn)
    }

    pub(in crate::runtime) fn check_redrivable(&self) -> Result<(), NotRedrivable> {
        let progress = self.progress();
        #[cfg(feature = "store")]
        let mut progress = progress;
        // What cannot be read cannot be redriven either, which the check says.
        #[cfg(feature = "store")]
        let _ = self.reload(&mut progress);
        progress.execution.check_redrivable(self.now())
    }
}

pub(super) fn refused(why: NotRedrivable) -> Error {
    Error::new(ErrorKind::NotRedrivable, why.to_string())
}
