//! What telemetry costs: the pizza bar's machine through `Interpreter::run` on one tokio thread, without telemetry and with it,
//! in turns, so that a machine that gets slower meanwhile does so for all. Read the ratios, not the times.
//!
//! Without the feature `otel` it measures the interpreter alone, to be compared with the first line of a run with it.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and fails by panicking"
)]

use asl_engine::execution::Program;
use asl_engine::{Interpreter, StateMachine};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// An interpreter with its name, and the times of its rounds.
struct Variant {
    name: &'static str,
    interpreter: Interpreter,
    rounds: Vec<Duration>,
}

fn main() {
    // As a test, it only has to run.
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (rounds, runs) = if is_test { (1, 2) } else { (600, 100) };
    let (runtime, program) = (one_thread(), pizza());
    let mut variants = variants();
    // Alone, the first is not beside what the threads of the others still do.
    if let Some(part) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        variants.retain(|variant| variant.name.contains(&part));
    }
    for round in 0..=rounds {
        for variant in &mut variants {
            let took = time(&runtime, &variant.interpreter, &program, runs);
            // The first is to warm up.
            if round > 0 || is_test {
                variant.rounds.push(took);
            }
        }
    }
    let times: Vec<Duration> = variants
        .iter_mut()
        .map(|variant| typical(&mut variant.rounds))
        .collect();
    let runs = u32::try_from(runs).unwrap();
    for (variant, took) in variants.iter().zip(&times) {
        let ratio = took.as_secs_f64() / times.first().unwrap().as_secs_f64();
        println!(
            "{:<44} {:>8.2} µs  {ratio:.3}",
            variant.name,
            (*took / runs).as_secs_f64() * 1e6
        );
    }
}

fn time(runtime: &Runtime, interpreter: &Interpreter, program: &Arc<Program>, runs: usize) -> Duration {
    let input = json!({ "connectionId": "L0SM9cOFvHcCIhw=", "data": { "name": "Ada", "pizza": "margherita" } });
    let began = Instant::now();
    for _ in 0..runs {
        runtime
            .block_on(interpreter.run::<Value>(Arc::clone(program), &input))
            .unwrap();
    }
    began.elapsed()
}

/// The time that a tenth of the rounds were faster than: what else the machine does makes a round only slower.
fn typical(rounds: &mut [Duration]) -> Duration {
    rounds.sort_unstable();
    *rounds.get(rounds.len() / 10).unwrap()
}

/// The pizza bar's eleven states, without time to wait.
fn pizza() -> Arc<Program> {
    let definition = include_str!("../../asl-samples/pizza-bar.asl.json")
        .replace("${PizzaOrderEventBus}", "bus")
        .replace("\"Seconds\": 5", "\"Seconds\": 0");
    let machine: StateMachine = definition.parse().unwrap();
    Arc::new(Program::compile(&machine))
}

fn one_thread() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

fn interpreter() -> Interpreter {
    Interpreter::new().task("*", |_: Value| async {
        Ok(json!({ "Entries": [{ "EventId": "1" }], "FailedEntryCount": 0 }))
    })
}

fn variant(name: &'static str, interpreter: Interpreter) -> Variant {
    Variant {
        name,
        interpreter,
        rounds: Vec::new(),
    }
}

#[cfg(not(feature = "otel"))]
fn variants() -> Vec<Variant> {
    vec![variant("without the feature", interpreter())]
}

#[cfg(feature = "otel")]
fn variants() -> Vec<Variant> {
    vec![
        variant("no telemetry", interpreter()),
        variant(
            "traces, none sampled",
            interpreter().telemetry(&otel::traces(Sampler::AlwaysOff)),
        ),
        variant(
            "traces, one in ten sampled",
            interpreter().telemetry(&otel::traces(Sampler::TraceIdRatioBased(0.1))),
        ),
        variant(
            "traces, all sampled",
            interpreter().telemetry(&otel::traces(Sampler::AlwaysOn)),
        ),
        variant("metrics", interpreter().telemetry(&otel::metrics())),
    ]
}

#[cfg(feature = "otel")]
use opentelemetry_sdk::trace::Sampler;

/// Telemetry whose exporters throw everything away.
#[cfg(feature = "otel")]
mod otel {
    use asl_engine::telemetry::Telemetry;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
    use opentelemetry_sdk::trace::{Sampler, SpanData, SpanExporter};

    #[derive(Debug)]
    struct Nothing;

    impl SpanExporter for Nothing {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Ok(())
        }
    }

    pub(super) fn traces(sampler: Sampler) -> Telemetry {
        Telemetry::builder()
            .with_batch_exporter(Nothing)
            .with_sampler(sampler)
            .build()
    }

    pub(super) fn metrics() -> Telemetry {
        let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).build();
        let meters = SdkMeterProvider::builder().with_reader(reader).build();
        Telemetry::builder().with_meter_provider(meters).build()
    }
}
