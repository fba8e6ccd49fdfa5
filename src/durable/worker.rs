//! A worker: a process that runs executions, or does tasks, or both.

use restate_sdk::endpoint::Endpoint;
use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

use super::definitions::{self, Definitions};
use super::reports::{self, Reporter};
use super::services::service;
use super::tasks::Work;
use super::workflow::{Source, Workflow};
use super::{RestateClient, activities, documents, moves, names, redrive, serving, tokens};
use crate::Interpreter;
use crate::definition::{IntegrationPattern, Resource, ResourceKind, is_name};
use crate::error::{Error, ErrorKind};
use crate::execution::Program;
use crate::services::step_functions::StepFunctionsError;

/// How long AWS keeps executions that have ended (developer guide, "Quotas").
const KEPT: Duration = Duration::from_hours(90 * 24);

#[doc = include_str!("worker.md")]
#[derive(Debug)]
#[must_use]
pub struct RestateWorker {
    interpreter: Arc<Interpreter>,
    machines: Vec<(String, Arc<Program>)>,
    resources: BTreeSet<String>,
    client: Option<RestateClient>,
    /// The API, if this worker serves the executions that it starts, and tasks of any resource.
    api: Option<Arc<dyn Reporter>>,
    /// How long executions that have ended are kept.
    kept: Duration,
}

impl RestateWorker {
    /// A worker with the handlers and settings of an interpreter. Nothing runs in the interpreter itself, and its store is
    /// not used.
    pub fn new(interpreter: Interpreter) -> Self {
        Self::of(Arc::new(interpreter))
    }

    pub(crate) fn of(interpreter: Arc<Interpreter>) -> Self {
        Self {
            interpreter,
            machines: Vec::new(),
            resources: BTreeSet::new(),
            client: None,
            api: None,
            kept: KEPT,
        }
    }

    /// Also runs executions that the API starts, does their tasks, and tells of them.
    pub(crate) fn of_api(mut self, api: Arc<dyn Reporter>) -> Self {
        self.api = Some(api);
        self
    }

    /// Runs executions of a state machine, and does those of their tasks for which the interpreter has a handler. The other
    /// tasks are for other workers.
    pub fn machine(mut self, name: impl Into<String>, machine: impl Into<Arc<Program>>) -> Self {
        self.machines.push((name.into(), machine.into()));
        self
    }

    /// Keeps executions for so long after their ends, with their histories and names: 90 days otherwise, as AWS does. Child
    /// executions of Map Runs are kept as long, and executions of Express workflows for an hour. What began under another
    /// setting keeps it.
    ///
    /// An execution can be redriven for 14 days, if it is kept for as long.
    pub fn kept(mut self, kept: Duration) -> Self {
        self.kept = kept;
        self
    }

    /// Does tasks of a resource for executions that other workers run.
    pub fn resource(mut self, arn: impl Into<String>) -> Self {
        self.resources.insert(arn.into());
        self
    }

    /// How handlers reach executions before they answer: by heartbeats and first responses
    /// ([`submitted`](crate::handlers::TaskContext::submitted)) of `.sync` and `.waitForTaskToken` tasks, which need it. Distributed
    /// Maps need it, too: their child executions read their definitions by it.
    pub fn client(mut self, client: RestateClient) -> Self {
        self.client = Some(client);
        self
    }

