import json
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations.providers.foundation.decoding import decode
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.provider import Unreadable

FORM = "application/x-www-form-urlencoded"


def request(body: bytes | str = b"", *, content_type: str = "", query: str = "", method: str = "POST") -> Delivery:
    raw = body.encode() if isinstance(body, str) else body
    headers = {"content-type": content_type} if content_type else {}
    return Delivery(
        method=method, body=raw, received_at=datetime(2026, 1, 15, tzinfo=UTC), headers=headers, query=query
    )


@pytest.mark.parametrize("content_type", ["", "application/json", FORM, "text/plain", "application/xml", "nonsense"])
@pytest.mark.parametrize(
    "body",
    [
        '{"status": "callend", "callid": "7"}',
        ' \n{"STATUS": " callend ", "CallId": 7}',
        "<r><status>callend</status><callid>7</callid></r>",
        "status=callend&callid=7",
        "\ufeffstatus=callend&callid=7",
        "\ufeff<r status='callend' callid='7'/>",
    ],
)
def test_the_body_decides_what_it_is_not_the_content_type(body: str, content_type: str) -> None:
    assert decode(request(body, content_type=content_type)) == {"status": "callend", "callid": "7"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_query_is_read_and_the_body_beats_it(method: str) -> None:
    assert decode(request('{"b": "body"}', query="a=1&b=query", method=method)) == {"a": "1", "b": "body"}


def test_nested_json_gets_dotted_names() -> None:
    body = '{"call": {"id": 7, "legs": [{"to": "100"}, {"to": "101"}]}, "tags": ["a", "b"]}'

    assert decode(request(body)) == {
        "call.id": "7",
        "call.legs.0.to": "100",
        "call.legs.1.to": "101",
        "tags.0": "a",
        "tags.1": "b",
    }


def test_json_values_are_text_as_they_were_written_and_null_is_none() -> None:
    body = '{"id": 1768467600.10, "big": 123456789012345678901234567890, "yes": true, "no": false, "none": null, "empty": ""}'

    assert decode(request(body)) == {
        "id": "1768467600.10",  # an Asterisk id sent as a number keeps its zero
        "big": "123456789012345678901234567890",
        "yes": "true",
        "no": "false",
        "empty": "",
    }


def test_xml_elements_and_attributes_are_fields_without_root_and_namespace() -> None:
    body = '<?xml version="1.0"?><c:call xmlns:c="urn:x" id="7"><c:from type="mobile"> 501 </c:from><leg><to>100</to></leg><!-- x --></c:call>'

    assert decode(request(body)) == {"id": "7", "from": "501", "from.type": "mobile", "leg.to": "100"}


def test_the_last_of_repeated_fields_counts() -> None:
    assert decode(request("a=1&a=2")) == decode(request("<r><a>1</a><a>2</a></r>")) == {"a": "2"}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("+48501502503", "+48501502503"),
        ("%2B48501502503", "+48501502503"),
        ("2026-01-15+10:00:00", "2026-01-15 10:00:00"),
        ("a+b", "a b"),
        ("tel:+48501502503", "tel:+48501502503"),
        ("Jan+Kowalski+501502503", "Jan Kowalski 501502503"),
        ("%2B48+(0)+501502503", "+48 (0) 501502503"),
    ],
)
def test_a_plus_that_was_not_escaped_stays_with_its_number(sent: str, read: str) -> None:
    assert decode(request(f"x={sent}")) == {"x": read}


def test_a_multipart_form_is_read_without_its_files() -> None:
    parts = [
        '--x\r\nContent-Disposition: form-data; name="Status"\r\n\r\ncallend',
        '--x\r\nContent-Disposition: form-data; name="rec"; filename="a.wav"\r\n\r\n\0\0\0',
        '--x\r\nContent-Disposition: form-data; name="kto"\r\n\r\nZażółć\r\n--x--\r\n',
    ]

    assert decode(request("\r\n".join(parts), content_type="multipart/form-data; boundary=x")) == {
        "status": "callend",
        "kto": "Zażółć",
    }


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("a=żółć".encode("cp1250"), f"{FORM}; charset=windows-1250"),
        (b"a=%BF%F3%B3%E6", f"{FORM}; charset=iso-8859-2"),
        ('{"a": "żółć"}'.encode("utf-16"), 'application/json; charset="utf-16"'),
        ("<?xml version='1.0' encoding='ISO-8859-2'?><r><a>żółć</a></r>".encode("iso-8859-2"), ""),
        ("a=żółć".encode(), f"{FORM}; charset=iso-8859-2"),  # what is UTF-8 is UTF-8, whatever was declared
        (b"a=%C5%BC%C3%B3%C5%82%C4%87", f"{FORM}; charset=no-such-charset"),
    ],
)
def test_text_is_utf8_or_else_of_the_declared_charset(body: bytes, content_type: str) -> None:
    assert decode(request(body, content_type=content_type)) == {"a": "żółć"}


def test_an_empty_request_has_no_fields() -> None:
    assert decode(request()) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"hello",
        b"[1, 2]",
        b'["a=b"]',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"a=%00",
        b"a\0=b",
        b"a=\xff\xfe",
        b"a=%ff",
        b'{"a": "\xff"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":' + b"[" * 60 + b"]" * 60 + b"}",
        b"<a>" * 100 + b"</a>" * 100,
        b"<r><a></r>",
        b'<!DOCTYPE r [<!ENTITY x "y">]><r><a>&x;</a></r>',
        b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><a>1</a></r>',
    ],
)
def test_what_is_broken_hostile_or_cannot_be_stored_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(request(body))


@pytest.mark.parametrize("charset", ["hex", "idna", "unicode_escape", "punycode", "undefined", "\x01", "utf-7"])
def test_a_charset_that_is_no_plain_one_is_not_tried(charset: str) -> None:
    with pytest.raises(Unreadable):
        decode(request(b"a=\xff", content_type=f"{FORM}; charset={charset}"))


@hypothesis_settings(deadline=None)
@given(
    body=st.binary()
    | st.builds(
        lambda head, rest: head + rest, st.sampled_from([b"{", b"<", b"a=", b"--x\r\n", b"\xff\xfe"]), st.binary()
    ),
    content_type=st.sampled_from(
        ["multipart/form-data; boundary=x", "multipart/form-data", f"{FORM}; charset=cp1250", ""]
    )
    | st.text(),
    query=st.text(),
)
def test_anything_else_than_fields_is_unreadable(body: bytes, content_type: str, query: str) -> None:
    try:
        fields = decode(request(body, content_type=content_type, query=query))
    except Unreadable:
        return
    assert all(text == text.strip() and "\0" not in text for text in fields.values())
    assert all(name == name.lower() for name in fields)


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(str.strip)


@hypothesis_settings(deadline=None)
@given(fields=st.dictionaries(st.text(string.ascii_lowercase, min_size=1), plain))
def test_json_fields_come_out_as_they_went_in(fields: dict[str, str]) -> None:
    assert decode(request(json.dumps(fields))) == fields
