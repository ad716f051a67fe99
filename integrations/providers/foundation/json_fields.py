"""From JSON text to flat fields: the objects of a document, and the leaves of each by their dotted names."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn, TypeAlias, cast

from calls.sentences import _
from integrations.providers.foundation.provider import Unreadable

DEEPEST = 20
_BLANKS = re.compile(r"\s*")
_PAIRS = ({"name", "value"}, {"key", "value"})

Pairs: TypeAlias = Iterator[tuple[str, str]]


def json_values(text: str, depth: int = 0) -> list[dict[str, object]]:
    """The objects of a JSON document: one, those of an array, one after another, or of a string that holds one of these; or one of an array of
    names and values."""
    try:
        parsed = parse_json(text)
    except json.JSONDecodeError:
        parsed = _parse_several(text)
    if isinstance(parsed, str) and parsed.lstrip().startswith(("{", "[")) and depth < 2:
        return json_values(parsed, depth + 1)
    if isinstance(parsed, list) and (pairs := _pairs(parsed)):
        return [dict(pairs)]
    values = parsed if isinstance(parsed, list) and parsed else [parsed]
    if not all(isinstance(value, dict) for value in values):
        raise Unreadable(_("The body is JSON, but no object and no list of objects."))
    return cast("list[dict[str, object]]", values)


def parse_json(text: str) -> object:
    parsed: object = _JSON.decode(text)
    return parsed


def _parse_several(text: str) -> list[object]:
    """JSON values one after another, mostly each on a line. Raises ValueError."""
    values, end = [], 0
    while end < len(text):
        value, end = _JSON.raw_decode(text, end)
        values.append(value)
        blanks = _BLANKS.match(text, end)
        end = blanks.end() if blanks else end
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse_constant)


def flat_json(value: object, name: str = "", depth: int = 0) -> Pairs:
    """The leaves of a parsed JSON value. Numbers are text already."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else _pairs(value) or enumerate(value)
        for key, member in members:
            yield from flat_json(member, f"{name}.{key}" if name else str(key), depth + 1)
    elif value is not None:
        leaf = str(value).lower() if isinstance(value, bool) else str(value)
        yield name, leaf


def _pairs(values: list[object]) -> list[tuple[str, object]]:
    """Of a list of names and values, `[{"name": "callid", "value": "7"}]`, these; of another list nothing."""
    alike = [value for value in values if isinstance(value, dict) and value.keys() in _PAIRS]
    return (
        [(str(value.get("name", value.get("key"))), value["value"]) for value in alike]
        if len(alike) == len(values)
        else []
    )
