"""Dagster's pages obey nobody but their own users: real requests to a real server of Dagster's."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dagster_project.cli import main as cli
from dagster_project.ui import accounts
from dagster_project.ui.accounts import AccountError, Sessions, Users
from tests.support.servers import free_port, wait_until_listening

from .conftest import use

pytestmark = pytest.mark.slow  # a server is started
MUTATION = "mutation { reloadWorkspace { __typename } }"
QUERY = "{ version }"
_SERVER = """
import os, sys
from pathlib import Path
from dagster_project.ui.accounts import Users
from dagster_project.ui.server import serve
serve(int(sys.argv[1]), None, Users(Path(sys.argv[2])), Path(sys.argv[3]))
"""
_TOY = "import dagster as dg\n\n@dg.op\ndef step(): ...\n\n@dg.job\ndef toy():\n    step()\n"


@dataclass
class Pages:
    """A server of Dagster's pages, and the cookies of those who are logged in."""

    port: int
    cookies: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: str | None = None, **headers: str | None
    ) -> tuple[int, str, Mapping[str, str]]:
        """As a page of the server's own asks, but for the headers given (None: left out)."""
        role = headers.pop("role", "engineer")
        sent = {"Host": f"127.0.0.1:{self.port}", "Origin": self.address, "Content-Type": "application/json"}
        sent |= {"Cookie": self.cookies[role]} if role else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len((body or "").encode())))
            connection.endheaders((body or "").encode())
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), dict(answer.getheaders())
        finally:
            connection.close()

    def graphql(self, query: str, **headers: str | None) -> tuple[int, str]:
        return self.ask("POST", "/graphql", json.dumps({"query": query}), **headers)[:2]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """Dagster's webserver on a job of one step; its owner came by the link, two users by their passwords."""
    home, port = tmp_path_factory.mktemp("pages"), free_port()
    (home / "toy.py").write_text(_TOY)
    (home / "workspace.yaml").write_text("load_from:\n  - python_file: toy.py\n")
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    users = Users(home / "users.json")
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER, str(port), str(users.file), str(home / "workspace.yaml")],
        env=os.environ | {"DAGSTER_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        links = (re.search(r"pages: http://[^/]+(/login\?token=\S+)", line) for line in server.stdout)
        link = next(filter(None, links))
        found = Pages(port, {})
        wait_until_listening(port)
        status, _, headers = found.ask("GET", link[1], role=None, Origin=None)
        assert status == 303 and {"HttpOnly", "SameSite=strict"} <= set(headers["set-cookie"].split("; "))
        found.cookies["owner"] = headers["set-cookie"].partition(";")[0]
        status, told, headers = found.ask("GET", link[1], role=None, Origin=None)
        assert status == 200 and "used already" in told and "set-cookie" not in headers
        for role in ("engineer", "viewer"):
            users.add(f"an_{role}", role, f"a long word of {role}")
            form = urlencode({"name": f"an_{role}", "password": f"a long word of {role}"})
            kind = "application/x-www-form-urlencoded"
            status, _, headers = found.ask("POST", "/login", form, role=None, Content_Type=kind)
            assert status == 303
            found.cookies[role] = headers["set-cookie"].partition(";")[0]
        yield found
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=60)


def test_engineers_work_and_viewers_see(pages: Pages) -> None:
    for role in ("owner", "engineer"):
        status, told = pages.graphql(MUTATION, role=role)
        assert status == 200 and '"__typename":"Workspace"' in told.replace(" ", ""), told
        status, told = pages.graphql("{ canBulkTerminate: permissions { permission value } }", role=role)
        assert '"value":true' in told
    for role in ("owner", "engineer", "viewer"):
        assert pages.graphql(QUERY, role=role)[0] == 200
        status, told, headers = pages.ask("GET", "/runs", role=role, Origin=None, Sec_Fetch_Site="none")
        assert status == 200 and "Dagster" in told
        assert headers["x-frame-options"] == "DENY"
    assert '"value":true' not in pages.graphql("{ permissions { permission value } }", role="viewer")[1]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),  # another server of the same machine
        ({"Origin": None}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 421),  # a name of theirs that now points here
        ({"Host": "localhost"}, 421),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "text/plain; application/json"}, 415),
        ({"Content_Type": "application/graphql"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content_Type": None}, 415),
        ({"role": None}, 401),
        ({"Cookie": "entrepot=guessed"}, 401),
        ({"role": "viewer"}, 403),
    ],
    ids=str,
)
def test_a_mutation_from_elsewhere_is_refused(
    pages: Pages, headers: dict[str, str | None], status: int
) -> None:
    told = pages.graphql(MUTATION, **headers)
    assert told[0] == status and "data" not in told[1], told


