"""Plans in a pipeline: exit statuses, the files that are asked for, and what must not be in them; pictures of cases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from interlock.cli.graph import draw_case
from interlock.errors import BadInput, BadProposal
from interlock.testing.process import Process
from interlock.testing.world import simulated

PLANS = Path(__file__).parents[2] / "plans"
SECRETS = ("hunter2", "s3cr3t")


@pytest.fixture
def plan(tmp_path: Path) -> str:
    shutil.copy(PLANS / "orders.json", tmp_path / "plan.json")
    return "plan.json"


def test_all_reports_are_written_in_one_run_and_hold_no_value_that_is_sensitive(
    interlock: Process, plan: str, tmp_path: Path
) -> None:
    files = {"--markdown": "comment.md", "--sarif": "plan.sarif", "--graph": "reach.html"}
    ran = interlock(
        "ci", "terraform", plan, "--json", *(word for pair in files.items() for word in pair), "--github",
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
    )  # fmt: skip
    texts = {name: (tmp_path / name).read_text() for name in (*files.values(), "summary.md")}

    assert ran.status == 4
    assert ran.json["decision"]["outcome"] == "deny"  # type: ignore[index]  # the contract's shape
    assert texts["comment.md"].startswith("### Interlock: DENY: 1 destroyed, 1 replaced")
    assert texts["summary.md"].strip() == texts["comment.md"].strip()
    assert json.loads(texts["plan.sarif"])["version"] == "2.1.0"
    assert ran.json["digest"] in texts["reach.html"]
    assert not [name for name, text in texts.items() for secret in SECRETS if secret in text]
    assert not [secret for secret in SECRETS if secret in ran.out]


def test_the_summary_of_a_step_is_added_to_not_written_over(interlock: Process, plan: str, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("what stood there\n")
    interlock("ci", "terraform", plan, "--github", GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"))

    assert (tmp_path / "summary.md").read_text().startswith("what stood there\n### Interlock")


def test_a_home_that_came_with_the_change_does_not_judge_it(interlock: Process, plan: str, tmp_path: Path) -> None:
    """Somebody adds a home to the branch, with policies that allow everything."""
    interlock("init")
    for file in (tmp_path / ".interlock" / "policies").iterdir():
        file.unlink()
    (tmp_path / ".interlock" / "policies" / "all.cedar").write_text(
        '@id("all")\n@because("why not")\npermit (principal, action, resource);\n'
    )

    nowhere = {"HOME": str(tmp_path / "nowhere")}
    judged = interlock("ci", "terraform", plan, **nowhere)
    named = interlock("ci", "terraform", plan, "--home", ".interlock", **nowhere)

    assert (judged.status, named.status) == (4, 0)
    assert "--home" in judged.err


def test_a_hold_passes_where_only_a_denial_is_to_stop_the_pipeline(interlock: Process, tmp_path: Path) -> None:
    """The same plan: judged by the home's policies for an agent that may configure, it is held."""
    (tmp_path / "pass").touch(mode=0o600)
    (tmp_path / "pass").write_text("four words are enough")
    shutil.copy(PLANS / "greeting.json", tmp_path / "plan.json")
    interlock("init", "--origin", "shop.example/ledger")
    interlock("people", "add", "olga", "--passphrase-file", "pass")
    (tmp_path / "passport.toml").write_text(
        'owner = "olga"\npurpose = "p"\njustification = "j"\nbenefits = "b"\nrisks = "r"\nworst_case = "w"\n'
        'prevention = "p"\nenvironments = ["production"]\n[[capabilities]]\ntier = "configure"\n'
    )
    interlock("agents", "add", "deployer", "--passport", "passport.toml")
    arguments = ("ci", "terraform", "plan.json", "--agent", "deployer", "--markdown", "-", "--home", ".interlock")

    held, passed = interlock(*arguments), interlock(*arguments, "--fail-on", "deny")

    assert held.out.startswith("### Interlock: HOLD")
    assert (held.status, passed.status) == (3, 0)


