//! Export by OTLP, to a collector or whatever else takes it.

mod client;

use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use std::env;
use std::sync::Arc;

use self::client::{Client, is_plain};
use super::{Telemetry, TelemetryBuilder};
use crate::error::{Error, ErrorKind};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const OF_METRICS: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";

impl Telemetry {
    /// Exports traces and metrics by OTLP over HTTP to an endpoint such as `http://127.0.0.1:4318`, as protobuf to `/v1/traces`
    /// and `/v1/metrics` below it.
    ///
    /// Errors as [`TelemetryBuilder::with_otlp`].
    ///
    /// ```
    /// use asl_engine::Interpreter;
    /// use asl_engine::telemetry::Telemetry;
    ///
    /// # fn main() -> Result<(), asl_engine::Error> {
    /// let telemetry = Telemetry::otlp("http://127.0.0.1:4318")?;
    /// let interpreter = Interpreter::new().telemetry(&telemetry);
    /// // … and at the end:
    /// telemetry.shutdown().ok();
    /// # Ok(())
    /// # }
    /// ```
    pub fn otlp(endpoint: &str) -> Result<Self, Error> {
        Ok(Self::builder().with_otlp(endpoint)?.build())
    }

    /// The same to the endpoints of the environment: `OTEL_EXPORTER_OTLP_ENDPOINT`, or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and
    /// `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`. `None` if none of them is set, or `OTEL_SDK_DISABLED` is `true`.
    ///
    /// Errors as [`TelemetryBuilder::with_otlp`].
    pub fn from_env() -> Result<Option<Self>, Error> {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        if set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let base = set(ENDPOINT);
        let of = |name: &str, path: &str| set(name).or_else(|| base.as_deref().map(|base| below(base, path)));
        let (traces, metrics) = (of(OF_TRACES, "v1/traces"), of(OF_METRICS, "v1/metrics"));
        if traces.is_none() && metrics.is_none() {
            return Ok(None);
        }
        let builder = Self::builder().exporting(traces.as_deref(), metrics.as_deref())?;
        Ok(Some(builder.build()))
    }
}

impl TelemetryBuilder {
    /// Exports spans in batches by OTLP over HTTP, and metrics every minute, to an endpoint such as `http://127.0.0.1:4318`. It
    /// takes the place of another meter provider. `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_TIMEOUT`,
    /// `OTEL_METRIC_EXPORT_INTERVAL` and those of batches, `OTEL_BSP_…`, are honoured.
    ///
    /// Errors ([`ErrorKind::Misconfigured`]) if the endpoint is no URL, or not one of `http`: a collector on the same machine or
    /// network is to be reached without TLS. Where TLS is needed, give an exporter of your own to
    /// [`with_batch_exporter`](Self::with_batch_exporter).
    pub fn with_otlp(self, endpoint: &str) -> Result<Self, Error> {
        let (traces, metrics) = (below(endpoint, "v1/traces"), below(endpoint, "v1/metrics"));
        self.exporting(Some(&traces), Some(&metrics))
    }

    fn exporting(mut self, traces: Option<&str>, metrics: Option<&str>) -> Result<Self, Error> {
        [traces, metrics].into_iter().flatten().try_for_each(check)?;
        let client = Arc::new(Client::new().map_err(|error| refused(&error.to_string()))?);
        if let Some(endpoint) = traces {
            let builder = SpanExporter::builder().with_http().with_endpoint(endpoint);
            let client: Arc<Client> = Arc::clone(&client);
            let exporter = builder.with_shared_http_client(client).build();
            let exporter = exporter.map_err(|error| refused(&error.to_string()))?;
            self = self.with_batch_exporter(exporter);
        }
        if let Some(endpoint) = metrics {
            let builder = MetricExporter::builder().with_http().with_endpoint(endpoint);
            let builder = builder.with_temporality(Temporality::Cumulative);
            let exporter = builder.with_shared_http_client(client).build();
            let exporter = exporter.map_err(|error| refused(&error.to_string()))?;
            self.measures = Some(Box::new(|resource| {
                SdkMeterProvider::builder()
                    .with_resource(resource)
                    .with_periodic_exporter(exporter)
                    .build()
            }));
        }
        Ok(self)
    }
}

fn below(endpoint: &str, path: &str) -> String {
    format!("{}/{path}", endpoint.trim_end_matches('/'))
}

fn check(endpoint: &str) -> Result<(), Error> {
    if is_plain(endpoint) {
        return Ok(());
    }
    // It may have a password.
    let shown = if endpoint.contains('@') { "URL" } else { endpoint };
    Err(refused(&format!(
        "telemetry goes to `http://HOST:PORT`, without TLS, and not to `{shown}`"
    )))
}

fn refused(reason: &str) -> Error {
    Error::new(ErrorKind::Misconfigured, reason)
}
