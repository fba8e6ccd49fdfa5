use super::*;
use crate::definition::{Severity, WorkflowType};

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
            matches!(problems[..], [(_, Code::NotSupported | Code::UnresolvedSubstitution)]),
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
        read_with(loader, &source(text), Format::Yaml).remove(0).machine
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
    let source = "Conditions: { Slow: !Equals [!Ref AWS::Region, us-east-1] }\nResources:\n  M:\n    \
                  Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        \
                  StartAt: A\n        TimeoutSeconds: !If [Slow, 60, 5]\n        Comment: !Ref AWS::NoValue\n        \
                  States:\n          A: { Type: Succeed }\n          B: !If [Slow, !Ref AWS::NoValue, !Ref AWS::NoValue]\n";
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
    let found = read_with(Loader::new(), &source, Format::Json);
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

/// A machine whose `Seconds` are what `conditions` choose.
fn conditional(conditions: &str, seconds: &str) -> String {
    format!(
        "Parameters: {{ Stage: {{ Type: String, Default: dev }} }}\nConditions: {{ {conditions} }}\nResources:\n  M:\n    \
         Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n        StartAt: A\n        States:\n          \
         A: {{ Type: Wait, Seconds: {seconds}, End: true }}\n"
    )
}

#[test]
fn variants_that_no_deployment_gives_are_not_judged() {
    let valid = |conditions: &str, seconds: &str, given: Substitutions| {
        let source = conditional(conditions, seconds);
        let found = read_with(Loader::new().substitutions(given), &source, Format::Yaml);
        found[0].machine.is_ok()
    };
    let none = Substitutions::new;
    let prod = "P: !Equals [!Ref Stage, prod], D: !Equals [!Ref Stage, dev]";
    assert!(!valid(prod, "!If [P, 1, -1]", none()));
    assert!(!valid(prod, "!If [P, -1, 1]", none()));
    assert!(valid(prod, "!If [P, !If [D, -1, 1], 1]", none()));
    assert!(valid(prod, "!If [P, 1, -1]", none().with("Stage", "prod")));
    let both = "P: !Equals [!Ref Stage, prod], N: !Not [!Condition P], B: !And [!Condition P, !Condition N]";
    assert!(valid(both, "!If [B, -1, 1]", none()));
    assert!(valid("C: !Equals [a, b]", "!If [C, -1, 1]", none()));
    assert!(!valid("C: !Equals [!FindInMap [a, b, c], b]", "!If [C, -1, 1]", none()));
    assert!(!valid("C: !Condition C", "!If [C, -1, 1]", none()));
}

#[test]
fn many_conditions_are_judged_as_far_as_there_is_time() {
    let names = |n: usize| format!("C{n}: !Equals [!Ref P{n}, a]");
    let conditions: Vec<_> = (0..40).map(names).collect();
    let members: Vec<_> = (0..40).map(|n| format!("m{n}: !If [C{n}, 1, 2]")).collect();
    let source = conditional(
        &conditions.join(", "),
        &format!("5, Comment: a, Parameters: {{ {} }}", members.join(", ")),
    );
    let contents = machines(&Loader::new(), &source, Format::Yaml, &mut open).unwrap();
    assert_eq!(contents.machines.len(), 1);
    assert_eq!(
        contents.diagnostics[0].message,
        "only 16 variants of this machine are looked at"
    );
}

#[test]
fn loops_cannot_fill_the_memory() {
    let letters = "[a, b, c, d, e, f, g, h, i, j]";
    let body = (0..12).fold("{ \"M${L0}\": { Type: AWS::SQS::Queue } }".to_owned(), |body, n| {
        format!("{{ \"Fn::ForEach::X{n}\": [L{n}, {letters}, {body}] }}")
    });
    let contents = machines(&Loader::new(), &format!("Resources: {body}\n"), Format::Yaml, &mut open);
    assert!(contents.unwrap().machines.is_empty());
}
