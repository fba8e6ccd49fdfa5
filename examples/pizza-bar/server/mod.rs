//! The server of the pizza bar, put together as it is on AWS: a WebSocket API, a state machine, an event bus with a rule,
//! two tables, and the functions between them.

mod connect;
mod default;
mod disconnect;
#[cfg(feature = "aws")]
mod event_bridge;
pub(crate) mod folder;
mod get_order;
pub(crate) mod kitchen;
mod messages;
pub(crate) mod order;
pub(crate) mod order_handler;
mod pages;
mod reopening;
mod room;
pub(crate) mod tables;
mod watchers;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use asl_engine::Interpreter;
use asl_engine::execution::Program;
#[cfg(feature = "aws")]
use asl_engine::handlers::aws::AwsServices;
use asl_engine::handlers::event_bus::{EventBridge, ExhaustedRetryCondition, LocalEventBus, RetryPolicy, RuleTarget};
use asl_engine::services::event_bridge::{Event, EventPattern, InvalidEventPattern, Rule};
use asl_engine::websocket::{AllowedOrigins, Connections, Limits, ProxyEvent, WebSocketApi, serve};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use kitchen::{Kitchen, Leaving};
use order_handler::OrderHandler;
use reopening::ResumeError;
use tables::Tables;
use watchers::Watchers;

/// The path of the WebSocket API.
pub(crate) const WEBSOCKET: &str = "/ws";

/// The custom event bus, and which of its events go to the order handler.
pub(crate) const ORDER_BUS: &str = "pizza-orders";
const STATUS_CHANGED: &str = r#"{ "source": ["WebsocketEvent"], "detail-type": ["OrderStatusChangedEvent"] }"#;

/// How a server is to run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// 0 takes any free port.
    pub(crate) port: u16,
    /// The folder of the tables.
    pub(crate) data: PathBuf,
    /// How many times as fast as the clock on the wall the state machine waits.
    pub(crate) speed: f64,
    /// AWS, if the tables are there, with the beginning of their names; then the events of orders go there too.
    #[cfg(feature = "aws")]
    pub(crate) aws: Option<(AwsServices, String)>,
    /// Where traces and metrics of pizzas go, if they are made here.
    #[cfg(feature = "otel")]
    pub(crate) telemetry: Option<asl_engine::telemetry::Telemetry>,
}

