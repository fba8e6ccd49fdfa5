//! What becomes of an execution whose frames are broken while it runs: it fails, or ends as it would have. It never hangs,
//! and never ends well with another output.
//!
//! `tests/hostile/targets/frames.rs` breaks snapshots, most of which are refused; here the engine itself has to see it.

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::Engine;
use crate::StateMachine;
use crate::execution::core::{Activity, Core, MapRunProgress, Stage};
use crate::execution::invariant::Invariant;
use crate::execution::{Command, Event, Execution, FrameKey, Outcome, Program, StartOptions, Task, TaskId};
use crate::history::ErrorOutput;

/// Something that never happens, done to a frame or to what wakes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Timers,
    Queue,
    Frame,
    Input,
    Deadline,
    LaterDeadline,
    Entering,
    Waiting,
    Backoff,
    Queued,
    Index,
    Orphan,
    StartedMore,
    StartedLess,
    EndedMore,
    Running,
    Stranger,
    Results,
    FullResults,
    Graphs,
    TasksOfChildren,
    TaskOfChild,
    Child,
    Children,
    Deadlines,
    Woken,
    Request,
    Reading,
}

const BREAKS: [Break; 28] = [
    Break::Timers,
    Break::Queue,
    Break::Frame,
    Break::Input,
    Break::Deadline,
    Break::LaterDeadline,
    Break::Entering,
    Break::Waiting,
    Break::Backoff,
    Break::Queued,
    Break::Index,
    Break::Orphan,
    Break::StartedMore,
    Break::StartedLess,
    Break::EndedMore,
    Break::Running,
    Break::Stranger,
    Break::Results,
    Break::FullResults,
    Break::Graphs,
    Break::TasksOfChildren,
    Break::TaskOfChild,
    Break::Child,
    Break::Children,
    Break::Deadlines,
    Break::Woken,
    Break::Request,
    Break::Reading,
];

/// A machine in which every kind of frame runs at the same time.
fn machine() -> StateMachine {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:F";
    let alone = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let retry = json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxAttempts": 4 }]);
    let task = |name: &str| {
        alone(
            name,
            json!({ "Type": "Task", "Resource": function, "TimeoutSeconds": 60, "Retry": retry, "End": true }),
        )
    };
    let wait = |name: &str, seconds: u32| alone(name, json!({ "Type": "Wait", "Seconds": seconds, "End": true }));
    let plain = alone("A", json!({ "Type": "Task", "Resource": function, "End": true }));
    let inline = alone(
        "M",
        json!({ "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemProcessor": task("T"), "End": true }),
    );
    let mut inside = alone(
        "Q",
        json!({ "Type": "Parallel", "Branches": [task("U"), wait("V", 7)], "End": true }),
    );
    inside["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let mut from_file = task("X");
    from_file["ProcessorConfig"] = inside["ProcessorConfig"].clone();
    // What breaks inside is no failure of an item, so that none is tolerated.
    let distributed = json!({
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ToleratedFailurePercentage": 100,
        "ItemProcessor": inside, "End": true
    });
    let with_services = json!({
        "Type": "Map", "ItemProcessor": from_file, "ItemBatcher": { "MaxItemsPerBatch": 2 }, "End": true,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": { "InputType": "JSONL" },
            "Parameters": { "Bucket": "b", "Key": "k" }
        },
        "ResultWriter": { "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "b" } }
    });
    let branches = json!([
        wait("W", 5),
        plain,
        task("B"),
        inline,
        alone("D", distributed),
        alone("E", with_services)
    ]);
    let machine = alone("P", json!({ "Type": "Parallel", "Branches": branches, "End": true }));
    machine.to_string().parse().unwrap()
}

/// An execution with its tasks and the time.
#[derive(Clone)]
struct Run {
    program: Arc<Program>,
    core: Core,
    waiting: Vec<Task>,
    now: DateTime<chrono::Utc>,
}

impl Run {
    fn start(program: &Arc<Program>) -> Self {
        let now = DateTime::UNIX_EPOCH;
        let options = StartOptions::new(json!({ "items": [1, 2, 3] }));
        let execution = Execution::start(Arc::clone(program), options, now);
        let mut run = Self {
            program: execution.program,
            core: execution.core,
            waiting: Vec::new(),
            now,
        };
        run.turn(|_| {});
        run
    }

    /// Lets something happen, and carries out what comes of it.
    fn turn(&mut self, happen: impl FnOnce(&mut Execution)) {
        let mut execution = Execution {
            program: Arc::clone(&self.program),
            graph: Program::MAIN,
            core: self.core.clone(),
        };
        happen(&mut execution);
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => self.waiting.push(task),
                Command::Cancel(id) => self.waiting.retain(|task| task.id != id),
                _ => {}
            }
        }
        self.core = execution.core;
        // By what they are asked: their ids are what is broken here.
        let asked = |task: &Task| (task.state.clone(), task.request.effective_input.to_string());
        self.waiting.sort_by_cached_key(asked);
    }

    fn happen(&mut self, event: Event) {
        let now = self.now;
        self.turn(|execution| execution.handle(now, event));
    }

    /// Answers a task, or lets time go on; false where there is neither.
    fn go_on(&mut self, choice: usize) -> bool {
        let deadline = self.core.next_deadline();
        if choice.is_multiple_of(4) || self.waiting.is_empty() {
            let Some(deadline) = deadline else { return false };
            self.now = self.now.max(deadline);
            self.happen(Event::DeadlineReached);
            return true;
        }
        let task = self.waiting.remove(choice / 4 % self.waiting.len());
        self.happen(answer(&task));
        true
    }

    /// How it ends; every task is answered before time goes on.
    fn end(mut self) -> Outcome {
        for _ in 0..200 {
            if let Some(outcome) = self.core.outcome {
                return *outcome;
            }
            let goes_on = self.go_on(usize::from(!self.waiting.is_empty()));
            assert!(goes_on, "it hangs");
        }
        panic!("it goes on and on");
    }
}

