from dataclasses import replace
from urllib.parse import urlencode

import pytest
from payload_files import Payload, payloads

from calls.events import CallEvent
from integrations import providers
from integrations.providers.foundation.provider import Untrusted
from integrations.providers.foundation.signatures import sign_in_hexadecimal

ZADARMA = providers.find("zadarma")


def payload(case: str) -> Payload:
    return next(each for each in payloads("zadarma") if each.case == case)


def test_the_published_vector_of_a_signature_is_accepted() -> None:
    """For the secret `secret`, computed apart from this project."""
    start = payload("notify_start")
    delivery = replace(
        start.delivery, headers={"signature": "OTNmNTk5NzVlY2M1NGMwNjRiNzUyY2Y5OTEzNjUzYjkwYTM4NzUwYw=="}
    )

    ZADARMA.verify(delivery, start.account)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"48501502503", b"48501502504"), (b"NOTIFY_START", b"NOTIFY_RECORD"), (b"event=", b"e="), (b"event=", b"{")],
)
def test_an_altered_notification_is_refused(old: bytes, new: bytes) -> None:
    start = payload("notify_start")
    delivery = replace(start.delivery, body=start.delivery.body.replace(old, new))

    with pytest.raises(Untrusted):
        ZADARMA.verify(delivery, start.account)


def test_an_event_that_nobody_knows_how_to_sign_is_refused_whatever_its_signature() -> None:
    start = payload("notify_start")
    signature = sign_in_hexadecimal("", "secret").decode()  # over none of its fields
    delivery = replace(start.delivery, body=b"event=NOTIFY_SOMETHING", headers={"signature": signature})

    with pytest.raises(Untrusted):
        ZADARMA.verify(delivery, start.account)


def test_without_a_configured_secret_the_refusal_names_the_cure() -> None:
    start = payload("notify_start")

    with pytest.raises(Untrusted, match="api_key"):
        ZADARMA.verify(start.delivery, replace(start.account, api_key=""))


def test_the_check_of_the_address_is_answered_with_its_text() -> None:
    check = replace(payload("notify_start").delivery, method="GET", query="zd_echo=a%2Bb42", body=b"", headers={})

    assert ZADARMA.answer_handshake(check) == "a+b42"


@pytest.mark.parametrize(
    ("method", "query"),
    [("POST", "zd_echo=1"), ("GET", ""), ("GET", "zd_echo="), ("GET", "zd_echo=%00"), ("GET", f"zd_echo={'x' * 257}")],
)
def test_other_requests_are_not_taken_for_the_address_check(method: str, query: str) -> None:
    assert ZADARMA.answer_handshake(replace(payload("notify_start").delivery, method=method, query=query)) is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("48501502503", "+48501502503"),
        ("4915112345678", "+4915112345678"),
        ("3545112345", "+3545112345"),
        ("501502503", "+48501502503"),
        ("298201234", "298201234"),
        ("100", "100"),
        ("anonymous", "anonymous"),
    ],
)
def test_a_number_with_its_country_gets_its_plus(sent: str, read: str) -> None:
    start = payload("notify_start")
    delivery = replace(start.delivery, body=start.delivery.body.replace(b"48501502503", sent.encode()))
    (event,) = ZADARMA.parse(delivery, start.account)

    assert event.number_from == read


def told(**fields: str) -> CallEvent:
    """What a notification with these fields says, of a call whose id does not say its direction."""
    body = urlencode({"pbx_call_id": "x1", "call_start": "2026-01-15 10:00:00"} | fields).encode()
    start = payload("notify_start")
    (event,) = ZADARMA.parse(replace(start.delivery, body=body), start.account)
    return event


def test_an_extension_that_shows_a_number_calls_another_internally() -> None:
    event = told(event="NOTIFY_OUT_START", internal="101", caller_id="48221234567", destination="102")

    assert (event.kind, event.line, event.number_to) == ("internal", "101", "102")


def test_an_extension_that_calls_somebody_outside_calls_out_whatever_announces_it() -> None:
    event = told(event="NOTIFY_START", caller_id="101", called_did="48501502503")

    assert (event.kind, event.line, event.number_to) == ("outgoing", "101", "+48501502503")


def test_an_answer_that_names_the_extension_as_destination_was_given_by_it() -> None:
    event = told(event="NOTIFY_ANSWER", caller_id="48501502503", destination="101")

    assert (event.status, event.line) == ("IN PROGRESS", "101")
