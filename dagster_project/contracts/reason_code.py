"""What a rule tells an operator: a stable code, a French sentence, a remedy; never a value of the row."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """A finding: its stable code, what is wrong and what to do, in French."""

    code: str
    sentence: str
    remedy: str
    severity: Literal["error", "warning"] = "error"  # a warning is told to the operator, the row is accepted
