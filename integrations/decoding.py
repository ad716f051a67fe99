"""From the bytes of a webhook request to flat fields.

Senders name the wrong content type more often than they write the wrong body, so the body's first character decides what it is:
`{` JSON, `<` XML, otherwise a form. Only multipart forms are recognised by their content type.
"""

import codecs
import json
import re
from collections.abc import Iterator
from email import message_from_bytes
from itertools import chain
from typing import Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError
from defusedxml.ElementTree import fromstring as parse_xml

from integrations.events import Delivery
from integrations.provider import Unreadable

_DEEPEST = 20
_CHARSETS = frozenset({"utf-8", "utf-16", "iso8859-1", "iso8859-2", "cp1250", "cp1251", "cp1252"})
_CHARSET_OF_TYPE = re.compile(r"charset=[\"']?([\w.:-]+)", re.ASCII | re.IGNORECASE)
_CHARSET_OF_XML = re.compile(rb"^\s*<\?xml[^>]*\bencoding=[\"']([\w.:-]+)")
_RAW_PLUS = re.compile(r" (?=\d{7,15}\Z)", re.ASCII)

Pairs: TypeAlias = Iterator[tuple[str, str]]


def decode(delivery: Delivery) -> dict[str, str]:
    """The fields of a request by their lower-case names: those of the query string, overruled by those of the body.

    Nested objects, lists and elements become dotted names (`call.id`, `legs.0`); XML's root is not part of the name, and an attribute
    is named like an element. A name that comes twice has its last value. Numbers are kept as written (`17.10` stays `17.10`), null is
    left out, and blanks around a value are dropped. Text is UTF-8, else of the declared charset. Raises Unreadable and nothing else.
    """
    return decode_body(delivery.body, content_type=delivery.headers.get("content-type", ""), query=delivery.query)


def decode_body(body: bytes, *, content_type: str = "", query: str = "") -> dict[str, str]:
    """The same of a body that came another way, such as an operator's answer."""
    charset = _declared_charset(content_type, body)
    fields: dict[str, str] = {}
    try:
        for name, value in chain(_form(query.encode(), charset), _body(body, content_type, charset)):
            _refuse_unstorable(name + value)
            fields[name.strip().lower()] = value.strip()
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"What was sent cannot be decoded ({type(error).__name__}).") from error
    return fields


def _refuse_unstorable(text: str) -> None:
    """No database stores a NUL character or a lone surrogate; the latter does not encode."""
    if b"\0" in text.encode():
        raise ValueError("NUL character")


def _body(body: bytes, content_type: str, charset: str) -> Pairs:
    if content_type.lower().startswith("multipart/form-data"):
        return _multipart(content_type, body, charset)
    text = _text(body, charset).removeprefix("\ufeff").strip()
    if text.startswith("{"):
        return _flat_json(json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant))
    if text.startswith("<"):
        return _xml(text)
    if not text or ("=" in text and not text.startswith("[")):
        return _form(body.removeprefix(codecs.BOM_UTF8).strip(), charset)
    raise Unreadable("The body is not a JSON object, an XML document or a form.")


def _declared_charset(content_type: str, body: bytes) -> str:
    """The charset to fall back on: that of the content type or of the XML declaration, if it is a plain one."""
    of_type = _CHARSET_OF_TYPE.search(content_type)
    of_xml = _CHARSET_OF_XML.match(body)
    name = of_type[1] if of_type else of_xml[1].decode() if of_xml else "utf-8"
    try:
        name = codecs.lookup(name).name
    except LookupError:
        return "utf-8"
    return name if name in _CHARSETS else "utf-8"


def _text(raw: bytes, charset: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(charset)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _flat_json(value: Any, name: str = "", depth: int = 0) -> Pairs:
    """The leaves of a parsed JSON value. Numbers are text already."""
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in members:
            yield from _flat_json(member, f"{name}.{key}" if name else str(key), depth + 1)
    elif value is not None:
        leaf = str(value).lower() if isinstance(value, bool) else str(value)
        yield name, leaf


def _xml(text: str) -> Pairs:
    try:
        return _flat_xml(parse_xml(text, forbid_dtd=True))
    except (ParseError, DefusedXmlException) as error:
        raise Unreadable("The body is not plain, well-formed XML.") from error


def _flat_xml(element: Element, name: str = "", depth: int = 0) -> Pairs:
    if depth > _DEEPEST:
        raise RecursionError
    if name and element.text and element.text.strip():
        yield name, element.text
    prefix = f"{name}." if name else ""
    for key, value in element.attrib.items():
        yield prefix + _local(key), value
    for child in element:
        yield from _flat_xml(child, prefix + _local(child.tag), depth + 1)


def _local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def _form(raw: bytes, charset: str) -> Pairs:
    """The pairs of a form or query. Latin-1 carries the bytes through unquoting unchanged, so that their charset can be tried afterwards."""
    for name, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="latin-1"):
        yield _text(name.encode("latin-1"), charset), _with_plus(_text(value.encode("latin-1"), charset))


def _with_plus(value: str) -> str:
    """A form means a blank by `+`: a number sent as `+48…` without being escaped arrives as ` 48…`."""
    return _RAW_PLUS.sub("+", value, count=1)


def _multipart(content_type: str, body: bytes, charset: str) -> Pairs:
    """The fields of a multipart form; files are passed over."""
    header = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("ascii", "replace")
    for part in message_from_bytes(header + body).walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            content = part.get_payload(decode=True)
            yield name, _text(content if isinstance(content, bytes) else b"", charset)
