//! Reads a [`TestFile`] from JSON; problems have their places.

use chrono::DateTime;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::time::Duration;

use super::{Case, Expectation, InvalidTestFile, Script, TestFile};
use crate::TaskError;
use crate::loading::template::Format;
use crate::loading::{Places, Problem};
use crate::simulation::Answer;

type Read<T> = Result<T, Problem>;

/// A value with its path.
#[derive(Clone, Copy)]
struct At<'v> {
    value: &'v Value,
    way: Way<'v>,
}

#[derive(Clone, Copy)]
enum Way<'v> {
    Root,
    Key(&'v At<'v>, &'v str),
    Index(&'v At<'v>, usize),
}

/// Reads a file from its JSON.
fn file(value: &Value) -> Read<TestFile> {
    let root = At { value, way: Way::Root };
    let mut file = head(value)?;
    let has_mocks = file.mocks.is_some();
    let names = &mut HashSet::new();
    file.cases = root.required("cases", |cases| {
        if cases.value.as_array().is_some_and(Vec::is_empty) {
            return Err(cases.wrong("there is no case, so nothing is tested"));
        }
        cases.each(|at| {
            let case = case(at, has_mocks)?;
            if !names.insert(case.name.clone()) {
                return Err(at.wrong(format!("another case has the name `{}` already", case.name)));
            }
            Ok(case)
        })
    })?;
    Ok(file)
}

/// Reads everything except the cases.
pub(super) fn head(value: &Value) -> Read<TestFile> {
    let root = At { value, way: Way::Root };
    let fields = [
        "$schema",
        "description",
        "machine",
        "stateMachine",
        "type",
        "substitutions",
        "machines",
        "mocks",
        "cases",
    ];
    root.object(&fields)?;
    Ok(TestFile {
        machine: root.required("machine", |at| at.text())?,
        state_machine: root.optional("stateMachine", |at| at.text())?,
        is_express: root.optional("type", workflow_type)?.unwrap_or(false),
        substitutions: root.optional("substitutions", texts)?.unwrap_or_default(),
        machines: root.optional("machines", texts)?.unwrap_or_default(),
        mocks: root.optional("mocks", |at| at.text())?,
        cases: Vec::new(),
    })
}

/// Reads a single case, which may use the mock file.
pub(super) fn one_case(value: &Value) -> Read<Case> {
    let root = At { value, way: Way::Root };
    case(root, true)
}

/// Reads a file from the tree with its lines.
pub(super) fn file_with_places(text: &str, format: Format) -> Result<TestFile, InvalidTestFile> {
    let places = Places::of(text, format).map_err(|diagnostics| InvalidTestFile { diagnostics })?;
    file(&places.to_value()).map_err(|problem| InvalidTestFile {
        diagnostics: vec![places.diagnostic(problem)],
    })
}

fn workflow_type(at: At<'_>) -> Read<bool> {
    match &*at.text()? {
        "STANDARD" => Ok(false),
        "EXPRESS" => Ok(true),
        _ => Err(at.wrong("the type is `STANDARD` or `EXPRESS`")),
    }
}

fn texts(at: At<'_>) -> Read<indexmap::IndexMap<String, String>> {
    at.members(|name, at| {
        let text = match at.value {
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            _ => at.text()?,
        };
        Ok((name.to_owned(), text))
    })
    .map(|members| members.into_iter().collect())
}

fn case(at: At<'_>, has_mocks: bool) -> Read<Case> {
    at.object(&[
        "name",
        "description",
        "input",
        "tasks",
        "mock",
        "startsAt",
        "seed",
        "allowLeftOver",
        "expect",
    ])?;
    let mock = at.optional("mock", |at| {
        if !has_mocks {
            return Err(at.wrong("the file names no mock file; give it `mocks` at the top"));
        }
        let text = at.text()?;
        let (machine, case) = text
            .split_once('#')
            .ok_or_else(|| at.wrong("write it as `StateMachine#TestCase`"))?;
        Ok((machine.to_owned(), case.to_owned()))
    })?;
    Ok(Case {
        name: at.required("name", |at| at.text())?,
        input: at
            .optional("input", |at| Ok(at.value.clone()))?
            .unwrap_or_else(|| Value::Object(Map::new())),
        tasks: at
            .optional("tasks", |at| at.members(|task, at| Ok((task.to_owned(), scripts(at)?))))?
            .unwrap_or_default()
            .into_iter()
            .flat_map(|(task, scripts)| scripts.into_iter().map(move |script| (task.clone(), script)))
            .collect(),
        mock,
        starts_at: at.optional("startsAt", |at| {
            let start = DateTime::parse_from_rfc3339(&at.text()?);
            start
                .map(|start| start.to_utc())
                .map_err(|_| at.wrong("write a time as `2026-01-31T12:00:00Z`"))
        })?,
        seed: at.optional("seed", |at| at.count())?.unwrap_or(0),
        allows_left_over: at.optional("allowLeftOver", |at| at.boolean())?.unwrap_or(false),
        expect: at.optional("expect", expectation)?.unwrap_or_else(|| Expectation {
            status: "SUCCEEDED".to_owned(),
            ..Expectation::default()
        }),
    })
}

