resource "aws_instance" "web" {
  provisioner "local-exec" {
    command = "echo made"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "echo gone"
  }
}
