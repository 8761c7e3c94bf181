"""Shorthand: `Key=Value,Key2=a,b,Nested={X=1},List=[a,b]`, the short form of structures on the command line."""

from __future__ import annotations

from typing import Final

from interlock.aws.call import Parameter

_STOP: Final = ",]}"
DEPTH: Final = 16


class Unreadable(ValueError):
    """This is no shorthand."""


def parse(text: str) -> dict[str, Parameter]:
    """The structure that a text stands for. Raises Unreadable."""
    reading = _Reading(text)
    found = reading.pairs("", 0)
    if reading.at != len(text):
        raise Unreadable
    return found


class _Reading:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def _here(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, sign: str) -> None:
        if self._here() != sign:
            raise Unreadable
        self.at += 1

    def pairs(self, end: str, depth: int) -> dict[str, Parameter]:
        """Keys with their values up to `end`, which is not taken."""
        if depth > DEPTH:
            raise Unreadable
        found: dict[str, Parameter] = {}
        while self._here() != end or not end:
            key = self._key()
            self._take("=")
            if key in found:
                raise Unreadable
            found[key] = self._values(depth)
            if self._here() != ",":
                break
            self.at += 1
        return found

    def _key(self) -> str:
        start = self.at
        while (sign := self._here()) and (sign.isalnum() or sign in "_-.:/ #"):
            self.at += 1
        key = self.text[start : self.at].strip()
        if not key or self._here() != "=":
            raise Unreadable
        return key

    def _values(self, depth: int) -> Parameter:
        """One value, or several with commas between them that are followed by no key."""
        first = self._value(depth)
        values = [first]
        while self._here() == "," and not self._key_follows():
            self.at += 1
            start = self.at
            values.append(self._value(depth))
            if values[-1] == "" or self._is_odd(start):
                raise Unreadable
        return values if len(values) > 1 else first

    def _is_odd(self, start: int) -> bool:
        """Whether what was taken since is no plain value: the command would find a key in it."""
        return self.text[start : start + 1] not in ("'", '"', "{", "[") and "=" in self.text[start : self.at]

    def _key_follows(self) -> bool:
        at = self.at + 1
        while at < len(self.text) and (self.text[at].isalnum() or self.text[at] in "_-.:/ #"):
            at += 1
        return at < len(self.text) and self.text[at] == "=" and at > self.at + 1

    def _skip(self) -> None:
        while self._here() == " ":
            self.at += 1

    def _value(self, depth: int) -> Parameter:
        self._skip()
        sign = self._here()
        if sign == "{":
            self.at += 1
            inner = self.pairs("}", depth + 1)
            self._take("}")
            return inner
        if sign == "[":
            return self._listed(depth)
        if sign and sign in "'\"":
            return self._quoted(sign)
        start = self.at
        while (sign := self._here()) and sign not in _STOP:
            self.at += 2 if sign == "\\" else 1
        if "\\\\" in self.text[start : self.at]:
            raise Unreadable
        text = self.text[start : self.at].replace("\\,", ",").strip()
        if text.startswith(("@=", "file://", "fileb://")):
            raise Unreadable
        return text

    def _listed(self, depth: int) -> list[Parameter]:
        self._take("[")
        self._skip()
        found: list[Parameter] = []
        while self._here() and self._here() != "]":
            if depth > DEPTH:
                raise Unreadable
            found.append(self._value(depth + 1))
            if self._here() != ",":
                break
            self.at += 1
        self._take("]")
        return found

    def _quoted(self, quote: str) -> str:
        self.at += 1
        found: list[str] = []
        while (sign := self._here()) and sign != quote:
            if sign == "\\" and self.text[self.at + 1 : self.at + 2] in (quote, "\\"):
                self.at += 1
            found.append(self._here())
            self.at += 1
        self._take(quote)
        return "".join(found)
