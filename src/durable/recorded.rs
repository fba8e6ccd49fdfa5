//! Every later release reads what was written into journals and states, and writes the same again: Restate compares what a
//! replay writes with the journal.
//!
//! `tests/journals/RELEASE.txt` has messages as a release wrote them, each behind its kind. A release that writes anything else
//! adds a file of its own: `cargo test --features jsonata,restate --test fleet record tests/journals/RELEASE.txt`. The older
//! ones stay.
//!
//! If this test fails, a release would break the executions that run: leave the files as they are, and let the type read what
//! they have and write nothing that they do not have, by `#[serde(default, skip_serializing_if = …)]` for a new member.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::activities::{Lent, Offer, Queue};
use super::begun::{Beginning, Begun, Facts, Listed};
use super::documents::{Last, Page, Read, SharedDocument, Write};
use super::messages::{
    Awaited, Delivered, Delivery, Ending, Events, Range, Receipt, Reported, Stop, TaskAnswer, TaskCall,
};
use super::moves::{Parcel, Part, Rest};
use super::nested::Asked;
use super::redrive::{Redriven, Redrives};
use super::remains::{Redrivable, Redrive, Remains};
use super::{tokens, updates};
use crate::execution::{MapRun, MapRunUpdate};
use crate::history::ErrorOutput;
use crate::store::{read_text, written_text};

/// Errors with what a message becomes if it is read and written again.
type Check = fn(&str) -> Result<(), String>;

type Told = Option<(Facts, Option<Ending>)>;

/// The workflows, which have the same handlers.
const WORKFLOWS: [&str; 4] = ["asl.", "asl-execution.", "asl-express.", "asl-child."];

/// What the messages of each kind are; of several, one.
const KINDS: &[(&str, &[Check])] = &[
    ("run.input", &[same::<Begun>, same::<Redrive>, same::<Parcel>]),
    ("run.output", &[same::<Ending>]),
    ("run.promise", &[same::<Stop>]),
    (
        "run.run",
        &[
            same::<Beginning>,
            same::<DateTime<Utc>>,
            same::<Option<BTreeSet<String>>>,
            same::<Reported>,
        ],
    ),
    ("run.signal", &[same::<Vec<Delivered>>, same::<updates::Asked>]),
    ("run.state.end", &[same::<Ending>]),
    ("run.state.facts", &[same::<Facts>]),
    ("run.state.history", &[same::<Events>]),
    ("run.state.listed", &[same::<Listed>]),
    ("run.state.map-run", &[same::<Arc<str>>]),
    ("run.state.map-run-of-arn", &[same::<MapRun>]),
    ("run.state.not-redrivable", &[same::<Option<String>>]),
    ("run.state.origin", &[same::<String>]),
    ("run.state.remains", &[inside::<Remains>]),
    ("begun.input", &[same::<String>]),
    ("begun.output", &[same::<Told>]),
    ("begun.promise", &[same::<()>]),
    ("describe.output", &[same::<Told>]),
    ("ended.input", &[same::<String>]),
    ("ended.output", &[same::<Told>]),
    ("history.input", &[same::<Range>]),
    ("history.output", &[same::<Option<Vec<Events>>>]),
    ("map_runs.input", &[same::<()>]),
    ("map_runs.output", &[same::<Option<Vec<MapRun>>>]),
    ("redrivable.input", &[same::<DateTime<Utc>>]),
    ("redrivable.output", &[same::<Option<Redrivable>>]),
    ("remains.input", &[same::<usize>]),
    ("remains.output", &[same::<Option<String>>]),
    ("stop.input", &[same::<ErrorOutput>]),
    ("stop.output", &[same::<()>]),
    ("stop.run", &[same::<DateTime<Utc>>]),
    ("tell.input", &[same::<Awaited>]),
    ("tell.output", &[same::<()>]),
    ("update_map_run.input", &[same::<MapRunUpdate>]),
    ("update_map_run.output", &[same::<bool>]),
    ("update_map_run.signal", &[same::<bool>]),
    ("asl-activity.ask.input", &[same::<String>]),
    ("asl-activity.ask.output", &[same::<()>]),
    ("asl-activity.ask.state.queue", &[same::<Queue>]),
    ("asl-activity.offer.input", &[same::<Offer>]),
    ("asl-activity.offer.output", &[same::<()>]),
    ("asl-activity.offer.state.number", &[same::<u64>]),
    ("asl-activity.offer.state.queue", &[same::<Queue>]),
    ("asl-activity.offer.state.task", &[same::<Offer>]),
    ("asl-activity.poll.input", &[same::<u64>]),
    ("asl-activity.poll.output", &[same::<Option<Lent>>]),
    ("asl-activity.poll.signal", &[same::<Lent>]),
    ("asl-activity.return.input", &[same::<u64>]),
    ("asl-activity.withdraw.input", &[same::<String>]),
    ("asl-activity.withdraw.output", &[same::<()>]),
    ("asl-definition.keep.input", &[same::<String>]),
    ("asl-definition.keep.output", &[same::<()>]),
    ("asl-definition.keep.state.definition", &[same::<String>]),
    ("asl-documents.read.input", &[same::<Read>]),
    ("asl-documents.read.output", &[same::<Page>]),
    ("asl-documents.read_one.input", &[same::<String>]),
    ("asl-documents.read_one.output", &[same::<Option<SharedDocument>>]),
    ("asl-documents.write.input", &[same::<Write>]),
    ("asl-documents.write.output", &[same::<Option<u64>>]),
    ("asl-documents.write.state.document", &[same::<SharedDocument>]),
    ("asl-documents.write.state.last", &[same::<Last>]),
    ("asl-move.forget.input", &[same::<()>]),
    ("asl-move.forget.output", &[same::<()>]),
    ("asl-move.keep.input", &[whole]),
    ("asl-move.keep.output", &[same::<()>]),
    ("asl-move.keep.state.part", &[same::<Part>]),
    ("asl-move.part.input", &[same::<usize>]),
    ("asl-move.part.output", &[same::<Option<Part>>]),
    ("asl-redrive.hold.input", &[same::<Option<DateTime<Utc>>>]),
    ("asl-redrive.note.input", &[same::<Redrives>]),
    ("asl-redrive.note.output", &[same::<()>]),
    ("asl-redrive.note.state.redrives", &[same::<Redrives>]),
    ("asl-redrive.redrive.input", &[same::<Option<String>>]),
    ("asl-redrive.redrive.output", &[same::<Redriven>]),
    ("asl-redrive.redrive.run", &[same::<DateTime<Utc>>]),
    ("asl-redrive.redrive.state.redrives", &[same::<Redrives>]),
    ("asl-redrive.redrives.input", &[same::<()>]),
    ("asl-redrive.redrives.output", &[same::<Option<Redrives>>]),
    ("asl-task.attempt.input", &[same::<TaskCall>]),
    ("asl-task.attempt.output", &[same::<TaskAnswer>]),
    (
        "asl-task.attempt.run",
        &[
            same::<TaskAnswer>,
            same::<Result<Asked, ErrorOutput>>,
            same::<DateTime<Utc>>,
        ],
    ),
    ("asl-token.deliver.input", &[same::<Delivery>]),
    ("asl-token.deliver.output", &[same::<Receipt>]),
    ("asl-token.deliver.run", &[same::<DateTime<Utc>>]),
    ("asl-token.deliver.state.task", &[same::<tokens::Task>]),
    ("asl-token.expect.input", &[same::<()>]),
    ("asl-token.expect.output", &[same::<()>]),
    ("asl-token.expect.state.task", &[same::<tokens::Task>]),
    ("asl-token.listen.input", &[same::<String>]),
    ("asl-token.listen.output", &[same::<()>]),
    ("asl-token.listen.state.task", &[same::<tokens::Task>]),
    ("asl-token.over.input", &[same::<String>]),
    ("asl-token.over.output", &[same::<()>]),
    ("asl-token.over.state.task", &[same::<tokens::Task>]),
];

