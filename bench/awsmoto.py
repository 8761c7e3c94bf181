"""moto's server in a process of its own, silent: `python -m bench.awsmoto PORT`; and a table in it to read from."""

from __future__ import annotations

import logging
import sys

import boto3
from moto.server import main


def fill(address: str, region: str, table: str, items: int) -> None:
    """A table of so many items, whose keys are `0`, `1` …"""
    client = boto3.client(
        "dynamodb",
        endpoint_url=address,
        region_name=region,
        aws_access_key_id="AKIAWORLD",
        aws_secret_access_key="world",
    )
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(items):
        client.put_item(TableName=table, Item={"k": {"S": str(number)}, "cost": {"N": "12.5"}})


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
