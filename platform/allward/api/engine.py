"""The operators' view of the engines, and the release of what they hold in quarantine."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from allward.api.authentication import caller_of, requires
from allward.api.errors import Refusal
from allward.audit.actions import record
from allward.identity.permissions import ADMINISTER, OPERATE, VIEW
from allward.kernel.clock import now
from allward.monitoring import engine_facts
from allward.monitoring.engine_reader import named, read_all
from allward.monitoring.engine_view import AWAY, Asker, Engine, Facts, engines_json
from allward.monitoring.fitting import Fit, fit_of
from allward.monitoring.processes import supervised_one
from allward.registry.models import PluginVersion
from allward_engine.client import EngineClient
from allward_sdk.errors import TemporaryError

log = logging.getLogger(__name__)


class EngineView(APIView):
    """Lanes, queue, models, memory and faults of the engines, as far as the asker may know them."""

    permission_classes = (requires(OPERATE, ADMINISTER),)

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        """Say how the engines are; one that is away is in a state of its own, and no error."""
        scope = caller_of(request).scope
        asker = Asker(scope.home, OPERATE in scope.permissions, VIEW in scope.permissions)
        engines = engines_here()
        return Response({"at": now(), **engines_json(engines, _facts(engines, asker), asker)})


def engines_here() -> list[Engine]:
    """Ask every engine of this machine how it is, all at once."""
    run_folder, sockets = settings.ALLWARD.run_folder, named(settings.ALLWARD.engine_sockets)
    said = zip(sockets, read_all(tuple(sockets.values())), strict=True)
    return [Engine(name, status, supervised_one(run_folder, name)) for name, status in said]


def fit_here(version: PluginVersion, home: UUID) -> Fit:
    """Ask the engines of this machine whether they have what one run of a version declares."""
    statuses = [engine.status for engine in engines_here()]
    return fit_of(version.manifest["resources"], statuses, elsewhere=engine_facts.works_elsewhere(home))


def fit_json(fit: Fit) -> dict[str, Any]:
    """Return its wire form."""
    return {
        "refused": None if fit.refused is None else fit.refused.to_json(),
        "warnings": [text.to_json() for text in fit.warnings],
    }


def _facts(engines: Iterable[Engine], asker: Asker) -> Facts:
    waiting, taken = engine_facts.waiting_and_taken()
    statuses = [engine.status for engine in engines if engine.status]
    jobs = [job for status in statuses for job in status.jobs or ()]
    about = [
        *(job.job_id for job in jobs),
        *(unit.job_id for status in statuses for unit in status.slow_units or ()),
        *(one.job_id for status in statuses for one in status.quarantine or ()),
    ]
    tenants = {group.tenant_id for group in waiting} | {one.tenant_id for one in taken}
    tenants |= engine_facts.uuids(job.tenant for job in jobs)
    return Facts(
        waiting=tuple(waiting),
        taken=tuple(taken),
        jobs=engine_facts.known_jobs(about, home=asker.home),
        models=engine_facts.models_of_plugins(None if asker.operates else asker.home),
        hospitals=engine_facts.hospitals(tenant for tenant in tenants if asker.sees(tenant)),
        recent=engine_facts.recent_jobs(asker.home),
    )


class ReleaseSerializer(serializers.Serializer[dict[str, Any]]):
    """What is to be tried again."""

    key = serializers.CharField(max_length=500)


class EngineReleaseView(APIView):
    """The release of a job that is not tried again, since it ended the device's process each time."""

    permission_classes = (requires(OPERATE),)

    @extend_schema(request=ReleaseSerializer, responses={200: dict, 409: dict})
    def post(self, request: Request) -> Response:
        """Release it; what is not in quarantine (any more) stays as it is."""
        asked = ReleaseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key, caller = asked.validated_data["key"], caller_of(request)
        with transaction.atomic():  # what is refused is not written down as done
            record(
                tenant_id=caller.scope.home, actor=caller.username, action="change",
                what="engine quarantine", what_id=key, user_id=caller.user_id,
                user_tenant_id=caller.scope.home, change="released",
            )  # fmt: skip
            released = _release(key)
        return Response({"key": key, "released": released})


def _release(key: str) -> bool:
    """Ask every engine, since a key says nothing of where it is held; refused if none of them answers."""
    answers = []
    for path in settings.ALLWARD.engine_sockets:
        try:
            answers.append(EngineClient(path).release(key))
        except TemporaryError as error:
            log.warning("the engine on %s cannot release anything just now: %s", path, error)
    if not answers:
        raise Refusal("engine_away", AWAY, status_code=status.HTTP_409_CONFLICT)
    return any(answers)
