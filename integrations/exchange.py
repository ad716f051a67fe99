"""What adapters share for talking with an operator's API: settings, addresses of pages, JSON answers, and refusals in the operator's own words."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from integrations.events import Account, OutboundResponse
from integrations.provider import InvalidSettings, Refused, Unreadable

LONGEST_WORDS = 200
T = TypeVar("T")


def read_settings(read: Callable[[Mapping[str, Any]], T], account: Account) -> T:
    """What `read` makes of the account's settings. Raises Refused where that raises InvalidSettings."""
    try:
        return read(account.settings)
    except InvalidSettings as problem:
        raise Refused(f"The configuration's settings must be corrected first. {problem}") from problem


def digits(number: str) -> str:
    """An E.164 number without its plus, as most operators write it; anything else unchanged."""
    return number.removeprefix("+")


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_query(url: str, **changes: str) -> str:
    """The address with these parameters of its query set. A blank is written `%20`."""
    query = urlencode({**query_of(url), **changes}, quote_via=quote)
    return urlsplit(url)._replace(query=query).geturl()


def read_object(response: OutboundResponse) -> Mapping[str, Any]:
    """The JSON object of an answer. Raises Unreadable and nothing else."""
    try:
        document = json.loads(response.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The answer is not JSON ({type(error).__name__}).") from error
    if not isinstance(document, dict):
        raise Unreadable("The answer is not a JSON object.")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def rows_at(document: Mapping[str, Any], *names: str) -> Sequence[Mapping[str, Any]]:
    """The list of objects under the first of the names that is there. Raises Unreadable."""
    rows = next((document[name] for name in names if name in document), None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"The answer has no list “{names[0]}” of objects.")
    return rows


def text_at(document: object, path: str) -> str:
    """The text, number or truth value at a dotted path such as `data.0.id`, as text without blanks around it; empty when there is none."""
    for name in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(name)
        elif isinstance(document, list) and name.isascii() and name.isdecimal():
            document = document[int(name)] if len(name) < 6 and int(name) < len(document) else None
        else:
            return ""
    if isinstance(document, bool):
        return str(document).lower()
    return _storable(str(document).strip()) if isinstance(document, str | int | float) else ""


def _storable(text: str) -> str:
    """No database stores a NUL character or a lone surrogate."""
    try:
        return "" if b"\0" in text.encode() else text
    except UnicodeEncodeError:
        return ""


def words_at(response: OutboundResponse, account: Account, *paths: str) -> str:
    """The operator's own words in an answer: the first of these paths that has a text; empty when there is none."""
    try:
        document = read_object(response)
    except Unreadable:
        return ""
    return as_words(next((text for path in paths if (text := text_at(document, path))), ""), account)


def as_words(text: str, account: Account) -> str:
    """A text of the operator's as part of a sentence for staff: in one line, shortened, and without our keys, should it repeat them."""
    for secret in account.api_key.split():
        text = text.replace(secret, "…")
    return "".join(each if each.isprintable() else " " for each in text[:LONGEST_WORDS]).strip()


def refusal(name: str, response: OutboundResponse, *, words: str = "", hint: str = "") -> Refused:
    """The operator's no: the HTTP status, its words where there are any, and what staff can do about it."""
    if 300 <= response.status < 400:
        hint = "It points to another address, which is not followed; correct api_url."
    said = f": “{words}”" if words else ""
    return Refused(f"{name} did not do it (HTTP {response.status}){said}. {hint}".strip())
