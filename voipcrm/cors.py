"""The public widget endpoints answer pages of any origin; everything else follows CORS_ALLOWED_ORIGINS."""

from corsheaders.signals import check_request_enabled
from django.dispatch import receiver
from django.http import HttpRequest

PUBLIC_ENDPOINTS = frozenset(
    {
        "/voip/widget_data.json",
        "/voip/autocalls/create_from_widget",
        "/voip/autocalls/visitor.json",
        "/voip/autocalls/visitor/cancel.json",
    }
)


@receiver(check_request_enabled)
def is_public_endpoint(request: HttpRequest, **_kwargs: object) -> bool:
    return request.path in PUBLIC_ENDPOINTS
