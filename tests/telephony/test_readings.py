"""Whatever stands in the headers of a server, a telephone or a stranger: the answer gets through, and no call breaks."""

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from telephony.conftest import Dialer
from telephony.switchboard import Message, Switchboard, ok, says, sdp

from calls.statuses import Status

OPERATOR, NUMBER = "100", "48225555501"
NASTY = [
    "",
    " ",
    ":",
    ";;;=,",
    '"',
    "<",
    "<sip:",
    "sip:@:99999",
    "<tel:+48123>",
    "*",
    "\x00\x0b\u2028",
    "\udcff\udcfe",
    "-1",
    "9" * 5000,
    "a" * 3000,
    "%zz;x=%",
    "<sip:x@[::1>;tag",
]
READ = ["From", "To", "Call-ID", "Contact", "Record-Route", "Content-Type", "Content-Length", "Expires", "Retry-After"]
READ += ["Reason", "WWW-Authenticate", "Server"]
"""What we or sippy read of a response, and one header that nobody reads."""


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


def ends(board: Switchboard, dialer: Dialer, count: int) -> list[Any]:
    references = [dialer.place(board.port, NUMBER) for _call in range(count)]
    return [dialer.end_of(reference) for reference in references]


@pytest.mark.parametrize("name", READ)
def test_a_refusal_gets_through_whatever_its_headers_hold(board: Switchboard, dialer: Dialer, name: str) -> None:
    values = iter(NASTY)
    given: dict[str, str] = {}

    def answer(board: Switchboard, request: Message) -> None:
        value = given.setdefault(request.header("Call-ID"), next(values, ""))
        board.reply(request, "486 Busy Here", instead={name: f"{name}: {value}"})

    board.answers["INVITE", NUMBER] = answer

    for end in ends(board, dialer, len(NASTY)):
        assert (end.status, end.reason, end.provider_status) == (Status.BUSY, "", "486 Busy Here")


@pytest.mark.parametrize(
    "name", [name for name in READ if name not in ("Content-Type", "Content-Length", "WWW-Authenticate")]
)
def test_an_answer_gets_through_whatever_its_headers_hold(board: Switchboard, dialer: Dialer, name: str) -> None:
    values = iter(NASTY)
    given: dict[str, str] = {}

    def answer(board: Switchboard, request: Message) -> None:
        value = given.setdefault(request.header("Call-ID"), next(values, ""))
        tag = "of-peer" if name == "To" else ""
        board.reply(request, "200 OK", tag=tag, body=sdp(8000), instead={name: f"{name}: {value}"})

    board.answers["INVITE", NUMBER] = answer
    references = [dialer.place(board.port, NUMBER) for _value in NASTY]
    for reference in references:
        dialer.wait_for(reference, Status.IN_PROGRESS)
        dialer.engine.hang_up(reference)

    assert {dialer.end_of(reference).reason for reference in references} == {"hung_up"}


@pytest.mark.parametrize(
    "line",
    [
        "no header at all",
        ": nameless",
        "Bad Name: x",
        "Via",
        "Via: SIP/2.0/UDP 192.0.2.1:70000;branch=z9",
        "\x01\x02",
        "Content-Length: x",
        "Content-Length: 0, 0",
        "l: 900",
        "CSeq: 1",
    ],
)
def test_an_unknown_sdp_line_is_ignored(board: Switchboard, dialer: Dialer, line: str) -> None:
    board.answers["INVITE", NUMBER] = says("486 Busy Here", headers=[line])

    (end,) = ends(board, dialer, 1)

    assert (end.status, end.provider_status) == (Status.BUSY, "486 Busy Here")


@pytest.mark.parametrize(
    "seen", ["received=nowhere", "received=", "rport=x", "rport=70000", "rport=-1", "received=::1;rport=5"]
)
def test_a_nonsensical_received_parameter_is_ignored(board: Switchboard, dialer: Dialer, seen: str) -> None:
    def answer(board: Switchboard, request: Message) -> None:
        ok(board, Message(request.text.replace(";rport", f";{seen}", 1), request.source))

    board.answers["INVITE"] = answer

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("486", "486 Unspecified"),
        ("486  ", "486 Unspecified"),
        ("486 Zaj\x00\x0b\u2028ęte", "486 Zaj???ęte"),
        ("486 " + "x" * 3000, "486 " + "x" * 3000),
    ],
)
def test_the_reason_phrase_may_be_anything(board: Switchboard, dialer: Dialer, status: str, words: str) -> None:
    board.answers["INVITE", NUMBER] = says(status)

    (end,) = ends(board, dialer, 1)

    assert (end.status, end.provider_status) == (Status.BUSY, words)


def test_a_response_belongs_to_the_request_with_its_branch(board: Switchboard, dialer: Dialer) -> None:
    """Gateways at the edge of a network rewrite Call-IDs and tags, and some forget to write them back."""
    changed = {"Call-ID": "Call-ID: another", "From": "From: <sip:another@example.com>;tag=other"}
    board.answers["INVITE", NUMBER] = says("486 Busy Here", instead=changed)

    (end,) = ends(board, dialer, 1)

    assert end.status == Status.BUSY


