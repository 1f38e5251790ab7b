"""`/metrics` for Prometheus: for who operates the platform, or who bears the token that is set for it.

Coming from this machine opens nothing: behind a proxy everybody comes from this machine.
"""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from allward.api.engine import engines_here
from allward.api.errors import LOCKED, NO_CREDENTIALS, NOT_ALLOWED, WRONG_CREDENTIALS
from allward.delivery.models import Delivery
from allward.delivery.states import DeliveryState
from allward.identity.credentials import credentials_from_headers
from allward.identity.permissions import OPERATE
from allward.identity.sign_in import AccountLockedError, SignInRefusedError
from allward.kernel.clock import now
from allward.kernel.ids import first_id_at
from allward.kernel.texts import Text
from allward.monitoring.exposition import CONTENT_TYPE, Family, exposition
from allward.monitoring.metrics import EngineFamilies, process_families
from allward.monitoring.pipeline_metrics import HospitalFamilies, outbox_families, queue_families, scope_of
from allward.monitoring.processes import supervised
from allward.tenancy.models import Tenant

DELIVERIES_OF = timedelta(days=7)
"""How far back deliveries are counted; one that fails is given up within two days."""


@require_safe
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with every measure; what cannot be asked just now is left out and said to be so."""
    refusal = _refusal(request)
    if refusal is not None:
        return refusal
    began = time.monotonic()
    engines = EngineFamilies()
    for engine in engines_here():
        engines.add(engine.name, engine.status)
    families = [
        *engines,
        *process_families(supervised(settings.ALLWARD.run_folder)),
        *_database_families(),
    ]
    took = Family("allward_metrics_seconds", "gauge", "How long these measures took.")
    families.append(took.add(time.monotonic() - began))
    response = HttpResponse(exposition(families), content_type=CONTENT_TYPE)
    response["Cache-Control"] = "no-store"
    return response


def _database_families() -> list[Family]:
    up = Family("allward_database_up", "gauge", "1 if PostgreSQL answers.")
    try:
        return [*_counted(), up.add(1)]
    except (OperationalError, InterfaceError):
        return [up.add(0)]


def _counted() -> Iterator[Family]:
    tenants = list(Tenant.objects.order_by("code"))
    yield from outbox_families()
    yield from queue_families(tenants)
    hospitals = HospitalFamilies()
    deliveries = Family("allward_deliveries", "gauge", "Deliveries of the last 7 days, by state.")
    for tenant in tenants:
        with scope_of(tenant):
            hospitals.count(tenant)
            _count_deliveries(deliveries, tenant)
    yield from (*hospitals, deliveries)


def _count_deliveries(family: Family, tenant: Tenant) -> None:
    rows = Delivery.objects.filter(tenant_id=tenant.pk, pk__gte=first_id_at(now() - DELIVERIES_OF))
    count = dict(rows.values_list("state").annotate(n=Count("pk")))
    for state in DeliveryState:
        family.add(count.get(state, 0), tenant=tenant.code, state=state)


def _refusal(request: HttpRequest) -> JsonResponse | None:
    """Return why the asker gets nothing, or None."""
    shown = {
        "authorization": request.headers.get("Authorization", ""),
        "cookie": request.headers.get("Cookie", ""),
    }
    token = settings.ALLWARD.metrics_token
    if token is not None and constant_time_compare(shown["authorization"], f"Bearer {token}"):
        return None
    try:
        _, caller = credentials_from_headers(shown)
    except AccountLockedError:
        return _refused(423, "locked", LOCKED)
    except SignInRefusedError:
        return _refused(401, "authentication_failed", WRONG_CREDENTIALS)
    if caller is None:
        return _refused(401, "not_authenticated", NO_CREDENTIALS)
    return None if OPERATE in caller.scope.permissions else _refused(403, "permission_denied", NOT_ALLOWED)


def _refused(status: int, code: str, text: Text) -> JsonResponse:
    response = JsonResponse({"code": code, "detail": text.to_json()}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Allward"'
    return response
