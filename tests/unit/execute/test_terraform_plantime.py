"""Plan time: what would run or send something while it is planned is found wherever it stands, and refused."""

from __future__ import annotations

import pytest

from interlock.errors import BadProposal
from interlock.execute.terraform.blocks import blocks_of, every
from interlock.execute.terraform.plantime import check, check_graph, known

EXTERNAL = 'data "external" "x" {\n  program = ["sh"]\n}\n'


def refused(files: dict[str, str], *allowed: str, backend: str = "local") -> str:
    with pytest.raises(BadProposal) as caught:
        check({name: text.encode() for name, text in files.items()}, frozenset(allowed), backend)
    return str(caught.value)


def passes(files: dict[str, str], *allowed: str, backend: str = "local") -> frozenset[str]:
    return check({name: text.encode() for name, text in files.items()}, frozenset(allowed), backend)


@pytest.mark.parametrize(
    "text",
    [
        EXTERNAL,
        "\ufeff" + EXTERNAL,
        EXTERNAL.replace("\n", "\r\n"),
        "data external x {\n}\n",
        'data /* here */ "external" /* there */ "x" {\n}\n',
        'check "c" {\n  data "external" "x" {\n    program = []\n  }\n}\n',
        'locals {\n  a = "${"}"}"\n}\n' + EXTERNAL,
        'locals {\n  a = "\\"${jsonencode({a = "}"})}"\n}\n' + EXTERNAL,
        'locals {\n  a = <<EOT\n  EOT2\n${"EOT"}\n}\nEOT\n}\n' + EXTERNAL,
        "locals {\n  a = <<-EOT\n    # {\n    EOT\n}\n" + EXTERNAL,
        "locals {\n  a = [<<EOT\nx\nEOT\n  , 1]\n}\n" + EXTERNAL,
        "# /*\n" + EXTERNAL + "# */\n",
        "/* # */ " + EXTERNAL,
        'locals {\n  a = "$${"\n  b = "%%{"\n}\n' + EXTERNAL,
        "locals {\n  a = 1 // {\n  b = 2 # {\n}\n" + EXTERNAL,
    ],
)
def test_a_program_that_a_data_source_would_run_is_found_wherever_it_hides(text: str) -> None:
    assert "`external` is refused: runs a program" in refused({"main.tf": text})
    assert passes({"main.tf": text}, "external") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        '# data "external" "x" {\n',
        '/* data "external" "x" { } */\n',
        'locals {\n  a = "data \\"external\\" \\"x\\" {"\n}\n',
        'locals {\n  a = <<EOT\ndata "external" "x" {\n}\nEOT\n}\n',
        'resource "kubernetes_config_map" "x" {\n  data = { external = "x" }\n}\n',
        'data "aws_ami" "x" {\n}\n',
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert passes({"main.tf": text}) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        '{"data": {"external": {"x": {"program": []}}}}',
        '{"data": [{"external": [{"x": {"program": []}}]}]}',
        '[{"data": {"external": {"x": {}}}}]',
        '{"data": {"aws_ami": {"x": {}}}, "data": {"external": {"x": {}}}, "data": {"aws_ami": {"y": {}}}}',
        '{"check": {"c": {"data": {"external": {"x": {}}}}}}',
        '{"d\\u0061ta": {"extern\\u0061l": {"x": {}}}}',
    ],
)
def test_the_same_in_json(text: str) -> None:
    assert "external" in refused({"main.tf": "", "x.tf.json": text})


@pytest.mark.parametrize("type_", sorted(known().data))
def test_each_kind_of_data_source_that_is_known_is_refused_and_can_be_allowed(type_: str) -> None:
    text = f'data "{type_}" "x" {{\n}}\n'

    assert known().data[type_] in refused({"main.tf": text})
    assert passes({"main.tf": text}, type_) == frozenset()


@pytest.mark.parametrize(
    "text",
    ['a = "', "a {", "a = {", "a = <<EOT\nx", "/* x", "a = )", "a b c", 'a "${x}" {}', "= 1", "a = [}", "\x00"],
)
def test_what_cannot_be_followed_is_refused_not_passed_over(text: str) -> None:
    assert refused({"main.tf": text})


@pytest.mark.parametrize("text", ["{", "[1]", '{"nobody": {}}', '{"data": {"external": 1}}', '"x"'])
def test_json_that_cannot_be_followed_is_refused(text: str) -> None:
    assert refused({"main.tf": "", "x.tf.json": text})


def test_what_is_not_utf_8_or_nested_too_deep_is_refused() -> None:
    with pytest.raises(BadProposal):
        check({"main.tf": b"\xff"}, frozenset(), "local")
    assert refused({"main.tf": "a {\n" * 100 + "}\n" * 100})
    assert refused({"main.tf": "a = " + "[" * 5000})
    assert refused({"main.tf": "", "x.tf.json": "[" * 100_000})


