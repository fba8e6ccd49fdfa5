//! Handlers that hold their thread while they work.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use tokio::runtime::{Builder, Runtime};

use super::*;

/// Only a test that fails waits for so long.
const LONG: Duration = Duration::from_mins(1);

type Work = Box<dyn FnOnce() + Send>;

/// An execution that does this when it acts.
struct Acting {
    runtime: Handle,
    work: Mutex<Option<Work>>,
}

impl fmt::Debug for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acting")
    }
}

impl Author for Acting {
    fn written(&self, _batch: u64) {}

    fn runtime(&self) -> Option<&Handle> {
        Some(&self.runtime)
    }

    fn act(self: Arc<Self>, _context: &mut Context<'_>) {
        let work = self.work.lock().unwrap().take();
        if let Some(work) = work {
            work();
        }
    }

    fn delayed(&self, _error: &Arc<StoreError>) -> Fate {
        Fate::Withdrawn
    }

    fn refused(&self, _error: &Arc<StoreError>) {}

    fn left_unwritten(&self) {}

    fn is_withdrawn(&self) -> bool {
        false
    }
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn act(runtime: &Runtime, works: Vec<Work>) {
    act_later(works.into_iter().map(|work| {
        let (runtime, work) = (runtime.handle().clone(), Mutex::new(Some(work)));
        Arc::new(Acting { runtime, work }) as Arc<dyn Author>
    }));
}

/// Holds its thread until another one acts, and passes on whether that came.
fn waits(for_another: Receiver<()>) -> (Work, Receiver<Result<(), RecvTimeoutError>>) {
    let (came, told) = channel();
    (
        Box::new(move || came.send(for_another.recv_timeout(LONG)).unwrap()),
        told,
    )
}

#[test]
fn one_that_holds_its_thread_holds_few_others() {
    let (acts, other) = channel();
    let (waits, came) = waits(other);
    let mut works: Vec<Work> = vec![waits];
    works.resize_with(ACT_TOGETHER, || Box::new(|| {}));
    works.push(Box::new(move || acts.send(()).unwrap()));
    let runtime = two_threads();
    act(&runtime, works);
    assert_eq!(came.recv(), Ok(Ok(())));
}

#[test]
fn after_one_that_takes_long_nobody_waits_for_another() {
    let (acts, other) = channel();
    let (waits, came) = waits(other);
    let takes_long = Box::new(|| std::thread::sleep(ACT_FOR));
    let runtime = two_threads();
    act(
        &runtime,
        vec![takes_long, waits, Box::new(move || acts.send(()).unwrap())],
    );
    assert_eq!(came.recv(), Ok(Ok(())));
}
