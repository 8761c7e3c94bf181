"""`interlock up`: serve the HTTP API, the AWS gate and the worker that closes undo windows, until told to stop."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from interlock.cli.connect import GATE
from interlock.cli.frame import caller, emit, home_option, json_option, opened

if TYPE_CHECKING:
    from interlock.control import Control
    from interlock.gates.aws.serve import Listening as AwsListening
    from interlock.gates.http.route import Beside
    from interlock.gates.http.serve import Listening, Server


#: How many objects may be made before the collector looks through the young ones.
YOUNG: Final = 10_000


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7117, show_default=True, type=click.IntRange(1, 65535), help="The port.")
@click.option(
    "--store", default="", help="The ledger's store, instead of the configured one: postgresql://… or sqlite:///…"
)
@click.option("--tls-cert", type=click.Path(path_type=Path, dir_okay=False), help="Certificate chain (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path, dir_okay=False), help="Its key (PEM, mode 0600).")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front ends TLS; needed to listen beyond this machine.")
@click.option("--allow-host", "names", multiple=True, help="A name under which it is reached; may be repeated.")
@click.option("--log-requests", is_flag=True, help="Log each request as a JSON line: route, caller, status, time.")
@click.option("--no-aws", is_flag=True, help="Do not serve the AWS gate, though there is an account for it.")
@click.option("--aws-host", default="127.0.0.1", show_default=True, help="The address of the AWS gate.")
@click.option("--aws-port", default=7118, show_default=True, type=click.IntRange(1, 65535), help="Its port.")
@click.option("--aws-name", "aws_names", multiple=True, help="A name under which it is an endpoint; may be repeated.")
@click.option("--aws-tls-cert", type=click.Path(path_type=Path, dir_okay=False), help="Its certificate chain (PEM).")
@click.option("--aws-tls-key", type=click.Path(path_type=Path, dir_okay=False), help="The key of that (PEM, 0600).")
@home_option
@json_option
def command(
    host: str,
    port: int,
    store: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    names: tuple[str, ...],
    log_requests: bool,
    no_aws: bool,
    aws_host: str,
    aws_port: int,
    aws_names: tuple[str, ...],
    aws_tls_cert: Path | None,
    aws_tls_key: Path | None,
    home: Path | None,
    as_json: bool,
) -> int:
    """Serve the HTTP API until interrupted; what runs then comes to its end first.

    The AWS gate is served too as soon as an account (a target of kind `aws`) is configured.

    Exit status: 0 after a stop, 1 when the store is down, 2 for options that cannot be used (a port that is taken).
    """
    import logging

    from interlock.gates.aws.serve import Listening as AwsListening
    from interlock.gates.http.journal import write_to_stderr
    from interlock.gates.http.serve import Listening, require_safe, serving
    from interlock.identify.verbs import require

    require("serve", caller())
    listening = Listening(host, port, tls_cert, tls_key, behind_proxy, names)
    require_safe(listening)
    write_to_stderr(logging.INFO if log_requests else logging.WARNING)
    with opened(home, store) as control, contextlib.ExitStack() as gates:
        aws = None if no_aws else AwsListening(aws_host, aws_port, aws_tls_cert, aws_tls_key, aws_names)
        beside = _aws_gate(control, aws, gates)
        server = gates.enter_context(serving(control, listening, beside))
        if as_json:
            emit(control.health() | {"url": listening.url, "aws_url": aws.url if aws is not None and beside else ""})
        else:
            _greet(control, listening, aws if beside else None)
        _keep_what_is_here()
        with _stopped_by_signals(server):
            server.run()
    click.echo("stopped; what was recorded stays recorded", err=as_json)
    return 0


def _aws_gate(control: Control, listening: AwsListening | None, gates: contextlib.ExitStack) -> tuple[Beside, ...]:
    """The AWS gate, running until the stack is left; none where there is no account for it."""
    from interlock.gates.aws.serve import serving, wanted

    if listening is None or not wanted(control):
        return ()
    return (gates.enter_context(serving(control, listening)),)


def _keep_what_is_here() -> None:
    """What start-up made stays until the end: policies, readers, tables of operations, two hundred thousand objects.

    The collector looks through all of them again and again, for a tenth of a second each time in which nobody is
    served; from now on it leaves them alone, and looks through what is young less often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


@contextlib.contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    """A signal lets what runs come to its end. uvicorn raises it again afterwards, and we have still to close then."""

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greet(control: Control, listening: Listening, aws: AwsListening | None) -> None:
    """Where it serves, what is armed, and how an agent connects."""
    health = control.health()
    click.echo(f"Interlock serves {listening.url} (names: {', '.join(sorted(listening.hosts))})")
    click.echo(f"  home {control.home.path}, store {health['store']}, {health['ledger_entries']} entries")
    if control.problems:
        click.secho("  NOT ARMED: nothing passes", fg="red", bold=True)
        for problem in control.problems:
            click.echo(f"    {problem}")
    else:
        targets = ", ".join(sorted(control.configuration.targets)) or "none yet (interlock.toml)"
        click.echo(f"  armed; policies {control.judge.engine.version[:12]}; targets: {targets}")
    click.echo("  an agent connects with")
    click.echo(f"    export INTERLOCK_URL={listening.url}")
    click.echo("    export INTERLOCK_TOKEN=…    # `interlock agents token NAME …` shows one, once")
    click.echo("    python -c 'import interlock; print(interlock.Client().health())'")
    if aws is not None:
        click.echo(f"  AWS through {aws.url}, as endpoint and as proxy; an agent connects with")
        reached = aws.url.replace(aws.host, aws.names[0], 1) if aws.names else aws.url
        gate = "" if reached == GATE else f" --gate {reached}"
        click.echo(f'    eval "$(interlock connect aws --agent A --environment E --session S --operator O{gate})"')
    click.echo("  stop with Ctrl-C")
