"""The OpenAPI document. It takes seconds to make, and anybody may request it."""

from functools import cache
from threading import Lock

from django.http import HttpResponse
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

_one_at_a_time = Lock()


class SchemaView(SpectacularAPIView):
    """Made once per process and format, in English.

    drf-spectacular's parameters `lang` and `version`, which take any value, are not supported.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        renderer = request.accepted_renderer
        with _one_at_a_time:  # concurrent requests wait for it instead of making it too
            content = _document(renderer.media_type)
        name = f'inline; filename="voipcrm.{renderer.format}"'
        return HttpResponse(content, content_type=renderer.media_type, headers={"Content-Disposition": name})


@cache
def _document(media_type: str) -> bytes:
    with override("en"):
        document = SchemaGenerator().get_schema(request=None, public=True)
    [renderer] = [kind for kind in SpectacularAPIView.renderer_classes if kind.media_type == media_type]
    content = renderer().render(document)
    return content.encode() if isinstance(content, str) else content
