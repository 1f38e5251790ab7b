"""The spool of this deployment."""

from functools import cache

from django.conf import settings

from allward.ingest.spool import Spool


@cache
def spool() -> Spool:
    """Return the spool in the state folder."""
    return Spool(settings.ALLWARD.home / "spool")
