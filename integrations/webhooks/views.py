"""The one endpoint for all providers' webhooks: a plain Django view, for speed."""

import logging
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from calls.sql import EventLoop
from integrations import providers
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.provider import Untrusted
from integrations.webhooks import at_once, services

logger = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
METHODS = ["GET", "POST"]
STORED = b'{"status": "ok"}'


@csrf_exempt
@require_http_methods(METHODS)
def webhook(request: HttpRequest, provider: str, secret: str, event: str | None = None) -> HttpResponse:
    """200 once the delivery is stored, also for a redelivery and for what cannot be read yet; 403, 404, 413; 5xx only when it was not stored."""
    request.get_host()  # raises DisallowedHost
    try:
        recipient = services.admit(
            provider, secret, address=request.META["REMOTE_ADDR"]
        )  # before the body is looked at
        body = request.read(LARGEST_BODY + 1)
        if _is_too_large(request, body):
            return _refuse(413, "too_large", f"A webhook may have at most {LARGEST_BODY} bytes.")
        delivery = _delivery(request, event=event or "", body=body, signed=recipient.adapter.signed)
        answer = services.take_in(delivery, recipient)
    except services.UnknownAddress:
        return _refuse(404, "not_found", "There is no such webhook address.")
    except Untrusted as problem:
        logger.warning("delivery_refused", extra={"provider": provider, "problem": str(problem)})
        return _refuse(403, "untrusted", str(problem))
    if answer is not None:
        return HttpResponse(answer, content_type="text/plain; charset=utf-8")
    return _stored()


async def webhook_on_loop(
    request: HttpRequest, provider: str, secret: str, event: str | None = None, *, loop: EventLoop
) -> HttpResponse | None:
    """The answer to nearly all of them, without a thread; None where `webhook` has to decide, as nothing was stored, or it is not known."""
    try:
        request.get_host()
        recipient = services.recall(providers.find(provider), secret, address=request.META["REMOTE_ADDR"])
        if recipient is None or request.method not in METHODS or _is_too_large(request, request.body):
            return None
        delivery = _delivery(request, event=event or "", body=request.body, signed=recipient.adapter.signed)
    except Exception:  # raised again by `webhook`
        return None
    is_stored = await at_once.take_in_on_loop(delivery, recipient.voip, recipient.adapter, loop)
    return _stored() if is_stored else None


def _stored() -> HttpResponse:
    return HttpResponse(STORED, content_type="application/json", charset="utf-8")


def _refuse(status: int, code: str, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail, "code": code}, status=status)


def _is_too_large(request: HttpRequest, body: bytes) -> bool:
    return len(body) > LARGEST_BODY or len(request.META.get("QUERY_STRING", "")) > LARGEST_BODY


def _delivery(request: HttpRequest, *, event: str, body: bytes, signed: bool) -> Delivery:
    return Delivery(
        method=request.method or "",
        body=body,
        received_at=timezone.now(),
        headers=_headers(request.META),
        query=request.META.get("QUERY_STRING", "").replace("\x00", ""),  # no text that PostgreSQL stores has it
        event=event,
        urls=_addresses(request) if signed else (),
    )


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    """By their names in lower case. Django's own mapping of them, which knows every spelling, takes three times as long."""
    sent = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    sent |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if name in environ}
    return {name.replace("_", "-").lower(): value for name, value in sent.items()}


def _addresses(request: HttpRequest) -> tuple[str, ...]:
    """The address as a provider may have signed it."""
    path = request.get_full_path()
    return (f"{settings.PUBLIC_URL}{path}", request.build_absolute_uri(path))
