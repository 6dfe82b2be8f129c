"""Django settings, all drawn from :mod:`duokua.kernel.environment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from duokua.kernel import environment
from duokua.kernel.text import Text

ENVIRONMENT = environment.read()
ENVIRONMENT.make_home()
BASE = Path(__file__).resolve().parent.parent


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path if parts.path.startswith("/") else f"/{parts.path}"))
        path = Path(str(path).replace("//", "/"))
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": path,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
                ),
            },
        }
    options = dict(parse_qsl(parts.query))  # as libpq reads them: host= of a Unix socket, sslmode=…
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


SECRET_KEY = ENVIRONMENT.secret().decode()
DEBUG = False
ALLOWED_HOSTS = ["*"]  # a district may be reached under any name; links are relative
DATABASES = {"default": _database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "identity.User"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "duokua.identity",
    "duokua.audit",
    "duokua.shell",
    "duokua.jobs",
    "duokua.notify",
    "duokua.lake",
    "duokua.exchange",
    "duokua.sensing",
    "duokua.loop",
    "duokua.store",
    "duokua.pack",
    "duokua.portal",
]
MIDDLEWARE = [
    "duokua.shell.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "duokua.identity.middleware.IdleEnd",
    "duokua.identity.middleware.Owing",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "duokua.shell.middleware.Faults",
]
ROOT_URLCONF = "duokua.project.urls"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "duokua.shell.templatetags.duokua",
                "duokua.shell.templatetags.components",
                "duokua.notify.templatetags.notify",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.messages.context_processors.messages",
                "duokua.shell.context.shell",
            ],
        },
    }
]

# Language: the cookie of the switch, then Accept-Language, then Chinese.
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans" if ENVIRONMENT.language == "zh" else "en"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_COOKIE_NAME = "duokua_language"
LANGUAGE_COOKIE_AGE = 365 * 86_400
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE / "shell" / "locale"]

# Static files: collected once into the home with hashed names, served compressed by whitenoise.
VISIT_COOKIES = (("duokua_try", "/data"),)  # end with the visit: name and path
STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns of a missing folder

# The gateway is the only peer: the portal listens on a Unix socket, so its headers can be trusted.
USE_X_FORWARDED_HOST = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_NAME = "duokua_session"
SESSION_COOKIE_AGE = 12 * 3600  # seconds: the longest a sign-in lasts
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "duokua_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "duokua.shell.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "sign_in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name_zh", "name_en")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# What the head of each page says. A district puts its own name here.
PRODUCT_NAME = Text("多跨", "duokua")
DISTRICT_NAME = Text("示范区公共数据平台", "Demonstration district")
SESSION_IDLE_S = ENVIRONMENT.sign_in.idle_minutes * 60

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "duokua.shell.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.request": {"level": "CRITICAL"},  # shell.middleware.Faults logs each with its code
        "duokua": {"level": "INFO"},
    },
}
