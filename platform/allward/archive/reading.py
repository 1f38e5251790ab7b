"""Questions to the index from the event loop: each in a thread, in a scoped transaction of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.db import connection

from allward.archive.request import Request, not_found
from allward.tenancy.models import Tenant
from allward.tenancy.scope import Scope, within

T = TypeVar("T")


async def ask(request: Request, question: Callable[[Scope], T]) -> T:
    """Answer a question within the hospital that the request names.

    Raises
    ------
    RefusedError
        404 if the caller may not read that hospital.
    """

    def run() -> T:
        try:
            with within(_one_hospital(request)) as scope:
                return question(scope)
        finally:
            connection.close()  # back to the pool: this thread may not be used again for long

    return await asyncio.to_thread(run)


def _one_hospital(request: Request) -> Scope:
    """Narrow the caller's scope to one hospital: the own one, or the partner's that the path names.

    Rows written on the way (the audit trail) belong to the hospital whose data were read.
    """
    caller = request.tenant_scope
    code = request.params.get("tenant_code")
    if code is None:
        return replace(caller, readable=frozenset({caller.acting}))
    tenant_id = Tenant.objects.filter(code=code).values_list("id", flat=True).first()
    if tenant_id is None or tenant_id not in caller.readable:
        raise not_found()
    return replace(caller, acting=tenant_id, readable=frozenset({tenant_id}))