MULTIPART = (
    "\r\n--sonus-content-delim\r\nContent-Disposition: session; handling=required\r\nContent-Type: {kind}\r\n\r\n{sdp}"
    "\r\n--sonus-content-delim\r\nContent-Disposition: signal; handling=optional\r\nContent-Type: application/isup; version=itu-t92+\r\n\r\n"
    "\x0e\x01\udcf0\x00\r\n--sonus-content-delim--\r\n"
)


@pytest.mark.parametrize("kind", ["application/sdp", "Application/SDP;charset=utf-8"])
@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed;boundary=sonus-content-delim",
        'Multipart/Mixed ; boundary="sonus-content-delim";x',
        "multipart/related; boundary=sonus-content-delim",
    ],
)
def test_of_a_body_in_parts_the_session_description_is_taken(
    board: Switchboard, dialer: Dialer, content_type: str, kind: str
) -> None:
    body = MULTIPART.format(kind=kind, sdp=sdp(8000))
    board.answers["INVITE", NUMBER] = says("200 OK", body=body, content_type=content_type)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    told = board.wait_for("INVITE", OPERATOR, count=2)
    assert told.header("Content-Type") == "application/sdp"
    assert "m=audio 8000" in told.body
    assert "--" not in told.body and "isup" not in told.body


@pytest.mark.parametrize(
    "content_type",
    ["application/sdp;charset=ISO-10646", "APPLICATION/SDP ; x", "application/sdp;", "application/sdp;="],
)
def test_a_session_description_may_have_parameters(board: Switchboard, dialer: Dialer, content_type: str) -> None:
    board.answers["INVITE", NUMBER] = says("200 OK", body=sdp(8000), content_type=content_type)

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)


def test_a_body_that_is_no_session_description_is_none(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says(
        "200 OK", body="<xml/> m=audio 8000 RTP/AVP 8", content_type="application/xml"
    )

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (Status.FAILED, "incompatible")
    board.wait_for("BYE", NUMBER)


def test_letters_of_all_languages_in_a_description_do_not_cut_it(board: Switchboard, dialer: Dialer) -> None:
    """Content-Length counts bytes."""
    board.answers["INVITE", NUMBER] = says("200 OK", body=sdp(8000).replace("s=-", "s=Zażółć gęślą jaźń"))

    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    told = board.wait_for("INVITE", OPERATOR, count=2)
    assert int(told.header("Content-Length")) == len(told.body.encode())
    assert told.body.endswith("a=rtpmap:8 PCMA/8000\r\n")


def test_a_change_in_a_language_we_do_not_speak_is_refused(board: Switchboard, dialer: Dialer) -> None:
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)

    board.request("INVITE", board.all("INVITE", OPERATOR)[0], cseq=1, body="<xml/>", content_type="application/xml")

    assert board.wait_for_response(415, "INVITE").header("Accept") == "application/sdp"


STRANGE = [
    "INVITE sip:x SIP/2.0\r\nVia: x\r\n\r\n",
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:99999;branch=z9hG4bK-{n}\r\n{rest}",
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:0;branch=z9hG4bK-{n}\r\n{rest}",
    "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP name.invalid:5060;rport;received=name.invalid;branch=z9hG4bK-{n}\r\n{rest}",
    "INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{n}\r\nExpires: soon\r\n{rest}",
    "INVITE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{n}\r\nContent-Length: 900\r\n{rest}",
    "INVITE sip:: SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{n}\r\n{rest}",
    "SIP/2.0 99 Low\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{n}\r\n{rest}",
    "SIP/2.0 nine\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{n}\r\n{rest}",
    "\x16\x03\x01" + "\x00" * 64,
    "GET / HTTP/1.1\r\nHost: 127.0.0.1 of nobody at all\r\n\r\n",
]  # fmt: skip
REST = "From: <sip:a@127.0.0.1>;tag=1\r\nTo: sip:b\r\nCall-ID: c{n}\r\nCSeq: 1 {method}\r\n\r\n"


def test_strangers_neither_stop_the_dialer_nor_fill_the_log(
    board: Switchboard, dialer: Dialer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)
    with caplog.at_level(logging.INFO), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for n in range(100):
            for text in STRANGE:
                rest = REST.format(n=n, method=text.split(maxsplit=1)[0])
                stranger.sendto(
                    text.replace("{n}", str(n)).replace("{rest}", rest).encode(), board.all("INVITE")[0].source
                )

    dialer.engine.hang_up(reference)

    assert dialer.end_of(reference).reason == "hung_up"
    board.wait_for("BYE", OPERATOR)
    assert len(caplog.records) <= 20
    assert not [record for record in caplog.records if record.exc_info]
    assert capfd.readouterr().out == ""


def test_an_answer_goes_where_the_request_came_from(board: Switchboard, dialer: Dialer) -> None:
    """And not where it says that it was seen: that may be somebody to be flooded."""
    dialer.wait_for(dialer.place(board.port, NUMBER), Status.IN_PROGRESS)
    ours = board.all("INVITE")[0].source
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim,
    ):
        stranger.bind(("127.0.0.1", 0))
        victim.bind(("127.0.0.2", 0))
        stranger.settimeout(5)
        port = stranger.getsockname()[1]
        via = f"Via: SIP/2.0/UDP 127.0.0.1:{port};received=127.0.0.2;branch=z9hG4bK-v\r\n"
        rest = REST.format(n=1, method="OPTIONS")
        stranger.sendto(f"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n{via}{rest}".encode(), ours)

        assert stranger.recv(4096).startswith(b"SIP/2.0 200 OK")