fn expectation(at: At<'_>) -> Read<Expectation> {
    at.object(&[
        "status",
        "output",
        "outputContains",
        "error",
        "cause",
        "path",
        "elapsed",
        "calls",
        "variables",
    ])?;
    let error = at.optional("error", |at| at.text())?;
    let status = at.optional("status", |at| match &*at.text()? {
        status @ ("SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED") => Ok(status.to_owned()),
        _ => Err(at.wrong("the status is `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`")),
    })?;
    let understood = if error.is_some() { "FAILED" } else { "SUCCEEDED" };
    Ok(Expectation {
        status: status.unwrap_or_else(|| understood.to_owned()),
        output: at.optional("output", |at| Ok(at.value.clone()))?,
        output_contains: at.optional("outputContains", |at| Ok(at.value.clone()))?,
        error,
        cause: at.optional("cause", |at| at.text())?,
        path: at.optional("path", |at| at.each(|at| at.text()))?,
        elapsed: at.optional("elapsed", |at| at.duration())?,
        calls: at
            .optional("calls", |at| {
                at.members(|state, at| Ok((state.to_owned(), at.each(|at| Ok(at.value.clone()))?)))
            })?
            .unwrap_or_default(),
        variables: at
            .optional("variables", |at| {
                at.members(|name, at| Ok((name.to_owned(), at.value.clone())))
            })?
            .unwrap_or_default()
            .into_iter()
            .collect(),
    })
}

/// A task's answers: an array, or an object with `always`, `visits`, `items`.
fn scripts(at: At<'_>) -> Read<Vec<Script>> {
    if at.value.is_array() {
        return Ok(vec![Script::Answers(at.each(answer)?)]);
    }
    if !at.value.is_object() {
        return Err(at.wrong("give an array of answers, or an object with `always`, `visits` or `items`"));
    }
    at.object(&["answers", "always", "visits", "items"])?;
    let mut scripts = Vec::new();
    scripts.extend(at.optional("answers", |at| at.each(answer))?.map(Script::Answers));
    if let Some(always) = at.optional("always", answer)? {
        if !scripts.is_empty() {
            return Err(at.wrong("a task has `answers` or `always`, not both"));
        }
        scripts.push(Script::Always(Box::new(always)));
    }
    let numbered = |at: At<'_>| {
        at.members(|number, at| {
            let number = number
                .parse()
                .map_err(|_| at.wrong("the key is a number, counted from 0"))?;
            Ok((number, at.each(answer)?))
        })
    };
    let visits = at.optional("visits", numbered)?.unwrap_or_default();
    scripts.extend(visits.into_iter().map(|(visit, answers)| Script::Visit(visit, answers)));
    let items = at.optional("items", numbered)?.unwrap_or_default();
    scripts.extend(items.into_iter().map(|(item, answers)| Script::Item(item, answers)));
    Ok(scripts)
}

