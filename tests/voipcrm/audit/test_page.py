"""The audit log as it is filled by the admin, the desk, the API and commands, and as it is read."""

import io
from datetime import timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from roles import in_role
from staff import sign_in, staff, superuser, told

from voipcrm.audit.actors import acting_as, of_command
from voipcrm.audit.entries import AuditEntry, forget
from voipcrm.logins import MOST_OF_A_NAME

pytestmark = pytest.mark.django_db
LIST = "/admin/voipcrm/auditentry/"


def text_of(client: Client, query: str = "") -> str:
    return told(client.get(f"{LIST}{query}").content.decode())


def entry(**fields: Any) -> AuditEntry:
    return AuditEntry.objects.create(
        **{"at": timezone.now(), "who": "ewa", "by": "admin", "action": "changed"} | fields
    )


# --- what fills it


def test_a_form_of_the_admin() -> None:
    outcome = make.outcome("Sold")

    superuser().post(f"/admin/calls/outcome/{outcome.pk}/change/", {"name": "Bought", "position": "1"})

    found = AuditEntry.objects.get(model="calls.outcome")
    assert (found.who, found.by, found.address) == ("root", "admin", "127.0.0.1")
    assert found.changes["name"] == ["Sold", "Bought"]


def test_the_api_by_its_token(alice: APIClient) -> None:
    call = make.call()

    alice.patch(f"/voip/calls/{call.pk}.json", {"description": "wants two lamps"})

    found = AuditEntry.objects.get()
    assert (found.who, found.by, found.token[:6], found.changes) == ("alice", "api", "test (", {"description": None})


def test_the_address_is_the_clients_and_not_what_it_says(alice: APIClient) -> None:
    call = make.call()

    alice.patch(f"/voip/calls/{call.pk}.json", {"description": "x"}, headers={"x-forwarded-for": "192.0.2.1"})

    assert AuditEntry.objects.get().address == "127.0.0.1"


def test_the_desk() -> None:
    line = make.sip()
    user = in_role("Supervisor", line)
    call = make.call(sip=line, voip=line.voip, number_from="+48501502503", customer_number="+48501502503")
    form = {"number": "+48501502503", "call": call.pk, "text": "wants two lamps", "once": ""}

    sign_in(user).post("/admin/desk/add_note", form)

    found = AuditEntry.objects.get(model="calls.note")
    assert (found.who, found.by, found.action, found.changes["text"]) == ("ewa", "desk", "added", None)


@pytest.mark.parametrize("path", ["/voip/calls.csv?number=888", "/voip/autocalls.csv"])
def test_an_export_of_the_api_by_the_names_of_its_filters(path: str, alice: APIClient) -> None:
    alice.get(path)

    found = AuditEntry.objects.get()
    filters = {"filters": [None, "number"]} if "number" in path else {}
    assert (found.action, found.changes) == ("exported", {"file": [None, "csv"]} | filters)


def test_an_export_of_the_admin() -> None:
    superuser().get("/admin/calls/call/export.xlsx?q=888")

    found = AuditEntry.objects.get(action="exported")
    assert (found.model, found.who, found.changes["filters"]) == ("calls.call", "root", [None, "q"])


def test_signing_in_and_out() -> None:
    User.objects.create_user("ewa", password="long-and-odd-17", is_staff=True)
    client = Client()

    client.post("/admin/login/", {"username": "ewa", "password": "long-and-odd-17"})
    client.post("/admin/logout/")

    assert list(AuditEntry.objects.order_by("id").values_list("action", "who")) == [
        ("signed_in", "ewa"),
        ("signed_out", "ewa"),
    ]


@pytest.mark.parametrize(("typed", "who"), [("ewa", "ewa"), ("my-password-17", "")])
def test_who_is_locked_out_stands_there_once(typed: str, who: str) -> None:
    User.objects.create_user("ewa", password="long-and-odd-17", is_staff=True)

    for _time in range(MOST_OF_A_NAME + 2):
        Client().post("/admin/login/", {"username": typed, "password": "wrong"})

    (found,) = AuditEntry.objects.all()
    assert (found.action, found.who, found.address) == ("locked_out", who, "127.0.0.1")


def test_a_command_by_its_name() -> None:
    User.objects.create_user("ewa")

    with acting_as(lambda: of_command("create_api_token")):
        call_command("create_api_token", "ewa", name="CRM", stdout=io.StringIO())

    found = AuditEntry.objects.get()
    assert (found.by, found.token, found.who, found.changes["digest"]) == ("command", "create_api_token", "", None)


def test_what_runs_by_itself_is_nobody() -> None:
    assert [of_command(name) for name in ("worker", "sip_dialer", "migrate")] == [None] * 3


