"""The tables of `docs/readers/aws.md` that are made from the knowledge: reviewed rows, and what is kept."""

from __future__ import annotations

from interlock.read.aws.evidence import table as kept
from interlock.read.aws.operations import operation
from interlock.read.aws.rows import Case, Row, tables
from interlock.read.aws.wayback import kind_of


def reviewed() -> str:
    """Every reviewed row: its operations, what is lost or left open, and what makes it better or worse."""
    parts = []
    for table in tables():
        count = sum(len(row.operations) for row in table.rows)
        lines = [
            "| operations | what is said of them | worse with | better with |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_line(row) for row in table.rows]
        parts.append(f"### {table.title}\n\n{table.about} {count} operations.\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def words() -> str:
    """The closed list of what a survey may say to be kept, and what each word is worth."""
    lines = ["| word | what it is | lowers to |", "| --- | --- | --- |"]
    for word, what in kept().words.items():
        worth = dict.fromkeys(f"{row.gives} ({_few(row.kinds)})" for row in kept().rows if row.word == word)
        lines.append(f"| `{word}` | {what} | {'; '.join(worth) or '–'} |")
    return "\n".join(lines)


def _line(row: Row) -> str:
    service, _, name = row.operations[0].partition(":")
    found = operation(service, name)
    kind = kind_of(found.type, row.kind) if found is not None else None
    lost = kind.loses if kind is not None and (row.verb or (found and found.verb)) in ("delete", "replace") else ""
    class_ = kind.delete if kind is not None and lost else ""
    said = [row.verb or "", row.reversibility or class_, row.loses or row.says or lost]
    said += [f"`{trait}`" for trait in row.traits]
    worse = [_case(case) for case in row.cases if case.gives is None and (case.says or case.traits)]
    better = [f"{_case(case)} ({case.gives})" for case in row.cases if case.gives is not None]
    cells = (_few(row.operations, ticks=True), ", ".join(filter(None, said)), "; ".join(worse), "; ".join(better))
    return "| " + " | ".join(cells) + " |"


def _case(case: Case) -> str:
    asked = []
    for when in case.when:
        values = [str(each).lower() if isinstance(each, bool) else str(each) for each in (*when.equals, *when.like)]
        values += [f"≥ {when.least}"] if when.least is not None else []
        values += [f"≤ {when.most}"] if when.most is not None else []
        values += ["left out"] if when.absent else []
        values += ["empty"] if when.empty else []
        asked.append(f"`{when.at}`" + (f" {' or '.join(values)}" if values else ""))
    return " and ".join(asked)


def _few(names: tuple[str, ...], *, ticks: bool = False) -> str:
    shown = [f"`{name}`" if ticks else name for name in names[:6]]
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
