"""The web socket: words for whoever looks right now, of the tenants that they may read, and of no other.

A socket outlives much: a sign-out, a revoked token or grant, a role that was taken away. So it keeps its
credentials and asks anew whose they are: when it is told that something ended, before a word if the last
answer is older than `FRESH_S`, and every `CHECK_S` in any case.
"""

import asyncio
import contextlib
import time
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import Error

from allward.api.asking import who_asks, whose
from allward.identity.credentials import Credentials
from allward.identity.permissions import VIEW
from allward.identity.sign_in import Caller, SignInRefusedError
from allward.outbox.live import group_of, group_of_user

NOT_SIGNED_IN = 4401
"""Close code of a socket without a caller; the page shows the sign-in."""

TRY_AGAIN = 1013
"""Close code when the database cannot say who is asking (RFC 6455 registry); the page connects again."""

FRESH_S = 5.0
CHECK_S = 60.0


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One page."""

    credentials: Credentials | None = None
    caller: Caller | None = None
    _joined: frozenset[str] = frozenset()
    _checked_s = 0.0
    _clock: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Let the page in if it is signed in, came from this site, and may view studies."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.scope["headers"]
        }
        if not _same_origin(headers):
            await self.close(code=NOT_SIGNED_IN)
            return
        caller = None
        with contextlib.suppress(SignInRefusedError):
            self.credentials, caller = await who_asks(headers)
        await self.accept()
        if await self._serve(caller):
            self._clock = asyncio.create_task(self._tick())

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        if self._clock is not None:
            self._clock.cancel()
        await self._join(frozenset())

    async def live_word(self, message: dict[str, Any]) -> None:
        """Pass a word on, if its tenant may still be read."""
        if time.monotonic() - self._checked_s > FRESH_S:
            await self.live_check(message)
        if self.caller is not None and UUID(message["tenant_id"]) in self.caller.scope.readable:
            await self.send_json(message["word"])

    async def live_check(self, _: dict[str, Any]) -> None:
        """Find out anew whom this socket serves; close it if that is nobody."""
        if self.credentials is None:
            return
        caller = None
        try:
            with contextlib.suppress(SignInRefusedError):
                caller = await whose(self.credentials)
        except Error:
            self.caller = None
            await self.close(code=TRY_AGAIN)
            return
        await self._serve(caller)

    async def _serve(self, caller: Caller | None) -> bool:
        may = caller is not None and VIEW in caller.scope.permissions
        self.caller = caller if may else None
        self._checked_s = time.monotonic()
        if self.caller is None:
            self.credentials = None
            await self._join(frozenset())
            await self.close(code=NOT_SIGNED_IN)
            return False
        tenants = {group_of(tenant_id) for tenant_id in self.caller.scope.readable}
        await self._join(frozenset({group_of_user(self.caller.user_id), *tenants}))
        return True

    async def _join(self, wanted: frozenset[str]) -> None:
        for group in self._joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
        for group in wanted - self._joined:
            await self.channel_layer.group_add(group, self.channel_name)
        self._joined = wanted

    async def _tick(self) -> None:
        """Ask the consumer to check itself: its messages are handled one after another."""
        while True:
            await asyncio.sleep(CHECK_S)
            await self.channel_layer.send(self.channel_name, {"type": "live.check"})


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
