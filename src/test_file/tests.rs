use super::*;
use crate::loading::Loader;

fn refused(text: &str) -> String {
    match TestFile::parse(text, Format::Yaml) {
        Err(error) => error.to_string(),
        Ok(file) => file
            .cases
            .into_iter()
            .find_map(Result::err)
            .unwrap()
            .problem
            .to_string(),
    }
}

#[test]
fn what_is_wrong_has_its_line_and_caret() {
    for (text, expected) in [
        ("cases: []", "the field `machine` is missing"),
        ("machine: m\ncases:\n- nmae: x", " --> line 3, column 3\n"),
        ("machine: m\ncases:\n- nmae: x", "there is no field `nmae` here"),
        ("machine: m\ncases: {}", "an array is expected here"),
        ("machine: m\ncases: []", "there is no case, so nothing is tested"),
        (
            "machine: m\ncases:\n- name: x\n- name: x",
            "another case has the name `x` already",
        ),
        (
            "machine: m\ncases:\n- name: x\n  mock: A#b",
            "the file names no mock file",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: 7",
            " --> line 5, column 8\n",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: [{}]",
            "an answer has one of `result`",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: [{result: 1, error: E}]",
            "an answer has one of `result`",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: [{result: 1, cause: c}]",
            "only an `error` has a `cause`",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: [{result: 1, after: -1}]",
            "a number of seconds",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: [{result: 1, heartbeatEvery: 0}]",
            "a number of seconds greater than 0",
        ),
        (
            "machine: m\ncases:\n- name: x\n  expect: {calls: {T: some}}",
            "give the number of calls, or an array",
        ),
        (
            "machine: m\ncases:\n- name: x\n  expect: {transitions: {least: 1}}",
            "there is no field `least`",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: {answers: [], always: {result: 1}}",
            "not both",
        ),
        (
            "machine: m\ncases:\n- name: x\n  tasks:\n    T: {visits: {one: []}}",
            "the key is a number",
        ),
        (
            "machine: m\ncases:\n- name: x\n  expect: {status: DONE}",
            "the status is `SUCCEEDED`",
        ),
        ("machine: m\ncases:\n- name: x\n  startsAt: noon", "write a time as"),
        (
            "machine: m\ntype: FAST\ncases: [{ name: x }]",
            "the type is `STANDARD` or `EXPRESS`",
        ),
        ("machine: [", "INVALID_YAML"),
    ] {
        let said = refused(text);
        assert!(said.contains(expected), "{text}\n{said}");
    }
    let said = TestFile::parse("{\n \"machine\": 7 }", Format::Json)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("a text is expected here") && said.contains(" --> line 2, column 13"),
        "{said}"
    );
}

#[test]
fn a_member_of_a_json_file_that_stands_twice_is_refused() {
    for twice in [
        r#""cases": [{ "name": "x" }], "cases": [{ "name": "y" }]"#,
        r#""cases": [{ "name": "x", "expect": { "output": 1, "output": 2 } }]"#,
        r#""cases": [{ "name": "x", "tasks": { "T": [{ "result": 1 }], "T": [{ "result": 2 }] } }]"#,
        r#""substitutions": { "A": "1", "A": "2" }, "cases": [{ "name": "x" }]"#,
    ] {
        let text = format!("{{ \"machine\": \"m\",\n{twice} }}");
        let said = TestFile::parse(&text, Format::Json).unwrap_err().to_string();
        assert!(said.contains("Duplicate field") && said.contains("line 2"), "{said}");
    }
}

/// A test file that uses every form.
pub(super) const EVERYTHING: &str = "
machine: m.asl.json
stateMachine: M
type: EXPRESS
substitutions: { A: b, N: 5 }
machines: { C: c.asl.json }
mocks: mocks.json
cases:
- name: all
  input: [1]
  mock: M#c
  startsAt: '2026-01-01T00:00:00+01:00'
  seed: 3
  allowLeftOver: true
  tasks:
    A: [{ result: 1, after: 0.5 }, { error: E, cause: c, callback: true }, { timeout: true }]
    B:
      always: { heartbeatLoss: true }
      visits: { 0: [{ never: true }] }
      items: { 1: [{ result: null, submitted: {}, worker: w, heartbeatEvery: 1 }] }
  expect: { status: TIMED_OUT, output: 1, outputContains: {}, error: E, cause: c, path: [A], elapsed: 1.5,
    calls: { A: [1], B: 2 }, transitions: { most: 40 }, variables: { x: 1 } }
";

