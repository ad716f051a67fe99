"""A request that places a call, written by staff, for operators whose API is not public.

The object `dial` of a configuration's settings:

    {
        "url": "https://pbx.example.com/api/call/{agent}",    placeholders after the host only
        "method": "POST",                                     or GET, PUT; POST when left out
        "headers": {"Authorization": "Bearer {key}"},         optional
        "json": {"to": "{number}", "note": {"ref": "{ref}"}}, the body as JSON, or
        "form": {"to": "{number}"},                           the body as a form, or neither
        "success": {"status": 200, "path": "result.code", "equals": "OK"},
        "call_id": "result.id",                               where the answer has the operator's id of the call; optional
        "error": "result.message"                             where it has its reason; optional
    }

A value put into the address is percent-encoded, into JSON or a form escaped as those need it; so no number or name can add to the request.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from integrations.events import Account, DialOrder, OutboundRequest, OutboundResponse
from integrations.exchange import as_words, digits, read_object, refusal, text_at
from integrations.provider import InvalidSettings, Refused, Unreadable

PLACEHOLDERS = {
    "agent": "the line's SIP number",
    "number": "the number to call",
    "number_digits": "the number to call",
    "caller_id": "the configuration's number",
    "caller_id_digits": "the configuration's number",
    "ref": "our reference",
    "login": "the configuration's api_login",
    "key": "the configuration's api_key",
}
_PARTS = ("url", "method", "headers", "json", "form", "success", "call_id", "error")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_URL = re.compile(r"https?://[^/?#{}@\s]+([/?][^#\s]*)?")
_HEADER = re.compile(r"[0-9A-Za-z-]+")
_METHODS = ("POST", "GET", "PUT")
_DEEPEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    url: str
    method: str
    headers: Mapping[str, str]
    json: object
    "None: the body is not JSON."
    form: Mapping[str, str] | None
    statuses: tuple[int, ...]
    "Those that mean yes; empty: any from 200 to 299."
    path: str
    equals: str
    call_id: str
    error: str

    def fill(self, order: DialOrder, account: Account) -> OutboundRequest:
        """The request for this call. Raises Refused when a placeholder has no value."""
        values = self._values(order, account)

        def put(text: str, escape: Callable[[str], str] = str) -> str:
            return _PLACEHOLDER.sub(lambda found: escape(values[found[1]]), text)

        headers = {name: put(value) for name, value in self.headers.items()}
        body, kind = b"", ""
        if self.form is not None:
            pairs = {name: put(value) for name, value in self.form.items()}
            body, kind = urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        elif self.json is not None:
            body, kind = json.dumps(_map_texts(self.json, put)).encode(), "application/json"
        if kind and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = kind
        url = put(self.url, lambda value: quote(value, safe=""))
        return OutboundRequest(method=self.method, url=url, headers=headers, body=body)

    def _values(self, order: DialOrder, account: Account) -> Mapping[str, str]:
        values = {
            "agent": order.line,
            "number": order.number,
            "number_digits": digits(order.number),
            "caller_id": order.caller_id,
            "caller_id_digits": digits(order.caller_id),
            "ref": order.reference,
            "login": account.api_login,
            "key": account.api_key,
        }
        used = {name for text in self._texts() for name in _PLACEHOLDER.findall(text)}
        for name in sorted(used):
            if not values[name]:
                raise Refused(f"settings.dial uses {{{name}}}, but {PLACEHOLDERS[name]} is empty.")
        return values

    def _texts(self) -> Iterable[str]:
        return (self.url, *self.headers.values(), *_texts_of(self.json), *(self.form or {}).values())

    def read_answer(self, response: OutboundResponse, account: Account, *, name: str) -> str:
        """The operator's id of the call, or "". Raises Refused unless `success` holds."""
        try:
            document = read_object(response)
        except Unreadable:
            document = {}
        fits = response.status in (self.statuses or range(200, 300))
        if fits and (not self.path or text_at(document, self.path) == self.equals):
            return text_at(document, self.call_id) if self.call_id else ""
        said = text_at(document, self.error) if self.error else ""
        words = as_words(said or response.body.decode("utf-8", "replace"), account)
        raise refusal(name, response, words=words, hint="settings.dial.success says what a yes looks like.")


