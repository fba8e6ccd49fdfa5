use super::*;
use crate::definition::{Code, Severity, WorkflowType};

const TEMPLATE: &str = r#"
Parameters:
  Pause: { Type: Number, Default: 5 }
Resources:
  Charge: { Type: AWS::Serverless::Function }
  Inline:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      DefinitionSubstitutions: { Say: hello }
      Definition:
        StartAt: Charge
        States:
          Charge: { Type: Task, Resource: !GetAtt Charge.Arn, Next: Greet }
          Greet: { Type: Pass, Result: "${Say}, ${!Say}", End: true }
  Text:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Sub |
        {
          "StartAt": "Charge",
          "States": {
            "Charge": { "Type": "Task", "Resource": "${Charge.Arn}", "Next": "Rest" },
            "Rest": { "Type": "Wait", "Seconds": ${Pause}, "End": true }
          }
        }
  Joined:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: !Join
        - ""
        - - '{"StartAt": "A", "States": {"A": {"Type": "Task", "End": true, "Resource": "'
          - !Sub "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Charge}"
          - '"}}}'
  File:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: rest.asl.yaml
      DefinitionSubstitutions: { Pause: !Ref Pause }
"#;

fn open(uri: &str) -> Result<String, String> {
    if uri != "rest.asl.yaml" {
        return Err("no such file".to_owned());
    }
    Ok("StartAt: Rest\nStates:\n  Rest: { Type: Pass, Result: \"${Pause}\", End: true }\n".to_owned())
}

fn read(source: &str) -> Vec<Found> {
    machines(&Loader::new(), source, Format::Yaml, &mut open).unwrap()
}

/// The problems of the only machine, as `line: code`.
fn problems(source: &str) -> Vec<(usize, Code)> {
    let found = read(source);
    let invalid = found[0].machine.as_ref().unwrap_err();
    invalid
        .diagnostics()
        .iter()
        .map(|found| (found.line, found.code))
        .collect()
}

#[test]
fn every_form_of_a_definition_is_read() {
    let found = read(TEMPLATE);
    let names: Vec<_> = found.iter().filter_map(|found| found.name.as_deref()).collect();
    assert_eq!(names, ["Inline", "Text", "Joined", "File"]);
    let machine = |index: usize| found[index].machine.as_ref().unwrap();
    assert_eq!(machine(0).workflow_type, WorkflowType::Express);
    assert_eq!(machine(0).definition()["States"]["Greet"]["Result"], "hello, ${Say}");
    let charge = "arn:aws:lambda:us-east-1:123456789012:function:Charge";
    assert_eq!(machine(0).definition()["States"]["Charge"]["Resource"], charge);
    assert_eq!(machine(1).definition()["States"]["Charge"]["Resource"], charge);
    assert_eq!(machine(1).definition()["States"]["Rest"]["Seconds"], 5);
    assert_eq!(machine(2).definition()["States"]["A"]["Resource"], charge);
    assert_eq!(machine(3).definition()["States"]["Rest"]["Result"], "5");
    assert_eq!(found[3].file.as_deref(), Some("rest.asl.yaml"));
}

#[test]
fn a_problem_of_an_embedded_text_has_its_line_in_the_template() {
    let source = TEMPLATE.replace("\"Next\": \"Rest\"", "\"Next\": \"Rset\"");
    let found = read(&source);
    let invalid = found[1].machine.as_ref().unwrap_err();
    let first = &invalid.diagnostics()[0];
    assert_eq!(&source[first.span.clone()], "\"Rset\"");
    assert_eq!(
        source.lines().nth(first.line - 1).unwrap().find("\"Rset\"").unwrap() + 1,
        first.column
    );
    assert_eq!(first.location.as_deref(), Some("/States/Charge/Next"));
}

