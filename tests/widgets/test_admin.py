"""Widgets in the back-office."""

import json

import make
import pytest
from staff import staff, superuser

from widgets.models import Widget

pytestmark = pytest.mark.django_db
WIDGET = {
    "name": "Shop", "locale": "pl", "active": "on", "call_now": "on", "time_zone": "Europe/Warsaw", "color": "#123456", "position": "bottom-left",
    "ring_first": "visitor", "slot_minutes": "15", "slot_capacity": "1", "max_attempts": "3", "retry_minutes": "10", "opening_time": "{}",
    "allowed_countries": '["PL"]',
}  # fmt: skip


def page(widget: Widget) -> str:
    return f"/admin/widgets/widget/{widget.pk}/change/"


def test_a_widget_is_made_with_a_token() -> None:
    superuser().post("/admin/widgets/widget/add/", WIDGET | {"opening_time": '{"monday": [["09:00", "17:00"]]}'})

    widget = Widget.objects.get()
    assert (widget.ring_first, widget.allowed_countries) == ("visitor", ["PL"])
    assert widget.opening_time == {"monday": [["09:00", "17:00"]]}
    assert widget.token


@pytest.mark.parametrize(
    ("hours", "problem"),
    [
        ({"monday": [["09:00", "08:00"]]}, "monday, period 1"),
        ({"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}, "monday, period 2"),
        ([], "must be an object"),
        ({"someday": []}, "someday"),
    ],
)
def test_wrong_opening_hours_are_refused_by_day_and_period(hours: object, problem: str) -> None:
    answer = superuser().post("/admin/widgets/widget/add/", WIDGET | {"opening_time": json.dumps(hours)})

    assert problem in answer.context["adminform"].form.errors["opening_time"][0]
    assert not Widget.objects.exists()


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Olympus"), ("holidays", "QQ"), ("color", "red")])
def test_other_wrong_values_are_refused(field: str, value: str) -> None:
    answer = superuser().post("/admin/widgets/widget/add/", WIDGET | {field: value})

    assert answer.status_code == 200
    assert not Widget.objects.exists()


def test_opening_hours_are_shown_in_the_order_of_the_week() -> None:
    widget = make.widget(opening_time={"friday": [], "exceptions": {}, "monday": [["09:00", "17:00"]]})

    html = superuser().get(page(widget)).content.decode()

    assert (
        html.index("&quot;monday&quot;: [[")
        < html.index("&quot;friday&quot;: []")
        < html.index("&quot;exceptions&quot;: {}")
    )


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


def test_who_may_only_look_may_not_change_the_token() -> None:
    widget = make.widget()
    address = f"/admin/widgets/widget/{widget.pk}/rotate_token/"

    assert staff("widgets.view_widget").post(address, {"_form_submitted": "on"}).status_code == 403
    assert Widget.objects.get().token == widget.token
