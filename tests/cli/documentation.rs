//! What the documentation shows works.

use std::process::Command;

use crate::{Folder, answer};

#[test]
fn the_test_files_of_the_documentation_pass() {
    let mut count = 0;
    for page in ["README.md", "src/docs/command_line.md", "src/docs/testing.md"] {
        let text = std::fs::read_to_string(page).unwrap();
        for block in text.split("```yaml\n").skip(1) {
            let file = block.split("```").next().unwrap();
            let folder = Folder::new(&format!("documentation-{count}"));
            std::fs::copy("asl-samples/charge.asl.json", folder.0.join("charge.asl.json")).unwrap();
            let output = answer(&["test", &folder.write("page.asl-test.yaml", file)], b"");
            assert!(
                output.status.success(),
                "{page}: {}",
                String::from_utf8_lossy(&output.stdout)
            );
            count += 1;
        }
    }
    assert_eq!(count, 4, "the pages have test files");
}

#[test]
fn the_guide_for_teams_without_rust_works_by_its_commands_alone() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `python3` here");
        return;
    }
    let guide = std::fs::read_to_string("src/docs/without_rust.md").unwrap();
    let sample = std::fs::read_to_string("asl-samples/sam/order.asl-test.yaml").unwrap();
    assert!(
        guide.contains(&format!("```yaml\n{sample}```")),
        "the guide shows the sample"
    );
    let folder = Folder::new("without-rust");
    for file in [
        "functions/serve.py",
        "sam/charge/app.py",
        "sam/order.asl-test.yaml",
        "sam/order.asl.yaml",
        "sam/template.yaml",
    ] {
        let copy = folder.0.join(file);
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(format!("asl-samples/{file}"), copy).unwrap();
    }
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_asl")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for block in guide.split("```sh\n").skip(1) {
        let commands = block.split("```").next().unwrap();
        if commands.starts_with("cargo install") {
            continue;
        }
        count += 1;
        let output = Command::new("sh")
            .args(["-ec", commands])
            .env("PATH", &path)
            .current_dir(folder.0.join("sam"))
            .output()
            .unwrap();
        let (stdout, stderr) = (&output.stdout, &output.stderr);
        let told = format!("{}{}", String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        assert!(output.status.success(), "{commands}\n{told}");
    }
    assert_eq!(count, 6, "the guide has commands");
}

#[test]
fn every_command_that_the_documentation_names_is_there() {
    let help = String::from_utf8(answer(&["--help"], b"").stdout).unwrap();
    for page in [
        "README.md",
        "src/docs/command_line.md",
        "src/docs/testing.md",
        "src/docs/without_rust.md",
    ] {
        let text = std::fs::read_to_string(page).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("asl ")) {
            let command = line.split(' ').next().unwrap();
            assert!(help.contains(&format!("\n  {command} ")), "{page}: asl {command}");
        }
    }
}
