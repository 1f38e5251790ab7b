"""The web socket: words for whoever looks right now, of the tenants that they may read, and of no other."""

from typing import Any

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from allward.identity.permissions import VIEW
from allward.identity.sign_in import Caller, SignInRefusedError, caller_from_headers
from allward.outbox.live import group_of

NOT_SIGNED_IN = 4401
"""Close code of a socket without a caller; the page shows the sign-in."""


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One page."""

    caller: Caller | None = None

    async def connect(self) -> None:
        """Let the page in if it is signed in, came from this site, and may view studies."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.scope["headers"]
        }
        if not _same_origin(headers):
            await self.close(code=NOT_SIGNED_IN)
            return
        try:
            self.caller = await sync_to_async(caller_from_headers, thread_sensitive=False)(headers)
        except SignInRefusedError:
            self.caller = None
        await self.accept()
        if self.caller is None or VIEW not in self.caller.scope.permissions:
            await self.close(code=NOT_SIGNED_IN)
            return
        for tenant_id in self.caller.scope.readable:
            await self.channel_layer.group_add(group_of(tenant_id), self.channel_name)

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        if self.caller is not None:
            for tenant_id in self.caller.scope.readable:
                await self.channel_layer.group_discard(group_of(tenant_id), self.channel_name)

    async def live_word(self, message: dict[str, Any]) -> None:
        """Pass a word on."""
        await self.send_json(message["word"])


def _same_origin(headers: dict[str, str]) -> bool:
    """Refuse sockets that a page of another site opens with this user's cookie."""
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host", "")


_consumer = LiveConsumer.as_asgi()


async def live_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve `/ws/`; any other socket is closed."""
    if scope["path"] == "/ws/":
        await _consumer(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 4404})
