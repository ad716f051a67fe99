"""Decodes a webhook request into flat fields, one set per event.

Senders' content types are often wrong, so the first character of the body determines its format: `{`, `[` or `"` JSON, `<` XML, otherwise a form.
Only multipart forms are detected by their content type.
"""

import re
from collections.abc import Iterable, Mapping
from email import message_from_bytes
from urllib.parse import parse_qsl

from calls.sentences import Sentence, _
from integrations.providers.foundation.charsets import declared_charset, text_of, without_utf_16
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.json_fields import Pairs, flat_json, json_values, parse_json
from integrations.providers.foundation.provider import Unreadable
from integrations.providers.foundation.xml_fields import flat_xml

MOST_EVENTS = 500
MOST_FIELDS = 50_000
"""Of one delivery. Fields around a list are copied to each of its events, so a small body could make very many."""
LISTS = (
    "events",
    "calls",
    "records",
    "items",
    "data",
    "notifications",
    "messages",
    "results",
    "cdrs",
    "cdr",
    "payload",
)
"""Where several events of one delivery are found: lists of objects under these names, or where the configuration says."""
WRAPPERS = frozenset({"data", "payload", "body", "call", "params", "msg", "content", "cdr", "json"})
"""Objects around the fields: `data.call.call_id` is also found as `call_id`, unless there is one already."""
_RAW_PLUS = re.compile(r"(?:\A|(?<=:)) (?=\d{7,15}\Z)", re.ASCII)
_DOTS = re.compile(r"\s*\.\s*")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def decode(delivery: Delivery) -> dict[str, str]:
    """The fields of a request by their lower-case names: those of the query string, overruled by those of the body.

    Nested objects, lists and elements become dotted names (`call.id`, `legs.0`), and so do PHP's brackets (`call[id]`); XML's root is not part of
    the name, and an attribute is named like an element. A name that comes twice has its last value. Numbers are kept as written (`17.10` stays
    `17.10`), null is left out, and blanks around a value are dropped. Text is UTF-8, else of the declared charset, else of one that is told by its
    letters. Raises Unreadable and nothing else, also where there are several events.
    """
    fields, *others = _decode(
        delivery.body, content_type=delivery.headers.get("content-type", ""), query=delivery.query
    )
    if others:
        raise Unreadable(_("The delivery tells of several events, which this provider does not send."))
    return fields


def decode_all(delivery: Delivery, *, charset: str = "", each: str = "") -> list[dict[str, str]]:
    """The same for each event: of an array, of alike elements of XML, of lines of JSON, or of a list within an object (`LISTS`), whose
    elements' fields come besides those around the list. Text that is itself JSON (`data={…}`) is opened, and what is in an object named in
    `WRAPPERS` is found without that name too.

    charset: of what is not UTF-8. each: the dotted name of the list of events.
    """
    content_type = delivery.headers.get("content-type", "")
    bodies = _decode(delivery.body, content_type=content_type, query=delivery.query, charset=charset)
    events = [event for fields in bodies for event in _events(fields, field_name(each))]
    if len(events) > MOST_EVENTS:
        raise Unreadable(Sentence(_("The delivery tells of more than %(most)s events."), most=str(MOST_EVENTS)))
    return events


def decode_body(body: bytes, *, content_type: str = "", query: str = "") -> dict[str, str]:
    """The fields of a body that came another way, such as a provider's answer."""
    return _decode(body, content_type=content_type, query=query)[0]


def field_name(text: str) -> str:
    """A field's name in its one writing: `Call[id]` and ` call.ID` are `call.id`."""
    plain = _BRACKETS.sub(lambda found: f".{found[1]}" if found[1] else "", text) if "[" in text else text
    return (_DOTS.sub(".", plain) if "." in plain else plain).strip().lower()


def _decode(body: bytes, *, content_type: str, query: str, charset: str = "") -> list[dict[str, str]]:
    charset = charset or declared_charset(content_type, body)
    try:
        common = dict(_clean(_form(query.encode(), charset)))
        bodies = _bodies(without_utf_16(body), content_type, charset)
        return [{**common, **dict(_clean(pairs))} for pairs in bodies]
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(
            Sentence(_("What was sent cannot be decoded (%(error)s)."), error=type(error).__name__)
        ) from error


