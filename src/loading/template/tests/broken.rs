use super::serverless::SERVERLESS_FILE;
use super::terraform::TERRAFORM_FILE;
use super::*;

#[test]
fn a_file_that_cannot_be_read_is_not_passed_over() {
    for (text, format, expected) in [
        ("{ \"StartAt\": \"A\", \"States\": {", Format::Json, true),
        (
            "Resources:\n  M: { Type: AWS::Serverless::StateMachine",
            Format::Yaml,
            true,
        ),
        ("{ \"name\": \"StartAt", Format::Json, false),
        ("{ \"StartAt\": 1, \"note\": \"States\" }", Format::Json, false),
    ] {
        assert_eq!(has_machines(text, format), expected, "{text}");
    }
}

/// Conditions, loops and macros.
const CONDITIONS_FILE: &str = "
Parameters: { Bars: { Type: CommaDelimitedList, Default: 'a, b' }, Stage: { Type: String, AllowedValues: [dev, prod] } }
Conditions: { P: !Equals [!Ref Stage, prod], N: !Or [!Not [!Condition P], !Condition N] }
Resources:
  Fn::Transform: { Name: AWS::Include }
  Fn::ForEach::Bars:
    - Bar
    - !Ref Bars
    - M${Bar}:
        Type: AWS::Serverless::StateMachine
        Condition: N
        Properties:
          Definition:
            StartAt: !If [P, A, B]
            Fn::Transform: { Name: x }
            States:
              A: !If [P, { Type: Pass, End: true }, !Ref AWS::NoValue]
              B: { Type: Wait, Comment: 'é {{resolve:ssm:${Bar}}}', Seconds: !If [N, 1, 2], End: true }
";

/// Mutated texts are answered: nothing panics, and every place that is pointed at lies in the text.
#[test]
fn texts_that_somebody_broke_are_answered() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut number = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let files = [
        (TEMPLATE, Format::Yaml),
        (CONDITIONS_FILE, Format::Yaml),
        (SERVERLESS_FILE, Format::Yaml),
        (TERRAFORM_FILE, Format::Terraform),
    ];
    for (file, format) in files.into_iter().cycle().take(4_500) {
        let mut text: Vec<char> = file.chars().collect();
        for _ in 0..=number(5) {
            let at = number(text.len());
            let end = (at + 1 + number(20)).min(text.len());
            match number(4) {
                0 => drop(text.drain(at..end)),
                1 => {
                    let part = text[at..end].to_vec();
                    text.splice(at..at, part);
                }
                2 => text[at] = "{}['\":-!&*|>#\né$".chars().nth(number(15)).unwrap(),
                _ => text.swap(at, end - 1),
            }
        }
        let text: String = text.into_iter().collect();
        let diagnostics = match machines(&Loader::new(), &text, format, &mut open) {
            Err(diagnostics) => diagnostics,
            Ok(found) => found
                .machines
                .into_iter()
                .filter(|found| found.file.is_none())
                .filter_map(|found| Some(found.machine.err()?.diagnostics().to_vec()))
                .flatten()
                .collect(),
        };
        for found in diagnostics {
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&found.line), "{found}\n{text}");
            assert!(found.span.start <= text.len(), "{found}\n{text}");
        }
    }
}
