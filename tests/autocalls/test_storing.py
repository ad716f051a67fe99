"""A visitor's call-back is stored with its job by one statement, as Django would store it."""

from datetime import timedelta

import make
import pytest
from django.db import DataError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries

from autocalls.models import Autocall, RequestSource
from autocalls.storing import store

pytestmark = pytest.mark.django_db
COLUMNS = [
    field.attname for field in Autocall._meta.concrete_fields if field.attname not in ("id", "created_at", "updated_at")
]


def row(**fields: object) -> Autocall:
    widget = make.widget()
    said = {"number": "+48501502503", "name": '100% "Anna" O\'Neill', "note": "", "source": RequestSource.WIDGET}
    return Autocall(widget=widget, voip=widget.voip, consent_at=timezone.now(), address="192.0.2.7", **said | fields)


def test_a_row_is_stored_as_django_would(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    made, other = row(), row()

    with django_assert_num_queries(0):  # of Django's
        store(made, wake_at=None)
    other.save(force_insert=True)

    stored = Autocall.objects.get(pk=made.pk)
    assert [getattr(stored, name) for name in COLUMNS] == [getattr(made, name) for name in COLUMNS]
    differ = {name for name in COLUMNS if getattr(stored, name) != getattr(other, name)}
    assert differ <= {"widget_id", "voip_id", "consent_at", "call_at", "promised_at"}
    assert (made.created_at, made.updated_at) == (stored.created_at, stored.updated_at)
    made.note = "changed"
    made.save()
    assert Autocall.objects.get(pk=made.pk).note == "changed"


def test_its_job_comes_with_it_at_once_or_later() -> None:
    later = timezone.now() + timedelta(hours=3)

    store(row(), wake_at=None)
    store(row(), wake_at=later)

    jobs = ProcrastinateJob.objects.filter(task_name="autocalls.run_due").order_by("id")
    assert [(job.queue_name, job.args, job.scheduled_at) for job in jobs] == [
        ("default", {}, None),
        ("default", {}, later),
    ]


def test_what_is_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(DataError):
        store(row(name="x" * 256), wake_at=None)
