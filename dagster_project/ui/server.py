"""Starts Dagster's pages behind the gate, and its daemon beside them."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.webserver import DagsterWebserver
from starlette.requests import HTTPConnection

from dagster_project.settings import PROJECT
from dagster_project.ui.accounts import ENGINEER, AccountError, Users
from dagster_project.ui.gate import ROLE, Gate


class _Webserver(DagsterWebserver[WorkspaceProcessContext, WorkspaceRequestContext]):
    def _make_request_context(self, conn: HTTPConnection) -> WorkspaceRequestContext:
        """Dagster's own read-only mode for whoever is no engineer: the buttons show it."""
        context = self._process_context.create_request_context(conn)
        if conn.scope.get(ROLE) == ENGINEER:
            return context
        return WorkspaceRequestContext(
            instance=context.instance,
            current_workspace=context.get_current_workspace(),
            process_context=self._process_context,
            version=context.version,
            source=conn,
            read_only=True,
        )


def serve(port: int, address: str | None, users: Users, workspace: Path) -> None:
    """Serve the pages on this machine's 127.0.0.1 until stopped. DAGSTER_HOME is set.

    `address`: where browsers reach them through a proxy; none: on this machine alone, where a link printed
    once logs in whoever started this, as long as there is no user. Raises AccountError.
    """
    once = None if users.entries() else secrets.token_urlsafe(32)
    if address and once:
        raise AccountError(f"nobody may log in at {address}. Remedy: entrepot users add NAME")
    local = [f"http://{host}:{port}" for host in ("127.0.0.1", "localhost")]
    link = f"{address or local[0]}/login" + (f"?token={once}" if once else "")
    target = WorkspaceFileTarget([str(workspace)])
    with (
        dg.DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, workspace_load_target=target, version=dg.__version__) as context,
    ):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service's stop ends all processes
        pages = _Webserver(context, live_data_poll_rate=2_000).create_asgi_app()
        print(f"Dagster's pages: {link}", flush=True)  # noqa: T201 a link to click, in no log
        uvicorn.run(
            Gate(pages, [address] if address else local, users, once),
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,  # it would hold the link
            proxy_headers=False,
            server_header=False,
        )


@contextmanager
def daemon(workspace: Path) -> Iterator[None]:
    """Dagster's daemon (schedule, sensor, queue) for as long as the block lasts. DAGSTER_HOME is set."""
    command: Sequence[str] = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)]
    with subprocess.Popen(command, cwd=PROJECT) as process:
        try:
            yield
        finally:
            process.terminate()
