//! What the documentation shows works.

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
    assert_eq!(count, 3, "the pages have test files");
}

#[test]
fn every_command_that_the_documentation_names_is_there() {
    let help = String::from_utf8(answer(&["--help"], b"").stdout).unwrap();
    for page in ["README.md", "src/docs/command_line.md", "src/docs/testing.md"] {
        let text = std::fs::read_to_string(page).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("asl ")) {
            let command = line.split(' ').next().unwrap();
            assert!(help.contains(&format!("\n  {command} ")), "{page}: asl {command}");
        }
    }
}
