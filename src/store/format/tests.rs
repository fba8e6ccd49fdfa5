use super::*;
use crate::execution::{Execution, TaskId};
use crate::store::StoreErrorKind;
use serde_json::json;

fn program(definition: Value) -> Program {
    Program::compile(&definition.to_string().parse().unwrap())
}

#[test]
fn definitions_come_back() {
    let definition = json!({ "StartAt": "S", "States": { "S": { "Type": "Pass", "Result": 1.0, "End": true } } });
    for workflow_type in [WorkflowType::Standard, WorkflowType::Express] {
        let machine = Loader::new()
            .workflow_type(workflow_type)
            .parse(&definition.to_string())
            .unwrap();
        let stored = StoredDefinition::of(&Program::compile(&machine));
        let read = stored.program().unwrap();
        assert_eq!(read.machine().workflow_type, workflow_type);
        assert_eq!(read.machine().definition(), &definition);
    }
}

#[test]
fn a_snapshot_of_the_deepest_data_comes_back() {
    let wait = program(json!({ "StartAt": "S", "States": { "S": { "Type": "Wait", "Seconds": 1, "End": true } } }));
    let wait = Arc::new(wait);
    let deep = (1..MAX_NESTING).fold(json!({}), |inner, _| json!({ "a": inner }));
    let now = DateTime::UNIX_EPOCH;
    let execution = Execution::start(Arc::clone(&wait), StartOptions::new(deep.clone()), now);
    let snapshot = StoredSnapshot::of(3, &execution.snapshot()).read().unwrap();
    assert_eq!(Execution::restore(wait, snapshot).unwrap().context().input, deep);
}

#[test]
fn an_answer_that_is_too_deep_stays_too_deep() {
    let raw_result = (0..100_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    let task = TaskId {
        frame: 1,
        generation: 2,
    };
    let mut event = Event::TaskSucceeded { task, raw_result };
    let entry = JournalEntry::of(1, DateTime::UNIX_EPOCH, 5, &event);
    assert!(event.drop_deep_output());
    let (_, events, read) = entry.read().unwrap();
    let mut read = read.unwrap();
    assert_eq!(events, 5);
    assert!(read.drop_deep_output());
    assert_eq!(read, event);
}

#[test]
fn a_redrive_is_no_event() {
    let time = DateTime::UNIX_EPOCH;
    assert_eq!(JournalEntry::of_redrive(1, time, 5).read().unwrap(), (time, 5, None));
    for event in [Event::DeadlineReached, Event::Turn] {
        let entry = JournalEntry::of(1, time, 5, &event);
        assert_eq!(entry.read().unwrap(), (time, 5, Some(event)));
    }
}

#[test]
fn events_come_back_with_their_types() {
    let entered = json!({ "stateType": "Pass", "name": "S", "input": "1" });
    for (details, event_type, text) in [
        (
            json!({ "StateEntered": entered }),
            "PassStateEntered",
            entered.to_string(),
        ),
        (json!({ "ActivityStarted": {} }), "ActivityStarted", "{}".to_owned()),
        (json!("MapStateSucceeded"), "MapStateSucceeded", "null".to_owned()),
    ] {
        let event = HistoryEvent::new(
            2,
            1,
            DateTime::UNIX_EPOCH,
            serde_json::from_value(details.clone()).unwrap(),
        );
        let record = HistoryRecord::of(&event);
        assert_eq!((record.event_type.as_str(), &record.details), (event_type, &text));
        assert_eq!(record.event().unwrap(), event);
        // As the first releases wrote it.
        let first = HistoryRecord {
            details: details.to_string(),
            ..record
        };
        assert_eq!(first.event().unwrap(), event);
    }
}

#[test]
fn foreign_texts_are_refused() {
    let kind = |text: &str| {
        let text = text.to_owned();
        let entry = JournalEntry { number: 1, text };
        entry.read().unwrap_err().kind()
    };
    assert_eq!(kind(""), StoreErrorKind::Damaged);
    assert_eq!(kind("[1,2"), StoreErrorKind::Damaged);
    assert_eq!(kind("[2,{}]"), StoreErrorKind::NewerFormat);
    assert_eq!(kind(&"[1,".repeat(100_000)), StoreErrorKind::Damaged);
}
