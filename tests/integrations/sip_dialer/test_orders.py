"""The pure parts of the SIP dialer."""

from typing import Any

import pytest

from integrations.sip_dialer import sdp
from integrations.sip_dialer.orders import SipOrder

ORDER: dict[str, Any] = {
    "reference": "r", "host": "pbx.example.com", "username": "100", "password": "p", "operator": "100", "number": "+48123456789"
}  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [{"number": "1\r\nVia: x"}, {"display": "a\nb"}, {"username": ""}, {"host": "a b"}, {"port": 0}, {"port": 65536}],
)
def test_an_order_with_text_sip_cannot_carry_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|cannot carry"):
        SipOrder(**(ORDER | fault))


@pytest.mark.parametrize(
    ("address", "family"), [("192.0.2.1", "IN IP4 192.0.2.1"), ("[2001:db8::1]", "IN IP6 2001:db8::1")]
)
def test_the_first_offer_names_our_address(address: str, family: str) -> None:
    assert f"c={family}" in sdp.black_hole(address, 4000)


def test_sdp_with_another_origin_is_the_same() -> None:
    one = sdp.black_hole("192.0.2.1", 4000)

    other = sdp.as_ours(one, address="192.0.2.9", session=7, version=2)

    assert "o=- 7 2 IN IP4 192.0.2.9" in other
    assert sdp.is_same(one, other)
    assert not sdp.is_same(one, one.replace("4000", "4002"))


@pytest.mark.parametrize(
    ("line", "has"), [("m=audio 4000 RTP/AVP 8", True), ("m=audio 0 RTP/AVP 8", False), ("m=video 9 RTP/AVP 9", False)]
)
def test_a_refused_audio_stream_is_no_audio(line: str, has: bool) -> None:
    assert sdp.has_audio(f"v=0\r\n{line}\r\n") is has


LISTENING = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8 0\r\n"


@pytest.mark.parametrize(
    ("description", "sound"),
    [
        (LISTENING, ("192.0.2.1", 4000, (8, 0))),
        (LISTENING + "c=IN IP4 192.0.2.9/127\r\n", ("192.0.2.9", 4000, (8, 0))),
        ("v=0\r\nm=audio 4000/2 RTP/AVPF 0 8\r\nc=IN IP6 2001:db8::1\r\n", ("2001:db8::1", 4000, (0, 8))),
        (
            "v=0\na=inactive\nc=IN IP4 192.0.2.1\nm=video 1 RTP/AVP 9\nm=audio 4000 RTP/AVP 8\na=recvonly\n",
            ("192.0.2.1", 4000, (8,)),
        ),
        (LISTENING + "a=inactive\r\n", None),
        (LISTENING + "a=sendonly\r\n", None),
        (LISTENING.replace("4000", "0"), None),
        (LISTENING.replace("4000", "70000"), None),
        (LISTENING.replace("RTP/AVP", "RTP/SAVP"), None),
        (LISTENING.replace("192.0.2.1", "0.0.0.0"), None),
        (LISTENING.replace("192.0.2.1", "pbx.example.com"), None),
        (LISTENING.replace("192.0.2.1", "::::"), None),
        ("c=IN IP4 192.0.2.1\r\nm=video 4000 RTP/AVP 8\r\n", None),
        ("", None),
    ],
)
def test_the_listening_address_is_read_from_sdp(
    description: str, sound: tuple[str, int, tuple[int, ...]] | None
) -> None:
    assert sdp.sound_of(description) == sound
