"""What dbt tells is put into words when somebody reads it, no flag looks up who set it, circles are found."""

import inspect

import pytest
from dbt.compilation import Linker
from dbt_common.behavior_flags import Behavior
from dbt_common.events.types import Note

from dagster_project.warehouse import dbt_quiet


def test_an_event_says_what_it_was_given_when_it_is_read() -> None:
    dbt_quiet.begin()
    note = Note(msg="a model failed")
    assert "pb_msg" not in note.__dict__
    assert note.message() == "a model failed" and note.msg == "a model failed"
    note.msg = "two failed"
    assert note.to_dict()["msg"] == "two failed"


def test_a_flag_is_read_without_a_look_at_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    dbt_quiet.begin()
    monkeypatch.setattr(inspect, "stack", lambda: pytest.fail("the whole stack, once a flag"))
    flags = Behavior([{"name": "new", "default": True, "docs_url": "https://example.org"}], {})
    assert flags.new


def test_a_circle_of_models_is_named() -> None:
    dbt_quiet.begin()
    linker = Linker()
    linker.dependency("b", "a")
    linker.dependency("c", "b")
    assert linker.find_cycles() is None
    linker.dependency("a", "c")
    assert set(linker.find_cycles().split(" --> ")) == {"a", "b", "c"}
