"""The one door for all operators' webhooks: plain Django, because an operator waits and there may be thousands."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from integrations import services
from integrations.events import Delivery
from integrations.provider import Untrusted

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024


@csrf_exempt
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, provider: str, secret: str, event: str | None = None) -> HttpResponse:
    """200 once the delivery is stored, also for a redelivery and for what cannot be read yet; 403, 404, 413; 5xx only when it was not stored."""
    body = request.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY or len(request.META.get("QUERY_STRING", "")) > LARGEST_BODY:
        return JsonResponse({"detail": f"A webhook may have at most {LARGEST_BODY} bytes."}, status=413)
    delivery = Delivery(
        method=request.method or "",
        body=body,
        received_at=timezone.now(),
        headers={name.lower(): value for name, value in request.headers.items()},
        query=_text(request.META.get("QUERY_STRING", "")),
        event=event or "",
        urls=_addresses(request),
    )
    try:
        answer = services.receive(delivery, provider=provider, secret=secret, address=request.META["REMOTE_ADDR"])
    except services.UnknownAddress:
        return JsonResponse({"detail": "There is no such webhook address."}, status=404)
    except Untrusted as problem:
        logger.warning("delivery_refused", extra={"provider": provider, "problem": str(problem)})
        return JsonResponse({"detail": str(problem)}, status=403)
    if answer is not None:
        return HttpResponse(answer, content_type="text/plain; charset=utf-8")
    return JsonResponse({"status": "ok"})


def _text(query: str) -> str:
    """A query string as text that can be stored: what is not URL-encoded in it, as it should be, is replaced."""
    return query.encode("utf-8", "replace").decode().replace("\x00", "")


def _addresses(request: HttpRequest) -> tuple[str, ...]:
    path = request.get_full_path()
    return (f"{settings.PUBLIC_URL}{path}", request.build_absolute_uri(path))
