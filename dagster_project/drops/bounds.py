"""What one file may cost the night: time and faults, in proportion to its bytes.

Far from any real file: only one that is made to be slow, or wrong throughout, meets them.
"""

import time
from collections import Counter

import polars as pl

from dagster_project.drops.text import UnreadableDropError

# A hundred times what a usual file takes, on a slow machine.
_PATIENCE_S, _SLOWEST_BYTES_S = 120, 500_000
# Each fault is told in some 300 bytes: what a file may cause to be written grows with it.
_FAULTS, _BYTES_A_FAULT = 300_000, 50


class Bounds:
    """The bounds of a file of that size, decompressed, from now on."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._allowed_s = _PATIENCE_S + size // _SLOWEST_BYTES_S
        self._until = time.monotonic() + self._allowed_s
        self._most = max(_FAULTS, size // _BYTES_A_FAULT)

    def check(self, reasons: Counter[tuple[str, str]], broken: pl.DataFrame) -> None:
        """Raise UnreadableDropError past a bound; `broken`: lines that `reasons` does not count yet."""
        if time.monotonic() > self._until:
            raise UnreadableDropError("file_too_slow", f"{self._allowed_s} s, {self._size} octets")
        faults = Counter(broken["rule_code"])
        for (_, code), count in reasons.items():
            faults[code] += count
        if faults.total() > self._most:
            most = faults.most_common(1)[0][0]
            raise UnreadableDropError("file_mostly_wrong", f"plus de {self._most}, surtout {most}")
