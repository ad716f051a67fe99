"""Every button acts once: what is sent a second time leads where the first led and does nothing."""

import threading
from datetime import timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from page_forms import inputs, open_form
from staff import sign_in, superuser, told

from autocalls import services
from autocalls.models import Autocall, Status
from calls.models import Call, Via
from voipcrm.backoffice.submissions import Submission
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db


def missed() -> Call:
    return make.call(kind="incoming", status="NO ANSWER", number_from="+48501502503", number_to="+48221234567")


def dialog(client: Client, call: Call) -> dict[str, Any]:
    return open_form(client, f"/admin/calls/call/{call.pk}/place_call/")


def test_a_second_submission_of_a_dialog_dials_nobody_and_redirects_to_the_call() -> None:
    make.sip()
    client, call = superuser(), missed()
    form = dialog(client, call)

    first, second = (client.post(f"/admin/calls/call/{call.pk}/place_call/", form) for _press in range(2))

    placed = Call.objects.get(via=Via.SIP)
    assert first["Location"] == second["Location"] == f"/admin/calls/call/{placed.pk}/change/"


def test_another_dialog_of_the_same_call_dials_again() -> None:
    make.sip()
    client, call = superuser(), missed()

    for _opened in range(2):
        client.post(f"/admin/calls/call/{call.pk}/place_call/", dialog(client, call))

    assert Call.objects.filter(via=Via.SIP).count() == 2


def test_a_dialog_with_a_mistake_in_it_may_be_sent_again() -> None:
    make.sip()
    client, call = superuser(), missed()
    form = dialog(client, call)
    wrong = client.post(f"/admin/calls/call/{call.pk}/place_call/", form | {"line": "0"})

    client.post(f"/admin/calls/call/{call.pk}/place_call/", inputs(wrong.content.decode()) | {"line": form["line"]})

    assert Call.objects.filter(via=Via.SIP).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_dial_once() -> None:
    make.sip()
    client, call = superuser(), missed()
    form = dialog(client, call)
    answers: list[Any] = []

    def press() -> None:
        try:
            answers.append(client.post(f"/admin/calls/call/{call.pk}/place_call/", form))
        finally:
            connection.close()

    presses = [threading.Thread(target=press) for _press in range(4)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join()

    assert Call.objects.filter(via=Via.SIP).count() == 1
    assert {answer["Location"] for answer in answers} == {
        f"/admin/calls/call/{Call.objects.get(via=Via.SIP).pk}/change/"
    }


def test_a_failed_form_may_be_submitted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make.sip()
    row = Autocall.objects.create(number="+48501502503", status=Status.DONE, finished_at="2026-01-01T00:00:00Z")
    client = superuser()
    form = open_form(client, f"/admin/autocalls/autocall/{row.pk}/call_again/")
    with monkeypatch.context() as patch:
        patch.setattr(services, "call_again", lambda _row: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            client.post(f"/admin/autocalls/autocall/{row.pk}/call_again/", form)

    client.post(f"/admin/autocalls/autocall/{row.pk}/call_again/", form)

    assert Autocall.objects.count() == 2


def test_a_new_record_is_made_once() -> None:
    client = superuser()
    form = open_form(client, "/admin/calls/call/add/") | {"number_from": "+48501502503", "kind": "incoming"}

    first, second = (client.post("/admin/calls/call/add/", form) for _press in range(2))

    assert (first.status_code, first["Location"]) == (302, second["Location"])
    assert Call.objects.count() == 1


def test_a_saved_form_that_is_sent_again_is_no_conflict_with_itself() -> None:
    call, client = make.call(description="lamp"), superuser()
    path = f"/admin/calls/call/{call.pk}/change/"
    form = open_form(client, path) | {"description": "two lamps"}

    answers = [client.post(path, form) for _press in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]


def test_a_token_of_the_api_is_made_once() -> None:
    user = User.objects.create_superuser("boss")
    client = sign_in(user)
    form = open_form(client, "/admin/voipcrm/apitoken/add/") | {"user": user.pk, "name": "CRM"}

    first, second = (client.post("/admin/voipcrm/apitoken/add/", form) for _press in range(2))

    assert "shown now and never again" in told(first.content.decode())
    assert second["Location"] == "/admin/voipcrm/apitoken/"
    assert ApiToken.objects.count() == 1


def test_used_submission_tokens_are_deleted_after_a_day() -> None:
    client = superuser()
    form = open_form(client, "/admin/calls/call/add/") | {"number_from": "+48501502503"}
    client.post("/admin/calls/call/add/", form)
    with time_machine.travel(Submission.objects.get().created_at + timedelta(hours=25)):
        client.post("/admin/calls/call/add/", open_form(client, "/admin/calls/call/add/") | {"number_from": "1"})

    assert Submission.objects.count() == 1
