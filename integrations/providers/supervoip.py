"""SuperVoIP. The webhook's field names are known from a customer's public code, its wire format and most result words are not. The API's paths
and fields are the provider's own (https://restapi.supervoip.pl), its answers are not shown there (docs/providers/supervoip.md).

Numbers are national in the API's examples (`700100200`, nine digits) and with the country code in its SMS (`48…`, no plus); how webhooks
write them is not documented, so they are read by the rules of the configuration's country, and a foreign number without a plus stays as given."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from calls.reasons import Reason
from calls.sentences import Sentence, _
from calls.statuses import RESULTS, Kind, Source, Status
from integrations.providers.foundation.answers import without_answer
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
from integrations.providers.foundation.field_values import read_caller, read_number, read_seconds, read_time
from integrations.providers.foundation.pbx_words import CANDIDATES, REASONS
from integrations.providers.foundation.provider import InvalidSettings, Provider, Refused, provider_word
from integrations.providers.foundation.provider_api import (
    JSON,
    address,
    answer_json,
    credential,
    digits,
    refusal,
    rows,
    text,
    wall_clock,
)
from integrations.providers.foundation.reading import read_events

_API = "https://restapi.supervoip.pl"
_IRI = re.compile(r"/api/sips/[A-Za-z0-9-]{1,40}", re.ASCII)
_PAGE_ROWS = 100
_DAY, _TIME = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII), re.compile(r"\d\d:\d\d:\d\d", re.ASCII)
_FIELDS = {
    **CANDIDATES,
    "event": ("status",),
    "call_id": ("callid", "uniqueid"),
    "reference": ("callid",),
    "from": ("numbera",),
    "to": ("numberb",),
    "line": ("sipnumber",),
    "direction": ("direction",),
    "status": ("disposition",),
    "talk_seconds": ("billseconds",),
    "event_time": ("createdat",),
}


class SuperVoip(Provider):
    slug = "supervoip"
    name = "SuperVoIP"
    evidence = "observed"
    can_dial = True
    can_list = True
    unused = frozenset({"api_login"})
    steps = (
        _(
            "In SuperVoIP's panel, in the service's settings, add a webhook: a name, the address below, and the box for calls."
        ),
        _("For placing calls order the service SuperVoIP API, make a key under REST, and paste it as API key."),
    )
    seconds_between_dials = 1
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUESTART": Status.QUEUED,
        "CALLSTART": Status.RINGING,
        "ANSWER": Status.ANSWERED,
        "ANSWERED": Status.ANSWERED,
        "NO ANSWER": Status.NO_ANSWER,
        "NOANSWER": Status.NO_ANSWER,
        "BUSY": Status.BUSY,
        "CANCEL": Status.CANCELED,
        "FAILED": Status.FAILED,
        "CHANUNAVAIL": Status.FAILED,
        "CONGESTION": Status.FAILED,
    }
    field_map: ClassVar[FieldMap] = FieldMap(
        events={"QUEUESTART": "queuestart", "CALLSTART": "callstart", "CALLEND": "callend"},
        statuses=statuses,
        fields=_FIELDS,
        others=frozenset({"sips", "list"}),
        answer_needs_line=True,  # `sipnumber` names the account that picked up
    )

    def validate_settings(self, settings: Mapping[str, object]) -> None:
        self.field_map.configured(settings)
        sips = settings.get("sips", {})
        if not isinstance(sips, Mapping):
            raise InvalidSettings("sips", _('must be an object such as {"100": "/api/sips/1250000"}.'))
        for line, iri in sips.items():
            if not isinstance(iri, str) or not _IRI.fullmatch(iri):
                raise InvalidSettings(
                    f"sips.{line}", _("must be the account's address in the API, such as /api/sips/1250000.")
                )
        if settings.get("list", {}) not in ({}, {"same_ids": True}, {"same_ids": False}):
            raise InvalidSettings("list", _('must be {"same_ids": true} or left out.'))

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        return read_events(delivery, account, self.field_map)

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """`do_call` rings a SIP account, then a number."""
        if order.customer_first:
            raise Refused(_("SuperVoIP rings the line first; it cannot ring the number first."))
        sip = account.settings.get("sips", {}).get(order.line)
        if not sip:
            raise Refused(
                Sentence(
                    _("Put the SIP account of line %(line)s into settings.sips, such as /api/sips/1250000."),
                    line=order.line,
                )
            )
        content = {"sip": sip, "toNumber": _national(order.number), "callId": order.reference}
        return OutboundRequest(
            method="POST",
            url=address(account, _API, "/api/asterisk/do_call"),
            headers={**_headers(account), "Content-Type": JSON},
            body=json.dumps(content).encode(),
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The response is not documented, so any success counts as accepted and no id is read."""
        if not 200 <= response.status < 300:
            raise refusal(response, account, self.name)
        return ""

    def key_test(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        """The customer's own record; the request is known from a customer's code."""
        return OutboundRequest(method="GET", url=address(account, _API, "/api/customers/me"), headers=_headers(account))

    def read_key_test(self, response: OutboundResponse, account: Account) -> None:
        if response.status != 200:
            raise refusal(response, account, self.name)

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest | None:
        if not account.settings.get("list", {}).get("same_ids"):
            return None
        first, last = wall_clock(since, until, account)
        span = {"callStart[after]": first, "callStart[before]": last, "order[callStart]": "asc"}
        return _page({**span, "itemsPerPage": str(_PAGE_ROWS), "page": "1"}, account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        if response.status != 200:
            raise refusal(response, account, self.name)
        content = answer_json(response, self.name)
        found = rows(content, "hydra:member", "member")
        total = text(content, "hydra:totalItems") or text(content, "totalItems")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(response.url).query).items()}
        page = int(asked.get("page", "1"))
        is_last = not found or page * len(found) >= (
            int(total) if total.isdecimal() else 0
        )  # the server may give fewer rows a page than asked
        following = None if is_last else _page({**asked, "page": str(page + 1)}, account)
        return CallPage(events=[self._listed(row, account) for row in found], next=following)

    def _listed(self, row: Mapping[str, object], account: Account) -> CallEvent:
        """A row of `incoming_calls`. A total duration counts as talk if the call was answered, as in webhooks; if `pickedUp` is false, the exchange
        answered."""
        word = text(row, "disposition")
        status = self.statuses.get(provider_word(word))
        seconds = read_seconds(text(row, "duration"))
        day, clock = _DAY.search(text(row, "date")), _TIME.search(text(row, "time"))
        started_at = read_time(f"{day[0]} {clock[0]}", account.time_zone) if day and clock else None
        event = CallEvent(
            provider_call_id=check_call_id(text(row, "callId"), missing="A row of the list has no callId."),
            status=status if status in RESULTS else None,
            source=Source.LIST,
            provider_status=word,
            reason=REASONS.get(provider_word(word), Reason.NONE),
            kind=Kind.INCOMING,
            number_from=read_caller(text(row, "callerNumber")),
            number_to=read_number(text(row, "calledNumber")),
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=seconds or 0) if started_at else None,
            talk_seconds=seconds if status is Status.ANSWERED else None,
        )
        return without_answer(event) if row.get("pickedUp") is False else event


def _page(query: Mapping[str, str], account: Account) -> OutboundRequest:
    headers = {**_headers(account), "Accept": "application/ld+json"}
    return OutboundRequest(
        method="GET", url=address(account, _API, f"/api/incoming_calls?{urlencode(query)}"), headers=headers
    )


def _headers(account: Account) -> dict[str, str]:
    key = credential(account.api_key, _("Put a key of SuperVoIP's REST API into the configuration's api_key."))
    return {"Authorization": f"Bearer {key}", "Accept": JSON}


def _national(number: str) -> str:
    """Nine digits within Poland, as in the provider's example; foreign numbers with 00."""
    if number.startswith("+48"):
        return number.removeprefix("+48")
    return f"00{digits(number)}" if number.startswith("+") else number
