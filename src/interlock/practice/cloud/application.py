"""The reporting application that runs on an environment: it serves the cost report of a month, or says why it cannot.

What people get from it is what an outage is measured by, so it really reads the table each time it is asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from interlock.practice.cloud.environments import Environment

_MONTH: Final = r"\d{4}-\d{2}"


class Application:
    """One program, whichever environment it runs on; where its data is, it finds in its environment's properties."""

    def __init__(self, cloud: Callable[[str], Any]) -> None:
        self._cloud = cloud

    def health(self, environment: Environment) -> tuple[str, str]:
        """The colour of its environment, and why."""
        status, said = self.report(environment)
        if status != 200:
            return "Red", str(said["error"])
        if said["stale"]:
            return "Yellow", f"the cost report is stale, it shows {said['month']}"
        return "Green", ""

    def report(self, environment: Environment) -> tuple[int, dict[str, Any]]:
        """Status and contents of the cost report."""
        if not environment.serving:
            return 503, {"error": "no instance is in service"}
        properties = environment.properties()
        table, month = properties.get("COSTS_TABLE", ""), properties.get("REPORT_MONTH", "")
        if not (table and re.fullmatch(_MONTH, month)):
            return 500, {"error": "COSTS_TABLE and REPORT_MONTH are not set"}
        newer = bool(self._records(table, _after(month)))  # asked first: what goes meanwhile is not taken for mended
        records = self._records(table, month)
        if not records:
            return 500, {"error": f"there are no cost records of {month}"}
        return 200, {"month": month, "records": records, "stale": newer}

    def page(self, environment: Environment) -> tuple[int, str]:
        """The report as it is sent."""
        status, said = self.report(environment)
        return status, json.dumps(said)

    def _records(self, table: str, month: str) -> int:
        from botocore.exceptions import ClientError

        try:
            found = self._cloud("dynamodb").query(
                TableName=table,
                KeyConditionExpression="#m = :m",
                ExpressionAttributeNames={"#m": "month"},
                ExpressionAttributeValues={":m": {"S": month}},
                Select="COUNT",
            )
        except ClientError:
            return 0  # no table, no records
        return int(found["Count"])


def _after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02}"
