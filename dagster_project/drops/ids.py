"""Ids damaged on their way: what programs write for nothing, what spreadsheets make of long numbers.

Each of them would make one journey, car or person of many. Why: D-027.
"""

from collections.abc import Iterator

import polars as pl

from dagster_project.contracts.couple import ROLES

_WORDS = (
    *(
        "null",
        r"\(null\)",
        "<null>",
        r"\[null\]",
        r"\\N",
        "nil",
        "none",
        "nan",
        "nat",
        "<na>",
        "n/?a",
        "undefined",
    ),
    *(
        r"\[object object\]",
        "unknown",
        "missing",
        "empty",
        "inconnue?",
        "aucune?",
        "vide",
        "non renseign[ée]e?",
    ),
    *("true", "false", "vrai", "faux"),
    "#(?:n/?a|div/0!|[a-zéè_]+[!?])",  # a cell's error in a spreadsheet
    "0{8}-0{4}-0{4}-0{4}-0{12}",
    r"[^\p{L}\p{N}]+",  # no letter, no digit: a dash, a question mark
)
_NOTHING = f"(?i)^(?:{'|'.join(_WORDS)})$"
_NUMBER_FOR_NOTHING = r"^(?:[+-]?0+(?:[.,]0+)?|-1)$"
_ROUNDED = r"^[+-]?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{1,3}$"  # 1,23457E+12: the other digits are lost
_LONG, _CUT = r"^[0-9]{16,}$", r"^[0-9]{15}0+$"  # a spreadsheet keeps fifteen digits
_REWRITTEN = r"^[0-9]+[.,]0$"
KEY = "operator_journey_id"
# Texts about a person that no rule needs: a word for nothing in one is read as empty.
_OPTIONAL = ("firstname", "lastname", "email", "company", "travel_pass_name", "travel_pass_user_id")


def id_rules(name: str, text: pl.Expr, *, numbers: bool) -> dict[tuple[str, str], pl.Expr]:
    """(code, column) → true where an id can be one of its own; `numbers`: 0 and -1 cannot."""
    nothing = says_nothing(text, numbers=numbers)
    return {
        ("control_character", name): ~text.str.contains(r"\p{C}"),
        ("id_placeholder", name): ~nothing,
        ("id_damaged", name): ~_is_rounded(text),
        ("id_doubtful", name): nothing | ~_is_doubtful(text),
    }


def person_id_rules(role: str) -> dict[tuple[str, str], pl.Expr]:
    """A user id must be one where a truncated phone needs it; elsewhere it is read as empty."""
    user, identifies = pl.col(f"{role}_operator_user_id"), pl.col(f"{role}_phone").is_null()
    nothing, damaged = says_nothing(user, numbers=True), _is_rounded(user)
    return {
        ("id_placeholder", user.meta.output_name()): ~(identifies & nothing),
        ("id_damaged", user.meta.output_name()): ~(identifies & damaged),
        ("word_for_nothing", user.meta.output_name()): identifies | ~(nothing | damaged),
        **{
            ("word_for_nothing", f"{role}_{name}"): ~says_nothing(pl.col(f"{role}_{name}"))
            for name in _OPTIONAL
        },
    }


def without_words() -> Iterator[pl.Expr]:
    """The columns that a warning says are read as empty."""
    for role in ROLES:
        user = pl.col(f"{role}_operator_user_id")
        yield _unless(says_nothing(user, numbers=True) | _is_rounded(user), user)
        for name in _OPTIONAL:
            yield _unless(says_nothing(pl.col(f"{role}_{name}")), pl.col(f"{role}_{name}"))


def _unless(is_nothing: pl.Expr, text: pl.Expr) -> pl.Expr:
    return pl.when(~is_nothing.fill_null(False)).then(text)


def says_nothing(text: pl.Expr, *, numbers: bool = False) -> pl.Expr:
    """A word (or, with `numbers`, 0 or -1) that stands where there was no value."""
    is_word = text.str.contains(_NOTHING)
    return is_word | text.str.contains(_NUMBER_FOR_NOTHING) if numbers else is_word


def _is_rounded(text: pl.Expr) -> pl.Expr:
    """A number in scientific notation: what it was cannot be known."""
    return text.str.contains(_ROUNDED)


def _is_doubtful(text: pl.Expr) -> pl.Expr:
    """Perhaps right: 0; a final `.0`; fifteen digits and zeros, where most long numbers of its `part` end so.

    One id of sixteen digits in ten ends in a zero by itself.
    """
    cut = text.str.contains(_CUT)
    are_cut = cut.sum().over("part") * 2 > text.str.contains(_LONG).sum().over("part")
    return text.str.contains(_NUMBER_FOR_NOTHING) | text.str.contains(_REWRITTEN) | (cut & are_cut)