def read_template(dial: object) -> RequestTemplate:
    """Raises InvalidSettings, naming the culprit and the cure."""
    parts = _object(dial, "dial", _PARTS)
    if "json" in parts and "form" in parts:
        raise InvalidSettings("dial.form", "give the body as json or as form, not both.")
    success = _object(parts.get("success"), "dial.success", ("status", "path", "equals"))
    if "status" not in success and "path" not in success:
        raise InvalidSettings("dial.success", "say how the operator's yes looks: status, or path and equals, or both.")
    if ("path" in success) != bool(text_at(success, "equals")):
        raise InvalidSettings("dial.success", "path and equals belong together; equals is a text or a number.")
    template = RequestTemplate(
        url=_text(parts.get("url"), "dial.url", fits=_URL, such_as="https://pbx.example.com/api/call?to={number}"),
        method=_text(parts.get("method", "POST"), "dial.method"),
        headers=_texts(parts.get("headers", {}), "dial.headers"),
        json=_checked_json(parts.get("json"), "dial.json"),
        form=_texts(parts["form"], "dial.form") if "form" in parts else None,
        statuses=_statuses(success.get("status", [])),
        path=_text(success.get("path", ""), "dial.success.path", may_be_empty="path" not in success),
        equals=text_at(success, "equals"),
        call_id=_text(parts.get("call_id", ""), "dial.call_id", may_be_empty=True),
        error=_text(parts.get("error", ""), "dial.error", may_be_empty=True),
    )
    if template.method not in _METHODS:
        raise InvalidSettings("dial.method", f"use one of: {', '.join(_METHODS)}.")
    if template.method == "GET" and (template.json is not None or template.form is not None):
        raise InvalidSettings("dial.method", "a GET has no body; put the values into the url.")
    if not all(_HEADER.fullmatch(name) and value.isprintable() for name, value in template.headers.items()):
        raise InvalidSettings("dial.headers", "names are letters, digits and dashes; values are one line of text.")
    return template


def _object(value: object, field: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidSettings(field, f"must be an object with {', '.join(names)}.")
    for name in value:
        if name not in names:
            raise InvalidSettings(f"{field}.{name}", f"no such part; use one of: {', '.join(names)}.")
    return value


def _text(
    value: object, field: str, *, fits: re.Pattern[str] | None = None, such_as: str = "", may_be_empty: bool = False
) -> str:
    if not isinstance(value, str) or (not value and not may_be_empty):
        raise InvalidSettings(field, f"must be a text{f', such as {such_as}' if such_as else ''}.")
    if fits and not fits.fullmatch(value):
        raise InvalidSettings(field, f"must look like {such_as}, without user, password and placeholders in the host.")
    for name in _PLACEHOLDER.findall(value):
        if name not in PLACEHOLDERS:
            raise InvalidSettings(field, f"{{{name}}} is not known; use one of: {', '.join(PLACEHOLDERS)}.")
    return value


def _texts(value: object, field: str) -> Mapping[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidSettings(field, "must be an object of texts.")
    return {name: _text(text, f"{field}.{name}", may_be_empty=True) for name, text in value.items()}


def _checked_json(value: object, field: str) -> object:
    try:
        for text in _texts_of(value):
            _text(text, field, may_be_empty=True)
    except RecursionError as error:
        raise InvalidSettings(field, f"is nested deeper than {_DEEPEST} times.") from error
    return value


def _texts_of(value: object, depth: int = 0) -> Iterable[str]:
    """The texts in a JSON value."""
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for member in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_of(member, depth + 1)


def _map_texts(value: object, change: Callable[[str], str]) -> object:
    """A JSON value with its texts changed; the names in objects stay."""
    if isinstance(value, Mapping):
        return {name: _map_texts(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_map_texts(member, change) for member in value]
    return change(value) if isinstance(value, str) else value


def _statuses(value: object) -> tuple[int, ...]:
    given = value if isinstance(value, list) else [value]
    if not all(isinstance(each, int) and not isinstance(each, bool) and 200 <= each < 300 for each in given):
        raise InvalidSettings("dial.success.status", "give HTTP statuses from 200 to 299, such as 200 or [200, 202].")
    return tuple(given)
