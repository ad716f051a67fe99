"""JSON bodies: flat, or wrapped in the resource's name as the clients of the wider API family send them."""

import math
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 20


class WrappedJSONParser(JSONParser):
    """`{"sip": {"name": …}}` and `{"name": …}` are the same to the resource `sip`. Text that cannot be stored is refused here, once for all."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body: Any = super().parse(stream, media_type, parser_context)
        except (RecursionError, UnicodeDecodeError, ValueError) as problem:
            raise ParseError(f"JSON parse error - {type(problem).__name__}") from problem
        _refuse_unstorable(body)
        resource = getattr((parser_context or {}).get("view"), "resource", "")
        if resource and isinstance(body, dict) and isinstance(wrapped := body.get(resource), dict):
            return wrapped
        return body


def _refuse_unstorable(value: Any, depth: int = 0) -> None:
    """PostgreSQL stores neither NUL characters nor half surrogate pairs, `1e400` is read as infinity, and a body nested deeper than any of ours
    is an attack."""
    if depth > DEEPEST:
        raise ParseError(f"JSON parse error - nested deeper than {DEEPEST}")
    if isinstance(value, str):
        if "\x00" in value or not _is_unicode(value):
            raise ParseError("JSON parse error - text with a NUL character or half of a surrogate pair")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ParseError("JSON parse error - a number too large")
    elif isinstance(value, dict):
        for name, member in value.items():
            _refuse_unstorable(name, depth + 1)
            _refuse_unstorable(member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _refuse_unstorable(member, depth + 1)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
