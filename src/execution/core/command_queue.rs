//! The commands that wait to be polled.

use std::collections::VecDeque;

use crate::execution::command::Command;
use crate::history::HistoryEvent;

/// Commands in the order in which they are polled.
///
/// Nearly all are events of the history. They lie together, so that a driver that keeps the history takes them all at
/// once.
// Boxed, since executions that wait have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandQueue(Option<Box<Queued>>);

#[derive(Debug, Clone, Default)]
struct Queued {
    events: VecDeque<HistoryEvent>,
    /// The number of events that were taken.
    taken: usize,
    /// The other commands, each with the number of events before it.
    others: VecDeque<(usize, Command)>,
}

impl CommandQueue {
    /// Adds an event of the history.
    #[inline]
    pub(crate) fn record(&mut self, event: HistoryEvent) {
        self.0.get_or_insert_default().events.push_back(event);
    }

    pub(crate) fn push(&mut self, command: Command) {
        let queued = self.0.get_or_insert_default();
        match command {
            Command::Record(event) => queued.events.push_back(event),
            other => {
                let before = queued.taken + queued.events.len();
                queued.others.push_back((before, other));
            }
        }
    }

    /// Removes the first command.
    pub(crate) fn pop(&mut self) -> Option<Command> {
        let queued = self.0.as_mut()?;
        let taken = queued.taken;
        if queued.others.front().is_some_and(|(before, _)| *before <= taken) {
            return queued.others.pop_front().map(|(_, command)| command);
        }
        let event = queued.events.pop_front()?;
        queued.taken += 1;
        Some(Command::Record(event))
    }

    /// Moves all events to the end of a history, also those that come after other commands.
    pub(crate) fn take_events(&mut self, history: &mut Vec<HistoryEvent>) {
        let Some(queued) = &mut self.0 else { return };
        let mut events = Vec::from(std::mem::take(&mut queued.events));
        queued.taken += events.len();
        if history.is_empty() {
            // An execution that waits in its first state has two events, and many executions wait.
            history.reserve_exact(events.len());
        }
        history.append(&mut events);
    }

    /// Removes all events, also those that come after other commands.
    #[cfg(feature = "store")]
    pub(crate) fn events(&mut self) -> impl Iterator<Item = HistoryEvent> {
        let queued = self.0.as_mut().map(|queued| {
            queued.taken += queued.events.len();
            queued.events.drain(..)
        });
        queued.into_iter().flatten()
    }

    /// Gives the memory back if no command is left.
    pub(crate) fn release_if_empty(&mut self) {
        let is_empty = |queued: &mut Box<Queued>| queued.events.is_empty() && queued.others.is_empty();
        self.0.take_if(is_empty);
    }

    /// Copies of all commands.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Command> {
        let mut copy = self.clone();
        std::iter::from_fn(move || copy.pop())
    }
}

impl Extend<Command> for CommandQueue {
    fn extend<T: IntoIterator<Item = Command>>(&mut self, commands: T) {
        commands.into_iter().for_each(|command| self.push(command));
    }
}

impl FromIterator<Command> for CommandQueue {
    fn from_iter<T: IntoIterator<Item = Command>>(commands: T) -> Self {
        let mut queue = Self::default();
        queue.extend(commands);
        queue
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::CommandQueue;
    use crate::execution::command::Command;
    use crate::execution::task::TaskId;
    use crate::history::{EventDetails, HistoryEvent};

    fn event(id: u64) -> Command {
        let details = EventDetails::ParallelStateStarted;
        Command::Record(HistoryEvent::new(id, 0, DateTime::UNIX_EPOCH, details))
    }

    fn cancel(generation: u32) -> Command {
        Command::Cancel(TaskId { frame: 0, generation })
    }

    #[test]
    fn commands_keep_their_order() {
        let commands = [event(1), cancel(1), cancel(2), event(2), event(3), cancel(3)];
        let mut queue: CommandQueue = commands.iter().cloned().collect();
        assert!(queue.iter().eq(commands.clone()));
        assert_eq!(queue.pop(), Some(event(1)));
        assert_eq!(queue.pop(), Some(cancel(1)));
        queue.push(cancel(4));
        queue.push(event(4));
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, [cancel(2), event(2), event(3), cancel(3), cancel(4), event(4)]);
        queue.release_if_empty();
        assert!(queue.0.is_none());
    }

    #[test]
    fn events_are_taken_before_the_other_commands() {
        let mut queue: CommandQueue = [event(1), cancel(1), event(2), cancel(2)].into_iter().collect();
        let mut history = Vec::new();
        queue.take_events(&mut history);
        queue.extend([event(3), cancel(3)]);
        queue.take_events(&mut history);
        queue.push(event(4));
        let ids: Vec<u64> = history.iter().map(|event| event.id).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert!(queue.iter().eq([cancel(1), cancel(2), cancel(3), event(4)]));
    }
}
