#!/usr/bin/env python
"""Command line of the service: `python manage.py help` lists the commands."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ssvirt.settings")

if __name__ == "__main__":
    from ssvirt import celery  # noqa: F401 - hints are published through this Celery application

    execute_from_command_line(sys.argv)
