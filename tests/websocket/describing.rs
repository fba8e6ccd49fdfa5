use asl_engine::websocket::{InvalidWebSocketApi, WebSocketApi};

use super::server::echo;

#[test]
fn an_api_that_makes_no_sense_is_refused() {
    fn refused(describe: impl FnOnce(WebSocketApi) -> WebSocketApi, path: &str) -> InvalidWebSocketApi {
        describe(WebSocketApi::new()).into_router(path).unwrap_err()
    }
    assert_eq!(
        refused(|api| api.route("$order", echo), "/"),
        InvalidWebSocketApi::RouteKey("$order".to_owned())
    );
    assert_eq!(
        refused(|api| api.route("", echo), "/"),
        InvalidWebSocketApi::RouteKey(String::new())
    );
    assert_eq!(
        refused(|api| api.default_route(echo).route("$default", echo), "/"),
        InvalidWebSocketApi::DuplicateRouteKey("$default".to_owned())
    );
    assert_eq!(
        refused(|api| api.connect(echo).route_response("$connect"), "/"),
        InvalidWebSocketApi::RouteResponse("$connect".to_owned())
    );
    assert_eq!(
        refused(|api| api.route_response("x"), "/"),
        InvalidWebSocketApi::RouteResponse("x".to_owned())
    );
    for path in ["", "ws", "/{id}", "/:id", "/*rest", "/a}"] {
        assert_eq!(refused(|api| api, path), InvalidWebSocketApi::Path(path.to_owned()));
    }
    let invalid = refused(|api| api.route_selection_expression("$default"), "/");
    assert_eq!(
        invalid.to_string(),
        "the route selection expression `$default` is not valid: the only variable is `request.body`"
    );
}
