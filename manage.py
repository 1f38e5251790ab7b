#!/usr/bin/env python
"""Django's command line. Daily work goes through the `allward` command."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "allward.config.settings")  # noqa: TID251 (Django's own)
    execute_from_command_line(sys.argv)
