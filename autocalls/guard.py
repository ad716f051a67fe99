"""Keeps the public door from being used to ring strangers or to spend the company's money.

Whatever a request claims of itself (Origin, a forwarded address) can be forged; what is trusted here is the number, the address the connection came
from (`voipcrm.middleware.client_address`), our own signed form token, and what the database counts.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet, Value
from django.utils import timezone

from autocalls import locks
from autocalls.models import BY_VISITOR, Autocall, UsedFormToken
from calls.identity import is_ours
from sips import phone_numbers
from sips.fields import DEFAULT_COUNTRY
from sips.phone_numbers import Tariff
from widgets import form_tokens
from widgets.models import Widget

HONEYPOT = "website"
"""The name of a field that people do not see; who fills it in is a script."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Refused(Exception):
    """A visitor's wish that is not met: `code` says why, `field` which part of it, `retry_after` when it may be tried again."""

    def __init__(self, code: str, field: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as it is counted: an IPv4 address or an IPv6 /64 (what one customer is given), and the network around it."""

    address: str
    network: str

    @classmethod
    def of(cls, address: str) -> "Origin":
        parsed = ipaddress.ip_address(address)
        one, many = (32, 24) if parsed.version == 4 else (64, 48)
        own = ipaddress.ip_network(f"{address}/{one}", strict=False)
        around = ipaddress.ip_network(f"{address}/{many}", strict=False)
        return cls(str(own.network_address if parsed.version == 4 else own), str(around))


class Limit(NamedTuple):
    """At most `most` requests that have this in common, in any window of that length."""

    code: str
    common: Mapping[str, Any]
    window: timedelta
    most: int


def check_form(widget: Widget, wish: Mapping[str, Any]) -> str:
    """The nonce of the form token, "" where the widget demands none. Raises Refused."""
    if wish.get(HONEYPOT):
        raise Refused("robot")
    if not widget.form_token_required:
        return ""
    try:
        return form_tokens.read(wish.get("form_token", ""), widget.pk)
    except form_tokens.BadFormToken as problem:
        raise Refused("form_expired", "form_token") from problem


def check_number(widget: Widget, written: str) -> str:
    """The number in E.164 if it may be called. Raises Refused."""
    number = phone_numbers.normalise(written, widget.voip.country if widget.voip else DEFAULT_COUNTRY)
    if not phone_numbers.is_e164(number):
        raise Refused("number_invalid", "number")
    tariff, country = phone_numbers.tariff(number)
    if tariff is Tariff.UNKNOWN:
        raise Refused("number_invalid", "number")
    if tariff is not Tariff.PLAIN or is_ours(number):
        raise Refused("number_refused", "number")
    if widget.allowed_countries and country not in widget.allowed_countries:
        raise Refused("country_refused", "number")
    return number


def hold_counts(widget: Widget, number: str, origin: Origin, nonce: str) -> None:
    """From here to the end of the transaction nobody else passes who would be counted together with this request."""
    counted = [f"{limit.code}:{limit.common}" for limit in limits(widget, number, origin)]
    locks.hold(*counted, *([f"form:{nonce}"] if nonce else []))  # without a token there is nothing in common


def check_limits(widget: Widget, number: str, origin: Origin) -> None:
    """Raises Refused. Exact under `hold_counts`."""
    now = timezone.now()
    counted = {limit.code: limit for limit in limits(widget, number, origin)}
    first, *others = (_oldest_that_counts(limit, now) for limit in counted.values())
    waits = {code: oldest + counted[code].window - now for code, oldest in first.union(*others, all=True)}
    reached = next((code for code in counted if code in waits), None)
    if reached is not None:
        raise Refused(reached, retry_after=max(waits.values()))


def use_form_token(nonce: str) -> None:
    """A token is good for one request. Raises Refused. Exact under `hold_counts`."""
    if nonce and not UsedFormToken.objects.get_or_create(nonce=nonce)[1]:
        raise Refused("form_expired", "form_token")


def limits(widget: Widget, number: str, origin: Origin) -> Iterator[Limit]:
    yield Limit("limit_number", {"number": number}, DAY, settings.AUTOCALLS_PER_NUMBER_A_DAY)
    yield Limit("limit_address", {"address": origin.address}, HOUR, settings.AUTOCALLS_PER_ADDRESS_AN_HOUR)
    yield Limit("limit_network", {"network": origin.network}, HOUR, settings.AUTOCALLS_PER_NETWORK_AN_HOUR)
    yield Limit("limit_widget_hour", {"widget": widget.pk}, HOUR, settings.AUTOCALLS_PER_WIDGET_AN_HOUR)
    yield Limit("limit_widget_day", {"widget": widget.pk}, DAY, widget.daily_limit)


def _oldest_that_counts(limit: Limit, now: datetime) -> "QuerySet[Autocall, tuple[str, datetime]]":
    """The request that has to leave the window before another may be made; none while there is room."""
    made = Autocall.objects.filter(BY_VISITOR, created_at__gt=now - limit.window, **limit.common)
    newest_first = made.order_by("-created_at").annotate(code=Value(limit.code)).values_list("code", "created_at")
    return newest_first[limit.most - 1 : limit.most]
