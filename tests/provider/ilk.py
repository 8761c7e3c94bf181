"""A provider for tests that really makes, changes and destroys things: files in one folder. Started by the tool itself.

    ILK_DIR     the folder        ILK_TOKEN    the credential; without it nothing works

`ilk_file` has a `name`, which cannot be changed, and a `content`, which can. `slow` is how many seconds it takes;
`fail` names what goes wrong: `create`, `update` or `delete`. `secret` is sensitive. Each call is a line in ILK_DIR/log.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path
from typing import Any

import grpc
from tf import runner
from tf.iface import (
    Config,
    CreateContext,
    DataSource,
    DeleteContext,
    Provider,
    ReadContext,
    ReadDataContext,
    Resource,
    State,
    UpdateContext,
)
from tf.schema import Attribute, Schema
from tf.types import Number, String
from tf.utils import Diagnostics

#: Key and certificate to speak with, in PEM, and the certificate's DER in base64. The tests write in what they made
#: once; the library makes its own at each start, which is a third of one.
PAIR = ("", "", "")


def pair() -> tuple[bytes, grpc.ServerCredentials]:
    """What the library asks for: the certificate that the tool is told, and what serves it."""
    key, certificate, told = PAIR
    return base64.b64decode(told), grpc.ssl_server_credentials([(key.encode(), certificate.encode())])


def folder() -> Path:
    return Path(os.environ["ILK_DIR"])


def log(call: str, name: str) -> None:
    with (folder() / "log").open("a", encoding="utf-8") as file:
        file.write(f"{call} {name}\n")


class File(Resource):
    """A file."""

    def __init__(self, provider: IlkProvider) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "file"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("id", String(), computed=True),
                Attribute("name", String(), required=True, requires_replace=True),
                Attribute("content", String(), optional=True),
                Attribute("secret", String(), optional=True, sensitive=True),
                Attribute("slow", Number(), optional=True),
                Attribute("fail", String(), optional=True),
            ],
        )

    def _try(self, call: str, diagnostics: Diagnostics, state: State) -> bool:
        log(call, state["name"])
        time.sleep(float(state.get("slow") or 0))
        if state.get("fail") == call:
            diagnostics.add_error(f"the {call} of {state['name']} went wrong", "as it was told to")
            return False
        return True

    def create(self, ctx: CreateContext, planned: State) -> State | None:
        if not self._try("create", ctx.diagnostics, planned):
            return None
        (folder() / planned["name"]).write_text(planned.get("content") or "", encoding="utf-8")
        return {**planned, "id": f"ilk-{planned['name']}"}

    def read(self, ctx: ReadContext, current: State) -> State | None:
        path = folder() / current["name"]
        return {**current, "content": path.read_text(encoding="utf-8")} if path.exists() else None

    def update(self, ctx: UpdateContext, current: State, planned: State) -> State | None:
        if not self._try("update", ctx.diagnostics, planned):
            return current
        (folder() / planned["name"]).write_text(planned.get("content") or "", encoding="utf-8")
        return planned

    def delete(self, ctx: DeleteContext, current: State) -> State | None:
        if not self._try("delete", ctx.diagnostics, current):
            return current
        (folder() / current["name"]).unlink(missing_ok=True)
        return None


class Environment(DataSource):
    """What surrounds the provider: the names of its environment variables, and whether it may read a file."""

    def __init__(self, provider: IlkProvider) -> None:
        self.provider = provider

    @classmethod
    def get_name(cls) -> str:
        return "environment"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("path", String(), required=True),
                Attribute("names", String(), computed=True),
                Attribute("content", String(), computed=True),
            ],
        )

    def read(self, ctx: ReadDataContext, config: Config) -> State | None:
        try:
            content = Path(config["path"]).read_text(encoding="utf-8")
        except OSError as error:
            content = type(error).__name__
        return {"path": config["path"], "names": " ".join(sorted(os.environ)), "content": content}


class IlkProvider(Provider):
    """The provider itself."""

    def get_model_prefix(self) -> str:
        return "ilk_"

    def full_name(self) -> str:
        return "test.example/ilk/ilk"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        return Schema(version=1, attributes=[Attribute("endpoint", String(), optional=True)])

    def validate_config(self, diags: Diagnostics, config: Config) -> None:
        pass

    def configure_provider(self, diags: Diagnostics, config: Config) -> None:
        if not os.environ.get("ILK_TOKEN") or not os.environ.get("ILK_DIR"):
            diags.add_error("there is no credential", "ILK_TOKEN and ILK_DIR have to be set")

    def get_data_sources(self) -> list[Any]:
        return [Environment]

    def get_resources(self) -> list[Any]:
        return [File]


if __name__ == "__main__":
    if all(PAIR):
        runner._self_signed_cert = pair
    runner.run_provider(IlkProvider(), sys.argv)
