"""The shapes in which exchanges wrap what they send."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.providers.foundation.decoding import MOST_EVENTS, decode, decode_all, field_name
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.provider import Unreadable

SOAP = """<s:Envelope xmlns:s="urn:s"><s:Header><t>1</t></s:Header>
<s:Body><n:notify xmlns:n="urn:n"><n:call_id>7</n:call_id></n:notify></s:Body></s:Envelope>"""


def delivery(body: bytes | str = b"", *, query: str = "", content_type: str = "") -> Delivery:
    raw = body.encode() if isinstance(body, str) else body
    headers = {"content-type": content_type} if content_type else {}
    return Delivery(
        method="POST", body=raw, received_at=datetime(2026, 1, 15, tzinfo=UTC), headers=headers, query=query
    )


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ('{"data": "{\\"call_id\\": 7}"}', ""),
        ("data=%7B%22call_id%22%3A7%7D", ""),
        ("", "payload=%7B%22call_id%22%3A7%7D"),
        ('"{\\"call_id\\": 7}"', ""),
        ('{"data": {"call": {"call_id": 7}}}', ""),
        ('{"params": [{"name": "call_id", "value": "7"}]}', ""),
        ('[{"name": "event", "value": "call_end"}, {"name": "call_id", "value": 7}]', ""),
        ("event=call_end\r\ncall_id=7\r\n", ""),  # a form as text/plain
        ("call[call_id]=7", ""),
        ('<r><param name="call_id">7</param></r>', ""),
        ('<r><param name="call_id" value="7"/></r>', ""),
        ("<r><parameter><name>call_id</name><value>7</value></parameter></r>", ""),
        (SOAP, ""),
    ],
)
def test_a_field_is_found_in_whatever_it_is_wrapped(body: str, query: str) -> None:
    (event,) = decode_all(delivery(body, query=query))

    assert event["call_id"] == "7"


def test_a_wrapped_field_does_not_hide_an_unwrapped_one() -> None:
    (event,) = decode_all(delivery('{"call_id": 1, "data": {"call_id": 2}}'))

    assert (event["call_id"], event["data.call_id"]) == ("1", "2")


def test_an_element_with_a_name_of_its_own_is_no_pair() -> None:
    assert decode(delivery('<r><from name="Jan">501</from></r>')) == {"from": "501", "from.name": "Jan"}


@pytest.mark.parametrize(
    "body",
    [
        '[{"id": 1}, {"id": 2}]',
        '{"id": 1}\n{"id": 2}\n',
        '{"id": 1}{"id": 2}',
        '{\n  "id": 1\n}\n\n{\n  "id": 2\n}\n',
        '"[{\\"id\\": 1}, {\\"id\\": 2}]"',
        '{"events": [{"id": 1}, {"id": 2}]}',
        '{"payload": {"calls": [{"id": 1}, {"id": 2}]}}',
        "<calls><call><id>1</id></call><call><id>2</id></call></calls>",
        "events=%5B%7B%22id%22%3A1%7D%2C%7B%22id%22%3A2%7D%5D",
    ],
)
def test_several_events_of_one_delivery_are_told_apart(body: str) -> None:
    assert [event["id"] for event in decode_all(delivery(body))] == ["1", "2"]


def test_fields_around_a_list_belong_to_each_of_its_events() -> None:
    events = decode_all(delivery('{"account": "A", "events": [{"id": 1}, {"id": 2}]}', query="token=t"))

    assert [(event["account"], event["token"], event["id"]) for event in events] == [("A", "t", "1"), ("A", "t", "2")]


def test_a_list_of_another_name_is_told_by_the_configuration() -> None:
    body = '{"wynik": {"lista": [{"id": 1}, {"id": 2}]}}'

    assert [event["id"] for event in decode_all(delivery(body), each="wynik[lista]")] == ["1", "2"]
    assert len(decode_all(delivery(body))) == 1


def test_several_events_are_unreadable_for_a_provider_that_sends_one() -> None:
    with pytest.raises(Unreadable, match="several events"):
        decode(delivery('[{"id": 1}, {"id": 2}]'))


def test_more_events_than_any_exchange_sends_are_refused() -> None:
    with pytest.raises(Unreadable, match=str(MOST_EVENTS)):
        decode_all(delivery("[" + ",".join(['{"id": 1}'] * (MOST_EVENTS + 1)) + "]"))


def test_very_many_values_one_after_another_are_refused_at_once() -> None:
    """Looking for the next one does not read all that follows: with half a million that would take minutes."""
    with pytest.raises(Unreadable, match="more than 500 events"):
        decode_all(delivery("{}" * 500_000))


def test_a_small_body_cannot_become_very_many_fields() -> None:
    around = ",".join(f'"f{number}": 1' for number in range(3000))
    events = ",".join(['{"id": 1}'] * 100)

    with pytest.raises(Unreadable, match="too much"):
        decode_all(delivery("{" + around + ', "events": [' + events + "]}"))


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
NAMES = st.sampled_from(["data", "events", "call", "name", "value", "id", "a[b]", "Payload", "0"]) | st.text(max_size=8)
SHAPES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=20
)


@settings(deadline=None)
@given(shape=SHAPES, wraps=st.integers(0, 3))
def test_any_json_is_fields_of_events_or_unreadable(shape: Any, wraps: int) -> None:
    body = json.dumps(shape)
    for _ in range(wraps):
        body = json.dumps({"data": body})

    with contextlib.suppress(Unreadable):
        for event in decode_all(delivery(body)):
            assert all(name == field_name(name) and value == value.strip() for name, value in event.items())


@pytest.mark.parametrize("charset", ["cp1250", "iso-8859-2", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "body", ['{"a": "zażółć gęślą jaźń"}', "a=zażółć gęślą jaźń", "<r><a>zażółć gęślą jaźń</a></r>"]
)
def test_polish_is_read_though_no_charset_is_declared(body: str, charset: str) -> None:
    assert decode(delivery(body.encode(charset))) == {"a": "zażółć gęślą jaźń"}


def test_another_charset_is_told_by_the_configuration() -> None:
    body = "a=привет".encode("cp1251")

    with pytest.raises(Unreadable):
        decode(delivery(body))
    assert decode_all(delivery(body), charset="cp1251") == [{"a": "привет"}]


def test_text_that_only_looks_like_json_stays_text() -> None:
    assert decode(delivery('{"a": "{callid}", "b": "[' + "[" * 50 + '"}')) == {"a": "{callid}", "b": "[" + "[" * 50}


@pytest.mark.parametrize("name", ["Call[ID]", "call.id", " call[id] "])
def test_field_names_are_normalised(name: str) -> None:
    assert field_name(name) == "call.id"
