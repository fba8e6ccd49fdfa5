//! The service, put together: the executions of orders with their store, the functions that do their work, and HTTP.

#[cfg(feature = "aws")]
mod aws;
mod definition;
mod http;
mod local;
mod metrics;
mod order;
mod orders;
mod payments;
mod progress;
mod tables;
#[cfg(feature = "otel")]
mod traces;
mod work;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use asl_engine::Interpreter;
use asl_engine::handlers::event_bus::{LocalEventBus, RuleTarget};
use asl_engine::server::http::serve;
use asl_engine::server::{Reports, StepFunctions};
use asl_engine::services::event_bridge::{Event, InvalidEventPattern, Rule};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub(crate) use definition::Destinations;
use definition::{DEFINITION, DeployError};
use http::Shop;
use metrics::Metrics;
use orders::Orders;
use tables::{Tables, TablesError};
#[cfg(feature = "otel")]
use traces::Traces;

/// How a service is to run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) address: SocketAddr,
    /// The file with the executions and the tables.
    pub(crate) data: PathBuf,
    /// Another definition than the one that is built in.
    pub(crate) definition: Option<PathBuf>,
    pub(crate) destinations: Destinations,
    /// Whether DynamoDB, SQS, SNS and EventBridge are AWS's own, or those at `AWS_ENDPOINT_URL`.
    #[cfg(feature = "aws")]
    pub(crate) aws: bool,
    /// Where traces and metrics go, if they go anywhere.
    #[cfg(feature = "otel")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Where the console is, if there is one.
    #[cfg(feature = "console")]
    pub(crate) console: Option<SocketAddr>,
}

/// Why there is no service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("cannot listen on {address}: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    #[error("`{file}`: {error}")]
    Definition { file: String, error: io::Error },
    #[error(transparent)]
    Tables(#[from] TablesError),
    #[error(transparent)]
    Engine(#[from] asl_engine::Error),
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(transparent)]
    Pattern(#[from] InvalidEventPattern),
}

/// A service that runs.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    api: StepFunctions,
    shop: Arc<Shop>,
    /// Dropped, they end the servers.
    ends: Vec<oneshot::Sender<()>>,
    servers: Vec<JoinHandle<io::Result<()>>>,
}

impl Service {
    pub(crate) async fn open(options: Options) -> Result<Self, StartError> {
        let definition = match &options.definition {
            Some(file) => read(file)?,
            None => DEFINITION.to_owned(),
        };
        let (listener, address) = listen(options.address).await?;
        #[cfg(feature = "console")]
        let console = match options.console {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let (tables, store) = Tables::open(&options.data)?;
        let metrics = Arc::new(Metrics::default());

        let interpreter = work::register(Interpreter::new().store(store), &tables);
        #[cfg(feature = "aws")]
        let interpreter = if options.aws {
            aws::register(interpreter).await?
        } else {
            local::register(interpreter, &tables)
        };
        #[cfg(not(feature = "aws"))]
        let interpreter = local::register(interpreter, &tables);
        #[cfg(feature = "otel")]
        let traces = options.otlp_endpoint.as_deref().map(Traces::to).transpose()?;
        #[cfg(feature = "otel")]
        let interpreter = match &traces {
            Some(traces) => traces.of(interpreter),
            None => interpreter,
        };
        let reports = Reports::new().status_changes(Arc::new(status_changes(Arc::clone(&metrics))?));
        // All that ran goes on from here, with the definitions that it was started with.
        let (api, resumed) = StepFunctions::open_reporting(interpreter, reports).await?;
        for waiting in &resumed.waiting {
            tracing::error!(waiting.arn, waiting.reason, "an order cannot go on");
        }
        metrics.resumed(resumed.executions);
        let version = definition::deploy(&api, &options.destinations.fill(&definition)).await?;
        tracing::info!(resumed = resumed.executions, version, "open");

        let shop = Shop::new(Orders::new(api.clone(), version), tables, metrics);
        #[cfg(feature = "otel")]
        let shop = shop.traced(traces);
        let mut service = Self {
            address,
            api,
            shop: Arc::new(shop),
            ends: Vec::new(),
            servers: Vec::new(),
        };
        service.serve(listener, http::router(Arc::clone(&service.shop)));
        #[cfg(feature = "console")]
        if let Some((listener, address)) = console {
            use asl_engine::server::console::Console;
            use asl_engine::server::http::HttpApi;

            let api = HttpApi::new(service.api.clone()).into_router();
            service.serve(listener, api.merge(Console::new(service.api.clone()).into_router()));
            tracing::info!("the console: http://{address}/console/");
        }
        Ok(service)
    }

    fn serve(&mut self, listener: TcpListener, router: axum::Router) {
        let (end, ended) = oneshot::channel::<()>();
        self.ends.push(end);
        self.servers.push(tokio::spawn(serve(listener, router, async {
            // It is dropped at the end.
            let _ = ended.await;
        })));
    }

    /// Ends in good order: takes no more orders, gives clients this long to find out, answers the requests that
    /// are there, and leaves the executions to the next process.
    pub(crate) async fn shutdown(self, drain: Duration) {
        self.shop.close();
        sleep(drain).await;
        drop(self.ends);
        for server in self.servers {
            // It fails if it was aborted, which nobody does.
            let _ = server.await;
        }
        // Nothing is aborted: with a store, what runs goes on in the next process.
        self.api.interpreter().shutdown(Duration::ZERO).await;
        self.api.reported().await;
        #[cfg(feature = "otel")]
        if let Some(traces) = &self.shop.traces {
            traces.clone().end().await;
        }
        self.shop.tables.close().await;
    }
}

/// Copies the file of a service, which may be running.
pub(crate) fn back_up(data: &Path, to: &Path) -> Result<(), TablesError> {
    tables::back_up(data, to)
}

/// Counts and logs how executions end.
fn status_changes(metrics: Arc<Metrics>) -> Result<LocalEventBus, InvalidEventPattern> {
    let ended = r#"{ "source": ["aws.states"], "detail": { "status": [{ "anything-but": "RUNNING" }] } }"#.parse()?;
    let target = RuleTarget::new("metrics", move |event: Event| {
        let metrics = Arc::clone(&metrics);
        async move {
            let text = |member: &str| {
                event
                    .detail
                    .get(member)
                    .and_then(|value| value.as_str())
                    .unwrap_or_default()
            };
            metrics.ended(text("status"));
            tracing::info!(
                order = text("name"),
                status = text("status"),
                error = text("error"),
                "an order has ended"
            );
            Ok(())
        }
    });
    Ok(LocalEventBus::new().rule(Rule::new("ended", ended), [target]))
}

fn read(file: &Path) -> Result<String, StartError> {
    std::fs::read_to_string(file).map_err(|error| StartError::Definition {
        file: file.display().to_string(),
        error,
    })
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |error| StartError::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}
