"""Scheduling, changing and repeating call-backs."""

from datetime import timedelta

import make
import pytest
from callback_desk import clock
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import services
from autocalls.models import Autocall, Status
from autocalls.services import AlreadyScheduled, TooLate

pytestmark = pytest.mark.django_db
NUMBER = "+48501502503"


def test_a_call_back_made_again_is_like_the_finished_one() -> None:
    widget = make.widget(voip=make.office(), max_attempts=2)
    kept = {"name": "Jan", "note": "An offer", "client_id": 7, "contact_id": 8, "max_attempts": 5, "widget": widget}
    over = make.autocall(number=NUMBER, status=Status.DONE, finished_at=timezone.now(), **kept)

    again = services.call_again(over)

    assert again.pk != over.pk
    assert {name: getattr(again, name) for name in kept} == kept
    assert (again.number, again.status, again.source) == (NUMBER, Status.SCHEDULED, "staff")


def test_a_call_back_is_not_moved_to_a_widget_that_has_one_for_its_number() -> None:
    office = make.office()
    make.autocall(number=NUMBER, widget=(taken := make.widget(voip=office)))
    row = make.autocall(number=NUMBER, widget=make.widget(voip=office))

    with pytest.raises(AlreadyScheduled):
        services.edit(row, {"widget": taken})


def test_one_that_is_calling_is_not_deleted() -> None:
    row = make.autocall(status=Status.CALLING)

    with pytest.raises(TooLate):
        services.delete(row)

    assert Autocall.objects.filter(pk=row.pk).exists()


def test_a_canceled_one_keeps_when_it_was_canceled() -> None:
    with clock() as traveller:
        row = services.edit(make.autocall(), {"status": Status.CANCELED})
        canceled_at = row.finished_at
        traveller.shift(timedelta(hours=1))

        services.edit(row, {"note": "Called us himself"})

    assert Autocall.objects.get().finished_at == canceled_at


def test_a_call_back_due_now_is_begun_by_a_job_that_does_not_wait() -> None:
    with clock():
        services.wake_at(timezone.now())
        services.wake_at(timezone.now() + timedelta(seconds=1))

    moments = ProcrastinateJob.objects.filter(task_name="autocalls.run_due").order_by("id")
    assert [moment is None for moment in moments.values_list("scheduled_at", flat=True)] == [True, False]
