//! `--restate`: the API over a cluster of Restate servers.

use clap::Args;
use std::net::SocketAddr;
use tokio::task::JoinHandle;

use crate::cli::cluster;
use crate::cli::failure::Failure;
use crate::runtime::Interpreter;
use crate::server::{Reports, StepFunctions};

/// Options for a cluster.
#[derive(Args)]
pub(super) struct RestateOptions {
    /// Run executions on a cluster of Restate servers, by the URL of its ingress; given once for each node, it goes on at
    /// another when one is dead. Any number of `asl serve` may serve one cluster: each sees what the others create and start
    #[arg(long, value_name = "URL")]
    restate: Vec<String>,
    /// URL of the cluster's admin API, for each node in their order [default: port 9070 of the ingress's host]
    #[arg(long, value_name = "URL", requires = "restate")]
    restate_admin: Vec<String>,
    /// Address at which this process runs executions and does tasks for the cluster; processes of one machine share it, and if
    /// one of them ends, the others go on with its work
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9080", requires = "restate")]
    worker: SocketAddr,
    /// URL by which the cluster reaches that address [default: that address]
    #[arg(long, value_name = "URL", requires = "restate")]
    worker_url: Option<String>,
}

/// Which options were given that do not work with a cluster.
#[expect(clippy::struct_excessive_bools, reason = "one for each option")]
pub(super) struct Given {
    pub(super) data: bool,
    pub(super) mock: bool,
    /// Of another resource than a function.
    pub(super) answer: bool,
    pub(super) record: bool,
    pub(super) virtual_time: bool,
}

/// What this process does for the cluster.
pub(super) struct Work(JoinHandle<()>);

impl Work {
    /// Ends it: what is being done, another process does again.
    pub(super) async fn end(self) {
        self.0.abort();
        // It has ended now, one way or the other.
        let _ = self.0.await;
    }
}

impl RestateOptions {
    pub(super) fn are_given(&self) -> bool {
        !self.restate.is_empty()
    }

    /// Errors if one of the options that were given cannot be together with a cluster.
    pub(super) fn check(&self, given: Given) -> Result<(), Failure> {
        if !self.are_given() {
            return Ok(());
        }
        let refused = [
            (
                given.data,
                "--data",
                "the cluster keeps all there is, and the file would stay empty",
            ),
            (
                given.mock,
                "--mock",
                "how often a test case has answered is counted in one process, and several may run an execution one after the \
                 other",
            ),
            (
                given.answer,
                "--answer RESOURCE=FILE",
                "the process that runs an execution asks another one for its tasks; only functions are answered so",
            ),
            (
                given.record,
                "--record",
                "a process knows the tasks that it does itself, which are not all of an execution",
            ),
            (
                given.virtual_time,
                "--virtual-time",
                "the timers of a cluster go by the real time",
            ),
        ];
        for (is_given, option, reason) in refused {
            if is_given {
                let message = format!("`{option}` does not work with `--restate`: {reason}");
                return Err(Failure::new(message).help(format!("leave out `{option}` or `--restate`")));
            }
        }
        Ok(())
    }

    /// The API over the cluster, which knows of this process then. Waits until the cluster can be reached.
    #[cfg(feature = "restate")]
    pub(super) async fn serve(
        &self,
        interpreter: Interpreter,
        reports: Reports,
        is_quiet: bool,
    ) -> Result<(StepFunctions, Work), Failure> {
        use crate::cli::failure::reason;
        use crate::cli::stores::tell;
        use crate::durable::RestateWorker;

        let failed = |error: crate::Error| Failure::new(error.to_string());
        let client = cluster::client(&self.restate, &self.restate_admin)?;
        let api = StepFunctions::on_restate_reporting(interpreter, client.clone(), reports).map_err(failed)?;
        let listener = RestateWorker::listener(self.worker).map_err(|error| {
            Failure::new(format!("cannot listen on {}: {}", self.worker, reason(&error)))
                .help("`--worker` takes another address")
        })?;
        let address = listener.local_addr().unwrap_or(self.worker);
        let worker = api.worker();
        let work = tokio::spawn(async move {
            let Some(worker) = worker else { return };
            if let Err(error) = worker.serve(listener, std::future::pending()).await {
                tell(&format!("nothing is done for the cluster: {error}"));
            }
        });
        let worker_url = self.worker_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let mut is_told = false;
        while let Err(error) = client.register(&worker_url).await {
            if !is_told {
                tell(&format!("waiting for the cluster: {error}"));
                is_told = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if !is_quiet {
            let cluster = self.restate.join(", ");
            tell(&format!(
                "executions run on the cluster at {cluster}, and on this process at {worker_url}"
            ));
        }
        Ok((api, Work(work)))
    }

    #[cfg(not(feature = "restate"))]
    #[expect(clippy::unused_async, reason = "a cluster is waited for")]
    pub(super) async fn serve(
        &self,
        _interpreter: Interpreter,
        _reports: Reports,
        _is_quiet: bool,
    ) -> Result<(StepFunctions, Work), Failure> {
        Err(cluster::missing())
    }
}

/// Between two tries to reach the cluster.
#[cfg(feature = "restate")]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(500);
