"""Serves the script of the button at a fixed URL, from its source: nothing has to be collected or built."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

SOURCE = Path(__file__).parent / "static" / "widgets" / "callback.js"

DAY = 24 * 3600
FRESH = f"public, max-age={DAY}, stale-while-revalidate={7 * DAY}, stale-if-error={30 * DAY}"
"""A new release reaches every page within a day; while this server is down the cached script goes on showing the telephone number."""


class Script(NamedTuple):
    plain: bytes
    packed: bytes
    etag: str
    "Weak: the same for the plain and the gzipped script."


def read() -> Script:
    """The script as it is on disk now."""
    return _packed(SOURCE, SOURCE.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _packed(source: Path, changed_at: int) -> Script:
    """changed_at: only the key of the cache, so that a changed file is read again."""
    plain = source.read_bytes()
    return Script(plain, gzip.compress(plain, 9, mtime=0), f'W/"{hashlib.sha256(plain).hexdigest()[:20]}"')


@csrf_exempt  # so that a POST is answered 405 and not 403
@require_safe
def widget_script(request: HttpRequest) -> HttpResponse:
    """Gzipped where the client accepts it; 304 where it has it."""
    script = read()
    response = HttpResponse(script.plain, content_type="text/javascript; charset=utf-8")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = script.packed
        response["Content-Encoding"] = "gzip"
    response["ETag"] = script.etag
    response["Cache-Control"] = FRESH
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Access-Control-Allow-Origin"] = (
        "*"  # for modules and `crossorigin`; the same for every origin, as caches do not distinguish them
    )
    response["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(response, ["Accept-Encoding"])
    answer = get_conditional_response(request, etag=script.etag, response=response)
    return answer if isinstance(answer, HttpResponse) else response
