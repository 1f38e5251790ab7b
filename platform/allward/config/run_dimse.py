"""The process that receives DICOM by C-STORE and indexes it: ``python -m allward.config.run_dimse``."""

import logging
import os
import signal
import sys
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allward.config.settings")  # noqa: TID251  # Django's own

import django

django.setup()

from django.conf import settings

from allward.ingest.dimse.association import Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.indexer import Indexer
from allward.ingest.place import spool
from allward.ingest.senders import KnownRules

log = logging.getLogger("allward.dimse")


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status, 1 if a part of the process died."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    rules = KnownRules()
    indexer = Indexer(spool(), rules)
    provider = Provider(ae_title=settings.ALLWARD.ae_title, rules=rules, spool=spool(), received=indexer.add)
    try:
        listener = Listener(provider, host=settings.ALLWARD.dimse_host, port=settings.ALLWARD.dimse_port)
    except OSError as error:
        log.error(
            "cannot listen on %s:%s (%s): set ALLWARD_DIMSE_PORT to another port",
            settings.ALLWARD.dimse_host,
            settings.ALLWARD.dimse_port,
            error.strerror,
        )
        return 1
    refresher = threading.Thread(target=rules.keep_fresh, args=(stop,), name="rules", daemon=True)
    refresher.start()
    indexer.start()
    listener.start()
    log.info("%s listens on port %d", settings.ALLWARD.ae_title, listener.port)
    while not stop.wait(1.0) and indexer.is_alive:
        pass
    failed = not stop.is_set()
    stop.set()
    listener.stop()
    indexer.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