fn answer(task: &Task) -> Event {
    let id: TaskId = task.id;
    if task.retry_count == 0 && matches!(&*task.state, "T" | "U") {
        let error = ErrorOutput {
            error: Some("Busy".to_owned()),
            cause: None,
        };
        return Event::TaskFailed { task: id, error };
    }
    let raw_result = json!({ "Body": "1\n2\n3\n", "of": &*task.state, "got": *task.request.effective_input });
    Event::TaskSucceeded { task: id, raw_result }
}

/// Breaks the core of an execution, or of a child execution inside it; false where there is nothing of the kind.
fn break_core(program: &Program, core: &mut Core, what: Break, which: usize, goes_inside: bool) -> bool {
    core.is_restored = true;
    let keys: Vec<FrameKey> = core.frames.iter().map(|(key, _)| key).collect();
    let Some(&key) = keys.get(which % keys.len().max(1)) else {
        return false;
    };
    for (_, _, run) in core.frames.map_runs_mut() {
        run.children
            .values_mut()
            .for_each(|child| child.core.is_restored = true);
    }
    if goes_inside {
        let mut runs: Vec<_> = core.frames.map_runs_mut().map(|(_, _, run)| run).collect();
        let mut children: Vec<_> = runs.iter_mut().flat_map(|run| run.children.values_mut()).collect();
        let count = children.len().max(1);
        return match children.get_mut(which % count) {
            Some(child) => break_core(program, &mut child.core, what, which / count, false),
            None => false,
        };
    }
    let somebody = FrameKey { slot: 99, serial: 99 };
    let frames = &mut core.frames;
    match what {
        Break::Timers => core.timers.clear(),
        Break::Queue => core.ready.clear(),
        Break::Frame => drop(frames.remove(key)),
        Break::Input => frames.get_mut(key).unwrap().raw_input = None,
        Break::Deadline => frames.get_mut(key).unwrap().deadline = None,
        Break::LaterDeadline => {
            frames.get_mut(key).unwrap().deadline = Some(core.now + TimeDelta::seconds(99));
        }
        Break::Entering => drop(frames.set_activity(key, Activity::Entering)),
        Break::Waiting => drop(frames.set_activity(key, Activity::Waiting)),
        Break::Backoff => drop(frames.set_activity(key, Activity::Backoff)),
        Break::Queued => core.ready.push_back(key),
        Break::Index => frames.get_mut(key).unwrap().index += 1,
        Break::Orphan => frames.get_mut(key).unwrap().parent = Some(somebody),
        Break::StartedMore
        | Break::StartedLess
        | Break::EndedMore
        | Break::Running
        | Break::Stranger
        | Break::Results
        | Break::FullResults
        | Break::Graphs => {
            let Ok(fork) = frames.fork_mut(key) else { return false };
            match what {
                Break::StartedMore => fork.started += 1,
                Break::StartedLess => fork.started -= 1,
                Break::EndedMore => fork.ended += 1,
                Break::Running => fork.running.clear(),
                Break::Stranger => drop(fork.running.insert(somebody)),
                Break::Results => fork.results.clear(),
                Break::FullResults => fork.results.fill(json!("somebody's").into()),
                _ => fork.graphs = Arc::default(),
            }
        }
        _ => {
            let Ok(mut run) = frames.take_map_run(key) else {
                return false;
            };
            let is_broken = break_map_run(&mut run, what);
            // A Map Run is looked at when it goes back into its frame.
            Engine { program, core }.turn(|engine| engine.put_map_run(key, run));
            return is_broken;
        }
    }
    true
}

