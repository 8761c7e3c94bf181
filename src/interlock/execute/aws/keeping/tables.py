"""Tables: DynamoDB tables are copied by an on-demand backup; items are remembered as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from interlock.aws.call import Call
from interlock.errors import TargetError
from interlock.execute.aws.hands import Hands
from interlock.execute.aws.keeping.copied import Copied, first
from interlock.execute.aws.keeping.keeper import Keeper, Memory, text
from interlock.execute.executor import Seal, Seen, Unseal
from interlock.model.entry import Purpose
from interlock.model.inventory import RollbackProof

_NO_TABLE: Final = ("ResourceNotFoundException", "TableNotFoundException")


class Table(Copied):
    """DeleteTable."""

    thing, copy, parameter = "table", "backup", "TableName"
    restorable, whole = ("available",), ("active",)
    needs = ("dynamodb:CreateBackup",)
    #: What restoring takes besides: it writes the items into the new table in our name.
    makes = (
        "dynamodb:RestoreTableFromBackup",
        "dynamodb:CreateTable",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:BatchWriteItem",
    )

    def found(self, hands: Hands, name: str) -> dict[str, Any] | None:
        asked = hands.find("dynamodb", "describe_table", _NO_TABLE, TableName=name)
        return asked["Table"] if asked is not None else None

    def state(self, found: dict[str, Any]) -> str:
        return str(found["TableStatus"])

    def settings(self, found: dict[str, Any]) -> Memory:
        return {"name": found["TableName"]}

    def start(self, hands: Hands, name: str, memory: Memory) -> None:
        # Names of backups are not unique: one that is there already is ours, and is enough.
        if self._backup(hands, name) is None:
            hands.do("dynamodb", "create_backup", TableName=name, BackupName=hands.name)

    def copied(self, hands: Hands, name: str) -> tuple[str, str]:
        found = self._backup(hands, name)
        return (found["BackupStatus"], name) if found is not None else ("", "")

    def make(self, hands: Hands, name: str, memory: Memory) -> None:
        found = self._backup(hands, name)
        if found is None:
            raise TargetError(f"the backup `{hands.name}` is gone", hint="nothing was undone")
        hands.do(
            "dynamodb",
            "restore_table_from_backup",
            already=("TableAlreadyExistsException", "TableInUseException", "ResourceInUseException"),
            TargetTableName=memory["settings"]["name"],
            BackupArn=found["BackupArn"],
        )

    def _backup(self, hands: Hands, name: str) -> dict[str, Any] | None:
        asked = hands.ask("dynamodb", "list_backups", TableName=name.rpartition("/")[2])
        ours = [each for each in asked["BackupSummaries"] if each["BackupName"] == hands.name]
        return first({"ours": ours}, "ours")


class Item(Keeper):
    """PutItem, UpdateItem, DeleteItem: the item that stands under the key."""

    exact = True
    needs = ("dynamodb:PutItem", "dynamodb:DeleteItem")

    def remember(self, hands: Hands, call: Call, keep: Seal) -> Memory | None:
        key = self._key(hands, call)
        return None if not key else {"key": key, "item": self._item(hands, call, key)}

    def restore(self, hands: Hands, call: Call, memory: Memory, unseal: Unseal) -> Iterator[str]:
        table = call.parameters["TableName"]
        if memory["item"] is None:
            hands.do("dynamodb", "delete_item", TableName=table, Key=_values(memory["key"]))
        else:
            hands.do("dynamodb", "put_item", TableName=table, Item=_values(memory["item"]))
        if self._item(hands, call, memory["key"]) != memory["item"]:
            raise TargetError("the item is not as it was", hint="somebody else writes to it", code="not-restored")
        yield "the item is as it was"

    def seen(self, hands: Hands, call: Call, purpose: Purpose) -> Seen:
        if purpose == "close":
            return "done"
        key = self._key(hands, call)
        if purpose == "run" and key and call.operation == "DeleteItem":
            return "done" if self._item(hands, call, key) is None else "not-done"
        return "in-part" if purpose == "undo" else "unknown"

    def promise(self, call: Call) -> RollbackProof:
        return RollbackProof("valid", False, ("write the item as it was",))

    def _key(self, hands: Hands, call: Call) -> Memory:
        """The key of the item, which a put has to be asked for: the table knows which attributes it is."""
        if call.operation != "PutItem":
            return _mapping(call.parameters.get("Key"))
        table = hands.find("dynamodb", "describe_table", _NO_TABLE, TableName=text(call.parameters.get("TableName")))
        item = _mapping(call.parameters.get("Item"))
        names = [each["AttributeName"] for each in table["Table"]["KeySchema"]] if table is not None else []
        return {name: item[name] for name in names if name in item}

    def _item(self, hands: Hands, call: Call, key: Memory) -> Memory | None:
        found = hands.find(
            "dynamodb",
            "get_item",
            _NO_TABLE,
            TableName=call.parameters["TableName"],
            Key=_values(key),
            ConsistentRead=True,
        )
        item = (found or {}).get("Item")
        return _plain(item) if item is not None else None


def _mapping(value: object) -> Memory:
    return _plain(value) if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    """Binary values as JSON can hold them, so that they compare equal when they come back from it."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _values(value: Any) -> Any:
    """The other way round."""
    if isinstance(value, dict):
        if set(value) == {"bytes"}:
            return bytes.fromhex(value["bytes"])
        return {name: _values(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_values(each) for each in value]
    return value
