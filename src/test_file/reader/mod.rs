//! Reads a [`TestFile`] from JSON; problems have their places.

mod answer;
mod expectation;

use chrono::DateTime;
use serde_json::{Map, Value};
use std::collections::HashSet;

use super::{Case, Expectation, FunctionCommand, InvalidTestFile, TestFile, UnusableCase};
use crate::loading::template::Format;
use crate::loading::{At, Places, Read};
use crate::programs::DEFAULT_TIMEOUT;
use answer::scripts;
use expectation::expectation;

/// The fields of a file.
const FILE_FIELDS: [&str; 10] = [
    "$schema",
    "description",
    "machine",
    "stateMachine",
    "type",
    "substitutions",
    "machines",
    "functions",
    "mocks",
    "cases",
];

/// The fields of a case.
const CASE_FIELDS: [&str; 9] = [
    "name",
    "description",
    "input",
    "tasks",
    "mock",
    "startsAt",
    "seed",
    "allowLeftOver",
    "expect",
];

/// The fields of a function that has more than its command.
const FUNCTION_FIELDS: [&str; 3] = ["command", "keepRunning", "timeout"];

/// The fields of each object, by its place in the JSON Schema.
#[cfg(test)]
pub(super) const FIELDS: [(&str, &[&str]); 7] = [
    ("", &FILE_FIELDS),
    ("/$defs/case", &CASE_FIELDS),
    ("/$defs/expectation", &expectation::FIELDS),
    (
        "/$defs/expectation/properties/transitions/oneOf/1",
        &expectation::TRANSITIONS_FIELDS,
    ),
    ("/$defs/function/oneOf/1", &FUNCTION_FIELDS),
    ("/$defs/script/oneOf/1", &answer::SCRIPT_FIELDS),
    ("/$defs/answer", &answer::FIELDS),
];

/// Reads a file from its JSON. What is wrong within one case spoils that case only.
fn file(value: &Value, places: &Places<'_>) -> Read<TestFile> {
    let root = At::root(value);
    let mut file = head(value)?;
    let has_mocks = file.mocks.is_some();
    let names = &mut HashSet::new();
    file.cases = root.required("cases", |cases| {
        if cases.value.as_array().is_some_and(Vec::is_empty) {
            return Err(cases.wrong("there is no case, so nothing is tested"));
        }
        let mut number = 0;
        cases.each(|at| {
            number += 1;
            Ok(unique_case(at, has_mocks, names).map_err(|problem| UnusableCase {
                name: name_or_number(at.value, number),
                problem: Box::new(places.diagnostic(problem)),
            }))
        })
    })?;
    Ok(file)
}

fn unique_case(at: At<'_>, has_mocks: bool, names: &mut HashSet<String>) -> Read<Case> {
    let case = case(at, has_mocks)?;
    if !names.insert(case.name.clone()) {
        return Err(at.wrong(format!("another case has the name `{}` already", case.name)));
    }
    Ok(case)
}

fn name_or_number(case: &Value, number: usize) -> String {
    let name = case.get("name").and_then(Value::as_str);
    name.map_or_else(|| format!("case {number}"), str::to_owned)
}

/// Reads everything except the cases.
pub(super) fn head(value: &Value) -> Read<TestFile> {
    let root = At::root(value);
    root.object(&FILE_FIELDS)?;
    Ok(TestFile {
        machine: root.required("machine", |at| at.text())?,
        state_machine: root.optional("stateMachine", |at| at.text())?,
        is_express: root.optional("type", workflow_type)?.unwrap_or(false),
        substitutions: root.optional("substitutions", texts)?.unwrap_or_default(),
        machines: root.optional("machines", files)?.unwrap_or_default(),
        functions: root
            .optional("functions", |at| {
                at.members(|name, at| Ok((name.to_owned(), function(at)?)))
            })?
            .unwrap_or_default()
            .into_iter()
            .collect(),
        mocks: root.optional("mocks", |at| at.text())?,
        cases: Vec::new(),
    })
}

/// Reads a single case, which may use the mock file.
pub(super) fn one_case(value: &Value) -> Read<Case> {
    let root = At::root(value);
    case(root, true)
}

/// Reads a file from the tree with its lines.
pub(super) fn file_with_places(text: &str, format: Format) -> Result<TestFile, InvalidTestFile> {
    let places = Places::of(text, format).map_err(|diagnostics| InvalidTestFile { diagnostics })?;
    file(&places.to_value(), &places).map_err(|problem| InvalidTestFile {
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

fn files(at: At<'_>) -> Read<indexmap::IndexMap<String, String>> {
    let files = at.members(|name, at| Ok((name.to_owned(), at.text()?)))?;
    Ok(files.into_iter().collect())
}

/// The program of a function: its command, or an object with the command and more.
fn function(at: At<'_>) -> Read<FunctionCommand> {
    if at.value.is_string() {
        return Ok(FunctionCommand {
            command: at.text()?,
            keeps_running: false,
            timeout: DEFAULT_TIMEOUT,
        });
    }
    if !at.value.is_object() {
        return Err(at.wrong("give a command, or an object with `command`"));
    }
    at.object(&FUNCTION_FIELDS)?;
    Ok(FunctionCommand {
        command: at.required("command", |at| at.text())?,
        keeps_running: at.optional("keepRunning", |at| at.boolean())?.unwrap_or(false),
        timeout: at.optional("timeout", |at| at.duration())?.unwrap_or(DEFAULT_TIMEOUT),
    })
}

fn case(at: At<'_>, has_mocks: bool) -> Read<Case> {
    at.object(&CASE_FIELDS)?;
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
