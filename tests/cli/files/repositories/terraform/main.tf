locals {
  timeout = 60
  again   = local.timeout
}

resource "aws_sfn_state_machine" "template" {
  definition = templatefile("${path.module}/rest.json.tftpl", {
    my_next = "Rest"
    nap     = { long = 5 }
    again   = local.again
    arn     = aws_lambda_function.charge["eu"].arn
  })
}

resource "aws_sfn_state_machine" "signs" {
  definition = <<-EOF
    {
      "StartAt": "A",
      "TimeoutSeconds": ${ local.again },
      "States": {
        "A": { "Type": "Task", "Resource": "${aws_lambda_function.charge["eu"].arn}", "Comment": "100 %%{off} $${y}", "Nxt": "B" }
      }
    }
  EOF
}

resource "aws_sfn_state_machine" "directive" {
  definition = <<-EOF
    { "StartAt": "A", "States": { "A": { "Type": "Pass", %{ if var.is_last }"End": true%{ else }"Next": "B"%{ endif } } } }
  EOF
}

resource "aws_sfn_state_machine" "encoded" {
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", Comment = "100 %%{off} $${y}", Nxt = "B" } } })
}

resource "aws_sfn_state_machine" "broken" {
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pass", Comment = 'off' } } )
}

resource "aws_sfn_state_machine" "behind" {
  definition = jsonencode({ StartAt = "A", States = { A = { Type = "Pas", End = true } } })
}
