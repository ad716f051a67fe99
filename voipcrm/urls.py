from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from voipcrm.api import router
from voipcrm.health import healthz, metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("voip/", include("integrations.urls")),
    path("voip/", include("widgets.urls")),
    path("voip/", include("autocalls.urls")),
    path("voip/", include(router.urls)),
    path("voip/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("voip/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
handler404 = "voipcrm.exceptions.not_found"
handler500 = "voipcrm.exceptions.failed"
