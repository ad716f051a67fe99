"""The merge against the rules of docs/calls.md, written plainly in Python, over random stories in random order."""

import itertools
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.events import CallEvent
from calls.merge import REPORTED
from calls.models import Call, Report
from calls.reasons import Reason
from calls.services import apply_event
from calls.statuses import Kind, Source, Status
from sips.models import Voip

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS, ANNA, JAN = "+48221234567", "+48501502503", "+48601602603"
CLIENTS = {ANNA: (7, 8), JAN: (None, None), "+298201234": (9, None), "+48508412345": (7, 8), "+508412345": (5, None)}
"""Whom the numbers belong to in the CRM. People said of Jan's that it is nobody's."""
READINGS = {number: (f"+48{number}", f"+{number}") for number in ("298201234", "508412345", "298201235")}
"""Numbers whose country cannot be told, and what they can be: of the first one client is known, of the second two; the last may be our own."""
OURS_TOO = "+48298201235"


@dataclass
class Told:
    """An event and when it was received."""

    event: CallEvent
    at: datetime = NOON


times = st.none() | st.integers(-600, 600).map(lambda seconds: NOON + timedelta(seconds=seconds))
events = st.builds(
    CallEvent,
    provider_call_id=st.just("call-1"),
    status=st.none() | st.sampled_from(Status),
    source=st.sampled_from([Source.EXPIRY, Source.DERIVED, Source.EVENT, Source.LIST]),
    provider_status=st.sampled_from(["", "alpha", "BUSY", "ZZZ"]),
    reason=st.sampled_from([Reason.NONE, Reason.REJECTED, Reason.UNREACHABLE]),
    kind=st.none() | st.sampled_from(Kind),
    number_from=st.sampled_from(["", ANNA, JAN, "101", "102", OURS, "anonymous", *READINGS, "+298201234"]),
    number_to=st.sampled_from(["", OURS, ANNA, JAN, "101", "102", *READINGS]),
    numbers_are_read=st.just(True),
    line=st.sampled_from(["", "101", "102", "999"]),
    started_at=times,
    answered_at=times,
    ended_at=times,
    talk_seconds=st.none() | st.integers(0, 90),
    recording_url=st.sampled_from(
        ["", "https://example.com/a.mp3", "https://example.com/b.mp3", "javascript:alert(1)"]
    ),
)
stories = st.lists(st.builds(Told, events, times.map(lambda time: time or NOON)), min_size=1, max_size=6)


def facts(voip: Voip) -> dict[str, Any]:
    told: dict[str, Any] = Call.objects.values(*REPORTED).get(voip=voip, provider_call_id="call-1")
    return told


def tell(voip: Voip, story: Iterable[Told]) -> dict[str, Any]:
    Call.everything.filter(voip=voip, provider_call_id="call-1").delete()
    Report.objects.filter(voip=voip).delete()
    for told in story:
        apply_event(told.event, voip=voip, received_at=told.at)
    return facts(voip)


def make_office() -> Voip:
    office = make.voip(name="Office", number=OURS)
    make.sip(voip=office, sip="101", name="A")
    make.sip(voip=office, sip="102", name="B")
    make.voip(name="Branch", number=OURS_TOO)
    for number, (client_id, contact_id) in CLIENTS.items():
        identity = {"client_id": client_id, "contact_id": contact_id, "identity_set": True}
        make.call(kind=Kind.INCOMING, number_from=number, customer_number=number, **identity)
    return office


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories, seed=st.integers(0, 2**16))
def test_any_order_and_repetition_ends_in_the_same_call(story: list[Told], seed: int) -> None:
    office = Voip.objects.filter(name="Office").first() or make_office()
    told_once = tell(office, story)

    shuffled = story + story
    random.Random(seed).shuffle(shuffled)

    assert tell(office, shuffled) == told_once


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_sql_merge_agrees_with_the_rules_in_python(story: list[Told]) -> None:
    office = Voip.objects.filter(name="Office").first() or make_office()

    merged = tell(office, story)

    twin = Twin({line.sip: line.pk for line in office.sips.all()}).call(story)
    assert {name: merged[name] for name in twin} == twin
    assert set(REPORTED) - set(twin) == {name for name in REPORTED if name.endswith("precedence")}


