"""One set of services and of Django settings for the whole run; tables are made when first asked for."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

from tests import services

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in a shell's background; children must hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)

HOME = Path(tempfile.mkdtemp(prefix="allward-home-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ.update(services.service_variables())
os.environ["ALLWARD_HOME"] = str(HOME)
os.environ["ALLWARD_STORAGE_URL"] = f"file://{HOME}/storage"
os.environ["ALLWARD_STUDY_QUIET_S"] = "0.3"
os.environ["ALLWARD_CATALOGUE_FOLDERS"] = tempfile.gettempdir()
os.environ["ALLWARD_LOCAL_ADDRESSES"] = "1"

import django

import allward.config  # noqa: F401 (names the settings)

django.setup()

pytest_plugins = ["tests.real_platform"]
