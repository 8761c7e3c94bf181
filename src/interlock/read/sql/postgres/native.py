"""The native parser: the library that postgast ships, and the shape of what its functions return (its pg_query.h).

The library is opened by itself. The Python of that package would bring a tree of generated classes along, of which
nothing is used here and which takes longer to import than all of ours.
"""

from __future__ import annotations

import sys
from ctypes import CDLL, POINTER, PyDLL, Structure, c_char_p, c_int
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_NAMES: Final = {"darwin": "libpg_query.dylib", "win32": "pg_query.dll"}


class _Error(Structure):
    _fields_ = (
        ("message", c_char_p),
        ("funcname", c_char_p),
        ("filename", c_char_p),
        ("lineno", c_int),
        ("cursorpos", c_int),
        ("context", c_char_p),
    )


class _Parsed(Structure):
    _fields_ = (("parse_tree", c_char_p), ("stderr_buffer", c_char_p), ("error", POINTER(_Error)))


class _Block(Structure):
    _fields_ = (("plpgsql_funcs", c_char_p), ("error", POINTER(_Error)))


class _Piece(Structure):
    _fields_ = (("stmt_location", c_int), ("stmt_len", c_int))


class _Split(Structure):
    _fields_ = (
        ("stmts", POINTER(POINTER(_Piece))),
        ("n_stmts", c_int),
        ("stderr_buffer", c_char_p),
        ("error", POINTER(_Error)),
    )


#: Function -> what it takes and what it gives.
_SIGNATURES: Final = {
    "pg_query_parse": (c_char_p, _Parsed),
    "pg_query_free_parse_result": (_Parsed, None),
    "pg_query_parse_plpgsql": (c_char_p, _Block),
    "pg_query_free_plpgsql_parse_result": (_Block, None),
    "pg_query_split_with_scanner": (c_char_p, _Split),
    "pg_query_free_split_result": (_Split, None),
}


def _file() -> Path:
    """Where the library is. Looking for the package does not import it."""
    found = find_spec("postgast")
    if found is None or found.origin is None:
        raise ImportError("postgast is not installed")
    return Path(found.origin).with_name(_NAMES.get(sys.platform, "libpg_query.so"))


def _declared(library: CDLL) -> CDLL:
    for name, (takes, gives) in _SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = [takes], gives
    return library


#: Lets other threads run while it parses.
lib: Final = _declared(CDLL(str(_file())))

#: The same functions for short texts, called without letting other threads in: parsing one takes less time than
#: waiting for our turn again does where many threads read.
quick: Final = _declared(PyDLL(lib._name, handle=lib._handle))