Value = TypeVar("Value")

PROGRESS = ["QUEUED", "DIALING", "RINGING", "IN PROGRESS"]
RESULTS = ["FAILED", "CANCELED", "BUSY", "NO ANSWER", "ANSWERED"]
SURE = ("arrival", "reckoned", "said")


@dataclass
class Twin:
    """What the reports of one call come to, without any thought of speed and without a word of the code that it checks."""

    lines: dict[str, int]

    def call(self, story: Sequence[Told]) -> dict[str, Any]:
        customer = self.customer(story)
        client_id, contact_id = self.client(customer)
        word, reason = self.word(story)
        return {
            "status": self.status(story),
            "provider_status": word,
            "reason": reason,
            "kind": max((self.kind(told.event) for told in story), key=lambda kind: kind[0])[1],
            "number_from": self.first(told.event.number_from for told in story),
            "number_to": self.first(told.event.number_to for told in story),
            "customer_number": customer,
            "client_id": client_id,
            "contact_id": contact_id,
            "start_time": min(map(self.start, story)),
            "answered_at": min((moment for told in story if (moment := self.answer(told))), default=None),
            "ended_at": self.ended_at(story),
            "duration": max((t.event.talk_seconds for t in story if t.event.talk_seconds is not None), default=None),
            "sip_id": self.line(story),
            "recording_url": self.first(
                t.event.recording_url for t in story if t.event.recording_url.startswith("http")
            ),
        }

    def first(self, texts: Iterable[str]) -> str:
        """The first by the alphabet of those that say something; a full number comes before an extension."""
        return min((text for text in texts if text), default="")

    def weight(self, told: Told) -> tuple[int, int, int]:
        """Talk that is proven, then how far the call is, then who says so, then which result it is."""
        event = told.event
        if event.status == "ANSWERED" and (event.answered_at or event.talk_seconds):
            return 2, 0, 0
        if event.status is None:
            return 0, 0, 0
        if event.status in PROGRESS:
            return 0, PROGRESS.index(event.status), 0
        return 1, event.source, RESULTS.index(event.status)

    def status(self, story: Sequence[Told]) -> str:
        ended = any(
            (told.event.status is None and told.event.source > 1) or told.event.status in RESULTS for told in story
        )
        talked = any(self.answer(told) or told.event.talk_seconds for told in story)
        strongest = max(story, key=self.weight).event.status
        return "ANSWERED" if ended and talked else str(strongest or "QUEUED")

    def word(self, story: Sequence[Told]) -> tuple[str, str]:
        """The provider's word and the reason of the weightiest report; an end that cannot be read weighs more than any progress."""

        def rank(told: Told) -> Any:
            unread = told.event.status is None and told.event.source > 1
            return (0, 9, 0) if unread else self.weight(told), told.event.provider_status, told.event.reason

        strongest = max(story, key=rank).event
        return strongest.provider_status, strongest.reason

    def is_ours(self, number: str) -> bool:
        return any(each in (OURS, OURS_TOO) or each in self.lines for each in self.writings(number))

    def writings(self, number: str) -> tuple[str, ...]:
        return (number, *READINGS.get(number, ()))

    def client(self, number: str) -> tuple[int | None, int | None]:
        """The client on whom all numbers agree that this one can be; none where they do not."""
        known = {CLIENTS[each] for each in self.writings(number) if each in CLIENTS}
        return known.pop() if len(known) == 1 else (None, None)

    def kind(self, event: CallEvent) -> tuple[tuple[int, int, int], str]:
        """Its weight and the direction: said beats concluded, the stronger source beats the weaker, and of equals a leg outside one inside."""
        if event.kind:
            return (2, event.source, self.kind_order(event.kind)), event.kind
        ours = (self.is_ours(event.number_from), self.is_ours(event.number_to))
        concluded = {(True, True): "internal", (True, False): "outgoing", (False, True): "incoming"}.get(ours, "")
        both = bool(event.number_from and event.number_to)
        return (1 if concluded else 0, both if concluded else 0, self.kind_order(concluded)), concluded

    def kind_order(self, kind: str) -> int:
        return ["", "internal", "outgoing", "incoming"].index(kind)

    def customer(self, story: Sequence[Told]) -> str:
        """The other party by the weightiest report that tells one."""
        found = [(self.kind(told.event)[0], self.other_party(told.event)) for told in story]
        weights = [weight for weight, number in found if number]
        return min((number for weight, number in found if number and weight == max(weights)), default="")

    def other_party(self, event: CallEvent) -> str:
        outside = [
            n if (n.startswith("+") or n in READINGS) and not self.is_ours(n) else ""
            for n in (event.number_from, event.number_to)
        ]
        kind = self.kind(event)[1]
        if not kind:
            return "".join(outside) if not all(outside) else ""
        return {"incoming": outside[0], "outgoing": outside[1], "internal": ""}[kind]

    def line(self, story: Sequence[Told]) -> int | None:
        """The line that got furthest; of equals the older one."""
        named = [(self.weight(told), -self.lines[told.event.line]) for told in story if told.event.line in self.lines]
        return -max(named)[1] if named else None

    def end(self, told: Told) -> tuple[str, datetime] | None:
        """How sure it is, and when the call ended."""
        event = told.event
        if event.source == 1 or event.status in PROGRESS:
            return None
        began = event.answered_at or event.started_at
        if event.ended_at and not (began and event.ended_at < began):
            return "said", event.ended_at
        if began and event.talk_seconds:
            return "reckoned", began + timedelta(seconds=event.talk_seconds)
        return "arrival", told.at

    def ended_at(self, story: Sequence[Told]) -> datetime | None:
        """The last one said, else the last one reckoned, else the first arrival: what is sent again arrives later."""
        ends = [end for end in map(self.end, story) if end]
        surest = max((SURE.index(how) for how, _ in ends), default=0)
        moments = [moment for how, moment in ends if SURE.index(how) == surest]
        return (min if surest == 0 else max)(moments, default=None)

    def start(self, told: Told) -> datetime:
        end = self.end(told)
        reckoned = end[1] - timedelta(seconds=told.event.talk_seconds or 0) if end else told.at
        return told.event.started_at or reckoned

    def answer(self, told: Told) -> datetime | None:
        return told.event.answered_at or (told.at if told.event.status == "IN PROGRESS" else None)


