//! Parallel states.

use super::{Fields, Reading, state_graph};
use crate::data::json::Node;
use crate::definition::{Branch, JsonPathParallel, JsonataParallel, ParallelData, ParallelState, QueryLanguage};
use crate::loading::report::Reported;

/// `machine` is the default language of the states in the branches.
pub(super) fn parallel_state(
    mut fields: Fields<'_, '_>,
    language: QueryLanguage,
    machine: QueryLanguage,
) -> Result<ParallelState, Reported> {
    let comment = fields.comment();
    let branches = fields.some_elements("Branches", |node, reading| branch(node, machine, reading));
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(ParallelData::JsonPath),
        QueryLanguage::Jsonata => jsonata(&mut fields).map(ParallelData::Jsonata),
    };
    let retry = fields.retry();
    let catch = fields.catch(language);
    let transition = fields.transition();
    Ok(ParallelState {
        comment: comment?,
        branches: branches?,
        data: data?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathParallel, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template_of_any_type("Parameters");
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathParallel {
        input_path: input_path?,
        parameters: parameters?,
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
    })
}

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<JsonataParallel, Reported> {
    let arguments = fields.jsonata("Arguments");
    let exit = fields.exit();
    Ok(JsonataParallel {
        arguments: arguments?,
        exit: exit?,
    })
}

fn branch(node: &Node, machine: QueryLanguage, reading: &mut Reading) -> Result<Branch, Reported> {
    let comment = Fields::of(node, reading)?.comment();
    let graph = state_graph(node, machine, reading);
    Ok(Branch {
        comment: comment?,
        graph: graph?,
    })
}
