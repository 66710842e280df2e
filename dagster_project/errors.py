"""What an error may say where it is kept: our own sentences whole; of any other error its kind and its place.

A message of DuckDB, Polars or Pandera may repeat a cell, and what is told stays in Dagster's log, a manifest
or a report. So our own errors hold no value of a drop, ever. Not here: who catches them. Why: D-008.
"""

import os
import traceback
from pathlib import Path

_PACKAGE = Path(__file__).parent


class DocumentError(ValueError):
    """A document cannot be drawn from what it was given; the message says what is wrong, never a value."""


def is_ours(error: Exception) -> bool:
    """Whether this project wrote the error's sentence."""
    return type(error).__module__.partition(".")[0] == _PACKAGE.name


def safe_message(error: Exception) -> str:
    """Our own error's sentence, with place, rule and remedy; any other error's kind and where it arose."""
    if is_ours(error):
        return str(error)
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    why = f" ({os.strerror(error.errno)})" if isinstance(error, OSError) and error.errno else ""
    frames = traceback.extract_tb(error.__traceback__)
    places = [
        f"{Path(frame.filename).relative_to(_PACKAGE)}:{frame.lineno}"
        for frame in frames
        if Path(frame.filename).is_relative_to(_PACKAGE) and frame.name != "without_values"
    ]
    return f"{kind}{why} at {' > '.join(places) or 'a place outside our code'}"
