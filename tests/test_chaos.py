"""The short form of `make chaos`: two of the states in which a night that dies leaves its home."""

from collections.abc import Callable
from pathlib import Path

from .support import chaos


def test_a_night_that_dies_is_ended_by_the_next_and_twice_changes_nothing(
    tmp_path: Path, configure: Callable[..., None]
) -> None:
    configure(**{name.removeprefix("ENTREPOT_").lower(): value for name, value in chaos.SETTINGS.items()})
    lake, night = chaos.closing(tmp_path)
    seen, wanted = chaos.deaths(lake, night, tmp_path / "states")
    assert len(seen.points) > 1_000 and len(seen.states) > 150 and wanted.tables["closings"].height
    places = [f"{point.line} {point.call}" for point in seen.states]
    between_renames = next(at for at, place in enumerate(places) if "folder.py:_replacing" in place)
    for number in (between_renames, len(places) - 1):
        left = chaos.after_death(seen, number, night, wanted, tmp_path / "work")
        assert left == [], seen.states[number]