def test_what_is_no_plan_is_status_2_and_writes_nothing(interlock: Process, tmp_path: Path) -> None:
    ran = interlock("ci", "terraform", "-", "--markdown", "comment.md", stdin=b'{"hello": 1}')

    assert ran.status == 2
    assert "Traceback" not in ran.err
    assert not (tmp_path / "comment.md").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--json", "--markdown", "-"),
        ("--json", "--graph", "-"),
        ("--github",),
        ("--graph", "reach.png"),
        ("--sarif", "no/such/folder/x.sarif"),
        ("--fail-on", "never"),
        ("--inventory", "nowhere.json"),
    ],
)
def test_options_that_cannot_be_followed_are_status_2(
    interlock: Process, plan: str, arguments: tuple[str, ...]
) -> None:
    ran = interlock("ci", "terraform", plan, *arguments)

    assert ran.status == 2
    assert "Traceback" not in ran.err


def test_the_source_of_a_plan_tells_what_the_plan_leaves_out(interlock: Process, tmp_path: Path) -> None:
    """`db` is made from a local. The plan says so, and only the source says what the local is made from."""
    shutil.copy(PLANS / "locals.json", tmp_path / "plan.json")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text('locals {\n  name = "shop-${terraform_data.net.output}"\n}\n')
    bare = interlock("ci", "terraform", "plan.json", "--json").json
    whole = interlock("check", "plan.json", "--kind", "terraform", "--source", "infra", "--json").json

    assert bare["change"]["effects"] == whole["change"]["effects"]  # type: ignore[index]  # the contract's shape
    assert ["local" in text for text in bare["assessment"]["degraded"]] == [True]  # type: ignore[index]  # the same
    assert whole["assessment"]["degraded"] == []  # type: ignore[index]  # the same
    assert interlock("check", "plan.json", "--kind", "sql", "--source", "infra").status == 2
    assert interlock("ci", "terraform", "plan.json", "--source", "nowhere").status == 2


def test_an_inventory_tells_of_who_else_feels_it(interlock: Process, plan: str, tmp_path: Path) -> None:
    """A state of another stack, beside the plan's own: nothing of what is known without it is lost."""
    (tmp_path / "graph.dot").write_text(
        'digraph G {\n  "aws_ssm_parameter.reader" [label="aws_ssm_parameter.reader"];\n'
        '  "aws_db_instance.orders" [label="aws_db_instance.orders"];\n'
        '  "aws_ssm_parameter.reader" -> "aws_db_instance.orders";\n}\n'
    )
    alone = interlock("check", plan, "--kind", "terraform", "--json")
    beside = interlock("check", plan, "--kind", "terraform", "--json", "--inventory", "graph.dot")

    def may(ran: object) -> set[str]:
        return {one["name"] for one in ran.json["assessment"]["reach"]["may"]}  # type: ignore[attr-defined]  # Ran

    assert may(beside) == may(alone) | {"aws_ssm_parameter.reader"}


def test_a_picture_of_a_change_is_drawn_by_check_into_a_file_and_in_the_terminal(
    interlock: Process, plan: str, tmp_path: Path
) -> None:
    drawn = interlock("check", plan, "--kind", "terraform", "--graph", "reach.svg")
    shown = interlock("check", plan, "--kind", "terraform", "--graph", "-")

    assert (drawn.status, shown.status) == (4, 4)
    assert (tmp_path / "reach.svg").read_text().startswith("<svg ")
    assert "± aws_db_instance.orders" in shown.out
    assert "changed 7" in shown.out


def test_lines_and_a_picture_do_not_go_together(interlock: Process) -> None:
    assert interlock("check", "--lines", "-", "--kind", "sql", "--graph", "-").status == 2


def test_a_case_is_drawn_by_show_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with simulated(tmp_path / "home", orders=5) as world:
        held = world.propose("UPDATE orders SET status = 'paid' WHERE status = 'pending'")
        for form in ("reach.svg", "reach.html"):
            draw_case(held, world.control.configuration.is_production, str(tmp_path / form))
        draw_case(held, world.control.configuration.is_production, "-")

    assert held.decision is not None
    for text in ((tmp_path / "reach.svg").read_text(), (tmp_path / "reach.html").read_text(), capsys.readouterr().out):
        assert held.id in text
        assert held.decision.digest in text
        assert "order_lines" in text


