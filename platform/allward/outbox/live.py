"""Words for whoever looks right now: sent to the web sockets, kept nowhere, no harm if lost.

What must arrive goes through the outbox; a page that missed a word asks again when it reconnects.
"""

import asyncio
import logging
import threading
from functools import cache
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

_PATIENCE_S = 2.0


def group_of(tenant_id: UUID) -> str:
    """Return the channel group of everybody who may read this tenant."""
    return f"tenant.{tenant_id.hex}"


def group_of_user(user_id: UUID) -> str:
    """Return the channel group of every page of one person."""
    return f"user.{user_id.hex}"


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return one event loop for the process: the layer keeps a connection for each loop it meets."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop


def tell(tenant_id: UUID, message: dict[str, Any]) -> None:
    """Send `message` (with its ``type``) to every page that may read this tenant's data."""
    _send(group_of(tenant_id), {"type": "live.word", "tenant_id": tenant_id.hex, "word": message})


def look_again(group: str) -> None:
    """Have the sockets of a group find out now who they serve: a grant, a token or a session has ended."""
    _send(group, {"type": "live.check"})


def _send(group: str, envelope: dict[str, Any]) -> None:
    future = asyncio.run_coroutine_threadsafe(get_channel_layer().group_send(group, envelope), _loop())
    try:
        future.result(timeout=_PATIENCE_S)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("a live word was lost: %s", error)
