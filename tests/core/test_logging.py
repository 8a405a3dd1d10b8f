"""Logs hold no values of rows."""

import json
import logging
from typing import Any

import pytest
from django.db import IntegrityError, connection

from ssvirt.logging import logging_config

HASH = "argon2$very-secret"


def written(form: str, exc_info: Any = None) -> str:
    config = logging_config("INFO", form)["formatters"]["default"]
    formatter = config.pop("()")(**config)
    record = logging.LogRecord("test", logging.ERROR, "here", 1, "crashed", None, exc_info)
    return str(formatter.format(record))


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "console"])
def test_error_when_it_holds_a_row_then_the_values_are_not_logged(form: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE secrets (hash text NOT NULL, word text NOT NULL)")
            cursor.execute("INSERT INTO secrets (hash) VALUES (%s)", [HASH])
    except IntegrityError as error:
        text = written(form, (type(error), error, error.__traceback__))
    assert "null value in column" in text
    assert HASH not in text
    if form == "json":
        assert json.loads(text)["level"] == "error"
