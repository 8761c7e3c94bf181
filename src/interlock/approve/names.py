"""Names as people read them: two names that look alike are one name, so nobody becomes somebody else by spelling.

Folding too much only ever costs a vote; folding too little would let the asker approve. So it folds a lot: case, width,
accents, invisible characters, dashes, digits that read as letters, and the Cyrillic, Greek and other letters that are
drawn like Latin ones. It is not all of Unicode's confusables table; `docs/approvals.md` says what that leaves.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

#: Characters that are drawn like a Latin letter -> that letter. Both cases stand here, since Cyrillic `Н` reads as `H`
#: and is folded before case is. The two texts of a line are of one length; `test_approve_names` holds that.
DRAWN_ALIKE: Final = (
    ("АВСЕНІЈКМОРЅТХУԀԚԜҺӀ", "abcehijkmopstxydqwhl"),  # Cyrillic capitals
    ("авсеһіјкмнорѕтхуԁԛԝӏɡ", "abcehijkmhopstxydqwlg"),  # Cyrillic small letters, and the script g
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "abezhikmnoptyxc"),  # Greek capitals
    ("αβεζηικμνορτυχϲγ", "abeznikuvoptuxcy"),  # Greek small letters
    ("ոսօհցɑɩıǀ|01", "nuohgaiillol"),  # Armenian, Latin extensions, and digits that read as letters
)
_ALIKE: Final = {ord(odd): plain for odds, plains in DRAWN_ALIKE for odd, plain in zip(odds, plains, strict=True)}

#: Unicode categories that leave nothing to see: marks on letters, format and control characters, every kind of space.
_UNSEEN: Final = frozenset({"Mn", "Me", "Mc", "Cf", "Cc", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


@lru_cache(maxsize=8192)
def fold(name: str) -> str:
    """What is left of a name when spelling tricks are taken out; equal folds mean one and the same name."""
    seen = []
    for character in unicodedata.normalize("NFKD", name):
        category = unicodedata.category(character)
        if category not in _UNSEEN:
            seen.append("-" if category == "Pd" else character)
    plain = "".join(seen).translate(_ALIKE).casefold()
    # Case folding can bring forth what folds further (a capital without a small letter of its own in the table).
    return unicodedata.normalize("NFKD", plain).translate(_ALIKE)
