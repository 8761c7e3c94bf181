"""CloudFormation: what a change set would do, as `aws cloudformation describe-change-set` prints it."""