    /// Listens at an address that other processes of this machine may listen at, too (`SO_REUSEPORT`; not on Windows): the system
    /// shares the connections out among them, and when one ends, the others go on with its work. Port 0 takes one that is free.
    ///
    /// # Errors
    ///
    /// The system's, such as for a port that a process has for itself.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    pub fn listener(address: SocketAddr) -> io::Result<TcpListener> {
        serving::listener(address)
    }

    /// Serves the cluster until the future `stop` is ready. The cluster has to know the address:
    /// [`RestateClient::register`](super::RestateClient::register), or `restate deployments register`.
    ///
    /// # Errors
    ///
    /// [`Misconfigured`](ErrorKind::Misconfigured) if the interpreter was not built well, a machine has what does not run over
    /// Restate yet, two machines have one name, or a client is missing; [`InvalidName`](ErrorKind::InvalidName) of a machine;
    /// [`MissingHandler`](ErrorKind::MissingHandler) of a resource of [`resource`](Self::resource).
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Error> {
        serving::serve(listener, self.endpoint()?, stop).await;
        Ok(())
    }

    fn endpoint(mut self) -> Result<Endpoint, Error> {
        self.interpreter.check_options_of_cluster()?;
        let misconfigured = |message| Error::new(ErrorKind::Misconfigured, message);
        for resource in &self.resources {
            self.check_resource(resource)?;
        }
        let kept = self.kept;
        let interpreter = Arc::clone(&self.interpreter);
        for (name, program) in interpreter.startable() {
            self.take_on(name, program)?;
        }
        let definitions = Arc::new(Definitions::new(self.client.clone()));
        let mut endpoint = Endpoint::builder();
        let runs_executions = self.api.is_some() || !self.machines.is_empty();
        let mut names_taken = BTreeSet::new();
        for (name, program) in std::mem::take(&mut self.machines) {
            if !is_name(&name) {
                let refusal = StepFunctionsError::invalid_name(&name);
                return Err(Error::new(ErrorKind::InvalidName, refusal.message()));
            }
            if !names_taken.insert(name.clone()) {
                return Err(misconfigured(format!(
                    "the worker has two machines of the name `{name}`"
                )));
            }
            self.take_on(&name, &program)?;
            let workflow = Workflow {
                interpreter: Arc::clone(&self.interpreter),
                clock: self.interpreter.own_clock(),
                definitions: Arc::clone(&definitions),
                source: Source::Machine {
                    name: name.clone(),
                    program,
                },
                reporter: None,
            };
            let service = service(&names::of_machine(&name), workflow.handlers(kept));
            endpoint = endpoint.bind(service.map_err(misconfigured)?);
        }
        if runs_executions {
            let given = || Workflow {
                interpreter: Arc::clone(&self.interpreter),
                clock: self.interpreter.own_clock(),
                definitions: Arc::clone(&definitions),
                source: Source::Given,
                reporter: self.api.clone(),
            };
            let children = Workflow {
                source: Source::MapRun,
                ..given()
            };
            for (name, handlers) in [
                (names::EXECUTIONS, given().handlers(kept)),
                (names::EXPRESS, given().express_handlers()),
                (names::TOKENS, tokens::handlers(&self.interpreter.own_clock())),
                (names::ACTIVITIES, activities::handlers()),
                (names::DEFINITIONS, definitions::handlers()),
                (names::REDRIVES, redrive::handlers(&self.interpreter.own_clock(), kept)),
                (names::MOVES, moves::handlers()),
            ]
            .into_iter()
            // Their definitions are in the cluster.
            .chain(
                self.client
                    .is_some()
                    .then(|| (names::CHILDREN, children.handlers(kept))),
            ) {
                endpoint = endpoint.bind(service(name, handlers).map_err(misconfigured)?);
            }
        }
        let work = Work {
            interpreter: self.interpreter,
            client: self.client,
        };
        if let Some(api) = &self.api {
            let mut services = reports::services(api);
            services.push((names::ANY, vec![work.attempts()]));
            services.push((names::DOCUMENTS, documents::handlers()));
            for (name, handlers) in services {
                endpoint = endpoint.bind(service(name, handlers).map_err(misconfigured)?);
            }
        }
        for resource in &self.resources {
            let service = service(&names::of_resource(resource), vec![work.attempts()]);
            endpoint = endpoint.bind(service.map_err(misconfigured)?);
        }
        Ok(endpoint.build())
    }

    fn check_resource(&self, resource: &str) -> Result<(), Error> {
        let parsed = Resource::parse(resource);
        if parsed
            .as_ref()
            .is_some_and(|resource| *resource.kind() == ResourceKind::Activity)
        {
            let message = format!(
                "tasks of the activity `{resource}` go to those who ask for them: `RestateClient::get_activity_task`"
            );
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        if !self.interpreter.does(resource) {
            let message = format!("no handler is registered for the resource `{resource}` of this worker");
            return Err(Error::new(ErrorKind::MissingHandler, message));
        }
        if self.client.is_none() && parsed.is_some_and(|resource| self.tells_more(&resource)) {
            let message =
                format!("tasks of `{resource}` say more than their answers: give the worker a client by `.client(…)`");
            return Err(Error::new(ErrorKind::Misconfigured, message));
        }
        Ok(())
    }

    /// Does the tasks of a machine for which there is a handler. Errors if that takes a client.
    fn take_on(&mut self, name: &str, program: &Program) -> Result<(), Error> {
        let misconfigured = |message| Error::new(ErrorKind::Misconfigured, message);
        let tells_more = program.resources().any(|(_, resource)| self.tells_more(resource))
            || !self.interpreter.handled_activities(program).is_empty();
        if self.client.is_none() && tells_more {
            let message = format!("`{name}` has tasks that others answer: give the worker a client by `.client(…)`");
            return Err(misconfigured(message));
        }
        if self.client.is_none() && program.has_distributed_maps() {
            let message = format!("`{name}` has a distributed Map: give the worker a client by `.client(…)`");
            return Err(misconfigured(message));
        }
        let resources = program.resources().map(|(_, resource)| resource.arn());
        let here = resources.filter(|arn| self.interpreter.does(arn));
        self.resources.extend(here.map(str::to_owned));
        Ok(())
    }

    /// Whether more comes of a handler than its answer.
    fn tells_more(&self, resource: &Resource) -> bool {
        resource.pattern() != IntegrationPattern::RequestResponse && self.interpreter.step_functions(resource).is_none()
    }
}
