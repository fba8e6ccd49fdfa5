//! Templates of all kinds, read from texts.

mod broken;
mod cloudformation;
mod serverless;
mod terraform;

use super::*;
use crate::definition::Code;

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
    read_with(Loader::new(), source, Format::Yaml)
}

fn read_with(loader: Loader, source: &str, format: Format) -> Vec<Found> {
    machines(&loader, source, format, &mut open).unwrap().machines
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
