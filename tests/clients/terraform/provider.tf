# Who signs in, where, comes from the environment: VCD_URL, VCD_ORG, VCD_VDC, VCD_USER, VCD_PASSWORD.
terraform {
  required_providers {
    vcd = {
      source = "vmware/vcd"
    }
  }
}

provider "vcd" {}

variable "changed" {
  description = "False for what is made first, true for what it is changed to."
  type        = bool
  default     = false
}
