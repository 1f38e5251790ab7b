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


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """Return one event loop for the process: the layer keeps a connection for each loop it meets."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop


def tell(tenant_id: UUID, message: dict[str, Any]) -> None:
    """Send `message` (with its ``type``) to every page that may read this tenant's data."""
    layer = get_channel_layer()
    envelope = {"type": "live.word", "word": message}
    future = asyncio.run_coroutine_threadsafe(layer.group_send(group_of(tenant_id), envelope), _loop())
    try:
        future.result(timeout=_PATIENCE_S)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("a live word was lost: %s", error)
