"""Call-backs in the back-office."""

from typing import Any

import make
import pytest
from django.utils import timezone
from staff import cells, staff, superuser, told

from autocalls.models import Autocall, Status

pytestmark = pytest.mark.django_db
LIST = "/admin/autocalls/autocall/"
PROMISE = {"number": "501 502 503", "call_at_0": "2030-03-10", "call_at_1": "12:00:00", "max_attempts": "3"}


def autocall(**fields: Any) -> Autocall:
    if fields.get("status", Status.SCHEDULED) not in (Status.SCHEDULED, Status.CALLING):
        fields["finished_at"] = timezone.now()
    return Autocall.objects.create(**{"number": "+48501502503"} | fields)


def page(row: Autocall) -> str:
    return f"{LIST}{row.pk}/change/"


def test_a_row_tells_the_call_back() -> None:
    autocall(name="Jan", attempts=1, widget=make.widget(name="Shop"), status=Status.CANCELED)

    html = superuser().get(LIST).content.decode()

    columns = ("shown_number", "name", "state", "tries", "widget", "source")
    assert [cells(html, column)[0] for column in columns] == [
        "+48 501 502 503",
        "Jan",
        "canceled",
        "1/3",
        "Shop",
        "staff",
    ]


def test_staff_can_promise_a_call() -> None:
    superuser().post(f"{LIST}add/", PROMISE)

    row = Autocall.objects.get()
    assert (row.number, row.source, row.status) == ("+48501502503", "staff", "scheduled")


@pytest.mark.parametrize("wrong", [{"number": "100"}, {"number": "nobody"}, {"call_at_0": "9999-12-31"}])
def test_a_promise_that_cannot_be_kept_is_refused(wrong: dict[str, str]) -> None:
    answer = superuser().post(f"{LIST}add/", PROMISE | wrong)

    assert answer.context["adminform"].form.errors
    assert not Autocall.objects.exists()


def test_a_widget_promises_one_call_to_a_number() -> None:
    widget = make.widget()
    autocall(widget=widget)

    answer = superuser().post(f"{LIST}add/", PROMISE | {"widget": widget.pk})

    assert "already promised" in answer.content.decode()
    assert Autocall.objects.count() == 1


def test_a_scheduled_call_back_can_be_moved() -> None:
    row = autocall()

    superuser().post(page(row), PROMISE | {"note": "after lunch"})

    row.refresh_from_db()
    assert (row.call_at.isoformat(), row.note) == ("2030-03-10T11:00:00+00:00", "after lunch")


def test_of_a_finished_call_back_only_what_is_ours_can_be_written() -> None:
    answer = superuser().get(page(autocall(status=Status.DONE)))

    assert set(answer.context["adminform"].form.fields) == {"client_id", "contact_id", "note"}


def test_a_call_back_that_began_meanwhile_is_not_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    row = autocall()
    client = superuser()
    monkeypatch.setattr("autocalls.admin.AutocallAdmin.get_readonly_fields", lambda *_args, **_options: ("status",))
    monkeypatch.setattr(
        "autocalls.admin.AutocallAdmin.fieldsets", ((None, {"fields": ("number", "call_at", "max_attempts")}),)
    )
    Autocall.objects.update(status=Status.CALLING)

    answer = client.post(page(row), PROMISE, follow=True)

    assert "only a scheduled one can be moved" in told(answer.content.decode())
    assert Autocall.objects.get().call_at == row.call_at


def test_canceling_asks_first() -> None:
    row = autocall()
    client = superuser()

    client.get(f"{LIST}{row.pk}/cancel/")
    unchanged = Autocall.objects.get().status
    client.post(f"{LIST}{row.pk}/cancel/", {"_form_submitted": "on"})

    assert unchanged == Status.SCHEDULED
    assert Autocall.objects.get().status == Status.CANCELED


def test_a_finished_call_back_cannot_be_canceled() -> None:
    row = autocall(status=Status.DONE)
    client = superuser()

    client.post(f"{LIST}{row.pk}/cancel/", {"_form_submitted": "on"})

    assert Autocall.objects.get().status == Status.DONE
    assert "this call-back is done" in told(client.get(page(row)).content.decode())


def test_many_are_canceled_and_those_too_late_are_counted() -> None:
    rows = [autocall(), autocall(number="+48501502504"), autocall(number="+48501502505", status=Status.FAILED)]
    chosen = {"action": "cancel_selected", "_selected_action": [row.pk for row in rows]}

    text = told(superuser().post(LIST, chosen, follow=True).content.decode())

    assert "2 call-backs canceled." in text
    assert "1 was already too late." in text


@pytest.mark.parametrize("words", ["501 502 503", "503", "0048501502503", "Kowal"])
def test_a_call_back_is_found_by_number_and_name(words: str) -> None:
    autocall(name="Jan Kowalski")
    autocall(name="Other", number="+48600100200")

    assert cells(superuser().get(LIST, {"q": words}).content.decode(), "name") == ["Jan Kowalski"]


def test_who_may_only_look_may_not_cancel() -> None:
    row = autocall()
    client = staff("autocalls.view_autocall")

    assert client.post(f"{LIST}{row.pk}/cancel/", {"_form_submitted": "on"}).status_code == 403
    assert Autocall.objects.get().status == Status.SCHEDULED
