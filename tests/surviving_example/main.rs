//! The example of an execution that survives, killed while it waits.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

fn start(store: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_surviving"));
    let mut process = command.arg(store).stdout(Stdio::piped()).spawn().unwrap();
    let printed = BufReader::new(process.stdout.take().unwrap());
    (process, printed)
}

#[test]
fn an_order_goes_on_where_it_was_killed() {
    let folder = std::env::temp_dir().join(format!("asl-surviving-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = folder.join("surviving.db");

    let (mut process, printed) = start(&store);
    let mut before: Vec<String> = Vec::new();
    for line in printed.lines() {
        before.push(line.unwrap());
        if before.last().is_some_and(|line| line.ends_with("WaitStateEntered")) {
            break;
        }
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(before[0].ends_with(" starts"), "{before:?}");

    let (mut process, printed) = start(&store);
    let after: Vec<String> = printed.lines().map(Result::unwrap).collect();
    assert!(process.wait().unwrap().success(), "{after:?}");
    assert_eq!(after[0], before[0].replace(" starts", " goes on"));
    assert_eq!(after.last().map(String::as_str), Some("SUCCEEDED"));
    let works = |printed: &[String]| {
        printed
            .iter()
            .filter(|line| line.contains(" works, "))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (kneaded, baked) = (works(&before), works(&after));
    assert!(kneaded.len() == 1 && kneaded[0].contains("Knead"), "{before:?}");
    assert!(baked.len() == 1 && baked[0].contains("Bake"), "{after:?}");
    let events = |printed: &[String]| {
        let events = printed
            .iter()
            .filter(|line| line.trim_start().starts_with(|first: char| first.is_ascii_digit()));
        events.cloned().collect::<Vec<_>>()
    };
    assert!(events(&after).starts_with(&events(&before)), "{before:?} {after:?}");
    std::fs::remove_dir_all(folder).unwrap();
}
