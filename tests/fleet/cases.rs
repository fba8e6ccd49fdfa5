//! The cases of `tests/files/cases`, run over Restate: the outcome and the history are those of the simulation.
//!
//! A case is left out where the simulation itself shows that its answer is not the same twice: run again with another time,
//! another seed and tasks that take a little longer, it must end alike. So is one that waits for long, needs more than tasks, or has
//! what does not run over Restate; `tests/known_gaps.toml` has those that fail, with reasons. The counts are printed.
//! A sample is run, or all of them with `ASL_CASES=all`.

use asl_engine::data::{Random, StateMachineContext};
use asl_engine::definition::{IntegrationPattern, ResourceKind};
use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::execution::{Program, StartOptions};
use asl_engine::handlers::TaskContext;
use asl_engine::simulation::{Answer, Call, Run, SimulationError};
use asl_engine::{Interpreter, Outcome, Simulation, TaskError};
use chrono::DateTime;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::case::{answer, machine_of};
use crate::compare::untimed;
use crate::known_gaps::KnownGaps;
use crate::round::{PATIENCE, until_served};
use crate::setup::Setup;
use crate::trials::files;

const FOLDER: &str = "tests/files/cases";

/// So many are run, spread over all.
const SAMPLE: usize = 200;

/// The most that a case may wait.
const SHORT: Duration = Duration::from_secs(4);

/// How often the simulation is run again, each time in another way.
const VARIATIONS: u64 = 5;

/// So many milliseconds later a task answers then, at most.
const LATEST: u64 = 1_000;

const EXECUTION: &str = "case";

/// Which attempt asks: its state, its input and its number.
type Attempt = (String, String, u32);

/// The scripted answers to each attempt.
type Answers = HashMap<Attempt, VecDeque<Value>>;

struct Case {
    /// Its file's path below the folder.
    id: String,
    /// Its machine's name.
    name: String,
    machine: Arc<Program>,
    input: Value,
    expected: Told,
    answers: Answers,
}

/// What is compared of a run: its outcome and its history, whose order counts unless branches run beside each other.
#[derive(Debug, PartialEq)]
struct Told {
    outcome: Outcome,
    history: Vec<String>,
}

