//! Runs one state on its own, without the graph around it, for `TestState`.
//!
//! The state uses the same functions as in an execution; in place of the engine, the caller supplies the result of its
//! work.

use chrono::TimeDelta;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::sync::Arc;

use super::catch;
use super::core::{Frame, Frames, VisibleVariables};
use super::failure::Failure;
use super::input_output::StateView;
use super::inspection::{Inspection, Stage};
use super::intent::{Exit, Fork, Intent};
use super::limits::Limits;
use super::program::{Next, Node, Program};
use super::retry::{self, RetryDecision};
use super::states;
use super::time::Timestamp;
use super::token::TokenSecret;
use super::variables;
use crate::data::{Budget, ExecutionContext, MapItemContext, Payload, Random, StateMachineContext};
use crate::definition::{MapData, State};
use crate::history::ErrorOutput;

/// The surroundings of a state: its view besides the input.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) execution: ExecutionContext,
    pub(crate) state_machine: StateMachineContext,
    pub(crate) variables: Map<String, Value>,
    /// The number of retries that the matching Retrier has made.
    pub(crate) retries: u32,
    pub(crate) seed: u64,
    pub(crate) now: Timestamp,
}

/// A state of a program, ready to run once.
pub(crate) struct SingleState<'a> {
    program: &'a Program,
    node: &'a Node,
    surroundings: Surroundings,
    frames: Frames,
    frame: Frame,
    random: Random,
    limits: Limits,
    token: Option<String>,
    inspection: &'a Inspection,
}

