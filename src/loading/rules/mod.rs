//! The rules for a definition as a whole, one per file.
//!
//! Each file says what its rule demands and why, and shows a bad and a good example; its tests check them. The rules
//! read the [`Outline`], so they also work for a definition whose states cannot be built.

mod choice_default;
mod choice_rules;
mod context_members;
mod credentials;
mod distributed_map;
mod error_matching;
mod error_names;
mod exclusive_fields;
mod express_integrations;
mod expression_like_values;
mod fail_error;
mod fail_text;
mod field_languages;
mod fields_without_effect;
mod heartbeat;
mod intrinsic_arguments;
mod jsonata_delimiters;
mod jsonata_eval;
mod jsonata_input_document;
mod jsonata_states;
mod map_mode;
mod path_like_values;
mod query_language;
mod reachable_states;
mod required_fields;
mod size_limits;
mod state_names;
mod states_all;
mod static_result;
mod task_token;
mod terminal_state;
mod transition_targets;
mod unassigned_variables;
mod unknown_fields;
mod variable_names;
mod variable_scopes;
mod way_to_end;

#[cfg(test)]
mod testing;

use super::outline::Outline;
use super::report::Report;
use crate::definition::WorkflowType;

/// Every rule except those that depend on the workflow type. Problems at the same place are reported in this order.
const RULES: &[fn(&Outline<'_>, &mut Report)] = &[
    query_language::check,
    required_fields::check,
    unknown_fields::check,
    field_languages::check,
    jsonata_delimiters::check,
    jsonata_states::check,
    jsonata_input_document::check,
    exclusive_fields::check,
    choice_rules::check,
    state_names::check,
    variable_names::check,
    variable_scopes::check,
    states_all::check,
    heartbeat::check,
    credentials::check,
    map_mode::check,
    distributed_map::check,
    transition_targets::check,
    reachable_states::check,
    terminal_state::check,
    error_names::check,
    error_matching::check,
    fail_error::check,
    fail_text::check,
    path_like_values::check,
    expression_like_values::check,
    jsonata_eval::check,
    static_result::check,
    unassigned_variables::check,
    context_members::check,
    intrinsic_arguments::check,
    task_token::check,
    fields_without_effect::check,
    size_limits::check,
    choice_default::check,
    way_to_end::check,
];

/// Checks all rules.
pub(super) fn check(outline: &Outline<'_>, workflow_type: WorkflowType, report: &mut Report) {
    for rule in RULES {
        rule(outline, report);
    }
    express_integrations::check(outline, workflow_type, report);
    distributed_map::check_type(outline, workflow_type, report);
}
