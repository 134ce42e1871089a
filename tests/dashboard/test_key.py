"""Results are shown to whoever brings the key, over HTTP and over web sockets, and to nobody else."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard.key import COOKIE, KEY, RequireKey


async def results(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"results {request.url.query}")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("results")
    await socket.close()


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv(KEY, "s3cret")
    routes = [Route("/{path:path}", results), WebSocketRoute("/_stcore/stream", stream)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(RequireKey)]))


def hear(client: TestClient) -> str:
    with client.websocket_connect("/_stcore/stream") as socket:
        return socket.receive_text()


@pytest.mark.parametrize("path", ["/", "/clips/x.mp4", "/?key=", "/?key=wrong", "/?key=s3cre", "/_stcore/health/../x"])
def test_without_the_key_nothing_is_shown(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text.startswith("results")) == (401, False)
    client.cookies.set(COOKIE, "wrong")
    assert client.get(path).status_code == 401
    with pytest.raises(WebSocketDisconnect):
        hear(client)


def test_the_key_is_taken_out_of_the_address_and_kept_as_a_cookie(client: TestClient) -> None:
    answer = client.get("/drift?key=s3cret&run=7")
    assert (answer.status_code, answer.text, answer.url.query) == (200, "results run=7", b"run=7")
    assert "httponly" in answer.history[0].headers["set-cookie"].lower()
    assert client.get("/clips/x.mp4").status_code == 200
    assert hear(client) == "results"


def test_the_way_back_stays_on_this_server(client: TestClient) -> None:
    answer = client.get("//elsewhere.example/?key=s3cret", follow_redirects=False)
    assert not answer.headers.get("location", "").startswith("//")


def test_health_is_open_and_so_is_everything_without_a_key(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/_stcore/health").status_code == 200
    monkeypatch.delenv(KEY)
    assert client.get("/").status_code == 200
    assert hear(client) == "results"
