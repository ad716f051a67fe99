"""Where a widget was seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from meeting import COMMIT, meet

from widgets import sightings
from widgets.models import Sighting, Widget

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
SHOP = "https://shop.example.com"


@pytest.fixture(autouse=True)
def blank_memory() -> Iterator[None]:
    sightings.memory().clear()
    yield
    sightings.memory().clear()


def load(widget: Widget, **headers: str) -> Any:
    return Client().get("/voip/widget_data.json", {"widget_token": widget.token}, headers=headers)


def seen() -> list[tuple[str, datetime]]:
    return list(Sighting.objects.order_by("pk").values_list("origin", "last_at"))


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"origin": SHOP}, SHOP),
        ({"origin": "HTTPS://Shop.Example.com"}, SHOP),
        ({"origin": "http://localhost:3000"}, "http://localhost:3000"),
        ({"origin": "http://[2001:db8::1]:8080"}, "http://[2001:db8::1]:8080"),
        ({"referer": f"{SHOP}/offer?who=jan#top"}, SHOP),
        ({"origin": SHOP, "referer": "https://other.example.com/"}, SHOP),
        ({"origin": "null"}, ""),
        ({"origin": "null", "referer": f"{SHOP}/"}, ""),
        ({"origin": "file://"}, ""),
        ({"origin": "javascript:alert(1)"}, ""),
        ({"origin": "https://"}, ""),
        ({"origin": "https://<script>"}, ""),
        ({"origin": 'https://a"onload=x'}, ""),
        ({"origin": "https://jan:secret@shop.example.com"}, ""),
        ({"origin": "https://shop.example.com\x00"}, ""),
        ({"origin": "https://żółw.pl"}, ""),
        ({"origin": f"https://{'a' * 247}"}, f"https://{'a' * 247}"),
        ({"origin": f"https://{'a' * 248}"}, ""),
        ({}, ""),
    ],
)
def test_only_a_valid_origin_is_stored_and_nothing_else_of_the_page(headers: dict[str, str], origin: str) -> None:
    assert sightings.origin_of(RequestFactory().get("/", headers=headers)) == origin


def test_pages_of_our_own_such_as_the_preview_are_no_site(settings: Any) -> None:
    settings.PUBLIC_URL = "https://crm.example.com"
    ours = [{"origin": "https://crm.example.com"}, {"referer": "http://testserver/admin/widgets/widget/1/preview/"}]

    assert [sightings.origin_of(RequestFactory().get("/", headers=headers)) for headers in ours] == ["", ""]


def test_loading_a_widget_stores_the_site_and_changes_nothing_in_the_answer() -> None:
    widget = make.widget()

    with time_machine.travel(NOON, tick=False):
        answer = load(widget, origin=SHOP)

    assert answer.json()["name"] == "Shop"
    assert seen() == [(SHOP, NOON)]


def test_a_widget_that_is_switched_off_is_installed_all_the_same() -> None:
    load(make.widget(active=False), origin=SHOP)

    assert len(seen()) == 1


def test_within_the_hour_nothing_is_asked_of_the_database_and_after_it_one_row_is_written() -> None:
    widget = make.widget()
    with time_machine.travel(NOON, tick=False):
        sightings.note(widget, SHOP)
    with time_machine.travel(NOON + timedelta(minutes=59), tick=False), CaptureQueriesContext(connection) as early:
        sightings.note(widget, SHOP)
    with time_machine.travel(NOON + timedelta(minutes=60), tick=False), CaptureQueriesContext(connection) as later:
        sightings.note(widget, SHOP)

    assert (len(early), len(later)) == (0, 1)
    assert seen() == [(SHOP, NOON + timedelta(hours=1))]


def test_another_process_does_not_write_within_the_hour_either() -> None:
    widget = make.widget()
    with time_machine.travel(NOON, tick=False):
        sightings.note(widget, SHOP)
    sightings.memory().clear()

    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        sightings.note(widget, SHOP)

    assert seen() == [(SHOP, NOON)]


def test_forged_origins_fill_no_more_than_their_places_and_cost_one_statement_each() -> None:
    widget, other = make.widget(), make.widget()
    for number in range(sightings.MOST_ORIGINS + 10):
        sightings.note(widget, f"https://forged{number}.example.com")

    with CaptureQueriesContext(connection) as queries:
        sightings.note(widget, "https://forged.example.com")
    sightings.note(other, SHOP)

    assert Sighting.objects.filter(widget=widget).count() == sightings.MOST_ORIGINS
    assert Sighting.objects.filter(widget=other).count() == 1
    assert len(queries) == 1


def test_a_known_site_is_still_recorded_while_others_flood() -> None:
    widget = make.widget()
    with time_machine.travel(NOON, tick=False):
        sightings.note(widget, SHOP)
        for number in range(sightings.MOST_ORIGINS + 10):
            sightings.note(widget, f"https://forged{number}.example.com")

    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        sightings.note(widget, SHOP)

    assert Sighting.objects.get(origin=SHOP).last_at == NOON + timedelta(hours=2)


def test_an_origin_not_seen_for_a_day_is_replaced() -> None:
    widget = make.widget()
    with time_machine.travel(NOON, tick=False):
        for number in range(sightings.MOST_ORIGINS):
            sightings.note(widget, f"https://forged{number}.example.com")

    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        sightings.note(widget, SHOP)

    assert seen() == [(SHOP, NOON + timedelta(days=1))]


def test_a_processs_memory_of_sites_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    widget, memory = make.widget(), sightings.memory()
    monkeypatch.setattr(memory, "_max_entries", 3)

    for number in range(10):
        sightings.note(widget, f"https://shop{number}.example.com")

    assert 0 < len(memory._cache) <= 3  # type: ignore[attr-defined]  # there is no public way to ask


@pytest.mark.django_db(transaction=True)
class TestMeetings:
    ADDS = '^INSERT INTO "widgets_sighting"'
    OTHER = "https://other.example.com"

    def test_two_sites_do_not_both_take_the_last_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sightings, "MOST_ORIGINS", 1)
        widget = make.widget()

        met = meet(lambda: sightings.note(widget, SHOP), lambda: sightings.note(widget, self.OTHER), at=self.ADDS)

        assert (met.waited, [origin for origin, _ in seen()]) == (True, [SHOP])

    def test_two_pages_of_one_site_are_one(self) -> None:
        widget = make.widget()

        met = meet(lambda: sightings.note(widget, SHOP), lambda: sightings.note(widget, SHOP), at=self.ADDS)

        assert (met.waited, len(seen())) == (True, 1)

    def test_a_page_that_shows_a_widget_which_is_being_deleted_is_not_noted(self) -> None:
        widget = make.widget()

        def delete() -> None:
            with transaction.atomic():
                Widget.objects.filter(pk=widget.pk).delete()

        met = meet(delete, lambda: sightings.note(widget, SHOP), at=COMMIT)

        assert (met.waited, seen()) == (True, [])
