"""AWS's query protocol for one service, by botocore's own model of it: forms in, XML out, errors as in AWS.

Rules of this file: what the model does not name is refused on the way in and never written on the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

Parameters = dict[str, Any]
Answer = tuple[int, str]

_SCALARS: Final[dict[str, Callable[[str], Any]]] = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "string": str,
    "timestamp": datetime.fromisoformat,
}


class ServiceError(Exception):
    """What the service answers instead: an error with a code that clients know."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class QueryService:
    """Answers the forms of one service: each operation that is handled is a function of its parameters."""

    def __init__(self, service: str, operations: Mapping[str, Callable[[Parameters], Parameters | None]]) -> None:
        from botocore.loaders import Loader
        from botocore.model import ServiceModel

        self._model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self._operations = operations
        self._space = self._model.metadata["xmlNamespace"]

    def answer(self, form: str, request_id: str) -> Answer:
        """Status and XML for the body of one POST."""
        try:
            return 200, self._done(form, request_id)
        except ServiceError as error:
            body = (
                f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
            )
            return (
                400,
                f'<ErrorResponse xmlns="{self._space}">{body}<RequestId>{request_id}</RequestId></ErrorResponse>',
            )

    def _done(self, form: str, request_id: str) -> str:
        fields = dict(parse_qsl(form, keep_blank_values=True))
        action, version = fields.pop("Action", ""), fields.pop("Version", "")
        if version != self._model.api_version or action not in self._operations:
            raise ServiceError("InvalidAction", f"The action or operation requested is invalid: {action} {version}")
        operation = self._model.operation_model(action)
        parameters = _read(operation.input_shape, fields, "") if operation.input_shape else {}
        given = self._operations[action](parameters or {})
        result = ""
        if operation.output_shape is not None:
            inner = _written(operation.output_shape, given or {})
            result = f"<{action}Result>{inner}</{action}Result>"
        about = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        return f'<{action}Response xmlns="{self._space}">{result}{about}</{action}Response>'


def _read(shape: Any, fields: Mapping[str, str], at: str) -> Any:
    """What the form holds at this place, by its shape; None where it holds nothing there."""
    if shape.type_name == "structure":
        prefix = f"{at}." if at else ""
        unknown = {name.removeprefix(prefix).split(".")[0] for name in fields if name.startswith(prefix)}
        if strange := unknown - set(shape.members):
            raise ServiceError("ValidationError", f"Unknown parameter: {', '.join(sorted(strange))}")
        found = {name: _read(member, fields, f"{prefix}{name}") for name, member in shape.members.items()}
        return {name: value for name, value in found.items() if value is not None} or None
    if shape.type_name == "list":
        items: list[Any] = []
        while (item := _read(shape.member, fields, f"{at}.member.{len(items) + 1}")) is not None:
            items.append(item)
        return items or None
    try:
        return _SCALARS[shape.type_name](fields[at]) if at in fields else None
    except ValueError as error:
        raise ServiceError("ValidationError", f"{at}: {error}") from error


def _written(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        return "".join(
            f"<{name}>{_written(member, value[name])}</{name}>"
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    if shape.type_name == "list":
        return "".join(f"<member>{_written(shape.member, item)}</member>" for item in value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return escape(str(value))
