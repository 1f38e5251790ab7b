"""How the processes start: settings, environment, addresses, and the programs themselves."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allward.config.settings")  # noqa: TID251 (Django's own name)
