"""`interlock check`: judge a change without a server and without executing it. Other tools build on its answer."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from interlock.cli.frame import EXIT, console, emit, find_home, home_option, json_option, opened, senses

if TYPE_CHECKING:
    from interlock.answer import Json
    from interlock.judge import Judge
    from interlock.model.agent import Passport
    from interlock.model.planned import Identity
    from interlock.model.proposal import Proposal

UNREGISTERED = "unregistered"


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--kind", required=True, help="What it is: sql, sql:postgres, sql:mysql, sql:sqlite or terraform.")
@click.option("--environment", default="", help="Where it would run.  [default: the target's, else production]")
@click.option("--agent", default=UNREGISTERED, help="Who would run it.  [default: an unregistered agent]")
@click.option("--target", default="", help="A configured target to survey and to rehearse on.")
@click.option("--lines", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), help="One input a line.")
@home_option
@json_option
def command(
    file: Path | None,
    kind: str,
    environment: str,
    agent: str,
    target: str,
    lines: Path | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Judge FILE (or standard input) without executing it.

    Of kind terraform, FILE is a plan as JSON; or a folder, which is planned at its --target, and nothing is kept.

    Exit status: 0 allow, 3 hold, 4 deny, 2 bad input. Without a home it judges by the starter policies.
    """
    import msgspec

    from interlock.execute.planners import packed
    from interlock.model.proposal import Proposal

    if (file is None) == (lines is None):
        raise click.UsageError("name one FILE (or `-`), or --lines FILE")
    if file is not None and file.is_dir() and not target:
        raise click.UsageError("a folder is planned at a target: name it with --target")
    with _judge(home, agent) as (judge, passport, known):
        claimed = environment or (judge.configuration.target(target).environment if target else "production")
        asked = Proposal(kind, b"", agent, claimed, target)
        if lines is not None:
            return _stream(judge, passport, asked, lines)
        payload = packed(kind, file) if file is not None and file.is_dir() else _read(file)
        asked = judge.planned(msgspec.structs.replace(asked, payload=payload), known(target))
        return _one(judge, passport, asked, as_json=as_json)


@contextlib.contextmanager
def _judge(home: Path | None, agent: str) -> Iterator[tuple[Judge, Passport, Callable[[str], Identity | None]]]:
    """The judge of the home there is, the agent's passport, and what is known of a target's state.

    Without a home: starter policies, no passport, and nothing.
    """
    if find_home(home) is not None:
        with opened(home) as control:
            yield control.judge, control.record.passport(agent), control.record.identity
        return
    from interlock.configuration import unconfigured
    from interlock.decide.decide import engine
    from interlock.judge import Judge
    from interlock.model.agent import unregistered
    from interlock.policy.starter import starter_files

    yield Judge(unconfigured(), engine(starter_files()), senses()), unregistered(agent), lambda _: None


def _one(judge: Judge, passport: Passport, proposal: Proposal, *, as_json: bool) -> int:
    from interlock.answer import judged

    judgement = judge.judge(proposal, passport)
    answer = judged({"kind": proposal.kind, "agent": proposal.agent, "environment": proposal.environment}, judgement)
    if as_json:
        emit(answer)
    else:
        from interlock.cli.render import judgement as picture

        console().print(picture(answer))
    return EXIT[judgement.decision.outcome]


def _stream(judge: Judge, passport: Passport, asked: Proposal, lines: Path) -> int:
    """One compact answer a line. A line that is no input is answered as denied, and the exit status says so."""
    import msgspec

    status = 0
    encoder = msgspec.json.Encoder()
    with _opened(lines) as source:
        for number, raw in enumerate(_progress(source, lines), 1):
            answer = _line(judge, passport, asked, raw, number)
            if "error" in answer and answer.get("outcome") == "deny" and answer.pop("bad_line", False):
                status = 2
            sys.stdout.buffer.write(encoder.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
    return status


def _line(judge: Judge, passport: Passport, asked: Proposal, raw: bytes, number: int) -> Json:
    import msgspec

    from interlock.answer import line
    from interlock.errors import InterlockError

    identity: object = number
    bad_line = True
    try:
        identity, text = _input(raw, number)
        bad_line = False
        judgement = judge.judge(msgspec.structs.replace(asked, payload=text.encode()), passport)
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


def _read(file: Path | None) -> bytes:
    if file is None or str(file) == "-":
        return sys.stdin.buffer.read()
    with _opened(file) as source:
        return source.read()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    from interlock.errors import BadProposal

    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        source = path.open("rb")
    except OSError as error:
        raise BadProposal("cannot be read", hint=error.strerror or "", where=str(path)) from error
    with source:
        yield source


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
