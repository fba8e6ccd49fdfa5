//! What a Map Run knows of its items and child executions is what they are.

use std::collections::BTreeSet;

use crate::definition::{State, WorkflowType};
use crate::execution::core::{Child, MapRunProgress, Stage};
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::Counts;
use crate::execution::program::Node;
use crate::execution::states;
use crate::execution::task::TaskId;

/// `key` and `node` are the frame of the Map Run and its state.
pub(super) fn check(key: FrameKey, node: &Node, run: &MapRunProgress) -> Result<(), Invariant> {
    Invariant::MapRunIsOfItsMap.holds_if(run.frame == key && is_of(run, node))?;
    Invariant::RequestIsOfItsMap.holds_if(asks_its_services(run, node))?;
    Invariant::MapRunCounts.holds_if(items_fit(run) && children_fit(run) && results_fit(run))?;
    let ready: BTreeSet<u32> = run.ready.iter().copied().collect();
    let armed = run.children.values().filter(|child| child.armed.is_some());
    // A child execution that ended may still stand in the queue; one that never was may not.
    let is_known = |id: &u32| *id < run.started;
    Invariant::ChildIsKnown.holds_if(ready.iter().all(is_known) && armed.count() == run.deadlines.len())?;
    for (id, child) in &run.children {
        check_child(run, *id, child, ready.contains(id))?;
    }
    let separate = run.children.values().filter(|child| child.separate.is_some());
    Invariant::ChildIsKnown.holds_if(separate.count() == run.separate.len())?;
    let tasks = run.children.values().map(|child| child.tasks.len());
    Invariant::TaskOfChildIsKnown.holds_if(tasks.sum::<usize>() == run.tasks.len())?;
    // One that is through, or whose failures are too many, would have ended.
    Invariant::MapRunGoesOn.holds_if(run.goes_on() && !run.is_through() && !run.is_over_threshold())
}

/// The same of a Map Run that has ended, and that a redrive lets go on.
pub(super) fn check_ended(key: FrameKey, node: &Node, run: &MapRunProgress) -> Result<(), Invariant> {
    Invariant::MapRunIsOfItsMap.holds_if(run.frame == key && is_of(run, node))?;
    let may_go_on = match &run.stage {
        Stage::Running => true,
        Stage::Reading(_) => false,
        Stage::Writing(writing) => writing.asked.is_none() && writes(node) && run.items.is_empty(),
    };
    Invariant::RequestIsOfItsMap.holds_if(may_go_on)?;
    Invariant::MapRunCounts.holds_if(items_fit(run) && children_fit(run) && results_fit(run))?;
    let awaits_answers = !run.tasks.is_empty() || !run.separate.is_empty();
    let nothing_runs = run.children.is_empty() && run.deadlines.is_empty() && !awaits_answers;
    Invariant::ChildIsKnown.holds_if(nothing_runs)
}

fn is_of(run: &MapRunProgress, node: &Node) -> bool {
    let State::Map(map) = &node.state else { return false };
    let batching = run.settings.batching.as_ref();
    map.distributed.as_deref().is_some_and(|map| {
        node.graphs.first() == Some(&run.graph)
            && run.is_express == (map.execution_type == WorkflowType::Express)
            && run.transformation == states::transformation(map)
            && batching.is_some() == map.item_batcher.is_some()
            // A batch of no items would be made for ever.
            && batching.is_none_or(|batching| batching.most_items != Some(0))
    })
}

/// Whether the stage is one that the state has, with the request that it waits for.
fn asks_its_services(run: &MapRunProgress, node: &Node) -> bool {
    let State::Map(map) = &node.state else { return false };
    let Some(map) = map.distributed.as_deref() else {
        return false;
    };
    match &run.stage {
        Stage::Running => true,
        Stage::Reading(reading) => reading.asked.is_some() && map.item_reader.is_some() && run.started == 0,
        Stage::Writing(writing) => {
            writing.asked.is_some() && writes(node) && run.children.is_empty() && run.items.is_empty()
        }
    }
}

/// Whether the results are written by a `ResultWriter`.
fn writes(node: &Node) -> bool {
    let State::Map(map) = &node.state else { return false };
    let writer = map.distributed.as_deref().and_then(|map| map.result_writer.as_ref());
    writer.is_some_and(|writer| writer.export.is_some())
}

