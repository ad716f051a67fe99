"""The merge statement against the same rules written plainly in Python, over random stories in random order."""

import itertools
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import merge
from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event
from calls.statuses import FIRST_RESULT, Kind, Source, Status
from sips.models import Voip

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MERGED = (
    "status", "precedence", "provider_status", "reason", "kind", "number_from", "number_to", "start_time", "answered_at", "ended_at", "duration",
    "sip_id", "sip_precedence", "recording_url", "customer_number", "client_id", "contact_id",
)  # fmt: skip


@dataclass
class Report:
    """An event and when it was received."""

    event: CallEvent
    at: datetime = NOON


times = st.none() | st.integers(-600, 600).map(lambda seconds: NOON + timedelta(seconds=seconds))
events = st.builds(
    CallEvent,
    provider_call_id=st.just("call-1"),
    status=st.none() | st.sampled_from(Status),
    source=st.sampled_from([Source.DERIVED, Source.EVENT, Source.LIST]),
    provider_status=st.sampled_from(["", "alpha", "BUSY", "ZZZ"]),
    reason=st.sampled_from(["", "rejected", "unreachable"]),
    kind=st.none() | st.sampled_from(Kind),
    number_from=st.sampled_from(["", "+48501502503", "101", "anonymous"]),
    number_to=st.sampled_from(["", "+48221234567", "101", "102"]),
    line=st.sampled_from(["", "101", "102", "999"]),
    started_at=times,
    answered_at=times,
    ended_at=times,
    talk_seconds=st.none() | st.integers(0, 90),
    recording_url=st.sampled_from(
        ["", "https://example.com/a.mp3", "https://example.com/b.mp3", "javascript:alert(1)"]
    ),
)
stories = st.lists(st.builds(Report, events, times.map(lambda time: time or NOON)), min_size=1, max_size=6)


def facts(voip: Voip) -> dict[str, Any]:
    told: dict[str, Any] = Call.objects.values(*MERGED).get(voip=voip, provider_call_id="call-1")
    return told


def tell(voip: Voip, reports: list[Report]) -> dict[str, Any]:
    Call.everything.filter(voip=voip).delete()
    for report in reports:
        apply_event(report.event, voip=voip, received_at=report.at)
    return facts(voip)


def make_office() -> Voip:
    office = make.voip(name="Office", number="+48221234567")
    make.sip(voip=office, sip="101", name="A")
    make.sip(voip=office, sip="102", name="B")
    return office


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories, seed=st.integers(0, 2**16))
def test_any_order_and_repetition_ends_in_the_same_call(story: list[Report], seed: int) -> None:
    office = Voip.objects.filter(name="Office").first() or make_office()
    told_once = tell(office, story)

    shuffled = story + story
    random.Random(seed).shuffle(shuffled)

    assert tell(office, shuffled) == told_once


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_statement_agrees_with_its_plain_twin(story: list[Report]) -> None:
    office = Voip.objects.filter(name="Office").first() or make_office()

    merged = tell(office, story)

    assert {
        name: merged[name]
        for name in ("status", "start_time", "answered_at", "ended_at", "duration", "provider_status")
    } == plain(story)


@dataclass
class Facts:
    """What the reports of one call come to, folded without any thought of speed."""

    starts: list[datetime] = field(default_factory=list)
    answers: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)
    talks: list[int] = field(default_factory=list)
    claims: list[tuple[int, str]] = field(default_factory=list)
    words: list[tuple[int, str, str]] = field(default_factory=list)


