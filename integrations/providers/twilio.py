"""Twilio Voice: calls (https://www.twilio.com/docs/voice/api/call-resource) and their status callbacks, of a call and of the
`<Number>`, `<Sip>` or `<Client>` that its `<Dial>` rings. How the legs make one call: docs/providers/twilio.md.

Numbers are E.164 with their plus (https://www.twilio.com/docs/glossary/what-e164); a withheld caller is a word or its keys (`+266696687`)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote, urlencode

from calls.sentences import _
from calls.statuses import Kind, Source, Status
from integrations.providers.foundation.answers import without_answer
from integrations.providers.foundation.call_ids import check_call_id
from integrations.providers.foundation.decoding import decode
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    CallPage,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)
from integrations.providers.foundation.field_values import read_link, read_reference, read_time
from integrations.providers.foundation.provider import Provider, Unreadable, Untrusted, provider_word, unknown_result
from integrations.providers.foundation.provider_api import (
    FORM,
    address,
    answer_fields,
    answer_json,
    basic_authorization,
    credential,
    form,
    refusal,
    required,
    rows,
    text,
)
from integrations.providers.foundation.signatures import is_signed_by_address_and_form
from integrations.providers.foundation.twiml import dial
from integrations.providers.foundation.twiml_legs import SOFTPHONES, first_leg, is_softphone, second_leg

_API = "https://api.twilio.com"
_EVENTS = ("initiated", "ringing", "answered", "completed")
_PAGE_ROWS = 200
_LEG = (
    *(("callsid", "sid"), ("parentcallsid", "parent_call_sid"), ("callstatus", "status"), ("callduration", "duration")),
    *((name, name) for name in ("from", "to", "direction")),
    ("answeredby", "answered_by"),
)
"""The fields of a callback, and those of a leg in the list."""


class Twilio(Provider):
    slug = "twilio"
    name = "Twilio"
    evidence = "documented"
    signed = True
    can_dial = True
    can_list = True
    steps = (
        _(
            "Paste the Account SID as API login and the Auth Token as API key: deliveries are signed with it, and refused without."
        ),
        _("At Twilio enter the address below as the number's status callback, by POST."),
        _("In your TwiML give the telephones that ring the same address with ?kind=incoming as statusCallback."),
    )
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUED": Status.QUEUED,
        "INITIATED": Status.DIALING,
        "RINGING": Status.RINGING,
        "IN PROGRESS": Status.IN_PROGRESS,
        "COMPLETED": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "NO ANSWER": Status.NO_ANSWER,
        "FAILED": Status.FAILED,
        "CANCELED": Status.CANCELED,
    }

    def verify(self, delivery: Delivery, account: Account) -> None:
        if not account.api_key:
            raise Untrusted("Twilio signs with the Auth Token: put it into the configuration's api_key.")
        signature = delivery.headers.get("x-twilio-signature", "")
        if not is_signed_by_address_and_form(delivery, signature, account.api_key):
            raise Untrusted("The signature is missing, or not made with the api_key for an address under PUBLIC_URL.")

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        if not fields.get("callstatus") and "recordingsid" in fields:
            return []
        return [_at(self._read(fields), read_time(fields.get("timestamp", ""), account.time_zone))]

    def _read(self, fields: Mapping[str, str]) -> CallEvent:
        status = self.statuses.get(provider_word(fields.get("callstatus", "")))
        if status is None and "callduration" not in fields:
            raise Unreadable(
                _("CallStatus is missing or unknown, and without CallDuration it is not known to be an end.")
            )
        parent = fields.get("parentcallsid", "")
        event = CallEvent(
            provider_call_id=check_call_id(
                parent or fields.get("callsid", ""), missing=_("The callback has no CallSid.")
            ),
            status=status,
            provider_status=fields.get("callstatus", ""),
            reference=read_reference(fields.get("ref", "")),
            recording_url=read_link(fields.get("recordingurl", "")),
            notes=unknown_result(fields.get("callstatus", "")) if status is None else (),
        )
        call_event = second_leg(event, fields) if parent else first_leg(event, fields)
        return without_answer(call_event) if fields.get("answeredby", "").startswith(("machine", "fax")) else call_event

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """The first leg is called by the API, the second by its TwiML; both report to our address, which says whom they rang."""
        line = _telephone(order)
        caller_id = required(order.caller_id, _("Give the configuration a main number: one of Twilio's, to present."))
        first, second = (order.number, line) if order.customer_first else (line, order.number)
        callback = order.callback_url + "&kind=outgoing" + ("&first=customer" if order.customer_first else "")
        twiml = dial(second, caller_id=caller_id, callback=callback, events=_EVENTS)
        fields = [("To", first), ("From", caller_id), ("Twiml", twiml), ("StatusCallback", callback)]
        fields += [("StatusCallbackEvent", event) for event in _EVENTS]
        return OutboundRequest(
            method="POST",
            url=address(account, _API, f"{_calls_path(account)}.json"),
            headers={**_headers(account), "Content-Type": FORM},
            body=form(fields),
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The first leg's id, which is the call's."""
        if response.status not in (200, 201):
            raise refusal(response, account, self.name)
        return check_call_id(answer_fields(response).get("sid", ""), missing="Twilio answered without the call's sid.")

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        first, last = (f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in (since, until))
        query = urlencode({"StartTime>": first, "StartTime<": last, "PageSize": str(_PAGE_ROWS)})
        return _get(f"{_calls_path(account)}.json?{query}", account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        """Legs that have ended. What rang a leg is known from its first leg, where that is on the same page."""
        if response.status != 200:
            raise refusal(response, account, self.name)
        content = answer_json(response, self.name)
        legs = rows(content, "calls")
        firsts = {text(leg, "sid"): leg for leg in legs if not text(leg, "parent_call_sid")}
        events = [self._listed(leg, firsts.get(text(leg, "parent_call_sid")), account) for leg in legs]
        path = text(content, "next_page_uri")
        if path and not path.startswith(_calls_path(account)):  # the key goes nowhere else
            raise Unreadable(_("Twilio's list continues at another place."))
        ended = [event for event in events if event and event.is_end]
        return CallPage(events=ended, next=_get(path, account) if path else None)

    def _listed(
        self, leg: Mapping[str, object], first: Mapping[str, object] | None, account: Account
    ) -> CallEvent | None:
        fields = {ours: text(leg, theirs) for ours, theirs in _LEG if text(leg, theirs)} | {"kind": _kind_of(first)}
        try:
            event = self._read(fields)
        except Unreadable:
            return None  # other directions, such as of a trunk, are none of ours
        is_placed = first is None or text(first, "direction") == "outbound-api"
        if fields.get("parentcallsid") and is_placed:  # which of the two it rang, the list does not say
            event = replace(event, number_from="", number_to="", line="")
        moments = {name: read_time(text(leg, f"{name}_time"), account.time_zone) for name in ("start", "end")}
        source = Source.LIST if event.source is Source.EVENT else event.source
        return replace(event, source=source, started_at=moments["start"], ended_at=moments["end"])


def _at(event: CallEvent, moment: datetime | None) -> CallEvent:
    """The event with its own time where that belongs."""
    if event.is_end:
        return replace(event, ended_at=moment)
    if event.status is Status.IN_PROGRESS:
        return replace(event, answered_at=moment)
    return replace(event, started_at=moment)


def _telephone(order: DialOrder) -> str:
    """Where Twilio finds the line: a number, or an address of `sip:` or `client:`."""
    if order.line_login.startswith(SOFTPHONES):
        return order.line_login
    return required(
        order.line_number,
        _(
            "Twilio cannot ring this line: give it a telephone number, or a SIP login such as sip:anna@example.sip.twilio.com."
        ),
    )


def _kind_of(first: Mapping[str, object] | None) -> str:
    """Of a second leg by its first one: `kind` as in our callbacks' addresses."""
    if first is None:
        return ""
    is_ours = text(first, "direction") == "outbound-api" or is_softphone(text(first, "from"))
    return Kind.OUTGOING.value if is_ours else Kind.INCOMING.value


def _calls_path(account: Account) -> str:
    sid = required(account.api_login, _("Put the Account SID into the configuration's api_login."))
    return f"/2010-04-01/Accounts/{quote(sid, safe='')}/Calls"


def _get(path: str, account: Account) -> OutboundRequest:
    return OutboundRequest(method="GET", url=address(account, _API, path), headers=_headers(account))


def _headers(account: Account) -> dict[str, str]:
    key = credential(account.api_key, _("Put the Auth Token into the configuration's api_key."))
    return {"Authorization": basic_authorization(account.api_login, key), "Accept": "application/json"}
