"""The story `recreate`, told at a terminal: one agent, twice, on production; the second time you decide."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from interlock.cli.staging import Stage
from interlock.cli.verdict import verdict

if TYPE_CHECKING:
    from rich.console import Console

    from interlock.answer import Json
    from interlock.model.case import Case
    from interlock.practice.offline import Checked
    from interlock.practice.recreate import Recreate, Run


class Teller:
    """Goes through the scenes, shows each, and asks where a person has to decide."""

    def __init__(self, day: Recreate, screen: Console, *, yes: bool, keep: Path | None, picture: Path | None) -> None:
        self._day = day
        self._screen = screen
        self._stage = Stage(screen, yes=yes)
        self._yes = yes
        self._keep = keep
        self._picture = picture
        self._passphrase = ""
        self._seen: dict[str, Case] = {}
        self._size = 0

    def tell(self) -> Json:
        """The whole story; what happened, as JSON tells it."""
        began = time.monotonic()
        self._before()
        without = self._without()
        guarded = self._with()
        checked = self._verify()
        self._sum_up(without, guarded, checked, time.monotonic() - began)
        return self._answer(without, guarded, checked)

    # scenes

    def _before(self) -> None:
        self._stage.title("two productions that are the same, and a task for an agent")
        with self._screen.status("starting AWS stand-ins, and filling production twice"):
            stock = self._day.stock(guarded=False)
        self._stage.say("A CloudFormation stack and an Elastic Beanstalk environment, in production:")
        self._stage.say(
            f"{len(stock.objects)} reports and exports, {len(stock.items)} cost records, "
            f"{len(stock.databases)} databases, {len(stock.instances)} instances."
        )
        self._stage.say('The task: [bold]"The cost report is stale. Fix it."[/]')

    def _without(self) -> Run:
        from interlock.practice.cloud.process import KEY

        self._stage.title("without Interlock: production's own key is in the agent's environment")
        self._stage.say(f"[dim]AWS_ACCESS_KEY_ID={KEY[0]}[/]")
        run = self._day.straight(self._hear)
        lost = {kind: number for kind, number in run.lost.items() if number}
        self._stage.say(f"[bold red]lost[/]: {', '.join(f'{number} {kind}' for kind, number in lost.items())}")
        return run

    def _hear(self, line: str) -> None:
        """A line of the agent's, its verb apart."""
        from rich.table import Table

        from interlock.cli.words import plain

        verb, _, text = line.partition(": ")
        colour = {"refused": "red", "try": "bold", "done": "bold"}.get(verb, "dim")
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=9)
        grid.add_row(f"  [{colour}]{verb}[/]", f"[{colour}]{plain(text)}[/]")
        self._screen.print(grid)

    def _with(self) -> Run:
        from interlock.cli.awskeys import variables
        from interlock.cli.inprocess import aws_gate
        from interlock.practice.cloud.process import REGION
        from interlock.practice.recreate import AGENT, APPROVER, OPERATOR, OWNER

        self._stage.title("with Interlock: the same script, a virtual key, and the gate in front")
        self._passphrase = self._stage.passphrase(APPROVER)
        with self._screen.status("making a home, opening the gate"):
            self._day.prepare(self._passphrase)
        self._stage.say(
            f"`{OWNER}` answers for the agent `{AGENT}`, `{OPERATOR}` runs its session, `{APPROVER}` approves."
        )
        with aws_gate(self._day.control) as url:
            environment = variables(self._day.key(), REGION, url, None)
            self._stage.say(f"[dim]AWS_ACCESS_KEY_ID={environment['AWS_ACCESS_KEY_ID']}[/]")
            return self._day.guarded(environment, self._hear, self._mind)

    def _mind(self) -> None:
        """Look at what came up since, and decide what waits for a person."""
        size = self._day.control.ledger.size()
        if size == self._size:
            return
        self._size = size
        for case in self._day.cases():
            before = self._seen.get(case.id)
            if before is None or before.state != case.state:
                self._seen[case.id] = case
                self._show(case, new=before is None)

    def _show(self, case: Case, *, new: bool) -> None:
        if case.state == "held" and new:
            self._decide(case)
        elif case.state == "denied":
            self._screen.print(verdict(self._day.told(case)))

    def _decide(self, case: Case) -> None:
        from interlock.practice.recreate import APPROVER

        self._screen.print(verdict(self._day.told(case)))
        gentle = case.assessment is not None and case.assessment.tier != "destroy"
        approve = gentle if self._yes else click.confirm(f"You are {APPROVER}. Approve exactly this?", False, err=True)
        choice = "approve" if approve else "reject"
        voted = self._stage.signed(self._passphrase, lambda given: self._day.vote(case, given, choice))
        self._seen[case.id] = voted
        colour = "green" if approve else "red"
        self._stage.say(f"`{APPROVER}` signs: [{colour}]{choice}[/]; the case is [bold]{voted.state}[/]")

    def _verify(self) -> Checked:
        self._stage.title("the record, verified offline from a copy, with nothing but the key that was kept")
        denied = next(case for case in self._seen.values() if case.state == "denied")
        checked = self._day.verify(denied)
        verdicts = {True: "VERIFIED", False: "NOT VERIFIED"}
        honest, edited = checked.honest, checked.edited
        self._stage.say(f"the copy: [{'green' if honest.ok else 'red'}]{verdicts[honest.ok]}[/], {honest.size} entries")
        colour = "red" if edited.ok else "green"
        self._stage.say(f"with one word edited ({checked.edit}): [{colour}]{verdicts[edited.ok]}[/]")
        return checked

    def _sum_up(self, without: Run, guarded: Run, checked: Checked, seconds: float) -> None:
        from rich.console import Console

        from interlock.cli.both_runs import Told, picture

        told = Told(
            key_without="production's own",
            key_with="virtual, 1 h, here only",
            calls=self._day.passed + len(self._seen),
            asked=sum(1 for case in self._seen.values() if case.votes),
            record="verified" if checked.honest.ok else "NOT VERIFIED",
        )
        self._stage.title("the same agent, the same script, the same production")
        self._screen.print(picture(without, guarded, told, self._screen.width))
        if self._picture is not None:
            with Path("/dev/null").open("w") as nowhere:
                drawing = Console(file=nowhere, record=True, width=100, force_terminal=True)
                drawing.print(picture(without, guarded, told, 100))
            save = drawing.save_svg if self._picture.suffix == ".svg" else drawing.save_html
            save(str(self._picture), **({"title": "delete and recreate"} if self._picture.suffix == ".svg" else {}))
        self._stage.say("")
        self._stage.say(f"{seconds:.1f} s in all" + (f"; everything is kept in {self._keep}" if self._keep else ""))
        if self._keep:
            self._stage.say(f"look around: interlock cases --home {self._keep / 'home'}")

    def _answer(self, without: Run, guarded: Run, checked: Checked) -> Json:
        cases = [self._day.told(case) for case in self._seen.values()]
        runs = {
            name: {
                "said": list(run.said),
                "had": {kind: len(found) for kind, found in run.before._asdict().items()},
                "lost": run.lost,
                "outage_seconds": round(run.outage, 2),
                "report": run.page._asdict(),
                "seconds": round(run.seconds, 2),
            }
            for name, run in (("without", without), ("with", guarded))
        }
        honest, edited = checked.honest, checked.edited
        kept = not any(guarded.lost.values()) and not guarded.outage
        return {
            "as_told": all(without.lost.values()) and kept and honest.ok and not edited.ok,
            **runs,
            "cases": cases,
            "ledger": {"verified": honest.ok, "entries": honest.size, "edit_found": not edited.ok},
        }
