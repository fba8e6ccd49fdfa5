//! The endpoints of all services: AWS's own, or those that options and the environment name.

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::api_gateway;
use super::connection::{Connection, Proxies};
use super::endpoint::Endpoint;
use super::hosts;

/// Endpoints by service; a clone shares their connections.
#[derive(Debug, Clone)]
pub(super) struct Endpoints {
    pub(super) region: String,
    credentials: SharedCredentialsProvider,
    /// The URL of all services that have none of their own, in place of AWS's.
    all: Option<String>,
    /// URLs by the services' names in `aws-sdk:`.
    own: HashMap<String, String>,
    /// Whether services without a URL are AWS's own, with these certificates trusted.
    aws: Option<TlsContext>,
    connections: Arc<Connections>,
}

/// Connections, made when they are first used: certificates are read then.
#[derive(Debug, Default)]
struct Connections {
    plain: OnceLock<Connection>,
    secure: OnceLock<Connection>,
}

impl Endpoints {
    /// No endpoints, or AWS's own if the certificates are given that are trusted.
    pub(super) fn new(region: String, credentials: SharedCredentialsProvider, aws: Option<TlsContext>) -> Self {
        Self {
            region,
            credentials,
            all: None,
            own: HashMap::new(),
            aws,
            connections: Arc::default(),
        }
    }

    /// The URL of all services that have none of their own.
    pub(super) fn set_all(&mut self, url: String) {
        self.all = Some(url);
    }

    /// The URL of one service, by its name in `aws-sdk:`.
    pub(super) fn set(&mut self, service: &str, url: String) {
        self.own.insert(service.to_owned(), url);
    }

    /// Whether services without a URL are AWS's own.
    pub(super) fn is_of_aws(&self) -> bool {
        self.aws.is_some()
    }

    /// Whether there is an endpoint for a service, by its name in `aws-sdk:`.
    pub(super) fn has(&self, service: &str) -> bool {
        self.url(service).is_some() || (self.aws.is_some() && !hosts::is_of_account(service))
    }

    /// The URL that was given for a service.
    pub(super) fn url(&self, service: &str) -> Option<&str> {
        self.own.get(service).or(self.all.as_ref()).map(String::as_str)
    }

    /// The endpoint of a service in a region, or in the usual one; `None` if it has none. Errors if AWS has no such region.
    pub(super) fn find(&self, service: &str, region: Option<&str>) -> Result<Option<Endpoint>, String> {
        let region = region.unwrap_or(&self.region);
        if !hosts::is_region(region) {
            return Err(format!("`{region}` is no region of AWS"));
        }
        if let Some(url) = self.url(service) {
            return Ok(Some(self.at(url, region.to_owned())));
        }
        if self.aws.is_none() || service == api_gateway::SERVICE {
            return Ok(None);
        }
        let host = hosts::host(service, region);
        let host = host.ok_or_else(|| format!("AWS has no `{service}` in the region `{region}`"))?;
        let connection = self.connection("https:").clone();
        Ok(Some(Endpoint::of_aws(
            &host.name,
            host.region,
            self.credentials.clone(),
            connection,
        )))
    }

    /// The endpoint of a host that a task names, such as an API of API Gateway; `None` without AWS.
    pub(super) fn of_host(&self, host: &str, region: &str) -> Option<Endpoint> {
        self.aws.as_ref()?;
        Some(self.at(&format!("https://{host}"), region.to_owned()))
    }

    fn at(&self, url: &str, region: String) -> Endpoint {
        Endpoint::new(url, region, self.credentials.clone(), self.connection(url).clone())
    }

    pub(super) fn connection(&self, url: &str) -> &Connection {
        let proxies = if self.aws.is_some() {
            Proxies::OfEnvironment
        } else {
            Proxies::None
        };
        if url.starts_with("https:") {
            let tls = self.aws.clone().unwrap_or_default();
            return self.connections.secure.get_or_init(|| Connection::new(tls, proxies));
        }
        // Nothing is encrypted, so no certificates are read.
        let tls = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
        let tls = tls.unwrap_or_default();
        self.connections.plain.get_or_init(|| Connection::new(tls, proxies))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    fn of_aws() -> Endpoints {
        let credentials = SharedCredentialsProvider::new(Credentials::new("AKID", "secret", None, None, "test"));
        Endpoints::new("eu-west-1".to_owned(), credentials, Some(TlsContext::default()))
    }

    fn shown(endpoint: &Endpoint) -> String {
        format!("{endpoint:?}")
    }

    #[test]
    fn an_action_may_have_a_host_of_its_own_at_aws() {
        let mut endpoints = of_aws();
        let endpoint = endpoints.find("sfn", None).unwrap().unwrap();
        let of_action = |endpoint: &Endpoint, action| shown(&endpoint.for_action("sfn", action));
        assert!(of_action(&endpoint, "startExecution").contains("\"https://states.eu-west-1.amazonaws.com\""));
        assert!(of_action(&endpoint, "startSyncExecution").contains("\"https://sync-states.eu-west-1.amazonaws.com\""));
        endpoints.set_all("http://127.0.0.1:5000".to_owned());
        let endpoint = endpoints.find("sfn", None).unwrap().unwrap();
        assert!(of_action(&endpoint, "startSyncExecution").contains("\"http://127.0.0.1:5000\""));
    }

    #[test]
    fn a_service_whose_hosts_are_not_known_is_not_called_at_aws() {
        let mut endpoints = of_aws();
        assert!(endpoints.has("sqs") && !endpoints.has("timestreamwrite"));
        endpoints.set("timestreamwrite", "http://127.0.0.1:5000".to_owned());
        assert!(endpoints.has("timestreamwrite"));
        assert_eq!(
            endpoints.find("sqs", Some("eu\nwest")).unwrap_err(),
            "`eu\nwest` is no region of AWS"
        );
    }
}
