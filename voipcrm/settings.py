"""All settings, from the environment alone. Every variable is described in docs/settings.md; a wrong value stops the start with a sentence."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from integrations.addresses import parse_allowed
from voipcrm import embedded_postgres, networks, secret_files
from voipcrm.durations import kept_for
from voipcrm.logs import logging_config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("VOIPCRM_DATA_DIR", str(BASE_DIR / ".data"))).resolve()
EMBEDDED = not env.str("DATABASE_URL", "")
"""Without a DATABASE_URL everything a newcomer needs is made under DATA_DIR: the database and the secrets."""

DEBUG = env.bool("DEBUG", False)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{env.int('PORT', 8000)}").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[environ.urlparse(PUBLIC_URL).hostname, "127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
TRUSTED_PROXIES = networks.check("TRUSTED_PROXIES", env.list("TRUSTED_PROXIES", default=[]))


def _secret(name: str, make_file: Path) -> str:
    """A secret of the environment, or, on the embedded database alone, one made once and kept under DATA_DIR."""
    value = str(env.str(name, ""))
    if value or not EMBEDDED:
        if not value:
            raise ImproperlyConfigured(
                f"{name} is not set. With DATABASE_URL set it must be; see .env.example for how to make one."
            )
        return value
    return secret_files.read_or_make(make_file)


SECRET_KEY = _secret("SECRET_KEY", DATA_DIR / "secret_key")
ENCRYPTION_KEYS = [
    key.strip() for key in _secret("ENCRYPTION_KEYS", DATA_DIR / "encryption_key").split(",") if key.strip()
]
secret_files.check_encryption_keys(ENCRYPTION_KEYS)

DATABASES = {
    "default": env.db_url_config(
        embedded_postgres.ensure_running(DATA_DIR / "postgres") if EMBEDDED else env.str("DATABASE_URL")
    )
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL must be a PostgreSQL address such as postgresql://user:password@host:5432/voipcrm."
    )
# A connection is looked at before it is used: after a restart of the server each one in the pool would cost a request, and maybe a webhook.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["OPTIONS"] = {
    "prepare_threshold": 5,  # Django's None forbids what `calls.sql` prepares; its own cursors prepare nothing either way
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL_SIZE", 8), "timeout": 10},
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = (
    True  # one empty round trip, so that a restarted server costs no request and no job
)

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
    "voipcrm.middleware.client_address",
    "voipcrm.middleware.readable_request",
    "voipcrm.middleware.token_out_of_url",
    "voipcrm.middleware.request_log",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "voipcrm.middleware.straight_to_webhooks",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "voipcrm.middleware.pages",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "voipcrm.urls"
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
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "voipcrm.middleware.address_of"
AXES_VERBOSE = False

LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")
LANGUAGES = [("en", "English"), ("pl", "Polski")]
LOCALE_PATHS = [BASE_DIR / "voipcrm" / "locale"]
TIME_ZONE = "UTC"
STAFF_TIME_ZONE = env.str("STAFF_TIME_ZONE", "Europe/Warsaw")
"""The wall clock of the admin; the API speaks UTC."""
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

SECURE_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {"default-src": [NONE], "frame-ancestors": [NONE], "base-uri": [NONE], "form-action": [SELF]},
}
PAGES_CSP = {
    "default-src": [SELF],
    "script-src": [SELF, UNSAFE_EVAL, NONCE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF, "data:"],
    "frame-ancestors": [NONE],
    "base-uri": [SELF],
    "form-action": [SELF],
}
"""The admin and the API docs: unfold's Alpine evaluates expressions."""

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/voip/"
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key"]
CORS_EXPOSE_HEADERS = ["Idempotent-Replayed", "Retry-After"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
"""Opening hours with a thousand exceptions are a form of some three thousand inputs; the size is limited all the same."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["voipcrm.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["voipcrm.permissions.ModelPermissions"],
    "DEFAULT_PAGINATION_CLASS": "voipcrm.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["voipcrm.filtering.StrictFilterBackend"],
    "DEFAULT_PARSER_CLASSES": ["voipcrm.parsers.WrappedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "voipcrm.schema.JsonRouteSchema",
    "EXCEPTION_HANDLER": "voipcrm.exceptions.answer",
    "DEFAULT_THROTTLE_CLASSES": [],
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "voipcrm",
    "DESCRIPTION": "A company's telephone desk inside its CRM.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"CallStatus": "calls.statuses.Status", "AutocallStatus": "autocalls.models.Status"},
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "voipcrm.schema.add_plain_views"],
}

REQUESTED_CALL_EXPIRES = timedelta(minutes=env.int("REQUESTED_CALL_EXPIRES_MINUTES", 5))
UNANSWERED_CALL_EXPIRES = timedelta(minutes=env.int("UNANSWERED_CALL_EXPIRES_MINUTES", 60))
ANSWERED_CALL_EXPIRES = timedelta(minutes=env.int("ANSWERED_CALL_EXPIRES_MINUTES", 240))
SIP_OPERATOR_RING_SECONDS = env.int("SIP_OPERATOR_RING_SECONDS", 30)
SIP_NUMBER_RING_SECONDS = env.int("SIP_NUMBER_RING_SECONDS", 60)
SIP_CHECK_SECONDS = env.int("SIP_CHECK_SECONDS", 30)
SIP_NUMBER_PREFIX = env.str("SIP_NUMBER_PREFIX", "+")
SIP_LOCAL_PORT = env.int("SIP_LOCAL_PORT", 0)
AUTOCALLS_PER_NUMBER_A_DAY = env.int("AUTOCALLS_PER_NUMBER_A_DAY", 3)
AUTOCALLS_PER_ADDRESS_AN_HOUR = env.int("AUTOCALLS_PER_ADDRESS_AN_HOUR", 10)
AUTOCALLS_PER_NETWORK_AN_HOUR = env.int("AUTOCALLS_PER_NETWORK_AN_HOUR", 30)
AUTOCALLS_PER_WIDGET_AN_HOUR = env.int("AUTOCALLS_PER_WIDGET_AN_HOUR", 60)
for _limit in ("NUMBER_A_DAY", "ADDRESS_AN_HOUR", "NETWORK_AN_HOUR", "WIDGET_AN_HOUR"):
    if globals()[f"AUTOCALLS_PER_{_limit}"] < 1:
        raise ImproperlyConfigured(
            f"AUTOCALLS_PER_{_limit} must be at least 1; to refuse everybody, switch the widget off."
        )
AUTOCALL_EXPIRES = timedelta(days=env.int("AUTOCALL_EXPIRES_DAYS", 7))
AUTOCALL_SPACING = timedelta(seconds=env.int("AUTOCALL_SPACING_SECONDS", 2))
DELIVERIES_KEPT = kept_for("DELIVERIES_KEPT_DAYS", env.str("DELIVERIES_KEPT_DAYS", "90"))
REFUSALS_KEPT = kept_for("REFUSALS_KEPT_DAYS", env.str("REFUSALS_KEPT_DAYS", "30"))
VISITOR_ADDRESSES_KEPT = kept_for("VISITOR_ADDRESSES_KEPT_DAYS", env.str("VISITOR_ADDRESSES_KEPT_DAYS", "30"))
AUTOCALLS_KEPT = kept_for("AUTOCALLS_KEPT_DAYS", env.str("AUTOCALLS_KEPT_DAYS", "365"))
CALL_NUMBERS_KEPT = kept_for("CALL_NUMBERS_KEPT_DAYS", env.str("CALL_NUMBERS_KEPT_DAYS", ""))
"""What is older is deleted or loses its people at night; None keeps it for ever. docs/privacy.md tells what each is."""
JOBS_LATE_AFTER = timedelta(seconds=env.int("JOBS_LATE_AFTER_SECONDS", 300))
METRICS_ALLOWED_IPS = networks.check(
    "METRICS_ALLOWED_IPS", env.list("METRICS_ALLOWED_IPS", default=["127.0.0.0/8", "::1"])
)

try:
    OUTBOUND_ALLOWED = parse_allowed(env.list("OUTBOUND_ALLOWED_NETWORKS", default=[]))
except ValueError as problem:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOWED_NETWORKS: {problem}.") from problem
"""Machines besides the public internet's that requests to operators may reach."""

LOGGING = logging_config(env.str("LOG_LEVEL", "INFO"))
LOGGING_CONFIG = "logging.config.dictConfig"

UNFOLD = {
    "SITE_TITLE": "voipcrm",
    "SITE_HEADER": "voipcrm",
    "SITE_SUBHEADER": _("telephone desk"),
    "SITE_SYMBOL": "call",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lazy(static, str)("voipcrm/icon.svg")}],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin:set_language")},
    "SIDEBAR": {"show_search": False, "navigation": "voipcrm.navigation.sections"},
    "DASHBOARD_CALLBACK": "voipcrm.dashboard.overview",
}
LOGIN_REDIRECT_URL = "admin:index"
"""For unfold's page of sign-in, which forgets where it was to lead."""
PROMETHEUS_EXPORT_MIGRATIONS = False