def end(status: Status | None, **more: Any) -> CallEvent:
    return CallEvent(provider_call_id="call-1", status=status, **more)


def test_the_line_that_answered_is_the_calls_line() -> None:
    office = make_office()
    ringing = [end(Status.RINGING, line="101"), end(Status.RINGING, line="102")]
    answered = end(Status.ANSWERED, line="102", talk_seconds=5)

    lines = {tell(office, [Told(e) for e in order])["sip_id"] for order in itertools.permutations([*ringing, answered])}

    assert lines == {office.sips.get(sip="102").pk}


def test_a_providers_list_beats_its_webhook() -> None:
    listed, told = end(Status.BUSY, source=Source.LIST), end(Status.NO_ANSWER)

    assert tell(make_office(), [Told(listed), Told(told)])["status"] == "BUSY"


def test_answered_with_talk_beats_a_list_without() -> None:
    answered, listed = end(Status.ANSWERED, talk_seconds=3), end(Status.NO_ANSWER, source=Source.LIST)

    assert tell(make_office(), [Told(answered), Told(listed)])["status"] == "ANSWERED"


@pytest.mark.parametrize("source", [source for source in Source if source != Source.EXPIRY])
def test_proven_talk_beats_any_reported_result(source: Source) -> None:
    talked = end(Status.ANSWERED, talk_seconds=3, reason=Reason.REJECTED)
    said = end(Status.ANSWERED, source=source, provider_status="ZZZ")

    assert tell(make_office(), [Told(talked), Told(said)])["reason"] == Reason.REJECTED


def test_an_unknown_word_is_kept_without_a_guessed_status() -> None:
    told = tell(make_office(), [Told(end(Status.RINGING)), Told(end(None, provider_status="ZAGADKA"))])

    assert (told["status"], told["provider_status"]) == ("RINGING", "ZAGADKA")


def test_a_new_call_takes_over_the_client_of_its_number() -> None:
    told = tell(make_office(), [Told(end(Status.RINGING, kind=Kind.INCOMING, number_from="501502503"))])

    assert (told["client_id"], told["contact_id"]) == (7, 8)


