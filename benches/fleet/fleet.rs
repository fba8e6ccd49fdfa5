//! Servers and workers, each in a process of its own.

use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::{Interpreter, Outcome};
use serde_json::Value;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

use crate::cluster::{Cluster, free_ports};
use crate::machines;
use crate::process::Process;

const PORT: &str = "ASL_BENCH_FLEET_PORT";

/// A process of this program that is a worker.
pub(crate) struct Worker {
    port: u16,
}

impl Worker {
    pub(crate) fn of_environment() -> Option<Self> {
        let port = env::var(PORT).ok()?.parse().unwrap();
        Some(Self { port })
    }

    pub(crate) async fn serve(self) {
        let listener = RestateWorker::listener(([127, 0, 0, 1], self.port).into()).unwrap();
        let worker = RestateWorker::new(machines::with_work(Interpreter::new()));
        let worker = machines::all()
            .iter()
            .fold(worker, |worker, (name, machine)| worker.machine(*name, machine));
        worker.serve(listener, std::future::pending()).await.unwrap();
    }
}

#[derive(Clone)]
pub(crate) struct Fleet {
    client: RestateClient,
    processes: Arc<(Cluster, Vec<Process>)>,
}

impl Fleet {
    pub(crate) async fn start(program: &Path, folder: &Path, nodes: usize, workers: usize) -> Self {
        let folder = folder.join(format!("{nodes}-{workers}"));
        let mut cluster = Cluster::new(program, &folder, nodes);
        cluster.start();
        let client = cluster.client();
        let [port] = free_ports();
        let workers = (0..workers).map(|_| {
            let mut worker = Process::default();
            let mut command = Command::new(env::current_exe().unwrap());
            worker.start(command.env(PORT, port.to_string()).stdin(Stdio::null()));
            worker
        });
        let workers = workers.collect();
        while client.register(&format!("http://127.0.0.1:{port}")).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
        Self {
            client,
            processes: Arc::new((cluster, workers)),
        }
    }

    /// Runs an execution; returns its time from its start to its outcome.
    pub(crate) async fn run(&self, machine: &str, name: &str, input: Value) -> Duration {
        let began = Instant::now();
        self.client.start(machine, name, &input).await.unwrap();
        let outcome = self.client.outcome(machine, name).await.unwrap();
        assert!(matches!(outcome, Outcome::Succeeded { .. }), "{outcome:?}");
        began.elapsed()
    }

    /// Ends all processes, so that they do not disturb what comes next.
    pub(crate) async fn end(self) {
        let Self { client, processes } = self;
        drop(client);
        assert!(Arc::into_inner(processes).is_some(), "executions are still running");
        sleep(Duration::from_millis(500)).await;
    }
}

/// The megabytes that all running servers and all workers hold, where Linux tells it.
pub(crate) fn memory() -> (f64, f64) {
    let parent = format!("PPid:\t{}", std::process::id());
    let (mut servers, mut workers) = (0.0, 0.0);
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let status = fs::read_to_string(process.path().join("status")).unwrap_or_default();
        if !status.lines().any(|line| line == parent) {
            continue;
        }
        let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = held.and_then(|held| held.split_whitespace().next()?.parse::<f64>().ok());
        let megabytes = kilobytes.unwrap_or_default() / 1_024.0;
        if status.starts_with("Name:\trestate") {
            servers += megabytes;
        } else {
            workers += megabytes;
        }
    }
    (servers, workers)
}
