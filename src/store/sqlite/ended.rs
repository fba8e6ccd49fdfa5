//! Executions that were read after they had ended, which change no more unless they are redriven or removed.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::super::{End, Start, StoredExecution};

/// The bytes that are kept at most.
const MOST: usize = 16 * 1024 * 1024;

/// What a place in a map and the parts of an execution that are no text take, about.
const FIXED: usize = 512;

/// The executions that were asked for last.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Those that were asked for since `older` was replaced, by ARN.
    newer: HashMap<String, Arc<StoredExecution>>,
    newer_bytes: usize,
    /// As many bytes at most. They go when `newer` is full, unless they are asked for until then.
    older: HashMap<String, Arc<StoredExecution>>,
    changes: Changes,
}

/// How often executions that had ended were changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes(u64);

impl Ended {
    /// The execution of an ARN, or the changes until now: who reads it from the file then says so to [`keep`](Self::keep).
    pub(super) fn find(&mut self, arn: &str) -> Result<Arc<StoredExecution>, Changes> {
        if let Some(found) = self.newer.get(arn) {
            return Ok(Arc::clone(found));
        }
        let (arn, found) = self.older.remove_entry(arn).ok_or(self.changes)?;
        self.insert(arn, Arc::clone(&found));
        Ok(found)
    }

    /// Keeps an execution that was read from the file. Nothing happens if it runs, or if any was changed since `before`.
    pub(super) fn keep(&mut self, before: Changes, execution: &StoredExecution) {
        if self.changes == before && execution.end.is_some() && !self.newer.contains_key(&execution.start.arn) {
            self.insert(execution.start.arn.clone(), Arc::new(execution.clone()));
        }
    }

    /// Forgets all: some were changed.
    pub(super) fn changed(&mut self) {
        *self = Self {
            changes: Changes(self.changes.0 + 1),
            ..Self::default()
        };
    }

    fn insert(&mut self, arn: String, execution: Arc<StoredExecution>) {
        let bytes = bytes(&execution);
        if self.newer_bytes + bytes > MOST / 2 {
            self.older = mem::take(&mut self.newer);
            self.newer_bytes = 0;
        }
        if bytes <= MOST / 2 {
            self.newer_bytes += bytes;
            self.newer.insert(arn, execution);
        }
    }
}

fn bytes(execution: &StoredExecution) -> usize {
    let Start {
        arn,
        name,
        state_machine_arn,
        definition,
        input,
        options,
        ..
    } = &execution.start;
    let start = [arn, arn, name, state_machine_arn, definition, input, options];
    let of_end = |End {
                      output, error, cause, ..
                  }: &End| {
        let texts = [output, error, cause].into_iter().flatten();
        texts.map(String::len).sum::<usize>()
    };
    FIXED + start.into_iter().map(String::len).sum::<usize>() + execution.end.as_ref().map_or(0, of_end)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::sample;
    use super::*;

    fn execution(number: u64, output: usize) -> StoredExecution {
        let mut end = sample::end("SUCCEEDED", sample::time(9));
        end.output = Some("x".repeat(output));
        StoredExecution {
            end: Some(end),
            ..sample::running(number)
        }
    }

    fn read(ended: &mut Ended, execution: &StoredExecution) -> bool {
        match ended.find(&execution.start.arn) {
            Ok(found) => {
                assert_eq!(*found, *execution);
                true
            }
            Err(before) => {
                ended.keep(before, execution);
                false
            }
        }
    }

    #[test]
    fn what_was_asked_for_last_is_kept_within_the_bytes() {
        let mut ended = Ended::default();
        let often = execution(1, 1_000);
        assert!(!read(&mut ended, &often));
        for number in 2..200 {
            assert!(!read(&mut ended, &execution(number, 1_000_000)));
            assert!(read(&mut ended, &often), "{number}");
            let kept = ended.newer.values().chain(ended.older.values());
            assert!(kept.map(|execution| bytes(execution)).sum::<usize>() <= MOST);
        }
        assert!(read(&mut ended, &execution(199, 1_000_000)));
        assert!(!read(&mut ended, &execution(2, 1_000_000)));
        let too_large = execution(300, MOST);
        assert!(!read(&mut ended, &too_large));
        assert!(!read(&mut ended, &too_large));
    }

    /// A reader may have read just before a change, and come with it only afterwards.
    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let mut ended = Ended::default();
        let first = execution(1, 10);
        let before = ended.find(&first.start.arn).unwrap_err();
        ended.changed();
        ended.keep(before, &first);
        assert!(!read(&mut ended, &first));
        assert!(read(&mut ended, &first));
        ended.changed();
        assert!(!read(&mut ended, &first));
        assert!(!read(&mut ended, &sample::running(2)));
        assert!(!read(&mut ended, &sample::running(2)), "it runs");
    }
}
