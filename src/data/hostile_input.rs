//! Hostile input: nothing panics, hangs, overflows the stack or exhausts the memory.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Budget, Expression, Intrinsic, JsonPath, MAX_NESTING, PayloadTemplate, ReferencePath, sample};

/// Texts made of pieces of the grammar, so that the parser gets past the first character of most.
fn texts(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![9 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => any::<String>()],
        0..12,
    )
    .prop_map(|pieces| pieces.concat())
}

const PATH: &[&str] = &[
    "$",
    "$$",
    "$menu",
    ".",
    "..",
    "[",
    "]",
    "*",
    "[*]",
    "[?(",
    ")]",
    "@",
    "@.a",
    "@.b",
    ".a",
    ".b",
    "['a']",
    "['a','b']",
    "[0]",
    "[-1]",
    "[0,1]",
    "[1:]",
    "[:2]",
    "[(@.length-1)]",
    "==",
    "<",
    "&&",
    "||",
    "!",
    "'x'",
    "\"",
    "\\",
    " ",
    "1",
    "-",
    "null",
    "=~",
    "/a.*/",
    "(",
    ")",
    ",",
    ":",
    "é",
    ".Execution.Input",
    ".Map.Item.Value",
];

const CALL: &[&str] = &[
    "States.Array(",
    "States.Format(",
    "States.StringToJson(",
    "States.MathAdd(",
    "States.ArrayRange(",
    "States.ArrayPartition(",
    "States.MathRandom(",
    "States.Base64Decode(",
    "States.JsonMerge(",
    "States.ArrayUnique(",
    "States.StringSplit(",
    "States.Hash(",
    ")",
    ",",
    "'",
    "{}",
    "{",
    "}",
    "\\",
    "$.a",
    "$",
    "$$",
    "1",
    "-1.5",
    "1e309",
    "9223372036854775807",
    "null",
    "true",
    "'MD5'",
    "' '",
];

fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[ab]", inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn paths(text in texts(PATH), document in documents()) {
        if let Ok(path) = JsonPath::parse(&text) {
            let _ = sample::in_scope(&document, |scope| path.evaluate(scope, &Budget::new()).map(std::borrow::Cow::into_owned));
        }
        let _ = JsonPath::parse(&format!("${text}")).map(|path| path.evaluate_in(&document).map(drop));
    }

    #[test]
    fn filters(text in texts(PATH), document in documents()) {
        let _ = JsonPath::parse(&format!("$..[?(@.a{text})]")).map(|path| path.evaluate_in(&document).map(drop));
    }

    #[test]
    fn reference_paths(text in texts(PATH), target in documents()) {
        if let Ok(path) = ReferencePath::parse(&format!("${text}")) {
            let mut written = target.clone();
            if path.write(&mut written, json!("new")).is_ok() {
                prop_assert_eq!(&*path.evaluate_in(&written).unwrap(), "new");
            } else {
                prop_assert_eq!(written, target);
            }
        }
    }

    #[test]
    fn intrinsics(text in texts(CALL), document in documents()) {
        for text in [&text, &format!("States.Array({text})"), &format!("States.Format('{{}}', {text})")] {
            if let Ok(intrinsic) = Intrinsic::parse(text) {
                let _ = sample::in_scope(&document, |scope| intrinsic.evaluate(scope, &Budget::new()));
            }
        }
    }

    #[test]
    fn templates(template in documents(), name in "[a-z.$]{0,4}", text in texts(CALL), document in documents()) {
        let template = json!({ name: text, "nested.$": "$", "static": template });
        if let Ok(template) = PayloadTemplate::compile(&template) {
            let _ = sample::in_scope(&document, |scope| template.evaluate(scope, &Budget::new()));
        }
    }
}

/// Arrays in arrays, `depth` levels deep.
fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |value, _| Value::Array(vec![value]))
}

#[test]
fn a_template_that_wraps_its_own_output_stops_growing() {
    let template = PayloadTemplate::compile(&json!({ "wrapped.$": "$" })).unwrap();
    let mut value = json!({});
    let error = loop {
        match sample::in_scope(&value, |scope| template.evaluate(scope, &Budget::new())) {
            Ok(wrapped) => value = wrapped.into_value(),
            Err(error) => break error.to_string(),
        }
    };
    assert_eq!(
        error,
        format!("The value for the field 'wrapped.$' nests deeper than {MAX_NESTING} levels")
    );
}

