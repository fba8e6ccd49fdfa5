//! What expressions select of large data is shared, and what they read of it is not put together.

use chrono::DateTime;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::data::jsonata::{Expected, JsonataBindings, JsonataExpressions, JsonataTemplate, Location};
use crate::data::{Budget, Payload, Piece, Random, sample};

/// The value of a template, of which large parts are shared.
fn filled(template: &Value, input: &Payload) -> Piece {
    let template = JsonataTemplate::compile(template, &mut JsonataExpressions::default()).unwrap();
    let variables: IndexMap<String, Payload> = [("kept".to_owned(), input.clone())].into();
    sample::in_scope(&Value::Null, |scope| {
        let (random, budget) = (Random::seeded(1), Budget::new());
        let context = scope.context.context_object();
        let bindings = JsonataBindings::new(input, &context, &variables, &random, DateTime::UNIX_EPOCH, &budget);
        let filled = template.evaluate(&Location::Field("Output"), Expected::Any, &bindings);
        filled.unwrap()
    })
}

fn orders() -> Value {
    json!({ "orders": vec![json!({ "id": 1.5, "total": 3 }); 1_000], "id": 7, "note": { "by": ["me", "you"] } })
}

/// The same in parts, as a template of a state before has left it.
fn in_parts() -> Payload {
    let Value::Object(mut small) = orders() else {
        unreachable!()
    };
    let large = small.insert("orders".to_owned(), Value::Null).unwrap();
    Payload::object(small, vec![("orders".to_owned(), large.into())])
}

#[test]
fn a_large_part_is_shared() {
    for input in [Payload::from(orders()), in_parts()] {
        let shared = |template: Value| match filled(&template, &input) {
            Piece::Shared(payload) => payload,
            Piece::Own(value) => panic!("{template} copies {} bytes", value.to_string().len()),
        };
        let whole = shared(json!("{% $states.input %}"));
        assert_eq!(whole.address(), input.address());
        assert_eq!(shared(json!("{% $kept %}")).address(), input.address());
        let once = shared(json!("{% $states.input.orders %}"));
        assert_eq!(once.address(), shared(json!("{% $kept.orders %}")).address());
        let template = json!({ "n": "{% $states.input.id + 1 %}", "of": [0, "{% $states.input.orders %}"], "x": 1 });
        let expected = json!({ "n": 8, "of": [0, orders()["orders"]], "x": 1 });
        assert_eq!(shared(template), expected);
    }
}

#[test]
fn a_small_part_is_copied() {
    for input in [
        Payload::from(orders()),
        in_parts(),
        Payload::from(json!({ "orders": [1] })),
    ] {
        let is_own = |text: &str| matches!(filled(&json!(text), &input), Piece::Own(_));
        assert!(is_own("{% $exists($states.input.note) ? $states.input.note : 0 %}"));
        assert!(is_own("{% $states.input.orders[0] %}"));
    }
    assert!(matches!(
        filled(&json!("{% $states.input.note %}"), &in_parts()),
        Piece::Own(_)
    ));
}

#[test]
fn reading_a_payload_in_parts_puts_nothing_together() {
    for (text, expected) in [
        ("$states.input.id", json!(7)),
        ("$states.input.note.by", json!(["me", "you"])),
        ("$states.input.note.by[1]", json!("you")),
        ("$states.input.id + 1", json!(8)),
        ("$count($states.input.orders)", json!(1_000)),
        ("$states.input.orders[-1].id", json!(1.5)),
        ("$sum($states.input.orders.total)", json!(3_000)),
        ("$keys($states.input)", json!(["orders", "id", "note"])),
        ("$states.input.nope ? 1 : 2", json!(2)),
        // With the meter, which reads copies.
        ("$string($states.input.id) & $substring($uuid(), 0, 0)", json!("7")),
        ("$kept.id * 2", json!(14)),
    ] {
        let input = in_parts();
        let value = filled(&json!(format!("{{% {text} %}}")), &input);
        assert_eq!(value.into_value(), expected, "{text}");
        assert!(input.only_parts().is_some(), "{text}");
    }
}

#[test]
fn a_payload_in_parts_is_read_like_a_whole() {
    for text in [
        "$states.input",
        "$states.input.*.by",
        "$states.input.**[id = 7].note",
        "$states.input ~> |note|{'by': 1}|",
        "$merge([$states.input, {'id': 8}])",
        "$states.input.orders[id > 1][0]",
        "$each($states.input, function($value, $name) { $name })",
    ] {
        let template = json!(format!("{{% {text} %}}"));
        let [whole, parts] = [Payload::from(orders()), in_parts()].map(|input| filled(&template, &input).into_value());
        assert_eq!(whole, parts, "{text}");
    }
    let empty = Payload::object(Map::new(), vec![]);
    assert_eq!(
        filled(&json!("{% $count($keys($states.input)) %}"), &empty).into_value(),
        json!(0)
    );
}
