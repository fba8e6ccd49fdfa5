use super::*;
use serde_json::{Value, json};

fn value(source: &str) -> Option<Value> {
    parse(source).root.ok().map(|root| root.to_value())
}

fn refused(source: &str) -> (String, usize) {
    let parsed = parse(source);
    assert_eq!(parsed.problems, [], "{source}");
    let error = parsed.root.unwrap_err();
    (error.message, error.span.start + 1)
}

fn kind(source: &str) -> SyntaxErrorKind {
    parse(source).root.unwrap_err().kind
}

#[test]
fn valid_texts_have_the_value_that_serde_json_gives_them() {
    for source in [
        "null",
        " [ ] ",
        "{}",
        "[1, -2, 0, 1.5, -1e3, 1E+2, 18446744073709551615, 123456789012345678901234567890]",
        r#"{"b": 1, "a": {"c": [true, false, null]}}"#,
        r#""\" \\ \/ \b \f \n \r \t \u00e9 \ud83c\udf55 ピザ""#,
        r#"["$", "$.a", "${", "${}", "${a b}", "$$"]"#,
    ] {
        assert_eq!(parse(source).problems, [], "{source}");
        assert_eq!(value(source), Some(serde_json::from_str(source).unwrap()), "{source}");
    }
    assert_eq!(value("-0"), Some(json!(0)), "as Jackson reads it");
}

#[test]
fn what_serde_json_refuses_is_refused() {
    for source in [
        "",
        " ",
        "{",
        "[",
        "\"",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "[1",
        "[1,",
        "[1,]",
        "[,]",
        "{,}",
        "tru",
        "nulL",
        "+1",
        "-",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1a",
        "0x1",
        "NaN",
        "'a'",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "\"\u{1}\"",
        "[1 2]",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "1 2",
        "{} {}",
        "// c\n1",
        "[1,/**/2]",
        "{a:1}",
        "\u{feff}{}",
        "\u{a0}1",
        "\"\\ud800\"",
        "1e400",
        "${Name}",
    ] {
        assert!(serde_json::from_str::<Value>(source).is_err(), "{source}");
        let parsed = parse(source);
        assert_eq!(parsed.problems.len() + usize::from(parsed.root.is_err()), 1, "{source}");
    }
}

#[test]
fn errors_are_told_as_jackson_tells_them() {
    let unexpected = |c: &str, rest: &str| format!("Unexpected character ({c}): {rest}");
    assert_eq!(
        refused("{a"),
        (
            unexpected("'a' (code 97)", "was expecting double-quote to start field name"),
            2
        )
    );
    assert_eq!(
        refused("not a definition"),
        ("Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')".into(), 1)
    );
    assert_eq!(
        refused("[1 2]"),
        (
            unexpected("'2' (code 50)", "was expecting comma to separate Array entries"),
            4
        )
    );
    assert_eq!(
        refused(r#"{"a" 1}"#),
        (
            unexpected(
                "'1' (code 49)",
                "was expecting a colon to separate field name and value"
            ),
            6
        )
    );
    assert_eq!(
        refused("[-]").0,
        "Unexpected character (']' (code 93)) in numeric value: expected digit (0-9) to follow minus sign, for valid numeric value"
    );
    assert_eq!(refused("\"\\x\"").0, "Unrecognized character escape 'x' (code 120)");
}

#[test]
fn a_trailing_comma_is_pointed_at() {
    assert_eq!(refused("[1, ]").1, 3);
    assert_eq!(refused(r#"{"a": 1 , }"#).1, 9);
}

#[test]
fn a_duplicate_key_keeps_its_first_value() {
    for fill in [0, 20] {
        let fill: Vec<String> = (0..fill).map(|n| format!(r#""k{n}": 0, "#)).collect();
        let source = format!(r#"{{ "a": 1, {}"b": 2, "a": 3 }}"#, fill.concat());
        let second = source.rfind("\"a\"").unwrap();
        let problem = Problem::DuplicateKey {
            key: "a".into(),
            span: Span::new(second, second + 3),
            earlier: Span::new(2, 5),
        };
        assert_eq!(parse(&source).problems, [problem]);
        assert_eq!(value(&source).unwrap()["a"], 1);
    }
}

#[test]
fn a_long_word_is_cut() {
    let word = "x".repeat(257);
    let shown = format!("Unrecognized token '{}...': ", "x".repeat(256));
    assert!(refused(&word).0.starts_with(&shown));
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(value(&nested(MAX_DEPTH)).is_some());
    assert_eq!(kind(&nested(MAX_DEPTH + 1)), SyntaxErrorKind::TooDeep);
    assert_eq!(kind(&"[".repeat(1_000_000)), SyntaxErrorKind::TooDeep);
    assert_eq!(kind(&r#"{"a":"#.repeat(200_000)), SyntaxErrorKind::TooDeep);
}
