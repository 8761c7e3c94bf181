"""`interlock ledger`: verify a ledger offline, export it, hand out checkpoints, and cosign those of others."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from interlock.cli.frame import caller, console, emit, find_home, home_option, json_option, opened, senses
from interlock.report.visible import fitted, visible

if TYPE_CHECKING:
    from interlock.ledger.audit import Report
    from interlock.ledger.storage import Store

_FILE = click.Path(path_type=Path, dir_okay=False)
UNPINNED: Final = (
    "[bold red]UNPINNED[/]: it came from the copy itself, so whoever rewrote all of it could have signed it with a key "
    "of their own. Give --key with the verifier key that you kept."
)


@click.group()
def command() -> None:
    """Verify, export and witness the ledger."""


@command.command("verify")
@click.argument("source", required=False, type=_FILE)
@click.option("--key", help="The log's verifier key as you kept it: the text, or a file that holds it.")
@click.option("--checkpoint", "checkpoints", multiple=True, type=_FILE, help="A checkpoint you kept; may be repeated.")
@click.option("--high-water", type=_FILE, help="The file of the high-water mark.")
@click.option("--witness", "witnesses", multiple=True, help="A witness's verifier key or its file; may be repeated.")
@click.option("--quorum", default=0, help="How many of the witnesses must have cosigned.")
@home_option
@json_option
def verify(
    source: Path | None,
    key: str | None,
    checkpoints: tuple[Path, ...],
    high_water: Path | None,
    witnesses: tuple[str, ...],
    quorum: int,
    home: Path | None,
    as_json: bool,
) -> int:
    """Verify SOURCE offline, alone: no home, no server.

    SOURCE is a copy of the ledger's file or an export; without it, it is the home's own ledger, with its key and its
    high-water mark. Exit status: 0 verified, 1 problems found. Without --key a copy is only checked against the key
    inside of it, and the answer says UNPINNED.
    """
    from interlock.ledger import audit

    kept = [_text(path) for path in checkpoints]
    cosigners = [_key(text) for text in witnesses]
    with _source(source, home) as (readable, own_key, own_mark), _progress("verifying") as progress:
        report = audit.verify(
            readable,
            vkey=_key(key) if key is not None else own_key,
            checkpoints=kept,
            high_water=high_water or own_mark,
            witnesses=cosigners,
            quorum=quorum,
            progress=progress,
        )
    if as_json:
        emit(report._asdict() | {"problems": [problem._asdict() for problem in report.problems]})
    else:
        _show(report, quorum)
    return 0 if report.ok else 1


@command.command("accept", short_help="Make a lost high-water mark anew.")
@click.option("--checkpoint", "checkpoints", multiple=True, type=_FILE, help="A checkpoint you kept; may be repeated.")
@home_option
@json_option
def accept(checkpoints: tuple[Path, ...], home: Path | None, as_json: bool) -> int:
    """Make a lost high-water mark anew, from the ledger as it stands, when all of it verifies.

    It is for a home that was restored without the file, and for the first start of a further machine on one store.
    Without the mark a ledger whose end was cut off looks whole: hold it against a checkpoint that was kept elsewhere
    with --checkpoint, if there is one. Exit status: 0 accepted, 1 the ledger does not verify and nothing was made.
    """
    from interlock.control import Control
    from interlock.errors import BadConfiguration
    from interlock.home import Home
    from interlock.identify.verbs import require
    from interlock.ledger import audit

    require("resume", caller())
    kept, found = [_text(path) for path in checkpoints], find_home(home)
    with _source(None, found) as (readable, key, _), _progress("verifying") as progress:
        assert found is not None  # noqa: S101 - without a home there was no source
        mark = Home(found).configuration().high_water
        if mark.exists():
            hint = "`interlock ledger verify` holds the ledger against it"
            raise BadConfiguration("the high-water mark is there, nothing is lost", hint=hint, where=str(mark))
        report = audit.verify(readable, vkey=key, checkpoints=kept, progress=progress)
    if report.ok:
        Control.open(found, senses(), trust_head=True).close()
    if as_json:
        emit(report._asdict() | {"problems": [problem._asdict() for problem in report.problems]})
    else:
        _show(report, 0)
        click.echo(f"accepted: {mark} is made anew" if report.ok else "nothing was accepted")
    return 0 if report.ok else 1


@command.command("export")
@click.argument("source", required=False, type=_FILE)
@click.option("-o", "--output", type=_FILE, help="A new file.  [default: standard output]")
@home_option
def export(source: Path | None, output: Path | None, home: Path | None) -> None:
    """Write the ledger as JSON lines. It is all that a stranger needs to verify it: docs/ledger-format.md."""
    from interlock.identify.verbs import require
    from interlock.ledger import export as lines

    require("export", caller())
    with _source(source, home) as (readable, _, _), _output(output) as write, _progress("exporting") as progress:
        for number, line in enumerate(lines.export(readable)):
            write(line)
            if number % 10_000 == 0:
                progress(number)


@command.command("checkpoint")
@click.option("--since", type=click.IntRange(min=0), help="Write a request to a witness that last saw this size.")
@click.option("-o", "--output", type=_FILE, help="A new file.  [default: standard output]")
@home_option
@json_option
def checkpoint(since: int | None, output: Path | None, home: Path | None, as_json: bool) -> None:
    """Write the newest signed checkpoint. Keep it elsewhere: with it, `verify` notices any later edit.

    With --since it writes what a witness is asked with: that size, the proof that the log only grew, the checkpoint.
    """
    from interlock.errors import BadInput
    from interlock.identify.verbs import require
    from interlock.ledger.checkpoint import parse_checkpoint
    from interlock.ledger.note import parse_note
    from interlock.ledger.witness import request_text

    require("export", caller())
    with opened(home) as control, _output(output) as write:
        text = control.ledger.checkpoint()
        if since is not None:
            size = parse_checkpoint(parse_note(text)).size
            if since > size:
                raise BadInput(
                    f"the ledger has {size:,} entries, and the witness would have seen {since:,}",
                    hint="where it has, entries are gone or it is another ledger: `interlock ledger verify`",
                )
            # A witness that has seen nothing yet asks for no proof: there is nothing to be consistent with.
            proof = control.ledger.consistency(since, size) if since else []
            text = request_text(since, proof, text)
        write(_written("checkpoint" if since is None else "request", text, as_json=as_json))


def _written(name: str, text: str, *, as_json: bool) -> bytes:
    """A signed text as it is sent on; with --json as the one field of an object."""
    import msgspec

    return msgspec.json.encode({name: text}) + b"\n" if as_json else text.encode()


@command.command("cosign")
@click.argument("request", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--log", "log_key", required=True, help="The verifier key of the log, or its file.")
@click.option("--key", required=True, type=_FILE, help="Your witness key, made with `interlock ledger witness`.")
@click.option("--memory", required=True, type=_FILE, help="Your file of what you cosigned last; made when missing.")
@click.option("-o", "--output", type=_FILE, help="A new file.  [default: standard output]")
@json_option
def cosign(request: Path, log_key: str, key: Path, memory: Path, output: Path | None, as_json: bool) -> None:
    """Cosign REQUEST as a witness. It comes from `checkpoint --since`, and has to extend what you saw last."""
    from interlock.ledger.highwater import HighWater
    from interlock.ledger.keys import load_signer
    from interlock.ledger.note import parse_verifier
    from interlock.ledger.witness import answer_request

    answer = answer_request(
        _text(request),
        log=parse_verifier(_key(log_key)),
        witness=load_signer(key),
        timestamp=senses().now() // 1000,
        memory=HighWater(memory),
    )
    with _output(output) as write:
        write(_written("cosignature", answer, as_json=as_json))


@command.command("witness", short_help="Make a witness key.")
@click.argument("name")
@click.option("--key", required=True, type=_FILE, help="The new key file; the verifier key goes beside it (.pub).")
@json_option
def witness(name: str, key: Path, as_json: bool) -> None:
    """Make a witness key named NAME, for example witness.example/you. It is for whoever vouches for a log.

    Whoever keeps the log asks, the witness cosigns on a machine of its own, and anybody can then hold the record
    against it:

    \b
      interlock ledger checkpoint --since 0 -o request           # later: the size that the witness saw last
      interlock ledger cosign request --log LOG_KEY --key witness.key --memory seen -o cosigned
      interlock ledger verify record.jsonl --key LOG_KEY \\
        --checkpoint cosigned --witness witness.key.pub --quorum 1
    """
    from interlock.ledger.keys import create_signer
    from interlock.ledger.note import COSIGNATURE

    signer = create_signer(key, name, senses().entropy, COSIGNATURE)
    if as_json:
        emit({"name": name, "verifier_key": str(signer.verifier)})
    else:
        click.echo(str(signer.verifier))


@contextlib.contextmanager
def _source(source: Path | None, home: Path | None) -> Iterator[tuple[Path | Store, str | None, Path | None]]:
    """What to read, and for the home's own ledger its key and mark. A SOURCE is read without any configuration."""
    if source is not None:
        _is_there(source)
        yield source, None, None
        return
    from interlock.errors import BadConfiguration
    from interlock.home import Home
    from interlock.ledger.keys import load_verifier
    from interlock.ledger.log import open_store

    found = find_home(home)
    if found is None:
        raise BadConfiguration("there is no Interlock home here", hint="name a SOURCE: a copy or an export")
    configuration = Home(found).configuration()
    key = str(load_verifier(Home(found).ledger_key.with_name("ledger.key.pub")))
    if configuration.store.startswith("sqlite:///"):
        yield Path(configuration.store.removeprefix("sqlite:///")), key, configuration.high_water
        return
    with contextlib.closing(open_store(configuration.store)) as store:
        yield store, key, configuration.high_water