def test_a_mutation_in_disguise_is_refused(pages: Pages) -> None:
    asked = urlencode({"query": MUTATION})
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        assert pages.ask(method, f"/graphql?{asked}")[0] == 405
    # A link from elsewhere may open a page, and nothing else.
    link = {"Origin": None, "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Dest": "document"}
    assert pages.ask("GET", "/runs", **link, Sec_Fetch_Mode="navigate")[0] == 200
    assert pages.ask("GET", "/runs", **link, Sec_Fetch_Mode="no-cors")[0] == 403
    assert pages.ask("GET", f"/graphql?{asked}", **link, Sec_Fetch_Mode="navigate")[0] == 405
    two = f"query Seen {QUERY} {MUTATION.replace('mutation', 'mutation Hidden')}"
    for document in (two, f"# query\n{MUTATION}", f"fragment f on Query {QUERY} {MUTATION}"):
        assert pages.graphql(document, role="viewer")[0] == 403
    batch = json.dumps([{"query": MUTATION}])
    twice = json.dumps({"query": QUERY})[:-1] + f", {json.dumps({'query': MUTATION})[1:]}"
    assert pages.ask("POST", "/graphql", batch)[0] == 400
    assert pages.ask("POST", "/graphql", twice, role="viewer")[0] == 403
    assert pages.ask("POST", "/report_asset_materialization/a", "{}", role="viewer")[0] == 403
    assert pages.ask("POST", "/graphql", "{", role="viewer")[0] == 400


def test_subscriptions_ask_for_the_same_and_change_nothing(pages: Pages) -> None:
    address = f"ws://127.0.0.1:{pages.port}/graphql"
    for origin, role in (("http://evil.example", "engineer"), (None, "engineer"), (pages.address, None)):
        cookie = {"Cookie": pages.cookies[role]} if role else {}
        with pytest.raises(InvalidStatus) as refused:
            connect(
                address, origin=origin, additional_headers=cookie, subprotocols=["graphql-ws"], proxy=None
            )
        assert refused.value.response.status_code == 403
    cookie = {"Cookie": pages.cookies["viewer"]}
    with connect(
        address, origin=pages.address, additional_headers=cookie, subprotocols=["graphql-ws"], proxy=None
    ) as own:
        own.send(json.dumps({"type": "connection_init"}))
        assert json.loads(own.recv(timeout=30))["type"] == "connection_ack"
        own.send(json.dumps({"type": "start", "id": "1", "payload": {"query": MUTATION}}))
        assert json.loads(own.recv(timeout=30))["type"] == "error"


def test_without_a_session_every_page_leads_to_the_login(pages: Pages) -> None:
    for path in ("/", "/runs", "/server_info", "/logs/a/b.err", "/favicon.png"):
        assert pages.ask("GET", path, role=None, Origin=None)[0] == 401
    status, _, headers = pages.ask("GET", "/", role=None, Origin=None, Accept="text/html")
    assert (status, headers["location"]) == (303, "/login")
    form = {"role": None, "Content_Type": "application/x-www-form-urlencoded"}
    for name, password in (("an_engineer", "a wrong word of mine"), ("nobody", "a long word of engineer")):
        status, told, headers = pages.ask(
            "POST", "/login", urlencode({"name": name, "password": password}), **form
        )
        assert status == 403 and "wrong" in told and "set-cookie" not in headers
    good = urlencode({"name": "an_engineer", "password": "a long word of engineer"})
    assert pages.ask("POST", "/login", good, **form, Origin="http://evil.example")[0] == 403


def test_passwords_are_hashed_and_a_session_ends_with_its_user_or_its_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(tmp_path)
    runner = CliRunner()
    added = ["users", "add", "anne", "--role", "engineer", "--password"]
    assert "12 characters" in runner.invoke(cli.main, [*added, "short"]).output
    assert runner.invoke(cli.main, [*added, "a long word of anne"]).exit_code == 0
    users = Users(tmp_path / "keys" / "users.json")
    assert users.file.stat().st_mode & 0o777 == 0o600 and "long word" not in users.file.read_text()
    sessions = Sessions(users)
    token = sessions.begin("anne")
    assert sessions.role(token) == "engineer" and sessions.role("another") is None
    assert runner.invoke(cli.main, ["users", "list"]).output == "anne: engineer\n"
    users.add("anne", "viewer", "another word of anne")
    assert sessions.role(token) is None and sessions.role(sessions.begin("anne")) == "viewer"
    token = sessions.begin("anne")
    later = time.monotonic() + 12 * 3_600 + 1
    monkeypatch.setattr(accounts.time, "monotonic", lambda: later)
    assert sessions.role(token) is None
    token = sessions.begin("anne")
    assert sessions.role(token) == "viewer"
    assert runner.invoke(cli.main, ["users", "remove", "anne"]).exit_code == 0
    assert sessions.role(token) is None
    users.file.chmod(0o644)
    with pytest.raises(AccountError, match="chmod 600"):
        users.entries()


def test_a_public_address_is_not_opened_without_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTREPOT_UI_ADDRESS", "https://entrepot.example.fr")
    use(tmp_path)
    outcome = CliRunner().invoke(cli.main, ["ui", "--no-daemon"])
    assert outcome.exit_code == 1 and "entrepot users add" in outcome.output
