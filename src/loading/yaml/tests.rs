use super::*;
use crate::data::json::Kind;
use crate::definition::{Code, Diagnostic};
use serde_json::{Value, json};

fn read(source: &str) -> (Option<Value>, Vec<Diagnostic>) {
    let mut report = Report::new(source);
    let root = parse(source, &mut report);
    let (diagnostics, _) = crate::loading::json::finish(report, source, root.as_ref());
    (root.map(|root| root.to_value()), diagnostics)
}

/// What the source says from where each text stands.
fn places(source: &str) -> Vec<(String, String)> {
    fn strings(node: &Node, source: &str, found: &mut Vec<(String, String)>) {
        match &node.kind {
            Kind::String(text) => {
                for word in text.split_whitespace() {
                    let at = node.source_of(text.find(word).unwrap());
                    found.push((
                        word.to_owned(),
                        source[at..].chars().take(word.chars().count()).collect(),
                    ));
                }
            }
            Kind::Array(elements) => elements.iter().for_each(|node| strings(node, source, found)),
            Kind::Object(object) => object
                .members
                .iter()
                .for_each(|member| strings(&member.value, source, found)),
            _ => {}
        }
    }
    let root = parse(source, &mut Report::new(source)).unwrap();
    let mut found = Vec::new();
    strings(&root, source, &mut found);
    found
}

#[test]
fn yaml_is_read_as_json() {
    let source = "# a comment\nStartAt: Ä\nList:\n- 1\n- {x: true}\n-\n  - ~\nText: |\n  a\n    b\nFold: >-\n  one\n  two\nQ: 'it''s'\nD: \"\\u00e9\\\n    x\"\nA: &a [1]\nB: *a\n";
    let (value, diagnostics) = read(source);
    assert_eq!(diagnostics, []);
    assert_eq!(
        value.unwrap(),
        json!({ "StartAt": "Ä", "List": [1, { "x": true }, [null]], "Text": "a\n  b\n", "Fold": "one two",
            "Q": "it's", "D": "éx", "A": [1], "B": [1] })
    );
}

#[test]
fn short_tags_are_the_objects_they_stand_for() {
    let (value, _) = read("A: !Ref X\nB: !GetAtt X.Arn\nC: !Sub ['${a}', {a: !Ref X}]\n");
    let sub = json!({ "Fn::Sub": ["${a}", { "a": { "Ref": "X" } }] });
    assert_eq!(
        value.unwrap(),
        json!({ "A": { "Ref": "X" }, "B": { "Fn::GetAtt": "X.Arn" }, "C": sub })
    );
}

#[test]
fn every_word_is_found_in_the_source() {
    let source = "é: plain words\nb: multi line\n  plain text\nc: |\n  lit\n    eral words\nd: >\n  fold\n  ed text\ne: 'sin gle'\nf: \"dou ble\"\ng: !Sub |\n    {\n      \"x\": 1 }\nh: !Sub tagged\n";
    for (word, found) in places(source) {
        assert_eq!(word, found);
    }
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    for (source, line) in [
        ("a: [1", 1),
        ("a: 1\nb: ]", 2),
        ("a: 1\na: 2", 2),
        ("a: *nobody", 1),
        ("a: 1\n---\nb: 2", 2),
        ("? [x]\n: 1", 1),
        ("<<: 1", 1),
        ("a: 1\n<<: [{b: 1}, 2]", 2),
        ("a: .inf", 1),
        ("", 1),
    ] {
        let (_, diagnostics) = read(source);
        assert_eq!(diagnostics.len(), 1, "{source}: {diagnostics:?}");
        assert_eq!(diagnostics[0].line, line, "{source}");
    }
}

#[test]
fn merge_keys_add_what_is_not_there() {
    let source = "base: &base { Type: Task, TimeoutSeconds: 3, Retry: &retry [{ ErrorEquals: [A] }] }\n\
                  other: &other { TimeoutSeconds: 5, HeartbeatSeconds: 2 }\n\
                  a:\n  <<: *base\n  TimeoutSeconds: 9\n\
                  b: { TimeoutSeconds: 9, <<: [*other, *base], Retry: [] }\n\
                  c: { '<<': 1 }\n";
    let (value, diagnostics) = read(source);
    assert_eq!(diagnostics.len(), 0, "{diagnostics:?}");
    let value = value.unwrap();
    assert_eq!(
        value["a"],
        json!({ "Type": "Task", "TimeoutSeconds": 9, "Retry": [{ "ErrorEquals": ["A"] }] })
    );
    assert_eq!(
        value["b"],
        json!({ "TimeoutSeconds": 9, "HeartbeatSeconds": 2, "Type": "Task", "Retry": [] })
    );
    assert_eq!(value["c"], json!({ "<<": 1 }));
}

#[test]
fn what_yaml_1_1_takes_for_a_boolean_is_warned_of() {
    let (value, diagnostics) = read("a: yes\nb: 'no'\n");
    assert_eq!(value.unwrap(), json!({ "a": "yes", "b": "no" }));
    assert_eq!(diagnostics.len(), 1);
    assert_eq!((diagnostics[0].code, diagnostics[0].line), (Code::AmbiguousYaml, 1));
}

