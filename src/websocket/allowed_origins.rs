use axum::http::HeaderMap;
use axum::http::header::{HOST, HeaderName, ORIGIN};

/// From which pages a browser may connect.
///
/// A browser lets any page open a WebSocket to any host, the user's own machine included, and sends the page's `Origin` with
/// it; only the server can refuse (cross-site WebSocket hijacking). A client that sends no `Origin` is not a browser, and is
/// let through.
///
/// ```
/// use asl_engine::websocket::{AllowedOrigins, WebSocketApi};
///
/// let api = WebSocketApi::new().allowed_origins(AllowedOrigins::SameLoopbackHost);
/// let api = WebSocketApi::new().allowed_origins(["https://pizza.example"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowedOrigins {
    /// Pages of the origin that is connected to: the same scheme, host name and port. The default.
    ///
    /// The scheme is `http`, or what a proxy in front that speaks TLS says in `X-Forwarded-Proto`; no page can set that
    /// header. Behind a proxy that does not, use [`Only`](Self::Only).
    #[default]
    SameHost,
    /// The same, and the host is `localhost`, `127.0.0.1` or `[::1]`. For a server on the user's own machine: a foreign name
    /// that is made to resolve to it (DNS rebinding) passes for the same host, but not for this.
    SameLoopbackHost,
    /// Pages of exactly these origins, such as `https://pizza.example`.
    Only(Vec<String>),
    /// Any page, as on API Gateway, where `$connect` has to check.
    Any,
}

impl AllowedOrigins {
    /// Whether an upgrade request with these headers may go on.
    pub(super) fn allow(&self, headers: &HeaderMap) -> bool {
        if *self == Self::Any {
            return true;
        }
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else {
            return true;
        };
        let (Ok(origin), None) = (origin.to_str(), origins.next()) else {
            return false;
        };
        let same_host = || {
            let (scheme, authority) = origin.split_once("://")?;
            let host = headers.get(HOST)?.to_str().ok()?;
            let is_same = scheme.eq_ignore_ascii_case(scheme_of(headers)?)
                && without_default_port(authority, scheme).eq_ignore_ascii_case(without_default_port(host, scheme));
            is_same.then_some(host)
        };
        match self {
            Self::Any => true,
            Self::Only(allowed) => allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)),
            Self::SameHost => same_host().is_some(),
            Self::SameLoopbackHost => same_host().is_some_and(is_loopback),
        }
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for AllowedOrigins {
    fn from(origins: [S; N]) -> Self {
        Self::Only(origins.map(Into::into).into())
    }
}

impl From<Vec<String>> for AllowedOrigins {
    fn from(origins: Vec<String>) -> Self {
        Self::Only(origins)
    }
}

/// The scheme by which the client has come; `None` if the proxy's word for it is none.
fn scheme_of(headers: &HeaderMap) -> Option<&str> {
    const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-proto");

    let Some(forwarded) = headers.get(FORWARDED) else {
        return Some("http");
    };
    // Of several proxies, the first is the client's.
    let scheme = forwarded.to_str().ok()?.split(',').next()?.trim();
    match scheme {
        // What it carries then.
        "ws" => Some("http"),
        "wss" => Some("https"),
        scheme => Some(scheme),
    }
}

/// Browsers leave the default port of a scheme away; other clients may name it.
fn without_default_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    let port = if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else {
        ":80"
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|loopback| loopback.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn allow(allowed: &AllowedOrigins, origin: &str, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, origin.parse().unwrap());
        headers.insert(HOST, host.parse().unwrap());
        allowed.allow(&headers)
    }

    #[test]
    fn same_host_is_name_and_port() {
        let same = AllowedOrigins::SameHost;
        assert!(allow(&same, "http://pizza.example:8080", "pizza.example:8080"));
        assert!(allow(&same, "http://PIZZA.example", "pizza.example"));
        assert!(!allow(&same, "http://pizza.example:8081", "pizza.example:8080"));
        assert!(!allow(&same, "http://evil.example", "pizza.example"));
        assert!(!allow(&same, "null", "pizza.example"));
    }

    #[test]
    fn the_scheme_is_the_connections() {
        let same = AllowedOrigins::SameHost;
        for origin in [
            "https://pizza.example",
            "ftp://pizza.example",
            "pizza.example",
            "://pizza.example",
        ] {
            assert!(!allow(&same, origin, "pizza.example"), "{origin}");
        }
        assert!(!allow(
            &AllowedOrigins::SameLoopbackHost,
            "https://localhost:8080",
            "localhost:8080"
        ));
        assert!(allow(&same, "http://pizza.example", "pizza.example:80"));
        assert!(!allow(&same, "http://pizza.example", "pizza.example:443"));

        let behind = |proto: &'static str, origin: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("pizza.example"));
            headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            same.allow(&headers)
        };
        for proto in ["https", "https, http", "wss"] {
            assert!(behind(proto, "https://pizza.example"), "{proto}");
            assert!(behind(proto, "https://pizza.example:443"), "{proto}");
            assert!(!behind(proto, "http://pizza.example"), "{proto}");
        }
        assert!(behind("http", "http://pizza.example"));
        assert!(!behind("", "http://pizza.example"));
    }

    #[test]
    fn a_rebound_name_is_no_loopback_host() {
        let loopback = AllowedOrigins::SameLoopbackHost;
        for host in ["127.0.0.1:8080", "localhost:8080", "localhost", "[::1]:8080", "[::1]"] {
            assert!(allow(&loopback, &format!("http://{host}"), host), "{host}");
        }
        assert!(!allow(&loopback, "http://evil.example:8080", "evil.example:8080"));
        assert!(!allow(&loopback, "http://localhost:3000", "localhost:8080"));
    }

    #[test]
    fn a_list_is_exact() {
        let only = AllowedOrigins::from(["https://pizza.example"]);
        assert!(allow(&only, "https://pizza.example", "127.0.0.1"));
        assert!(!allow(&only, "http://pizza.example", "127.0.0.1"));
        assert!(!allow(&only, "https://pizza.example.evil", "127.0.0.1"));
    }

    #[test]
    fn no_origin_is_no_browser_and_two_are_nonsense() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "pizza.example".parse().unwrap());
        assert!(AllowedOrigins::SameHost.allow(&headers));
        headers.append(ORIGIN, "http://pizza.example".parse().unwrap());
        headers.append(ORIGIN, "http://evil.example".parse().unwrap());
        assert!(!AllowedOrigins::SameHost.allow(&headers));
        assert!(AllowedOrigins::Any.allow(&headers));
    }
}