/// The work of a state, done by the caller.
pub(crate) enum Work<'a> {
    /// A call of a resource, with the effective input.
    Task(&'a Payload),
    Branches,
    Iterations(&'a Payload),
}

/// The outcome.
pub(crate) struct Ended {
    pub(crate) end: End,
    /// The error, also if it was retried or caught.
    pub(crate) error: Option<ErrorOutput>,
    /// The variables after the state.
    pub(crate) variables: Map<String, Value>,
}

/// The end of the state.
pub(crate) enum End {
    Left(Left),
    /// Caught by the Catcher with this index; `retrier` has no retries left.
    Caught {
        catcher: usize,
        retrier: Option<usize>,
        left: Left,
    },
    /// It would be retried after this delay.
    Retried {
        retrier: usize,
        delay: TimeDelta,
    },
    Failed {
        retrier: Option<usize>,
    },
}

/// The effective output.
pub(crate) struct Left {
    pub(crate) output: Payload,
    /// The next state; `None` at the end of the graph.
    pub(crate) next: Option<Arc<str>>,
}

impl<'a> SingleState<'a> {
    /// The state with this name; `None` if the program has none.
    pub(crate) fn new(
        program: &'a Program,
        name: &str,
        mut surroundings: Surroundings,
        inspection: &'a Inspection,
    ) -> Option<Self> {
        let node = program.state_named(name)?;
        let variables: IndexMap<String, Payload> = std::mem::take(&mut surroundings.variables)
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        let mut frame = Frame::new(program.start_of(Program::MAIN), None, None, 0, 0, surroundings.now);
        frame.variables = Some(Box::new(variables));
        frame.retry_count = surroundings.retries;
        let token = match &node.state {
            State::Task(task) if states::has_token(task) => {
                let token = frame.task_token(&TokenSecret::default(), &surroundings.execution.id);
                Some(token)
            }
            _ => None,
        };
        Some(Self {
            program,
            node,
            random: Random::seeded(surroundings.seed),
            limits: Limits::default(),
            frames: Frames::default(),
            frame,
            token,
            inspection,
            surroundings,
        })
    }

    /// Runs the state; `work` does its work, if it has any. An error of `work` ends the run.
    ///
    /// All data that comes from outside nests within [`MAX_NESTING`](crate::data::MAX_NESTING), as an execution's does.
    pub(crate) fn run<E>(
        mut self,
        raw_input: &Payload,
        work: impl FnOnce(Work<'_>) -> Result<Result<Payload, Failure>, E>,
    ) -> Result<Ended, E> {
        let mut held = Some(raw_input.clone());
        let exit = self.exit(&mut held, work)?;
        // A Catcher works on the raw input.
        let held = Some(held.unwrap_or_else(|| raw_input.clone()));
        Ok(match exit.and_then(|exit| self.leave(exit)) {
            Ok(left) => self.ended(End::Left(left), None),
            Err(failure) => self.fail(held, failure),
        })
    }

    fn exit<E>(
        &self,
        raw_input: &mut Option<Payload>,
        work: impl FnOnce(Work<'_>) -> Result<Result<Payload, Failure>, E>,
    ) -> Result<Result<Exit, Failure>, E> {
        let view = self.view(None);
        let intent = match states::enter(self.node, raw_input, &view) {
            Ok(intent) => intent,
            Err(failure) => return Ok(Err(failure)),
        };
        let worked = match intent {
            Intent::Exit(exit) => return Ok(Ok(exit)),
            // The wait ends at once.
            Intent::WaitUntil(_) => Ok(raw_input.clone().unwrap_or_else(Payload::empty_object)),
            Intent::Invoke(request) => work(Work::Task(&request.effective_input))?,
            Intent::Fork(fork) => match *fork {
                Fork::Branches { .. } => work(Work::Branches)?,
                Fork::Iterations {
                    items, effective_input, ..
                } => {
                    if let Err(failure) = self.select_items(&items, &effective_input) {
                        return Ok(Err(failure));
                    }
                    work(Work::Iterations(&items))?
                }
                // A single state shows the inputs of its iterations.
                Fork::MapRun(_) => return Ok(Err(Failure::runtime("A Map Run has nobody to run it."))),
            },
        };
        Ok(worked.and_then(|raw_result| {
            if let State::Task(task) = &self.node.state {
                states::check_result(&task.resource, &raw_result, &self.limits)?;
                view.inspect(Stage::Result, &raw_result);
            }
            states::finish(self.node, raw_input, raw_result, &view)
        }))
    }

    /// `ItemSelector`, for every item.
    fn select_items(&self, items: &Payload, effective_input: &Payload) -> Result<(), Failure> {
        let State::Map(map) = &self.node.state else {
            return Ok(());
        };
        let (has_selector, shows) = match &map.data {
            MapData::JsonPath(state) => (state.item_selector.is_some(), true),
            MapData::Jsonata(state) => (state.item_selector.is_some(), false),
        };
        if !has_selector {
            return Ok(());
        }
        let mut selected = Vec::new();
        let mut bytes = 0;
        for (index, item) in items.as_array().into_iter().flatten().enumerate() {
            let context = MapItemContext::element(index, Some(item));
            let view = self.view(Some(&context));
            let input = states::iteration_input(map, items, effective_input, index, &view)?;
            bytes += input.bound();
            if input.exceeds(self.limits.payload_bytes) || bytes > self.limits.held_bytes {
                return Err(view.data_limit_exceeded());
            }
            if shows {
                selected.push(input.into_value());
            }
        }
        if shows {
            self.inspection
                .see(Stage::AfterItemSelector, Value::from(selected).into());
        }
        Ok(())
    }

    fn view<'s>(&'s self, own_item: Option<&'s MapItemContext<'s>>) -> StateView<'s> {
        StateView {
            node: self.node,
            execution: &self.surroundings.execution,
            state_machine: &self.surroundings.state_machine,
            variables: VisibleVariables {
                frames: &self.frames,
                frame: &self.frame,
            },
            own_item,
            task_token: self.token.as_deref(),
            random: &self.random,
            limits: &self.limits,
            now: self.surroundings.now,
            budget: Budget::new(),
            inspection: Some(self.inspection),
        }
    }

    /// The first Retrier and the first Catcher that match decide, as in an execution.
    fn fail(mut self, mut raw_input: Option<Payload>, failure: Failure) -> Ended {
        let mut error = failure.error_output();
        let retries = |_| self.surroundings.retries;
        let exhausted = match retry::decide(self.node.retry(), &failure, retries, &self.random) {
            RetryDecision::NoneMatches => None,
            RetryDecision::Exhausted { retrier } => Some(retrier),
            RetryDecision::Retry { retrier, delay, .. } => {
                return self.ended(End::Retried { retrier, delay }, Some(error));
            }
        };
        if let Some(caught) = catch::decide(self.node, &failure) {
            let catcher = caught.index;
            let exit = caught.exit(&mut raw_input, &self.view(None));
            match exit.and_then(|exit| self.leave(exit)) {
                Ok(left) => {
                    let end = End::Caught {
                        catcher,
                        retrier: exhausted,
                        left,
                    };
                    return self.ended(end, Some(error));
                }
                Err(of_catcher) => error = of_catcher.error_output(),
            }
        }
        self.ended(End::Failed { retrier: exhausted }, Some(error))
    }

    /// Assigns the variables and names the next state.
    fn leave(&mut self, exit: Exit) -> Result<Left, Failure> {
        if exit.output.exceeds(self.limits.payload_bytes) {
            return Err(Failure::data_limit_exceeded(&self.node.name));
        }
        let scope = self.frame.variables.get_or_insert_default();
        let mut stored = variables::size(scope);
        variables::store(scope, exit.assigned, &mut stored, &self.limits)?;
        let next = match exit.next {
            Next::State(id) => Some(Arc::clone(&self.program.node(id).name)),
            Next::End => None,
        };
        Ok(Left {
            output: exit.output,
            next,
        })
    }

    fn ended(self, end: End, error: Option<ErrorOutput>) -> Ended {
        let variables = self.frame.variables.into_iter().flat_map(|scope| *scope);
        Ended {
            end,
            error,
            variables: variables.map(|(name, value)| (name, value.into_value())).collect(),
        }
    }
}
