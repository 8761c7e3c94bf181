"""Shells: how bash, zsh and fish ask for what they complete, where click's own way loses something.

Bash cuts words at `:` and `=` before it asks, so that `sql:po` and `--target=sh` came as several: it hands over the
line as it stands instead, and is answered from its last cut on. Where an option and its value are one word, zsh and
fish put what they are told in place of the whole, so the whole is told. Fish takes a comma for the end of a help text.
"""

from __future__ import annotations

import os
from typing import Final

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

#: Where bash hands them over. Under its own names they would not pass through a wrapper that is a script of bash.
LINE: Final = "_INTERLOCK_LINE"
BREAKS: Final = "_INTERLOCK_BREAKS"

_BASH: Final = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=',' read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done <<< "$(env _INTERLOCK_LINE="${COMP_LINE:0:COMP_POINT}" _INTERLOCK_BREAKS="$COMP_WORDBREAKS" \
%(complete_var)s=bash_complete "${1/#\\~/$HOME}" 2> /dev/null)"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Whole(ShellComplete):
    """Values of `--option=value` are told with their option."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        option, equals, _ = incomplete.partition("=")
        items = super().get_completions(args, incomplete)
        if equals and option.startswith("--"):
            for item in items:
                item.value = option + equals + item.value
        return items


class Bash(_Whole, BashComplete):
    """Asked with the whole line; answered with what comes after the last place where bash cuts its last word."""

    source_template = _BASH
    _cut = 0

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ.get(LINE)
        if line is None:  # the script of a version before
            return super().get_completion_args()
        words = split_arg_string(line)
        # One more letter tells whether the last word is still being written: a blank may be quoted.
        last = words.pop() if len(split_arg_string(line + "x")) == len(words) else ""
        quoted = not line.endswith(last) or line.removesuffix(last).endswith(("'", '"'))
        if last and not quoted:
            self._cut = max(last.rfind(each) + 1 for each in os.environ.get(BREAKS, "") + " ")
        return words[1:], last

    def format_completion(self, item: CompletionItem[str]) -> str:
        return f"{item.type},{item.value[self._cut :]}" if item.type == "plain" else f"{item.type},"


class Zsh(_Whole, ZshComplete):
    """Click's own, with whole words."""


class Fish(_Whole, FishComplete):
    """Click's own, with whole words, and no comma in a help text."""

    def format_completion(self, item: CompletionItem[str]) -> str:
        item.help = item.help.replace(",", ";") if item.help else None
        return super().format_completion(item)


def register() -> None:
    """Have click use these."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
