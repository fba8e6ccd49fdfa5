//! Every frame is ready, or waits for something that will come.

use std::collections::{HashMap, HashSet};

use crate::definition::State;
use crate::execution::core::{Activity, Core, Frame};
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::program::{Node, Program};
use crate::execution::time::Timestamp;

/// What is to wake the frames of a core.
struct Wakers {
    /// How often each stands in the ready queue.
    queued: HashMap<FrameKey, usize>,
    timers: HashSet<(Timestamp, FrameKey)>,
    /// Those that fail next.
    late: HashSet<FrameKey>,
}

pub(super) fn check(core: &Core, program: &Program) -> Result<(), Invariant> {
    let mut wakers = Wakers {
        queued: HashMap::new(),
        timers: core.timers.iter().collect(),
        late: core
            .late
            .iter()
            .flat_map(|late| late.iter())
            .map(|(key, _)| *key)
            .collect(),
    };
    for key in &core.ready {
        *wakers.queued.entry(*key).or_default() += 1;
    }
    for (key, frame) in core.frames.iter() {
        Invariant::InputIsKept.holds_if(frame.raw_input.is_some())?;
        check_retries(frame, program.node(frame.state))?;
        wakers.check(key, frame, program.node(frame.state))?;
    }
    Ok(())
}

impl Wakers {
    fn check(&self, key: FrameKey, frame: &Frame, node: &Node) -> Result<(), Invariant> {
        let (is_ready, deadline) = match frame.activity() {
            Activity::Entering | Activity::Redriving | Activity::EndedMapRun(_) | Activity::Evaluating(_) => {
                (true, None)
            }
            // One of the two: a delay of zero has no timer.
            Activity::Backoff => {
                Invariant::RetriersAreCounted.holds_if(frame.retry_count > 0)?;
                (frame.deadline.is_none(), frame.deadline)
            }
            // Its task has timed out.
            Activity::Waiting if self.late.contains(&key) => {
                let is_task = matches!(node.state, State::Task(_));
                Invariant::TaskIsOfATask.holds_if(is_task)?;
                (false, None)
            }
            Activity::Waiting => {
                Invariant::ActivityFitsState.holds_if(matches!(node.state, State::Wait(_)))?;
                Invariant::WaitingFramesHaveATimer.holds_if(frame.deadline.is_some())?;
                (false, frame.deadline)
            }
            Activity::Task(attempt) => {
                // A time without its seconds would end the attempt early, and seconds without their time never.
                let State::Task(task) = &node.state else {
                    return Err(Invariant::TaskIsOfATask);
                };
                let awaits_heartbeat = attempt.request.awaited_heartbeat(&task.resource).is_some();
                Invariant::WaitingFramesHaveATimer.holds_if(
                    attempt.times_out_at.is_some() == attempt.request.timeout_seconds.is_some()
                        && attempt.heartbeat_due_at.is_some() == awaits_heartbeat,
                )?;
                (false, attempt.deadline())
            }
            Activity::Fork(fork) => (fork.running.is_empty(), None),
            Activity::MapRun(run) => {
                Invariant::ReadyFramesAreQueued.holds_if(run.is_queued || !run.can_go_on())?;
                (run.is_queued, run.next_deadline())
            }
        };
        match (is_ready, self.queued.get(&key)) {
            (true, Some(1)) | (false, None) => {}
            (true, _) => return Err(Invariant::ReadyFramesAreQueued),
            (false, Some(_)) => return Err(Invariant::QueuedFramesAreReady),
        }
        let has_timer = deadline.is_none_or(|at| self.timers.contains(&(at, key)));
        Invariant::WaitingFramesHaveATimer.holds_if(frame.deadline == deadline && has_timer)
    }
}

fn check_retries(frame: &Frame, node: &Node) -> Result<(), Invariant> {
    let retriers = node.retry();
    let fits = frame.retries.is_empty() || frame.retries.len() == retriers.len();
    let mut each = frame.retries.iter().zip(retriers);
    let sum = frame
        .retries
        .iter()
        .fold(0, |sum: u32, retries| sum.saturating_add(*retries));
    Invariant::RetriersAreCounted
        .holds_if(fits && sum == frame.retry_count && each.all(|(retries, retrier)| *retries <= retrier.max_attempts))
}
