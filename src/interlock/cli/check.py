"""`interlock check`: judge a change without a server and without executing it. Other tools build on its answer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from interlock.cli import values
from interlock.cli.frame import EXIT, console, emit, graph_option, home_option, json_option, pictured
from interlock.cli.judging import (
    UNREGISTERED,
    asked,
    folder,
    inventory_option,
    judging,
    known,
    opened_file,
    parts_options,
    read,
    source_option,
    with_source,
)

if TYPE_CHECKING:
    from interlock.answer import Json
    from interlock.judge import Judge
    from interlock.model.agent import Passport
    from interlock.model.inventory import Inventory
    from interlock.model.proposal import Proposal


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--kind",
    required=True,
    shell_complete=values.kinds(),
    help="What it is: sql (or sql:mysql …), terraform, cloudformation, aws …",
)
@click.option(
    "--environment",
    default="",
    shell_complete=values.environments(),
    help="Where it would run.  [default: the target's, else production]",
)
@click.option(
    "--agent",
    default=UNREGISTERED,
    shell_complete=values.agents(),
    help="Who would run it.  [default: an unregistered agent]",
)
@click.option(
    "--target", default="", shell_complete=values.targets(), help="A configured target to survey and to rehearse on."
)
@click.option("--lines", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help="One input a line.")
@source_option
@parts_options
@inventory_option
@graph_option
@home_option
@json_option
def command(
    file: Path | None,
    kind: str,
    environment: str,
    agent: str,
    target: str,
    lines: Path | None,
    source: Path | None,
    only: tuple[str, ...],
    replace: tuple[str, ...],
    destroy: bool,
    inventories: tuple[Path, ...],
    graph: str,
    home: Path | None,
    as_json: bool,
) -> int:
    """Judge FILE (or standard input) without executing it.

    Of kind terraform it is a plan as JSON; or a folder, which is planned at its --target, and nothing of it is kept.

    A terminal is shown a picture (so is a pipe where COLUMNS is set); a pipe is told a line for each thing.

    Exit status: 0 allow, 3 hold, 4 deny, 2 bad input. Without a home it judges by the starter policies.
    """
    import msgspec

    if (file is None) == (lines is None):
        raise click.UsageError("name one FILE (or `-`), or --lines FILE")
    if graph and lines is not None:
        raise click.UsageError("--graph draws one change; --lines has many")
    if source is not None and kind != "terraform":
        raise click.UsageError("--source is the configuration of a plan: it goes with --kind terraform")
    if file is not None and file.is_dir() and not target:
        raise click.UsageError("a folder is planned at a target: name it with --target")
    if lines is not None and (only or replace or destroy):
        raise click.UsageError("--only, --replace and --destroy are of one folder; --lines has many inputs")
    with judging(home, agent) as (judge, passport):
        nothing = asked(judge, kind, agent, environment, target)
        beside = known(inventories, nothing.environment)
        if lines is not None:
            return _stream(judge, passport, nothing, lines, beside)
        packed = folder(kind, file, only, replace, destroy=destroy) if file is not None else None
        payload = with_source(read(file) if packed is None else packed, source)
        proposal = judge.planned(msgspec.structs.replace(nothing, payload=payload))
        return _one(judge, passport, proposal, beside, graph, as_json=as_json)


def _one(
    judge: Judge, passport: Passport, proposal: Proposal, beside: Inventory | None, graph: str, *, as_json: bool
) -> int:
    from interlock.answer import judged

    judgement = judge.judge(proposal, passport, beside)
    production = judge.configuration.is_production
    if graph:
        from interlock.cli.graph import draw
        from interlock.report.subject import Subject

        draw(Subject(judgement.change, judgement.assessment, judgement.decision, production), graph)
    answer = judged({"kind": proposal.kind, "agent": proposal.agent, "environment": proposal.environment}, judgement)
    if as_json:
        emit(answer)
    elif graph != "-" and pictured():
        from interlock.cli.render import judgement as picture

        console().print(picture(answer, production=production))
    elif graph != "-":
        from interlock.cli.lines import judgement as told

        click.echo(told(answer))
    return EXIT[judgement.decision.outcome]


def _stream(judge: Judge, passport: Passport, nothing: Proposal, lines: Path, beside: Inventory | None) -> int:
    """One compact answer a line. A line that is no input is answered as denied, and the exit status says so."""
    import msgspec

    gc.enable()  # a stream may have no end
    status = 0
    encoder = msgspec.json.Encoder()
    with opened_file(lines) as source:
        for number, raw in enumerate(_progress(source, lines), 1):
            answer = _line(judge, passport, nothing, raw, number, beside)
            if "error" in answer and answer.get("outcome") == "deny" and answer.pop("bad_line", False):
                status = 2
            sys.stdout.buffer.write(encoder.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
    return status


def _line(
    judge: Judge, passport: Passport, nothing: Proposal, raw: bytes, number: int, beside: Inventory | None
) -> Json:
    import msgspec

    from interlock.answer import line
    from interlock.errors import InterlockError

    identity: object = number
    bad_line = True
    try:
        identity, text = _input(raw, number)
        bad_line = False
        judgement = judge.judge(msgspec.structs.replace(nothing, payload=text.encode()), passport, beside)
    except (InterlockError, UnicodeEncodeError) as error:
        message = error.message if isinstance(error, InterlockError) else "it holds a lone surrogate"
        code = error.code if isinstance(error, InterlockError) else "bad-proposal"
        answer: Json = {
            "id": identity,
            "outcome": "deny",
            "tier": "destroy",
            "verbs": [],
            "reversibility": "irreversible",
            "findings": [],
            "unknown": [message],
            "error": code,
        }
        return answer | ({"bad_line": True} if bad_line else {})
    return line(identity, judgement.change, judgement.assessment, judgement.decision)


def _input(raw: bytes, number: int) -> tuple[object, str]:
    """The id and text of one line: a JSON string, or an object with `id` and `input`."""
    import msgspec

    from interlock.errors import BadProposal

    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadProposal("this line is no JSON", hint=str(error), where=f"line {number}") from error
    if isinstance(value, str):
        return number, value
    if isinstance(value, dict) and isinstance(value.get("input"), str):
        return value.get("id", number), value["input"]
    raise BadProposal("this line is neither a JSON string nor an object with `input`", where=f"line {number}")


def _progress(source: BinaryIO, path: Path) -> Iterable[bytes]:
    """The lines, with a bar on standard error when a person looks and the length is known."""
    if not sys.stderr.isatty() or str(path) == "-":
        yield from source
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging", total=path.stat().st_size)
        for raw in source:
            yield raw
            bar.advance(task, len(raw))
