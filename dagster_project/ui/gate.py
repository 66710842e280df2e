"""What passes to Dagster's pages: requests of its own pages, of somebody logged in, in JSON, by their role.

Dagster itself obeys whoever reaches its port: mutations by GET, as text/plain, from any web page open in the
same browser. Not here: who may log in (accounts). Why: D-009.
"""

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dagster_project.ui.accounts import ENGINEER, AccountError, Sessions, Users

ROLE = "entrepot_role"  # in the scope of each request that passes
_MAX_BODY = 8 << 20
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Entrepôt</title>
<style>body{{font:16px sans-serif;max-width:22em;margin:15vh auto}}input,button{{font:inherit;display:block;
width:100%;margin:.3em 0 1em}}</style><h1>Entrepôt</h1><p role="alert">{message}</p>
<form method="post" action="/login"><label>Name<input name="name" autocomplete="username" required></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button></form></html>"""


class RefusedError(Exception):
    """A request that does not pass: the status, and the rule with its remedy."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Gate:
    """ASGI middleware before Dagster's application.

    `origins`: the addresses under which browsers reach it, e.g. http://127.0.0.1:3000. `once`: a token that
    logs in whoever started the server, a single time.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str], users: Users, once: str | None = None) -> None:
        self._app, self._origins, self._users, self._once = app, set(origins), users, once
        self._hosts = {urlsplit(origin).netloc for origin in origins}
        self._sessions = Sessions(users)
        self._is_secure = all(origin.startswith("https:") for origin in origins)
        self._cookie = "__Host-entrepot" if self._is_secure else "entrepot"
        self._one_hash_at_a_time = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, answer it here, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        try:
            self._check_sender(connection)
            if scope["type"] == "http" and scope["path"] in ("/login", "/logout"):
                answer = await self._door(Request(scope, receive))
                await answer(scope, receive, _guarded(send))
                return
            role = self._sessions.role(connection.cookies.get(self._cookie, ""))
            if role is None:
                raise RefusedError(401, "nobody is logged in here. Remedy: open /login in this browser")
            scope[ROLE] = role
            if scope["type"] == "http" and scope["method"] == "POST":
                receive = _again(await _checked_body(Request(scope, receive), role))
            await self._app(scope, receive, _guarded(send))
        except (RefusedError, AccountError) as error:
            await self._refuse(error, connection, receive, send)

    def _check_sender(self, connection: HTTPConnection) -> None:
        headers, scope = connection.headers, connection.scope
        method = scope.get("method", "WEBSOCKET")
        if method not in ("GET", "HEAD", "POST", "WEBSOCKET"):
            raise RefusedError(405, f"{method} is not used here")
        if len(headers.getlist("host")) != 1 or headers["host"] not in self._hosts:
            raise RefusedError(421, f"this is not the address of these pages. Remedy: open {self._address()}")
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        is_link = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        is_link = is_link and headers.get("sec-fetch-dest") == "document"
        if (origin is not None and origin not in self._origins) or (
            site not in (None, "same-origin", "none") and not is_link
        ):
            raise RefusedError(403, f"another page asks. Remedy: use the pages of {self._address()}")
        if method in ("POST", "WEBSOCKET") and origin is None and site != "same-origin":
            raise RefusedError(403, f"the request does not say which page asks: Origin: {self._address()}")
        if method in ("GET", "HEAD") and scope["path"].rstrip("/") == "/graphql":
            raise RefusedError(405, "GraphQL is asked by POST, in JSON")

    async def _door(self, request: Request) -> Response:
        if request.url.path == "/logout":
            self._sessions.end(request.cookies.get(self._cookie, ""))
            return HTMLResponse(_PAGE.format(message="Logged out."))
        if request.method == "POST":
            return await self._log_in(request)
        given = request.query_params.get("token", "")
        if self._once and hmac.compare_digest(given.encode(), self._once.encode()):
            self._once = None
            return self._welcome(None)
        return HTMLResponse(_PAGE.format(message="This link was used already." if given else ""))

    async def _log_in(self, request: Request) -> Response:
        fields = parse_qs((await _body(request, 4_096)).decode("utf-8", "replace"))
        name, password = (fields.get(key, [""])[0] for key in ("name", "password"))
        async with self._one_hash_at_a_time:
            is_known = await run_in_threadpool(self._users.known, name, password)
        if is_known:
            return self._welcome(name)
        await asyncio.sleep(1)
        return HTMLResponse(_PAGE.format(message="Name or password is wrong."), 403)

    def _welcome(self, name: str | None) -> Response:
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._cookie,
            self._sessions.begin(name),
            httponly=True,
            samesite="strict",
            secure=self._is_secure,
        )
        return answer

    async def _refuse(
        self, error: Exception, connection: HTTPConnection, receive: Receive, send: Send
    ) -> None:
        scope = connection.scope
        status = error.status if isinstance(error, RefusedError) else 503
        if scope["type"] == "websocket":  # before it is accepted: the server answers 403
            await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:120]})
            return
        answer: Response = PlainTextResponse(f"{error}\n", status)
        if status == 401 and "text/html" in connection.headers.get("accept", ""):
            answer = RedirectResponse("/login", 303)
        await answer(scope, receive, _guarded(send))

    def _address(self) -> str:
        return min(self._origins)


async def _checked_body(request: Request, role: str) -> bytes:
    """The body, written anew: Dagster reads what was checked. Raises RefusedError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "only JSON passes. Remedy: Content-Type: application/json")
    try:
        asked = json.loads(await _body(request, _MAX_BODY))
    except (ValueError, RecursionError):
        raise RefusedError(400, "this is no JSON") from None
    if not isinstance(asked, Mapping):
        raise RefusedError(400, "one request at a time passes: a JSON object")
    if role != ENGINEER and (request.url.path != "/graphql" or _changes(asked)):
        raise RefusedError(403, "a viewer sees and changes nothing. Remedy: ask an engineer")
    return json.dumps(asked).encode()


def _changes(asked: Mapping[str, Any]) -> bool:
    """Whether a GraphQL document holds anything but queries, whichever of its operations is named."""
    try:
        document = parse(str(asked.get("query")), no_location=True)
    except (GraphQLError, RecursionError):
        raise RefusedError(400, "this is no GraphQL document") from None
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return any(operation.operation is not OperationType.QUERY for operation in operations)


async def _body(request: Request, limit: int) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RefusedError(413, f"a request has {limit} bytes at most")
    return body


def _again(body: bytes) -> Receive:
    """What Dagster receives instead of what was read."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _guarded(send: Send) -> Send:
    """No page of elsewhere shows these in a frame or learns their address."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.append("Content-Security-Policy", "frame-ancestors 'none'")
            headers["X-Frame-Options"], headers["Referrer-Policy"] = "DENY", "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
        await send(message)

    return sending