#[tokio::main]
pub(crate) async fn run(program: &Path) -> Vec<String> {
    let mut left_out: BTreeMap<String, usize> = BTreeMap::new();
    let mut cases = Vec::new();
    for file in files(FOLDER) {
        match read(&file).await {
            Ok(case) => cases.push(case),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    let fitting = cases.len();
    let is_all = std::env::var("ASL_CASES").is_ok_and(|cases| cases == "all");
    if !is_all && fitting > SAMPLE {
        let mut place = 0;
        cases.retain(|_| {
            place += SAMPLE;
            place % fitting < SAMPLE
        });
    }
    println!("cases over Restate: {} of {fitting} that can run", cases.len());
    for (why, count) in left_out {
        println!("left out, {count}: {why}");
    }
    let setup = Setup::start(program, "cases", 1).await;
    let problems = run_all(&setup.client, cases).await;
    setup.end();
    problems
}

/// Reads a case, or tells why it is left out.
async fn read(file: &Path) -> Result<Case, String> {
    let id = file.with_extension("").display().to_string();
    let (_, id) = id.split_once(&format!("{FOLDER}/")).unwrap();
    let case: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    for (member, needs) in [
        ("objects", "it needs objects in S3"),
        ("machines", "it starts other machines"),
        ("activities", "it needs activities"),
    ] {
        if case.get(member).is_some() {
            return Err(needs.to_owned());
        }
    }
    let machine: Arc<Program> = (&machine_of(&case).unwrap()).into();
    let is_answered_elsewhere = machine.resources().any(|(_, resource)| {
        resource.pattern() == IntegrationPattern::WaitForTaskToken || *resource.kind() == ResourceKind::Activity
    });
    if is_answered_elsewhere {
        return Err("its tasks are answered elsewhere".to_owned());
    }
    let name = id.replace('/', "-");
    runs(&name, &machine).await?;
    let (expected, answers, elapsed) = simulated(&case, &name, 0).unwrap();
    if elapsed > SHORT {
        return Err(format!("it takes more than {} s", SHORT.as_secs()));
    }
    for variation in 1..=VARIATIONS {
        let is_same =
            simulated(&case, &name, variation).is_ok_and(|(told, asked, _)| told == expected && asked == answers);
        if !is_same {
            return Err("its answer is left to the time or to chance".to_owned());
        }
    }
    Ok(Case {
        id: id.to_owned(),
        name,
        machine,
        input: case["input"].clone(),
        expected,
        answers,
    })
}

/// Errors with what does not run over Restate.
async fn runs(name: &str, machine: &Arc<Program>) -> Result<(), String> {
    let worker = RestateWorker::new(Interpreter::new())
        .client(RestateClient::new("", ""))
        .machine(name, Arc::clone(machine));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    worker.serve(listener, std::future::ready(())).await.map_err(|error| {
        // Without the names before it.
        let why = error.to_string();
        let (_, why) = why.split_once(&format!("`{name}`")).unwrap_or_default();
        format!("it{why}")
    })
}

/// Runs the simulation, in one of its variations.
fn simulated(case: &Value, name: &str, variation: u64) -> Result<(Told, Answers, Duration), SimulationError> {
    let mut options = StartOptions::new(Value::Null);
    EXECUTION.clone_into(&mut options.name);
    options.state_machine = Arc::new(StateMachineContext::new("us-east-1", "123456789012", name));
    let start = DateTime::UNIX_EPOCH + Duration::from_secs(variation * 1_000_003);
    let mut simulation = Simulation::of(&machine_of(case).unwrap())
        .options(options)
        .starting_at(start)
        .seed(variation);
    let asked = Arc::new(Mutex::new(Answers::new()));
    let random = Arc::new(Mutex::new(Random::seeded(variation)));
    for (task, answers) in case["tasks"].as_object().into_iter().flatten() {
        let answers: VecDeque<_> = answers.as_array().unwrap().iter().cloned().collect();
        if answers.is_empty() {
            continue;
        }
        let left = Mutex::new(answers);
        let (asked, random) = (Arc::clone(&asked), Arc::clone(&random));
        simulation = simulation.task_with(task, move |call: &Call| {
            let Some(scripted) = left.lock().unwrap().pop_front() else {
                return Answer::never();
            };
            let input = call.request.effective_input.to_value();
            let retries = u32::try_from(call.attempt).unwrap();
            let attempt = attempt(&call.state, &input, retries);
            asked
                .lock()
                .unwrap()
                .entry(attempt)
                .or_default()
                .push_back(scripted.clone());
            let late = Duration::from_millis(random.lock().unwrap().below(1 + LATEST * variation.min(1)));
            answer(&scripted).after(after(&scripted) + late)
        });
    }
    let run: Run = simulation.try_run(case["input"].clone())?;
    let answers = asked.lock().unwrap().clone();
    Ok((
        Told::of(run.outcome().clone(), untimed(run.history())),
        answers,
        run.elapsed(),
    ))
}

impl Told {
    fn of(outcome: Outcome, history: Vec<Value>) -> Self {
        let beside = ["ParallelStateStarted", "MapStateStarted"];
        let is_ordered = !history
            .iter()
            .any(|event| beside.contains(&event["type"].as_str().unwrap()));
        let line = |mut event: Value| {
            if !is_ordered {
                event["id"].take();
                event["previousEventId"].take();
            }
            event.to_string()
        };
        let mut history: Vec<_> = history.into_iter().map(line).collect();
        if !is_ordered {
            history.sort_unstable();
        }
        Self { outcome, history }
    }
}

fn attempt(state: &str, input: &Value, retries: u32) -> Attempt {
    (state.to_owned(), input.to_string(), retries)
}

fn after(scripted: &Value) -> Duration {
    Duration::from_secs_f64(scripted["after"].as_f64().unwrap_or_default())
}

/// Runs all at once, and returns what is wrong.
async fn run_all(client: &RestateClient, mut cases: Vec<Case>) -> Vec<String> {
    let scripts = cases
        .iter_mut()
        .map(|case| (case.name.clone(), Mutex::new(std::mem::take(&mut case.answers))));
    let scripts: Arc<HashMap<_, _>> = Arc::new(scripts.collect());
    let interpreter = Interpreter::new().fallback(move |_: Value, context: TaskContext| {
        let scripts = Arc::clone(&scripts);
        async move {
            // The state machine of a child execution has the name of its machine before a slash.
            let (_, name) = context.state_machine_arn.rsplit_once(':').unwrap();
            let name = name.split('/').next().unwrap();
            work(&scripts[name], &context).await
        }
    });
    let worker = RestateWorker::new(interpreter).client(client.clone());
    let worker = cases.iter().fold(worker, |worker, case| {
        worker.machine(&*case.name, Arc::clone(&case.machine))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    for case in &cases {
        client.start(&case.name, EXECUTION, &case.input).await.unwrap();
    }
    let gaps = KnownGaps::of("fleet");
    let mut problems = Vec::new();
    for case in cases {
        let problem = timeout(PATIENCE, compared(client, &case)).await;
        let problem = problem.unwrap_or_else(|_| Some("it has not ended".to_owned()));
        match (problem, gaps.reason(&case.id)) {
            (Some(_), Some(reason)) => println!("skipped, {}: {reason}", case.id),
            (None, Some(_)) => problems.push(format!("{}: a known gap that passes now", case.id)),
            (Some(problem), None) => problems.push(format!("{}: {problem}", case.id)),
            (None, None) => {}
        }
    }
    serving.abort();
    problems
}

/// What a task is scripted to answer.
async fn work(answers: &Mutex<Answers>, context: &TaskContext) -> Result<Value, TaskError> {
    let input = context.request.effective_input.to_value();
    let attempt = attempt(&context.state, &input, context.retry_count);
    let scripted = answers.lock().unwrap().get_mut(&attempt).and_then(VecDeque::pop_front);
    let Some(scripted) = scripted.filter(|scripted| *scripted != "never") else {
        return std::future::pending().await;
    };
    sleep(after(&scripted)).await;
    match scripted.get("return") {
        Some(output) => Ok(output.clone()),
        None => Err(TaskError::new(
            scripted["error"].as_str().unwrap_or_default(),
            scripted["cause"].as_str().unwrap_or_default(),
        )),
    }
}

/// How a case differs, once it has ended.
async fn compared(client: &RestateClient, case: &Case) -> Option<String> {
    let outcome = match client.outcome(&case.name, EXECUTION).await {
        Ok(outcome) => outcome,
        Err(error) => return Some(error.to_string()),
    };
    let history = client.history(&case.name, EXECUTION).await.unwrap();
    let told = Told::of(outcome, untimed(&history));
    (told != case.expected).then(|| format!("{told:#?}, not {:#?}", case.expected))
}
