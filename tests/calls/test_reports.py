"""What is read again replaces what was said before, and the call is what all its reports say."""

import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import correlation, dialing, retention
from calls.events import CallEvent
from calls.merge import REPORTED
from calls.models import Call, ForgottenReports, Report, Via
from calls.rebuilding import rebuild
from calls.reports import CallChange, Reading, read_again, report
from calls.services import edit_call, request_call
from calls.statuses import Kind, Source, Status
from sips.models import Voip

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS, ANNA, JAN = "+48221234567", "+48501502503", "+48601602603"
TALK = CallEvent(
    provider_call_id="a",
    status=Status.ANSWERED,
    kind=Kind.INCOMING,
    number_from=ANNA,
    number_to=OURS,
    started_at=NOON,
    talk_seconds=75,
)


@pytest.fixture
def office(db: None) -> Voip:
    return make.voip(number=OURS)


def tell(office: Voip, event: CallEvent, *, delivery: int | None = None) -> None:
    report(event, voip=office, received_at=NOON, delivery_id=delivery)


def read(office: Voip, *events: CallEvent, delivery: int = 1) -> list[CallChange]:
    """The delivery says these now."""
    said = list(Report.objects.filter(delivery_id=delivery))
    return read_again([Reading(events, received_at=NOON, delivery_id=delivery, replaces=said)], voip=office)


def row(call_id: str = "a") -> dict[str, Any]:
    told: dict[str, Any] = Call.everything.values(*REPORTED).get(provider_call_id=call_id)
    return told


times = st.none() | st.integers(-600, 600).map(lambda seconds: NOON + timedelta(seconds=seconds))
events = st.builds(
    CallEvent,
    provider_call_id=st.sampled_from(["a", "b"]),
    status=st.none() | st.sampled_from(Status),
    source=st.sampled_from([Source.EXPIRY, Source.EVENT, Source.LIST]),
    provider_status=st.sampled_from(["", "alpha"]),
    kind=st.none() | st.sampled_from(Kind),
    number_from=st.sampled_from(["", ANNA, JAN, OURS]),
    number_to=st.sampled_from(["", OURS, ANNA]),
    started_at=times,
    ended_at=times,
    talk_seconds=st.none() | st.integers(0, 90),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=st.lists(events, min_size=1, max_size=4), seed=st.integers(0, 999), data=st.data())
@pytest.mark.django_db
def test_after_any_corrections_a_call_equals_its_last_readings(
    first: list[CallEvent], seed: int, data: st.DataObject
) -> None:
    with transaction.atomic():
        office, twin = make.voip(number=OURS), make.voip(number=OURS)
        for delivery, event in enumerate(first):
            tell(office, event, delivery=delivery)
        said = [data.draw(st.lists(events, max_size=2)) for _ in first]
        for delivery in random.Random(seed).sample(range(len(said)), len(said)):
            read(office, *said[delivery], delivery=delivery)

        for event in (event for some in said for event in some):
            tell(twin, event)

        def calls(voip: Voip) -> list[Any]:
            return list(
                Call.objects.filter(voip=voip).order_by("provider_call_id").values("provider_call_id", *REPORTED)
            )

        assert calls(office) == calls(twin)
        transaction.set_rollback(True)


