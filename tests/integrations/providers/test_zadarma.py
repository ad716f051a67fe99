from dataclasses import replace

import pytest
from payload_files import Payload, payloads

from integrations import providers
from integrations.providers.foundation.provider import Untrusted

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
