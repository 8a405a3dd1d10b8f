"""`manage.py sweep`: advances due tasks once, or until none is left."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ssvirt.core.tenancy import ALL, acting_for
from tasks.models import UNFINISHED, Task
from tasks.services import sweep


class Command(BaseCommand):
    help = "Advances every due task without a live lease; for repair, and where no watch process runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-idle", type=float, default=0, metavar="SECONDS", help="go on until no task is unfinished"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        advanced = sweep()
        deadline = time.monotonic() + options["until_idle"]
        while options["until_idle"] and (left := _unfinished()):
            if time.monotonic() > deadline:
                raise CommandError(f"{left} tasks are unfinished after {options['until_idle']:g} seconds.")
            time.sleep(0.5)
            advanced += sweep()
        self.stdout.write(f"advanced {advanced} tasks")


def _unfinished() -> int:
    with acting_for(ALL):
        return int(Task.objects.filter(status__in=UNFINISHED).count())
