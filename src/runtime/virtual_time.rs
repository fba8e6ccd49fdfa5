//! Time that skips what nobody works in.
//!
//! It stands still while tasks work, and jumps to the next deadline when nothing does: a run takes the time of its waits,
//! exactly, as in a simulation. It also jumps to a deadline for which the system's clock has waited in vain, so that a task
//! that hangs times out, and a worker has the time that it is given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, sleep_until};

use crate::execution::TaskId;

/// The time in one tokio runtime.
#[derive(Debug)]
pub(super) struct VirtualTime {
    state: Mutex<State>,
    /// Signals that nothing works any more.
    is_idle: Notify,
}

#[derive(Debug)]
struct State {
    /// The nanoseconds since the clock's start.
    now: i64,
    /// Since when it has been that time.
    since: Instant,
    /// How many work, or wait for an answer from outside.
    working: usize,
    /// The tasks that handlers work on.
    tasks: HashMap<TaskKey, Handler>,
    /// The tasks that wait for the end of an execution, by its ARN.
    waiting: HashMap<Arc<str>, Vec<TaskKey>>,
}

/// A task, by the ARN of its execution.
pub(super) type TaskKey = (Arc<str>, TaskId);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handler {
    Works,
    /// It waits for an execution, and works again at its end.
    Rests,
}

/// Keeps time from being skipped until it is dropped. Whoever changes an execution holds one, from before it looks at the
/// clock until all that comes of it is under way.
#[derive(Debug, Default)]
pub(crate) struct Working {
    // Boxed, since time is virtual in few interpreters, and nothing else should take the memory.
    _work: Option<Box<Work>>,
}

#[derive(Debug)]
struct Work {
    time: Arc<VirtualTime>,
    /// The task that a handler works on.
    task: Option<TaskKey>,
}

impl VirtualTime {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                now: 0,
                since: Instant::now(),
                working: 0,
                tasks: HashMap::new(),
                waiting: HashMap::new(),
            }),
            is_idle: Notify::new(),
        })
    }

    /// The nanoseconds since the clock's start.
    pub(super) fn now(&self) -> i64 {
        self.state().now
    }

    pub(super) fn working(self: &Arc<Self>) -> Working {
        self.state().working += 1;
        Working::of(self, None)
    }

    /// A handler works on a task.
    pub(super) fn begin(self: &Arc<Self>, task: TaskKey) -> Working {
        let mut state = self.state();
        state.working += 1;
        state.tasks.insert(task.clone(), Handler::Works);
        drop(state);
        Working::of(self, Some(task))
    }

    /// The handler of a task only waits for the end of an execution from now on. The caller looks afterwards whether it has
    /// ended already, and then calls [`ended`](Self::ended) itself.
    pub(super) fn rest_until_end(&self, task: TaskKey, execution: &Arc<str>) {
        let mut state = self.state();
        if let Some(handler) = state.tasks.get_mut(&task)
            && *handler == Handler::Works
        {
            *handler = Handler::Rests;
            state.waiting.entry(Arc::clone(execution)).or_default().push(task);
            self.less_work(state);
        }
    }

    /// An execution has ended: the tasks that wait for its end work again.
    pub(super) fn ended(&self, execution: &str) {
        let mut state = self.state();
        for task in state.waiting.remove(execution).unwrap_or_default() {
            if let Some(handler) = state.tasks.get_mut(&task)
                && *handler == Handler::Rests
            {
                *handler = Handler::Works;
                state.working += 1;
            }
        }
    }

    /// A handler has answered, which takes no time.
    pub(super) fn answered(&self) {
        self.state().since = Instant::now();
    }

    /// Something comes from outside, which takes the time that it took; but no time beyond `most` passes.
    pub(super) fn catch_up(&self, most: Option<i64>) {
        let mut state = self.state();
        // Executions begin at whole microseconds.
        let took = i64::try_from(state.since.elapsed().as_micros()).unwrap_or(i64::MAX);
        let now = state.now.saturating_add(took.saturating_mul(1_000));
        state.jump(most.map_or(now, |most| most.min(now)));
    }

    /// Waits until it is that time: until nothing works, if `is_next` still says so, or at the latest until `instant`.
    pub(super) async fn reach(&self, at: i64, instant: Instant, is_next: impl Fn() -> bool) {
        loop {
            let idle = self.is_idle.notified();
            let instant = {
                let mut state = self.state();
                // Nobody can change what is next: who does that works.
                if state.working == 0 || instant <= Instant::now() {
                    if is_next() {
                        state.jump(at);
                    }
                    return;
                }
                let left = u64::try_from(at.saturating_sub(state.now)).unwrap_or(0);
                instant.min(Instant::now() + Duration::from_nanos(left))
            };
            tokio::select! {
                () = idle => {}
                () = sleep_until(instant) => {
                    if is_next() {
                        self.state().jump(at);
                    }
                    return;
                }
            }
        }
    }

    fn less_work(&self, mut state: MutexGuard<'_, State>) {
        state.working = state.working.saturating_sub(1);
        if state.working == 0 {
            drop(state);
            self.is_idle.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Working {
    fn of(time: &Arc<VirtualTime>, task: Option<TaskKey>) -> Self {
        let time = Arc::clone(time);
        Self {
            _work: Some(Box::new(Work { time, task })),
        }
    }
}

impl State {
    fn jump(&mut self, to: i64) {
        self.now = self.now.max(to);
        self.since = Instant::now();
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let mut state = self.time.state();
        match &self.task {
            Some(task) if state.tasks.remove(task) == Some(Handler::Rests) => {}
            _ => self.time.less_work(state),
        }
    }
}
