//! `asl test --watch`: runs again when a file changes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::{Folder, asl};

/// A running `asl test --watch`. Dropping it ends it.
struct Watch {
    child: Child,
    shown: Receiver<String>,
}

impl Watch {
    fn start(arguments: &[&str]) -> Self {
        let mut child = asl(&[&["test", "--watch"], arguments].concat())
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
        Self { child, shown }
    }

    /// Waits for lines with these texts, and for the end of the run.
    #[track_caller]
    fn tells(&self, texts: &[&str]) {
        for text in texts.iter().chain(&["waiting for a change"]) {
            let mut told: Vec<String> = Vec::new();
            while !told.last().is_some_and(|line| line.contains(text)) {
                let line = self.shown.recv_timeout(Duration::from_mins(1));
                assert!(line.is_ok(), "no `{text}` in {told:?}");
                told.extend(line);
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pass(result: &str) -> String {
    let pass = format!(r#"{{ "Type": "Pass", "Result": "{result}", "End": true }}"#);
    format!(r#"{{ "StartAt": "A", "States": {{ "A": {pass} }} }}"#)
}

#[test]
fn a_change_of_the_machine_runs_the_tests_again() {
    let folder = Folder::new("watch");
    folder.write("a.asl.json", &pass("old"));
    folder.write(
        "a.asl-test.yaml",
        "machine: a.asl.json\ncases: [{ name: it is new, expect: { output: new } }]\n",
    );
    let watch = Watch::start(&[&folder.0.display().to_string()]);
    watch.tells(&["1 failed"]);
    folder.write("a.asl.json", &pass("new"));
    watch.tells(&["1 passed"]);
    // An unreadable machine ends nothing.
    folder.write("a.asl.json", "{");
    watch.tells(&["cannot be used"]);
    folder.write("a.asl.json", &pass("new"));
    watch.tells(&["1 passed"]);
    // A test file that was not there before.
    folder.write(
        "b.asl-test.yaml",
        "machine: a.asl.json\ncases: [{ name: it is newer, expect: { output: newer } }]\n",
    );
    watch.tells(&["1 failed, 1 passed"]);
}

#[test]
fn what_lies_elsewhere_is_watched_by_its_name() {
    let [tests, templates, definitions, functions] = ["tests", "templates", "definitions", "functions"];
    let all = Folder::new("watch-elsewhere");
    for folder in [tests, templates, definitions, functions] {
        std::fs::create_dir(all.0.join(folder)).unwrap();
    }
    let template = "
Resources:
  Orders:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: ../definitions/orders }
";
    all.write("templates/template.yaml", template);
    let task = r#"{ "StartAt": "A", "States": { "A": { "Type": "Task", "End": true,
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge" } } }"#;
    // Neither has an ending by which it would be found.
    all.write("definitions/orders", task);
    all.write("functions/charge", "echo 1\n");
    let test = "
machine: ../templates/template.yaml#Orders
functions: { Charge: sh ../functions/charge }
cases: [{ name: it is charged, expect: { output: 2 } }]
";
    let test = all.write("tests/a.asl-test.yaml", test);
    let watch = Watch::start(&[&test]);
    watch.tells(&["1 failed"]);
    all.write("functions/charge", "echo 2 \n");
    watch.tells(&["1 passed"]);
    all.write("definitions/orders", &pass("old"));
    watch.tells(&["1 failed"]);
}
