//! Counters of the service, as Prometheus reads them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What was counted since the process began.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counters: Mutex<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    requests: BTreeMap<Request, Requests>,
    orders: u64,
    resumed: usize,
    /// By the status that executions ended with.
    ended: BTreeMap<String, u64>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Default)]
struct Requests {
    count: u64,
    time: Duration,
}

impl Metrics {
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let request = Request {
            // Anybody can make up methods; labels stay few.
            method: if matches!(method, "GET" | "POST" | "DELETE" | "HEAD") {
                method
            } else {
                "-"
            }
            .to_owned(),
            route: route.to_owned(),
            status,
        };
        let mut counters = self.counters();
        let requests = counters.requests.entry(request).or_default();
        requests.count += 1;
        requests.time += took;
    }

    /// An order was placed.
    pub(crate) fn order(&self) {
        self.counters().orders += 1;
    }

    /// So many executions went on when the process began.
    pub(crate) fn resumed(&self, executions: usize) {
        self.counters().resumed = executions;
    }

    pub(crate) fn ended(&self, status: &str) {
        *self.counters().ended.entry(status.to_owned()).or_default() += 1;
    }

    /// All of them, in the text format of Prometheus.
    pub(crate) fn expose(&self, running: usize) -> String {
        let counters = self.counters();
        let mut text = String::new();
        metric(
            &mut text,
            "order_service_requests_total",
            "counter",
            "Requests over HTTP.",
        );
        for (request, requests) in &counters.requests {
            sample(&mut text, "order_service_requests_total", request, requests.count);
        }
        metric(
            &mut text,
            "order_service_request_seconds_total",
            "counter",
            "The time that requests took.",
        );
        for (request, requests) in &counters.requests {
            let seconds = requests.time.as_secs_f64();
            sample(&mut text, "order_service_request_seconds_total", request, seconds);
        }
        metric(
            &mut text,
            "order_service_orders_total",
            "counter",
            "Orders that were placed.",
        );
        let _ = writeln!(text, "order_service_orders_total {}", counters.orders);
        metric(
            &mut text,
            "order_service_executions_ended_total",
            "counter",
            "Executions that ended.",
        );
        for (status, count) in &counters.ended {
            let _ = writeln!(
                text,
                "order_service_executions_ended_total{{status=\"{status}\"}} {count}"
            );
        }
        metric(
            &mut text,
            "order_service_executions_running",
            "gauge",
            "Executions that run.",
        );
        let _ = writeln!(text, "order_service_executions_running {running}");
        let resumed = "Executions that went on when the process began.";
        metric(&mut text, "order_service_executions_resumed", "gauge", resumed);
        let _ = writeln!(text, "order_service_executions_resumed {}", counters.resumed);
        text
    }

    fn counters(&self) -> MutexGuard<'_, Counters> {
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn metric(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a text does not fail, here and above.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(text: &mut String, name: &str, request: &Request, value: impl std::fmt::Display) {
    let Request { method, route, status } = request;
    let _ = writeln!(
        text,
        "{name}{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {value}"
    );
}
