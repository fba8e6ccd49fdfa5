//! What a run would be billed for on AWS: transitions, or duration and memory. No prices.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::visit::Visit;
use super::{ExecutionRun, Run};
use crate::data::{Payload, json_size};
use crate::definition::{State, WorkflowType};
use crate::execution::Node;

/// Express Workflows are billed in steps of this duration.
const BILLED_STEP: Duration = Duration::from_millis(100);

/// Express Workflows are billed in steps of this much memory, in megabytes.
const MEMORY_STEP: u64 = 64;

/// An inline Map runs so many iterations at once.
const MOST_ITERATIONS: usize = 40;

/// What a run would be billed for on AWS, by how AWS counts it. The simulated execution counts, the child executions of
/// its distributed Maps, and the executions that its tasks start in the simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// The state transitions of Standard Workflows: one whenever a state is entered, and one for each retry.
    pub transitions: u64,
    /// The Express Workflows.
    pub express: ExpressUsage,
    /// The bytes of the largest input, result or output of a state, as compact JSON. AWS allows 262,144.
    pub largest_payload: usize,
}

/// What Express Workflows of a run would be billed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ExpressUsage {
    /// The executions, each of which is a request.
    pub executions: u64,
    /// Their durations, each rounded up to 100 ms.
    pub billed_duration: Duration,
    /// The most memory that one of them takes, in megabytes, rounded up to 64 MB. AWS does not say how it measures it; this
    /// is the text of the definition, and the data that states hold at the same time.
    pub billed_megabytes: u64,
}

impl Run {
    /// What the run would be billed for on AWS.
    ///
    /// All is zero without visits, as with [`HistoryLevel::Off`](crate::history::HistoryLevel::Off).
    ///
    /// ```
    /// use asl_engine::{Simulation, StateMachine, TaskError};
    /// use serde_json::json;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
    /// let run = Simulation::of(&machine)
    ///     .task("Charge", [Err(TaskError::new("Busy", "")), Ok(json!(1))])
    ///     .run(json!({ "id": 7 }));
    /// assert_eq!(run.usage().transitions, 2); // `Charge` was entered, and tried again
    /// # Ok(())
    /// # }
    /// ```
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        count(&self.root, self.elapsed, &mut usage);
        for child in &self.children {
            let ends = child.visits.iter().map(|visit| visit.ended.unwrap_or(self.elapsed));
            let began = child.visits.first().map_or(self.elapsed, |visit| visit.entered);
            let took = ends.max().unwrap_or(began).saturating_sub(began);
            count(child, took, &mut usage);
        }
        usage
    }
}

/// An execution of its own among the visits of a run: the Map visit, its attempt and the index of the child execution;
/// `None` for the execution itself.
type Home = Option<(usize, usize, usize)>;

/// Adds what an execution uses, with the child executions of its distributed Maps.
fn count(run: &ExecutionRun, took: Duration, usage: &mut Usage) {
    let nodes: HashMap<&str, &Node> = run.program.nodes().map(|(_, node)| (&*node.pointer, node)).collect();
    let own_type = run.program.machine().workflow_type;
    let mut homes: Vec<(Home, WorkflowType)> = Vec::with_capacity(run.visits.len());
    let mut express: BTreeMap<Home, Vec<usize>> = BTreeMap::new();
    if own_type == WorkflowType::Express && !run.visits.is_empty() {
        express.insert(None, Vec::new());
    }
    for (place, visit) in run.visits.iter().enumerate() {
        let home = home(run, &nodes, &homes, visit).unwrap_or((None, own_type));
        homes.push(home);
        usage.largest_payload = usage.largest_payload.max(largest_payload(visit));
        match home.1 {
            WorkflowType::Express => express.entry(home.0).or_default().push(place),
            WorkflowType::Standard => {
                let retries = visit.attempts.iter().filter(|attempt| attempt.retry.is_some());
                usage.transitions += 1 + retries.count() as u64;
            }
        }
    }
    if express.is_empty() {
        return;
    }
    let definition = json_size(run.program.machine().definition());
    for (home, places) in express {
        let took = if home.is_none() { took } else { span(run, &places) };
        usage.express.executions += 1;
        usage.express.billed_duration += billed(took);
        let bytes = definition + held(run, &nodes, &places);
        usage.express.billed_megabytes = usage.express.billed_megabytes.max(megabytes(bytes));
    }
}

/// Which execution a visit belongs to, and its type; `None` for the outermost visits.
fn home(
    run: &ExecutionRun,
    nodes: &HashMap<&str, &Node>,
    homes: &[(Home, WorkflowType)],
    visit: &Visit,
) -> Option<(Home, WorkflowType)> {
    let around = visit.within?;
    let map = run.visits.get(around)?;
    match nodes.get(&*map.pointer).map(|node| &node.state) {
        Some(State::Map(state)) if state.distributed.is_some() => {
            let began = map.attempts.iter().filter(|attempt| attempt.began <= visit.entered);
            let execution_type = state.distributed.as_ref()?.execution_type;
            Some((Some((around, began.count(), visit.index)), execution_type))
        }
        _ => homes.get(around).copied(),
    }
}

fn largest_payload(visit: &Visit) -> usize {
    let payloads = [&visit.effective_input, &visit.raw_result, &visit.output];
    let sizes = payloads.into_iter().flatten().map(Payload::size);
    sizes.fold(visit.raw_input.size(), usize::max)
}

/// The time from the first entry to the last end of some visits.
fn span(run: &ExecutionRun, places: &[usize]) -> Duration {
    let visits = || places.iter().filter_map(|place| run.visits.get(*place));
    let began = visits().map(|visit| visit.entered).min().unwrap_or_default();
    let ended = visits().map(|visit| visit.ended.unwrap_or(visit.entered)).max();
    ended.unwrap_or_default().saturating_sub(began)
}

/// The bytes of data that the states of an execution hold at the same time: the largest input and output of states one
/// after the other, and the sum of those side by side.
fn held(run: &ExecutionRun, nodes: &HashMap<&str, &Node>, places: &[usize]) -> usize {
    // Of each visit, the most that each of its branches or iterations holds.
    let mut inside: HashMap<usize, BTreeMap<usize, usize>> = HashMap::new();
    let mut most = 0;
    // The visits inside a Parallel or Map come after it.
    for place in places.iter().rev() {
        let Some(visit) = run.visits.get(*place) else { continue };
        let mut graphs: Vec<usize> = inside.remove(place).unwrap_or_default().into_values().collect();
        if matches!(nodes.get(&*visit.pointer).map(|node| &node.state), Some(State::Map(_))) {
            graphs.sort_unstable_by(|a, b| b.cmp(a));
            graphs.truncate(MOST_ITERATIONS);
        }
        let output = visit.output.as_ref().map_or(0, Payload::size);
        let bytes = visit.raw_input.size() + output + graphs.iter().sum::<usize>();
        most = most.max(bytes);
        if let Some(around) = visit.within {
            let graph = inside.entry(around).or_default().entry(visit.index).or_default();
            *graph = bytes.max(*graph);
        }
    }
    most
}

fn billed(took: Duration) -> Duration {
    let steps = took.as_nanos().div_ceil(BILLED_STEP.as_nanos()).max(1);
    BILLED_STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

fn megabytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(MEMORY_STEP << 20).max(1) * MEMORY_STEP
}
