"""The web process: bulk bytes on a raw branch, web sockets, and Django for all the rest."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "allward.config.settings_of_web"  # noqa: TID251 (Django's own name)

django_application = get_asgi_application()

from allward.api.bodies import bounded
from allward.api.catalogue import catalogue_branch
from allward.api.live import live_socket
from allward.api.raw import raw_branch


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Send each connection where it belongs."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await live_socket(scope, receive, send)
    elif await raw_branch(scope, receive, send) or await catalogue_branch(scope, receive, send):
        return
    else:
        await bounded(django_application, scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
