"""Widgets in the back-office."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import make
import pytest
from django.utils import timezone
from staff import cells, staff, superuser, told

from widgets.hours_input import MOST_ROWS
from widgets.models import Sighting, Widget

pytestmark = pytest.mark.django_db
WIDGET = {
    "name": "Shop", "locale": "pl", "active": "on", "call_now": "on", "time_zone": "Europe/Warsaw", "color": "#123456", "position": "bottom-left",
    "ring_first": "visitor", "slot_minutes": "15", "slot_capacity": "1", "max_attempts": "3", "retry_minutes": "10", "opening_time-always": "on",
    "allowed_countries": '["PL"]', "minimum_notice_minutes": "30", "days_ahead": "14", "daily_limit": "50", "form_token_required": "on",
}  # fmt: skip
MONDAY = {"opening_time-monday-from": ["09:00"], "opening_time-monday-to": ["17:00"]}


def page(widget: Widget) -> str:
    return f"/admin/widgets/widget/{widget.pk}/change/"


def without_switch(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in WIDGET.items() if name != "opening_time-always"} | fields


def test_a_widget_is_made_with_a_token() -> None:
    superuser().post("/admin/widgets/widget/add/", without_switch(**MONDAY))

    widget = Widget.objects.get()
    assert (widget.ring_first, widget.allowed_countries) == ("visitor", ["PL"])
    assert (widget.minimum_notice_minutes, widget.days_ahead, widget.daily_limit, widget.form_token_required) == (
        30,
        14,
        50,
        True,
    )
    assert widget.opening_time == {"monday": [["09:00", "17:00"]]}
    assert widget.token


def test_a_new_widget_is_always_open_unless_something_else_is_said() -> None:
    client = superuser()

    assert re.search(
        r'name="opening_time-always"[^>]* checked', client.get("/admin/widgets/widget/add/").content.decode()
    )
    client.post("/admin/widgets/widget/add/", WIDGET)

    assert Widget.objects.get().opening_time == {}


def test_wrong_opening_hours_are_refused_in_their_place_and_what_was_typed_is_kept() -> None:
    typed = {"opening_time-monday-from": ["09:00", "11:00"], "opening_time-monday-to": ["12:00", "<b>13"]}

    answer = superuser().post("/admin/widgets/widget/add/", without_switch(**typed))

    html = answer.content.decode()
    assert answer.context["adminform"].form.errors["opening_time"] == [
        "Monday, period 2: “<b>13” is no time; write it like 09:00, at most 24:00."
    ]
    second = html[html.index('name="opening_time-monday-from" value="11:00"') :]
    assert 'value="&lt;b&gt;13"' in second.partition("</div>")[0]
    assert "is no time" in second.partition("</div>")[0]
    assert "<b>13" not in html
    assert not Widget.objects.exists()


def test_there_are_blank_rows_for_browsers_without_scripts_and_one_to_copy_for_the_others() -> None:
    hours = {"monday": [["09:00", "12:00"], ["13:00", "17:00"]], "exceptions": {"2026-12-25": []}}

    html = superuser().get(page(make.widget(opening_time=hours))).content.decode()

    rows = {name: html.count(f'name="opening_time-{name}-from"') for name in ("monday", "sunday", "exceptions")}
    assert rows == {"monday": 2 + 1 + 1, "sunday": 0 + 1 + 1, "exceptions": 1 + 3 + 1}


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Olympus"), ("holidays", "QQ"), ("color", "red")])
def test_other_wrong_values_are_refused(field: str, value: str) -> None:
    answer = superuser().post("/admin/widgets/widget/add/", WIDGET | {field: value})

    assert answer.status_code == 200
    assert not Widget.objects.exists()


def test_hours_that_still_say_the_same_stay_as_they_were_written() -> None:
    stored = {"monday": [["13:00", "17:00"], ["09:00", "12:00"]], "friday": [], "exceptions": {}}
    widget = make.widget(opening_time=stored)
    hours = {"opening_time-monday-from": ["09:00", "13:00", ""], "opening_time-monday-to": ["12:00", "17:00", ""]}

    superuser().post(page(widget), without_switch(**hours, description="new"))

    widget.refresh_from_db()
    assert (widget.description, widget.opening_time) == ("new", stored)


def test_a_thousand_exceptions_can_be_saved() -> None:
    dates = [f"{1000 + n}-01-01" for n in range(1000)]
    widget = make.widget(opening_time={"exceptions": {date: [] for date in dates}})
    blank = [""] * len(dates)
    rows = {"opening_time-exceptions-date": dates, "opening_time-exceptions-from": blank, "opening_time-exceptions-to": blank}  # fmt: skip

    superuser().post(page(widget), without_switch(**rows, description="new"))

    widget.refresh_from_db()
    assert (widget.description, len(widget.opening_time["exceptions"])) == ("new", 1000)


def test_hours_too_large_for_the_form_are_left_alone() -> None:
    times = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(40)]
    day = [list(pair) for pair in zip(times[::2], times[1::2], strict=True)]
    stored = {"exceptions": {f"{1000 + n}-01-01": day for n in range(MOST_ROWS // len(day) + 1)}}
    widget = make.widget(opening_time=stored)
    client = superuser()

    html = client.get(page(widget)).content.decode()
    client.post(page(widget), WIDGET | {"description": "new"})

    widget.refresh_from_db()
    assert "can be changed through the API" in html
    assert (widget.description, widget.opening_time) == ("new", stored)


def test_the_right_to_view_shows_the_hours_in_words() -> None:
    widget = make.widget(
        opening_time={"monday": [["09:00", "12:00"], ["13:00", "17:00"]], "exceptions": {"2026-12-25": []}}
    )

    text = told(staff("widgets.view_widget").get(page(widget)).content.decode())

    assert "Monday: 09:00–12:00, 13:00–17:00" in text
    assert "Tuesday: closed" in text
    assert "25.12.2026: closed" in text


def test_the_token_is_shown_and_cannot_be_written() -> None:
    widget = make.widget()
    client = superuser()

    client.post(page(widget), WIDGET | {"token": "mine"})

    assert Widget.objects.get().token == widget.token
    assert widget.token in client.get(page(widget)).content.decode()


def test_the_token_changes_only_after_the_question() -> None:
    widget = make.widget()
    client = superuser()
    address = f"/admin/widgets/widget/{widget.pk}/rotate_token/"

    client.get(address)
    unchanged = Widget.objects.get().token == widget.token
    client.post(address, {"_form_submitted": "on"})

    assert unchanged
    assert Widget.objects.get().token != widget.token


def test_the_right_to_view_does_not_allow_to_change_the_token() -> None:
    widget = make.widget()
    address = f"/admin/widgets/widget/{widget.pk}/rotate_token/"

    assert staff("widgets.view_widget").post(address, {"_form_submitted": "on"}).status_code == 403
    assert Widget.objects.get().token == widget.token


def test_lines_are_chosen_and_their_passwords_are_not_read(settings: Any) -> None:
    line = make.sip()
    widget = make.widget()
    settings.ENCRYPTION_KEYS = [
        "XC0Al4Tlp1CHuMn8uXAt3Qk5B-aImB4QyPaTrYd9iqc="
    ]  # another one: reading a secret would fail
    client = superuser()

    client.post(page(widget), WIDGET | {"lines": [line.pk]})
    answer = client.get(page(widget))

    assert list(widget.lines.values_list("pk", flat=True)) == [line.pk]
    assert answer.status_code == 200
    assert "100 Reception" in answer.content.decode()


def test_the_line_to_paste_is_shown_with_a_button_that_copies_it() -> None:
    widget = make.widget(voip=make.voip(number="+48221234567"))

    html = superuser().get(page(widget)).content.decode()

    line = f'<script src="http://127.0.0.1:8000/voip/widget.js" data-widget-token="{widget.token}" data-phone="+48221234567" async></script>'
    assert line in unescape(html)
    assert line not in html


def test_the_preview_is_a_plain_page_with_the_script() -> None:
    widget = make.widget(name="<i>Shop")

    html = staff("widgets.view_widget").get(f"/admin/widgets/widget/{widget.pk}/preview/").content.decode()

    assert f'<script src="/voip/widget.js" data-widget-token="{widget.token}" async></script>' in html
    assert "<i>Shop" not in html
    assert "switched off" not in html


def test_the_preview_of_an_inactive_widget_says_why_nothing_is_seen() -> None:
    widget = make.widget(active=False)

    assert "switched off" in superuser().get(f"/admin/widgets/widget/{widget.pk}/preview/").content.decode()


def test_who_may_not_see_widgets_sees_no_preview() -> None:
    widget = make.widget()

    assert staff("calls.view_call").get(f"/admin/widgets/widget/{widget.pk}/preview/").status_code == 403


@pytest.mark.parametrize("pk", ["0", "nothing"])
def test_there_is_no_preview_of_what_does_not_exist(pk: str) -> None:
    assert superuser().get(f"/admin/widgets/widget/{pk}/preview/").status_code == 404


def test_a_widget_that_was_never_seen_says_what_to_do() -> None:
    widget = make.widget()
    client = superuser()

    assert "Not seen yet: paste the line" in told(client.get(page(widget)).content.decode())
    assert cells(client.get("/admin/widgets/widget/").content.decode(), "seen") == ["not seen yet"]


def test_a_widget_shows_where_it_was_seen_last() -> None:
    widget = make.widget()
    for minutes, site in ((5, "shop"), (90, "blog")):
        at = timezone.now() - timedelta(minutes=minutes)
        Sighting.objects.create(widget=widget, origin=f"https://{site}.example.com", last_at=at)
    client = superuser()

    text = told(client.get(page(widget)).content.decode())

    [cell] = cells(client.get("/admin/widgets/widget/").content.decode(), "seen")
    assert cell == "last seen 5 minutes ago on https://shop.example.com"
    assert text.index("https://shop.example.com") < text.index("last seen 1 hour ago on https://blog.example.com")


def test_a_site_that_was_seen_is_no_link() -> None:
    widget = make.widget()
    Sighting.objects.create(widget=widget, origin="https://evil.example.com")

    assert 'href="https://evil.example.com' not in superuser().get(page(widget)).content.decode()


def test_texts_of_the_widgets_language_are_typed_and_those_of_others_stay() -> None:
    widget = make.widget(locale="en", texts={"en": {"title": "Old"}, "cs": {"title": "Poradíme vám"}})
    client = superuser()
    assert 'name="texts-title" value="Old"' in client.get(page(widget)).content.decode()

    client.post(page(widget), WIDGET | {"locale": "en", "texts-title": " Talk to us ", "texts-free.one": "one left"})
    widget.refresh_from_db()
    assert widget.texts == {"en": {"title": "Talk to us", "free.one": "one left"}, "cs": {"title": "Poradíme vám"}}

    client.post(page(widget), WIDGET | {"locale": "en"})
    widget.refresh_from_db()
    assert widget.texts == {"cs": {"title": "Poradíme vám"}}


def test_a_text_that_names_a_value_it_does_not_get_is_explained_and_kept() -> None:
    widget = make.widget(locale="en")

    answer = superuser().post(page(widget), WIDGET | {"locale": "en", "texts-title": "Until {moment}"})

    told = answer.content.decode()
    assert "en.title: {moment} is not filled in here." in told
    assert 'value="Until {moment}"' in told
