"""The real ASGI application on a free port, and a person who signs in to it in each of the three ways."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn

WAYS = ("session", "basic", "bearer")


@contextmanager
def serving() -> Iterator[str]:
    """Serve the platform's web process in a thread; give its URL."""
    from allward.config.asgi import application

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the web process did not start"
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@contextmanager
def client_of(url: str, user: Any, way: str) -> Iterator[httpx.Client]:
    """Give a client that carries the credentials of a person (`username`, `password`, `token`)."""
    with httpx.Client(base_url=url, timeout=60) as client:
        if way == "basic":
            client.auth = httpx.BasicAuth(user.username, user.password)
        elif way == "bearer":
            client.headers["authorization"] = f"Bearer {user.token}"
        else:
            sign_in(client, user.username, user.password).raise_for_status()
        yield client


def sign_in(client: httpx.Client, username: str, password: str) -> httpx.Response:
    """Sign in as the page does, and carry on as it does: anti-forgery token, same origin."""
    client.get("/api/v1/session/")
    client.headers.update({"x-csrftoken": client.cookies["csrftoken"], "sec-fetch-site": "same-origin"})
    body = {"username": username, "password": password}
    answer = client.post("/api/v1/session/", json=body)
    client.headers["x-csrftoken"] = client.cookies["csrftoken"]
    return answer


def socket_headers(url: str, user: Any, way: str) -> dict[str, str]:
    """Return the headers with which a person opens the web socket."""
    with client_of(url, user, way) as client:
        request = client.build_request("GET", "/")
        if way == "basic":
            request = next(httpx.BasicAuth(user.username, user.password).auth_flow(request))
        wanted = ("authorization", "cookie")
        return {name: request.headers[name] for name in wanted if name in request.headers}
