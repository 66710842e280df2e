"""What dbt does in each run for nobody here, left out.

Three seams of dbt's code, pinned with it: how an event is put into words, who is said to have set a flag, how
a circle of models is looked for.
Not here: how dbt runs (dbt_run). Why: D-322.
"""

from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dbt.compilation import Linker
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_put_into_words = BaseEvent.__init__
_find_cycles: Any = Linker.find_cycles


class _Quiet(EventManager):
    """What dbt tells below a warning goes nowhere here."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if (level or e.level_tag()) in (EventLevel.WARN, EventLevel.ERROR):
            super().fire_event(e, level, node, force_warn_or_error_handling)


def _hold(event: BaseEvent, *args: Any, **named: Any) -> None:
    event.__dict__["_given"] = args, named


def _words(event: BaseEvent) -> Any:
    args, named = event.__dict__["_given"]
    _put_into_words(event, *args, **named)
    return event.__dict__["pb_msg"]


def _circle(linker: Linker) -> Any:
    """A circle of models, in words; that there is none, an order of them all tells ten times as fast."""
    try:
        TopologicalSorter(linker.graph.pred).prepare()
    except CycleError:
        return _find_cycles(linker)
    return None


def begin() -> None:
    """From now on events go nowhere below a warning, and are put into words only when they are read."""
    ctx_set_event_manager(_Quiet())
    words = cached_property(_words)
    words.__set_name__(BaseEvent, "pb_msg")
    BaseEvent.__init__ = _hold  # type: ignore[method-assign, assignment]
    BaseEvent.pb_msg = words
    # Else each flag of the adapter looks up module and source of each call on the stack, in each run.
    BehaviorFlagRendered._default_source = staticmethod(lambda: "dbt")  # type: ignore[method-assign]
    Linker.find_cycles = _circle  # type: ignore[method-assign]
