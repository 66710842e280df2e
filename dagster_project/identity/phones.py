"""Phone numbers as people and programs write them → E.164: one line, one text. What is none becomes null.

Numbers of France and overseas, of countries near and of no country are read by patterns; only the rest asks
the library of numbering plans. A number need not be in service: fictional ones are read, too. Why: D-032.
"""

import re
from collections.abc import Sequence

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumber, PhoneNumberFormat

E164 = r"^(\+33[1-9][0-9]{8}|\+([1245-9][0-9]|3[0-24-9])[0-9]{6,13})$"
_TAIL = "00"  # in the place of the two digits that a truncated phone lacks (JURIDIQUE étape 3)
_CLEAN, _NOT_METROPOLITAN = r"^\+33[1-9][0-9]{8}$", r"^\+33(?:26|5[09]|639|69|70|9)"
_SEPARATORS = r"[\s\p{Z}\p{Pd}\p{Cf}.()/'’\[\]]"
# The ten digits of France and overseas are one plan: each is one line, whichever code stands before it.
_FRENCH = r"^(?:0|\+(?:33|262|590|594|596|508)0?)([1-9][0-9]{8})$"
_FICTION = "^63998"  # in the block of Mayotte, by the regulator's decision for films and tests
_OVERSEAS = {
    "262": "^(?:262|269|639|692|693)",
    "590": "^(?:590|690|691)",
    "594": "^(?:594|694)",
    "596": "^(?:596|696|697)",
}
_SAINT_PIERRE = "^508([0-9]{6})$"  # has six digits of its own
_SHARED = "^(?:263|598|708|709|939|947|976)"  # France and overseas share them: ask where
# Countries near: a zero stands before the line and is none of it, or nothing does (Italy's own zeros stay).
TRUNK_ZERO = ("31", "32", "41", "43", "46", "49", "353", "377")
NO_TRUNK = ("34", "39", "45", "47", "48", "351", "376")
_TRUNK = rf"^(\+(?:{'|'.join(TRUNK_ZERO)}))0"
_AS_IT_STANDS = rf"^\+(?:{'|'.join((*TRUNK_ZERO, *NO_TRUNK))})[1-9]"
_SHORT = 7  # digits of a line that, without its country, is many things else
AS_KEPT, AS_WRITTEN = ("", " "), ("", " ", ".", "-", "\u00a0", "\u202f")  # between the groups of a number
_PLANS = "|".join(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def normalised(phones: pl.Series, *, truncated: bool = False) -> pl.Series:
    """E.164 of phones written in E.164, with 00, with a trunk zero, or in the French national form.

    A French line overseas bears the code of its territory (+262, +590, +594, +596, +508) however it came.
    A truncated phone lacks its last two digits, and is read as its line is. People travel more than once:
    each text is read once.
    """
    texts = phones.drop_nulls().unique()
    whole = texts + _TAIL if truncated else texts
    others = (~whole.str.contains(_CLEAN) | whole.str.contains(_NOT_METROPOLITAN)).arg_true()
    numbers = whole.clone().scatter(others, _read(whole.gather(others).alias("text")))
    return phones.replace_strict(texts, numbers.str.head(-len(_TAIL)) if truncated else numbers, default=None)


def _read(texts: pl.Series) -> pl.Series:
    read = (
        texts.to_frame()
        .select(_digits().alias("digits"))
        .with_columns(pl.col("digits").str.extract(_FRENCH).alias("line"))
        .select("digits", _by_pattern().alias("phone"))
    )
    asked = (read["phone"].is_null() & read["digits"].is_not_null()).arg_true()
    answers = pl.Series([_by_plan(text) for text in read["digits"].gather(asked)], dtype=pl.String)
    numbers = read["phone"].scatter(asked, answers)
    return numbers.to_frame().select(pl.when(numbers.str.contains(E164)).then("phone")).to_series()


def _digits() -> pl.Expr:
    """A plus or a zero, and digits; null where anything else stands among them."""
    digits = (
        pl.col("text")
        .str.normalize("NFKC")
        .str.strip_chars()
        .str.replace(r"^(?i)tel:", "")
        .str.replace_all(_SEPARATORS, "")
        .str.replace(r"^(?:\+?00|\++)", "+")
        .str.replace(_TRUNK, "$1")
    )
    return pl.when(digits.str.contains(r"^(?:\+[0-9]|0)[0-9]{3,17}$")).then(digits)


def _by_pattern() -> pl.Expr:
    """The number where patterns are enough; null where the library is to be asked."""
    line, digits = pl.col("line"), pl.col("digits")
    is_plain = digits.str.contains(_AS_IT_STANDS) | ~digits.str.contains(rf"^\+(?:{_PLANS})")
    territories = [
        pl.when(line.str.contains(blocks)).then(pl.lit(f"+{code}") + line)
        for code, blocks in _OVERSEAS.items()
    ]
    return pl.coalesce(
        pl.lit("+508") + line.str.extract(_SAINT_PIERRE),
        pl.when(line.str.contains(_FICTION)).then(pl.lit("+33") + line),
        *territories,
        pl.when(~line.str.contains(_SHARED)).then(pl.lit("+33") + line),
        pl.when(line.is_null() & is_plain).then(digits),
    )


def _by_plan(digits: str) -> str:
    """The number as its country's plan has it: no trunk prefix, but the zero that belongs to it."""
    if shared := re.match(_FRENCH, digits):
        lines = (PhoneNumber(int(code), int(shared[1])) for code in (*_OVERSEAS, "508"))
        return _e164(next(filter(phonenumbers.is_valid_number, lines), PhoneNumber(33, int(shared[1]))))
    try:
        number = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return digits  # too long or too short for its plan: as it stands
    if number.italian_leading_zero and not phonenumbers.is_valid_number(number):
        bare = PhoneNumber(number.country_code, number.national_number)
        is_longer = phonenumbers.is_possible_number(bare) and not phonenumbers.is_possible_number(number)
        if is_longer or phonenumbers.is_valid_number(bare):
            return _e164(bare)
    return _e164(number)


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spellings(phone: str, separators: Sequence[str] = AS_WRITTEN) -> set[str]:
    """How an E.164 number may stand in a file, its plus left out: in groups or not, with a trunk zero or not.

    A number that is too short for its plan is a truncated one: in groups, it would be found in every number
    that begins like it.
    """
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return {phone[1:]}
    plan, line = str(number.country_code), phonenumbers.national_significant_number(number)
    if not phonenumbers.is_possible_number(number):
        return {f"{plan}{line}", f"{plan}0{line}", f"0{line}"}
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    groups = {line, re.sub(r"[^0-9]+", " ", international.partition(" ")[2])}
    groups.add(" ".join((line[0], *re.findall("..?", line[1:]))))
    trunks = ("",) if number.italian_leading_zero else ("", "0", "(0)")
    written = {f"{plan} {trunk}{group}" for group in groups for trunk in trunks}
    if plan in (*_OVERSEAS, "508"):
        groups = {f"508 {group}" for group in groups} if len(line) == 6 else groups
        written |= {f"33 {trunk}{group}" for group in groups for trunk in trunks}
    written |= {f"0{group}" for group in groups if len(group.replace(" ", "")) > _SHORT}
    return {spelling.replace(" ", between) for spelling in written for between in separators}
