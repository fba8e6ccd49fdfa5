//! What other programs read.

use serde_json::Value;

use crate::{Folder, answer, asl};

fn json(arguments: &[&str]) -> Value {
    serde_json::from_slice(&answer(arguments, b"").stdout).unwrap()
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let document = json(&["validate", "tests/cli/files/template.yaml", "--format", "sarif"]);
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 5);
    let source = std::fs::read_to_string("tests/cli/files/template.yaml").unwrap();
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let location = &result["locations"][0]["physicalLocation"];
        let number = |name: &str| usize::try_from(location["region"][name].as_u64().unwrap()).unwrap();
        let (line, column) = (number("startLine"), number("startColumn"));
        assert!((number("endLine"), number("endColumn")) >= (line, column));
        if location["artifactLocation"]["uri"] == "tests/cli/files/template.yaml" {
            let text = source.lines().nth(line - 1).unwrap();
            assert!(column <= text.chars().count() + 1, "{result}");
        }
    }
}

#[test]
fn a_history_is_written_as_aws_prints_it_and_replays() {
    let folder = Folder::new("history");
    let history = folder.0.join("history.json").display().to_string();
    let machine = "asl-samples/charge.asl.json";
    let task = "Charge=[ $ASL_ATTEMPT = 1 ] && cat || { echo '{\"Error\": \"Busy\"}'; exit 1; }";
    let ran = answer(&["run", machine, "--task", task, "--history", &history, "--quiet"], b"");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&history).unwrap()).unwrap();
    let events = written["events"].as_array().unwrap();
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types[..3],
        ["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled"]
    );
    assert_eq!(events[1]["previousEventId"], 0);
    let replayed = answer(&["replay", &history, "--definition", machine], b"");
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stdout)
    );
}

#[test]
fn real_time_waits_and_runs_programs_side_by_side() {
    let folder = Folder::new("real-time");
    let file = folder.write(
        "pause.asl.json",
        r#"{ "StartAt": "Pause", "States": {
            "Pause": { "Type": "Wait", "Seconds": 1, "Next": "Both" },
            "Both": { "Type": "Parallel", "End": true, "Branches": [
                { "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:A", "TimeoutSeconds": 1,
                    "Catch": [{ "ErrorEquals": ["States.Timeout"], "Next": "Late" }], "End": true }, "Late": { "Type": "Pass", "Result": "late", "End": true } } },
                { "StartAt": "B", "States": { "B": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:B", "End": true } } }] } } }"#,
    );
    let began = std::time::Instant::now();
    let arguments = [
        "run",
        &file,
        "--real-time",
        "--task",
        "A=sleep 60",
        "--task",
        "B=sleep 1; echo 7",
    ];
    let output = asl(&arguments).output().unwrap();
    let took = began.elapsed().as_secs_f64();
    // One after the other they would take a minute.
    assert!((2.0..60.0).contains(&took), "{took}");
    let answered: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answered, serde_json::json!(["late", 7]));
}

#[test]
fn states_of_one_resource_have_one_program_in_real_time() {
    let folder = Folder::new("one-resource");
    let file = folder.write(
        "twice.asl.json",
        r#"{ "StartAt": "Once", "States": {
            "Once": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Add", "Next": "Again" },
            "Again": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Add", "End": true } } }"#,
    );
    let add = "Add=read n; echo $((n + 1))";
    let output = answer(&["run", &file, "--real-time", "--input", "5", "--task", add], b"");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "7", "{output:?}");
}

#[test]
fn coverage_of_two_runs_is_drawn() {
    let folder = Folder::new("coverage");
    let report = folder.0.join("report.json").display().to_string();
    let picture = folder.0.join("covered.svg").display().to_string();
    let tested = answer(
        &[
            "test",
            "asl-samples",
            "--filter",
            "letter",
            "--coverage-report",
            &report,
        ],
        b"",
    );
    assert!(tested.status.success());
    let file = "asl-samples/choice.asl.json";
    assert!(
        answer(&["graph", file, "--coverage", &report, "--output", &picture], b"")
            .status
            .success()
    );
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("never entered") && svg.contains("class=\"node plain good\""));
}
