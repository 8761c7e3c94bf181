moved {
  from = aws_sqs_queue.old
  to   = aws_sqs_queue.q1
}
