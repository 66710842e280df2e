"""What in an operator's folder hindered a step: that operator's trouble; it is told, and the others go on.

A place never holds a name that the operator gave: it may be a person's.
"""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_OWN_NAME = re.compile(r"(?<=/)[^/]*(?=\.[0-9a-f]{16}\.(?:json|csv)$)")
_NO_FOLDER = (
    "a link or a file stands where a folder belongs",
    "remove it; where it is missing, the folder is made anew",
)
_NO_FILE = ("a link, a pipe or a folder stands where a file belongs", "remove it")
_NO_ACCESS = (
    "the service may not read or write here",
    "give its access back by chmod or setfacl, as docs/deploiement.md says",
)
_FULL = ("there is no space left", "make room, or raise the operator's quota")
_RULES: dict[int | None, tuple[str, str]] = {
    **dict.fromkeys((errno.ENOTDIR, errno.ELOOP), _NO_FOLDER),
    **dict.fromkeys((errno.EISDIR, errno.ENXIO, None), _NO_FILE),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), _NO_ACCESS),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), _FULL),
}


@dataclass(frozen=True)
class Trouble:
    """One trouble: whose, where in the folder, which rule it breaks, how to mend it."""

    operator_id: str
    place: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.operator_id}, {self.place}: {self.rule}. Remedy: {self.remedy}."


class Troubles(list[Trouble]):
    """The troubles of a step, in the order in which they were met."""

    @contextmanager
    def telling(self, operator_id: str, place: str) -> Iterator[None]:
        """Whatever the file system refuses in the block is told, and ends the block alone."""
        try:
            yield
        except OSError as error:
            kind = errno.errorcode.get(error.errno or 0, "unknown")
            self.tell(operator_id, place, *_RULES.get(error.errno, (f"error {kind}", "look at it by hand")))

    def tell(self, operator_id: str, place: str, rule: str, remedy: str) -> None:
        """Add one."""
        self.append(Trouble(operator_id, _OWN_NAME.sub("…", place), rule, remedy))

    @property
    def lines(self) -> list[str]:
        """Each once, as the night tells it; of very many, the first."""
        distinct = list(dict.fromkeys(map(str, self)))
        return [*distinct[:100], *([f"and {len(distinct) - 100} more"] if len(distinct) > 100 else [])]
