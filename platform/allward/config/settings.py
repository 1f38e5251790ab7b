"""Django's settings, made from the environment. What an operator can choose stands in `environment.py`."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from allward.config.environment import Environment

ALLWARD = Environment.read()
"""The deployment's choices."""

REPOSITORY = Path(__file__).parents[3]
FRONTEND_DIST = REPOSITORY / "frontend" / "dist"

SECRET_KEY = ALLWARD.secret_key
DEBUG = ALLWARD.debug
ALLOWED_HOSTS = list(ALLWARD.allowed_hosts)

_ROOMS = (
    "outbox", "audit", "tenancy", "identity", "studies", "registry", "entitlements", "runs", "results",
    "counsel", "acceptance", "ingest", "routing", "delivery", "shadow", "retrieval", "publishing",
    "reporting",
)  # fmt: skip

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "channels",
    *(f"allward.{room}" for room in _ROOMS),
    *sorted(point.value for point in entry_points(group="allward.app_servers")),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "allward.api.headers.ContentSecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "allward.api.authentication.ScopeMiddleware",
]


def database(url: str) -> dict[str, Any]:
    """Make one entry of DATABASES from a PostgreSQL URL: each thread keeps a connection of its own.

    A server that is away refuses at once, and one that came back is found at the next try. The web process,
    whose threads come and go with the requests, has pools instead (`settings_of_web.py`).
    """
    parts = conninfo_to_dict(url)
    return {
        "ENGINE": "allward.tenancy.postgresql",
        "NAME": parts.get("dbname", "allward"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 5},
    }


DATABASES = {
    "default": {**database(ALLWARD.database_url), "ATOMIC_REQUESTS": True},
    "dispatcher": database(ALLWARD.dispatcher_database_url),
    "owner": database(ALLWARD.migration_database_url),
}
"""`default` lives under row-level security, `dispatcher` sees the control tables, `owner` migrates."""

DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ALLWARD.broker_url}
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [ALLWARD.broker_url]},
    }
}

ROOT_URLCONF = "allward.config.urls"
ASGI_APPLICATION = "allward.config.asgi.application"
TEMPLATES: list[dict[str, Any]] = []
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"

STATIC_URL = "/static/"
WHITENOISE_ROOT = str(FRONTEND_DIST) if FRONTEND_DIST.is_dir() else None
WHITENOISE_INDEX_FILE = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ALLWARD.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLWARD.https else None
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "allward.api.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["allward.api.authentication.ScopeAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "allward.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Allward",
    "VERSION": "0.1.0",
    "DESCRIPTION": "Open, hospital-wide platform for clinical AI.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "ShadowStateEnum": ["running", "stopped", "ended"],
        "PublisherKeyStateEnum": ["active", "rotated", "revoked"],
        "AcceptanceSetStateEnum": ["draft", "running", "reporting", "finished", "canceled"],
        "AcceptanceSetMayEnum": ["add", "start", "cancel", "accept", "delete"],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stream"], "level": ALLWARD.log_level},
    "loggers": {
        "pynetdicom": {"level": "WARNING"},
        "pydicom": {"level": "ERROR"},
        "highdicom": {"level": "WARNING"},
    },
}