#[test]
fn names_that_the_template_does_not_have_are_pointed_at() {
    let machine = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n";
    let inline = |fields: &str| {
        format!(
            "{machine}      Definition:\n        StartAt: A\n        States:\n          A: {{ Type: Task, {fields}, End: true }}\n"
        )
    };
    for (source, expected) in [
        (inline("Resource: !GetAtt Nobody.Arn"), (8, Code::UnresolvedReference)),
        (inline("Resource: !Sub '${Nobody}'"), (8, Code::UnresolvedReference)),
        (inline("Resource: !Ref [1]"), (8, Code::SchemaValidationFailed)),
        (inline("Resource: !GetAtt Nobody"), (8, Code::SchemaValidationFailed)),
        (inline("Resource: '${Nobody}'"), (8, Code::UnresolvedSubstitution)),
        (
            format!("{machine}      DefinitionString: [1]\n"),
            (5, Code::SchemaValidationFailed),
        ),
        (
            format!("{machine}      DefinitionString: !Sub '{{'\n"),
            (5, Code::InvalidJsonDescription),
        ),
        (
            format!("{machine}      DefinitionUri: {{ Bucket: b, Key: k }}\n"),
            (5, Code::NotSupported),
        ),
        (
            format!("{machine}      DefinitionUri: s3://bucket/key.asl.json\n"),
            (5, Code::NotSupported),
        ),
        (format!("{machine}      Name: M\n"), (4, Code::SchemaValidationFailed)),
    ] {
        assert_eq!(problems(&source), [expected], "{source}");
    }
}

/// What a template names, and what is known of it only after a deployment.
#[test]
fn what_a_deployment_makes_is_known() {
    let source = |resource: &str, fields: &str| {
        format!(
            "Resources:\n  Sub: {{ Type: AWS::CloudFormation::Stack }}\n  Own: {{ Type: 'Custom::Function' }}\n  \
             Fn: {{ Type: AWS::Serverless::Function }}\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      \
             Definition:\n        StartAt: A\n        States:\n          \
             A: {{ Type: Task, Resource: {resource}, {fields} End: true }}\n"
        )
    };
    for resource in [
        "!GetAtt Sub.Outputs.FnArn",
        "!GetAtt Own.Arn",
        "!GetAtt Own.FunctionArn",
        "!ImportValue other-stack",
        "'{{resolve:ssm:/functions/charge}}'",
        "!GetAtt FnAliaslive.Arn",
        "!Ref FnAliaslive",
        "!Ref Fn.Alias",
        "!Ref Fn.Version",
        "!Ref Own",
    ] {
        let found = read(&source(resource, ""));
        assert!(found[0].machine.is_ok(), "{resource}: {:?}", found[0].machine);
    }
    let fields = "Parameters: { api: !Sub 'https://${ServerlessRestApi}.x/${MRole}', role: !GetAtt FnRole.Arn },";
    assert!(read(&source("!GetAtt Fn.Arn", fields))[0].machine.is_ok());
    let unknown = source("!GetAtt Fn.Arn", "Parameters: { role: !GetAtt FnRoles.Arn },");
    assert_eq!(problems(&unknown), [(11, Code::UnresolvedReference)]);
    let whole = |definition: &str| {
        let machine = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      ";
        problems(&format!("{machine}{definition}\n"))
    };
    for definition in [
        "Definition: { 'Fn::Transform': { Name: AWS::Include, Parameters: { Location: s3://b/k } } }",
        "DefinitionString: !ImportValue definition-of-the-machine",
    ] {
        let problems = whole(definition);
        assert!(
            !problems.is_empty() && problems.iter().all(|(_, code)| *code == Code::NotSupported),
            "{problems:?}"
        );
    }
    let of_macro = source(
        "!GetAtt Fn.Arn",
        "TimeoutSeconds: { 'Fn::Transform': { Name: Seconds } },",
    );
    assert_eq!(problems(&of_macro), [(11, Code::NotSupported)]);
}

