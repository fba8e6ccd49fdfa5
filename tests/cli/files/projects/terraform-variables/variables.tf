variable "nap" {
  type    = number
  default = 5
}

variable "retry" {
  default = [{ ErrorEquals = ["Busy"], MaxAttempts = -1 }]
}

variable "table" {
  default = null
}
