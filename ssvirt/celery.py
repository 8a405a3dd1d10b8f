"""The Celery application of the `worker` processes. Messages are hints; the Task row is the truth."""

import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ssvirt.settings")
app = Celery("ssvirt")
app.config_from_object("tasks.celery_config")
app.autodiscover_tasks(["tasks"], related_name="runners")
app.set_default()


@signals.setup_logging.connect
def _keep_logging(**kwargs: Any) -> None:
    """A receiver is all Celery needs to leave the logging of the settings alone."""