@pytest.mark.parametrize(
    "source",
    [
        '"git::https://evil.example/x"', '"hashicorp/consul/aws"', '"/etc"', '"./../../x"', '"../x"', "var.x",
        '"./${var.x}"', '"./child/../../x"', '"./other"', '"https://evil.example/x.zip"',
    ],
)  # fmt: skip
def test_a_module_from_elsewhere_is_refused(source: str) -> None:
    files = {"main.tf": f'module "m" {{\n  source = {source}\n}}\n', "child/x.tf": ""}

    assert "module `m`" in refused(files)
    assert passes(files, "modules") == frozenset()


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": 'module "m" {\n  source = "./child"\n}\n', "child/x.tf": ""},
        {
            "main.tf": 'module "m" {\n  source = "./a/b" # here\n}\n',
            "a/b/x.tf": 'module "n" {\n source = "../c"\n}\n',
            "a/c/x.tf": "",
        },
    ],
)
def test_a_module_of_the_proposal_itself_passes(files: dict[str, str]) -> None:
    assert passes(files) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        'provider "kubernetes" {\n  exec {\n    command = "sh"\n  }\n}\n',
        'provider "google" {\n  compute_custom_endpoint = "https://evil.example/"\n}\n',
        'provider "vault" {\n  address = "https://evil.example"\n}\n',
        'provider "aws" {\n  region = "x"\n  endpoints {\n    sts = "https://evil.example"\n  }\n}\n',
    ],
)
def test_a_provider_that_is_told_where_to_send_its_credential_is_refused(text: str) -> None:
    assert "credentials" in refused({"main.tf": text})
    assert "credentials" in refused({"main.tf": "", "child/x.tf": text})
    assert passes({"main.tf": text}, "provider-settings") == frozenset()


def test_a_provider_in_json_is_held_to_the_same() -> None:
    assert "exec" in refused({"main.tf": "", "x.tf.json": '{"provider": {"kubernetes": {"exec": {"command": "sh"}}}}'})
    assert (
        passes({"main.tf": "", "x.tf.json": '{"provider": {"aws": {"region": "x", "default_tags": {}}}}'})
        == frozenset()
    )


def test_a_harmless_provider_block_passes() -> None:
    text = 'provider "aws" {\n  alias = "b"\n  region = var.region\n  default_tags {\n    tags = {}\n  }\n}\n'

    assert passes({"main.tf": text}) == frozenset()


@pytest.mark.parametrize(
    ("text", "backend"),
    [
        ('terraform {\n  backend "s3" {\n  }\n}\n', "local"),
        ("terraform {\n  cloud {\n  }\n}\n", "local"),
        ('terraform {\n  backend "http" {\n    address = "https://evil.example"\n  }\n}\n', "s3"),
    ],
)
def test_a_state_that_is_kept_elsewhere_than_the_targets_is_refused(text: str, backend: str) -> None:
    assert "keeps its state" in refused({"main.tf": text}, backend=backend)


def test_the_targets_own_kind_of_state_passes_and_is_overruled_later() -> None:
    assert passes({"main.tf": 'terraform {\n  backend "local" {\n    path = "/x"\n  }\n}\n'}) == frozenset()
    assert passes({"main.tf": 'terraform {\n  backend "s3" {\n  }\n}\n'}, backend="s3") == frozenset()


def test_the_variables_of_the_root_module_are_told() -> None:
    files = {"main.tf": 'variable "a" {\n}\nvariable "b" {\n}\n', "c/x.tf": 'variable "c" {\n}\n'}

    assert passes(files) == {"a", "b"}


def test_a_folder_without_configuration_at_its_root_is_refused() -> None:
    assert refused({"child/x.tf": ""})
    assert refused({"README.md": ""})


def test_the_tools_own_graph_is_held_to_the_same_knowledge() -> None:
    with pytest.raises(BadProposal):
        check_graph('"module.a.data.external.x" [label="data.external.x"];', frozenset())
    check_graph('"data.external.x"', frozenset({"external"}))
    check_graph('"data.aws_ami.x"', frozenset())


def test_every_block_is_told_with_its_place() -> None:
    text = 'a "b" {\n  c = "d"\n  e {\n    f = g\n  }\n}\n'

    found = [
        (block.type, block.labels, block.arguments, block.where) for block in every(blocks_of("x.tf", text.encode()))
    ]
    assert found == [("a", ("b",), {"c": "d"}, "x.tf:1"), ("e", (), {"f": None}, "x.tf:3")]


def test_what_is_known_of_plan_time_is_lower_case_and_has_reasons() -> None:
    assert all(name == name.lower() and why for name, why in known().data.items())
    assert known().provider.arguments.isdisjoint({"endpoint", "address", "host", "url", "token", "profile", "exec"})
