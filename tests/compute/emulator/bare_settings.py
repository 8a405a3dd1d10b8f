"""Django settings with nothing but the app that owns the command."""

SECRET_KEY = "test"
INSTALLED_APPS = ["compute"]
USE_TZ = True
