"""What is due but must not be called now: it waits for the office or for a line, or it expires."""

from datetime import datetime, timedelta
from typing import Any

import make
import pytest
from callback_desk import MONDAY_NOON, clock, later, now_of, run
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls.models import Status
from widgets.models import Widget

pytestmark = pytest.mark.django_db
MORNINGS = {"monday": [["09:00", "13:00"]], "tuesday": [["09:00", "13:00"]]}
"""In Warsaw, where MONDAY_NOON is one o'clock: the moment this office closes."""


def shop(**fields: Any) -> Widget:
    return make.widget(voip=make.office(), **fields)


def test_nobody_is_called_while_the_office_is_closed() -> None:
    with clock(MONDAY_NOON):
        row = make.autocall(widget=shop(opening_time=MORNINGS))

        assert run() == 0

    assert now_of(row).call_at == datetime.fromisoformat("2026-03-03T08:00Z")
    woken = ProcrastinateJob.objects.filter(task_name="autocalls.run_due").values_list("scheduled_at", flat=True)
    assert list(woken) == [datetime.fromisoformat("2026-03-03T08:00Z")]


def test_a_widget_that_never_opens_expires_its_call_backs() -> None:
    row = make.autocall(widget=shop(opening_time={"exceptions": {"2026-12-25": []}}))

    run()

    assert (now_of(row).status, now_of(row).reason) == (Status.EXPIRED, "never_open")


def test_a_call_back_that_could_not_be_made_for_a_week_expires() -> None:
    with clock() as traveller:
        row = make.autocall(widget=shop())
        later(traveller, days=7, seconds=1)
        run()

    assert (now_of(row).status, now_of(row).reason) == (Status.EXPIRED, "expired")


def test_without_a_usable_line_the_start_is_retried_every_minute() -> None:
    with clock():
        row = make.autocall(widget=make.widget(voip=make.voip(provider="")))
        run()

        assert now_of(row).call_at == MONDAY_NOON + timedelta(minutes=1)

    assert now_of(row).reason == "no_line"


def test_what_waits_for_the_office_keeps_why_it_was_tried_in_vain() -> None:
    with clock(MONDAY_NOON):
        row = make.autocall(widget=shop(opening_time=MORNINGS), reason="busy")

        run()

    assert (now_of(row).status, now_of(row).reason) == (Status.SCHEDULED, "busy")


def test_what_expires_keeps_why_it_was_tried_in_vain() -> None:
    with clock() as traveller:
        row = make.autocall(widget=shop(), reason="busy")
        later(traveller, days=7, seconds=1)

        run()

    assert (now_of(row).status, now_of(row).reason) == (Status.EXPIRED, "busy")
