//! The kitchen on a cluster of Restate servers: any number of processes make pizzas, and the bar, which knows the customers,
//! does the tasks that tell them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::handlers::event_bus::EventBridge;
use asl_engine::{ErrorKind, Interpreter, Outcome};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::{MACHINE_NAME, machine};
use crate::server::StartError;

/// The tasks that only the bar can do.
const PUT_EVENTS: &str = "arn:aws:states:::events:putEvents";

/// Between two tries to reach the cluster.
const PAUSE: Duration = Duration::from_millis(200);

/// Where the cluster is, and what a process does for it.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The URLs of the nodes: of the ingress and the admin API.
    pub(crate) nodes: Vec<(String, String)>,
    /// Where the process listens for the cluster. Others on this machine may share the address.
    pub(crate) worker: SocketAddr,
    /// Whether it makes pizzas.
    pub(crate) cooks: bool,
    /// How many times as fast as in real life pizzas are made.
    pub(crate) speed: f64,
}

/// A cluster on which pizzas are made.
#[derive(Clone)]
pub(crate) struct Cluster {
    client: RestateClient,
}

/// An order on the cluster.
pub(crate) struct Order {
    client: RestateClient,
    order_id: String,
}

/// What a process does for the cluster.
pub(crate) struct Work {
    stop: oneshot::Sender<()>,
    working: JoinHandle<()>,
}

impl Cluster {
    /// Works for the cluster, as soon as it is there, with the bus of the bar if this is one.
    pub(crate) async fn work(options: &Options, bus: Option<Arc<dyn EventBridge>>) -> Result<(Self, Work), StartError> {
        let mut nodes = options.nodes.iter();
        let (ingress, admin) = nodes.next().ok_or(StartError::NoNode)?;
        let client = RestateClient::new(ingress, admin);
        let client = nodes.fold(client, |client, (ingress, admin)| client.node(ingress, admin));
        // Time is the cluster's: waits are made shorter instead.
        let mut interpreter = Interpreter::new().wait_time_scale(1.0 / options.speed);
        let tells = bus.is_some();
        if let Some(bus) = bus {
            interpreter = interpreter.event_bridge(bus);
        }
        let mut worker = RestateWorker::new(interpreter).client(client.clone());
        if tells {
            worker = worker.resource(PUT_EVENTS);
        }
        if options.cooks {
            worker = worker.machine(MACHINE_NAME, &machine()?);
        }
        let listen = |error| StartError::Listen {
            port: options.worker.port(),
            error,
        };
        let listener = RestateWorker::listener(options.worker).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = oneshot::channel();
        let working = tokio::spawn(async move {
            let stopped = async {
                // A bar that is dropped stops too.
                let _ = stopped.await;
            };
            if let Err(error) = worker.serve(listener, stopped).await {
                tracing::error!(%error, "nothing is done for the cluster");
            }
        });
        while let Err(error) = client.register(&format!("http://{address}")).await {
            tracing::warn!(%error, "waiting for the cluster");
            sleep(PAUSE).await;
        }
        Ok((Self { client }, Work { stop, working }))
    }

    /// Tries until the cluster says whether it has the order: if a node died meanwhile, it may have taken it before.
    pub(super) async fn start(&self, order_id: String, input: Value) -> Result<Order, asl_engine::Error> {
        loop {
            match self.client.start(MACHINE_NAME, &order_id, &input).await {
                Err(error) if error.kind() == ErrorKind::Cluster => {
                    tracing::warn!(%error, "an order waits for the cluster");
                    sleep(PAUSE).await;
                }
                // Nobody else has an order of this id.
                Err(error) if error.kind() != ErrorKind::ExecutionAlreadyExists => return Err(error),
                _ => return Ok(self.order(order_id)),
            }
        }
    }

    /// Whether the cluster knows an order. Waits until it can be asked.
    pub(crate) async fn has(&self, order_id: &str) -> bool {
        loop {
            match self.client.execution(MACHINE_NAME, order_id).await {
                Ok(execution) => return execution.is_some(),
                Err(error) => tracing::warn!(%error, "an order waits for the cluster"),
            }
            sleep(PAUSE).await;
        }
    }

    pub(crate) fn order(&self, order_id: String) -> Order {
        Order {
            client: self.client.clone(),
            order_id,
        }
    }
}

impl Order {
    /// Waits for its end, whatever becomes of the nodes that are asked.
    pub(super) async fn outcome(&self) -> Outcome {
        loop {
            match self.client.outcome(MACHINE_NAME, &self.order_id).await {
                Ok(outcome) => return outcome,
                Err(error) => tracing::debug!(%error, "an order's end is not known now"),
            }
            sleep(PAUSE).await;
        }
    }
}

impl Work {
    /// Stops: what is being done then, another process does, or this one when it is there again.
    pub(crate) async fn stop(self) {
        // It fails if it has ended.
        let _ = self.stop.send(());
        let _ = self.working.await;
    }
}
