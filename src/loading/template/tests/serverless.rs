use super::*;
use crate::definition::WorkflowType;

pub(super) const SERVERLESS_FILE: &str = "
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
    let source = SERVERLESS_FILE.replace("'${env:NAP}'", "${env:NAP}");
    let given = read_with(loader, &source, Format::Yaml);
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

/// A value that is given goes before the sources behind its own.
#[test]
fn the_first_source_with_a_value_counts() {
    let file = |stage: &str| {
        format!(
            "custom: {{ nap: {{ dev: 5, prod: 60, test: 9 }}, empty: '' }}\nstepFunctions:\n  stateMachines:\n    m:\n      \
             definition:\n        StartAt: A\n        States:\n          \
             A: {{ Type: Wait, Seconds: \"${{self:custom.nap.${{{stage}}}}}\", End: true }}\n"
        )
    };
    let seconds = |stage: &str, given: &[(&str, &str)]| {
        let loader = Loader::new().substitutions(given.iter().copied().collect());
        let found = read_with(loader, &file(stage), Format::Yaml);
        found[0].machine.as_ref().unwrap().definition()["States"]["A"]["Seconds"].clone()
    };
    assert_eq!(seconds("opt:stage, 'dev'", &[]), 5);
    assert_eq!(seconds("opt:stage, 'dev'", &[("opt:stage", "prod")]), 60);
    assert_eq!(seconds("opt:stage, self:provider.stage, 'test'", &[]), 9);
    assert_eq!(
        seconds("opt:${opt:name}, env:STAGE, 'dev'", &[("env:STAGE", "test")]),
        9
    );
}