fn same<T: Serialize + DeserializeOwned>(text: &str) -> Result<(), String> {
    let value: T = read_text(text, "a message").map_err(|error| error.to_string())?;
    let again = written_text(&value);
    if again == text { Ok(()) } else { Err(again) }
}

/// A message in a text that is one.
fn inside<T: Serialize + DeserializeOwned>(text: &str) -> Result<(), String> {
    same::<String>(text)?;
    let inner: String = read_text(text, "a message").map_err(|error| error.to_string())?;
    same::<T>(&inner)
}

/// A part of an execution that comes from a store; the execution itself is in one.
fn whole(text: &str) -> Result<(), String> {
    same::<(usize, Part)>(text)?;
    match read_text(text, "a message").map_err(|error| error.to_string())? {
        (0_usize, Part::Rest(rest)) => same::<Rest>(&rest),
        _ => Ok(()),
    }
}

#[test]
fn messages_of_every_release_are_read_and_written_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals");
    let kinds: BTreeMap<&str, &[Check]> = KINDS.iter().copied().collect();
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for line in fs::read_to_string(&file).unwrap().lines() {
            let (kind, text) = line.split_once('\t').unwrap();
            let of_workflow = WORKFLOWS.iter().find_map(|service| kind.strip_prefix(service));
            let kind = of_workflow.unwrap_or(kind);
            let Some(checks) = kinds.get(kind) else {
                problems.push(format!("{name}: nothing is said of {kind}"));
                continue;
            };
            seen.insert(kind.to_owned());
            let failures: Vec<_> = checks.iter().filter_map(|check| check(text).err()).collect();
            if failures.len() == checks.len() {
                problems.push(format!("{name}: {kind}\n{text}\nbecomes\n{}", failures.join("\nor\n")));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    let unseen: Vec<_> = kinds.keys().filter(|kind| !seen.contains(**kind)).collect();
    assert!(unseen.is_empty(), "no release has a message of {unseen:?}");
}
