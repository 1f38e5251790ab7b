"""The pages: one document for every address that the front end knows."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse


@lru_cache(maxsize=1)
def _document(path: Path, changed: int) -> bytes:
    return path.read_bytes()


@transaction.non_atomic_requests
def page(request: HttpRequest) -> HttpResponse:
    """Answer with the front end's document, or say how to build it."""
    path = Path(settings.FRONTEND_DIST) / "index.html"
    if not path.is_file():
        return HttpResponse(
            "The pages are not built yet. Run: make setup",
            status=503,
            content_type="text/plain; charset=utf-8",
        )
    response = HttpResponse(_document(path, path.stat().st_mtime_ns), content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
