"""How long the admin's history is kept."""

from datetime import timedelta

import make
import pytest
from django.conf import LazySettings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone

from voipcrm import history_retention
from voipcrm.history_retention import forget_old_history

pytestmark = pytest.mark.django_db


def entry(record: Model, *, days: int) -> LogEntry:
    user, _is_new = User.objects.get_or_create(username="clerk")
    return LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(record),
        object_id=record.pk,
        object_repr=str(record),
        action_flag=CHANGE,
        action_time=timezone.now() - timedelta(days=days),
    )


@pytest.mark.parametrize(("kept", "left"), [(timedelta(days=30), [29]), (None, [29, 31])])
def test_history_is_forgotten_after_its_days(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, kept: timedelta | None, left: list[int]
) -> None:
    monkeypatch.setattr(history_retention, "AT_ONCE", 2)
    settings.AUDIT_KEPT = kept
    line = make.sip()
    young = {days: entry(line, days=days).pk for days in (29, 31)}
    for _more in range(4):
        entry(line, days=31 if kept else 29)

    forgotten = forget_old_history()

    assert forgotten == (5 if kept else 0)
    assert [days for days, pk in young.items() if LogEntry.objects.filter(pk=pk).exists()] == left


def test_what_names_a_person_is_kept_no_longer_than_people_are(settings: LazySettings) -> None:
    settings.AUDIT_KEPT = None
    settings.CALL_NUMBERS_KEPT = timedelta(days=60)
    settings.AUTOCALLS_KEPT = timedelta(days=40)
    for record in (make.call(number_from="+48501502503"), make.follow_up(), make.autocall(), make.sip()):
        for days in (39, 50, 70):
            entry(record, days=days)

    forget_old_history()

    left = LogEntry.objects.values_list("content_type__model", flat=True)
    assert sorted(left) == ["autocall", "call", "call", "followup", "followup", "sip", "sip", "sip"]
