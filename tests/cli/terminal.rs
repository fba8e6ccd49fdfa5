//! Colours and pipes.

use std::process::Stdio;

use crate::{answer, asl};

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let file = "tests/cli/files/broken.asl.json";
    let shown = |arguments: &[&str], no_colour: bool| {
        let mut command = asl(&[&["validate", file], arguments].concat());
        command.env_remove("NO_COLOR");
        if no_colour {
            command.env("NO_COLOR", "1");
        }
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(!shown(&[], false).contains('\u{1b}'), "a pipe gets none");
    assert!(shown(&["--color", "always"], false).contains('\u{1b}'));
    assert!(!shown(&["--color", "never"], false).contains('\u{1b}'));
    assert!(!shown(&[], true).contains('\u{1b}'));
}

#[test]
fn nobody_has_to_read_to_the_end() {
    for arguments in [
        &["validate", "tests/cli/files/template.yaml"][..],
        &["test", "asl-samples", "--verbose", "--coverage"],
        &["graph", "asl-samples/pizza-bar.asl.json", "--format", "svg"],
        &["run", "asl-samples/hello.asl.json"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut child = asl(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !said.contains("panicked") && !said.contains("error: cannot print"),
            "{arguments:?}: {said}"
        );
        assert!(
            output.status.code().is_some_and(|code| code < 2),
            "{arguments:?}: {:?}",
            output.status
        );
    }
}

#[test]
fn standard_input_is_a_file() {
    let definition = std::fs::read("asl-samples/hello.asl.json").unwrap();
    assert!(answer(&["validate", "-"], &definition).status.success());
    let ran = answer(&["run", "-", "--quiet"], &definition);
    assert_eq!(
        String::from_utf8(ran.stdout).unwrap().trim(),
        "{\n  \"hello\": \"world\"\n}"
    );
    let echoed = answer(&["run", "asl-samples/waits.asl.json", "--input", "-", "--quiet"], b"[1");
    assert!(
        String::from_utf8(echoed.stderr)
            .unwrap()
            .contains("standard input is no JSON")
    );
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = answer(&["completions", shell], b"").stdout;
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains("validate") && script.contains("fail-under"), "{shell}");
    }
}