def test_a_visitor_who_asks_for_a_call_is_nobody(stranger: APIClient) -> None:
    widget = make.widget(voip=make.office())
    asked = {"widget_token": widget.token, "autocall": {"number": "+48501502503"}}

    answer = stranger.post("/voip/autocalls/create_from_widget", asked)

    assert answer.status_code == 201
    assert not AuditEntry.objects.exists()


# --- who reads it


def test_an_administrator_reads_it_and_nobody_changes_it() -> None:
    found = entry(model="calls.outcome", object_id=1, changes={"name": ["Sold", "Bought"]})
    client = sign_in(in_role("Administrator"))

    assert "Name: Sold → Bought" in text_of(client)
    page = f"{LIST}{found.pk}/"
    assert [client.get(f"{page}change/").status_code, client.post(f"{page}change/").status_code] == [200, 403]
    assert [client.post(f"{page}delete/").status_code, client.get(f"{LIST}add/").status_code] == [403, 403]


@pytest.mark.parametrize("name", ["Operator", "Supervisor", "Set-up"])
def test_other_roles_do_not_read_the_audit_log(name: str) -> None:
    client = sign_in(in_role(name))

    assert client.get(LIST).status_code == 403
    assert LIST not in client.get("/admin/").content.decode()


def test_who_sees_their_own_lines_alone_does_not_read_it() -> None:
    user = in_role("Administrator")
    user.groups.get().permissions.remove(*user.groups.get().permissions.filter(codename="view_all_lines"))
    client = sign_in(user)

    assert client.get(LIST).status_code == 403
    assert LIST not in client.get("/admin/").content.decode()


# --- how it is read


def test_records_are_called_by_their_names_and_values_by_their_words() -> None:
    outcome, group = make.outcome("Sold"), Group.objects.create(name="Shift")
    entry(model="calls.call", object_id=1, changes={"outcome_id": [None, outcome.pk], "kind": ["", "incoming"]})
    entry(model="auth.user", object_id=1, changes={f"groups:{group.pk}": [False, True], "password": None})

    shown = text_of(superuser())

    assert "Outcome: — → Sold" in shown
    assert "Kind: — → incoming" in shown
    assert "Groups: + Shift" in shown
    assert "Password: changed (not shown)" in shown


def test_what_former_versions_have_recorded_is_shown_as_it_stands() -> None:
    entry(model="calls.call", object_id=1, changes={"gone": [1, 2], "outcome_id": [9, 99]}, action="deleted")

    assert "Gone: 1" in text_of(superuser())


@pytest.mark.parametrize(
    "query",
    ["?q=ewa", "?q=calls.call 7", "?action=changed", "?model=calls.call", "?by=admin", "?at_from=01.01.2026"],
)
def test_the_audit_log_is_filtered_by_person_record_and_time(query: str) -> None:
    entry(model="calls.call", object_id=7, changes={"kind": ["", "incoming"]})
    long_ago = timezone.now() - timedelta(days=3000)
    entry(model="sips.voip", who="jan", by="api", action="deleted", at=long_ago, changes={"name": ["Office", None]})

    shown = text_of(superuser(), query)

    assert ("ncoming" in shown, "Office" in shown) == (True, False)


def test_nothing_of_a_page_is_html() -> None:
    entry(model="calls.outcome", object_id=1, changes={"name": ["<script>alert(1)</script>", "x"]})

    assert "<script>alert(1)" not in superuser().get(LIST).content.decode()


# --- how it is forgotten


def test_entries_are_deleted_after_a_year(settings: Any) -> None:
    settings.AUDIT_KEPT = timedelta(days=365)
    entry(at=timezone.now() - timedelta(days=366), who="old")
    entry()

    assert forget() == 1
    assert AuditEntry.objects.get().who == "ewa"


def test_a_blank_setting_keeps_entries_for_ever(settings: Any) -> None:
    settings.AUDIT_KEPT = None
    entry(at=timezone.now() - timedelta(days=3660))

    assert forget() == 0


def test_an_erased_number_is_in_no_entry() -> None:
    entry(model="sips.sip", object_id=1, changes={"name": ["Anna 501 502 503", "Anna"]})
    other = entry(model="sips.sip", object_id=2, changes={"name": ["Bert 601 602 603", "Bert"]})

    said = io.StringIO()

    call_command("erase_number", "+48501502503", stdout=said, stderr=io.StringIO())

    assert [row.pk for row in AuditEntry.objects.exclude(changes={})] == [other.pk]
    assert "1 entries of the audit log" in said.getvalue()


def test_staff_without_the_right_do_not_read_it() -> None:
    assert staff().get(LIST).status_code == 403
