"""All settings, read only from the environment. Every variable is described in docs/settings.md; a wrong value stops the start with a sentence."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import SELF
from django.core.exceptions import ImproperlyConfigured

from integrations.outbound.addresses import parse_allowed
from voipcrm import databases, env_file, networks, secret_files
from voipcrm import settings_of_packages as of_packages
from voipcrm.crm_links import check_template
from voipcrm.durations import kept_for
from voipcrm.logs import logging_config
from voipcrm.recordings import check_origins

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
env_file.read(env, BASE_DIR)
DATA_DIR = (BASE_DIR / (env.str("VOIPCRM_DATA_DIR", "") or ".data")).resolve()
EMBEDDED = not env.str("DATABASE_URL", "")
"""Without DATABASE_URL the database and the secrets are created under DATA_DIR."""

DEBUG = env.bool("DEBUG", False)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[environ.urlparse(PUBLIC_URL).hostname, "127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
TRUSTED_PROXIES = networks.check("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", default=[]))


def _secret(name: str, make_file: Path) -> str:
    """A secret from the environment or, only with the embedded database, one created under DATA_DIR when it is first used."""
    value = str(env.str(name, ""))
    if not value and not EMBEDDED:
        raise ImproperlyConfigured(
            f"{name} is not set. With DATABASE_URL set it must be; see .env.example for how to make one."
        )
    return value or secret_files.made_when_used(make_file)


SECRET_KEY = _secret("SECRET_KEY", DATA_DIR / "secret_key")
ENCRYPTION_KEYS = secret_files.encryption_keys(_secret("ENCRYPTION_KEYS", DATA_DIR / "encryption_key"))

DATABASES = {"default": databases.configure(env, embedded_in=DATA_DIR / "postgres"), **databases.configure_replica(env)}
DATABASE_ROUTERS = ["voipcrm.rest.replica.WritesGoToThePrimary"]
REPLICA_LAG = timedelta(seconds=env.int("DATABASE_REPLICA_LAG_SECONDS", 5))
"""A replica that lags further behind is not read."""
TRANSACTION_POOLING = DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"]
"""Two transactions may use different database connections: nothing that outlives a transaction works, such as LISTEN."""

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "django_prometheus",
    "axes",
    "csp",
    "voipcrm",
    "sips",
    "calls",
    "integrations",
    "widgets",
    "autocalls",
]

MIDDLEWARE = [
    "voipcrm.webhook_path.straight_to_webhooks",
    "voipcrm.short_path.take_short_path",
    "voipcrm.middleware.every_request",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "voipcrm.caching.forbid_storing",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "voipcrm.audit.actors.attribute_changes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "voipcrm.middleware.pages",
    "axes.middleware.AxesMiddleware",
    "voipcrm.middleware.one_login_at_a_time",
]

ROOT_URLCONF = "voipcrm.urls"
CSRF_FAILURE_VIEW = "voipcrm.rest.exceptions.form_refused"
WSGI_APPLICATION = "voipcrm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "voipcrm" / "templates"],
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

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_HANDLER = "voipcrm.logins.FailedLogins"
AXES_COOLOFF_TIME = timedelta(minutes=10)  # for the text of the page; the limits are in `voipcrm.logins`
AXES_CLIENT_IP_CALLABLE = "voipcrm.middleware.address_of"
AXES_LOCKOUT_TEMPLATE = "locked_out.html"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
LANGUAGES = [("en", "English"), ("pl", "Polski")]
LOCALE_PATHS = [BASE_DIR / "voipcrm" / "locale"]
FORMAT_MODULE_PATH = "voipcrm.formats"
TIME_ZONE = "UTC"
STAFF_TIME_ZONE = env.str("STAFF_TIME_ZONE", "Europe/Warsaw")
"""The time zone of the admin; the API uses UTC."""
USE_TZ = True

_IN_THE_PROCESS = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _IN_THE_PROCESS},
    "sightings": {"BACKEND": _IN_THE_PROCESS, "LOCATION": "sightings", "OPTIONS": {"MAX_ENTRIES": 2_000}},
}
"""In-process caches: everything shared is in the database."""

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SECURE_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = of_packages.CONTENT_SECURITY_POLICY
RECORDING_ORIGINS = check_origins("RECORDING_ORIGINS", env.list("RECORDING_ORIGINS", default=[]))
PAGES_CSP = of_packages.PAGES_CSP | {"media-src": [SELF, *RECORDING_ORIGINS]}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/voip/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key"]
CORS_EXPOSE_HEADERS = ["Idempotent-Replayed", "Replica-Lag", "Retry-After"]

CRM_CLIENT_URL = check_template("CRM_CLIENT_URL", env.str("CRM_CLIENT_URL", ""))
CRM_CONTACT_URL = check_template("CRM_CONTACT_URL", env.str("CRM_CONTACT_URL", ""))
"""Addresses of a client and a contact in the CRM, with `{id}`; blank: no links."""

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
"""Uploads are never written to disk, because they may hold passwords. Their size is limited by that of the body, above."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
"""Opening hours with a thousand exceptions are a form of about three thousand inputs; the size limit still applies."""
REST_FRAMEWORK = of_packages.REST_FRAMEWORK
SPECTACULAR_SETTINGS = of_packages.SPECTACULAR_SETTINGS

