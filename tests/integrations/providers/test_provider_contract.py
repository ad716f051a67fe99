"""What every provider file must keep, run over all that are found: adding one adds its tests."""

import ast
import contextlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from inspect import getsourcefile
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from payload_files import Payload, Story, as_text, payloads, stories

from calls.events import CallEvent
from calls.statuses import RESULTS, Source
from integrations import providers
from integrations.providers.foundation.events import Delivery
from integrations.providers.foundation.provider import InvalidSettings, Unreadable, Untrusted, provider_word

DOCS = Path(__file__).parents[3] / "docs" / "providers"
SECTIONS = ("## Where this is from", "## Setting it up", "## Settings", "## Not known")
MAY_IMPORT = {
    "calls.events",
    "calls.reasons",
    "calls.sentences",
    "calls.statuses",
    "integrations.providers.foundation",
    "integrations.providers.foundation.answers",
    "integrations.providers.foundation.call_ids",
    "integrations.providers.foundation.decoding",
    "integrations.providers.foundation.events",
    "integrations.providers.foundation.pbx_words",
    "integrations.providers.foundation.field_map",
    "integrations.providers.foundation.field_values",
    "integrations.providers.foundation.provider_api",
    "integrations.providers.foundation.provider",
    "integrations.providers.foundation.reading",
    "integrations.providers.foundation.request_template",
    "integrations.providers.foundation.named_fields",
    "integrations.providers.foundation.signatures",
    "integrations.providers.foundation.twiml",
    "integrations.providers.foundation.twiml_legs",
}
IMPURE = {
    "asyncio",
    "builtins",
    "importlib",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "socket",
    "subprocess",
    "threading",
    "time",
    "urllib.request",
}
CLOCKS = {"now", "utcnow", "today", "open", "eval", "exec", "__import__", "print"}
LABELS = {"recorded", "documented", "observed", "declared"}
UNHEARD_OF = "ZZZ-UNKNOWN"

every_provider = pytest.mark.parametrize("slug", providers.slugs())
every_signed_payload = pytest.mark.parametrize(
    "payload", [each for slug in providers.slugs() if providers.find(slug).signed for each in payloads(slug)], ids=str
)
every_payload = pytest.mark.parametrize(
    "payload", [each for slug in providers.slugs() for each in payloads(slug)], ids=str
)
every_story = pytest.mark.parametrize("story", [each for slug in providers.slugs() for each in stories(slug)], ids=str)


def parse(payload: Payload, **changes: Any) -> list[CallEvent]:
    return list(providers.find(payload.slug).parse(replace(payload.delivery, **changes), payload.account))


def is_trusted(payload: Payload, *, api_key: str | None = None, **changes: Any) -> bool:
    account = payload.account if api_key is None else replace(payload.account, api_key=api_key)
    try:
        providers.find(payload.slug).verify(replace(payload.delivery, **changes), account)
    except Untrusted:
        return False
    return True


def only_raises(allowed: type[Exception], verb: Callable[[], Iterable[object] | None]) -> None:
    with contextlib.suppress(allowed):
        list(verb() or ())


def source_of(slug: str) -> str:
    return Path(getsourcefile(type(providers.find(slug))) or "").read_text()


@every_provider
def test_a_provider_has_payloads_and_stories(slug: str) -> None:
    assert payloads(slug)
    assert stories(slug)


@every_payload
def test_a_payload_file_names_its_evidence_and_source(payload: Payload) -> None:
    assert payload.content["evidence"] in LABELS
    assert payload.content["source"].strip()


@every_provider
def test_its_own_evidence_is_that_of_a_payload(slug: str) -> None:
    assert providers.find(slug).evidence in {payload.content["evidence"] for payload in payloads(slug)}


@every_payload
def test_a_payload_becomes_its_expected_events(payload: Payload) -> None:
    events = [as_text(event) for event in parse(payload)]

    assert len(events) == len(payload.expect)
    for event, expected in zip(events, payload.expect, strict=True):
        assert {name: event[name] for name in expected} == expected


