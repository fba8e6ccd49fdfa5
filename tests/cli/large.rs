//! A machine of a megabyte, and ten thousand cases.

use std::fmt::Write;

use crate::{Folder, answer};

/// A chain of tasks of at least so many bytes.
fn machine(bytes: usize) -> String {
    let mut text = "{ \"StartAt\": \"S0\", \"States\": {\n".to_owned();
    let mut state = 0;
    while text.len() < bytes {
        writeln!(
            text,
            "  \"S{state}\": {{ \"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:123456789012:function:F{state}\", \"ResultPath\": \"$.r{state}\", \"Next\": \"S{}\" }},",
            state + 1
        )
        .unwrap();
        state += 1;
    }
    write!(text, "  \"S{state}\": {{ \"Type\": \"Succeed\" }}\n}} }}").unwrap();
    text
}

#[test]
fn a_machine_of_a_megabyte_is_validated_and_drawn() {
    let folder = Folder::new("megabyte");
    let text = machine(1_000_000);
    assert!(text.len() < 1_048_576);
    let file = folder.write("large.asl.json", &text);
    let validated = answer(&["validate", &file], b"");
    assert!(
        validated.status.success(),
        "{}",
        String::from_utf8_lossy(&validated.stdout)
    );
    let drawn = answer(&["graph", &file], b"");
    assert!(drawn.status.success());
    assert!(String::from_utf8(drawn.stdout).unwrap().lines().count() > 10_000);
    let refused = answer(&["graph", &file, "--format", "svg"], b"");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("too many for a picture")
    );
    let yaml: serde_json::Value = serde_json::from_str(&text).unwrap();
    let broken = folder.write(
        "broken.asl.yaml",
        &yaml.to_string().replace("\"Succeed\"", "\"Succed\""),
    );
    let validated = answer(&["validate", &broken], b"");
    assert!(
        String::from_utf8(validated.stdout)
            .unwrap()
            .contains("broken.asl.yaml:1:")
    );
}

#[test]
fn ten_thousand_cases_run() {
    let folder = Folder::new("cases");
    std::fs::copy("asl-samples/charge.asl.json", folder.0.join("charge.asl.json")).unwrap();
    let cases: Vec<_> = (0..10_000)
        .map(|n| {
            format!(
                "{{ \"name\": \"case {n}\", \"input\": {{ \"id\": {n} }}, \"tasks\": {{ \"Charge\": [{{ \"error\": \"Busy\" }}, {{ \"result\": {n} }}] }}, \"expect\": {{ \"output\": {}, \"elapsed\": 2 }} }}",
                if n == 7_777 { 0 } else { n }
            )
        })
        .collect();
    let text = format!(
        "{{ \"machine\": \"charge.asl.json\", \"cases\": [{}] }}",
        cases.join(",\n")
    );
    let file = folder.write("many.asl-test.json", &text);
    let report = folder.0.join("report.xml").display().to_string();
    let output = answer(&["test", &file, "--junit", &report], b"");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(shown.contains("case 7777\n  output: expected 0, got 7777"), "{shown}");
    assert!(shown.contains("1 failed, 9999 passed"), "{shown}");
    let report = std::fs::read_to_string(report).unwrap();
    assert_eq!(report.matches("<testcase ").count(), 10_000);
    assert_eq!(report.matches("<failure ").count(), 1);
}
