"""Telecube. Its webhooks have no public document: only the names of the four events and of the four results are given, in our specification.
The rest is declared by us and can be corrected per configuration. Dialing is known from a customer's public code, the list of calls from the
provider's wiki (docs/providers/telecube.md).

How its webhooks write numbers is not documented: they are read by the rules of the configuration's country, and a foreign number without a plus
stays as given. `web_call` takes `48225999999`, the country code without a plus (github.com/worotyns/click2call)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from calls.sentences import _
from calls.statuses import Source, Status
from integrations.providers.foundation.call_ids import check_call_id
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    CallPage,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)
from integrations.providers.foundation.field_map import FieldMap
from integrations.providers.foundation.field_values import read_caller, read_kind, read_seconds, read_time
from integrations.providers.foundation.pbx_words import DIRECTIONS
from integrations.providers.foundation.provider import InvalidSettings, Provider, Refused, provider_word
from integrations.providers.foundation.provider_api import (
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
from integrations.providers.foundation.reading import read_events

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
    steps = (
        _(
            "In Telecube's panel enter each of the addresses below for its event; where there is room for one only, the address without an event."
        ),
        _("API login and API key are those of the panel; they are needed for placing calls alone."),
        _("Then call your number once: what cannot be read is kept, and “What does this say?” on its page teaches it."),
    )
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
    field_map: ClassVar[FieldMap] = FieldMap(
        events={provider_word(event): event for event in webhook_events},
        statuses=statuses,
        others=frozenset({"list"}),
    )

    def validate_settings(self, settings: Mapping[str, object]) -> None:
        self.field_map.configured(settings)
        _check_list_settings(settings.get("list", {}))

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        return read_events(delivery, account, self.field_map)

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """`web_call` rings contact_a, then contact_b, and shows caller_id to both."""
        login = required(account.api_login, _("Put the login of Telecube's panel into the configuration's api_login."))
        telephones = [digits(order.line_number or order.line), digits(order.number)]
        first, second = reversed(telephones) if order.customer_first else telephones
        fields = {
            "api_key": required(account.api_key, _("Put Telecube's API key into the configuration's api_key.")),
            "caller_id": digits(required(order.caller_id, _("Give the configuration a main number to present."))),
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
        """Accepted only by 200 with `error` = `OK`. No id of the call is known to be returned."""
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


def _listed(row: Mapping[str, object], account: Account) -> CallEvent:
    """A row has no result. Without a duration it is concluded as NO ANSWER; with one, its meaning must be configured."""
    word = provider_word(text(row, "callDirection"))
    external = row.get("externalNumber")
    number = read_caller(text(external, "numberNotFormatted")) if isinstance(external, Mapping) else ""
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
    key = credential(account.api_key, _("Put the key of Telecube's API CRM into the configuration's api_key."))
    return OutboundRequest(
        method="GET", url=url, headers={"Authorization": f"Bearer {key}", "Accept": "application/json"}
    )


def _following(url: str, account: Account) -> OutboundRequest:
    page = int(parse_qs(urlsplit(url).query).get("page", ["1"])[0])
    return _page(f"{url.partition('&page=')[0]}&page={page + 1}", account)


def _refused(response: OutboundResponse, account: Account) -> Refused:
    """The provider returns 401 both for a wrong key and for a forbidden address, and 403, not 429, for too many requests."""
    because = ""
    if response.status == 401:
        because = _(
            "the API key is wrong, the API is not switched on, or this server's address is not on Telecube's list"
        )
    elif response.status in (403, 429) and (response.status == 429 or b"limit" in response.body.lower()):
        because = _("it was asked too often; try again later")
    elif response.status == 403:
        because = _("the key may not do this, or this server's address is not on Telecube's list")
    return refusal(response, account, Telecube.name, because=because)


def _check_list_settings(settings: object) -> None:
    if not isinstance(settings, Mapping):
        raise InvalidSettings("list", _("must be an object."))
    for key, value in settings.items():
        kind = _LIST_SETTINGS.get(key)
        if kind is None:
            raise InvalidSettings(
                f"list.{key}", _("no such setting; use one of: %(known)s."), known=", ".join(_LIST_SETTINGS)
            )
        if not isinstance(value, kind):
            template = _("must be an address.") if kind is str else _("must be true or false.")
            raise InvalidSettings(f"list.{key}", template)
    if "url" in settings and not _LIST_URL.fullmatch(settings["url"]):
        raise InvalidSettings("list.url", _("give the address of your CRM, such as https://name.ccrm.pl."))
