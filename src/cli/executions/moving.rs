//! `asl executions move`

#[cfg(not(feature = "restate"))]
pub(super) use without_restate::run;

#[cfg(feature = "restate")]
pub(super) use with_restate::run;

use crate::cli::cluster::ClusterOptions;

/// Move executions that run to a cluster of Restate servers, where they go on
///
/// State machines, versions, aliases, activities and tags of the store are copied first. An execution goes on where it stands:
/// with its history, its task tokens and the times of its timers. A task that was not answered is done again, as the
/// same attempt. What has ended stays in the store. If the command ends in the middle, the same command finishes what it
/// began: each execution runs in one place.
///
/// Prints a line for each execution. The exit code is 1 if one stays, for the reason that its line tells.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  asl executions move --store executions.db --restate http://127.0.0.1:8080 --dry-run
  asl executions move --store executions.db --restate http://10.0.0.1:8080 --restate http://10.0.0.2:8080 --name order-")]
pub(super) struct Arguments {
    /// The executions' names or ARNs [default: all that run]
    #[arg(value_name = "NAME|ARN", conflicts_with_all = ["name", "machine"])]
    executions: Vec<String>,
    /// The store
    #[arg(long, value_name = "FILE")]
    store: String,
    #[command(flatten)]
    cluster: ClusterOptions,
    /// Only executions whose names begin so
    #[arg(long, value_name = "PREFIX")]
    name: Option<String>,
    /// Only executions of the state machine of this name or ARN
    #[arg(long, value_name = "NAME|ARN")]
    machine: Option<String>,
    /// Only tell what would move
    #[arg(long)]
    dry_run: bool,
}

#[cfg(not(feature = "restate"))]
mod without_restate {
    use std::process::ExitCode;

    use super::Arguments;
    use crate::cli::executions::{Failure, Output};

    pub(in crate::cli::executions) fn run(arguments: &Arguments, _output: &mut Output) -> Result<ExitCode, Failure> {
        let _ = (&arguments.executions, &arguments.store, &arguments.name);
        let _ = (&arguments.machine, arguments.dry_run);
        Err(arguments.cluster.refusal())
    }
}

#[cfg(feature = "restate")]
mod with_restate {
    use std::process::ExitCode;

    use super::Arguments;
    use crate::cli::executions::{Failure, Output, find, status, stores};
    use crate::durable::{Move, RestateClient};
    use crate::error::ErrorKind;
    use crate::server::StepFunctions;
    use crate::store::{End, ExecutionStore, Filter, SqliteStore};

    pub(in crate::cli::executions) fn run(arguments: &Arguments, output: &mut Output) -> Result<ExitCode, Failure> {
        drop(stores::open_read_only(&arguments.store)?);
        let store = stores::open(&arguments.store)?;
        let client = arguments.cluster.client()?;
        let only = meant(&store, arguments)?;
        stores::runtime()?.block_on(move_all(&store, client, only, arguments, output))
    }

    /// The ARNs of the executions that are meant; `None` for all.
    fn meant(store: &SqliteStore, arguments: &Arguments) -> Result<Option<Vec<String>>, Failure> {
        let mut arns = Vec::new();
        for name in &arguments.executions {
            let execution = find::one(store, &arguments.store, name)?;
            let status = status(&execution);
            if execution.end.is_some() && status != End::MOVING {
                return Err(Failure::new(format!("the execution `{name}` is {status}"))
                    .help("only executions that run are moved; `asl executions show` shows the others"));
            }
            arns.push(execution.start.arn);
        }
        if !arguments.executions.is_empty() {
            return Ok(Some(arns));
        }
        if arguments.name.is_none() && arguments.machine.is_none() {
            return Ok(None);
        }
        let filter = Filter {
            name_prefix: arguments.name.clone(),
            ..find::running()
        };
        find::each(store, filter, |execution| {
            let start = execution.start;
            let is_of = |machine: &String| {
                let name = start.state_machine_arn.rsplit(':').next();
                start.state_machine_arn == *machine || name == Some(machine)
            };
            if arguments.machine.as_ref().is_none_or(is_of) {
                arns.push(start.arn);
            }
            Ok(())
        })?;
        Ok(Some(arns))
    }

    async fn move_all(
        store: &SqliteStore,
        client: RestateClient,
        only: Option<Vec<String>>,
        arguments: &Arguments,
        output: &mut Output,
    ) -> Result<ExitCode, Failure> {
        let failed = |error: crate::Error| match error.kind() {
            ErrorKind::Cluster if !arguments.dry_run => {
                Failure::new(error.to_string()).help("the same command finishes what is on its way")
            }
            _ => Failure::new(error.to_string()),
        };
        let mut moving = Move::new(store, client.clone());
        if let Some(only) = only {
            moving = moving.only(only);
        }
        if arguments.dry_run {
            moving = moving.rehearsal();
        } else {
            let copied = StepFunctions::copy_to_restate(store, &client).await.map_err(failed)?;
            for arn in &copied.copied {
                stores::tell(&format!("copied `{arn}`"));
            }
            for arn in &copied.known {
                stores::tell(&format!("`{arn}` is in the cluster, and stays as it is there"));
            }
            moving = moving.revisions(copied.revisions);
        }
        let (mut told, mut stay, mut written) = (0, 0, Ok(()));
        let verb = if arguments.dry_run { "would move" } else { "moved" };
        let moved = moving.run(|moved| {
            told += 1;
            stay += usize::from(moved.result.is_err());
            let line = match moved.result {
                Ok(()) => format!("{verb:<10}  {}", moved.name),
                Err(reason) => format!("{:<10}  {}: {reason}", "stays", moved.name),
            };
            // Others may take a while.
            let now_written = output.line(line).and_then(|()| output.finish());
            if written.is_ok() {
                written = now_written;
            }
        });
        moved.await.map_err(failed)?;
        written?;
        if told == 0 {
            stores::tell("no execution is running");
        }
        if has_ended(store)? {
            let listing = stores::listing(&arguments.store);
            stores::tell(&format!("executions that have ended stay in the store: `{listing}`"));
        }
        Ok(if stay == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn has_ended(store: &SqliteStore) -> Result<bool, Failure> {
        for status in ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"] {
            let filter = Filter {
                status: Some(status.to_owned()),
                ..Filter::default()
            };
            let found = store.executions(&filter, 1).map_err(|error| stores::failed(&error))?;
            if !found.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
