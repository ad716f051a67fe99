"""Prevents the public endpoint from being used to ring strangers or to spend the company's money.

Whatever a request claims of itself (Origin, a forwarded address) can be forged; what is trusted here is the number, the address the connection came
from (`voipcrm.middleware.client_address`), our own signed form token, and what the database counts.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Required, TypedDict

from django.conf import settings
from django.utils import timezone

from autocalls import locks
from autocalls.models import RequestSource, UsedFormToken
from autocalls.statuses import OPEN_IN_SQL
from calls.identity import is_ours
from calls.sql import Statement, fetch_all
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from sips.phone_numbers import Tariff
from widgets import form_tokens
from widgets.models import Widget

HONEYPOT: Final = "website"
"""A hidden field (honeypot), which only scripts fill in."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class VisitorRefused(Exception):
    """A visitor's request is refused: `code` says why, `field` which part, `retry_after` when to try again; `values` fill the sentence of that
    code."""

    def __init__(self, code: str, field: str = "", *, retry_after: timedelta | None = None, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a request, for the limits: an IPv4 address or IPv6 /64 (what one customer has), and its network."""

    address: str
    network: str

    @classmethod
    def of(cls, address: str) -> "Origin":
        parsed = ipaddress.ip_address(address)
        one, many = (32, 24) if parsed.version == 4 else (64, 48)
        own = ipaddress.ip_network(f"{address}/{one}", strict=False)
        around = ipaddress.ip_network(f"{address}/{many}", strict=False)
        return cls(str(own.network_address if parsed.version == 4 else own), str(around))


@dataclass(frozen=True, slots=True)
class Visit:
    """An admitted request: from here on only limits can refuse it."""

    widget: Widget
    number: str
    origin: Origin
    nonce: str
    'Of its form token; "" where the widget requires none.'


class VisitorRequest(TypedDict, total=False):
    """What a visitor asks for, once `VisitorCallBackSerializer` has read it."""

    number: Required[str]
    call_at: datetime | None
    name: str
    note: str
    consent: bool
    consent_version: str
    page_url: str
    form_token: str
    website: str


class Limit(NamedTuple):
    """At most `most` requests with this condition in any window of that length."""

    code: str
    common: Mapping[str, object]
    window: timedelta
    most: int


def admit(widget: Widget, requested: VisitorRequest, origin: Origin) -> Visit:
    """Raises VisitorRefused for a form that no person has filled in, and for a number that may not be called."""
    nonce = _check_form(widget, requested)
    return Visit(widget, _check_number(widget, requested["number"]), origin, nonce)


def hold(visit: Visit, *others: str) -> None:
    """Hold, until the end of the transaction, the locks of everything this request is counted by and those others, and use up its form token; a
    concurrent use of the token waits for its unique row. Raises VisitorRefused."""
    locks.hold(*(f"{limit.code}:{limit.common}" for limit in limits(visit)), *others)
    if visit.nonce and not UsedFormToken.objects.get_or_create(nonce=visit.nonce)[1]:
        raise VisitorRefused("form_expired", "form_token")


# The open call-back of the same number, and for each limit the request that must leave the window before another is allowed; no row while there is
# room. Raw SQL: every visitor waits for it twice, and composing the queries took longer than answering them.
_OPEN_OR_REACHED = Statement(
    f"""
SELECT '', created_at, id FROM autocalls_autocall
WHERE widget_id = %(limit_widget_hour)s AND number = %(limit_number)s AND status IN ({OPEN_IN_SQL})"""
    + "".join(
        f""" UNION ALL
(SELECT '{code}', created_at, NULL FROM autocalls_autocall
WHERE source = '{RequestSource.WIDGET.value}' AND created_at > %({code}_since)s AND {column} = %({code})s
ORDER BY created_at DESC OFFSET %({code}_most)s - 1 LIMIT 1)"""
        for code, column in {
            "limit_number": "number",
            "limit_address": "address",
            "limit_network": "network",
            "limit_widget_hour": "widget_id",
            "limit_widget_day": "widget_id",
        }.items()
    )
)


def open_or_within_limits(visit: Visit) -> int | None:
    """The id of the open call-back of the same number, if any. Raises VisitorRefused if there is none and another one would exceed a limit. Exact
    under `hold`."""
    now = timezone.now()
    counted = {limit.code: limit for limit in limits(visit)}
    parameters: dict[str, object] = {}
    for code, limit in counted.items():
        (parameters[code],) = limit.common.values()
        parameters |= {f"{code}_since": now - limit.window, f"{code}_most": limit.most}
    found = {code: (oldest, pk) for code, oldest, pk in fetch_all(_OPEN_OR_REACHED, parameters)}
    if "" in found:
        return int(found[""][1])
    waits = {code: oldest + counted[code].window - now for code, (oldest, _pk) in found.items()}
    reached = next((code for code in counted if code in waits), None)
    if reached is not None:
        raise VisitorRefused(reached, retry_after=max(waits.values()))
    return None


def _check_form(widget: Widget, requested: VisitorRequest) -> str:
    """The nonce of the form token, "" where the widget requires none. Raises VisitorRefused."""
    if requested.get(HONEYPOT):
        raise VisitorRefused("robot")
    if not widget.form_token_required:
        return ""
    try:
        return form_tokens.read(requested.get("form_token", ""), widget.pk)
    except form_tokens.BadFormToken as problem:
        raise VisitorRefused("form_expired", "form_token") from problem


def _check_number(widget: Widget, written: str) -> str:
    """The number in E.164. Raises VisitorRefused where it may not be called."""
    _number, extension = phone_numbers.split_extension(written)
    if extension:
        raise VisitorRefused("number_extension", "number", extension=extension)
    number = phone_numbers.normalise(written, widget.voip.country if widget.voip else DEFAULT_COUNTRY)
    if not phone_numbers.is_e164(number):
        raise VisitorRefused("number_invalid", "number")
    tariff, country = phone_numbers.tariff(number)
    if tariff is Tariff.UNKNOWN:
        raise VisitorRefused("number_invalid", "number")
    if tariff is not Tariff.PLAIN or is_ours(number):
        raise VisitorRefused("number_refused", "number")
    if not widget.may_call(country):
        raise VisitorRefused("country_refused", "number")
    return number


def limits(visit: Visit) -> Iterator[Limit]:
    widget, origin = visit.widget, visit.origin
    yield Limit("limit_number", {"number": visit.number}, DAY, settings.AUTOCALLS_PER_NUMBER_A_DAY)
    yield Limit("limit_address", {"address": origin.address}, HOUR, settings.AUTOCALLS_PER_ADDRESS_AN_HOUR)
    yield Limit("limit_network", {"network": origin.network}, HOUR, settings.AUTOCALLS_PER_NETWORK_AN_HOUR)
    yield Limit("limit_widget_hour", {"widget": widget.pk}, HOUR, settings.AUTOCALLS_PER_WIDGET_AN_HOUR)
    yield Limit("limit_widget_day", {"widget": widget.pk}, DAY, widget.daily_limit)