def test_our_own_number_never_identifies_a_client() -> None:
    office = make_office()
    make.call(kind=Kind.OUTGOING, number_to=OURS, customer_number=OURS, client_id=7)

    told = tell(office, [Told(end(Status.RINGING, kind=Kind.OUTGOING, number_from="101", number_to=OURS))])

    assert told["client_id"] is None


@pytest.mark.parametrize(
    ("number_from", "number_to", "kind"),
    [("101", ANNA, "outgoing"), (ANNA, OURS, "incoming"), ("101", "102", "internal"), ("1", "2", "")],
)
def test_the_kind_is_concluded_from_our_own_numbers(number_from: str, number_to: str, kind: str) -> None:
    told = tell(make_office(), [Told(end(Status.RINGING, number_from=number_from, number_to=number_to))])

    assert told["kind"] == kind


class TestKind:
    def test_a_reported_direction_beats_a_concluded_one(self) -> None:
        said, concluded = end(Status.RINGING, kind=Kind.OUTGOING), end(Status.RINGING, number_from=ANNA, number_to=OURS)

        assert {
            tell(make_office(), [Told(e) for e in order])["kind"] for order in ([said, concluded], [concluded, said])
        } == {"outgoing"}

    def test_the_list_beats_the_webhook(self) -> None:
        listed, told = end(Status.BUSY, kind=Kind.OUTGOING, source=Source.LIST), end(Status.BUSY, kind=Kind.INCOMING)

        assert tell(make_office(), [Told(told), Told(listed)])["kind"] == "outgoing"

    def test_a_leg_to_the_outside_beats_one_between_our_own_telephones(self) -> None:
        inside, outside = end(Status.RINGING, kind=Kind.INTERNAL), end(Status.RINGING, kind=Kind.OUTGOING)

        assert tell(make_office(), [Told(outside), Told(inside)])["kind"] == "outgoing"

    def test_a_direction_from_both_numbers_beats_one_from_a_single_number(self) -> None:
        one, both = end(Status.RINGING, number_from="101"), end(Status.RINGING, number_from="101", number_to="102")

        assert tell(make_office(), [Told(one), Told(both)])["kind"] == "internal"


class TestEnd:
    LATE = NOON + timedelta(hours=3)

    def test_an_end_is_computed_from_start_and_talk_of_a_late_delivery(self) -> None:
        event = end(Status.ANSWERED, started_at=NOON, talk_seconds=42)

        assert tell(make_office(), [Told(event, self.LATE)])["ended_at"] == NOON + timedelta(seconds=42)

    def test_a_redelivery_does_not_move_the_end(self) -> None:
        event = end(Status.BUSY)

        told = tell(make_office(), [Told(event, NOON), Told(replace(event, provider_status="again"), self.LATE)])

        assert told["ended_at"] == NOON

    def test_a_reported_end_beats_the_arrival_of_another_report(self) -> None:
        said = end(Status.BUSY, ended_at=NOON)

        assert tell(make_office(), [Told(end(Status.BUSY), self.LATE), Told(said, self.LATE)])["ended_at"] == NOON

    def test_an_end_before_the_start_is_ignored(self) -> None:
        event = end(Status.BUSY, started_at=NOON, ended_at=NOON - timedelta(hours=1))

        assert tell(make_office(), [Told(event, NOON + timedelta(seconds=9))])["ended_at"] == NOON + timedelta(
            seconds=9
        )


def test_a_deleted_call_does_not_come_back() -> None:
    office = make_office()
    tell(office, [Told(end(Status.RINGING))])
    Call.objects.filter(voip=office).update(deleted_at=NOON)

    assert apply_event(end(Status.BUSY), voip=office, received_at=NOON) is None
    assert not Call.objects.filter(voip=office).exists()


def test_merging_what_is_known_changes_nothing_not_even_the_time_of_change() -> None:
    office = make_office()
    event = end(Status.BUSY, number_from="501502503")
    apply_event(event, voip=office, received_at=NOON)
    before = Call.objects.filter(voip=office).values().get()

    assert apply_event(replace(event), voip=office, received_at=NOON) is None
    assert Call.objects.filter(voip=office).values().get() == before
