//! The clusters of Restate servers that commands reach.

use clap::Args;

use super::failure::Failure;

/// Options for a cluster.
#[derive(Args)]
pub(super) struct ClusterOptions {
    /// The cluster of Restate servers, by the URL of its ingress; given once for each node, another is asked when one is dead
    #[arg(long, value_name = "URL", required = true)]
    restate: Vec<String>,
    /// URL of the cluster's admin API, for each node in their order [default: port 9070 of the ingress's host]
    #[arg(long, value_name = "URL")]
    restate_admin: Vec<String>,
}

impl ClusterOptions {
    #[cfg(feature = "restate")]
    pub(super) fn client(&self) -> Result<crate::durable::RestateClient, Failure> {
        client(&self.restate, &self.restate_admin)
    }

    #[cfg(not(feature = "restate"))]
    pub(super) fn refusal(&self) -> Failure {
        let _ = (&self.restate, &self.restate_admin);
        missing()
    }
}

/// A client of the nodes at these URLs.
#[cfg(feature = "restate")]
pub(super) fn client(ingresses: &[String], admins: &[String]) -> Result<crate::durable::RestateClient, Failure> {
    use crate::durable::RestateClient;

    if admins.len() > ingresses.len() {
        return Err(Failure::new("there are more `--restate-admin` than `--restate`"));
    }
    let mut client: Option<RestateClient> = None;
    for (number, url) in ingresses.iter().enumerate() {
        let known = admin_of(url).ok_or_else(|| {
            Failure::new(format!("`{url}` is no URL of a Restate server")).help("write it as http://HOST:8080")
        })?;
        let admin = admins.get(number).cloned().unwrap_or(known);
        client = Some(match client {
            Some(client) => client.node(url, admin),
            None => RestateClient::new(url, admin),
        });
    }
    client.ok_or_else(|| Failure::new("`--restate` has no URL"))
}

/// The failure of an `asl` that knows no clusters.
#[cfg(not(feature = "restate"))]
pub(super) fn missing() -> Failure {
    Failure::new("this `asl` was built without Restate")
        .help("install it by `cargo install asl-engine --features cli,restate`")
}

/// The admin API as a rule, of the host of an ingress.
#[cfg(feature = "restate")]
fn admin_of(ingress: &str) -> Option<String> {
    let (scheme, rest) = ingress.split_once("://")?;
    let authority = rest.split('/').next().filter(|authority| !authority.is_empty())?;
    // An address of IPv6 has colons of its own.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    };
    Some(format!("{scheme}://{host}:9070"))
}

#[cfg(all(test, feature = "restate"))]
mod tests {
    use super::admin_of;

    #[test]
    fn the_admin_api_is_at_the_host_of_the_ingress() {
        assert_eq!(admin_of("http://h:8080").as_deref(), Some("http://h:9070"));
        assert_eq!(admin_of("https://h/").as_deref(), Some("https://h:9070"));
        assert_eq!(admin_of("http://[::1]:18080").as_deref(), Some("http://[::1]:9070"));
        assert_eq!(admin_of("http://[::1]").as_deref(), Some("http://[::1]:9070"));
        assert_eq!(admin_of("h:8080"), None);
        assert_eq!(admin_of("http://"), None);
    }
}
