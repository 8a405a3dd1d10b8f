"""The settings for checks without a database: Django tries it all the same, and is refused at once."""

from ssvirt.settings import *  # noqa: F403
from ssvirt.settings import DATABASES

DATABASES["default"]["OPTIONS"].pop("pool")
