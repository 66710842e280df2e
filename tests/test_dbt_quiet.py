"""What dbt tells is put into words when somebody reads it, and says then what it was given."""

from dbt_common.events.types import Note

from dagster_project.warehouse import dbt_run


def test_an_event_says_what_it_was_given_when_it_is_read() -> None:
    assert dbt_run.FOLDER.is_dir()  # the room whose import begins it
    note = Note(msg="a model failed")
    assert "pb_msg" not in note.__dict__
    assert note.message() == "a model failed" and note.msg == "a model failed"
    note.msg = "two failed"
    assert note.to_dict()["msg"] == "two failed"
