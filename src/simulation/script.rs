//! Scripts: the answers that a test gives to tasks.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::{Answer, Call, SimulationError};
use crate::TaskError;

/// One scripted part, from one call of the builder.
#[derive(Clone)]
pub(super) enum Part {
    /// Answers in the order of the calls.
    Answers(VecDeque<Answer>),
    /// The same answer to every call.
    Always(Answer),
    /// A function of the effective input.
    Input(Arc<InputFn>),
    /// A function of the whole [`Call`].
    Call(Arc<CallFn>),
    /// Answers by the invocation's number.
    Indexed(Indexed),
    /// Answers to the attempts of one visit.
    Visit(usize, VecDeque<Answer>),
    /// Answers to the attempts of one item of the innermost Map.
    Item(usize, VecDeque<Answer>),
}

/// Answers by ranges of invocations, which are counted from 0.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    /// The first and the last invocation of each range, in order; none overlap. Shared, since each execution counts for
    /// itself.
    entries: Arc<[(u64, u64, Answer)]>,
    next: u64,
    /// Whether every range must be used.
    pub(super) denies_left_over: bool,
}

impl Indexed {
    pub(super) fn new(entries: Vec<(u64, u64, Answer)>) -> Self {
        Self {
            entries: entries.into(),
            next: 0,
            denies_left_over: false,
        }
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.entries.iter().map(|(_, _, answer)| answer)
    }

    /// How many invocations there were.
    #[cfg(feature = "runtime")]
    pub(super) fn used(&self) -> u64 {
        self.next
    }

    pub(super) fn next(&mut self) -> Option<Answer> {
        let index = self.next;
        self.next += 1;
        let place = self.entries.partition_point(|(_, last, _)| *last < index);
        let (first, _, answer) = self.entries.get(place)?;
        (*first <= index).then(|| answer.clone())
    }

    /// The required ranges that no invocation used.
    fn left_over(&self) -> usize {
        let is_left = |first: u64| self.denies_left_over && first >= self.next;
        self.entries.iter().filter(|(first, _, _)| is_left(*first)).count()
    }
}

type InputFn = dyn Fn(&Value) -> Result<Value, TaskError> + Send + Sync;
type CallFn = dyn Fn(&Call) -> Answer + Send + Sync;

/// Everything scripted for one task.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    /// Used where neither a visit nor an item has a script.
    rest: Option<Part>,
    was_called: bool,
    visits: BTreeMap<usize, VecDeque<Answer>>,
    items: BTreeMap<usize, VecDeque<Answer>>,
    /// The numbers of the visits that used this script, by execution and visit.
    seen: HashMap<(usize, usize, Arc<str>), usize>,
}

/// The scripts of a run, by the name given to `.task` and similar methods.
#[derive(Debug, Clone, Default)]
pub(super) struct Scripts(pub(super) Vec<(String, Script)>);

impl Scripts {
    /// Merges the parts for each task. Errors if two parts would answer the same call.
    pub(super) fn of(parts: &[(String, Part)]) -> Result<Self, SimulationError> {
        let mut scripts = Self::default();
        for (task, part) in parts {
            let found = scripts.0.iter().position(|(name, _)| name == task);
            let at = found.unwrap_or_else(|| {
                scripts.0.push((task.clone(), Script::default()));
                scripts.0.len() - 1
            });
            let is_first = scripts.0.get_mut(at).is_some_and(|(_, script)| script.add(part));
            if !is_first {
                return Err(SimulationError::ScriptedTwice { task: task.clone() });
            }
        }
        Ok(scripts)
    }
}

impl Script {
    /// Whether no earlier part answers the same call.
    fn add(&mut self, part: &Part) -> bool {
        match part {
            Part::Visit(visit, answers) => self.visits.insert(*visit, answers.clone()).is_none(),
            Part::Item(item, answers) => self.items.insert(*item, answers.clone()).is_none(),
            rest => self.rest.replace(rest.clone()).is_none(),
        }
    }

    /// The answer to a call; `None` if there is none, or none left.
    pub(super) fn next(&mut self, call: &Call) -> Option<Answer> {
        let count = self.seen.len();
        let key = (call.member, call.visit, Arc::clone(&call.pointer));
        let visit = *self.seen.entry(key).or_insert(count);
        if let Some(answers) = self.visits.get_mut(&visit) {
            return answers.pop_front();
        }
        if let Some(answers) = call.item().and_then(|item| self.items.get_mut(&item)) {
            return answers.pop_front();
        }
        let rest = self.rest.as_mut()?;
        self.was_called = true;
        match rest {
            Part::Answers(answers) => answers.pop_front(),
            Part::Indexed(indexed) => indexed.next(),
            Part::Always(answer) => Some(answer.clone()),
            Part::Input(function) => Some(function(&call.request.effective_input).into()),
            Part::Call(function) => Some(function(call)),
            Part::Visit(..) | Part::Item(..) => None,
        }
    }

    /// The number of answers left over.
    pub(super) fn left_over(&self) -> usize {
        let listed = match &self.rest {
            Some(Part::Answers(answers)) => answers.len(),
            Some(Part::Indexed(indexed)) => indexed.left_over(),
            _ => 0,
        };
        let apart = self.visits.values().chain(self.items.values());
        listed + apart.map(VecDeque::len).sum::<usize>()
    }

    /// Whether it answers every call but was never used.
    pub(super) fn is_unused(&self) -> bool {
        let is_endless = matches!(self.rest, Some(Part::Always(_) | Part::Input(_) | Part::Call(_)));
        is_endless && !self.was_called
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers(answers) => f.debug_tuple("Answers").field(answers).finish(),
            Self::Indexed(indexed) => indexed.fmt(f),
            Self::Always(answer) => f.debug_tuple("Always").field(answer).finish(),
            Self::Input(_) => f.write_str("Input"),
            Self::Call(_) => f.write_str("Call"),
            Self::Visit(visit, answers) => f.debug_tuple("Visit").field(visit).field(answers).finish(),
            Self::Item(item, answers) => f.debug_tuple("Item").field(item).field(answers).finish(),
        }
    }
}
