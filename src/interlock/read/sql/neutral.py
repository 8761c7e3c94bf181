"""Conditions in a small neutral form, which both parsers translate into; nothing here knows a dialect.

Terms are plain tuples, the tag first:

    ("lit", value)                 a literal: None, bool, int, float or str
    ("col", qualifier, name)       a column; qualifier "" when it has none
    ("fn", name, args)             a function or operator of these arguments
    ("cmp", op, left, right)       op is one of = <> < <= > >=
    ("same", left, right, negated) IS [NOT] DISTINCT FROM and <=>, which know no null
    ("null", term, negated)        IS [NOT] NULL
    ("in", term, items, negated)   a list of terms
    ("between", term, low, high, negated)
    ("like", term, pattern, negated)
    ("not", term)  ("and", terms)  ("or", terms)
    ("case", ((condition, value), ...), otherwise)   CASE and IF
    ("sub", Sub)                   a subquery used as a value or in EXISTS / IN
    ("param", text)                a placeholder
    ("other", terms)               anything else; only the columns in it count
"""

from __future__ import annotations

from operator import add, mul, sub
from typing import Any, Final, NamedTuple, TypeAlias

Term: TypeAlias = tuple[Any, ...]  # a recursive union of tagged tuples; the docstring is its type

_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRROR: Final = {"=": "=", "<>": "<>", "<": ">", ">=": "<=", ">": "<", "<=": ">="}
#: A limit that no table is expected to reach.
BOUNDLESS: Final = 10**8
#: Functions that give another value each time.
_VOLATILE: Final = frozenset(("random", "rand", "uuid", "gen_random_uuid", "clock_timestamp"))
#: Those of them that draw anew for each row.
_DRAWN: Final = frozenset(("random", "rand"))
#: Functions that give a value whatever they are given.
_NEVER_NULL: Final = frozenset(
    ("now", "current_timestamp", "current_date", "random", "rand", "pi", "uuid", "gen_random_uuid", "typeof",
     "pg_typeof", "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "json_object",
     "json_array", "num_nulls", "num_nonnulls", "quote_nullable")
)  # fmt: skip


class Sub(NamedTuple):
    """A subquery as far as a condition needs it. `column` of `table` is what it lists when it lists all there is."""

    correlated: bool
    table: str = ""
    column: str = ""  # `*` when it lists every column
    exists: bool = False
    certain: bool = False  # it surely has a row (no FROM, no WHERE)
    extreme: str = ""  # `max` or `min`, when what it lists is only that of the column
    itself: bool = False  # it only finds the row outside again: same table, same column, equal
    practice: bool = False  # that it lists all there is, is so in practice only
    empty: bool = False  # it surely has no row
    plain: bool = False  # it lists columns only, each by its own name
    limited: bool = False  # it lists all there is but for its LIMIT
    arms: tuple[Sub, ...] = ()  # the queries of a UNION
    outer: Term = ()  # it gives back this column of the row outside, whatever else it reads
    source: str = ""  # the one table that it reads, all of it or not
    lists: Term = ()  # the one column that it lists
    most: int | None = None  # its LIMIT, where that is a number
    own: Term = ()  # of a query of one table and all its rows: its condition, by the columns of that table
    given: Term = ()  # the one thing that it lists, by the columns of that table
    again: bool = False  # asked once more it can give other rows: it locks some, or draws lots


class Limit(NamedTuple):
    """A query of a WITH or FROM that gives so many rows at most, by the name that it is read by."""

    name: str
    most: int
    columns: frozenset[str]


class Target(NamedTuple):
    """The table whose rows are chosen: what columns of it may be qualified with, and its own name.

    `twins` are what the same table is called where the statement joins it to itself; `alike` are WITH queries that
    hold every row of it, `hidden` are those that hold something else and may have the name of a table.
    What is `repeated` takes all rows in the end, though it takes a few at a time.
    """

    names: frozenset[str]
    table: str
    twins: frozenset[str] = frozenset()
    alike: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    repeated: bool = False  # the statement runs again and again
    limits: tuple[Limit, ...] = ()
    renamed: tuple[tuple[str, str, Term], ...] = ()  # a query of WITH, what its column is called, and of the row's what
    others: frozenset[str] = frozenset()  # columns that stand in another source: unqualified, they are none of its own

    def is_all(self, table: str) -> bool:
        """Whether what is read by this name is every row of the target's table."""
        return bool(table) and (table in self.alike or (table == self.table and table not in self.hidden))


#: No table at all, for conditions that are judged by themselves.
NOTHING: Final = Target(frozenset(), "")


