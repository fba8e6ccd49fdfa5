//! In real time: the tokio driver, with programs as handlers.

use std::pin::pin;
use std::time::Duration;

use super::progress::Progress;
use super::{Came, Ended, Failure, Job, Kept, verdict};
use crate::ErrorKind;
use crate::cli::stores;
use crate::cli::workers::{Workers, explained, interpreter};
use crate::runtime::StartRequest;

/// How often the terminal is redrawn.
const TICK: Duration = Duration::from_millis(100);

pub(super) fn run(job: &Job, workers: &Workers, progress: &mut Progress) -> Result<Came, Failure> {
    stores::runtime()?.block_on(drive(job, workers, progress))
}

async fn drive(job: &Job, workers: &Workers, progress: &mut Progress) -> Result<Came, Failure> {
    let mut interpreter = interpreter(&job.programs, &job.compiled, &job.children, workers.aws().await?);
    let mut request = StartRequest {
        seed: job.seed,
        ..StartRequest::default()
    };
    if let Some(Kept { file, name, .. }) = &job.kept {
        interpreter = interpreter.store(stores::open(file)?);
        request.name.clone_from(name);
    } else {
        request.seed.get_or_insert(0);
    }
    let mut told_to_end = pin!(stores::told_to_end(job.kept.is_some()));
    let handle = interpreter
        .start_with(&job.machine, &job.input, request)
        .map_err(|error| match (&job.kept, error.kind()) {
            (Some(kept), ErrorKind::ExecutionAlreadyExists) => {
                Failure::new(error.to_string()).help(stores::shows(&kept.file, kept.name.as_deref()))
            }
            _ => explained(&error),
        })?;
    let mut shown = 0;
    let mut ticks = tokio::time::interval(TICK);
    let outcome = loop {
        let mut left = None;
        let ended = tokio::select! {
            outcome = handle.outcome() => Some(outcome),
            code = &mut told_to_end => {
                left = Some(code?);
                None
            }
            _ = ticks.tick() => None,
        };
        let history = handle.history();
        for event in history.iter().skip(shown) {
            progress.event(event);
        }
        shown = history.len();
        if let (Some(code), Some(kept)) = (left, &job.kept) {
            interpreter.shutdown(Duration::ZERO).await;
            progress.clear();
            let options = if kept.has_workers {
                " and the same options for its tasks"
            } else {
                ""
            };
            stores::tell(&format!(
                "the execution `{}` is in the store; it goes on with `{}`{options}",
                handle.name(),
                stores::resuming(&kept.file)
            ));
            return Ok(Came::Left(code));
        }
        match ended {
            Some(outcome) => break outcome,
            #[expect(
                clippy::disallowed_methods,
                reason = "the command is a driver: it shows the time that passes"
            )]
            None => progress.draw(chrono::Utc::now()),
        }
    };
    progress.clear();
    let history = handle.history();
    let elapsed = match (history.first(), history.last()) {
        (Some(first), Some(last)) => (last.timestamp - first.timestamp).to_std().unwrap_or_default(),
        _ => Duration::ZERO,
    };
    let ended = Ended {
        arn: handle.arn().to_owned(),
        map_runs: handle.map_runs(),
        outcome,
        history,
        run: None,
    };
    progress.end(&verdict(&ended, elapsed), &ended.outcome);
    Ok(Came::Ended(Box::new(ended)))
}
