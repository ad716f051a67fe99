"""Settings of third-party packages; none of them depends on the environment."""

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

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

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["voipcrm.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["voipcrm.rest.permissions.ModelPermissions"],
    "DEFAULT_PAGINATION_CLASS": "voipcrm.rest.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["voipcrm.rest.filtering.StrictFilterBackend"],
    "DEFAULT_PARSER_CLASSES": [
        "voipcrm.rest.parsers.WrappedJSONParser",
        "voipcrm.rest.parsers.WrappedFormParser",
        "voipcrm.rest.parsers.WrappedMultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "voipcrm.schema.JsonRouteSchema",
    "EXCEPTION_HANDLER": "voipcrm.rest.exceptions.answer",
    "DEFAULT_THROTTLE_CLASSES": [],
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "voipcrm",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CallStatus": "calls.statuses.Status",
        "AutocallStatus": "autocalls.models.Status",
        "CallReason": "calls.reasons.Reason",
        "AutocallReason": "autocalls.models.REASONS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "voipcrm.schema_hooks.put_blanks_into_enums",
        "voipcrm.schema_hooks.add_plain_views",
        "voipcrm.schema_hooks.introduce",
    ],
}

UNFOLD = {
    "SITE_TITLE": "voipcrm",
    "SITE_HEADER": "voipcrm",
    "SITE_SUBHEADER": _("telephone desk"),
    "SITE_SYMBOL": "call",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lazy(static, str)("voipcrm/icon.svg")}],
    "COLORS": {
        "font": {
            "subtle-light": "var(--color-base-600)",  # unfold's own greys have too little contrast for WCAG AA
            "subtle-dark": "var(--color-base-300)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-200)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "STYLES": [lazy(static, str)("voipcrm/backoffice.css")],
    "SCRIPTS": [lazy(static, str)("voipcrm/backoffice.js"), lazy(static, str)("voipcrm/export.js")],
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin:set_language")},
    "SIDEBAR": {"show_search": False, "navigation": "voipcrm.navigation.sections"},
    "DASHBOARD_CALLBACK": "voipcrm.dashboard.overview",
}
