variable "attempts" { default = 3 }

resource "aws_sfn_state_machine" "encoded" {
  definition = jsonencode({
    StartAt = "Charge"
    States = {
      Charge = {
        Type       = "Task"
        Resource   = "arn:aws:states:::dynamodb:getItem"
        Parameters = { TableName = var.table, Key = {} }
        Retry      = var.retry
        Next       = "Rest"
      }
      Rest = { Type = "Wait", Seconds = var.nap, Next = "Nap" }
      Nap  = { Type = "Wait", Seconds = var.attempts, End = true }
    }
  })
}

module "orders" {
  source     = "terraform-aws-modules/step-functions/aws"
  definition = <<EOF
{ "StartAt": "Rest", "States": { "Rest": { "Type": "Wait", "Seconds": ${var.nap}, "Next": "Rset" } } }
EOF
}
