"""Whether a policy set may be used at all: bounds, syntax, annotations, schema; each problem with its place.

`examine` finds every problem it can, one policy at a time, so that a place is always known: the engine's own messages
carry none. Nothing is decided from the words of those messages; they are compared with each other and shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from cedarpy import pst

from interlock.errors import BadInput, BadPolicy
from interlock.policy.binding import cedarpy, schema_of
from interlock.policy.engine import Kind, Rule
from interlock.policy.text import MAX_BYTES, MAX_POLICIES, Piece, pieces
from interlock.policy.tree import mentioned

_ID: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")
_MAX_BECAUSE: Final = 300


class Checked(NamedTuple):
    """One policy that may be used, with its piece of the file and its syntax tree."""

    rule: Rule
    piece: Piece
    policy: pst.Template


def examine(
    sources: Mapping[str, str], schema: str, parse_lift: Callable[[str], object]
) -> tuple[tuple[Checked, ...], tuple[BadPolicy, ...]]:
    """The policies that are in order, and what is wrong with the others. A set with any problem must not be used."""
    problems: list[BadPolicy] = []
    cut: list[Piece] = []
    if sum(map(len, sources.values())) > MAX_BYTES:
        return (), (BadPolicy(f"the policy files together exceed {MAX_BYTES:,} bytes", code="policy-too-large"),)
    for file in sorted(sources):
        try:
            cut.extend(pieces(file, sources[file]))
        except BadPolicy as problem:
            problems.append(problem)
    if not cut and not problems:
        hint = "`interlock init` writes the starter set; without any policy nothing could ever be decided"
        problems.append(BadPolicy("there are no policies", hint=hint, code="policy-none"))
    if len(cut) > MAX_POLICIES:
        return (), (BadPolicy(f"{len(cut):,} policies; the bound is {MAX_POLICIES:,}", code="policy-too-large"),)
    checked: dict[str, Checked] = {}
    for piece in cut:
        try:
            each = _checked(piece, parse_lift)
            if each.rule.id in checked:
                first = checked[each.rule.id].rule.where
                raise BadPolicy(
                    f"the @id `{each.rule.id}` is used twice",
                    where=piece.where,
                    hint=f"the first is at {first}",
                    code="policy-id",
                )
            checked[each.rule.id] = each
        except BadPolicy as problem:
            problems.append(problem)
    usable = tuple(checked.values())
    problems.extend(_invalid(usable, schema))
    return usable, tuple(problems)


def as_permits(checked: tuple[Checked, ...]) -> cedarpy.PolicySet:
    """Every policy as a permit under its own @id; the head of cedar.py says why."""
    renamed = {each.rule.id: replace(each.policy, id=each.rule.id, effect="permit") for each in checked}
    return cedarpy.PolicySet.from_pst(pst.PolicySet(templates={}, static_policies=renamed, template_links=()))


def _checked(piece: Piece, parse_lift: Callable[[str], object]) -> Checked:
    policy = _parse(piece)
    notes = policy.annotations
    kind: Kind = policy.effect
    name, because, lift = notes.get("id", ""), notes.get("because", "").strip(), notes.get("lift", "")
    if not _ID.fullmatch(name):
        raise BadPolicy(
            f"`{name}` is no policy id" if name else "this policy has no @id",
            where=piece.where,
            hint='write `@id("no-drop-in-production")` before it: small letters, digits and dashes, at most 64',
            code="policy-id",
        )
    if not because or len(because) > _MAX_BECAUSE:
        raise BadPolicy(
            f"`{name}` has no @because" if not because else f"the @because of `{name}` is too long",
            where=piece.where,
            hint=f'write `@because("…")`: what a person is told when it applies, at most {_MAX_BECAUSE} characters',
            code="policy-because",
        )
    if "lift" in notes:
        _check_lift(name, kind, lift, piece, parse_lift)
    facts = tuple(sorted(mentioned(policy)))
    rule = Rule(name, kind, because, lift, piece.file, piece.line, piece.column, piece.text, facts)
    return Checked(rule, piece, policy)


def _check_lift(name: str, kind: Kind, lift: str, piece: Piece, parse_lift: Callable[[str], object]) -> None:
    if kind == "permit":
        raise BadPolicy(
            f"`{name}` is a permit and has a @lift",
            where=piece.where,
            hint="only a forbid can be lifted; remove @lift, or write what should be held as a forbid",
            code="policy-lift",
        )
    try:
        parse_lift(lift)
    except BadInput as problem:
        raise BadPolicy(
            f"the @lift of `{name}` is not understood: {problem.message}",
            where=piece.where,
            hint=problem.hint,
            code="policy-lift",
        ) from problem


def _parse(piece: Piece) -> pst.Template:
    """The one policy of this piece. BadPolicy for text that is none, several, or a template."""
    try:
        handle = cedarpy.PolicySet.from_str(piece.text)
        if handle.templates() or len(handle) != 1:
            raise BadPolicy(
                "a template is not a policy",
                where=piece.where,
                hint="write the principal or resource out; `?principal` and `?resource` are never filled in here",
                code="policy-template",
            )
        (policy,) = handle.to_pst().static_policies.values()
    except ValueError as problem:
        raise BadPolicy(
            str(problem),
            where=piece.place(_first_wrong(piece, str(problem))),
            hint="Cedar's grammar is at docs.cedarpolicy.com",
            code="policy-syntax",
        ) from problem
    return policy


def _first_wrong(piece: Piece, message: str) -> int:
    """The offset of the token at which parsing stops: the shortest beginning that fails in just the same way."""
    low, high = 0, len(piece.tokens) - 1
    while low < high:
        middle = (low + high) // 2
        token = piece.tokens[middle]
        try:
            cedarpy.PolicySet.from_str(piece.text[: token.start + len(token.text)])
            same = False
        except ValueError as problem:
            same = str(problem) == message
        low, high = (low, middle) if same else (middle + 1, high)
    return piece.tokens[low].start


def _invalid(checked: tuple[Checked, ...], schema: str) -> list[BadPolicy]:
    """What the schema says against these policies."""
    try:
        handle = schema_of(schema)
    except ValueError as problem:
        return [BadPolicy(f"the schema is no schema: {problem}", where="schema", code="policy-schema")]
    if cedarpy.validate_policies("\n".join(each.piece.text for each in checked), handle).validation_passed:
        return []
    problems: list[BadPolicy] = []
    for each in checked:
        # Now one at a time: the engine numbers policies by itself, and its numbers say nothing about our files.
        result = cedarpy.validate_policies(each.piece.text, handle)
        messages = dict.fromkeys(_plain(error.error) for error in result.errors)
        if not result.validation_passed and not messages:
            messages = {"does not fit the schema": None}
        problems.extend(
            BadPolicy(
                f"`{each.rule.id}`: {message}",
                where=_named_place(each.piece, message),
                hint="docs/policy.md lists every fact that a policy may read",
                code="policy-schema",
            )
            for message in messages
        )
    return problems


def _plain(message: str) -> str:
    """The engine's message without its own numbering of the policy, and once for all actions."""
    return re.sub(r"^for policy `policy\d+`, | in context for Action::\"\w+\"", _of_context, message)


def _of_context(found: re.Match[str]) -> str:
    return " of `context`" if "Action" in found[0] else ""


def _named_place(piece: Piece, message: str) -> str:
    """Where the first name that the message quotes stands in the policy; its beginning when it stands nowhere."""
    for name in re.findall(r"`([^`]+)`", message):
        for token in piece.tokens:
            if token.text == name or token.text.strip('"') == name.rpartition("::")[2].strip('"'):
                return piece.place(token.start)
    return piece.where