def plain(story: list[Report]) -> dict[str, Any]:
    facts = Facts()
    for report in story:
        given = merge.parameters(report.event, voip_id=0, country="PL", received_at=report.at, now=NOON)
        facts.starts.append(given["started_at"])
        facts.answers += [given["answered_at"]] if given["answered_at"] else []
        facts.ends += [given["ended_at"]] if given["ended_at"] else []
        facts.talks += [given["talk_seconds"]] if given["talk_seconds"] is not None else []
        facts.claims.append((given["precedence"], given["status"]))
        unread = report.event.status is None
        facts.words.append(
            (merge.UNREAD_END if unread else given["precedence"], given["provider_status"], given["reason"])
        )
    furthest, status = max(facts.claims)
    ended = furthest >= FIRST_RESULT or bool(facts.ends)
    talked = bool(facts.answers) or max(facts.talks, default=0) > 0
    return {
        "status": "ANSWERED" if ended and talked else status,
        "start_time": min(facts.starts),
        "answered_at": min(facts.answers, default=None),
        "ended_at": max(facts.ends, default=None),
        "duration": max(facts.talks, default=None),
        "provider_status": max(facts.words)[1],
    }


def end(status: Status | None, **more: Any) -> CallEvent:
    return CallEvent(provider_call_id="call-1", status=status, **more)


def test_the_line_that_answered_is_the_calls_line() -> None:
    office = make_office()
    ringing = [end(Status.RINGING, line="101"), end(Status.RINGING, line="102")]
    answered = end(Status.ANSWERED, line="102", talk_seconds=5)

    lines = {
        tell(office, [Report(e) for e in order])["sip_id"] for order in itertools.permutations([*ringing, answered])
    }

    assert lines == {office.sips.get(sip="102").pk}


def test_a_providers_list_beats_its_webhook() -> None:
    office = make_office()

    assert (
        tell(office, [Report(end(Status.BUSY, source=Source.LIST)), Report(end(Status.NO_ANSWER))])["status"] == "BUSY"
    )


def test_answered_with_talk_beats_a_list_without() -> None:
    office = make_office()
    answered = Report(end(Status.ANSWERED, talk_seconds=3))

    assert tell(office, [answered, Report(end(Status.NO_ANSWER, source=Source.LIST))])["status"] == "ANSWERED"


def test_an_unknown_word_is_kept_and_not_guessed() -> None:
    office = make_office()

    told = tell(office, [Report(end(Status.RINGING)), Report(end(None, provider_status="ZAGADKA"))])

    assert (told["status"], told["provider_status"]) == ("RINGING", "ZAGADKA")


def test_a_new_call_takes_over_the_client_of_its_number() -> None:
    office = make_office()
    make.call(kind=Kind.INCOMING, number_from="+48501502503", customer_number="+48501502503", client_id=7, contact_id=8)

    told = tell(office, [Report(end(Status.RINGING, kind=Kind.INCOMING, number_from="501502503"))])

    assert (told["client_id"], told["contact_id"]) == (7, 8)


def test_our_own_number_never_identifies_a_client() -> None:
    office = make_office()
    make.call(kind=Kind.OUTGOING, number_to="+48221234567", customer_number="+48221234567", client_id=7)

    told = tell(office, [Report(end(Status.RINGING, kind=Kind.OUTGOING, number_from="101", number_to="+48221234567"))])

    assert told["client_id"] is None


@pytest.mark.parametrize(
    ("number_from", "number_to", "kind"),
    [
        ("101", "+48501502503", "outgoing"),
        ("+48501502503", "+48221234567", "incoming"),
        ("101", "102", "internal"),
        ("1", "2", ""),
    ],
)
def test_the_kind_is_concluded_from_our_own_numbers(number_from: str, number_to: str, kind: str) -> None:
    told = tell(make_office(), [Report(end(Status.RINGING, number_from=number_from, number_to=number_to))])

    assert told["kind"] == kind


def test_a_deleted_call_does_not_come_back() -> None:
    office = make_office()
    tell(office, [Report(end(Status.RINGING))])
    Call.objects.update(deleted_at=NOON)

    assert apply_event(end(Status.BUSY), voip=office, received_at=NOON) is None
    assert not Call.objects.exists()


def test_merging_what_is_known_changes_nothing_not_even_the_time_of_change() -> None:
    office = make_office()
    event = end(Status.BUSY, number_from="501502503")
    apply_event(event, voip=office, received_at=NOON)
    before = Call.objects.values().get()

    assert apply_event(replace(event), voip=office, received_at=NOON) is None
    assert Call.objects.values().get() == before