def listed(term: Term) -> tuple[str, str]:
    """What a subquery lists: a column, and `max` or `min` when it is only that of the column."""
    if term[0] == "fn" and term[1] in ("max", "min") and len(term[2]) == 1 and term[2][0][0] == "col":
        return str(term[2][0][2]), str(term[1])
    return (str(term[2]), "") if term[0] == "col" else ("", "")


def finds_itself(term: Term, inside: set[str]) -> bool:
    """`inner.id = outer.id`: one column, compared with itself from inside a subquery."""
    if term[0] != "cmp" or term[1] != "=" or term[2][0] != "col" or term[3][0] != "col":
        return False
    left, right = term[2], term[3]
    return bool(left[2] == right[2] and left[1] and right[1] and (left[1] in inside) is not (right[1] in inside))


def mentions(term: object, target: Target) -> bool:
    """Whether the value of this term can differ from one row of the target to the next."""
    stack = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, Sub):
            if one.correlated:
                return True
        elif isinstance(one, tuple):
            if one and one[0] == "col":
                if one[1] in target.names or (not one[1] and one[2] not in target.others):
                    return True
            elif one and one[0] == "fn" and one[1] in _DRAWN:
                return True
            elif one and one[0] == "fn" and one[1] == "pg_typeof":
                continue  # of a column it is always the same
            else:
                stack.extend(one)
    return False


#: Terms that are a truth value by themselves.
_PREDICATES: Final = frozenset(("cmp", "same", "null", "in", "between", "like", "not", "and", "or"))


def compared(operator: str, left: Term, right: Term) -> Term:
    """A comparison. One of a condition with a truth value is that condition, or its opposite."""
    if left[0] == "lit":
        operator, left, right = MIRROR[operator], right, left
    if left[0] in _PREDICATES and operator in ("=", "<>") and right[0] == "lit" and right[1] in (True, False):
        return left if (operator == "=") is bool(right[1]) else ("not", left)
    if left[0] == "fn" and left[1] == "-" and len(left[2]) == 1 and number_of(right) is not None:
        return ("cmp", MIRROR[operator], left[2][0], ("lit", -right[1]))
    return ("cmp", operator, left, right)


def contained(operator: str, left: Term, right: Term) -> Term:
    """An operator of two terms. A value within a range is no less and no more than its ends, where it has any."""
    span, value = (left, right) if operator == "@>" else (right, left)
    if operator not in ("@>", "<@") or span[0] != "fn" or not span[1].endswith("range") or len(span[2]) < 2:
        return ("fn", operator, (left, right))
    ends = [("cmp", sign, value, end) for sign, end in zip((">=", "<="), span[2], strict=False) if end != ("lit", None)]
    return ("and", tuple(ends)) if ends else ("same", value, value, False)


def each_of(operator: str, left: Term, sub: Sub, *, every: bool) -> Term:
    """`x >= ANY (SELECT …)` and ALL: a comparison with the least or the greatest of what is listed; else nothing."""
    if operator not in ("<", "<=", ">", ">=") or not sub.column:
        return ()
    greatest = every is (operator[0] == ">")
    return ("cmp", operator, left, ("sub", sub if sub.extreme else sub._replace(extreme="max" if greatest else "min")))


def same(left: Term, right: Term, negated: bool) -> Term:
    """IS NOT DISTINCT FROM; of NULL it is IS NULL."""
    return ("null", left, negated) if right == ("lit", None) else ("same", left, right, negated)


def negate(term: Term) -> Term:
    """The opposite of a term, in the same spelling that a writer would use for it."""
    tag = term[0]
    if tag == "not":
        inner: Term = term[1]
        return inner
    if tag == "cmp":
        return ("cmp", _OPPOSITE[term[1]], term[2], term[3])
    if tag in ("null", "in", "between", "like", "same"):
        return (*term[:-1], not term[-1])
    return ("not", term)


def number_of(term: Term) -> float | int | None:
    if term[0] == "lit" and isinstance(term[1], (int, float)):
        return term[1]
    return None


def opaque(term: object) -> bool:
    """Whether anything in it is of a kind that is not looked into: two of those can look alike and differ."""
    stack = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            if one and one[0] == "other":
                return True
            stack.extend(one)
    return False


def volatile(term: object) -> bool:
    """Whether it can give another value the second time."""
    stack = [term]
    while stack:
        one = stack.pop()
        if isinstance(one, Sub):
            return True
        if isinstance(one, tuple):
            if one and one[0] == "fn" and one[1] in _VOLATILE:
                return True
            stack.extend(one)
    return False


