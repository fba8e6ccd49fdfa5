//! Paths, payload templates and intrinsic functions, evaluated in random documents.

use std::sync::Arc;

use asl_engine::data::{
    ContextObject, ExecutionContext, Intrinsic, JsonPath, MAX_NESTING, MAX_RESULT_BYTES, MapItemContext,
    PayloadTemplate, Random, ReferencePath, Scope, StateContext, StateMachineContext, json_size, nests_within,
};
use chrono::DateTime;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Dice, grammar};

pub(crate) fn path(dice: &Dice) -> bool {
    let text = grammar::path(dice);
    let document = dice.json(5);
    let parsed = JsonPath::parse(&text);
    if let Ok(path) = &parsed {
        in_scope(&document, |scope| check(path.evaluate(scope).ok().as_deref()));
        let _ = path.evaluate_in(&document);
    }
    if let Ok(path) = ReferencePath::parse(&text) {
        let mut written = document.clone();
        if path.write(&mut written, dice.json(2)).is_err() {
            assert_eq!(written, document, "{text}: a failure leaves the document alone");
        }
        check(Some(&written));
    }
    parsed.is_ok()
}

pub(crate) fn template(dice: &Dice) -> bool {
    let template = grammar::template(dice, 3);
    let compiled = PayloadTemplate::compile(&template);
    if let Ok(compiled) = &compiled {
        let document = dice.json(4);
        in_scope(&document, |scope| check(compiled.evaluate(scope).ok().as_ref()));
    }
    compiled.is_ok()
}

pub(crate) fn intrinsic(dice: &Dice) -> bool {
    let call = Intrinsic::parse(&grammar::call(dice, 4));
    if let Ok(call) = &call {
        let document = dice.json(4);
        in_scope(&document, |scope| match call.evaluate(scope) {
            Ok(value) => check(Some(&value)),
            Err(error) => assert!(!error.to_string().is_empty()),
        });
    }
    call.is_ok()
}

/// Whatever comes out is within bounds.
fn check(value: Option<&Value>) {
    if let Some(value) = value {
        assert!(nests_within(value, MAX_NESTING + 2));
        assert!(json_size(value) <= 2 * MAX_RESULT_BYTES);
    }
}

fn in_scope(input: &Value, evaluate: impl FnOnce(&Scope<'_>)) {
    let execution = ExecutionContext {
        id: "arn:e".into(),
        input: json!({ "a": [1, { "b": 2 }] }).into(),
        name: "e".into(),
        role_arn: "arn:r".into(),
        start_time: DateTime::UNIX_EPOCH,
        redrive_count: None,
    };
    let state_machine = StateMachineContext {
        id: "arn:m".into(),
        name: "M".into(),
    };
    let item = json!({ "a": 1 });
    let context = ContextObject {
        execution: &execution,
        state_machine: &state_machine,
        state: StateContext {
            name: "S",
            entered_time: DateTime::UNIX_EPOCH,
            retry_count: Some(0),
        },
        task_token: None,
        map_item: Some(MapItemContext {
            index: 0,
            value: Some(&item),
            key: None,
            source: None,
        }),
    };
    let variables: IndexMap<String, Arc<Value>> = [("v".to_owned(), Arc::new(json!({ "a": [{ "b": 1 }] })))].into();
    evaluate(&Scope {
        input,
        context: &context,
        variables: &variables,
        random: &Random::seeded(7),
    });
}
