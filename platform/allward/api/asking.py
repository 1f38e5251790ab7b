"""Who is asking, for what runs on the event loop: each question in a thread, its connection given back."""

import asyncio
from collections.abc import Mapping

from django.db import connection

from allward.identity.credentials import Credentials, credentials_from_headers
from allward.identity.sign_in import Caller


async def who_asks(headers: Mapping[str, str]) -> tuple[Credentials | None, Caller | None]:
    """Return what a request shows and whose it is; see `credentials_from_headers`."""

    def find() -> tuple[Credentials | None, Caller | None]:
        try:
            return credentials_from_headers(headers)
        finally:
            connection.close()  # back to the pool: there are more threads than connections

    return await asyncio.to_thread(find)


async def whose(credentials: Credentials) -> Caller | None:
    """Return whose credentials these are now; see `Credentials.caller`."""

    def find() -> Caller | None:
        try:
            return credentials.caller()
        finally:
            connection.close()

    return await asyncio.to_thread(find)
