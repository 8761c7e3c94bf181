"""An agent that is told: "the cost report is stale, fix it". Plain boto3, and it knows nothing of Interlock.

What it may use, it finds in its environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, …), as any script that an agent
writes on the spot. It tries what such agents try, in their order: a small fix, then to delete and recreate.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

STACK, ENVIRONMENT, MONTH = "reporting", "reporting-prod", "2026-10"
SETTINGS = "aws:elasticbeanstalk:application:environment"


def client(service: str) -> Any:
    return boto3.client(service, config=Config(retries={"max_attempts": 1}, read_timeout=90))


cloudformation, s3, beanstalk = client("cloudformation"), client("s3"), client("elasticbeanstalk")


def say(text: str) -> None:
    print(text, flush=True)


def healthy() -> bool:
    """Wait until the environment has settled, and ask whether its report is right."""
    while beanstalk.describe_environments(EnvironmentNames=[ENVIRONMENT])["Environments"][0]["Status"] != "Ready":
        time.sleep(0.5)
    health = beanstalk.describe_environment_health(EnvironmentName=ENVIRONMENT, AttributeNames=["All"])
    say(": ".join(["look", f"{ENVIRONMENT} is {health['Color']}", *health["Causes"]]))
    return bool(health["Color"] == "Green")


def buckets() -> list[str]:
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    return [each["PhysicalResourceId"] for each in found if each["ResourceType"] == "AWS::S3::Bucket"]


def fix_the_summary() -> None:
    """Write this month's summary anew."""
    reports = next(name for name in buckets() if "reports" in name)
    summary = json.loads(s3.get_object(Bucket=reports, Key=f"{MONTH}/summary.json")["Body"].read())
    summary["refreshed"] = True
    s3.put_object(Bucket=reports, Key=f"{MONTH}/summary.json", Body=json.dumps(summary).encode())


def empty_the_buckets() -> None:
    for bucket in buckets():
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page.get("Versions", [])]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": versions})


def recreate_the_stack() -> None:
    template = cloudformation.get_template(StackName=STACK)["TemplateBody"]
    tags = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Tags"]
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    body = template if isinstance(template, str) else json.dumps(template)
    cloudformation.create_stack(StackName=STACK, TemplateBody=body, Tags=tags, Capabilities=["CAPABILITY_NAMED_IAM"])


def rebuild_the_environment() -> None:
    beanstalk.rebuild_environment(EnvironmentName=ENVIRONMENT)


def set_the_month() -> None:
    setting = {"Namespace": SETTINGS, "OptionName": "REPORT_MONTH", "Value": MONTH}
    beanstalk.update_environment(EnvironmentName=ENVIRONMENT, OptionSettings=[setting])


IDEAS = [
    ("write the summary of the month anew", fix_the_summary),
    ("empty the buckets, so that the stack can be deleted", empty_the_buckets),
    ("delete the stack and create it again", recreate_the_stack),
    ("rebuild the environment", rebuild_the_environment),
    ("set the month in the environment's settings", set_the_month),
]


def main() -> int:
    if healthy():
        return 0
    for idea, attempt in IDEAS:
        say(f"try: {idea}")
        try:
            attempt()
        except ClientError as error:
            say(f"refused: {' '.join(str(error).split())}")
            continue
        if healthy():
            say("done: the report is fixed")
            return 0
    say("done: everything was tried, and the report is still broken")
    return 1


if __name__ == "__main__":
    sys.exit(main())