#[test]
fn a_result_path_that_nests_its_result_stops_growing() {
    let path = ReferencePath::parse("$.a.b").unwrap();
    assert!(path.write(&mut json!({}), nested(MAX_NESTING - 2)).is_ok());
    assert!(path.write(&mut json!({}), nested(MAX_NESTING - 1)).is_err());
}

#[test]
fn a_template_that_nests_too_deeply_is_refused() {
    assert!(PayloadTemplate::compile(&nested(MAX_NESTING)).is_ok());
    assert!(PayloadTemplate::compile(&nested(MAX_NESTING + 1)).is_err());
}

#[test]
fn the_longest_path_fits_the_stack() {
    let document = nested(70);
    for segment in ["[*]", "[0,0]", "[0:1]", "[0]"] {
        let _ = JsonPath::parse(&format!("${}", segment.repeat(64)))
            .unwrap()
            .evaluate_in(&document);
    }
    let filters = "[?(((((((((((((((@.a)))))))))))))))]".repeat(64);
    assert_eq!(
        *JsonPath::parse(&format!("${filters}"))
            .unwrap()
            .evaluate_in(&json!({ "a": 1 }))
            .unwrap(),
        json!([{ "a": 1 }])
    );
}

#[test]
fn a_selection_that_multiplies_itself_is_stopped() {
    let mut document = json!({ "a": (0..500).collect::<Vec<u32>>() });
    for _ in 0..60 {
        document = json!({ "a": document, "b": [1, 2] });
    }
    for path in ["$..*..*..*", "$..*..*..zzz", "$..*..[*]", "$..a..a..a..b"] {
        let _ = JsonPath::parse(path).unwrap().evaluate_in(&document);
    }
    let doubling = JsonPath::parse(&format!("$.b{}", "[0,0]".repeat(30))).unwrap();
    let pairs = (0..40).fold(json!(1), |pair, _| json!([pair]));
    assert!(doubling.evaluate_in(&json!({ "b": pairs })).is_err());

    let large = Value::String("x".repeat(1_000_000));
    let repeated: serde_json::Map<String, Value> = (0..100).map(|field| (format!("f{field}.$"), json!("$"))).collect();
    let template = PayloadTemplate::compile(&Value::Object(repeated)).unwrap();
    assert!(sample::in_scope(&large, |scope| template.evaluate(scope, &Budget::new())).is_err());
    let call = format!("States.Array({})", ["$"; 100].join(","));
    assert!(
        sample::in_scope(&large, |scope| Intrinsic::parse(&call)
            .unwrap()
            .evaluate(scope, &Budget::new()))
        .is_err()
    );
}

#[test]
fn a_large_document_takes_linear_time() {
    let document =
        json!({ "items": (0..20_000).map(|id| json!({ "id": id, "a": { "b": [id] } })).collect::<Vec<_>>() });
    for path in [
        "$.items[?(@.id > 5 && @.a.b[0] < 19990)].id",
        "$..id",
        "$.items[*].a.b[0]",
        "$..[?(@.id)]",
        "$.items[0:19999]",
    ] {
        assert!(
            JsonPath::parse(path)
                .unwrap()
                .evaluate_in(&document)
                .unwrap()
                .as_array()
                .unwrap()
                .len()
                > 10_000,
            "{path}"
        );
    }
    let same_hash: Vec<String> = (0..4_096)
        .map(|bits| {
            (0..12)
                .map(|bit| if bits >> bit & 1 == 0 { "Aa" } else { "BB" })
                .collect()
        })
        .collect();
    let unique = Expression::parse("States.ArrayUnique($)").unwrap();
    let count = sample::in_scope(&json!(same_hash), |scope| {
        unique
            .evaluate("x.$", scope, &Budget::new())
            .unwrap()
            .as_array()
            .unwrap()
            .len()
    });
    assert_eq!(count, 4_096);
}
