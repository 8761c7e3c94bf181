"""The story `shop`, told at a terminal: three proposals on a shop with 120,000 orders; you decide about one of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from interlock.cli.staging import Stage

if TYPE_CHECKING:
    from rich.console import Console

    from interlock.answer import Json
    from interlock.model.case import Case
    from interlock.practice.demo import Demo, Scripted, Stock
    from interlock.practice.offline import Checked


class Teller:
    """Goes through the scenes, shows each, and asks where a person has to decide."""

    def __init__(self, demo: Demo, screen: Console, *, yes: bool, keep: Path | None) -> None:
        self._demo = demo
        self._screen = screen
        self._stage = Stage(screen, yes=yes)
        self._yes = yes
        self._keep = keep

    def tell(self) -> Json:
        """The whole story; what happened, as JSON tells it."""
        from interlock.practice.demo import CLEAN_UP, FIX, READ

        began = time.monotonic()
        passphrase, before = self._prepare()
        read = self._read(READ)
        fix, approved = self._fix(FIX, passphrase)
        fixed, after_fix, undone, after_undo = self._run(fix) if approved else (fix, before, fix, before)
        denied = self._clean_up(CLEAN_UP)
        alone = self._demo.without_a_gate(CLEAN_UP)
        after = self._demo.stock()
        checked = self._verify(denied)
        self._sum_up(before, alone, after, time.monotonic() - began)
        ran = (fixed.state, undone.state) == ("done", "undone") and after_undo == before
        return {
            "as_told": read.state == "done"
            and (ran or not approved)
            and denied.state == "denied"
            and after == before
            and checked.honest.ok
            and not checked.edited.ok,
            "cases": {
                name: self._demo.told(case) for name, case in (("read", read), ("fix", undone), ("clean-up", denied))
            },
            "shop": {
                "before": before._asdict(),
                "after_fix": after_fix._asdict(),
                "after_undo": after_undo._asdict(),
                "clean_up_without_a_gate": alone._asdict(),
                "after": after._asdict(),
            },
            "ledger": {
                "verified": checked.honest.ok,
                "entries": checked.honest.size,
                "edit_found": not checked.edited.ok,
            },
        }

    # scenes

    def _prepare(self) -> tuple[str, Stock]:
        from interlock.practice.demo import APPROVER

        self._stage.title("a shop in production, and an agent that may propose")
        passphrase = self._stage.passphrase(APPROVER)
        with self._screen.status("making a home") as status:
            stock = self._demo.prepare(passphrase, status.update)
        self._stage.say(
            f"shop.db: [bold]{stock.orders:,}[/] orders, {stock.lines:,} order lines, {stock.payments:,} payments"
        )
        self._stage.say("The agent `fixer` has a passport and a 15-minute token. It has no password to the database.")
        self._stage.say(
            "People: `olga` answers for the agent, `ada` runs its session, `ben` has nothing to do with either."
        )
        return passphrase, stock

    def _read(self, scripted: Scripted) -> Case:
        from interlock.cli.rows import picture as rows

        self._stage.title("the agent reads: allowed, and it runs with a connection that cannot write")
        case = self._propose(scripted)
        self._judgement(case)
        self._screen.print(rows(self._demo.control.output(case)))
        return case

    def _fix(self, scripted: Scripted, passphrase: str) -> tuple[Case, bool]:
        from interlock.practice.demo import APPROVER, OPERATOR

        self._stage.title("the agent fixes 412 stuck orders: held until a person has looked")
        case = self._propose(scripted)
        self._whole(case)
        self._stage.say(f"`{OPERATOR}`, whose session it is, tries to approve it herself:")
        self._stage.say(f"  [red]refused[/]: {self._demo.approve_own(case)}")
        approve = self._yes or click.confirm(f"\nYou are {APPROVER}. Approve exactly this?", default=True, err=True)
        voted = self._vote(case, passphrase, approve=approve)
        self._stage.say(
            f"`{APPROVER}` signs the digest {str(self._demo.told(case)['digest'])[:16]}…: [bold]{voted.state}[/]"
        )
        return voted, approve

    def _vote(self, case: Case, passphrase: str, *, approve: bool) -> Case:
        return self._stage.signed(passphrase, lambda given: self._demo.vote(case, given, approve=approve))

    def _run(self, case: Case) -> tuple[Case, Stock, Case, Stock]:
        self._stage.title("it runs, exactly as approved; then it is taken back")
        fixed = self._demo.run(case)
        after = self._demo.stock()
        self._steps(fixed)
        self._stage.say(f"in the database: {after.pending:,} orders pending, {after.events:,} status events")
        undone = self._demo.undo(fixed)
        back = self._demo.stock()
        self._stage.say(
            f"undo: [bold]{undone.state}[/]; in the database: {back.pending:,} pending, {back.events:,} events"
        )
        return fixed, after, undone, back

    def _clean_up(self, scripted: Scripted) -> Case:
        self._stage.title("the agent cleans up: its condition hits every order")
        case = self._propose(scripted)
        self._whole(case)
        return case

    def _verify(self, denied: Case) -> Checked:
        self._stage.title("the record, verified offline from a copy, with nothing but the key that was kept")
        checked = self._demo.verify(denied)
        honest, edited = checked.honest, checked.edited
        verdict = {True: "VERIFIED", False: "NOT VERIFIED"}
        self._stage.say(f"the copy: [{'green' if honest.ok else 'red'}]{verdict[honest.ok]}[/], {honest.size} entries")
        colour = "red" if edited.ok else "green"
        self._stage.say(f"the same copy with one word edited ({checked.edit}): [{colour}]{verdict[edited.ok]}[/]")
        for problem in edited.problems[:2]:
            self._stage.say(f"  {problem.place}: {problem.sentence}")
        return checked

    def _sum_up(self, before: Stock, alone: Stock, after: Stock, seconds: float) -> None:
        from rich.table import Table

        self._stage.title("what the clean-up would have done, and what happened")
        table = Table(pad_edge=False)
        table.add_column("")
        for name in ("before", "clean-up without a gate", "with Interlock"):
            table.add_column(name, justify="right")
        for name in ("orders", "lines", "payments"):
            row = [getattr(stock, name) for stock in (before, alone, after)]
            styles = ["", "bold red" if row[1] != row[0] else "", "bold green" if row[2] == row[0] else "bold red"]
            table.add_row(
                name, *(f"[{style}]{n:,}[/]" if style else f"{n:,}" for style, n in zip(styles, row, strict=True))
            )
        self._screen.print(table)
        self._stage.say(f"{seconds:.1f} s in all" + (f"; everything is kept in {self._keep}" if self._keep else ""))
        if self._keep:
            self._stage.say(f"look around: interlock cases --home {self._keep / 'home'}")

    # how a scene is shown

    def _propose(self, scripted: Scripted) -> Case:
        from rich.panel import Panel
        from rich.text import Text

        self._screen.print(
            Panel(Text(scripted.sql), title=f"fixer: {scripted.intent}", title_align="left", padding=(0, 1))
        )
        with self._screen.status("reading, surveying, rehearsing, deciding"):
            return self._demo.propose(scripted)

    def _judgement(self, case: Case) -> None:
        from interlock.cli.render import judgement

        self._screen.print(judgement(self._demo.told(case)))

    def _whole(self, case: Case) -> None:
        from interlock.cli.render import case as picture

        self._screen.print(picture(self._demo.told(case), samples=self._demo.control.samples(case)[:3]))

    def _steps(self, case: Case) -> None:
        from interlock.cli.words import plain

        execution = cast("Json", self._demo.told(case)["execution"])
        for step in cast("list[Json]", execution["steps"]):
            if step["phase"] == "did":
                self._stage.say(f"  [green]did[/] {plain(step['name'])} [dim]{plain(step['detail'])}[/]")
