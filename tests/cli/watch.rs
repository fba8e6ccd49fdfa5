//! `asl test --watch`: runs again when a file changes.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::{Folder, asl};

#[test]
fn a_change_of_the_machine_runs_the_tests_again() {
    let folder = Folder::new("watch");
    let machine = |result: &str| {
        let pass = format!(r#"{{ "Type": "Pass", "Result": "{result}", "End": true }}"#);
        folder.write(
            "a.asl.json",
            &format!(r#"{{ "StartAt": "A", "States": {{ "A": {pass} }} }}"#),
        )
    };
    machine("old");
    folder.write(
        "a.asl-test.yaml",
        "machine: a.asl.json\ncases: [{ name: it is new, expect: { output: new } }]\n",
    );
    let mut child = asl(&["test", &folder.0.display().to_string(), "--watch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (lines, shown) = channel();
    let stdout = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            // The test may have seen enough.
            let _ = lines.send(line.unwrap());
        }
    });
    let wait_for = |text: &str| {
        let mut told = Vec::new();
        while let Ok(line) = shown.recv_timeout(Duration::from_mins(1)) {
            let is_it = line.contains(text);
            told.push(line);
            if is_it {
                return true;
            }
        }
        eprintln!("no `{text}` in {told:?}");
        false
    };
    let has_failed = wait_for("1 failed") && wait_for("waiting for a change");
    machine("new");
    let has_passed = has_failed && wait_for("1 passed") && wait_for("waiting for a change");
    // An unreadable machine ends nothing.
    folder.write("a.asl.json", "{");
    let goes_on = has_passed && wait_for("waiting for a change");
    machine("new");
    let has_passed_again = goes_on && wait_for("1 passed");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(has_passed_again);
}
