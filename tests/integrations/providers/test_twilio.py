import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from payload_files import Payload, payloads

from integrations import providers
from integrations.providers.foundation.events import Account, Delivery, DialOrder, OutboundResponse
from integrations.providers.foundation.provider import Unreadable, Untrusted
from integrations.providers.foundation.twiml_legs import is_softphone

TWILIO = providers.find("twilio")
ACCOUNT = Account(time_zone=ZoneInfo("Europe/Warsaw"), api_key="token")
SIGNED = Delivery(
    method="POST",
    body=b"CallSid=CA1&CallStatus=completed&SequenceNumber=3",
    received_at=datetime(2026, 1, 15, tzinfo=UTC),
    headers={"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": "FXVyfTinjWjOGdbPVZWKDpgeSbo="},
    query="cfg=7",
    urls=("https://crm.example.com/hooks/twilio/status?cfg=7",),
)
"""A vector computed apart from this project."""


def payload(case: str) -> Payload:
    return next(each for each in payloads("twilio") if each.case == case)


@pytest.mark.parametrize(
    "urls",
    [
        ("https://crm.example.com/hooks/twilio/status?cfg=7",),
        ("https://crm.example.com:443/hooks/twilio/status?cfg=7",),
        ("http://10.0.0.5:8000/hooks/twilio/status?cfg=7", "https://crm.example.com/hooks/twilio/status?cfg=7"),
    ],
)
def test_the_vector_is_accepted_by_any_address_the_provider_may_have_called(urls: tuple[str, ...]) -> None:
    TWILIO.verify(replace(SIGNED, urls=urls), ACCOUNT)


def test_a_field_that_is_sent_twice_with_one_value_is_signed_once() -> None:
    TWILIO.verify(replace(SIGNED, body=SIGNED.body + b"&CallSid=CA1"), ACCOUNT)


def test_a_signature_over_the_default_port_is_accepted_too() -> None:
    signed_with_port = replace(
        SIGNED,
        body=b"",
        headers={"x-twilio-signature": "pxvr2WsNiwRUMfgHrPK0BC9iAT0="},
        urls=("https://crm.example.com/a",),
    )

    TWILIO.verify(signed_with_port, ACCOUNT)


@pytest.mark.parametrize(
    "change",
    [
        {"body": b"CallSid=CA1&CallStatus=busy&SequenceNumber=3"},
        {"body": b"CallSid=CA1&CallStatus=completed&SequenceNumber=3&CallDuration=60"},
        {"body": b"CallSid=CA1&CallStatus=completed&SequenceNumber=3&To="},
        {"body": b'{"CallSid": "CA1"}'},
        {"urls": ("https://crm.example.com/hooks/twilio/status?cfg=8",)},
        {"urls": ("http://crm.example.com/hooks/twilio/status?cfg=7",)},
        {"urls": ()},
    ],
)
def test_a_changed_body_or_address_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Untrusted, match="PUBLIC_URL"):
        TWILIO.verify(replace(SIGNED, **change), ACCOUNT)  # type: ignore[arg-type]


def test_a_json_body_may_not_differ_from_its_signed_digest() -> None:
    signed = payload("inbound_ringing_by_json")

    with pytest.raises(Untrusted):
        TWILIO.verify(replace(signed.delivery, body=signed.delivery.body.replace(b"CA31", b"CA32")), signed.account)


def test_a_body_cannot_be_added_to_a_signed_get() -> None:
    signed = payload("inbound_ringing_by_get")

    with pytest.raises(Untrusted):
        TWILIO.verify(replace(signed.delivery, method="POST", body=b'{"CallStatus": "busy"}'), signed.account)


def test_without_a_configured_token_the_refusal_names_the_cure() -> None:
    with pytest.raises(Untrusted, match="api_key"):
        TWILIO.verify(SIGNED, replace(ACCOUNT, api_key=""))


@pytest.mark.parametrize(
    "body",
    [
        b"CallSid=CA1",
        b"CallSid=CA1&CallStatus=dreaming&Direction=inbound",
        b"CallStatus=ringing&Direction=inbound",
        b"CallSid=CA1&CallStatus=ringing",
    ],
)
def test_a_callback_without_call_status_or_direction_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        list(TWILIO.parse(replace(SIGNED, body=body), ACCOUNT))


@pytest.mark.parametrize("scheme", ["sip", "sips", "client"])
def test_a_line_may_be_an_address_that_twilio_rings_and_knows_again(scheme: str) -> None:
    line = f"{scheme}:anna@example.sip.twilio.com" if scheme != "client" else "client:anna"
    order = DialOrder(
        reference="vcrm-1", number="+48501502503", line="100", caller_id="+48221234567", line_login=line,
        callback_url="https://crm.example.com/x?ref=vcrm-1",
    )  # fmt: skip

    request = TWILIO.dial(order, replace(ACCOUNT, api_login="AC1"))

    assert dict(parse_qsl(request.body.decode()))["To"] == line
    assert is_softphone(line) and is_softphone(line.upper())


def test_a_trunk_is_no_softphone_by_whichever_scheme() -> None:
    assert not is_softphone("sip:+48501502503@sbc.example.com")
    assert not is_softphone("sips:+48501502503@sbc.example.com;transport=tls")
    assert is_softphone("sips:+48501502503@office.sip.twilio.com")
    assert not is_softphone("+48501502503")


@pytest.mark.parametrize("host", ["anonymous.invalid", "sbc.example.com"])
@pytest.mark.parametrize("user", ["anonymous", "Restricted", "unknown", "unavailable", "0", "+266696687"])
def test_who_withholds_the_number_behind_a_trunk_calls_us(user: str, host: str) -> None:
    assert not is_softphone(f"sip:{user}@{host}")


@pytest.mark.parametrize("machine", ["machine_start", "machine_end_beep", "fax"])
def test_a_leg_that_a_machine_answered_is_no_answer(machine: str) -> None:
    fields = f"CallSid=CA2&ParentCallSid=CA1&CallStatus=completed&CallDuration=30&AnsweredBy={machine}"
    (event,) = TWILIO.parse(replace(SIGNED, body=fields.encode()), ACCOUNT)

    assert (event.status, event.talk_seconds) == ("NO ANSWER", None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [("404", "no_such_number"), ("484", "no_such_number"), ("604", "no_such_number"), ("503", "unreachable")],
)
def test_the_servers_answer_says_whether_there_is_such_a_number(code: str, reason: str) -> None:
    fields = f"CallSid=CA2&ParentCallSid=CA1&CallStatus=failed&SipResponseCode={code}&kind=outgoing"
    (event,) = TWILIO.parse(replace(SIGNED, body=fields.encode()), ACCOUNT)

    assert (event.status, event.reason) == ("FAILED", reason)


def test_the_list_knows_by_the_first_leg_that_a_softphone_called_out() -> None:
    first = {"sid": "CA1", "status": "completed", "direction": "inbound", "from": "client:anna", "to": "+48501502503"}
    second = {"sid": "CA2", "parent_call_sid": "CA1", "status": "completed", "to": "+48501502503", "duration": "5"}
    body = json.dumps({"calls": [first, second]}).encode()

    events = TWILIO.read_calls(OutboundResponse(status=200, body=body), replace(ACCOUNT, api_login="AC1")).events

    assert [(event.kind, event.number_to) for event in events] == [("outgoing", "+48501502503")] * 2
