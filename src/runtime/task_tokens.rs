//! Task tokens: finds the task that waits for an answer.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};

use super::Interpreter;
use super::running::{Answered, Running};
use crate::data::discard;
use crate::error::{Error, ErrorKind};
use crate::execution::TaskId;
use crate::history::ErrorOutput;
use crate::services::step_functions::StepFunctionsError;

/// How many tokens of ended tasks are remembered, to tell them from tokens that never existed.
const ENDED: usize = 10_000;

/// All tokens handed out.
#[derive(Debug, Default)]
pub(super) struct TaskTokens {
    tasks: HashMap<Key, Holder>,
    /// The tokens of ended tasks, the latest last.
    ended: VecDeque<Key>,
}

/// A token in less memory: half of its SHA-256, too much for two tokens to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 16]);

impl Key {
    pub(super) fn of(token: &str) -> Self {
        let hash = Sha256::digest(token);
        let mut key = [0; 16];
        for (byte, hashed) in key.iter_mut().zip(hash) {
            *byte = hashed;
        }
        Self(key)
    }
}

#[derive(Debug)]
enum Holder {
    Waiting(Weak<Running>, TaskId),
    /// The execution of this number is in the store alone.
    #[cfg(feature = "store")]
    Stored(u64),
    Ended,
}

/// The task waiting for a token.
pub(super) enum Waiting {
    Here(Arc<Running>, TaskId),
    /// The number of its execution, which is in the store alone.
    #[cfg(feature = "store")]
    Stored(u64),
}

impl TaskTokens {
    /// Registers a task by its token; false if the token is taken by another.
    #[must_use]
    pub(super) fn remember(&mut self, token: Key, running: Weak<Running>, task: TaskId) -> bool {
        match self.tasks.get(&token) {
            None | Some(Holder::Ended) => {}
            // It came back into memory with its execution, and is invoked only now.
            Some(Holder::Waiting(holder, own)) if *own == task && holder.ptr_eq(&running) => {}
            _ => return false,
        }
        self.tasks.insert(token, Holder::Waiting(running, task));
        true
    }

    /// The execution of a token's task is in memory again.
    #[cfg(feature = "store")]
    pub(super) fn come_back(&mut self, token: Key, running: Weak<Running>, task: TaskId) {
        self.tasks.insert(token, Holder::Waiting(running, task));
    }

    /// The execution of a token's task is in the store alone from now on.
    #[cfg(feature = "store")]
    pub(super) fn leave(&mut self, token: Key, number: u64) {
        self.tasks.insert(token, Holder::Stored(number));
    }

    /// Marks a token's task as ended.
    pub(super) fn end(&mut self, token: Key) {
        if self.tasks.remove(&token).is_none() {
            return;
        }
        self.tasks.insert(token, Holder::Ended);
        self.ended.push_back(token);
        if self.ended.len() > ENDED
            && let Some(forgotten) = self.ended.pop_front()
            && let Some(Holder::Ended) = self.tasks.get(&forgotten)
        {
            self.tasks.remove(&forgotten);
        }
    }

    /// The task waiting for the token. Errors in AWS's words.
    pub(super) fn task_of(&self, token: Key) -> Result<Waiting, Error> {
        match self.tasks.get(&token) {
            None => Err(Error::new(
                ErrorKind::InvalidToken,
                StepFunctionsError::invalid_token().message(),
            )),
            Some(Holder::Waiting(running, task)) => match running.upgrade() {
                Some(running) => Ok(Waiting::Here(running, *task)),
                None => Err(timed_out()),
            },
            #[cfg(feature = "store")]
            Some(Holder::Stored(number)) => Ok(Waiting::Stored(*number)),
            Some(Holder::Ended) => Err(timed_out()),
        }
    }
}

pub(super) fn timed_out() -> Error {
    Error::new(ErrorKind::TaskTimedOut, StepFunctionsError::task_timed_out().message())
}

