"""Django's settings in the web process: the same, with pools of database connections that requests share."""

from allward.config.settings import *  # noqa: F403 (everything else is the same)
from allward.config.settings import DATABASES

POOL = {"min_size": 0, "max_size": 16, "timeout": 3, "reconnect_timeout": 3}
"""Times in seconds. While the database is away a request waits so long for a connection, and at most so long
after its return the first one is made."""

for alias in ("default", "dispatcher"):
    DATABASES[alias] |= {"OPTIONS": {"pool": POOL}}