#[test]
fn every_form_of_an_answer_and_an_expectation_is_read() {
    let file = TestFile::parse(EVERYTHING, Format::Yaml).unwrap();
    assert!(file.is_express);
    assert_eq!(file.substitutions["N"], "5");
    let case = file.cases[0].as_ref().unwrap();
    assert_eq!(case.tasks.len(), 4);
    assert_eq!(case.mock, Some(("M".to_owned(), "c".to_owned())));
    assert_eq!(case.starts_at.unwrap().to_rfc3339(), "2025-12-31T23:00:00+00:00");
    assert_eq!(case.expect.status, "TIMED_OUT");
    assert_eq!(case.expect.elapsed.unwrap().as_millis(), 1500);
    assert_eq!(case.expect.calls[1], ("B".to_owned(), Calls::Count(2)));
    assert_eq!(case.expect.transitions, Some(Transitions::Most(40)));
}

#[test]
fn a_mismatch_tells_what_was_expected() {
    let text = r#"{ "machine": "hello.asl.json", "cases": [
        { "name": "right", "expect": { "outputContains": {}, "path": ["Hello"] } },
        { "name": "wrong", "expect": { "output": { "hello": "you" }, "elapsed": 1 } },
        { "name": "broken", "tasks": { "Nobody": [{ "result": 1 }] } } ] }"#;
    let file = TestFile::parse(text, Format::Json).unwrap();
    let suite = Suite::of(
        file,
        std::path::Path::new("asl-samples/here.asl-test.json"),
        &Loader::new(),
    )
    .unwrap();
    let results = suite.run_all();
    assert!(results[0].has_passed());
    let Verdict::Failed(mismatches) = &results[1].verdict else {
        panic!("{:?}", results[1].verdict);
    };
    let what: Vec<_> = mismatches.iter().map(|mismatch| mismatch.what.clone()).collect();
    assert_eq!(what, [Expected::Output, Expected::Elapsed]);
    assert!(matches!(&results[2].verdict, Verdict::Broken(problem) if problem.contains("`Nobody`")));
}

#[test]
fn what_is_not_there_is_not_as_expected() {
    let text = r#"{ "machine": "charge.asl.json", "cases": [
        { "name": "no output", "tasks": { "Charge": [{ "error": "E" }] }, "expect": { "error": "E", "output": null } },
        { "name": "no variable", "tasks": { "Charge": [{ "result": 1 }] }, "expect": { "variables": { "x": null } } },
        { "name": "no call", "tasks": { "Charge": [{ "result": 1 }] }, "expect": { "calls": { "Charge": [{}, {}] } } },
        { "name": "no state", "tasks": { "Charge": [{ "result": 1 }] }, "expect": { "calls": { "Chrage": [] } } },
        { "name": "no answer", "tasks": { "Charge": [] } } ] }"#;
    let file = TestFile::parse(text, Format::Json).unwrap();
    let suite = Suite::of(
        file,
        std::path::Path::new("asl-samples/here.asl-test.json"),
        &Loader::new(),
    )
    .unwrap();
    let results = suite.run_all();
    let differing = [
        Expected::Output,
        Expected::Variable("x".to_owned()),
        Expected::Calls("Charge".to_owned()),
    ];
    for (result, expected) in results.iter().zip(differing) {
        let Verdict::Failed(mismatches) = &result.verdict else {
            panic!("{}: {:?}", result.name, result.verdict);
        };
        assert_eq!(mismatches[0].what, expected);
    }
    for (result, expected) in results[3..]
        .iter()
        .zip(["no Task state; there is Charge", "the test has no answer"])
    {
        assert!(
            matches!(&result.verdict, Verdict::Broken(problem) if problem.contains(expected)),
            "{:?}",
            result.verdict
        );
    }
}

#[test]
fn a_case_can_take_its_answers_from_a_mock_file() {
    let folder = std::env::temp_dir().join(format!("asl-mocks-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mocks = r#"{ "StateMachines": { "Orders": { "TestCases": { "Busy": { "Charge": "Once" } } } },
        "MockedResponses": { "Once": { "0": { "Throw": { "Error": "Busy", "Cause": "" } }, "1": { "Return": 5 } } } }"#;
    std::fs::write(folder.join("mocks.json"), mocks).unwrap();
    std::fs::copy("asl-samples/charge.asl.json", folder.join("charge.asl.json")).unwrap();
    let test = "machine: charge.asl.json\nmocks: mocks.json\ncases:\n- name: busy\n  mock: Orders#Busy\n  expect: { output: 5, elapsed: 2 }\n- name: unknown\n  mock: Orders#Nothing\n";
    std::fs::write(folder.join("charge.asl-test.yaml"), test).unwrap();
    let results = Suite::open(folder.join("charge.asl-test.yaml")).unwrap().run_all();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(results[0].has_passed(), "{:?}", results[0].verdict);
    assert!(matches!(&results[1].verdict, Verdict::Broken(problem) if problem.contains("Nothing")));
}
