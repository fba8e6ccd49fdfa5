//! Writes change nobody else's data, and a payload of parts is the same data as a whole.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::Payload;
use crate::data::{Budget, JsonPath, MAX_NESTING, PayloadTemplate, ReferencePath, sample};

fn set(payload: &mut Payload, name: &str, value: Value) {
    let growth = name.len() + value.to_string().len() + 4;
    let written: Result<(), ()> = payload.write(Some(name), growth, |target| {
        target[name] = value;
        Ok(())
    });
    written.unwrap();
}

#[test]
fn a_write_changes_nobody_elses_data() {
    let mut mine = Payload::from(json!({ "id": 7 }));
    let theirs = mine.clone();
    set(&mut mine, "paid", json!(true));
    assert_eq!(theirs, json!({ "id": 7 }));
    assert_eq!(mine, json!({ "id": 7, "paid": true }));
}

#[test]
fn the_text_is_never_an_old_one() {
    let mut payload = Payload::from(json!({ "id": 7 }));
    assert_eq!(payload.to_text().as_str(), r#"{"id":7}"#);
    set(&mut payload, "id", json!(8));
    assert_eq!(payload.to_text().as_str(), r#"{"id":8}"#);
}

#[test]
fn a_bound_that_passes_the_limit_is_measured() {
    let mut payload = Payload::from(json!({ "id": 7 }));
    for round in 0..1_000 {
        set(&mut payload, "id", json!(round));
    }
    assert!(payload.bound() > 1_000);
    assert!(!payload.exceeds(100));
    assert_eq!(payload.bound(), r#"{"id":999}"#.len());
    assert!(payload.exceeds(5));
}

fn large() -> Value {
    json!({ "blob": "x".repeat(5_000), "rows": [["é\"".repeat(3_000)], 1], "a": { "b": {} } })
}

fn select(payload: &Payload, path: &str) -> Option<Payload> {
    let path = JsonPath::parse(path).unwrap();
    sample::in_scope(&Value::Null, |scope| {
        let mut scope = *scope;
        scope.input = payload.into();
        path.shared(&scope)
    })
}

#[test]
fn large_parts_are_shared_and_small_ones_are_not() {
    let payload = Payload::from(large());
    let blob = select(&payload, "$.blob").unwrap();
    assert_eq!(blob.address(), select(&payload, "$.blob").unwrap().address());
    assert_eq!(select(&payload, "$.rows[0][0]").unwrap(), large()["rows"][0][0]);
    assert_eq!(select(&payload, "$").unwrap().address(), payload.address());
    for path in [
        "$.a",
        "$.rows[1]",
        "$.missing",
        "$.blob.x",
        "$.rows[*]",
        "$$.Execution.Input",
    ] {
        assert!(select(&payload, path).is_none(), "{path}");
    }
}

#[test]
fn a_payload_for_paths_is_the_same_data() {
    for value in [
        json!({}),
        json!([large()]),
        large(),
        json!({ "é\"": large(), "n": -1.5 }),
        json!("x"),
    ] {
        let payload = Payload::for_paths(value.clone());
        assert_eq!(payload.bound(), value.to_string().len(), "{value}");
        assert_eq!(payload.to_text().as_str(), value.to_string());
        assert_eq!(payload, value);
    }
    let payload = Payload::for_paths(large());
    assert!(payload.parts().is_some());
    assert!(Payload::for_paths(json!([large()])).parts().is_none());
    let many: Value = (0..10_000)
        .map(|n| (n.to_string(), json!(n)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    assert!(Payload::for_paths(many).parts().is_none());
}

#[test]
fn variables_share_what_is_assigned() {
    let input = Payload::from(large());
    let assign = PayloadTemplate::compile(&json!({ "all.$": "$", "rows.$": "$.rows", "small.$": "$.a" })).unwrap();
    let assigned = sample::in_scope(&Value::Null, |scope| {
        let mut scope = *scope;
        scope.input = (&input).into();
        assign.evaluate(&scope, &Budget::new()).unwrap().into_members()
    });
    let mut variables: IndexMap<String, Payload> =
        assigned.into_iter().map(|(name, piece)| (name, piece.into())).collect();
    assert_eq!(variables["all"].address(), input.address());
    assert_eq!(variables["small"], large()["a"]);
    sample::in_scope(&Value::Null, |scope| {
        let mut scope = *scope;
        scope.variables = &variables;
        let read = |path| JsonPath::parse(path).unwrap().shared(&scope);
        assert_eq!(
            read("$rows").unwrap().address(),
            select(&input, "$.rows").unwrap().address()
        );
        assert_eq!(read("$all.rows[0][0]").unwrap(), large()["rows"][0][0]);
        assert!(read("$small").is_none() && read("$missing").is_none());
    });
    variables["all"].set(json!(1).into());
    assert_eq!(
        (&input, &variables["all"]),
        (&Payload::from(large()), &Payload::from(json!(1)))
    );
}

#[test]
fn what_is_shared_counts_once() {
    let payload = Payload::from(json!({ "blob": "x".repeat(100_000) }));
    let blob = select(&payload, "$.blob").unwrap();
    let mut seen = HashSet::new();
    let both = payload.held_size(&mut seen) + blob.held_size(&mut seen);
    // The whole, and its part, which is held besides it.
    assert!((200_000..201_000).contains(&both), "{both}");
}

#[test]
fn nesting_is_that_of_the_whole() {
    let mut payload = Payload::from(large());
    for levels in 3..=MAX_NESTING {
        assert!(
            payload.nests_within(levels) && !payload.nests_within(levels - 1),
            "{levels}"
        );
        payload = Payload::object(json!({}).as_object().cloned().unwrap(), vec![("x".to_owned(), payload)]);
    }
}

#[test]
fn typed_data_is_read_from_parts() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Typed {
        blob: String,
        rows: (Vec<String>, u8),
        a: Option<std::collections::HashMap<String, Value>>,
        #[serde(default)]
        missing: Option<u8>,
    }
    let (payload, expected) = (Payload::from(large()), Typed::deserialize(large()).unwrap());
    let parts = Payload::of_parts(payload.split().unwrap().clone());
    assert_eq!(Typed::deserialize(&parts).unwrap(), expected);
    let error = Typed::deserialize(&Payload::from(json!([1]))).unwrap_err();
    assert!(error.to_string().contains("invalid type"), "{error}");
}

const PATHS: [&str; 8] = [
    "$.blob",
    "$.rows",
    "$.rows[0][0]",
    "$.a",
    "$.a.b",
    "$.new",
    "$.a.b.c",
    "$",
];

/// What a state does with its data.
#[derive(Clone, Debug)]
enum Step {
    Write(usize, usize),
    WriteText(usize, u8),
    Template(usize, usize),
    Fork,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    let path = || 0..PATHS.len();
    prop_oneof![
        (path(), path()).prop_map(|(at, from)| Step::Write(at, from)),
        (path(), any::<u8>()).prop_map(|(at, size)| Step::WriteText(at, size)),
        (path(), path()).prop_map(|(first, second)| Step::Template(first, second)),
        Just(Step::Fork),
        Just(Step::Look),
    ]
}

/// Does the step with payloads whose parts are shared, or without.
fn follow(payload: &mut Payload, step: &Step, kept: &mut Vec<Payload>) -> Result<(), String> {
    let part = |payload: &Payload, from: usize| {
        let path = JsonPath::parse(PATHS[from]).unwrap();
        match select(payload, PATHS[from]) {
            Some(part) => Ok(part),
            None => path.evaluate_in(payload).map(|found| Payload::from(found.into_owned())),
        }
        .map_err(|error| error.to_string())
    };
    match *step {
        Step::Write(at, from) => write(payload, at, part(payload, from)?)?,
        Step::WriteText(at, size) => write(payload, at, Payload::from(json!("ü".repeat(usize::from(size) * 40))))?,
        Step::Template(first, second) => {
            let template = json!({ "blob.$": PATHS[first], "a": { "b": [{ "c.$": PATHS[second] }] }, "rows": [1, 2] });
            let template = PayloadTemplate::compile(&template).unwrap();
            let made = sample::in_scope(&Value::Null, |scope| {
                let mut scope = *scope;
                scope.input = (&*payload).into();
                template.evaluate(&scope, &Budget::new())
            });
            *payload = made.map_err(|error| error.to_string())?;
        }
        Step::Fork => kept.push(payload.clone()),
        Step::Look => drop(payload.to_text()),
    }
    Ok(())
}

fn write(payload: &mut Payload, at: usize, part: Payload) -> Result<(), String> {
    let path = ReferencePath::parse(PATHS[at]).unwrap();
    let growth = part.bound() + 6 * PATHS[at].len();
    let written = path.write_payload(payload, Cow::Owned(part), growth);
    written.map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn parts_are_the_same_data_as_the_whole(steps in prop::collection::vec(step(), 1..12)) {
        let mut payload = Payload::from(large());
        let mut kept = Vec::new();
        let mut expected = large();
        let mut expected_kept = Vec::new();
        for step in &steps {
            // The same step on data that is never shared: small parts are not, nor is a value.
            let mut whole = Payload::from(expected.clone());
            let done = follow(&mut payload, step, &mut kept);
            let expected_done = plain(&mut whole, step);
            prop_assert_eq!(&done, &expected_done, "{:?}", step);
            expected = whole.into_value();
            if matches!(step, Step::Fork) {
                expected_kept.push(expected.clone());
            }
            prop_assert!(payload.bound() >= expected.to_string().len(), "{:?}", step);
        }
        let text = payload.to_text();
        prop_assert_eq!(text.as_str(), expected.to_string());
        prop_assert_eq!(serde_json::to_string(&payload).unwrap(), expected.to_string());
        prop_assert_eq!(kept.iter().map(Payload::to_value).collect::<Vec<_>>(), expected_kept);
        prop_assert_eq!(&payload.to_value(), &expected);
        prop_assert_eq!(&Value::deserialize(&payload).unwrap(), &expected);
        prop_assert_eq!(payload.into_value(), expected);
    }
}

/// The step, on values alone.
fn plain(payload: &mut Payload, step: &Step) -> Result<(), String> {
    let mut value = payload.to_value();
    let read = |from: usize| {
        let path = JsonPath::parse(PATHS[from]).unwrap();
        path.evaluate_in(&value)
            .map(Cow::into_owned)
            .map_err(|error| error.to_string())
    };
    let written = match *step {
        Step::Write(at, from) => Some((at, read(from)?)),
        Step::WriteText(at, size) => Some((at, json!("ü".repeat(usize::from(size) * 40)))),
        Step::Template(first, second) => {
            let template = json!({ "blob.$": PATHS[first], "a": { "b": [{ "c.$": PATHS[second] }] }, "rows": [1, 2] });
            let template = PayloadTemplate::compile(&template).unwrap();
            let made = sample::in_scope(&value, |scope| template.evaluate(scope, &Budget::new()));
            *payload = made.map_err(|error| error.to_string())?;
            return Ok(());
        }
        Step::Fork | Step::Look => None,
    };
    if let Some((at, part)) = written {
        let path = ReferencePath::parse(PATHS[at]).unwrap();
        path.write(&mut value, part).map_err(|error| error.to_string())?;
        *payload = Payload::from(value);
    }
    Ok(())
}
