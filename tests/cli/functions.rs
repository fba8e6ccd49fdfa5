//! Functions in Python and Node.js, served by the shims of `asl-samples/functions`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Folder, answer, asl};

const MACHINE: &str = r#"{
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": { "FunctionName": "charge-order", "Payload.$": "$" },
      "OutputPath": "$.Payload",
      "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }],
      "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Refused" }],
      "End": true
    },
    "Refused": {
      "Type": "Pass",
      "Parameters": { "error.$": "$.Error", "cause.$": "States.StringToJson($.Cause)" },
      "End": true
    }
  }
}"#;

const PYTHON: &str = r#"
import subprocess, sys, threading

class Busy(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("order", event["id"])
    subprocess.run([sys.executable, "-c", "import sys; sys.stdin.read(); print('by the way')"])
    threading.Timer(3600, print).start()
    if event["id"] == 0:
        raise Busy("no change")
    hasTime = 0 < context.get_remaining_time_in_millis() <= 60000
    return {"paid": event["id"], "function": context.function_name, "hasTime": hasTime, "calls": calls}
"#;

const NODE: &str = r#"
let calls = 0;
export const handler = async (event, context) => {
  calls += 1;
  console.log("order", event.id);
  process.stdout.write("by the way\n");
  setInterval(() => {}, 3600000);
  if (event.id === 0) {
    const busy = new Error("no change");
    busy.name = "Busy";
    throw busy;
  }
  const time = context.getRemainingTimeInMillis();
  return { paid: event.id, function: context.functionName, hasTime: 0 < time && time <= 60000, calls };
};
"#;

/// Runs the machine with a function that a shim serves, once per call and line by line.
fn serves(interpreter: &str, shim: &str, file: &str, source: &str) {
    if Command::new(interpreter).arg("--version").output().is_err() {
        eprintln!("skipped: there is no `{interpreter}` here");
        return;
    }
    let folder = Folder::new(&format!("functions-{interpreter}"));
    let machine = folder.write("charge.asl.json", MACHINE);
    folder.write(file, source);
    let shim = std::fs::canonicalize(shim).unwrap();
    let command = format!("{interpreter} {} app.handler", shim.display());
    let cases = r"
cases:
  - name: the function returns
    input: { id: 7 }
    expect: { outputContains: { paid: 7, function: charge-order, hasTime: true } }
  - name: the function fails twice
    input: { id: 0 }
    expect: { outputContains: { error: Busy, cause: { errorType: Busy, errorMessage: no change } }, path: [Charge, Refused] }
";
    for (name, keeps_running) in [("once", "false"), ("running", "true")] {
        let functions = format!(
            "machine: {machine}\nfunctions: {{ charge-order: {{ command: '{command}', keepRunning: {keeps_running} }} }}\n"
        );
        let file = folder.write(&format!("{name}.asl-test.yaml"), &format!("{functions}{cases}"));
        let output = answer(&["test", &file], b"");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // What the handler prints is shown, and is not taken for its answer.
        let shown = String::from_utf8_lossy(&output.stderr).replace('\r', "");
        assert!(shown.contains("charge-order: order 7\n"), "{shown}");
        assert!(shown.contains("charge-order: by the way\n"), "{shown}");
    }
}

#[test]
fn a_function_in_python() {
    serves("python3", "asl-samples/functions/serve.py", "app.py", PYTHON);
}

#[test]
fn a_function_in_node() {
    serves("node", "asl-samples/functions/serve.mjs", "app.mjs", NODE);
}

#[test]
#[cfg(unix)]
fn a_program_that_takes_too_long_is_killed_with_all_that_it_started() {
    let machine = "tests/cli/files/functions.asl.json";
    for option in ["--function", "--task"] {
        let output = answer(&["run", machine, option, "charge-order=cd src && sleep 47119"], b"");
        assert_eq!(output.status.code(), Some(1));
    }
    let Ok(processes) = Command::new("ps").args(["-A", "-o", "args="]).output() else {
        eprintln!("skipped: there is no `ps` here");
        return;
    };
    let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
    let is_left = processes.lines().any(|line| line.starts_with("sleep 47119"));
    assert!(!is_left, "{processes}");
}

/// On Lambda too, what a function leaves running does not hold its answer back.
#[test]
#[cfg(unix)]
fn a_program_has_answered_when_it_has_ended() {
    let folder = Folder::new("left-running");
    let machine = folder.write("order.asl.json", MACHINE);
    let command = "charge-order=sleep 40 & echo 5";
    let mut child = asl(&["run", &machine, "--function", command])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ends_at = Instant::now() + Duration::from_secs(30);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(
            Instant::now() < ends_at,
            "it waits for what the program has left running"
        );
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success());
}

#[test]
#[cfg(unix)]
fn sigterm_ends_the_programs_too() {
    let folder = Folder::new("sigterm");
    let machine = folder.write("order.asl.json", MACHINE);
    let mut child = asl(&["run", &machine, "--function", "charge-order=cd src && sleep 47120"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runs = || {
        let processes = Command::new("ps").args(["-A", "-o", "args="]).output().ok()?;
        let processes = String::from_utf8_lossy(&processes.stdout).into_owned();
        Some(processes.lines().any(|line| line.starts_with("sleep 47120")))
    };
    if runs().is_none() {
        eprintln!("skipped: there is no `ps` here");
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    while runs() == Some(false) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was told to");
        std::thread::sleep(Duration::from_millis(10));
    }
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(told.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(runs(), Some(false));
}