def never_null(term: Term) -> bool:
    """Whether its value is there in every row, by its form alone."""
    tag = term[0]
    if tag == "lit":
        return term[1] is not None
    if tag == "fn":
        if term[1] == "coalesce":
            return any(never_null(one) for one in term[2])
        return term[1] in _NEVER_NULL
    if tag == "case":
        return never_null(term[2]) and all(never_null(value) for _, value in term[1])
    return tag in ("null", "same")


#: What two numbers come to.
_FOLDED: Final[dict[str, Any]] = {"+": add, "-": sub, "*": mul}


def simple(term: Term) -> Term:
    """What a term comes to whatever the row holds: a constant, or what stands in it. Null where that is, or before."""
    if term[0] != "fn" or not term[2]:
        return term
    name = term[1]
    rule = _SIMPLER.get(name)
    if rule is not None:
        found: Term = rule(term)
        return found
    if len(term[2]) != 2:
        return term
    left, right = simple(term[2][0]), simple(term[2][1])
    if name in _FOLDED and number_of(left) is not None and number_of(right) is not None:
        return ("lit", _FOLDED[name](left[1], right[1]))
    if name in ("-", "/") and left == right and left[0] == "col":
        return ("lit", 0 if name == "-" else 1)
    if name in ("*", "&") and ("lit", 0) in (left, right):
        return ("lit", 0)
    if name in ("%", "mod") and right in (("lit", 1), ("lit", -1)):
        return ("lit", 0)
    if name in ("&", "|") and left == right and left[0] == "col":
        return left
    if (name in ("+", "-", "|", "^", "<<") and right == ("lit", 0)) or (name in ("*", "/") and right == ("lit", 1)):
        return left
    if (name == "+" and left == ("lit", 0)) or (name == "*" and left == ("lit", 1)):
        return right
    return term


def _first_value(term: Term) -> Term:
    """COALESCE: nulls in front of it say nothing, and nothing after a value that is there is looked at."""
    args = list(term[2])
    while len(args) > 1 and args[0] == ("lit", None):
        del args[0]
    if len(args) == 1 or never_null(args[0]):
        return simple(args[0])
    return ("fn", term[1], tuple(args))


def _unless_equal(term: Term) -> Term:
    """NULLIF of two numbers that differ is the first of them; of a thing and itself it is nothing."""
    if term[2][0] == term[2][-1] and not volatile(term):
        return ("lit", None)
    numbers = [number_of(one) for one in term[2]]
    return term if None in numbers or numbers[0] == numbers[1] else simple(term[2][0])


def _one_of(term: Term) -> Term:
    """GREATEST and LEAST of one thing are that thing."""
    return simple(term[2][0]) if all(one == term[2][0] for one in term[2]) and not volatile(term) else term


def _joined(term: Term) -> Term:
    """Texts put together, where all of them stand there."""
    args = [simple(one) for one in term[2] if one != ("lit", "")] or [("lit", "")]
    if len(args) == 1:
        return args[0]
    if all(one[0] == "lit" and isinstance(one[1], str) for one in args):
        return ("lit", "".join(one[1] for one in args))
    return term


def _found_at(term: Term) -> Term:
    """Where a text is in another one: nothing, and the text itself, stand at the first place."""
    args = term[2]
    alike = len(args) >= 2 and args[0] == args[1] and not volatile(term)
    return ("lit", 1) if alike or args[1:2] == (("lit", ""),) else term


def _is_first(term: Term) -> Term:
    args = term[2]
    return ("lit", 1) if len(args) >= 2 and args[0] == args[1] and not volatile(term) else term


def _alike(term: Term) -> Term:
    args = term[2]
    return ("lit", 0) if len(args) == 2 and args[0] == args[1] and not volatile(term) else term


def _begins(term: Term) -> Term:
    args = term[2]
    return ("lit", True) if args[1:] == (("lit", ""),) or (args[1:] == args[:1] and not volatile(term)) else term


def _inner(term: Term) -> Term:
    """What a hint for the planner stands around."""
    return simple(term[2][0])


def _either_or(term: Term) -> Term:
    """XOR with what is false is the other."""
    for one, other in (term[2], term[2][::-1]) if len(term[2]) == 2 else ():
        if one[0] == "lit" and not one[1]:
            return simple(other)
    return term


_SIMPLER: Final[dict[str, Any]] = {
    **dict.fromkeys(("position", "strpos", "str_position"), _found_at),
    **dict.fromkeys(("field", "find_in_set"), _is_first),
    **dict.fromkeys(("likely", "unlikely", "likelihood"), _inner),
    "strcmp": _alike, "starts_with": _begins, "xor": _either_or,
    "coalesce": _first_value, "nullif": _unless_equal, "greatest": _one_of, "least": _one_of, "||": _joined,
    "concat": _joined,
}  # fmt: skip