impl Options {
    /// Everything else is here.
    pub(crate) fn new(port: u16, data: PathBuf, speed: f64) -> Self {
        Self {
            port,
            data,
            speed,
            #[cfg(feature = "aws")]
            aws: None,
            #[cfg(feature = "otel")]
            telemetry: None,
        }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("port {0} is taken: choose another with --port, or any free one with --port 0")]
    PortTaken(u16),
    #[error("port {port} cannot be opened: {error}")]
    Listen { port: u16, error: std::io::Error },
    #[error(transparent)]
    Tables(#[from] tables::TablesError),
    #[error(transparent)]
    Resume(#[from] ResumeError),
    #[error(transparent)]
    Definition(#[from] asl_engine::InvalidDefinition),
    #[cfg(feature = "restate")]
    #[error("the cluster has no node")]
    NoNode,
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] asl_engine::Error),
    #[cfg(feature = "aws")]
    #[error("the event bus `{ORDER_BUS}` is not there and cannot be made: {0}")]
    NoEventBus(asl_engine::TaskError),
    #[error(transparent)]
    Pattern(#[from] InvalidEventPattern),
    #[error(transparent)]
    Api(#[from] asl_engine::websocket::InvalidWebSocketApi),
}

/// Where a server has its pizzas made.
#[derive(Debug)]
pub(crate) enum Place {
    /// In its own process.
    Here,
    #[cfg(feature = "restate")]
    #[cfg_attr(test, allow(dead_code, reason = "`examples/pizza-cluster/run --check` is its test"))]
    Cluster(kitchen::cluster::Options),
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) tables: Tables,
    connections: Connections,
    order_handler: Arc<OrderHandler>,
    bus: Arc<LocalEventBus>,
    leaving: Leaving,
    watchers: Arc<Watchers>,
    close: oneshot::Sender<()>,
    http: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the loopback address.
    pub(crate) async fn open(options: Options, place: Place) -> Result<Self, StartError> {
        let port = options.port;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|error| match error.kind() {
                ErrorKind::AddrInUse => StartError::PortTaken(port),
                _ => StartError::Listen { port, error },
            })?;
        let address = listener
            .local_addr()
            .map_err(|error| StartError::Listen { port, error })?;
        #[cfg(feature = "aws")]
        let (tables, store) = match &options.aws {
            Some((services, prefix)) => Tables::open_aws(&options.data, services.clone(), prefix.clone()).await?,
            None => Tables::open(&options.data)?,
        };
        #[cfg(not(feature = "aws"))]
        let (tables, store) = Tables::open(&options.data)?;

        let limits = Limits::default().message(16 * 1024);
        let api = WebSocketApi::new()
            .stage("local")
            .allowed_origins(AllowedOrigins::SameLoopbackHost)
            .limits(limits);
        let connections = api.connections();
        let order_handler = Arc::new(OrderHandler::new(tables.clone(), connections.clone()));
        let bus = Arc::new(order_bus(Arc::clone(&order_handler))?);
        #[cfg(feature = "aws")]
        if let Some((services, _)) = &options.aws {
            event_bridge::tell(&bus, services).await?;
        }
        let watchers = Arc::new(Watchers::new(Arc::clone(&order_handler)));
        let events = Arc::clone(&bus) as Arc<dyn EventBridge>;
        let (kitchen, leaving) = match place {
            Place::Here => {
                let interpreter = Interpreter::new()
                    .store(store)
                    .clock(reopening::clock(&tables, options.speed).await?)
                    .event_bridge(events);
                #[cfg(feature = "otel")]
                let interpreter = match &options.telemetry {
                    Some(telemetry) => interpreter.telemetry(telemetry),
                    None => interpreter,
                };
                let interpreter = Arc::new(interpreter);
                reopening::resume(&interpreter, &tables, &watchers).await?;
                let here = kitchen::here::Here {
                    interpreter: Arc::clone(&interpreter),
                    program: Arc::new(Program::compile(&kitchen::machine()?)),
                };
                (Kitchen::Here(here), Leaving::Here(interpreter))
            }
            #[cfg(feature = "restate")]
            Place::Cluster(place) => {
                // The executions are the cluster's.
                drop(store);
                let (cluster, work) = kitchen::cluster::Cluster::work(&place, Some(events)).await?;
                reopening::follow(&cluster, &tables, &watchers).await?;
                (Kitchen::Cluster(Box::new(cluster)), Leaving::Cluster(work))
            }
        };
        let default = Arc::new(default::Default {
            tables: tables.clone(),
            connections: connections.clone(),
            kitchen,
            order_handler: Arc::clone(&order_handler),
            watchers: Arc::clone(&watchers),
        });
        let router = routes(api, &tables, &connections, default)
            .into_router(WEBSOCKET)?
            .merge(pages::router(options.speed))
            .layer(axum::middleware::from_fn(pages::guard));

        // It ends with the tables.
        tokio::spawn(room::look(tables.clone(), connections.clone()));
        let (close, closed) = oneshot::channel();
        let http = tokio::spawn(serve(listener, router, limits, async {
            // A server that is dropped closes too.
            let _ = closed.await;
        }));
        Ok(Self {
            address,
            tables,
            connections,
            order_handler,
            bus,
            leaving,
            watchers,
            close,
            http,
        })
    }

    /// Closes the bar: first the door, then the connections, then the kitchen. What is not delivered goes on when the bar
    /// opens again.
    pub(crate) async fn shutdown(mut self) {
        /// How long HTTP requests may take that have begun.
        const LAST_REQUESTS: Duration = Duration::from_secs(2);

        // It fails if the HTTP server has ended, which is what it asks for.
        let _ = self.close.send(());
        if timeout(LAST_REQUESTS, &mut self.http).await.is_err() {
            self.http.abort();
            // It ends at once, with an error that says that it was aborted.
            let _ = (&mut self.http).await;
        }
        self.connections.shutdown().await;
        // Before the executions are left: that is no end of theirs.
        self.watchers.close().await;
        self.leaving.leave().await;
        self.order_handler.close();
        self.bus.shutdown().await;
        self.tables.close().await;
    }
}

/// The bus, with the rule that routes status changes to the order handler. Those of one connection come one after another.
pub(crate) fn order_bus(order_handler: Arc<OrderHandler>) -> Result<LocalEventBus, InvalidEventPattern> {
    let losses = Arc::clone(&order_handler);
    let target = RuleTarget::new("order-handler", move |event: Event| {
        let order_handler = Arc::clone(&order_handler);
        async move {
            let answer = order_handler.handle(event.detail).await?;
            tracing::debug!(event = event.id, %answer, "order handler");
            Ok(())
        }
    })
    .ordered_by(|event| {
        event
            .detail
            .get("connectionId")
            .map(Value::to_string)
            .unwrap_or_default()
    })
    .retry_policy(RetryPolicy::default().maximum_retry_attempts(3))
    .dead_letter(move |letter| {
        // The Task behind it is not answered, and puts the event again when the bar opens.
        if letter.exhausted_retry_condition == ExhaustedRetryCondition::Shutdown {
            return;
        }
        tracing::error!(event = letter.event.id, error = %letter.error, "an event could not be delivered");
        let losses = Arc::clone(&losses);
        tokio::spawn(async move { losses.lost(letter.event.detail).await });
    });
    let pattern: EventPattern = STATUS_CHANGED.parse()?;
    let rule = Rule::new("order-status-changed", pattern).event_bus(ORDER_BUS);
    // A status that has not come into the tables when the process ends is put again by the next one.
    Ok(LocalEventBus::new().rule(rule, [target]).wait_for_targets())
}

fn routes(
    api: WebSocketApi,
    tables: &Tables,
    connections: &Connections,
    default: Arc<default::Default>,
) -> WebSocketApi {
    let (connect_tables, disconnect_tables, tables) = (tables.clone(), tables.clone(), tables.clone());
    let connections = connections.clone();
    api.connect(move |event: ProxyEvent| connect::connect(connect_tables.clone(), event))
        .disconnect(move |event: ProxyEvent| disconnect::disconnect(disconnect_tables.clone(), event))
        .default_route(move |event: ProxyEvent| {
            let default = Arc::clone(&default);
            async move { default.handle(event).await }
        })
        .route("getOrder", move |event: ProxyEvent| {
            get_order::get_order(tables.clone(), connections.clone(), event)
        })
}