class TestReplacing:
    def test_values_of_the_former_reading_are_taken_back(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)

        (change,) = read(office, replace(TALK, kind=Kind.OUTGOING, number_from=OURS, number_to=JAN, talk_seconds=42))

        assert change.facts["kind"] == ("incoming", "outgoing")
        assert change.facts["customer_number"] == (ANNA, JAN)
        assert change.facts["duration"] == (75, 42)
        assert row()["ended_at"] == NOON + timedelta(seconds=42)

    def test_other_reports_of_the_call_stay(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        tell(
            office,
            replace(TALK, status=Status.RINGING, talk_seconds=None, recording_url="https://example.com/a"),
            delivery=2,
        )

        read(office, replace(TALK, status=Status.BUSY, talk_seconds=None))

        assert (row()["status"], row()["recording_url"]) == ("BUSY", "https://example.com/a")

    def test_the_same_reading_changes_nothing_not_even_the_time_of_change(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        before = Call.objects.values().get()

        said = list(Report.objects.all())
        (change,) = read_again(
            [Reading([TALK], received_at=NOON, delivery_id=1, replaces=said)], voip=office, always=True
        )

        assert (change.facts, Call.objects.values().get()) == ({}, before)

    def test_what_people_wrote_stays(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        edit_call(Call.objects.get(), {"client_id": 5, "description": "Wants a quote."})

        read(office, replace(TALK, number_from=JAN))

        call = Call.objects.get()
        assert (call.customer_number, call.client_id, call.description) == (JAN, 5, "Wants a quote.")

    def test_the_client_is_looked_up_anew_only_for_another_customer(self, office: Voip) -> None:
        make.call(customer_number=ANNA, client_id=7)
        tell(office, TALK, delivery=1)
        make.call(customer_number=ANNA, client_id=9, start_time=NOON + timedelta(days=1))
        make.call(customer_number=JAN, client_id=8)

        read(office, replace(TALK, talk_seconds=42))
        assert row()["client_id"] == 7

        read(office, replace(TALK, number_from=JAN))
        assert row()["client_id"] == 8


class TestAnotherCall:
    def test_a_report_moves_from_one_call_to_the_other(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        tell(office, replace(TALK, status=Status.RINGING, talk_seconds=None), delivery=2)

        changes = read(office, replace(TALK, provider_call_id="b"))

        assert [(change.provider_call_id, change.facts["status"]) for change in changes] == [
            ("a", ("ANSWERED", "RINGING")),
            ("b", (None, "ANSWERED")),
        ]

    def test_a_call_without_reports_left_is_deleted(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)

        changes = read(office, replace(TALK, provider_call_id="b"))

        assert (changes[0].after, Call.everything.get().provider_call_id) == (None, "b")

    def test_a_call_without_reports_stays_where_people_wrote_on_it(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        Call.objects.update(description="Wants a quote.")

        read(office, replace(TALK, provider_call_id="b"))

        assert (row()["status"], row()["start_time"]) == ("", NOON)

    def test_a_deleted_call_does_not_come_back(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        Call.objects.update(deleted_at=NOON)

        assert read(office, replace(TALK, talk_seconds=1))[0].after is None
        assert not Call.objects.exists()


class TestForgotten:
    def test_what_is_read_is_added_and_nothing_is_taken_back(self, office: Voip) -> None:
        tell(office, TALK, delivery=1)
        ForgottenReports.objects.create(until=timezone.now() + timedelta(seconds=1))

        (change,) = read(office, replace(TALK, talk_seconds=42, recording_url="https://example.com/a"))

        assert change.is_partial
        assert change.facts == {"recording_url": ("", "https://example.com/a")}

    def test_old_reports_are_forgotten_and_it_is_remembered_since_when(self, office: Voip, settings: Any) -> None:
        tell(office, TALK, delivery=1)
        Report.objects.update(stored_at=timezone.now() - settings.DELIVERIES_KEPT - timedelta(days=1))
        Call.objects.update(created_at=timezone.now() - settings.DELIVERIES_KEPT - timedelta(days=1))

        assert [retention.forget_old_reports(), retention.forget_old_reports()] == [1, 0]
        assert read(office, replace(TALK, kind=None, talk_seconds=80))[0].facts["duration"] == (75, 80)
        assert ForgottenReports.objects.get().until < timezone.now() - timedelta(days=1)


class TestRequests:
    def test_a_request_keeps_what_was_asked_for(self, office: Voip) -> None:
        make.sip(voip=office, sip="101", username="101")
        office.provider = "zadarma"
        office.save()
        call = request_call(via=Via.PROVIDER, sip="101", number_to=ANNA, voip_id=office.pk)
        dialing.claim(call.pk)
        correlation.learn_id(call, "a")
        tell(office, replace(TALK, kind=Kind.INCOMING), delivery=1)

        read(office, replace(TALK, status=Status.BUSY, kind=None, number_from="", number_to="", talk_seconds=None))

        call.refresh_from_db()
        assert (call.status, call.kind, call.number_from, call.number_to) == ("BUSY", "outgoing", "101", ANNA)
        assert call.customer_number == ANNA
        assert not rebuild(call)


@pytest.mark.django_db(transaction=True)
def test_reports_that_come_while_a_call_is_computed_anew_are_not_lost() -> None:
    office = make.voip(number=OURS)
    tell(office, TALK, delivery=1)

    def deliver(numbers: Sequence[int]) -> None:
        try:
            for number in numbers:
                tell(office, replace(TALK, talk_seconds=number), delivery=100 + number)
        finally:
            connection.close()

    senders = [threading.Thread(target=deliver, args=(range(start, start + 20),)) for start in (100, 200)]
    for sender in senders:
        sender.start()
    for seconds in range(10):
        read(office, replace(TALK, talk_seconds=seconds, number_from=JAN if seconds % 2 else ANNA))
    for sender in senders:
        sender.join()

    assert (row()["duration"], Report.objects.count()) == (219, 41)
    assert not rebuild(Call.objects.get())
