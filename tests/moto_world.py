"""A world to look at: moto's server on a free port, and clients to build with."""

from __future__ import annotations

import logging
import urllib.request
from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-central-1"


class Moto:
    """`address` is its URL."""

    def __init__(self, server: Any) -> None:
        host, port = server.get_host_and_port()
        self.address = f"http://{host}:{port}"
        self._server = server
        self._clients: dict[tuple[str, str], Any] = {}
        self._image = ""

    def client(self, service: str, region: str = REGION) -> Any:
        """What a test builds its world with."""
        import boto3
        from botocore.config import Config

        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.address,
                aws_access_key_id="AKIAWORLD",
                aws_secret_access_key="world",
                config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
        return self._clients[service, region]

    def image(self) -> str:
        """An image that is there in every account. It is asked for once, since the list of all of them is long."""
        if not self._image:
            self._image = self.client("ec2").describe_images()["Images"][0]["ImageId"]
        return self._image

    def reset(self) -> None:
        """An empty account."""
        request = urllib.request.Request(f"{self.address}/moto-api/reset", method="POST")
        urllib.request.urlopen(request, timeout=120).close()

    def close(self) -> None:
        self._server.stop()


def started() -> Moto:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return Moto(server)
