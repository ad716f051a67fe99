"""The settings that dialing and lists take: each fault is named with its place."""

from typing import Any

import pytest

from integrations import providers
from integrations.providers.foundation.provider import InvalidSettings

URL = "https://pbx.example.com/call"


@pytest.mark.parametrize(
    ("slug", "given", "culprit"),
    [
        ("supervoip", {"sips": []}, "sips"),
        ("supervoip", {"sips": {"100": 1250000}}, "sips.100"),
        ("supervoip", {"sips": {"100": "https://evil.example/api/sips/1"}}, "sips.100"),
        ("supervoip", {"sips": {"100": "/api/sips/1/../../sms_messages"}}, "sips.100"),
        ("supervoip", {"list": True}, "list"),
        ("supervoip", {"list": {"same_ids": "yes"}}, "list"),
        ("supervoip", {"dial": {}}, "dial"),
        ("telecube", {"list": []}, "list"),
        ("telecube", {"list": {"address": "x"}}, "list.address"),
        ("telecube", {"list": {"url": 5}}, "list.url"),
        ("telecube", {"list": {"url": "firma.ccrm.pl"}}, "list.url"),
        ("telecube", {"list": {"url": "https://firma.ccrm.pl/publicApi"}}, "list.url"),
        ("telecube", {"list": {"url": "https://user:pass@firma.ccrm.pl"}}, "list.url"),
        ("telecube", {"list": {"same_ids": 1}}, "list.same_ids"),
        ("twilio", {"sips": {}}, "sips"),
        ("datera", {"dial": "https://x"}, "dial"),
        ("datera", {"dial": {}}, "dial.url"),
        ("datera", {"dial": {"url": "ftp://x/"}}, "dial.url"),
        ("datera", {"dial": {"url": "https://{line}.example.com/"}}, "dial.url"),
        ("datera", {"dial": {"url": "https://a:b@example.com/"}}, "dial.url"),
        ("datera", {"dial": {"url": "https://example.com{line}"}}, "dial.url"),
        ("datera", {"dial": {"url": URL, "body": "x"}}, "dial.body"),
        ("datera", {"dial": {"url": URL, "method": "DELETE"}}, "dial.method"),
        ("datera", {"dial": {"url": URL, "json": {}, "form": {}}}, "dial"),
        ("datera", {"dial": {"url": URL, "form": {"a": 5}}}, "dial.form"),
        ("datera", {"dial": {"url": URL, "query": ["a"]}}, "dial.query"),
        ("datera", {"dial": {"url": URL, "xml": 5}}, "dial"),
        ("datera", {"dial": {"url": URL, "call_id": 5}}, "dial"),
        ("datera", {"dial": {"url": URL, "headers": {"Host": "x"}}}, "dial.headers.Host"),
        ("datera", {"dial": {"url": URL, "headers": {"Content-Length": "0"}}}, "dial.headers.Content-Length"),
        ("datera", {"dial": {"url": URL, "headers": {"A b": "x"}}}, "dial.headers.A b"),
        ("datera", {"dial": {"url": URL + "/{numer}"}}, "dial.url"),
        ("datera", {"dial": {"url": URL, "json": {"a": ["{number:upper}"]}}}, "dial.json"),
        ("datera", {"dial": {"url": URL, "json": {"{line}": "a"}}}, "dial.json"),
        ("datera", {"dial": {"url": URL, "success": 200}}, "dial.success"),
        ("datera", {"dial": {"url": URL, "success": {"status": 200}}}, "dial.success.status"),
        ("datera", {"dial": {"url": URL, "success": {"status": [302]}}}, "dial.success.status"),
        ("datera", {"dial": {"url": URL, "success": {"status": []}}}, "dial.success.status"),
        ("datera", {"dial": {"url": URL, "success": {"status": [True]}}}, "dial.success.status"),
        ("datera", {"dial": {"url": URL, "success": {"field": "a"}}}, "dial.success"),
        ("datera", {"dial": {"url": URL, "success": {"field": "a", "equals": 0}}}, "dial.success"),
        ("datera", {"dial": {"url": URL, "success": {"code": 1}}}, "dial.success"),
    ],
)
def test_a_wrong_setting_is_named(slug: str, given: dict[str, Any], culprit: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        providers.find(slug).validate_settings(given)
    assert caught.value.field == culprit


def test_a_described_request_may_not_be_nested_without_end() -> None:
    deep: Any = "{line}"
    for _ in range(50):
        deep = [deep]

    with pytest.raises(InvalidSettings, match="too deep"):
        providers.find("datera").validate_settings({"dial": {"url": URL, "json": deep}})


@pytest.mark.parametrize("slug", ["supervoip", "telecube", "datera"])
def test_a_refused_setting_names_those_of_this_provider(slug: str) -> None:
    with pytest.raises(
        InvalidSettings, match=r"no such setting; use one of: fields, events, statuses, directions, .*(list|dial)"
    ):
        providers.find(slug).validate_settings({"colour": "blue"})
