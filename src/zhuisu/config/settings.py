"""Every setting, read once from the environment. docs/reference/settings.md lists them."""

import os
import secrets
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg import IsolationLevel

from zhuisu.codes.gs1_lengths import read_lengths
from zhuisu.config import logs

PACKAGE = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ZHUISU_HOME", "var")).resolve()


def _secret_key() -> str:
    """The key that signs sessions: from the environment, else made once and kept beside the data, readable by us alone."""
    if key := os.environ.get("ZHUISU_SECRET_KEY"):
        return key
    path = HOME / "keys" / "session.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        # Written whole before it gets its name: of two processes that start at once, neither reads half a key.
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


def _sectors_off(text: str) -> frozenset[str]:
    """Names of sectors with blanks between. A misspelt one would switch nothing off: nothing starts with it."""
    names = frozenset(text.split())
    if unknown := sorted(name for name in names if not (PACKAGE / "sectors" / name / "profile.toml").is_file()):
        raise ImproperlyConfigured(f"ZHUISU_SECTORS_OFF: no such sector: {', '.join(unknown)}")
    return names


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks such as 10.20.0.0/16 with blanks between. A wrong one must not open more than was meant: nothing starts with it."""
    try:
        return tuple(ip_network(one) for one in text.split())
    except ValueError as wrong:
        raise ImproperlyConfigured(f"ZHUISU_OUTBOUND_ALLOWED: {wrong}") from None


def _gcp_lengths(path: str) -> dict[str, int]:
    """The operator's table of company prefix lengths. A wrong one would part keys wrongly: nothing starts with it."""
    if not path:
        return {}
    try:
        return dict(read_lengths(Path(path).read_bytes()))
    except (OSError, ValueError) as wrong:
        raise ImproperlyConfigured(f"ZHUISU_GCP_LENGTHS: {wrong}") from None


def _whole(name: str, otherwise: str) -> int:
    """A whole number that is not negative, from the environment."""
    text = os.environ.get(name) or otherwise
    if not (text.isascii() and text.isdigit()):
        raise ImproperlyConfigured(f"{name}: a whole number, not {text}")
    return int(text)


def _database(url: str) -> dict[str, Any]:
    """Django's dictionary for a URL like postgresql://user:password@host:5432/name?host=/socket/dir."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Said, not left to the server's default: the sequencer and the claims of identity rest on it.
        "OPTIONS": options | {"isolation_level": IsolationLevel.READ_COMMITTED},
    }


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("ZHUISU_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("ZHUISU_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
# How many proxies of ours stand in front; without any, X-Forwarded-For is a stranger's word.
PROXIES = int(os.environ.get("ZHUISU_PROXIES", "0"))
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("ZHUISU_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "zhuisu.accounts",
    "zhuisu.registry",
    "zhuisu.events",
    "zhuisu.lineage",
    "zhuisu.compliance",
    "zhuisu.verification",
    "zhuisu.resolver",
    "zhuisu.subscriptions",
    "zhuisu.api",
    "zhuisu.web",
    "zhuisu.portal",
    "zhuisu.workspace",
]

MIDDLEWARE = [
    "zhuisu.config.requests.noted",
    "zhuisu.web.middleware.content_policy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "zhuisu.web.middleware.language_link",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "zhuisu.config.urls"
WSGI_APPLICATION = "zhuisu.config.wsgi.application"
# A Digital Link ends where its last value ends; a slash added behind it would be another address.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

# The embedded server puts its address here before Django is set up (config/database.py).
DATABASES = {"default": _database(os.environ.get("ZHUISU_DATABASE_URL", "postgresql:///zhuisu"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.Person"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/desk"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", _("English"))]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
TIME_ZONE = os.environ.get("ZHUISU_TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
# The operator's table of networks and their regions (verification/regions.py); without it scans have no place.
ADDRESS_REGIONS = os.environ.get("ZHUISU_ADDRESS_REGIONS", "")
# Sectors that this installation does not offer; what is recorded of them is judged and shown all the same.
SECTORS_OFF = _sectors_off(os.environ.get("ZHUISU_SECTORS_OFF", ""))
# Company prefix lengths that the public table does not know yet; for EPC URNs out of Digital Links.
# Of one document by HTTP. What a worker stores of the most in a quarter of an hour, and what an upload may take of a disk.
CAPTURE_EVENTS = _whole("ZHUISU_CAPTURE_EVENTS", "1000000")
CAPTURE_BYTES = _whole("ZHUISU_CAPTURE_BYTES", str(1 << 28))
# Requests a minute, 0 for no limit: far above what a system needs, below what would take a node's threads from the others.
RATE_KEY = _whole("ZHUISU_RATE_KEY", "12000")
RATE_ORGANISATION = _whole("ZHUISU_RATE_ORGANISATION", "24000")
WEB_PROCESSES = max(1, _whole("ZHUISU_WEB_PROCESSES", "1"))

GCP_LENGTHS = _gcp_lengths(os.environ.get("ZHUISU_GCP_LENGTHS", ""))
# Networks that are not public and may be sent to all the same (subscriptions/outside.py); http without TLS is for these alone.
OUTBOUND_ALLOWED = _networks(os.environ.get("ZHUISU_OUTBOUND_ALLOWED", ""))

# Octets of documents that are durable and not yet projected; beyond, new ones are asked to come again.
WAITING_BYTES = _whole("ZHUISU_WAITING_BYTES", str(1 << 30))
# Processes that project them; 0: they run elsewhere (`zhuisu project`).
# Each reads, or its database writes: one alone leaves half of two cores idle (decision 0034).
_cores = os.cpu_count() or 1
PROJECTORS = _whole("ZHUISU_PROJECTORS", str(max(min(2, _cores), _cores // 2)))

# Who may read /metrics from another machine; empty: only this machine, and only of a node that is not public.
METRICS_TOKEN = os.environ.get("ZHUISU_METRICS_TOKEN", "")
# The library reads it when it is imported, which must not be earlier: then each process counts for all to read (metrics.py).
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(HOME / "metrics")

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if os.environ.get("ZHUISU_STATIC") == "plain":  # tests and development: files as they lie, nothing to collect first
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if os.environ.get("ZHUISU_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Limits; each is named where it is used and listed in docs/reference/limits.md.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # forms; captured documents have their own limit in api
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Who answers for the resolver, as its description file says it: a name, with a telephone number or an address for mail.
CONTACT = os.environ.get("ZHUISU_CONTACT", "")

LOGGING = logs.configuration(os.environ.get("ZHUISU_LOG_LEVEL", ""))
