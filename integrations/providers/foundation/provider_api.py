"""Shared by adapters that call a provider's API and read its responses. Nothing here sends anything."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from calls.sentences import Sentence, _
from integrations.providers.foundation.decoding import decode_body
from integrations.providers.foundation.events import Account, OutboundResponse
from integrations.providers.foundation.provider import Refused, Unreadable

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LONGEST_WORDS = 200
_MESSAGE_FIELDS = (
    "message",
    "detail",
    "hydra:description",
    "description",
    "error.message",
    "error_description",
    "error",
    "title",
)
_BECAUSE = {401: _("the login or the key is wrong"), 429: _("it was asked too often; try again later")}
_CREDENTIAL = re.compile(r"[\x21-\x7e]+")


def required(value: str, sentence: str) -> str:
    """The value, or Refused with that sentence if the configuration lacks it."""
    if not value:
        raise Refused(sentence)
    return value


def credential(value: str, sentence: str) -> str:
    """The same for a key or login used in a header: line breaks and blanks mean that it was pasted incorrectly."""
    if not _CREDENTIAL.fullmatch(required(value, sentence)):
        template = _("The key or login has a blank or a character that none can have. %(cure)s")
        raise Refused(Sentence(template, cure=Sentence(sentence)))
    return value


def address(account: Account, default: str, path: str) -> str:
    """The path under the configuration's api_url, or under the provider's default address."""
    return (account.api_url or default).rstrip("/") + path


def basic_authorization(login: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{key}".encode()).decode()


def form(pairs: Iterable[tuple[str, str]]) -> bytes:
    return urlencode(list(pairs)).encode()


def digits(number: str) -> str:
    """E.164 without its plus: `48501502503`. An extension stays as it is."""
    return number.removeprefix("+")


def wall_clock(since: datetime, until: datetime, account: Account) -> tuple[str, str]:
    """The span in the provider's local time, `2026-01-15 10:00:00`. Where clocks change within it, an hour wider on both sides."""
    first, last = since.astimezone(account.time_zone), until.astimezone(account.time_zone)
    slack = timedelta(hours=1) if first.utcoffset() != last.utcoffset() else timedelta()
    return (
        f"{first.replace(tzinfo=None) - slack:%Y-%m-%d %H:%M:%S}",
        f"{last.replace(tzinfo=None) + slack:%Y-%m-%d %H:%M:%S}",
    )


def answer_fields(response: OutboundResponse) -> dict[str, str]:
    """The answer's flat fields (`decoding.decode`), empty when it has none. Raises Unreadable."""
    return decode_body(response.body)


def answer_json(response: OutboundResponse, name: str) -> Mapping[str, object]:
    """The answer's JSON object. Raises Unreadable."""
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Unreadable(Sentence(_("%(name)s answered with something that is no JSON object."), name=name))
    return content


def rows(content: Mapping[str, object], *names: str) -> list[Mapping[str, object]]:
    """The list of objects under the first of those names. Raises Unreadable when there is none."""
    found = next((content[name] for name in names if name in content), None)
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable(Sentence(_("The answer has no list named %(name)s."), name=names[0]))
    return found


def text(row: Mapping[str, object], name: str) -> str:
    """A plain value of a row as text; empty when it is missing or not plain."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def words(response: OutboundResponse, account: Account) -> str:
    """The provider's own message in its response: short, printable, and without our key."""
    try:
        fields = answer_fields(response)
    except Unreadable:
        return ""
    found = next((fields[name] for name in _MESSAGE_FIELDS if fields.get(name)), "")
    if account.api_key:
        found = found.replace(account.api_key, "…")
    return "".join(each for each in " ".join(found.split()) if each.isprintable())[:LONGEST_WORDS]


def refusal(response: OutboundResponse, account: Account, name: str, *, because: str = "") -> Refused:
    """The provider's refusal as a sentence: the reason, if known, and its own words, if there are any.

    because: a text that is marked for translation.
    """
    places = {"name": name, "status": str(response.status)}
    if 300 <= response.status < 400:
        redirected = _(
            "%(name)s redirects elsewhere (HTTP %(status)s), and that is not followed: correct the API address."
        )
        return Refused(Sentence(redirected, **places))
    answer = words(response, account).removesuffix(".")
    because = because or _BECAUSE.get(response.status, "")
    if because and answer:
        refused = _("%(name)s refused (HTTP %(status)s): %(because)s — %(words)s.")
        return Refused(Sentence(refused, because=Sentence(because), words=answer, **places))
    if because:
        return Refused(
            Sentence(_("%(name)s refused (HTTP %(status)s): %(because)s."), because=Sentence(because), **places)
        )
    if answer:
        return Refused(Sentence(_("%(name)s refused (HTTP %(status)s) — %(words)s."), words=answer, **places))
    return Refused(Sentence(_("%(name)s refused (HTTP %(status)s)."), **places))
