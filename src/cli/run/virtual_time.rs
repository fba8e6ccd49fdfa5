//! In virtual time: answered by programs and mocks; with mocks, paced by the wall clock if wanted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::progress::Progress;
use super::{Ended, Failure, Job, verdict};
use crate::cli::programs::{About, call};
use crate::simulation::{Answer, Call, Run, Simulation, SimulationError};
use crate::{TaskError, cli};

pub(super) fn run(job: &Job, progress: &mut Progress, is_paced: bool) -> Result<Ended, Failure> {
    let mut simulation = match &job.mocks {
        Some((config, machine, case)) => config
            .simulation(machine, case, &job.machine)
            .map_err(|error| Failure::new(error.to_string()))?
            .allow_left_over(),
        None => Simulation::of(&job.machine).allow_left_over(),
    };
    simulation = simulation.seed(job.seed.unwrap_or_default()).starting_at(job.starts_at);
    for (name, child) in &job.children {
        simulation = simulation.state_machine(name.clone(), child);
    }
    for (name, command) in job.programs.commands() {
        let command = command.to_owned();
        simulation = simulation.task_with(name, move |asked: &Call| blocking(&command, asked));
    }
    for function in job.programs.functions() {
        let program = Arc::clone(function);
        simulation = simulation.function_with(function.name(), move |asked, payload| program.answer(asked, payload));
    }
    let run = simulation
        .try_run(job.input.clone())
        .map_err(|error| explained(&error))?;
    show(&run, progress, is_paced);
    let elapsed = run.elapsed();
    let ended = Ended {
        arn: run.execution().arn.to_string(),
        map_runs: run.map_runs().clone(),
        outcome: run.outcome().clone(),
        history: run.history().to_vec(),
        run: Some(run),
    };
    progress.end(&verdict(&ended, elapsed), &ended.outcome);
    Ok(ended)
}

/// Prints the progress, paced if wanted.
fn show(run: &Run, progress: &mut Progress, is_paced: bool) {
    #[expect(
        clippy::disallowed_methods,
        reason = "the command is a driver: it waits where the machine waits"
    )]
    let began = Instant::now();
    let start = run.history().first().map(|event| event.timestamp);
    for event in run.history() {
        if let Some(start) = start.filter(|_| is_paced) {
            let at = (event.timestamp - start).to_std().unwrap_or_default();
            while let Some(left) = at.checked_sub(began.elapsed()).filter(|left| !left.is_zero()) {
                let elapsed = chrono::TimeDelta::from_std(began.elapsed()).unwrap_or_default();
                progress.draw(start + elapsed);
                std::thread::sleep(left.min(Duration::from_millis(100)));
            }
        }
        progress.event(event);
    }
}

/// Runs a task's program and waits for it, at most for the task's `TimeoutSeconds`.
fn blocking(command: &str, asked: &Call) -> Answer {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return TaskError::from(error).into(),
    };
    let about = About {
        state: &asked.state,
        resource: asked.resource.arn(),
        attempt: asked.attempt,
        token: asked.request.token.as_deref(),
        is_apart: false,
    };
    let called = call(command, &asked.request.effective_input, about);
    let limit = asked
        .request
        .timeout_seconds
        .map(|seconds| Duration::from_secs(seconds.into()));
    runtime.block_on(async {
        match limit {
            None => called.await.into(),
            Some(limit) => match tokio::time::timeout(limit, called).await {
                Ok(result) => result.into(),
                Err(_) => Answer::timeout(),
            },
        }
    })
}

/// An error of the script, in the words of the command line.
fn explained(error: &SimulationError) -> Failure {
    match error {
        SimulationError::MissingAnswer {
            state,
            resource,
            effective_input,
            ..
        } => {
            let input = cli::output::short(effective_input);
            Failure::new(format!(
                "nothing does the work of the task `{state}`: it invoked `{resource}` with {input}"
            ))
            .help(format!(
                "give it a program, `--task '{state}=COMMAND'` or `--function 'NAME=COMMAND'`, or answers by `--mock FILE`"
            ))
        }
        SimulationError::ScriptedTwice { task } => {
            Failure::new(format!("`{task}` has a program and a mock")).help("leave one of them away")
        }
        error => Failure::new(error.to_string()),
    }
}
