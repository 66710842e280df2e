"""One line is one text, however it came; numbers that were read rightly are read as ever."""

import random

import phonenumbers
import polars as pl
import pytest
from polars.testing import assert_series_equal

from dagster_project.identity.phones import NO_TRUNK, TRUNK_ZERO, normalised, spellings

# As they were read before plans of other countries were known: their identity keys stay.
_AS_EVER = {
    "+33639980001": "+33639980001",
    "06 39 98 00 01": "+33639980001",
    "0033 (0)6.39.98.00-01": "+33639980001",
    "+33 (0)1 99 00 00 01": "+33199000001",
    "+33612345678": "+33612345678",
    "+41639980901": "+41639980901",
    "0041 63 998 09 01": "+41639980901",
    "+41791234567": "+41791234567",
    "+390612345678": "+390612345678",
    "+262692123456": "+262692123456",
    "+262639123456": "+262639123456",
    "+590690123456": "+590690123456",
    "+594694123456": "+594694123456",
    "+596696123456": "+596696123456",
    "+508411234": "+508411234",
    "+687751234": "+687751234",
    "+68987123456": "+68987123456",
    "+2250712345678": "+2250712345678",
    "+999500000001": "+999500000001",
    "+89991234567": "+89991234567",
    "pas de portable": None,
    "+33 639 98 SECRET": None,
    "0639980": None,
    "639980001": None,
    "+3363998000": None,
    "": None,
}
_LINES = {
    "+41639980901": (
        *("+41 (0)63 998 09 01", "+410639980901", "tel:+41-63-998-09-01", "+41 (0) 63.998.09.01"),
        *("+41\u00a063\u202f998\u00a009\u00a001", "+41 [0]63/998/09/01", "+41 63\u2013998\u201309\u201301"),
        "\uff0b\uff14\uff11\uff16\uff13\uff19\uff19\uff18\uff10\uff19\uff10\uff11",
    ),
    "+33639980001": (
        *("+33 (0)6 39 98 00 01", "\uff10\uff16\uff13\uff19\uff19\uff18\uff10\uff10\uff10\uff11"),
        *("+262 639 98 00 01", "TEL:0639980001", "06\u202f39\u202f98\u202f00\u202f01", "+0033639980001"),
    ),
    "+262692123456": ("0692 12 34 56", "+33 692 12 34 56", "+262 (0)692 12 34 56", "00262692123456"),
    "+262639123456": ("0639123456", "+33 6 39 12 34 56"),
    "+262976221234": ("0976 22 12 34", "+33976221234"),
    "+590590123456": ("0590123456", "+33 (0)590 12 34 56", "+590 0590 123456"),
    "+594694123456": ("0694123456", "+33694123456"),
    "+596697123456": ("0697123456", "+33697123456", "+596 0697 12 34 56"),
    "+508411234": ("0508 41 12 34", "+33508411234", "+508 0 41 12 34"),
    "+687751234": ("00 687 75 12 34", "+687 0751234"),
    "+390612345678": ("+39 (06) 12345678",),
    "+393331234567": ("+39 (0)333 1234567",),
    "+491711234567": ("+49 (0)171 1234567",),
    "+352621123456": ("+352 (0)621 123 456",),
    "+34612345678": ("+34 (0)612 345 678",),
    "+79123456789": ("+7 8 912 345-67-89",),
}


def test_what_was_read_rightly_is_read_as_ever() -> None:
    assert dict(zip(_AS_EVER, normalised(pl.Series(list(_AS_EVER))), strict=True)) == _AS_EVER
    assert normalised(pl.Series([None, "0639980001"], dtype=pl.String)).to_list() == [None, "+33639980001"]


@pytest.mark.parametrize("line", _LINES)
def test_a_line_is_one_however_it_is_written_whole_or_truncated(line: str) -> None:
    written = pl.Series([line, *_LINES[line]])
    assert set(normalised(written)) == {line}
    assert set(normalised(written.str.head(-2), truncated=True)) == {line[:-2]}
    abroad = [one for one in spellings(line) if one[0] != "0"]
    assert [one for one in abroad if normalised(pl.Series([f"+{one}"]))[0] != line] == []


@pytest.mark.slow
def test_the_library_reads_what_patterns_read_for_it() -> None:
    """A number of every plan of this world; whatever lies in the plans of countries near."""
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    examples = [
        phonenumbers.example_number_for_type(region, kind)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in kinds
    ]
    lines = {
        phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164): one for one in examples if one
    }
    read = dict(zip(lines, normalised(pl.Series(list(lines))), strict=True))
    long_enough = {line for line in lines if len(line) >= 9}
    assert {line: found for line, found in read.items() if found != line and line in long_enough} == {}
    draw, possible = random.Random(41), 0
    for code in (*TRUNK_ZERO, *NO_TRUNK):
        for digits in (str(draw.randrange(10**7, 10**10)) for _ in range(60)):
            if not phonenumbers.is_possible_number(phonenumbers.parse(f"+{code}{digits}")):
                continue  # as long as no line of that plan
            for text in (f"+{code}{digits}", *([f"+{code}0{digits}"] if code in TRUNK_ZERO else [])):
                number, possible = phonenumbers.parse(text), possible + 1
                read = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
                assert normalised(pl.Series([text]))[0] == read
    assert possible > 200


def test_the_last_two_digits_never_decide_and_reading_twice_changes_nothing() -> None:
    draw = random.Random(18)
    codes = ("33", "262", "590", "594", "596", "508", "41", "49", "39", "352", "7", "1", "999")
    texts = [
        f"+{draw.choice(codes)}{draw.choice(('', '0'))}{draw.randrange(10**8, 10**9)}" for _ in range(4_000)
    ]
    texts += [f"0{draw.randrange(10**8, 10**9)}" for _ in range(2_000)]
    whole = normalised(pl.Series(texts))
    assert_series_equal(normalised(whole), whole)
    both = pl.DataFrame(
        {"whole": whole, "cut": normalised(pl.Series(texts).str.head(-2), truncated=True)}
    ).drop_nulls("whole")
    assert both.filter(pl.col("whole").str.head(-2).ne_missing(pl.col("cut"))).to_dicts() == []
