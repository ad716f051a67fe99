"""After the days that are set, calls are facts without people."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone

from calls import retention
from calls.models import Call, ForgottenReports, Note, Report

pytestmark = pytest.mark.django_db

ANNA = "+48501502503"


@pytest.fixture
def after_ten_days(settings: Any) -> None:
    settings.CALL_NUMBERS_KEPT = timedelta(days=10)


def days_ago(days: float, **fields: Any) -> Call:
    return make.call(**{"start_time": timezone.now() - timedelta(days=days), "number_from": ANNA} | fields)


@pytest.mark.usefixtures("after_ten_days")
def test_only_calls_past_their_retention_lose_their_people() -> None:
    ours = make.voip(number="+48221234567")
    facts = {"number_to": ours.number, "duration": 42, "status": "ANSWERED", "client_id": 7, "description": "Anna"}
    old, young = days_ago(10.1, **facts), days_ago(9.9, **facts)

    assert retention.erase_old_calls() == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.number_from, old.client_id, old.description) == ("", None, "")
    assert (old.number_to, old.duration, old.status) == (ours.number, 42, "ANSWERED")
    assert (young.number_from, young.client_id, young.description) == (ANNA, 7, "Anna")


@pytest.mark.usefixtures("after_ten_days")
def test_extensions_short_numbers_and_own_lines_are_not_erased() -> None:
    line = make.sip(number="+48221234568")
    kept = ["101", "123456", "112", "anonymous", line.number, "100"]
    calls = [days_ago(11, number_from=number, number_to=ANNA) for number in kept]

    retention.erase_old_calls()

    told = (
        Call.objects.filter(pk__in=[call.pk for call in calls]).order_by("pk").values_list("number_from", "number_to")
    )
    assert list(told) == [(number, "") for number in kept]


@pytest.mark.usefixtures("after_ten_days")
def test_all_of_many_calls_of_one_moment_are_reached_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    moment = timezone.now() - timedelta(days=20)
    for number in range(8):
        make.call(start_time=moment - timedelta(seconds=number // 5), number_from=ANNA)

    assert [retention.erase_old_calls(), retention.erase_old_calls()] == [8, 0]
    assert set(Call.objects.values_list("number_from", flat=True)) == {""}


def test_by_default_numbers_are_kept_for_ever(settings: Any) -> None:
    days_ago(10_000)

    assert settings.CALL_NUMBERS_KEPT is None
    assert retention.erase_old_calls() == 0
    assert Call.objects.get().number_from == ANNA


@pytest.mark.usefixtures("after_ten_days")
def test_with_the_people_go_the_customer_and_the_notes_however_young() -> None:
    old, young = days_ago(11, customer_number=ANNA), days_ago(1, customer_number=ANNA)
    for call in (old, young):
        make.note(call=call)

    retention.erase_old_calls()

    assert list(Call.objects.order_by("pk").values_list("customer_number", flat=True)) == ["", ANNA]
    assert [note.call_id for note in Note.objects.all()] == [young.pk]


def test_what_was_forgotten_stays_so_where_reports_are_kept_longer_from_now_on(settings: Any) -> None:
    now, settings.DELIVERIES_KEPT = timezone.now(), timedelta(days=90)
    forgotten = ForgottenReports.objects.create(pk=1, until=now - timedelta(days=30))
    long_ago = now - timedelta(days=100)
    Report.objects.create(voip=make.voip(), provider_call_id="1", event={}, received_at=long_ago, stored_at=long_ago)

    assert retention.forget_old_reports() == 1

    assert ForgottenReports.objects.get().until == forgotten.until
