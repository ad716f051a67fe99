"""Times in the back-office: one format in every language, day first, 24 hours."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import make
import pytest
import time_machine
from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils import translation
from django.views.i18n import get_formats
from staff import cells, superuser, told

from calls.models import Call

MONTHS = {"en": "Nov", "pl": "lis"}
AFTERNOON = datetime(2026, 11, 26, 13, 5, 33, tzinfo=UTC)
"""In Warsaw it is an hour later."""


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with time_machine.travel(AFTERNOON, tick=False):
        yield


@pytest.mark.django_db
@pytest.mark.parametrize("language", MONTHS)
def test_list_page_and_history_show_the_same_time_alike(language: str) -> None:
    call = make.call(start_time=AFTERNOON, answered_at=AFTERNOON, via="sip")
    client = superuser(language=language)
    kind = ContentType.objects.get_for_model(Call)
    LogEntry.objects.create(user=User.objects.get(), content_type=kind, object_id=str(call.pk), action_flag=CHANGE)
    shown = f"26 {MONTHS[language]} 2026, 14:05"

    rows = client.get("/admin/calls/call/").content.decode()
    page = told(client.get(f"/admin/calls/call/{call.pk}/change/").content.decode())
    history = told(client.get(f"/admin/calls/call/{call.pk}/history/").content.decode())

    assert cells(rows, "start") == [shown]
    assert shown in page
    assert shown in history


@pytest.mark.parametrize("language", MONTHS)
@pytest.mark.parametrize("typed", ["26.11.2026 14:05", "26/11/2026 14:05:00", "26.11.2026, 14:05", "2026-11-26T14:05"])
def test_a_time_is_read_day_first_and_by_iso_8601(language: str, typed: str) -> None:
    with translation.override(language):
        read = forms.DateTimeField().clean(typed)

    assert read.replace(tzinfo=None) == datetime(2026, 11, 26, 14, 5)


@pytest.mark.parametrize("language", MONTHS)
def test_a_month_is_never_taken_for_the_day(language: str) -> None:
    with translation.override(language), pytest.raises(forms.ValidationError):
        forms.DateField().clean("11/26/2026")


@pytest.mark.django_db
@pytest.mark.parametrize("language", MONTHS)
def test_inputs_show_the_day_first_with_the_seconds_and_an_example(language: str) -> None:
    call = make.call(start_time=AFTERNOON)

    html = superuser(language=language).get(f"/admin/calls/call/{call.pk}/change/").content.decode()

    day, time = (re.search(rf'<input[^>]*name="start_time_{part}"[^>]*>', html) for part in (0, 1))
    assert day and 'value="26.11.2026"' in day[0] and 'placeholder="31.12.2026"' in day[0]
    assert time and 'value="14:05:33"' in time[0]


@pytest.mark.django_db
def test_a_wrong_time_is_told_with_an_example() -> None:
    client = superuser(language="pl")

    html = client.post("/admin/calls/call/add/", {"start_time_0": "11/26/2026", "start_time_1": "2 p.m."}).content

    assert "Wpisz dzień w postaci 31.12.2026." in told(html.decode())
    assert "Wpisz godzinę w postaci 14:05." in told(html.decode())


@pytest.mark.django_db
def test_the_days_of_a_filter_are_shown_as_people_write_them() -> None:
    html = superuser().get("/admin/calls/call/?start_time_from=2026-11-26&start_time_to=27.11.2026").content.decode()

    assert re.findall(r'type="text" name="start_time_(?:from|to)" value="([^"]*)"', html) == [
        "26.11.2026",
        "27.11.2026",
    ]


@pytest.mark.parametrize("language", MONTHS)
def test_the_scripts_of_calendars_write_the_day_first(language: str) -> None:
    with translation.override(language):
        formats = get_formats()

    assert next(iter(formats["DATE_INPUT_FORMATS"])) == "%d.%m.%Y"  # type: ignore[arg-type]  # of this format a list
    assert formats["FIRST_DAY_OF_WEEK"] == 1
