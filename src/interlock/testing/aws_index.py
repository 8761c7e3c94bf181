"""`python -m interlock.testing.aws_index --write`: the index of AWS services, made of the installed botocore.

`src/interlock/aws/index.json` says which services sign under which name, with which protocols, and under which hosts
they stand. Without `--write` it says whether the file is what the installed botocore gives. The hosts are the forms of
URLs in botocore's endpoint rules: `{r}` is a region, `{s}` and `{d}` the partition's domain and its dual-stack
domain, `{}` one name that the request gives (a bucket, an account).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError
from botocore.loaders import Loader

from interlock.aws.models import INDEX, data

#: How botocore's variables in URLs end that are the region, or a domain of the partition; all others are names.
VARIABLES: Final = {
    "#dnsSuffix": "{s}",
    "#dualStackDnsSuffix": "{d}",
    "#implicitGlobalRegion": "{r}",
    "#region": "{r}",
    "Region": "{r}",
}


def main(arguments: list[str]) -> int:
    wanted = made()
    if "--write" in arguments:
        INDEX.write_text(wanted, encoding="utf-8")
        return 0
    if INDEX.read_text(encoding="utf-8") == wanted:
        return 0
    sys.stderr.write(f"{INDEX} is not what the installed botocore gives; write it with --write\n")
    return 1


def made() -> str:
    """The text of the index as the installed botocore gives it."""
    from botocore import __version__ as version

    loader = Loader(extra_search_paths=[str(data())], include_default_search_paths=False)
    areas = loader.load_data("partitions")
    services = [_service(loader, name, areas) for name in loader.list_available_services("service-2")]
    partitions = [
        {
            "name": part["id"],
            "regions": part["regionRegex"],
            "suffix": part["outputs"]["dnsSuffix"],
            "dual": part["outputs"]["dualStackDnsSuffix"],
        }
        for part in areas["partitions"]
    ]
    head = f'{{"botocore":"{version}","partitions":[\n'
    return (
        head + ",\n".join(map(_line, partitions)) + '\n],"services":[\n' + ",\n".join(map(_line, services)) + "\n]}\n"
    )


def _line(row: dict[str, Any]) -> str:
    return msgspec.json.encode({key: value for key, value in row.items() if value}).decode()


def _service(loader: Loader, name: str, areas: dict[str, Any]) -> dict[str, Any]:
    folder = loader.determine_latest_version(name, "service-2")
    model = loader.load_service_model(name, "service-2", folder)
    rules = loader.load_service_model(name, "endpoint-rule-set-1")
    metadata = model["metadata"]
    protocols = [
        metadata["protocol"],
        *(each for each in metadata.get("protocols", ()) if each != metadata["protocol"]),
    ]
    own = metadata.get("signingName") or metadata["endpointPrefix"]
    return {
        "name": name,
        "folder": folder,
        "version": metadata["apiVersion"],
        "protocols": protocols,
        "signing": [own, *sorted(set(_signing_names(rules)) - {own})],
        "everywhere": sorted(set(_everywhere(rules, areas))),
        "target": metadata.get("targetPrefix", ""),
        "prefixes": sorted({_form(prefix) for prefix in _prefixes(model)}),
        "hosts": sorted({form for url in _urls(rules) if (form := _host(url))}),
    }


def _everywhere(rules: dict[str, Any], areas: dict[str, Any]) -> Iterator[str]:
    """Regions for which calls are signed that are meant for another: the service is in no region, and so in each."""
    provider = EndpointProvider(rules, areas)
    told = {name: "" for name, each in rules["parameters"].items() if each.get("required") and "default" not in each}
    for part in areas["partitions"]:
        for region in [name for name in part["regions"] if not name.endswith("-global")][:3]:
            try:
                found = provider.resolve_endpoint(**{**told, "Region": region})
            except (EndpointResolutionError, ValueError):
                continue
            for scheme in found.properties.get("authSchemes", ()):
                if scheme.get("signingRegion", region) != region:
                    yield scheme["signingRegion"]


def _prefixes(model: dict[str, Any]) -> Iterator[str]:
    for operation in model["operations"].values():
        if prefix := operation.get("endpoint", {}).get("hostPrefix"):
            yield prefix


def _endpoints(rules: Any) -> Iterator[dict[str, Any]]:
    """Every endpoint in a tree of rules."""
    if isinstance(rules, dict):
        if isinstance(rules.get("endpoint"), dict):
            yield rules["endpoint"]
        for value in rules.values():
            yield from _endpoints(value)
    elif isinstance(rules, list):
        for value in rules:
            yield from _endpoints(value)


def _urls(rules: Any) -> Iterator[str]:
    for endpoint in _endpoints(rules):
        if isinstance(endpoint["url"], str):
            yield endpoint["url"]


def _signing_names(rules: Any) -> Iterator[str]:
    for endpoint in _endpoints(rules):
        for scheme in endpoint.get("properties", {}).get("authSchemes", ()):
            name = scheme.get("signingName", "")
            if name and "{" not in name and scheme["name"].startswith("sigv4"):
                yield name


def _host(url: str) -> str:
    """The form of the host in this URL; empty for endpoints that the caller chooses himself."""
    scheme, _, rest = url.partition("://")
    if scheme != "https" or "#authority" in rest or "{Endpoint" in rest:
        return ""
    return _form(rest.partition("/")[0])


def _form(text: str) -> str:
    return re.sub(r"\{([^}]*)\}", lambda match: _variable(match[1]), text)


def _variable(name: str) -> str:
    return next((form for end, form in VARIABLES.items() if name.endswith(end)), "{}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