impl Interpreter {
    /// Completes the task of a token with its result (`SendTaskSuccess`): a `.waitForTaskToken` task, or one of an
    /// activity.
    ///
    /// Errors if there is no such token ([`ErrorKind::InvalidToken`]), and if its task has ended
    /// ([`ErrorKind::TaskTimedOut`]); the other methods do the same.
    pub fn send_task_success(&self, token: &str, output: Value) -> Result<(), Error> {
        match self.shared().task_of(token) {
            Ok((running, task)) => written(running.answer(task, Ok(output))),
            Err(error) => {
                discard(output);
                Err(error)
            }
        }
    }

    /// Fails the task of a token (`SendTaskFailure`).
    pub fn send_task_failure(&self, token: &str, error: ErrorOutput) -> Result<(), Error> {
        let (running, task) = self.shared().task_of(token)?;
        written(running.answer(task, Err(error)))
    }

    /// Sends a heartbeat for the task of a token (`SendTaskHeartbeat`).
    pub fn send_task_heartbeat(&self, token: &str) -> Result<(), Error> {
        let (running, task) = self.shared().task_of(token)?;
        written(running.heartbeat(task))
    }
}

/// The same for a caller that waits without holding its thread.
impl Interpreter {
    /// Whether a task of an execution waits for the answer of a token.
    #[cfg(feature = "console")]
    pub(crate) fn is_token_of(&self, token: &str, execution_arn: &str) -> bool {
        self.shared()
            .task_of(token)
            .is_ok_and(|(running, _)| *running.arn == *execution_arn)
    }

    pub(crate) async fn task_succeeded(&self, token: &str, output: Value) -> Result<(), Error> {
        match self.shared().task_of(token) {
            Ok((running, task)) => acknowledged(running.answer(task, Ok(output))).await,
            Err(error) => {
                discard(output);
                Err(error)
            }
        }
    }

    pub(crate) async fn task_failed(&self, token: &str, error: ErrorOutput) -> Result<(), Error> {
        let (running, task) = self.shared().task_of(token)?;
        acknowledged(running.answer(task, Err(error))).await
    }

    pub(crate) async fn task_heartbeat(&self, token: &str) -> Result<(), Error> {
        let (running, task) = self.shared().task_of(token)?;
        acknowledged(running.heartbeat(task)).await
    }
}

async fn acknowledged(answered: Answered) -> Result<(), Error> {
    answered.ack.wait().await?;
    in_time(answered.was_waiting)
}

/// Waits until an answer is written.
fn written(answered: Answered) -> Result<(), Error> {
    answered.ack.wait_here()?;
    in_time(answered.was_waiting)
}

/// The task may end between finding its token and delivering the answer.
pub(super) fn in_time(was_waiting: bool) -> Result<(), Error> {
    if was_waiting { Ok(()) } else { Err(timed_out()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(generation: u32) -> TaskId {
        TaskId { frame: 0, generation }
    }

    #[test]
    fn no_task_takes_the_token_of_another() {
        let mut tokens = TaskTokens::default();
        assert!(tokens.remember(Key::of("token"), Weak::new(), task(1)));
        assert!(!tokens.remember(Key::of("token"), Weak::new(), task(2)));
        tokens.end(Key::of("token"));
        assert!(tokens.remember(Key::of("token"), Weak::new(), task(2)));
    }

    #[cfg(feature = "store")]
    #[test]
    fn a_task_that_comes_back_with_its_execution_has_its_token() {
        let mut tokens = TaskTokens::default();
        let key = Key::of("token");
        assert!(tokens.remember(key, Weak::new(), task(1)));
        tokens.come_back(key, Weak::new(), task(1));
        assert!(tokens.remember(key, Weak::new(), task(1)));
        assert!(!tokens.remember(key, Weak::new(), task(2)));
    }

    #[test]
    fn of_tasks_that_have_ended_only_so_many_are_remembered() {
        let mut tokens = TaskTokens::default();
        for i in 0..=ENDED {
            assert!(tokens.remember(Key::of(&i.to_string()), Weak::new(), task(1)));
            tokens.end(Key::of(&i.to_string()));
        }
        let kind = |token: &str| tokens.task_of(Key::of(token)).map(drop).unwrap_err().kind();
        assert_eq!(kind("0"), ErrorKind::InvalidToken);
        assert_eq!(kind("1"), ErrorKind::TaskTimedOut);
        assert_eq!((tokens.tasks.len(), tokens.ended.len()), (ENDED, ENDED));
    }
}
