from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerView

from voipcrm.api import router
from voipcrm.csv_views import AutocallsCsv, CallsCsv
from voipcrm.health import healthz, metrics
from voipcrm.schema_view import SchemaView
from voipcrm.statistics_view import StatisticsView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("voip/", include("integrations.urls")),
    path("voip/", include("widgets.urls")),
    path("voip/", include("autocalls.urls")),
    path("voip/stats.json", StatisticsView.as_view(), name="stats"),
    path("voip/calls.csv", CallsCsv.as_view({"get": "list"}), name="calls-csv"),
    path("voip/autocalls.csv", AutocallsCsv.as_view({"get": "list"}), name="autocalls-csv"),
    path("voip/", include(router.urls)),
    path("voip/schema/", SchemaView.as_view(), name="schema"),
    path(
        "voip/docs/", SpectacularSwaggerView.as_view(url_name="schema", http_method_names=("get", "head")), name="docs"
    ),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
handler403 = "voipcrm.rest.exceptions.forbidden"
handler404 = "voipcrm.rest.exceptions.not_found"
handler500 = "voipcrm.rest.exceptions.failed"