@every_payload
def test_an_event_names_its_call_and_keeps_times_that_say_their_zone(payload: Payload) -> None:
    for event in parse(payload):
        assert 1 <= len(event.provider_call_id) <= 255
        assert all(moment is None or moment.tzinfo for moment in (event.started_at, event.answered_at, event.ended_at))
        assert event.provider_status


@every_payload
def test_parsing_depends_on_the_delivery_alone(payload: Payload) -> None:
    later = payload.delivery.received_at + timedelta(days=1)

    assert parse(payload) == parse(payload) == parse(payload, received_at=later, urls=())


@every_provider
def test_every_mapped_word_is_proven_by_a_payload(slug: str) -> None:
    events = [event for payload in payloads(slug) for event in parse(payload)]
    proven = {(provider_word(event.provider_status), event.status) for event in events}

    assert [entry for entry in providers.find(slug).statuses.items() if entry not in proven] == []


@every_provider
def test_words_are_mapped_in_their_normal_writing(slug: str) -> None:
    assert [word for word in providers.find(slug).statuses if word != provider_word(word)] == []


@every_provider
def test_every_address_has_a_payload(slug: str) -> None:
    assert set(providers.find(slug).webhook_events) <= {payload.content["event"] for payload in payloads(slug)}


@every_provider
def test_an_unknown_word_is_kept_without_a_guessed_status(slug: str) -> None:
    """What an event by itself stands for may still be concluded from it."""
    kept = []
    for payload, word in words_that_decide(slug):
        with contextlib.suppress(Unreadable):  # kept as well: the whole delivery is
            (event,) = parse(payload, **with_another_word(payload, word))
            assert event.provider_status == UNHEARD_OF
            kept.append((event.status in RESULTS, event.source))

    assert (True, Source.EVENT) not in kept
    assert (False, Source.EVENT) in kept


def words_that_decide(slug: str) -> Iterable[tuple[Payload, str]]:
    """Payloads that report a result by a word alone, and that word."""
    for payload in payloads(slug):
        for event in parse(payload):
            is_word = event.provider_status != payload.content["event"]
            if event.status in RESULTS and event.source is Source.EVENT and is_word and not event.talk_seconds:
                yield payload, event.provider_status


def with_another_word(payload: Payload, word: str) -> dict[str, Any]:
    """The payload's body and query with that word replaced, in whichever way it is written there."""
    body, query = payload.content["body"], payload.content["query"]
    for writing in {word, quote_plus(word), quote(word)}:
        body, query = body.replace(writing, UNHEARD_OF), query.replace(writing, UNHEARD_OF)
    return {"body": body.encode(), "query": query}


@every_signed_payload
def test_its_own_signature_is_accepted(payload: Payload) -> None:
    assert is_trusted(payload)


@every_signed_payload
def test_no_signature_is_refused(payload: Payload) -> None:
    headers = payload.delivery.headers
    assert not is_trusted(payload, headers={name: value for name, value in headers.items() if name == "content-type"})


@every_signed_payload
def test_a_wrong_signature_is_refused(payload: Payload) -> None:
    (name,) = set(payload.delivery.headers) - {"content-type"}
    own = payload.delivery.headers[name]

    assert [
        wrong for wrong in ("", "AAAA", "ą", own[:-1], own.swapcase()) if is_trusted(payload, headers={name: wrong})
    ] == []


@every_signed_payload
@pytest.mark.parametrize("key", ["", "another"])
def test_a_signature_of_another_or_no_key_is_refused(payload: Payload, key: str) -> None:
    assert not is_trusted(payload, api_key=key)


@every_provider
def test_a_provider_file_imports_only_the_foundation_and_the_standard_library(slug: str) -> None:
    imported = set()
    for node in ast.walk(ast.parse(source_of(slug))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module or "")

    assert {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names} <= MAY_IMPORT
    assert not imported & IMPURE


