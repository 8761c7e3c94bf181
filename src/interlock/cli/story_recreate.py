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

#: Letters of one line of the agent's that are shown.
LONGEST = 200


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
        self._calls = 0
        self._told: list[Json] = []

    def tell(self) -> Json:
        """The whole story; what happened, as JSON tells it."""
        began = time.monotonic()
        self._before()
        without = self._without()
        guarded = self._with()
        self._undo()
        checked = self._verify()
        self._sum_up(without, guarded, checked, time.monotonic() - began)
        return self._answer(without, guarded, checked)

    # scenes

    def _before(self) -> None:
        from interlock.practice.recreate import APPROVER

        self._stage.title("two productions that are the same, and a task for an agent")
        self._stage.say("An agent is given one task twice: with production's own key, and through Interlock.")
        self._stage.say(f"The second time `{APPROVER}` decides: " + ("a scripted one." if self._yes else "you."))
        self._passphrase = self._stage.passphrase(APPROVER)
        self._day.prepare(self._passphrase)
        with self._screen.status("starting a cloud, and filling production twice"):
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
        """A line of the agent's, its verb apart; of an error only what Interlock says, and not all of a long one."""
        from rich.table import Table

        from interlock.cli.words import plain

        verb, _, text = line.partition(": ")
        _, ours, refusal = text.partition("Interlock: ")
        text = f"AccessDenied: {refusal}" if ours else text
        text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
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

        self._stage.title("with Interlock: the same script, a virtual key, the gate in front")
        with self._screen.status("making a home, opening the gate"):
            control = self._day.control
        self._stage.say(f"`{OWNER}` answers for the agent `{AGENT}`, `{OPERATOR}` runs it, `{APPROVER}` approves.")
        with aws_gate(control) as url:
            environment = variables(self._day.key(), REGION, url, None)
            self._stage.say(f"[dim]AWS_ACCESS_KEY_ID={environment['AWS_ACCESS_KEY_ID']}[/]")
            run = self._day.guarded(environment, self._hear, self._mind)
        self._mind()
        return run

    def _mind(self) -> None:
        """Look at what came up since, and decide what waits for a person."""
        size = self._day.control.ledger.size()
        if size == self._size:
            return
        self._size = size
        for case in self._day.cases():
            before = self._seen.get(case.id)
            self._seen[case.id] = case
            if before is not None and before.state == case.state:
                continue
            if case.state in ("held", "denied"):
                self._screen.print(verdict(self._day.told(case)))
            if case.state == "held" and not case.votes:
                self._decide(case)
            elif case.state == "done":
                how = "exactly as approved" if case.votes else "alone: within its contract, with a way back"
                self._stage.say(f"  [green]ran[/]     case {case.id}, {how}")

    def _decide(self, case: Case) -> None:
        from interlock.practice.recreate import APPROVER, takes_away

        approve = (
            not takes_away(case)
            if self._yes
            else click.confirm(f"You are {APPROVER}. Approve exactly this?", default=False, err=True)
        )
        voted = self._stage.signed(self._passphrase, lambda given: self._day.vote(case, given, approve=approve))
        self._seen[case.id] = voted
        verb = "[green]approves[/]" if approve else "[red]rejects[/]"
        self._stage.say(f"  `{APPROVER}` {verb}; the case is [bold]{voted.state}[/]")
        if voted.state == "held":
            missing = "; ".join(str(self._day.told(voted)["missing"]).splitlines())
            self._stage.say(f"  still missing: {missing}")
            self._stage.say("  Nobody else is here; after 50 s the agent is told that it is held, and goes on.")

    def _undo(self) -> Case | None:
        """The first thing that ran did not help, so it is taken back; None where nothing ran that can be."""
        ran = [case for case in self._seen.values() if case.state == "done" and can_be_undone(case)]
        if not ran:
            return None
        self._stage.title("the first fix did not help: it is taken back")
        undone = self._day.undo(ran[0])
        self._seen[undone.id] = undone
        self._stage.say(f"case {undone.id}: [bold]{undone.state}[/]; the summary of the month is the one that it was")
        return undone

    def _verify(self) -> Checked:
        self._stage.title("the record, verified offline, with nothing but the key that was kept")
        self._calls = self._day.passed + len(self._seen)
        self._told = [self._day.told(case) for case in self._seen.values()]
        denied = next(case for case in self._seen.values() if case.state == "denied")
        checked = self._day.verify(denied)
        verdicts = {True: "VERIFIED", False: "NOT VERIFIED"}
        honest, edited = checked.honest, checked.edited
        self._stage.say(f"the copy: [{'green' if honest.ok else 'red'}]{verdicts[honest.ok]}[/], {honest.size} entries")
        colour = "red" if edited.ok else "green"
        self._stage.say(f"with one word edited ({checked.edit}): [{colour}]{verdicts[edited.ok]}[/]")
        return checked

    def _sum_up(self, without: Run, guarded: Run, checked: Checked, seconds: float) -> None:
        from interlock.cli.both_runs import Told, draw, picture

        told = Told(
            key_without="production's own",
            key_with="virtual, 1 h, here only",
            calls=self._calls,
            asked=sum(1 for case in self._seen.values() if case.votes),
            record="verified" if checked.honest.ok else "NOT VERIFIED",
        )
        self._stage.title("the same agent, the same script, the same production")
        self._screen.print(picture(without, guarded, told, self._screen.width))
        if self._picture is not None:
            draw(without, guarded, told, self._picture)
        self._stage.say("")
        self._stage.say(f"{seconds:.1f} s in all" + (f"; everything is kept in {self._keep}" if self._keep else ""))
        if self._keep:
            self._stage.say(f"look around: interlock cases --home {self._keep / 'home'}")

    def _answer(self, without: Run, guarded: Run, checked: Checked) -> Json:
        honest, edited = checked.honest, checked.edited
        kept = not any(guarded.lost.values()) and not guarded.outage
        return {
            "as_told": all(without.lost.values()) and kept and honest.ok and not edited.ok,
            "without": _run(without),
            "with": _run(guarded),
            "cases": self._told,
            "ledger": {"verified": honest.ok, "entries": honest.size, "edit_found": not edited.ok},
        }


def can_be_undone(case: Case) -> bool:
    """Whether it ran and is still within its undo window."""
    return case.execution is not None and case.execution.undo_until > 0


def _run(run: Run) -> Json:
    return {
        "said": list(run.said),
        "had": {kind: len(found) for kind, found in run.before._asdict().items()},
        "lost": run.lost,
        "outage_seconds": round(run.outage, 2),
        "report": run.page._asdict(),
        "seconds": round(run.seconds, 2),
    }
