//! Limits on executions that start executions.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::StepFunctionsError;

/// The deepest chain of executions that wait for executions they started.
const DEEPEST: u32 = 100;

/// The longest chain of executions that start one another, each within [`HURRIED`] of its own start.
const LONGEST_CHAIN: u32 = 10_000;

/// An execution that ran for this long does not count in a chain: a workflow may continue as a new execution for ever.
const HURRIED: TimeDelta = TimeDelta::seconds(1);

/// The most executions that may run at once for one of them to start another.
const MOST_RUNNING: usize = 100_000;

/// Chain length where the stricter limit applies.
const LONG: u32 = 10;

/// The ancestors of an execution; the default has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lineage {
    /// The number of executions waiting for it, directly or indirectly.
    depth: u32,
    /// The executions before it that started the next one in a hurry.
    chain: u32,
}

impl Lineage {
    /// Whether an execution waits for the end.
    #[cfg(feature = "store")]
    pub(crate) fn is_awaited(self) -> bool {
        self.depth > 0
    }
}

/// The execution that starts another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent {
    pub(crate) lineage: Lineage,
    pub(crate) start_time: DateTime<Utc>,
    pub(crate) waits: bool,
    /// How many executions run at once, for another to be started at the end of a long chain: a machine that starts
    /// itself twice doubles each time.
    pub(crate) crowd: usize,
}

impl Parent {
    /// Errors if a state machine that starts itself would never end.
    pub(crate) fn start_child(self, now: DateTime<Utc>, running: usize) -> Result<Lineage, StepFunctionsError> {
        let child = Lineage {
            depth: if self.waits { self.lineage.depth + 1 } else { 0 },
            chain: if now - self.start_time < HURRIED {
                self.lineage.chain + 1
            } else {
                0
            },
        };
        let most_running = if child.depth.max(child.chain) > LONG {
            self.crowd
        } else {
            MOST_RUNNING
        };
        let problem = if child.depth > DEEPEST {
            format!("executions that wait for executions nest {DEEPEST} deep; does a state machine start itself?")
        } else if child.chain > LONGEST_CHAIN {
            format!(
                "{LONGEST_CHAIN} executions started one another without a pause; does a state machine start itself?"
            )
        } else if running >= most_running {
            format!("{most_running} executions are running; does a state machine start itself?")
        } else {
            return Ok(child);
        };
        Err(StepFunctionsError::execution_limit_exceeded(&problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CROWD: usize = 10;

    fn started_after(seconds: i64, lineage: Lineage, waits: bool) -> Result<Lineage, StepFunctionsError> {
        let start_time = DateTime::UNIX_EPOCH;
        let parent = Parent {
            lineage,
            start_time,
            waits,
            crowd: CROWD,
        };
        parent.start_child(start_time + TimeDelta::seconds(seconds), 0)
    }

    #[test]
    fn a_chain_that_rests_goes_on_for_ever() {
        let mut lineage = Lineage::default();
        for _ in 0..3 * LONGEST_CHAIN {
            lineage = started_after(1, lineage, false).unwrap();
        }
        assert_eq!(lineage, Lineage::default());
    }

    #[test]
    fn a_chain_in_a_hurry_ends() {
        let mut lineage = Lineage::default();
        for _ in 0..LONGEST_CHAIN {
            lineage = started_after(0, lineage, false).unwrap();
        }
        assert!(started_after(0, lineage, false).is_err());
        assert!(started_after(1, lineage, false).is_ok());
    }

    #[test]
    fn waiting_for_one_another_ends_even_with_pauses() {
        let mut lineage = Lineage::default();
        for _ in 0..DEEPEST {
            lineage = started_after(1, lineage, true).unwrap();
        }
        assert!(started_after(1, lineage, true).is_err());
        assert!(started_after(1, lineage, false).is_ok());
    }

    #[test]
    fn there_is_room_for_so_many_and_no_more() {
        let parent = Parent {
            lineage: Lineage::default(),
            start_time: DateTime::UNIX_EPOCH,
            waits: false,
            crowd: CROWD,
        };
        let now = DateTime::UNIX_EPOCH;
        assert!(parent.start_child(now, MOST_RUNNING - 1).is_ok());
        assert!(parent.start_child(now, MOST_RUNNING).is_err());
        let lineage = Lineage { depth: LONG, chain: 0 };
        let parent = Parent {
            lineage,
            waits: true,
            ..parent
        };
        assert!(parent.start_child(now, CROWD - 1).is_ok());
        assert!(parent.start_child(now, CROWD).is_err());
    }
}
