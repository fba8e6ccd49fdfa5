//! Checks a snapshot before an execution continues from it: a snapshot comes from a store and is untrusted.
//!
//! Every [`Invariant`] that can be told from the data is looked at, for the execution and for all child executions in
//! it. Data itself (inputs, variables, results, times) is taken as it is: nobody can tell what it should be.

use serde_json::Value;

use super::{map_run, tree, waiting};
use crate::data::{MAX_NESTING, Payload, Piece, nests_within};
use crate::execution::core::{Activity, Core, Frame, MapRunProgress, deadline};
use crate::execution::invariant::Invariant;
use crate::execution::program::{GraphId, Program};

/// The deepest nesting of child executions; a definition nests no deeper.
const MAX_CHILDREN: usize = 64;

/// What a core is the execution of.
struct Expected {
    graph: GraphId,
    timeout_seconds: Option<u32>,
    is_express: bool,
    /// How many child executions may be inside each other.
    depth_left: usize,
}

impl Expected {
    /// What the child executions of one of its Map Runs are.
    fn of_child(&self, run: &MapRunProgress) -> Self {
        Self {
            graph: run.graph,
            timeout_seconds: None,
            is_express: run.is_express,
            depth_left: self.depth_left.saturating_sub(1),
        }
    }
}

/// Looks at a core, and counts again what depends on its data.
pub(super) fn check(core: &mut Core, program: &Program, graph: GraphId) -> Result<(), Invariant> {
    Invariant::StateIsOfItsGraph.holds_if(program.graph(graph.number()).is_some())?;
    // A child execution has none.
    let timeout_seconds = program.machine().timeout_seconds.filter(|_| graph == Program::MAIN);
    let expected = Expected {
        graph,
        timeout_seconds,
        is_express: core.execution.is_express(),
        depth_left: MAX_CHILDREN,
    };
    check_core(core, program, &expected)
}

fn check_core(core: &mut Core, program: &Program, expected: &Expected) -> Result<(), Invariant> {
    core.is_restored = true;
    if core.outcome.is_some() {
        core.ready.clear();
        core.timers.clear();
        core.deadline = None;
        Invariant::EndIsTheEnd.holds_if(core.frames.iter().next().is_none())?;
        return check_remains(core, program, expected);
    }
    tree::check(core, program, expected.graph)?;
    waiting::check(core, program)?;
    let start = core.execution.redrive_time.unwrap_or(core.execution.start_time);
    Invariant::DeadlineIsTheTimeout
        .holds_if(core.deadline == deadline(expected.timeout_seconds, expected.is_express, start))?;
    let values = core.frames.iter().flat_map(|(_, frame)| values(frame));
    Invariant::DataIsShallow.holds_if(values.chain([&*core.execution.input]).all(is_shallow))?;
    core.variable_bytes = core
        .frames
        .iter()
        .filter_map(|(_, frame)| frame.variables.as_deref())
        .flat_map(|variables| variables.values())
        .map(Payload::size)
        .sum();
    core.frames.count_again();
    for (key, state, run) in core.frames.map_runs_mut() {
        map_run::check(key, program.node(state), run)?;
        let expected = expected.of_child(run);
        let has_children = !run.children.is_empty() || !run.unsuccessful.is_empty() || !run.pending_redrive.is_empty();
        Invariant::ChildrenAreShallow.holds_if(expected.depth_left > 0 || !has_children)?;
        for child in run.children.values_mut() {
            Invariant::EndIsTheEnd.holds_if(child.core.outcome.is_none())?;
            if child.separate.is_some() {
                check_separate(&mut child.core)?;
                continue;
            }
            check_core(&mut child.core, program, &expected)?;
        }
        check_unsuccessful(run, program, &expected)?;
    }
    for (key, state, run) in core.frames.ended_map_runs_mut() {
        map_run::check_ended(key, program.node(state), run)?;
        let expected = expected.of_child(run);
        Invariant::ChildrenAreShallow.holds_if(expected.depth_left > 0 || run.unsuccessful.is_empty())?;
        check_unsuccessful(run, program, &expected)?;
    }
    Ok(())
}

/// What is known of a child execution that the driver runs is how it started.
fn check_separate(core: &mut Core) -> Result<(), Invariant> {
    core.is_restored = true;
    Invariant::DataIsShallow.holds_if(is_shallow(&core.execution.input))?;
    let wakes = core.deadline.is_some() || !core.ready.is_empty() || core.timers.earliest().is_some();
    Invariant::ChildIsKnown.holds_if(!wakes && core.frames.iter().next().is_none())
}

/// What is left of an execution would make one that runs, if it were redriven.
fn check_remains(core: &mut Core, program: &Program, expected: &Expected) -> Result<(), Invariant> {
    if let Some(mut redriven) = core.as_redriven(program, expected.timeout_seconds) {
        let has_failed = core.outcome.as_deref().is_some_and(|outcome| outcome.error().is_some());
        Invariant::EndIsTheEnd.holds_if(has_failed)?;
        check_core(&mut redriven, program, expected)?;
    }
    if let Some(remains) = &mut core.remains {
        remains.count_again();
    }
    Ok(())
}

/// Looks at the child executions that did not succeed.
fn check_unsuccessful(run: &mut MapRunProgress, program: &Program, expected: &Expected) -> Result<(), Invariant> {
    for child in run.unsuccessful.values_mut().chain(run.pending_redrive.values_mut()) {
        check_core(&mut child.core, program, expected)?;
    }
    Ok(())
}

fn values(frame: &Frame) -> impl Iterator<Item = &Value> {
    let (attempt, fork, map_run) = match frame.activity() {
        Activity::Task(attempt) => (Some(attempt), None, None),
        Activity::Fork(fork) => (None, Some(fork), None),
        Activity::MapRun(run) | Activity::EndedMapRun(run) => (None, None, Some(run)),
        _ => (None, None, None),
    };
    let raw_result = match frame.activity() {
        Activity::Evaluating(evaluating) => evaluating.begun.raw_result(),
        _ => None,
    };
    let variables = frame.variables.iter().flat_map(|variables| variables.values());
    let payloads = [
        raw_result,
        frame.raw_input.as_ref(),
        attempt.map(|attempt| &attempt.request.effective_input),
        fork.map(|fork| &fork.effective_input),
        fork.and_then(|fork| fork.items.as_ref()),
    ];
    let of_map_run = map_run.into_iter().flat_map(|run| {
        let payloads = run.payloads().map(Payload::value);
        payloads.chain(run.stage_values()).chain(&run.results)
    });
    payloads
        .into_iter()
        .flatten()
        .map(Payload::value)
        .chain(of_map_run)
        .chain(variables.map(Payload::value))
        .chain(fork.into_iter().flat_map(|fork| &fork.results).map(Piece::value))
}

fn is_shallow(value: &Value) -> bool {
    nests_within(value, MAX_NESTING)
}