fn items_fit(run: &MapRunProgress) -> bool {
    let counts = &run.item_counts;
    let Some(items) = run.items.all().as_array() else {
        return false;
    };
    let running = run.children.values().map(|child| child.items as u64);
    counts.is_complete()
        && counts.total == items.len() as u64
        && run.items.pending() == usize::try_from(counts.pending).ok()
        && counts.running == running.fold(0, u64::saturating_add)
}

/// The child executions that did not succeed are among those that have ended so, or wait to be redriven.
fn unsuccessful_fit(run: &MapRunProgress) -> bool {
    let (mut items, mut executions) = (Counts::default(), Counts::default());
    let is_open = |id: &u32| *id < run.started && !run.children.contains_key(id);
    for (id, child) in &run.unsuccessful {
        let outcome = child
            .core
            .outcome
            .as_deref()
            .filter(|outcome| outcome.error().is_some());
        let Some(outcome) = outcome.filter(|_| is_open(id) && child.items > 0) else {
            return false;
        };
        items.end(child.items as u64, outcome);
        executions.end(1, outcome);
    }
    let ended = |counts: &Counts| [counts.failed, counts.timed_out, counts.aborted];
    let fits = |some: &Counts, all: &Counts| ended(some).into_iter().zip(ended(all)).all(|(some, all)| some <= all);
    let waiting = run.pending_redrive.values().map(|child| child.items as u64);
    fits(&items, &run.item_counts)
        && fits(&executions, &run.execution_counts)
        && run.execution_counts.pending_redrive == run.pending_redrive.len() as u64
        && run.item_counts.pending_redrive == waiting.fold(0, u64::saturating_add)
        && run.pending_redrive.iter().all(|(id, child)| {
            is_open(id) && child.items > 0 && child.core.outcome.is_some() && !run.unsuccessful.contains_key(id)
        })
}

fn children_fit(run: &MapRunProgress) -> bool {
    let (items, counts) = (&run.item_counts, &run.execution_counts);
    let ended = |counts: &Counts| [counts.succeeded, counts.failed, counts.timed_out, counts.aborted];
    let mut each = ended(counts).into_iter().zip(ended(items));
    counts.is_complete()
        && counts.total == u64::from(run.started)
        && counts.pending == 0
        && counts.running == run.children.len() as u64
        // Each has an item at least, so that no more were started than there are items.
        && run.children.values().all(|child| child.items > 0)
        && each.all(|(children, items)| children <= items && (children > 0) == (items > 0))
}

fn results_fit(run: &MapRunProgress) -> bool {
    let has_ended = |id: &u32| *id < run.started && !run.children.contains_key(id);
    let is_open = |id: &u32| run.results.get(*id as usize).is_none_or(serde_json::Value::is_null);
    run.results.len() <= run.started as usize
        && unsuccessful_fit(run)
        && run.failed.len() as u64 == run.execution_counts.failures()
        && run.failed.iter().all(has_ended)
        && run.children.keys().all(|id| *id < run.started && is_open(id))
}

/// The Map Run knows when a child execution is to be woken, and the tasks whose answers are for it.
fn check_child(run: &MapRunProgress, id: u32, child: &Child, is_ready: bool) -> Result<(), Invariant> {
    let is_armed = child.armed.is_none_or(|at| run.deadlines.contains(&(at, id)));
    // What is ready is looked at soon, and then its deadline is.
    let is_up_to_date = is_ready || (child.core.ready.is_empty() && child.armed == child.core.next_deadline());
    Invariant::ChildIsKnown.holds_if(is_armed && is_up_to_date)?;
    let is_separate = child
        .separate
        .is_none_or(|separate| run.separate.get(&separate.generation) == Some(&id));
    Invariant::ChildIsKnown.holds_if(is_separate)?;
    let frames = child.core.frames.iter();
    let unanswered: BTreeSet<TaskId> = frames
        .flat_map(|(key, frame)| {
            let id = move |generation| TaskId {
                frame: key.slot,
                generation,
            };
            frame.activity().unanswered().map(id)
        })
        .collect();
    let mut known = child.tasks.iter();
    Invariant::TaskOfChildIsKnown.holds_if(
        unanswered.len() == child.tasks.len()
            && known
                .all(|(task, generation)| unanswered.contains(task) && run.tasks.get(generation) == Some(&(id, *task))),
    )
}