REQUESTED_CALL_EXPIRES = timedelta(minutes=env.int("REQUESTED_CALL_EXPIRES_MINUTES", 5))
UNANSWERED_CALL_EXPIRES = timedelta(minutes=env.int("UNANSWERED_CALL_EXPIRES_MINUTES", 60))
ANSWERED_CALL_EXPIRES = timedelta(minutes=env.int("ANSWERED_CALL_EXPIRES_MINUTES", 240))
SIP_OPERATOR_RING_SECONDS = env.int("SIP_OPERATOR_RING_SECONDS", 30)
SIP_NUMBER_RING_SECONDS = env.int("SIP_NUMBER_RING_SECONDS", 60)
SIP_KEEPALIVE_SECONDS = env.int("SIP_KEEPALIVE_SECONDS", 30)
SIP_NUMBER_PREFIX = env.str("SIP_NUMBER_PREFIX", "+")
SIP_LOCAL_PORT = env.int("SIP_LOCAL_PORT", 0)
SERVICE_CODES_ALLOWED = frozenset(env.list("SERVICE_CODES_ALLOWED", default=[]))
AUTOCALLS_PER_NUMBER_A_DAY = env.int("AUTOCALLS_PER_NUMBER_A_DAY", 3)
AUTOCALLS_PER_ADDRESS_AN_HOUR = env.int("AUTOCALLS_PER_ADDRESS_AN_HOUR", 10)
AUTOCALLS_PER_NETWORK_AN_HOUR = env.int("AUTOCALLS_PER_NETWORK_AN_HOUR", 30)
AUTOCALLS_PER_WIDGET_AN_HOUR = env.int("AUTOCALLS_PER_WIDGET_AN_HOUR", 60)
for _name, _limit in [(name, limit) for name, limit in globals().items() if name.startswith("AUTOCALLS_PER_")]:
    if _limit < 1:
        raise ImproperlyConfigured(f"{_name} must be at least 1; to refuse everybody, switch the widget off.")
AUTOCALL_EXPIRES = timedelta(days=env.int("AUTOCALL_EXPIRES_DAYS", 7))
AUTOCALL_SPACING = timedelta(seconds=env.int("AUTOCALL_SPACING_SECONDS", 2))
DELIVERIES_KEPT = kept_for("DELIVERIES_KEPT_DAYS", env.str("DELIVERIES_KEPT_DAYS", "90"))
REFUSALS_KEPT = kept_for("REFUSALS_KEPT_DAYS", env.str("REFUSALS_KEPT_DAYS", "30"))
VISITOR_ADDRESSES_KEPT = kept_for("VISITOR_ADDRESSES_KEPT_DAYS", env.str("VISITOR_ADDRESSES_KEPT_DAYS", "30"))
AUTOCALLS_KEPT = kept_for("AUTOCALLS_KEPT_DAYS", env.str("AUTOCALLS_KEPT_DAYS", "365"))
AUDIT_KEPT = kept_for("AUDIT_KEPT_DAYS", env.str("AUDIT_KEPT_DAYS", "365"))
CALL_NUMBERS_KEPT = kept_for("CALL_NUMBERS_KEPT_DAYS", env.str("CALL_NUMBERS_KEPT_DAYS", ""))
"""Older data is deleted or anonymised at night; None keeps it for ever. docs/privacy.md describes each."""
DEMO_CALLS_EVERY_SECONDS = max(0, env.int("DEMO_CALLS_EVERY_SECONDS", 45))
JOBS_LATE_AFTER = timedelta(seconds=env.int("JOBS_LATE_AFTER_SECONDS", 300))
METRICS_ALLOWED_IPS = networks.check(
    "METRICS_ALLOWED_IPS", env.list("METRICS_ALLOWED_IPS", default=["127.0.0.0/8", "::1"])
)
try:
    OUTBOUND_ALLOWED = parse_allowed(env.list("OUTBOUND_ALLOWED_NETWORKS", default=[]))
except ValueError as problem:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOWED_NETWORKS: {problem}.") from problem
"""Hosts besides the public internet that requests to providers may reach."""

LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"

UNFOLD = of_packages.UNFOLD
LOGIN_REDIRECT_URL = "admin:index"
"""For unfold's sign-in page, which does not keep its target."""
PROMETHEUS_EXPORT_MIGRATIONS = False