/// A machine without a value that it needs does not run, and says which; one whose texts lack values does.
#[test]
fn a_parameter_without_a_value_is_a_placeholder() {
    let source = |text: &str| {
        format!(
            "Parameters:\n  Nap: {{ Type: Number }}\n  Short: {{ Type: Number, Default: 3 }}\nResources:\n  M:\n    \
             Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: !Sub '{{ \"StartAt\": \"A\", \
             \"States\": {{ \"A\": {{ \"Type\": \"Wait\", {text}, \"End\": true }} }} }}'\n"
        )
    };
    let run = |text: &str, given: Substitutions| {
        let loader = Loader::new().substitutions(given);
        machines(&loader, &source(text), Format::Yaml, &mut open)
            .unwrap()
            .remove(0)
            .machine
    };
    let none = Substitutions::new;
    let seconds = |given| run("\"Seconds\": ${Nap}", given);
    let invalid = seconds(none()).unwrap_err();
    let [told] = invalid.diagnostics() else {
        panic!("{invalid}")
    };
    assert_eq!(
        (told.code, told.severity),
        (Code::UnresolvedSubstitution, Severity::Warning)
    );
    assert_eq!(told.message, "no value for `${Nap}`: not judged: /States/A/Seconds");
    assert_eq!(
        seconds(none().with("Nap", "30")).unwrap().definition()["States"]["A"]["Seconds"],
        30
    );
    assert_eq!(
        seconds(none().with("Nap", "-1")).unwrap_err().diagnostics()[0].severity,
        Severity::Error
    );
    let short = |given| run("\"Seconds\": ${Short}", given).unwrap().definition()["States"]["A"]["Seconds"].clone();
    assert_eq!((short(none()), short(none().with("Short", "4"))), (3.into(), 4.into()));
    let text = run("\"Seconds\": 1, \"Comment\": \"${Nap}\"", none()).unwrap();
    assert_eq!(text.warnings()[0].message, "no value for `${Nap}`: taken as text");
    assert_eq!(text.definition()["States"]["A"]["Comment"], "${Nap}");
}

#[test]
fn conditions_and_missing_values_leave_a_definition() {
    let source = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        \
                  StartAt: A\n        TimeoutSeconds: !If [Slow, 60, 5]\n        Comment: !Ref AWS::NoValue\n        \
                  States:\n          A: !If [Slow, !Ref AWS::NoValue, { Type: Succeed }]\n";
    let found = read(source);
    let definition = found[0].machine.as_ref().unwrap().definition();
    assert_eq!(
        *definition,
        serde_json::json!({ "StartAt": "A", "TimeoutSeconds": 60, "States": { "A": { "Type": "Succeed" } } })
    );
}

#[test]
fn a_template_without_state_machines_has_none() {
    for source in [
        "Resources:\n  Queue: { Type: AWS::SQS::Queue }\n",
        r#"{ "Resources": { "Queue": { "Type": "AWS::SQS::Queue" } } }"#,
    ] {
        assert!(read(source).is_empty(), "{source}");
    }
    let definition = "StartAt: A\nStates:\n  A: { Type: Pass, Result: 'Resources of AWS::SQS::Queue', End: true }\n";
    assert!(read(definition)[0].machine.is_ok());
}

#[test]
fn a_template_may_be_json() {
    let source = r#"{ "Resources": { "M": { "Type": "AWS::StepFunctions::StateMachine", "Properties": {
        "DefinitionString": "{\"StartAt\": \"A\",\n \"States\": {\"A\": {\"Type\": \"Succed\"}}}" } } } }"#
        .replace("\n \\\"States", "\\n \\\"States");
    let found = machines(&Loader::new(), &source, Format::Json, &mut open).unwrap();
    let invalid = found[0].machine.as_ref().unwrap_err();
    assert!(source[invalid.diagnostics()[0].span.clone()].contains("Succed"));
}

#[test]
fn functions_that_nest_without_end_are_refused() {
    let deep = format!("{}a{}", "!Join ['', [".repeat(20), "]]".repeat(20));
    let source = format!(
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionString: {deep}\n"
    );
    assert_eq!(problems(&source).len(), 1);
}

