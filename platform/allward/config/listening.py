"""LISTEN on a connection of its own."""

import threading
from collections.abc import Iterator

import psycopg
from psycopg import sql


def notifications(
    database_url: str, channel: str, tick_s: float, stopping: threading.Event
) -> Iterator[None]:
    """Yield once at first, then after every notification (or burst of them) and at least every `tick_s`.

    Ends when `stopping` is set.

    Raises
    ------
    psycopg.Error
        When the database goes away; call again to go on.
    """
    with psycopg.connect(database_url, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        while not stopping.is_set():
            yield
            for _ in connection.notifies(timeout=tick_s, stop_after=1):
                pass
