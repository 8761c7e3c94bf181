"""Names: what reads alike is one name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.approve import names
from interlock.approve.names import fold


@pytest.mark.parametrize(
    "odd",
    [
        "ADA",
        "ａｄａ",
        " a d a ",
        "a\u200bda",
        "a\u202eda",
        "\ufeffada",
        "ádä",
        "аdа",
        "ΑDΑ",
        "a\u0301da",
        "ɑdɑ",
        "a\u00adda",
        "a\U000e0064da",
    ],
)
def test_a_name_in_disguise_folds_to_the_name(odd):
    """Case, width, spaces, invisible characters, accents and letters of other scripts change nothing."""
    assert fold(odd) == fold("ada")


def test_capitals_of_other_scripts_fold_by_how_they_are_drawn():
    """Cyrillic and Greek capitals read as other letters than their small forms do."""
    assert fold("НЕЕР") == fold("HEEP")
    assert fold("ΝΗΖ") == fold("nhz")


def test_digits_and_dashes_that_read_as_others_are_one():
    """`b0b` is `bob`, `l` and `1` are one, and so are all dashes."""
    assert fold("b0b") == fold("bob")
    assert fold("fixer-1") == fold("fixer\u2010l")


def test_different_names_stay_different():
    """Folding keeps apart what people keep apart."""
    plain = ["ada", "bob", "eve", "ada.l", "ada-l", "adam", "王", "李", "Олег", "Иван"]
    assert len({fold(name) for name in plain}) == len(plain)


@given(st.text(max_size=20))
@settings(max_examples=100)
def test_folding_twice_is_folding_once(name):
    """A fold is a name's last form."""
    assert fold(fold(name)) == fold(name)


def test_every_confusable_is_one_letter_for_one_letter():
    """The two texts of each line of the table are of one length, and no character stands in it twice."""
    odd = "".join(line[0] for line in names.DRAWN_ALIKE)
    assert [len(a) for a, _ in names.DRAWN_ALIKE] == [len(b) for _, b in names.DRAWN_ALIKE]
    assert len(set(odd)) == len(odd)
