//! One state on its own, without the graph around it: what `TestState` runs.
//!
//! The state goes through the same functions as in an execution; instead of an engine, the caller says how its work ends.

use chrono::TimeDelta;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

use super::command::{Limits, Timestamp};
use super::failure::{self, Failure};
use super::frames::{Activity, Frame, FrameKey, Frames, VisibleVariables};
use super::input_output::{StateView, place};
use super::inspection::{Inspection, Stage};
use super::intent::{Assigned, Exit, Fork, Intent};
use super::program::{Next, Node, Program};
use super::states;
use super::token::{TokenSecret, task_token};
use crate::data::{
    Budget, ExecutionContext, MAX_NESTING, MapItemContext, Payload, Random, StateMachineContext, json_size,
    nests_within,
};
use crate::definition::{Catcher, CatcherData, MapData, State};
use crate::history::ErrorOutput;

/// What a state sees besides its input.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) execution: ExecutionContext,
    pub(crate) state_machine: StateMachineContext,
    pub(crate) variables: Map<String, Value>,
    /// Retries that the Retrier of its error has made.
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

/// What somebody else has to do before the state is done.
pub(crate) enum Work<'a> {
    /// A resource gets this.
    Task(&'a Payload),
    Branches,
    Iterations(&'a Payload),
}

/// How it went.
pub(crate) struct Ended {
    pub(crate) end: End,
    /// What went wrong, whatever became of it.
    pub(crate) error: Option<ErrorOutput>,
    /// The variables behind the state.
    pub(crate) variables: Map<String, Value>,
}

/// What became of the state.
pub(crate) enum End {
    Left(Left),
    /// By the Catcher with this index; `retrier` has no retries left.
    Caught {
        catcher: usize,
        retrier: Option<usize>,
        left: Left,
    },
    /// It would be tried again, after so much time.
    Retried {
        retrier: usize,
        delay: TimeDelta,
    },
    Failed {
        retrier: Option<usize>,
    },
}

/// What the state leaves behind.
pub(crate) struct Left {
    pub(crate) output: Payload,
    /// The state it leads to; `None` where its graph ends.
    pub(crate) next: Option<Arc<str>>,
}

impl<'a> SingleState<'a> {
    /// The state with this name; `None` where the program has none.
    pub(crate) fn new(
        program: &'a Program,
        name: &str,
        surroundings: Surroundings,
        inspection: &'a Inspection,
    ) -> Option<Self> {
        let node = program.state_named(name)?;
        let variables: IndexMap<String, Arc<Value>> = surroundings
            .variables
            .iter()
            .map(|(name, value)| (name.clone(), Arc::new(value.clone())))
            .collect();
        let frame = Frame {
            serial: 0,
            parent: None,
            index: 0,
            state: program.start_of(Program::MAIN),
            raw_input: None,
            variables: Some(Box::new(variables)),
            last_event: 0,
            entered_event: 0,
            entered_time: surroundings.now,
            retry_count: surroundings.retries,
            retries: Vec::new(),
            activity: Activity::Entering,
            deadline: None,
        };
        let token = match &node.state {
            State::Task(task) if states::has_token(task) => {
                let key = FrameKey { slot: 0, serial: 0 };
                let token = task_token(&TokenSecret::default(), &surroundings.execution.id, key, &frame);
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

    /// Runs the state; `work` says how its work ends, if it has any. What `work` refuses ends the run.
    pub(crate) fn run<E>(
        mut self,
        input: &Payload,
        work: impl FnOnce(Work<'_>) -> Result<Result<Payload, ErrorOutput>, E>,
    ) -> Result<Ended, E> {
        let mut raw_input = Some(input.clone());
        let exit = self.exit(&mut raw_input, work)?;
        // A Catcher works on what came in, whatever the stages made of it.
        let raw_input = Some(raw_input.unwrap_or_else(|| input.clone()));
        Ok(match exit.and_then(|exit| self.leave(exit)) {
            Ok(left) => self.ended(End::Left(left), None),
            Err(failure) => self.fail(raw_input, failure),
        })
    }

    fn exit<E>(
        &self,
        raw_input: &mut Option<Payload>,
        work: impl FnOnce(Work<'_>) -> Result<Result<Payload, ErrorOutput>, E>,
    ) -> Result<Result<Exit, Failure>, E> {
        let view = self.view(None);
        let intent = match states::enter(self.node, raw_input, &view) {
            Ok(intent) => intent,
            Err(failure) => return Ok(Err(failure)),
        };
        let worked = match intent {
            Intent::Exit(exit) => return Ok(Ok(exit)),
            // Nobody waits: the time is over.
            Intent::WaitUntil(_) => Ok(raw_input.clone().unwrap_or_else(Payload::empty_object)),
            Intent::Invoke(invoke) => work(Work::Task(&invoke.input))?,
            Intent::Fork(fork) => match *fork {
                Fork::Branches { .. } => work(Work::Branches)?,
                Fork::Iterations { items, input, .. } => {
                    if let Err(failure) = self.select_items(&items, &input) {
                        return Ok(Err(failure));
                    }
                    work(Work::Iterations(&items))?
                }
                // Whoever looks at a state alone gets its iterations.
                Fork::MapRun(_) => return Ok(Err(Failure::runtime("A Map Run has nobody to run it."))),
            },
        };
        Ok(match worked {
            Ok(result) if result.exceeds(self.limits.payload_bytes) => Err(view.data_limit_exceeded()),
            Ok(result) => {
                if matches!(self.node.state, State::Task(_)) {
                    view.inspect(Stage::Result, &result);
                }
                states::finish(self.node, raw_input, result, &view)
            }
            Err(error) => Err(Failure::Error(error)),
        })
    }

    /// `ItemSelector`, for every item.
    fn select_items(&self, items: &Payload, input: &Payload) -> Result<(), Failure> {
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
            let input = states::iteration_input(map, items, input, index, &view)?;
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
        let retrier = failure::retrier(self.node.retry(), &failure);
        let exhausted = retrier.map(|(index, _)| index);
        if let Some((index, retrier)) = retrier
            && self.surroundings.retries < retrier.max_attempts
        {
            let delay = failure::retry_delay(retrier, self.surroundings.retries, &self.random);
            return self.ended(End::Retried { retrier: index, delay }, Some(error));
        }
        if let Some((index, catcher, output)) = failure::catcher(self.node.catch(), &failure) {
            let caught = self.caught((index, catcher), output, &mut raw_input);
            match caught.and_then(|exit| self.leave(exit)) {
                Ok(left) => {
                    let end = End::Caught {
                        catcher: index,
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

    fn caught(
        &self,
        (index, catcher): (usize, &Catcher),
        output: Value,
        raw_input: &mut Option<Payload>,
    ) -> Result<Exit, Failure> {
        let view = self.view(None);
        let next = self
            .node
            .catch_next
            .get(index)
            .map_or(Next::End, |next| Next::State(*next));
        let exit = match &catcher.data {
            CatcherData::JsonPath(catcher) => Exit {
                assigned: view.assign(catcher.assign.as_ref(), &output)?,
                output: place(&catcher.result_path, raw_input, Cow::Owned(Payload::from(output)))?,
                next,
            },
            CatcherData::Jsonata(exit) => states::caught(exit, index, raw_input.as_ref(), &output, next, &view)?,
        };
        if exit.output.exceeds(self.limits.payload_bytes) {
            return Err(view.data_limit_exceeded());
        }
        Ok(exit)
    }

    /// Assigns the variables and names the next state.
    fn leave(&mut self, exit: Exit) -> Result<Left, Failure> {
        if exit.output.exceeds(self.limits.payload_bytes) {
            return Err(Failure::data_limit_exceeded(&self.node.name));
        }
        if !nests_within(exit.output.value(), MAX_NESTING) {
            return Err(Failure::nested_too_deep(MAX_NESTING));
        }
        self.assign(exit.assigned)?;
        let next = match exit.next {
            Next::State(id) => Some(Arc::clone(&self.program.node(id).name)),
            Next::End => None,
        };
        Ok(Left {
            output: exit.output,
            next,
        })
    }

    fn assign(&mut self, assigned: Assigned) -> Result<(), Failure> {
        let added: usize = assigned.iter().map(|(_, value)| json_size(value)).sum();
        if added > self.limits.variable_bytes {
            return Err(Failure::variables_too_large(added, self.limits.variable_bytes));
        }
        let assigned = assigned.into_iter().map(|(name, value)| (name.to_string(), value));
        self.surroundings.variables.extend(assigned);
        Ok(())
    }

    fn ended(self, end: End, error: Option<ErrorOutput>) -> Ended {
        Ended {
            end,
            error,
            variables: self.surroundings.variables,
        }
    }
}
