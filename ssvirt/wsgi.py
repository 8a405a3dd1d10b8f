"""WSGI entry point of the `web` process."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ssvirt.settings")
application = get_wsgi_application()

from ssvirt import celery  # noqa: E402, F401 - hints are published through this Celery application
