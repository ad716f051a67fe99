"""A request to dial that a configuration describes, for providers whose API nobody has documented.

    {
        "method": "POST",
        "url": "https://api.example.com/{api_login}/calls",
        "query": {"from": "{line}"},
        "headers": {"Authorization": "Bearer {api_key}"},
        "json": {"a": "{first}", "b": "{second:digits}", "ref": "{reference}"},     or "form": {…}, or "xml": "<call>…</call>"
        "success": {"status": [200], "field": "error", "equals": "OK"},
        "call_id": "data.id"
    }

Only `url` is required. A value is put in by where it stands: quoted in the address, encoded in query and form, as a JSON string, escaped in XML;
so no number, login or key can become a part of the request's structure.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from calls.sentences import Sentence, _
from integrations.providers.foundation.events import Account, DialOrder, OutboundRequest, Settings
from integrations.providers.foundation.provider import InvalidSettings, Refused
from integrations.providers.foundation.provider_api import FORM, JSON, digits

Fill = Callable[[str], str]

_PLACEHOLDER = re.compile(r"\{([^{}\s\"':,]+)(?::([^{}\s\"',]*))?\}")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_URL = re.compile(r"https?://[^/{}@?#\s]+(/|\?|$)", re.ASCII)
_PARTS = ("method", "url", "query", "headers", "json", "form", "xml", "success", "call_id")
_BODIES = ("json", "form", "xml")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type"})
_METHODS = ("GET", "POST", "PUT")
_WRITINGS: Mapping[str, Callable[[str], str]] = {
    "": str,
    "digits": digits,
    "national": lambda number: number.removeprefix("+48"),
}
PLACEHOLDERS = (
    "first", "second", "number", "line", "line_login", "line_number", "caller_id", "reference", "callback_url", "api_login", "api_key", "basic",
)  # fmt: skip
_DEEPEST = 10


def check(template: object) -> None:
    """Raise InvalidSettings, naming the culprit under `dial`, unless a request can be made from the template."""
    if not isinstance(template, Mapping):
        raise InvalidSettings("dial", _("must be an object."))
    if unknown := next((part for part in template if part not in _PARTS), None):
        raise InvalidSettings(f"dial.{unknown}", _("no such part; use one of: %(known)s."), known=", ".join(_PARTS))
    url = template.get("url")
    if not isinstance(url, str) or not _URL.match(url):
        raise InvalidSettings("dial.url", _("must begin with https:// and a host, without placeholders up to there."))
    if template.get("method", "POST") not in _METHODS:
        raise InvalidSettings("dial.method", _("must be one of: %(known)s."), known=", ".join(_METHODS))
    if sum(part in template for part in _BODIES) > 1:
        raise InvalidSettings("dial", _("give at most one of: %(known)s."), known=", ".join(_BODIES))
    _check_headers(template.get("headers", {}))
    _check_texts("dial.query", template.get("query", {}))
    _check_texts("dial.form", template.get("form", {}))
    _check_texts("dial", {part: template[part] for part in ("xml", "call_id") if part in template})
    for part in ("url", "query", "headers", *_BODIES):
        _check_placeholders(f"dial.{part}", template.get(part, ""))
    _check_success(template.get("success", {}))


def _check_headers(headers: Mapping[str, object]) -> None:
    _check_texts("dial.headers", headers)
    for name in headers:
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            raise InvalidSettings(f"dial.headers.{name}", _("is no header that may be set here."))


def _check_texts(name: str, value: object) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        raise InvalidSettings(name, _("must be an object of texts."))


def _check_placeholders(name: str, value: object, depth: int = 0) -> None:
    if depth > _DEEPEST:
        raise InvalidSettings(name, _("is nested too deep."))
    if isinstance(value, Mapping):
        for key, member in value.items():
            if _PLACEHOLDER.search(str(key)):
                raise InvalidSettings(name, _("a name cannot be a placeholder."))
            _check_placeholders(name, member, depth + 1)
    elif isinstance(value, list):
        for member in value:
            _check_placeholders(name, member, depth + 1)
    elif isinstance(value, str):
        for found, writing in _PLACEHOLDER.findall(value):
            if found not in PLACEHOLDERS or writing not in _WRITINGS:
                template = _("{%(name)s} is no placeholder; use one of: %(known)s.")
                raise InvalidSettings(name, template, name=found, known=", ".join(PLACEHOLDERS))


def _check_success(rule: object) -> None:
    if not isinstance(rule, Mapping) or set(rule) - {"status", "field", "equals"}:
        raise InvalidSettings("dial.success", _("takes status, field and equals."))
    statuses = rule.get("status", [200])
    plain = isinstance(statuses, list) and all(type(each) is int and 200 <= each < 300 for each in statuses)
    if not plain or not statuses:
        raise InvalidSettings("dial.success.status", _("must be a list of codes from 200 to 299."))
    if ("field" in rule) != ("equals" in rule) or not all(
        isinstance(rule.get(key, ""), str) for key in ("field", "equals")
    ):
        raise InvalidSettings("dial.success", _("field and equals go together and are texts."))


def can_ring_customer_first(template: Mapping[str, object]) -> bool:
    """Whether the template says in which order to ring."""
    used = {name for name, _writing in _PLACEHOLDER.findall(json.dumps(template))}
    return {"first", "second"} <= used


def fill(template: Settings, order: DialOrder, account: Account) -> OutboundRequest:
    """The request. `template` has been checked. Raises Refused when the template uses what the order or the configuration lacks."""
    values = _values(order, account)

    def plain(text: str) -> str:
        return _filled(text, values, str)

    url = _filled(template["url"], values, lambda value: quote(value, safe=""))
    if template.get("query"):
        pairs = urlencode([(name, plain(text)) for name, text in template["query"].items()])
        url += ("&" if "?" in url else "?") + pairs
    headers = {name: plain(text) for name, text in template.get("headers", {}).items()}
    content_type, body = _body(template, plain, lambda text: _filled(text, values, _xml))
    if body:
        headers["Content-Type"] = content_type
    return OutboundRequest(method=template.get("method", "POST"), url=url, headers=headers, body=body)


def _body(template: Settings, plain: Fill, xml: Fill) -> tuple[str, bytes]:
    if "json" in template:
        return JSON, json.dumps(_within(template["json"], plain)).encode()
    if "form" in template:
        return FORM, urlencode([(name, plain(text)) for name, text in template["form"].items()]).encode()
    return "application/xml; charset=utf-8", xml(template.get("xml", "")).encode()


def _within(value: object, plain: Fill) -> object:
    if isinstance(value, Mapping):
        return {key: _within(member, plain) for key, member in value.items()}
    if isinstance(value, list):
        return [_within(member, plain) for member in value]
    return plain(value) if isinstance(value, str) else value


def _values(order: DialOrder, account: Account) -> Mapping[str, str]:
    line = order.line_number or order.line
    first, second = (order.number, line) if order.customer_first else (line, order.number)
    credentials = f"{account.api_login}:{account.api_key}" if account.api_key else ""
    return {
        "first": first,
        "second": second,
        "number": order.number,
        "line": order.line,
        "line_login": order.line_login,
        "line_number": order.line_number,
        "caller_id": order.caller_id,
        "reference": order.reference,
        "callback_url": order.callback_url,
        "api_login": account.api_login,
        "api_key": account.api_key,
        "basic": base64.b64encode(credentials.encode()).decode(),
    }


def _filled(text: str, values: Mapping[str, str], write: Fill) -> str:
    def value_of(match: re.Match[str]) -> str:
        value = values[match[1]]
        if not value:
            template = _("settings.dial asks for {%(name)s}, and the line or the configuration has none.")
            raise Refused(Sentence(template, name=match[1]))
        return write(_WRITINGS[match[2] or ""](value))

    return _PLACEHOLDER.sub(value_of, text)


def _xml(value: str) -> str:
    return escape(value, {'"': "&quot;", "'": "&apos;"})
