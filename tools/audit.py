"""`make audit`: the licence of everything installed, and known vulnerabilities of everything pinned.

Exit code 0: all was checked and nothing found. 1: something was found. 2: nothing was found, but not all
could be checked; what was not is named. AUDIT_SERVICE chooses pip-audit's source: osv (default) or pypi.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# Licences that ask for no more than their text. All others are weighed by hand and named in NOTICE.
FREE = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0"),
    *("PSF-2.0", "Unlicense", "Zlib"),
    # As classifiers and older metadata spell them.
    *(
        "Apache Software License",
        "Apache 2.0",
        "BSD",
        "BSD License",
        "3-Clause BSD License",
        "ISC License (ISCL)",
    ),
    *("MIT License", "Public Domain", "Python Software Foundation License"),
    *("The Unlicense (Unlicense)", "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication"),
}


def licence_problems(
    installed: Iterable[metadata.Distribution], notice: str, pinned: set[str]
) -> Iterator[str]:
    """Distributions whose licence is neither free of duties nor named in NOTICE; names there without use."""
    named = {_name(line.split("|")[1]) for line in notice.splitlines() if line.startswith("| ")} - {"package"}
    for one in installed:
        name = _name(one.metadata["Name"])
        if name not in named and not all(_is_free(licence) for licence in licences(one)):
            yield (
                f"{name} {one.version}: {' / '.join(licences(one))}. Remedy: read it; name the package in "
                "NOTICE with what it asks for, or do without it"
            )
    yield from (
        f"{name} stands in NOTICE and is not pinned. Remedy: take the line out" for name in named - pinned
    )


def licences(one: metadata.Distribution) -> list[str]:
    """What a distribution says: its SPDX expression, else its classifiers, else its free text."""
    if expression := one.metadata.get("License-Expression"):
        return [part.strip(" ()") for part in re.split(r"\bAND\b", str(expression))]
    classifiers = one.metadata.get_all("Classifier") or []
    told = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License :: ")]
    text = str(one.metadata.get("License") or "no licence told").splitlines()[0]
    return [line for line in told if line != "OSI Approved"] or re.split(r"\s+AND\s+", text)


def _is_free(licence: str) -> bool:
    return any(one.strip() in FREE for one in re.split(r"\bOR\b", licence))


def pins() -> set[str]:
    """The packages in constraints.txt."""
    text = (PROJECT / "constraints.txt").read_text("utf-8")
    return {_name(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def vulnerabilities(service: str) -> tuple[list[str], set[str], str]:
    """Known vulnerabilities of what is pinned; the packages that were checked; why the others were not."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", "constraints.txt"]
    command += ["--disable-pip", "--require-hashes", "--vulnerability-service", service, "--timeout", "15"]
    command += ["--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    return read(ran.stdout, ran.stderr)


def read(stdout: str, stderr: str) -> tuple[list[str], set[str], str]:
    """The same, from what pip-audit wrote: JSON, or where it broke off its last line."""
    try:
        answered = json.loads(stdout)["dependencies"]
    except ValueError:
        return [], set(), (stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {flaw['fix_versions'] or 'none yet'}"
        for one in answered
        for flaw in one.get("vulns", [])
    ]
    skipped = {one["skip_reason"] for one in answered if "skip_reason" in one}
    return found, {_name(one["name"]) for one in answered if "vulns" in one}, "; ".join(sorted(skipped)[:3])


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def main() -> int:
    """Say what was found and what was not checked."""
    pinned, installed = pins(), list(metadata.distributions())
    problems = list(licence_problems(installed, (PROJECT / "NOTICE").read_text("utf-8"), pinned))
    print(f"Licences: {len(installed)} packages installed, {len(problems)} to look at.")
    service = os.environ.get("AUDIT_SERVICE", "osv")
    found, checked, why = vulnerabilities(service)
    unchecked = sorted((pinned & {_name(one.metadata["Name"]) for one in installed}) - checked)
    print(f"Vulnerabilities known to {service}: {len(checked)} packages checked, {len(found)} found.")
    for line in problems + found:
        print(f"  {line}")
    if unchecked:
        named = ", ".join(unchecked) if checked else "all that is pinned"
        print(f"NOT CHECKED for vulnerabilities: {len(unchecked)} packages, {named}.\n  {why}")
        print(f"  Remedy: run this where the data of {service} can be reached, or set AUDIT_SERVICE.")
    return 1 if problems or found else 2 if unchecked else 0


if __name__ == "__main__":
    sys.exit(main())
