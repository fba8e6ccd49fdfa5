//! The rules that a definition as a whole must keep, one a file.
//!
//! A file says what its rule asks, why, and shows what is bad and what is good; its tests hold it to that. The rules
//! look at the [`Outline`], so that they judge a definition whose states cannot be built, too.

mod exclusive_fields;
mod query_language;
mod reachable_states;
mod required_fields;
mod terminal_state;
mod transition_targets;
mod unknown_fields;

use super::WorkflowType;
use super::parse::{Outline, Report};

/// Checks all rules. Their order here is that of problems found at the same place.
pub(super) fn check(outline: &Outline<'_>, workflow_type: WorkflowType, report: &mut Report) {
    let _ = workflow_type;
    query_language::check(outline, report);
    required_fields::check(outline, report);
    unknown_fields::check(outline, report);
    exclusive_fields::check(outline, report);
    transition_targets::check(outline, report);
    reachable_states::check(outline, report);
    terminal_state::check(outline, report);
}
