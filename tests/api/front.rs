//! The two ways into the Step Functions API: a call of the library, and a request over HTTP.

use asl_engine::server::StepFunctions;
use serde_json::Value;

/// A way in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Front {
    Library,
    #[cfg(feature = "serve")]
    Http,
}

/// All ways; one test is to hold for each of them.
pub(crate) const FRONTS: &[Front] = &[
    Front::Library,
    #[cfg(feature = "serve")]
    Front::Http,
];

/// An error as a client sees it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Front {
    pub(crate) async fn call(self, api: &StepFunctions, action: &str, request: Value) -> Result<Value, Refused> {
        match self {
            Self::Library => api.call(action, request).await.map_err(|error| Refused {
                code: error.code().to_owned(),
                message: error.message().to_owned(),
            }),
            #[cfg(feature = "serve")]
            Self::Http => by_http(api, action, &request).await,
        }
    }
}

/// What an SDK sends, and how it reads the answer.
#[cfg(feature = "serve")]
async fn by_http(api: &StepFunctions, action: &str, request: &Value) -> Result<Value, Refused> {
    use axum::body::{Body, to_bytes};
    use tower_service::Service as _;

    let mut router = asl_engine::server::http::router(api.clone());
    let request = axum::http::Request::post("/")
        .header("x-amz-target", format!("AWSStepFunctions.{action}"))
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(request.to_string()));
    let response = router.call(request.unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    assert_eq!(head.headers["content-type"], "application/x-amz-json-1.0");
    assert!(head.headers.contains_key("x-amzn-requestid"));
    let body: Value = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap();
    if head.status == 200 {
        return Ok(body);
    }
    let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
    assert_eq!(head.headers["x-amzn-errortype"], text("__type"));
    assert!(head.status == 400 || head.status == 500, "{}", head.status);
    Err(Refused {
        code: text("__type"),
        message: text("message"),
    })
}