@every_provider
def test_a_provider_file_is_short_and_reads_no_clock(slug: str) -> None:
    source = source_of(slug)
    called = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = {func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called}

    assert len(source.splitlines()) <= 250
    assert not names & CLOCKS


@every_provider
def test_a_provider_has_a_page_of_documentation(slug: str) -> None:
    provider = providers.find(slug)
    page = (DOCS / f"{slug}.md").read_text()

    assert page.startswith(f"# {provider.name}\n")
    assert f"**{provider.evidence}**" in page
    assert [section for section in SECTIONS if section not in page] == []


@every_provider
def test_the_settings_shown_on_its_page_are_taken_and_no_others(slug: str) -> None:
    section = (DOCS / f"{slug}.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    examples = [json.loads(example) for example in re.findall(r"```json\n(.*?)```", section, re.DOTALL)]
    provider = providers.find(slug)

    assert bool(examples) is not (section.strip() == "None.")
    for example in examples:
        provider.validate_settings(example)
        for name in example:
            with pytest.raises(InvalidSettings):
                provider.validate_settings({name: [object()]})
    with pytest.raises(InvalidSettings):
        provider.validate_settings({"never_heard_of": "x"})


@every_provider
@hypothesis_settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_bytes_are_at_worst_unreadable(slug: str, data: st.DataObject) -> None:
    provider, payload = providers.find(slug), data.draw(st.sampled_from(payloads(slug)))
    delivery = Delivery(
        method=data.draw(st.sampled_from(["GET", "POST"])),
        body=data.draw(
            st.binary() | st.text().map(str.encode) | st.binary().map(lambda rest: payload.delivery.body + rest)
        ),
        received_at=payload.delivery.received_at,
        headers={
            "content-type": data.draw(
                st.sampled_from(["", "application/json", "text/xml", "multipart/form-data; boundary=x"])
            )
        },
        query=data.draw(st.text()),
        event=data.draw(st.sampled_from(["", *provider.webhook_events]) | st.text(max_size=50)),
    )

    only_raises(Unreadable, lambda: provider.parse(delivery, payload.account))
    only_raises(Untrusted, lambda: provider.verify(delivery, payload.account))
    only_raises(Unreadable, lambda: provider.answer_handshake(delivery))


@every_provider
@hypothesis_settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_random_values_in_real_payloads_are_at_worst_unreadable(slug: str, data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from([each for each in payloads(slug) if each.expect]))
    value = data.draw(
        st.text(max_size=60) | st.integers().map(str) | st.datetimes().map(str) | st.from_regex(r"[0-9:.+ -]{1,20}")
    )
    known = [
        text for event in parse(payload) for text in as_text(event).values() if text and text in payload.content["body"]
    ]
    old = data.draw(st.sampled_from([*known, payload.content["body"][:5]]))
    body = payload.content["body"].replace(old, value).encode("utf-8", "replace")

    only_raises(Unreadable, lambda: parse(payload, body=body))


@every_provider
@hypothesis_settings(max_examples=60, deadline=None)
@given(
    settings=st.dictionaries(
        st.sampled_from(["fields", "events", "statuses", "directions", "sips", "list", "dial", "other"]),
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("call_id"), inner),
        ),
    )
)
def test_random_settings_are_at_worst_refused(slug: str, settings: dict[str, Any]) -> None:
    only_raises(InvalidSettings, lambda: providers.find(slug).validate_settings(settings))


@every_provider
def test_a_provider_accepts_the_settings_of_its_payloads_and_refuses_unknown_ones(slug: str) -> None:
    provider = providers.find(slug)
    for payload in payloads(slug):
        provider.validate_settings(payload.account.settings)

    with pytest.raises(InvalidSettings, match=r"^colour: "):
        provider.validate_settings({"colour": "blue"})


@every_story
def test_a_story_is_about_one_call(story: Story) -> None:
    calls = {event.provider_call_id for payload in story.payloads for event in parse(payload)}

    assert len(calls) == 1
    assert {"status"} <= set(story.expect)
