"""What the button learns from `widget_data.json`; opening hours, slots and tokens have tests of their own."""

import gzip
from datetime import UTC, datetime, timedelta

import make
import pytest
import time_machine
from rest_framework.test import APIClient

from autocalls.booking import FreeSlot, in_runs
from widgets.opening_hours import Interval

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("number", "shown"), [("+48221234567", "+48 22 123 45 67"), ("", ""), ("100", "100")])
def test_the_companys_number_is_shown_as_people_write_it(stranger: APIClient, number: str, shown: str) -> None:
    widget = make.widget(voip=make.voip(number=number))

    assert stranger.get(f"/voip/widget_data.json?widget_token={widget.token}").json()["phone"] == shown


def test_a_widget_without_a_configuration_has_no_number(stranger: APIClient) -> None:
    told = stranger.get(f"/voip/widget_data.json?widget_token={make.widget().token}").json()

    assert (told["phone"], told["ring_first"]) == ("", "operator")


def test_no_secret_of_the_configuration_is_read_or_shown(stranger: APIClient) -> None:
    voip = make.voip(name="Internal name", api_key="s3cret-key")

    answer = stranger.get(f"/voip/widget_data.json?widget_token={make.widget(voip=voip).token}")

    for secret in (voip.webhook_secret, "s3cret-key", "Internal name"):
        assert secret not in answer.content.decode()


def test_the_slots_of_an_always_open_week_are_compact(stranger: APIClient) -> None:
    asked = f"/voip/widget_data.json?widget_token={make.widget(days_ahead=7).token}"

    plain = stranger.get(asked)
    packed = stranger.get(asked, HTTP_ACCEPT_ENCODING="gzip")

    assert sum(len(run["free"]) for run in plain.json()["slots"]) > 600
    assert len(plain.content) < 6_500
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < 3_000
    assert len(gzip.decompress(packed.content)) == pytest.approx(len(plain.content), abs=20)


@pytest.mark.parametrize(("own", "kept"), [(False, "public, max-age=60"), (True, "no-store")])
def test_the_answer_is_cached_for_a_minute_unless_it_holds_a_form_token(
    stranger: APIClient, own: bool, kept: str
) -> None:
    widget = make.widget(form_token_required=own)

    assert stranger.get(f"/voip/widget_data.json?widget_token={widget.token}")["Cache-Control"] == kept


MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def quarter(number: int, free: int = 1) -> FreeSlot:
    begin = MORNING + number * timedelta(minutes=15)
    return FreeSlot(Interval(begin, begin + timedelta(minutes=15)), free)


@pytest.mark.parametrize(
    ("slots", "runs"),
    [
        ([], []),
        ([quarter(0), quarter(1, 3)], [(MORNING, [1, 3])]),
        ([quarter(0), quarter(3)], [(MORNING, [1, 0, 0, 1])]),
        ([quarter(0), quarter(40)], [(MORNING, [1]), (MORNING + timedelta(hours=10), [1])]),
        (
            [quarter(0), FreeSlot(Interval(MORNING + timedelta(minutes=20), MORNING + timedelta(minutes=35)), 1)],
            [(MORNING, [1]), (MORNING + timedelta(minutes=20), [1])],
        ),
    ],
)
def test_consecutive_slots_form_one_run(slots: list[FreeSlot], runs: list[tuple[datetime, list[int]]]) -> None:
    assert [(run["call_at"], run["free"]) for run in in_runs(slots, 15)] == runs


def test_a_run_goes_on_over_the_night_the_clock_goes_back(stranger: APIClient) -> None:
    with time_machine.travel(datetime(2026, 10, 24, 22, tzinfo=UTC), tick=False):
        widget = make.widget(time_zone="Europe/Warsaw", days_ahead=0, minimum_notice_minutes=0)
        (run,) = stranger.get(f"/voip/widget_data.json?widget_token={widget.token}").json()["slots"]

    assert (run["call_at"], len(run["free"])) == ("2026-10-24T22:00:00Z", 25 * 4)
