"""The process that receives DICOM by C-STORE and indexes it: ``python -m allward.config.run_dimse``."""

import logging
import os
import ssl
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allward.config.settings")  # noqa: TID251  # Django's own

import django

django.setup()

from django.conf import settings

from allward.config.receiving import asked_for, cap_of
from allward.config.stopping import end, stop_event
from allward.ingest.dimse.association import Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.dimse.tls import server_context
from allward.ingest.indexer import Indexer
from allward.ingest.pacing import Pacing
from allward.ingest.place import spool
from allward.ingest.senders import KnownRules
from allward_sdk.errors import BadInputError

log = logging.getLogger("allward.dimse")

DRAIN_S = 1.0
"""For objects on their way in, and again for those that wait for the index: an object that is cut off was not
acknowledged, and one that was lies in the spool, where the next process finds it."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status, 1 if a part of the process died."""
    stop = stop_event()
    rules = KnownRules()
    indexer = Indexer(spool(), rules, asked=asked_for)
    provider = Provider(
        ae_title=settings.ALLWARD.ae_title,
        rules=rules,
        spool=spool(),
        received=indexer.add,
        pacing=Pacing(cap_of),
    )
    try:
        listeners = _listeners(provider)
    except _CannotListenError as error:
        log.error("%s", error)
        return 1
    refresher = threading.Thread(target=rules.keep_fresh, args=(stop,), name="rules", daemon=True)
    refresher.start()
    indexer.start()
    for listener in listeners:
        listener.start()
        log.info("%s listens on port %d", settings.ALLWARD.ae_title, listener.port)
    while not stop.wait(1.0) and indexer.is_alive:
        pass
    failed = not stop.is_set()
    stop.set()
    for listener in listeners:
        listener.stop(within_s=DRAIN_S / len(listeners))
    indexer.stop(within_s=DRAIN_S)
    return 1 if failed else 0


class _CannotListenError(Exception):
    """A port is taken, or what TLS needs cannot be used; says which variable to change."""


def _listeners(provider: Provider) -> list[Listener]:
    environment = settings.ALLWARD
    found = [_listener(provider, environment.dimse_port, "ALLWARD_DIMSE_PORT")]
    tls = environment.dimse_tls
    if tls is not None:
        try:
            context = server_context(certificate=tls.certificate, key=tls.key, peers=tls.peers)
        except BadInputError as error:
            raise _CannotListenError(f'{error} (docs/configuration.md, section "DICOM over TLS")') from error
        found.append(_listener(provider, tls.port, "ALLWARD_DIMSE_TLS_PORT", context))
    return found


def _listener(provider: Provider, port: int, variable: str, tls: ssl.SSLContext | None = None) -> Listener:
    host = settings.ALLWARD.dimse_host
    try:
        return Listener(provider, host=host, port=port, tls=tls)
    except OSError as error:
        raise _CannotListenError(
            f"cannot listen on {host}:{port} ({error.strerror}): set {variable} to another port"
        ) from error


if __name__ == "__main__":
    end(main())
