//! Two processes at one store, and Ctrl-C.

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::{Folder, answer, asl};

/// Enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn ctrl_c_leaves_the_execution_in_the_store_and_another_process_is_told_that_it_is_in_use() {
    let folder = Folder::new("store");
    let machine = folder.write("charge.asl.json", include_str!("store.in/charge.asl.json"));
    let path = |name: &str| folder.0.join(name).display().to_string();
    let (store, begun) = (path("executions.db"), path("begun"));
    // What a program ends with when Ctrl-C reaches it is no answer of the task.
    let task = format!("Charge=echo begun >> '{begun}'; trap 'exit 3' INT; sleep 60");
    let arguments = ["run", &machine, "--store", &store, "--name", "order-7", "--task", &task];
    // As a terminal has it: Ctrl-C is sent to a whole process group.
    let child = asl(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !std::fs::exists(&begun).unwrap() {
        assert!(start.elapsed() < PATIENCE, "the task begins");
        std::thread::sleep(Duration::from_millis(5));
    }

    let list = ["executions", "list", "--store", &store];
    let listed = answer(&list, b"");
    assert!(listed.status.success());
    assert!(String::from_utf8(listed.stdout).unwrap().starts_with("RUNNING "));
    let refused = answer(&["executions", "resume", "--store", &store], b"");
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains(&format!("is in use by process {}", child.id())), "{told}");

    let group = format!("-{}", child.id());
    let sent = std::process::Command::new("kill").args(["-INT", "--", &group]).status();
    assert!(sent.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let told = String::from_utf8(ended.stderr).unwrap();
    let farewell = told.lines().last().unwrap();
    assert!(
        farewell.contains(&format!("`asl executions resume --store {store}`")),
        "{told}"
    );

    let listed = String::from_utf8(answer(&list, b"").stdout).unwrap();
    assert!(
        listed.starts_with("RUNNING ") && listed.ends_with(" order-7\n"),
        "{listed}"
    );
    let resumed = answer(
        &["executions", "resume", "--store", &store, "--task", "Charge=cat"],
        b"",
    );
    assert_eq!(String::from_utf8(resumed.stdout).unwrap(), "SUCCEEDED  order-7\n");
}
