"""The process that receives DICOM by C-STORE and indexes it: ``python -m allward.config.run_dimse``."""

import logging
import os
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allward.config.settings")  # noqa: TID251  # Django's own

import django

django.setup()

from django.conf import settings

from allward.config.stopping import end, stop_event
from allward.ingest.dimse.association import Provider
from allward.ingest.dimse.listener import Listener
from allward.ingest.indexer import Indexer
from allward.ingest.place import spool
from allward.ingest.senders import KnownRules

log = logging.getLogger("allward.dimse")

DRAIN_S = 1.0
"""For objects on their way in, and again for those that wait for the index: an object that is cut off was not
acknowledged, and one that was lies in the spool, where the next process finds it."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the exit status, 1 if a part of the process died."""
    stop = stop_event()
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
    listener.stop(within_s=DRAIN_S)
    indexer.stop(within_s=DRAIN_S)
    return 1 if failed else 0


if __name__ == "__main__":
    end(main())