fn answer(at: At<'_>) -> Read<Answer> {
    at.object(&[
        "result",
        "error",
        "cause",
        "timeout",
        "heartbeatLoss",
        "never",
        "callback",
        "after",
        "submitted",
        "worker",
        "heartbeatEvery",
    ])?;
    let result = at.optional("result", |at| Ok(at.value.clone()))?;
    let error = at.optional("error", |at| at.text())?;
    let cause = at.optional("cause", |at| at.text())?;
    let is_set = |name: &'static str| at.optional(name, |at| at.boolean()).map(|set| set.unwrap_or(false));
    let ends = [is_set("timeout")?, is_set("heartbeatLoss")?, is_set("never")?];
    let given = usize::from(result.is_some()) + usize::from(error.is_some()) + ends.iter().filter(|set| **set).count();
    if given != 1 {
        let problem = "an answer has one of `result`, `error`, `timeout`, `heartbeatLoss` and `never`";
        return Err(at.wrong(problem));
    }
    if cause.is_some() && error.is_none() {
        return Err(at.wrong("only an `error` has a `cause`"));
    }
    let is_callback = is_set("callback")?;
    let ended = match (result, error) {
        (Some(result), _) => Some(Ok(result)),
        (_, Some(error)) => Some(Err(TaskError::new(error, cause.unwrap_or_default()))),
        _ => None,
    };
    let mut answer = match (ended, ends) {
        (Some(ended), _) if is_callback => Answer::callback(ended),
        (Some(ended), _) => Answer::from(ended),
        (None, _) if is_callback => return Err(at.wrong("only a `result` or an `error` comes by `callback`")),
        (None, [true, ..]) => Answer::timeout(),
        (None, [_, true, _]) => Answer::heartbeat_loss(),
        (None, _) => Answer::never(),
    };
    if let Some(after) = at.optional("after", |at| at.duration())? {
        answer = answer.after(after);
    }
    if let Some(submitted) = at.optional("submitted", |at| Ok(at.value.clone()))? {
        answer = answer.submitted(submitted);
    }
    if let Some(worker) = at.optional("worker", |at| at.text())? {
        answer = answer.taken_up_by(worker);
    }
    if let Some(time) = at.optional("heartbeatEvery", |at| at.duration())? {
        answer = answer.heartbeat_every(time);
    }
    Ok(answer)
}

impl<'v> At<'v> {
    /// Errors if it is not an object, or has a field that is not in `known`.
    fn object(&self, fields: &[&str]) -> Read<&'v Map<String, Value>> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong("an object is expected here"))?;
        for name in object.keys() {
            if !fields.contains(&name.as_str()) {
                let key = self.wrong(format!("there is no field `{name}` here"));
                let known: Vec<_> = fields.iter().map(|field| format!("`{field}`")).collect();
                return Err(key.at_key(name).help(format!("there may be {}", known.join(", "))));
            }
        }
        Ok(object)
    }

    fn optional<T>(&self, name: &str, read: impl FnOnce(At<'_>) -> Read<T>) -> Read<Option<T>> {
        let value = self.value.get(name);
        value
            .map(|value| {
                read(At {
                    value,
                    way: Way::Key(self, name),
                })
            })
            .transpose()
    }

    fn required<T>(&self, name: &str, read: impl FnOnce(At<'_>) -> Read<T>) -> Read<T> {
        self.optional(name, read)?
            .ok_or_else(|| self.wrong(format!("the field `{name}` is missing")))
    }

    fn members<T>(&self, mut read: impl FnMut(&'v str, At<'_>) -> Read<T>) -> Read<Vec<T>> {
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.wrong("an object is expected here"))?;
        let members = object.iter().map(|(name, value)| {
            read(
                name,
                At {
                    value,
                    way: Way::Key(self, name),
                },
            )
        });
        members.collect()
    }

    fn each<T>(&self, mut read: impl FnMut(At<'_>) -> Read<T>) -> Read<Vec<T>> {
        let array = self
            .value
            .as_array()
            .ok_or_else(|| self.wrong("an array is expected here"))?;
        let elements = array.iter().enumerate().map(|(i, value)| {
            read(At {
                value,
                way: Way::Index(self, i),
            })
        });
        elements.collect()
    }

    fn text(&self) -> Read<String> {
        self.value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.wrong("a text is expected here"))
    }

    fn boolean(&self) -> Read<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.wrong("`true` or `false` is expected here"))
    }

    fn count(&self) -> Read<u64> {
        self.value
            .as_u64()
            .ok_or_else(|| self.wrong("a whole number that is not negative is expected here"))
    }

    fn duration(&self) -> Read<Duration> {
        self.value
            .as_f64()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| self.wrong("a number of seconds is expected here"))
    }

    fn wrong(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.pointer(), message)
    }

    fn pointer(&self) -> String {
        match self.way {
            Way::Root => String::new(),
            Way::Key(parent, key) => format!("{}/{}", parent.pointer(), key.replace('~', "~0").replace('/', "~1")),
            Way::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}