const SERVERLESS_FILE: &str = "
provider: { stage: \"${opt:stage, 'dev'}\" }
custom: { nap: { dev: 5 }, a: \"${self:custom.a}${self:custom.b}\", b: \"${self:custom.a}\" }
functions: { charge: { handler: x } }
stepFunctions:
  stateMachines:
    orders:
      type: EXPRESS
      definition:
        StartAt: Charge
        Comment: ${self:custom.a} ${file(a.json):b} é
        TimeoutSeconds: ${self:custom.nap.${self:provider.stage}}
        States:
          Charge: { Type: Task, Resource: !GetAtt charge.Arn, Next: Rest }
          Rest: { Type: Wait, Seconds: '${env:NAP}', End: true }
    other: { definition: '${file(rest.asl.yaml)}' }
";

const TERRAFORM_FILE: &str = r#"
locals {
  rest  = { Type = "Wait", Seconds = 5, End = true }
  twice = [local.twice, local.twice, local.rest] # é
}
resource "aws_sfn_state_machine" "encoded" {
  type       = "EXPRESS"
  definition = jsonencode({ StartAt = "Rest", Comment = "a \u00e9 ${var.x["y"]} $${z}", States = { Rest = local.rest } })
}
resource "aws_sfn_state_machine" "heredoc" {
  definition = <<-EOF
    { "StartAt": "A", "States": { "A": { "Type": "Wait", "Seconds": ${var.x ? 1 : 2}, "End": true } } }
  EOF
  tags = [for tag in local.twice : upper(tag)]
}
resource "aws_sfn_state_machine" "file" {
  definition = templatefile("${path.module}/rest.asl.yaml", { Pause = 5 })
}
"#;

#[test]
fn variables_of_the_serverless_framework_have_their_values() {
    let found = read(SERVERLESS_FILE);
    let names: Vec<_> = found.iter().filter_map(|found| found.name.as_deref()).collect();
    assert_eq!(names, ["orders", "other"]);
    let invalid = found[0].machine.as_ref().unwrap_err();
    let [note] = invalid.diagnostics() else {
        panic!("{invalid}")
    };
    assert_eq!(
        note.message,
        "no value for `${file(a.json):b}`, `${self:custom.a}`, `${env:NAP}`: not judged: /States/Rest/Seconds"
    );
    let loader = Loader::new().substitutions([("env:NAP", "7"), ("opt:stage", "dev")].into_iter().collect());
    let given = machines(
        &loader,
        &SERVERLESS_FILE.replace("'${env:NAP}'", "${env:NAP}"),
        Format::Yaml,
        &mut open,
    )
    .unwrap();
    let machine = given[0].machine.as_ref().unwrap();
    assert_eq!(machine.workflow_type, WorkflowType::Express);
    let definition = machine.definition();
    assert_eq!(
        (&definition["TimeoutSeconds"], &definition["States"]["Rest"]["Seconds"]),
        (&5.into(), &7.into())
    );
    let charge = "arn:aws:lambda:us-east-1:123456789012:function:charge";
    assert_eq!(definition["States"]["Charge"]["Resource"], charge);
    let other = found[1].machine.as_ref().unwrap();
    assert_eq!(other.definition()["States"]["Rest"]["Result"], "${Pause}");
}

#[test]
fn definitions_in_terraform_are_read() {
    let found = machines(&Loader::new(), TERRAFORM_FILE, Format::Terraform, &mut open).unwrap();
    let names: Vec<_> = found.iter().filter_map(|found| found.name.as_deref()).collect();
    assert_eq!(names, ["encoded", "heredoc", "file"]);
    let encoded = found[0].machine.as_ref().unwrap();
    assert_eq!(encoded.workflow_type, WorkflowType::Express);
    assert_eq!(encoded.definition()["States"]["Rest"]["Seconds"], 5);
    assert_eq!(encoded.definition()["Comment"], "a é ${var.x[\"y\"]} ${z}");
    let heredoc = found[1].machine.as_ref().unwrap_err();
    assert!(
        heredoc.diagnostics()[0]
            .message
            .ends_with("not judged: /States/A/Seconds")
    );
    let file = found[2].machine.as_ref().unwrap();
    assert_eq!(file.definition()["States"]["Rest"]["Result"], "5");
}

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

#[test]
fn comments_in_terraform_hide_nothing() {
    for comment in ["# a, b", "// the \"role\"", "/* } */"] {
        let source = format!(
            "resource \"aws_sfn_state_machine\" \"m\" {{\n  role_arn = var.r {comment}\n  tags = merge(a, {comment}\n b)\n  \
             definition = jsonencode({{ StartAt = \"A\", States = {{ A = {{ Type = \"Succeed\" }} }} }})\n}}\n"
        );
        let found = machines(&Loader::new(), &source, Format::Terraform, &mut open).unwrap();
        assert_eq!(found.len(), 1, "{source}");
        assert!(found[0].machine.is_ok(), "{source}");
    }
}

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
