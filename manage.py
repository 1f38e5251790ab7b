#!/usr/bin/env python
"""Django's command line. Daily work goes through the `allward` command."""

import sys

from django.core.management import execute_from_command_line

import allward.config  # noqa: F401 (names the settings)

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
