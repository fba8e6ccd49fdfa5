use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use indexmap::IndexMap;

use super::allowed_origins::AllowedOrigins;
use super::connections::Connections;
use super::limits::Limits;
use super::route::RouteHandler;
use super::route_selection::{InvalidRouteSelectionExpression, RouteSelectionExpression};
use super::stage::{Route, Stage};
use super::upgrade::upgrade;

/// An API Gateway WebSocket API: describe it, then turn it into an [`axum::Router`] with [`into_router`](Self::into_router).
///
/// See the [module](super) for an example.
#[must_use]
pub struct WebSocketApi {
    routes: Vec<(String, Arc<dyn RouteHandler>)>,
    route_responses: Vec<String>,
    route_selection_expression: Option<String>,
    stage: Stage,
}

/// Why a [`WebSocketApi`] cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidWebSocketApi {
    /// The route selection expression cannot be parsed.
    #[error(transparent)]
    RouteSelectionExpression(#[from] InvalidRouteSelectionExpression),
    /// A route key is empty, or starts with `$` and is not one of the three predefined.
    #[error(
        "`{0}` is not a route key: it may not be empty, and only `$connect`, `$disconnect` and `$default` start with `$`"
    )]
    RouteKey(String),
    /// Two routes have the same key.
    #[error("there are two routes with the key `{0}`")]
    DuplicateRouteKey(String),
    /// A route response belongs to no message route.
    #[error("`{0}` has a route response, but is not the key of a route for messages")]
    RouteResponse(String),
    /// The path to serve at is not a plain one.
    #[error("`{0}` is not a path: it has to start with `/`, and may not have parameters")]
    Path(String),
}

impl Default for WebSocketApi {
    fn default() -> Self {
        Self::new()
    }
}

impl WebSocketApi {
    /// An API without routes, that selects them by `$request.body.action`.
    pub fn new() -> Self {
        Self {
            routes: Vec::new(),
            route_responses: Vec::new(),
            route_selection_expression: None,
            stage: Stage {
                name: "local".to_owned(),
                api_id: "local".to_owned(),
                domain_name: None,
                variables: None,
                limits: Limits::default(),
                allowed_origins: AllowedOrigins::default(),
                selection: RouteSelectionExpression::default(),
                routes: IndexMap::new(),
                connections: Connections::new(),
            },
        }
    }

    /// The `$connect` route: a status other than 2xx refuses the connection with it. This is the place to authorise.
    pub fn connect(self, handler: impl RouteHandler) -> Self {
        self.route("$connect", handler)
    }

    /// The `$disconnect` route: runs once for every connection that `$connect` let in. What it returns is ignored.
    pub fn disconnect(self, handler: impl RouteHandler) -> Self {
        self.route("$disconnect", handler)
    }

    /// The `$default` route: takes every message that no other route takes. Without it the client is told `Forbidden`.
    pub fn default_route(self, handler: impl RouteHandler) -> Self {
        self.route("$default", handler)
    }

    /// The route for messages for which the route selection expression gives exactly this key.
    pub fn route(mut self, key: impl Into<String>, handler: impl RouteHandler) -> Self {
        self.routes.push((key.into(), Arc::new(handler)));
        self
    }

    /// Gives a route a route response, which makes it two-way: the body that its handler returns is sent to the client.
    pub fn route_response(mut self, key: impl Into<String>) -> Self {
        self.route_responses.push(key.into());
        self
    }

    /// Sets the [`RouteSelectionExpression`]; `$request.body.action` by default.
    pub fn route_selection_expression(mut self, expression: impl Into<String>) -> Self {
        self.route_selection_expression = Some(expression.into());
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.stage.limits = limits;
        self
    }

    /// Sets from which pages a browser may connect; [`AllowedOrigins::SameHost`] by default.
    pub fn allowed_origins(mut self, origins: impl Into<AllowedOrigins>) -> Self {
        self.stage.allowed_origins = origins.into();
        self
    }

    /// Names the stage in events; `local` by default.
    pub fn stage(mut self, name: impl Into<String>) -> Self {
        self.stage.name = name.into();
        self
    }

    /// Sets a stage variable in events.
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.stage
            .variables
            .get_or_insert_default()
            .insert(name.into(), value.into());
        self
    }

    /// Names the API in events; `local` by default.
    pub fn api_id(mut self, id: impl Into<String>) -> Self {
        self.stage.api_id = id.into();
        self
    }

    /// Names the domain in events; by default what the client called us, its `Host` header.
    pub fn domain_name(mut self, name: impl Into<String>) -> Self {
        self.stage.domain_name = Some(name.into());
        self
    }

    /// The `@connections` API of this API's connections.
    pub fn connections(&self) -> Connections {
        self.stage.connections.clone()
    }

    /// Serves the API at a path such as `/`.
    ///
    /// Serve the router with [`serve`](super::serve), or with `into_make_service_with_connect_info::<SocketAddr>()`, to have the
    /// client's address in events.
    /// Fails where a route key, a route response, the route selection expression or the path is not valid.
    pub fn into_router(self, path: &str) -> Result<Router, InvalidWebSocketApi> {
        if !is_plain_path(path) {
            return Err(InvalidWebSocketApi::Path(path.to_owned()));
        }
        let mut stage = self.stage;
        if let Some(expression) = self.route_selection_expression {
            stage.selection = expression.parse()?;
        }
        for (key, handler) in self.routes {
            if key.is_empty() || (key.starts_with('$') && !PREDEFINED.contains(&key.as_str())) {
                return Err(InvalidWebSocketApi::RouteKey(key));
            }
            if stage.routes.contains_key(&key) {
                return Err(InvalidWebSocketApi::DuplicateRouteKey(key));
            }
            stage.routes.insert(
                key,
                Route {
                    handler,
                    has_response: false,
                },
            );
        }
        for key in self.route_responses {
            match stage.routes.get_mut(&key) {
                Some(route) if key != "$connect" && key != "$disconnect" => {
                    route.has_response = true;
                }
                _ => return Err(InvalidWebSocketApi::RouteResponse(key)),
            }
        }
        Ok(Router::new().route(path, any(upgrade)).with_state(Arc::new(stage)))
    }
}

const PREDEFINED: [&str; 3] = ["$connect", "$disconnect", "$default"];

/// Whether axum takes the path as it stands; it panics at others.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains(['{', '}'])
        && !path.split('/').any(|segment| segment.starts_with([':', '*']))
}