def _clean(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Names in their one writing, values without blanks; both such that a database can store them, and JSON in a value opened."""
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise ValueError("NUL character")
        if not value.isascii() or not name.isascii():
            (name + value).encode()  # raises for a lone surrogate
        yield (name := field_name(name)), value.strip()
        if value.lstrip().startswith(("{", "[")):
            yield from _clean(_inner_json(name, value))


def _inner_json(name: str, value: str) -> list[tuple[str, str]]:
    """The fields of a value that is a JSON object or array itself; none of another one."""
    try:
        return list(flat_json(parse_json(value), name))
    except (ValueError, RecursionError):
        return []


def _bodies(body: bytes, content_type: str, charset: str) -> list[Pairs]:
    """The pairs of each of the body's events, mostly of one."""
    if content_type.lower().startswith("multipart/form-data"):
        return [_multipart(content_type, body, charset)]
    text = text_of(body, charset).removeprefix("\ufeff").strip()
    if text.startswith(("{", "[", '"')):
        return [flat_json(value) for value in json_values(text)]
    if text.startswith("<"):
        return flat_xml(text)
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and "&" not in text and all(mark for _name, mark, _value in lines):
        return [((name, value) for name, _mark, value in lines)]  # a form as text/plain
    if not text or "=" in text:
        return [_form(body.removeprefix(b"\xef\xbb\xbf").strip(), charset)]
    raise Unreadable(_("The body is not a JSON object, an XML document or a form."))


def _events(fields: dict[str, str], each: str) -> list[dict[str, str]]:
    """The fields of each event: of the elements of a list of objects, else these themselves."""
    if not any("." in name for name in fields):
        return [fields]
    fields = _unwrapped(fields)
    lists = [each] if each else [name for name in LISTS if f"{name}.0" not in fields]
    found = next((split for name in lists if (split := _elements(fields, f"{name}."))), [fields])
    return [_unwrapped(event) for event in found] if len(found) > 1 or found[0] is not fields else found


def _elements(fields: Mapping[str, str], prefix: str) -> list[dict[str, str]]:
    """Each element's fields, without the list's name, besides those around the list; none where there is no such list."""
    elements: dict[int, dict[str, str]] = {}
    around = {}
    for name, value in fields.items():
        index, dot, rest = name.removeprefix(prefix).partition(".") if name.startswith(prefix) else ("", "", "")
        if dot and index.isdecimal():
            elements.setdefault(int(index), {})[rest] = value
        else:
            around[name] = value
    if len(elements) > MOST_EVENTS or len(elements) * len(around) > MOST_FIELDS:
        template = _("The delivery tells of more than %(most)s events, or too much about each of them.")
        raise Unreadable(Sentence(template, most=str(MOST_EVENTS)))
    return [{**around, **elements[index]} for index in sorted(elements)]


def _unwrapped(fields: dict[str, str]) -> dict[str, str]:
    """Besides them those that are in wrappers, under their names without these."""
    inner: dict[str, str] = {}
    for name, value in fields.items():
        wrapper, dot, rest = name.partition(".")
        while dot and wrapper in WRAPPERS:
            inner.setdefault(rest, value)
            wrapper, dot, rest = rest.partition(".")
    return {**inner, **fields} if inner else fields


def _form(raw: bytes, charset: str) -> Pairs:
    """The pairs of a form or query. Latin-1 carries the bytes through unquoting unchanged, so that their charset can be tried afterwards."""
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1"):
        yield text_of(name.encode("latin-1"), charset), _with_plus(text_of(value.encode("latin-1"), charset))


def _with_plus(value: str) -> str:
    """A form means a blank by `+`: a number sent as `+48…` or `tel:+48…` without being escaped arrives as ` 48…`. After other text a blank is one."""
    return _RAW_PLUS.sub("+", value, count=1)


def _multipart(content_type: str, body: bytes, charset: str) -> Pairs:
    """The fields of a multipart form; files are passed over."""
    header = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("ascii", "replace")
    for part in message_from_bytes(header + body).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            content = part.get_payload(decode=True)
            yield name, text_of(content if isinstance(content, bytes) else b"", charset)
