"""Several files that take the places of others in one step, which whoever locks the home next ends.

What is made waits in a folder of its own. A list beside it says what goes where and what goes away: once it
is there, all of it happens; before, nothing has.
"""

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from dagster_project.files.disk import put, sync, sync_tree

_LIST = "moves.json"


def move_all(home: Path, folder: Path, moves: Mapping[Path, Path], gone: Iterable[Path]) -> None:
    """Give files made in `folder` their places in the home, and delete those that are `gone`."""
    listing = {
        "moves": {made.name: str(target.relative_to(home)) for made, target in moves.items()},
        "gone": [str(file.relative_to(home)) for file in gone],
    }
    sync_tree(folder)
    put(folder / _LIST, json.dumps(listing))
    finish(home, folder)


def finish(home: Path, folder: Path) -> None:
    """End what a list tells; files without one are of a run that was killed before."""
    if (folder / _LIST).exists():
        listing = json.loads((folder / _LIST).read_text("utf-8"))
        targets = {name: home / target for name, target in listing["moves"].items()}
        for name, target in targets.items():
            if (folder / name).exists():
                os.replace(folder / name, target)
        sync(*{target.parent for target in targets.values()})
        for file in listing["gone"]:
            (home / file).unlink(missing_ok=True)
        sync(*{(home / file).parent for file in listing["gone"]})
    shutil.rmtree(folder, ignore_errors=True)
