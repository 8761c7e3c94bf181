"""The cloud's one endpoint: by signing name to the stand-in or to moto, by host name to an environment's own page."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, Final

from interlock.practice.cloud.application import Application
from interlock.practice.cloud.beanstalk import Beanstalk

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: Where a signature says what it was made for: key, day, region, service.
_SCOPE: Final = re.compile(r"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/aws4_request")
_PAGES: Final = ".elasticbeanstalk.com"
_PHRASES: Final = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}


class Front:
    """A WSGI application before moto's."""

    def __init__(self, moto: Wsgi, *, region: str, pace: float) -> None:
        self._moto = moto
        self._region = region
        self._application = Application(self._cloud)
        self._beanstalk = Beanstalk(self._cloud, self._application.health, region=region, pace=pace)
        self.endpoint = ""

    @functools.lru_cache(maxsize=32)  # noqa: B019 - there is one front, for the life of its process
    def _cloud(self, service: str) -> Any:
        """A client for the cloud itself, as its own services use it."""
        import boto3

        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint,
            region_name=self._region,
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="the-service-itself",
        )

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").partition(":")[0]
        if host.endswith(_PAGES):
            environment = self._beanstalk.serving(host)
            status, page = (404, "{}") if environment is None else self._application.page(environment)
            return _answer(start, status, page, "application/json")
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None or scope[1] != "elasticbeanstalk":
            return self._moto(environ, start)
        form = BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))).read().decode()
        return _answer(start, *self._beanstalk.answer(form), "text/xml")


def _answer(start: Callable[..., Any], status: int, text: str, kind: str) -> Iterable[bytes]:
    body = text.encode()
    start(
        f"{status} {_PHRASES.get(status, 'Service Unavailable')}",
        [("Content-Type", kind), ("Content-Length", str(len(body)))],
    )
    return [body]
