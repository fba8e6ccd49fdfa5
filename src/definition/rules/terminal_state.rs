use crate::definition::parse::{Outline, Report};
pub(super) fn check(_outline: &Outline<'_>, _report: &mut Report) {}
