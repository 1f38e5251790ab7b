"""`/healthz`: this process answers. `/readyz`: everything that the platform needs does."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from allward.monitoring.engine_reader import named
from allward.monitoring.processes import supervised
from allward.outbox.models import OutboxDelivery
from allward.storage.folder import StorageFullError
from allward.storage.place import storage
from allward_engine.client import EngineClient
from allward_sdk.errors import TemporaryError


@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "ok"})


@transaction.non_atomic_requests
def readyz(request: HttpRequest) -> JsonResponse:
    """Say of each part whether it is ready: 200 if all are, 503 if one is not."""
    checks = {
        "database": _database(),
        "broker": _broker(),
        "steps": _steps(),
        "storage": _storage(),
        **{name: _engine(path) for name, path in named(settings.ALLWARD.engine_sockets).items()},
        **_unsigned(),
        **_processes(settings.ALLWARD.run_folder),
    }
    ready = all(check["ready"] for check in checks.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503
    )


def _database() -> dict[str, Any]:
    try:
        for alias in ("default", "dispatcher"):
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
    except DatabaseError as error:
        return {"ready": False, "why": f"PostgreSQL does not answer: {type(error).__name__}"}
    return {"ready": True}


def _steps() -> dict[str, Any]:
    """Say how many steps of the pipeline wait, and how many failed for good: the operator looks at those."""
    try:
        rows = OutboxDelivery.objects.using("dispatcher")
        with transaction.atomic(using="dispatcher"):
            failed, waiting = rows.filter(state="failed").count(), rows.filter(state="pending").count()
    except DatabaseError as error:
        return {"ready": False, "why": f"PostgreSQL does not answer: {type(error).__name__}"}
    return {"ready": True, "waiting": waiting, "failed": failed}


def _broker() -> dict[str, Any]:
    try:
        cache.get("readyz")
    except (RedisError, OSError) as error:
        return {"ready": False, "why": f"the broker does not answer: {type(error).__name__}"}
    return {"ready": True}


def _storage() -> dict[str, Any]:

    try:
        storage().write(".readyz", b"ready")
    except StorageFullError as error:
        return {"ready": False, "why": str(error)}
    return {"ready": True}


def _engine(socket_path: Path) -> dict[str, Any]:
    try:
        status = EngineClient(socket_path).status()
    except TemporaryError as error:
        return {"ready": False, "why": str(error)}
    return {"ready": True, "device": status["device"]}


def _unsigned() -> dict[str, dict[str, Any]]:
    """Say that unsigned packages are taken in, where they are."""
    if not settings.ALLWARD.unsigned_plugins:
        return {}
    return {"plug-ins": {"ready": True, "why": "unsigned packages are taken in: ALLWARD_UNSIGNED_PLUGINS"}}


def _processes(run_folder: Path) -> dict[str, dict[str, Any]]:
    return {
        f"process {row['name']}": {
            "ready": row["state"] == "running",
            "state": row["state"],
            "restarts": row["restarts"],
        }
        for row in supervised(run_folder)
    }