def test_a_case_that_was_never_judged_has_no_picture(tmp_path: Path) -> None:
    with simulated(tmp_path / "home", orders=5) as world:
        with pytest.raises(BadProposal):
            world.propose("SELECT \x00")
        refused = world.control.record.cases()[-1]

        with pytest.raises(BadInput, match="before its reach was known"):
            draw_case(refused, world.control.configuration.is_production, "-")


def test_the_permissions_of_a_plan_are_shown_to_whoever_looks_at_it(interlock: Process, plan: str) -> None:
    """Whoever votes sees the same picture: what the apply takes at most, by service, and what nobody can name."""
    shown = interlock("check", plan, "--kind", "terraform").out
    told = interlock("check", plan, "--kind", "terraform", "--json").json["change"]

    assert "needs at most" in shown
    assert any("rds:DeleteDBInstance" in effect["needs"] for effect in told["effects"])
    assert "DeleteDBInstance" in shown
    assert told["needs_unknown"] == []


def test_a_type_whose_permissions_nobody_knows_is_shown_by_name(interlock: Process, tmp_path: Path) -> None:
    row = {"address": "odd_thing.x", "type": "odd_thing", "name": "x", "change": {"actions": ["delete"], "before": {}}}
    document = {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [row]}
    (tmp_path / "plan.json").write_text(json.dumps(document))

    shown = interlock("check", "plan.json", "--kind", "terraform").out

    assert "nobody knows the permissions of odd_thing" in shown


def bucket(name: object, **more: object) -> dict[str, object]:
    values = {"bucket": name}
    change = {"actions": ["create"], "before": None, "after": values, **more}
    planned = {
        "address": "aws_s3_bucket.new",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "new",
        "values": values,
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": [planned]}},
        "resource_changes": [{key: planned[key] for key in ("address", "mode", "type", "name")} | {"change": change}],
    }


def state_of(name: str) -> dict[str, object]:
    instance = {"schema_version": 0, "attributes": {"bucket": name, "region": "us-east-1"}}
    kept = {"mode": "managed", "type": "aws_s3_bucket", "name": "old", "provider": "p", "instances": [instance]}
    return {"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "l", "resources": [kept]}


@pytest.mark.parametrize(("name", "found"), [("orders", True), ("others", False)])
def test_a_bucket_whose_name_another_state_keeps_under_another_address_is_found(
    interlock: Process, tmp_path: Path, name: str, found: bool
) -> None:
    """The name is known as a value alone: from a variable, a local, a default."""
    (tmp_path / "plan.json").write_text(json.dumps(bucket(name)))
    (tmp_path / "shop.tfstate").write_text(json.dumps(state_of("orders")))

    answer = interlock("check", "plan.json", "--kind", "terraform", "--inventory", "shop.tfstate", "--json").json

    findings = answer["assessment"]["findings"]  # type: ignore[index]  # an object
    assert [each["message"] for each in findings if each["id"] == "exists-already"] == (
        ["the create of `aws_s3_bucket.new` makes a second one: `aws_s3_bucket.old` (`orders`) is there already"]
        if found
        else []
    )


@pytest.mark.parametrize("option", ["--markdown", "--sarif", "--graph"])
def test_a_link_that_came_with_the_change_has_nothing_written_over(
    interlock: Process, plan: str, tmp_path: Path, option: str
) -> None:
    (tmp_path / "victim").write_text("precious")
    work = tmp_path / "work"
    work.mkdir()
    (work / "out.svg").symlink_to(tmp_path / "victim")
    (work / "out").symlink_to(tmp_path)
    shutil.copy(tmp_path / plan, work / plan)
    inside = type(interlock)(work)

    direct, through = (inside("ci", "terraform", plan, option, name) for name in ("out.svg", "out/victim.svg"))

    assert (direct.status, through.status) == (2, 2)
    assert "a link leads out of this folder" in direct.err
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (tmp_path / "victim.svg").exists()
