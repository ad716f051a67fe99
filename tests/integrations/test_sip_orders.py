"""The pure parts of the SIP dialer."""

from typing import Any

import pytest

from calls.statuses import Status
from integrations.sip_dialer import outcomes, sdp
from integrations.sip_dialer.orders import SipOrder

ORDER: dict[str, Any] = {
    "reference": "r", "host": "pbx.example.com", "username": "100", "password": "p", "operator": "100", "number": "+48123456789"
}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [{"number": "1\r\nVia: x"}, {"display": "a\nb"}, {"username": ""}, {"host": "a b"}, {"port": 0}, {"port": 65536}],
)
def test_what_sip_cannot_carry_is_no_order(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot carry"):
        SipOrder(**(ORDER | fault))


@pytest.mark.parametrize(
    ("code", "rang", "status", "reason"),
    [
        (480, True, Status.NO_ANSWER, "operator_no_answer"),
        (480, False, Status.FAILED, "operator_unreachable"),
        (404, False, Status.FAILED, "operator_unreachable"),
        (486, True, Status.BUSY, "operator_busy"),
        (603, True, Status.BUSY, "operator_rejected"),
        (403, False, Status.FAILED, "refused"),
        (503, False, Status.FAILED, "congestion"),
    ],
)
def test_what_the_operators_telephone_says(code: int, rang: bool, status: Status, reason: str) -> None:
    assert outcomes.of_operator(code, rang=rang) == (status, reason)


@pytest.mark.parametrize("code", range(300, 700))
def test_every_final_code_has_an_outcome_that_is_no_answer(code: int) -> None:
    for outcome in (outcomes.of_number(code), outcomes.of_operator(code, rang=False)):
        assert outcome.status in (Status.BUSY, Status.NO_ANSWER, Status.FAILED)


@pytest.mark.parametrize(
    ("address", "family"), [("192.0.2.1", "IN IP4 192.0.2.1"), ("[2001:db8::1]", "IN IP6 2001:db8::1")]
)
def test_the_first_offer_names_our_address(address: str, family: str) -> None:
    assert f"c={family}" in sdp.silence(address, 4000)


def test_the_origin_alone_does_not_make_a_description_another() -> None:
    one = sdp.silence("192.0.2.1", 4000)

    other = sdp.as_ours(one, address="192.0.2.9", session=7, version=2)

    assert "o=- 7 2 IN IP4 192.0.2.9" in other
    assert sdp.is_same(one, other)
    assert not sdp.is_same(one, one.replace("4000", "4002"))


@pytest.mark.parametrize(
    ("line", "has"), [("m=audio 4000 RTP/AVP 8", True), ("m=audio 0 RTP/AVP 8", False), ("m=video 9 RTP/AVP 9", False)]
)
def test_sound_that_was_refused_is_none(line: str, has: bool) -> None:
    assert sdp.has_audio(f"v=0\r\n{line}\r\n") is has