def _key(text: str) -> str:
    """A verifier key from the command line: the text itself, or the file that holds it."""
    from interlock.ledger.keys import load_verifier
    from interlock.ledger.note import parse_verifier

    path = Path(text)
    return str(load_verifier(path) if _is_there(path) else parse_verifier(text))


def _is_there(path: Path) -> bool:
    """Whether there is such a file. BadInput for what no file can be called, or where nobody may look."""
    from interlock.errors import BadInput

    try:
        return path.exists()
    except (OSError, ValueError) as error:
        where = fitted(visible(path), 80)
        raise BadInput("cannot be read", hint=getattr(error, "strerror", "") or str(error), where=where) from error


def _text(path: Path) -> str:
    from interlock.errors import BadInput
    from interlock.ledger.note import MAX_NOTE

    if str(path) == "-":
        return sys.stdin.read(MAX_NOTE)
    try:
        with path.open("rb") as file:
            return file.read(MAX_NOTE).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("cannot be read", hint=str(error), where=str(path)) from error


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[Callable[[bytes], object]]:
    """Where bytes go: standard output, or a new file that is taken away again when it could not be finished."""
    from interlock.errors import BadConfiguration

    if path is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        hint = "nothing is written over: name another file, or take this one away"
        raise BadConfiguration("there is such a file already", hint=hint, where=str(path)) from error
    except OSError as error:
        raise BadConfiguration("the file cannot be made", hint=error.strerror or "", where=str(path)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """A count that grows on standard error where a person looks; silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), TextColumn("{task.completed:,} entries"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done: bar.update(task, completed=done)


def _show(report: Report, quorum: int) -> None:
    from rich.table import Table

    from interlock.cli.words import plain

    say = console().print
    verdict = "[bold green]VERIFIED[/]" if report.ok else "[bold red]NOT VERIFIED[/]"
    say(f"{verdict}  {report.size:,} entries of {plain(report.origin) or 'an unknown log'}")
    told = Table.grid(padding=(0, 1))
    told.add_column(min_width=9)
    told.add_column(overflow="fold")
    told.add_row("root", report.root)
    told.add_row("key", "the one you gave or keep" if report.pinned else UNPINNED)
    if quorum:
        told.add_row("witnessed", f"{report.witnessed:,} entries, by {quorum} or more")
    say(told)
    for problem in report.problems:
        say(f"[red]{plain(problem.code)}[/]  {plain(problem.place)}: {plain(problem.sentence)}")
