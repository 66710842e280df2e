"""`make release`: wheel, source, bill of materials and licences in dist/, the same bytes wherever it is run.

What is built is built twice, in two folders, and compared. The clock is the last commit's.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parent.parent
DIST = PROJECT / "dist"


def build(source: Path, target: Path, epoch: str, *kinds: str) -> dict[str, str]:
    """Build wheel or sdist of a source tree; SHA-256 by file name."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(target)]
    command += [part for kind in kinds for part in ("-t", kind)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": epoch}
    subprocess.run(command, cwd=source, env=environment, check=True, capture_output=True)
    return digests(target)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a folder."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def needed(root: str) -> set[str]:
    """What a package needs to run, by name: optional extras only where somebody asks for them."""
    found, waiting = set[str](), {(root, "")}
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        found.add(canonicalize_name(name))
        for line in metadata.requires(name) or []:
            one = Requirement(line)
            if not one.marker or one.marker.evaluate({"extra": extra}):
                new = {(one.name, part) for part in ("", *one.extras)} - seen
                seen |= new
                waiting |= new
    return found


def materials(listed: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """CycloneDX's list of an environment, without what only development needs."""
    kept = [one for one in listed["components"] if canonicalize_name(one["name"]) in names]
    refs = {one["bom-ref"] for one in kept} | {listed["metadata"]["component"]["bom-ref"]}
    edges = [
        one | {"dependsOn": [ref for ref in one.get("dependsOn", []) if ref in refs]}
        for one in listed["dependencies"]
        if one["ref"] in refs
    ]
    return listed | {"components": kept, "dependencies": edges}


def main() -> int:
    """Build, compare, write."""
    asked = ["git", "status", "--porcelain"]
    told = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False)
    if told.returncode or told.stdout:
        print("A release is made of a commit. Remedy: commit, or take away:\n" + (told.stdout or told.stderr))
        return 1
    last = ["git", "log", "-1", "--format=%ct"]
    epoch = subprocess.run(last, cwd=PROJECT, capture_output=True, text=True, check=True).stdout.strip()
    shutil.rmtree(DIST, ignore_errors=True)
    with tempfile.TemporaryDirectory() as again:
        made = build(PROJECT, DIST, epoch, "wheel", "sdist")
        if made != build(PROJECT, Path(again), epoch, "wheel", "sdist"):
            print("Two builds of one commit differ. Remedy: compare the archives' lists and times")
            return 1
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", "--output-reproducible"]
    command += ["--pyproject", "pyproject.toml", "--output-format", "JSON", sys.executable]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    bill = json.dumps(materials(json.loads(listed), needed("entrepot-covoiturage")), indent=1, sort_keys=True)
    (DIST / "entrepot.cdx.json").write_text(bill + "\n", "utf-8")
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(PROJECT / name, DIST / name)
    sums = "".join(f"{digest}  {name}\n" for name, digest in digests(DIST).items())
    (DIST / "SHA256SUMS").write_text(sums, "utf-8")
    print(f"{DIST}\n{sums}", end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
