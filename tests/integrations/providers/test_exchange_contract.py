"""What every provider file must keep that places calls or lists them, over real HTTP to a server on the loopback that stands for the operator."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from exchange_files import ALL, ANSWERS, Answer, Exchange, exchanges
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from loopback import ProviderServer, answering, provider_server, sending
from payload_files import as_text

from calls.statuses import Source
from integrations import providers
from integrations.outbound import http
from integrations.outbound.addresses import parse_allowed
from integrations.providers.foundation.events import OutboundRequest, OutboundResponse
from integrations.providers.foundation.provider import Provider, Refused, Unreadable

DIALERS = [slug for slug in providers.slugs() if providers.find(slug).can_dial]
LISTERS = [slug for slug in providers.slugs() if providers.find(slug).can_list]
ASKED = [exchange for exchange in ALL if "request" in exchange.content]
QUICK = http.RequestLimits(connect=1, read=0.3, total=0.6, answer_bytes=2000)
LABELS = {"recorded", "documented", "observed", "declared"}

every_request = pytest.mark.parametrize("exchange", ASKED, ids=str)
every_answer = pytest.mark.parametrize("answer", ANSWERS, ids=str)


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.1"])


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    with provider_server() as running:
        yield running


def asked(exchange: Exchange) -> OutboundRequest:
    request = exchange.ask()
    assert request is not None
    return request


def send(
    request: OutboundRequest, server: ProviderServer, limits: http.RequestLimits = http.LIMITS
) -> OutboundResponse:
    """The request sent to our server instead of the operator's; what the adapter gets to see is the operator's address."""
    parts = urlsplit(request.url)
    there = server.url + parts.path + (f"?{parts.query}" if parts.query else "")
    return replace(http.send(replace(request, url=there), limits), url=request.url)


def read(exchange: Exchange, response: OutboundResponse) -> Any:
    adapter: Provider = providers.find(exchange.slug)
    if exchange.content["does"] == "dial":
        return adapter.read_dialed(response, exchange.account)
    return adapter.read_calls(response, exchange.account)


@pytest.mark.parametrize("slug", DIALERS)
def test_a_dialer_shows_an_acceptance_a_refusal_and_both_orders_of_ringing(slug: str) -> None:
    dialed = [exchange for exchange in exchanges(slug) if exchange.content["does"] == "dial"]
    outcomes = {key for exchange in dialed for answer in exchange.content.get("answers", ()) for key in answer}

    assert {"call_id", "refused"} <= outcomes
    assert {exchange.order.customer_first for exchange in dialed} == {True, False}


@pytest.mark.parametrize("slug", LISTERS)
def test_a_lister_shows_a_page_and_a_refusal(slug: str) -> None:
    listed = [exchange for exchange in exchanges(slug) if exchange.content["does"] == "list"]

    assert {"events", "refused"} <= {
        key for exchange in listed for answer in exchange.content.get("answers", ()) for key in answer
    }


@pytest.mark.parametrize("exchange", ALL, ids=str)
def test_an_exchange_file_names_its_evidence_and_source(exchange: Exchange) -> None:
    marks = [exchange.content["evidence"], *(answer["evidence"] for answer in exchange.content.get("answers", ()))]

    assert set(marks) <= LABELS
    assert exchange.content["source"].strip()


@pytest.mark.parametrize(
    "exchange", [each for each in ALL if each.account.settings and "refused" not in each.content], ids=str
)
def test_its_settings_are_accepted(exchange: Exchange) -> None:
    providers.find(exchange.slug).validate_settings(exchange.account.settings)


@every_request
def test_a_request_is_built_as_expected(exchange: Exchange) -> None:
    request, expected = asked(exchange), exchange.content["request"]

    assert (request.method, request.url) == (expected["method"], expected["url"])
    assert dict(request.headers) == expected["headers"]
    assert same(request.body.decode(), expected["body"])


def same(body: str, expected: str) -> bool:
    """Whether two bodies are equal; JSON may be written differently."""
    return json.loads(body) == json.loads(expected) if expected.startswith("{") else body == expected


@every_request
def test_a_request_arrives_as_built(exchange: Exchange, server: ProviderServer) -> None:
    request = asked(exchange)
    parts = urlsplit(request.url)

    send(request, server)

    assert (server.only.method, server.only.target) == (
        request.method,
        parts.path + ("?" if parts.query else "") + parts.query,
    )
    assert server.only.body == request.body
    assert {name.lower(): value for name, value in request.headers.items()}.items() <= server.only.headers.items()


@pytest.mark.parametrize("exchange", [each for each in ALL if "refused" in each.content], ids=str)
def test_an_impossible_request_is_refused_with_the_cure(exchange: Exchange) -> None:
    with pytest.raises(Refused) as caught:
        exchange.ask()
    assert exchange.content["refused"] in str(caught.value)


@pytest.mark.parametrize("exchange", [each for each in ALL if "unwanted" in each.content], ids=str)
def test_a_list_with_other_ids_than_the_webhooks_is_not_read(exchange: Exchange) -> None:
    assert exchange.ask() is None


@every_answer
def test_an_answer_is_understood_as_expected(answer: Answer, server: ProviderServer) -> None:
    expected = answer.content
    server.will(answering(expected["status"], expected["body"].encode()))
    response = send(asked(answer.exchange), server)

    if "call_id" in expected:
        assert read(answer.exchange, response) == expected["call_id"]
    elif "events" in expected:
        page = read(answer.exchange, response)
        events = [as_text(event) for event in page.events]
        assert [
            {name: event[name] for name in wanted} for event, wanted in zip(events, expected["events"], strict=True)
        ] == expected["events"]
        assert (page.next and page.next.url) == expected["next"]
    elif "refused" in expected:
        with pytest.raises(Refused) as caught:
            read(answer.exchange, response)
        assert expected["refused"] in str(caught.value)
    else:
        with pytest.raises(Unreadable):
            read(answer.exchange, response)


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each.content.get("events")], ids=str)
def test_events_of_a_list_are_ended_and_name_their_call(answer: Answer) -> None:
    response = OutboundResponse(status=200, body=answer.content["body"].encode(), url=asked(answer.exchange).url)

    for event in read(answer.exchange, response).events:
        assert event.is_end
        assert event.source in (Source.LIST, Source.DERIVED)
        assert event.provider_call_id
        assert event.started_at and event.started_at.tzinfo


@pytest.mark.parametrize("answer", [each for each in ANSWERS if each.content.get("next")], ids=str)
def test_a_following_page_carries_the_same_key(answer: Answer) -> None:
    first = asked(answer.exchange)
    response = OutboundResponse(status=200, body=answer.content["body"].encode(), url=first.url)
    following = read(answer.exchange, response).next

    assert set(following.headers) == set(first.headers)
    assert urlsplit(following.url).netloc == urlsplit(first.url).netloc


@pytest.mark.parametrize("slug", DIALERS)
@pytest.mark.parametrize(
    "behave",
    [
        sending(),
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
        sending(*[b"HTTP/1.1 200 OK\r\nX: "] + [b"x"] * 50, pause=0.1),
        sending(b"\xff\xfe garbage\r\n\r\n"),
        answering(200, b"x" * 5000),
    ],
    ids=["closed", "cut", "trickling", "garbage", "huge"],
)
def test_a_provider_that_breaks_off_leaves_it_open_whether_it_dials(
    slug: str, behave: Any, server: ProviderServer
) -> None:
    server.will(behave)

    with pytest.raises(http.Unanswered):
        send(asked(first_dial(slug)), server, QUICK)
    server.await_request()
    assert len(server.received) == 1


@pytest.mark.parametrize("slug", DIALERS)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_no_acceptance_and_is_not_followed(slug: str, status: int, server: ProviderServer) -> None:
    server.will(
        answering(status, b'{"error": "OK", "status": "success", "sid": "1", "call_id": "1"}', Location=server.url)
    )

    with pytest.raises(Refused, match="redirects elsewhere"):
        read(first_dial(slug), send(asked(first_dial(slug)), server))
    assert len(server.received) == 1


def first_dial(slug: str) -> Exchange:
    return next(exchange for exchange in exchanges(slug) if exchange in ASKED and exchange.content["does"] == "dial")


@pytest.mark.parametrize("slug", DIALERS)
def test_no_refusal_repeats_the_key_or_a_page_of_html(slug: str) -> None:
    exchange = first_dial(slug)
    account = replace(exchange.account, api_key="key-to-hide")
    adapter = providers.find(slug)
    echo = json.dumps({"message": "Wrong key: key-to-hide\n\x1b[31m" + "x" * 900})

    for body in (echo, "<html><body>key-to-hide</body></html>"):
        with pytest.raises(Refused) as caught:
            adapter.read_dialed(OutboundResponse(status=403, body=body.encode()), account)
        assert "key-to-hide" not in str(caught.value)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize("exchange", ASKED, ids=str)
@hypothesis_settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_answer_is_at_worst_unreadable(exchange: Exchange, data: st.DataObject) -> None:
    bodies = [answer["body"].encode() for answer in exchange.content["answers"]] or [b"{}"]
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner, max_size=4)
        ),
    )
    body = data.draw(
        st.binary(max_size=60)
        | anything.map(lambda value: json.dumps(value).encode())
        | st.sampled_from(bodies).map(lambda own: own[: len(own) // 2])
    )
    status = data.draw(st.sampled_from([200, 201, 204, 301, 400, 403, 404]))

    with contextlib.suppress(Refused, Unreadable):
        read(exchange, OutboundResponse(status=status, body=body, url=asked(exchange).url))


NAMES = [
    "error", "status", "success", "data", "stats", "calls", "sid", "call_id", "hydra:member", "hydra:totalItems", "next_page_uri", "uuid", "service",
    "pbx_call_id", "callId", "message", "result", "externalNumber", "duration",
]  # fmt: skip
