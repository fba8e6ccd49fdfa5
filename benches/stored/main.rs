//! What a store costs, by Criterion: executions that start, tasks and transitions a second in memory, over SQLite, and as
//! bare group commits of SQLite, a row for each. `cargo bench --features store --bench stored`; read the ratios.
//!
//! `benches/durable` has larger loads, and the memory and the bytes on disk that they take.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and fails by panicking"
)]

#[path = "../durable/bare.rs"]
mod bare;
#[path = "../durable/machines.rs"]
mod machines;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use asl_engine::execution::Program;
use asl_engine::runtime::StartRequest;
use asl_engine::store::SqliteStore;
use asl_engine::{Interpreter, TaskError};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use bare::bare;
use machines::{WORK, passes, rest, tasks};

/// How many executions are there at once, and how many states each passes.
const AT_ONCE: usize = 200;
const STATES: usize = 10;

/// The bytes of a row of bare SQLite.
const ROW: usize = 300;

/// A folder for the files of stores, which goes with this.
struct Folder(PathBuf, AtomicUsize);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("asl-stored-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path, AtomicUsize::new(0))
    }

    /// The path of a file that is not there yet.
    fn file(&self) -> PathBuf {
        self.0.join(self.1.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn interpreter() -> Interpreter {
    Interpreter::new().task(WORK, |_: Value| async { Ok::<_, TaskError>(json!({ "sent": true })) })
}

/// How long something takes with many executions at once.
async fn time<F: Future<Output = ()> + Send + 'static>(
    interpreter: Interpreter,
    program: &Arc<Program>,
    one: fn(Arc<Interpreter>, Arc<Program>) -> F,
) -> Duration {
    let interpreter = Arc::new(interpreter);
    let began = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..AT_ONCE {
        running.spawn(one(Arc::clone(&interpreter), Arc::clone(program)));
    }
    running.join_all().await;
    let time = began.elapsed();
    interpreter.shutdown(Duration::ZERO).await;
    time
}

async fn start(interpreter: Arc<Interpreter>, program: Arc<Program>) {
    let started = interpreter.start_stored(program, json!({ "order": 7 }), StartRequest::default());
    started.await.unwrap();
}

async fn run(interpreter: Arc<Interpreter>, program: Arc<Program>) {
    interpreter.run::<Value>(program, json!({ "order": 7 })).await.unwrap();
}

/// Measures the same over both, and bare rows.
fn measure<F: Future<Output = ()> + Send + 'static>(
    criterion: &mut Criterion,
    name: &str,
    program: Arc<Program>,
    each: usize,
    one: fn(Arc<Interpreter>, Arc<Program>) -> F,
) {
    let (folder, runtime) = (Folder::new(), Runtime::new().unwrap());
    let rows = AT_ONCE * each;
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(u64::try_from(rows).unwrap()));
    let mut over = |name: &str, fresh: &dyn Fn() -> Interpreter| {
        group.bench_function(name, |bencher| {
            let run = |_| runtime.block_on(time(fresh(), &program, one));
            bencher.iter_custom(|rounds| (0..rounds).map(run).sum());
        });
    };
    over("in_memory", &interpreter);
    over("over_sqlite", &|| {
        interpreter().store(SqliteStore::open(folder.file()).unwrap())
    });
    group.bench_function("bare_rows", |bencher| {
        bencher.iter_custom(|rounds| (0..rounds).map(|_| bare(&folder.file(), rows, rows, ROW)).sum());
    });
    group.finish();
}

/// Executions that start, and wait.
fn starts(criterion: &mut Criterion) {
    measure(criterion, "stored_starts", rest(), 1, start);
}

/// Tasks of executions beside each other.
fn completed_tasks(criterion: &mut Criterion) {
    measure(criterion, "stored_tasks", tasks(STATES), STATES, run);
}

/// States without work in executions beside each other: each execution is one commit.
fn transitions(criterion: &mut Criterion) {
    measure(criterion, "stored_transitions", passes(STATES), STATES, run);
}

criterion_group!(
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = starts, completed_tasks, transitions
);
criterion_main!(benches);
