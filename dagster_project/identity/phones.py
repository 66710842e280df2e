"""Phone numbers as operators write them → E.164. Rows that are no phone number become null."""

import polars as pl

# French numbers have nine digits after +33; the others follow the standard's bounds.
E164 = r"^(\+33[1-9][0-9]{8}|\+([1245-9][0-9]|3[0-24-9])[0-9]{6,13})$"
E164_TRUNCATED = r"^(\+33[1-9][0-9]{6}|\+([1245-9][0-9]|3[0-24-9])[0-9]{4,11})$"


def normalised(phones: pl.Series, *, truncated: bool = False) -> pl.Series:
    """E.164 of phones written in E.164, with 00, or in the French national form.

    A truncated phone lacks its last two digits (JURIDIQUE étape 3: eight digits of ten). What
    is no phone number becomes null. People travel more than once: each text is read once.
    """
    texts = phones.drop_nulls().unique().alias("text")
    national = r"^0([1-9][0-9]{6})$" if truncated else r"^0([1-9][0-9]{8})$"
    digits = (
        pl.col("text")
        .str.replace_all(r"[\s.\-()]", "")
        .str.replace(r"^00", "+")
        .str.replace(national, "+33$1")
        .str.replace(r"^\+330", "+33")  # +33 (0)6 …
    )
    kept = pl.when(digits.str.contains(E164_TRUNCATED if truncated else E164)).then(digits)
    return phones.replace_strict(texts, texts.to_frame().select(kept).to_series(), default=None)
