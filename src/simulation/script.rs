//! Where the answers of tasks come from.

use serde_json::Value;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::{Answer, Call, SimulationError};
use crate::TaskError;

/// What a test says about a task, as one call of a builder says it.
#[derive(Clone)]
pub(super) enum Part {
    /// Answers in the order of asking.
    Answers(VecDeque<Answer>),
    /// The same answer for ever.
    Always(Answer),
    /// A function of the effective input.
    Input(Arc<InputFn>),
    /// A function of everything there is to know.
    Call(Arc<CallFn>),
    /// Answers by the number of the invocation.
    Indexed(Indexed),
    /// Answers to the attempts of one visit.
    Visit(usize, VecDeque<Answer>),
    /// Answers to the attempts of one item of the innermost Map.
    Item(usize, VecDeque<Answer>),
}

/// Answers by ranges of invocations, which are counted from 0.
#[derive(Debug, Clone)]
pub(super) struct Indexed {
    /// The first and the last invocation of each range, in order; none overlap.
    entries: Vec<(u64, u64, Answer)>,
    next: u64,
    /// Whether each range has to be come to.
    pub(super) denies_left_over: bool,
}

impl Indexed {
    pub(super) fn new(entries: Vec<(u64, u64, Answer)>) -> Self {
        Self {
            entries,
            next: 0,
            denies_left_over: false,
        }
    }

    pub(super) fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.entries.iter().map(|(_, _, answer)| answer)
    }

    fn next(&mut self) -> Option<Answer> {
        let index = self.next;
        self.next += 1;
        let place = self.entries.partition_point(|(_, last, _)| *last < index);
        let (first, _, answer) = self.entries.get(place)?;
        (*first <= index).then(|| answer.clone())
    }

    /// The ranges that an invocation had to come to, and none did.
    fn left_over(&self) -> usize {
        let is_left = |first: u64| self.denies_left_over && first >= self.next;
        self.entries.iter().filter(|(first, _, _)| is_left(*first)).count()
    }
}

type InputFn = dyn Fn(&Value) -> Result<Value, TaskError> + Send + Sync;
type CallFn = dyn Fn(&Call) -> Answer + Send + Sync;

/// All that is scripted for one task.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    /// For what no visit and no item stands.
    rest: Option<Part>,
    was_called: bool,
    visits: BTreeMap<usize, VecDeque<Answer>>,
    items: BTreeMap<usize, VecDeque<Answer>>,
    /// The numbers of the visits that came to this script, by execution and visit.
    seen: HashMap<(usize, usize, Arc<str>), usize>,
}

/// The scripts of a run, by what `.task` and its like were called with.
#[derive(Debug, Clone, Default)]
pub(super) struct Scripts(pub(super) Vec<(String, Script)>);

impl Scripts {
    /// Puts together what belongs to the same task. Errors where two parts would answer the same.
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
    /// Whether nothing else answered the same before.
    fn add(&mut self, part: &Part) -> bool {
        match part {
            Part::Visit(visit, answers) => self.visits.insert(*visit, answers.clone()).is_none(),
            Part::Item(item, answers) => self.items.insert(*item, answers.clone()).is_none(),
            rest => self.rest.replace(rest.clone()).is_none(),
        }
    }

    /// The answer to a call; `None` where there is none, or none left.
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

    /// The answers that nobody asked for.
    pub(super) fn left_over(&self) -> usize {
        let listed = match &self.rest {
            Some(Part::Answers(answers)) => answers.len(),
            Some(Part::Indexed(indexed)) => indexed.left_over(),
            _ => 0,
        };
        let apart = self.visits.values().chain(self.items.values());
        listed + apart.map(VecDeque::len).sum::<usize>()
    }

    /// Whether there is an answer to every call, and none came.
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