fn break_map_run(run: &mut MapRunProgress, what: Break) -> bool {
    match what {
        Break::TasksOfChildren => run.tasks.clear(),
        Break::TaskOfChild => run.children.values_mut().for_each(|child| child.tasks.clear()),
        Break::Child => drop(run.children.pop_first()),
        Break::Children => run.children.clear(),
        Break::Deadlines => run.deadlines.clear(),
        Break::Woken => run.ready.push_back(99),
        Break::Request => match &mut run.stage {
            Stage::Reading(reading) => reading.asked = None,
            Stage::Writing(writing) => writing.asked = None,
            Stage::Running => return false,
        },
        Break::Reading => run.stage = Stage::Running,
        _ => return false,
    }
    true
}

/// How it ends after some choices and a break, and how it would have; `None` where there was nothing to break.
fn ends(choices: &[usize], what: Break, which: usize, goes_inside: bool) -> Option<(Outcome, Outcome)> {
    let program = Arc::new(Program::compile(&machine()));
    let mut run = Run::start(&program);
    for choice in choices {
        if run.core.outcome.is_some() || !run.go_on(*choice) {
            break;
        }
    }
    if run.core.outcome.is_some() {
        return None;
    }
    let mut broken = run.clone();
    if !break_core(&program, &mut broken.core, what, which, goes_inside) {
        return None;
    }
    // What breaks does so within a turn.
    broken.happen(Event::DeadlineReached);
    Some((broken.end(), run.end()))
}

fn any_break() -> impl Strategy<Value = (Vec<usize>, Break, usize, bool)> {
    let choices = prop::collection::vec(0usize..1_000, 0..40);
    (choices, prop::sample::select(&BREAKS[..]), any::<u16>(), any::<bool>())
        .prop_map(|(choices, what, which, goes_inside)| (choices, what, usize::from(which), goes_inside))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_broken_execution_fails((choices, what, which, goes_inside) in any_break()) {
        if let Some((broken, sound)) = ends(&choices, what, which, goes_inside) {
            prop_assert!(broken == sound || matches!(broken, Outcome::Failed(_)), "{broken:?}, not {sound:?}");
        }
    }
}

/// Breaks prove nothing about the rules that none of them breaks.
#[test]
fn the_breaks_break_many_rules() {
    const EXPECTED: &[Invariant] = &[
        Invariant::ActivityFitsState,
        Invariant::AllGraphsEnd,
        Invariant::ChildIsKnown,
        Invariant::ExecutionGoesOn,
        Invariant::FrameExists,
        Invariant::GraphExists,
        Invariant::InputIsKept,
        Invariant::MapRunGoesOn,
        Invariant::ParentRunsGraphs,
        Invariant::QueuedFramesAreReady,
        Invariant::ResultHasItsPlace,
        Invariant::RunningGraphsAreListed,
        Invariant::TaskOfChildIsKnown,
        Invariant::WaitingFramesHaveATimer,
    ];
    let mut runner = TestRunner::deterministic();
    let mut causes = BTreeSet::new();
    for _ in 0..600 {
        let (choices, what, which, goes_inside) = any_break().new_tree(&mut runner).unwrap().current();
        let ends = ends(&choices, what, which, goes_inside);
        if let Some((Outcome::Failed(error), _)) = ends {
            causes.extend(error.cause);
        }
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|rule| !causes.contains(&rule.cause())).collect();
    assert!(missing.is_empty(), "{missing:?} of {causes:#?}");
}
