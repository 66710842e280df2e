"""Dagster's event log in SQLite, with connections that stay open, asked once what its tables are.

Dagster's own opens and closes six a logged event and looks its tables up at each: at 950 events a night, more
than a third of a small night. Named in the dagster.yaml that dagster_home writes; its files are Dagster's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster import EventLogEntry, Field, StringSource
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from dagster_project.files import disk

disk.begin()  # web server and daemon load nothing else of ours
_INDEX = "index"


class EventLogError(Exception):
    """What SQLite says of a log that it cannot write: no statement, no parameter. `orig`: its own error."""

    def __init__(self, orig: object) -> None:
        super().__init__(str(orig))
        self.orig = orig


class EventLog(SqliteEventLogStorage):
    """One connection to the index and one to the run that was written or read last."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Field]:
        """Where the files are; unset: below DAGSTER_HOME, where Dagster's own would have them."""
        return {"base_dir": Field(StringSource, is_required=False)}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        """As Dagster builds it from dagster.yaml."""
        base_dir = config_value.get("base_dir") or str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs")
        return cls(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._close(keep=_INDEX)
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=StaticPool,
                    connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
                )
                self._initdb(engine)
                # A power cut may lose the last events of a night, which is run again; to wait for the disk
                # costs 4 ms an event.
                with engine.connect() as connection:
                    connection.exec_driver_sql("pragma synchronous = normal")
                self._engines[shard] = engine
            with self._engines[shard].begin() as connection:
                yield connection

    def store_event(self, event: EventLogEntry) -> None:
        """Write down an event. Raises EventLogError: Dagster shows on the terminal what it says."""
        try:
            super().store_event(event)
        except DBAPIError as error:
            raise EventLogError(error.orig) from None

    def has_table(self, table_name: str) -> bool:
        """Whether the index has the table; one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def delete_events(self, run_id: str) -> None:
        """Forget a run, and give its room back: Dagster's own leaves the file as large as it was."""
        super().delete_events(run_id)
        with self._db_lock:
            if engine := self._engines.pop(run_id, None):
                engine.dispose()
            for end in ("", "-wal", "-shm"):
                Path(f"{self.path_for_shard(run_id)}{end}").unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close the connections."""
        self._close()
        super().dispose()

    def _close(self, keep: str | None = None) -> None:
        for shard in set(self._engines) - {keep}:
            self._engines.pop(shard).dispose()
