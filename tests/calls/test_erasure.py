"""A person is erased from calls, and no later report brings them back."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import dialing
from calls.correlation import learn_id
from calls.erasure import KEPT, UNDER_WAY, erase_awaited_numbers, erase_number, find
from calls.events import CallEvent
from calls.models import FIRST_REPORT_WITHIN, Call, Report, Via
from calls.reasons import Reason
from calls.services import apply_event, delete_call, request_call
from calls.statuses import PROGRESS, Kind, Status
from sips.models import Voip
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA = SoughtNumber("+48501502503")
OURS = "+48221234567"
FACTS = ("start_time", "answered_at", "ended_at", "duration", "kind", "status", "reason", "sip_id", "voip_id")
PERSONAL = {
    "number_from": "",
    "customer_number": "",
    "description": "",
    "recording_url": "",
    "client_id": None,
    "contact_id": None,
}


@pytest.fixture
def voip() -> Voip:
    return make.voip(number=OURS)


def told_of_anna(**more: Any) -> CallEvent:
    told = CallEvent(
        provider_call_id="op-1",
        status=Status.ANSWERED,
        kind=Kind.INCOMING,
        talk_seconds=42,
        number_from="501 502 503",
        number_to=OURS,
        ended_at=NOON,
        recording_url="https://example.com/a.mp3",
    )
    return replace(told, **more)


def test_a_call_loses_its_person_and_stays_as_a_fact(voip: Voip) -> None:
    apply_event(told_of_anna(), voip=voip, received_at=NOON)
    Call.objects.update(client_id=7, contact_id=8, description="Anna, wants a refund", updated_at=NOON)
    before = Call.objects.values(*FACTS).get()

    counts = erase_number(ANNA)

    call = Call.objects.get()
    assert {name: getattr(call, name) for name in PERSONAL} == PERSONAL
    assert Call.objects.values(*FACTS).get() == before
    assert call.number_to == OURS
    assert call.updated_at > NOON  # who reads the API by `updated_since` learns of it
    assert counts == {"calls": 1, "descriptions": 1, "recording links": 1, "client and contact ids": 2}


@pytest.mark.parametrize(
    "event",
    [
        told_of_anna(),
        told_of_anna(number_from="+48501502503", talk_seconds=50),
        told_of_anna(number_from="+48600600600"),
    ],
    ids=["again", "more", "another number"],
)
def test_a_late_report_updates_an_erased_call_without_its_person(voip: Voip, event: CallEvent) -> None:
    apply_event(told_of_anna(status=Status.RINGING, talk_seconds=None, ended_at=None), voip=voip, received_at=NOON)
    erase_number(ANNA)

    apply_event(event, voip=voip, received_at=NOON)

    call = Call.objects.get()
    assert (call.status, call.duration) == ("ANSWERED", event.talk_seconds)
    assert {name: getattr(call, name) for name in PERSONAL} == PERSONAL


def test_an_erased_call_does_not_lend_its_client_to_the_next(voip: Voip) -> None:
    apply_event(told_of_anna(), voip=voip, received_at=NOON)
    Call.objects.update(client_id=7)
    erase_number(ANNA)

    apply_event(told_of_anna(provider_call_id="op-2"), voip=voip, received_at=NOON)

    assert Call.objects.get(provider_call_id="op-2").client_id is None


@pytest.mark.parametrize(
    "stored", ["+48501502503", "48501502503", "501 502 503", "0048 501-502-503", "501.502.503", "50150250 3"]
)
@pytest.mark.parametrize("side", ["number_from", "number_to"])
def test_every_writing_that_was_ever_stored_is_found_on_both_sides(side: str, stored: str) -> None:
    call = make.call(**{side: stored})
    make.call(**{side: "+48501502504"})

    assert find(ANNA) == [call.pk]


def test_the_calls_of_others_are_untouched() -> None:
    for number in ("+44501502503", "+485015025031", "+48601502503", "1501502503", "2503", "anonymous", ""):
        make.call(number_from=number, number_to="100", description="501502504 called for you", client_id=1)
    before = list(Call.objects.order_by("pk").values())

    assert not erase_number(ANNA)
    assert list(Call.objects.order_by("pk").values()) == before


def test_deleted_calls_are_erased_too(voip: Voip) -> None:
    call = make.call(voip=voip, via=Via.PROVIDER, number_to="+48501502503", reference="r", deleted_at=NOON)

    erase_number(ANNA)

    assert Call.everything.get(pk=call.pk).number_to == ""


def test_repeating_changes_nothing(voip: Voip) -> None:
    apply_event(told_of_anna(), voip=voip, received_at=NOON)
    erase_number(ANNA)
    before = Call.objects.values().get()

    assert not erase_number(ANNA)
    assert Call.objects.values().get() == before


def test_a_dry_run_counts_and_changes_nothing(voip: Voip) -> None:
    apply_event(told_of_anna(), voip=voip, received_at=NOON)
    request_call(via=Via.SIP, sip=make.sip().sip, number_to=ANNA.number)
    before = list(Call.everything.order_by("pk").values())

    counts = erase_number(ANNA, dry_run=True)

    assert counts == {"calls": 2, "recording links": 1, "calls canceled": 1}
    assert list(Call.everything.order_by("pk").values()) == before


def test_a_provider_status_is_erased_only_where_it_holds_the_number() -> None:
    told = make.call(number_to=ANNA.number, provider_status="number 48501502503 is barred")
    plain = make.call(number_to=ANNA.number, provider_status="486 Busy Here")

    erase_number(ANNA)

    assert [Call.objects.get(pk=call.pk).provider_status for call in (told, plain)] == ["", "486 Busy Here"]


def test_a_request_that_nobody_has_dialed_yet_is_canceled_and_never_dialed() -> None:
    call = request_call(via=Via.SIP, sip=make.sip().sip, number_to=ANNA.number)

    assert erase_number(ANNA)["calls canceled"] == 1
    assert dialing.claim(call.pk) is None
    call.refresh_from_db()
    assert (call.status, call.number_to) == ("CANCELED", "")


def test_an_erased_call_in_progress_is_reported_and_goes_on(voip: Voip) -> None:
    apply_event(told_of_anna(status=Status.RINGING, talk_seconds=None, ended_at=None), voip=voip, received_at=NOON)

    assert erase_number(ANNA)[UNDER_WAY] == 1
    assert Call.objects.get().status == "RINGING"


def dialed_through_the_operator(voip: Voip, **more: Any) -> Call:
    line = make.sip(voip=voip)
    request = {"via": Via.PROVIDER, "reference": "vcrm-1", "kind": Kind.OUTGOING, "number_to": ANNA.number}
    status = {"status": Status.DIALING, "precedence": PROGRESS[Status.DIALING], "dialed_at": timezone.now()}
    return make.call(voip=voip, sip=line, number_from="100", **request | status | more)


def test_an_erased_request_without_a_providers_id_is_still_correlated(voip: Voip) -> None:
    call = dialed_through_the_operator(voip, description="Anna")

    counts = erase_number(ANNA)
    apply_event(
        told_of_anna(kind=Kind.OUTGOING, number_from="100", number_to=ANNA.number, line="100", ended_at=timezone.now()),
        voip=voip,
        received_at=timezone.now(),
    )

    assert counts[KEPT] == 1
    call = Call.objects.get(pk=call.pk)
    assert (call.status, call.provider_call_id, call.description, call.recording_url) == ("ANSWERED", "op-1", "", "")
    assert Call.objects.count() == 1
    assert call.number_to == ""  # nothing is awaited any more
    assert not erase_number(ANNA)


def test_a_number_kept_for_correlation_is_erased_at_night(voip: Voip) -> None:
    call = dialed_through_the_operator(voip)
    erase_number(ANNA)
    assert erase_awaited_numbers() == 0

    Call.objects.update(dialed_at=timezone.now() - FIRST_REPORT_WITHIN - timedelta(seconds=1))

    assert [erase_awaited_numbers(), erase_awaited_numbers()] == [1, 0]
    assert Call.objects.get(pk=call.pk).number_to == ""


@pytest.mark.parametrize("is_erased", [True, False])
def test_a_deleted_request_loses_its_number_once_the_providers_id_is_known(voip: Voip, *, is_erased: bool) -> None:
    delete_call(dialed_through_the_operator(voip))
    assert Call.everything.get().number_to == ANNA.number  # by which it is correlated
    if is_erased:
        erase_number(ANNA)

    learn_id(Call.everything.get(), "op-1")

    call = Call.everything.get()
    assert (call.provider_call_id, call.number_to, call.sip) == ("op-1", "", None)


def test_a_deleted_request_without_reports_loses_its_number_at_night(voip: Voip) -> None:
    delete_call(dialed_through_the_operator(voip))
    dialing.fail(Call.everything.get().pk, reason=Reason.REFUSED, provider_status="")
    assert erase_awaited_numbers() == 0

    Call.everything.update(dialed_at=timezone.now() - FIRST_REPORT_WITHIN - timedelta(seconds=1))

    assert [erase_awaited_numbers(), erase_awaited_numbers()] == [1, 0]
    assert (Call.everything.get().number_to, Call.everything.get().sip) == ("", None)


def test_a_request_that_was_never_dialed_keeps_nothing_when_it_is_deleted(voip: Voip) -> None:
    make.sip(voip=voip)
    Voip.objects.update(provider="simulator", api_url="https://sim.example.com")
    call = request_call(via=Via.PROVIDER, sip="100", number_to=ANNA.number)

    delete_call(call)

    assert (Call.everything.get().number_to, dialing.claim(call.pk)) == ("", None)


reports = st.builds(
    CallEvent,
    provider_call_id=st.just("op-1"),
    status=st.none() | st.sampled_from(Status),
    kind=st.none() | st.sampled_from(Kind),
    number_from=st.sampled_from(["", "501502503", "+48600600600", "101"]),
    number_to=st.sampled_from(["", OURS, "501502503", "+48600600600"]),
    talk_seconds=st.none() | st.integers(0, 90),
    recording_url=st.sampled_from(["", "https://example.com/b.mp3"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=st.lists(reports, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_later_reports_in_any_order_keep_an_erased_call_anonymous_and_equal(
    story: list[CallEvent], order: random.Random
) -> None:
    office = Voip.objects.filter(number=OURS).first() or make.voip(number=OURS)
    ends = []
    for _time in range(2):
        Call.everything.all().delete()
        Report.objects.all().delete()
        apply_event(told_of_anna(status=Status.RINGING, talk_seconds=None), voip=office, received_at=NOON)
        erase_number(ANNA)
        for event in story:
            apply_event(event, voip=office, received_at=NOON)
        ends.append(Call.objects.values(*FACTS, "number_to", *PERSONAL).get())
        order.shuffle(story)

    assert ends[0] == ends[1] == ends[0] | PERSONAL | {"number_to": OURS}


def test_what_was_reported_is_erased_also_where_the_call_shows_another_number(voip: Voip) -> None:
    apply_event(told_of_anna(provider_call_id="x"), voip=voip, received_at=NOON)
    apply_event(told_of_anna(provider_call_id="x", number_from="+48111222333"), voip=voip, received_at=NOON)
    apply_event(told_of_anna(provider_call_id="y"), voip=voip, received_at=NOON)
    assert Call.objects.get(provider_call_id="x").number_from == "+48111222333"

    counts = erase_number(ANNA)

    assert (counts["calls"], counts["reports of other calls"]) == (1, 1)
    assert "501502503" not in str(list(Report.objects.values_list("event", flat=True)))
    assert not erase_number(ANNA)["reports of other calls"]


def test_since_when_a_person_is_erased_stays_known(voip: Voip) -> None:
    long_ago = NOON - timedelta(days=9)
    make.call(voip=voip, number_from=ANNA.number, erased_at=long_ago)

    erase_number(ANNA)

    call = Call.everything.get()
    assert (call.number_from, call.erased_at) == ("", long_ago)
