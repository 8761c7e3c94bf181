"""Where a request goes that was sent to an endpoint of ours: to the host of the service that it means.

The signing name alone does not say that: `sagemaker` is that of ten services, each with a host of its own.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from interlock.aws import endpoints, models
from interlock.aws.calls import understand
from interlock.aws.request import Request

#: A host that says nothing about what is meant.
NOWHERE: Final = "endpoint"


def placed(request: Request) -> Request:
    """The same request at AWS's own host. NotFound when nobody signs as it does or there is no such region."""
    call = understand(replace(request, host=NOWHERE))
    host = endpoints.endpoint(call.service or request.service, request.region)
    operation = models.service(call.service).operation(call.operation) if call.operation else None
    if operation is not None and operation.host_prefix:
        label = call.parameters.get(operation.host_prefix.strip("{}."))
        prefix = operation.host_prefix
        if prefix.startswith("{"):
            prefix = f"{label}." if isinstance(label, str) and label.replace("-", "").isalnum() else ""
        host = prefix + host
    return replace(request, host=host)
