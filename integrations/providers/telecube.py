"""Telecube. Its webhooks have no public document: only the names of the four events and of the four results are given, in our specification.
The rest is declared by us and can be corrected per configuration. Dialing is known from a customer's public code, the list of calls from the
operator's wiki (docs/providers/telecube.md)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from calls.statuses import Source, Status
from integrations.events import Account, CallEvent, CallPage, Delivery, DialOrder, OutboundRequest, OutboundResponse
from integrations.field_map import DIRECTIONS, FieldMap, check_call_id
from integrations.field_values import read_kind, read_number, read_seconds, read_time
from integrations.operator_api import (
    FORM,
    address,
    answer_fields,
    answer_json,
    credential,
    digits,
    form,
    refusal,
    required,
    rows,
    text,
    wall_clock,
)
from integrations.provider import InvalidSettings, Provider, Refused, provider_word

_PANEL = "https://panel.telecube.pl"
_PAGE_ROWS = 1000
_LIST_SETTINGS = {"url": str, "same_ids": bool, "duration_is_talk": bool}
_LIST_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", re.ASCII)


class Telecube(Provider):
    slug = "telecube"
    name = "Telecube"
    evidence = "declared"
    can_dial = True
    can_list = True
    webhook_events = ("queue_start", "queue_hangup", "call_start", "call_end")
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUE START": Status.QUEUED,
        "CALL START": Status.RINGING,  # a leg is offered, which is not yet an answer
        "QUEUE HANGUP": Status.NO_ANSWER,  # unless it says otherwise
        "ANSWERED": Status.ANSWERED,
        "ANSWER": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "FAILED": Status.FAILED,
        "NO ANSWER": Status.NO_ANSWER,
        "NOANSWER": Status.NO_ANSWER,
    }
    field_map = FieldMap(
        events={provider_word(event): event for event in webhook_events},
        statuses=statuses,
        others=frozenset({"list"}),
    )

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)
        _check_list_settings(settings.get("list", {}))

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        return [reading.tell(reading.event(delivery.event))]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """`web_call` rings contact_a, then contact_b, and presents caller_id to both."""
        login = required(account.api_login, "Put the login of Telecube's panel into the configuration's api_login.")
        telephones = [digits(order.line_number or order.line), digits(order.number)]
        first, second = reversed(telephones) if order.customer_first else telephones
        fields = {
            "api_key": required(account.api_key, "Put Telecube's API key into the configuration's api_key."),
            "caller_id": digits(required(order.caller_id, "Give the configuration a main number to present.")),
            "contact_a": first,
            "contact_b": second,
            "set_caller_id_leg": "ab",
        }
        return OutboundRequest(
            method="POST",
            url=address(account, _PANEL, f"/api/{quote(login, safe='')}/web_call/"),
            headers={"Content-Type": FORM, "Accept": "application/json"},
            body=form(fields.items()),
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """Accepted only by 200 with `error` = `OK`. No id of the call is known to be told."""
        if response.status != 200:
            raise _refused(response, account)
        if answer_fields(response).get("error") != "OK":
            raise refusal(response, account, self.name)
        return ""

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest | None:
        wanted = account.settings.get("list", {})
        if not wanted.get("url") or not wanted.get("same_ids"):
            return None
        first, last = wall_clock(since, until, account)
        span = f"dateFrom={quote(first, safe=':')}&dateTo={quote(last, safe=':')}"
        return _page(f"{wanted['url'].rstrip('/')}/publicApi/callHistory?{span}", account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        if response.status != 200:
            raise _refused(response, account)
        content = answer_json(response, self.name)
        if content.get("success") is not True:
            raise refusal(response, account, self.name)
        found = rows(content, "data")
        calls = [_listed(row, account) for row in found if text(row, "service") == "CALL"]
        return CallPage(events=calls, next=_following(response.url, account) if len(found) >= _PAGE_ROWS else None)


def _listed(row: Mapping[str, Any], account: Account) -> CallEvent:
    """A row has no result. Without duration it is only concluded that nobody answered; with one, what it measures must have been told us."""
    word = provider_word(text(row, "callDirection"))
    external = row.get("externalNumber")
    number = read_number(text(external, "numberNotFormatted")) if isinstance(external, Mapping) else ""
    seconds = read_seconds(text(row, "duration"))
    is_talk = bool(account.settings["list"].get("duration_is_talk"))
    started_at = read_time(text(row, "callDate"), account.time_zone)
    status, source = (Status.ANSWERED if is_talk else None), Source.LIST
    if not seconds:
        status, source = Status.NO_ANSWER, Source.DERIVED
    return CallEvent(
        provider_call_id=check_call_id(text(row, "uuid"), missing="A row of the list has no uuid."),
        status=status,
        source=source,
        kind=DIRECTIONS.get(word) or read_kind(word),
        number_from=number if word == "IN" else "",
        number_to=number if word == "OUT" else "",
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=seconds or 0) if started_at else None,
        talk_seconds=seconds if status is Status.ANSWERED else None,
    )


def _page(url: str, account: Account) -> OutboundRequest:
    key = credential(account.api_key, "Put the key of Telecube's API CRM into the configuration's api_key.")
    return OutboundRequest(
        method="GET", url=url, headers={"Authorization": f"Bearer {key}", "Accept": "application/json"}
    )


def _following(url: str, account: Account) -> OutboundRequest:
    page = int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])
    return _page(f"{url.partition('&page=')[0]}&page={page + 1}", account)


def _refused(response: OutboundResponse, account: Account) -> Refused:
    """The operator says 401 for a wrong key and for a foreign address alike, and 403, not 429, when asked too often."""
    because = ""
    if response.status == 401:
        because = "the API key is wrong, the API is not switched on, or this server's address is not on Telecube's list"
    elif response.status in (403, 429) and (response.status == 429 or b"limit" in response.body.lower()):
        because = "it was asked too often; try again later"
    elif response.status == 403:
        because = "the key may not do this, or this server's address is not on Telecube's list"
    return refusal(response, account, Telecube.name, because=because)


def _check_list_settings(settings: Any) -> None:
    if not isinstance(settings, Mapping):
        raise InvalidSettings("list", "must be an object.")
    for key, value in settings.items():
        kind = _LIST_SETTINGS.get(key)
        if kind is None:
            raise InvalidSettings(f"list.{key}", f"no such setting; use one of: {', '.join(_LIST_SETTINGS)}.")
        if not isinstance(value, kind):
            raise InvalidSettings(f"list.{key}", "must be an address." if kind is str else "must be true or false.")
    if "url" in settings and not _LIST_URL.fullmatch(settings["url"]):
        raise InvalidSettings("list.url", "give the address of your CRM, such as https://name.ccrm.pl.")
