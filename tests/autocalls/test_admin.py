"""Call-backs in the back-office."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from staff import cells, superuser, told

from autocalls.models import Autocall, Status

pytestmark = pytest.mark.django_db
LIST = "/admin/autocalls/autocall/"
FORM = {"number": "501 502 503", "call_at_0": "2030-03-10", "call_at_1": "12:00:00", "max_attempts": "3"}


def autocall(**fields: Any) -> Autocall:
    if fields.get("status", Status.SCHEDULED) not in (Status.SCHEDULED, Status.CALLING):
        fields["finished_at"] = timezone.now()
    return Autocall.objects.create(**{"number": "+48501502503"} | fields)


def page(row: Autocall) -> str:
    return f"{LIST}{row.pk}/change/"


def test_a_list_row_describes_the_call_back() -> None:
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


def test_staff_can_add_a_call_back() -> None:
    make.office()
    superuser().post(f"{LIST}add/", FORM)

    row = Autocall.objects.get()
    assert (row.number, row.source, row.status) == ("+48501502503", "staff", "scheduled")


@pytest.mark.parametrize("wrong", [{"number": "100"}, {"number": "nobody"}, {"call_at_0": "9999-12-31"}])
def test_a_call_back_that_nobody_can_make_is_refused(wrong: dict[str, str]) -> None:
    answer = superuser().post(f"{LIST}add/", FORM | wrong)

    assert answer.context["adminform"].form.errors
    assert not Autocall.objects.exists()


def test_a_widget_has_one_open_call_back_per_number() -> None:
    widget = make.widget(voip=make.office())
    autocall(widget=widget)

    answer = superuser().post(f"{LIST}add/", FORM | {"widget": widget.pk})

    assert "open call-back for this number" in answer.content.decode()
    assert Autocall.objects.count() == 1


def test_a_scheduled_call_back_can_be_moved() -> None:
    row = autocall()

    superuser().post(page(row), FORM | {"note": "after lunch"})

    row.refresh_from_db()
    assert (row.call_at.isoformat(), row.note) == ("2030-03-10T11:00:00+00:00", "after lunch")


def test_only_note_and_client_of_a_finished_call_back_can_be_changed() -> None:
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

    answer = client.post(page(row), FORM, follow=True)

    assert "Too late: only a scheduled call-back" in told(answer.content.decode())
    assert Autocall.objects.get().call_at == row.call_at


def test_several_call_backs_are_canceled_and_those_too_late_are_counted() -> None:
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


def test_a_call_back_added_by_staff_follows_the_rules_of_its_widget(alice: Any) -> None:
    voip = make.office()
    widget = make.widget(voip=voip, max_attempts=7)
    body = {"call_at": "2030-03-10T11:00:00Z", "widget_id": widget.pk}

    superuser().post(f"{LIST}add/", FORM | {"widget": widget.pk, "max_attempts": ""})
    alice.post("/voip/autocalls.json", body | {"number": "+48501502504"})

    facts = ("voip_id", "max_attempts", "call_at", "promised_at", "slot_at")
    by_staff, by_api = Autocall.objects.order_by("pk").values(*facts)
    assert by_staff == by_api
    assert by_staff["voip_id"] == voip.pk
    assert by_staff["max_attempts"] == 7


def test_a_call_back_added_by_staff_starts_at_its_time() -> None:
    make.office()
    superuser().post(f"{LIST}add/", FORM)

    [job] = ProcrastinateJob.objects.filter(task_name="autocalls.run_due")
    assert job.scheduled_at == Autocall.objects.get().call_at


def test_a_given_number_of_attempts_is_kept() -> None:
    superuser().post(
        f"{LIST}add/", FORM | {"widget": make.widget(voip=make.office(), max_attempts=7).pk, "max_attempts": "2"}
    )

    assert Autocall.objects.get().max_attempts == 2


def test_a_call_back_that_is_being_dialed_is_not_deleted() -> None:
    row = autocall(status=Status.CALLING)
    client = superuser()

    answer = client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}, follow=True)

    assert "Too late" in told(answer.content.decode())
    assert Autocall.objects.exists()
    assert not LogEntry.objects.exists()


def test_several_call_backs_are_deleted_together_or_not_at_all() -> None:
    rows = [autocall(), autocall(number="+48501502504", status=Status.CALLING)]
    chosen = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"}
    client = superuser()

    answer = client.post(LIST, chosen, follow=True)
    none = Autocall.objects.count()
    Autocall.objects.filter(status=Status.CALLING).update(status=Status.SCHEDULED)
    client.post(LIST, chosen)

    assert "Too late" in told(answer.content.decode())
    assert (none, Autocall.objects.count()) == (2, 0)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("", ""),
        ("operator", "operator not reached"),
        ("not_dialed", "not dialed in time"),
        ("no_line", "no line can dial"),
        ("never_open", "the office never opens"),
        ("expired", "could not be made in time"),
        ("taken", "taken by staff"),  # whose account was deleted since
    ],
)
def test_the_outcome_is_shown_as_a_sentence(reason: str, words: str) -> None:
    autocall(reason=reason)

    assert cells(superuser().get(LIST).content.decode(), "outcome") == [words]


def test_the_outcome_is_shown_in_polish() -> None:
    autocall(reason="taken", taken_by=User.objects.create_user("anna"))

    assert cells(superuser(language="pl").get(LIST).content.decode(), "outcome") == ["przejęte przez: anna"]


@pytest.mark.parametrize(("chosen", "names"), [("waiting", {"late", "later", "calling"}), ("overdue", {"late"})])
def test_call_backs_that_need_attention_can_be_listed(chosen: str, names: set[str]) -> None:
    now = timezone.now()
    autocall(name="late", number="+48501502501", call_at=now - timedelta(minutes=2))
    autocall(name="later", number="+48501502502", call_at=now + timedelta(minutes=2))
    autocall(name="calling", number="+48501502503", status=Status.CALLING, call_at=now - timedelta(minutes=2))
    autocall(name="done", number="+48501502504", status=Status.DONE)

    assert set(cells(superuser().get(LIST, {"attention": chosen}).content.decode(), "name")) == names


def test_the_page_shows_every_call_that_was_made() -> None:
    line = make.sip()
    row = autocall(status=Status.DONE, reason="answered", attempts=2)
    busy, answered = (make.call(status=status) for status in ("BUSY", "ANSWERED"))
    for number, (call, outcome) in enumerate(((busy, "busy"), (answered, "answered")), start=1):
        row.calls_made.create(number=number, call=call, sip=line, outcome=outcome, settled_at=timezone.now())

    html = superuser().get(page(row)).content.decode()

    table = told(html[html.index("<thead>") : html.index("</tbody>")])
    assert "Attempt Line Call Outcome Started Settled 2 100 Reception answered answered" in table
    assert "1 100 Reception busy busy" in table
    assert f'href="/admin/calls/call/{busy.pk}/change/"' in html


def test_a_call_that_was_deleted_is_named_as_such_and_has_no_link() -> None:
    row = autocall(status=Status.CALLING, attempts=1)
    call = make.call(status="BUSY", deleted_at=timezone.now())
    row.calls_made.create(number=1, call=call)

    html = superuser().get(page(row)).content.decode()

    assert "1 – deleted –" in told(html[html.index("<tbody>") :])
    assert f"/admin/calls/call/{call.pk}/" not in html


def test_a_page_costs_the_same_queries_however_many_calls_were_made() -> None:
    line, row, client = make.sip(), autocall(attempts=1), superuser()

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(page(row))
        return len(queries)

    count()
    few = count()
    for number in range(1, 11):
        row.calls_made.create(number=number, call=make.call(status="BUSY"), sip=line, outcome="busy")

    assert count() == few


def test_the_consent_is_shown_as_the_visitor_saw_it() -> None:
    widget = make.widget(consent_text="You may <b>call</b> me.")
    shown = {"consent_version": widget.consent_version, "consent_at": datetime(2026, 3, 10, 12, tzinfo=UTC)}
    row = autocall(widget=widget, address="192.0.2.1", page_url="https://shop.example.com/offer", **shown)
    widget.consent_text = "Something else."
    widget.save()

    html = superuser().get(page(row)).content.decode()

    assert "You may &lt;b&gt;call&lt;/b&gt; me." in html
    assert f"given 10 Mar 2026, 13:00; text {shown['consent_version']}" in told(html)
    assert "Something else" not in html
    assert "192.0.2.1" in html
    assert 'href="https://shop.example.com' not in html


def test_a_call_back_without_consent_says_so() -> None:
    assert "not given" in told(superuser().get(page(autocall())).content.decode())
