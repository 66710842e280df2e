"""Dagster's event log in SQLite, with connections that stay open.

Dagster's own opens and closes six a logged event: at 800 events a night, more than a third of a small night.
Named in the dagster.yaml that `entrepot` writes (cli); the files are Dagster's own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from dagster_project import disk

disk.begin()  # web server and daemon load nothing else of ours
_INDEX = "index"


class EventLog(SqliteEventLogStorage):
    """One connection to the index and one to the run that was written or read last."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "EventLog":
        """As Dagster builds it from dagster.yaml."""
        return cls(inst_data=inst_data, **config_value)

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
                self._engines[shard] = engine
            with self._engines[shard].begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close the connections."""
        self._close()
        super().dispose()

    def _close(self, keep: str | None = None) -> None:
        for shard in set(self._engines) - {keep}:
            self._engines.pop(shard).dispose()
