//! A worker in a process of its own: this test program in another role.

use asl_engine::durable::{RestateClient, RestateWorker};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crate::process::Process;
use crate::{definitions, killed, machine, maps, moves, moving, nested, redriven_maps, redrives};

const PORT: &str = "ASL_FLEET_PORT";
const INGRESSES: &str = "ASL_FLEET_INGRESSES";
const EFFECTS: &str = "ASL_FLEET_EFFECTS";
const RELEASE: &str = "ASL_FLEET_RELEASE";

/// The release of a worker that has another definition, another handler and one more machine.
pub(crate) const NEW: &str = "new";

/// What a process of this program is, if it is not the test itself.
pub(crate) struct Role {
    port: u16,
    effects: PathBuf,
    ingresses: String,
    release: String,
}

impl Role {
    pub(crate) fn of_environment() -> Option<Self> {
        Some(Self {
            port: env::var(PORT).ok()?.parse().unwrap(),
            effects: env::var_os(EFFECTS)?.into(),
            ingresses: env::var(INGRESSES).ok()?,
            release: env::var(RELEASE).ok()?,
        })
    }

    #[tokio::main]
    pub(crate) async fn play(self) {
        let listener = RestateWorker::listener(([127, 0, 0, 1], self.port).into()).unwrap();
        let effects = Arc::new(self.effects);
        let told = Arc::clone(&effects);
        let tell = move |attempt: &str| machine::note(&told, attempt);
        let interpreter = machine::interpreter(tell.clone(), Duration::from_millis(5));
        let interpreter = machine::with_others(machine::with_odd_answers(interpreter), tell.clone());
        let is_new = self.release == NEW;
        let interpreter = machine::with_release(interpreter, self.release);
        let interpreter = maps::with_s3(interpreter, tell);
        let interpreter = killed::with_sleepers(nested::with_children(interpreter));
        let interpreter = redrives::with_fix(interpreter, &effects);
        let interpreter = moves::with_steps(interpreter, &effects);
        let (first, others) = self.ingresses.split_once(' ').unwrap_or((&self.ingresses, ""));
        let client = others
            .split_whitespace()
            .fold(RestateClient::new(first, ""), |client, ingress| {
                client.node(ingress, "")
            });
        let worker = RestateWorker::new(interpreter)
            .client(client)
            .machine(machine::RELEASED, &machine::released(is_new))
            .machine(machine::ASK, &machine::ask())
            .machine(machine::BAKE, &machine::bake())
            .machine(machine::JOB, &machine::job())
            .machine(machine::ODD, &machine::odd())
            .machine(machine::WIDE, &machine::wide())
            .machine(machine::NAME, &machine::machine())
            .machine(machine::NAP, &machine::nap())
            .machine(machine::LOOP, &machine::count());
        let worker = if is_new {
            worker.machine(machine::ADDED, &machine::nap())
        } else {
            worker
        };
        let maps = maps::machines();
        let worker = maps
            .iter()
            .fold(worker, |worker, (name, machine)| worker.machine(*name, machine));
        let worker = nested::parents()
            .into_iter()
            .chain(redrives::machines())
            .chain(redriven_maps::machines())
            .chain(killed::machines())
            .chain([definitions::machine()])
            .chain(moving::machines())
            .chain([("Asking", moving::asking())])
            .fold(worker, |worker, (name, machine)| worker.machine(name, &machine));
        worker.serve(listener, std::future::pending()).await.unwrap();
    }
}

/// A worker that can be killed, and started again at the same address.
pub(crate) struct Worker {
    port: u16,
    effects: PathBuf,
    ingresses: Vec<String>,
    pub(crate) release: &'static str,
    process: Process,
}

impl Worker {
    pub(crate) fn new(port: u16, effects: &Path, ingresses: Vec<String>) -> Self {
        Self {
            port,
            effects: effects.to_owned(),
            ingresses,
            release: "old",
            process: Process::default(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn start(&mut self) {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .env(PORT, self.port.to_string())
            .env(EFFECTS, &self.effects)
            .env(INGRESSES, self.ingresses.join(" "))
            .env(RELEASE, self.release)
            .stdin(Stdio::null());
        self.process.start(&mut command);
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}
