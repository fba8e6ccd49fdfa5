//! Inputs that somebody broke: the binary answers, and never panics.

use crate::answer;

/// A small generator of numbers, the same for ever.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below as u64).unwrap()
    }
}

/// A text with a few bytes removed, doubled, replaced or put elsewhere.
fn mutated(source: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = source.to_vec();
    for _ in 0..=numbers.next(4) {
        if bytes.is_empty() {
            break;
        }
        let at = numbers.next(bytes.len());
        let end = (at + 1 + numbers.next(12)).min(bytes.len());
        match numbers.next(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            2 => bytes[at] = b"{}[]\":,-&*!|>%#\n\0\xff"[numbers.next(18)],
            3 => bytes.truncate(at),
            _ => {
                let other = numbers.next(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    bytes
}

#[test]
fn mutated_files_are_answered() {
    let sources = [
        "tests/cli/files/template.yaml",
        "tests/cli/files/broken.asl.yaml",
        "asl-samples/jsonata-loop.asl.json",
        "asl-samples/parallel.asl.json",
    ];
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for source in sources {
        let source = std::fs::read(source).unwrap();
        for round in 0..24 {
            let text = mutated(&source, &mut numbers);
            for arguments in [
                &["validate", "-", "--format", "sarif"][..],
                &["graph", "-", "--format", "svg"],
                &["run", "-"],
            ] {
                let output = answer(arguments, &text);
                let said = String::from_utf8_lossy(&output.stderr);
                let code = output.status.code();
                assert!(
                    code.is_some_and(|code| code <= 2) && !said.contains("panicked"),
                    "round {round}, {arguments:?}: {code:?}\n{said}\n{}",
                    String::from_utf8_lossy(&text)
                );
            }
        }
    }
}

#[test]
fn mutated_test_files_histories_and_mocks_are_answered() {
    let folder = crate::Folder::new("mutated");
    std::fs::copy("asl-samples/map.asl.json", folder.0.join("map.asl.json")).unwrap();
    let mut numbers = Numbers(0xD1B5_4A32_D192_ED03);
    let test = std::fs::read("asl-samples/map.asl-test.yaml").unwrap();
    let history = std::fs::read("tests/kit/recordings/declined.json").unwrap();
    let mocks = std::fs::read("tests/cli/files/mocks.json").unwrap();
    for round in 0..40 {
        let path = |name: &str, bytes: &[u8]| {
            let path = folder.0.join(name);
            std::fs::write(&path, bytes).unwrap();
            path.display().to_string()
        };
        let test = path("map.asl-test.yaml", &mutated(&test, &mut numbers));
        let history = path("history.json", &mutated(&history, &mut numbers));
        let mocks = path("mocks.json", &mutated(&mocks, &mut numbers));
        for arguments in [
            &["test", &test, "--coverage"][..],
            &[
                "replay",
                &history,
                "--definition",
                "tests/kit/recordings/declined.asl.json",
            ],
            &[
                "run",
                "asl-samples/charge.asl.json",
                "--mock",
                &mocks,
                "--test-case",
                "Orders#Busy",
            ],
        ] {
            let output = answer(arguments, b"");
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            let is_fine = code.is_some_and(|code| code <= 2) && !said.contains("panicked");
            assert!(is_fine, "round {round}, {arguments:?}: {code:?}\n{said}");
        }
    }
}

#[test]
fn hostile_files_are_answered_in_time() {
    for text in [
        "[".repeat(1_000_000),
        "- ".repeat(500_000),
        format!("a: \"{}\"", " ".repeat(1_000_000)),
        format!("a: {}", "x ".repeat(500_000)),
        format!("{{ \"StartAt\": \"{}\" }}", "\u{1F355}".repeat(200_000)),
        (0..20_000)
            .map(|n| format!("k{n}: &a{n} [1]"))
            .collect::<Vec<_>>()
            .join("\n"),
        format!(
            "Parameters: {{ A: {{ Type: String }} }}\nResources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    \
             Properties:\n      DefinitionString: !Sub |\n        {}",
            "${A}".repeat(100_000)
        ),
    ] {
        let began = std::time::Instant::now();
        let output = answer(&["validate", "-"], text.as_bytes());
        // What consists of placeholders may be anything.
        let expected = i32::from(!text.contains("${A}"));
        assert_eq!(output.status.code(), Some(expected), "{}", &text[..40]);
        assert!(began.elapsed().as_secs() < 20, "{}: {:?}", &text[..40], began.elapsed());
    }
}
