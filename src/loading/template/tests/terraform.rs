use super::*;
use crate::definition::WorkflowType;

pub(super) const TERRAFORM_FILE: &str = r#"
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
fn definitions_in_terraform_are_read() {
    let found = read_with(Loader::new(), TERRAFORM_FILE, Format::Terraform);
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
fn comments_in_terraform_hide_nothing() {
    for comment in ["# a, b", "// the \"role\"", "/* } */"] {
        let source = format!(
            "resource \"aws_sfn_state_machine\" \"m\" {{\n  role_arn = var.r {comment}\n  tags = merge(a, {comment}\n b)\n  \
             definition = jsonencode({{ StartAt = \"A\", States = {{ A = {{ Type = \"Succeed\" }} }} }})\n}}\n"
        );
        let found = read_with(Loader::new(), &source, Format::Terraform);
        assert_eq!(found.len(), 1, "{source}");
        assert!(found[0].machine.is_ok(), "{source}");
    }
}

/// What is behind a block that cannot be read is still found.
#[test]
fn a_block_that_cannot_be_read_hides_no_other() {
    let source = "resource \"aws_sfn_state_machine\" \"a\" {\n  definition = jsonencode({ Comment = 'x' })\n}\n\
                  resource \"aws_sfn_state_machine\" \"b\" {\n  definition = jsonencode({ StartAt = \"A\" }\n}\n\
                  locals {\n  a = {\n}\n\
                  resource \"aws_sfn_state_machine\" \"c\" {\n  definition = file(\"rest.asl.yaml\")\n}\n";
    let contents = machines(&Loader::new(), source, Format::Terraform, &mut open).unwrap();
    let names: Vec<_> = contents
        .machines
        .iter()
        .filter_map(|found| found.name.as_deref())
        .collect();
    let lines: Vec<_> = contents.diagnostics.iter().map(|told| told.line).collect();
    assert_eq!(names.last(), Some(&"c"));
    assert_eq!(names.len() + lines.len(), 3, "{names:?} {lines:?}");
}
