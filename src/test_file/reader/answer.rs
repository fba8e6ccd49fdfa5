//! Reads the answers of a task.

use crate::TaskError;
use crate::loading::{At, Read};
use crate::simulation::Answer;
use crate::test_file::Script;

/// The fields of a task's answers, where they are no array.
pub(super) const SCRIPT_FIELDS: [&str; 4] = ["answers", "always", "visits", "items"];

/// The fields of an answer.
pub(super) const FIELDS: [&str; 12] = [
    "result",
    "payload",
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
];

/// A task's answers: an array, or an object with `always`, `visits`, `items`.
pub(super) fn scripts(at: At<'_>) -> Read<Vec<Script>> {
    if at.value.is_array() {
        return Ok(vec![Script::Answers(at.each(answer)?)]);
    }
    if !at.value.is_object() {
        return Err(at.wrong("give an array of answers, or an object with `always`, `visits` or `items`"));
    }
    at.object(&SCRIPT_FIELDS)?;
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
    at.object(&FIELDS)?;
    let result = at.optional("result", |at| Ok(at.value.clone()))?;
    let payload = at.optional("payload", |at| Ok(at.value.clone()))?;
    let error = at.optional("error", |at| at.text())?;
    let cause = at.optional("cause", |at| at.text())?;
    let is_set = |name: &'static str| at.optional(name, |at| at.boolean()).map(|set| set.unwrap_or(false));
    let ends = [is_set("timeout")?, is_set("heartbeatLoss")?, is_set("never")?];
    let given = [result.is_some(), payload.is_some(), error.is_some()];
    if given.iter().chain(&ends).filter(|given| **given).count() != 1 {
        let problem = "an answer has one of `result`, `payload`, `error`, `timeout`, `heartbeatLoss` and `never`";
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
        (None, _) if payload.is_some() && !is_callback => Answer::lambda(payload.unwrap_or_default()),
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
    if let Some(time) = at.optional("heartbeatEvery", |at| at.interval())? {
        answer = answer.heartbeat_every(time);
    }
    Ok(answer)
}