#[test]
fn hostile_texts_are_bounded() {
    assert_eq!(read(&"[".repeat(200)).1[0].code, Code::TooDeeplyNested);
    assert_eq!(read(&"[".repeat(100_000)).1.len(), 1);
    assert_eq!(read(&"- ".repeat(100_000)).1[0].code, Code::TooDeeplyNested);
    let of_tens = |n: usize| format!("a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 10].join(", "));
    let lines: Vec<_> = std::iter::once("a0: &a0 [x, x, x]".to_owned())
        .chain((1..12).map(of_tens))
        .collect();
    let laughs = lines.join("\n");
    assert!(read(&laughs).1[0].message.contains("aliases"));
    assert_eq!(read("a: &a [*a]").1.len(), 1);
    for wrong_indentation in [
        format!("a:\n  b: {}", "[\n".repeat(100_000)),
        "a:\n  b: [\n]\n".repeat(20_000),
        format!("{}a: [\n]", "- ".repeat(100)),
        format!("{}a: '\nb", " ".repeat(100_000)),
    ] {
        read(&wrong_indentation);
    }
}

/// Other tools read them all. Each word is found where it stands.
#[test]
fn brackets_and_quoted_texts_may_go_on_at_their_parents_indentation() {
    for (source, expected) in [
        (
            "a:\n  b: [\n    é,\n  ]\n  c: d\n",
            json!({ "a": { "b": ["é"], "c": "d" } }),
        ),
        (
            "a:\n  b: {\n  c: d,\n  e: [\n  f\n  ],\n  }\n",
            json!({ "a": { "b": { "c": "d", "e": ["f"] } } }),
        ),
        (
            "a:\n  b: 'two\n  words'\n  c: \"é\n  d\"\n",
            json!({ "a": { "b": "two words", "c": "é d" } }),
        ),
        (
            "a:\n- b: [ # ]\nc, 'its\n]', d]\n- e\n",
            json!({ "a": [{ "b": ["c", "its ]", "d"] }, "e"] }),
        ),
        (
            "a:\r\n  b: [\r\n    c,\r\n  ]\r\n  d: e\r\n",
            json!({ "a": { "b": ["c"], "d": "e" } }),
        ),
    ] {
        let mut report = Report::new(source);
        let root = parse(source, &mut report).unwrap();
        assert_eq!(root.to_value(), expected);
        for (word, found) in places(source) {
            assert_eq!(word, found, "{source}");
        }
    }
    let wrong = "a:\n  b: [\n  c\n  ]\n  d: e: f\n";
    let (_, problems) = read(wrong);
    assert_eq!((problems[0].line, problems[0].code), (5, Code::InvalidYaml));
}

#[test]
fn many_brackets_may_close_at_their_parents_indentation() {
    let one = |n: usize| {
        format!("- name: 'n{n}\n  x'\n  list: !If [ # ]\n  a{n},\n  ]\n  text: |\n    [\n    - {{\n  said: see [{n}]\n")
    };
    let source: String = (0..2_000).map(one).collect();
    let (value, problems) = read(&source);
    assert_eq!(problems, []);
    let value = value.unwrap();
    assert_eq!(value.as_array().unwrap().len(), 2_000);
    let last = json!({ "name": "n1999 x", "list": { "Fn::If": ["a1999"] }, "text": "[\n- {\n", "said": "see [1999]" });
    assert_eq!(value[1_999], last);
}

#[test]
fn what_is_put_in_without_quotes_may_become_a_number() {
    use crate::loading::{Loader, Substitutions};
    let wait = |seconds: &str| {
        let source = format!("StartAt: W\nStates:\n  W:\n    Type: Wait\n    Seconds: {seconds}\n    End: true\n");
        let loader = Loader::new().substitutions(Substitutions::new().with("Nap", "30").with("Tens", "3"));
        loader.parse_yaml(&source)
    };
    for seconds in ["\"${Nap}\"", "'${Nap}'", "${Nap}s"] {
        assert!(wait(seconds).is_err(), "{seconds}");
    }
    let flow = "{ StartAt: W, States: { W: { Type: Wait, Seconds: ${Nap}, End: true } } }\n";
    let loader = Loader::new().substitutions(Substitutions::new().with("Nap", "30"));
    assert_eq!(
        loader.parse_yaml(flow).unwrap().definition()["States"]["W"]["Seconds"],
        30
    );
    let (_, problems) = read("a: { b: ${Nap}, c: [ }\n");
    assert_eq!((problems.len(), problems[0].code), (1, Code::InvalidYaml));
    for seconds in ["${Nap}", "${Tens}0"] {
        assert_eq!(
            wait(seconds).unwrap().definition()["States"]["W"]["Seconds"],
            30,
            "{seconds}"
        );
    }
}

/// `Retry: ${Retry}` is read as if the value were written there.
#[test]
fn what_is_put_in_without_quotes_may_become_an_array() {
    use crate::loading::{Loader, Substitutions};
    let task = |value: &str, retry: &str| {
        let source = format!(
            "StartAt: T\nStates:\n  T:\n    Type: Task\n    Resource: arn:aws:states:::lambda:invoke\n    \
             Parameters: {{ FunctionName: f, Payload: {value} }}\n    Retry: {retry}\n    End: true\n"
        );
        let values = Substitutions::new()
            .with("Retry", r#"[{"ErrorEquals": ["Busy"], "MaxAttempts": 2}]"#)
            .with("One", "{ErrorEquals: [Busy]}")
            .with("Quoted", "\"7\"")
            .with("Broken", "[draft");
        let machine = Loader::new().substitutions(values).parse_yaml(&source);
        machine.map(|machine| machine.definition()["States"]["T"].clone())
    };
    let read = task("${Quoted}", "${Retry}").unwrap();
    assert_eq!(read["Retry"], json!([{ "ErrorEquals": ["Busy"], "MaxAttempts": 2 }]));
    assert_eq!(read["Parameters"]["Payload"], json!("7"));
    assert_eq!(
        task("${Broken}", "[${One}]").unwrap()["Parameters"]["Payload"],
        json!("[draft")
    );
    assert!(task("1", "'${Retry}'").is_err(), "a text in quotes stays one");
}
