# Definitions in all the ways that can be read, and one that cannot.
variable "table" { default = "orders" }

locals {
  retry = [{ ErrorEquals = ["Busy"], MaxAttempts = 2 }] # a comment
  closing = jsonencode({
    StartAt = "Count"
    States = {
      Count = { Type = "Wait", Seconds = -1, End = true }
    }
  })
}

resource "aws_sfn_state_machine" "heredoc" {
  name     = "heredoc-${var.stage}"
  role_arn = aws_iam_role.bar.arn

  definition = <<-EOF
    {
      "StartAt": "Charge",
      "States": {
        "Charge": {
          "Type": "Task",
          "Resource": "${aws_lambda_function.charge["eu"].arn}",
          "Parameters": { "table": "${var.table}", "cost": "$${cost}" },
          "TimeoutSeconds": ${var.timeout},
          "Next": "Shpi"
        },
        "Ship": { "Type": "Succeed" }
      }
    }
  EOF

  logging_configuration {
    level = "ALL"
  }
}

resource "aws_sfn_state_machine" "encoded" {
  type = "EXPRESS"
  definition = jsonencode({
    "StartAt" : "Charge",
    "States" : {
      Charge = {
        Type       = "Task"
        Resource   = aws_lambda_function.charge.arn
        Parameters = { "order.$" = "$.order", table = "t-${var.table}", tags = [for tag in var.tags : upper(tag)] }
        Retry      = local.retry
        Next       = "Rest"
      }
      Rest = { Type = "Wait", Secods = 5, End = true }
    }
  })
}

resource "aws_sfn_state_machine" "file" {
  definition = file("${path.module}/machines/fine.asl.json")
}

resource "aws_sfn_state_machine" "template" {
  definition = templatefile("${path.module}/machines/rest.json.tftpl", {
    nap  = 5
    next = "Rest"
    arn  = aws_lambda_function.charge.arn
  })
}

resource "aws_sfn_state_machine" "local" {
  definition = local.closing
}

resource "aws_sfn_state_machine" "unknown" {
  definition = data.template_file.orders.rendered
}

resource "aws_sfn_state_machine" "lost" {
  definition = file("machines/nowhere.json")
}
