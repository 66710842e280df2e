"""What Dagster's storage raises where its disk is full."""

import sqlite3

from sqlalchemy.exc import OperationalError

FULL = OperationalError("insert into event_logs", {}, sqlite3.OperationalError("database or disk is full"))
