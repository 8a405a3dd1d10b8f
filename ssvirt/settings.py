"""Settings of every process, read from the environment only.

Each variable may also be given as `NAME_FILE`, the path of a file that holds the value (container secrets).
`docs/configuration.md` lists all of them.
"""

import base64
import hashlib
import os
import re
import sys
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from ssvirt.logging import configure_logging, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# `check`, `makemigrations` and the like must run without secrets; a server must not.
_OFFLINE_COMMANDS = {"check", "makemigrations", "collectstatic", "help", "version", "spectacular"}
IS_OFFLINE = len(sys.argv) > 1 and sys.argv[1] in _OFFLINE_COMMANDS
IS_DEMO = env.bool("SSVIRT_DEMO", default=False)
_MIN_SECRET_LENGTH = 32


def _secret(name: str) -> str:
    """The secret `name`; stops the start, naming the variable, when it is missing or weak."""
    value = str(env.str(name, default=""))
    if IS_OFFLINE:
        return value or "offline-" + "0" * _MIN_SECRET_LENGTH
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: give it (or {name}_FILE) a random value.")
    if len(value) < _MIN_SECRET_LENGTH or len(set(value)) < 8:
        raise ImproperlyConfigured(
            f"{name} is too weak: it needs at least {_MIN_SECRET_LENGTH} random characters."
        )
    return value


def _duration_s(name: str, default: str) -> int:
    """Seconds of a duration written as `90s`, `30m`, `24h` or `7d`."""
    text = str(env.str(name, default=default)).strip()
    match = re.fullmatch(r"(\d+)([smhd]?)", text)
    if not match or int(match[1]) == 0:
        raise ImproperlyConfigured(f"{name} must be a duration such as 24h, 30m or 90s, not {text!r}.")
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


# --- Security -------------------------------------------------------------------------------------------
SECRET_KEY = _secret("SECRET_KEY")
JWT_SECRET_KEY = _secret("JWT_SECRET_KEY")
JWT_TOKEN_EXPIRY_S = _duration_s("JWT_TOKEN_EXPIRY", "24h")
# Key of stored credentials (kubeconfigs, task secrets); derived from SECRET_KEY when not given.
ENCRYPTION_KEY = base64.urlsafe_b64encode(
    hashlib.sha256(
        str(env.str("SSVIRT_ENCRYPTION_KEY", default="") or "credentials:" + SECRET_KEY).encode()
    ).digest()
)
DEBUG = False
ALLOWED_HOSTS = env.list("SSVIRT_ALLOWED_HOSTS", default=["*"] if IS_DEMO else ["localhost", "127.0.0.1"])
CORS_ALLOWED_ORIGINS = env.list("SSVIRT_CORS_ORIGINS", default=[])
PUBLIC_URL = str(env.str("PUBLIC_URL", default="")).rstrip("/")
CONSOLE_PUBLIC_URL = str(env.str("CONSOLE_PUBLIC_URL", default="")).rstrip("/")
CONSOLE_IDLE_S = _duration_s("SSVIRT_CONSOLE_IDLE", "30m")
CONSOLE_LIMIT_S = _duration_s("SSVIRT_CONSOLE_LIMIT", "12h")
# Networks (CIDR) of proxies whose X-Forwarded-Proto and X-Forwarded-Host are believed.
TRUSTED_PROXIES = env.list("SSVIRT_TRUSTED_PROXIES", default=[])
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_DEMO
SECURE_HSTS_SECONDS = env.int("SSVIRT_HSTS_SECONDS", default=0)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
]

# --- Applications ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in the place of ours
    "ssvirt.portal_config.PortalConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "compute",
    "tasks",
    "orgs",
    "vdcs",
    "catalogs",
    "vapps",
]
MIDDLEWARE = [
    "ssvirt.core.middleware.ScopeMiddleware",
    "ssvirt.api.middleware.RequestIdMiddleware",
    "ssvirt.api.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "ssvirt.urls"
APPEND_SLASH = False
WSGI_APPLICATION = "ssvirt.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_USER_MODEL = "orgs.User"
AUTHENTICATION_BACKENDS = ["orgs.auth.AdminBackend"]
LOGIN_URL = "admin:login"

# --- Database -------------------------------------------------------------------------------------------
DATABASE_URL = str(env.str("DATABASE_URL", default="postgresql:///ssvirt"))
DATABASE_MAX_CONNECTIONS = env.int("DATABASE_MAX_CONNECTIONS", default=25)
DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database (postgresql://...).")
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    "application_name": "ssvirt",
    "pool": {"min_size": 1, "max_size": DATABASE_MAX_CONNECTIONS, "timeout": 10},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker and workers ---------------------------------------------------------------------------------
REDIS_URL = str(env.str("REDIS_URL", default="redis://localhost:6379/0"))
BROKER_TIMEOUT_S = env.float("SSVIRT_BROKER_TIMEOUT", default=0.3)
SWEEP_INTERVAL_S = env.float("SSVIRT_SWEEP_INTERVAL", default=2.0)
TASK_LEASE_S = env.int("SSVIRT_TASK_LEASE", default=60)
TASK_RETENTION_DAYS = env.int("SSVIRT_TASK_RETENTION_DAYS", default=30)
SESSION_RETENTION_DAYS = env.int("SSVIRT_SESSION_RETENTION_DAYS", default=7)

# --- Cluster --------------------------------------------------------------------------------------------
KUBECONFIG = str(env.str("KUBECONFIG", default=""))
KUBERNETES_NAMESPACE = str(env.str("KUBERNETES_NAMESPACE", default="vcd-system"))

# --- Serving --------------------------------------------------------------------------------------------
API_PORT = env.int("API_PORT", default=8080)
API_TLS_CERT_FILE = str(env.str("API_TLS_CERT_FILE", default=""))
API_TLS_KEY_FILE = str(env.str("API_TLS_KEY_FILE", default=""))
MAX_BODY_BYTES = env.int("SSVIRT_MAX_BODY_BYTES", default=2 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
TRANSFER_DIR = str(env.str("SSVIRT_TRANSFER_DIR", default=""))
STATIC_URL = "/static/"
STATIC_ROOT = env.str("SSVIRT_STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = IS_DEMO

UNFOLD = {"SITE_TITLE": "SSVirt", "SITE_HEADER": "SSVirt"}

# --- API ------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}

# --- Time, language, logs -------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LOG_LEVEL = str(env.str("LOG_LEVEL", default="INFO")).upper()
LOG_FORMAT = str(env.str("LOG_FORMAT", default="json")).lower()
if LOG_FORMAT not in {"json", "console"}:
    raise ImproperlyConfigured("LOG_FORMAT must be json or console.")
LOGGING = logging_config(LOG_LEVEL, LOG_FORMAT)
configure_logging()
SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W004"]  # TLS redirects and HSTS are the proxy's business
if os.environ.get("PYTEST_VERSION"):
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
